//! Orders and quotes. A quote is what an order would do now; taking it does exactly that.
//!
//! Rounding is in the house's favour: shares and proceeds go down, costs go up, so that buying and selling again never
//! gains and splitting an order never gains more than a millionth of a credit each time. No trade leaves an option below
//! [`Terms::floor`](super::Terms::floor) (for yes and no: between 0.1 % and 99.9 %): an order that would is filled up to
//! there, and its quote says so.

use serde::{Deserialize, Serialize};

use super::{
    lmsr::Side,
    money::{Credits, MICRO, Shares, TooLarge},
    position::Position,
    state::Market,
};

/// Bought or sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Credits for shares.
    Buy,
    /// Shares for credits.
    Sell,
}

impl Action {
    /// The word in tables and in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Buy => "buy",
            Self::Sell => "sell",
        }
    }
}

/// What someone wants to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Order {
    /// Buy shares of a side of an option.
    Buy {
        /// The option.
        option: usize,
        /// The side.
        side: Side,
        /// How many credits.
        stake: Credits,
    },
    /// Buy whichever side brings the option's price to a probability, for at most a budget.
    ToPrice {
        /// The option.
        option: usize,
        /// The price of the option that is aimed at.
        target: f64,
        /// The most that is paid.
        budget: Credits,
    },
    /// Sell shares that one holds.
    Sell {
        /// The option.
        option: usize,
        /// The side; of No, equal shares of every other option.
        side: Side,
        /// How many.
        shares: Shares,
    },
}

/// How a purchase is bounded: by credits, by a price, or both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spend {
    /// The most that is paid.
    pub credits: Credits,
    /// The price of the bought side at which buying stops.
    pub until: Option<f64>,
}

/// Why an order was filled for less than it asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// The price reached the end of what is traded.
    Cap,
    /// The budget was spent before the price was reached.
    Budget,
}

/// What an order does at this state of the market.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quote {
    /// The option.
    pub option: usize,
    /// The side of it.
    pub side: Side,
    /// Bought or sold.
    pub action: Action,
    /// How many shares.
    pub shares: Shares,
    /// What they cost, rounded up, or what comes back for them, rounded down.
    pub cash: Credits,
    /// The option's price before.
    pub price_before: f64,
    /// The option's price after.
    pub price_after: f64,
    /// Why it is less than was asked for, if it is.
    pub bound: Option<Bound>,
}

/// What the trader was shown: a trade that would now be worse than that is refused.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    /// Average price of a share.
    pub average: f64,
    /// How much worse it may be, as a difference of prices.
    pub slippage: f64,
}

/// Why an order cannot be filled.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// No such option.
    #[error("there is no option {0}")]
    Option(usize),
    /// An amount of nothing, or less.
    #[error("the amount is {0}: use more than 0 credits")]
    Stake(Credits),
    /// Selling nothing, or less.
    #[error("{0} shares: sell more than 0")]
    Shares(Shares),
    /// A price to aim at that is none.
    #[error("the target is {0}: use a probability between 0.001 and 0.999")]
    Target(f64),
    /// The price is there already.
    #[error("the price is there already: nothing to buy")]
    Reached,
    /// The price is at the end of what is traded.
    #[error("the price is at {price:.4}, the end of what is traded")]
    AtTheCap {
        /// The option's price.
        price: f64,
    },
    /// So little that it rounds to nothing.
    #[error("that is less than a millionth of a share, or of a credit")]
    TooSmall,
    /// More shares than are held.
    #[error("{wanted} shares are more than the {held} you hold")]
    NotHeld {
        /// How many were to be sold.
        wanted: Shares,
        /// How many there are.
        held: Shares,
    },
    /// The price moved since the quote.
    #[error("the average price is now {now:.6} and not {expected:.6}: look at the new quote")]
    Moved {
        /// What it is now.
        now: f64,
        /// What was shown.
        expected: f64,
    },
    /// A number outside what can be counted.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

impl Quote {
    /// What a share costs or brings on average.
    pub fn average(&self) -> f64 {
        self.cash.to_f64() / self.shares.to_f64()
    }

    /// What the trader pays; negative where shares are sold.
    pub fn paid(&self) -> Credits {
        match self.action {
            Action::Buy => self.cash,
            Action::Sell => Credits::from_micro(-self.cash.micro()),
        }
    }

    /// Refuses when the average price is worse than what was shown. A millionth of the amount is no difference: it is
    /// the rounding.
    pub fn check(&self, expected: Expected) -> Result<(), Refusal> {
        let now = self.average();
        let room = expected.slippage + 1e-9 + 1.0 / self.shares.micro() as f64;
        let worse = match self.action {
            Action::Buy => now - expected.average,
            Action::Sell => expected.average - now,
        };
        if worse <= room { Ok(()) } else { Err(Refusal::Moved { now, expected: expected.average }) }
    }
}

impl Market {
    /// What an order does now. `held` is what the trader holds; it matters for selling only.
    pub fn quote(&self, order: &Order, held: &Position) -> Result<Quote, Refusal> {
        match *order {
            Order::Buy { option, side, stake } => {
                self.known(option)?;
                self.buy(option, side, Spend { credits: stake, until: None })
            }
            Order::ToPrice { option, target, budget } => {
                self.known(option)?;
                if !(0.001..=0.999).contains(&target) {
                    return Err(Refusal::Target(target));
                }
                let up = target >= self.face(option, Side::Yes).price.of;
                let (side, until) = if up { (Side::Yes, target) } else { (Side::No, 1.0 - target) };
                self.buy(option, side, Spend { credits: budget, until: Some(until) })
            }
            Order::Sell { option, side, shares } => {
                self.known(option)?;
                let held = held.of(option, side);
                if shares <= Shares::ZERO {
                    return Err(Refusal::Shares(shares));
                }
                if shares > held {
                    return Err(Refusal::NotHeld { wanted: shares, held });
                }
                self.sell(option, side, shares)
            }
        }
    }

    fn known(&self, option: usize) -> Result<(), Refusal> {
        if option < self.terms().options() { Ok(()) } else { Err(Refusal::Option(option)) }
    }

    /// Buys a side.
    fn buy(&self, option: usize, side: Side, spend: Spend) -> Result<Quote, Refusal> {
        if spend.credits <= Credits::ZERO {
            return Err(Refusal::Stake(spend.credits));
        }
        let (b, face) = (self.terms().b().to_f64(), self.face(option, side));
        let (seen, credits) = (face.price, spend.credits.to_f64());
        let until = spend.until.unwrap_or(face.cap).min(face.cap);
        if until <= seen.of {
            return Err(if seen.of >= face.cap {
                Refusal::AtTheCap { price: self.face(option, Side::Yes).price.of }
            } else {
                Refusal::Reached
            });
        }
        let (stake_to, shares_to) =
            if until < face.cap { seen.up_to(until) } else { (face.stake_to_cap, face.shares_to_cap) };
        let whole = credits >= b * stake_to;
        let wanted = if whole { b * shares_to } else { b * seen.shares(credits / b) };
        let mut shares = Shares::floor(wanted)?;
        let mut cash = up(b * seen.cost(shares.to_f64() / b))?;
        while cash > spend.credits {
            // Rounding up asked for a millionth more than there is: leave out the shares it buys.
            let over = (cash.micro() - spend.credits.micro()) as f64 / seen.of;
            shares = shares.minus(Shares::ceil(over / MICRO as f64)?)?;
            cash = up(b * seen.cost(shares.to_f64() / b))?;
        }
        if shares <= Shares::ZERO || cash <= Credits::ZERO {
            return Err(Refusal::TooSmall);
        }
        let bound = match spend.until {
            None if whole => Some(Bound::Cap),
            Some(target) if whole && face.cap < target => Some(Bound::Cap),
            Some(_) if !whole => Some(Bound::Budget),
            _ => None,
        };
        Ok(self.quoted((option, side), Action::Buy, (shares, cash), shares.to_f64() / b, bound))
    }

    fn sell(&self, option: usize, side: Side, wanted: Shares) -> Result<Quote, Refusal> {
        let b = self.terms().b().to_f64();
        // Selling moves the price as buying the other side does.
        let other = self.face(option, side.opposite());
        if other.cap <= other.price.of {
            return Err(Refusal::AtTheCap { price: self.face(option, Side::Yes).price.of });
        }
        let shares = wanted.min(Shares::floor(b * other.shares_to_cap)?);
        let cash = down(-b * self.face(option, side).price.cost(-shares.to_f64() / b))?;
        if shares <= Shares::ZERO || cash <= Credits::ZERO {
            return Err(Refusal::TooSmall);
        }
        let bound = (shares < wanted).then_some(Bound::Cap);
        Ok(self.quoted((option, side), Action::Sell, (shares, cash), -shares.to_f64() / b, bound))
    }

    /// A quote whose trade moves the log-odds of its side by `y`.
    fn quoted(
        &self,
        (option, side): (usize, Side),
        action: Action,
        (shares, cash): (Shares, Credits),
        y: f64,
        bound: Option<Bound>,
    ) -> Quote {
        let yes = self.face(option, Side::Yes).price;
        let price_after = yes.moved(if side == Side::Yes { y } else { -y });
        Quote { option, side, action, shares, cash, price_before: yes.of, price_after, bound }
    }
}

/// A cost: up to the next millionth, beyond what floating point may have lost.
fn up(cost: f64) -> Result<Credits, TooLarge> {
    Credits::ceil(cost * (1.0 + 1e-14) + 1e-9)
}

/// Proceeds: down.
fn down(proceeds: f64) -> Result<Credits, TooLarge> {
    Credits::floor(proceeds * (1.0 - 1e-14) - 1e-9)
}
