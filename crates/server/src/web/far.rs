//! How far a claim is from Yes, in words and as a table.

use bellwether_core::rule::{Verdict, Witness};
use bellwether_engine::resolve::{ConditionRow, HowFar};
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
    let with_unit = |m: Decimal| figures::with_unit(m.abs(), &row.unit);
    match (row.verdict, row.margin) {
        (Verdict::Holds, Some(m)) => format!("holds with {} to spare", with_unit(m)),
        (Verdict::Holds, None) => "holds".to_owned(),
        (Verdict::Fails, Some(m)) if row.other.is_some() => format!("{} too far", with_unit(m)),
        (Verdict::Fails, Some(m)) => format!("{} missing", with_unit(m)),
        (Verdict::Fails, None) => "does not hold".to_owned(),
        (Verdict::Unknown, _) => row
            .quarantined
            .clone()
            .or_else(|| row.unknown_because.first().cloned())
            .unwrap_or_else(|| "no data".to_owned()),
    }
}

fn score(witness: Option<&Witness>) -> Option<String> {
    witness.and_then(|w| w.score).map(figures::score)
}

fn summary(far: &HowFar) -> String {
    match (far.holding(), far.conditions.len()) {
        (0, 1) if far.verdict == Verdict::Unknown => "Nobody can say".to_owned(),
        (1, 1) => "The condition holds".to_owned(),
        (0, 1) => "The condition does not hold".to_owned(),
        (held, all) if held == all => format!("All {all} conditions hold"),
        (held, all) => format!("{held} of {all} conditions hold"),
    }
}

/// `2 of 3 hold; GPQA 14.2 pp too far`, for rows.
pub(super) fn line(far: &HowFar) -> String {
    let (held, all) = (far.holding(), far.conditions.len());
    let first = if all == 1 { String::new() } else { format!("{held} of {all} hold; ") };
    match far.held_up_by() {
        None => "holds".to_owned(),
        Some(row) => format!("{first}{} {}", row.title, how_far(row)),
    }
}

/// `GPQA 14.2 pp`: what holds it up.
pub(super) fn held_up(far: &HowFar) -> String {
    far.held_up_by().map_or(String::new(), |row| match row.margin {
        Some(m) => format!("{} {}", row.title, figures::with_unit(m.abs(), &row.unit)),
        None => format!("{}: no data", row.title),
    })
}

/// What is wrong with the sources, with the consequence.
pub(super) fn stale(far: &HowFar, now: DateTime<Utc>) -> Option<String> {
    let row = far.conditions.iter().find(|c| c.stale)?;
    let since = row.observed_at.map_or("No data".to_owned(), |at| {
        let days = (now - at).num_days().max(0).unsigned_abs();
        format!("No new data for {}", figures::counted(days, "day", "days"))
    });
    Some(format!("{since} on {}. This claim cannot settle by itself.", row.title))
}

/// The table of a claim's conditions.
pub(super) fn table(far: &HowFar, now: DateTime<Utc>) -> Distance {
    let compared = far.conditions.iter().all(|c| c.other.is_some());
    let decided = match far.verdict {
        Verdict::Holds => "Yes, once it has stood long enough",
        Verdict::Fails => "No",
        Verdict::Unknown => "nobody can say",
    };
    let legs = far.conditions.iter().enumerate().map(|(i, row)| {
        let (left, right) = (row.left.as_ref(), row.right.as_ref());
        let gap = left
            .and_then(|w| w.score)
            .zip(right.and_then(|w| w.score))
            .map(|(a, b)| figures::with_unit((a - b).abs(), &row.unit));
        Leg {
            name: row.title.clone(),
            href: row.benchmark.as_ref().map(|id| format!("/benchmarks/{id}")),
            left: score(left),
            right: score(right),
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
        summary: summary(far),
        today: Some(format!("If decided today: {decided}.")),
        heads: far
            .conditions
            .first()
            .filter(|_| compared)
            .and_then(|c| Some((c.of.clone(), c.other.clone()?))),
        legs: legs.collect(),
        read: read.map(|at| (sources.join(", "), at)),
        stale: stale(far, now),
    }
}
