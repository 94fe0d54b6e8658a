//! Runs: times during which every poll says the same.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::{Rhythm, State, Terms, Timeline};
use crate::{benchmark::BenchmarkId, document::Confirm, ids::SourceId};

/// A time during which every poll says the same thing.
pub(super) struct Run {
    /// Its first instant.
    pub(super) began: DateTime<Utc>,
    /// Its first instant within the window.
    pub(super) hit: DateTime<Utc>,
    /// How far it is known to have stood.
    pub(super) stood: DateTime<Utc>,
    /// The poll that ended it.
    pub(super) ended: Option<DateTime<Utc>>,
    /// Polls of the source polled least; `None`: implied.
    pub(super) polls: Option<u32>,
    pub(super) event_date: Option<NaiveDate>,
}

impl Run {
    /// Whether it lasted `for`, counted from `from`, over enough polls.
    pub(super) fn confirms(&self, from: DateTime<Utc>, confirm: Confirm) -> bool {
        self.stood - from >= confirm.standing.delta() && self.polls.is_none_or(|polls| polls >= confirm.polls)
    }
}

impl Timeline {
    /// The runs of states that satisfy `ok`, oldest first, those that ended before the window left out.
    pub(super) fn runs(&self, terms: &Terms<'_>, rhythm: Rhythm, ok: impl Fn(&State) -> bool) -> Vec<Run> {
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
