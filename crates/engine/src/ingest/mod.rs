//! Taking in what a source answered: bytes kept, tables read and gated, rows stored, signals raised, claims evaluated,
//! all in one transaction.
//!
//! ```text
//! answer ─▶ same content? ─yes─▶ a poll: time passes for the gate ─┐
//!              │ no                                               ├─▶ signals ─▶ claims evaluated
//!              └─▶ keep bytes ─▶ extract ─▶ gate per table ─▶ rows ┘
//! ```

mod catalogue;
mod poll;
mod questions;
pub(crate) mod registry;
mod release;
mod replay;
mod staleness;
mod stored;
mod write;

use std::collections::BTreeMap;

use bellwether_core::{
    actor::Actor,
    benchmark::BenchmarkId,
    ids::{FetchId, Sha256, SourceId},
    table::Table,
};
use bellwether_sources::{ExtractError, Extraction, Snapshot, SourceDocument, extract};
use bellwether_store::{Change, Fetch, JsonText, SourceState, SourceVersion, Tx, Word};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Engine, EngineError, Result, ids::new_uuid, resolve, standing::Fresh};

pub use catalogue::InstallReport;
pub(crate) use catalogue::bad_document;
pub use questions::{Question, ReviewQueue};
pub(crate) use registry::load as load_registry;
pub(crate) use replay::bytes as stored_bytes;
pub use replay::{Difference, ReplayReport};
pub(crate) use staleness::stale_since;
pub(crate) use stored::{apply_words, step_of, stored_rows};
pub use write::{Figures, File};

/// What a source answered when it was asked, or what a file holds that stands for an answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The source.
    pub source: SourceId,
    /// When it was asked.
    pub at: DateTime<Utc>,
    /// Why it was asked.
    pub cause: Cause,
    /// What came back.
    pub body: Body,
    /// Status of the answer; absent for a file.
    pub status: Option<u16>,
    /// The address that answered.
    pub final_url: Option<String>,
    /// Headers of the answer, without cookies.
    pub headers: BTreeMap<String, String>,
    /// To ask "changed since?" with.
    pub etag: Option<String>,
    /// To ask "changed since?" with.
    pub last_modified: Option<String>,
    /// Another host answered, or the address moved for good: what it leads to. Such content is kept and not trusted
    /// until a person accepts the new address.
    pub moved_to: Option<String>,
    /// Bytes on the wire.
    pub wire_bytes: u64,
    /// How long it took.
    pub duration_ms: u64,
    /// When to ask again; `None` leaves the schedule as it is.
    pub next: Option<Next>,
}

impl Answer {
    /// An answer that came as a file: an import, a fixture, a form.
    pub fn file(source: SourceId, at: DateTime<Utc>, snapshot: Snapshot) -> Self {
        Self {
            source,
            at,
            cause: Cause::Import,
            body: Body::Snapshot(snapshot),
            status: None,
            final_url: None,
            headers: BTreeMap::new(),
            etag: None,
            last_modified: None,
            moved_to: None,
            wire_bytes: 0,
            duration_ms: 0,
            next: None,
        }
    }
}

/// Why a source was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Its schedule.
    Schedule,
    /// A person pressed "pull now".
    Person,
    /// A file was given.
    Import,
}

/// What came back.
#[derive(Clone, Debug)]
pub enum Body {
    /// Content.
    Snapshot(Snapshot),
    /// The source says that nothing changed (304).
    NotModified,
    /// Nothing usable: the sentence is safe to show.
    Failed(String),
}

/// When to ask a source again.
#[derive(Clone, Copy, Debug)]
pub struct Next {
    /// The next time by its schedule.
    pub due_at: Option<DateTime<Utc>>,
    /// Not before: backoff or Retry-After.
    pub wait_until: Option<DateTime<Utc>>,
    /// Failures in a row so far.
    pub failures: i64,
}

/// What came of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// New content.
    New,
    /// The same bytes as before: a poll.
    Same,
    /// The source said so itself: a poll.
    NotModified,
    /// Content came from an address that nobody has accepted.
    Moved,
    /// Nothing usable.
    Failed,
}

/// What the gate says of a table, as one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateWord {
    /// It may decide.
    Trusted,
    /// The source has not published it yet.
    NotThereYet,
    /// This snapshot only is quarantined.
    Unfit,
    /// Quarantined until the shape has stood.
    Shrunk,
    /// Quarantined until a person or a declared version ends it.
    Changed,
}

/// One table of what was taken in.
#[derive(Clone, Debug)]
pub struct TakenTable {
    /// The benchmark.
    pub benchmark: BenchmarkId,
    /// What the gate says.
    pub word: GateWord,
    /// Why it is held back.
    pub reason: Option<String>,
    /// How many rows it has.
    pub rows: usize,
    /// Rows that are held.
    pub held: Vec<String>,
}

/// What was taken in.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The fetch, under which everything of it stands.
    pub fetch: FetchId,
    /// What came of the answer.
    pub outcome: Outcome,
    /// Digest of the content that stands now.
    pub content: Option<Sha256>,
    /// Its tables, where the content is new.
    pub tables: Vec<TakenTable>,
    /// How many signals were raised.
    pub signals: usize,
    /// What went wrong.
    pub error: Option<String>,
}

/// What an answer was read as, before the transaction: reading takes time, and writers take turns.
pub(crate) struct Reading {
    document: SourceDocument,
    version: SourceVersion,
    content: Option<Sha256>,
    extraction: Option<Result<Extraction, ExtractError>>,
}

impl Engine {
    /// Takes in what a source answered.
    pub async fn ingest(&self, actor: &Actor, answer: Answer) -> Result<Taken> {
        let reading = self.read_answer(&answer).await?;
        let mut tx = self.write().await?;
        let taken = take(&mut tx, actor, answer, reading).await?;
        tx.commit().await?;
        Ok(taken)
    }

    /// Reads the answer outside of any write: the same content is not extracted again.
    async fn read_answer(&self, answer: &Answer) -> Result<Reading> {
        let mut tx = self.read().await?;
        let source = tx.source(&answer.source).await.map_err(|_| EngineError::NotFound("source"))?;
        let version = tx.source_version(&answer.source, source.n).await?;
        let document = SourceDocument::parse(&version.document).map_err(EngineError::internal)?;
        let Body::Snapshot(snapshot) = &answer.body else {
            return Ok(Reading { document, version, content: None, extraction: None });
        };
        let content = snapshot.content();
        let state = tx.source_state(&answer.source).await?;
        if state.last_content == Some(content) {
            return Ok(Reading { document, version, content: Some(content), extraction: None });
        }
        let registry = registry::load(&mut tx).await?;
        drop(tx);
        let (snapshot, at) = (snapshot.clone(), answer.at);
        let (document, extraction) = tokio::task::spawn_blocking(move || {
            let extraction = extract(&document, &snapshot, &registry, at);
            (document, extraction)
        })
        .await
        .map_err(EngineError::internal)?;
        Ok(Reading { document, version, content: Some(content), extraction: Some(extraction) })
    }
}

/// Writes what was read. Everything of one answer is written or nothing.
pub(crate) async fn take(tx: &mut Tx, actor: &Actor, answer: Answer, reading: Reading) -> Result<Taken> {
    let mut state = tx.source_state(&answer.source).await?;
    if tx.source(&answer.source).await?.n != reading.version.n {
        return Err(EngineError::Conflict("the source's document was changed meanwhile; ask again".into()));
    }
    let fetch = FetchId(new_uuid(answer.at));
    let same = reading.content.is_some() && reading.content == state.last_content;
    let outcome = match (&answer.body, same) {
        (Body::Failed(_), _) => Outcome::Failed,
        (Body::NotModified, _) => Outcome::NotModified,
        (Body::Snapshot(_), _) if answer.moved_to.is_some() => Outcome::Moved,
        (Body::Snapshot(_), true) => Outcome::Same,
        (Body::Snapshot(_), false) => Outcome::New,
    };
    let poll = matches!(outcome, Outcome::New | Outcome::Same | Outcome::NotModified);
    let error = match &answer.body {
        Body::Failed(error) => Some(error.clone()),
        _ => answer
            .moved_to
            .as_ref()
            .map(|to| format!("the address leads to {to}, which nobody has accepted yet")),
    };
    let files = match &answer.body {
        Body::Snapshot(snapshot) if !same => write::keep(tx, snapshot, answer.at).await?,
        _ => JsonText::of(&Vec::<write::File>::new())?,
    };
    let content = reading.content.or(if poll { state.last_content } else { None });
    tx.insert_fetch(&Fetch {
        id: fetch,
        source: answer.source.clone(),
        source_n: reading.version.n,
        at: answer.at,
        cause: Word::of(&answer.cause),
        outcome: Word::of(&outcome),
        poll,
        content,
        files,
        status: answer.status.map(i64::from),
        final_url: answer.final_url.clone(),
        headers: JsonText::of(&answer.headers)?,
        error: error.clone(),
        bytes: i64::try_from(answer.wire_bytes).unwrap_or(i64::MAX),
        duration_ms: i64::try_from(answer.duration_ms).unwrap_or(i64::MAX),
        actor: actor.clone(),
    })
    .await?;
    note(&mut state, &answer, outcome, content, fetch, error.as_deref());

    let mut taken = Taken { fetch, outcome, content, tables: Vec::new(), signals: 0, error };
    let mut fresh = Fresh::default();
    match outcome {
        Outcome::New => {
            let extraction = reading.extraction.unwrap_or(Err(ExtractError::Empty));
            let read = write::Read { document: &reading.document, fetch, content, at: answer.at };
            let tables;
            (taken.tables, taken.signals, tables) = write::tables(tx, actor, &read, extraction).await?;
            fresh = Fresh { fetch: Some(fetch), tables };
            taken.signals +=
                staleness::recovered(tx, actor, &reading.document, &mut state, answer.at).await?;
        }
        Outcome::Same | Outcome::NotModified => {
            taken.signals += poll::passed(tx, actor, &reading.document, &state, answer.at).await?;
        }
        Outcome::Moved => moved(tx, actor, &answer).await?,
        Outcome::Failed => {}
    }
    tx.save_source_state(&state).await?;
    if poll {
        resolve::after_poll(tx, &answer.source, fresh, answer.at).await?;
    }
    Ok(taken)
}

/// How the source does after an answer.
fn note(
    state: &mut SourceState,
    answer: &Answer,
    outcome: Outcome,
    content: Option<Sha256>,
    fetch: FetchId,
    error: Option<&str>,
) {
    let at = answer.at;
    state.last_fetch_at = Some(at);
    state.updated_at = at;
    state.last_error = error.map(str::to_owned);
    if let Some(next) = answer.next {
        state.next_due_at = next.due_at;
        state.wait_until = next.wait_until;
        state.failures = next.failures;
    }
    if matches!(outcome, Outcome::New | Outcome::Same | Outcome::NotModified) {
        state.last_poll_at = Some(at);
        state.etag.clone_from(&answer.etag);
        state.last_modified.clone_from(&answer.last_modified);
    }
    if outcome == Outcome::New {
        state.last_new_content_at = Some(at);
        state.last_content = content;
        state.standing_fetch = Some(fetch);
    }
    if outcome == Outcome::Moved {
        state.moved_to.clone_from(&answer.moved_to);
    }
}

/// Content came from elsewhere: it is kept, shown and not used.
async fn moved(tx: &mut Tx, actor: &Actor, answer: &Answer) -> Result<()> {
    let body = json!({ "to": answer.moved_to, "source": answer.source });
    let change = Change {
        at: answer.at,
        actor,
        kind: "source.moved",
        claim: None,
        subject: answer.source.to_string(),
        body,
    };
    tx.record(&change).await?;
    Ok(())
}

/// A table without rows, for bytes that no table could be read from.
pub(crate) fn empty_table(
    document: &SourceDocument,
    name: &bellwether_core::ids::BenchmarkName,
) -> Option<Table> {
    Some(Table {
        spec: document.table(name.as_str())?.spec(&document.id),
        version: None,
        rows: Vec::new(),
        missing_columns: Vec::new(),
        duplicate_rows: 0,
        unreadable: Vec::new(),
    })
}
