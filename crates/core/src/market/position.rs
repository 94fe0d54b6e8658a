//! What a trader holds of a market.

use std::collections::BTreeMap;

use super::{
    lmsr::Side,
    money::{Credits, Shares, TooLarge},
    state::{Market, Trade},
};
use crate::actor::Actor;

/// A trader's shares, and what was paid for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Shares of each option.
    pub shares: Vec<Shares>,
    /// Credits paid for shares.
    pub paid: Credits,
    /// Credits that came back for sold ones.
    pub received: Credits,
}

impl Position {
    /// Nothing, in a market of `n` options.
    pub fn none(n: usize) -> Self {
        Self { shares: vec![Shares::ZERO; n], paid: Credits::ZERO, received: Credits::ZERO }
    }

    /// Whether no share is held.
    pub fn is_flat(&self) -> bool {
        self.shares.iter().all(|s| *s == Shares::ZERO)
    }

    /// How many shares of a side can be sold; of No, as many as there are of every other option.
    pub fn of(&self, option: usize, side: Side) -> Shares {
        let all = self.shares.iter().enumerate();
        all.filter(|(i, _)| (*i == option) == (side == Side::Yes)).map(|(_, s)| *s).min().unwrap_or_default()
    }

    /// Paid less received; negative where profit was taken.
    pub fn net_paid(&self) -> Result<Credits, TooLarge> {
        self.paid.minus(self.received)
    }

    /// Takes in a trade of its holder.
    pub fn take(&mut self, trade: &Trade) -> Result<(), TooLarge> {
        let change = trade.change(self.shares.len());
        for (sum, change) in self.shares.iter_mut().zip(change) {
            *sum = sum.plus(change)?;
        }
        if trade.paid() >= Credits::ZERO {
            self.paid = self.paid.plus(trade.cash)?;
        } else {
            self.received = self.received.plus(trade.cash)?;
        }
        Ok(())
    }

    /// What the market maker would give for all of it now, rounded down. The ends of what is traded are not looked at.
    pub fn worth(&self, market: &Market) -> Result<Credits, TooLarge> {
        let sold: Vec<f64> = self.shares.iter().map(|s| -s.to_f64()).collect();
        Ok(Credits::floor(-market.maker().cost(&sold))?.max(Credits::ZERO))
    }

    /// What it is ahead by if all of it were sold now: worth and received, less paid.
    pub fn profit(&self, market: &Market) -> Result<Credits, TooLarge> {
        self.worth(market)?.minus(self.net_paid()?)
    }
}

/// What every trader of a market holds, by name.
pub fn positions<'a>(
    options: usize,
    trades: impl IntoIterator<Item = &'a Trade>,
) -> Result<BTreeMap<Actor, Position>, TooLarge> {
    let mut all: BTreeMap<Actor, Position> = BTreeMap::new();
    for trade in trades {
        all.entry(trade.holder.clone()).or_insert_with(|| Position::none(options)).take(trade)?;
    }
    Ok(all)
}
