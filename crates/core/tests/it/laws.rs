//! Laws that hold for every set of forecasts.

use bellwether_core::{
    forecast::{
        Interval, Score, ScoreKind, Scorer,
        aggregate::{Crowd, Method, history, now},
        score::{Question, score},
    },
    options::Options,
};
use chrono::{DateTime, Utc};
use proptest::prelude::*;

const DAY: i64 = 86_400;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 0).expect("a time")
}

/// Open for a hundred days from day 10; it ends on day 80.
fn question(options: Options) -> Question {
    Question {
        options,
        open: at(10 * DAY),
        scheduled_close: at(110 * DAY),
        actual_close: Some(at(80 * DAY)),
        spot: Some(at(40 * DAY)),
    }
}

fn named(n: usize) -> Options {
    Options::Named((0..n).map(|i| format!("option {i}")).collect())
}

fn shares(weights: &[f64]) -> Vec<Option<f64>> {
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|w| Some(w / sum)).collect()
}

/// Up to 40 forecasts of up to 8 forecasters over `n` options, none overlapping with another of the same one.
fn forecasts(n: usize) -> impl Strategy<Value = Vec<Interval<u8>>> {
    let one = (0..8_u8, 0..100 * DAY, 1..60 * DAY, any::<bool>(), prop::collection::vec(0.01..1.0_f64, n));
    prop::collection::vec(one, 1..40).prop_map(|rows| {
        let mut rows: Vec<_> = rows
            .into_iter()
            .map(|(forecaster, start, lasts, open_ended, weights)| Interval {
                forecaster,
                start: at(start),
                end: (!open_ended).then(|| at(start + lasts)),
                p: shares(&weights),
                counts: forecaster < 6,
            })
            .collect();
        rows.sort_by_key(|i| i.start);
        let mut next = std::collections::BTreeMap::new();
        for row in rows.iter_mut().rev() {
            if let Some(next) = next.insert(row.forecaster, row.start) {
                row.end = Some(row.end.map_or(next, |end| end.min(next)));
            }
        }
        rows.retain(|i| i.end.is_none_or(|end| end > i.start));
        rows
    })
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + a.abs())
}

fn same(a: &Score, b: &Score) -> bool {
    close(a.value, b.value) && close(a.coverage, b.coverage)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn peer_scores_of_those_who_count_sum_to_zero(rows in forecasts(3), outcome in 0..3_usize) {
        // Where nobody stands for a while the last step lasts on for those who stood at its beginning, all of them.
        let scores = score(&question(named(3)), &rows, outcome, &[ScoreKind::Peer, ScoreKind::SpotPeer]);
        let sum: f64 = scores.iter().filter(|(f, _)| **f < 6).filter_map(|(_, s)| s.get(&ScoreKind::Peer)).map(|s| s.value).sum();
        prop_assert!(sum.abs() < 1e-8, "{sum}");
    }

    #[test]
    fn brier_scores_of_two_named_options_are_those_of_yes_and_no(rows in forecasts(2), outcome in 0..2_usize) {
        let kinds = [ScoreKind::Brier];
        let [yes_no, two] = [Options::YesNo, named(2)].map(|o| score(&question(o), &rows, outcome, &kinds));
        prop_assert_eq!(yes_no.len(), two.len());
        for (one, other) in yes_no.values().zip(two.values()) {
            prop_assert_eq!(one.len(), other.len());
            prop_assert!(one.iter().all(|(kind, score)| same(score, &other[kind])));
        }
    }

    #[test]
    fn brier_scores_lie_between_0_and_1(rows in forecasts(4), outcome in 0..4_usize) {
        let scores = score(&question(named(4)), &rows, outcome, &[ScoreKind::Brier]);
        prop_assert!(scores.values().flat_map(|s| s.values()).all(|s| (0.0..=1.0).contains(&s.value)));
    }

    #[test]
    fn splitting_a_forecast_changes_nothing(rows in forecasts(2), parts in prop::collection::vec(0.05..0.95_f64, 40), outcome in 0..2_usize) {
        let kinds = [ScoreKind::Baseline, ScoreKind::Peer, ScoreKind::Brier, ScoreKind::Log];
        let split: Vec<_> = rows.iter().zip(&parts).flat_map(|(row, part)| {
            let end = row.end.unwrap_or(at(120 * DAY));
            #[expect(clippy::cast_possible_truncation, reason = "a part of a few days")]
            let middle = row.start + chrono::TimeDelta::seconds(((end - row.start).num_seconds() as f64 * part) as i64);
            if middle <= row.start || middle >= end {
                return vec![row.clone()];
            }
            vec![
                Interval { end: Some(middle), ..row.clone() },
                Interval { start: middle, ..row.clone() },
            ]
        }).collect();
        let q = question(Options::YesNo);
        let (whole, split) = (score(&q, &rows, outcome, &kinds), score(&q, &split, outcome, &kinds));
        prop_assert_eq!(whole.len(), split.len());
        for (forecaster, scores) in &whole {
            for (kind, score) in scores {
                // Who does not count makes no steps, and is compared over the steps of those who do.
                if *kind == ScoreKind::Peer && *forecaster >= 6 {
                    continue;
                }
                prop_assert!(same(score, &split[forecaster][kind]), "{forecaster} {kind}: {score:?} {:?}", split[forecaster][kind]);
            }
        }
    }

    #[test]
    fn a_stream_is_compared_to_the_instant(rows in forecasts(2), cut in 11..79_i64, outcome in 0..2_usize) {
        let q = question(Options::YesNo);
        let scorer = Scorer::new(&q, &rows, outcome, &[ScoreKind::Peer, ScoreKind::Baseline]);
        let step = |start: i64, end: Option<i64>| Interval {
            forecaster: (), start: at(start), end: end.map(at), p: vec![Some(0.7), Some(0.3)], counts: false,
        };
        let whole = scorer.stream(&[step(0, None)]);
        let parts = scorer.stream(&[step(0, Some(cut * DAY)), step(cut * DAY, None)]);
        prop_assert_eq!(whole.len(), parts.len());
        for (kind, score) in &whole {
            prop_assert!(same(score, &parts[kind]), "{kind}: {score:?} {:?}", parts[kind]);
        }
    }

    #[test]
    fn scores_are_a_pure_function_bit_for_bit(rows in forecasts(3), outcome in 0..3_usize) {
        let q = question(named(3));
        prop_assert_eq!(score(&q, &rows, outcome, &ScoreKind::ALL), score(&q, &rows.clone(), outcome, &ScoreKind::ALL));
    }

    #[test]
    fn telling_the_truth_is_best(truth in 0.01..0.99_f64, lie in 0.01..0.99_f64, others in prop::collection::vec(0.01..0.99_f64, 1..6)) {
        let q = question(Options::YesNo);
        let kinds = [ScoreKind::Baseline, ScoreKind::Peer, ScoreKind::Brier, ScoreKind::Log, ScoreKind::SpotPeer, ScoreKind::SpotBaseline];
        let expected = |says: f64| {
            let rows: Vec<_> = [says].iter().chain(&others).zip(0_u8..).map(|(p, forecaster)| Interval {
                forecaster, start: at(DAY), end: None, p: vec![Some(*p), Some(1.0 - p)], counts: true,
            }).collect();
            let [yes, no] = [0, 1].map(|outcome| score(&q, &rows, outcome, &kinds)[&0].clone());
            kinds.map(|kind| truth * yes[&kind].value + (1.0 - truth) * no[&kind].value)
        };
        for (kind, (honest, lying)) in kinds.iter().zip(expected(truth).into_iter().zip(expected(lie))) {
            let gain = if kind.less_is_better() { lying - honest } else { honest - lying };
            prop_assert!(gain >= -1e-9, "{kind}: {gain}");
            prop_assert!((truth - lie).abs() < 1e-3 || gain > 0.0, "{kind}: {gain}");
        }
    }

    #[test]
    fn a_yes_no_aggregate_lies_within_its_members(members in prop::collection::vec(0.001..0.999_f64, 1..60)) {
        let (least, most) = (members.iter().copied().fold(1.0, f64::min), members.iter().copied().fold(0.0, f64::max));
        let p: Vec<_> = members.iter().map(|p| [Some(*p), Some(1.0 - p)]).collect();
        for method in Method::ALL {
            let found = now(&Options::YesNo, p.iter().map(<[_; 2]>::as_slice), method).expect("members");
            let yes = found.centers[0].expect("a number");
            prop_assert!((least - 1e-12..=most + 1e-12).contains(&yes), "{method}: {yes} of {least} to {most}");
            if let (Some(Some(low)), Some(Some(high))) = (found.lower.first(), found.upper.first()) {
                prop_assert!(low <= high && *low >= least - 1e-12 && *high <= most + 1e-12);
            }
        }
    }

    #[test]
    fn an_aggregate_of_named_options_sums_to_one(rows in forecasts(4)) {
        for method in [Method::RecencyWeighted, Method::Unweighted, Method::Mean, Method::GeometricMeanOfOdds] {
            for entry in history(&question(named(4)), &rows, method) {
                prop_assert!(entry.aggregate.probabilities().is_some(), "{method}: {entry:?}");
            }
        }
    }

    #[test]
    fn a_history_is_what_counting_afresh_gives(rows in forecasts(3)) {
        let q = question(named(3));
        for method in [Method::RecencyWeighted, Method::Unweighted, Method::Mean] {
            for entry in history(&q, &rows, method) {
                let standing = rows.iter().filter(|i| i.counts && i.stands_at(entry.start));
                let fresh = now(&q.options, standing.map(|i| i.p.as_slice()), method).expect("somebody stands");
                prop_assert_eq!(&entry.aggregate, &fresh, "{} at {}", method, entry.start);
            }
        }
    }

    #[test]
    fn a_crowd_kept_up_to_date_is_a_fresh_one(rows in forecasts(3), withdrawals in prop::collection::vec(0..8_u8, 0..5)) {
        let options = named(3);
        for method in [Method::RecencyWeighted, Method::Unweighted] {
            let mut crowd = Crowd::new(&options);
            let mut standing: Vec<(u8, &[Option<f64>])> = Vec::new();
            let leaves = withdrawals.iter().map(|f| (*f, None));
            for (forecaster, p) in rows.iter().map(|i| (i.forecaster, Some(i.p.as_slice()))).chain(leaves) {
                standing.retain(|(f, _)| *f != forecaster);
                match p {
                    Some(p) => {
                        crowd.forecast(forecaster, p);
                        standing.push((forecaster, p));
                    }
                    None => crowd.withdraw(&forecaster),
                }
                let fresh = now(&options, standing.iter().map(|(_, p)| *p), method);
                let kept = crowd.now(method);
                prop_assert_eq!(kept.is_some(), fresh.is_some());
                let (Some(kept), Some(fresh)) = (kept, fresh) else { continue };
                prop_assert_eq!(kept.n, fresh.n);
                for (kept, fresh) in [(kept.centers, fresh.centers), (kept.lower, fresh.lower), (kept.upper, fresh.upper), (kept.means, fresh.means)] {
                    for (kept, fresh) in kept.iter().flatten().zip(fresh.iter().flatten()) {
                        prop_assert!(close(*kept, *fresh), "{kept} {fresh}");
                    }
                }
            }
        }
    }
}
