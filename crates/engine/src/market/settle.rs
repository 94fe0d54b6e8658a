//! How a market ends with its claim, and how that is taken back; always in the transaction of the outcome itself.

use std::collections::BTreeMap;

use bellwether_core::{
    actor::Actor,
    ids::ClaimId,
    ledger::By,
    market::{self, Credits, Ending, Settled, Trade, Unsettled},
    options::Options,
    resolution::ResolutionRecord,
    status::Outcome,
};
use bellwether_store::{Change, Claim, JsonText, Market as MarketRow, MarketSettlement, StoreError, Tx};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::books::{post, purses, terms, trades};
use crate::{EngineError, Result, forecasts::known_from};

/// What a settlement's row keeps of who was paid what.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Paid {
    /// By trader.
    pub traders: BTreeMap<Actor, PaidTo>,
    /// Numbers of the trades that were taken back, the last first.
    pub reversed: Vec<i64>,
    /// What went back to whoever opened the market.
    pub returned: Credits,
    /// What rounding left.
    pub dust: Credits,
}

/// What a trader got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PaidTo {
    /// For shares, or as the refund of a void.
    pub paid: Credits,
    /// For trades that were taken back: what they had cost, less what they had brought.
    pub taken_back: Credits,
}

/// Settles the market of a claim whose outcome becomes final, if it has one.
pub(crate) async fn settle(tx: &mut Tx, claim: &Claim, record: &ResolutionRecord) -> Result<()> {
    let by = By { actor: record.decided_by.clone(), at: record.at };
    let Some(outcome) = &record.outcome else { return void(tx, claim, &by).await };
    let options = Options::of(&claim.document.read()?);
    let winner = match (outcome, &options) {
        (Outcome::Yes, Options::YesNo) => Some(0),
        (Outcome::No, Options::YesNo) => Some(1),
        (Outcome::Option(name), Options::Named(names)) => names.iter().position(|n| n == name),
        _ => None,
    };
    let winner =
        winner.ok_or_else(|| EngineError::internal(format!("`{outcome}` is none of the options")))?;
    let event = known_from(record, claim.window_by);
    end(tx, claim, &Ending::Winner(winner), Some(outcome), Some(event), &by).await
}

/// Ends the market of a claim that becomes void, if it has one: everyone gets back what they paid.
pub(crate) async fn void(tx: &mut Tx, claim: &Claim, by: &By) -> Result<()> {
    end(tx, claim, &Ending::Void, None, None, by).await
}

/// Takes back how a market ended, if it did: every balance and every position is as it was.
pub(crate) async fn reopen(tx: &mut Tx, claim: &Claim, by: &By) -> Result<()> {
    let Some(mut row) = tx.market(claim.id).await? else { return Ok(()) };
    let Some(last) = tx.settlements(claim.id).await?.pop().filter(|_| row.state != "open") else {
        return Ok(());
    };
    let settled = tx.postings(last.txn).await?;
    let holders: Vec<Actor> = settled
        .iter()
        .filter_map(|line| match &line.account {
            market::Account::Holder(actor) => Some(actor.clone()),
            _ => None,
        })
        .collect();
    let purses = purses(tx, claim.id, &holders).await?;
    let lines = market::reopen(&settled, purses).map_err(EngineError::internal)?;
    let txn = post(tx, "reopening", Some(claim.id), Some(last.txn), &lines, by).await?;
    let owed: BTreeMap<String, Credits> = lines
        .iter()
        .filter(|line| line.debt > Credits::ZERO)
        .map(|line| (line.account.to_string(), line.debt))
        .collect();
    tx.append_settlement(MarketSettlement {
        claim: claim.id,
        n: 0,
        kind: "reopened".into(),
        outcome: None,
        event_at: None,
        body: JsonText::of(&json!({ "owed": owed }))?,
        txn,
        actor: by.actor.clone(),
        at: by.at,
    })
    .await?;
    row.state = "open".into();
    row.updated_at = by.at;
    tx.save_market(&row).await?;
    tx.record(&Change {
        at: by.at,
        actor: &by.actor,
        kind: "market.reopened",
        claim: Some(claim.id),
        subject: claim.slug.to_string(),
        body: json!({ "title": claim.title, "owed": owed }),
    })
    .await?;
    Ok(())
}

async fn end(
    tx: &mut Tx,
    claim: &Claim,
    ending: &Ending,
    outcome: Option<&Outcome>,
    event_at: Option<DateTime<Utc>>,
    by: &By,
) -> Result<()> {
    let Some(row) = tx.market(claim.id).await? else { return Ok(()) };
    if row.state != "open" {
        // A settled claim under review that is made void: first everything is as it was.
        reopen(tx, claim, by).await?;
    }
    let all = trades(&tx.trades(claim.id).await?)?;
    let (settled, refunds) = plan(tx, &row, &all, ending, event_at).await?;
    let kind = if *ending == Ending::Void { "void" } else { "settled" };
    let posted = if *ending == Ending::Void { "refund" } else { "settlement" };
    let txn = post(tx, posted, Some(claim.id), None, &settled.postings, by).await?;
    let body = paid(settled, refunds);
    tx.append_settlement(MarketSettlement {
        claim: claim.id,
        n: 0,
        kind: kind.into(),
        outcome: outcome.cloned(),
        event_at,
        body: JsonText::of(&body)?,
        txn,
        actor: by.actor.clone(),
        at: by.at,
    })
    .await?;
    tx.save_market(&MarketRow { state: kind.into(), updated_at: by.at, ..row }).await?;
    tx.record(&Change {
        at: by.at,
        actor: &by.actor,
        kind: if kind == "void" { "market.voided" } else { "market.settled" },
        claim: Some(claim.id),
        subject: claim.slug.to_string(),
        body: json!({
            "title": claim.title, "outcome": outcome, "traders": body.traders.len(),
            "taken_back": body.reversed.len(), "returned": body.returned,
        }),
    })
    .await?;
    Ok(())
}

/// The settlement, and what each trader gets for trades that are taken back.
async fn plan(
    tx: &mut Tx,
    row: &MarketRow,
    all: &[Trade],
    ending: &Ending,
    event_at: Option<DateTime<Utc>>,
) -> Result<(Settled, BTreeMap<Actor, Credits>)> {
    let terms = terms(row)?;
    let holders = all.iter().map(|t| &t.holder).chain([&row.opened_by]);
    let purses = purses(tx, row.claim, holders).await?;
    let unsettled = Unsettled {
        claim: row.claim,
        terms: &terms,
        sponsor: &row.opened_by,
        subsidy: row.subsidy,
        trades: all,
    };
    let settled = market::settle(unsettled, ending, event_at, purses).map_err(EngineError::internal)?;
    let mut refunds: BTreeMap<Actor, Credits> = BTreeMap::new();
    for trade in all.iter().filter(|t| settled.reversed.contains(&t.seq)) {
        let sum = refunds.entry(trade.holder.clone()).or_default();
        *sum = sum.plus(trade.paid()).map_err(EngineError::internal)?;
    }
    Ok((settled, refunds))
}

fn paid(settled: Settled, refunds: BTreeMap<Actor, Credits>) -> Paid {
    let mut traders: BTreeMap<Actor, PaidTo> = BTreeMap::new();
    for (actor, paid) in settled.paid {
        traders.entry(actor).or_default().paid = paid;
    }
    for (actor, taken_back) in refunds {
        traders.entry(actor).or_default().taken_back = taken_back;
    }
    Paid { traders, reversed: settled.reversed, returned: settled.returned, dust: settled.dust }
}

/// What a settled market paid someone in all; `None` where it is not settled.
pub(super) async fn paid_to(tx: &mut Tx, claim: ClaimId, holder: &Actor) -> Result<Option<Credits>> {
    let Some(paid) = standing(tx, claim).await? else { return Ok(None) };
    let to = paid.1.traders.get(holder).copied().unwrap_or_default();
    Ok(Some(to.paid.plus(to.taken_back).map_err(EngineError::internal)?))
}

/// The settlement that stands, with who was paid what.
pub(super) async fn standing(tx: &mut Tx, claim: ClaimId) -> Result<Option<(MarketSettlement, Paid)>> {
    let last = tx.settlements(claim).await?.pop().filter(|s| s.kind != "reopened");
    last.map(|row| {
        let paid: Paid = row.body.read().map_err(|e| match e {
            StoreError::Inconsistent { reason, .. } => {
                StoreError::Inconsistent { table: "market_settlement", reason }
            }
            other => other,
        })?;
        Ok((row, paid))
    })
    .transpose()
}
