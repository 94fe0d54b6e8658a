//! The demo's first claim, replayed day by day: its items lead from the start to the published steps.

use std::path::Path;

use bellwether_core::{
    confidence::Level,
    document::{ClaimDocument, StartingPoint},
    evidence::Side,
    figures,
    ledger::Bar,
};
use bellwether_engine::{
    claims::{ClaimKey, NewClaim},
    evidence::EvidenceInput,
};
use bellwether_store::Db;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use crate::support::{Kit, at};

bellwether_testkit::both!(c1_the_claim_card_comes_to_75_percent_with_its_own_10_for_and_8_against);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lead {
    document: String,
    opened: DateTime<Utc>,
    evidence: Vec<Said>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    at: DateTime<Utc>,
    item: EvidenceInput,
}

async fn c1_the_claim_card_comes_to_75_percent_with_its_own_10_for_and_8_against(db: Db) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/demo");
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a fixture");
    let lead: Lead = serde_saphyr::from_str(&text("lead.yaml")).expect("the lead claim's items");
    let document = ClaimDocument::from_yaml(&text(&lead.document)).expect("the lead claim's document");
    assert!(
        matches!(&document.start.p, StartingPoint::Yes(_)) && document.start.basis.starts_with("solved back")
    );

    let kit = Kit::new(db);
    kit.clock.set(lead.opened);
    let made =
        kit.engine.create_claim(&kit.actor, NewClaim { document, publish: true }).await.expect("a claim");
    let claim = ClaimKey::from(made.id);
    let mut steps = Vec::new();
    let mut evidence = lead.evidence.into_iter().peekable();
    let end = at("2026-04-06T09:00:00Z");
    while kit.engine.now() < end {
        let tomorrow = (kit.engine.now() + TimeDelta::days(1)).min(end);
        while let Some(said) = evidence.next_if(|said| said.at <= tomorrow) {
            kit.clock.set(said.at);
            let added = kit.add(&claim, said.item).await;
            assert!(added.contradictions.is_empty() && added.alike.is_empty(), "{added:?}");
            steps.push(figures::percent_exact(added.after));
        }
        kit.clock.set(tomorrow);
        kit.engine.age_claims().await.expect("aged");
    }
    assert!(evidence.peek().is_none());
    assert_eq!(steps[14..], ["67.0%", "69.0%", "72.0%", "75.0%"]);

    let page = kit.page(&claim).await;
    assert_eq!(figures::percent_exact(page.probabilities[0].p), "75.0%");
    let moved = figures::movement_over(page.movement.pts, page.movement.window);
    assert_eq!(moved.replace(figures::NBSP, " "), "▲ 3 pts (7 d)");
    assert_eq!((page.items_for.len(), page.items_against.len()), (10, 8));
    assert!(page.items_for.iter().all(|e| e.item.side == Side::For));
    assert_eq!(page.confidence.level(), Level::Moderate);
    assert!(page.warnings.is_empty(), "{:?}", page.warnings);
    assert_eq!((&page.why.bars[0].0, &page.why.bars[1].0), (&Bar::For(10), &Bar::Against(8)));
    assert_eq!(page.document.window.by, at("2027-04-01T00:00:00Z"));
}
