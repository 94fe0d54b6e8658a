//! Snapshots: bytes by their digest, the tables read from them, and pages kept as proof.

use bellwether_core::{
    actor::Actor,
    benchmark::BenchmarkId,
    ids::{FetchId, Sha256, SourceId},
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    JsonText, Result, StoreError, Tx, Word,
    sql::{many, many_in, maybe, on, run, scalar},
    table::{reading, table},
    value::Fit as _,
};

table! {
    /// Bytes that were fetched, compressed, named by the digest of what was fetched.
    "snapshot" => pub struct Snapshot {
        /// Digest of the bytes before compression.
        pub sha256: Sha256,
        /// The bytes, compressed by zstd.
        pub zstd: Vec<u8>,
        /// Their number before compression.
        pub size: i64,
        /// Their type, as the server said.
        pub mime: Option<String>,
        /// When they came first.
        pub stored_at: DateTime<Utc>,
    }
}

reading! {
    /// A snapshot without its bytes.
    pub struct SnapshotInfo {
        /// Digest of the bytes before compression.
        pub sha256: Sha256,
        /// Their number before compression.
        pub size: i64,
        /// Their type, as the server said.
        pub mime: Option<String>,
        /// When they came first.
        pub stored_at: DateTime<Utc>,
    }
}

table! {
    /// One benchmark's table in a fetch that brought new content, and what the gate said of it.
    "snapshot_table" => pub struct SnapshotTable {
        /// The fetch.
        pub fetch_id: FetchId,
        /// The benchmark.
        pub benchmark: BenchmarkId,
        /// Its source.
        pub source: SourceId,
        /// Digest of the content.
        pub content: Sha256,
        /// When it was fetched.
        pub observed_at: DateTime<Utc>,
        /// The publisher's version of the benchmark.
        pub version: Option<String>,
        /// What the gate says: trusted, unfit, shrunk, changed, not there yet.
        pub verdict: Word,
        /// Why it is held back.
        pub reason: Option<String>,
        /// From when on it decides; absent while it is held back.
        pub trusted_at: Option<DateTime<Utc>>,
        /// How many rows it has.
        pub rows: i64,
        /// What the rows mean.
        pub spec: JsonText,
        /// What was counted and found in it.
        pub figures: JsonText,
        /// Who accepted it although it was held back.
        pub released_by: Option<Actor>,
        /// When.
        pub released_at: Option<DateTime<Utc>>,
        /// Why.
        pub release_reason: Option<String>,
        /// The last write.
        pub updated_at: DateTime<Utc>,
    }
}

table! {
    /// A page or file kept as proof.
    "link_snapshot" => pub struct LinkSnapshot {
        /// Identity.
        pub id: Uuid,
        /// The address as it was pasted.
        pub url: String,
        /// The address that answered.
        pub final_url: String,
        /// Status of the answer.
        pub status: i64,
        /// The bytes, where they were kept.
        pub sha256: Option<Sha256>,
        /// Their type.
        pub mime: Option<String>,
        /// Title, publisher, date and excerpt, as read.
        pub reading: JsonText,
        /// Who asked.
        pub actor: Actor,
        /// When.
        pub at: DateTime<Utc>,
    }
}

/// Which tables are asked for the newest among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Newest {
    /// Those that the gate trusts.
    Trusted,
    /// All.
    Any,
}

impl Tx {
    /// Keeps bytes; whether they are new.
    pub async fn keep_snapshot(&mut self, snapshot: &Snapshot) -> Result<bool> {
        const SQL: &str =
            "INSERT INTO snapshot (sha256, zstd, size, mime, stored_at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (sha256) DO NOTHING";
        let s = snapshot;
        Ok(run!(self, SQL, &s.sha256, &s.zstd, s.size, &s.mime, s.stored_at)? == 1)
    }

    /// Bytes by their digest.
    pub async fn snapshot(&mut self, sha256: Sha256) -> Result<Snapshot> {
        maybe!(self, Snapshot, "SELECT * FROM snapshot WHERE sha256 = $1", &sha256)?
            .ok_or(StoreError::NotFound)
    }

    /// What is known of some snapshots, without their bytes.
    pub async fn snapshot_infos(&mut self, digests: &[Sha256]) -> Result<Vec<SnapshotInfo>> {
        if digests.is_empty() {
            return Ok(Vec::new());
        }
        let head = "SELECT sha256, size, mime, stored_at FROM snapshot WHERE sha256 IN (";
        many_in!(self, SnapshotInfo, head, digests, ")")
    }

    /// Writes a table that was read from new content.
    pub async fn insert_snapshot_table(&mut self, table: &SnapshotTable) -> Result<()> {
        self.insert(table).await
    }

    /// A table.
    pub async fn snapshot_table(&mut self, fetch: FetchId, benchmark: &BenchmarkId) -> Result<SnapshotTable> {
        const SQL: &str = "SELECT * FROM snapshot_table WHERE fetch_id = $1 AND benchmark = $2";
        maybe!(self, SnapshotTable, SQL, fetch, benchmark)?.ok_or(StoreError::NotFound)
    }

    /// The tables of a fetch, by benchmark.
    pub async fn tables_of_fetch(&mut self, fetch: FetchId) -> Result<Vec<SnapshotTable>> {
        many!(
            self,
            SnapshotTable,
            "SELECT * FROM snapshot_table WHERE fetch_id = $1 ORDER BY benchmark",
            fetch
        )
    }

    /// Writes what the gate says of a table by now. What was read from the bytes does not change.
    pub async fn judge_table(&mut self, table: &SnapshotTable) -> Result<()> {
        const SQL: &str =
            "UPDATE snapshot_table SET verdict = $3, reason = $4, trusted_at = $5, figures = $6,
                released_by = $7, released_at = $8, release_reason = $9, updated_at = $10
            WHERE fetch_id = $1 AND benchmark = $2";
        let written = run!(
            self,
            SQL,
            table.fetch_id,
            &table.benchmark,
            &table.verdict,
            &table.reason,
            table.trusted_at,
            &table.figures,
            &table.released_by,
            table.released_at,
            &table.release_reason,
            table.updated_at,
        )?;
        if written == 1 { Ok(()) } else { Err(StoreError::NotFound) }
    }

    /// A benchmark's tables observed in `[from, to]`, whatever the gate says, oldest first.
    pub async fn tables_of_benchmark(
        &mut self,
        benchmark: &BenchmarkId,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<SnapshotTable>> {
        const SQL: &str = "SELECT * FROM snapshot_table
            WHERE benchmark = $1 AND observed_at >= $2 AND observed_at <= $3 ORDER BY observed_at, fetch_id";
        many!(self, SnapshotTable, SQL, benchmark, from, to)
    }

    /// For each benchmark the newest table that was observed and trusted by an instant: what stands then.
    pub async fn standing_tables(
        &mut self,
        benchmarks: &[BenchmarkId],
        at: DateTime<Utc>,
    ) -> Result<Vec<SnapshotTable>> {
        self.newest_of(benchmarks, at, Newest::Trusted).await
    }

    /// For each benchmark that has any, its newest table observed by an instant, whatever the gate says.
    pub async fn newest_tables(&mut self, at: DateTime<Utc>) -> Result<Vec<SnapshotTable>> {
        const SQL: &str = "SELECT s.* FROM snapshot_table s
                JOIN (SELECT benchmark, max(observed_at) AS newest FROM snapshot_table
                    WHERE observed_at <= $1 GROUP BY benchmark) n
                ON n.benchmark = s.benchmark AND n.newest = s.observed_at
            ORDER BY s.benchmark";
        many!(self, SnapshotTable, SQL, at)
    }

    /// The newest table of each of some benchmarks observed by an instant, whatever the gate says.
    pub async fn newest_tables_of(
        &mut self,
        benchmarks: &[BenchmarkId],
        at: DateTime<Utc>,
    ) -> Result<Vec<SnapshotTable>> {
        self.newest_of(benchmarks, at, Newest::Any).await
    }

    async fn newest_of(
        &mut self,
        benchmarks: &[BenchmarkId],
        at: DateTime<Utc>,
        newest: Newest,
    ) -> Result<Vec<SnapshotTable>> {
        if benchmarks.is_empty() {
            return Ok(Vec::new());
        }
        on!(self, c => {
            let mut q = sqlx::QueryBuilder::new("SELECT s.* FROM snapshot_table s WHERE s.benchmark IN (");
            let mut list = q.separated(", ");
            for benchmark in benchmarks {
                list.push_bind(benchmark.fit()?);
            }
            q.push(")");
            if newest == Newest::Trusted {
                q.push(" AND s.trusted_at IS NOT NULL");
            }
            q.push(
                " AND s.observed_at = (SELECT max(x.observed_at) FROM snapshot_table x
                    WHERE x.benchmark = s.benchmark AND x.observed_at <= ",
            )
            .push_bind(at.fit()?);
            if newest == Newest::Trusted {
                q.push(" AND x.trusted_at <= ").push_bind(at.fit()?);
            }
            q.push(") ORDER BY s.benchmark");
            q.build_query_as::<SnapshotTable>().fetch_all(c).await
        })
        .map_err(StoreError::reading("snapshot_table"))
    }

    /// A source's tables before an instant, newest first.
    pub async fn tables_of_source_before(
        &mut self,
        source: &SourceId,
        before: DateTime<Utc>,
        limit: i64,
    ) -> Result<Vec<SnapshotTable>> {
        const SQL: &str = "SELECT * FROM snapshot_table WHERE source = $1 AND observed_at < $2
            ORDER BY observed_at DESC, benchmark LIMIT $3";
        many!(self, SnapshotTable, SQL, source, before, limit)
    }

    /// Tables with one of the gate's verdicts, newest first.
    pub async fn tables_with_verdict(&mut self, verdicts: &[Word], limit: i64) -> Result<Vec<SnapshotTable>> {
        if verdicts.is_empty() {
            return Ok(Vec::new());
        }
        let tail = format!(") ORDER BY observed_at DESC, benchmark LIMIT {limit}");
        many_in!(self, SnapshotTable, "SELECT * FROM snapshot_table WHERE verdict IN (", verdicts, tail)
    }

    /// All benchmarks that were ever read, by id.
    pub async fn benchmarks(&mut self) -> Result<Vec<BenchmarkId>> {
        let all = many!(self, Benchmark, "SELECT DISTINCT benchmark FROM snapshot_table ORDER BY benchmark")?;
        Ok(all.into_iter().map(|row| row.benchmark).collect())
    }

    /// Keeps a page as proof.
    pub async fn insert_link_snapshot(&mut self, link: &LinkSnapshot) -> Result<()> {
        self.insert(link).await
    }

    /// A page kept as proof.
    pub async fn link_snapshot(&mut self, id: Uuid) -> Result<LinkSnapshot> {
        maybe!(self, LinkSnapshot, "SELECT * FROM link_snapshot WHERE id = $1", id)?
            .ok_or(StoreError::NotFound)
    }

    /// Some pages kept as proof.
    pub async fn link_snapshots(&mut self, ids: &[Uuid]) -> Result<Vec<LinkSnapshot>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        many_in!(self, LinkSnapshot, "SELECT * FROM link_snapshot WHERE id IN (", ids, ")")
    }

    /// The last reading of an address since an instant, so that a preview is not fetched twice.
    pub async fn link_snapshot_of(
        &mut self,
        url: &str,
        since: DateTime<Utc>,
    ) -> Result<Option<LinkSnapshot>> {
        const SQL: &str = "SELECT * FROM link_snapshot WHERE url = $1 AND at >= $2 ORDER BY at DESC LIMIT 1";
        maybe!(self, LinkSnapshot, SQL, url, since)
    }

    /// Bytes kept altogether, compressed.
    pub async fn snapshot_bytes(&mut self) -> Result<i64> {
        const SQL: &str = "SELECT CAST(coalesce(sum(length(zstd)), 0) AS BIGINT) FROM snapshot";
        Ok(scalar!(self, i64, SQL)?.unwrap_or(0))
    }
}

reading! {
    struct Benchmark {
        pub benchmark: BenchmarkId,
    }
}
