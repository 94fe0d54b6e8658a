//! A market: its terms, and the shares outstanding that its trades add up to.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    lmsr::{self, Lmsr, Price, Side},
    money::{Credits, MICRO, Shares, TooLarge},
    order::{Action, Quote},
};
use crate::{actor::Actor, probability::Probability, stream::LogWeights};

/// What stands from the day a market opens: how deep it is and where it begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    b: Credits,
    opening: Vec<f64>,
}

/// Why a market cannot open so.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BadTerms {
    /// Liquidity out of range.
    #[error("b is {0}: use 1 to 1000000 credits, such as 100")]
    Liquidity(Credits),
    /// Too few options, or too many.
    #[error("{0} opening prices: give one for each of the claim's options")]
    Options(usize),
    /// An option that would open as good as decided.
    #[error("an opening price is {0}: each is from 0.001 to 0.999")]
    Price(f64),
    /// The prices are no distribution.
    #[error("the opening prices sum to {0}: they must sum to 1")]
    Sum(f64),
}

impl Terms {
    /// The lowest price that an option may open at.
    pub const LOWEST: f64 = 0.001;

    /// Checks and keeps terms; prices that sum to 1 within a millionth are scaled to do so exactly.
    pub fn new(b: Credits, opening: &[f64]) -> Result<Self, BadTerms> {
        if !(MICRO..=1_000_000 * MICRO).contains(&b.micro()) {
            return Err(BadTerms::Liquidity(b));
        }
        if !(2..=50).contains(&opening.len()) {
            return Err(BadTerms::Options(opening.len()));
        }
        // Half a millionth of room, so that the sum of others may come out as 0.001 typed does.
        let within = |w: &f64| (Self::LOWEST - 5e-7..=1.0 - Self::LOWEST + 5e-7).contains(w);
        if let Some(bad) = opening.iter().find(|w| !within(w)) {
            return Err(BadTerms::Price(*bad));
        }
        let sum: f64 = opening.iter().sum();
        if (sum - 1.0).abs() > 1e-6 {
            return Err(BadTerms::Sum(sum));
        }
        Ok(Self { b, opening: opening.iter().map(|w| w / sum).collect() })
    }

    /// All options alike.
    pub fn uniform(b: Credits, options: usize) -> Result<Self, BadTerms> {
        Self::new(b, &vec![1.0 / options.max(1) as f64; options])
    }

    /// Liquidity: how many credits it takes to move the price.
    pub fn b(&self) -> Credits {
        self.b
    }

    /// The prices it opens at.
    pub fn opening(&self) -> &[f64] {
        &self.opening
    }

    /// How many options there are.
    pub fn options(&self) -> usize {
        self.opening.len()
    }

    /// What whoever opens the market pays for it, and the most that the house can lose: `b ln(1/min w)`, rounded up.
    pub fn subsidy(&self) -> Result<Credits, TooLarge> {
        Credits::ceil(lmsr::worst_loss(self.b.to_f64(), &self.opening))
    }

    /// The lowest price that a trade may leave an option at: a tenth of a percent, shared among the other options where
    /// there are more than two. So no price ever passes 99.9 %, and the price is what the stream shows.
    pub fn floor(&self) -> f64 {
        Self::LOWEST / (self.options() - 1) as f64
    }
}

/// One trade as it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Its number in the market, from 1.
    pub seq: i64,
    /// Who traded.
    pub holder: Actor,
    /// When.
    pub at: DateTime<Utc>,
    /// The option.
    pub option: usize,
    /// The side of it.
    pub side: Side,
    /// Bought or sold.
    pub action: Action,
    /// How many shares of that side.
    pub shares: Shares,
    /// What they cost, or what came back for them; never negative.
    pub cash: Credits,
}

impl Trade {
    /// What the trader paid: negative where shares were sold.
    pub fn paid(&self) -> Credits {
        match self.action {
            Action::Buy => self.cash,
            Action::Sell => Credits::from_micro(-self.cash.micro()),
        }
    }

    /// By how much it changes the shares of each of `n` options.
    pub fn change(&self, n: usize) -> Vec<Shares> {
        change(n, self.option, self.side, self.action, self.shares)
    }
}

fn change(n: usize, option: usize, side: Side, action: Action, shares: Shares) -> Vec<Shares> {
    let signed = match action {
        Action::Buy => shares,
        Action::Sell => Shares::from_micro(-shares.micro()),
    };
    let of = |i: usize| if (i == option) == (side == Side::Yes) { signed } else { Shares::ZERO };
    (0..n).map(of).collect()
}

/// A market at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Market {
    terms: Terms,
    outstanding: Vec<Shares>,
    maker: Lmsr,
    /// Yes and No of each option. Kept, because a market is asked for quotes far more often than it changes.
    faces: Vec<[Face; 2]>,
}

/// A side of an option as it is traded now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Face {
    /// Its price, and that of the other side.
    pub price: Price,
    /// How far the price may rise.
    pub cap: f64,
    /// What it takes to bring it there, in units of `b`.
    pub stake_to_cap: f64,
    /// The shares bought by that, in units of `b`.
    pub shares_to_cap: f64,
}

impl Market {
    /// A market as it opens.
    pub fn open(terms: Terms) -> Self {
        let outstanding = vec![Shares::ZERO; terms.options()];
        Self::made(terms, outstanding)
    }

    fn made(terms: Terms, outstanding: Vec<Shares>) -> Self {
        let maker = maker(&terms, &outstanding);
        let faces = (0..terms.options()).map(|option| faces(&terms, &maker, option)).collect();
        Self { terms, outstanding, maker, faces }
    }

    /// A side of an option, which must be one of the market's.
    pub(super) fn face(&self, option: usize, side: Side) -> &Face {
        &self.faces[option][usize::from(side == Side::No)]
    }

    /// A market with the shares that are outstanding; `None` when they are not as many as the options.
    pub fn standing(terms: Terms, outstanding: Vec<Shares>) -> Option<Self> {
        if outstanding.len() != terms.options() {
            return None;
        }
        Some(Self::made(terms, outstanding))
    }

    /// A market after its trades.
    pub fn replay<'a>(terms: Terms, trades: impl IntoIterator<Item = &'a Trade>) -> Result<Self, TooLarge> {
        let mut outstanding = vec![Shares::ZERO; terms.options()];
        for trade in trades {
            for (sum, change) in outstanding.iter_mut().zip(trade.change(terms.options())) {
                *sum = sum.plus(change)?;
            }
        }
        Ok(Self::made(terms, outstanding))
    }

    /// The same market after a quote was taken.
    pub fn after(&self, quote: &Quote) -> Result<Self, TooLarge> {
        let change = change(self.terms.options(), quote.option, quote.side, quote.action, quote.shares);
        let outstanding: Vec<Shares> =
            self.outstanding.iter().zip(change).map(|(o, c)| o.plus(c)).collect::<Result<_, _>>()?;
        Ok(Self::made(self.terms.clone(), outstanding))
    }

    /// Its terms.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Shares of each option that traders hold.
    pub fn outstanding(&self) -> &[Shares] {
        &self.outstanding
    }

    /// The mathematics at this state.
    pub fn maker(&self) -> &Lmsr {
        &self.maker
    }

    /// The price of each option; they sum to 1.
    pub fn prices(&self) -> Vec<f64> {
        self.maker.prices()
    }

    /// The prices as the claim's market stream keeps them.
    pub fn log_weights(&self) -> Option<LogWeights> {
        let prices: Option<Vec<Probability>> =
            self.prices().into_iter().map(|p| Probability::new(p).ok()).collect();
        LogWeights::of(&prices?)
    }

    /// What the trades have paid in by the cost function, `C(q)`, in credits: never more than what was really paid.
    pub fn cost_function(&self) -> f64 {
        // The maker works from the level of the least outstanding option.
        self.maker.cost_function() + least(&self.outstanding).to_f64()
    }

    /// What the house must hold so that it can pay whatever happens: `max [N_i + b ln(1/p_i)]`, in credits.
    pub fn needed(&self) -> f64 {
        let (prices, b) = (self.prices(), self.terms.b.to_f64());
        self.outstanding
            .iter()
            .zip(prices)
            .map(|(n, p)| n.to_f64() - b * p.ln())
            .fold(f64::NEG_INFINITY, f64::max)
    }
}

/// The mathematics of a state. Prices depend only on differences, so the level of the least outstanding option is taken
/// off first, in integers: however many shares there are, no digit is lost.
fn maker(terms: &Terms, outstanding: &[Shares]) -> Lmsr {
    let (b, least) = (terms.b.to_f64(), least(outstanding).micro());
    let q = terms
        .opening
        .iter()
        .zip(outstanding)
        .map(|(w, n)| b * w.ln() + (n.micro() - least) as f64 / MICRO as f64)
        .collect();
    Lmsr::new(b, q).expect("terms were checked: b is above 0, at least two options, finite shares")
}

/// Both sides of an option. No option may fall below the floor: of No it is the option itself that falls; of Yes the others
/// fall in proportion, so the least of them decides.
fn faces(terms: &Terms, maker: &Lmsr, option: usize) -> [Face; 2] {
    let (floor, price) = (terms.floor(), maker.price(option));
    let face = |side, cap| {
        let price = price.seen(side);
        let (stake, shares) = if cap > price.of { price.up_to(cap) } else { (0.0, 0.0) };
        Face { price, cap, stake_to_cap: stake, shares_to_cap: shares }
    };
    [face(Side::Yes, 1.0 - floor / maker.least_share(option)), face(Side::No, 1.0 - floor)]
}

fn least(outstanding: &[Shares]) -> Shares {
    outstanding.iter().copied().min().unwrap_or_default()
}
