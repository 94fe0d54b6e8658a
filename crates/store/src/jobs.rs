//! Jobs: each due run is done once, by one of several servers, also after one of them died.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    Result, Tx, Word,
    sql::{many, maybe, run},
    table::table,
};

table! {
    /// One due run of a job.
    "job_run" => pub struct JobRun {
        /// The job.
        pub job: String,
        /// When it was due; with the job it names the run.
        pub scheduled_for: DateTime<Utc>,
        /// Who runs it: made afresh for each attempt.
        pub token: Uuid,
        /// Until when nobody else may take it over.
        pub lease_until: DateTime<Utc>,
        /// How often it was begun.
        pub attempts: i64,
        /// When its last attempt began.
        pub started_at: DateTime<Utc>,
        /// When it ended.
        pub finished_at: Option<DateTime<Utc>>,
        /// How.
        pub outcome: Option<Word>,
        /// In words.
        pub detail: Option<String>,
    }
}

impl Tx {
    /// Takes a due run: whether it is ours. It is refused while somebody else's lease lasts and once it is finished.
    pub async fn take_run(
        &mut self,
        job: &str,
        scheduled_for: DateTime<Utc>,
        token: Uuid,
        now: DateTime<Utc>,
        lease_until: DateTime<Utc>,
    ) -> Result<bool> {
        const SQL: &str = "INSERT INTO job_run (job, scheduled_for, token, lease_until, attempts, started_at)
            VALUES ($1, $2, $3, $5, 1, $4)
            ON CONFLICT (job, scheduled_for) DO UPDATE SET token = excluded.token,
                lease_until = excluded.lease_until, attempts = job_run.attempts + 1,
                started_at = excluded.started_at
            WHERE job_run.finished_at IS NULL AND job_run.lease_until <= excluded.started_at";
        Ok(run!(self, SQL, job, scheduled_for, token, now, lease_until)? == 1)
    }

    /// Goes on with a run that takes longer; false when somebody else has taken it over.
    pub async fn extend_run(
        &mut self,
        job: &str,
        scheduled_for: DateTime<Utc>,
        token: Uuid,
        lease_until: DateTime<Utc>,
    ) -> Result<bool> {
        const SQL: &str = "UPDATE job_run SET lease_until = $4
            WHERE job = $1 AND scheduled_for = $2 AND token = $3 AND finished_at IS NULL";
        Ok(run!(self, SQL, job, scheduled_for, token, lease_until)? == 1)
    }

    /// Ends a run; false when somebody else has taken it over, and then its work must not be committed.
    pub async fn finish_run(
        &mut self,
        job: &str,
        scheduled_for: DateTime<Utc>,
        token: Uuid,
        at: DateTime<Utc>,
        outcome: &Word,
        detail: Option<&str>,
    ) -> Result<bool> {
        const SQL: &str = "UPDATE job_run SET finished_at = $4, outcome = $5, detail = $6
            WHERE job = $1 AND scheduled_for = $2 AND token = $3 AND finished_at IS NULL";
        Ok(run!(self, SQL, job, scheduled_for, token, at, outcome, detail)? == 1)
    }

    /// The last run of a job by the time it was due.
    pub async fn last_run(&mut self, job: &str) -> Result<Option<JobRun>> {
        const SQL: &str = "SELECT * FROM job_run WHERE job = $1 ORDER BY scheduled_for DESC LIMIT 1";
        maybe!(self, JobRun, SQL, job)
    }

    /// Runs that were begun and whose lease is over: their server died.
    pub async fn lost_runs(&mut self, now: DateTime<Utc>) -> Result<Vec<JobRun>> {
        const SQL: &str = "SELECT * FROM job_run WHERE finished_at IS NULL AND lease_until <= $1
            ORDER BY lease_until, job";
        many!(self, JobRun, SQL, now)
    }

    /// Forgets runs that ended before an instant; how many.
    pub async fn forget_runs(&mut self, before: DateTime<Utc>) -> Result<u64> {
        run!(self, "DELETE FROM job_run WHERE finished_at < $1", before)
    }

    /// Takes or keeps a lease: whether it is the holder's now.
    pub async fn take_lease(
        &mut self,
        name: &str,
        holder: Uuid,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<bool> {
        const SQL: &str = "INSERT INTO lease (name, holder, until) VALUES ($1, $2, $4)
            ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
            WHERE lease.holder = excluded.holder OR lease.until <= $3";
        Ok(run!(self, SQL, name, holder, now, until)? == 1)
    }

    /// Gives a lease back early.
    pub async fn drop_lease(&mut self, name: &str, holder: Uuid) -> Result<()> {
        run!(self, "DELETE FROM lease WHERE name = $1 AND holder = $2", name, holder)?;
        Ok(())
    }
}
