//! A leaderboard that a test writes day by day, and claims that hang on it.

use bellwether_core::{
    actor::Actor,
    ids::{ClaimId, SourceId},
    status::{ClaimStatus, Outcome},
};
use bellwether_engine::ingest::{Answer, Taken};
use bellwether_sources::Snapshot;
use bellwether_store::{Claim, Db, Resolution};
use chrono::{DateTime, TimeDelta, Utc};

use crate::support::Kit;

/// An installation whose sources say what a test tells them.
pub(crate) struct Board {
    pub kit: Kit,
    pub db: Db,
    pub sources: Vec<SourceId>,
}

/// A source of CSV files: `model,score,licence`, MIT open, Proprietary closed, anything else unknown.
pub(crate) fn document(id: &str) -> String {
    format!(
        "id: {id}
title: The board {id}
url: https://{id}.example.org/board.csv
licence: CC BY 4.0
attribution: Example
schedule: 0 6 * * *
format: csv
tables:
  - benchmark: test
    title: Test of {id}
    unit: percent
    range: [0, 100]
    key: model
    fields: {{ model: model, score: score }}
    openness: {{ field: licence, open: [MIT], closed: [Proprietary] }}
"
    )
}

/// A file of the board: `open-1` and `closed-1` with these scores, and ten others far below.
pub(crate) fn rows(open: &str, closed: &str) -> String {
    let rest: Vec<String> =
        (0..10).map(|n| format!("small-{n},{}.5,{}\n", 20 + n, ["MIT", "Proprietary"][n % 2])).collect();
    format!("model,score,licence\nopen-1,{open},MIT\nclosed-1,{closed},Proprietary\n{}", rest.concat())
}

impl Board {
    /// With these sources.
    pub(crate) async fn new(db: Db, ids: &[&str]) -> Self {
        let kit = Kit::new(db.clone());
        let mut sources = Vec::new();
        for id in ids {
            sources.push(kit.engine.save_source(&kit.actor, &document(id), None).await.expect("a source"));
        }
        Self { kit, db, sources }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.kit.engine.now()
    }

    /// The source in this place says this now.
    pub(crate) async fn says(&self, source: usize, text: &str) -> Taken {
        let answer = Answer::file(self.sources[source].clone(), self.now(), Snapshot::file(text));
        self.kit.engine.ingest(&Actor::system("test"), answer).await.expect("taken in")
    }

    /// Days pass; on each every source says its text, a minute after the one before, and then what is due is done.
    pub(crate) async fn days(&self, days: u32, texts: &[&str]) {
        for _ in 0..days {
            self.kit.wait(TimeDelta::days(1));
            self.today(texts).await;
        }
    }

    /// Every source says its text, a minute after the one before, and then what is due is done.
    pub(crate) async fn today(&self, texts: &[&str]) {
        for (source, text) in texts.iter().enumerate() {
            self.kit.wait(TimeDelta::minutes(1));
            self.says(source, text).await;
        }
        self.kit.engine.mark_stale(&Actor::system("test")).await.expect("marked");
        self.kit.engine.settle_due().await.expect("settled");
    }

    pub(crate) async fn claim(&self, id: ClaimId) -> Claim {
        self.db.read().await.expect("a reader").claim(id).await.expect("the claim")
    }

    pub(crate) async fn state(&self, id: ClaimId) -> (ClaimStatus, Option<Outcome>) {
        let claim = self.claim(id).await;
        (claim.status, claim.outcome)
    }

    /// The last word on a claim.
    pub(crate) async fn resolution(&self, id: ClaimId) -> Resolution {
        let mut tx = self.db.read().await.expect("a reader");
        tx.resolutions(id).await.expect("read").pop().expect("a resolution")
    }

    /// The kinds of what happened to a claim, oldest first.
    pub(crate) async fn story(&self, id: ClaimId) -> Vec<String> {
        let mut tx = self.db.read().await.expect("a reader");
        let mut kinds: Vec<String> = tx
            .claim_events_before(id, i64::MAX, 1_000)
            .await
            .expect("read")
            .into_iter()
            .map(|event| event.kind.as_str().to_owned())
            .collect();
        kinds.reverse();
        kinds
    }
}
