//! Leaderboards: what forecasters earned over many claims, with how much of them they covered.

use std::collections::BTreeMap;

use super::{Score, ScoreKind};

/// A forecaster's place.
#[derive(Clone, Debug, PartialEq)]
pub struct Place<K> {
    /// From 1; those whose scores are as good as the same share a place, and the next place counts them all.
    pub rank: usize,
    /// Whose place it is.
    pub forecaster: K,
    /// The total; for Brier and log the mean, weighted by coverage.
    pub value: f64,
    /// The sum of coverages: how many whole claims it stands on.
    pub coverage: f64,
    /// How many claims.
    pub claims: usize,
}

/// Places by one kind of score over `(forecaster, weight of the claim, score)`, the best first. A score without
/// coverage takes no part.
pub fn leaderboard<K: Ord>(
    kind: ScoreKind,
    scores: impl IntoIterator<Item = (K, f64, Score)>,
) -> Vec<Place<K>> {
    let mut sums: BTreeMap<K, (f64, f64, usize)> = BTreeMap::new();
    for (forecaster, weight, score) in scores {
        if score.coverage > 0.0 && weight > 0.0 {
            let sum = sums.entry(forecaster).or_default();
            sum.0 += weight * score.value * if kind.is_mean() { score.coverage } else { 1.0 };
            sum.1 += weight * score.coverage;
            sum.2 += 1;
        }
    }
    let mut places: Vec<Place<K>> = sums
        .into_iter()
        .map(|(forecaster, (sum, coverage, claims))| {
            let value = if kind.is_mean() { sum / coverage } else { sum };
            Place { rank: 0, forecaster, value, coverage, claims }
        })
        .collect();
    // Stable: equals stand in the order of their names.
    places.sort_by(|a, b| {
        let order = a.value.total_cmp(&b.value);
        if kind.less_is_better() { order } else { order.reverse() }
    });
    let mut before: Option<(usize, f64)> = None;
    for (i, place) in places.iter_mut().enumerate() {
        place.rank = match before {
            Some((rank, value)) if as_good_as_same(place.value, value) => rank,
            _ => i + 1,
        };
        before = Some((place.rank, place.value));
    }
    places
}

fn as_good_as_same(value: f64, before: f64) -> bool {
    (value - before).abs() <= 1e-8 + 1e-5 * before.abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(value: f64, coverage: f64) -> Score {
        Score { value, coverage }
    }

    #[test]
    fn totals_means_and_shared_places() {
        let rows = || {
            [
                ("ada", 1.0, score(30.0, 1.0)),
                ("ada", 1.0, score(-10.0, 0.5)),
                ("bob", 1.0, score(20.0, 1.0)),
                ("cy", 2.0, score(5.0, 0.25)),
                ("dee", 1.0, score(99.0, 0.0)),
            ]
        };
        let peer = leaderboard(ScoreKind::Peer, rows());
        let shown: Vec<_> = peer.iter().map(|p| (p.rank, p.forecaster, p.claims)).collect();
        assert_eq!(shown, [(1, "ada", 2), (1, "bob", 1), (3, "cy", 1)]);
        assert!((peer[0].coverage - 1.5).abs() < 1e-12 && (peer[2].value - 10.0).abs() < 1e-12);
        let brier = leaderboard(ScoreKind::Brier, rows());
        let shown: Vec<_> = brier.iter().map(|p| p.forecaster).collect();
        assert_eq!(shown, ["cy", "ada", "bob"], "the least is the best");
        assert!((brier[1].value - 25.0 / 1.5).abs() < 1e-12, "a mean by coverage");
    }
}
