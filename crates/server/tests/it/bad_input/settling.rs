//! Outcomes, objections and decisions: by whom they are taken, when, and with what said.

use bellwether_core::{actor::Actor, people::Role, status::Outcome};
use chrono::TimeDelta;
use serde_json::json;

use crate::{
    forms::plain,
    people::{Someone, propose},
    support::{JSON, OnePage, Reply, Server},
};

/// An open claim of words only, written by the operator.
async fn open_claim(server: &Server, slug: &str, options: &[&str]) {
    let document = serde_json::from_value(json!({
        "title": format!("Whether {slug} comes about"), "slug": slug, "options": options,
        "start": {"p": 0.5, "basis": "no view"}, "window": {"by": "Q1 2027"}, "criteria": "A person decides.",
    }))
    .expect("a document");
    let new = bellwether_engine::claims::NewClaim { document, publish: true };
    Box::pin(server.engine.create_claim(&Actor::Operator, new)).await.expect("a claim");
}

/// The answer has one of the statuses, names the field where one is given, and nothing was stored.
async fn is(
    server: &Server,
    before: &std::collections::BTreeMap<String, i64>,
    what: &str,
    reply: &Reply,
    statuses: &[u16],
    field: Option<&str>,
) {
    assert!(statuses.contains(&reply.status), "{what}: {}: {}", reply.status, plain(&reply.text()));
    if let Some(field) = field {
        assert!(reply.fields().iter().any(|f| f == field), "{what}: {}", reply.text());
    }
    assert_eq!(&server.rows().await, before, "{what}: something was stored");
}

#[tokio::test]
async fn b48_outcomes_that_cannot_be_decided() {
    let server = Server::start_with_accounts().await;
    Someone::new(&server, "ada", Role::Admin).await;
    let alan = Someone::new(&server, "alan", Role::Arbiter).await;
    let curie = Someone::new(&server, "curie", Role::Curator).await;
    let fisher = Someone::new(&server, "fisher", Role::Forecaster).await;
    for slug in ["open", "proposed", "disputed"] {
        open_claim(&server, slug, &[]).await;
    }
    open_claim(&server, "named", &["DeepSeek", "Alibaba"]).await;
    propose(&server, "proposed").await;
    let disputed = propose(&server, "disputed").await;
    let reason = "The page says otherwise.";
    server.engine.object(&Actor::Operator, disputed, reason, None).await.expect("objected");

    let before = server.rows().await;
    let decide = |outcome: &str, reason: &str| {
        json!({"ruling": "uphold", "outcome": outcome, "reason": reason}).to_string()
    };
    let good = decide("yes", reason);
    let path = |slug: &str| format!("/api/v1/claims/{slug}/decide");
    // By whom.
    let stranger = server.send("POST", &path("disputed"), &[JSON], good.as_bytes()).await;
    is(&server, &before, "a stranger", &stranger, &[401], None).await;
    for (who, name) in [(&fisher, "a forecaster"), (&curie, "a curator")] {
        let reply = who.api(&server, "POST", &path("disputed"), &good).await;
        is(&server, &before, name, &reply, &[403], None).await;
        let reply =
            who.page(&server, "POST", "/claims/disputed/decide", "outcome=Yes&reason=It+is+so.").await;
        is(&server, &before, name, &reply, &[403], None).await;
    }
    // When.
    for slug in ["open", "proposed"] {
        let reply = alan.api(&server, "POST", &path(slug), &good).await;
        is(&server, &before, slug, &reply, &[409], None).await;
        let reply = alan
            .page(&server, "POST", &format!("/claims/{slug}/decide"), "outcome=Yes&reason=It+is+so.")
            .await;
        is(&server, &before, slug, &reply, &[409], None).await;
    }
    // With what.
    for (outcome, why, field) in [
        ("perhaps", reason, "outcome"),
        ("", reason, "outcome"),
        ("option:DeepSeek", reason, "outcome"),
        ("yes", "", "reason"),
        ("yes", "  ", "reason"),
        ("yes", "\u{200b}\u{200b}\u{200b}", "reason"),
        ("yes", "nul\0nul", "reason"),
        ("yes", &"x".repeat(5000), "reason"),
    ] {
        let reply = alan.api(&server, "POST", &path("disputed"), &decide(outcome, why)).await;
        let short: String = format!("{outcome} {why}").chars().take(40).collect();
        is(&server, &before, &short, &reply, &[422], Some(field)).await;
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("outcome", if outcome == "yes" { "Yes" } else { outcome }), ("reason", why)])
            .finish();
        let reply = alan.page(&server, "POST", "/claims/disputed/decide", &body).await;
        is(&server, &before, &short, &reply, &[422], None).await;
        assert!(plain(&reply.text()).contains("field-error"), "{short}: told beside the field");
    }
    for body in [
        json!({"ruling": "uphold", "outcome": "yes"}),
        json!({"ruling": "uphold", "reason": reason}),
        json!({"outcome": "yes", "reason": reason}),
        json!({"ruling": "win", "outcome": "yes", "reason": reason}),
        json!({"ruling": "annul", "outcome": "yes", "reason": reason}),
        json!({"ruling": "uphold", "outcome": true, "reason": reason}),
        json!({"ruling": "uphold", "outcome": "yes", "reason": reason, "decided_by": "person:ada"}),
        json!({"ruling": "uphold", "outcome": "yes", "reason": reason, "interested": false}),
    ] {
        let reply = alan.api(&server, "POST", &path("disputed"), &body.to_string()).await;
        is(&server, &before, &body.to_string(), &reply, &[422], None).await;
    }
    let unknown = alan.api(&server, "POST", &path("no-such-claim"), &good).await;
    is(&server, &before, "no such claim", &unknown, &[404], None).await;

    // Once, and not again.
    let done = alan.api(&server, "POST", &path("disputed"), &good).await;
    assert_eq!(done.status, 200, "{}", done.text());
    let before = server.rows().await;
    let again = alan.api(&server, "POST", &path("disputed"), &decide("no", reason)).await;
    is(&server, &before, "twice", &again, &[409], None).await;
    let again = alan.page(&server, "POST", "/claims/disputed/decide", "outcome=No&reason=It+is+so.").await;
    is(&server, &before, "twice by the form", &again, &[409], None).await;
    server.stop().await;
}

#[tokio::test]
async fn b48_outcomes_that_cannot_be_proposed() {
    let server = Server::start().await;
    open_claim(&server, "words", &[]).await;
    open_claim(&server, "named", &["DeepSeek", "Alibaba"]).await;
    let page =
        server.engine.read_link(&Actor::Operator, &OnePage, "https://example.org/a").await.expect("read");
    let reason = "The page says so.";
    let engine = &server.engine;
    let id = async |slug: &str| engine.claim_id(&slug.to_owned().into()).await.expect("a claim");
    let (words, named) = (id("words").await, id("named").await);
    let before = server.rows().await;
    let option = Outcome::Option("Nobody".into());
    for (claim, outcome, why, link) in [
        (words, &option, reason, Some(page.snapshot)),
        (named, &Outcome::Yes, reason, Some(page.snapshot)),
        (named, &option, reason, Some(page.snapshot)),
        (words, &Outcome::Yes, "", Some(page.snapshot)),
        (words, &Outcome::Yes, reason, None),
        (words, &Outcome::Yes, reason, Some(uuid::Uuid::nil())),
    ] {
        let refused = engine.propose(&Actor::Operator, claim, outcome.clone(), why, link).await;
        assert!(refused.is_err(), "{outcome} {why} {link:?}");
        assert_eq!(server.rows().await, before);
    }
    for body in [
        json!({"outcome": "perhaps", "reason": reason, "url": "https://example.org/a"}),
        json!({"outcome": "yes", "reason": reason}),
        json!({"outcome": "yes", "reason": "", "url": "https://example.org/a"}),
        json!({"outcome": "yes", "reason": reason, "url": "javascript:alert(1)"}),
        json!({"outcome": "yes", "reason": reason, "url": "http://127.0.0.1:1/"}),
        json!({"outcome": "yes", "reason": reason, "url": "https://example.org/a", "status": "resolved"}),
    ] {
        let reply = server.post("/api/v1/claims/words/propose", &body).await;
        // A server that fetches nothing says so.
        is(&server, &before, &body.to_string(), &reply, &[409, 422], None).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn b49_objections_that_are_none_or_come_too_late() {
    let server = Server::start_with_accounts().await;
    Someone::new(&server, "ada", Role::Admin).await;
    let fisher = Someone::new(&server, "fisher", Role::Forecaster).await;
    open_claim(&server, "open", &[]).await;
    open_claim(&server, "proposed", &[]).await;
    propose(&server, "proposed").await;
    let before = server.rows().await;
    let path = |slug: &str| format!("/api/v1/claims/{slug}/object");
    let good = json!({"reason": "The page says otherwise."}).to_string();

    let stranger = server.send("POST", &path("proposed"), &[JSON], good.as_bytes()).await;
    is(&server, &before, "a stranger", &stranger, &[401], None).await;
    let stranger = server.form("/claims/proposed/object", &[("reason", "It is so.")]).await;
    is(&server, &before, "a stranger's form", &stranger, &[401], None).await;
    for why in ["", "  ", "no", "\u{200b}\u{200b}\u{200b}", "nul\0nul", "a\u{202e}b c", &"x".repeat(5000)] {
        let short: String = why.chars().take(40).collect();
        let reply = fisher.api(&server, "POST", &path("proposed"), &json!({"reason": why}).to_string()).await;
        is(&server, &before, &short, &reply, &[422], Some("reason")).await;
        let body = url::form_urlencoded::Serializer::new(String::new()).append_pair("reason", why).finish();
        let reply = fisher.page(&server, "POST", "/claims/proposed/object", &body).await;
        is(&server, &before, &short, &reply, &[422], None).await;
        assert!(plain(&reply.text()).contains("field-error"), "{short}: told beside the field");
    }
    for body in [
        "{}",
        "{\"reason\":null}",
        "{\"reason\":[\"x\"]}",
        "{\"reason\":\"The page.\",\"actor\":\"operator\"}",
    ] {
        let reply = fisher.api(&server, "POST", &path("proposed"), body).await;
        is(&server, &before, body, &reply, &[422], None).await;
    }
    let nothing = fisher.api(&server, "POST", &path("open"), &good).await;
    is(&server, &before, "nothing is proposed", &nothing, &[409], None).await;
    let none = fisher.api(&server, "POST", &path("no-such-claim"), &good).await;
    is(&server, &before, "no such claim", &none, &[404], None).await;

    // The window ends: whoever comes then comes too late, before it is made final and after.
    server.clock.advance(TimeDelta::hours(25));
    let late = fisher.api(&server, "POST", &path("proposed"), &good).await;
    is(&server, &before, "after the window", &late, &[409], None).await;
    let late = fisher.page(&server, "POST", "/claims/proposed/object", "reason=It+is+not+so.").await;
    is(&server, &before, "after the window", &late, &[409], None).await;
    server.stop().await;
}
