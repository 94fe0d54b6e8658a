//! Confirmation: from evaluations at instants to an outcome.
//!
//! A [`Timeline`] is a fold: push every evaluation in order, then ask [`Timeline::conclude`]. The live service and a
//! back-test push into the same fold and ask the same question; they differ in their [`Rhythm`] only.
//!
//! - **Live**, every poll of a source the claim hangs on (200 or 304) is one [`State`], made by [`State::polled`] from
//!   the evaluation at that poll. Evaluations that say the same are kept as one span, so that a timeline stays small
//!   enough to be stored whole with its claim (it is `Serialize`). After each push, or whenever time alone may have
//!   decided (the deadline, seven days after it), ask `conclude` with `Rhythm::Polled`. Pushing a state that is not
//!   later than the last one does nothing, so evaluating the same snapshot twice is harmless. A timeline can be thrown
//!   away and rebuilt by replaying the polls.
//! - **In a back-test** polls are implied: what was seen stands until the next file, and the horizon is the end of the
//!   window plus `for`.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    benchmark::BenchmarkId,
    document::{Confirm, When},
    ids::SourceId,
    rule::{Evaluation, Verdict},
    window::Window,
};

/// How long after the deadline a poll of every source may still cover it.
pub const GRACE: TimeDelta = TimeDelta::days(7);

/// What an evaluation said at an instant; it stands until the next one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The instant.
    pub at: DateTime<Utc>,
    /// When the content was observed that it rests on; equal to `at` where that is the poll itself.
    pub step_at: DateTime<Utc>,
    /// The verdict.
    pub verdict: Verdict,
    /// The most it could be, were the doubts of trusted tables settled.
    pub at_best: Verdict,
    /// It is unknown because a table is quarantined.
    pub quarantined: bool,
    /// The event's date, where the rule is a single condition.
    pub event_date: Option<NaiveDate>,
    /// The version of each benchmark that answered.
    pub versions: BTreeMap<BenchmarkId, Option<String>>,
    /// Polls of each source that answered; empty where polls are implied.
    pub polls: BTreeMap<SourceId, u32>,
}

impl State {
    /// The state that an evaluation leaves at `at`.
    pub fn new(evaluation: &Evaluation, at: DateTime<Utc>, step_at: DateTime<Utc>) -> Self {
        let single = evaluation.legs.is_empty();
        let answered = evaluation.leaves().into_iter().filter(|leaf| leaf.quarantined.is_none());
        Self {
            at,
            step_at,
            verdict: evaluation.verdict,
            at_best: evaluation.at_best,
            quarantined: evaluation.quarantined.is_some(),
            event_date: if single { evaluation.event_date } else { None },
            versions: answered
                .filter_map(|leaf| Some((leaf.benchmark.clone()?, leaf.version.clone())))
                .collect(),
            polls: BTreeMap::new(),
        }
    }

    /// The state after a poll of `source`.
    pub fn polled(evaluation: &Evaluation, at: DateTime<Utc>, source: &SourceId) -> Self {
        let mut state = Self::new(evaluation, at, at);
        let answering =
            evaluation.leaves().into_iter().filter_map(|leaf| leaf.benchmark.as_ref()).map(|b| &b.source);
        state.polls = answering.map(|s| (s.clone(), u32::from(s == source))).collect();
        state
    }

    fn says_the_same(&self, other: &Self, by: DateTime<Utc>) -> bool {
        self.verdict == other.verdict
            && self.at_best == other.at_best
            && self.quarantined == other.quarantined
            && self.event_date == other.event_date
            && self.versions == other.versions
            && self.polls.keys().eq(other.polls.keys())
            && (self.step_at < by) == (other.step_at < by)
            && (self.at < by) == (other.at < by)
    }
}

/// A stretch of time over which evaluations said the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Span {
    #[serde(flatten)]
    state: State,
    /// The last poll that said so.
    last: DateTime<Utc>,
}

/// The evaluations of one claim under one version of its criteria, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    spans: Vec<Span>,
}

/// Where the polls come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rhythm {
    /// Polls are implied: each state stands, and was polled often enough, until the next one or `until`.
    Implied {
        /// The end of what is known.
        until: DateTime<Utc>,
    },
    /// Polls are records. A run stands until its last poll; one that contradicts it ends it at that instant if it came
    /// within `slack` of the last poll, else the time between is nobody's.
    Polled {
        /// The longest silence between two polls that still counts as standing; twice the schedule's interval is good.
        slack: TimeDelta,
    },
}

/// What the sources did around the deadline. Only a No depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// A poll of every source used lies in `[deadline, deadline + 7 days]`.
    pub polled: bool,
    /// Some source used had no new content for its `stale_after` at the deadline.
    pub stale: bool,
}

/// What decides a claim, apart from its evaluations.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// The claim's window.
    pub window: &'a Window,
    /// Ever, or at the deadline.
    pub when: When,
    /// How long and over how many polls.
    pub confirm: Confirm,
}

/// What became of a claim, as far as its rule can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Confirmed.
    Yes,
    /// The deadline passed, and nothing could have changed that.
    No,
    /// Nothing is decided yet.
    Pending,
    /// The deadline passed, and the rule cannot say: more data, then a person.
    AwaitingData,
}

/// An outcome with its dates and its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conclusion {
    /// The outcome.
    pub outcome: Outcome,
    /// Yes: first instant of the confirmed run, never before the window.
    pub first_hit: Option<DateTime<Utc>>,
    /// Yes: when it was confirmed. No: the deadline.
    pub resolved_at: Option<DateTime<Utc>>,
    /// Yes: when the event happened, as the source dates it.
    pub event_date: Option<NaiveDate>,
    /// One sentence.
    pub why: String,
}

impl Conclusion {
    fn open(outcome: Outcome, why: String) -> Self {
        Self { outcome, first_hit: None, resolved_at: None, event_date: None, why }
    }
}

/// A time during which every poll says the same thing.
struct Run {
    /// Its first instant.
    began: DateTime<Utc>,
    /// Its first instant within the window.
    hit: DateTime<Utc>,
    /// How far it is known to have stood.
    stood: DateTime<Utc>,
    /// The poll that ended it.
    ended: Option<DateTime<Utc>>,
    /// Polls of the source polled least; `None`: implied.
    polls: Option<u32>,
    event_date: Option<NaiveDate>,
}

impl Run {
    /// Whether it lasted `for`, counted from `from`, over enough polls.
    fn confirms(&self, from: DateTime<Utc>, confirm: Confirm) -> bool {
        self.stood - from >= confirm.standing.delta() && self.polls.is_none_or(|polls| polls >= confirm.polls)
    }
}

impl Timeline {
    /// Adds the next evaluation. One that is not later than the last is left out, and `false` comes back.
    pub fn push(&mut self, state: State, window: &Window) -> bool {
        let Some(last) = self.spans.last_mut() else {
            self.spans.push(Span { last: state.at, state });
            return true;
        };
        if state.at <= last.last {
            return false;
        }
        if last.state.says_the_same(&state, window.by) {
            last.last = state.at;
            for (source, polls) in state.polls {
                let count = last.state.polls.entry(source).or_insert(0);
                *count = count.saturating_add(polls);
            }
        } else {
            self.spans.push(Span { last: state.at, state });
        }
        true
    }

    /// When the last evaluation was made.
    pub fn last_at(&self) -> Option<DateTime<Utc>> {
        self.spans.last().map(|span| span.last)
    }

    /// The state of the instant before the deadline; `None` while nothing was evaluated before it.
    pub fn at_deadline(&self, window: &Window) -> Option<&State> {
        self.spans.iter().rev().map(|span| &span.state).find(|state| state.at < window.by)
    }

    /// The run that stands now: since when the rule holds, and over how many polls of the source polled least.
    pub fn standing(&self, terms: &Terms<'_>, rhythm: Rhythm) -> Option<(DateTime<Utc>, u32)> {
        let runs = self.runs(terms, rhythm, |state| state.verdict == Verdict::Holds);
        runs.last()
            .filter(|run| run.ended.is_none())
            .map(|run| (run.hit, run.polls.unwrap_or(terms.confirm.polls)))
    }

    /// The outcome as of the last evaluation. `now` is only asked whether the deadline has passed.
    pub fn conclude(
        &self,
        terms: &Terms<'_>,
        rhythm: Rhythm,
        coverage: Coverage,
        now: DateTime<Utc>,
    ) -> Conclusion {
        match terms.when {
            When::Ever => self.ever(terms, rhythm, coverage, now),
            When::AtDeadline => self.deadline(terms, rhythm, coverage, now),
        }
    }

    fn ever(&self, terms: &Terms<'_>, rhythm: Rhythm, coverage: Coverage, now: DateTime<Utc>) -> Conclusion {
        let Terms { window, confirm, .. } = *terms;
        let in_window = |run: &Run| run.hit < window.by;
        let holds = self.runs(terms, rhythm, |state| state.verdict == Verdict::Holds);
        if let Some(run) = holds.iter().find(|run| in_window(run) && run.confirms(run.hit, confirm)) {
            return yes(run, terms, run.hit + confirm.standing.delta());
        }
        let pending = |run: &Run| in_window(run) && run.ended.is_none();
        if let Some(run) = holds.iter().find(|run| pending(run)) {
            let why =
                format!("it holds since {} and must stand for {}", day(run.hit), confirm.standing.words());
            return Conclusion::open(Outcome::Pending, why);
        }
        if now < window.by {
            return Conclusion::open(Outcome::Pending, "the rule has not been confirmed yet".into());
        }
        let Some(deadline) = self.at_deadline(window) else {
            return awaiting("nothing was evaluated before the deadline");
        };
        if deadline.quarantined {
            return awaiting("the data at the deadline is quarantined");
        }
        // Had every doubt of a trusted snapshot in the window been settled for the claim.
        let hopeful = self.runs(terms, rhythm, |state| {
            state.verdict == Verdict::Holds || (state.step_at < window.by && state.at_best == Verdict::Holds)
        });
        if let Some(run) = hopeful.iter().find(|run| in_window(run) && run.confirms(run.hit, confirm)) {
            return awaiting(&format!(
                "had the unknown steps been holds, a run from {} to {} would have confirmed",
                day(run.hit),
                day(run.stood)
            ));
        }
        if hopeful.iter().any(pending) {
            return awaiting("an unknown step before the deadline may still turn out to have held");
        }
        no(terms, coverage, "no run within the window was confirmed, or could have been")
    }

    fn deadline(
        &self,
        terms: &Terms<'_>,
        rhythm: Rhythm,
        coverage: Coverage,
        now: DateTime<Utc>,
    ) -> Conclusion {
        let Terms { window, confirm, .. } = *terms;
        if now < window.by {
            return Conclusion::open(Outcome::Pending, "the deadline decides and has not come".into());
        }
        let Some(state) = self.at_deadline(window) else {
            return awaiting("nothing was evaluated before the deadline");
        };
        if state.quarantined {
            return awaiting("the data at the deadline is quarantined");
        }
        let verdict = state.verdict;
        if verdict == Verdict::Unknown {
            return awaiting("the deadline verdict is unknown");
        }
        let runs = self.runs(terms, rhythm, |state| state.verdict == verdict);
        let Some(run) = runs.iter().rfind(|run| run.began < window.by) else {
            return awaiting("nothing was evaluated before the deadline");
        };
        if run.confirms(run.began, confirm) {
            return if verdict == Verdict::Holds {
                yes(run, terms, (run.hit + confirm.standing.delta()).max(window.by))
            } else {
                no(terms, coverage, "the rule failed at the deadline, and that was confirmed")
            };
        }
        if run.ended.is_none() {
            let why = format!(
                "it {verdict} since {} and must stand for {}",
                day(run.began),
                confirm.standing.words()
            );
            return Conclusion::open(Outcome::Pending, why);
        }
        awaiting("the state at the deadline did not stand long enough to be confirmed")
    }

    /// The runs of states that satisfy `ok`, oldest first, those that ended before the window left out.
    fn runs(&self, terms: &Terms<'_>, rhythm: Rhythm, ok: impl Fn(&State) -> bool) -> Vec<Run> {
        let from = terms.window.from;
        let mut runs: Vec<Run> = Vec::new();
        let mut open: Option<(Run, DateTime<Utc>, BTreeMap<SourceId, u32>)> = None;
        let mut versions: BTreeMap<&BenchmarkId, &Option<String>> = BTreeMap::new();
        for span in &self.spans {
            let state = &span.state;
            // A new version of a benchmark: what was seen under the old one confirms nothing.
            let new_version =
                state.versions.iter().any(|(b, v)| versions.insert(b, v).is_some_and(|old| old != v));
            let holds = ok(state);
            if !holds || new_version {
                runs.extend(
                    open.take().map(|(run, last, polls)| end(run, last, &polls, rhythm, Some(state.at))),
                );
            }
            if holds {
                let hit = from.map_or(state.at, |from| from.max(state.at));
                let (run, last, polls) = open.get_or_insert_with(|| {
                    let run = Run {
                        began: state.at,
                        hit,
                        stood: state.at,
                        ended: None,
                        polls: None,
                        event_date: state.event_date,
                    };
                    (run, state.at, BTreeMap::new())
                });
                if from.is_some_and(|from| state.at <= from) {
                    // The state standing at `from` is the first that counts.
                    run.event_date = state.event_date;
                }
                *last = span.last;
                for (source, n) in &state.polls {
                    let count: &mut u32 = polls.entry(source.clone()).or_insert(0);
                    *count = count.saturating_add(*n);
                }
            }
        }
        runs.extend(open.map(|(run, last, polls)| end(run, last, &polls, rhythm, None)));
        runs.retain(|run| from.is_none_or(|from| run.ended.is_none_or(|ended| ended > from)));
        runs
    }
}

fn end(
    mut run: Run,
    last: DateTime<Utc>,
    polls: &BTreeMap<SourceId, u32>,
    rhythm: Rhythm,
    ended: Option<DateTime<Utc>>,
) -> Run {
    run.ended = ended;
    (run.stood, run.polls) = match rhythm {
        Rhythm::Implied { until } => (ended.unwrap_or(until), None),
        Rhythm::Polled { slack } => {
            let stood = ended.filter(|ended| *ended - last <= slack).unwrap_or(last);
            (stood, polls.values().min().copied())
        }
    };
    run
}

fn yes(run: &Run, terms: &Terms<'_>, resolved_at: DateTime<Utc>) -> Conclusion {
    let first_hit = run.hit.date_naive();
    let dated = run.event_date.unwrap_or(first_hit);
    let event_date = terms.window.from.map_or(dated, |from| dated.max(from.date_naive()));
    Conclusion {
        outcome: Outcome::Yes,
        first_hit: Some(run.hit),
        resolved_at: Some(resolved_at),
        event_date: Some(event_date),
        why: format!("it held from {} and stood for {}", day(run.hit), terms.confirm.standing.words()),
    }
}

fn no(terms: &Terms<'_>, coverage: Coverage, why: &str) -> Conclusion {
    if coverage.stale {
        return awaiting("a source was stale at the deadline, and no change is no evidence of no");
    }
    if !coverage.polled {
        return awaiting("a source was not polled within seven days after the deadline");
    }
    Conclusion { resolved_at: Some(terms.window.by), ..Conclusion::open(Outcome::No, why.to_owned()) }
}

fn awaiting(why: &str) -> Conclusion {
    Conclusion::open(Outcome::AwaitingData, why.to_owned())
}

fn day(at: DateTime<Utc>) -> String {
    crate::figures::date(at.date_naive())
}

#[cfg(test)]
mod tests {
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

    fn concluded(
        states: &[(i64, char)],
        when: When,
        coverage: Coverage,
    ) -> (Outcome, Option<i64>, Option<i64>) {
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
}
