//! How far readers have seen the events, and replies kept for requests that may be sent twice.

use bellwether_core::ids::Sha256;
use chrono::{DateTime, Utc};

use crate::{
    JsonText, Result, Tx,
    sql::{maybe, run},
    table::{reading, table},
};

reading! {
    /// A reader's last visit.
    pub struct Visit {
        /// When.
        pub at: DateTime<Utc>,
        /// The last event there was.
        pub seq: i64,
    }
}

table! {
    /// A request's key and, once there is one, its reply.
    "idempotency_key" => pub struct KeptReply {
        /// The key as the caller chose it, with the route it belongs to.
        pub key: String,
        /// Digest of the request.
        pub request_sha256: Sha256,
        /// When it came first.
        pub at: DateTime<Utc>,
        /// The reply; absent while the first request is at work.
        pub reply: Option<JsonText>,
        /// When its change was made; absent when none was.
        pub took_effect_at: Option<DateTime<Utc>>,
    }
}

impl Tx {
    /// A reader's last visit.
    pub async fn visit(&mut self, visitor: &str) -> Result<Option<Visit>> {
        maybe!(self, Visit, "SELECT at, seq FROM visit WHERE visitor = $1", visitor)
    }

    /// Notes that a reader has seen everything up to an event.
    pub async fn set_visit(&mut self, visitor: &str, at: DateTime<Utc>, seq: i64) -> Result<()> {
        const SQL: &str = "INSERT INTO visit (visitor, at, seq) VALUES ($1, $2, $3)
            ON CONFLICT (visitor) DO UPDATE SET at = excluded.at, seq = excluded.seq";
        run!(self, SQL, visitor, at, seq)?;
        Ok(())
    }

    /// Takes a request's key. `None`: it is new and now taken. Else what is kept under it, for the caller to compare
    /// the digest and repeat the reply.
    pub async fn take_key(
        &mut self,
        key: &str,
        request: Sha256,
        at: DateTime<Utc>,
    ) -> Result<Option<KeptReply>> {
        const INSERT: &str = "INSERT INTO idempotency_key (key, request_sha256, at) VALUES ($1, $2, $3)
            ON CONFLICT (key) DO NOTHING";
        if run!(self, INSERT, key, &request, at)? == 1 {
            return Ok(None);
        }
        maybe!(self, KeptReply, "SELECT * FROM idempotency_key WHERE key = $1", key)
    }

    /// Notes that a request's change is made: in the same transaction, so that one is never stored without the other.
    pub async fn note_effect(&mut self, key: &str, at: DateTime<Utc>) -> Result<()> {
        run!(self, "UPDATE idempotency_key SET took_effect_at = $2 WHERE key = $1", key, at)?;
        Ok(())
    }

    /// Takes over a key whose request was taken up at `until` or before and changed nothing; whether it did.
    pub async fn retake_key(&mut self, key: &str, until: DateTime<Utc>, at: DateTime<Utc>) -> Result<bool> {
        const SQL: &str = "UPDATE idempotency_key SET at = $3
            WHERE key = $1 AND reply IS NULL AND took_effect_at IS NULL AND at <= $2";
        Ok(run!(self, SQL, key, until, at)? == 1)
    }

    /// Keeps the reply of a request whose key was taken.
    pub async fn keep_reply(&mut self, key: &str, reply: &JsonText) -> Result<()> {
        run!(self, "UPDATE idempotency_key SET reply = $2 WHERE key = $1", key, reply)?;
        Ok(())
    }

    /// Frees a key whose request failed, so that it may be tried again.
    pub async fn free_key(&mut self, key: &str) -> Result<()> {
        run!(self, "DELETE FROM idempotency_key WHERE key = $1 AND reply IS NULL", key)?;
        Ok(())
    }

    /// Forgets keys that came before an instant; how many.
    pub async fn forget_keys(&mut self, before: DateTime<Utc>) -> Result<u64> {
        run!(self, "DELETE FROM idempotency_key WHERE at < $1", before)
    }
}
