//! What pages show of a claim's market.

use askama::Template;
use bellwether_core::{
    actor::Actor,
    market::{Credits, Shares, Side},
};
use bellwether_engine::market::{MarketState, MarketView, Mine, QuoteView, Statement, TradeView};
use chrono::{DateTime, Utc};

use super::{
    evidence_view::{Choice, Errors},
    figures::{self, Plain},
    market_view,
    parts::{Instead, Mark, When, Who},
    shell::Shell,
};

/// The market's part of a claim page, or the offer to open one.
#[derive(Clone, Debug)]
pub(crate) struct MarketBox {
    /// The market; `None`: a curator may open one.
    pub market: Option<MarketView>,
    /// Why no bets are taken now, in a sentence.
    pub halted: Option<String>,
    /// In the place of betting, for those who may not.
    pub instead: Option<Instead>,
}

impl MarketBox {
    /// Whether bets are taken.
    pub(crate) fn trades(&self) -> bool {
        self.market.as_ref().is_some_and(|m| m.state == MarketState::Trading)
    }

    /// In the place of betting where bets are taken.
    pub(crate) fn barred(&self) -> Option<&Instead> {
        self.instead.as_ref().filter(|_| self.trades())
    }

    /// What whoever reads may bet with.
    pub(crate) fn purse(&self) -> Option<&Mine> {
        let open = self.trades() && self.instead.is_none();
        self.market.as_ref()?.mine.as_ref().filter(|_| open)
    }

    /// What whoever reads has in it, where they hold or held anything.
    pub(crate) fn held(&self) -> Option<&Mine> {
        let mine = self.market.as_ref()?.mine.as_ref()?;
        (mine.position.paid > Credits::ZERO).then_some(mine)
    }
}

/// Credits as people read them: two decimals, never rounded up to more than there is.
pub(crate) fn credits(amount: impl Plain<Credits>) -> String {
    hundredths(amount.plain().micro())
}

/// Shares likewise.
pub(crate) fn shares(amount: impl Plain<Shares>) -> String {
    hundredths(amount.plain().micro())
}

impl Plain<Self> for Credits {
    fn plain(&self) -> Self {
        *self
    }
}

impl Plain<Self> for Shares {
    fn plain(&self) -> Self {
        *self
    }
}

/// Whether there are any shares.
pub(crate) fn holds(amount: impl Plain<Shares>) -> bool {
    amount.plain() > Shares::ZERO
}

/// Whether there is more than nothing.
pub(crate) fn owes(amount: impl Plain<Credits>) -> bool {
    amount.plain() > Credits::ZERO
}

/// Whether there is less than nothing.
pub(crate) fn repaid(amount: impl Plain<Credits>) -> bool {
    amount.plain() < Credits::ZERO
}

/// Credits with their sign: `+1.30`, `−4.00`.
pub(crate) fn signed(amount: impl Plain<Credits>) -> String {
    let amount = amount.plain();
    let text = credits(amount);
    if amount > Credits::ZERO { format!("+{text}") } else { text }
}

fn hundredths(micro: i64) -> String {
    // What is less than a hundredth is written out, so that nothing reads as nothing.
    if micro != 0 && micro.unsigned_abs() < 10_000 {
        let sign = if micro < 0 { "\u{2212}" } else { "" };
        let digits = format!("{:06}", micro.unsigned_abs());
        return format!("{sign}0.{}", digits.trim_end_matches('0'));
    }
    let down = micro.div_euclid(10_000);
    let sign = if down < 0 { "\u{2212}" } else { "" };
    let size = down.unsigned_abs();
    let whole = figures::count(size / 100);
    if size.is_multiple_of(100) {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{:02}", size % 100)
    }
}

/// A side of an option in words: `Yes`, `No`, `Google`, `not Google`.
pub(crate) fn side_of(option: &str, side: Side, yes_no: bool) -> String {
    match (side, yes_no, option) {
        (Side::Yes, ..) => option.to_owned(),
        (Side::No, true, "Yes") => "No".to_owned(),
        (Side::No, true, _) => "Yes".to_owned(),
        (Side::No, false, name) => format!("not {name}"),
    }
}

/// What was typed into a bet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bet {
    /// `yes`, `no`, `to` or `sell`, with the side: `sell yes`.
    pub what: String,
    /// The option.
    pub option: String,
    /// Credits, as typed.
    pub credits: String,
    /// Percent, as typed.
    pub percent: String,
    /// Shares, as typed; empty for all.
    pub shares: String,
}

/// A bet looked at before it is made.
#[derive(Clone, Debug, Template)]
#[template(path = "bet.html")]
pub(crate) struct BetPage {
    /// The frame.
    pub shell: Shell,
    /// The claim.
    pub claim: Choice,
    /// The market.
    pub market: MarketView,
    /// What was typed.
    pub bet: Bet,
    /// What it would do.
    pub quote: Option<QuoteView>,
    /// What is wrong.
    pub errors: Errors,
}

impl BetPage {
    /// What is bought or sold, in words.
    fn what(&self, quote: &QuoteView) -> String {
        side_of(&quote.option, quote.quote.side, self.market.yes_no)
    }

    fn price_of(&self, quote: &QuoteView, p: f64) -> f64 {
        // Of a No, the price that matters to whoever buys it is its own.
        if quote.quote.side == Side::No && self.market.yes_no { 1.0 - p } else { p }
    }

    fn before(&self, quote: &QuoteView) -> f64 {
        self.price_of(quote, quote.quote.price_before)
    }

    fn after(&self, quote: &QuoteView) -> f64 {
        self.price_of(quote, quote.quote.price_after)
    }

    /// Whether it is a sale.
    fn sells(&self) -> bool {
        self.bet.what.starts_with("sell")
    }
}

/// All trades of a claim.
#[derive(Clone, Debug, Template)]
#[template(path = "trades.html")]
pub(crate) struct TradesPage {
    /// The frame.
    pub shell: Shell,
    /// The claim.
    pub claim: Choice,
    /// Whether the options are yes and no.
    pub yes_no: bool,
    /// The trades, newest first.
    pub trades: Vec<TradeView>,
    /// The address of older ones.
    pub next: Option<String>,
}

impl TradesPage {
    fn now(&self) -> DateTime<Utc> {
        self.shell.now
    }

    fn what(&self, trade: &TradeView) -> String {
        side_of(&trade.option, trade.side, self.yes_no)
    }
}

/// One's own credits.
#[derive(Clone, Debug, Template)]
#[template(path = "credits.html")]
pub(crate) struct CreditsPage {
    /// The frame.
    pub shell: Shell,
    /// What one has.
    pub statement: Statement,
    /// The address of older lines.
    pub next: Option<String>,
}

impl CreditsPage {
    fn now(&self) -> DateTime<Utc> {
        self.shell.now
    }
}

/// A line of a statement as pages call it.
pub(crate) fn line_word(kind: &str) -> &'static str {
    match kind {
        "grant" => "Starting credits",
        "subsidy" => "Opened a market",
        "trade" => "Trade",
        "settlement" => "Settled",
        "refund" => "Void: refunded",
        "reopening" => "Outcome taken back",
        _ => "Change",
    }
}

/// Opening a market.
#[derive(Clone, Debug, Template)]
#[template(path = "market_new.html")]
pub(crate) struct OpenPage {
    /// The frame.
    pub shell: Shell,
    /// The claim.
    pub claim: Choice,
    /// Liquidity as typed.
    pub b: String,
    /// `start` or `uniform`.
    pub opening: String,
    /// What it would cost.
    pub subsidy: Option<Credits>,
    /// What whoever asks has.
    pub balance: Credits,
    /// What is wrong.
    pub errors: Errors,
}

/// Who made something, as a template shows them.
pub(crate) fn who(actor: &Actor) -> Who {
    Who(actor.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credits_are_never_shown_as_more_than_they_are() {
        let told = |micro| credits(Credits::from_micro(micro));
        assert_eq!(told(1_234_567_890), "1,234.56");
        assert_eq!(told(20_000_000), "20");
        assert_eq!(told(999_999), "0.99");
        assert_eq!([told(1), told(0), told(-1_500_000)], ["0.000001", "0", "\u{2212}1.50"]);
        assert_eq!(signed(Credits::from_micro(1_300_000)), "+1.30");
    }

    #[test]
    fn a_side_is_named_as_people_say_it() {
        assert_eq!(side_of("Yes", Side::No, true), "No");
        assert_eq!(side_of("Google", Side::No, false), "not Google");
        assert_eq!(side_of("Google", Side::Yes, false), "Google");
    }
}
