use bellwether_core::{
    benchmark::{Direction, Unit},
    openness::{Openness, Provenance, SourceSays},
    table::{Row, Table, TableSpec},
};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::*;

macro_rules! dec {
    ($number:expr) => {
        stringify!($number).parse::<Decimal>().expect("a literal decimal")
    };
}

fn row(key: &str, score: Decimal) -> Row {
    Row {
        key: key.into(),
        model: key.into(),
        score: Some(score),
        score_text: score.to_string(),
        lower: None,
        upper: None,
        as_of: None,
        organisation: None,
        licence: None,
        released: None,
        params_b: None,
        verified: None,
        note: None,
        source_says: SourceSays::Silent,
        openness: Openness::Open,
        provenance: Provenance::Source,
        registry_model: None,
    }
}

fn table(unit: Unit, scores: impl IntoIterator<Item = Decimal>) -> Table {
    Table {
        spec: TableSpec {
            benchmark: "s/b".parse().expect("an id"),
            title: "B".into(),
            unit,
            direction: Direction::Higher,
            range: Some((dec!(0), dec!(2500))),
            flags: vec![],
            max_jump: None,
        },
        version: None,
        rows: scores.into_iter().enumerate().map(|(i, s)| row(&format!("m{i}"), s)).collect(),
        missing_columns: vec![],
        duplicate_rows: 0,
        unreadable: vec![],
    }
}

fn ten(unit: Unit) -> Table {
    table(unit, (0..10).map(|i| Decimal::from(50 + i)))
}

fn at(hours: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
}

fn standing(state: &mut GateState, table: &Table, hours: i64) -> &'static str {
    match state.arrive(table, at(hours)).standing {
        Standing::Trusted => "trusted",
        Standing::NotThereYet => "not there",
        Standing::Unfit { .. } => "unfit",
        Standing::Shrunk { .. } => "shrunk",
        Standing::Changed { .. } => "changed",
    }
}

#[test]
fn an_empty_table_is_not_there_yet_until_it_had_rows() {
    let mut gate = GateState::default();
    let mut empty = table(Unit::Percent, []);
    empty.missing_columns = vec!["model".into()];
    assert_eq!(standing(&mut gate, &empty, 0), "not there");
    assert_eq!(standing(&mut gate, &ten(Unit::Percent), 1), "trusted");
    assert_eq!(standing(&mut gate, &empty, 2), "unfit");
    assert_eq!(standing(&mut gate, &ten(Unit::Percent), 3), "trusted");
}

#[test]
fn names_without_a_score_are_not_there_yet_and_nothing_is_compared_with_them() {
    let mut gate = GateState::default();
    let mut names = ten(Unit::Percent);
    for (i, row) in names.rows.iter_mut().enumerate() {
        row.score = None;
        row.key = format!("earlier name {i}");
    }
    assert_eq!(standing(&mut gate, &names, 0), "not there");
    assert_eq!(standing(&mut gate, &ten(Unit::Percent), 1), "trusted");
}

#[test]
fn p9_unfit_tables_are_refused_one_by_one() {
    let mut gate = GateState::default();
    let good = ten(Unit::Percent);
    let with = |change: fn(&mut Table)| {
        let mut t = ten(Unit::Percent);
        change(&mut t);
        t
    };
    assert_eq!(standing(&mut gate, &with(|t| t.missing_columns.push("licence".into())), 0), "unfit");
    assert_eq!(standing(&mut gate, &with(|t| t.duplicate_rows = 2), 0), "trusted");
    assert_eq!(standing(&mut gate, &with(|t| t.duplicate_rows = 3), 0), "unfit");
    assert_eq!(standing(&mut gate, &with(|t| t.rows[3].score = Some(dec!(2500.1))), 0), "unfit");
    assert_eq!(standing(&mut gate, &with(|t| t.rows[3].as_of = Some(at(48).date_naive())), 0), "trusted");
    assert_eq!(standing(&mut gate, &with(|t| t.rows[3].as_of = Some(at(72).date_naive())), 0), "unfit");
    assert!(matches!(gate.unreadable("HTML").standing, Standing::Unfit { .. }));
    assert_eq!(standing(&mut gate, &good, 1), "trusted");
}

#[test]
fn p10_a_shrunk_table_is_trusted_after_a_day_over_three_polls() {
    let mut gate = GateState::default();
    gate.arrive(&ten(Unit::Percent), at(0));
    let mut small = ten(Unit::Percent);
    small.rows.truncate(7);
    assert_eq!(standing(&mut gate, &small, 1), "trusted");
    let mut gate = GateState::default();
    gate.arrive(&ten(Unit::Percent), at(0));
    small.rows.truncate(6);
    assert_eq!(standing(&mut gate, &small, 1), "shrunk");
    assert_eq!(gate.next_change(), Some(at(25)));
    assert!(gate.poll(at(20), 1).standing.quarantined().is_some());
    assert!(gate.poll(at(25), 1).standing.quarantined().is_none());
    // An interruption starts the wait anew.
    let mut gate = GateState::default();
    gate.arrive(&ten(Unit::Percent), at(0));
    gate.arrive(&small, at(1));
    gate.poll(at(2), 5);
    gate.unreadable("HTML");
    assert_eq!(standing(&mut gate, &small, 30), "shrunk");
}

#[test]
fn p10_a_changed_table_waits_for_a_person_or_a_version() {
    let changed = |f: fn(usize, &mut Row)| {
        let mut gate = GateState::default();
        gate.arrive(&ten(Unit::Percent), at(0));
        let mut t = ten(Unit::Percent);
        t.rows.iter_mut().enumerate().for_each(|(i, r)| f(i, r));
        (standing(&mut gate, &t, 1), gate, t)
    };
    assert_eq!(changed(|i, r| r.key = if i < 7 { format!("x{i}") } else { r.key.clone() }).0, "changed");
    assert_eq!(changed(|i, r| r.key = if i < 6 { format!("x{i}") } else { r.key.clone() }).0, "shrunk");
    assert_eq!(changed(|_, r| r.score = r.score.map(|s| s * dec!(1.6))).0, "changed");
    assert_eq!(changed(|i, r| r.score = r.score.map(|s| if i < 6 { s + dec!(2) } else { s })).0, "changed");
    assert_eq!(changed(|i, r| r.score = r.score.map(|s| if i < 6 { s + dec!(1.9) } else { s })).0, "trusted");
    assert_eq!(
        changed(|i, r| r.score = r.score.map(|s| if i < 5 { s + dec!(4) } else { s - dec!(4) })).0,
        "trusted"
    );

    let (_, mut gate, t) = changed(|_, r| r.score = r.score.map(|s| s + dec!(5)));
    assert_eq!(standing(&mut gate, &ten(Unit::Percent), 100), "changed");
    assert_eq!(standing(&mut gate, &t, 200), "changed");
    let mut declared = t.clone();
    declared.version = Some("V2".into());
    assert!(gate.clone().arrive(&declared, at(300)).new_version);
    assert_eq!(standing(&mut gate.clone(), &declared, 300), "trusted");
    assert!(gate.release() && !gate.release());
    assert_eq!(standing(&mut gate, &t, 300), "trusted");
}

#[test]
fn p9_a_row_that_jumps_is_held_for_a_day_over_two_polls() {
    let mut gate = GateState::default();
    gate.arrive(&ten(Unit::Percent), at(0));
    let mut jumped = ten(Unit::Percent);
    jumped.rows[0].score = Some(dec!(65.1));
    jumped.rows.push(row("new", dec!(79.1)));
    jumped.rows.push(row("fine", dec!(79)));
    let holds = gate.arrive(&jumped, at(1)).holds;
    assert_eq!(
        holds.iter().map(|h| (h.key.as_str(), h.was)).collect::<Vec<_>>(),
        [("m0", Some(dec!(50))), ("new", None)]
    );
    // A later snapshot does not make it old news, and going back is no jump.
    jumped.rows[3].score = Some(dec!(53.5));
    assert_eq!(gate.arrive(&jumped, at(2)).holds.len(), 2);
    assert_eq!(gate.clone().arrive(&ten(Unit::Percent), at(3)).holds, []);
    assert!(gate.clone().release_row("new"));
    assert_eq!(gate.poll(at(24), 1).holds.len(), 2);
    assert_eq!(gate.poll(at(25), 1).holds, []);
    assert_eq!(gate.arrive(&jumped, at(26)).holds, []);
    // Minutes have no limit of their own; max_jump gives one.
    for (max, expected) in [(None, 0), (Some(dec!(5)), 2)] {
        let (mut a, mut b) = (ten(Unit::Minutes), jumped.clone());
        (a.spec.max_jump, b.spec.max_jump, b.spec.unit) = (max, max, Unit::Minutes);
        b.rows.retain(|r| r.key != "fine");
        let mut gate = GateState::default();
        gate.arrive(&a, at(0));
        assert_eq!(gate.arrive(&b, at(1)).holds.len(), expected);
    }
}
