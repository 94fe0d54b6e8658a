//! The inbox: what someone was told, in the pages themselves.

use bellwether_core::{actor::Actor, alert::Message, ids::MessageId};
use chrono::{DateTime, Utc};

use crate::{Engine, EngineError, Result};

/// A page of an inbox.
#[derive(Clone, Debug, PartialEq)]
pub struct Inbox {
    /// The messages, newest first.
    pub messages: Vec<InboxMessage>,
    /// How many are unread, on all pages together.
    pub unread: u64,
    /// Where the next page begins.
    pub next: Option<(DateTime<Utc>, MessageId)>,
}

/// A message in an inbox.
#[derive(Clone, Debug, PartialEq)]
pub struct InboxMessage {
    /// Identity.
    pub id: MessageId,
    /// What it tells.
    pub message: Message,
    /// When it was read.
    pub read_at: Option<DateTime<Utc>>,
}

impl Engine {
    /// What someone was told, newest first, after a cursor.
    pub async fn inbox(
        &self,
        owner: &Actor,
        after: Option<(DateTime<Utc>, MessageId)>,
        limit: u32,
    ) -> Result<Inbox> {
        let mut tx = self.read().await?;
        let limit = limit.clamp(1, 200);
        let mut rows = tx.inbox(owner, after, i64::from(limit) + 1).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(|row| (row.at, row.id));
        let unread = u64::try_from(tx.unread(owner).await?).unwrap_or(0);
        let messages = rows
            .into_iter()
            .map(|row| Ok(InboxMessage { id: row.id, message: row.body.read()?, read_at: row.read_at }))
            .collect::<Result<_>>()?;
        Ok(Inbox { messages, unread, next })
    }

    /// How many messages someone has not read.
    pub async fn unread(&self, owner: &Actor) -> Result<u64> {
        Ok(u64::try_from(self.read().await?.unread(owner).await?).unwrap_or(0))
    }

    /// Notes that someone has read everything up to an instant; how many messages that were.
    pub async fn mark_read(&self, owner: &Actor, until: DateTime<Utc>) -> Result<u64> {
        let now = self.now();
        let mut tx = self.write().await?;
        let read = tx.mark_read(owner, until, now).await?;
        tx.commit().await?;
        Ok(read)
    }

    /// A message of one's own, which is read by that.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] also where it is somebody else's.
    pub async fn read_message(&self, owner: &Actor, id: MessageId) -> Result<InboxMessage> {
        let now = self.now();
        let missing = |_| EngineError::NotFound("message");
        let row = self.read().await?.message(id).await.map_err(missing)?;
        if row.owner.as_ref() != Some(owner) {
            return Err(EngineError::NotFound("message"));
        }
        if row.read_at.is_none() {
            let mut tx = self.write().await?;
            tx.mark_message_read(owner, id, now).await?;
            tx.commit().await?;
        }
        Ok(InboxMessage { id, message: row.body.read()?, read_at: Some(row.read_at.unwrap_or(now)) })
    }
}
