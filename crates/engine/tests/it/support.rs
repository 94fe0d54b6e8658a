//! What the tests of this crate share: an engine with a clock that stands still, and small claims and items.

use std::sync::Arc;

use bellwether_core::{
    actor::Actor,
    document::ClaimDocument,
    evidence::{Kind, Side, Tier},
};
use bellwether_engine::{
    Engine,
    claims::{ClaimKey, ClaimPage, Created, NewClaim},
    clock::FixedClock,
    evidence::{AddEvidence, Added, EvidenceInput, StrengthInput, Target},
};
use bellwether_store::Db;
use chrono::{DateTime, TimeDelta, Utc};

pub(crate) struct Kit {
    pub engine: Engine,
    pub clock: Arc<FixedClock>,
    pub actor: Actor,
}

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

impl Kit {
    pub(crate) fn new(db: Db) -> Self {
        let clock = Arc::new(FixedClock::new(at("2026-04-06T12:00:00Z")));
        Self { engine: Engine::new(db, clock.clone()), clock, actor: Actor::Operator }
    }

    pub(crate) fn wait(&self, time: TimeDelta) {
        self.clock.advance(time);
    }

    pub(crate) async fn claim(&self, yaml: &str) -> Created {
        let document = ClaimDocument::from_yaml(yaml).expect("a claim document");
        self.engine.create_claim(&self.actor, NewClaim { document, publish: true }).await.expect("a claim")
    }

    /// A yes/no claim without a rule that starts at `p`.
    pub(crate) async fn plain(&self, p: f64) -> ClaimKey {
        let text = format!(
            "title: A claim that starts at {p}\nwindow: {{ by: Q1 2027 }}\ncriteria: A person decides.\n\
             start: {{ p: {p}, basis: a test }}\ntags: [ai]"
        );
        self.claim(&text).await.id.into()
    }

    pub(crate) async fn add(&self, claim: &ClaimKey, input: EvidenceInput) -> Added {
        let add = AddEvidence { input, targets: vec![Target::plain(claim.clone())], snapshot: None };
        self.engine.add_evidence(&self.actor, add).await.expect("added").pop().expect("one claim")
    }

    pub(crate) async fn page(&self, claim: &ClaimKey) -> ClaimPage {
        self.engine.claim_page(claim, None).await.expect("a page")
    }

    /// The probability shown of the first option, in percent.
    pub(crate) async fn shown(&self, claim: &ClaimKey) -> f64 {
        100.0 * self.page(claim).await.probabilities[0].p.value()
    }
}

/// A primary benchmark result: it counts what it states.
pub(crate) fn result(side: Side, points: f64, text: &str) -> EvidenceInput {
    EvidenceInput {
        kind: Kind::Benchmark,
        tier: Some(Tier::Primary),
        publisher: Some(format!("Publisher of {text}")),
        ..EvidenceInput::new(side, text, StrengthInput::Points(points))
    }
}

pub(crate) fn near(is: f64, should: f64) {
    assert!((is - should).abs() < 0.01, "{is} should be {should}");
}
