//! The everyday transactions: a grant, a subsidy, a trade.

use super::{
    money::Credits,
    order::{Action, Quote},
    postings::{Account, Posting, Postings, Purses, Unbalanced},
};
use crate::{actor::Actor, ids::ClaimId};

/// The treasury issues a holder's starting credits.
pub fn grant(holder: &Actor, amount: Credits) -> Result<Vec<Posting>, Unbalanced> {
    let mut out = Postings::default();
    out.add(&Account::Treasury, amount.opposite()?, Credits::ZERO)?;
    out.add(&Account::Holder(holder.clone()), amount, Credits::ZERO)?;
    out.balanced()
}

/// Whoever opens a market pays its subsidy into it.
pub fn subsidise(
    claim: ClaimId,
    sponsor: &Actor,
    subsidy: Credits,
    purses: Purses,
) -> Result<Vec<Posting>, Unbalanced> {
    let mut out = Postings::over(purses);
    out.add(&Account::Holder(sponsor.clone()), subsidy.opposite()?, Credits::ZERO)?;
    out.add(&Account::Market(claim), subsidy, Credits::ZERO)?;
    out.balanced()
}

/// A quote is taken: credits go into the market, or come out of it; a seller's debt is paid back first.
pub fn trade(
    claim: ClaimId,
    holder: &Actor,
    quote: &Quote,
    purses: Purses,
) -> Result<Vec<Posting>, Unbalanced> {
    let mut out = Postings::over(purses);
    let (market, holder) = (Account::Market(claim), Account::Holder(holder.clone()));
    match quote.action {
        Action::Buy => {
            out.add(&holder, quote.cash.opposite()?, Credits::ZERO)?;
            out.add(&market, quote.cash, Credits::ZERO)?;
        }
        Action::Sell => {
            out.add(&market, quote.cash.opposite()?, Credits::ZERO)?;
            out.give(&holder, quote.cash)?;
        }
    }
    out.balanced()
}
