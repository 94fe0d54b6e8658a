//! F12: a table that lost, renamed, scaled, doubled or invented something between two ordinary snapshots.

use bellwether_core::registry::Registry;
use bellwether_sources::{
    SourceDocument,
    extract::extract,
    gate::{GateState, Standing},
    snapshot::Snapshot,
};
use chrono::{DateTime, TimeDelta, Utc};

const DOCUMENT: &str = "id: demo\nurl: https://example.org/t.csv\nformat: csv\ntables:\n  \
    - { benchmark: quiz, unit: percent, range: [0, 100], key: model, \
        fields: { model: model, score: score, as_of: date } }\n";

/// Twenty rows: name, score, day.
fn rows() -> Vec<[String; 3]> {
    (0..20).map(|i| [format!("model-{i}"), format!("{}.5", 40 + i), "2026-04-01".to_owned()]).collect()
}

fn csv(header: &str, rows: &[[String; 3]]) -> String {
    let lines: Vec<_> = rows.iter().map(|row| row.join(",")).collect();
    format!("{header}\n{}\n", lines.join("\n"))
}

/// What the gate says of a text that comes a day after an ordinary one: the kind of judgement, its sentence, and the
/// rows that are held.
fn judged(text: &str) -> (&'static str, String, Vec<String>) {
    let document = SourceDocument::parse(DOCUMENT).expect("a document");
    let at: DateTime<Utc> = "2026-04-06T12:00:00Z".parse().expect("an instant");
    let mut gate = GateState::default();
    let mut arrive =
        |text: &str, at| match extract(&document, &Snapshot::file(text), &Registry::default(), at) {
            Ok(found) => gate.arrive(&found.tables[0], at),
            Err(e) => gate.unreadable(&e.to_string()),
        };
    let first = arrive(&csv("model,score,date", &rows()), at);
    assert_eq!(first.standing, Standing::Trusted, "the ordinary one");
    let second = arrive(text, at + TimeDelta::days(1));
    let kind = match second.standing {
        Standing::Trusted => "trusted",
        Standing::NotThereYet => "not there",
        Standing::Unfit { .. } => "unfit",
        Standing::Shrunk { .. } => "shrunk",
        Standing::Changed { .. } => "changed",
    };
    let why = second.standing.quarantined().unwrap_or_default();
    (kind, why, second.holds.into_iter().map(|hold| hold.key).collect())
}

#[test]
fn f12_every_fault_is_held_back_with_its_own_reason() {
    let good = rows();
    let header = "model,score,date";
    let with = |change: &dyn Fn(usize, &mut [String; 3])| {
        let mut rows = rows();
        rows.iter_mut().enumerate().for_each(|(i, row)| change(i, row));
        csv(header, &rows)
    };
    let score = |row: &[String; 3]| row[1].parse::<f64>().expect("a score");
    let doubled: Vec<_> = good.iter().chain(&good[..3]).cloned().collect();
    for (fault, text, kind, says) in [
        ("60 % of the rows lost", csv(header, &good[..8]), "shrunk", "8"),
        ("score renamed", csv("model,points,date", &good), "unfit", "score"),
        ("key renamed", csv("name,score,date", &good), "unfit", "model"),
        ("scale x100", with(&|_, row| row[1] = format!("{:.1}", score(row) * 100.0)), "unfit", "100"),
        (
            "scale /100",
            with(&|_, row| row[1] = format!("{:.4}", score(row) / 100.0)),
            "changed",
            "unit changed",
        ),
        ("re-based by 5", with(&|_, row| row[1] = format!("{:.1}", score(row) + 5.0)), "changed", ""),
        ("rows doubled", csv(header, &doubled), "unfit", "3"),
        (
            "a date to come",
            with(&|i, row| {
                if i == 4 {
                    row[2] = "2026-12-24".to_owned();
                }
            }),
            "unfit",
            "model-4",
        ),
        ("other names", with(&|_, row| row[0] = format!("other-{}", row[0])), "changed", ""),
        ("a page instead", "<!doctype html><title>Sorry</title>".to_owned(), "unfit", "HTML"),
        ("nothing", String::new(), "unfit", "empty"),
        ("a header only", format!("{header}\n"), "unfit", ""),
        (
            "a score of 300",
            with(&|i, row| {
                if i == 4 {
                    row[1] = "300".to_owned();
                }
            }),
            "unfit",
            "300",
        ),
    ] {
        let (judgement, why, _) = judged(&text);
        assert_eq!(judgement, kind, "{fault}: {why}");
        assert!(why.contains(says), "{fault}: {why}");
    }
}

#[test]
fn f12_what_happens_to_every_leaderboard_is_no_fault() {
    let header = "model,score,date";
    let mut shuffled = rows();
    shuffled.reverse();
    let columns: Vec<_> = rows().into_iter().map(|[model, score, day]| [day, model, score]).collect();
    let mut unscored = rows();
    unscored[3][1] = "NaN".to_owned();
    let mut grown = rows();
    grown.push(["model-20".to_owned(), "61.5".to_owned(), "2026-04-07".to_owned()]);
    for (change, text) in [
        ("a model vanished", csv(header, &rows()[1..])),
        ("rows in another order", csv(header, &shuffled)),
        ("columns in another order", csv("date,model,score", &columns)),
        ("one score is no number", csv(header, &unscored)),
        ("a newcomer", csv(header, &grown)),
    ] {
        let (judgement, why, held) = judged(&text);
        assert_eq!((judgement, held.len()), ("trusted", 0), "{change}: {why}: {held:?}");
    }
    let mut jumped = rows();
    jumped[4][1] = "99.5".to_owned();
    let (judgement, _, held) = judged(&csv(header, &jumped));
    assert_eq!((judgement, held), ("trusted", vec!["model-4".to_owned()]), "one row jumps: it alone is held");
}
