//! Score points: what each move of a claim's number was worth once the outcome is known.

/// Score points of a move, `100 log2(after / before)`, by the shown probabilities of the option that came true, each
/// in `(0, 1]`. They telescope: the moves of a claim sum to the points between its first number and its last. A
/// probability that is not in the range earns nothing.
pub fn score_points(before: f64, after: f64) -> f64 {
    let known = |p: f64| p > 0.0 && p <= 1.0;
    if known(before) && known(after) { 100.0 * (after.log2() - before.log2()) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn twice_as_likely_is_a_hundred_points() {
        assert!((score_points(0.25, 0.5) - 100.0).abs() < 1e-12);
        assert!((score_points(0.5, 0.25) + 100.0).abs() < 1e-12);
        assert!(score_points(0.0, 0.5).abs() < f64::EPSILON);
    }

    proptest! {
        #[test]
        fn moves_telescope(path in prop::collection::vec(0.01..0.99_f64, 2..60)) {
            let sum: f64 = path.windows(2).map(|w| score_points(w[0], w[1])).sum();
            prop_assert!((sum - score_points(path[0], path[path.len() - 1])).abs() < 1e-9);
        }
    }
}
