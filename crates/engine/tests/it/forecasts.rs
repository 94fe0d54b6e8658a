//! Forecasts: what they do to the crowd, what outcomes earn them, and what is kept when outcomes are taken back.

use std::collections::BTreeMap;

use bellwether_core::{
    actor::Actor,
    document::ClaimDocument,
    evidence::Side,
    ids::ClaimId,
    ledger::CauseKind,
    people::Handle,
    status::{ClaimStatus, Outcome},
    stream::Stream,
};
use bellwether_engine::{
    Engine, EngineError,
    claims::{ClaimKey, CriteriaChange},
    forecasts::{ForecastInput, Made, Stated},
    resolve::Ruling,
};
use bellwether_store::{Db, LinkSnapshot, Score};
use chrono::TimeDelta;
use uuid::Uuid;

use crate::{
    board::{Board, rows},
    support::{Kit, at, near, result},
};

bellwether_testkit::both!(
    a_forecast_moves_the_crowd_and_a_new_one_takes_its_place,
    a_withdrawal_and_an_expiry_end_a_forecast,
    what_is_no_forecast_is_refused_by_field,
    named_options_are_forecast_together,
    several_forecasts_are_all_kept_or_none,
    forecasts_that_come_at_once_are_all_kept,
    a_crowd_is_the_same_whichever_server_moves_it,
    c10_what_a_threshold_compares_is_told_once_and_exactly,
    a_crowd_can_be_hidden_until_one_has_forecast,
    bots_are_heard_but_not_counted_unless_the_claim_says_so,
    r12_resolve_unresolve_resolve_is_bit_for_bit,
    r15_forecasts_after_the_event_are_kept_and_not_scored,
    c12_an_outcome_earns_forecasters_and_authors_their_scores,
    an_annulled_claim_pays_nobody,
    who_forecast_has_an_interest,
    r10_a_forecast_counts_if_the_criteria_it_saw_give_the_same_outcome,
);

fn person(name: &str) -> Actor {
    Actor::Person(Handle::new(name).unwrap())
}

pub(crate) async fn forecast(kit: &Kit, who: &str, claim: &ClaimKey, p: f64) -> Made {
    kit.engine.forecast(&person(who), claim, ForecastInput::yes(p), "api").await.unwrap()
}

async fn crowd(kit: &Kit, claim: &ClaimKey) -> Option<f64> {
    let told = kit.engine.claim_forecasts(claim).await.unwrap();
    told.crowd.and_then(|crowd| crowd.aggregate.centers[0])
}

async fn a_forecast_moves_the_crowd_and_a_new_one_takes_its_place(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    let first = forecast(&kit, "ada", &claim, 0.7).await;
    assert_eq!((first.crowd_before, first.crowd.unwrap().n, first.moved), (None, 1, Some(2)));
    assert!(!first.clamped && first.before == first.after, "the headline is the evidence's");
    kit.wait(TimeDelta::hours(1));
    forecast(&kit, "ben", &claim, 0.5).await;
    near(100.0 * crowd(&kit, &claim).await.unwrap(), 60.0);
    kit.wait(TimeDelta::hours(1));
    let second = forecast(&kit, "ada", &claim, 0.9).await;
    assert_eq!(second.crowd.unwrap().n, 2, "a new forecast takes the place of the old one");
    near(100.0 * crowd(&kit, &claim).await.unwrap(), 70.0);
    let page = kit.page(&claim).await;
    assert_eq!(page.moves[0].cause, CauseKind::ForecastMade);
    let view = page.streams.iter().find(|s| s.stream == Stream::Crowd).unwrap();
    assert_eq!(view.n, Some(2));
    near(100.0 * view.p[0].value(), 70.0);
    let history = kit.engine.history(&claim, None).await.unwrap();
    let line = history.streams.iter().find(|s| s.stream == Stream::Crowd).unwrap();
    assert_eq!(line.points.len(), 3);
    assert_eq!(line.points[2].spread.as_ref().unwrap().n, 2);
    let listed = kit.engine.forecasts_of_claim(&claim, None, 2).await.unwrap();
    assert_eq!(listed.forecasts.iter().map(|f| (f.n, f.stands)).collect::<Vec<_>>(), [(2, true), (1, true)]);
    let rest = kit.engine.forecasts_of_claim(&claim, listed.next, 2).await.unwrap();
    assert_eq!((rest.forecasts[0].stands, rest.next), (false, None));
    let mine = kit.engine.seen_by(Some(&person("ada"))).claim_forecasts(&claim).await.unwrap().mine.unwrap();
    near(100.0 * mine.p.as_slice()[0], 90.0);
}

async fn a_withdrawal_and_an_expiry_end_a_forecast(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    forecast(&kit, "ada", &claim, 0.7).await;
    kit.wait(TimeDelta::hours(1));
    let until = kit.engine.now() + TimeDelta::days(1);
    let short = ForecastInput { expires_at: Some(until), ..ForecastInput::yes(0.1) };
    kit.engine.forecast(&person("ben"), &claim, short, "api").await.unwrap();
    let gone = kit.engine.withdraw_forecast(&person("ada"), &claim, "page").await.unwrap();
    assert_eq!(gone.crowd.unwrap().n, 1);
    let again = kit.engine.withdraw_forecast(&person("ada"), &claim, "page").await;
    assert!(matches!(again, Err(EngineError::Conflict(_))));
    assert_eq!(kit.engine.expire_forecasts().await.unwrap(), 0);
    kit.wait(TimeDelta::days(2));
    assert_eq!(crowd(&kit, &claim).await, None, "nothing that has ended is shown, whenever it is taken out");
    assert_eq!(kit.engine.expire_forecasts().await.unwrap(), 1);
    assert_eq!(kit.engine.expire_forecasts().await.unwrap(), 0);
    let page = kit.page(&claim).await;
    assert!(page.streams.iter().all(|s| s.stream != Stream::Crowd), "nobody is left");
    assert_eq!(page.moves[0].cause, CauseKind::ForecastExpired);
    forecast(&kit, "ben", &claim, 0.3).await;
    near(100.0 * crowd(&kit, &claim).await.unwrap(), 30.0);
    assert!(kit.engine.claim_page(&claim, Some(kit.engine.now() - TimeDelta::hours(1))).await.is_ok());
}

async fn what_is_no_forecast_is_refused_by_field(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    let refused = |input: ForecastInput| {
        let (kit, claim) = (&kit, &claim);
        async move {
            match kit.engine.forecast(&person("ada"), claim, input, "api").await {
                Err(EngineError::Invalid(errors)) => errors[0].field.clone(),
                other => panic!("{other:?}"),
            }
        }
    };
    for p in [1.0001, -0.1, 101.0, f64::NAN, f64::INFINITY] {
        assert_eq!(refused(ForecastInput::yes(p)).await, "probability", "{p}");
    }
    let options = Stated::Options(BTreeMap::from([("Yes".to_owned(), 1.0)]));
    assert_eq!(refused(ForecastInput { stated: options, ..ForecastInput::yes(0.5) }).await, "probability");
    let past = ForecastInput { expires_at: Some(kit.engine.now()), ..ForecastInput::yes(0.5) };
    assert_eq!(refused(past).await, "expires_at");
    for (p, kept) in [(0.0, 0.001), (1.0, 0.999), (-0.0, 0.001)] {
        let made = forecast(&kit, "ada", &claim, p).await;
        assert!(made.clamped);
        near(100.0 * made.forecast.unwrap().as_slice()[0], 100.0 * kept);
    }
    kit.clock.set(at("2027-04-01T00:00:00Z"));
    let late = kit.engine.forecast(&person("ada"), &claim, ForecastInput::yes(0.5), "api").await;
    assert!(matches!(late, Err(EngineError::Conflict(_))), "the deadline has passed");
    let nowhere: ClaimKey = "no-such-claim".parse().unwrap();
    let unknown = kit.engine.forecast(&person("ada"), &nowhere, ForecastInput::yes(0.5), "api").await;
    assert!(matches!(unknown, Err(EngineError::NotFound("claim"))));
}

fn shares(all: &[(&str, f64)]) -> ForecastInput {
    let stated = Stated::Options(all.iter().map(|(name, p)| ((*name).to_owned(), *p)).collect());
    ForecastInput { stated, rationale: None, expires_at: None }
}

async fn named_options_are_forecast_together(db: Db) {
    let kit = Kit::new(db);
    let claim: ClaimKey = kit
        .claim("title: Who leads\nwindow: { by: Q1 2027 }\ncriteria: A person decides.\noptions: [Red, Green, Blue]")
        .await
        .id
        .into();
    let ada = person("ada");
    let two = shares(&[("Red", 0.5), ("Green", 0.5)]);
    assert!(matches!(kit.engine.forecast(&ada, &claim, two, "api").await, Err(EngineError::Invalid(_))));
    let more = shares(&[("Red", 0.5), ("Green", 0.5), ("Blue", 0.5)]);
    assert!(matches!(kit.engine.forecast(&ada, &claim, more, "api").await, Err(EngineError::Invalid(_))));
    let whole = shares(&[("Red", 0.6), ("Green", 0.3), ("Blue", 0.1)]);
    let made = kit.engine.forecast(&ada, &claim, whole, "api").await.unwrap();
    let centers: Vec<f64> = made.crowd.unwrap().centers.into_iter().map(Option::unwrap).collect();
    near(100.0 * centers[0], 60.0);
    near(centers.iter().sum::<f64>(), 1.0);
}

async fn several_forecasts_are_all_kept_or_none(db: Db) {
    let kit = Kit::new(db);
    let (first, second) = (kit.plain(0.5).await, kit.plain(0.4).await);
    let ada = person("ada");
    let bad = [(first.clone(), ForecastInput::yes(0.7)), (second.clone(), ForecastInput::yes(7.0))];
    match kit.engine.forecast_all(&ada, &bad, "import").await {
        Err(EngineError::Invalid(errors)) => assert_eq!(errors[0].field, "forecasts[1].probability"),
        other => panic!("{other:?}"),
    }
    assert_eq!(crowd(&kit, &first).await, None, "nothing is half-written");
    let good = [(first.clone(), ForecastInput::yes(0.7)), (second.clone(), ForecastInput::yes(0.6))];
    assert_eq!(kit.engine.forecast_all(&ada, &good, "import").await.unwrap().len(), 2);
    near(100.0 * crowd(&kit, &second).await.unwrap(), 60.0);
    assert!(kit.engine.forecast_all(&ada, &[], "import").await.is_err());
}

async fn forecasts_that_come_at_once_are_all_kept(db: Db) {
    let kit = Kit::new(db);
    let claims = [kit.plain(0.5).await, kit.plain(0.6).await];
    let mut all = tokio::task::JoinSet::new();
    for n in 0..100_u32 {
        let (engine, claim) = (kit.engine.clone(), claims[n as usize % 2].clone());
        all.spawn(async move {
            let who = person(&format!("p{}", n % 40));
            engine.forecast(&who, &claim, ForecastInput::yes(f64::from(n + 1) / 200.0), "api").await.unwrap()
        });
    }
    let made = all.join_all().await;
    for claim in &claims {
        let told = kit.engine.claim_forecasts(claim).await.unwrap();
        assert_eq!((told.made, told.n), (50, 20));
        let page = kit.page(claim).await;
        let moves = kit.engine.moves(claim, None, 200, None).await.unwrap().moves;
        assert_eq!(moves.len() as u64, page.moves_total);
        assert!(moves.windows(2).all(|w| w[0].seq == w[1].seq + 1), "gapless");
        let line = page.streams.iter().find(|s| s.stream == Stream::Crowd).unwrap();
        near(100.0 * line.p[0].value(), 100.0 * told.crowd.unwrap().aggregate.centers[0].unwrap());
    }
    assert_eq!(made.iter().map(|m| m.id).collect::<std::collections::BTreeSet<_>>().len(), 100);
}

async fn a_crowd_is_the_same_whichever_server_moves_it(db: Db) {
    let kit = Kit::new(db.clone());
    let claim = kit.plain(0.5).await;
    let servers = [kit.engine.clone(), Engine::new(db.clone(), kit.clock.clone())];
    let mut dice = 7_u32;
    let mut roll = |sides: u32| {
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (dice >> 16) % sides
    };
    for _ in 0..120 {
        let server = &servers[roll(2) as usize];
        let who = person(["ada", "ben", "cyd", "dee", "eve", "fay"][roll(6) as usize]);
        let expires_at = (roll(5) == 0).then(|| kit.engine.now() + TimeDelta::seconds(3));
        let input = ForecastInput { expires_at, ..ForecastInput::yes(f64::from(1 + roll(99)) / 100.0) };
        let now = match roll(6) {
            0 => server.withdraw_forecast(&who, &claim, "page").await.ok().map(|made| made.crowd),
            1 => server.expire_forecasts().await.map(|_| None).unwrap(),
            _ => Some(server.forecast(&who, &claim, input, "api").await.unwrap().crowd),
        };
        // A third server knows nothing but what is written.
        let third = Engine::new(db.clone(), kit.clock.clone());
        if let Some(now) = now {
            let anew = third.claim_forecasts(&claim).await.unwrap().crowd;
            assert_eq!(now, anew.map(|crowd| crowd.aggregate));
        }
        let [here, anew] = [&servers[0], &third].map(|server| server.history(&claim, None));
        let (here, anew) = (here.await.unwrap(), anew.await.unwrap());
        assert_eq!((here.streams, here.headline), (anew.streams, anew.headline));
        // At times several things happen at one instant.
        kit.wait(TimeDelta::seconds(i64::from(roll(2))));
    }
    let written = db.read().await.unwrap().crowd_points_after(id_of(&kit, &claim).await, 0).await.unwrap();
    assert!(written.len() > 60);
    assert!(written.iter().zip(1..).all(|(point, n)| point.seq == n), "gapless");
}

async fn c10_what_a_threshold_compares_is_told_once_and_exactly(db: Db) {
    let kit = Kit::new(db.clone());
    let claim = kit.plain(0.72).await;
    kit.add(&claim, result(Side::For, 3.6, "Six points, at a credibility of .6")).await;
    kit.wait(TimeDelta::minutes(1));
    kit.add(&claim, result(Side::For, 0.9, "A trace")).await;
    // Nothing of this moves the number, and nobody is told of it as if it did.
    kit.engine.age_claims().await.unwrap();
    kit.engine.expire_forecasts().await.unwrap();
    let again = Engine::new(db.clone(), kit.clock.clone());
    again.age_claims().await.unwrap();
    let told = db.read().await.unwrap().events_after(0, 1_000).await.unwrap();
    let moved: Vec<f64> = told
        .iter()
        .filter_map(|event| {
            let body: serde_json::Value = event.body.read().unwrap();
            Some(100.0 * (body["p_after"].as_f64()? - body["p_before"].as_f64()?))
        })
        .collect();
    assert_eq!(moved.len(), 2, "{moved:?}");
    near(moved[0], 2.81);
    near(moved[1], 0.67);
    assert_eq!(moved.iter().filter(|pts| pts.abs() >= 2.0).count(), 1);
    let page = kit.page(&claim).await;
    let rows: Vec<f64> = page
        .moves
        .iter()
        .filter(|m| m.cause == CauseKind::EvidenceAdded)
        .map(|m| 100.0 * (m.after.value() - m.before.value()))
        .collect();
    assert_eq!(rows, [moved[1], moved[0]], "the ledger says the same, to the last bit");
}

async fn a_crowd_can_be_hidden_until_one_has_forecast(db: Db) {
    let kit = Kit::new(db);
    let text = "title: Hidden crowd\nwindow: { by: Q1 2027 }\ncriteria: A person decides.\n";
    let claim: ClaimKey = kit.claim(&format!("{text}forecasts: {{ hide_crowd: true }}")).await.id.into();
    forecast(&kit, "ada", &claim, 0.7).await;
    let (ada, ben) = (person("ada"), person("ben"));
    for (viewer, hidden) in [(None, true), (Some(&ben), true), (Some(&ada), false)] {
        let engine = kit.engine.seen_by(viewer);
        let told = engine.claim_forecasts(&claim).await.unwrap();
        assert_eq!((told.hidden, told.crowd.is_none(), told.n), (hidden, hidden, 1), "{viewer:?}");
        let page = engine.claim_page(&claim, None).await.unwrap();
        let shows = |stream: &Stream| *stream == Stream::Crowd;
        assert_eq!(page.streams.iter().any(|s| shows(&s.stream)), !hidden);
        assert_eq!(page.moves.iter().any(|m| shows(&m.stream)), !hidden);
        let history = engine.history(&claim, None).await.unwrap();
        assert_eq!(history.streams.iter().any(|s| shows(&s.stream)), !hidden);
        let moves = engine.moves(&claim, None, 50, None).await.unwrap();
        assert_eq!(moves.moves.iter().any(|m| shows(&m.stream)), !hidden);
        assert_eq!(engine.forecasts_of_claim(&claim, None, 50).await.unwrap().forecasts.is_empty(), hidden);
        assert_eq!(
            engine.forecasts_of_forecaster(&ada, None, 50).await.unwrap().forecasts.is_empty(),
            hidden
        );
        let csv = engine.export_moves_csv(&claim, None).await.unwrap();
        let json = engine.export_json(&claim, None).await.unwrap();
        assert_eq!(csv.contains("crowd"), !hidden);
        assert_eq!(json["moves"].to_string().contains("crowd"), !hidden);
    }
    let both = format!("{text}forecasts: {{ hide_crowd: true }}\nheadline: crowd");
    let refused = ClaimDocument::from_yaml(&both).unwrap_err().to_string();
    assert!(refused.contains("forecasts.hide_crowd"), "{refused}");
}

async fn bots_are_heard_but_not_counted_unless_the_claim_says_so(db: Db) {
    let kit = Kit::new(db);
    let bot = Actor::Bot(Handle::new("b0t").unwrap());
    let claim = kit.plain(0.5).await;
    let made = kit.engine.forecast(&bot, &claim, ForecastInput::yes(0.9), "api").await.unwrap();
    assert_eq!((made.counts, made.crowd.is_none(), made.moved), (false, true, None));
    let text = "title: Bots count\nwindow: { by: Q1 2027 }\ncriteria: A person decides.\nforecasts: { count_bots: true }";
    let open: ClaimKey = kit.claim(text).await.id.into();
    let made = kit.engine.forecast(&bot, &open, ForecastInput::yes(0.9), "api").await.unwrap();
    assert_eq!(made.crowd.unwrap().n, 1);
}

pub(crate) async fn id_of(kit: &Kit, claim: &ClaimKey) -> ClaimId {
    kit.engine.claim_id(claim).await.unwrap()
}

/// Has a person propose an outcome.
pub(crate) async fn propose(kit: &Kit, claim: &ClaimKey, outcome: Outcome) {
    let page = LinkSnapshot {
        id: Uuid::now_v7(),
        url: "https://example.org/".into(),
        final_url: "https://example.org/".into(),
        status: 200,
        sha256: None,
        mime: None,
        reading: bellwether_store::JsonText::empty(),
        actor: kit.actor.clone(),
        at: kit.engine.now(),
    };
    let mut tx = kit.engine.db().write().await.unwrap();
    tx.insert_link_snapshot(&page).await.unwrap();
    tx.commit().await.unwrap();
    let id = id_of(kit, claim).await;
    kit.engine.propose(&kit.actor, id, outcome, "It says so.", Some(page.id)).await.unwrap();
}

/// Has a person propose an outcome and lets its window end.
pub(crate) async fn settle(kit: &Kit, claim: &ClaimKey, outcome: Outcome) {
    propose(kit, claim, outcome).await;
    kit.wait(TimeDelta::days(2));
    kit.engine.settle_due().await.unwrap();
    assert_eq!(kit.page(claim).await.status, ClaimStatus::Resolved);
}

pub(crate) async fn reverse(kit: &Kit, claim: &ClaimKey) {
    let id = id_of(kit, claim).await;
    kit.engine.decide(&kit.actor, id, Ruling::Reverse, "It was wrong.").await.unwrap();
}

pub(crate) async fn scores(kit: &Kit, claim: &ClaimKey) -> BTreeMap<String, Score> {
    let id = id_of(kit, claim).await;
    let mut tx = kit.engine.db().read().await.unwrap();
    let all = tx.scores_of_claim(id).await.unwrap();
    all.into_iter().map(|score| (score.forecaster.to_string(), score)).collect()
}

/// A claim with two forecasters, one of whom changes their mind, and evidence by a third.
async fn with_opinions(kit: &Kit) -> ClaimKey {
    let claim = kit.plain(0.5).await;
    kit.wait(TimeDelta::days(10));
    forecast(kit, "ada", &claim, 0.8).await;
    kit.wait(TimeDelta::days(10));
    forecast(kit, "ben", &claim, 0.4).await;
    kit.add(&claim, result(Side::For, 12.0, "A figure")).await;
    kit.wait(TimeDelta::days(10));
    forecast(kit, "ben", &claim, 0.6).await;
    kit.wait(TimeDelta::days(10));
    claim
}

async fn r12_resolve_unresolve_resolve_is_bit_for_bit(db: Db) {
    let kit = Kit::new(db);
    let claim = with_opinions(&kit).await;
    let proposed = kit.engine.now();
    settle(&kit, &claim, Outcome::Yes).await;
    let first = scores(&kit, &claim).await;
    reverse(&kit, &claim).await;
    assert!(scores(&kit, &claim).await.is_empty(), "what is taken back pays nobody");
    kit.clock.set(proposed);
    settle(&kit, &claim, Outcome::Yes).await;
    let again = scores(&kit, &claim).await;
    let bits = |score: &Score| {
        [
            score.brier,
            score.log,
            score.baseline,
            score.peer,
            score.spot_baseline,
            score.spot_peer,
            score.points,
        ]
        .map(|x| x.map(f64::to_bits))
    };
    assert_eq!(first.keys().collect::<Vec<_>>(), again.keys().collect::<Vec<_>>());
    for (who, score) in &first {
        assert_eq!(bits(score), bits(&again[who]), "{who}");
        assert_ne!(score.resolution, again[who].resolution);
    }
    reverse(&kit, &claim).await;
    kit.clock.set(proposed);
    settle(&kit, &claim, Outcome::No).await;
    let other = scores(&kit, &claim).await;
    assert!(
        other["person:ada"].brier > first["person:ada"].brier,
        "resolved the other way it pays the other way"
    );
}

async fn r15_forecasts_after_the_event_are_kept_and_not_scored(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    kit.wait(TimeDelta::days(30));
    forecast(&kit, "ada", &claim, 0.6).await;
    kit.wait(TimeDelta::days(30));
    // A person's proposal says that the event is known from now on.
    propose(&kit, &claim, Outcome::Yes).await;
    kit.wait(TimeDelta::hours(1));
    forecast(&kit, "ada", &claim, 0.99).await;
    forecast(&kit, "late", &claim, 0.99).await;
    kit.wait(TimeDelta::days(2));
    kit.engine.settle_due().await.unwrap();
    let scores = scores(&kit, &claim).await;
    let (ada, late) = (&scores["person:ada"], &scores["person:late"]);
    assert_eq!((ada.forecasts, ada.late, late.forecasts, late.late), (1, 1, 0, 1));
    near(ada.brier.unwrap(), 0.16);
    assert_eq!((late.brier, late.coverage), (None, 0.0));
    let listed = kit.engine.forecasts_of_claim(&claim, None, 10).await.unwrap();
    assert_eq!(listed.forecasts.len(), 3, "they are kept");
}

async fn c12_an_outcome_earns_forecasters_and_authors_their_scores(db: Db) {
    let kit = Kit::new(db);
    let claim = with_opinions(&kit).await;
    settle(&kit, &claim, Outcome::Yes).await;
    let scores = scores(&kit, &claim).await;
    let (ada, ben) = (&scores["person:ada"], &scores["person:ben"]);
    near(ada.brier.unwrap(), 0.04);
    assert!(ada.peer.unwrap() > 0.0 && ada.coverage > 0.0 && ada.coverage < 0.2);
    near(ada.peer.unwrap() + ben.peer.unwrap(), 0.0);
    near(scores["baseline:even"].brier.unwrap(), 0.25);
    near(scores["baseline:rate"].brier.unwrap(), 0.25);
    for stream in ["stream:evidence", "stream:crowd", "stream:headline"] {
        assert!(scores[stream].brier.is_some(), "{stream} has a track record too");
    }
    // The author of the evidence earns what the headline gained by it; all points telescope.
    let author = &scores["operator"];
    let page = kit.page(&claim).await;
    let last = page.probabilities[0].p.value();
    near(author.points.unwrap(), 100.0 * (last / 0.5).log2());
    assert_eq!((author.moves, author.brier), (1, None));
    let total: f64 = scores.values().filter_map(|s| s.points).sum();
    near(total, 100.0 * (last / 0.5).log2());
    assert_eq!(scores["person:ada"].kind, "person");
}

async fn an_annulled_claim_pays_nobody(db: Db) {
    let kit = Kit::new(db);
    let claim = with_opinions(&kit).await;
    settle(&kit, &claim, Outcome::Yes).await;
    let id = id_of(&kit, &claim).await;
    kit.engine.object(&person("ben"), id, "The page was forged.", None).await.unwrap();
    kit.engine.decide(&kit.actor, id, Ruling::Annul, "Nobody can tell.").await.unwrap();
    assert!(scores(&kit, &claim).await.is_empty());
}

/// A claim whose rule was made easier while it was open: those who forecast the hard one said nothing of the easy one.
async fn r10_a_forecast_counts_if_the_criteria_it_saw_give_the_same_outcome(db: Db) {
    let board = Board::new(db, &["board"]).await;
    let kit = &board.kit;
    board.today(&[&rows("60", "80")]).await;
    let rule = |least: u32| {
        format!(
            "title: An open model scores high\nwindow: {{ by: Q1 2027 }}\ncriteria: True if it does.\n\
             rule: {{ score: {{ benchmark: board/test, of: open, at_least: {least} }} }}"
        )
    };
    let claim: ClaimKey = kit.claim(&rule(75)).await.id.into();
    kit.wait(TimeDelta::days(1));
    forecast(kit, "ada", &claim, 0.2).await;
    kit.wait(TimeDelta::days(1));
    let mut document = ClaimDocument::from_yaml(&rule(70)).unwrap();
    let reason = "75 was a slip of the pen".to_owned();
    document.slug = None;
    kit.engine
        .change_criteria(&kit.actor, &claim, CriteriaChange { document, reason, seen: Some(1) })
        .await
        .unwrap();
    forecast(kit, "ben", &claim, 0.7).await;
    kit.wait(TimeDelta::days(1));
    board.days(12, &[&rows("72", "80")]).await;
    let id = id_of(kit, &claim).await;
    assert_eq!(board.state(id).await, (ClaimStatus::Resolved, Some(Outcome::Yes)), "the easy rule decides");
    let scores = scores(kit, &claim).await;
    let (ada, ben) = (&scores["person:ada"], &scores["person:ben"]);
    assert_eq!(
        (ada.annulled, ada.forecasts, ada.brier),
        (1, 0, None),
        "under the hard rule it would not be Yes"
    );
    assert_eq!((ben.annulled, ben.forecasts), (0, 1));
    near(ben.brier.unwrap(), 0.09);
}

async fn who_forecast_has_an_interest(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    forecast(&kit, "ada", &claim, 0.7).await;
    let id = id_of(&kit, &claim).await;
    let stake = kit.engine.stake(&person("ada"), id).await.unwrap();
    assert!(matches!(stake, bellwether_engine::resolve::Stake::Alone(why) if why.contains("forecast")));
}
