//! Claims that count only if another one comes out a certain way.

use bellwether_core::{
    document::ClaimDocument,
    resolution::{Basis, ResolutionRecord},
    status::{ClaimStatus, Outcome},
};
use bellwether_engine::{
    EngineError,
    claims::{ClaimKey, CriteriaChange, NewClaim},
    resolve::Ruling,
};
use bellwether_store::Db;
use chrono::TimeDelta;

use crate::{
    forecasts::{forecast, id_of, propose, reverse, scores, settle},
    support::Kit,
};

bellwether_testkit::both!(
    r17_what_hangs_on_a_claim_follows_it_in_the_same_transaction,
    r17_a_settled_claim_is_void_when_the_one_it_hangs_on_comes_out_otherwise,
    r17_two_that_come_due_in_one_round_end_well_in_either_order,
    a_claim_hangs_on_what_is_published_and_may_still_come_out_so,
    what_a_claim_hangs_on_stays,
);

fn text(slug: &str, on: Option<(&str, &str)>) -> String {
    let given = on.map(|(claim, outcome)| format!("given: {{ claim: {claim}, outcome: {outcome} }}\n"));
    format!(
        "title: The claim {slug}\nslug: {slug}\nwindow: {{ by: Q1 2027 }}\ncriteria: A person decides.\n\
         start: {{ p: 0.5, basis: a test }}\n{}",
        given.unwrap_or_default()
    )
}

async fn publish(kit: &Kit, slug: &str, on: Option<(&str, &str)>) -> ClaimKey {
    kit.claim(&text(slug, on)).await.id.into()
}

/// A claim, one that hangs on its Yes, and one that hangs on the Yes of that.
async fn chain(kit: &Kit) -> [ClaimKey; 3] {
    [
        publish(kit, "ships", None).await,
        publish(kit, "leads", Some(("ships", "yes"))).await,
        publish(kit, "pays", Some(("leads", "yes"))).await,
    ]
}

async fn statuses(kit: &Kit, claims: &[ClaimKey]) -> Vec<ClaimStatus> {
    let mut all = Vec::new();
    for claim in claims {
        all.push(kit.page(claim).await.status);
    }
    all
}

async fn last_record(kit: &Kit, claim: &ClaimKey) -> ResolutionRecord {
    let id = id_of(kit, claim).await;
    let mut tx = kit.engine.db().read().await.unwrap();
    tx.resolutions(id).await.unwrap().pop().unwrap().record.read().unwrap()
}

async fn r17_what_hangs_on_a_claim_follows_it_in_the_same_transaction(db: Db) {
    let kit = Kit::new(db);
    let claims = chain(&kit).await;
    let page = kit.page(&claims[1]).await;
    assert_eq!(page.given.map(|on| (on.slug.to_string(), on.wanted)), Some(("ships".into(), Outcome::Yes)));
    assert_eq!(page.hanging_on.iter().map(|d| d.slug.as_str()).collect::<Vec<_>>(), ["pays"]);
    forecast(&kit, "ada", &claims[1], 0.7).await;
    kit.wait(TimeDelta::days(10));
    settle(&kit, &claims[0], Outcome::No).await;
    let void = ClaimStatus::Annulled;
    assert_eq!(statuses(&kit, &claims).await, [ClaimStatus::Resolved, void, void]);
    let record = last_record(&kit, &claims[1]).await;
    assert_eq!((record.basis, record.outcome), (Basis::Given, None));
    assert_eq!(record.why, "“The claim ships” came out No; this claim counts only if it comes out Yes.");
    assert!(scores(&kit, &claims[1]).await.is_empty(), "a void claim pays nobody");
    let alone =
        kit.engine.decide(&kit.actor, id_of(&kit, &claims[1]).await, Ruling::Reverse, "I think so.").await;
    let Err(EngineError::Conflict(why)) = alone else { panic!("{alone:?}") };
    assert!(why.contains("“The claim ships” comes out Yes, and that came out No"), "{why}");
    reverse(&kit, &claims[0]).await;
    assert_eq!(statuses(&kit, &claims).await, [ClaimStatus::Open; 3], "and what hung on it too");
    settle(&kit, &claims[0], Outcome::Yes).await;
    assert_eq!(statuses(&kit, &claims[1..]).await, [ClaimStatus::Open; 2]);
    settle(&kit, &claims[1], Outcome::Yes).await;
    assert_eq!(scores(&kit, &claims[1]).await["person:ada"].withdrawn_at, None);
    assert_eq!(statuses(&kit, &claims[2..]).await, [ClaimStatus::Open]);
    let audit = kit.engine.db().read().await.unwrap().verify_audit().await.unwrap();
    assert_eq!(audit.broken, None);
}

async fn r17_a_settled_claim_is_void_when_the_one_it_hangs_on_comes_out_otherwise(db: Db) {
    let kit = Kit::new(db);
    let claims = chain(&kit).await;
    forecast(&kit, "ada", &claims[1], 0.7).await;
    kit.wait(TimeDelta::days(10));
    settle(&kit, &claims[1], Outcome::Yes).await;
    assert!(scores(&kit, &claims[1]).await["person:ada"].withdrawn_at.is_none());
    // Void is not Yes either.
    propose(&kit, &claims[0], Outcome::Yes).await;
    let id = id_of(&kit, &claims[0]).await;
    kit.engine.object(&kit.actor, id, "It is not so.", None).await.unwrap();
    kit.engine.decide(&kit.actor, id, Ruling::Annul, "Nobody can tell.").await.unwrap();
    assert_eq!(statuses(&kit, &claims).await, [ClaimStatus::Annulled; 3]);
    assert!(scores(&kit, &claims[1]).await.is_empty(), "what it had earned is taken back");
    reverse(&kit, &claims[0]).await;
    assert_eq!(statuses(&kit, &claims).await, [ClaimStatus::Open; 3]);
}

async fn r17_two_that_come_due_in_one_round_end_well_in_either_order(db: Db) {
    let kit = Kit::new(db);
    for (on, hangs, first) in [("a", "b", 0), ("c", "d", 1)] {
        let claims = [publish(&kit, on, None).await, publish(&kit, hangs, Some((on, "yes"))).await];
        let outcomes = [Outcome::No, Outcome::Yes];
        for n in [first, 1 - first] {
            propose(&kit, &claims[n], outcomes[n].clone()).await;
            kit.wait(TimeDelta::minutes(1));
        }
        kit.wait(TimeDelta::days(2));
        kit.engine.settle_due().await.unwrap();
        assert_eq!(statuses(&kit, &claims).await, [ClaimStatus::Resolved, ClaimStatus::Annulled]);
    }
}

async fn a_claim_hangs_on_what_is_published_and_may_still_come_out_so(db: Db) {
    let kit = Kit::new(db);
    let refused = async |on: (&str, &str)| {
        let document = ClaimDocument::from_yaml(&text("hangs", Some(on))).unwrap();
        let made = kit.engine.create_claim(&kit.actor, NewClaim { document, publish: true }).await;
        let Err(EngineError::Invalid(errors)) = made else { panic!("{on:?}: {made:?}") };
        (errors[0].field.clone(), errors[0].code)
    };
    assert_eq!(refused(("nowhere", "yes")).await, ("given.claim".into(), "unknown"));
    let document = ClaimDocument::from_yaml(&text("draft", None)).unwrap();
    kit.engine.create_claim(&kit.actor, NewClaim { document, publish: false }).await.unwrap();
    assert_eq!(refused(("draft", "yes")).await, ("given.claim".into(), "draft"));
    let on = publish(&kit, "ships", None).await;
    assert_eq!(refused(("ships", "option:Google")).await, ("given.outcome".into(), "out_of_range"));
    assert!(ClaimDocument::from_yaml(&text("ships", Some(("ships", "yes")))).is_err(), "not on itself");
    // A draft is looked at again when it is published.
    let document = ClaimDocument::from_yaml(&text("late", Some(("ships", "yes")))).unwrap();
    let late = kit.engine.create_claim(&kit.actor, NewClaim { document, publish: false }).await.unwrap();
    settle(&kit, &on, Outcome::No).await;
    assert_eq!(refused(("ships", "yes")).await, ("given.outcome".into(), "came_out"));
    assert!(kit.engine.publish_claim(&kit.actor, &late.id.into()).await.is_err());
    let hangs = publish(&kit, "hangs", Some(("ships", "no"))).await;
    assert_eq!(kit.page(&hangs).await.status, ClaimStatus::Open);
}

async fn what_a_claim_hangs_on_stays(db: Db) {
    let kit = Kit::new(db);
    let claims = chain(&kit).await;
    let document = ClaimDocument::from_yaml(&text("leads", Some(("ships", "no")))).unwrap();
    let change = CriteriaChange { document, reason: "Otherwise.".into(), seen: None };
    let Err(EngineError::Invalid(errors)) = kit.engine.change_criteria(&kit.actor, &claims[1], change).await
    else {
        panic!("another question is another claim")
    };
    assert_eq!(errors[0].field, "given");
}
