//! Deliveries: one message on its way through one channel, and every try.

use bellwether_core::ids::{ChannelId, MessageId};
use chrono::{DateTime, Utc};

use crate::{
    Result, Tx, Word,
    sql::{many, many_in, maybe, run, scalar},
    table::{reading, table},
};

table! {
    /// One message on its way through one channel.
    "delivery" => pub struct Delivery {
        /// Its place in the order in which first tries are made.
        pub n: i64,
        /// The message.
        pub message: MessageId,
        /// The channel.
        pub channel: ChannelId,
        /// `ready`, `done`, `dead` or `cancelled`.
        pub state: Word,
        /// Tries so far.
        pub attempts: i64,
        /// Tries of the schedule that runs now; a redelivery begins a new one.
        pub tries: i64,
        /// When the next try is due.
        pub next_at: DateTime<Utc>,
        /// When it was made.
        pub made_at: DateTime<Utc>,
        /// When it ended.
        pub ended_at: Option<DateTime<Utc>>,
    }
}

table! {
    /// One try.
    "attempt" => pub struct Attempt {
        /// The delivery.
        pub delivery: i64,
        /// The how manieth.
        pub n: i64,
        /// When it began.
        pub at: DateTime<Utc>,
        /// How long it took, in milliseconds.
        pub took_ms: i64,
        /// `delivered`, `gone`, `failed` or `refused`.
        pub outcome: Word,
        /// The status of the answer, if there was one.
        pub status: Option<i64>,
        /// Why it failed.
        pub reason: Option<String>,
        /// What the answer began with.
        pub excerpt: Option<String>,
    }
}

reading! {
    /// A channel with something to send.
    pub struct NextTry {
        /// The channel.
        pub channel: ChannelId,
        /// The first delivery.
        pub n: i64,
    }
}

impl Tx {
    /// Puts messages on their way, in this order; each delivery gets its number.
    pub async fn add_deliveries(&mut self, to: &[(MessageId, ChannelId)], at: DateTime<Utc>) -> Result<()> {
        let last = scalar!(self, i64, "SELECT n FROM delivery ORDER BY n DESC LIMIT 1")?.unwrap_or(0);
        let rows: Vec<Delivery> = to
            .iter()
            .zip(last + 1..)
            .map(|((message, channel), n)| Delivery {
                n,
                message: *message,
                channel: *channel,
                state: "ready".into(),
                attempts: 0,
                tries: 0,
                next_at: at,
                made_at: at,
                ended_at: None,
            })
            .collect();
        self.insert_all(&rows).await
    }

    /// The channels that have a first try to make, with the first of each.
    pub async fn channels_with_first_tries(&mut self) -> Result<Vec<NextTry>> {
        const SQL: &str = "SELECT channel, min(n) AS n FROM delivery WHERE state = 'ready' AND tries = 0
            GROUP BY channel ORDER BY n";
        many!(self, NextTry, SQL)
    }

    /// The channels that have a try to repeat by an instant.
    pub async fn channels_with_retries(&mut self, now: DateTime<Utc>) -> Result<Vec<NextTry>> {
        const SQL: &str = "SELECT channel, min(n) AS n FROM delivery
            WHERE state = 'ready' AND tries > 0 AND next_at <= $1 GROUP BY channel ORDER BY n";
        many!(self, NextTry, SQL, now)
    }

    /// A channel's first tries in their order, after a number.
    pub async fn first_tries(&mut self, channel: ChannelId, after: i64, limit: i64) -> Result<Vec<Delivery>> {
        const SQL: &str =
            "SELECT * FROM delivery WHERE state = 'ready' AND tries = 0 AND channel = $1 AND n > $2
            ORDER BY n LIMIT $3";
        many!(self, Delivery, SQL, channel, after, limit)
    }

    /// A channel's repeated tries that are due.
    pub async fn retries(
        &mut self,
        channel: ChannelId,
        now: DateTime<Utc>,
        limit: i64,
    ) -> Result<Vec<Delivery>> {
        const SQL: &str = "SELECT * FROM delivery WHERE state = 'ready' AND tries > 0 AND next_at <= $2
            AND channel = $1 ORDER BY next_at, n LIMIT $3";
        many!(self, Delivery, SQL, channel, now, limit)
    }

    /// Writes where a delivery stands.
    pub async fn update_delivery(&mut self, delivery: &Delivery) -> Result<()> {
        const SQL: &str =
            "UPDATE delivery SET state = $2, attempts = $3, tries = $4, next_at = $5, ended_at = $6
            WHERE n = $1";
        let d = delivery;
        run!(self, SQL, d.n, &d.state, d.attempts, d.tries, d.next_at, d.ended_at)?;
        Ok(())
    }

    /// Writes tries.
    pub async fn insert_attempts(&mut self, attempts: &[Attempt]) -> Result<()> {
        self.insert_all(attempts).await
    }

    /// A delivery.
    pub async fn delivery(&mut self, n: i64) -> Result<Option<Delivery>> {
        maybe!(self, Delivery, "SELECT * FROM delivery WHERE n = $1", n)
    }

    /// The deliveries of some messages.
    pub async fn deliveries_of(&mut self, messages: &[MessageId]) -> Result<Vec<Delivery>> {
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        many_in!(self, Delivery, "SELECT * FROM delivery WHERE message IN (", messages, ") ORDER BY n")
    }

    /// A channel's deliveries, newest first, before a number.
    pub async fn deliveries_of_channel(
        &mut self,
        channel: ChannelId,
        before: i64,
        limit: i64,
    ) -> Result<Vec<Delivery>> {
        const SQL: &str = "SELECT * FROM delivery WHERE channel = $1 AND n < $2 ORDER BY n DESC LIMIT $3";
        many!(self, Delivery, SQL, channel, before, limit)
    }

    /// A channel's deliveries that were made since an instant and did not arrive, in their order.
    pub async fn undelivered_since(
        &mut self,
        channel: ChannelId,
        since: DateTime<Utc>,
        limit: i64,
    ) -> Result<Vec<Delivery>> {
        const SQL: &str = "SELECT * FROM delivery WHERE channel = $1 AND made_at >= $2
            AND state IN ('dead', 'cancelled') ORDER BY n LIMIT $3";
        many!(self, Delivery, SQL, channel, since, limit)
    }

    /// The tries of some deliveries, in their order.
    pub async fn attempts_of(&mut self, deliveries: &[i64]) -> Result<Vec<Attempt>> {
        if deliveries.is_empty() {
            return Ok(Vec::new());
        }
        let head = "SELECT * FROM attempt WHERE delivery IN (";
        many_in!(self, Attempt, head, deliveries, ") ORDER BY delivery, n")
    }

    /// Gives up what is on its way through a channel; how many.
    pub async fn cancel_deliveries(&mut self, channel: ChannelId, at: DateTime<Utc>) -> Result<u64> {
        const SQL: &str =
            "UPDATE delivery SET state = 'cancelled', ended_at = $2 WHERE channel = $1 AND state = 'ready'";
        run!(self, SQL, channel, at)
    }

    /// How many messages went out through a channel since an instant.
    pub async fn count_deliveries(&mut self, channel: ChannelId, since: DateTime<Utc>) -> Result<i64> {
        const SQL: &str = "SELECT count(*) FROM delivery WHERE channel = $1 AND made_at >= $2";
        Ok(scalar!(self, i64, SQL, channel, since)?.unwrap_or(0))
    }
}
