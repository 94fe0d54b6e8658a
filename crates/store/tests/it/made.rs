//! Rows to test with.

use bellwether_core::{
    actor::Actor,
    ids::{ClaimId, CriteriaId, EvidenceId, MoveId, Sha256, Slug},
    status::ClaimStatus,
};
use bellwether_store::{Change, Claim, Criteria, Db, Evidence, EvidenceRevision, JsonText, Move, Tx};
use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};
use serde_json::json;
use uuid::Uuid;

/// Minutes after an instant of the past, with a fraction that both engines can keep.
pub(crate) fn at(minutes: i64) -> DateTime<Utc> {
    let start = Utc.with_ymd_and_hms(2026, 4, 1, 12, 0, 0).unwrap() + TimeDelta::microseconds(123_456);
    start + TimeDelta::minutes(minutes)
}

pub(crate) fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub(crate) fn json_of(value: &serde_json::Value) -> JsonText {
    JsonText::of(value).unwrap()
}

pub(crate) fn claim(n: u128) -> Claim {
    Claim {
        id: ClaimId(id(n)),
        slug: Slug::new(&format!("claim-{n}")).unwrap(),
        title: format!("Claim {n} on MMLU"),
        context: String::new(),
        status: ClaimStatus::Open,
        document: json_of(&json!({"z": 1.0, "a": [1e-7, "ü"]})),
        window_from: None,
        window_by: at(1_000_000),
        criteria_n: 1,
        standing: JsonText::empty(),
        headline_p: Some(0.5),
        move_seq: 0,
        evidence_count: 0,
        confidence: "low".into(),
        verdict: None,
        missing_legs: None,
        distance: None,
        distance_json: None,
        outcome: None,
        version: 1,
        created_at: at(0),
        created_by: Actor::Operator,
        published_at: Some(at(0)),
        resolved_at: None,
        updated_at: at(0),
    }
}

pub(crate) fn criteria(claim: &Claim, n: i64) -> Criteria {
    Criteria {
        id: CriteriaId(id(claim.id.0.as_u128() * 1_000_000 + u128::try_from(n).unwrap())),
        claim: claim.id,
        n,
        words: "True if it is so.".to_owned(),
        rule: Some(json_of(&json!({"score": {"at_least": "70"}}))),
        document: claim.document.clone(),
        sha256: Sha256::of(b"criteria"),
        reason: (n > 1).then(|| "clearer".to_owned()),
        actor: Actor::Operator,
        at: at(n),
    }
}

pub(crate) fn evidence(claim: &Claim, n: u128) -> (Evidence, EvidenceRevision) {
    let id = EvidenceId(id(claim.id.0.as_u128() * 1_000_000 + n));
    let minutes = i64::try_from(n).unwrap();
    let item = Evidence {
        id,
        claim: claim.id,
        n: 1,
        status: "active".into(),
        option: None,
        side: "for".into(),
        points: 6.0,
        effective: 3.6,
        text: "Compute costs drop".to_owned(),
        url: Some("https://example.org/a".to_owned()),
        origin: Some("example.org".to_owned()),
        publisher: None,
        observed_at: at(minutes),
        item: json_of(&json!({"points": 6})),
        factors: json_of(&json!({"credibility": 0.6})),
        link_snapshot: None,
        signal: None,
        actor: Actor::Operator,
        added_at: at(minutes),
        updated_at: at(minutes),
    };
    let revision = EvidenceRevision {
        evidence: id,
        n: 1,
        kind: "added".into(),
        item: item.item.clone(),
        reason: None,
        actor: Actor::Operator,
        at: at(minutes),
    };
    (item, revision)
}

pub(crate) fn moved(claim: &Claim, seq: i64, minutes: i64, p: f64) -> Move {
    Move {
        id: MoveId(id(claim.id.0.as_u128() * 1_000_000 + u128::try_from(seq).unwrap())),
        claim: claim.id,
        seq,
        at: at(minutes),
        cause_kind: "evidence".into(),
        cause_id: Some(format!("cause-{seq}")),
        actor: Actor::system("test"),
        stream: "evidence".to_owned(),
        points: Some(3.6),
        stream_before: json_of(&json!(0.0)),
        stream_after: json_of(&json!(0.1)),
        headline_before: json_of(&json!(0.0)),
        headline_after: json_of(&json!(0.1)),
        p_before: Some(0.5),
        p_after: Some(p),
        parts: json_of(&json!({})),
        note: None,
    }
}

pub(crate) fn change(actor: &Actor, claim: Option<ClaimId>, minutes: i64) -> Change<'_> {
    Change {
        at: at(minutes),
        actor,
        kind: "thing.happened",
        claim,
        subject: format!("thing {minutes}"),
        body: json!({"z": 1, "a": 0.1}),
    }
}

/// Writes some claims, each with its criteria and search words.
pub(crate) async fn with_claims(db: &Db, n: u128) -> Vec<Claim> {
    let mut tx = db.write().await.unwrap();
    let mut all = Vec::new();
    for i in 1..=n {
        let claim = claim(i);
        insert(&mut tx, &claim).await;
        all.push(claim);
    }
    tx.commit().await.unwrap();
    all
}

pub(crate) async fn insert(tx: &mut Tx, claim: &Claim) {
    tx.insert_claim(claim).await.unwrap();
    tx.insert_criteria(&criteria(claim, 1)).await.unwrap();
    tx.set_claim_words(claim.id, &claim.title).await.unwrap();
}
