//! R9: anybody can recompute an outcome from its bundle, and is told the first difference.

use bellwether_core::{
    benchmark::BenchmarkId,
    ids::{ClaimId, Sha256},
    openness::Openness,
    resolution::ResolutionRecord,
    status::{ClaimStatus, Outcome},
};
use bellwether_engine::verify::{Bundle, Content, verify};
use bellwether_store::Db;
use chrono::TimeDelta;

use crate::board::{Board, rows};

const CLAIM: &str = "title: Open within 2 of closed on the board by May 2026
window: { by: May 2026 }
criteria: See the rule.
rule: { gap: { benchmark: board/test, of: open, to: closed, within: 2, unit: pp } }
";

bellwether_testkit::both!(
    r9_an_outcome_is_recomputed_from_the_stored_bytes,
    r9_every_change_is_named,
    r9_a_no_and_a_named_option_are_recomputed,
    r9_what_people_did_and_what_the_registry_said_then_is_taken_in_again,
    r9_a_persons_word_has_no_rule_to_recompute,
);

async fn bundle_of(board: &Board, claim: ClaimId) -> Bundle {
    let id = board.resolution(claim).await.id;
    let bundle = board.kit.engine.proof_bundle(id).await.unwrap();
    // As it travels: a file.
    Bundle::read(&serde_json::to_string(&bundle).unwrap()).unwrap()
}

fn lines(bundle: &Bundle) -> String {
    verify(bundle).unwrap_or_else(|e| panic!("{e}")).lines.join("\n")
}

fn difference(bundle: &Bundle) -> String {
    verify(bundle).expect_err("something was changed").to_string()
}

/// A board on which open models came within 2 points, and the claim that says so, settled.
async fn settled(db: Db) -> (Board, ClaimId) {
    let board = Board::new(db, &["board"]).await;
    board.today(&[&rows("80", "85.5")]).await;
    let claim = board.kit.claim(CLAIM).await.id;
    board.days(3, &[&rows("82", "85.5")]).await;
    board.days(9, &[&rows("84", "85.5")]).await;
    assert_eq!(board.state(claim).await, (ClaimStatus::Resolved, Some(Outcome::Yes)));
    (board, claim)
}

async fn r9_an_outcome_is_recomputed_from_the_stored_bytes(db: Db) {
    let (board, claim) = settled(db).await;
    let bundle = bundle_of(&board, claim).await;
    let said = lines(&bundle);
    assert!(said.contains("12 polls were taken in again, 3 of them with new content"), "{said}");
    assert!(said.contains("1.5 pp behind") && said.contains("Yes: "), "{said}");
    assert_eq!((bundle.files.len(), bundle.polls.len()), (3, 12));
    let mut packed = bundle.clone();
    let Content::Text(text) = &bundle.files[0].content else { panic!("CSV is text") };
    packed.files[0].content = Content::Hex(hex::encode(text));
    assert_eq!(lines(&packed), said);
    assert!(Bundle::read("{}").is_err());
    let older = serde_json::to_string(&bundle).unwrap().replace("bellwether-proof-2", "bellwether-proof-1");
    assert!(Bundle::read(&older).unwrap_err().to_string().contains("bellwether-proof-1"));
}

/// A bundle whose record says something else, hashed anew as a forger would.
fn forged(bundle: &Bundle, change: impl Fn(&mut ResolutionRecord)) -> Bundle {
    let mut bundle = bundle.clone();
    let mut record: ResolutionRecord = serde_json::from_value(bundle.record.clone()).unwrap();
    change(&mut record);
    bundle.hash = record.hash(bundle.previous).unwrap();
    bundle.record = serde_json::to_value(&record).unwrap();
    bundle
}

async fn r9_every_change_is_named(db: Db) {
    let (board, claim) = settled(db).await;
    let honest = bundle_of(&board, claim).await;
    let changed = |change: &dyn Fn(&mut Bundle)| {
        let mut bundle = honest.clone();
        change(&mut bundle);
        difference(&bundle)
    };
    let named = |said: String, words: &[&str]| {
        for word in words {
            assert!(said.contains(word), "`{word}` is not in: {said}");
        }
    };
    // A byte of a file that decided, and of one that did not.
    for n in 0..3 {
        let said = changed(&|b| {
            let Content::Text(text) = &mut b.files[n].content else { panic!("CSV is text") };
            *text = text.replace("small-3,23.5", "small-3,23.6");
        });
        named(said, &["main of board, fetched 2026-04-", "hashes to", "the bundle says"]);
    }
    // The same by somebody who knows how to compute digests.
    let said = changed(&|b| {
        let text = rows("84.5", "85.5");
        let digest = Sha256::of(text.as_bytes());
        let old = std::mem::replace(&mut b.files[2].sha256, digest);
        b.files[2].content = Content::Text(text);
        let named = b.polls.iter_mut().flat_map(|poll| &mut poll.files);
        named.filter(|file| file.sha256 == old).for_each(|file| file.sha256 = digest);
    });
    named(said, &["the list of polls", "hashes to", "the record says"]);
    named(changed(&|b| drop(b.files.remove(2))), &["the file", "of board, fetched 2026-04-10", "is missing"]);
    named(changed(&|b| drop(b.polls.remove(5))), &["the list of polls"]);
    named(changed(&|b| b.polls[5].at -= TimeDelta::days(2)), &["the list of polls"]);
    named(changed(&|b| b.document["criteria"] = "Other words.".into()), &["the claim document hashes"]);
    named(changed(&|b| b.document["rule"]["gap"]["within"] = 3.into()), &["the claim document hashes"]);
    named(changed(&|b| b.record["why"] = "Something else.".into()), &["the record hashes", "the chain says"]);
    named(changed(&|b| b.record["first_hit"] = "2026-04-08T00:00:00Z".into()), &["the chain says"]);
    named(changed(&|b| b.sources.clear()), &["the document of source board, version 1, is missing"]);
    let said = changed(&|b| b.sources[0].document = b.sources[0].document.replace("[MIT]", "[Apache]"));
    named(said, &["the outcome is nothing from the files", "Yes in the record"]);

    let forged = |change: &dyn Fn(&mut ResolutionRecord)| difference(&forged(&honest, change));
    named(forged(&|r| r.first_hit = r.first_hit.map(|t| t - TimeDelta::days(1))), &["the first hit is"]);
    named(forged(&|r| r.resolved_on = r.first_hit), &["the settling date is"]);
    named(forged(&|r| r.event_date = None), &["the event's date is"]);
    named(forged(&|r| r.why = "Something else.".into()), &["the reason is"]);
    named(forged(&|r| r.conditions[0].margin = Some(5.into())), &["condition 1: the margin"]);
    named(
        forged(&|r| r.conditions[0].left.as_mut().unwrap().model = "open-2".into()),
        &["condition 1: the row of the group"],
    );
    named(forged(&|r| r.conditions.clear()), &["the rule has 1 conditions, the record 0"]);
    named(forged(&|r| r.snapshots.clear()), &["the record leaves out the file"]);
    named(forged(&|r| r.outcome = Some(Outcome::No)), &["the outcome is Yes from the files", "No in the"]);
    assert!(verify(&honest).is_ok());
}

async fn r9_a_no_and_a_named_option_are_recomputed(db: Db) {
    let board = Board::new(db, &["board", "other"]).await;
    let low = rows("80", "85.5");
    board.today(&[&low, &low]).await;
    let no = board.kit.claim(&CLAIM.replace("May 2026", "17 April 2026")).await.id;
    let option = "title: Which board does an open model lead first
options: [board, other, neither]
window: { by: Q3 2026 }
criteria: The board that an open model leads first.
outcomes:
  board: { lead: { benchmark: board/test, of: open, over: closed } }
  other: { lead: { benchmark: other/test, of: open, over: closed } }
";
    let option = board.kit.claim(option).await.id;
    board.days(4, &[&low, &rows("81", "85.5")]).await;
    board.days(10, &[&low, &rows("86", "85.5")]).await;
    assert_eq!(board.state(no).await, (ClaimStatus::Resolved, Some(Outcome::No)));
    let said = lines(&bundle_of(&board, no).await);
    assert!(said.contains("No: ") && said.contains("5.5 pp behind"), "{said}");
    let other = Some(Outcome::Option("other".into()));
    assert_eq!(board.state(option).await, (ClaimStatus::Resolved, other));
    let said = lines(&bundle_of(&board, option).await);
    assert!(said.contains("other: ") && said.contains("ahead of"), "{said}");
}

async fn r9_what_people_did_and_what_the_registry_said_then_is_taken_in_again(db: Db) {
    let board = Board::new(db, &["board"]).await;
    let engine = &board.kit.engine;
    let actor = &board.kit.actor;
    let csv = "model,open_weights\nguess-1,true\nguess-2,false\n";
    engine.put_registry(actor, "models.csv", 0, csv).await.unwrap();
    let silent = |open: &str| rows(open, "85.5") + "guess-1,84.6,\nguess-2,70,\n";
    board.today(&[&silent("80")]).await;
    let claim = board.kit.claim(CLAIM).await.id;
    board.days(1, &[&silent("81")]).await;
    // The table shrinks to a third: held back until a person lets it go.
    let few: String =
        silent("81").lines().filter(|l| !l.starts_with("small-")).fold(String::new(), |a, l| a + l + "\n");
    board.days(1, &[&few]).await;
    let benchmark: BenchmarkId = "board/test".parse().unwrap();
    board.kit.wait(TimeDelta::minutes(5));
    engine.release_table(actor, &benchmark, "they cut the list").await.unwrap();
    // A model that the registry calls open is closed by a person's word, and another one is open.
    board.kit.wait(TimeDelta::minutes(5));
    engine.overrule_openness(actor, None, "guess-1", Openness::Closed, "no weights").await.unwrap();
    board.days(2, &[&few]).await;
    assert_eq!(board.claim(claim).await.verdict.map(|v| v.as_str().to_owned()).as_deref(), Some("fails"));
    board.days(10, &[&few.replace("open-1,81", "open-1,85")]).await;
    assert_eq!(board.state(claim).await, (ClaimStatus::Resolved, Some(Outcome::Yes)));
    let before = lines(&bundle_of(&board, claim).await);
    // The registry learns and forgets: what counted then still counts.
    board.kit.wait(TimeDelta::days(1));
    engine.put_registry(actor, "models.csv", 0, "model,open_weights\nguess-1,false\n").await.unwrap();
    let bundle = bundle_of(&board, claim).await;
    assert!(!bundle.judged.is_empty() && bundle.releases.len() == 1 && bundle.overrules.len() == 1);
    let after = lines(&bundle);
    assert!(after.contains("count as the registry of their day judged them"), "{before}\n{after}");
    let mut without = bundle;
    without.releases.clear();
    assert!(difference(&without).contains("from the files"));
}

async fn r9_a_persons_word_has_no_rule_to_recompute(db: Db) {
    let board = Board::new(db, &["board"]).await;
    let claim = board.kit.claim(CLAIM).await.id;
    board
        .kit
        .engine
        .decide(&board.kit.actor, claim, bellwether_engine::resolve::Ruling::Annul, "the board was a joke")
        .await
        .unwrap();
    let bundle = bundle_of(&board, claim).await;
    assert!(lines(&bundle).contains("a person decided"));
    assert!(difference(&forged_chain(&bundle)).contains("the chain says"));
}

fn forged_chain(bundle: &Bundle) -> Bundle {
    Bundle { previous: Sha256::of(b"another"), ..bundle.clone() }
}
