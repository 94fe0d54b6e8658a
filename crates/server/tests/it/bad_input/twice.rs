//! The same request twice, at once, or against a version that is gone.

use bellwether_core::{actor::Actor, ids::Sha256};
use bellwether_engine::{
    claims::NewClaim,
    idempotency::{Turn, under},
};
use serde_json::json;

use super::{claim, created, with};
use crate::support::{JSON, Server};

#[tokio::test]
async fn b17_one_key_two_requests() {
    let server = Server::start().await;
    let key = ("Idempotency-Key", "import-1");
    let body = claim().to_string();
    let first = server.send("POST", "/api/v1/claims", &[JSON, key], body.as_bytes()).await;
    assert_eq!(first.status, 201, "{}", first.text());
    let rows = server.rows().await;
    let again = server.send("POST", "/api/v1/claims", &[JSON, key], body.as_bytes()).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.header("location"), first.header("location"));
    let other = with("title", json!("Another question")).to_string();
    let refused = server.send("POST", "/api/v1/claims", &[JSON, key], other.as_bytes()).await;
    assert!(matches!(refused.status, 409 | 422), "{}", refused.text());
    assert_eq!(server.rows().await, rows, "nothing more was stored");
    // A refused request leaves its key free.
    let key = ("Idempotency-Key", "import-2");
    assert_eq!(server.send("POST", "/api/v1/claims", &[JSON, key], b"{}").await.status, 422);
    assert_eq!(server.send("POST", "/api/v1/claims", &[JSON, key], other.as_bytes()).await.status, 201);
    let empty =
        server.send("POST", "/api/v1/claims", &[JSON, ("Idempotency-Key", "")], body.as_bytes()).await;
    assert_eq!(empty.status, 400);
    server.stop().await;
}

/// What the server keeps of a request, to tell it from another with the same key.
fn digest(body: &str) -> Sha256 {
    Sha256::of(format!("application/json\n\n{body}").as_bytes())
}

#[tokio::test]
async fn b17_a_request_that_a_crash_cut_off_can_be_sent_again() {
    let server = Server::start().await;
    let body = claim().to_string();
    let send = async |key| {
        server.send("POST", "/api/v1/claims", &[JSON, ("Idempotency-Key", key)], body.as_bytes()).await
    };
    // Cut off before anything was stored.
    let turn =
        server.engine.begin_once("operator /api/v1/claims early", digest(&body)).await.expect("a turn");
    assert_eq!(turn, Turn::First);
    let again = send("early").await;
    assert_eq!(again.status, 201, "{}", again.text());

    // Cut off when the claim was stored and before the reply was.
    let key = "operator /api/v1/claims late".to_owned();
    assert_eq!(server.engine.begin_once(&key, digest(&body)).await.expect("a turn"), Turn::First);
    let document = serde_json::from_value(with("title", json!("Another question"))).expect("a document");
    let new = NewClaim { document, publish: true };
    Box::pin(under(key, server.engine.create_claim(&Actor::Operator, new))).await.expect("a claim");
    let rows = server.rows().await;
    let again = send("late").await;
    assert_eq!(again.status, 409, "{}", again.text());
    assert!(again.text().contains("made its change at 2026-04-06T12:00:00Z"), "{}", again.text());
    assert_eq!(server.rows().await, rows, "the change is not made twice");
    server.stop().await;
}

#[tokio::test]
async fn b18_fifty_at_once_are_one() {
    let server = Server::start().await;
    let slug = created(&server, &claim()).await;
    let body = json!({"item": {"side": "for", "text": "Costs fell by half", "strength": 6.0}}).to_string();
    let path = format!("/api/v1/claims/{slug}/evidence");
    let headers = [JSON, ("Idempotency-Key", "one")];
    let all = (0..50).map(|_| server.send("POST", &path, &headers, body.as_bytes()));
    let replies = futures::future::join_all(all).await;
    for reply in &replies {
        assert_eq!((reply.status, &reply.body), (201, &replies[0].body), "{}", reply.text());
    }
    assert_eq!(server.rows().await["evidence"], 1);
    server.stop().await;
}

#[tokio::test]
async fn b19_edits_of_a_version_that_is_gone() {
    let server = Server::start().await;
    let slug = created(&server, &claim()).await;
    let path = format!("/api/v1/claims/{slug}/criteria");
    let change = |words: &str, seen: i64| {
        let document = with("criteria", json!(words));
        json!({"document": document, "reason": "clearer", "seen": seen})
    };
    let first = server.post(&path, &change("Yes if it is first by any margin.", 1)).await;
    assert_eq!((first.status, first.json()["version"].as_i64()), (200, Some(2)), "{}", first.text());
    let rows = server.rows().await;
    let stale = server.post(&path, &change("Yes if it is first.", 1)).await;
    assert!(matches!(stale.status, 409 | 412), "{}", stale.text());
    assert!(stale.text().contains("version 2"), "{}", stale.text());
    assert_eq!(server.rows().await, rows);

    let item = |points: f64| json!({"side": "for", "text": "Costs fell by half", "strength": points});
    let added =
        server.post(&format!("/api/v1/claims/{slug}/evidence"), &json!({"item": item(6.0)})).await.json();
    let id = added["items"][0]["evidence"].as_str().expect("an id").to_owned();
    let revise = |points: f64, seen: u32| json!({"item": item(points), "seen": seen});
    let path = format!("/api/v1/evidence/{id}/revise");
    assert_eq!(server.post(&path, &revise(8.0, 1)).await.status, 200);
    let stale = server.post(&path, &revise(9.0, 1)).await;
    assert!(matches!(stale.status, 409 | 412), "{}", stale.text());
    assert!(stale.text().contains("revision 2"), "{}", stale.text());
    server.stop().await;
}
