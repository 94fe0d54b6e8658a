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

mod conclude;
mod runs;
#[cfg(test)]
mod tests;
mod timeline;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

pub use self::timeline::Timeline;
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
