//! The logarithmic market scoring rule in floating point.
//!
//! With liquidity `b` and outstanding shares `q`, the cost function is `C(q) = b ln Σ e^(q_i/b)` and the prices are
//! its gradient, the softmax of `q/b` (Hanson 2003, "Combinatorial information market design"). A share of an option
//! pays one credit if the option happens. Every formula here is written so that it holds where the textbook form
//! overflows, underflows or cancels: sums of exponentials from the largest down, logarithms of prices kept beside the
//! prices, the complement of a price as the sum of the others, `expm1` and `log1p` near zero.
//!
//! Units: `b`, shares, stakes and costs in credits; prices are probabilities.

/// Which side of an option is traded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Shares of the option itself.
    Yes,
    /// Equal shares of every other option: pays one credit if the option does not happen.
    No,
}

impl Side {
    /// The word in tables and in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
        }
    }

    /// The other side.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
        }
    }
}

/// Why numbers make no market.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BadMarket {
    /// Liquidity is not a finite number above 0.
    #[error("b is {0}: use a finite number of credits above 0, such as 100")]
    Liquidity(f64),
    /// Fewer than two options, or a share that is not finite.
    #[error("a market needs at least two options, each with a finite number of shares")]
    Options,
    /// Opening prices that are not probabilities above 0 with sum 1.
    #[error("opening prices are above 0 and sum to 1")]
    Opening,
}

/// A market maker: liquidity and shares outstanding.
#[derive(Clone, Debug, PartialEq)]
pub struct Lmsr {
    b: f64,
    q: Vec<f64>,
}

/// The price of one option and of all others together, with their logarithms, which stay exact where the prices
/// themselves underflow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price {
    /// The option's price.
    pub of: f64,
    /// The sum of the other prices.
    pub against: f64,
    ln_of: f64,
    ln_against: f64,
}

/// What it takes to move an option's price to a target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Which side is bought.
    pub side: Side,
    /// How many shares of it.
    pub shares: f64,
    /// What they cost.
    pub stake: f64,
}

impl Price {
    /// The same seen from a side: for No the roles are exchanged.
    #[must_use]
    pub fn seen(self, side: Side) -> Self {
        match side {
            Side::Yes => self,
            Side::No => {
                Self { of: self.against, against: self.of, ln_of: self.ln_against, ln_against: self.ln_of }
            }
        }
    }

    /// Shares of this side, in units of `b`, for a stake of `x` units of `b`: `ln(1 + (e^x - 1)/p)`.
    pub(super) fn shares(self, x: f64) -> f64 {
        if x == 0.0 {
            return 0.0;
        }
        let ratio = x.exp_m1() / self.of;
        if ratio <= 1e10 {
            return ratio.ln_1p();
        }
        // (e^x - 1 + p) = e^x (p + (1-p)(1 - e^-x)), which neither overflows nor cancels here.
        x + (self.of - self.against * (-x).exp_m1()).ln() - self.ln_of
    }

    /// What `y` units of `b` in shares of this side cost, in units of `b`: `ln(1 - p + p e^y)`. Negative `y` sells.
    pub(super) fn cost(self, y: f64) -> f64 {
        let change = self.of * y.exp_m1();
        if change.abs() <= 0.5 {
            return change.ln_1p();
        }
        ln_add_exp(self.ln_against, self.ln_of + y)
    }

    /// The price after `y` units of `b` in shares of this side were bought: `p e^y / (1 + p (e^y - 1))`. For moves that
    /// a market allows, which are far from overflowing.
    pub(super) fn moved(self, y: f64) -> f64 {
        let growth = y.exp_m1();
        self.of * (1.0 + growth) / (1.0 + self.of * growth)
    }

    /// Stake and shares of this side, in units of `b`, that raise its price to `target`:
    /// `ln((1-p)/(1-t))` and `logit t - logit p`.
    pub(super) fn up_to(self, target: f64) -> (f64, f64) {
        let rest = 1.0 - target;
        let distance = target - self.of;
        // From the side that is the smaller, the distance carries more digits.
        let distance = if target > 0.5 { self.against - rest } else { distance };
        let stake = ln_ratio(distance / rest, self.ln_against - rest.ln());
        let gained = ln_ratio(distance / self.of, target.ln() - self.ln_of);
        (stake, stake + gained)
    }
}

/// `ln(1 + excess)`; where the excess is large, the difference of logarithms, which cannot overflow.
fn ln_ratio(excess: f64, otherwise: f64) -> f64 {
    if excess.abs() <= 0.5 { excess.ln_1p() } else { otherwise }
}

/// `ln(e^a + e^b)`.
fn ln_add_exp(a: f64, b: f64) -> f64 {
    let (high, low) = if a >= b { (a, b) } else { (b, a) };
    if low == f64::NEG_INFINITY { high } else { high + (low - high).exp().ln_1p() }
}

impl Lmsr {
    /// A market maker with liquidity `b` and shares `q` outstanding.
    pub fn new(b: f64, q: Vec<f64>) -> Result<Self, BadMarket> {
        if !(b.is_finite() && b > 0.0) {
            return Err(BadMarket::Liquidity(b));
        }
        if q.len() < 2 || q.iter().any(|q| !q.is_finite()) {
            return Err(BadMarket::Options);
        }
        Ok(Self { b, q })
    }

    /// One that opens at given prices: `q_i = b ln w_i`, so that its cost function begins at 0.
    pub fn opened(b: f64, opening: &[f64]) -> Result<Self, BadMarket> {
        if !is_opening(opening) {
            return Err(BadMarket::Opening);
        }
        Self::new(b, opening.iter().map(|w| b * w.ln()).collect())
    }

    /// One that opens with `n` options all alike and no shares outstanding.
    pub fn uniform(b: f64, n: usize) -> Result<Self, BadMarket> {
        Self::new(b, vec![0.0; n])
    }

    /// Liquidity, in credits.
    pub fn b(&self) -> f64 {
        self.b
    }

    /// Shares outstanding, with the opening's.
    pub fn q(&self) -> &[f64] {
        &self.q
    }

    fn top(&self) -> f64 {
        self.q.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    /// All prices; they sum to 1.
    pub fn prices(&self) -> Vec<f64> {
        let top = self.top();
        // The difference first: it is exact where the shares are many and nearly alike.
        let e: Vec<f64> = self.q.iter().map(|q| ((q - top) / self.b).exp()).collect();
        let sum: f64 = e.iter().sum();
        e.into_iter().map(|e| e / sum).collect()
    }

    /// `C(q) = b ln Σ e^(q_i/b)`, in credits.
    pub fn cost_function(&self) -> f64 {
        let top = self.top();
        let sum: f64 = self.q.iter().map(|q| ((q - top) / self.b).exp()).sum();
        top + self.b * sum.ln()
    }

    /// The price of one option.
    ///
    /// # Panics
    /// When there is no such option.
    pub fn price(&self, option: usize) -> Price {
        let mine = self.q[option];
        let rest = || self.q.iter().enumerate().filter(|(i, _)| *i != option).map(|(_, q)| *q);
        let top = rest().fold(f64::NEG_INFINITY, f64::max);
        let others: f64 = rest().map(|q| ((q - top) / self.b).exp()).sum();
        // ln of the odds against the option, from which both prices and both logarithms follow.
        let against = (top - mine) / self.b + others.ln();
        let (ln_of, ln_against) = (-softplus(against), -softplus(-against));
        Price { of: ln_of.exp(), against: ln_against.exp(), ln_of, ln_against }
    }

    /// Of all prices but one option's, the least as a share of their sum, in `(0, 1]`: trading the option leaves it as
    /// it is.
    ///
    /// # Panics
    /// When there is no such option.
    pub fn least_share(&self, option: usize) -> f64 {
        if let [a, b] = self.q[..] {
            assert!(option < 2, "no option {option} of {a} and {b}");
            return 1.0;
        }
        let rest = || self.q.iter().enumerate().filter(|(i, _)| *i != option).map(|(_, q)| *q);
        let least = rest().fold(f64::INFINITY, f64::min);
        1.0 / rest().map(|q| ((q - least) / self.b).exp()).sum::<f64>()
    }

    /// Shares that a stake buys.
    pub fn shares_for(&self, option: usize, side: Side, stake: f64) -> f64 {
        self.b * self.price(option).seen(side).shares(stake / self.b)
    }

    /// What shares cost; negative shares are sold and the cost is minus the proceeds.
    pub fn cost_of(&self, option: usize, side: Side, shares: f64) -> f64 {
        self.b * self.price(option).seen(side).cost(shares / self.b)
    }

    /// What a bundle costs, `C(q + d) - C(q)`; negative: proceeds.
    pub fn cost(&self, delta: &[f64]) -> f64 {
        let prices = self.prices();
        let change: f64 = prices.iter().zip(delta).map(|(p, d)| p * (d / self.b).exp_m1()).sum();
        if change.abs() <= 0.5 {
            return self.b * change.ln_1p();
        }
        // Both cost functions from the same level, so that many shares nearly alike do not swallow the difference.
        let top = self.top();
        let level: Vec<f64> = self.q.iter().map(|q| q - top).collect();
        let before = Self { b: self.b, q: level.clone() };
        let after = Self { b: self.b, q: level.iter().zip(delta).map(|(q, d)| q + d).collect() };
        after.cost_function() - before.cost_function()
    }

    /// What it takes to move an option's price to `target`, which lies strictly between 0 and 1: shares of the option
    /// when the price must rise, of its No when it must fall.
    pub fn to_price(&self, option: usize, target: f64) -> Step {
        let price = self.price(option);
        let side = if target >= price.of { Side::Yes } else { Side::No };
        let target = if side == Side::Yes { target } else { 1.0 - target };
        let (stake, shares) = price.seen(side).up_to(target);
        Step { side, shares: self.b * shares, stake: self.b * stake }
    }

    /// The same market after a trade of one option's side.
    #[must_use]
    pub fn after(&self, option: usize, side: Side, shares: f64) -> Self {
        let moved =
            |(i, q): (usize, &f64)| if (i == option) == (side == Side::Yes) { q + shares } else { *q };
        Self { b: self.b, q: self.q.iter().enumerate().map(moved).collect() }
    }
}

/// `ln(1 + e^x)`.
fn softplus(x: f64) -> f64 {
    if x > 0.0 { x + (-x).exp().ln_1p() } else { x.exp().ln_1p() }
}

fn is_opening(prices: &[f64]) -> bool {
    prices.len() >= 2
        && prices.iter().all(|w| w.is_finite() && *w > 0.0)
        && (prices.iter().sum::<f64>() - 1.0).abs() <= 1e-9
}

/// What the house loses at most if each option wins, `b ln(1/w_i)`; the largest of them is the subsidy that opening
/// a market takes.
pub fn loss_bounds(b: f64, opening: &[f64]) -> Vec<f64> {
    opening.iter().map(|w| -b * w.ln()).collect()
}

/// The most that the house can lose, `b ln(1/min w)`; `b ln n` where all options open alike.
pub fn worst_loss(b: f64, opening: &[f64]) -> f64 {
    loss_bounds(b, opening).into_iter().fold(0.0, f64::max)
}

/// The liquidity that a subsidy pays for.
pub fn liquidity_for(subsidy: f64, opening: &[f64]) -> f64 {
    subsidy / worst_loss(1.0, opening)
}

/// What shares pay when option `i` counts `weights[i]`, the weights summing to 1: one credit a share of the winner, or
/// its part.
pub fn payout(shares: &[f64], weights: &[f64]) -> f64 {
    shares.iter().zip(weights).map(|(s, w)| s * w).sum()
}
