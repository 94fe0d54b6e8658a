//! Sources: their documents, when they are due, how they do, and every fetch of them.

use bellwether_core::{
    actor::Actor,
    benchmark::BenchmarkId,
    ids::{FetchId, Sha256, SourceId},
};
use chrono::{DateTime, Utc};

use crate::{
    JsonText, Result, StoreError, Tx, Word,
    sql::{many, maybe, run},
    table::table,
};

table! {
    /// A source.
    "source" => pub struct Source {
        /// Identity.
        pub id: SourceId,
        /// Its name on pages.
        pub title: String,
        /// The version of its document in force, from 1.
        pub n: i64,
        /// Whether it came with the program.
        pub built_in: bool,
        /// Kept for its history, never pulled.
        pub retired: bool,
        /// When it was added.
        pub created_at: DateTime<Utc>,
        /// The last change.
        pub updated_at: DateTime<Utc>,
    }
}

table! {
    /// One version of a source's document.
    "source_version" => pub struct SourceVersion {
        /// The source.
        pub source: SourceId,
        /// Its number, from 1.
        pub n: i64,
        /// The document as it was written.
        pub document: String,
        /// Its digest.
        pub sha256: Sha256,
        /// Why it was changed.
        pub reason: Option<String>,
        /// By whom.
        pub actor: Actor,
        /// When.
        pub at: DateTime<Utc>,
    }
}

table! {
    /// When a source is due and how it does: the scheduler's truth.
    "source_state" => pub struct SourceState {
        /// The source.
        pub source: SourceId,
        /// When to fetch next; absent: never by itself.
        pub next_due_at: Option<DateTime<Utc>>,
        /// A person has stopped it.
        pub paused: bool,
        /// Why.
        pub pause_reason: Option<String>,
        /// The last fetch, whatever came of it.
        pub last_fetch_at: Option<DateTime<Utc>>,
        /// The last trusted answer.
        pub last_poll_at: Option<DateTime<Utc>>,
        /// When content last changed.
        pub last_new_content_at: Option<DateTime<Utc>>,
        /// Digest of the content that stands.
        pub last_content: Option<Sha256>,
        /// The fetch that brought it.
        pub standing_fetch: Option<FetchId>,
        /// To ask "changed since?" with.
        pub etag: Option<String>,
        /// To ask "changed since?" with.
        pub last_modified: Option<String>,
        /// Failures in a row.
        pub failures: i64,
        /// Not before: backoff or Retry-After.
        pub wait_until: Option<DateTime<Utc>>,
        /// What went wrong last; absent after a success.
        pub last_error: Option<String>,
        /// Since when it counts as stale.
        pub stale_since: Option<DateTime<Utc>>,
        /// Where a redirect leads that awaits a person's yes.
        pub moved_to: Option<String>,
        /// The last write.
        pub updated_at: DateTime<Utc>,
    }
}

table! {
    /// One fetch of a source. A trusted answer, new or the same as before, is a poll.
    "source_fetch" => pub struct Fetch {
        /// Identity.
        pub id: FetchId,
        /// The source.
        pub source: SourceId,
        /// The version of its document that was used.
        pub source_n: i64,
        /// When it began.
        pub at: DateTime<Utc>,
        /// What asked for it: the schedule, a person, an import.
        pub cause: Word,
        /// What came of it: new content, the same bytes, not modified, or the code of an error.
        pub outcome: Word,
        /// Whether it is a poll.
        pub poll: bool,
        /// Digest of the content that stands after it; of several files the digest of their list.
        pub content: Option<Sha256>,
        /// Name, address, digest, size and type of each file.
        pub files: JsonText,
        /// Status of the answer.
        pub status: Option<i64>,
        /// The address that answered.
        pub final_url: Option<String>,
        /// Headers of the answer, without cookies.
        pub headers: JsonText,
        /// What went wrong.
        pub error: Option<String>,
        /// Bytes as sent.
        pub bytes: i64,
        /// How long it took.
        pub duration_ms: i64,
        /// Who asked.
        pub actor: Actor,
    }
}

table! {
    /// What the gate remembers of a benchmark between snapshots.
    "gate_state" => pub struct GateMemory {
        /// The benchmark.
        pub benchmark: BenchmarkId,
        /// Its source.
        pub source: SourceId,
        /// The memory, as the gate writes it.
        pub state: JsonText,
        /// When a quarantine or a hold may end by itself.
        pub next_change_at: Option<DateTime<Utc>>,
        /// The last write.
        pub updated_at: DateTime<Utc>,
    }
}

impl Tx {
    /// Writes a new source, its first document and its state.
    pub async fn insert_source(
        &mut self,
        source: &Source,
        first: &SourceVersion,
        state: &SourceState,
    ) -> Result<()> {
        self.insert(source).await?;
        self.insert(first).await?;
        self.insert(state).await
    }

    /// Appends a version of a source's document and writes the source as it stands after it; who saw another version
    /// is refused with [`StoreError::Conflict`].
    pub async fn revise_source(&mut self, source: &Source, version: &SourceVersion) -> Result<()> {
        const SQL: &str = "UPDATE source SET title = $2, n = $3, retired = $4, updated_at = $5
            WHERE id = $1 AND n = $3 - 1";
        let written =
            run!(self, SQL, &source.id, &source.title, version.n, source.retired, source.updated_at)?;
        if written != 1 || source.n != version.n {
            return Err(StoreError::Conflict);
        }
        self.insert(version).await
    }

    /// A source.
    pub async fn source(&mut self, id: &SourceId) -> Result<Source> {
        maybe!(self, Source, "SELECT * FROM source WHERE id = $1", id)?.ok_or(StoreError::NotFound)
    }

    /// All sources, by id.
    pub async fn sources(&mut self) -> Result<Vec<Source>> {
        many!(self, Source, "SELECT * FROM source ORDER BY id")
    }

    /// The documents in force of all sources, by source.
    pub async fn source_documents(&mut self) -> Result<Vec<SourceVersion>> {
        const SQL: &str = "SELECT v.* FROM source s JOIN source_version v ON v.source = s.id AND v.n = s.n
            ORDER BY v.source";
        many!(self, SourceVersion, SQL)
    }

    /// All versions of a source's document, oldest first.
    pub async fn source_versions(&mut self, id: &SourceId) -> Result<Vec<SourceVersion>> {
        many!(self, SourceVersion, "SELECT * FROM source_version WHERE source = $1 ORDER BY n", id)
    }

    /// One version of a source's document.
    pub async fn source_version(&mut self, id: &SourceId, n: i64) -> Result<SourceVersion> {
        maybe!(self, SourceVersion, "SELECT * FROM source_version WHERE source = $1 AND n = $2", id, n)?
            .ok_or(StoreError::NotFound)
    }

    /// How a source does.
    pub async fn source_state(&mut self, id: &SourceId) -> Result<SourceState> {
        maybe!(self, SourceState, "SELECT * FROM source_state WHERE source = $1", id)?
            .ok_or(StoreError::NotFound)
    }

    /// How all sources do, by source.
    pub async fn source_states(&mut self) -> Result<Vec<SourceState>> {
        many!(self, SourceState, "SELECT * FROM source_state ORDER BY source")
    }

    /// Writes how a source does.
    pub async fn save_source_state(&mut self, state: &SourceState) -> Result<()> {
        const SQL: &str = "UPDATE source_state SET next_due_at = $2, paused = $3, pause_reason = $4,
                last_fetch_at = $5, last_poll_at = $6, last_new_content_at = $7, last_content = $8,
                standing_fetch = $9, etag = $10, last_modified = $11, failures = $12, wait_until = $13,
                last_error = $14, stale_since = $15, moved_to = $16, updated_at = $17
            WHERE source = $1";
        let written = run!(
            self,
            SQL,
            &state.source,
            state.next_due_at,
            state.paused,
            &state.pause_reason,
            state.last_fetch_at,
            state.last_poll_at,
            state.last_new_content_at,
            &state.last_content,
            state.standing_fetch,
            &state.etag,
            &state.last_modified,
            state.failures,
            state.wait_until,
            &state.last_error,
            state.stale_since,
            &state.moved_to,
            state.updated_at,
        )?;
        if written == 1 { Ok(()) } else { Err(StoreError::NotFound) }
    }

    /// Sources that are due and neither paused nor waiting, longest due first.
    pub async fn due_sources(&mut self, now: DateTime<Utc>, limit: i64) -> Result<Vec<SourceState>> {
        const SQL: &str = "SELECT * FROM source_state WHERE next_due_at <= $1 AND NOT paused
                AND (wait_until IS NULL OR wait_until <= $1)
            ORDER BY next_due_at, source LIMIT $2";
        many!(self, SourceState, SQL, now, limit)
    }

    /// Appends a fetch.
    pub async fn insert_fetch(&mut self, fetch: &Fetch) -> Result<()> {
        self.insert(fetch).await
    }

    /// A fetch.
    pub async fn fetch(&mut self, id: FetchId) -> Result<Fetch> {
        maybe!(self, Fetch, "SELECT * FROM source_fetch WHERE id = $1", id)?.ok_or(StoreError::NotFound)
    }

    /// The fetches of a source before an instant, newest first.
    pub async fn fetches_before(
        &mut self,
        source: &SourceId,
        before: DateTime<Utc>,
        limit: i64,
    ) -> Result<Vec<Fetch>> {
        const SQL: &str =
            "SELECT * FROM source_fetch WHERE source = $1 AND at < $2 ORDER BY at DESC LIMIT $3";
        many!(self, Fetch, SQL, source, before, limit)
    }

    /// The polls of a source in `[from, to]`, oldest first.
    pub async fn polls(
        &mut self,
        source: &SourceId,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<Fetch>> {
        const SQL: &str = "SELECT * FROM source_fetch WHERE source = $1 AND poll AND at >= $2 AND at <= $3
            ORDER BY at, id";
        many!(self, Fetch, SQL, source, from, to)
    }

    /// The fetches that brought or met a content, oldest first.
    pub async fn fetches_of_content(&mut self, content: Sha256) -> Result<Vec<Fetch>> {
        many!(self, Fetch, "SELECT * FROM source_fetch WHERE content = $1 ORDER BY at, id", &content)
    }

    /// What the gate remembers of a benchmark.
    pub async fn gate_memory(&mut self, benchmark: &BenchmarkId) -> Result<Option<GateMemory>> {
        maybe!(self, GateMemory, "SELECT * FROM gate_state WHERE benchmark = $1", benchmark)
    }

    /// What the gate remembers of a source's benchmarks.
    pub async fn gate_memories(&mut self, source: &SourceId) -> Result<Vec<GateMemory>> {
        many!(self, GateMemory, "SELECT * FROM gate_state WHERE source = $1 ORDER BY benchmark", source)
    }

    /// Memories whose quarantine or hold may end by itself by now.
    pub async fn due_gate_memories(&mut self, now: DateTime<Utc>) -> Result<Vec<GateMemory>> {
        many!(self, GateMemory, "SELECT * FROM gate_state WHERE next_change_at <= $1 ORDER BY benchmark", now)
    }

    /// Writes what the gate remembers.
    pub async fn save_gate_memory(&mut self, memory: &GateMemory) -> Result<()> {
        const SQL: &str = "INSERT INTO gate_state (benchmark, source, state, next_change_at, updated_at)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (benchmark) DO UPDATE SET state = excluded.state,
                next_change_at = excluded.next_change_at, updated_at = excluded.updated_at";
        run!(
            self,
            SQL,
            &memory.benchmark,
            &memory.source,
            &memory.state,
            memory.next_change_at,
            memory.updated_at
        )?;
        Ok(())
    }
}

impl Tx {
    /// Whether a source brought new content in `[from, to)`, held back or not.
    pub async fn new_content_between(
        &mut self,
        source: &SourceId,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<bool> {
        const SQL: &str = "SELECT count(*) FROM snapshot_table
            WHERE source = $1 AND observed_at >= $2 AND observed_at < $3";
        Ok(crate::sql::scalar!(self, i64, SQL, source, from, to)?.unwrap_or(0) > 0)
    }
}
