//! How far a claim is from Yes, in words and as a table.

use bellwether_core::rule::{Verdict, Witness};
use bellwether_engine::resolve::{ConditionRow, HowFar, Side};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::{
    charting,
    claim_view::{Distance, Holds, Leg},
    figures,
};

/// The verdict as pages show it.
pub(super) fn holds(verdict: Verdict) -> Holds {
    match verdict {
        Verdict::Holds => Holds::Yes,
        Verdict::Fails => Holds::No,
        Verdict::Unknown => Holds::Unknown,
    }
}

/// `14.2 pp too far`, `holds with 1.0 pp to spare`, or why it is unknown.
pub(super) fn how_far(row: &ConditionRow) -> String {
    // A margin is never written as nothing where it is something.
    let with_unit =
        |m: Decimal| figures::beside_unit(&figures::score_beside(m.abs(), Decimal::ZERO), &row.unit);
    match (row.verdict, row.margin) {
        (Verdict::Holds, Some(m)) => format!("holds with {} to spare", with_unit(m)),
        (Verdict::Holds, None) => "holds".to_owned(),
        (Verdict::Fails, Some(m)) if row.other.is_some() => format!("{} too far", with_unit(m)),
        (Verdict::Fails, Some(m)) => format!("{} missing", with_unit(m)),
        (Verdict::Fails, None) => "does not hold".to_owned(),
        (Verdict::Unknown, _) => match (&row.quarantined, row.unknown_because.first()) {
            (Some(why), _) => format!("held back: {why}"),
            (None, Some(why)) => format!("unknown: {why}"),
            (None, None) => "no data".to_owned(),
        },
    }
}

fn score(witness: Option<&Witness>) -> Option<String> {
    witness.and_then(|w| w.score).map(figures::score)
}

fn unknown(far: &HowFar) -> usize {
    far.conditions.iter().filter(|c| c.verdict == Verdict::Unknown).count()
}

fn summary(far: &HowFar, settled: bool) -> String {
    let (one, verb) = if settled { ("held", "held") } else { ("holds", "hold") };
    match (far.holding(), far.conditions.len(), unknown(far)) {
        (0, 1, 1) if settled => "Nobody could say".to_owned(),
        (0, 1, 1) => "Nobody can say".to_owned(),
        (1, 1, _) => format!("The condition {one}"),
        (0, 1, _) => format!("The condition {} not hold", if settled { "did" } else { "does" }),
        (held, all, _) if held == all => format!("All {all} conditions {verb}"),
        (held, all, 0) => format!("{held} of {all} conditions {verb}"),
        (held, all, unknown) => format!("{held} of {all} conditions {verb}, {unknown} unknown"),
    }
}

/// What the rule would say now, and why a condition that nobody knows does or does not matter.
fn today(far: &HowFar) -> String {
    let names = |verdict| {
        let some = far.conditions.iter().filter(|c| c.verdict == verdict).map(|c| c.title.as_str());
        some.collect::<Vec<_>>().join(" and ")
    };
    let open = if far.conditions.len() > 1 { unknown(far) } else { 0 };
    let (fails, unknown) = (names(Verdict::Fails), names(Verdict::Unknown));
    match (far.verdict, open) {
        (Verdict::Holds, 0) => "If decided today: Yes, once it has stood long enough.".to_owned(),
        (Verdict::Holds, _) => {
            format!("If decided today: Yes, once it has stood long enough, whatever {unknown} says.")
        }
        (Verdict::Fails, 0) => "If decided today: No.".to_owned(),
        (Verdict::Fails, _) => format!("If decided today: No, because of {fails}, whatever {unknown} says."),
        (Verdict::Unknown, 0) => "If decided today: nobody can say.".to_owned(),
        (Verdict::Unknown, _) => format!("If decided today: nobody can say, because of {unknown}."),
    }
}

/// `2 of 3 hold; GPQA 14.2 pp too far`, for rows.
pub(super) fn line(far: &HowFar) -> String {
    let (held, all) = (far.holding(), far.conditions.len());
    let first = match (all, unknown(far)) {
        (1, _) => String::new(),
        (_, 0) => format!("{held} of {all} hold; "),
        (_, unknown) => format!("{held} of {all} hold, {unknown} unknown; "),
    };
    match far.held_up_by() {
        None => "holds".to_owned(),
        Some(row) if row.verdict == Verdict::Unknown => format!("{first}{}: {}", row.title, how_far(row)),
        Some(row) => format!("{first}{} {}", row.title, how_far(row)),
    }
}

/// `GPQA 14.2 pp`: what holds it up.
pub(super) fn held_up(far: &HowFar) -> String {
    far.held_up_by().map_or(String::new(), |row| match row.margin {
        Some(m) if row.verdict == Verdict::Fails => {
            format!("{} {}", row.title, figures::with_unit(m.abs(), &row.unit))
        }
        _ if row.quarantined.is_some() => format!("{}: held back", row.title),
        _ => format!("{}: no data", row.title),
    })
}

/// What is wrong with the sources, with the consequence: who was never going to be read again cannot change its mind,
/// who is merely late holds up a No alone.
pub(super) fn stale(far: &HowFar, now: DateTime<Utc>) -> Option<String> {
    let stopped = far.conditions.iter().find(|c| c.stopped);
    let row = stopped.or_else(|| far.conditions.iter().find(|c| c.stale))?;
    let since = row.observed_at.map_or("no data".to_owned(), |at| {
        let days = (now - at).num_days().max(0).unsigned_abs();
        format!("no new data for {}", figures::counted(days, "day", "days"))
    });
    Some(if row.stopped {
        format!("{}: its source stopped, {since}. This claim cannot settle by itself.", row.title)
    } else {
        format!("{}: {since}. While that lasts it cannot become No by itself.", row.title)
    })
}

/// What a row of a list says of the sources.
pub(super) fn trouble(far: &HowFar) -> Option<&'static str> {
    if far.conditions.iter().any(|c| c.stopped) {
        Some("source stopped")
    } else {
        far.conditions.iter().any(|c| c.stale).then_some("source stale")
    }
}

/// Whether every condition can still change: its data was read, is trusted and fresh.
pub(super) fn live(far: &HowFar) -> bool {
    far.conditions
        .iter()
        .all(|c| c.observed_at.is_some() && !c.stale && !c.stopped && c.quarantined.is_none())
}

/// The table of a claim's conditions as they stand.
pub(super) fn table(far: &HowFar, now: DateTime<Utc>) -> Distance {
    Distance { today: Some(today(far)), stale: stale(far, now), ..measured(far, false) }
}

/// The table of a settled claim's conditions as they stood then.
pub(super) fn settled(far: &HowFar) -> Distance {
    measured(far, true)
}

fn measured(far: &HowFar, settled: bool) -> Distance {
    let compared = far.conditions.iter().all(|c| c.other.is_some());
    let alone = far.conditions.iter().all(|c| c.other.is_none() && c.threshold.is_some());
    let legs = far.conditions.iter().enumerate().map(|(i, row)| {
        let (left, right) = (row.left.as_ref(), row.right.as_ref());
        let gap = row.value.filter(|_| row.other.is_some()).map(|gap| {
            let written = figures::score_beside(gap.abs(), row.threshold.unwrap_or_default());
            // The unit may stand under its figure where it is long.
            format!("{written} {}", row.unit.replace(' ', "\u{a0}"))
        });
        Leg {
            name: row.title.clone(),
            href: row
                .benchmark
                .as_ref()
                // One that was never read has no page.
                .filter(|_| row.observed_at.is_some())
                .map(|id| format!("/benchmarks/{id}")),
            left: score(left),
            right: if row.other.is_some() { score(right) } else { asked(row) },
            gap,
            holds: holds(row.verdict),
            far: how_far(row),
            strip: charting::strip(row, &format!("leg-{i}")),
        }
    });
    let mut sources: Vec<_> =
        far.conditions.iter().filter_map(|c| Some(c.benchmark.as_ref()?.source.to_string())).collect();
    sources.dedup();
    let read = far.conditions.iter().filter_map(|c| c.observed_at).max();
    Distance {
        summary: summary(far, settled),
        today: None,
        heads: match far.conditions.first() {
            Some(first) if compared => first.other.clone().map(|other| (first.of.clone(), other)),
            Some(first) if alone => Some((format!("best {}", first.of), "asked".to_owned())),
            _ => None,
        },
        compared,
        legs: legs.collect(),
        read: read.map(|at| (sources.join(", "), at)),
        stale: None,
    }
}

/// What a score is held against: `158 or more`.
fn asked(row: &ConditionRow) -> Option<String> {
    let side = match row.side {
        Side::AtLeast => "or more",
        Side::AtMost => "or less",
    };
    row.threshold.map(|threshold| format!("{} {side}", figures::score(threshold)))
}

#[cfg(test)]
mod tests {
    use bellwether_core::benchmark::BenchmarkId;
    use chrono::TimeDelta;

    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-04-06T12:00:00Z".parse().unwrap()
    }

    fn condition(title: &str, verdict: Verdict, margin: Option<&str>) -> ConditionRow {
        ConditionRow {
            option: None,
            title: title.to_owned(),
            benchmark: Some("board/text".parse::<BenchmarkId>().unwrap()),
            of: "open".to_owned(),
            other: Some("closed".to_owned()),
            verdict,
            margin: margin.map(|m| m.parse().unwrap()),
            left: None,
            right: None,
            value: None,
            threshold: Some(Decimal::TWO),
            side: Side::AtMost,
            unit: "pp".to_owned(),
            before: None,
            largest: None,
            usual: None,
            sentence: String::new(),
            unknown_because: Vec::new(),
            quarantined: None,
            observed_at: Some(now() - TimeDelta::days(40)),
            stale: false,
            stopped: false,
        }
    }

    fn of(verdict: Verdict, conditions: Vec<ConditionRow>) -> HowFar {
        HowFar { verdict, sentence: String::new(), conditions, at: now() }
    }

    fn plain(text: &str) -> String {
        text.replace('\u{a0}', " ")
    }

    #[test]
    fn only_a_source_that_stopped_keeps_a_claim_from_settling_by_itself() {
        let mut row = condition("Board", Verdict::Fails, Some("-14.2"));
        assert_eq!(stale(&of(Verdict::Fails, vec![row.clone()]), now()), None);
        row.stale = true;
        let late = stale(&of(Verdict::Fails, vec![row.clone()]), now()).unwrap();
        assert_eq!(
            plain(&late),
            "Board: no new data for 40 days. While that lasts it cannot become No by itself."
        );
        row.stopped = true;
        let stopped = stale(&of(Verdict::Fails, vec![row]), now()).unwrap();
        assert!(stopped.ends_with("This claim cannot settle by itself."), "{stopped}");
    }

    #[test]
    fn a_failing_condition_and_an_unknown_one_are_both_plain() {
        let mut unknown = condition("Exam", Verdict::Unknown, None);
        unknown.unknown_because = vec!["nothing was read yet".to_owned()];
        let fails = condition("Index", Verdict::Fails, Some("-10.22670337012045"));
        let far = of(Verdict::Fails, vec![unknown, fails]);
        let shown = table(&far, now());
        assert_eq!(shown.summary, "0 of 2 conditions hold, 1 unknown");
        assert_eq!(shown.today.unwrap(), "If decided today: No, because of Index, whatever Exam says.");
        assert_eq!(shown.legs[0].far, "unknown: nothing was read yet");
        assert_eq!(plain(&line(&far)), "0 of 2 hold, 1 unknown; Index 10.23 pp too far");
    }
}
