//! Channels: where messages go, beside the inbox.

use bellwether_core::{
    actor::Actor,
    ids::{ChannelId, Sha256, SubscriptionId},
};
use chrono::{DateTime, Utc};

use crate::{
    Result, StoreError, Tx, Word,
    sql::{many, many_in, maybe, run, scalar},
    table::{reading, table},
};

table! {
    /// A webhook or a mailbox.
    "channel" => pub struct Channel {
        /// Identity.
        pub id: ChannelId,
        /// Whose it is; a reader without someone has a mailbox only.
        pub owner: Option<Actor>,
        /// `webhook` or `email`.
        pub kind: Word,
        /// As lists show it.
        pub name: String,
        /// Sealed.
        pub address: String,
        /// Finds the same address again.
        pub address_sha256: Sha256,
        /// In which shape a webhook's body is written.
        pub shape: Word,
        /// Sealed; signs what is sent.
        pub secret: Option<String>,
        /// Sealed; signs too, for a while after a rotation.
        pub old_secret: Option<String>,
        /// Until when it does.
        pub old_secret_until: Option<DateTime<Utc>>,
        /// `unproven`, `active`, `disabled`, `suppressed` or `removed`.
        pub state: Word,
        /// Why it is not active.
        pub reason: Option<String>,
        /// Digest of what proves it.
        pub challenge: Option<Sha256>,
        /// When it was added.
        pub created_at: DateTime<Utc>,
        /// When it was proven.
        pub proven_at: Option<DateTime<Utc>>,
        /// Failures in a row.
        pub failures: i64,
        /// Since when it fails without a success.
        pub failing_since: Option<DateTime<Utc>>,
        /// The last success.
        pub succeeded_at: Option<DateTime<Utc>>,
    }
}

reading! {
    /// A subscription and one of its channels.
    struct Joined {
        pub subscription: SubscriptionId,
        pub channel: ChannelId,
    }
}

impl Tx {
    /// Adds a channel.
    pub async fn insert_channel(&mut self, channel: &Channel) -> Result<()> {
        self.insert(channel).await
    }

    /// Writes what of a channel can change.
    pub async fn update_channel(&mut self, channel: &Channel) -> Result<()> {
        const SQL: &str = "UPDATE channel SET name = $2, address = $3, address_sha256 = $4, shape = $5, secret = $6,
                old_secret = $7, old_secret_until = $8, state = $9, reason = $10, challenge = $11, proven_at = $12,
                failures = $13, failing_since = $14, succeeded_at = $15 WHERE id = $1";
        let c = channel;
        let written = run!(
            self,
            SQL,
            c.id,
            &c.name,
            &c.address,
            &c.address_sha256,
            &c.shape,
            &c.secret,
            &c.old_secret,
            c.old_secret_until,
            &c.state,
            &c.reason,
            &c.challenge,
            c.proven_at,
            c.failures,
            c.failing_since,
            c.succeeded_at
        )?;
        if written == 1 { Ok(()) } else { Err(StoreError::NotFound) }
    }

    /// A channel.
    pub async fn channel(&mut self, id: ChannelId) -> Result<Channel> {
        maybe!(self, Channel, "SELECT * FROM channel WHERE id = $1", id)?.ok_or(StoreError::NotFound)
    }

    /// Some channels.
    pub async fn channels(&mut self, ids: &[ChannelId]) -> Result<Vec<Channel>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        many_in!(self, Channel, "SELECT * FROM channel WHERE id IN (", ids, ") ORDER BY created_at, id")
    }

    /// Someone's channels that were not removed, oldest first.
    pub async fn channels_of(&mut self, owner: &Actor) -> Result<Vec<Channel>> {
        const SQL: &str =
            "SELECT * FROM channel WHERE owner = $1 AND state <> 'removed' ORDER BY created_at, id";
        many!(self, Channel, SQL, owner)
    }

    /// The channels of an address that were not removed: another account may have it too.
    pub async fn channels_at(&mut self, address: Sha256) -> Result<Vec<Channel>> {
        const SQL: &str =
            "SELECT * FROM channel WHERE address_sha256 = $1 AND state <> 'removed' ORDER BY created_at, id";
        many!(self, Channel, SQL, &address)
    }

    /// How many channels someone has that were not removed.
    pub async fn count_channels(&mut self, owner: &Actor) -> Result<i64> {
        const SQL: &str = "SELECT count(*) FROM channel WHERE owner = $1 AND state <> 'removed'";
        Ok(scalar!(self, i64, SQL, owner)?.unwrap_or(0))
    }

    /// To which channels some subscriptions are sent, as pairs.
    pub async fn channels_of_subscriptions(
        &mut self,
        subscriptions: &[SubscriptionId],
    ) -> Result<Vec<(SubscriptionId, ChannelId)>> {
        if subscriptions.is_empty() {
            return Ok(Vec::new());
        }
        let head = "SELECT subscription, channel FROM subscription_channel WHERE subscription IN (";
        let pairs = many_in!(self, Joined, head, subscriptions, ") ORDER BY subscription, channel")?;
        Ok(pairs.into_iter().map(|pair| (pair.subscription, pair.channel)).collect())
    }

    /// The subscriptions that are sent to a channel and have not ended.
    pub async fn subscriptions_of_channel(&mut self, channel: ChannelId) -> Result<Vec<SubscriptionId>> {
        const SQL: &str = "SELECT j.subscription, j.channel FROM subscription_channel j
            JOIN subscription s ON s.id = j.subscription AND s.ended_at IS NULL WHERE j.channel = $1
            ORDER BY j.subscription";
        let pairs = many!(self, Joined, SQL, channel)?;
        Ok(pairs.into_iter().map(|pair| pair.subscription).collect())
    }

    /// Sends a subscription to these channels from now on, and to no others.
    pub async fn set_subscription_channels(
        &mut self,
        subscription: SubscriptionId,
        channels: &[ChannelId],
    ) -> Result<()> {
        const ADD: &str = "INSERT INTO subscription_channel (subscription, channel) VALUES ($1, $2)
            ON CONFLICT (subscription, channel) DO NOTHING";
        run!(self, "DELETE FROM subscription_channel WHERE subscription = $1", subscription)?;
        for channel in channels {
            run!(self, ADD, subscription, channel)?;
        }
        Ok(())
    }
}
