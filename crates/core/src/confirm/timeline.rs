//! The fold of all evaluations.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Rhythm, State, Terms};
use crate::{rule::Verdict, window::Window};

/// A stretch of time over which evaluations said the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Span {
    #[serde(flatten)]
    pub(super) state: State,
    /// The last poll that said so.
    pub(super) last: DateTime<Utc>,
}

/// The evaluations of one claim under one version of its criteria, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    pub(super) spans: Vec<Span>,
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
}
