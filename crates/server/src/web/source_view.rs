//! What the pages of sources show: all of them, one, a held-back snapshot.

use askama::Template;
use chrono::{DateTime, Utc};

use super::{
    alerts_view::Follow,
    evidence_view::Errors,
    figures,
    parts::{Mark, Status, When, Who},
    shell::Shell,
};

/// A source in the list.
#[derive(Clone, Debug)]
pub(crate) struct SourceRow {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// `Fresh`, `Stale`, `Held back`, `Stopped`, `Failing`.
    pub health: Status,
    /// When it was last read.
    pub read: Option<DateTime<Utc>>,
    /// When its content last changed.
    pub changed: Option<DateTime<Utc>>,
    /// When it is read next.
    pub next: Option<DateTime<Utc>>,
    /// Titles of its benchmarks.
    pub benchmarks: Vec<String>,
    /// How many claims lean on it.
    pub claims: u64,
    /// Licence.
    pub licence: String,
}

/// All sources.
#[derive(Clone, Debug, Template)]
#[template(path = "sources.html")]
pub(crate) struct SourcesPage {
    /// The frame.
    pub shell: Shell,
    /// The sources.
    pub rows: Vec<SourceRow>,
    /// How many questions wait for a person.
    pub questions: u64,
}

impl SourcesPage {
    fn now(&self) -> DateTime<Utc> {
        self.shell.now
    }
}

/// A fetched file.
#[derive(Clone, Debug)]
pub(crate) struct SnapshotRow {
    /// When it was fetched.
    pub at: DateTime<Utc>,
    /// Trusted, held back, released.
    pub status: Status,
    /// Why, and with which figures.
    pub reason: Option<String>,
    /// Its SHA-256.
    pub sha256: String,
    /// Rows read from it.
    pub rows: Option<u64>,
    /// The number that its detail page is found by, when it was held back.
    pub held: Option<String>,
}

/// A benchmark of a source.
#[derive(Clone, Debug)]
pub(crate) struct SourceBenchmark {
    /// Title.
    pub title: String,
    /// Address; one that was never read has no page.
    pub href: Option<String>,
    /// Rows in the trusted snapshot.
    pub rows: u64,
    /// Flags.
    pub flags: Vec<String>,
}

/// One source.
#[derive(Clone, Debug, Template)]
#[template(path = "source.html")]
pub(crate) struct SourcePage {
    /// The frame.
    pub shell: Shell,
    /// The way to its alerts.
    pub follow: Follow,
    /// Its row.
    pub row: SourceRow,
    /// Where it lives.
    pub url: String,
    /// Attribution, shown wherever its figures are.
    pub attribution: String,
    /// The schedule in words.
    pub schedule: String,
    /// What is wrong, with its consequence.
    pub trouble: Option<String>,
    /// Its benchmarks.
    pub benchmarks: Vec<SourceBenchmark>,
    /// Snapshots, newest first.
    pub snapshots: Vec<SnapshotRow>,
    /// The newest rows: model, score, openness.
    pub preview: Vec<PreviewRow>,
    /// The claims that lean on it: slug and title.
    pub claims: Vec<(String, String)>,
    /// The document as YAML.
    pub document: String,
    /// Failures of the last tries: when and why.
    pub failures: Vec<(DateTime<Utc>, String)>,
}

impl SourcePage {
    fn now(&self) -> DateTime<Utc> {
        self.shell.now
    }
}

/// One parsed row.
#[derive(Clone, Debug)]
pub(crate) struct PreviewRow {
    /// Benchmark's title, where several are read.
    pub benchmark: String,
    /// The model's name.
    pub model: String,
    /// The score as text.
    pub score: String,
    /// The row's own date.
    pub as_of: Option<String>,
    /// `open`, `closed`, `unknown`.
    pub openness: &'static str,
    /// Why.
    pub why: String,
    /// Before, in a held-back snapshot.
    pub before: Option<String>,
    /// What the gate says of the row.
    pub note: Option<String>,
}

impl PreviewRow {
    pub(super) fn mark(&self) -> Mark {
        match self.openness {
            "open" => Mark::Open,
            "closed" => Mark::Closed,
            _ => Mark::Query,
        }
    }
}

/// A snapshot that was held back.
#[derive(Clone, Debug, Template)]
#[template(path = "held.html")]
pub(crate) struct HeldPage {
    /// The frame.
    pub shell: Shell,
    /// The source: id and title.
    pub source: (String, String),
    /// The snapshot.
    pub snapshot: SnapshotRow,
    /// What the gate found, one sentence per check.
    pub findings: Vec<String>,
    /// What would release it by itself.
    pub releases: String,
    /// The rows in question.
    pub rows: Vec<PreviewRow>,
    /// How many rows there are in all.
    pub rows_total: u64,
    /// Address that releases it.
    pub release_action: String,
    /// The claims that wait for it.
    pub claims: Vec<(String, String)>,
    /// Reason as typed.
    pub reason: String,
    /// What is wrong.
    pub errors: Errors,
    /// Whether a person can accept it.
    pub can_release: bool,
    /// It was released already: who, when, why.
    pub released: Option<(Who, DateTime<Utc>, String)>,
}
