//! What must hold of every ledger, whatever happens to it.

use proptest::prelude::*;

use super::*;

/// One step of a random history.
#[derive(Clone, Debug)]
enum Step {
    Add { side: bool, points: f64, tier: usize, kind: usize, origin: u8, supersede: Option<usize> },
    Revise(usize, f64),
    Retract(usize),
    Age(i64),
    Set(usize, f64),
    Pool(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (any::<bool>(), 0.0..=40.0, 0..Tier::ALL.len(), 0..Kind::ALL.len(), 0_u8..4, prop::option::weighted(0.1, 0_usize..20))
            .prop_map(|(side, points, tier, kind, origin, supersede)| Step::Add { side, points, tier, kind, origin, supersede }),
        1 => (0_usize..20, 0.0..=40.0).prop_map(|(n, p)| Step::Revise(n, p)),
        2 => (0_usize..20).prop_map(Step::Retract),
        1 => (0_i64..200).prop_map(Step::Age),
        1 => (0_usize..2, 0.001..0.999).prop_map(|(s, p)| Step::Set(s, p)),
        1 => any::<bool>().prop_map(Step::Pool),
    ]
}

/// Plays a history; gives the ledger and all its moves.
fn play(steps: &[Step]) -> (Ledger, Vec<Move>) {
    let (mut ledger, first) = yes_no(0.4);
    let (mut moves, mut now, mut next) = (vec![first], t0(), 100);
    for step in steps {
        now += TimeDelta::hours(1);
        let known = |n: usize, l: &Ledger| l.entries().get(n % l.entries().len().max(1)).map(|e| e.id);
        match step {
            Step::Add { side, points, tier, kind, origin, supersede } => {
                next += 1;
                let item = Item {
                    tier: Tier::ALL[*tier],
                    kind: Kind::ALL[*kind],
                    observed_at: now - TimeDelta::days(i64::from(*origin) * 40),
                    source: Source {
                        origin: Some(format!("origin {origin}")),
                        publisher: Some("P".into()),
                        ..Source::default()
                    },
                    supersedes: supersede.and_then(|n| known(n, &ledger)),
                    ..item(if *side { Side::For } else { Side::Against }, *points, next)
                };
                moves.extend(ledger.add(Entry::new(id(next), item, now), &by(now)).expect("fits"));
            }
            Step::Revise(n, points) => {
                if let Some(entry) = known(*n, &ledger).and_then(|id| ledger.entry(id)).cloned() {
                    let item = Item { points: Strength::new(*points).expect("a strength"), ..entry.item };
                    moves.extend(ledger.revise(entry.id, item, &by(now)).unwrap_or_default());
                }
            }
            Step::Retract(n) => {
                if let Some(id) = known(*n, &ledger) {
                    moves.extend(ledger.retract(id, &by(now)).unwrap_or_default());
                }
            }
            Step::Age(days) => {
                now += TimeDelta::days(*days);
                moves.extend(ledger.age(&by(now)));
            }
            Step::Set(stream, yes) => {
                let stream = [Stream::Crowd, Stream::Trend][*stream].clone();
                let value = LogWeights::of(&[p(*yes), p(1.0 - yes)]);
                moves.extend(ledger.set_stream(stream, value, Cause::of(CauseKind::StreamMoved), &by(now)));
            }
            Step::Pool(true) => {
                let pool =
                    BTreeMap::from([(Stream::Evidence, 2.0), (Stream::Crowd, 1.0), (Stream::Trend, 0.5)]);
                moves.push(ledger.set_headline(Headline::Pool(pool), &by(now)));
            }
            Step::Pool(false) => moves.push(ledger.set_headline(evidence_only(), &by(now))),
        }
    }
    (ledger, moves)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn moves_are_gapless_telescope_and_rebuild_everything(steps in prop::collection::vec(step(), 0..40)) {
        let (ledger, moves) = play(&steps);
        for pair in moves.windows(2) {
            prop_assert_eq!(pair[1].seq, pair[0].seq + 1);
            prop_assert_eq!(&pair[1].headline_before, &pair[0].headline_after);
        }
        for row in &moves {
            let l = |w: &LogWeights| w.get(row.option).expect("an option");
            prop_assert!((l(&row.headline_after) - l(&row.headline_before) - row.points.value() / 25.0).abs() < 1e-9);
            prop_assert!((0.001..=0.999).contains(&row.p_after.value()));
        }
        let sum: f64 = moves.iter().map(|m| m.points.value()).sum();
        let l = |w: LogWeights| w.get(0).expect("yes");
        prop_assert!((sum - 25.0 * (l(ledger.headline()) - l(ledger.start().clone()))).abs() < 1e-6);
        let rebuilt = replay(&moves).expect("hangs together");
        let close = |a: &LogWeights, b: &LogWeights| a.as_slice().iter().zip(b.as_slice()).all(|(a, b)| (a - b).abs() < 1e-9);
        prop_assert!(close(&rebuilt.headline, &ledger.headline()));
        for (stream, weights) in ledger.streams() {
            prop_assert!(close(&rebuilt.streams[&stream], &weights), "{}", stream);
        }
        for entry in ledger.entries() {
            let counted = rebuilt.parts.get(&entry.id).map_or(0.0, |p| p.after);
            prop_assert!((counted - entry.counts).abs() < 1e-9);
        }
    }

    #[test]
    fn retracting_everything_returns_exactly_to_the_start(steps in prop::collection::vec(step(), 0..25)) {
        let (mut ledger, _) = play(&steps);
        ledger.set_headline(evidence_only(), &by(t0() + TimeDelta::days(9000)));
        let ids: Vec<_> = ledger.entries().iter().filter(|e| e.status != Status::Retracted).map(|e| e.id).collect();
        for id in ids {
            ledger.retract(id, &by(t0() + TimeDelta::days(9000))).expect("not retracted yet");
        }
        prop_assert_eq!(ledger.headline(), ledger.start().clone());
    }

    #[test]
    fn adding_and_retracting_leaves_no_trace_in_the_headline(
        steps in prop::collection::vec(step(), 0..20), points in 0.0..=40.0, side in any::<bool>(), origin in 0_u8..4,
    ) {
        let (mut ledger, _) = play(&steps);
        let now = t0() + TimeDelta::days(9000);
        let before: (LogWeights, Vec<f64>) = (ledger.headline(), ledger.entries().iter().map(|e| e.counts).collect());
        let item = Item {
            source: Source { origin: Some(format!("origin {origin}")), publisher: Some("P".into()), ..Source::default() },
            ..item(if side { Side::For } else { Side::Against }, points, 999)
        };
        ledger.add(Entry::new(id(999), item, now), &by(now)).expect("fits");
        ledger.undo(id(999), &by(now)).expect("active");
        let after: Vec<f64> = ledger.entries().iter().filter(|e| e.id != id(999)).map(|e| e.counts).collect();
        prop_assert_eq!(before, (ledger.headline(), after));
    }

    #[test]
    fn clusters_depend_on_the_items_and_not_on_their_order(steps in prop::collection::vec(step(), 1..25), seed in any::<usize>()) {
        let (ledger, _) = play(&steps);
        let mut shuffled = ledger.entries().to_vec();
        let n = shuffled.len().max(1);
        for i in 0..shuffled.len() {
            let j = seed.wrapping_mul(i + 7) % n;
            shuffled.swap(i, j);
        }
        let weighed = cluster::memberships(&shuffled);
        prop_assert_eq!(&weighed, &cluster::memberships(ledger.entries()));
        let mut sums = BTreeMap::<EvidenceId, f64>::new();
        for entry in ledger.entries() {
            if let Some(m) = weighed.get(&entry.id) {
                prop_assert!(entry.factors.independence <= 1.0 && m.size >= 1);
                *sums.entry(m.cluster).or_default() += entry.counts.abs();
            }
        }
        prop_assert!(sums.values().all(|s| *s <= 40.0 + 1e-9));
    }

    #[test]
    fn without_an_item_is_as_if_it_were_retracted(steps in prop::collection::vec(step(), 1..25)) {
        let (ledger, _) = play(&steps);
        let now = t0() + TimeDelta::days(9000);
        for entry in ledger.entries().iter().filter(|e| e.status == Status::Active) {
            let mut gone = ledger.clone();
            gone.retract(entry.id, &by(now)).expect("active");
            let (is, should) = (ledger.without(entry.id, now)[0].value(), gone.shown()[0].value());
            prop_assert!((is - should).abs() < 1e-9, "{} should be {}", is, should);
        }
    }

    #[test]
    fn why_adds_up_to_the_number(steps in prop::collection::vec(step(), 0..30)) {
        let (ledger, _) = play(&steps);
        let why = ledger.breakdown(0);
        let sum: f64 = why.bars.iter().map(|(_, p)| p.value()).sum();
        let l = |w: LogWeights| w.get(0).expect("yes");
        // A pool without any evidence in it starts from its streams alone.
        prop_assert!((sum - 25.0 * (l(ledger.headline()) - l(ledger.start().clone()))).abs() < 0.006);
    }

    #[test]
    fn a_ledger_with_a_row_missing_or_bent_is_found_out(steps in prop::collection::vec(step(), 3..20), at in any::<prop::sample::Index>()) {
        let (_, moves) = play(&steps);
        let i = at.index(moves.len());
        let mut missing = moves.clone();
        missing.remove(i);
        prop_assert!(replay(&missing).is_err() || i == moves.len() - 1);
        let mut bent = moves;
        bent[i].headline_after = bent[i].headline_after.plus(0, 0.001);
        prop_assert!(replay(&bent).is_err());
    }
}
