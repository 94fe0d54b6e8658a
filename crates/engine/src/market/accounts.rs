//! What someone has: credits, debts, and shares over all markets.

use std::collections::{BTreeMap, btree_map::Entry};

use bellwether_core::{
    actor::Actor,
    ids::{ClaimId, Slug},
    ledger::By,
    market::{Account, Credits, GRANT, Position, Purse, Unbalanced, transfers},
    options::Options,
};
use bellwether_store::{Change, Tx};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::books::{market, post, trade};
use crate::{Engine, EngineError, Result};

const SETTING: &str = "credits.grant";

/// What someone has.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Credits to trade with.
    pub balance: Credits,
    /// Credits owed to the treasury.
    pub debt: Credits,
    /// Whether the starting credits were given yet; they are at the first trade.
    pub granted: bool,
    /// Shares, by claim.
    pub holdings: Vec<Holding>,
    /// The newest lines first.
    pub lines: Vec<StatementLine>,
    /// Where the next page of lines begins.
    pub next: Option<i64>,
}

/// What someone has in one market.
#[derive(Clone, Debug)]
pub struct Holding {
    /// The claim.
    pub claim: ClaimId,
    /// Its address.
    pub slug: Slug,
    /// Its title.
    pub title: String,
    /// Whether the market still trades.
    pub open: bool,
    /// The names of the options.
    pub options: Vec<String>,
    /// Shares and what was paid for them.
    pub position: Position,
    /// What selling all of it would bring now; nothing once the market is settled.
    pub worth: Credits,
    /// Worth, received and paid out, less paid.
    pub profit: Credits,
}

/// A line of a statement.
#[derive(Clone, Debug)]
pub struct StatementLine {
    /// Its place among all transactions.
    pub seq: i64,
    /// `grant`, `subsidy`, `trade`, `settlement`, `refund` or `reopening`.
    pub kind: String,
    /// The claim it is about, with its address and title.
    pub claim: Option<(ClaimId, Slug, String)>,
    /// By how much the credits changed.
    pub amount: Credits,
    /// By how much the debt changed.
    pub debt: Credits,
    /// When.
    pub at: DateTime<Utc>,
}

impl Engine {
    /// What everyone starts with.
    pub async fn grant(&self) -> Result<Credits> {
        grant_of(&mut self.read().await?).await
    }

    /// Sets what everyone starts with who has not started yet.
    ///
    /// # Errors
    /// A field error where it is not from 1 to a million credits.
    pub async fn set_grant(&self, actor: &Actor, credits: Credits) -> Result<()> {
        let most = Credits::whole(1_000_000).map_err(EngineError::internal)?;
        let least = Credits::whole(1).map_err(EngineError::internal)?;
        if credits < least || credits > most {
            return Err(EngineError::invalid("grant", "out_of_range", "use 1 to 1000000 credits"));
        }
        let now = self.now();
        let mut tx = self.write().await?;
        tx.set_setting(SETTING, &credits, actor, now).await?;
        let body = json!({ "credits": credits });
        let subject = SETTING.to_owned();
        tx.record(&Change { at: now, actor, kind: "grant.changed", claim: None, subject, body }).await?;
        Ok(tx.commit().await?)
    }

    /// What someone has; `before` is where a page of lines begins.
    pub async fn statement(&self, holder: &Actor, before: Option<i64>, limit: i64) -> Result<Statement> {
        let mut tx = self.read().await?;
        let account = Account::Holder(holder.clone());
        let found = tx.credit_account(&account).await?;
        let purse = purse(&mut tx, holder).await?;
        let mut lines = tx.credit_lines(&account, before.unwrap_or(i64::MAX), limit + 1).await?;
        let more = i64::try_from(lines.len()).is_ok_and(|n| n > limit);
        if more {
            lines.pop();
        }
        let next = lines.last().filter(|_| more).map(|l| l.seq);
        let holdings = holdings(&mut tx, holder).await?;
        let mut named = BTreeMap::new();
        let mut told = Vec::with_capacity(lines.len());
        for line in lines {
            let claim = match line.claim {
                None => None,
                Some(id) => {
                    if let Entry::Vacant(unnamed) = named.entry(id) {
                        let claim = tx.claim(id).await?;
                        unnamed.insert((id, claim.slug, claim.title));
                    }
                    named.get(&id).cloned()
                }
            };
            told.push(StatementLine {
                seq: line.seq,
                kind: line.kind.as_str().to_owned(),
                claim,
                amount: line.amount,
                debt: line.debt,
                at: line.at,
            });
        }
        Ok(Statement {
            balance: purse.balance,
            debt: purse.debt,
            granted: found.is_some(),
            holdings,
            lines: told,
            next,
        })
    }
}

async fn holdings(tx: &mut Tx, holder: &Actor) -> Result<Vec<Holding>> {
    let mut by_claim: BTreeMap<ClaimId, Vec<_>> = BTreeMap::new();
    for row in tx.all_trades_of(holder).await? {
        by_claim.entry(row.claim).or_default().push(row);
    }
    let mut out = Vec::with_capacity(by_claim.len());
    for (id, rows) in by_claim {
        let claim = tx.claim(id).await?;
        let Some(row) = tx.market(id).await? else { continue };
        let market = market(&row)?;
        let mut position = Position::none(market.terms().options());
        for row in &rows {
            position.take(&trade(row)?).map_err(EngineError::internal)?;
        }
        let open = row.state == "open";
        let worth =
            if open { position.worth(&market).map_err(EngineError::internal)? } else { Credits::ZERO };
        let paid_out = if open {
            Credits::ZERO
        } else {
            super::settle::paid_to(tx, id, holder).await?.unwrap_or_default()
        };
        let net = position.net_paid().map_err(EngineError::internal)?;
        let profit = worth.plus(paid_out).and_then(|all| all.minus(net)).map_err(EngineError::internal)?;
        let document = claim.document.read()?;
        let options = Options::of(&document).names().into_iter().map(str::to_owned).collect();
        out.push(Holding {
            claim: id,
            slug: claim.slug,
            title: claim.title,
            open,
            options,
            position,
            worth,
            profit,
        });
    }
    out.sort_by(|a, b| (b.open, &a.title).cmp(&(a.open, &b.title)));
    Ok(out)
}

pub(super) async fn grant_of(tx: &mut Tx) -> Result<Credits> {
    let usual = Credits::whole(GRANT).map_err(EngineError::internal)?;
    Ok(tx.setting(SETTING).await?.unwrap_or(usual))
}

/// What someone has to trade with: before their first need of it, the grant that they will get.
pub(super) async fn purse(tx: &mut Tx, holder: &Actor) -> Result<Purse> {
    match tx.credit_account(&Account::Holder(holder.clone())).await? {
        Some(account) => Ok(Purse { balance: account.balance, debt: account.debt }),
        None => Ok(Purse { balance: grant_of(tx).await?, debt: Credits::ZERO }),
    }
}

/// Gives someone their starting credits, once: an account of credits begins with its grant.
///
/// # Errors
/// [`EngineError::Forbidden`] for parts of Bellwether itself, which hold no credits.
pub(super) async fn granted(tx: &mut Tx, holder: &Actor, now: DateTime<Utc>) -> Result<()> {
    if matches!(holder, Actor::System(_)) {
        return Err(EngineError::Forbidden(format!("{holder} holds no credits: a person opens a market")));
    }
    if tx.credit_account(&Account::Holder(holder.clone())).await?.is_some() {
        return Ok(());
    }
    let amount = grant_of(tx).await?;
    let lines = transfers::grant(holder, amount).map_err(|e: Unbalanced| EngineError::internal(e))?;
    let by = By { actor: holder.clone(), at: now };
    post(tx, "grant", None, None, &lines, &by).await?;
    tx.record(&Change {
        at: now,
        actor: holder,
        kind: "credits.granted",
        claim: None,
        subject: holder.to_string(),
        body: json!({ "credits": amount }),
    })
    .await?;
    Ok(())
}
