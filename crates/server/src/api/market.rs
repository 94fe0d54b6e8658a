//! Markets: read, opened, quoted, traded; and one's own credits.

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse, Response},
};
use bellwether_core::{
    document::{Market, Opening},
    market::{Credits, Expected, Shares, Side},
    people::Right,
};
use bellwether_engine::{
    EngineError,
    claims::ClaimKey,
    market::{
        Holding, MarketState, MarketView, Mine, OpenMarket, OrderInput, QuoteView, Statement, StatementLine,
        TradeView, Wanted,
    },
};
use chrono::{DateTime, Utc};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{
    page::{Listing, Wanted as Page, begin, number},
    words::MoveRow,
};
use crate::{
    extract::{Json, Path, StrictQuery},
    gate::Described,
    problem::{Problem, ProblemDocument},
    state::AppState,
    visitor::Visitor,
};

pub(super) fn routes() -> Described {
    Described::new()
        .route(Right::Read, routes!(read))
        .route(Right::Curate, routes!(open))
        .route(Right::Forecast, routes!(quote))
        .route(Right::Read, routes!(trades))
        .route(Right::Forecast, routes!(trade))
        .route(Right::Forecast, routes!(credits))
}

/// A claim's market. Amounts are credits and shares with at most 6 decimals; each share of what comes true pays 1 credit.
#[derive(Debug, Serialize, ToSchema)]
struct MarketDocument {
    /// `lmsr`: the logarithmic market scoring rule.
    mechanism: &'static str,
    /// Where it stands: `trading`, `halted`, `settled` or `void`.
    state: &'static str,
    /// Why it is halted.
    why: Option<String>,
    /// Liquidity: how many credits it takes to move the price.
    b: f64,
    /// Each option with its price.
    options: Vec<MarketOption>,
    /// How it opened, in words.
    opened_how: String,
    /// Who opened it, and paid the subsidy.
    opened_by: String,
    /// When.
    opened_at: DateTime<Utc>,
    /// What was paid for it: the most that the house can lose.
    subsidy: f64,
    /// What the house holds.
    cash: f64,
    /// What it must hold so that it can pay whatever happens; never more than `cash`.
    needed: f64,
    /// How many trades there were.
    trades: i64,
    /// By how many traders.
    traders: i64,
    /// What you have in it, where you are someone.
    mine: Option<MyPosition>,
    /// How it ended.
    settlement: Option<MarketEnd>,
}

/// An option of a market.
#[derive(Debug, Serialize, ToSchema)]
struct MarketOption {
    /// Its name; `Yes` and `No` for a claim between them.
    name: String,
    /// Its price, which is its probability.
    price: f64,
    /// What it opened at.
    opened_at_price: f64,
}

/// What someone has in a market.
#[derive(Debug, Serialize, ToSchema)]
struct MyPosition {
    /// Credits to trade with.
    balance: f64,
    /// Credits owed to the treasury.
    debt: f64,
    /// Shares of each option.
    shares: Vec<f64>,
    /// Credits paid for shares.
    paid: f64,
    /// Credits that came back for sold ones.
    received: f64,
    /// What selling all of it would bring now.
    worth: f64,
    /// Worth and received, less paid; once settled, what it came to.
    profit: f64,
}

/// How a market ended.
#[derive(Debug, Serialize, ToSchema)]
struct MarketEnd {
    /// The outcome; absent for a void.
    outcome: Option<String>,
    /// When.
    at: DateTime<Utc>,
    /// Trades after this instant were taken back.
    event_at: Option<DateTime<Utc>>,
    /// How many were.
    taken_back: usize,
    /// What went back to whoever opened it.
    returned: f64,
    /// What you were paid in all.
    paid_to_me: Option<f64>,
}

impl From<Mine> for MyPosition {
    fn from(mine: Mine) -> Self {
        Self {
            balance: mine.balance.to_f64(),
            debt: mine.debt.to_f64(),
            shares: mine.position.shares.iter().map(|s| s.to_f64()).collect(),
            paid: mine.position.paid.to_f64(),
            received: mine.position.received.to_f64(),
            worth: mine.worth.to_f64(),
            profit: mine.profit.to_f64(),
        }
    }
}

impl From<MarketView> for MarketDocument {
    fn from(market: MarketView) -> Self {
        let (state, why) = match market.state {
            MarketState::Trading => ("trading", None),
            MarketState::Halted(why) => ("halted", Some(why)),
            MarketState::Settled => ("settled", None),
            MarketState::Void => ("void", None),
        };
        let prices = market.prices.iter().zip(&market.opening);
        Self {
            mechanism: "lmsr",
            state,
            why,
            b: market.b.to_f64(),
            options: market
                .options
                .into_iter()
                .zip(prices)
                .map(|(name, (price, opened))| MarketOption { name, price: *price, opened_at_price: *opened })
                .collect(),
            opened_how: market.opened_how,
            opened_by: market.opened_by.to_string(),
            opened_at: market.opened_at,
            subsidy: market.house.subsidy.to_f64(),
            cash: market.house.cash.to_f64(),
            needed: market.house.needed,
            trades: market.trades,
            traders: market.traders,
            mine: market.mine.map(MyPosition::from),
            settlement: market.settlement.map(|end| MarketEnd {
                outcome: end.outcome.map(|o| o.to_word()),
                at: end.at,
                event_at: end.event_at,
                taken_back: end.taken_back,
                returned: end.returned.to_f64(),
                paid_to_me: end.paid_to_me.map(Credits::to_f64),
            }),
        }
    }
}

/// A market to be opened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewMarket {
    /// Liquidity in credits, 1 to 1,000,000; 100 where absent.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000)]
    b: Option<f64>,
    /// Where its prices start: `start` (the claim's starting probability), `uniform`, or a list of one price for each option,
    /// in their order, that sum to 1. `start` where absent.
    #[serde(default)]
    #[schema(value_type = Option<Value>)]
    opening: Option<Opening>,
}

/// An order: buy, move the price, or sell. Give exactly one of `stake`, `probability` with `budget`, and `sell`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OrderRequest {
    /// The option; left out for a claim between yes and no.
    #[serde(default)]
    #[schema(max_length = 200)]
    option: Option<String>,
    /// `yes` for shares of the option, `no` for shares that pay if it does not come true; `yes` where absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^(yes|no)$")]
    side: Option<Side>,
    /// Credits to buy for.
    #[serde(default)]
    #[schema(minimum = 0.000_001, maximum = 1_000_000_000)]
    stake: Option<f64>,
    /// The price of the option to bet to, 0.001 to 0.999.
    #[serde(default)]
    #[schema(minimum = 0.001, maximum = 0.999)]
    probability: Option<f64>,
    /// The most credits that betting to it may cost.
    #[serde(default)]
    #[schema(minimum = 0.000_001, maximum = 1_000_000_000)]
    budget: Option<f64>,
    /// Shares to sell, or `all`.
    #[serde(default)]
    #[schema(value_type = Option<Value>)]
    sell: Option<Value>,
    /// The average price that you were quoted: a trade at a worse one is refused.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1)]
    expected_price: Option<f64>,
    /// How much worse than that it may be; 0 where absent.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1)]
    max_slippage: Option<f64>,
}

impl OrderRequest {
    fn read(self) -> Result<(OrderInput, Option<Expected>), Problem> {
        let bad = |field: &str, why: &str| EngineError::invalid(field, "out_of_range", why);
        let side = self.side.unwrap_or(Side::Yes);
        let credits = |field: &str, amount: f64| {
            (amount > 0.0 && amount <= 1e9)
                .then(|| Credits::nearest(amount).ok())
                .flatten()
                .ok_or_else(|| bad(field, "use more than 0 and at most 1000000000 credits"))
        };
        let wanted = match (self.stake, self.probability, self.budget, self.sell) {
            (Some(stake), None, None, None) => Wanted::Buy { side, stake: credits("stake", stake)? },
            (None, Some(p), Some(budget), None) => {
                Wanted::ToProbability { p, budget: credits("budget", budget)? }
            }
            (None, None, None, Some(sell)) => Wanted::Sell { side, shares: shares(&sell)? },
            _ => {
                return Err(bad("stake", "give exactly one of: stake; probability with budget; sell").into());
            }
        };
        let expected = match (self.expected_price, self.max_slippage) {
            (Some(average), slippage) => {
                let slippage = slippage.unwrap_or(0.0);
                if !(0.0..=1.0).contains(&average) || !(0.0..=1.0).contains(&slippage) {
                    return Err(bad("expected_price", "prices and their differences are from 0 to 1").into());
                }
                Some(Expected { average, slippage })
            }
            (None, Some(_)) => {
                return Err(
                    bad("max_slippage", "give expected_price too: slippage is measured from it").into()
                );
            }
            (None, None) => None,
        };
        Ok((OrderInput { option: self.option, wanted }, expected))
    }
}

fn shares(value: &Value) -> Result<Option<Shares>, Problem> {
    if value.as_str() == Some("all") {
        return Ok(None);
    }
    value
        .as_f64()
        .filter(|n| *n > 0.0 && *n <= 1e12)
        .and_then(|n| Shares::nearest(n).ok())
        .map(Some)
        .ok_or_else(|| {
            EngineError::invalid("sell", "out_of_range", "write a number above 0, or \"all\"").into()
        })
}

/// What an order would do, or did.
#[derive(Debug, Serialize, ToSchema)]
struct QuoteDocument {
    /// The option's name.
    option: String,
    /// `yes` or `no`.
    side: &'static str,
    /// `buy` or `sell`.
    action: &'static str,
    /// How many shares.
    shares: f64,
    /// What they cost, rounded up to a millionth, or bring, rounded down.
    credits: f64,
    /// What one share costs or brings on average: give it back as `expected_price`.
    average_price: f64,
    /// The option's price before.
    price_before: f64,
    /// And after.
    price_after: f64,
    /// All prices after, by option.
    prices_after: Vec<f64>,
    /// What you have before.
    balance: f64,
    /// And after; absent where it is more than you have.
    balance_after: Option<f64>,
    /// A sentence where it is filled for less than was asked.
    note: Option<String>,
}

impl From<QuoteView> for QuoteDocument {
    fn from(view: QuoteView) -> Self {
        let quote = view.quote;
        Self {
            option: view.option,
            side: quote.side.word(),
            action: quote.action.word(),
            shares: quote.shares.to_f64(),
            credits: quote.cash.to_f64(),
            average_price: quote.average(),
            price_before: quote.price_before,
            price_after: quote.price_after,
            prices_after: view.prices_after,
            balance: view.balance.to_f64(),
            balance_after: view.after.map(Credits::to_f64),
            note: view.note,
        }
    }
}

/// A trade as it was made.
#[derive(Debug, Serialize, ToSchema)]
struct TradeMade {
    /// Its id.
    id: Uuid,
    /// Its number in the market, gapless from 1.
    seq: i64,
    /// When.
    at: DateTime<Utc>,
    /// What it did.
    done: QuoteDocument,
    /// The rows of the claim's ledger that it wrote.
    moves: Vec<MoveRow>,
}

/// One trade of a list.
#[derive(Debug, Serialize, ToSchema)]
struct TradeDocument {
    /// Its id.
    id: Uuid,
    /// Its number in the market, gapless from 1.
    seq: i64,
    /// Who.
    actor: String,
    /// When.
    at: DateTime<Utc>,
    /// The option's name.
    option: String,
    /// `yes` or `no`.
    side: &'static str,
    /// `buy` or `sell`.
    action: &'static str,
    /// How many shares.
    shares: f64,
    /// For how many credits.
    credits: f64,
    /// The option's price before.
    price_before: f64,
    /// And after.
    price_after: f64,
    /// Whether it came after the event and was taken back when the market was settled.
    taken_back: bool,
}

impl From<TradeView> for TradeDocument {
    fn from(trade: TradeView) -> Self {
        Self {
            id: trade.id.0,
            seq: trade.seq,
            actor: trade.holder.to_string(),
            at: trade.at,
            option: trade.option,
            side: trade.side.word(),
            action: trade.action.word(),
            shares: trade.shares.to_f64(),
            credits: trade.cash.to_f64(),
            price_before: trade.price_before,
            price_after: trade.price_after,
            taken_back: trade.taken_back,
        }
    }
}

/// Someone's credits.
#[derive(Debug, Serialize, ToSchema)]
struct CreditsDocument {
    /// Credits to trade with; before the first trade, the starting credits that it will give.
    balance: f64,
    /// Credits owed to the treasury: paid out once, taken back with an outcome, and spent between.
    debt: f64,
    /// Whether the starting credits were given yet.
    granted: bool,
    /// Shares, by claim.
    holdings: Vec<HoldingDocument>,
    /// What changed the balance, newest first.
    lines: Listing<CreditLine>,
}

/// What someone has in one market.
#[derive(Debug, Serialize, ToSchema)]
struct HoldingDocument {
    /// The claim.
    claim: Uuid,
    /// Its address.
    slug: String,
    /// Its title.
    title: String,
    /// Whether the market can still trade.
    open: bool,
    /// The names of the options.
    options: Vec<String>,
    /// Shares of each.
    shares: Vec<f64>,
    /// Credits paid for shares.
    paid: f64,
    /// Credits that came back for sold ones.
    received: f64,
    /// What selling all of it would bring now.
    worth: f64,
    /// What it is ahead by.
    profit: f64,
}

impl From<Holding> for HoldingDocument {
    fn from(holding: Holding) -> Self {
        Self {
            claim: holding.claim.0,
            slug: holding.slug.to_string(),
            title: holding.title,
            open: holding.open,
            options: holding.options,
            shares: holding.position.shares.iter().map(|s| s.to_f64()).collect(),
            paid: holding.position.paid.to_f64(),
            received: holding.position.received.to_f64(),
            worth: holding.worth.to_f64(),
            profit: holding.profit.to_f64(),
        }
    }
}

/// A line of a statement.
#[derive(Debug, Serialize, ToSchema)]
struct CreditLine {
    /// Its place among all transactions.
    seq: i64,
    /// `grant`, `subsidy`, `trade`, `settlement`, `refund` or `reopening`.
    kind: String,
    /// The slug of the claim it is about.
    claim: Option<String>,
    /// By how much the balance changed.
    credits: f64,
    /// By how much the debt changed.
    debt: f64,
    /// When.
    at: DateTime<Utc>,
}

impl From<StatementLine> for CreditLine {
    fn from(line: StatementLine) -> Self {
        Self {
            seq: line.seq,
            kind: line.kind,
            claim: line.claim.map(|(_, slug, _)| slug.to_string()),
            credits: line.amount.to_f64(),
            debt: line.debt.to_f64(),
            at: line.at,
        }
    }
}

impl From<Statement> for CreditsDocument {
    fn from(statement: Statement) -> Self {
        Self {
            balance: statement.balance.to_f64(),
            debt: statement.debt.to_f64(),
            granted: statement.granted,
            holdings: statement.holdings.into_iter().map(HoldingDocument::from).collect(),
            lines: Listing {
                items: statement.lines.into_iter().map(CreditLine::from).collect(),
                next: statement.next.map(|seq| seq.to_string()),
            },
        }
    }
}

/// Read a claim's market
///
/// Markets are off unless a claim switches one on; a claim without one answers 404.
#[utoipa::path(
    get, path = "/api/v1/claims/{id}/market", tag = "market", operation_id = "market",
    params(("id" = String, Path, description = "Id or slug")),
    responses((status = 200, body = MarketDocument), (status = 404, body = ProblemDocument)),
)]
async fn read(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(claim): Path<ClaimKey>,
) -> Result<Answer<MarketDocument>, Problem> {
    Ok(Answer(state.engine().market(&claim, visitor.actor().ok()).await?.into()))
}

/// Open a market on a claim
///
/// Whoever opens it pays its subsidy, `b ln(1 / lowest opening price)`: the most that the house can lose. What the house has
/// left goes back to them when the market is settled.
#[utoipa::path(
    post, path = "/api/v1/claims/{id}/market", tag = "market", operation_id = "open_market",
    params(("id" = String, Path, description = "Id or slug")),
    request_body = NewMarket,
    responses(
        (status = 201, body = MarketDocument), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument),
    ),
)]
async fn open(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(claim): Path<ClaimKey>,
    Json(new): Json<NewMarket>,
) -> Result<Response, Problem> {
    let actor = visitor.actor()?;
    let usual = Market::default();
    let market = Market { b: new.b.unwrap_or(usual.b), opening: new.opening.unwrap_or(usual.opening) };
    state.engine().open_market(actor, &claim, OpenMarket { market }).await?;
    let opened = state.engine().market(&claim, Some(actor)).await?;
    let location = format!("/api/v1/claims/{}/market", opened.claim);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Answer(MarketDocument::from(opened)))
        .into_response())
}

/// See what an order would do
///
/// Nothing is stored. A trade made before anything else does exactly this.
#[utoipa::path(
    post, path = "/api/v1/claims/{id}/market/quote", tag = "market", operation_id = "quote_trade",
    params(("id" = String, Path, description = "Id or slug")),
    request_body = OrderRequest,
    responses(
        (status = 200, body = QuoteDocument), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument),
    ),
)]
async fn quote(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(claim): Path<ClaimKey>,
    Json(order): Json<OrderRequest>,
) -> Result<Answer<QuoteDocument>, Problem> {
    let (order, _) = order.read()?;
    Ok(Answer(state.engine().quote(visitor.actor()?, &claim, &order).await?.into()))
}

/// List a claim's trades, newest first
#[utoipa::path(
    get, path = "/api/v1/claims/{id}/trades", tag = "market", operation_id = "trades",
    params(("id" = String, Path, description = "Id or slug"), Page),
    responses((status = 200, body = Listing<TradeDocument>), (status = 404, body = ProblemDocument)),
)]
async fn trades(
    State(state): State<AppState>,
    Path(claim): Path<ClaimKey>,
    StrictQuery(page): StrictQuery<Page>,
) -> Result<Answer<Listing<TradeDocument>>, Problem> {
    let before = begin(page.cursor.as_deref(), number)?.map(i64::from);
    let (trades, next) = state.engine().market_trades(&claim, before, page.limit.0.into()).await?;
    let items = trades.into_iter().map(TradeDocument::from).collect();
    Ok(Answer(Listing { items, next: next.map(|seq| seq.to_string()) }))
}

/// Trade in a claim's market
///
/// Buys for a stake, bets to a probability within a budget, or sells. With `expected_price` a trade that became worse than
/// that by more than `max_slippage` is refused with 409. An order that would pass 0.1% or 99.9% is filled up to there, and says
/// so.
#[utoipa::path(
    post, path = "/api/v1/claims/{id}/trades", tag = "market", operation_id = "trade",
    params(("id" = String, Path, description = "Id or slug")),
    request_body = OrderRequest,
    responses(
        (status = 201, body = TradeMade), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument),
    ),
)]
async fn trade(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(claim): Path<ClaimKey>,
    Json(order): Json<OrderRequest>,
) -> Result<Response, Problem> {
    let (order, expected) = order.read()?;
    let traded = state.engine().trade(visitor.actor()?, &claim, &order, expected).await?;
    let made = TradeMade {
        id: traded.id.0,
        seq: traded.seq,
        at: traded.at,
        done: traded.done.into(),
        moves: traded.moves.iter().map(MoveRow::from).collect(),
    };
    Ok((StatusCode::CREATED, Answer(made)).into_response())
}

/// Read your own credits, shares and what changed them
#[utoipa::path(
    get, path = "/api/v1/me/credits", tag = "market", operation_id = "credits",
    params(Page),
    responses((status = 200, body = CreditsDocument)),
)]
async fn credits(
    State(state): State<AppState>,
    visitor: Visitor,
    StrictQuery(page): StrictQuery<Page>,
) -> Result<Answer<CreditsDocument>, Problem> {
    let before = begin(page.cursor.as_deref(), number)?.map(i64::from);
    let limit = page.limit.0.into();
    Ok(Answer(state.engine().statement(visitor.actor()?, before, limit).await?.into()))
}
