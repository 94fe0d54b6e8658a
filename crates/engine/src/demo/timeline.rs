//! The story in the order of time: when which source is asked, which claim is opened, what is said.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

use super::plan::{Figures, Story};

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Step {
    pub(super) at: DateTime<Utc>,
    pub(super) act: Act,
}

/// What happens; by its place in the story. The order decides within one instant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Act {
    /// A source is asked and gives this snapshot, new or not.
    Ask { source: usize, snapshot: usize },
    /// A claim is opened.
    Open { claim: usize },
    /// An item is added.
    Say { claim: usize, item: usize },
    /// An item is taken back.
    TakeBack { claim: usize, item: usize },
    /// A signal is counted as evidence by an update.
    Count { update: usize, item: usize },
    /// What is due by now is done: windows that end, sources that grew stale.
    Settle,
}

/// The hour at which sources are asked.
const ASKED: NaiveTime = NaiveTime::from_hms_opt(8, 0, 0).expect("eight o'clock exists");
/// On which days after something new, or after a deadline, a source is asked: while the gate looks twice, while a week's
/// confirmation runs, when it ends, and when the time to object has passed.
const AFTER: [u64; 7] = [0, 1, 2, 4, 7, 8, 9];
/// Days before the ones that the demo shows, so that everything there is fresh.
const BEFORE: [u64; 3] = [1, 2, 3];
/// And every so often in between.
const APART: Days = Days::new(28);

/// So many days before its start the demo lives day by day.
const LIVED: Days = Days::new(60);

/// Everything that happens, from the first day to the last update.
pub(super) fn timeline(story: &Story) -> Vec<Step> {
    let mut steps = Vec::new();
    let plan = &story.plan;
    let lasts = plan.updates.iter().map(|u| u.at).chain([plan.clock]);
    let end = lasts.clone().max().unwrap_or(plan.clock);
    let deadlines: Vec<_> = story.claims.iter().map(|c| c.window.by.date_naive()).collect();
    let shown: Vec<_> = lasts.map(|at| at.date_naive()).collect();
    let mut days = BTreeSet::new();
    for (source, figures) in story.sources.iter().enumerate() {
        for (day, snapshot) in asked(figures, &deadlines, &shown, end.date_naive()) {
            days.insert(day);
            steps.push(Step { at: day.and_time(ASKED).and_utc(), act: Act::Ask { source, snapshot } });
        }
    }
    // An installation does once a day what time brings; here it matters where the demo's charts begin.
    let first_day = plan.clock.date_naive() - LIVED;
    days.extend(first_day.iter_days().take_while(|day| *day <= end.date_naive()));
    steps.extend(days.into_iter().map(|day| Step { at: day.and_time(ASKED).and_utc(), act: Act::Settle }));
    for (claim, planned) in plan.claims.iter().enumerate() {
        steps.push(Step { at: planned.opened, act: Act::Open { claim } });
        for (item, said) in planned.evidence.iter().enumerate() {
            steps.push(Step { at: said.at, act: Act::Say { claim, item } });
            if let Some(back) = &said.retracted {
                steps.push(Step { at: back.at, act: Act::TakeBack { claim, item } });
            }
        }
    }
    for (n, update) in plan.updates.iter().enumerate() {
        steps.extend(
            (0..update.counted.len()).map(|item| Step { at: update.at, act: Act::Count { update: n, item } }),
        );
    }
    for at in plan.updates.iter().map(|u| u.at).chain([plan.clock]) {
        steps.push(Step { at, act: Act::Settle });
    }
    steps.retain(|step| step.at <= end);
    steps.sort();
    steps.dedup();
    steps
}

/// The days on which a source is asked, and the snapshot that stands then.
fn asked(
    figures: &Figures,
    deadlines: &[NaiveDate],
    shown: &[NaiveDate],
    end: NaiveDate,
) -> Vec<(NaiveDate, usize)> {
    let (Some(first), Some(until)) = (figures.snapshots.first().map(|s| s.day), figures.until) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    let mut last: Option<NaiveDate> = None;
    for day in first.iter_days().take_while(|day| *day <= until.min(end)) {
        let standing = figures.snapshots.partition_point(|s| s.day <= day).saturating_sub(1);
        let after = |start: NaiveDate| AFTER.iter().any(|n| start + Days::new(*n) == day);
        let before = |end: NaiveDate| BEFORE.iter().any(|n| day + Days::new(*n) == end);
        let eventful = after(figures.snapshots[standing].day)
            || deadlines.iter().any(|d| after(*d) || day + Days::new(1) == *d)
            || shown.iter().any(|d| *d == day || before(*d));
        if eventful || last.is_none_or(|l| day >= l + APART) {
            out.push((day, standing));
            last = Some(day);
        }
    }
    out
}
