//! Rows of tables as extraction read them, and rows that are held.

use bellwether_core::{
    actor::Actor,
    benchmark::{BenchmarkId, Direction},
    ids::FetchId,
    openness::Openness,
};
use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    JsonText, Result, StoreError, Tx,
    sql::{many, on, run},
    table::{reading, table},
    value::Fit as _,
};

table! {
    /// One row of a table.
    "observation" => pub struct Observation {
        /// The fetch that brought the table.
        pub fetch_id: FetchId,
        /// The benchmark.
        pub benchmark: BenchmarkId,
        /// The row's place in the file, from 0.
        pub position: i64,
        /// Identity of the row.
        pub row_key: String,
        /// The model as the source writes it.
        pub model: String,
        /// The score, exact.
        pub score: Option<String>,
        /// The score for sorting only.
        pub score_real: Option<f64>,
        /// The source's own date.
        pub as_of: Option<NaiveDate>,
        /// The judgement on the model's weights.
        pub openness: Openness,
        /// The registry's id of the model.
        pub registry_model: Option<String>,
        /// Integrity flags.
        pub flags: JsonText,
        /// The whole row.
        pub row_json: JsonText,
    }
}

reading! {
    /// A row's score in one table after another.
    pub struct RowPoint {
        /// When the table was fetched.
        pub observed_at: DateTime<Utc>,
        /// The fetch.
        pub fetch_id: FetchId,
        /// From when on the table decides.
        pub trusted_at: Option<DateTime<Utc>>,
        /// The score, exact.
        pub score: Option<String>,
        /// The judgement on the model's weights.
        pub openness: Openness,
    }
}

reading! {
    /// A row's name.
    pub struct RowName {
        /// Identity of the row.
        pub row_key: String,
        /// The model as the source writes it.
        pub model: String,
    }
}

table! {
    /// A row that jumped: shown, and not used, until it has stood or a person releases it.
    "row_hold" => pub struct RowHold {
        /// The fetch that brought it.
        pub fetch_id: FetchId,
        /// The benchmark.
        pub benchmark: BenchmarkId,
        /// The row.
        pub row_key: String,
        /// Why it is held.
        pub reason: String,
        /// The score it had, exact; absent for a new row.
        pub was: Option<String>,
        /// The score it has.
        pub score: Option<String>,
        /// Since when.
        pub held_at: DateTime<Utc>,
        /// When it was let go.
        pub released_at: Option<DateTime<Utc>>,
        /// By whom.
        pub released_by: Option<Actor>,
        /// Why.
        pub release_reason: Option<String>,
    }
}

impl Tx {
    /// Writes the rows of tables.
    pub async fn insert_observations(&mut self, rows: &[Observation]) -> Result<()> {
        self.insert_all(rows).await
    }

    /// A table's rows in the file's order.
    pub async fn observations(
        &mut self,
        fetch: FetchId,
        benchmark: &BenchmarkId,
    ) -> Result<Vec<Observation>> {
        const SQL: &str =
            "SELECT * FROM observation WHERE fetch_id = $1 AND benchmark = $2 ORDER BY position";
        many!(self, Observation, SQL, fetch, benchmark)
    }

    /// The keys and models of a table's rows that have a score, in the file's order.
    pub async fn scored_rows(&mut self, fetch: FetchId, benchmark: &BenchmarkId) -> Result<Vec<RowName>> {
        const SQL: &str = "SELECT row_key, model FROM observation
            WHERE fetch_id = $1 AND benchmark = $2 AND score IS NOT NULL ORDER BY position";
        many!(self, RowName, SQL, fetch, benchmark)
    }

    /// The rows of several tables, by fetch, benchmark and place.
    pub async fn observations_of(&mut self, tables: &[(FetchId, BenchmarkId)]) -> Result<Vec<Observation>> {
        if tables.is_empty() {
            return Ok(Vec::new());
        }
        on!(self, c => {
            let mut q = sqlx::QueryBuilder::new("SELECT * FROM observation WHERE (fetch_id, benchmark) IN (VALUES ");
            for (i, (fetch, benchmark)) in tables.iter().enumerate() {
                q.push(if i == 0 { "(" } else { ", (" });
                q.push_bind(fetch.fit()?).push(", ").push_bind(benchmark.fit()?).push(")");
            }
            q.push(") ORDER BY fetch_id, benchmark, position");
            q.build_query_as::<Observation>().fetch_all(c).await
        })
        .map_err(StoreError::reading("observation"))
    }

    /// The best rows of a table with one openness, best first; rows without a score are left out.
    pub async fn best_observations(
        &mut self,
        fetch: FetchId,
        benchmark: &BenchmarkId,
        openness: Openness,
        direction: Direction,
        limit: i64,
    ) -> Result<Vec<Observation>> {
        const HIGHER: &str =
            "SELECT * FROM observation WHERE fetch_id = $1 AND benchmark = $2 AND openness = $3
                AND score_real IS NOT NULL
            ORDER BY score_real DESC, position LIMIT $4";
        const LOWER: &str =
            "SELECT * FROM observation WHERE fetch_id = $1 AND benchmark = $2 AND openness = $3
                AND score_real IS NOT NULL
            ORDER BY score_real, position LIMIT $4";
        let sql = match direction {
            Direction::Higher => HIGHER,
            Direction::Lower => LOWER,
        };
        many!(self, Observation, sql, fetch, benchmark, &openness, limit)
    }

    /// A row through all tables of its benchmark, oldest first.
    pub async fn row_history(&mut self, benchmark: &BenchmarkId, row_key: &str) -> Result<Vec<RowPoint>> {
        const SQL: &str = "SELECT t.observed_at, t.fetch_id, t.trusted_at, o.score, o.openness
            FROM observation o JOIN snapshot_table t ON t.fetch_id = o.fetch_id AND t.benchmark = o.benchmark
            WHERE o.benchmark = $1 AND o.row_key = $2 ORDER BY t.observed_at, t.fetch_id";
        many!(self, RowPoint, SQL, benchmark, row_key)
    }

    /// Writes rows that are held from now on; one that is held already stays as it is.
    pub async fn hold_rows(&mut self, holds: &[RowHold]) -> Result<()> {
        const SQL: &str = "INSERT INTO row_hold (fetch_id, benchmark, row_key, reason, was, score, held_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (fetch_id, benchmark, row_key) DO NOTHING";
        for h in holds {
            run!(self, SQL, h.fetch_id, &h.benchmark, &h.row_key, &h.reason, &h.was, &h.score, h.held_at)?;
        }
        Ok(())
    }

    /// Rows that are held now, of one benchmark or of all, newest first.
    pub async fn held_rows(&mut self, benchmark: Option<&BenchmarkId>) -> Result<Vec<RowHold>> {
        const ALL: &str =
            "SELECT * FROM row_hold WHERE released_at IS NULL ORDER BY held_at DESC, benchmark, row_key";
        const ONE: &str = "SELECT * FROM row_hold WHERE released_at IS NULL AND benchmark = $1
            ORDER BY held_at DESC, row_key";
        match benchmark {
            None => many!(self, RowHold, ALL),
            Some(benchmark) => many!(self, RowHold, ONE, benchmark),
        }
    }

    /// All rows that were ever held in a table.
    pub async fn holds_of_table(&mut self, fetch: FetchId, benchmark: &BenchmarkId) -> Result<Vec<RowHold>> {
        const SQL: &str = "SELECT * FROM row_hold WHERE fetch_id = $1 AND benchmark = $2 ORDER BY row_key";
        many!(self, RowHold, SQL, fetch, benchmark)
    }

    /// Lets a row of a benchmark go, in all tables where it is held; whether there was any.
    pub async fn release_row(
        &mut self,
        benchmark: &BenchmarkId,
        row_key: &str,
        actor: &Actor,
        reason: &str,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        const SQL: &str = "UPDATE row_hold SET released_at = $3, released_by = $4, release_reason = $5
            WHERE benchmark = $1 AND row_key = $2 AND released_at IS NULL";
        Ok(run!(self, SQL, benchmark, row_key, at, actor, reason)? > 0)
    }
}
