//! What pages read that belongs to no use case, and "what would this rule have said?"; on both databases.

use bellwether_core::{document::ClaimDocument, evidence::Side, ids::Sha256};
use bellwether_engine::{EngineError, claims::ClaimKey, reading::NewsAbout};
use bellwether_store::Db;

use crate::{
    board::{Board, rows},
    support::result,
};

bellwether_testkit::both!(
    pages_read_names_news_files_and_evaluations,
    a_rule_says_what_it_would_have_said_over_all_that_is_stored,
);

const CLAIM: &str = "title: Open within 2 of closed on the board by May 2026
window: { by: May 2026 }
criteria: See the rule.
rule: { gap: { benchmark: board/test, of: open, to: closed, within: 2, unit: pp } }
";

async fn pages_read_names_news_files_and_evaluations(db: Db) {
    let board = Board::new(db, &["board"]).await;
    let engine = &board.kit.engine;
    let far = rows("80", "85.5");
    board.today(&[&far]).await;
    let key = ClaimKey::from(board.kit.claim(CLAIM).await.id);
    let item = board.kit.add(&key, result(Side::For, 3.0, "A result")).await;
    board.days(2, &[&rows("84", "85.5")]).await;

    let names = engine.benchmark_names().await.unwrap();
    assert_eq!(names, [("board/test".parse().unwrap(), "Test of board".to_owned())]);
    let slug = engine.claim_of_evidence(item.evidence).await.unwrap();
    assert_eq!(slug.to_string(), "open-within-2-of-closed-on-the-board-by-may-2026");
    assert_eq!(engine.stored_bytes(Sha256::of(far.as_bytes())).await.unwrap(), far.as_bytes());
    let nothing = engine.stored_bytes(Sha256::of(b"nothing")).await;
    assert!(matches!(nothing, Err(EngineError::NotFound("snapshot"))));

    let news = engine.news(10).await.unwrap();
    assert!(news.windows(2).all(|pair| pair[0].at >= pair[1].at), "newest first");
    let added = news.iter().find(|n| n.kind == "evidence.added").expect("the item");
    assert!(matches!(&added.about, NewsAbout::Claim { slug: of, .. } if *of == slug));
    assert_eq!(engine.news(1).await.unwrap().len(), 1);

    let all = engine.claim_evaluations(&key, None, 10).await.unwrap();
    assert_eq!(
        all.iter().map(|e| (e.seq, e.verdict.as_str())).collect::<Vec<_>>(),
        [(2, "holds"), (1, "fails")]
    );
    assert_eq!(engine.claim_evaluations(&key, Some(2), 10).await.unwrap(), all[1..]);
    assert_eq!(engine.claim_evaluations(&key, None, 1).await.unwrap().len(), 1);
}

async fn a_rule_says_what_it_would_have_said_over_all_that_is_stored(db: Db) {
    let board = Board::new(db, &["board"]).await;
    board.today(&[&rows("80", "85.5")]).await;
    board.days(3, &[&rows("84", "85.5")]).await;
    board.days(12, &[&rows("84.1", "85.5")]).await;
    let document = ClaimDocument::from_yaml(CLAIM).unwrap();
    let said = board.kit.engine.would_have_said(&document).await.unwrap();
    let [said] = said.as_slice() else { panic!("one rule: {said:?}") };
    assert_eq!((said.option.as_str(), said.report.outcome.as_str()), ("", "yes"));
    assert_eq!(said.report.first_hit.map(|day| day.to_string()).as_deref(), Some("2026-04-07"));
    assert_eq!(said.report.steps.len(), 3, "one per content");
    let harder = said.sensitivity.iter().find(|s| s.outcome != "yes");
    assert!(harder.is_some(), "a stricter threshold changes the answer: {:?}", said.sensitivity);
    let never = CLAIM.replace("within: 2", "within: 0.5");
    let said = board.kit.engine.would_have_said(&ClaimDocument::from_yaml(&never).unwrap()).await.unwrap();
    assert_ne!(said[0].report.outcome, "yes");
}
