//! Views more than 10 points apart are told once, and never what a hidden crowd says.

use bellwether_core::evidence::Side;
use bellwether_engine::{
    EngineError,
    claims::ClaimKey,
    evidence::CountSignal,
    signals::{SignalView, VIEWS_APART},
};
use bellwether_store::Db;

use crate::{
    forecasts::forecast,
    support::{Kit, result},
};

bellwether_testkit::both!(views_that_come_apart_are_told_once, a_hidden_crowd_is_told_to_nobody);

async fn apart(kit: &Kit, claim: &ClaimKey) -> Vec<SignalView> {
    let id = kit.engine.claim_id(claim).await.unwrap();
    let all = kit.engine.claim_signals(id, 100).await.unwrap();
    all.into_iter().filter(|s| s.signal.kind == VIEWS_APART).collect()
}

async fn views_that_come_apart_are_told_once(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    forecast(&kit, "ada", &claim, 0.6).await;
    assert!(apart(&kit, &claim).await.is_empty(), "ten points are not more than ten");
    forecast(&kit, "ada", &claim, 0.7).await;
    let told = apart(&kit, &claim).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].signal.title, "The views are 20 pts apart: Crowd 70%, Evidence 50%");
    forecast(&kit, "ada", &claim, 0.8).await;
    forecast(&kit, "ada", &claim, 0.59).await;
    forecast(&kit, "ada", &claim, 0.8).await;
    assert_eq!(apart(&kit, &claim).await.len(), 1, "they never came together in between");
    forecast(&kit, "ada", &claim, 0.55).await;
    let added = kit.add(&claim, result(Side::Against, 20.0, "What moves the evidence")).await;
    let told = apart(&kit, &claim).await;
    assert_eq!(told.len(), 2, "the evidence moved away");
    assert!(told[0].signal.title.starts_with("The views are"), "{}", told[0].signal.title);
    kit.engine.retract_evidence(&kit.actor, added.evidence, None).await.unwrap();
    let beside = told[0].claims[0].clone();
    assert_eq!(
        (told[0].claims.len(), beside.because.as_deref()),
        (1, Some("is about this claim’s own views"))
    );
    let count =
        CountSignal { claim, signal: told[0].signal.id, side: Some(Side::For), strength: None, text: None };
    let refused = kit.engine.count_signal(&kit.actor, count).await;
    assert!(matches!(refused, Err(EngineError::Conflict(_))), "a claim's views are no evidence about it");
}

async fn a_hidden_crowd_is_told_to_nobody(db: Db) {
    let kit = Kit::new(db);
    let text = "title: A claim whose crowd is hidden\nwindow: { by: Q1 2027 }\ncriteria: A person decides.\n\
                forecasts: { hide_crowd: true }";
    let claim: ClaimKey = kit.claim(text).await.id.into();
    forecast(&kit, "ada", &claim, 0.9).await;
    kit.add(&claim, result(Side::Against, 20.0, "What moves the evidence")).await;
    assert!(apart(&kit, &claim).await.is_empty());
}
