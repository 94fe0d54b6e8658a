//! Sources are pulled when they are due, once, and politely; on both databases.

use std::{sync::Arc, time::Duration};

use bellwether_core::{actor::Actor, ids::SourceId};
use bellwether_engine::{
    Engine, EngineError,
    clock::FixedClock,
    ingest::Outcome,
    outside::Outside,
    schedule::{Pace, Scheduler},
};
use bellwether_sources::fetch::{AddressPolicy, FetchSettings, pace::Manners};
use bellwether_store::{Db, SourceState};
use chrono::{DateTime, TimeDelta, Utc};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method, path},
};

const BOARD: &str = "model,score\nalpha,71.5\nbeta,68.0\n";

fn start() -> DateTime<Utc> {
    "2026-04-06T12:00:00Z".parse().unwrap()
}

pub(crate) fn outside() -> Outside {
    let settings = FetchSettings {
        policy: AddressPolicy::with_loopback(),
        manners: Manners { pause: Duration::ZERO, ..Manners::default() },
        ..FetchSettings::default()
    };
    Outside::new(settings, |_| None).unwrap()
}

fn engine(db: &Db, clock: &Arc<FixedClock>) -> Engine {
    Engine::new(db.clone(), clock.clone()).with_outside(outside())
}

/// An engine with one source, `board`, pulled every six hours from this server.
async fn installed(db: &Db, server: &MockServer) -> (Engine, Arc<FixedClock>, SourceId) {
    let clock = Arc::new(FixedClock::new(start()));
    let engine = engine(db, &clock);
    let document = format!(
        "id: board
title: A board
url: {}/board.csv
licence: CC0-1.0
attribution: nobody
schedule: 0 */6 * * *
format: csv
tables:
  - benchmark: test
    title: Test
    unit: percent
    range: [0, 100]
    key: model
    fields: {{ model: model, score: score }}
",
        server.uri()
    );
    let id = engine.save_source(&Actor::Operator, &document, None).await.unwrap();
    (engine, clock, id)
}

async fn answering(server: &MockServer, answer: ResponseTemplate) {
    Mock::given(method("GET")).and(path("/board.csv")).respond_with(answer).mount(server).await;
}

async fn pulls_of(server: &MockServer) -> usize {
    let all = server.received_requests().await.unwrap();
    all.iter().filter(|r| r.url.path() == "/board.csv").count()
}

async fn state(db: &Db, id: &SourceId) -> SourceState {
    db.read().await.unwrap().source_state(id).await.unwrap()
}

/// Runs what is due; how many pulls that were.
async fn due_pulls(engine: &Engine) -> usize {
    let done = engine.run_due().await.unwrap();
    assert!(done.iter().all(|d| d.ok), "{done:?}");
    done.iter().filter(|d| d.job.starts_with("pull:")).count()
}

bellwether_testkit::both!(
    a_due_source_is_pulled_by_its_schedule,
    two_engines_pull_a_due_source_once,
    after_a_downtime_a_source_is_pulled_once,
    p1_identical_bytes_and_304_are_polls,
    p4_retry_after_is_obeyed_by_people_too,
    f11_failures_back_off_and_change_nothing,
    p13_a_moved_source_waits_for_a_person,
    the_scheduler_ticks_and_stops,
    paused_and_stopped_sources_are_left_alone,
);

async fn a_due_source_is_pulled_by_its_schedule(db: Db) {
    let server = MockServer::start().await;
    answering(&server, ResponseTemplate::new(200).set_body_string(BOARD)).await;
    let (engine, clock, id) = installed(&db, &server).await;
    assert_eq!(due_pulls(&engine).await, 0, "not yet");
    clock.advance(TimeDelta::hours(6));
    assert_eq!(due_pulls(&engine).await, 1);
    let after = state(&db, &id).await;
    assert_eq!(after.last_poll_at, Some(engine.now()));
    assert!(after.last_content.is_some());
    let due = after.next_due_at.unwrap();
    assert!(due > engine.now() && due <= engine.now() + TimeDelta::hours(6) + TimeDelta::minutes(2), "{due}");
    assert_eq!(due_pulls(&engine).await, 0, "done is done");
}

async fn two_engines_pull_a_due_source_once(db: Db) {
    let server = MockServer::start().await;
    answering(
        &server,
        ResponseTemplate::new(200).set_body_string(BOARD).set_delay(Duration::from_millis(30)),
    )
    .await;
    let (one, clock, _) = installed(&db, &server).await;
    let two = engine(&db, &clock);
    for _ in 0..3 {
        clock.advance(TimeDelta::hours(7));
        let (a, b) = tokio::join!(one.run_due(), two.run_due());
        let done = [a.unwrap(), b.unwrap()].concat();
        assert!(done.iter().all(|d| d.ok), "{done:?}");
        assert_eq!(done.iter().filter(|d| d.job == "pull:board").count(), 1);
    }
    assert_eq!(pulls_of(&server).await, 3);
}

async fn after_a_downtime_a_source_is_pulled_once(db: Db) {
    let server = MockServer::start().await;
    answering(&server, ResponseTemplate::new(200).set_body_string(BOARD)).await;
    let (engine, clock, _) = installed(&db, &server).await;
    clock.advance(TimeDelta::days(30));
    assert_eq!(due_pulls(&engine).await, 1, "120 pulls were missed, one is made");
    assert_eq!(due_pulls(&engine).await, 0);
    assert_eq!(pulls_of(&server).await, 1);
}

async fn p1_identical_bytes_and_304_are_polls(db: Db) {
    let server = MockServer::start().await;
    Mock::given(path("/board.csv"))
        .and(header("if-none-match", "\"v1\""))
        .respond_with(ResponseTemplate::new(304))
        .up_to_n_times(1)
        .with_priority(1)
        .mount(&server)
        .await;
    let board = ResponseTemplate::new(200).set_body_string(BOARD).insert_header("etag", "\"v1\"");
    answering(&server, board).await;
    let (engine, clock, id) = installed(&db, &server).await;
    let mut outcomes = Vec::new();
    for _ in 0..3 {
        clock.advance(TimeDelta::hours(1));
        outcomes.push(engine.pull(&Actor::Operator, &id).await.unwrap().outcome);
        assert_eq!(state(&db, &id).await.last_poll_at, Some(engine.now()));
    }
    assert_eq!(outcomes, [Outcome::New, Outcome::NotModified, Outcome::Same]);
    let mut tx = db.read().await.unwrap();
    assert_eq!(tx.polls(&id, start(), engine.now()).await.unwrap().len(), 3);
    let after = state(&db, &id).await;
    assert_eq!(after.last_new_content_at, Some(start() + TimeDelta::hours(1)));
    assert_eq!(after.etag.as_deref(), Some("\"v1\""));
}

async fn p4_retry_after_is_obeyed_by_people_too(db: Db) {
    let server = MockServer::start().await;
    let busy = ResponseTemplate::new(429).insert_header("retry-after", "3600");
    Mock::given(path("/board.csv")).respond_with(busy).up_to_n_times(1).with_priority(1).mount(&server).await;
    answering(&server, ResponseTemplate::new(200).set_body_string(BOARD)).await;
    let (engine, clock, id) = installed(&db, &server).await;

    let refused = engine.pull(&Actor::Operator, &id).await.unwrap();
    assert_eq!(refused.outcome, Outcome::Failed);
    assert!(refused.error.unwrap().contains("rate_limited"));
    assert!(state(&db, &id).await.next_due_at.unwrap() >= start() + TimeDelta::hours(1));
    clock.advance(TimeDelta::minutes(59));
    assert!(matches!(engine.pull(&Actor::Operator, &id).await, Err(EngineError::Conflict(_))));
    assert_eq!(due_pulls(&engine).await, 0);
    assert_eq!(pulls_of(&server).await, 1, "nothing was sent meanwhile");
    clock.advance(TimeDelta::minutes(2));
    assert_eq!(engine.pull(&Actor::Operator, &id).await.unwrap().outcome, Outcome::New);
    assert_eq!((state(&db, &id).await.failures, state(&db, &id).await.wait_until), (0, None));
}

/// F11 at the other end: nothing of a failed fetch is trusted, what stood goes on standing, and the next try is later.
async fn f11_failures_back_off_and_change_nothing(db: Db) {
    let server = MockServer::start().await;
    let good = ResponseTemplate::new(200).set_body_string(BOARD).insert_header("etag", "\"v1\"");
    Mock::given(path("/board.csv")).respond_with(good).up_to_n_times(1).with_priority(1).mount(&server).await;
    let page = ResponseTemplate::new(200).set_body_raw("<!doctype html><title>Sorry", "text/html");
    answering(&server, page).await;
    let (engine, clock, id) = installed(&db, &server).await;
    engine.pull(&Actor::Operator, &id).await.unwrap();
    let stood = state(&db, &id).await;
    for failures in 1..=7 {
        clock.advance(TimeDelta::days(2));
        assert_eq!(due_pulls(&engine).await, 1);
        let now = state(&db, &id).await;
        assert_eq!(now.failures, failures);
        assert!(now.last_error.unwrap().contains("unexpected_content"));
        assert!(now.next_due_at.unwrap() <= engine.now() + TimeDelta::hours(24));
        assert_eq!((now.last_content, now.last_poll_at), (stood.last_content, stood.last_poll_at));
        assert_eq!(now.etag, stood.etag);
    }
    assert!(
        state(&db, &id).await.next_due_at.unwrap() >= engine.now() + TimeDelta::minutes(30),
        "the circuit is open"
    );
    let mut tx = db.read().await.unwrap();
    assert_eq!(tx.polls(&id, start(), engine.now()).await.unwrap().len(), 1);
}

async fn p13_a_moved_source_waits_for_a_person(db: Db) {
    let server = MockServer::start().await;
    let moved = ResponseTemplate::new(308).insert_header("location", "/new/board.csv");
    answering(&server, moved).await;
    Mock::given(path("/new/board.csv"))
        .respond_with(ResponseTemplate::new(200).set_body_string(BOARD))
        .mount(&server)
        .await;
    let (engine, clock, id) = installed(&db, &server).await;
    assert_eq!(engine.pull(&Actor::Operator, &id).await.unwrap().outcome, Outcome::Moved);
    let now = state(&db, &id).await;
    assert_eq!(now.moved_to, Some(format!("{}/new/board.csv", server.uri())));
    assert_eq!((now.last_poll_at, now.last_content), (None, None), "not trusted");
    engine.accept_move(&Actor::Operator, &id, "they said so").await.unwrap();
    clock.advance(TimeDelta::hours(1));
    assert_eq!(engine.pull(&Actor::Operator, &id).await.unwrap().outcome, Outcome::New);
}

async fn the_scheduler_ticks_and_stops(db: Db) {
    let server = MockServer::start().await;
    let (engine, clock, id) = installed(&db, &server).await;
    let polled = |since: DateTime<Utc>| {
        let (db, id) = (db.clone(), id.clone());
        async move {
            while state(&db, &id).await.last_fetch_at.is_none_or(|at| at < since) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    };
    answering(&server, ResponseTemplate::new(200).set_body_string(BOARD)).await;
    clock.advance(TimeDelta::hours(7));
    let pace = Pace { tick: "* * * * * *".to_owned(), ..Pace::default() };
    let scheduler = Scheduler::start(engine.clone(), pace).await.unwrap();
    let patience = Duration::from_secs(30);
    tokio::time::timeout(patience, polled(engine.now())).await.expect("what was due at the start");
    clock.advance(TimeDelta::hours(7));
    tokio::time::timeout(patience, polled(engine.now())).await.expect("what came due later, by a tick");
    scheduler.stop().await;
    let before = pulls_of(&server).await;
    clock.advance(TimeDelta::hours(7));
    assert_eq!(pulls_of(&server).await, before, "a stopped scheduler takes nothing");
    let mut tx = db.read().await.unwrap();
    let last = tx.last_run("pull:board").await.unwrap().unwrap();
    assert!(last.finished_at.is_some(), "what was under way was ended");
}

async fn paused_and_stopped_sources_are_left_alone(db: Db) {
    let server = MockServer::start().await;
    answering(&server, ResponseTemplate::new(200).set_body_string(BOARD)).await;
    let (engine, clock, id) = installed(&db, &server).await;
    engine.pause_source(&Actor::Operator, &id, Some("they redesign it")).await.unwrap();
    clock.advance(TimeDelta::days(2));
    assert_eq!(due_pulls(&engine).await, 0);
    assert!(engine.pullable_sources().await.unwrap().is_empty());
    engine.pause_source(&Actor::Operator, &id, None).await.unwrap();
    assert_eq!(due_pulls(&engine).await, 1);
    let unknown = SourceId::new("nowhere").unwrap();
    assert!(matches!(engine.pull(&Actor::Operator, &unknown).await, Err(EngineError::NotFound("source"))));
}
