//! A claim's market as pages and programs read it.

use bellwether_core::{
    actor::Actor,
    ids::{ClaimId, Slug, TradeId},
    market::{Action, Credits, Position, Shares, Side},
    options::Options,
    status::Outcome,
};
use bellwether_store::{Claim, Market as MarketRow, Trade as TradeRow, Tx};
use chrono::{DateTime, Utc};

use super::{
    accounts::purse,
    books::{market, opening, trade},
    settle::standing,
    trading::{NO_MARKET, trades},
};
use crate::{Engine, EngineError, Result, claims::ClaimKey};

/// A claim's market.
#[derive(Clone, Debug)]
pub struct MarketView {
    /// The claim.
    pub claim: ClaimId,
    /// Its address.
    pub slug: Slug,
    /// Its title.
    pub title: String,
    /// The names of its options; `Yes` and `No` by default.
    pub options: Vec<String>,
    /// Whether the options are yes and no.
    pub yes_no: bool,
    /// The price of each.
    pub prices: Vec<f64>,
    /// What each opened at.
    pub opening: Vec<f64>,
    /// How it opened, in words.
    pub opened_how: String,
    /// Who opened it.
    pub opened_by: Actor,
    /// When.
    pub opened_at: DateTime<Utc>,
    /// Liquidity.
    pub b: Credits,
    /// Where it stands.
    pub state: MarketState,
    /// How many trades there were.
    pub trades: i64,
    /// By how many traders.
    pub traders: i64,
    /// What the house has, and may lose.
    pub house: House,
    /// What whoever asks has in it.
    pub mine: Option<Mine>,
    /// How it ended.
    pub settlement: Option<SettlementView>,
    /// The newest trade.
    pub last: Option<TradeView>,
}

/// Where a market stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarketState {
    /// It trades.
    Trading,
    /// It does not trade now; the sentence says why.
    Halted(String),
    /// It was settled.
    Settled,
    /// The claim is void, everyone was refunded.
    Void,
}

/// The house's side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct House {
    /// What was paid for the market, and the most that can be lost.
    pub subsidy: Credits,
    /// What it holds.
    pub cash: Credits,
    /// What it must hold so that it can pay whatever happens.
    pub needed: f64,
}

/// What someone has in a market.
#[derive(Clone, Debug)]
pub struct Mine {
    /// Credits to trade with.
    pub balance: Credits,
    /// Credits owed to the treasury.
    pub debt: Credits,
    /// Shares, and what was paid.
    pub position: Position,
    /// What can be sold.
    pub sellable: Vec<SharesView>,
    /// What selling all of it would bring now.
    pub worth: Credits,
    /// Worth and received, less paid; once settled, what it came to.
    pub profit: Credits,
    /// What each option would pay if it came true.
    pub pays: Vec<Credits>,
}

/// Shares of a side that can be sold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharesView {
    /// The option's place.
    pub option: usize,
    /// Its name.
    pub name: String,
    /// The side.
    pub side: Side,
    /// How many.
    pub shares: Shares,
}

/// How a market ended.
#[derive(Clone, Debug)]
pub struct SettlementView {
    /// The outcome; `None` for a void.
    pub outcome: Option<Outcome>,
    /// When.
    pub at: DateTime<Utc>,
    /// Trades after this instant were taken back.
    pub event_at: Option<DateTime<Utc>>,
    /// How many were.
    pub taken_back: usize,
    /// What went back to whoever opened it.
    pub returned: Credits,
    /// What whoever asks was paid in all.
    pub paid_to_me: Option<Credits>,
}

/// One trade.
#[derive(Clone, Debug, PartialEq)]
pub struct TradeView {
    /// Its id.
    pub id: TradeId,
    /// Its number in the market.
    pub seq: i64,
    /// Who.
    pub holder: Actor,
    /// When.
    pub at: DateTime<Utc>,
    /// The option's name.
    pub option: String,
    /// The side.
    pub side: Side,
    /// Bought or sold.
    pub action: Action,
    /// How many shares.
    pub shares: Shares,
    /// For how many credits.
    pub cash: Credits,
    /// The option's price before.
    pub price_before: f64,
    /// And after.
    pub price_after: f64,
    /// Whether it came after the event and was taken back.
    pub taken_back: bool,
}

impl Engine {
    /// A claim's market; `viewer` sees what they have in it.
    ///
    /// # Errors
    /// Not found where the claim has none.
    pub async fn market(&self, claim: &ClaimKey, viewer: Option<&Actor>) -> Result<MarketView> {
        let mut tx = self.read().await?;
        let claim = claim.find(&mut tx).await?;
        let row = tx.market(claim.id).await?.ok_or(EngineError::NotFound(NO_MARKET))?;
        view(&mut tx, &claim, row, viewer, self.now()).await
    }

    /// The same, or nothing where the claim has none.
    pub async fn market_if_any(
        &self,
        claim: &ClaimKey,
        viewer: Option<&Actor>,
    ) -> Result<Option<MarketView>> {
        let mut tx = self.read().await?;
        let claim = claim.find(&mut tx).await?;
        match tx.market(claim.id).await? {
            None => Ok(None),
            Some(row) => view(&mut tx, &claim, row, viewer, self.now()).await.map(Some),
        }
    }

    /// A claim's trades before a number, newest first, and where the next page begins.
    ///
    /// # Errors
    /// Not found where the claim has no market.
    pub async fn market_trades(
        &self,
        claim: &ClaimKey,
        before: Option<i64>,
        limit: i64,
    ) -> Result<(Vec<TradeView>, Option<i64>)> {
        let mut tx = self.read().await?;
        let claim = claim.find(&mut tx).await?;
        if tx.market(claim.id).await?.is_none() {
            return Err(EngineError::NotFound(NO_MARKET));
        }
        let mut rows = tx.trades_before(claim.id, before.unwrap_or(i64::MAX), limit + 1).await?;
        let more = i64::try_from(rows.len()).is_ok_and(|n| n > limit);
        if more {
            rows.pop();
        }
        let next = rows.last().filter(|_| more).map(|t| t.seq);
        let reversed = standing(&mut tx, claim.id).await?.map(|(_, paid)| paid.reversed).unwrap_or_default();
        let options = Options::of(&claim.document.read()?);
        let trades = rows.iter().map(|row| trade_view(row, &options, &reversed)).collect();
        Ok((trades, next))
    }
}

async fn view(
    tx: &mut Tx,
    claim: &Claim,
    row: MarketRow,
    viewer: Option<&Actor>,
    now: DateTime<Utc>,
) -> Result<MarketView> {
    let options = Options::of(&claim.document.read()?);
    let (market, opened) = (market(&row)?, opening(&row)?);
    let account = bellwether_core::market::Account::Market(claim.id);
    let cash = tx.credit_account(&account).await?.map(|a| a.balance).unwrap_or_default();
    let state = match row.state.as_str() {
        "settled" => MarketState::Settled,
        "void" => MarketState::Void,
        _ => trades(claim, &row, now).map_or_else(MarketState::Halted, |()| MarketState::Trading),
    };
    let settled = standing(tx, claim.id).await?;
    let reversed = settled.as_ref().map(|(_, paid)| paid.reversed.clone()).unwrap_or_default();
    let paid_to_me = match viewer {
        None => None,
        Some(viewer) => super::settle::paid_to(tx, claim.id, viewer).await?,
    };
    let mine = match viewer {
        None => None,
        Some(viewer) => Some(mine(tx, claim, &market, &options, viewer, paid_to_me).await?),
    };
    let last = tx.trades_before(claim.id, i64::MAX, 1).await?.pop();
    Ok(MarketView {
        claim: claim.id,
        slug: claim.slug.clone(),
        title: claim.title.clone(),
        options: options.names().into_iter().map(str::to_owned).collect(),
        yes_no: options == Options::YesNo,
        prices: market.prices(),
        opening: opened.prices,
        opened_how: opened.how,
        opened_by: row.opened_by,
        opened_at: row.opened_at,
        b: row.b,
        state,
        trades: row.trades,
        traders: row.traders,
        house: House { subsidy: row.subsidy, cash, needed: market.needed() },
        mine,
        settlement: settled.map(|(row, paid)| SettlementView {
            outcome: row.outcome,
            at: row.at,
            event_at: row.event_at,
            taken_back: paid.reversed.len(),
            returned: paid.returned,
            paid_to_me,
        }),
        last: last.map(|row| trade_view(&row, &options, &reversed)),
    })
}

async fn mine(
    tx: &mut Tx,
    claim: &Claim,
    market: &bellwether_core::market::Market,
    options: &Options,
    viewer: &Actor,
    paid: Option<Credits>,
) -> Result<Mine> {
    let fault = |e: bellwether_core::market::TooLarge| EngineError::internal(e);
    let mut position = Position::none(options.count());
    for row in tx.trades_of(claim.id, viewer).await? {
        position.take(&trade(&row)?).map_err(fault)?;
    }
    let purse = purse(tx, viewer).await?;
    let (worth, got) = if let Some(paid) = paid {
        (Credits::ZERO, paid)
    } else {
        let worth = position.worth(market).map_err(fault)?;
        (worth, worth)
    };
    let profit = got.minus(position.net_paid().map_err(fault)?).map_err(fault)?;
    let mut sellable = Vec::new();
    for (option, name) in options.names().into_iter().enumerate() {
        for side in [Side::Yes, Side::No] {
            // Between yes and no, No of the one is the other.
            let shares = position.of(option, side);
            if shares > Shares::ZERO && (side == Side::Yes || options.count() > 2) {
                sellable.push(SharesView { option, name: name.to_owned(), side, shares });
            }
        }
    }
    let pays = position.shares.iter().map(|s| s.paid_in_full()).collect();
    Ok(Mine { balance: purse.balance, debt: purse.debt, position, sellable, worth, profit, pays })
}

fn trade_view(row: &TradeRow, options: &Options, reversed: &[i64]) -> TradeView {
    let option =
        usize::try_from(row.option).ok().and_then(|i| options.names().get(i).map(|n| (*n).to_owned()));
    TradeView {
        id: row.id,
        seq: row.seq,
        holder: row.holder.clone(),
        at: row.at,
        option: option.unwrap_or_default(),
        side: row.side,
        action: row.action,
        shares: row.shares,
        cash: row.cash,
        price_before: row.price_before,
        price_after: row.price_after,
        taken_back: reversed.contains(&row.seq),
    }
}
