//! Requests that may be sent twice: the first one's reply is kept under its key and given to the others.

use bellwether_core::ids::Sha256;
use bellwether_store::JsonText;
use chrono::TimeDelta;
use serde_json::Value;

use crate::{Engine, Result};

/// Whose turn a request with a key is.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    /// It is the first: do it, then call [`Engine::finish_once`].
    First,
    /// It was done: this is the reply.
    Repeat(Value),
    /// The key was used for another request.
    Different,
    /// The first one has not ended, or its server stopped in the middle.
    AtWork,
}

impl Engine {
    /// How long a reply is kept.
    pub const KEPT: TimeDelta = TimeDelta::days(1);

    /// Takes a key for a request with this digest, or tells what became of the request that took it.
    pub async fn begin_once(&self, key: &str, request: Sha256) -> Result<Turn> {
        let now = self.now();
        let mut tx = self.write().await?;
        tx.forget_keys(now - Self::KEPT).await?;
        let taken = tx.take_key(key, request, now).await?;
        tx.commit().await?;
        Ok(match taken {
            None => Turn::First,
            Some(kept) if kept.request_sha256 != request => Turn::Different,
            Some(kept) => match kept.reply {
                Some(reply) => Turn::Repeat(reply.read()?),
                None => Turn::AtWork,
            },
        })
    }

    /// Keeps the reply of a request that was done, or frees the key of one that was refused.
    pub async fn finish_once(&self, key: &str, reply: Option<&Value>) -> Result<()> {
        let mut tx = self.write().await?;
        match reply {
            Some(reply) => tx.keep_reply(key, &JsonText::of(reply)?).await?,
            None => tx.free_key(key).await?,
        }
        tx.commit().await?;
        Ok(())
    }
}
