//! From a leaderboard on another machine to a settled claim without a hand: schedule, pull, snapshot, gate, rule,
//! proposal, challenge window, outcome.

use std::sync::Arc;

use bellwether_core::{actor::Actor, document::ClaimDocument, ids::ClaimId, status::ClaimStatus};
use bellwether_engine::{Engine, claims::NewClaim, clock::FixedClock};
use bellwether_store::Db;
use chrono::{DateTime, TimeDelta, Utc};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

use crate::{pull::outside, support::at};

const CLAIM: &str = "title: Some model scores at least 75 on the board's test by Q1 2027
window: { by: Q1 2027 }
criteria: Yes if any model scores at least 75.
rule: { score: { benchmark: board/test, of: any, at_least: 75 } }
confirm: { for: 7d, polls: 3 }
challenge: 24h
";

const SOURCE: &str = "id: board
title: A board
url: ADDRESS/board.csv
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
    fields: { model: model, score: score }
";

bellwether_testkit::both!(c8_a_claim_settles_from_a_leaderboard_pulled_by_schedule);

async fn status(db: &Db, claim: ClaimId) -> ClaimStatus {
    db.read().await.unwrap().claim(claim).await.unwrap().status
}

/// Lets hours pass, doing every third hour what is due.
async fn hours(engine: &Engine, clock: &FixedClock, hours: u32) {
    for _ in 0..hours / 3 {
        clock.advance(TimeDelta::hours(3));
        let done = engine.run_due().await.unwrap();
        assert!(done.iter().all(|d| d.ok), "{done:?}");
    }
}

async fn serve_board(server: &MockServer, best: &str) {
    server.reset().await;
    let board = format!("model,score\nalpha,{best}\nbeta,68.0\n");
    let answer = ResponseTemplate::new(200).set_body_string(board);
    Mock::given(path("/board.csv")).respond_with(answer).mount(server).await;
}

async fn c8_a_claim_settles_from_a_leaderboard_pulled_by_schedule(db: Db) {
    let server = MockServer::start().await;
    serve_board(&server, "71.5").await;
    let start: DateTime<Utc> = at("2026-04-06T12:00:00Z");
    let clock = Arc::new(FixedClock::new(start));
    let engine = Engine::new(db.clone(), clock.clone()).with_outside(outside());
    let source = SOURCE.replace("ADDRESS", &server.uri());
    let source = engine.save_source(&Actor::Operator, &source, None).await.unwrap();
    let document = ClaimDocument::from_yaml(CLAIM).unwrap();
    let claim = engine.create_claim(&Actor::Operator, NewClaim { document, publish: true }).await.unwrap().id;

    hours(&engine, &clock, 24).await;
    assert_eq!(status(&db, claim).await, ClaimStatus::Open, "71.5 is not 75");
    let reached = engine.now();
    serve_board(&server, "76.0").await;
    hours(&engine, &clock, 6 * 24).await;
    assert_eq!(status(&db, claim).await, ClaimStatus::Open, "it has not stood for seven days");
    hours(&engine, &clock, 36).await;
    assert_eq!(status(&db, claim).await, ClaimStatus::Proposed);
    let proposal = db.read().await.unwrap().standing_proposal(claim).await.unwrap().expect("a proposal");
    assert!(proposal.at >= reached + TimeDelta::days(7), "{}", proposal.at);
    hours(&engine, &clock, 27).await;
    assert_eq!(status(&db, claim).await, ClaimStatus::Resolved, "its window ended without objection");

    let mut tx = db.read().await.unwrap();
    let polls = tx.polls(&source, start, engine.now()).await.unwrap();
    let days = (engine.now() - start).num_days();
    let four_a_day = 4 * usize::try_from(days).unwrap();
    assert!((four_a_day - 2..=four_a_day + 2).contains(&polls.len()), "{} polls in {days} days", polls.len());
    assert_eq!(polls.iter().filter(|p| p.outcome == "new").count(), 2, "two contents, kept once each");
}
