//! Subscriptions: who wants to be told of what, and what is remembered for them.

use bellwether_core::{
    actor::Actor,
    alert::Target,
    ids::{ClaimId, SubscriptionId},
};
use chrono::{DateTime, Utc};

use crate::{
    JsonText, Result, StoreError, Tx,
    sql::{many, many_in, maybe, run, scalar},
    table::table,
};

table! {
    /// Who wants to be told of what.
    "subscription" => pub struct Subscription {
        /// Identity.
        pub id: SubscriptionId,
        /// Whose it is; a reader without someone has a mailbox only.
        pub owner: Option<Actor>,
        /// What is followed.
        pub target: Target,
        /// What is asked for.
        pub settings: JsonText,
        /// Whether it is told in the inbox.
        pub inbox: bool,
        /// The last event there was when it began; later ones are told.
        pub from_seq: i64,
        /// When it began.
        pub created_at: DateTime<Utc>,
        /// When it was changed last.
        pub changed_at: DateTime<Utc>,
        /// Until when nothing is told.
        pub muted_until: Option<DateTime<Utc>>,
        /// Who muted it and why.
        pub muted_why: Option<String>,
        /// When it ended.
        pub ended_at: Option<DateTime<Utc>>,
        /// By what.
        pub ended_why: Option<String>,
    }
}

table! {
    /// What a subscription remembers of a claim's headline.
    "subscription_watch" => pub struct SubscriptionWatch {
        /// The subscription.
        pub subscription: SubscriptionId,
        /// The claim.
        pub claim: ClaimId,
        /// Baseline, streak, last alert.
        pub watched: JsonText,
        /// When to look again although nothing changes.
        pub look_again_at: Option<DateTime<Utc>>,
    }
}

impl Tx {
    /// Adds a subscription.
    pub async fn insert_subscription(&mut self, subscription: &Subscription) -> Result<()> {
        self.insert(subscription).await
    }

    /// Writes what of a subscription can change.
    pub async fn update_subscription(&mut self, subscription: &Subscription) -> Result<()> {
        const SQL: &str =
            "UPDATE subscription SET settings = $2, inbox = $3, changed_at = $4, muted_until = $5,
            muted_why = $6, ended_at = $7, ended_why = $8 WHERE id = $1";
        let s = subscription;
        let written = run!(
            self,
            SQL,
            s.id,
            &s.settings,
            s.inbox,
            s.changed_at,
            s.muted_until,
            &s.muted_why,
            s.ended_at,
            &s.ended_why
        )?;
        if written == 1 { Ok(()) } else { Err(StoreError::NotFound) }
    }

    /// A subscription, also one that has ended.
    pub async fn subscription(&mut self, id: SubscriptionId) -> Result<Subscription> {
        maybe!(self, Subscription, "SELECT * FROM subscription WHERE id = $1", id)?
            .ok_or(StoreError::NotFound)
    }

    /// Someone's subscriptions that have not ended, oldest first.
    pub async fn subscriptions_of(&mut self, owner: &Actor) -> Result<Vec<Subscription>> {
        const SQL: &str =
            "SELECT * FROM subscription WHERE owner = $1 AND ended_at IS NULL ORDER BY created_at, id";
        many!(self, Subscription, SQL, owner)
    }

    /// How many subscriptions someone has that have not ended.
    pub async fn count_subscriptions(&mut self, owner: &Actor) -> Result<i64> {
        const SQL: &str = "SELECT count(*) FROM subscription WHERE owner = $1 AND ended_at IS NULL";
        Ok(scalar!(self, i64, SQL, owner)?.unwrap_or(0))
    }

    /// The number of the event after which the first subscription began that has not ended; none without any.
    pub async fn first_subscription_seq(&mut self) -> Result<Option<i64>> {
        const SQL: &str =
            "SELECT from_seq FROM subscription WHERE ended_at IS NULL ORDER BY from_seq LIMIT 1";
        scalar!(self, i64, SQL)
    }

    /// The subscriptions to some targets that have not ended, oldest first.
    pub async fn subscriptions_to(&mut self, targets: &[Target]) -> Result<Vec<Subscription>> {
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let head = "SELECT * FROM subscription WHERE ended_at IS NULL AND target IN (";
        many_in!(self, Subscription, head, targets, ") ORDER BY created_at, id")
    }

    /// The subscriptions to searches that have not ended, oldest first.
    pub async fn subscriptions_to_searches(&mut self) -> Result<Vec<Subscription>> {
        const SQL: &str = "SELECT * FROM subscription WHERE ended_at IS NULL AND target >= 'search:'
            AND target < 'search;' ORDER BY created_at, id";
        many!(self, Subscription, SQL)
    }

    /// Some subscriptions, also ended ones.
    pub async fn subscriptions(&mut self, ids: &[SubscriptionId]) -> Result<Vec<Subscription>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        many_in!(
            self,
            Subscription,
            "SELECT * FROM subscription WHERE id IN (",
            ids,
            ") ORDER BY created_at, id"
        )
    }

    /// What subscriptions remember of a claim.
    pub async fn watches_of_claim(&mut self, claim: ClaimId) -> Result<Vec<SubscriptionWatch>> {
        many!(self, SubscriptionWatch, "SELECT * FROM subscription_watch WHERE claim = $1", claim)
    }

    /// What is to be looked at again by an instant.
    pub async fn watches_due(&mut self, now: DateTime<Utc>, limit: i64) -> Result<Vec<SubscriptionWatch>> {
        const SQL: &str = "SELECT * FROM subscription_watch WHERE look_again_at <= $1
            ORDER BY look_again_at, subscription, claim LIMIT $2";
        many!(self, SubscriptionWatch, SQL, now, limit)
    }

    /// Writes what subscriptions remember.
    pub async fn put_watches(&mut self, watches: &[SubscriptionWatch]) -> Result<()> {
        const CONFLICT: &str = "ON CONFLICT (subscription, claim)
            DO UPDATE SET watched = excluded.watched, look_again_at = excluded.look_again_at";
        self.put_all(watches, CONFLICT).await
    }

    /// Forgets what a subscription remembers: after its settings were changed it begins anew.
    pub async fn forget_watches(&mut self, subscription: SubscriptionId) -> Result<()> {
        run!(self, "DELETE FROM subscription_watch WHERE subscription = $1", subscription)?;
        Ok(())
    }
}
