//! Events, the audit chain, visits and kept replies.

use bellwether_core::{actor::Actor, ids::Sha256};
use bellwether_store::{Db, JsonText};

use crate::made::{at, change, with_claims};

bellwether_testkit::both!(
    events_are_numbered_without_gaps,
    an_event_that_is_undone_leaves_no_gap,
    the_chain_holds,
    many_writers_make_one_chain,
    events_are_listed,
    a_visit_is_remembered,
    a_key_is_taken_once,
    a_key_is_taken_over_only_from_a_request_that_changed_nothing,
);

async fn events_are_numbered_without_gaps(db: Db) {
    let claims = with_claims(&db, 2).await;
    let mut tx = db.write().await.unwrap();
    let mut seen = Vec::new();
    for (i, claim) in [None, Some(0), Some(1), Some(0), None, Some(0)].into_iter().enumerate() {
        let minutes = i64::try_from(i).unwrap();
        let event =
            tx.record(&change(&Actor::Operator, claim.map(|c: usize| claims[c].id), minutes)).await.unwrap();
        seen.push((event.seq, event.claim_seq));
    }
    tx.commit().await.unwrap();
    assert_eq!(seen, [(1, None), (2, Some(1)), (3, Some(1)), (4, Some(2)), (5, None), (6, Some(3))]);
}

async fn an_event_that_is_undone_leaves_no_gap(db: Db) {
    let mut tx = db.write().await.unwrap();
    tx.record(&change(&Actor::Operator, None, 0)).await.unwrap();
    drop(tx);
    let mut tx = db.write().await.unwrap();
    assert_eq!(tx.record(&change(&Actor::Operator, None, 0)).await.unwrap().seq, 1);
}

async fn the_chain_holds(db: Db) {
    let mut tx = db.write().await.unwrap();
    assert_eq!(tx.audit_head().await.unwrap(), Sha256([0; 32]));
    for minutes in 0..5 {
        tx.record(&change(&Actor::system("test"), None, minutes)).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut tx = db.read().await.unwrap();
    let report = tx.verify_audit().await.unwrap();
    assert_eq!((report.links, report.broken), (5, None));
    assert_eq!(report.head, tx.audit_head().await.unwrap());
    let newest: Vec<_> = tx.audit_before(i64::MAX, 2).await.unwrap().into_iter().map(|row| row.seq).collect();
    assert_eq!(newest, [5, 4]);
}

async fn many_writers_make_one_chain(db: Db) {
    let write = |db: Db, minutes| async move {
        let mut tx = db.write().await.unwrap();
        tx.record(&change(&Actor::Operator, None, minutes)).await.unwrap();
        tokio::task::yield_now().await;
        tx.commit().await.unwrap();
    };
    let all: Vec<_> = (0..24).map(|n| tokio::spawn(write(db.clone(), n))).collect();
    for one in all {
        one.await.unwrap();
    }
    let report = db.read().await.unwrap().verify_audit().await.unwrap();
    assert_eq!((report.links, report.broken), (24, None));
}

async fn events_are_listed(db: Db) {
    let claims = with_claims(&db, 1).await;
    let mut tx = db.write().await.unwrap();
    for minutes in 0..6 {
        let mut change = change(&Actor::Operator, (minutes % 2 == 0).then_some(claims[0].id), minutes);
        change.kind = if minutes < 3 { "early.happened" } else { "late.happened" };
        tx.record(&change).await.unwrap();
    }
    let seqs = |events: Vec<bellwether_store::Event>| events.into_iter().map(|e| e.seq).collect::<Vec<_>>();
    assert_eq!(tx.last_event().await.unwrap(), 6);
    assert_eq!(seqs(tx.events_after(2, 3).await.unwrap()), [3, 4, 5]);
    assert_eq!(seqs(tx.events_before(i64::MAX, 2).await.unwrap()), [6, 5]);
    assert_eq!(seqs(tx.claim_events_before(claims[0].id, 3, 10).await.unwrap()), [3, 1]);
    assert_eq!(seqs(tx.newest_events(&["early.happened", "late.happened"], 4).await.unwrap()), [6, 5, 4, 3]);
    assert_eq!(seqs(tx.newest_events(&["early.happened"], 2).await.unwrap()), [3, 2]);
    let event = tx.event(4).await.unwrap().unwrap();
    assert_eq!((event.at, event.body.as_str()), (at(3), r#"{"z":1,"a":0.1}"#));
    assert_eq!(tx.event(7).await.unwrap(), None);
}

async fn a_visit_is_remembered(db: Db) {
    let mut tx = db.write().await.unwrap();
    assert_eq!(tx.visit("operator").await.unwrap(), None);
    tx.set_visit("operator", at(0), 3).await.unwrap();
    tx.set_visit("operator", at(1), 5).await.unwrap();
    let visit = tx.visit("operator").await.unwrap().unwrap();
    assert_eq!((visit.at, visit.seq), (at(1), 5));
}

async fn a_key_is_taken_once(db: Db) {
    let mut tx = db.write().await.unwrap();
    let digest = Sha256::of(b"request");
    assert_eq!(tx.take_key("k", digest, at(0)).await.unwrap(), None);
    assert_eq!(tx.take_key("k", digest, at(1)).await.unwrap().unwrap().reply, None);
    tx.free_key("k").await.unwrap();
    assert_eq!(tx.take_key("k", digest, at(2)).await.unwrap(), None);
    tx.keep_reply("k", &JsonText::empty()).await.unwrap();
    tx.free_key("k").await.unwrap();
    let kept = tx.take_key("k", Sha256::of(b"other"), at(3)).await.unwrap().unwrap();
    assert_eq!((kept.request_sha256, kept.reply), (digest, Some(JsonText::empty())));
    assert_eq!(tx.forget_keys(at(2)).await.unwrap(), 0);
    assert_eq!(tx.forget_keys(at(3)).await.unwrap(), 1);
}

async fn a_key_is_taken_over_only_from_a_request_that_changed_nothing(db: Db) {
    let mut tx = db.write().await.unwrap();
    tx.take_key("k", Sha256::of(b"request"), at(5)).await.unwrap();
    assert!(!tx.retake_key("k", at(4), at(6)).await.unwrap(), "its request may still be at work");
    assert!(tx.retake_key("k", at(5), at(6)).await.unwrap());
    assert!(!tx.retake_key("k", at(5), at(7)).await.unwrap(), "it was taken over at 6");
    tx.note_effect("k", at(6)).await.unwrap();
    assert!(!tx.retake_key("k", at(9), at(9)).await.unwrap(), "its change is made");
    assert!(!tx.retake_key("other", at(9), at(9)).await.unwrap());
}
