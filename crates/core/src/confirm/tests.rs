//! Confirmation by the worked cases of the format.

use super::*;
use crate::{document::Duration, window::WindowText};

/// Days of January 2025 and on; the window is [day 10, day 40).
fn day_at(day: i64) -> DateTime<Utc> {
    "2025-01-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::days(day)
}

fn window() -> Window {
    let text = |d: i64| day_at(d).date_naive().to_string();
    Window::read(WindowText { from: Some(text(10)), by: text(40), zone: None }).unwrap()
}

fn state(day: i64, what: char) -> State {
    let (verdict, at_best) = match what {
        'h' => (Verdict::Holds, Verdict::Holds),
        'f' => (Verdict::Fails, Verdict::Fails),
        'u' => (Verdict::Unknown, Verdict::Holds),
        'q' => (Verdict::Unknown, Verdict::Unknown),
        _ => panic!("{what}"),
    };
    State {
        at: day_at(day),
        step_at: day_at(day),
        verdict,
        at_best,
        quarantined: what == 'q',
        event_date: None,
        versions: BTreeMap::new(),
        polls: [(SourceId::new("s").unwrap(), 1)].into(),
    }
}

fn timeline(states: &[(i64, char)]) -> Timeline {
    let mut timeline = Timeline::default();
    for (day, what) in states {
        assert!(timeline.push(state(*day, *what), &window()));
    }
    timeline
}

fn concluded(states: &[(i64, char)], when: When, coverage: Coverage) -> (Outcome, Option<i64>, Option<i64>) {
    let window = window();
    let terms = Terms { window: &window, when, confirm: Confirm::default() };
    let rhythm = Rhythm::Implied { until: day_at(47) };
    let c = timeline(states).conclude(&terms, rhythm, coverage, day_at(47));
    let days = |at: Option<DateTime<Utc>>| at.map(|at| (at - day_at(0)).num_days());
    (c.outcome, days(c.first_hit), days(c.resolved_at))
}

const GOOD: Coverage = Coverage { polled: true, stale: false };

fn ever(states: &[(i64, char)]) -> (Outcome, Option<i64>, Option<i64>) {
    concluded(states, When::Ever, GOOD)
}

fn at_deadline(states: &[(i64, char)]) -> (Outcome, Option<i64>, Option<i64>) {
    concluded(states, When::AtDeadline, GOOD)
}

const AWAITING: (Outcome, Option<i64>, Option<i64>) = (Outcome::AwaitingData, None, None);
const NO: (Outcome, Option<i64>, Option<i64>) = (Outcome::No, None, Some(40));

#[test]
fn r3_a_run_confirms_when_it_stood_for_exactly_so_long() {
    assert_eq!(ever(&[(11, 'f'), (20, 'h'), (27, 'f')]), (Outcome::Yes, Some(20), Some(27)));
    assert_eq!(ever(&[(11, 'f'), (20, 'h'), (26, 'f')]), NO);
    for breaker in ['f', 'u', 'q'] {
        assert_ne!(ever(&[(20, 'h'), (23, breaker), (24, 'h'), (30, 'f')]).0, Outcome::Yes, "{breaker}");
    }
    assert_eq!(ever(&[(20, 'h'), (23, 'f'), (24, 'h'), (31, 'f')]), (Outcome::Yes, Some(24), Some(31)));
    // It may finish after the deadline, but must begin before it.
    assert_eq!(ever(&[(11, 'f'), (39, 'h')]), (Outcome::Yes, Some(39), Some(46)));
    assert_eq!(ever(&[(11, 'f'), (40, 'h')]), NO);
    // What stands at the beginning counts from there.
    assert_eq!(ever(&[(1, 'h'), (18, 'f')]), (Outcome::Yes, Some(10), Some(17)));
    assert_eq!(ever(&[(1, 'h'), (16, 'f')]), NO);
    assert_eq!(ever(&[(1, 'h'), (10, 'f')]), NO);
}

#[test]
fn r1_r4_no_needs_the_deadline_covered_and_no_doubt_that_matters() {
    assert_eq!(ever(&[(11, 'f')]), NO);
    assert_eq!(ever(&[(11, 'f'), (20, 'u'), (26, 'f')]), NO);
    assert_eq!(ever(&[(11, 'f'), (20, 'u'), (27, 'f')]), AWAITING);
    assert_eq!(ever(&[(11, 'f'), (20, 'h'), (22, 'u'), (27, 'f')]), AWAITING);
    // A quarantine breaks even a hopeful run; at the deadline it forbids a No.
    assert_eq!(ever(&[(11, 'f'), (20, 'u'), (23, 'q'), (24, 'u'), (30, 'f')]), NO);
    assert_eq!(ever(&[(11, 'f'), (20, 'q')]), AWAITING);
    // Doubt that begins after the deadline says nothing about the window.
    assert_eq!(ever(&[(11, 'f'), (38, 'h'), (41, 'u')]), NO);
    assert_eq!(ever(&[(11, 'f'), (38, 'u')]), AWAITING);
    assert_eq!(ever(&[]), AWAITING);
    let with = |polled, stale| concluded(&[(11, 'f')], When::Ever, Coverage { polled, stale }).0;
    assert_eq!((with(false, false), with(true, true)), (Outcome::AwaitingData, Outcome::AwaitingData));
    // Staleness never takes a Yes away.
    let yes = concluded(&[(20, 'h')], When::Ever, Coverage { polled: false, stale: true });
    assert_eq!(yes.0, Outcome::Yes);
}

#[test]
fn the_state_before_the_deadline_decides_when_asked() {
    assert_eq!(at_deadline(&[(11, 'f'), (35, 'h')]), (Outcome::Yes, Some(35), Some(42)));
    assert_eq!(at_deadline(&[(12, 'h')]), (Outcome::Yes, Some(12), Some(40)));
    assert_eq!(at_deadline(&[(12, 'h'), (40, 'f')]), (Outcome::Yes, Some(12), Some(40)));
    assert_eq!(at_deadline(&[(12, 'h'), (39, 'f')]), NO);
    assert_eq!(at_deadline(&[(12, 'h'), (39, 'f'), (44, 'h')]), AWAITING);
    assert_eq!(at_deadline(&[(11, 'f'), (38, 'h'), (41, 'f')]), AWAITING);
    assert_eq!(at_deadline(&[(12, 'h'), (39, 'u')]), AWAITING);
    assert_eq!(at_deadline(&[(12, 'h'), (39, 'q')]), AWAITING);
    let stale = Coverage { polled: true, stale: true };
    assert_eq!(concluded(&[(12, 'f')], When::AtDeadline, stale).0, Outcome::AwaitingData);
}

#[test]
fn a_new_version_starts_confirmation_anew() {
    let versioned = |day, version: &str| {
        let mut s = state(day, 'h');
        s.versions = [("s/b".parse().unwrap(), Some(version.to_owned()))].into();
        s
    };
    let mut timeline = Timeline::default();
    for s in [versioned(20, "V1"), versioned(25, "V2"), state(31, 'f')] {
        timeline.push(s, &window());
    }
    let window = window();
    let terms = Terms { window: &window, when: When::Ever, confirm: Confirm::default() };
    let c = timeline.conclude(&terms, Rhythm::Implied { until: day_at(47) }, GOOD, day_at(47));
    assert_eq!(c.outcome, Outcome::No);
}

#[test]
fn r3_live_polls_must_be_many_enough_and_not_too_far_apart() {
    let window = window();
    let confirm = Confirm { standing: Duration::days(7), polls: 3 };
    let terms = Terms { window: &window, when: When::Ever, confirm };
    let rhythm = Rhythm::Polled { slack: TimeDelta::days(2) };
    let outcome =
        |states: &[(i64, char)]| timeline(states).conclude(&terms, rhythm, GOOD, day_at(30)).outcome;
    assert_eq!(outcome(&[(11, 'f'), (20, 'h'), (27, 'h')]), Outcome::Pending);
    assert_eq!(outcome(&[(11, 'f'), (20, 'h'), (24, 'h'), (27, 'h')]), Outcome::Yes);
    assert_eq!(outcome(&[(11, 'f'), (20, 'h'), (24, 'h'), (26, 'h')]), Outcome::Pending);
    // The poll that ends it came soon after the last: it stood until then.
    assert_eq!(outcome(&[(11, 'f'), (20, 'h'), (24, 'h'), (26, 'h'), (27, 'f')]), Outcome::Yes);
    // A long silence proves nothing.
    assert_eq!(outcome(&[(11, 'f'), (20, 'h'), (21, 'h'), (22, 'h'), (29, 'f')]), Outcome::Pending);
    let t = timeline(&[(11, 'f'), (20, 'h'), (24, 'h')]);
    assert_eq!(t.standing(&terms, rhythm), Some((day_at(20), 2)));
}

#[test]
fn r13_the_same_poll_again_changes_nothing() {
    let mut timeline = timeline(&[(11, 'f'), (20, 'h')]);
    let before = timeline.clone();
    for _ in 0..100 {
        assert!(!timeline.push(state(20, 'h'), &window()));
        assert!(!timeline.push(state(11, 'h'), &window()));
    }
    assert_eq!(timeline, before);
    let stored = serde_json::to_string(&timeline).unwrap();
    assert_eq!(serde_json::from_str::<Timeline>(&stored).unwrap(), timeline);
}

#[test]
fn r6_the_event_is_dated_by_the_source_but_never_before_the_window() {
    let dated = |date: &str| {
        let mut s = state(20, 'h');
        s.event_date = date.parse().ok();
        let mut timeline = Timeline::default();
        timeline.push(s, &window());
        let window = window();
        let terms = Terms { window: &window, when: When::Ever, confirm: Confirm::default() };
        let c = timeline.conclude(&terms, Rhythm::Implied { until: day_at(47) }, GOOD, day_at(47));
        c.event_date.unwrap().to_string()
    };
    assert_eq!(dated("2025-01-15"), "2025-01-15");
    assert_eq!(dated("2024-06-01"), "2025-01-11");
    assert_eq!(dated("none"), "2025-01-21");
}
