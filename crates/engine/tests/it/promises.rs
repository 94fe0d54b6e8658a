//! What is promised of outcomes: proposed, never final at once; challenged with a reason; paused, corrected, shown.

use bellwether_core::{
    ids::ClaimId,
    resolution::ResolutionRecord,
    status::{ClaimStatus, Outcome},
};
use bellwether_engine::{
    EngineError,
    claims::ClaimKey,
    resolve::{Need, Ruling, Scope},
};
use bellwether_store::Db;
use chrono::TimeDelta;

use crate::board::{Board, rows};

bellwether_testkit::both!(
    r2_a_proposal_waits_a_challenge_stops_the_clock_and_a_person_decides,
    r2_an_objection_after_the_window_is_too_late_even_before_the_tick,
    r8_where_sources_disagree_only_a_declared_precedence_or_quorum_decides,
    r11_a_correction_that_would_change_the_outcome_puts_it_under_review,
    r16_too_many_outcomes_at_once_wait_for_a_person,
    r16_proposals_wait_by_claim_and_altogether,
    r18_what_waits_is_shown_with_its_evidence_and_how_it_ended_is_counted,
    c8_a_leaderboard_without_the_benchmark_leaves_it_open_and_says_so,
    c9_no_comes_after_the_deadline_and_only_with_a_poll_of_every_source,
    a_claims_state_is_told_as_it_was,
);

const CLAIM: &str = "title: Open within 2 of closed on the board by May 2026
window: { by: May 2026 }
criteria: See the rule.
rule: { gap: { benchmark: board/test, of: open, to: closed, within: 2, unit: pp } }
";

const FAR: (&str, &str) = ("80", "85.5");
const NEAR: (&str, &str) = ("84", "85.5");

fn text((open, closed): (&str, &str)) -> String {
    rows(open, closed)
}

const YES: Option<Outcome> = Some(Outcome::Yes);

/// A board with one claim whose rule has just been confirmed and proposed.
async fn proposed(db: Db) -> (Board, ClaimId) {
    let board = Board::new(db, &["board"]).await;
    board.today(&[&text(FAR)]).await;
    let claim = board.kit.claim(CLAIM).await.id;
    board.days(8, &[&text(NEAR)]).await;
    assert_eq!(board.state(claim).await.0, ClaimStatus::Proposed);
    (board, claim)
}

async fn r2_a_proposal_waits_a_challenge_stops_the_clock_and_a_person_decides(db: Db) {
    let (board, claim) = proposed(db).await;
    let (engine, actor) = (&board.kit.engine, &board.kit.actor);
    let standing = engine.proof(claim).await.unwrap().proposal.unwrap();
    assert_eq!(standing.until, standing.at + TimeDelta::hours(24));
    board.kit.clock.set(standing.until - TimeDelta::seconds(1));
    engine.settle_due().await.unwrap();
    assert_eq!(board.state(claim).await, (ClaimStatus::Proposed, None), "one second is missing");

    assert!(matches!(engine.object(actor, claim, " ", None).await, Err(EngineError::Invalid(_))));
    let decided = engine.decide(actor, claim, Ruling::Uphold(Outcome::Yes), "I like it").await;
    assert!(matches!(decided, Err(EngineError::Conflict(_))), "a proposal nobody objected to needs nobody");
    engine.object(actor, claim, "the licence is not open", None).await.unwrap();
    board.days(30, &[&text(NEAR)]).await;
    assert_eq!(board.state(claim).await, (ClaimStatus::Disputed, None), "the clock stands");

    assert!(matches!(engine.decide(actor, claim, Ruling::Refuse, "").await, Err(EngineError::Invalid(_))));
    engine.decide(actor, claim, Ruling::Refuse, "the objection is right").await.unwrap();
    assert_eq!(board.state(claim).await, (ClaimStatus::Open, None), "the window goes on");
    board.days(3, &[&text(NEAR)]).await;
    assert_eq!(board.state(claim).await.0, ClaimStatus::Open, "what was refused is not proposed again");
    let story = board.story(claim).await;
    assert_eq!(story.iter().filter(|kind| *kind == "proposal.opened").count(), 1, "{story:?}");

    // The same on a claim whose proposal a person upholds: it is marked as decided by somebody with an interest.
    let again = CLAIM.replace("May 2026", "Q4 2026").replace("Open within", "Again within");
    let claim = board.kit.claim(&again).await.id;
    board.days(7, &[&text(NEAR)]).await;
    assert_eq!(board.state(claim).await.0, ClaimStatus::Proposed);
    engine.object(actor, claim, "really?", None).await.unwrap();
    engine.decide(actor, claim, Ruling::Uphold(Outcome::Yes), "really").await.unwrap();
    let record: ResolutionRecord = board.resolution(claim).await.record.read().unwrap();
    assert!(record.interested && record.outcome == YES);
}

async fn r2_an_objection_after_the_window_is_too_late_even_before_the_tick(db: Db) {
    let (board, claim) = proposed(db).await;
    let engine = &board.kit.engine;
    let until = engine.proof(claim).await.unwrap().proposal.unwrap().until;
    board.kit.clock.set(until);
    let late = engine.object(&board.kit.actor, claim, "wait", None).await.unwrap_err();
    assert!(matches!(late, EngineError::TooLate { ended } if ended == until), "{late}");
    assert!(late.to_string().starts_with("the time for objections ended on "), "{late}");
    assert_eq!(board.state(claim).await.0, ClaimStatus::Proposed, "and nothing was changed");
    assert_eq!(engine.settle_due().await.unwrap(), 1);
    assert_eq!(board.state(claim).await, (ClaimStatus::Resolved, YES));
}

async fn r8_where_sources_disagree_only_a_declared_precedence_or_quorum_decides(db: Db) {
    let board = Board::new(db, &["board", "other", "third"]).await;
    let (near, far) = (text(NEAR), text(FAR));
    board.today(&[&near, &far, &far]).await;
    let gap = |id: &str, more: &str| {
        format!("gap: {{ benchmark: {id}/test, of: open, to: closed, within: 2, unit: pp{more} }}")
    };
    let claim = |title: &str, rule: &str| {
        format!("title: {title}\nwindow: {{ by: Q3 2026 }}\ncriteria: See the rule.\nrule:\n  {rule}\n")
    };
    let by = |title: &'static str, rule: String| {
        let board = &board;
        async move { board.kit.claim(&claim(title, &rule)).await.id }
    };
    let precedence = by("By the other board", gap("other", ", fallback: [board/test]")).await;
    let all =
        by("By all boards", format!("all:\n    - {}\n    - {}", gap("board", ""), gap("other", ""))).await;
    let quorum = by(
        "By two of three boards",
        format!(
            "n_of:\n    n: 2\n    of:\n      - {}\n      - {}\n      - {}",
            gap("board", ""),
            gap("other", ""),
            gap("third", "")
        ),
    )
    .await;
    board.days(9, &[&near, &far, &far]).await;
    for claim in [precedence, all, quorum] {
        assert_eq!(
            board.state(claim).await.0,
            ClaimStatus::Open,
            "one board against another settles nothing"
        );
    }
    board.days(10, &[&near, &far, &near]).await;
    assert_eq!(board.state(quorum).await, (ClaimStatus::Resolved, YES), "two of three were declared enough");
    assert_eq!(board.state(all).await.0, ClaimStatus::Open);
    // The preferred board falls silent behind the gate; the declared second one answers, and says that it did.
    board.days(10, &[&near, "model,score,licence\n", &near]).await;
    assert_eq!(board.state(precedence).await, (ClaimStatus::Resolved, YES));
    let record: ResolutionRecord = board.resolution(precedence).await.record.read().unwrap();
    let answered = record.conditions[0].benchmark.as_ref().map(ToString::to_string);
    assert_eq!(answered.as_deref(), Some("board/test"));
    assert_eq!(board.state(all).await.0, ClaimStatus::Open, "a board that is held back agrees with nobody");
}

async fn r11_a_correction_that_would_change_the_outcome_puts_it_under_review(db: Db) {
    let (board, claim) = proposed(db).await;
    board.days(2, &[&text(NEAR)]).await;
    assert_eq!(board.state(claim).await, (ClaimStatus::Resolved, YES));
    // A correction that changes nothing of it is none.
    board.days(1, &[&rows("83.9", "85.5")]).await;
    assert_eq!(board.state(claim).await, (ClaimStatus::Resolved, YES));
    board.days(1, &[&rows("82.9", "85.5")]).await;
    assert_eq!(board.state(claim).await, (ClaimStatus::UnderReview, YES), "no silent flip");
    let story = board.story(claim).await;
    assert_eq!(story.last().map(String::as_str), Some("review.opened"), "{story:?}");
    let needs = board.kit.engine.dashboard(None, None).await.unwrap().needs;
    assert!(needs.iter().any(|n| matches!(n, Need::UnderReview { outcome: Some(Outcome::Yes), .. })));
    board.days(5, &[&rows("82.9", "85.5")]).await;
    assert_eq!(board.state(claim).await.0, ClaimStatus::UnderReview, "it waits for a person");
    let engine = &board.kit.engine;
    engine
        .decide(&board.kit.actor, claim, Ruling::Uphold(Outcome::Yes), "the score was right then")
        .await
        .unwrap();
    assert_eq!(board.state(claim).await, (ClaimStatus::Resolved, YES));

    // Thirty days after, a source may say what it likes.
    let second = board
        .kit
        .claim(&CLAIM.replace("May 2026", "Q4 2026").replace("Open within", "Again within"))
        .await
        .id;
    board.days(9, &[&text(NEAR)]).await;
    assert_eq!(board.state(second).await.0, ClaimStatus::Resolved);
    board.days(31, &[&text(NEAR)]).await;
    board.days(2, &[&text(FAR)]).await;
    assert_eq!(board.state(second).await, (ClaimStatus::Resolved, YES));
}

async fn claims(board: &Board, thresholds: &[&str]) -> Vec<ClaimId> {
    let mut ids = Vec::new();
    for within in thresholds {
        let text = CLAIM.replace("within: 2", &format!("within: {within}"));
        let text = text.replace("within 2 of", &format!("within {within} of"));
        ids.push(board.kit.claim(&text).await.id);
    }
    ids
}

async fn r16_too_many_outcomes_at_once_wait_for_a_person(db: Db) {
    let board = Board::new(db, &["board"]).await;
    board.today(&[&text(FAR)]).await;
    let ids = claims(&board, &["2", "2.5", "0.1", "0.2", "0.3"]).await;
    board.days(9, &[&text(NEAR)]).await;
    for id in &ids {
        assert_eq!(board.state(*id).await.0, ClaimStatus::Open, "two of five at once");
    }
    let engine = &board.kit.engine;
    let needs = engine.dashboard(None, None).await.unwrap().needs;
    let paused = needs.iter().find_map(|need| match need {
        Need::Paused { source: Some(source), pause } => Some((source.clone(), pause.reason.clone())),
        _ => None,
    });
    let (source, reason) = paused.expect("a pause that waits for a person");
    assert_eq!(reason, "2 of the 5 claims on this source would be settled by one reading");
    board.kit.wait(TimeDelta::hours(1));
    engine.pause_proposals(&board.kit.actor, &Scope::Source(source), None).await.unwrap();
    for (id, status) in ids.iter().zip([ClaimStatus::Proposed, ClaimStatus::Proposed, ClaimStatus::Open]) {
        assert_eq!(board.state(*id).await.0, status, "a person looked");
    }
    board.days(2, &[&text(NEAR)]).await;
    assert_eq!(board.state(ids[0]).await, (ClaimStatus::Resolved, YES));
}

async fn r16_proposals_wait_by_claim_and_altogether(db: Db) {
    let board = Board::new(db, &["board"]).await;
    board.today(&[&text(FAR)]).await;
    // Fewer than five claims never pause a source, even if all are settled at once.
    let ids = claims(&board, &["2", "2.5", "3"]).await;
    let (engine, actor) = (&board.kit.engine, &board.kit.actor);
    engine.pause_proposals(actor, &Scope::Claim(ids[0]), Some("I doubt it".into())).await.unwrap();
    board.days(7, &[&text(NEAR)]).await;
    engine.pause_proposals(actor, &Scope::All, Some("I am away".into())).await.unwrap();
    board.days(2, &[&text(NEAR)]).await;
    for id in &ids {
        assert_eq!(board.state(*id).await.0, ClaimStatus::Open);
    }
    engine.pause_proposals(actor, &Scope::All, None).await.unwrap();
    assert_eq!(board.state(ids[0]).await.0, ClaimStatus::Open, "its own pause still holds");
    assert_eq!(board.state(ids[1]).await.0, ClaimStatus::Proposed);
    assert_eq!(board.state(ids[2]).await.0, ClaimStatus::Proposed);
    engine.pause_proposals(actor, &Scope::Claim(ids[0]), None).await.unwrap();
    assert_eq!(board.state(ids[0]).await.0, ClaimStatus::Proposed);
}

async fn r18_what_waits_is_shown_with_its_evidence_and_how_it_ended_is_counted(db: Db) {
    let (board, claim) = proposed(db).await;
    let engine = &board.kit.engine;
    let standing = engine.proof(claim).await.unwrap().proposal.unwrap();
    assert_eq!(standing.record.conditions[0].left.as_ref().unwrap().model, "open-1");
    assert!(!standing.record.snapshots.is_empty(), "the files it rests on");
    let before = engine.finality().await.unwrap();
    assert_eq!((before.settled, before.reversal_rate, before.waited), (0, None, None));
    assert_eq!(before.pending.len(), 1);
    assert_eq!((before.pending[0].until, before.pending[0].objected), (standing.until, false));

    board.days(2, &[&text(NEAR)]).await;
    let after = engine.finality().await.unwrap();
    assert_eq!((after.settled, after.by_rule, after.reversed, after.pending.len()), (1, 1, 0, 0));
    let waited = after.waited.unwrap();
    assert!(waited.median_seconds >= 24 * 3600 && waited.median_seconds <= 49 * 3600, "{waited:?}");
    engine.decide(&board.kit.actor, claim, Ruling::Reverse, "the wrong table").await.unwrap();
    board.days(1, &[&text(NEAR)]).await;
    let reversed = engine.finality().await.unwrap();
    assert_eq!((reversed.settled, reversed.reversed, reversed.reversal_rate), (1, 1, Some(1.0)));
    assert_eq!(board.state(claim).await.0, ClaimStatus::Open, "what was withdrawn is not proposed again");
}

async fn c8_a_leaderboard_without_the_benchmark_leaves_it_open_and_says_so(db: Db) {
    let board = Board::new(db, &["board", "other"]).await;
    let near = text(NEAR);
    board.says(0, &near).await;
    let rule = "title: Open within 2 of closed on both boards
window: { by: Q3 2026 }
criteria: See the rule.
rule:
  all:
    - gap: { benchmark: board/test, of: open, to: closed, within: 2, unit: pp }
    - gap: { benchmark: other/test, of: open, to: closed, within: 2, unit: pp }
";
    let claim = board.kit.claim(rule).await.id;
    board.days(12, &[&near]).await;
    let page = board.kit.page(&ClaimKey::from(claim)).await;
    assert_eq!((page.status, page.verdict.as_deref()), (ClaimStatus::Open, Some("unknown")));
    let far = page.distance.unwrap();
    assert_eq!(far.conditions[1].unknown_because, ["nothing was read from other/test yet"]);
    board.days(9, &[&near, &near]).await;
    assert_eq!(board.state(claim).await, (ClaimStatus::Resolved, YES));
    let record: ResolutionRecord = board.resolution(claim).await.record.read().unwrap();
    assert_eq!((record.conditions.len(), record.snapshots.len()), (2, 2), "both numbers, both files");
}

async fn c9_no_comes_after_the_deadline_and_only_with_a_poll_of_every_source(db: Db) {
    let board = Board::new(db, &["board", "other"]).await;
    let far = text(FAR);
    board.today(&[&far, &far]).await;
    let rule = |title: &str| {
        format!(
            "title: {title}\nwindow: {{ by: 2026-04-20 }}\ncriteria: See the rule.\nrule:\n  any:\n    \
             - gap: {{ benchmark: board/test, of: open, to: closed, within: 2, unit: pp }}\n    \
             - gap: {{ benchmark: other/test, of: open, to: closed, within: 2, unit: pp }}\n"
        )
    };
    let claim = board.kit.claim(&rule("Open within 2 on either board")).await.id;
    // New content on the way, so that nothing is stale; the deadline is 20 April, 00:00.
    board.days(7, &[&rows("80.5", "85.5"), &rows("80.5", "85.5")]).await;
    board.days(6, &[&rows("81", "85.5"), &rows("81", "85.5")]).await;
    assert_eq!(board.state(claim).await.0, ClaimStatus::Open, "before the deadline there is no No");
    board.days(3, &[&rows("81", "85.5")]).await;
    assert!(board.now() > "2026-04-20T00:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap());
    assert_eq!(board.state(claim).await.0, ClaimStatus::AwaitingData, "one of two sources was asked since");
    board.days(1, &[&rows("81", "85.5"), &rows("81", "85.5")]).await;
    assert_eq!(board.state(claim).await.0, ClaimStatus::Proposed);
    board.days(2, &[&rows("81", "85.5")]).await;
    assert_eq!(board.state(claim).await, (ClaimStatus::Resolved, Some(Outcome::No)));

    // Where the second source stays silent for the whole week, a person decides.
    let silent = rule("Open within 2 on either board, once more").replace("2026-04-20", "2026-05-10");
    let silent = board.kit.claim(&silent).await.id;
    board.days(12, &[&rows("81.5", "85.5"), &rows("81.5", "85.5")]).await;
    board.days(20, &[&rows("81.5", "85.5")]).await;
    board.days(1, &[&rows("81.5", "85.5"), &rows("81.5", "85.5")]).await;
    assert_eq!(board.state(silent).await.0, ClaimStatus::AwaitingData, "a poll on the 13th day is too late");
}

async fn a_claims_state_is_told_as_it_was(db: Db) {
    let (board, claim) = proposed(db).await;
    let engine = &board.kit.engine;
    let key = ClaimKey::from(claim);
    let mut seen = vec![(board.now(), ClaimStatus::Proposed)];
    let mut note = async |board: &Board, status| {
        assert_eq!(board.state(claim).await.0, status);
        seen.push((board.now(), status));
        board.kit.wait(TimeDelta::hours(1));
    };
    board.kit.wait(TimeDelta::hours(1));
    engine.object(&board.kit.actor, claim, "really?", None).await.unwrap();
    note(&board, ClaimStatus::Disputed).await;
    engine.decide(&board.kit.actor, claim, Ruling::Uphold(Outcome::Yes), "really").await.unwrap();
    note(&board, ClaimStatus::Resolved).await;
    engine.object(&board.kit.actor, claim, "not really", None).await.unwrap();
    note(&board, ClaimStatus::UnderReview).await;
    engine.decide(&board.kit.actor, claim, Ruling::Reverse, "indeed").await.unwrap();
    note(&board, ClaimStatus::Open).await;
    engine.decide(&board.kit.actor, claim, Ruling::Annul, "nobody knows").await.unwrap();
    note(&board, ClaimStatus::Annulled).await;
    for (at, status) in &seen {
        let then = engine.claim_page(&key, Some(*at)).await.unwrap();
        assert_eq!(then.status, *status, "at {at}");
        let settled = matches!(status, ClaimStatus::Resolved | ClaimStatus::UnderReview);
        assert_eq!(then.outcome.is_some(), settled, "at {at}");
    }
}
