//! The worked examples of the points model.

mod invariants;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::*;
use crate::{
    cluster,
    evidence::{Kind, Link, Relevance, Source, Tier},
    points::{Points, Strength},
    probability::Probability,
};

fn t0() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().expect("an instant")
}

fn by(at: DateTime<Utc>) -> By {
    By { actor: Actor::Operator, at }
}

fn p(value: f64) -> Probability {
    Probability::new(value).expect("a probability")
}

fn id(n: u128) -> EvidenceId {
    EvidenceId(Uuid::from_u128(n))
}

fn evidence_only() -> Headline {
    Headline::Stream(Stream::Evidence)
}

/// A ledger of a yes/no claim that starts at `start`.
fn yes_no(start: f64) -> (Ledger, Move) {
    let start = LogWeights::of(&[p(start), p(1.0 - start)]).expect("above 0");
    Ledger::open(Options::YesNo, start, evidence_only(), "no view", &by(t0()))
}

/// A benchmark result of a primary source: it counts what it states.
fn item(side: Side, points: f64, n: u128) -> Item {
    Item {
        side,
        option: None,
        text: format!("Item {n} says something {} quite of its own {}", n * 7, n * 13),
        kind: Kind::Benchmark,
        points: Strength::new(points).expect("a strength"),
        tier: Tier::Primary,
        relevance: Relevance::FULL,
        source: Source { publisher: Some(format!("Publisher {n}")), ..Source::default() },
        observed_at: t0(),
        measure: None,
        supersedes: None,
    }
}

fn add(ledger: &mut Ledger, n: u128, item: Item) -> Vec<Move> {
    ledger.add(Entry::new(id(n), item, t0()), &by(t0())).expect("fits the claim")
}

fn yes(ledger: &Ledger) -> f64 {
    100.0 * ledger.shown()[0].value()
}

fn near(is: f64, should: f64) {
    assert!((is - should).abs() < 0.01, "{is} should be {should}");
}

#[test]
fn worked_example_1_points_at_even_odds() {
    for (points, result, pts) in [(3.0, 53.0, 3.0), (12.0, 61.77, 11.77), (25.0, 73.11, 23.11)] {
        let (mut ledger, _) = yes_no(0.5);
        let moves = add(&mut ledger, 1, item(Side::For, points, 1));
        near(yes(&ledger), result);
        near(moves[0].pts(), pts);
        near(moves[0].points.value(), points);
    }
}

#[test]
fn worked_examples_2_and_3_points_of_known_moves() {
    for (from, to, points) in [(0.72, 0.75, 3.854), (0.67, 0.69, 2.298), (0.69, 0.72, 3.609)] {
        let (mut ledger, _) = yes_no(from);
        let moves = add(&mut ledger, 1, item(Side::For, points, 1));
        near(yes(&ledger), 100.0 * to);
        near(moves[0].pts(), 100.0 * (to - from));
    }
}

#[test]
fn worked_examples_4_to_7_vendor_duplicate_against_retract() {
    let (mut ledger, _) = yes_no(0.72);
    let start = ledger.headline();
    let vendor = |n| Item {
        tier: Tier::Vendor,
        source: Source {
            origin: Some("press release 7".into()),
            publisher: Some("A vendor".into()),
            ..Source::default()
        },
        ..item(Side::For, 6.0, n)
    };

    let moves = add(&mut ledger, 4, vendor(4));
    near(moves[0].points.value(), 3.6);
    near(yes(&ledger), 74.81);
    near(moves[0].pts(), 2.81);

    let moves = add(&mut ledger, 5, vendor(5));
    assert_eq!(moves.len(), 1, "the older of two equals keeps its full weight");
    near(moves[0].points.value(), 0.9);
    near(yes(&ledger), 75.48);
    near(moves[0].pts(), 0.67);

    let against =
        Item { relevance: Relevance::new(0.8).expect("a relevance"), ..item(Side::Against, 10.0, 6) };
    let moves = add(&mut ledger, 6, against);
    near(moves[0].points.value(), -8.0);
    near(yes(&ledger), 69.09);
    near(moves[0].pts(), -6.39);

    let moves = ledger.retract(id(4), &by(t0())).expect("it is active");
    assert_eq!(moves.len(), 2);
    near(moves[0].points.value(), -3.6);
    near(100.0 * moves[0].p_after.value(), 65.94);
    near(moves[0].pts(), -3.15);
    assert!(moves[1].is_reweighing() && moves[1].cause == moves[0].cause);
    near(moves[1].points.value(), 2.7);
    near(yes(&ledger), 68.32);

    ledger.retract(id(6), &by(t0())).expect("active");
    ledger.undo(id(5), &by(t0())).expect("active");
    assert_eq!(ledger.headline(), start, "what was taken out leaves exactly what stood before");
}

#[test]
fn worked_example_8_points_are_worth_less_near_the_end() {
    let (mut ledger, _) = yes_no(0.97);
    let moves = add(&mut ledger, 1, item(Side::For, 6.0, 1));
    near(yes(&ledger), 97.62);
    near(moves[0].pts(), 0.62);
}

#[test]
fn worked_examples_9_and_10_a_pool_and_one_of_its_streams() {
    let start = LogWeights::of(&[p(0.75), p(0.25)]).expect("above 0");
    let weights = BTreeMap::from([(Stream::Evidence, 1.0), (Stream::Panel, 1.0), (Stream::Trend, 1.5)]);
    let (mut ledger, _) = Ledger::open(Options::YesNo, start, Headline::Pool(weights), "imported", &by(t0()));
    let set = |ledger: &mut Ledger, stream: Stream, yes: f64| {
        let weights = LogWeights::of(&[p(yes), p(1.0 - yes)]);
        ledger
            .set_stream(stream, weights, Cause::of(CauseKind::StreamMoved), &by(t0()))
            .expect("another stream")
    };
    set(&mut ledger, Stream::Panel, 0.60);
    set(&mut ledger, Stream::Trend, 0.82);
    near(yes(&ledger), 74.64);
    let row = set(&mut ledger, Stream::Panel, 0.70);
    near(row.points.value(), 3.156);
    near(yes(&ledger), 76.96);
    near(row.pts(), 2.32);
    let apart = ledger.warnings();
    assert!(matches!(&apart[..], [Warning::Apart { pts, .. }] if (pts - 12.0).abs() < 0.01), "{apart:?}");
    let bars = ledger.breakdown(0);
    let sum: f64 = bars.bars.iter().map(|(_, p)| p.value()).sum();
    near(PER_NAT * (ledger.headline().get(0).unwrap() - ledger.start().get(0).unwrap()), sum);
}

#[test]
fn the_order_of_items_does_not_matter() {
    let result = |first_for: bool| {
        let (mut ledger, _) = yes_no(0.72);
        let mut items = [(1, item(Side::For, 3.6, 1)), (2, item(Side::Against, 8.0, 2))];
        if !first_for {
            items.reverse();
        }
        for (n, item) in items {
            add(&mut ledger, n, item);
        }
        ledger.headline()
    };
    assert_eq!(result(true), result(false));
    near(100.0 * result(true).probabilities()[0].value(), 68.32);
}

#[test]
fn log_odds_are_kept_beyond_what_is_shown() {
    let (mut ledger, _) = yes_no(0.9);
    for n in 1..=5 {
        add(&mut ledger, n, item(Side::For, 40.0, n));
    }
    near(yes(&ledger), 99.0);
    ledger.retract(id(5), &by(t0())).expect("active");
    near(yes(&ledger), 99.0);
    for n in 1..=4 {
        ledger.retract(id(n), &by(t0())).expect("active");
    }
    near(yes(&ledger), 90.0);
}

#[test]
fn named_options_are_a_softmax_and_retract_exactly() {
    let names = ["Anthropic", "Google", "OpenAI"].map(str::to_owned).to_vec();
    let start = LogWeights::of(&[p(0.2), p(0.3), p(0.5)]).expect("above 0");
    let (mut ledger, first) =
        Ledger::open(Options::Named(names), start.clone(), evidence_only(), "a guess", &by(t0()));
    assert_eq!(first.option, 2);
    let about = |option: &str, n| Item { option: Some(option.into()), ..item(Side::For, 25.0, n) };
    let moves = add(&mut ledger, 1, about("Google", 1));
    let e = std::f64::consts::E;
    near(yes_of(&ledger, 1), 100.0 * 0.3 * e / (0.2 + 0.3 * e + 0.5));
    assert_eq!((moves[0].option, moves[0].points), (1, Points::new(25.0)));
    near(ledger.shown().iter().map(|p| p.value()).sum(), 1.0);
    ledger.retract(id(1), &by(t0())).expect("active");
    assert_eq!(ledger.headline(), start);
    let stray = Entry::new(id(2), about("Meta", 2), t0());
    assert!(matches!(ledger.add(stray, &by(t0())), Err(LedgerError::Option(_))));
    let none = Entry::new(id(2), item(Side::For, 1.0, 2), t0());
    assert!(matches!(ledger.add(none, &by(t0())), Err(LedgerError::Option(_))));
}

fn yes_of(ledger: &Ledger, option: usize) -> f64 {
    100.0 * ledger.shown()[option].value()
}

#[test]
fn a_correction_is_a_move_like_any_other() {
    let (mut ledger, _) = yes_no(0.5);
    add(&mut ledger, 1, item(Side::For, 12.0, 1));
    let moves = ledger.revise(id(1), item(Side::Against, 3.0, 1), &by(t0())).expect("active");
    near(moves[0].points.value(), -15.0);
    near(yes(&ledger), 47.0);
    assert_eq!(ledger.entry(id(1)).map(|e| e.revision), Some(2));
    ledger.retract(id(1), &by(t0())).expect("active");
    assert!(matches!(ledger.retract(id(1), &by(t0())), Err(LedgerError::Retracted)));
    assert!(matches!(ledger.retract(id(9), &by(t0())), Err(LedgerError::NoSuchItem)));
}

#[test]
fn a_newer_result_supersedes_an_older_one_until_it_is_retracted() {
    let (mut ledger, _) = yes_no(0.5);
    add(&mut ledger, 1, item(Side::For, 12.0, 1));
    let newer = Item { supersedes: Some(id(1)), ..item(Side::For, 3.0, 2) };
    let moves = add(&mut ledger, 2, newer);
    near(moves[0].points.value(), 3.0);
    near(moves[1].points.value(), -12.0);
    assert_eq!(ledger.entry(id(1)).map(|e| e.status), Some(Status::Superseded));
    ledger.retract(id(2), &by(t0())).expect("active");
    near(yes(&ledger), 61.77);
    let stray = Entry::new(id(3), Item { supersedes: Some(id(8)), ..item(Side::For, 1.0, 3) }, t0());
    assert!(matches!(ledger.add(stray, &by(t0())), Err(LedgerError::Supersedes)));
}

#[test]
fn ageing_waits_for_a_tenth_of_a_point_and_explains_itself() {
    let (mut ledger, _) = yes_no(0.5);
    let news = Item { kind: Kind::News, ..item(Side::For, 6.0, 1) };
    add(&mut ledger, 1, news);
    assert!(ledger.age(&by(t0() + TimeDelta::days(1))).is_none(), "0.05 points are too few");
    let row = ledger.age(&by(t0() + TimeDelta::days(90))).expect("half of it is gone");
    near(row.points.value(), -3.0);
    assert_eq!((row.cause.kind, row.parts.len()), (CauseKind::Ageing, 1));
    let why = ledger.breakdown(0);
    assert_eq!(why.bars[0], (Bar::For(1), Points::new(6.0)));
    assert_eq!(why.bars[2].0, Bar::Ageing);
    near(why.bars[2].1.value(), -3.0);
    let moves = ledger.retract(id(1), &by(t0() + TimeDelta::days(91))).expect("active");
    near(moves[0].points.value(), -3.0);
    near(yes(&ledger), 50.0);
}

#[test]
fn a_cluster_counts_at_most_forty_points() {
    let (mut ledger, _) = yes_no(0.5);
    let same = |n| Item {
        source: Source {
            url: Some("https://example.org/a".parse::<Link>().expect("a link")),
            ..Source::default()
        },
        ..item(Side::For, 40.0, n)
    };
    add(&mut ledger, 1, same(1));
    let moves = add(&mut ledger, 2, same(2));
    near(ledger.entries().iter().map(|e| e.counts).sum(), 40.0);
    assert_eq!(moves.len(), 2);
    near(moves[0].points.value(), 8.0);
    near(moves[1].points.value(), -8.0);
    // The other side is another cluster.
    add(&mut ledger, 3, Item { side: Side::Against, ..same(3) });
    near(yes(&ledger), 50.0);
}

#[test]
fn unsourced_items_count_a_fifth_and_many_soft_points_warn() {
    let (mut ledger, _) = yes_no(0.5);
    let bare = Item { source: Source::default(), ..item(Side::For, 10.0, 1) };
    near(add(&mut ledger, 1, bare)[0].points.value(), 2.0);
    for n in 2..6 {
        add(&mut ledger, n, Item { tier: Tier::Press, ..item(Side::Against, 38.0, n) });
    }
    let warnings = ledger.warnings();
    assert!(
        matches!(&warnings[..], [Warning::Soft { side: Side::Against, points }] if (points.value() + 60.8).abs() < 0.01),
        "{warnings:?}"
    );
}

#[test]
fn without_an_item_its_duplicate_counts_in_full() {
    let (mut ledger, _) = yes_no(0.72);
    let told = |n| Item {
        source: Source { origin: Some("paper".into()), publisher: Some("Who".into()), ..Source::default() },
        ..item(Side::For, 3.6, n)
    };
    add(&mut ledger, 1, told(1));
    add(&mut ledger, 2, told(2));
    near(100.0 * ledger.without(id(1), t0())[0].value(), 74.81);
    near(100.0 * ledger.without(id(2), t0())[0].value(), 74.81);
    assert_eq!(ledger.entries().iter().filter(|e| e.status == Status::Retracted).count(), 0);
}

#[test]
fn movement_is_realised_within_its_window() {
    let (mut ledger, first) = yes_no(0.67);
    let mut moves = vec![first];
    for (day, n, points) in [(10, 1, 2.298), (20, 2, 3.609), (25, 3, 3.854)] {
        let at = t0() + TimeDelta::days(day);
        moves.extend(ledger.add(Entry::new(id(n), item(Side::For, points, n), at), &by(at)).expect("fits"));
    }
    let over = |days, now| movement(&moves, 0, TimeDelta::days(days), t0() + TimeDelta::days(now));
    let (pts, n) = over(5, 26);
    near(pts, 3.0);
    assert_eq!(n, 1);
    near(over(7, 24).0, 3.0);
    near(over(90, 26).0, 8.0);
    assert_eq!(over(90, 26).1, 3);
    assert_eq!(over(3, 15), (0.0, 0));
    assert_eq!(over(7, 0), (0.0, 0));
}

#[test]
fn c6_the_two_stanford_items_contradict_each_other_until_a_person_decides() {
    let (mut ledger, _) = yes_no(0.5);
    let stated = |side, text: &str, publisher: &str, n| Item {
        text: text.into(),
        source: Source { publisher: Some(publisher.into()), ..Source::default() },
        tier: Tier::Replication,
        ..item(side, 12.0, n)
    };
    add(
        &mut ledger,
        1,
        stated(
            Side::For,
            "Stanford AI Index 2025 Report confirms convergence: gap shrank from 17.5 pts to effectively zero on \
             knowledge tasks by early 2026",
            "Stanford AI Index",
            1,
        ),
    );
    near(yes(&ledger), 61.77);
    let moves = add(
        &mut ledger,
        2,
        stated(
            Side::Against,
            "Stanford HAI's 2026 AI Index (data through March 2026) reports the open-closed performance gap reopened \
             to 3.3% (from a 0.5% low in August 2024)",
            "Stanford HAI",
            2,
        ),
    );
    near(moves[0].points.value(), -6.0);
    near(moves[1].points.value(), -6.0);
    near(yes(&ledger), 50.0);
    let [pair] = ledger.contradictions() else { panic!("one pair") };
    assert_eq!((pair.first, pair.second, pair.decision), (id(1), id(2), None));
    assert!(pair.why.contains("gap") && pair.why.contains("3.3%"), "{}", pair.why);
    assert_eq!(ledger.warnings(), [Warning::Contradictions(1)]);
    let moves = ledger.decide(id(2), id(1), Decision::First, &by(t0())).expect("marked");
    near(moves[0].points.value(), -12.0);
    near(yes(&ledger), 38.23);
    assert!(ledger.warnings().is_empty());
    ledger.retract(id(2), &by(t0())).expect("active");
    near(yes(&ledger), 61.77);
    assert_eq!(ledger.decide(id(1), id(9), Decision::Both, &by(t0())), Err(LedgerError::NoContradiction));
}

#[test]
fn moves_come_back_from_json_to_the_last_bit() {
    let (mut ledger, first) = yes_no(0.4);
    let moves = add(
        &mut ledger,
        1,
        Item { kind: Kind::News, observed_at: t0() - TimeDelta::days(17), ..item(Side::For, 6.1, 1) },
    );
    for row in [first].iter().chain(&moves) {
        let text = serde_json::to_string(row).expect("writes");
        assert_eq!(&serde_json::from_str::<Move>(&text).expect("reads"), row);
    }
}
