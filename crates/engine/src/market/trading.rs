//! Quotes and trades. Both read the same state through the same function, so a quote is what a trade does when nothing
//! came between.

use bellwether_core::{
    actor::Actor,
    figures,
    ids::{TradeId, TransactionId},
    ledger::{By, Cause, Move},
    market::{
        Action, Bound, Credits, Expected, Market, Order, Position, Quote, Refusal, Shares, Side, transfers,
    },
    options::{BadOption, Options},
    status::ClaimStatus,
    stream::Stream,
};
use bellwether_store::{Change, Claim, Market as MarketRow, Trade as TradeRow, Tx};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::{
    accounts::{granted, purse},
    books::{market, outstanding, post, purses, short, trade},
};
use crate::{
    Engine, EngineError, Result,
    claims::{Book, ClaimKey},
    ids::new_uuid,
};

/// What someone wants to do, as they say it.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderInput {
    /// The option; left out where the claim is between yes and no.
    pub option: Option<String>,
    /// What.
    pub wanted: Wanted,
}

/// What is wanted of an option.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wanted {
    /// Shares of a side for a stake.
    Buy {
        /// The side.
        side: Side,
        /// Credits.
        stake: Credits,
    },
    /// The option's price at a probability, for at most a budget.
    ToProbability {
        /// The probability.
        p: f64,
        /// The most that is paid.
        budget: Credits,
    },
    /// To sell shares; all of them where no number is given.
    Sell {
        /// The side.
        side: Side,
        /// How many.
        shares: Option<Shares>,
    },
}

/// What an order would do, or did.
#[derive(Clone, Debug, PartialEq)]
pub struct QuoteView {
    /// The name of the option, `Yes` for a claim between yes and no.
    pub option: String,
    /// The quote.
    pub quote: Quote,
    /// What one has before it.
    pub balance: Credits,
    /// What one has after it; absent where it is more than one has.
    pub after: Option<Credits>,
    /// All prices before, by option.
    pub prices_before: Vec<f64>,
    /// And after.
    pub prices_after: Vec<f64>,
    /// A sentence where it was filled for less than was asked.
    pub note: Option<String>,
}

/// A trade that was made.
#[derive(Clone, Debug)]
pub struct Traded {
    /// Its id.
    pub id: TradeId,
    /// Its number in the market.
    pub seq: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// What it did.
    pub done: QuoteView,
    /// The rows of the claim's ledger.
    pub moves: Vec<Move>,
}

/// A claim's market with an order read against it.
struct Desk {
    claim: Claim,
    row: MarketRow,
    market: Market,
    /// How many trades whoever asks has made here.
    made: usize,
    option: String,
    quote: Quote,
}

impl Engine {
    /// What an order would do now.
    ///
    /// # Errors
    /// Not found where the claim has no market; a conflict where it does not trade; field errors for the order.
    pub async fn quote(&self, actor: &Actor, claim: &ClaimKey, order: &OrderInput) -> Result<QuoteView> {
        let mut tx = self.read().await?;
        let desk = Desk::read(&mut tx, actor, claim, order, self.now()).await?;
        let balance = purse(&mut tx, actor).await?.balance;
        desk.view(balance)
    }

    /// Trades: what the quote says, or nothing.
    ///
    /// # Errors
    /// As for a quote; a conflict too where one has not enough, or the price became worse than `expected` allows.
    pub async fn trade(
        &self,
        actor: &Actor,
        claim: &ClaimKey,
        order: &OrderInput,
        expected: Option<Expected>,
    ) -> Result<Traded> {
        let by = By { actor: actor.clone(), at: self.now() };
        let mut tx = self.write().await?;
        let desk = Desk::read(&mut tx, actor, claim, order, by.at).await?;
        if let Some(expected) = expected {
            desk.quote.check(expected).map_err(|e| refused(&e))?;
        }
        granted(&mut tx, actor, by.at).await?;
        let balance = purse(&mut tx, actor).await?.balance;
        let done = desk.view(balance)?;
        let id = desk.claim.id;
        let purses = purses(&mut tx, id, [actor]).await?;
        let lines = transfers::trade(id, actor, &desk.quote, purses).map_err(|e| short(e, "this"))?;
        let txn = post(&mut tx, "trade", Some(id), None, &lines, &by).await?;
        let after = desk.market.after(&desk.quote).map_err(EngineError::internal)?;
        let trade = desk.trade_row(&by, txn)?;
        tx.append_trade(&trade).await?;
        let row = MarketRow {
            outstanding: outstanding(&after)?,
            trades: trade.seq,
            traders: desk.row.traders + i64::from(desk.made == 0),
            updated_at: by.at,
            ..desk.row.clone()
        };
        tx.save_market(&row).await?;
        let mut book = Book::load(&mut tx, desk.claim.clone()).await?;
        let moved =
            book.ledger.set_stream(Stream::Market, after.log_weights(), Cause::about_trade(trade.id), &by);
        let moves: Vec<Move> = moved.into_iter().collect();
        book.save(&mut tx, &moves, &by).await?;
        tx.record(&Change {
            at: by.at,
            actor,
            kind: "market.traded",
            claim: Some(id),
            subject: trade.id.to_string(),
            body: json!({
                "title": book.row.title, "option": done.option, "side": trade.side, "action": trade.action,
                "shares": trade.shares, "credits": trade.cash,
                "p_before": trade.price_before, "p_after": trade.price_after,
            }),
        })
        .await?;
        tx.commit().await?;
        Ok(Traded { id: trade.id, seq: trade.seq, at: by.at, done, moves })
    }
}

impl Desk {
    async fn read(
        tx: &mut Tx,
        actor: &Actor,
        claim: &ClaimKey,
        order: &OrderInput,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let claim = claim.find(tx).await?;
        let row = tx.market(claim.id).await?.ok_or(EngineError::NotFound(NO_MARKET))?;
        if let Err(why) = trades(&claim, &row, now) {
            return Err(EngineError::Conflict(why));
        }
        let options = Options::of(&claim.document.read()?);
        let option = options
            .index(order.option.as_deref())
            .map_err(|e: BadOption| EngineError::invalid("option", "unknown", e.to_string()))?;
        let market = market(&row)?;
        let mine = tx.trades_of(claim.id, actor).await?;
        let mut held = Position::none(options.count());
        for row in &mine {
            held.take(&trade(row)?).map_err(EngineError::internal)?;
        }
        let order = match order.wanted {
            Wanted::Buy { side, stake } => Order::Buy { option, side, stake },
            Wanted::ToProbability { p, budget } => Order::ToPrice { option, target: p, budget },
            Wanted::Sell { side, shares } => {
                let all = held.of(option, side);
                if shares.is_none() && all == Shares::ZERO {
                    return Err(EngineError::invalid("shares", "not_held", "you hold none of these shares"));
                }
                Order::Sell { option, side, shares: shares.unwrap_or(all) }
            }
        };
        let quote = market.quote(&order, &held).map_err(|e| refused(&e))?;
        let name = options.names().get(option).copied().unwrap_or_default().to_owned();
        Ok(Self { claim, row, market, made: mine.len(), option: name, quote })
    }

    fn view(&self, balance: Credits) -> Result<QuoteView> {
        let after = self.market.after(&self.quote).map_err(EngineError::internal)?;
        let left = balance.minus(self.quote.paid()).map_err(EngineError::internal)?;
        Ok(QuoteView {
            option: self.option.clone(),
            quote: self.quote,
            balance,
            after: Some(left).filter(|left| *left >= Credits::ZERO),
            prices_before: self.market.prices(),
            prices_after: after.prices(),
            note: self.quote.bound.map(|bound| note(bound, self.quote.action)),
        })
    }

    fn trade_row(&self, by: &By, txn: TransactionId) -> Result<TradeRow> {
        let quote = &self.quote;
        Ok(TradeRow {
            id: TradeId(new_uuid(by.at)),
            claim: self.claim.id,
            seq: self.row.trades + 1,
            holder: by.actor.clone(),
            at: by.at,
            option: i64::try_from(quote.option).map_err(EngineError::internal)?,
            side: quote.side,
            action: quote.action,
            shares: quote.shares,
            cash: quote.cash,
            price_before: quote.price_before,
            price_after: quote.price_after,
            txn,
        })
    }
}

/// What is not found where a claim has no market.
pub(super) const NO_MARKET: &str =
    "market: this claim has none; a curator can open one while the claim is open";

/// Whether a market trades now; else the sentence that says why not.
pub(super) fn trades(claim: &Claim, row: &MarketRow, now: DateTime<Utc>) -> Result<(), String> {
    if row.state != "open" {
        return Err("this market is settled: it trades no more".to_owned());
    }
    if claim.status != ClaimStatus::Open {
        return Err(format!("this claim is {}: its market trades while the claim is open", claim.status));
    }
    if claim.window_by <= now {
        let by = figures::instant(claim.window_by);
        return Err(format!("the deadline {by} has passed: the market trades no more"));
    }
    Ok(())
}

fn note(bound: Bound, action: Action) -> String {
    match (bound, action) {
        (Bound::Cap, Action::Buy) => "This buys as much as there is: no price passes 99.9%.",
        (Bound::Cap, Action::Sell) => "This sells as much as can be sold: no price falls below 0.1%.",
        (Bound::Budget, _) => "Your budget is spent before the price is there.",
    }
    .to_owned()
}

fn refused(e: &Refusal) -> EngineError {
    let message = e.to_string();
    match e {
        Refusal::Option(_) => EngineError::invalid("option", "unknown", message),
        Refusal::Stake(_) => EngineError::invalid("stake", "out_of_range", message),
        Refusal::TooSmall => EngineError::invalid("stake", "too_small", message),
        Refusal::TooLarge(_) => EngineError::invalid("stake", "too_large", message),
        Refusal::Shares(_) => EngineError::invalid("shares", "out_of_range", message),
        Refusal::NotHeld { .. } => EngineError::invalid("shares", "not_held", message),
        Refusal::Target(_) => EngineError::invalid("probability", "out_of_range", message),
        Refusal::Reached | Refusal::AtTheCap { .. } | Refusal::Moved { .. } => EngineError::Conflict(message),
    }
}
