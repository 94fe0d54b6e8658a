//! Events: every change in the order in which it became visible.

use std::collections::BTreeMap;

use bellwether_core::{actor::Actor, ids::ClaimId};
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{
    JsonText, Result, Tx, Word,
    sql::{many, many_in, maybe, scalar},
    table::{reading, table},
};

/// A change, as a use case states it. Its event and its audit row are written in the use case's own transaction.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: &'a Actor,
    /// What happened, a dotted word in the past tense: `evidence.added`.
    pub kind: &'a str,
    /// The claim it happened to.
    pub claim: Option<ClaimId>,
    /// What was changed: an id, a slug, a source.
    pub subject: String,
    /// What a reader or a subscriber wants to know of it.
    pub body: Value,
}

table! {
    /// A change that was recorded.
    "event" => pub struct Event {
        /// Its place among all changes, gapless from 1; later ones never become visible before earlier ones.
        pub seq: i64,
        /// The claim it happened to.
        pub claim: Option<ClaimId>,
        /// Its place among the claim's changes, gapless from 1.
        pub claim_seq: Option<i64>,
        /// A dotted word in the past tense.
        pub kind: Word,
        /// When.
        pub at: DateTime<Utc>,
        /// Who.
        pub actor: Actor,
        /// What was changed.
        pub subject: String,
        /// What a reader wants to know of it.
        pub body: JsonText,
    }
}

reading! {
    /// The number of a claim's last event.
    struct LastOfClaim {
        pub claim: ClaimId,
        pub seq: i64,
    }
}

impl Tx {
    /// Records a change: an event and its link of the audit chain. Every use case that writes calls this.
    pub async fn record(&mut self, change: &Change<'_>) -> Result<Event> {
        Ok(self.record_all(std::slice::from_ref(change)).await?.swap_remove(0))
    }

    /// Records several changes in their order; an event for each.
    pub async fn record_all(&mut self, changes: &[Change<'_>]) -> Result<Vec<Event>> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let mut claims: Vec<ClaimId> = changes.iter().filter_map(|change| change.claim).collect();
        claims.sort_unstable();
        claims.dedup();
        let mut last_of_claims = self.last_of_claims(&claims).await?;
        let head = self.audit_last().await?;
        let mut events = Vec::with_capacity(changes.len());
        for (change, seq) in changes.iter().zip(head.seq + 1..) {
            let claim_seq = change.claim.map(|claim| {
                let last = last_of_claims.entry(claim).or_default();
                *last += 1;
                *last
            });
            events.push(Event {
                seq,
                claim: change.claim,
                claim_seq,
                kind: change.kind.into(),
                at: crate::value::Fit::fit(change.at)?,
                actor: change.actor.clone(),
                subject: change.subject.clone(),
                body: JsonText::of(&change.body)?,
            });
        }
        self.insert_all(&events).await?;
        self.append_audit(head.hash, &events).await?;
        Ok(events)
    }

    /// The number of each claim's last event.
    async fn last_of_claims(&mut self, claims: &[ClaimId]) -> Result<BTreeMap<ClaimId, i64>> {
        const HEAD: &str = "SELECT c.id AS claim, e.claim_seq AS seq FROM claim c JOIN event e ON e.claim = c.id
            AND e.claim_seq = (SELECT x.claim_seq FROM event x WHERE x.claim = c.id ORDER BY x.claim_seq DESC LIMIT 1)
            WHERE c.id IN (";
        if claims.is_empty() {
            return Ok(BTreeMap::new());
        }
        let last = many_in!(self, LastOfClaim, HEAD, claims, ")")?;
        Ok(last.into_iter().map(|last| (last.claim, last.seq)).collect())
    }

    /// The number of the last event, 0 when there is none.
    pub async fn last_event(&mut self) -> Result<i64> {
        Ok(scalar!(self, i64, "SELECT seq FROM event ORDER BY seq DESC LIMIT 1")?.unwrap_or(0))
    }

    /// Events after a number, oldest first: how a subscriber catches up.
    pub async fn events_after(&mut self, seq: i64, limit: i64) -> Result<Vec<Event>> {
        many!(self, Event, "SELECT * FROM event WHERE seq > $1 ORDER BY seq LIMIT $2", seq, limit)
    }

    /// Events before a number, newest first; `i64::MAX` begins with the newest.
    pub async fn events_before(&mut self, seq: i64, limit: i64) -> Result<Vec<Event>> {
        many!(self, Event, "SELECT * FROM event WHERE seq < $1 ORDER BY seq DESC LIMIT $2", seq, limit)
    }

    /// A claim's events before one of its numbers, newest first.
    pub async fn claim_events_before(
        &mut self,
        claim: ClaimId,
        claim_seq: i64,
        limit: i64,
    ) -> Result<Vec<Event>> {
        const SQL: &str =
            "SELECT * FROM event WHERE claim = $1 AND claim_seq < $2 ORDER BY claim_seq DESC LIMIT $3";
        many!(self, Event, SQL, claim, claim_seq, limit)
    }

    /// Events of an instant and later, oldest first, of a claim or of everything; the newest where there are more.
    pub async fn events_since(
        &mut self,
        claim: Option<ClaimId>,
        at: DateTime<Utc>,
        limit: i64,
    ) -> Result<Vec<Event>> {
        const OF_ALL: &str = "SELECT * FROM event WHERE at >= $1 ORDER BY seq DESC LIMIT $2";
        const OF_CLAIM: &str =
            "SELECT * FROM event WHERE claim = $3 AND at >= $1 ORDER BY claim_seq DESC LIMIT $2";
        let mut found = match claim {
            None => many!(self, Event, OF_ALL, at, limit)?,
            Some(claim) => many!(self, Event, OF_CLAIM, at, limit, claim)?,
        };
        found.reverse();
        Ok(found)
    }

    /// The last event of a kind that happened to a claim before one of all events.
    pub async fn claim_event_of_kind(
        &mut self,
        claim: ClaimId,
        kind: &str,
        before: i64,
    ) -> Result<Option<Event>> {
        const SQL: &str =
            "SELECT * FROM event WHERE claim = $1 AND kind = $2 AND seq < $3 ORDER BY claim_seq DESC LIMIT 1";
        maybe!(self, Event, SQL, claim, kind, before)
    }

    /// What someone did, newest first, before a number; `i64::MAX` begins with the newest.
    pub async fn events_of_actor(&mut self, actor: &Actor, seq: i64, limit: i64) -> Result<Vec<Event>> {
        const SQL: &str = "SELECT * FROM event WHERE actor = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3";
        many!(self, Event, SQL, actor, seq, limit)
    }

    /// What someone did to claims, newest first.
    pub async fn deeds_of_actor(&mut self, actor: &Actor, limit: i64) -> Result<Vec<Event>> {
        const SQL: &str =
            "SELECT * FROM event WHERE actor = $1 AND claim IS NOT NULL ORDER BY seq DESC LIMIT $2";
        many!(self, Event, SQL, actor, limit)
    }

    /// How often someone did each kind of thing to claims, by kind.
    pub async fn deed_counts(&mut self, actor: &Actor) -> Result<Vec<(String, i64)>> {
        const SQL: &str = "SELECT kind, count(*) FROM event WHERE actor = $1 AND claim IS NOT NULL
            GROUP BY kind ORDER BY kind";
        many!(self, (String, i64), SQL, actor)
    }

    /// The newest events of the given kinds, newest first: "what just happened".
    pub async fn newest_events(&mut self, kinds: &[&str], limit: i64) -> Result<Vec<Event>> {
        const SQL: &str = "SELECT * FROM event WHERE kind = $1 ORDER BY seq DESC LIMIT $2";
        let mut all = Vec::new();
        for kind in kinds {
            all.extend(many!(self, Event, SQL, *kind, limit)?);
        }
        all.sort_by_key(|event| std::cmp::Reverse(event.seq));
        all.truncate(usize::try_from(limit).unwrap_or(0));
        Ok(all)
    }

    /// One event.
    pub async fn event(&mut self, seq: i64) -> Result<Option<Event>> {
        maybe!(self, Event, "SELECT * FROM event WHERE seq = $1", seq)
    }
}
