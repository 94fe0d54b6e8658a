//! The audit chain: one row per event, each hash over the previous hash and the row.

use bellwether_core::{
    actor::Actor,
    ids::{ClaimId, Sha256},
};
use chrono::{DateTime, Utc};

use crate::{
    Result, Tx, Word,
    events::Event,
    sql::{many, maybe, scalar},
    table::{reading, table},
};

table! {
    /// One link of the chain.
    "audit" => pub struct AuditRow {
        /// The event's number.
        pub seq: i64,
        /// When.
        pub at: DateTime<Utc>,
        /// Who.
        pub actor: Actor,
        /// What happened.
        pub kind: Word,
        /// To which claim.
        pub claim: Option<ClaimId>,
        /// To what.
        pub subject: String,
        /// Digest of the event's body.
        pub body_sha256: Sha256,
        /// SHA-256 of the previous row's hash (64 zeros before the first) and this row's canonical form.
        pub hash: Sha256,
    }
}

reading! {
    /// A link beside the event it stands for.
    struct Link {
        /// Number of the link; absent where the event has none.
        pub seq: Option<i64>,
        /// The link's fields.
        pub at: Option<DateTime<Utc>>,
        pub actor: Option<Actor>,
        pub kind: Option<Word>,
        pub claim: Option<ClaimId>,
        pub subject: Option<String>,
        pub body_sha256: Option<Sha256>,
        pub hash: Option<Sha256>,
        /// The event's fields.
        pub event_seq: i64,
        pub event_claim: Option<ClaimId>,
        pub event_kind: Word,
        pub event_at: DateTime<Utc>,
        pub event_actor: Actor,
        pub event_subject: String,
        pub event_body: String,
    }
}

reading! {
    /// The last link's number and hash.
    pub(crate) struct ChainEnd {
        pub seq: i64,
        pub hash: Sha256,
    }
}

/// What a check of the chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditReport {
    /// How many links were checked.
    pub links: i64,
    /// The last link's hash; 64 zeros when there is none.
    pub head: Sha256,
    /// The first place where the chain does not hold, in words.
    pub broken: Option<String>,
}

const START: Sha256 = Sha256([0; 32]);

impl AuditRow {
    /// The link of an event.
    fn after(previous: Sha256, event: &Event) -> Self {
        let mut row = Self {
            seq: event.seq,
            at: event.at,
            actor: event.actor.clone(),
            kind: event.kind.clone(),
            claim: event.claim,
            subject: event.subject.clone(),
            body_sha256: Sha256::of(event.body.as_str().as_bytes()),
            hash: START,
        };
        row.hash = row.link(previous);
        row
    }

    /// SHA-256 of the previous hash in hexadecimal and the row as a JSON array: `[seq, microseconds since 1970, actor,
    /// kind, claim or null, subject, body digest]`. JSON quotes the texts, so no two rows have one form.
    fn link(&self, previous: Sha256) -> Sha256 {
        let row = serde_json::json!([
            self.seq,
            self.at.timestamp_micros(),
            self.actor,
            self.kind,
            self.claim,
            self.subject,
            self.body_sha256
        ]);
        Sha256::of(format!("{previous}{row}").as_bytes())
    }
}

impl Tx {
    pub(crate) async fn append_audit(&mut self, mut head: Sha256, events: &[Event]) -> Result<()> {
        let mut rows = Vec::with_capacity(events.len());
        for event in events {
            let row = AuditRow::after(head, event);
            head = row.hash;
            rows.push(row);
        }
        self.insert_all(&rows).await
    }

    /// Where the chain ends; events have the numbers of their links.
    pub(crate) async fn audit_last(&mut self) -> Result<ChainEnd> {
        let last = maybe!(self, ChainEnd, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")?;
        Ok(last.unwrap_or(ChainEnd { seq: 0, hash: START }))
    }

    /// The last link's hash; 64 zeros when there is none.
    pub async fn audit_head(&mut self) -> Result<Sha256> {
        let last = scalar!(self, String, "SELECT hash FROM audit ORDER BY seq DESC LIMIT 1")?;
        last.map_or(Ok(START), |hash| {
            hash.parse().map_err(|reason| crate::StoreError::Inconsistent { table: "audit", reason })
        })
    }

    /// Links before a number, newest first.
    pub async fn audit_before(&mut self, seq: i64, limit: i64) -> Result<Vec<AuditRow>> {
        many!(self, AuditRow, "SELECT * FROM audit WHERE seq < $1 ORDER BY seq DESC LIMIT $2", seq, limit)
    }

    /// Checks the whole chain against the events: no link or event edited, missing, added or out of order.
    ///
    /// What no chain can show by itself is the loss of its newest links; compare `head` with one noted elsewhere.
    pub async fn verify_audit(&mut self) -> Result<AuditReport> {
        const SQL: &str = "SELECT a.seq, a.at, a.actor, a.kind, a.claim, a.subject, a.body_sha256, a.hash,
                e.seq AS event_seq, e.claim AS event_claim, e.kind AS event_kind, e.at AS event_at,
                e.actor AS event_actor, e.subject AS event_subject, e.body AS event_body
            FROM event e LEFT JOIN audit a ON a.seq = e.seq WHERE e.seq > $1 ORDER BY e.seq LIMIT 1000";
        let mut report = AuditReport { links: 0, head: START, broken: None };
        loop {
            let links = many!(self, Link, SQL, report.links)?;
            if links.is_empty() {
                break;
            }
            for link in links {
                if let Err(broken) = link.check(&mut report) {
                    report.broken = Some(broken);
                    return Ok(report);
                }
            }
        }
        let rows = scalar!(self, i64, "SELECT count(*) FROM audit")?.unwrap_or(0);
        if rows != report.links {
            report.broken = Some(format!("{rows} links stand for {} events", report.links));
        }
        Ok(report)
    }
}

impl Link {
    fn check(self, report: &mut AuditReport) -> Result<(), String> {
        let n = report.links + 1;
        if self.event_seq != n {
            return Err(format!("event {n} is missing"));
        }
        let (Some(seq), Some(at), Some(actor), Some(kind), Some(subject), Some(body_sha256), Some(hash)) =
            (self.seq, self.at, self.actor, self.kind, self.subject, self.body_sha256, self.hash)
        else {
            return Err(format!("event {n} has no link"));
        };
        let same = at == self.event_at
            && actor == self.event_actor
            && kind == self.event_kind
            && self.claim == self.event_claim
            && subject == self.event_subject
            && body_sha256 == Sha256::of(self.event_body.as_bytes());
        if !same {
            return Err(format!("event {n} differs from its link"));
        }
        let row = AuditRow { seq, at, actor, kind, claim: self.claim, subject, body_sha256, hash };
        if row.link(report.head) != hash {
            return Err(format!("link {n} does not follow from link {}", n - 1));
        }
        report.links = n;
        report.head = hash;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::JsonText;

    fn event(seq: i64, subject: &str, body: i64) -> Event {
        Event {
            seq,
            claim: None,
            claim_seq: None,
            kind: "thing.happened".into(),
            at: DateTime::from_timestamp(1_700_000_000 + seq, 0).unwrap(),
            actor: Actor::Operator,
            subject: subject.to_owned(),
            body: JsonText::of(&body).unwrap(),
        }
    }

    fn link(event: &Event, row: &AuditRow) -> Link {
        Link {
            seq: Some(row.seq),
            at: Some(row.at),
            actor: Some(row.actor.clone()),
            kind: Some(row.kind.clone()),
            claim: row.claim,
            subject: Some(row.subject.clone()),
            body_sha256: Some(row.body_sha256),
            hash: Some(row.hash),
            event_seq: event.seq,
            event_claim: event.claim,
            event_kind: event.kind.clone(),
            event_at: event.at,
            event_actor: event.actor.clone(),
            event_subject: event.subject.clone(),
            event_body: event.body.as_str().to_owned(),
        }
    }

    fn check(links: Vec<Link>) -> Option<String> {
        let mut report = AuditReport { links: 0, head: START, broken: None };
        links.into_iter().try_for_each(|link| link.check(&mut report)).err()
    }

    proptest! {
        #[test]
        fn any_edit_deletion_or_swap_breaks_the_chain(
            subjects in prop::collection::vec("[a-c\"\\\\]{0,3}", 2..12),
            at in any::<prop::sample::Index>(),
            what in 0..6,
        ) {
            let mut head = START;
            let mut links = Vec::new();
            for (seq, subject) in (1..).zip(&subjects) {
                let event = event(seq, subject, seq);
                let row = AuditRow::after(head, &event);
                head = row.hash;
                links.push(link(&event, &row));
            }
            prop_assert_eq!(check(links.clone()), None);
            let i = at.index(links.len() - 1);
            match what {
                0 => { links.remove(i); }
                1 => links.swap(i, i + 1),
                2 => links[i].event_body.push(' '),
                3 => { links[i].event_subject.push('x'); links[i].subject = Some(links[i].event_subject.clone()); }
                4 => links[i].hash = Some(Sha256::of(b"forged")),
                _ => { links[i].event_actor = Actor::system("x"); links[i].actor = Some(Actor::system("x")); }
            }
            prop_assert!(check(links).is_some());
        }
    }
}
