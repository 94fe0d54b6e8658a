//! Requests that may be sent twice: the first one's reply is kept under its key and given to the others.
//!
//! The change notes its key in its own transaction. So after a crash it is known whether the change was made: if not,
//! the request is done again; if so, it never is.

use bellwether_core::ids::Sha256;
use bellwether_store::{Engine as Kind, JsonText, Tx};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::{Engine, Result};

tokio::task_local! {
    /// The key of the request that this task does.
    static KEY: Option<String>;
}

/// Whose turn a request with a key is.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    /// It is the first: do it within [`under`], then call [`Engine::finish_once`].
    First,
    /// It was done: this is the reply.
    Repeat(Value),
    /// The key was used for another request.
    Different,
    /// The first one has not ended.
    AtWork,
    /// The first one made its change at this instant, and was cut off before its reply was kept.
    Unanswered(DateTime<Utc>),
}

/// Does a request's work under its key.
pub async fn under<F: Future>(key: String, work: F) -> F::Output {
    KEY.scope(Some(key), work).await
}

/// Does a part of a request's work that can be done again without harm: it does not count as the request's change.
pub async fn beside<F: Future>(work: F) -> F::Output {
    KEY.scope(None, work).await
}

/// The key of the request that this task does, if it has one.
pub(crate) fn key() -> Option<String> {
    KEY.try_with(Clone::clone).ok().flatten()
}

/// Notes in a change's transaction under which key it is made.
pub(crate) async fn note(tx: &mut Tx, at: DateTime<Utc>) -> Result<()> {
    if let Some(key) = key() {
        tx.note_effect(&key, at).await?;
    }
    Ok(())
}

impl Engine {
    /// How long a reply is kept.
    pub const KEPT: TimeDelta = TimeDelta::days(1);
    /// After so long a request that another server took up, and that changed nothing, has been cut off.
    const AT_WORK: TimeDelta = TimeDelta::minutes(2);

    /// Takes a key for a request with this digest, or tells what became of the request that took it. Callers in one
    /// process take turns: none asks for a key while another works under it.
    pub async fn begin_once(&self, key: &str, request: Sha256) -> Result<Turn> {
        let now = self.now();
        let mut tx = self.db().write().await?;
        tx.forget_keys(now - Self::KEPT).await?;
        let turn = match tx.take_key(key, request, now).await? {
            None => Turn::First,
            Some(kept) if kept.request_sha256 != request => Turn::Different,
            Some(kept) => match (kept.reply, kept.took_effect_at) {
                (Some(reply), _) => Turn::Repeat(reply.read()?),
                (None, Some(at)) => Turn::Unanswered(at),
                (None, None) => {
                    // On SQLite there is one server, so nobody is at work; with PostgreSQL another one may be.
                    let until = match self.db().engine() {
                        Kind::Sqlite => kept.at,
                        Kind::Postgres => now - Self::AT_WORK,
                    };
                    if tx.retake_key(key, until, now).await? { Turn::First } else { Turn::AtWork }
                }
            },
        };
        tx.commit().await?;
        Ok(turn)
    }

    /// Keeps the reply of a request that was done, or frees the key of one that was refused.
    pub async fn finish_once(&self, key: &str, reply: Option<&Value>) -> Result<()> {
        let mut tx = self.db().write().await?;
        match reply {
            Some(reply) => tx.keep_reply(key, &JsonText::of(reply)?).await?,
            None => tx.free_key(key).await?,
        }
        tx.commit().await?;
        Ok(())
    }
}
