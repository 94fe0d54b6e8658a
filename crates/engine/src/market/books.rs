//! A market between its rows and the domain.

use bellwether_core::{
    actor::Actor,
    ids::{ClaimId, TransactionId},
    ledger::By,
    market::{Account, Market, Posting, Purses, Shares, Terms, Trade, Unbalanced},
};
use bellwether_store::{CreditTransaction, JsonText, Market as MarketRow, StoreError, Trade as TradeRow, Tx};
use serde::{Deserialize, Serialize};

use crate::{EngineError, Result, ids::new_uuid};

/// How a market started, as its row keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct OpeningKept {
    /// In words.
    pub how: String,
    /// The prices.
    pub prices: Vec<f64>,
}

pub(super) fn opening(row: &MarketRow) -> Result<OpeningKept> {
    Ok(row.opening.read()?)
}

/// The market's terms.
pub(super) fn terms(row: &MarketRow) -> Result<Terms> {
    Terms::new(row.b, &opening(row)?.prices).map_err(EngineError::internal)
}

/// The market as it stands.
pub(super) fn market(row: &MarketRow) -> Result<Market> {
    let outstanding: Vec<Shares> = row.outstanding.read()?;
    Market::standing(terms(row)?, outstanding).ok_or_else(|| {
        let reason = format!("market of {} has not one number of shares for each option", row.claim);
        StoreError::Inconsistent { table: "market", reason }.into()
    })
}

/// What its trades add up to, for the row.
pub(super) fn outstanding(market: &Market) -> Result<JsonText> {
    Ok(JsonText::of(market.outstanding())?)
}

/// A trade as the domain knows it.
pub(super) fn trade(row: &TradeRow) -> Result<Trade> {
    Ok(Trade {
        seq: row.seq,
        holder: row.holder.clone(),
        at: row.at,
        option: usize::try_from(row.option).map_err(EngineError::internal)?,
        side: row.side,
        action: row.action,
        shares: row.shares,
        cash: row.cash,
    })
}

pub(super) fn trades(rows: &[TradeRow]) -> Result<Vec<Trade>> {
    rows.iter().map(trade).collect()
}

/// What some holders, a claim's market and the treasury have.
pub(super) async fn purses<'a>(
    tx: &mut Tx,
    claim: ClaimId,
    holders: impl IntoIterator<Item = &'a Actor>,
) -> Result<Purses> {
    let mut names = vec![Account::Treasury, Account::Market(claim)];
    names.extend(holders.into_iter().map(|h| Account::Holder(h.clone())));
    names.sort();
    names.dedup();
    Ok(tx.purses(&names).await?)
}

/// Writes a transaction down.
pub(super) async fn post(
    tx: &mut Tx,
    kind: &str,
    claim: Option<ClaimId>,
    reverses: Option<TransactionId>,
    postings: &[Posting],
    by: &By,
) -> Result<TransactionId> {
    let transaction = CreditTransaction {
        id: TransactionId(new_uuid(by.at)),
        seq: 0,
        kind: kind.into(),
        claim,
        reverses,
        actor: by.actor.clone(),
        at: by.at,
    };
    Ok(tx.post(transaction, postings).await?.id)
}

/// A refusal of the books in words for whoever asked: only a shortage is theirs.
pub(super) fn short(e: Unbalanced, what: &str) -> EngineError {
    match e {
        Unbalanced::Short { balance, short, .. } => {
            let needed = balance.plus(short).unwrap_or(balance);
            EngineError::Conflict(format!("{what} costs {needed} credits and you have {balance}"))
        }
        other => EngineError::internal(other),
    }
}
