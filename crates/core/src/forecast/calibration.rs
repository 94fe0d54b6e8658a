//! Calibration: of what was called 70 % likely, did 70 % come true?
//!
//! Forecasts weigh by the part of the question's time they stood. The band says where nine of ten points of a perfectly
//! calibrated forecaster would fall. Updates of one forecast are no further evidence, and neither are many forecasters
//! of one claim, because a claim comes out once: the honest band therefore counts claims, by Kish's effective sample
//! size `(sum w)^2 / sum w^2` over their weights in the bin.

use std::collections::BTreeMap;

/// One forecast on a statement that came true or did not.
#[derive(Clone, Debug, PartialEq)]
pub struct Told<C> {
    /// The claim it was about: what comes out once.
    pub claim: C,
    /// The probability it gave, from 0 to below 1; certainty falls in no bin.
    pub p: f64,
    /// The part of the claim's time it stood, from 0.
    pub weight: f64,
    /// Whether it came true.
    pub came_true: bool,
}

/// Forecasts of nearly the same probability.
#[derive(Clone, Debug, PartialEq)]
pub struct Bin {
    /// Probabilities from here.
    pub lower: f64,
    /// To below here.
    pub upper: f64,
    /// How many forecasts, updates included.
    pub forecasts: usize,
    /// How many claims.
    pub claims: usize,
    /// How many claims of equal weight would say as much, 0 to `claims`.
    pub effective: f64,
    /// The weighted mean of the probabilities given; none without weight.
    pub mean_p: Option<f64>,
    /// The weighted part that came true; none without weight.
    pub came_true: Option<f64>,
    /// The honest band, by the effective number of claims, rounded down.
    pub band: Band,
    /// The band by the raw number of forecasts, as other sites draw it: too narrow where forecasts are updated.
    pub raw_band: Band,
}

/// Where the part that came true would fall for a perfectly calibrated forecaster.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// The 5 % quantile at the bin's lower edge.
    pub low: f64,
    /// The median at the bin's middle.
    pub middle: f64,
    /// The 95 % quantile at the bin's upper edge.
    pub high: f64,
}

/// The edges of the 21 bins: twentieths around the middle, finer towards the ends.
fn edges() -> [f64; 22] {
    let mut edges = [0.0; 22];
    for (i, edge) in edges.iter_mut().enumerate() {
        *edge = match i {
            0..=2 => i as f64 / 24.0,
            3..=18 => (125.0 + 50.0 * (i as f64 - 3.0)) / 1000.0,
            _ => (21.0 + i as f64 - 18.0) / 24.0,
        };
    }
    edges
}

#[derive(Clone, Debug)]
struct Held<C> {
    forecasts: usize,
    weight: f64,
    told: f64,
    came_true: f64,
    claims: BTreeMap<C, f64>,
}

/// The 21 bins of forecasts whose claims have come out.
pub fn calibration<C: Ord>(told: impl IntoIterator<Item = Told<C>>) -> Vec<Bin> {
    let edges = edges();
    let mut held: Vec<Held<C>> = (1..edges.len())
        .map(|_| Held { forecasts: 0, weight: 0.0, told: 0.0, came_true: 0.0, claims: BTreeMap::new() })
        .collect();
    for Told { claim, p, weight, came_true } in told {
        // Bins end below their upper edge, the last one too; forecasts are at most 0.999.
        if !(0.0..1.0).contains(&p) {
            continue;
        }
        let bin = &mut held[edges[1..edges.len() - 1].partition_point(|edge| *edge <= p)];
        let weight = weight.max(0.0);
        bin.forecasts += 1;
        bin.weight += weight;
        bin.told += weight * p;
        bin.came_true += if came_true { weight } else { 0.0 };
        *bin.claims.entry(claim).or_default() += weight;
    }
    let bins = held.into_iter().zip(edges.windows(2));
    bins.map(|(held, edge)| held.bin(edge[0], edge[1])).collect()
}

impl<C> Held<C> {
    fn bin(self, lower: f64, upper: f64) -> Bin {
        let squares: f64 = self.claims.values().map(|w| w * w).sum();
        let effective = if squares > 0.0 { self.weight * self.weight / squares } else { 0.0 };
        let of = |sum: f64| (self.weight > 0.0).then(|| sum / self.weight);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 to the number of claims"
        )]
        let whole = (effective + 1e-9) as usize;
        Bin {
            lower,
            upper,
            forecasts: self.forecasts,
            claims: self.claims.len(),
            effective,
            mean_p: of(self.told),
            came_true: of(self.came_true),
            band: Band::of(whole, lower, upper),
            raw_band: Band::of(self.forecasts, lower, upper),
        }
    }
}

impl Band {
    /// The band of `n` independent statements, at least one.
    fn of(n: usize, lower: f64, upper: f64) -> Self {
        let n = n.max(1);
        let at = |q: f64, p: f64| binomial_quantile(q, n, p) as f64 / n as f64;
        Self { low: at(0.05, lower), middle: at(0.5, f64::midpoint(lower, upper)), high: at(0.95, upper) }
    }
}

/// The least `k` for which at most `k` of `n` come true with probability `q` or more, when each does with probability `p`.
fn binomial_quantile(q: f64, n: usize, p: f64) -> usize {
    if p <= 0.0 {
        return 0;
    }
    if p >= 1.0 {
        return n;
    }
    let odds = (p / (1.0 - p)).ln();
    let mut log = n as f64 * (-p).ln_1p();
    let mut below = 0.0;
    for k in 0..n {
        below += log.exp();
        // Sums that are exactly a half come out a hair less.
        if below >= q - 1e-12 {
            return k;
        }
        log += ((n - k) as f64 / (k + 1) as f64).ln() + odds;
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_a_few_coins() {
        assert_eq!(binomial_quantile(0.5, 1, 0.5), 0);
        assert_eq!(binomial_quantile(0.5, 3, 0.5), 1);
        assert_eq!(binomial_quantile(0.95, 10, 0.5), 8);
        assert_eq!(binomial_quantile(0.05, 10, 0.5), 2);
        assert_eq!(binomial_quantile(0.5, 20_000, 0.5), 10_000);
    }

    #[test]
    fn updates_are_no_further_evidence() {
        let told = |claim: u32, p: f64| Told { claim, p, weight: 0.1, came_true: claim.is_multiple_of(2) };
        let once: Vec<_> = (0..10).map(|claim| told(claim, 0.5)).collect();
        let often: Vec<_> = (0..10).flat_map(|claim| (0..50).map(move |_| told(claim, 0.5))).collect();
        let (once, often) = (&calibration(once)[10], &calibration(often)[10]);
        assert_eq!(once.band, often.band);
        assert_eq!((often.forecasts, often.claims), (500, 10));
        assert!((often.effective - 10.0).abs() < 1e-9);
        assert!(often.raw_band.high - often.raw_band.low < often.band.high - often.band.low);
        assert!((often.came_true.unwrap() - 0.5).abs() < 1e-12);
    }
}
