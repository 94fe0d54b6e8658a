//! Recency weights and their running sums.

/// `exp(sqrt n)` for n = 1.. with running sums. The common factor `exp(-sqrt N)` cancels in medians and means, so one
/// table serves every N.
#[derive(Clone, Debug, Default)]
pub(super) struct Recency {
    weights: Vec<f64>,
    sums: Vec<f64>,
}

/// Keeps `exp` of the root inside the range of doubles up to 900,000 standing forecasts; beyond, the latest weigh alike.
const SHIFT: f64 = 300.0;

impl Recency {
    /// Makes sure there are weights for `n` forecasts.
    pub(super) fn reach(&mut self, n: usize) {
        for k in self.weights.len() + 1..=n {
            let weight = ((k as f64).sqrt() - SHIFT).min(650.0).exp();
            self.weights.push(weight);
            self.sums.push(self.sums.last().copied().unwrap_or(0.0) + weight);
        }
    }

    /// The weights of the first `n`.
    pub(super) fn weights(&self, n: usize) -> &[f64] {
        &self.weights[..n]
    }

    /// Their sum.
    pub(super) fn sum(&self, n: usize) -> f64 {
        if n == 0 { 0.0 } else { self.sums[n - 1] }
    }
}
