use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::{Evaluation, HeldRow, Memory, Rule, TableAt, Verdict, World, evaluate};
use crate::{
    benchmark::{BenchmarkId, Direction, Unit},
    openness::{Openness, Provenance, SourceSays},
    registry::{ModelEntry, partial_date},
    table::{Row, Table, TableSpec},
    window::{Window, WindowText},
};

const OPEN: Openness = Openness::Open;
const CLOSED: Openness = Openness::Closed;
const UNKNOWN: Openness = Openness::Unknown;

fn table(unit: Unit, direction: Direction, rows: &[(&str, &str, Openness)]) -> Table {
    let row = |(model, score, openness): &(&str, &str, Openness)| Row {
        key: (*model).into(),
        model: (*model).into(),
        score: score.parse().ok(),
        score_text: (*score).into(),
        lower: None,
        upper: None,
        as_of: None,
        organisation: Some("Lab".into()),
        licence: None,
        released: None,
        params_b: None,
        verified: None,
        note: None,
        source_says: SourceSays::Silent,
        openness: *openness,
        provenance: Provenance::Source,
        registry_model: None,
    };
    Table {
        spec: TableSpec {
            benchmark: "s/b".parse().unwrap(),
            title: "B".into(),
            unit,
            direction,
            range: None,
            flags: vec![],
            max_jump: None,
        },
        version: None,
        rows: rows.iter().map(row).collect(),
        missing_columns: vec![],
        duplicate_rows: 0,
        unreadable: vec![],
    }
}

fn board(rows: &[(&str, &str, Openness)]) -> Table {
    table(Unit::Percent, Direction::Higher, rows)
}

fn rule(text: &str) -> Rule {
    serde_saphyr::from_str(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn start() -> DateTime<Utc> {
    "2025-01-01T00:00:00Z".parse().unwrap()
}

struct Scene {
    tables: BTreeMap<BenchmarkId, Table>,
    quarantined: Option<&'static str>,
    held: Vec<HeldRow>,
    stale: bool,
    models: Vec<ModelEntry>,
    day: i64,
}

impl Scene {
    fn of(table: Table) -> Self {
        let tables = [(table.spec.benchmark.clone(), table)].into();
        Self { tables, quarantined: None, held: vec![], stale: false, models: vec![], day: 0 }
    }

    fn ask_with(&self, rule: &Rule, memory: &mut Memory) -> Evaluation {
        let window =
            Window::read(WindowText { from: Some("2025-01-01".into()), by: "2025-07-01".into(), zone: None })
                .unwrap();
        let tables = self.tables.iter().map(|(id, table)| {
            let first = id.source.as_str() == "s";
            let at = TableAt {
                table: Some(table),
                quarantined: self.quarantined.filter(|_| first).map(Into::into),
                held: self.held.clone(),
                stale: self.stale && first,
                ..TableAt::default()
            };
            (id.clone(), at)
        });
        let tables = tables.collect();
        let world = World {
            at: start() + TimeDelta::days(self.day),
            window: &window,
            standing: TimeDelta::days(7),
            tables: &tables,
            models: &self.models,
        };
        evaluate(rule, &world, memory)
    }

    fn ask(&self, text: &str) -> Evaluation {
        self.ask_with(&rule(text), &mut Memory::default())
    }
}

fn said(e: &Evaluation) -> (Verdict, Option<String>) {
    (e.verdict, e.margin.map(|m| m.normalize().to_string()))
}

fn holds(margin: &str) -> (Verdict, Option<String>) {
    (Verdict::Holds, Some(margin.into()))
}

fn fails(margin: &str) -> (Verdict, Option<String>) {
    (Verdict::Fails, Some(margin.into()))
}

#[test]
fn conditions_hold_at_their_edges_exactly() {
    let scene = Scene::of(board(&[("o", "84.4", OPEN), ("c", "86.4", CLOSED), ("p", "80", OPEN)]));
    let score = |c: &str| said(&scene.ask(&format!("score: {{ benchmark: s/b, of: open, {c} }}")));
    assert_eq!(score("at_least: 84.4"), holds("0"));
    assert_eq!(score("above: 84.4"), fails("0"));
    assert_eq!(score("at_most: 84.4"), holds("0"));
    assert_eq!(score("below: 84.4"), fails("0"));
    assert_eq!(score("below: 90"), holds("5.6"));
    let gap = |c: &str| said(&scene.ask(&format!("gap: {{ benchmark: s/b, of: open, to: closed, {c} }}")));
    assert_eq!(gap("within: 2, unit: pp"), holds("0"));
    assert_eq!(gap("within: 1.99"), fails("-0.01"));
    // 2 of 86.4 is 2.3148... percent.
    assert_eq!(gap("within: 2.3148, unit: percent").0, Verdict::Fails);
    assert_eq!(gap("within: 2.3149, unit: percent").0, Verdict::Holds);
    let lead = |c: &str| said(&scene.ask(&format!("lead: {{ benchmark: s/b, of: closed, over: open{c} }}")));
    assert_eq!(lead(""), holds("2"));
    assert_eq!(lead(", by: 2"), fails("0"));
    let e = scene.ask("gap: { benchmark: s/b, of: open, to: closed, within: 2 }");
    assert_eq!((e.left.unwrap().model.as_str(), e.right.unwrap().model.as_str()), ("o", "c"));
    assert!(e.sentence.contains("2 pp behind"), "{}", e.sentence);
}

#[test]
fn lower_is_better_turns_best_and_lead_but_not_thresholds() {
    let scene = Scene::of(table(
        Unit::Minutes,
        Direction::Lower,
        &[("o", "30", OPEN), ("c", "20", CLOSED), ("d", "25", CLOSED)],
    ));
    assert_eq!(
        said(&scene.ask("gap: { benchmark: s/b, of: open, to: closed, within: 12, unit: minutes }")),
        holds("2")
    );
    assert_eq!(said(&scene.ask("score: { benchmark: s/b, of: closed, at_most: 20 }")), holds("0"));
    assert_eq!(said(&scene.ask("score: { benchmark: s/b, of: open, below: 30 }")), fails("0"));
    assert_eq!(
        said(&scene.ask("gap: { benchmark: s/b, of: open, to: closed, within: 50, unit: percent }")),
        holds("0")
    );
    assert_eq!(said(&scene.ask("rank: { benchmark: s/b, of: open, top: 2 }")), fails("-5"));
}

#[test]
fn without_a_row_scores_fail_and_gaps_are_unknown() {
    let scene = Scene::of(board(&[("o", "50", OPEN), ("x", "-", CLOSED)]));
    assert_eq!(
        said(&scene.ask("score: { benchmark: s/b, of: closed, at_least: 1 }")),
        (Verdict::Fails, None)
    );
    assert_eq!(said(&scene.ask("rank: { benchmark: s/b, of: closed, top: 1 }")), (Verdict::Fails, None));
    let gap = scene.ask("gap: { benchmark: s/b, of: open, to: closed, within: 1 }");
    assert_eq!((said(&gap), gap.at_best), ((Verdict::Unknown, None), Verdict::Holds));
    assert_eq!(said(&scene.ask("lead: { benchmark: s/b, of: open, over: closed }")).0, Verdict::Unknown);
}

#[test]
fn unknown_openness_matters_only_where_it_would_change_the_verdict() {
    let scene = Scene::of(board(&[
        ("o", "80", OPEN),
        ("c", "85", CLOSED),
        ("x", "84", UNKNOWN),
        ("y", "10", UNKNOWN),
    ]));
    let gap = |within: &str| {
        scene.ask(&format!("gap: {{ benchmark: s/b, of: open, to: closed, within: {within} }}"))
    };
    let doubtful = gap("3");
    assert_eq!(
        (said(&doubtful), doubtful.unknown_because),
        ((Verdict::Unknown, Some("-2".into())), vec!["openness unknown: x".to_owned()])
    );
    assert_eq!(said(&gap("5")), holds("0"));
    assert_eq!(said(&gap("0.5")), fails("-4.5"));
    // Groups that do not ask for openness have no doubt.
    assert_eq!(said(&scene.ask("score: { benchmark: s/b, of: any, at_least: 85 }")), holds("0"));
    assert_eq!(
        said(&scene.ask("score: { benchmark: s/b, of: { organisation: lab, model: X }, at_least: 84 }")),
        holds("0")
    );
    // A rank counts all rows: x stands above o whatever it is.
    let rank = |top: u32| scene.ask(&format!("rank: {{ benchmark: s/b, of: open, top: {top} }}"));
    assert_eq!(said(&rank(3)), holds("0"));
    assert_eq!(
        (rank(2).verdict, rank(2).unknown_because),
        (Verdict::Unknown, vec!["openness unknown: x".to_owned()])
    );
    assert_eq!(rank(1).verdict, Verdict::Fails);
}

#[test]
fn a_pair_of_doubts_can_matter_where_neither_does_alone() {
    // Only if x is open and y is closed does the gap fail: 95 - 50 alone holds for within 45.
    let scene = Scene::of(board(&[
        ("x", "60", UNKNOWN),
        ("y", "99", UNKNOWN),
        ("c", "90", CLOSED),
        ("o", "50", OPEN),
    ]));
    let e = scene.ask("any: [ { gap: { benchmark: s/b, of: open, to: closed, within: 45 } } ]");
    assert_eq!((e.verdict, e.unknown_because), (Verdict::Unknown, vec!["openness unknown: y".to_owned()]));
    let none = Scene::of(board(&[("x", "60", UNKNOWN), ("y", "61", UNKNOWN)]));
    let e = none.ask("lead: { benchmark: s/b, of: open, over: closed }");
    assert_eq!((e.verdict, e.unknown_because.len()), (Verdict::Unknown, 2));
}

#[test]
fn held_rows_count_as_they_are_as_they_were_or_not_at_all() {
    let mut scene = Scene::of(board(&[("o", "80", OPEN), ("c", "85", CLOSED), ("h", "84", OPEN)]));
    scene.held = vec![HeldRow { key: "h".into(), was: Some(Decimal::from(60)) }];
    let e = scene.ask("gap: { benchmark: s/b, of: open, to: closed, within: 2 }");
    assert_eq!(
        (said(&e), e.unknown_because),
        ((Verdict::Unknown, Some("-3".into())), vec!["held: h".to_owned()])
    );
    assert_eq!(said(&scene.ask("gap: { benchmark: s/b, of: open, to: closed, within: 5 }")), holds("0"));
    assert_eq!(scene.ask("rank: { benchmark: s/b, of: open, top: 2 }").verdict, Verdict::Holds);
    assert_eq!(scene.ask("rank: { benchmark: s/b, of: { model: o }, top: 2 }").verdict, Verdict::Unknown);
}

#[test]
fn r14_a_vanished_witness_stays_a_doubt_until_for_has_passed() {
    let gap = rule("gap: { benchmark: s/b, of: open, to: closed, within: 2 }");
    let mut memory = Memory::default();
    let mut scene = Scene::of(board(&[("o", "84", OPEN), ("p", "80", OPEN), ("c", "85", CLOSED)]));
    assert_eq!(scene.ask_with(&gap, &mut memory).verdict, Verdict::Holds);
    let without = board(&[("p", "80", OPEN), ("c", "85", CLOSED)]);
    scene.tables.insert(without.spec.benchmark.clone(), without.clone());
    scene.day = 3;
    let e = scene.ask_with(&gap, &mut memory);
    assert_eq!(
        (said(&e), e.unknown_because),
        ((Verdict::Unknown, Some("-3".into())), vec!["vanished: o".to_owned()])
    );
    assert_eq!(memory.ends(TimeDelta::days(7)).collect::<Vec<_>>(), [start() + TimeDelta::days(10)]);
    // A quarantine in between leaves no trace.
    scene.quarantined = Some("re-based");
    scene.day = 5;
    let q = scene.ask_with(&gap, &mut memory);
    assert_eq!(
        (q.verdict, q.quarantined.as_deref(), q.at_best),
        (Verdict::Unknown, Some("re-based"), Verdict::Unknown)
    );
    scene.quarantined = None;
    scene.day = 9;
    assert_eq!(scene.ask_with(&gap, &mut memory).verdict, Verdict::Unknown);
    scene.day = 10;
    assert_eq!(scene.ask_with(&gap, &mut memory).verdict, Verdict::Fails);
    // Nothing vanishes across a version.
    let mut memory = Memory::default();
    let mut scene = Scene::of(board(&[("o", "84", OPEN), ("p", "80", OPEN), ("c", "85", CLOSED)]));
    scene.ask_with(&gap, &mut memory);
    let mut next = without;
    next.version = Some("V2".into());
    scene.tables.insert(next.spec.benchmark.clone(), next);
    assert_eq!(scene.ask_with(&gap, &mut memory).verdict, Verdict::Fails);
}

#[test]
fn compounds_follow_kleene_and_show_the_leg_that_decides() {
    let scene = Scene::of(board(&[("o", "80", OPEN), ("c", "85", CLOSED), ("x", "84", UNKNOWN)]));
    let (h1, h5) = (
        "{ score: { benchmark: s/b, of: open, at_least: 79 } }",
        "{ score: { benchmark: s/b, of: open, at_least: 75 } }",
    );
    let (f1, f9) = (
        "{ score: { benchmark: s/b, of: closed, at_least: 86 } }",
        "{ score: { benchmark: s/b, of: closed, at_least: 94 } }",
    );
    let u = "{ gap: { benchmark: s/b, of: open, to: closed, within: 3 } }";
    let ask = |text: String| said(&scene.ask(&text));
    assert_eq!(ask(format!("all: [{h5}, {h1}]")), holds("1"));
    assert_eq!(ask(format!("all: [{h5}, {u}]")), (Verdict::Unknown, Some("-2".into())));
    assert_eq!(ask(format!("all: [{u}, {f1}, {f9}]")), fails("-9"));
    assert_eq!(ask(format!("any: [{f9}, {f1}]")), fails("-1"));
    assert_eq!(ask(format!("any: [{u}, {h1}, {h5}]")), holds("5"));
    assert_eq!(ask(format!("not: {f1}")), holds("1"));
    assert_eq!(ask(format!("not: {u}")), (Verdict::Unknown, Some("2".into())));
    assert_eq!(ask(format!("n_of: {{ n: 2, of: [{h1}, {f1}, {h5}] }}")), holds("1"));
    assert_eq!(
        ask(format!("n_of: {{ n: 2, of: [{h1}, {u}, {f1}] }}")),
        (Verdict::Unknown, Some("-2".into()))
    );
    assert_eq!(ask(format!("n_of: {{ n: 3, of: [{h1}, {u}, {f1}] }}")), fails("-1"));
    let best = scene.ask(&format!("all: [{h1}, {{ not: {u} }}]"));
    assert_eq!((best.at_worst, best.at_best, best.legs.len()), (Verdict::Fails, Verdict::Holds, 2));
}

#[test]
fn same_model_asks_one_model_for_everything() {
    let two = |rows: &[(&str, &str, Openness)]| {
        let mut t = board(rows);
        t.spec.benchmark = "t/b".parse().unwrap();
        t
    };
    let mut scene = Scene::of(board(&[("a", "90", OPEN), ("b", "70", OPEN), ("c", "91", CLOSED)]));
    let other = two(&[("a", "60", OPEN), ("b", "80", OPEN), ("c", "81", CLOSED)]);
    scene.tables.insert(other.spec.benchmark.clone(), other);
    let legs = "all: [ { gap: { benchmark: s/b, of: open, to: closed, within: 2 } }, { gap: { benchmark: t/b, of: open, to: closed, within: 2 } } ]";
    assert_eq!(said(&scene.ask(legs)), holds("1"));
    let same = scene.ask(&format!("{{ {legs}, same_model: true }}"));
    // a misses the second by 19, b the first by 19: the closest comes first by name.
    assert_eq!((said(&same), same.legs[0].left.as_ref().unwrap().model.as_str()), (fails("-19"), "a"));
    let third = two(&[("a", "79", OPEN), ("c", "81", CLOSED)]);
    scene.tables.insert(third.spec.benchmark.clone(), third);
    assert_eq!(said(&scene.ask(&format!("{{ {legs}, same_model: true }}"))), holds("0"));
    // A model without a row fails, where a gap would be unknown.
    let lone = two(&[("z", "79", OPEN), ("c", "81", CLOSED)]);
    scene.tables.insert(lone.spec.benchmark.clone(), lone);
    assert_eq!(scene.ask(&format!("{{ {legs}, same_model: true }}")).verdict, Verdict::Fails);
    scene.quarantined = Some("unfit");
    assert_eq!(scene.ask(&format!("{{ {legs}, same_model: true }}")).verdict, Verdict::Unknown);
}

#[test]
fn r7_a_fallback_answers_while_the_first_is_stale_or_quarantined() {
    let mut scene = Scene::of(board(&[("o", "80", OPEN), ("c", "85", CLOSED)]));
    let mut spare = board(&[("o", "84", OPEN), ("c", "85", CLOSED)]);
    spare.spec.benchmark = "t/b".parse().unwrap();
    scene.tables.insert(spare.spec.benchmark.clone(), spare);
    let text = "gap: { benchmark: s/b, of: open, to: closed, within: 2, fallback: [t/b] }";
    assert_eq!(said(&scene.ask(text)), fails("-3"));
    scene.stale = true;
    let e = scene.ask(text);
    assert_eq!((said(&e), e.benchmark.unwrap().to_string()), (holds("1"), "t/b".to_owned()));
    scene.stale = false;
    scene.quarantined = Some("unfit");
    assert_eq!(said(&scene.ask(text)), holds("1"));
    assert_eq!(
        scene.ask("gap: { benchmark: s/b, of: open, to: closed, within: 2 }").quarantined.as_deref(),
        Some("unfit")
    );
}

#[test]
fn a_pinned_version_leaves_the_others_unknown() {
    let mut t = board(&[("o", "80", OPEN)]);
    t.version = Some("V4".into());
    let scene = Scene::of(t);
    assert_eq!(
        scene.ask("score: { benchmark: s/b, of: open, at_least: 1, version: V4 }").verdict,
        Verdict::Holds
    );
    let other = scene.ask("score: { benchmark: s/b, of: open, at_least: 1, version: V3 }");
    assert_eq!((other.verdict, other.at_best, other.quarantined), (Verdict::Unknown, Verdict::Holds, None));
}

#[test]
fn releases_count_within_the_window_and_partial_dates_from_their_last_day() {
    let entry = |id: &str, date: &str| ModelEntry {
        id: id.into(),
        open_weights: Some(true),
        release_date: partial_date(date),
        ..ModelEntry::default()
    };
    let mut scene = Scene::of(board(&[]));
    let ask = |scene: &Scene| scene.ask("released: { of: open }").verdict;
    scene.models = vec![entry("old", "2024-12-31"), entry("new", "2025-02-01"), entry("late", "2025-07-01")];
    assert_eq!(ask(&scene), Verdict::Fails);
    scene.day = 31;
    assert_eq!(ask(&scene), Verdict::Holds);
    scene.models = vec![entry("month", "2025-02")];
    scene.day = 57;
    assert_eq!(ask(&scene), Verdict::Fails);
    scene.day = 58;
    assert_eq!(ask(&scene), Verdict::Holds);
    scene.models = vec![entry("year", "2025")];
    assert_eq!(ask(&scene), Verdict::Unknown);
    assert_eq!(scene.ask("released: { of: closed }").verdict, Verdict::Fails);
}

#[test]
fn ties_go_to_the_earlier_date_then_to_the_key() {
    let mut t = board(&[("b", "80", OPEN), ("a", "80", OPEN), ("z", "80", OPEN), ("c", "80", CLOSED)]);
    t.rows[2].as_of = "2024-05-01".parse().ok();
    let scene = Scene::of(t.clone());
    let ask =
        |scene: &Scene| scene.ask("score: { benchmark: s/b, of: open, at_least: 1 }").left.unwrap().model;
    assert_eq!(ask(&scene), "z");
    t.rows[2].as_of = None;
    assert_eq!(ask(&Scene::of(t.clone())), "a");
    // Four equal scores share the first place.
    assert_eq!(said(&Scene::of(t).ask("rank: { benchmark: s/b, of: open, top: 1 }")), holds("0"));
}
