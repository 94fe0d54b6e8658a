//! Markets of claims, their trades, and how they ended.

use bellwether_core::{
    actor::Actor,
    ids::{ClaimId, TradeId, TransactionId},
    market::{Action, Credits, Shares, Side},
    status::Outcome,
};
use chrono::{DateTime, Utc};

use crate::{
    JsonText, Result, StoreError, Tx, Word,
    sql::{many, many_in, maybe, run, scalar},
    table::table,
};

table! {
    /// The market of a claim.
    "market" => pub struct Market {
        /// The claim.
        pub claim: ClaimId,
        /// Liquidity.
        pub b: Credits,
        /// How it started: in which words, and the prices.
        pub opening: JsonText,
        /// What was paid for it.
        pub subsidy: Credits,
        /// Who paid it.
        pub opened_by: Actor,
        /// When.
        pub opened_at: DateTime<Utc>,
        /// `open`, `settled` or `void`.
        pub state: Word,
        /// Shares of each option that traders hold: what the trades add up to.
        pub outstanding: JsonText,
        /// How many trades there are.
        pub trades: i64,
        /// By how many traders.
        pub traders: i64,
        /// When it last changed.
        pub updated_at: DateTime<Utc>,
    }
}

table! {
    /// A trade.
    "trade" => pub struct Trade {
        /// Identity.
        pub id: TradeId,
        /// The claim.
        pub claim: ClaimId,
        /// Its number in the market, gapless from 1.
        pub seq: i64,
        /// Who.
        pub holder: Actor,
        /// When.
        pub at: DateTime<Utc>,
        /// The option; 0 for yes.
        pub option: i64,
        /// The side of it.
        pub side: Side,
        /// Bought or sold.
        pub action: Action,
        /// How many shares.
        pub shares: Shares,
        /// What they cost, or brought.
        pub cash: Credits,
        /// The option's price before.
        pub price_before: f64,
        /// And after.
        pub price_after: f64,
        /// The transaction that paid for it.
        pub txn: TransactionId,
    }
}

table! {
    /// How a market ended, or how that was taken back.
    "market_settlement" => pub struct MarketSettlement {
        /// The claim.
        pub claim: ClaimId,
        /// Its number, gapless from 1; the last one stands.
        pub n: i64,
        /// `settled`, `void` or `reopened`.
        pub kind: Word,
        /// The outcome it was settled on.
        pub outcome: Option<Outcome>,
        /// Trades after this instant were taken back.
        pub event_at: Option<DateTime<Utc>>,
        /// Who was paid what, which trades were taken back.
        pub body: JsonText,
        /// The transaction.
        pub txn: TransactionId,
        /// Who.
        pub actor: Actor,
        /// When.
        pub at: DateTime<Utc>,
    }
}

impl Tx {
    /// Adds a market.
    pub async fn insert_market(&mut self, market: &Market) -> Result<()> {
        self.insert(market).await
    }

    /// The market of a claim, where it has one.
    pub async fn market(&mut self, claim: ClaimId) -> Result<Option<Market>> {
        maybe!(self, Market, "SELECT * FROM market WHERE claim = $1", claim)
    }

    /// The markets of some claims.
    pub async fn markets(&mut self, claims: &[ClaimId]) -> Result<Vec<Market>> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        many_in!(self, Market, "SELECT * FROM market WHERE claim IN (", claims, ")")
    }

    /// Writes what changes of a market: its state, shares and counts.
    pub async fn save_market(&mut self, market: &Market) -> Result<()> {
        const SQL: &str =
            "UPDATE market SET state = $2, outstanding = $3, trades = $4, traders = $5, updated_at = $6
            WHERE claim = $1";
        let done = run!(
            self,
            SQL,
            market.claim,
            &market.state,
            &market.outstanding,
            market.trades,
            market.traders,
            market.updated_at
        )?;
        if done == 1 { Ok(()) } else { Err(StoreError::NotFound) }
    }

    /// Appends a trade.
    pub async fn append_trade(&mut self, trade: &Trade) -> Result<()> {
        self.insert(trade).await
    }

    /// All trades of a claim, oldest first.
    pub async fn trades(&mut self, claim: ClaimId) -> Result<Vec<Trade>> {
        many!(self, Trade, "SELECT * FROM trade WHERE claim = $1 ORDER BY seq", claim)
    }

    /// Trades of a claim before a number, newest first; `i64::MAX` begins with the newest.
    pub async fn trades_before(&mut self, claim: ClaimId, seq: i64, limit: i64) -> Result<Vec<Trade>> {
        const SQL: &str = "SELECT * FROM trade WHERE claim = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3";
        many!(self, Trade, SQL, claim, seq, limit)
    }

    /// Someone's trades on a claim, oldest first.
    pub async fn trades_of(&mut self, claim: ClaimId, holder: &Actor) -> Result<Vec<Trade>> {
        const SQL: &str = "SELECT * FROM trade WHERE holder = $2 AND claim = $1 ORDER BY seq";
        many!(self, Trade, SQL, claim, holder)
    }

    /// Someone's trades on all claims, by claim, oldest first.
    pub async fn all_trades_of(&mut self, holder: &Actor) -> Result<Vec<Trade>> {
        many!(self, Trade, "SELECT * FROM trade WHERE holder = $1 ORDER BY claim, seq", holder)
    }

    /// Appends how a market ended, or that it was taken back; sets its number.
    pub async fn append_settlement(&mut self, mut row: MarketSettlement) -> Result<MarketSettlement> {
        const LAST: &str = "SELECT n FROM market_settlement WHERE claim = $1 ORDER BY n DESC LIMIT 1";
        row.n = scalar!(self, i64, LAST, row.claim)?.unwrap_or(0) + 1;
        self.insert(&row).await?;
        Ok(row)
    }

    /// How a market ended, and how that was taken back, oldest first; the last one stands.
    pub async fn settlements(&mut self, claim: ClaimId) -> Result<Vec<MarketSettlement>> {
        many!(self, MarketSettlement, "SELECT * FROM market_settlement WHERE claim = $1 ORDER BY n", claim)
    }
}
