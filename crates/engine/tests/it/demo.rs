//! The demo tells the story it promises, and three presses of "Next update" show what the program is for.

use std::{path::Path, sync::Arc};

use bellwether_core::{rule::Verdict, signal::SignalStatus, status::ClaimStatus};
use bellwether_engine::{
    Engine,
    claims::{ClaimKey, ClaimPage},
    clock::OffsetClock,
    reading::NewsAbout,
    signals::SignalView,
    verify::verify,
};
use bellwether_store::{Db, Location, Opener};
use chrono::{TimeDelta, Utc};

async fn page(engine: &Engine, slug: &str) -> ClaimPage {
    let key: ClaimKey = slug.parse().expect("a key");
    engine.claim_page(&key, None).await.unwrap_or_else(|e| panic!("{slug}: {e}"))
}

fn shown(page: &ClaimPage) -> f64 {
    page.probabilities[page.leading].p.value() * 100.0
}

#[tokio::test]
async fn the_demo_tells_its_story_and_three_presses_go_on_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let db = Db::open(&Location::Folder(folder.path().to_owned()), Opener::Server).await.expect("a database");
    let engine = Engine::new(db.clone(), Arc::new(OffsetClock::starting_at(Utc::now())));
    let state = engine.start_demo(&fixtures, |_, _| {}).await.expect("the story");
    assert_eq!(state.now.date_naive().to_string(), "2026-04-06");

    // The claim of the front page: the card's own items, its number, and a source that stopped.
    let lead = page(&engine, "open-within-2-of-closed").await;
    println!("lead {:.2}% moved {:+.2} confidence {:?}", shown(&lead), lead.movement.pts, lead.confidence);
    assert_eq!((lead.items_for.len(), lead.items_against.len()), (10, 8));
    assert_eq!(format!("{:.0}", shown(&lead)), "75");
    assert_eq!(format!("{:+.0}", lead.movement.pts), "+3");
    assert_eq!((lead.verdict.as_deref(), lead.missing_legs), (Some("fails"), Some(1)));

    for (slug, status, outcome) in [
        ("open-within-25-elo-2024", ClaimStatus::Resolved, Some("Yes")),
        ("open-within-1-on-mmlu", ClaimStatus::Resolved, Some("Yes")),
        ("closed-leads-by-20-on-aider", ClaimStatus::Resolved, Some("Yes")),
        ("open-within-25-elo-spring-2025", ClaimStatus::Resolved, Some("No")),
        ("open-within-25-elo-at-the-end-of-2024", ClaimStatus::Resolved, Some("No")),
        ("a-model-reaches-158-on-eci", ClaimStatus::Proposed, None),
        ("a-model-reaches-160-on-eci", ClaimStatus::Open, None),
        ("open-within-5-on-eci", ClaimStatus::Open, None),
        ("open-reaches-75-on-aider", ClaimStatus::Open, None),
        ("open-leads-hle-and-eci", ClaimStatus::Open, None),
        ("hallucination-at-most-half-a-percent", ClaimStatus::Open, None),
    ] {
        let page = page(&engine, slug).await;
        println!("{slug}: {} {:?} {:.1}%", page.status, page.outcome, shown(&page));
        assert_eq!(page.status, status, "{slug}");
        assert_eq!(page.outcome.map(|o| o.to_string()).as_deref(), outcome, "{slug}");
    }
    assert_eq!(
        page(&engine, "hallucination-at-most-half-a-percent").await.verdict.as_deref(),
        Some("unknown")
    );

    // Every outcome of the rules follows from the files that the demo carries.
    for slug in [
        "open-within-25-elo-2024",
        "open-within-1-on-mmlu",
        "closed-leads-by-20-on-aider",
        "open-within-25-elo-spring-2025",
        "open-within-25-elo-at-the-end-of-2024",
    ] {
        let proof = engine.proof(page(&engine, slug).await.id).await.expect("a proof");
        let bundle = engine.proof_bundle(proof.resolution.expect("settled").0.id).await.expect("a bundle");
        let checked = verify(&bundle).unwrap_or_else(|e| panic!("{slug}: {e}"));
        println!(
            "{slug}: {} polls, {} files; {:?}",
            bundle.polls.len(),
            bundle.files.len(),
            checked.lines.last()
        );
    }

    // The first press: a window ends without objection.
    let before = shown(&page(&engine, "open-within-5-on-eci").await);
    let pressed = engine.next_demo_update().await.expect("the first update");
    assert_eq!(pressed.state.now.date_naive().to_string(), "2026-04-07");
    assert_eq!(page(&engine, "a-model-reaches-158-on-eci").await.status, ClaimStatus::Resolved);
    assert_eq!(page(&engine, "a-model-reaches-160-on-eci").await.verdict.as_deref(), Some("holds"));

    let news = engine.news(5).await.expect("the news");
    let signals: Vec<_> = news.iter().filter(|n| n.kind == "signal.appeared").collect();
    let [signal] = signals.as_slice() else { panic!("one line for one snapshot's signals: {news:?}") };
    assert!(
        matches!(&signal.about, NewsAbout::Signal { of, claims: 4 } if of == "epoch-eci/eci"),
        "{signal:?}"
    );
    let told = signal.body["title"].as_str().unwrap_or_default().replace('\u{a0}', " ");
    assert_eq!(
        told,
        "Epoch Capabilities Index: best closed: claude-mythos-2026-04-07 leads with 161; the gap is 12.98 index points"
    );

    // What was known the day before is told as it stood then.
    let settled = page(&engine, "a-model-reaches-158-on-eci").await;
    let resolved = settled.resolved_at.expect("it is settled");
    let then = "2026-04-06T12:00:00Z".parse().expect("an instant");
    let key: ClaimKey = "a-model-reaches-158-on-eci".parse().expect("a key");
    let earlier = engine.claim_page(&key, Some(then)).await.expect("the page as it was");
    assert_eq!((earlier.status, earlier.outcome), (ClaimStatus::Proposed, None));
    assert_eq!(earlier.proposed.map(|o| o.to_string()).as_deref(), Some("Yes"));
    let far = earlier.distance.expect("how far it was");
    assert_eq!((far.verdict, far.conditions[0].title.as_str()), (Verdict::Holds, "Epoch Capabilities Index"));
    let day_before =
        engine.claim_page(&key, Some(resolved - TimeDelta::days(1))).await.expect("the day before");
    assert_eq!(settled.day_before, Some(day_before.probabilities[0].p));

    // The second: the news is counted as evidence and the number moves.
    let became = |signals: Vec<SignalView>| {
        let told =
            signals.into_iter().find(|s| s.signal.title.contains("leads with 161")).expect("the signal");
        told.claims.first().map(|c| c.status)
    };
    let claim = page(&engine, "open-within-5-on-eci").await.id;
    let waited = became(engine.claim_signals(claim, 50).await.expect("signals"));
    assert_eq!(waited, Some(SignalStatus::Waiting));
    engine.next_demo_update().await.expect("the second update");
    let after = shown(&page(&engine, "open-within-5-on-eci").await);
    assert!(after < before - 2.0, "{before} to {after}");
    let counted = became(engine.claim_signals(claim, 50).await.expect("signals"));
    assert_eq!(counted, Some(SignalStatus::Counted));

    // The third: what has stood for a week is proposed, and there is no fourth.
    let last = engine.next_demo_update().await.expect("the third update");
    assert_eq!(page(&engine, "a-model-reaches-160-on-eci").await.status, ClaimStatus::Proposed);
    assert_eq!(last.state.next, None);
    assert!(engine.next_demo_update().await.is_err());

    // Started again over the same folder, the demo goes on where it was.
    db.close().await;
    drop((engine, db));
    let db = Db::open(&Location::Folder(folder.path().to_owned()), Opener::Server).await.expect("a database");
    let again = Engine::new(db, Arc::new(OffsetClock::starting_at(Utc::now())));
    let state = again.start_demo(&fixtures, |_, _| panic!("nothing is replayed twice")).await.expect("again");
    assert_eq!((state.now.date_naive().to_string().as_str(), state.next), ("2026-04-14", None));
}
