//! Questions of other sites: linked, followed, taken away; on both databases.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bellwether_core::{
    actor::Actor,
    document::ClaimDocument,
    ledger::CauseKind,
    status::{ClaimStatus, Outcome},
    stream::Stream,
};
use bellwether_engine::{
    Engine, EngineError,
    claims::{ClaimKey, NewClaim},
    clock::FixedClock,
    external::{ExternalView, LinkInput, OverThere, mapping::Choice},
    outside::Outside,
    resolve::Ruling,
    schedule::Done,
};
use bellwether_sources::{
    external::{Site, Sites},
    fetch::{AddressPolicy, FetchSettings, pace::Manners},
};
use bellwether_store::{Db, ExternalValue, JsonText, LinkSnapshot};
use chrono::TimeDelta;
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, header_exists, path},
};

use crate::support::{at, near};

const QUESTION: &str = "https://manifold.markets/Example/will-it-be";
const DATA: &str = "/v0/slug/will-it-be";

fn market(p: f64) -> Value {
    json!({
        "id": "q1", "question": "Will it be?", "outcomeType": "BINARY", "mechanism": "cpmm-1", "probability": p,
        "isResolved": false, "closeTime": 1_806_451_199_000_i64, "lastBetTime": 1_775_469_000_000_i64,
        "volume": 1.5,
    })
}

fn choices(list: &[(&str, f64)]) -> Value {
    let answers: Vec<Value> = list
        .iter()
        .enumerate()
        .map(|(i, (text, p))| json!({"id": format!("id-{text}"), "index": i, "text": text, "probability": p}))
        .collect();
    json!({
        "id": "q2", "question": "Which is it?", "outcomeType": "MULTIPLE_CHOICE", "mechanism": "cpmm-multi-1",
        "answers": answers, "shouldAnswersSumToOne": true, "isResolved": false,
    })
}

struct Kit {
    engine: Engine,
    clock: Arc<FixedClock>,
    server: MockServer,
    db: Db,
}

fn outside(server: &MockServer, policy: AddressPolicy) -> Outside {
    let manners = Manners { pause: Duration::ZERO, ..Manners::default() };
    let settings = FetchSettings { policy, manners, ..FetchSettings::default() };
    let url = url::Url::parse(&server.uri()).unwrap();
    let secret = |name: &str| (name == "METACULUS_TOKEN").then(|| "abc".to_owned());
    Outside::new(settings, secret).unwrap().with_sites(Sites {
        manifold: url.clone(),
        metaculus: url.clone(),
        polymarket: url,
    })
}

impl Kit {
    async fn new(db: Db) -> Self {
        let clock = Arc::new(FixedClock::new(at("2026-04-06T12:00:00Z")));
        let server = MockServer::start().await;
        let outside = outside(&server, AddressPolicy::with_loopback());
        let engine = Engine::new(db.clone(), clock.clone()).with_outside(outside);
        Self { engine, clock, server, db }
    }

    async fn claim(&self, more: &str) -> ClaimKey {
        let yaml = format!(
            "title: A claim that follows others {}\nwindow: {{ by: Q1 2027 }}\ncriteria: A person decides.\n{more}",
            more.len()
        );
        let document = ClaimDocument::from_yaml(&yaml).unwrap();
        let new = NewClaim { document, publish: true };
        self.engine.create_claim(&Actor::Operator, new).await.unwrap().id.into()
    }

    /// From now on the site answers this.
    async fn says(&self, body: Value) {
        self.answers(ResponseTemplate::new(200).set_body_json(body)).await;
    }

    async fn answers(&self, answer: ResponseTemplate) {
        self.server.reset().await;
        Mock::given(path(DATA)).respond_with(answer).mount(&self.server).await;
    }

    async fn link(&self, claim: &ClaimKey, input: LinkInput) -> Result<ExternalView, EngineError> {
        self.engine.link_external(&Actor::Operator, claim, &input).await
    }

    async fn only(&self, claim: &ClaimKey) -> ExternalView {
        self.engine.externals(claim).await.unwrap().remove(0)
    }

    async fn values(&self, claim: &ClaimKey) -> Vec<ExternalValue> {
        let id = self.engine.claim_id(claim).await.unwrap();
        self.db.read().await.unwrap().external_values_of_claim(id).await.unwrap()
    }

    /// Waits until the question is due, and does what is due.
    async fn pass(&self, time: TimeDelta) -> Vec<Done> {
        self.clock.advance(time);
        let done = self.engine.run_due().await.unwrap();
        assert!(done.iter().all(|d| d.ok), "{done:?}");
        done.into_iter().filter(|d| d.job.starts_with("follow:")).collect()
    }

    /// The steps of the stream on the chart, in percent.
    async fn line(&self, claim: &ClaimKey, stream: &str) -> Vec<f64> {
        let stream: Stream = stream.parse().unwrap();
        let history = self.engine.history(claim, None).await.unwrap();
        let line = history.streams.into_iter().find(|s| s.stream == stream);
        let points = line.map(|l| l.points).unwrap_or_default();
        points.iter().map(|p| (p.p[0].value() * 1e4).round() / 100.0).collect()
    }

    async fn kinds(&self, claim: &ClaimKey) -> Vec<String> {
        let id = self.engine.claim_id(claim).await.unwrap();
        let events = self.db.read().await.unwrap().claim_events_before(id, i64::MAX, 100).await.unwrap();
        let kinds = events.iter().rev().map(|e| e.kind.as_str().to_owned());
        kinds.filter(|k| k.starts_with("external.")).collect()
    }
}

fn pasted(address: &str) -> LinkInput {
    LinkInput { address: address.to_owned(), ..LinkInput::default() }
}

fn refused(error: EngineError) -> String {
    match error {
        EngineError::Invalid(_) | EngineError::Conflict(_) | EngineError::Upstream(_) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

bellwether_testkit::both!(
    a_look_writes_nothing,
    a_linked_question_is_a_stream,
    changes_are_moves_and_the_rest_is_not,
    unchanged_answers_are_asked_for_conditionally,
    failures_leave_the_last_value_standing,
    another_sites_outcome_settles_nothing,
    what_is_taken_away_ends_its_stream,
    settled_claims_rest_and_go_on_when_opened_again,
    options_follow_answers,
    an_opposite_question_is_turned,
    what_cannot_be_followed_is_refused_with_its_reason,
    private_addresses_are_never_asked,
    a_headline_may_lean_on_another_site,
    two_engines_read_a_due_question_once,
    its_stream_is_scored_like_any_forecaster,
);

async fn a_look_writes_nothing(db: Db) {
    let kit = Kit::new(db).await;
    let claim = kit.claim("").await;
    kit.says(market(0.42)).await;
    let look = kit.engine.look_at_external(&claim, &pasted(QUESTION)).await.unwrap();
    assert_eq!(look.reading.title, "Will it be?");
    assert_eq!(look.probabilities.unwrap().as_slice()[0].to_bits(), 0.42_f64.to_bits());
    assert!(look.mapping.is_ok());
    assert!(kit.engine.externals(&claim).await.unwrap().is_empty());
    assert!(kit.kinds(&claim).await.is_empty());
}

async fn a_linked_question_is_a_stream(db: Db) {
    let kit = Kit::new(db).await;
    let claim = kit.claim("").await;
    kit.says(market(0.42)).await;
    let before = kit.engine.claim_page(&claim, None).await.unwrap().probabilities;
    let view = kit.link(&claim, pasted(QUESTION)).await.unwrap();
    assert_eq!(
        (view.name.as_str(), view.site, view.title.as_str()),
        ("manifold", Site::Manifold, "Will it be?")
    );
    assert_eq!(view.address, QUESTION);
    assert_eq!(view.state, OverThere::Open);
    assert_eq!(kit.line(&claim, "external:manifold").await, [42.0]);
    let page = kit.engine.claim_page(&claim, None).await.unwrap();
    assert_eq!(page.probabilities, before, "the headline is made of other things");
    let stream = page.streams.iter().find(|s| s.stream == view.stream()).unwrap();
    near(100.0 * stream.p[0].value(), 42.0);
    let newest = &page.moves[0];
    assert_eq!((newest.cause, newest.actor.clone()), (CauseKind::StreamMoved, Actor::system("external")));
    assert_eq!(kit.kinds(&claim).await, ["external.linked", "external.moved"]);
    let value = kit.values(&claim).await.remove(0);
    assert_eq!((value.n, value.as_of), (1, Some(at("2026-04-06T09:50:00Z"))));
    let kept = kit.db.read().await.unwrap().snapshot(value.sha256).await.unwrap();
    let bytes = zstd::decode_all(kept.zstd.as_slice()).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), market(0.42), "the bytes as they came");
    let twice = kit.link(&claim, pasted("manifold.markets/Example/will-it-be?r=x")).await.unwrap_err();
    assert!(refused(twice).contains("already, as `manifold`"));
}

async fn changes_are_moves_and_the_rest_is_not(db: Db) {
    let kit = Kit::new(db).await;
    let claim = kit.claim("").await;
    kit.says(market(0.42)).await;
    kit.link(&claim, pasted(QUESTION)).await.unwrap();
    assert!(kit.pass(TimeDelta::minutes(59)).await.is_empty(), "not yet");
    // Smaller steps are no rows, until they add up to a tenth of a point.
    for (p, rows, said) in [
        (0.42, 1, "the same as before"),
        (0.4205, 1, "the same as before"),
        (0.421, 2, "external.moved"),
        (0.4205, 2, "the same as before"),
        (0.9, 3, "external.moved"),
        (1.0, 4, "external.moved"),
    ] {
        kit.says(market(p)).await;
        let done = kit.pass(TimeDelta::minutes(63)).await;
        assert_eq!(done.iter().map(|d| d.detail.as_str()).collect::<Vec<_>>(), [said], "{p}");
        assert_eq!(kit.values(&claim).await.len(), rows, "{p}");
        assert_eq!(kit.only(&claim).await.last_read_at, kit.engine.now());
    }
    assert_eq!(kit.line(&claim, "external:manifold").await, [42.0, 42.1, 90.0, 99.9]);
    let moves = kit.engine.moves(&claim, None, 100, None).await.unwrap().moves;
    assert_eq!(moves.iter().filter(|m| m.cause == CauseKind::StreamMoved).count(), 4);
    assert!(kit.pass(TimeDelta::days(30)).await.len() == 1, "after a downtime it is read once");
}

async fn unchanged_answers_are_asked_for_conditionally(db: Db) {
    let kit = Kit::new(db).await;
    let claim = kit.claim("").await;
    kit.answers(ResponseTemplate::new(200).set_body_json(market(0.42)).insert_header("etag", "\"v1\"")).await;
    kit.link(&claim, pasted(QUESTION)).await.unwrap();
    kit.server.reset().await;
    Mock::given(path(DATA))
        .and(header("if-none-match", "\"v1\""))
        .respond_with(ResponseTemplate::new(304))
        .mount(&kit.server)
        .await;
    for _ in 0..2 {
        let done = kit.pass(TimeDelta::minutes(63)).await;
        assert_eq!(done[0].detail, "not modified");
        assert_eq!(kit.only(&claim).await.last_read_at, kit.engine.now());
    }
    assert_eq!(kit.values(&claim).await.len(), 1);
}

async fn failures_leave_the_last_value_standing(db: Db) {
    let kit = Kit::new(db).await;
    let claim = kit.claim("").await;
    kit.says(market(0.42)).await;
    kit.link(&claim, pasted(QUESTION)).await.unwrap();
    let read_at = kit.engine.now();
    for (answer, why) in [
        (ResponseTemplate::new(500), "http_status"),
        (ResponseTemplate::new(404), "not_found"),
        (ResponseTemplate::new(200).set_body_raw("<!doctype html>", "text/html"), "unexpected_content"),
        (ResponseTemplate::new(200).set_body_json(json!({"message": "x"})), "unexpected_form"),
        (ResponseTemplate::new(200).set_body_json(market(7.0)), "no_probability"),
        (ResponseTemplate::new(200).set_body_json(choices(&[("A", 0.5), ("B", 0.5)])), "kind_changed"),
        (ResponseTemplate::new(429).insert_header("retry-after", "7200"), "rate_limited"),
    ] {
        kit.answers(answer).await;
        assert_eq!(kit.pass(TimeDelta::days(2)).await.len(), 1);
        let view = kit.only(&claim).await;
        assert!(view.last_error.unwrap().contains(why), "{why}");
        assert_eq!((view.last_read_at, view.stale), (read_at, true));
    }
    let view = kit.only(&claim).await;
    assert_eq!(view.failures, 7);
    assert!(view.next_due_at.unwrap() >= kit.engine.now() + TimeDelta::hours(2), "Retry-After is obeyed");
    assert!(kit.pass(TimeDelta::minutes(119)).await.is_empty());
    assert_eq!(kit.line(&claim, "external:manifold").await, [42.0]);
    assert_eq!(kit.values(&claim).await.len(), 1);
    kit.says(market(0.5)).await;
    kit.pass(TimeDelta::days(2)).await;
    let view = kit.only(&claim).await;
    assert_eq!((view.failures, view.last_error, view.stale), (0, None, false));
    assert_eq!(kit.line(&claim, "external:manifold").await, [42.0, 50.0]);
}

async fn another_sites_outcome_settles_nothing(db: Db) {
    let kit = Kit::new(db).await;
    let claim = kit.claim("").await;
    kit.says(market(0.42)).await;
    kit.link(&claim, pasted(QUESTION)).await.unwrap();
    let mut over = market(0.99);
    over["isResolved"] = json!(true);
    over["resolution"] = json!("YES");
    over["resolutionTime"] = json!(1_775_480_400_000_i64);
    kit.says(over).await;
    kit.pass(TimeDelta::minutes(63)).await;
    let view = kit.only(&claim).await;
    let resolved = OverThere::Resolved { how: "Yes".to_owned(), at: Some(at("2026-04-06T13:00:00Z")) };
    assert_eq!(view.state, resolved);
    assert_eq!(kit.line(&claim, "external:manifold").await, [42.0], "its last opinion stands");
    assert_eq!(kit.values(&claim).await.len(), 2, "that it is over is a row");
    let page = kit.engine.claim_page(&claim, None).await.unwrap();
    assert_eq!((page.status, page.outcome, page.proposed), (ClaimStatus::Open, None, None));
    assert_eq!(kit.kinds(&claim).await, ["external.linked", "external.moved", "external.resolved"]);
    assert!(kit.pass(TimeDelta::hours(23)).await.is_empty(), "a resolved question is read once a day");
    assert_eq!(kit.pass(TimeDelta::hours(2)).await[0].detail, "the same as before");
    // Sites take outcomes back.
    kit.says(market(0.6)).await;
    kit.pass(TimeDelta::hours(25)).await;
    assert_eq!(kit.only(&claim).await.state, OverThere::Open);
    assert_eq!(kit.line(&claim, "external:manifold").await, [42.0, 60.0]);
    assert_eq!(kit.kinds(&claim).await[3..], ["external.moved", "external.reopened"]);
    let settled = kit.claim("context: another").await;
    let mut over = market(0.99);
    over["isResolved"] = json!(true);
    over["resolution"] = json!("NO");
    kit.says(over).await;
    let error = kit.link(&settled, pasted(QUESTION)).await.unwrap_err();
    assert!(refused(error).contains("resolved this question already (No)"));
}

async fn what_is_taken_away_ends_its_stream(db: Db) {
    let kit = Kit::new(db).await;
    let claim = kit.claim("").await;
    kit.says(market(0.42)).await;
    kit.link(&claim, pasted(QUESTION)).await.unwrap();
    kit.clock.advance(TimeDelta::minutes(30));
    kit.engine.unlink_external(&Actor::Operator, &claim, "manifold").await.unwrap();
    let page = kit.engine.claim_page(&claim, None).await.unwrap();
    assert!(page.streams.iter().all(|s| !matches!(s.stream, Stream::External(_))));
    assert_eq!(page.moves[0].reason, "manifold is no longer followed");
    assert!(kit.pass(TimeDelta::days(1)).await.is_empty());
    let view = kit.only(&claim).await;
    assert_eq!(view.removed, Some((Actor::Operator, at("2026-04-06T12:30:00Z"))));
    assert_eq!(kit.values(&claim).await.len(), 1, "what it said stays");
    let twice = kit.engine.unlink_external(&Actor::Operator, &claim, "manifold").await;
    assert!(matches!(twice, Err(EngineError::NotFound(_))));
    let nowhere = kit.engine.unlink_external(&Actor::Operator, &claim, "No Name").await;
    assert!(matches!(nowhere, Err(EngineError::NotFound(_))));
    // The name is free again, and the stream begins anew.
    kit.says(market(0.5)).await;
    kit.link(&claim, pasted(QUESTION)).await.unwrap();
    let replayed = kit.engine.claim_page(&claim, Some(kit.engine.now())).await.unwrap();
    near(100.0 * replayed.streams.iter().find(|s| s.stream == view.stream()).unwrap().p[0].value(), 50.0);
    assert_eq!(kit.engine.externals(&claim).await.unwrap().len(), 2);
}

async fn settled_claims_rest_and_go_on_when_opened_again(db: Db) {
    let kit = Kit::new(db).await;
    let claim = kit.claim("").await;
    kit.says(market(0.42)).await;
    kit.link(&claim, pasted(QUESTION)).await.unwrap();
    let id = kit.engine.claim_id(&claim).await.unwrap();
    let decide = async |ruling, why| kit.engine.decide(&Actor::Operator, id, ruling, why).await;
    decide(Ruling::Annul, "it cannot be told").await.unwrap();
    assert!(kit.pass(TimeDelta::days(3)).await.is_empty());
    let error = kit.engine.unlink_external(&Actor::Operator, &claim, "manifold").await.unwrap_err();
    assert!(refused(error).contains("stays as it is"));
    assert!(kit.link(&claim, pasted("manifold.markets/Example/other")).await.is_err());
    decide(Ruling::Reverse, "it can be told after all").await.unwrap();
    assert_eq!(kit.pass(TimeDelta::hours(1)).await.len(), 1);
}

async fn options_follow_answers(db: Db) {
    let kit = Kit::new(db).await;
    let claim = kit.claim("options: [Alpha, Beta, Other]").await;
    kit.says(choices(&[("alpha", 0.5), ("Beta", 0.25), ("Gamma", 0.15), ("Delta", 0.1)])).await;
    let look = kit.engine.look_at_external(&claim, &pasted(QUESTION)).await.unwrap();
    assert!(look.mapping.unwrap_err().contains("no answer is called `Other`"));
    assert_eq!(look.suggested["Alpha"].as_deref(), Some("alpha"));
    assert_eq!(look.suggested["Other"], None);
    let answers = BTreeMap::from([("Other".to_owned(), "*".to_owned())]);
    let choice = Choice { answers, ..Choice::default() };
    kit.link(&claim, LinkInput { choice, name: Some("the-market".to_owned()), ..pasted(QUESTION) })
        .await
        .unwrap();
    let page = kit.engine.claim_page(&claim, None).await.unwrap();
    let stream = page.streams.iter().find(|s| s.stream.to_string() == "external:the-market").unwrap();
    for (p, should) in stream.p.iter().zip([50.0, 25.0, 25.0]) {
        near(100.0 * p.value(), should);
    }
    kit.says(choices(&[("alpha", 0.4), ("Gamma", 0.6)])).await;
    kit.pass(TimeDelta::minutes(63)).await;
    assert!(kit.only(&claim).await.last_error.unwrap().contains("answer_gone"), "Beta went");
}

async fn an_opposite_question_is_turned(db: Db) {
    let kit = Kit::new(db).await;
    let claim = kit.claim("").await;
    kit.says(market(0.42)).await;
    let choice = Choice { inverted: true, ..Choice::default() };
    kit.link(&claim, LinkInput { choice, ..pasted(QUESTION) }).await.unwrap();
    assert_eq!(kit.line(&claim, "external:manifold").await, [58.0]);
}

async fn what_cannot_be_followed_is_refused_with_its_reason(db: Db) {
    let kit = Kit::new(db).await;
    let claim = kit.claim("").await;
    let mut numeric = market(0.5);
    numeric["outcomeType"] = json!("PSEUDO_NUMERIC");
    kit.says(numeric).await;
    for (input, why) in [
        (pasted("https://kalshi.com/x"), "none of them"),
        (pasted(QUESTION), "a numeric question on Manifold"),
        (pasted("manifold.markets/Example/nowhere"), "knows no question"),
        (LinkInput { name: Some("No Name".to_owned()), ..pasted(QUESTION) }, "lower-case"),
    ] {
        let error = refused(kit.link(&claim, input).await.unwrap_err());
        assert!(error.contains(why), "{error}");
    }
    kit.says(choices(&[("Alpha", 0.5), ("Beta", 0.5)])).await;
    let error = refused(kit.link(&claim, pasted(QUESTION)).await.unwrap_err());
    assert!(error.contains("say which one is Yes"), "{error}");
    assert!(kit.engine.externals(&claim).await.unwrap().is_empty());
    let nowhere: ClaimKey = "nowhere".to_owned().into();
    assert!(matches!(kit.link(&nowhere, pasted(QUESTION)).await, Err(EngineError::NotFound("claim"))));
    // A login is asked for where one is needed, and the token that is configured is sent to Metaculus alone.
    kit.server.reset().await;
    let hidden = json!({"title": "Will it be?", "question": {"type": "binary", "cp_reveal_time": "2026-05-01T00:00:00Z",
        "aggregations": {"recency_weighted": {"latest": null}}}});
    Mock::given(path("/api/posts/7/"))
        .and(header("authorization", "Token abc"))
        .respond_with(ResponseTemplate::new(200).set_body_json(hidden))
        .mount(&kit.server)
        .await;
    Mock::given(header_exists("authorization"))
        .respond_with(ResponseTemplate::new(418))
        .mount(&kit.server)
        .await;
    let error = refused(kit.link(&claim, pasted("metaculus.com/questions/7")).await.unwrap_err());
    assert!(error.contains("before 2026-05-01 00:00 UTC"), "{error}");
    let error = refused(kit.link(&claim, pasted(QUESTION)).await.unwrap_err());
    assert!(error.contains("knows no question"), "{error}");
}

/// With the allow-list empty no private address is asked: neither at the look nor at a read that is due.
async fn private_addresses_are_never_asked(db: Db) {
    let kit = Kit::new(db).await;
    let claim = kit.claim("").await;
    kit.says(market(0.42)).await;
    kit.link(&claim, pasted(QUESTION)).await.unwrap();
    let asked = kit.server.received_requests().await.unwrap().len();
    let guarded = Engine::new(kit.db.clone(), kit.clock.clone())
        .with_outside(outside(&kit.server, AddressPolicy::default()));
    let error = guarded.look_at_external(&claim, &pasted(QUESTION)).await.unwrap_err();
    assert!(refused(error).contains("could not be read"));
    kit.clock.advance(TimeDelta::hours(2));
    let done = guarded.run_due().await.unwrap();
    assert!(done.iter().any(|d| d.job.starts_with("follow:")));
    assert_eq!(kit.only(&claim).await.failures, 1);
    assert_eq!(kit.server.received_requests().await.unwrap().len(), asked, "nothing was sent");
}

async fn a_headline_may_lean_on_another_site(db: Db) {
    let kit = Kit::new(db).await;
    let claim = kit.claim("headline: \"external:manifold\"").await;
    kit.says(market(0.42)).await;
    kit.link(&claim, pasted(QUESTION)).await.unwrap();
    let shown =
        async || 100.0 * kit.engine.claim_page(&claim, None).await.unwrap().probabilities[0].p.value();
    near(shown().await, 42.0);
    kit.says(market(0.7)).await;
    kit.pass(TimeDelta::minutes(63)).await;
    near(shown().await, 70.0);
}

async fn two_engines_read_a_due_question_once(db: Db) {
    let kit = Kit::new(db).await;
    let claim = kit.claim("").await;
    let slow = |p| ResponseTemplate::new(200).set_body_json(market(p)).set_delay(Duration::from_millis(30));
    kit.answers(slow(0.42)).await;
    kit.link(&claim, pasted(QUESTION)).await.unwrap();
    let two = Engine::new(kit.db.clone(), kit.clock.clone())
        .with_outside(outside(&kit.server, AddressPolicy::with_loopback()));
    kit.answers(slow(0.6)).await;
    kit.clock.advance(TimeDelta::minutes(63));
    let (a, b) = tokio::join!(kit.engine.run_due(), two.run_due());
    let done = [a.unwrap(), b.unwrap()].concat();
    assert_eq!(done.iter().filter(|d| d.job.starts_with("follow:")).count(), 1);
    assert_eq!(kit.values(&claim).await.len(), 2);
}

async fn its_stream_is_scored_like_any_forecaster(db: Db) {
    let kit = Kit::new(db).await;
    let claim = kit.claim("").await;
    kit.says(market(0.8)).await;
    kit.link(&claim, pasted(QUESTION)).await.unwrap();
    kit.clock.advance(TimeDelta::days(10));
    let now = kit.engine.now();
    let page = LinkSnapshot {
        id: uuid::Uuid::now_v7(),
        url: "https://example.org/".into(),
        final_url: "https://example.org/".into(),
        status: 200,
        sha256: None,
        mime: None,
        reading: JsonText::empty(),
        actor: Actor::Operator,
        at: now,
    };
    let mut tx = kit.db.write().await.unwrap();
    tx.insert_link_snapshot(&page).await.unwrap();
    tx.commit().await.unwrap();
    let id = kit.engine.claim_id(&claim).await.unwrap();
    kit.engine.propose(&Actor::Operator, id, Outcome::Yes, "It says so.", Some(page.id)).await.unwrap();
    kit.clock.advance(TimeDelta::days(2));
    kit.engine.settle_due().await.unwrap();
    let scores = kit.db.read().await.unwrap().scores_of_claim(id).await.unwrap();
    let of = |name: &str| scores.iter().find(|s| s.forecaster.to_string() == name).expect(name);
    let site = of("stream:external:manifold");
    // 80 % all the time, and it came true; as always even it would be 0.25.
    near(site.brier.unwrap(), 0.04);
    near(of("baseline:even").brier.unwrap(), 0.25);
    near(site.coverage, of("baseline:even").coverage);
}
