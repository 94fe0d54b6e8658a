//! How a market ends, and how its ending is taken back.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{
    money::{Credits, TooLarge},
    position::{Position, positions},
    postings::{Account, Posting, Postings, Purses, Unbalanced},
    state::{Market, Terms, Trade},
};
use crate::{actor::Actor, ids::ClaimId};

/// What an option counts, in millionths of a whole.
const WHOLE: u32 = 1_000_000;

/// How a market ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// One option came true: each of its shares pays one credit.
    Winner(usize),
    /// Each option counts a part, in millionths that sum to a million.
    Parts(Vec<u32>),
    /// The claim is void: everyone gets back what they paid.
    Void,
}

/// A market that is to be settled.
#[derive(Clone, Copy, Debug)]
pub struct Unsettled<'a> {
    /// The claim.
    pub claim: ClaimId,
    /// Its terms.
    pub terms: &'a Terms,
    /// Who paid the subsidy.
    pub sponsor: &'a Actor,
    /// What was paid for it.
    pub subsidy: Credits,
    /// All its trades, in their order.
    pub trades: &'a [Trade],
}

/// What settling does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The lines of the one transaction.
    pub postings: Vec<Posting>,
    /// Numbers of the trades that came after the event and are taken back, the last first.
    pub reversed: Vec<i64>,
    /// What each trader's shares paid, or what was refunded; nothing is taken off for trades that were taken back.
    pub paid: BTreeMap<Actor, Credits>,
    /// What goes back to the sponsor.
    pub returned: Credits,
    /// What rounding left, for the treasury.
    pub dust: Credits,
}

/// Why a market cannot be settled so: a fault of whoever asks, or of the books.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotSettle {
    /// The ending does not fit the options.
    #[error("the outcome does not fit the market's options")]
    Ending,
    /// The market holds less than it owes.
    #[error("the market is {0} credits short of what it owes")]
    Short(Credits),
    /// The books do not add up.
    #[error(transparent)]
    Postings(#[from] Unbalanced),
    /// A number outside what can be counted.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

impl Ending {
    /// What each of `n` options counts, in millionths; `None` for a void, or when it does not fit.
    fn weights(&self, n: usize) -> Option<Vec<u32>> {
        match self {
            Self::Winner(option) if *option < n => {
                Some((0..n).map(|i| if i == *option { WHOLE } else { 0 }).collect())
            }
            Self::Parts(parts)
                if parts.len() == n
                    && parts.iter().map(|p| u64::from(*p)).sum::<u64>() == u64::from(WHOLE) =>
            {
                Some(parts.clone())
            }
            _ => None,
        }
    }
}

/// Settles a market: everything it holds leaves it.
///
/// Trades made after `effective`, the instant of the event, are taken back first, the last one first: buyers get their
/// cost, sellers give back what they received. Then, of what is left:
/// - with an outcome, shares pay, rounded down; what the house has left goes back to the sponsor, and what rounding left
///   to the treasury;
/// - when void, everyone gets back what they paid. From whoever had already taken out a profit, it is taken back as far as
///   their balance reaches; the rest is at the sponsor's cost, and beyond the subsidy at the treasury's.
///
/// `purses` are those of the sponsor, all traders and the treasury.
pub fn settle(
    market: Unsettled<'_>,
    ending: &Ending,
    effective: Option<DateTime<Utc>>,
    purses: Purses,
) -> Result<Settled, CannotSettle> {
    let n = market.terms.options();
    let late = |t: &&Trade| effective.is_some_and(|event| t.at > event) && *ending != Ending::Void;
    let kept: Vec<&Trade> = market.trades.iter().filter(|t| !late(t)).collect();
    let reversed: Vec<&Trade> = market.trades.iter().filter(late).rev().collect();
    let held = positions(n, kept.iter().copied())?;
    let mut out = Postings::over(purses);
    // What each trader gets in all: payouts and refunds, less what trades that are taken back had brought.
    let mut due: BTreeMap<Actor, Credits> = BTreeMap::new();
    let mut cash = market.subsidy;
    for trade in market.trades {
        cash = cash.plus(trade.paid())?;
    }
    out.add(&Account::Market(market.claim), cash.opposite()?, Credits::ZERO)?;
    for trade in &reversed {
        let sum = due.entry(trade.holder.clone()).or_default();
        *sum = sum.plus(trade.paid())?;
        cash = cash.minus(trade.paid())?;
    }
    let sponsor = Account::Holder(market.sponsor.clone());
    if *ending == Ending::Void {
        return void(market, &held, out, &sponsor);
    }
    let weights = ending.weights(n).ok_or(CannotSettle::Ending)?;
    let mut paid = BTreeMap::new();
    for (holder, position) in &held {
        let amount = payout(position, &weights)?;
        paid.insert(holder.clone(), amount);
        let sum = due.entry(holder.clone()).or_default();
        *sum = sum.plus(amount)?;
    }
    let left = cash.minus(Credits::sum(paid.values().copied())?)?;
    if left < Credits::ZERO {
        return Err(CannotSettle::Short(left.opposite()?));
    }
    let state = Market::replay(market.terms.clone(), kept.iter().copied())?;
    let exact =
        market.subsidy.to_f64() + state.cost_function() - Credits::sum(paid.values().copied())?.to_f64();
    let returned = Credits::floor(exact)?.max(Credits::ZERO).min(left);
    let dust = left.minus(returned)?;
    for (holder, amount) in due {
        let account = Account::Holder(holder);
        if amount >= Credits::ZERO {
            out.give(&account, amount)?;
        } else {
            out.take(&account, amount.opposite()?)?;
        }
    }
    out.give(&sponsor, returned)?;
    out.add(&Account::Treasury, dust, Credits::ZERO)?;
    let reversed = reversed.iter().map(|t| t.seq).collect();
    Ok(Settled { postings: out.balanced()?, reversed, paid, returned, dust })
}

fn payout(position: &Position, weights: &[u32]) -> Result<Credits, TooLarge> {
    let millionths: i128 =
        position.shares.iter().zip(weights).map(|(s, w)| i128::from(s.micro()) * i128::from(*w)).sum();
    let micro = millionths.div_euclid(i128::from(WHOLE));
    i64::try_from(micro).map(Credits::from_micro).map_err(|_| TooLarge)
}

fn void(
    market: Unsettled<'_>,
    held: &BTreeMap<Actor, Position>,
    mut out: Postings,
    sponsor: &Account,
) -> Result<Settled, CannotSettle> {
    let mut paid = BTreeMap::new();
    let mut missing = Credits::ZERO;
    for (holder, position) in held {
        let (account, net) = (Account::Holder(holder.clone()), position.net_paid()?);
        if net < Credits::ZERO {
            let owed = net.opposite()?;
            let back = out.purse(&account).balance.min(owed).max(Credits::ZERO);
            out.add(&account, back.opposite()?, Credits::ZERO)?;
            missing = missing.plus(owed.minus(back)?)?;
            paid.insert(holder.clone(), back.opposite()?);
        }
    }
    for (holder, position) in held {
        let net = position.net_paid()?;
        if net >= Credits::ZERO {
            out.give(&Account::Holder(holder.clone()), net)?;
            paid.insert(holder.clone(), net);
        }
    }
    let returned = market.subsidy.minus(missing)?.max(Credits::ZERO);
    let treasury = missing.minus(market.subsidy)?.max(Credits::ZERO);
    out.give(sponsor, returned)?;
    out.add(&Account::Treasury, treasury.opposite()?, Credits::ZERO)?;
    Ok(Settled { postings: out.balanced()?, reversed: Vec::new(), paid, returned, dust: Credits::ZERO })
}

/// Takes a settlement back: the exact opposite of its lines. What someone has spent meanwhile the treasury pays for
/// them, and they owe it; a debt that was paid off meanwhile comes back as credits.
pub fn reopen(settled: &[Posting], purses: Purses) -> Result<Vec<Posting>, Unbalanced> {
    let mut out = Postings::over(purses);
    for line in settled {
        let (mut amount, mut debt) = (line.amount.opposite()?, line.debt.opposite()?);
        if matches!(line.account, Account::Holder(_)) {
            let purse = out.purse(&line.account);
            let spent = purse.balance.plus(amount)?.min(Credits::ZERO).opposite()?;
            let repaid = purse.debt.plus(debt)?.min(Credits::ZERO).opposite()?;
            for lent in [spent, repaid] {
                amount = amount.plus(lent)?;
                debt = debt.plus(lent)?;
                out.add(&Account::Treasury, lent.opposite()?, Credits::ZERO)?;
            }
        }
        out.add(&line.account, amount, debt)?;
    }
    out.balanced()
}
