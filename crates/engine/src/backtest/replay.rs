//! The walk through time: files arrive, holds and doubts end by themselves in between.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::{
    benchmark::BenchmarkId,
    confirm::{Coverage, Outcome, Rhythm, State, Terms, Timeline},
    ids::SourceId,
    registry::ModelEntry,
    rule::{Condition, Evaluation, HeldRow, Memory, Seen, TableAt, World, evaluate},
    table::Table,
};
use bellwether_sources::gate::{GateState, Judgement};
use chrono::{DateTime, TimeDelta, Utc};

use super::{Contents, Question, Report, Step};

/// Polls are implied: as many as anyone asks for.
const ENOUGH: u32 = u32::MAX;

/// One table of one source on its way through time.
struct Stand<'a> {
    gate: GateState,
    judgement: Option<Judgement>,
    table: Option<&'a Table>,
}

/// One source on its way through time.
struct Source<'a> {
    contents: &'a Contents,
    tables: BTreeMap<BenchmarkId, Stand<'a>>,
    last_new: Option<DateTime<Utc>>,
}

/// A replay of one rule.
pub(super) struct Replay<'a> {
    question: &'a Question<'a>,
    models: &'a [ModelEntry],
    sources: Vec<Source<'a>>,
    memory: Memory,
    timeline: Timeline,
    /// The sources that answered last before the deadline.
    used: BTreeSet<SourceId>,
}

impl<'a> Replay<'a> {
    pub(super) fn new(
        question: &'a Question<'a>,
        contents: Vec<&'a Contents>,
        models: &'a [ModelEntry],
    ) -> Self {
        let sources = contents.into_iter().map(|contents| {
            let stand = || Stand { gate: GateState::default(), judgement: None, table: None };
            let tables = contents.benchmarks.iter().map(|b| (b.clone(), stand())).collect();
            Source { contents, tables, last_new: None }
        });
        Self {
            question,
            models,
            sources: sources.collect(),
            memory: Memory::default(),
            timeline: Timeline::default(),
            used: BTreeSet::new(),
        }
    }

    pub(super) fn run(mut self) -> Report {
        let window = self.question.window;
        let horizon = window.by + self.standing();
        let mut steps: Vec<Step> = Vec::new();
        if self.sources.is_empty() {
            self.without_sources(horizon, &mut steps);
        }
        let arrivals = self.arrivals();
        for (i, key) in arrivals.iter().enumerate() {
            let at = key.0;
            if at >= horizon {
                break;
            }
            // What stands beyond the horizon still settles gates and doubts of the last step.
            let until = arrivals.get(i + 1).map_or(horizon, |next| next.0);
            let next = until.min(horizon);
            self.arrive(key);
            if window.from.is_some_and(|from| at <= from && from < until) {
                // Steps begin here: there is no previous one whose witnesses could have vanished.
                self.memory = Memory::default();
            }
            if self.sources.iter().any(|s| s.last_new.is_none()) {
                self.settle_gates(at, next);
                continue;
            }
            let on_arrival = self.look(at, at);
            // A file that is replaced on the same day stands no time.
            if at < next {
                self.push(&on_arrival, at, at);
            }
            let mut shown = on_arrival.clone();
            let mut now = at;
            while let Some(change) = self.next_change(now).filter(|t| *t <= until && at < until) {
                now = change;
                let settles = self.poll(now) || self.memory.ends(self.standing()).any(|end| end == now);
                if settles {
                    shown = self.look_from(now, at, &mut self.memory.clone());
                }
                if now < next || settles {
                    let state = self.look(now, now);
                    if now < next {
                        self.push(&state, now, at);
                    }
                }
            }
            if at < until
                && let Some(mut memory) = self.outlasting(at, horizon)
            {
                shown = self.look_from(now, at, &mut memory);
            }
            steps.push(Step::new(at, &shown, &on_arrival));
        }
        self.report(steps, horizon)
    }

    /// A rule of releases only has no files: it is looked at whenever a release can change its answer.
    fn without_sources(&mut self, horizon: DateTime<Utc>, steps: &mut Vec<Step>) {
        let releases = self.releases();
        let start = self.question.window.from.or_else(|| releases.first().copied());
        let start = start.unwrap_or(self.question.window.by - TimeDelta::days(1));
        let later = releases.into_iter().filter(|t| start < *t && *t < horizon);
        for at in std::iter::once(start).chain(later) {
            let evaluation = self.look(at, at);
            self.push(&evaluation, at, at);
            if steps.last().is_none_or(|last| last.verdict != evaluation.verdict) {
                steps.push(Step::new(at, &evaluation, &evaluation));
            }
        }
    }

    fn report(self, mut steps: Vec<Step>, horizon: DateTime<Utc>) -> Report {
        let Question { window, when, confirm, .. } = *self.question;
        let stale = self
            .sources
            .iter()
            .filter(|s| self.used.is_empty() || self.used.contains(&s.contents.source))
            .any(|s| s.is_stale(window.by, true));
        let terms = Terms { window, when, confirm };
        let coverage = Coverage { polled: true, stale };
        let rhythm = Rhythm::Implied { until: horizon };
        let conclusion = self.timeline.conclude(&terms, rhythm, coverage, horizon);
        // From the one standing at `from`.
        if let Some(from) = window.from {
            let standing = steps.iter().rposition(|s| s.at <= from).unwrap_or(0);
            steps.drain(..standing);
        }
        let outcome = match conclusion.outcome {
            Outcome::Yes => "yes",
            Outcome::No => "no",
            Outcome::Pending | Outcome::AwaitingData => "unknown",
        };
        Report {
            outcome: outcome.to_owned(),
            stale,
            first_hit: conclusion.first_hit.map(|t| t.date_naive()),
            resolved_on: conclusion.resolved_at.map(|t| t.date_naive()),
            event_date: conclusion.event_date,
            why: conclusion.why,
            steps,
            options: BTreeMap::new(),
        }
    }

    fn standing(&self) -> TimeDelta {
        self.question.confirm.standing.delta()
    }

    /// What is remembered when every file at hand has stood its time; nothing where that changes nothing. With several
    /// sources a file stands on while the others' arrive.
    fn outlasting(&self, at: DateTime<Utc>, horizon: DateTime<Utc>) -> Option<Memory> {
        let mut memory = self.memory.clone();
        let stands_until = |id: &SourceId| {
            let source = self.sources.iter().find(|s| s.contents.source == *id)?;
            let later = source.contents.contents.iter().map(|c| c.at).filter(|next| *next > at).min();
            Some(later.unwrap_or(horizon))
        };
        memory.outlast(self.standing(), stands_until).then_some(memory)
    }

    /// Days and letters on which something arrives, in order.
    fn arrivals(&self) -> Vec<(DateTime<Utc>, String)> {
        let all: BTreeSet<_> = self
            .sources
            .iter()
            .flat_map(|s| &s.contents.contents)
            .map(|c| (c.at, c.letter.clone()))
            .collect();
        all.into_iter().collect()
    }

    fn arrive(&mut self, key: &(DateTime<Utc>, String)) {
        for source in &mut self.sources {
            let contents: &'a Contents = source.contents;
            for content in contents.contents.iter().filter(|c| c.at == key.0 && c.letter == key.1) {
                if content.is_new || source.last_new.is_none() {
                    source.last_new = Some(content.at);
                }
                for (benchmark, stand) in &mut source.tables {
                    let table =
                        content.tables.as_ref().map(|t| t.iter().find(|t| t.spec.benchmark == *benchmark));
                    let judgement = match table {
                        Ok(Some(table)) => {
                            stand.table = Some(table);
                            stand.gate.arrive(table, content.at)
                        }
                        Ok(None) => stand.gate.unreadable("the table is not in the file"),
                        Err(reason) => stand.gate.unreadable(reason),
                    };
                    stand.judgement = Some(judgement);
                }
            }
        }
    }

    /// Polls every table at `now`; returns whether the gate changed its mind about any.
    fn poll(&mut self, now: DateTime<Utc>) -> bool {
        let mut changed = false;
        for stand in self.sources.iter_mut().flat_map(|s| s.tables.values_mut()) {
            let judgement = stand.judgement.is_some().then(|| stand.gate.poll(now, ENOUGH));
            if judgement.as_ref().map(|j| (&j.standing, j.holds.len()))
                != stand.judgement.as_ref().map(|j| (&j.standing, j.holds.len()))
            {
                changed = true;
            }
            stand.judgement = judgement;
        }
        changed
    }

    /// Lets gates settle while the rule is not looked at yet.
    fn settle_gates(&mut self, at: DateTime<Utc>, next: DateTime<Utc>) {
        if at < next {
            let changes: BTreeSet<_> = self
                .sources
                .iter()
                .flat_map(|s| s.tables.values())
                .filter_map(|s| s.gate.next_change())
                .collect();
            for change in changes.into_iter().filter(|t| at < *t && *t <= next) {
                self.poll(change);
            }
        }
    }

    /// The next instant after `now` at which time alone can change something.
    fn next_change(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let gates = self.sources.iter().flat_map(|s| s.tables.values()).filter_map(|s| s.gate.next_change());
        let stale = self.sources.iter().filter_map(|s| Some(s.last_new? + s.contents.stale_after));
        let doubts = self.memory.ends(self.standing());
        gates.chain(stale).chain(doubts).chain(self.releases()).filter(|t| *t > now).min()
    }

    fn releases(&self) -> Vec<DateTime<Utc>> {
        let mut all: Vec<_> = self
            .question
            .rule
            .conditions()
            .into_iter()
            .filter_map(|c| if let Condition::Released(c) = c { Some(c) } else { None })
            .flat_map(|c| c.instants(self.models))
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Evaluates at `at`, and remembers.
    fn look(&mut self, at: DateTime<Utc>, fresh_at: DateTime<Utc>) -> Evaluation {
        let mut memory = std::mem::take(&mut self.memory);
        let evaluation = self.look_from(at, fresh_at, &mut memory);
        self.memory = memory;
        evaluation
    }

    /// Evaluates at `at`, with sources as stale as they were at `fresh_at`.
    fn look_from(&self, at: DateTime<Utc>, fresh_at: DateTime<Utc>, memory: &mut Memory) -> Evaluation {
        let tables = self.sources.iter().flat_map(|source| {
            let stale = source.is_stale(fresh_at, false);
            source.tables.iter().filter_map(move |(benchmark, stand)| {
                let judgement = stand.judgement.as_ref()?;
                let at = TableAt {
                    table: stand.table,
                    quarantined: judgement.standing.quarantined(),
                    held: judgement.holds.iter().map(HeldRow::from).collect(),
                    stale,
                    seen: Seen::default(),
                };
                Some((benchmark.clone(), at))
            })
        });
        let tables = tables.collect();
        let world = World {
            at,
            window: self.question.window,
            standing: self.standing(),
            tables: &tables,
            models: self.models,
        };
        evaluate(self.question.rule, &world, memory)
    }

    fn push(&mut self, evaluation: &Evaluation, at: DateTime<Utc>, step_at: DateTime<Utc>) {
        let window = self.question.window;
        if at < window.by {
            let sources = evaluation.leaves().into_iter().filter_map(|leaf| leaf.benchmark.as_ref());
            self.used = sources.map(|b| b.source.clone()).collect();
        }
        self.timeline.push(State::new(evaluation, at, step_at), window);
    }
}

impl Source<'_> {
    /// Whether the source had no new content for its `stale_after` at an instant. `before` asks of the time before it,
    /// whatever arrived since.
    fn is_stale(&self, at: DateTime<Utc>, before: bool) -> bool {
        let last = if before {
            self.contents.contents.iter().filter(|c| c.is_new && c.at < at).map(|c| c.at).max()
        } else {
            self.last_new
        };
        last.is_none_or(|last| at - last >= self.contents.stale_after)
    }
}
