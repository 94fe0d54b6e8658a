//! Notices that wait, and the messages they become.

use bellwether_core::{
    actor::Actor,
    alert::Topic,
    ids::{ClaimId, MessageId, SubscriptionId},
};
use chrono::{DateTime, Utc};

use crate::{
    JsonText, Result, StoreError, Tx, Word,
    sql::{many, many_in, maybe, run, scalar},
    table::{reading, table},
};

table! {
    /// One event that a subscription tells.
    "notice" => pub struct Notice {
        /// The subscription.
        pub subscription: SubscriptionId,
        /// The event. With the subscription and the topic it names the notice: nothing is told twice.
        pub seq: i64,
        /// The claim it is about.
        pub claim: Option<ClaimId>,
        /// What kind of happening.
        pub topic: Topic,
        /// When it was raised.
        pub at: DateTime<Utc>,
        /// When it goes out.
        pub due_at: DateTime<Utc>,
        /// In words.
        pub body: JsonText,
        /// `waiting`, `sent` or `cancelled`.
        pub state: Word,
        /// The message it became part of.
        pub message: Option<MessageId>,
    }
}

table! {
    /// What one subscriber was told at once.
    "message" => pub struct Message {
        /// Identity.
        pub id: MessageId,
        /// The subscription; none for a trial of a channel.
        pub subscription: Option<SubscriptionId>,
        /// In whose inbox it is, if in any.
        pub owner: Option<Actor>,
        /// When it was put together.
        pub at: DateTime<Utc>,
        /// In a line.
        pub subject: String,
        /// All of it.
        pub body: JsonText,
        /// When it was read in the inbox.
        pub read_at: Option<DateTime<Utc>>,
    }
}

reading! {
    /// A subscription of which something waits.
    struct DueOf {
        pub subscription: SubscriptionId,
        pub due_at: DateTime<Utc>,
    }
}

impl Tx {
    /// Writes notices; one that is there already is left as it is.
    pub async fn put_notices(&mut self, notices: &[Notice]) -> Result<()> {
        self.put_all(notices, "ON CONFLICT (subscription, seq, topic) DO NOTHING").await
    }

    /// What waits of a subscription and is due, by event.
    pub async fn notices_due(
        &mut self,
        subscription: SubscriptionId,
        now: DateTime<Utc>,
    ) -> Result<Vec<Notice>> {
        const SQL: &str =
            "SELECT * FROM notice WHERE state = 'waiting' AND due_at <= $2 AND subscription = $1
            ORDER BY seq, topic";
        many!(self, Notice, SQL, subscription, now)
    }

    /// When what waits of a subscription and a topic goes out, if anything does.
    pub async fn next_due(
        &mut self,
        subscription: SubscriptionId,
        topic: Topic,
    ) -> Result<Option<DateTime<Utc>>> {
        const SQL: &str =
            "SELECT due_at FROM notice WHERE state = 'waiting' AND subscription = $1 AND topic = $2
            ORDER BY due_at LIMIT 1";
        scalar!(self, DateTime<Utc>, SQL, subscription, &topic)
    }

    /// Notes that everything of a subscription that waits and is due became a message.
    pub async fn notices_sent(
        &mut self,
        subscription: SubscriptionId,
        now: DateTime<Utc>,
        message: MessageId,
    ) -> Result<()> {
        const SQL: &str = "UPDATE notice SET state = 'sent', message = $3
            WHERE subscription = $1 AND state = 'waiting' AND due_at <= $2";
        run!(self, SQL, subscription, now, message)?;
        Ok(())
    }

    /// The subscriptions of which something waits that is due, the longest waiting first.
    pub async fn subscriptions_due(&mut self, now: DateTime<Utc>, limit: i64) -> Result<Vec<SubscriptionId>> {
        const SQL: &str = "SELECT subscription, min(due_at) AS due_at FROM notice
            WHERE state = 'waiting' AND due_at <= $1 GROUP BY subscription ORDER BY min(due_at), subscription LIMIT $2";
        let found = many!(self, DueOf, SQL, now, limit)?;
        Ok(found.into_iter().map(|due| due.subscription).collect())
    }

    /// Cancels what waits of a claim and a topic, everywhere: it is no longer so. How many.
    pub async fn cancel_notices(&mut self, claim: ClaimId, topic: Topic) -> Result<u64> {
        const SQL: &str =
            "UPDATE notice SET state = 'cancelled' WHERE state = 'waiting' AND claim = $1 AND topic = $2";
        run!(self, SQL, claim, &topic)
    }

    /// Cancels what waits of a subscription; how many.
    pub async fn cancel_notices_of(&mut self, subscription: SubscriptionId) -> Result<u64> {
        const SQL: &str =
            "UPDATE notice SET state = 'cancelled' WHERE state = 'waiting' AND subscription = $1";
        run!(self, SQL, subscription)
    }

    /// Writes messages.
    pub async fn insert_messages(&mut self, messages: &[Message]) -> Result<()> {
        self.insert_all(messages).await
    }

    /// A message.
    pub async fn message(&mut self, id: MessageId) -> Result<Message> {
        maybe!(self, Message, "SELECT * FROM message WHERE id = $1", id)?.ok_or(StoreError::NotFound)
    }

    /// Some messages.
    pub async fn messages(&mut self, ids: &[MessageId]) -> Result<Vec<Message>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        many_in!(self, Message, "SELECT * FROM message WHERE id IN (", ids, ")")
    }

    /// The last message of a subscription.
    pub async fn last_message_of(&mut self, subscription: SubscriptionId) -> Result<Option<Message>> {
        const SQL: &str = "SELECT * FROM message WHERE subscription = $1 ORDER BY at DESC, id DESC LIMIT 1";
        maybe!(self, Message, SQL, subscription)
    }

    /// What is in an inbox, newest first, after a cursor of instant and id.
    pub async fn inbox(
        &mut self,
        owner: &Actor,
        after: Option<(DateTime<Utc>, MessageId)>,
        limit: i64,
    ) -> Result<Vec<Message>> {
        const FIRST: &str = "SELECT * FROM message WHERE owner = $1 ORDER BY at DESC, id DESC LIMIT $2";
        const NEXT: &str = "SELECT * FROM message WHERE owner = $1 AND (at, id) < ($3, $4)
            ORDER BY at DESC, id DESC LIMIT $2";
        match after {
            None => many!(self, Message, FIRST, owner, limit),
            Some((at, id)) => many!(self, Message, NEXT, owner, limit, at, id),
        }
    }

    /// How many messages of an inbox are unread.
    pub async fn unread(&mut self, owner: &Actor) -> Result<i64> {
        const SQL: &str = "SELECT count(*) FROM message WHERE owner = $1 AND read_at IS NULL";
        Ok(scalar!(self, i64, SQL, owner)?.unwrap_or(0))
    }

    /// Notes that messages of an inbox up to an instant were read; how many.
    pub async fn mark_read(&mut self, owner: &Actor, until: DateTime<Utc>, at: DateTime<Utc>) -> Result<u64> {
        const SQL: &str = "UPDATE message SET read_at = $3 WHERE owner = $1 AND read_at IS NULL AND at <= $2";
        run!(self, SQL, owner, until, at)
    }

    /// Notes that one message of an inbox was read.
    pub async fn mark_message_read(
        &mut self,
        owner: &Actor,
        message: MessageId,
        at: DateTime<Utc>,
    ) -> Result<()> {
        const SQL: &str = "UPDATE message SET read_at = $3 WHERE id = $2 AND owner = $1 AND read_at IS NULL";
        run!(self, SQL, owner, message, at)?;
        Ok(())
    }
}
