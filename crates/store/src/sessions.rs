//! Who is signed in.

use bellwether_core::ids::{AccountId, Sha256};
use chrono::{DateTime, Utc};

use crate::{
    Result, Tx,
    sql::{many, maybe, run},
    table::table,
};

table! {
    /// A session. Its secret is only in the browser; the digest is here.
    "session" => pub struct Session {
        /// Digest of the secret.
        pub hash: Sha256,
        /// Whose.
        pub account: AccountId,
        /// When they signed in.
        pub created_at: DateTime<Utc>,
        /// When it was last used, to within some minutes.
        pub seen_at: DateTime<Utc>,
        /// When it ends however much it is used.
        pub ends_at: DateTime<Utc>,
        /// When it was ended.
        pub ended_at: Option<DateTime<Utc>>,
    }
}

impl Tx {
    /// Begins a session.
    pub async fn insert_session(&mut self, session: &Session) -> Result<()> {
        self.insert(session).await
    }

    /// The session of a secret's digest, whether it still stands or not.
    pub async fn session(&mut self, hash: Sha256) -> Result<Option<Session>> {
        maybe!(self, Session, "SELECT * FROM session WHERE hash = $1", &hash)
    }

    /// An account's sessions that were not ended, newest first.
    pub async fn sessions(&mut self, account: AccountId) -> Result<Vec<Session>> {
        const SQL: &str =
            "SELECT * FROM session WHERE account = $1 AND ended_at IS NULL ORDER BY created_at DESC, hash";
        many!(self, Session, SQL, account)
    }

    /// Notes that a session was used.
    pub async fn touch_session(&mut self, hash: Sha256, at: DateTime<Utc>) -> Result<()> {
        run!(self, "UPDATE session SET seen_at = $2 WHERE hash = $1", &hash, at)?;
        Ok(())
    }

    /// Ends a session.
    pub async fn end_session(&mut self, hash: Sha256, at: DateTime<Utc>) -> Result<()> {
        run!(self, "UPDATE session SET ended_at = $2 WHERE hash = $1 AND ended_at IS NULL", &hash, at)?;
        Ok(())
    }

    /// Ends all sessions of an account; how many.
    pub async fn end_sessions(&mut self, account: AccountId, at: DateTime<Utc>) -> Result<u64> {
        const SQL: &str = "UPDATE session SET ended_at = $2 WHERE account = $1 AND ended_at IS NULL";
        run!(self, SQL, account, at)
    }

    /// Forgets sessions that ended, or ran out, before an instant; how many.
    pub async fn forget_sessions(&mut self, before: DateTime<Utc>) -> Result<u64> {
        run!(self, "DELETE FROM session WHERE ends_at < $1 OR ended_at < $1", before)
    }
}
