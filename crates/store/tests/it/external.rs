//! Questions of other sites, and what they said.

use bellwether_core::{
    actor::Actor,
    ids::{ClaimId, Sha256, SourceId},
    status::ClaimStatus,
};
use bellwether_store::{Db, ExternalQuestion, ExternalValue, JsonText, Snapshot, StoreError, Tx};
use serde_json::json;

use crate::made::{at, id, json_of, with_claims};

bellwether_testkit::both!(
    a_question_is_kept_and_found,
    a_name_is_free_again_after_removal,
    due_questions_are_those_of_claims_that_are_open,
    values_are_appended
);

fn question(n: u128, claim: ClaimId, name: &str) -> ExternalQuestion {
    ExternalQuestion {
        id: id(n),
        claim,
        name: SourceId::new(name).unwrap(),
        site: "manifold".into(),
        address: "https://manifold.markets/Example/will-it-be".to_owned(),
        api: "https://api.manifold.markets/v0/slug/will-it-be".to_owned(),
        mapping: json_of(&json!({"yes": {"inverted": false}})),
        title: "Will it be?".to_owned(),
        state: json_of(&json!({"is": "open"})),
        next_due_at: Some(at(60)),
        etag: Some("\"v1\"".to_owned()),
        last_modified: None,
        last_read_at: at(0),
        failures: 0,
        wait_until: None,
        last_error: None,
        linked_by: Actor::Operator,
        linked_at: at(i64::try_from(n).unwrap()),
        removed_by: None,
        removed_at: None,
        updated_at: at(0),
    }
}

async fn value(tx: &mut Tx, question: &ExternalQuestion, n: i64, p: f64) -> ExternalValue {
    let bytes = format!("{p}");
    let sha256 = Sha256::of(bytes.as_bytes());
    let kept = Snapshot { sha256, zstd: bytes.into(), size: 3, mime: None, stored_at: at(n) };
    tx.keep_snapshot(&kept).await.unwrap();
    let value = ExternalValue {
        question: question.id,
        n,
        at: at(n),
        as_of: (n > 1).then(|| at(n - 1)),
        state: JsonText::empty(),
        probabilities: json_of(&json!([p, 1.0 - p])),
        sha256,
    };
    tx.append_external_value(&value).await.unwrap();
    value
}

async fn a_question_is_kept_and_found(db: Db) {
    let claims = with_claims(&db, 2).await;
    let mut tx = db.write().await.unwrap();
    let mut first = question(1, claims[0].id, "manifold");
    tx.insert_external(&first).await.unwrap();
    tx.insert_external(&question(2, claims[1].id, "manifold")).await.unwrap();
    assert_eq!(tx.external(first.id).await.unwrap(), first);
    "Will it really be?".clone_into(&mut first.title);
    first.failures = 3;
    first.last_error = Some("no answer (timeout)".to_owned());
    first.wait_until = Some(at(90));
    first.next_due_at = Some(at(95));
    tx.save_external(&first).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.read().await.unwrap();
    assert_eq!(tx.external_of_claim(claims[0].id, &first.name).await.unwrap(), Some(first.clone()));
    assert_eq!(tx.externals_of_claim(claims[0].id).await.unwrap(), [first]);
    assert!(matches!(tx.external(id(9)).await, Err(StoreError::NotFound)));
}

async fn a_name_is_free_again_after_removal(db: Db) {
    let claims = with_claims(&db, 1).await;
    let mut tx = db.write().await.unwrap();
    let mut first = question(1, claims[0].id, "manifold");
    tx.insert_external(&first).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.write().await.unwrap();
    assert!(tx.insert_external(&question(2, claims[0].id, "manifold")).await.is_err());
    drop(tx);
    let mut tx = db.write().await.unwrap();
    (first.removed_at, first.removed_by, first.next_due_at) = (Some(at(5)), Some(Actor::Operator), None);
    tx.save_external(&first).await.unwrap();
    let second = question(2, claims[0].id, "manifold");
    tx.insert_external(&second).await.unwrap();
    assert_eq!(tx.external_of_claim(claims[0].id, &first.name).await.unwrap(), Some(second.clone()));
    assert_eq!(tx.externals_of_claim(claims[0].id).await.unwrap(), [first, second]);
}

async fn due_questions_are_those_of_claims_that_are_open(db: Db) {
    let claims = with_claims(&db, 4).await;
    let mut tx = db.write().await.unwrap();
    for (n, claim) in (1..).zip(&claims) {
        let due = at(10 * i64::try_from(n).unwrap());
        let next_due_at = Some(due);
        tx.insert_external(&ExternalQuestion { next_due_at, ..question(n, claim.id, "manifold") })
            .await
            .unwrap();
    }
    let mut settled = claims[1].clone();
    settled.status = ClaimStatus::Resolved;
    tx.save_claim(&mut settled).await.unwrap();
    let due = async |tx: &mut Tx, minutes, limit| {
        let due = tx.due_externals(at(minutes), limit).await.unwrap();
        due.into_iter().map(|q| q.id.as_u128()).collect::<Vec<_>>()
    };
    assert!(due(&mut tx, 9, 10).await.is_empty());
    assert_eq!(due(&mut tx, 40, 10).await, [1, 3, 4]);
    assert_eq!(due(&mut tx, 40, 2).await, [1, 3]);
    let mut removed = tx.external(id(1)).await.unwrap();
    (removed.removed_at, removed.next_due_at) = (Some(at(1)), None);
    tx.save_external(&removed).await.unwrap();
    assert_eq!(due(&mut tx, 40, 10).await, [3, 4]);
}

async fn values_are_appended(db: Db) {
    let claims = with_claims(&db, 2).await;
    let mut tx = db.write().await.unwrap();
    let (one, other) = (question(1, claims[0].id, "manifold"), question(2, claims[0].id, "metaculus"));
    let elsewhere = question(3, claims[1].id, "manifold");
    for q in [&one, &other, &elsewhere] {
        tx.insert_external(q).await.unwrap();
    }
    assert_eq!(tx.last_external_value(one.id).await.unwrap(), None);
    let all = [
        value(&mut tx, &one, 1, 0.25).await,
        value(&mut tx, &one, 2, 0.5).await,
        value(&mut tx, &other, 1, 0.75).await,
    ];
    value(&mut tx, &elsewhere, 1, 0.125).await;
    tx.commit().await.unwrap();
    let mut tx = db.read().await.unwrap();
    assert_eq!(tx.last_external_value(one.id).await.unwrap().as_ref(), Some(&all[1]));
    assert_eq!(tx.external_values_of_claim(claims[0].id).await.unwrap(), all);
    drop(tx);
    let mut tx = db.write().await.unwrap();
    assert!(tx.append_external_value(&all[1]).await.is_err(), "a place is taken once");
}
