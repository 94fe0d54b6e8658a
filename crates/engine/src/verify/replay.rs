//! The walk through a bundle: every poll in its order through extractor, gate and rule, as the installation took it in.

use std::collections::BTreeMap;

use bellwether_core::{
    benchmark::BenchmarkId,
    canonical,
    confirm::{Coverage, GRACE},
    document::ClaimDocument,
    ids::{FetchId, Sha256, SourceId},
    registry::{ModelEntry, Registry},
    table::Table,
};
use bellwether_sources::{Snapshot, SourceDocument, extract, gate::GateState};
use chrono::{DateTime, Utc};

use super::{
    bundle::{Bundle, BundledPoll, Release},
    check::{Difference, differ},
};
use crate::{
    ingest::{apply_words, empty_table},
    resolve::{
        Rhythms,
        watched::{self, Finding, Sight, Watched},
    },
    standing::{StandingTable, Standings},
};

/// What the polls of a bundle come to.
pub(super) struct Replayed {
    /// What the rules say in the end; `None` where there is no rule.
    pub(super) finding: Option<Finding>,
    /// What was seen on the way.
    pub(super) watched: Watched,
    /// Rows that were read.
    pub(super) rows: usize,
}

/// One thing that happened, in order.
enum Act<'a> {
    Poll(&'a BundledPoll),
    Release(&'a Release),
    /// A person's word on openness: the source it speaks of, or all.
    Word(Option<&'a SourceId>),
    /// The claim was published, or this version of its criteria came into force.
    Begin,
}

/// A table as it was read last, before persons' words.
struct Read {
    fetch: FetchId,
    content: Sha256,
    observed_at: DateTime<Utc>,
    table: Table,
}

struct Walk<'a> {
    bundle: &'a Bundle,
    document: &'a ClaimDocument,
    registry: Registry,
    models: Vec<ModelEntry>,
    sources: BTreeMap<(SourceId, i64), SourceDocument>,
    files: BTreeMap<Sha256, Vec<u8>>,
    gates: BTreeMap<BenchmarkId, GateState>,
    tables: BTreeMap<BenchmarkId, Read>,
    last_new: BTreeMap<SourceId, (DateTime<Utc>, i64)>,
    watched: Watched,
    watching: bool,
    rows: usize,
}

/// Takes every poll of a bundle in again.
pub(super) fn replay(bundle: &Bundle, document: &ClaimDocument) -> Result<Replayed, Difference> {
    let mut registry = Registry::new(bundle.models.iter().cloned());
    bundle.overrules.iter().cloned().for_each(|word| registry.overrule(word));
    let mut sources = BTreeMap::new();
    for source in &bundle.sources {
        let parsed = SourceDocument::parse(&source.document)
            .map_err(|e| Difference(format!("the document of source {} does not read: {e}", source.id)))?;
        sources.insert((source.id.clone(), source.n), parsed);
    }
    let walk = Walk {
        bundle,
        document,
        models: registry.models().cloned().collect(),
        registry,
        sources,
        files: files(bundle)?,
        gates: BTreeMap::new(),
        tables: BTreeMap::new(),
        last_new: BTreeMap::new(),
        watched: Watched::default(),
        watching: false,
        rows: 0,
    };
    walk.run()
}

/// The bytes by their digests, each checked against its own.
fn files(bundle: &Bundle) -> Result<BTreeMap<Sha256, Vec<u8>>, Difference> {
    let mut files = BTreeMap::new();
    for file in &bundle.files {
        let Some(bytes) = file.content.bytes() else {
            return differ(format!("the file {} is no hexadecimal", file.sha256));
        };
        let digest = Sha256::of(&bytes);
        if digest != file.sha256 {
            let whose = bundle
                .polls
                .iter()
                .find_map(|poll| Some((poll, poll.files.iter().find(|f| f.sha256 == file.sha256)?)))
                .map_or_else(
                    || "a file that no poll brought".to_owned(),
                    |(poll, named)| format!("{} of {}, fetched {}", named.name, poll.source, poll.at),
                );
            return differ(format!("{whose}, hashes to {digest}, the bundle says {}", file.sha256));
        }
        files.insert(digest, bytes);
    }
    Ok(files)
}

impl Walk<'_> {
    fn run(mut self) -> Result<Replayed, Difference> {
        let bundle = self.bundle;
        let polls = bundle.polls.iter().map(|poll| (poll.at, 0, Act::Poll(poll)));
        let releases = bundle.releases.iter().map(|release| (release.at, 1, Act::Release(release)));
        let words = bundle.overrules.iter().map(|word| (word.from, 1, Act::Word(word.source.as_ref())));
        let begin = (bundle.watched_from, 2, Act::Begin);
        let mut acts: Vec<_> = polls.chain(releases).chain(words).chain([begin]).collect();
        acts.retain(|(at, ..)| *at <= bundle.until);
        acts.sort_by_key(|(at, rank, _)| (*at, *rank));
        for (at, _, act) in acts {
            match act {
                Act::Poll(poll) => {
                    self.take(poll)?;
                    self.look(&poll.source, at)?;
                }
                Act::Release(release) => {
                    self.release(release)?;
                    self.look(&release.benchmark.source, at)?;
                }
                Act::Word(Some(source)) => self.look(source, at)?,
                Act::Word(None) => {
                    for source in watched::sources_of(self.document) {
                        self.look(&source, at)?;
                    }
                }
                Act::Begin => {
                    self.watching = true;
                    if let Some(first) = watched::sources_of(self.document).first() {
                        self.look(first, at)?;
                    }
                }
            }
        }
        let finding = self.conclude();
        Ok(Replayed { finding, watched: self.watched, rows: self.rows })
    }

    fn source(&self, id: &SourceId, n: i64) -> Result<&SourceDocument, Difference> {
        self.sources
            .get(&(id.clone(), n))
            .ok_or_else(|| Difference(format!("the document of source {id}, version {n}, is missing")))
    }

    fn take(&mut self, poll: &BundledPoll) -> Result<(), Difference> {
        let document = self.source(&poll.source, poll.source_n)?.clone();
        if poll.files.is_empty() {
            for (_, gate) in self.gates.iter_mut().filter(|(id, _)| id.source == poll.source) {
                gate.poll(poll.at, 1);
            }
            return Ok(());
        }
        let mut parts = Vec::with_capacity(poll.files.len());
        for file in &poll.files {
            let Some(bytes) = self.files.get(&file.sha256) else {
                return differ(format!(
                    "the file {} of {}, fetched {}, is missing",
                    file.sha256, poll.source, poll.at
                ));
            };
            parts.push((file.name.clone(), bytes.clone()));
        }
        self.last_new.insert(poll.source.clone(), (poll.at, poll.source_n));
        let snapshot = Snapshot::from_files(parts);
        let content = snapshot.content();
        match extract(&document, &snapshot, &self.registry, poll.at) {
            Ok(found) => {
                for mut table in found.tables {
                    self.rows += table.rows.len();
                    self.judged_then(poll, &mut table);
                    self.gates.entry(table.spec.benchmark.clone()).or_default().arrive(&table, poll.at);
                    self.keep(poll, content, table);
                }
            }
            Err(e) => {
                for name in document.tables.iter().map(|table| &table.benchmark) {
                    let Some(table) = empty_table(&document, name) else { continue };
                    self.gates.entry(table.spec.benchmark.clone()).or_default().unreadable(&e.to_string());
                    self.keep(poll, content, table);
                }
            }
        }
        Ok(())
    }

    /// Rows that the registry of that day judged otherwise than today's.
    fn judged_then(&self, poll: &BundledPoll, table: &mut Table) {
        let here =
            self.bundle.judged.iter().filter(|j| j.poll == poll.id && j.benchmark == table.spec.benchmark);
        for judged in here {
            if let Some(row) = table.rows.iter_mut().find(|row| row.key == judged.row) {
                row.openness = judged.openness;
                row.provenance = judged.provenance.clone();
                row.registry_model.clone_from(&judged.registry_model);
            }
        }
    }

    fn keep(&mut self, poll: &BundledPoll, content: Sha256, table: Table) {
        let read = Read { fetch: poll.id, content, observed_at: poll.at, table };
        self.tables.insert(read.table.spec.benchmark.clone(), read);
    }

    fn release(&mut self, release: &Release) -> Result<(), Difference> {
        let gate = self.gates.entry(release.benchmark.clone()).or_default();
        let released = match &release.row {
            Some(row) => gate.release_row(row),
            None => gate.release(),
        };
        if released {
            return Ok(());
        }
        let what =
            release.row.as_ref().map_or_else(|| "the table".to_owned(), |row| format!("the row {row}"));
        differ(format!(
            "{what} of {} was released {}, but nothing was held back",
            release.benchmark, release.at
        ))
    }

    fn stale(&self, source: &SourceId, at: DateTime<Utc>) -> bool {
        self.last_new.get(source).is_some_and(|(last, n)| {
            self.sources.get(&(source.clone(), *n)).is_some_and(|d| *last + d.stale_after <= at)
        })
    }

    /// Evaluates the rules at a poll of `source`, where the claim leans on it.
    fn look(&mut self, source: &SourceId, at: DateTime<Utc>) -> Result<(), Difference> {
        if !self.watching || !watched::sources_of(self.document).contains(source) {
            return Ok(());
        }
        let benchmarks = watched::benchmarks_of(self.document);
        let words = self.bundle.overrules.iter().filter(|word| word.from <= at).count();
        let mut ground = Vec::new();
        for id in &benchmarks {
            let read = self.tables.get(id).map(|read| read.fetch);
            let judgement = self.gates.get(id).map(GateState::current);
            ground.push((id, read, judgement, self.stale(&id.source, at)));
        }
        let seen = canonical::digest(&(words, ground)).map_err(|e| Difference(e.to_string()))?;
        if self.watched.stands(self.document, seen) {
            self.watched.again(self.document, source, at);
            return Ok(());
        }
        let mut standings = Standings::default();
        for id in benchmarks {
            let (Some(read), Some(gate)) = (self.tables.get(&id), self.gates.get(&id)) else { continue };
            let mut table = read.table.clone();
            apply_words(&self.bundle.overrules, &id.source, &mut table.rows, at);
            let stale = self.stale(&id.source, at);
            let (fetch, content, observed_at) = (read.fetch, read.content, read.observed_at);
            let judgement = gate.current();
            standings.0.insert(id, StandingTable { fetch, content, observed_at, table, judgement, stale });
        }
        let tables = standings.tables();
        let sight = Sight { standings: &standings, tables: &tables, models: &self.models };
        self.watched.poll(self.document, &sight, seen, source, at);
        Ok(())
    }

    fn conclude(&self) -> Option<Finding> {
        let newest = |source: &SourceId| {
            self.sources.iter().rev().find(|((id, _), _)| id == source).map(|(_, document)| document)
        };
        let used = watched::sources_of(self.document);
        let rhythms = Rhythms::of(used.iter().map(|source| (source.clone(), newest(source))));
        let (by, until) = (self.document.window.by, self.bundle.until);
        let mut coverage = Coverage::default();
        if until >= by {
            let polls = &self.bundle.polls;
            coverage.polled =
                used.iter().all(|s| polls.iter().any(|p| p.source == *s && by <= p.at && p.at <= by + GRACE));
            coverage.stale = used.iter().any(|s| {
                let since = by - rhythms.stale_after(s);
                let new = |p: &&BundledPoll| p.source == *s && !p.files.is_empty();
                !polls.iter().filter(new).any(|p| since <= p.at && p.at < by)
            });
        }
        watched::conclude(&self.watched, self.document, rhythms.slack(self.document), coverage, until)
    }
}
