//! Alerts from the event to the inbox: told once, with the reason, and never missed.

use bellwether_core::{
    actor::Actor,
    alert::{Message, Notice, Settings, Target},
    evidence::Side,
    people::Handle,
    status::Outcome,
};
use bellwether_engine::{
    Engine, EngineError,
    alerts::NewSubscription,
    claims::{ClaimKey, NewClaim},
    evidence::{EvidenceInput, StrengthInput},
};
use bellwether_store::Db;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    forecasts::{forecast, id_of, propose, reverse, settle},
    support::{Kit, at, near, result},
};

bellwether_testkit::both!(
    c10_a_move_of_2_8_is_told_once_and_one_of_0_7_never_also_by_a_server_begun_anew,
    a01_every_event_after_the_subscription_is_told_whatever_is_asked_how_often,
    a04_notices_carry_the_claims_own_numbers_in_order,
    a12_an_alert_within_the_cooldown_comes_at_its_end,
    a13_two_servers_that_look_at_once_tell_once,
    a14_a_digest_names_each_event_once_and_an_empty_one_is_not_sent,
    a14_ten_thousand_events_in_one_tick_are_one_message_for_a_grouped_subscriber,
    a15_what_comes_in_quiet_hours_is_one_digest_at_their_end,
    a16_a_mute_ends_by_itself_and_says_who_and_why,
    a20_after_a_day_down_there_is_one_digest_and_not_a_storm,
    a21_a_reversal_names_what_it_takes_back,
    a21_an_outcome_that_waits_in_a_digest_is_not_told_once_it_is_reversed,
    ageing_alone_never_alerts,
    movements_can_be_measured_from_ones_own_forecast_and_from_the_last_visit,
    tags_searches_and_everything_can_be_followed,
    a_subscription_is_its_owners_own_affair,
);

fn person(name: &str) -> Actor {
    Actor::Person(Handle::new(name).unwrap())
}

fn settings(value: Value) -> Settings {
    serde_json::from_value(value).unwrap()
}

async fn follow(kit: &Kit, who: &Actor, target: Target, wanted: Value) {
    let wanted = NewSubscription { settings: settings(wanted), ..NewSubscription::usual(target) };
    kit.engine.subscribe(who, wanted).await.unwrap();
}

async fn claim_target(kit: &Kit, claim: &ClaimKey) -> Target {
    Target::Claim(id_of(kit, claim).await)
}

/// What a worker does at each tick.
async fn tick(engine: &Engine) {
    while engine.fan_out().await.unwrap() {}
    engine.look_again().await.unwrap();
    engine.gather().await.unwrap();
}

/// What someone was told, oldest first.
async fn told(kit: &Kit, who: &Actor) -> Vec<Message> {
    tick(&kit.engine).await;
    let mut messages: Vec<Message> =
        kit.engine.inbox(who, None, 200).await.unwrap().messages.into_iter().map(|m| m.message).collect();
    messages.reverse();
    messages
}

fn notices(messages: &[Message]) -> Vec<&Notice> {
    messages.iter().flat_map(|message| &message.notices).collect()
}

fn headlines(messages: &[Message]) -> Vec<&str> {
    notices(messages).into_iter().map(|notice| notice.headline.as_str()).collect()
}

/// Evidence that moves a claim from 72% to 74.8%, and further.
async fn evidence(kit: &Kit, claim: &ClaimKey, points: f64, text: &str) {
    kit.add(claim, result(Side::For, points, text)).await;
}

async fn c10_a_move_of_2_8_is_told_once_and_one_of_0_7_never_also_by_a_server_begun_anew(db: Db) {
    let kit = Kit::new(db.clone());
    let claim = kit.plain(0.72).await;
    let ada = person("ada");
    follow(&kit, &ada, claim_target(&kit, &claim).await, json!({ "moves": { "at_least": 2 } })).await;
    kit.wait(TimeDelta::minutes(1));
    evidence(&kit, &claim, 0.9, "a small result").await;
    assert!(told(&kit, &ada).await.is_empty(), "0.7 points");
    kit.wait(TimeDelta::minutes(1));
    evidence(&kit, &claim, 2.7, "compute costs fell").await;
    let messages = told(&kit, &ada).await;
    assert_eq!(headlines(&messages), ["75%, up 2.8\u{a0}pts since the last alert"]);
    let notice = notices(&messages)[0];
    assert_eq!(
        notice.because.as_deref().map(|b| b.starts_with("Evidence added (+2.7)")),
        Some(true),
        "{notice:?}"
    );
    let figures = notice.figures.unwrap();
    near(100.0 * figures.from, 72.0);
    near(100.0 * (figures.to - figures.from), 2.8);
    let again = Kit {
        engine: Engine::new(db, kit.clock.clone()),
        clock: kit.clock.clone(),
        actor: kit.actor.clone(),
    };
    kit.wait(TimeDelta::hours(1));
    assert_eq!(told(&again, &ada).await, messages, "a server that begins anew sends nothing again");
}

async fn a01_every_event_after_the_subscription_is_told_whatever_is_asked_how_often(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    let ada = person("ada");
    evidence(&kit, &claim, 3.0, "before").await;
    follow(&kit, &ada, claim_target(&kit, &claim).await, json!({ "topics": { "evidence": "at_once" } }))
        .await;
    for n in 0..20 {
        kit.wait(TimeDelta::seconds(1));
        evidence(&kit, &claim, 1.0, &format!("item {n}")).await;
        if n % 7 == 0 {
            tick(&kit.engine).await;
            tick(&kit.engine).await;
        }
    }
    let messages = told(&kit, &ada).await;
    let texts: Vec<_> = notices(&messages).iter().map(|n| n.because.clone().unwrap()).collect();
    assert_eq!(texts, (0..20).map(|n| format!("item {n}")).collect::<Vec<_>>());
    let ids: std::collections::BTreeSet<_> = messages.iter().map(|m| &m.id).collect();
    assert_eq!(ids.len(), 20);
    assert!(messages[0].why.starts_with("You follow this claim: new evidence"), "{}", messages[0].why);
    assert!(messages[0].ways_out.mute.path().ends_with("/mute"));
}

async fn a04_notices_carry_the_claims_own_numbers_in_order(db: Db) {
    let kit = Kit::new(db);
    let claims = [kit.plain(0.5).await, kit.plain(0.4).await];
    let ada = person("ada");
    follow(&kit, &ada, Target::All, json!({ "topics": { "evidence": "at_once" } })).await;
    for n in 0..10 {
        kit.wait(TimeDelta::seconds(1));
        evidence(&kit, &claims[n % 2], 1.0, &format!("item {n}")).await;
    }
    let messages = told(&kit, &ada).await;
    let seqs: Vec<i64> = notices(&messages).iter().map(|n| n.seq).collect();
    assert!(seqs.is_sorted_by(|a, b| a < b), "{seqs:?}");
    for claim in &claims {
        let id = id_of(&kit, claim).await;
        let own: Vec<i64> = notices(&messages)
            .iter()
            .filter_map(|n| n.claim.as_ref())
            .filter(|c| c.id == id)
            .map(|c| c.seq)
            .collect();
        assert_eq!(own.len(), 5);
        assert!(own.windows(2).all(|w| w[1] == w[0] + 1), "gapless: {own:?}");
    }
}

async fn a12_an_alert_within_the_cooldown_comes_at_its_end(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    let ada = person("ada");
    follow(&kit, &ada, claim_target(&kit, &claim).await, json!({ "moves": { "cooldown": "60s" } })).await;
    kit.wait(TimeDelta::seconds(1));
    evidence(&kit, &claim, 4.0, "first").await;
    assert_eq!(told(&kit, &ada).await.len(), 1);
    kit.wait(TimeDelta::seconds(10));
    evidence(&kit, &claim, 4.0, "second").await;
    assert_eq!(told(&kit, &ada).await.len(), 1, "not within the minute");
    kit.wait(TimeDelta::seconds(60));
    assert_eq!(told(&kit, &ada).await.len(), 2, "though nothing else happened");
    kit.wait(TimeDelta::seconds(600));
    assert_eq!(told(&kit, &ada).await.len(), 2);
}

async fn a13_two_servers_that_look_at_once_tell_once(db: Db) {
    let kit = Kit::new(db.clone());
    let claim = kit.plain(0.5).await;
    let ada = person("ada");
    follow(&kit, &ada, claim_target(&kit, &claim).await, json!({ "topics": { "evidence": "at_once" } }))
        .await;
    for n in 0..30 {
        evidence(&kit, &claim, 1.0, &format!("item {n}")).await;
        kit.wait(TimeDelta::seconds(1));
    }
    let other = Engine::new(db, kit.clock.clone());
    tokio::join!(tick(&kit.engine), tick(&other), tick(&kit.engine), tick(&other));
    assert_eq!(notices(&told(&kit, &ada).await).len(), 30);
}

async fn a14_a_digest_names_each_event_once_and_an_empty_one_is_not_sent(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    let ada = person("ada");
    follow(&kit, &ada, claim_target(&kit, &claim).await, json!({ "topics": { "evidence": "daily" } })).await;
    for day in 0..3 {
        for n in 0..3 {
            kit.wait(TimeDelta::minutes(5));
            evidence(&kit, &claim, 1.0, &format!("item {day}{n}")).await;
        }
        tick(&kit.engine).await;
        kit.wait(TimeDelta::days(1));
        tick(&kit.engine).await;
    }
    let messages = told(&kit, &ada).await;
    assert_eq!(messages.iter().map(|m| m.notices.len()).collect::<Vec<_>>(), [3, 3, 3]);
    assert!(messages[0].subject.starts_with("3 alerts, the last: Evidence added"), "{}", messages[0].subject);
    kit.wait(TimeDelta::days(5));
    assert_eq!(told(&kit, &ada).await.len(), 3, "nothing happened, nothing is sent");
}

async fn a14_ten_thousand_events_in_one_tick_are_one_message_for_a_grouped_subscriber(db: Db) {
    let kit = Kit::new(db.clone());
    let claim = kit.plain(0.5).await;
    let (ada, ben) = (person("ada"), person("ben"));
    let target = claim_target(&kit, &claim).await;
    follow(&kit, &ada, target.clone(), json!({ "topics": { "criteria": "30m" } })).await;
    let id = id_of(&kit, &claim).await;
    let mut tx = db.write().await.unwrap();
    let changes: Vec<_> = (0..10_000)
        .map(|n| bellwether_store::Change {
            at: kit.engine.now() + TimeDelta::milliseconds(n),
            actor: &kit.actor,
            kind: "criteria.changed",
            claim: Some(id),
            subject: format!("version {n}"),
            body: json!({ "reason": format!("reason {n}") }),
        })
        .collect();
    tx.record_all(&changes).await.unwrap();
    tx.commit().await.unwrap();
    assert!(told(&kit, &ada).await.is_empty(), "the window lasts");
    kit.wait(TimeDelta::minutes(31));
    let messages = told(&kit, &ada).await;
    assert_eq!(messages.len(), 1);
    assert!(messages[0].subject.starts_with("10000 alerts"), "{}", messages[0].subject);
    assert!(told(&kit, &ben).await.is_empty());
}

async fn a15_what_comes_in_quiet_hours_is_one_digest_at_their_end(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    let ada = person("ada");
    let quiet = json!({
        "topics": { "evidence": "at_once", "resolution": "at_once" },
        "quiet": { "from": "22:00", "to": "07:00" }, "zone": "Europe/Berlin", "urgent_outcomes": true,
    });
    follow(&kit, &ada, claim_target(&kit, &claim).await, quiet).await;
    kit.clock.advance(at("2026-04-06T20:30:00Z") - kit.engine.now());
    for n in 0..3 {
        kit.wait(TimeDelta::minutes(10));
        evidence(&kit, &claim, 1.0, &format!("item {n}")).await;
        assert!(told(&kit, &ada).await.is_empty(), "22:30 in Berlin and later");
    }
    kit.clock.advance(at("2026-04-07T04:59:59Z") - kit.engine.now());
    assert!(told(&kit, &ada).await.is_empty());
    kit.wait(TimeDelta::seconds(1));
    let messages = told(&kit, &ada).await;
    assert_eq!(messages.iter().map(|m| m.notices.len()).collect::<Vec<_>>(), [3]);
    evidence(&kit, &claim, 1.0, "by day").await;
    assert_eq!(told(&kit, &ada).await.len(), 2, "at once again");
    // An outcome comes through: proposed by day, final at night.
    kit.clock.advance(at("2026-04-07T21:00:00Z") - kit.engine.now());
    propose(&kit, &claim, Outcome::Yes).await;
    kit.wait(TimeDelta::hours(25));
    kit.engine.settle_due().await.unwrap();
    assert_eq!(headlines(&told(&kit, &ada).await).last(), Some(&"Settled Yes"));
}

async fn a16_a_mute_ends_by_itself_and_says_who_and_why(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    let ada = person("ada");
    let target = claim_target(&kit, &claim).await;
    follow(&kit, &ada, target.clone(), json!({})).await;
    let id = kit.engine.follows(&ada, &target).await.unwrap().unwrap();
    let until = kit.engine.mute(&ada, id, Some("7d".parse().unwrap()), "on leave").await.unwrap();
    kit.wait(TimeDelta::days(1));
    evidence(&kit, &claim, 6.0, "while muted").await;
    assert!(told(&kit, &ada).await.is_empty());
    let listed = kit.engine.subscriptions(&ada).await.unwrap().pop().unwrap();
    assert_eq!(listed.muted, until.map(|until| (until, "by person:ada: on leave".to_owned())));
    kit.wait(TimeDelta::days(6));
    let messages = told(&kit, &ada).await;
    assert_eq!(messages.len(), 1, "what still stands beyond the threshold is told when the mute ends");
    let figures = notices(&messages)[0].figures.unwrap();
    near(100.0 * figures.from, 50.0);
    assert_eq!(kit.engine.subscriptions(&ada).await.unwrap()[0].muted, None);
    kit.engine.mute(&ada, id, Some("7d".parse().unwrap()), "").await.unwrap();
    kit.engine.mute(&ada, id, None, "").await.unwrap();
    kit.wait(TimeDelta::hours(1));
    evidence(&kit, &claim, 6.0, "after").await;
    assert_eq!(told(&kit, &ada).await.len(), 2, "ended early");
}

async fn a20_after_a_day_down_there_is_one_digest_and_not_a_storm(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    let ada = person("ada");
    follow(&kit, &ada, claim_target(&kit, &claim).await, json!({ "topics": { "evidence": "at_once" } }))
        .await;
    for n in 0..40 {
        kit.wait(TimeDelta::minutes(30));
        evidence(&kit, &claim, 1.0, &format!("item {n}")).await;
    }
    kit.wait(TimeDelta::hours(4));
    let messages = told(&kit, &ada).await;
    assert_eq!(messages.iter().map(|m| m.notices.len()).collect::<Vec<_>>(), [40]);
    evidence(&kit, &claim, 1.0, "now").await;
    assert_eq!(told(&kit, &ada).await.len(), 2);
}

async fn a21_a_reversal_names_what_it_takes_back(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    let ada = person("ada");
    follow(&kit, &ada, claim_target(&kit, &claim).await, json!({})).await;
    settle(&kit, &claim, Outcome::Yes).await;
    let before = told(&kit, &ada).await;
    assert_eq!(headlines(&before), ["Proposed Yes", "Settled Yes"]);
    let settled = notices(&before)[1].seq;
    kit.wait(TimeDelta::minutes(1));
    reverse(&kit, &claim).await;
    let after = told(&kit, &ada).await;
    let reversed = &after.last().unwrap().notices[0];
    assert_eq!(reversed.kind, "resolution.reversed");
    assert_eq!(reversed.undoes, Some(settled));
    assert_eq!(reversed.headline, "Reversed: the Yes of 8 Apr is withdrawn");
    assert_eq!(reversed.because.as_deref(), Some("It was wrong."));
}

async fn a21_an_outcome_that_waits_in_a_digest_is_not_told_once_it_is_reversed(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    let ada = person("ada");
    let daily = json!({ "topics": { "resolution": "daily", "reversal": "daily" } });
    follow(&kit, &ada, claim_target(&kit, &claim).await, daily).await;
    settle(&kit, &claim, Outcome::Yes).await;
    tick(&kit.engine).await;
    reverse(&kit, &claim).await;
    tick(&kit.engine).await;
    kit.wait(TimeDelta::days(2));
    assert_eq!(headlines(&told(&kit, &ada).await), ["Reversed: the Yes of 8 Apr is withdrawn"]);
}

async fn ageing_alone_never_alerts(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    let news = EvidenceInput::new(Side::For, "a strong report", StrengthInput::Points(25.0));
    kit.add(&claim, news).await;
    let ada = person("ada");
    follow(
        &kit,
        &ada,
        claim_target(&kit, &claim).await,
        json!({ "moves": { "at_least": 0.5, "cooldown": "0s" } }),
    )
    .await;
    let before = kit.shown(&claim).await;
    for _ in 0..300 {
        kit.wait(TimeDelta::days(1));
        kit.engine.age_claims().await.unwrap();
    }
    assert!(before - kit.shown(&claim).await > 2.0, "it did age");
    assert!(told(&kit, &ada).await.is_empty());
    evidence(&kit, &claim, 3.0, "a new result").await;
    assert_eq!(told(&kit, &ada).await.len(), 1);
}

async fn movements_can_be_measured_from_ones_own_forecast_and_from_the_last_visit(db: Db) {
    let kit = Kit::new(db.clone());
    let claim = kit.plain(0.5).await;
    let (ada, ben) = (person("ada"), person("ben"));
    let target = claim_target(&kit, &claim).await;
    forecast(&kit, "ada", &claim, 0.45).await;
    let from_forecast = json!({ "moves": { "at_least": 10, "baseline": "my_forecast", "cooldown": "0s" } });
    follow(&kit, &ada, target.clone(), from_forecast.clone()).await;
    let from_visit = json!({ "moves": { "at_least": 5, "baseline": "last_visit", "cooldown": "0s" } });
    follow(&kit, &ben, target.clone(), from_visit).await;
    // One without a forecast is told too: against the last alert.
    let cyd = person("cyd");
    follow(&kit, &cyd, target, from_forecast).await;
    kit.wait(TimeDelta::minutes(1));
    let mut tx = db.write().await.unwrap();
    let last = tx.last_event().await.unwrap();
    tx.set_visit(&ben.to_string(), kit.engine.now(), last).await.unwrap();
    tx.commit().await.unwrap();
    kit.wait(TimeDelta::minutes(1));
    evidence(&kit, &claim, 6.0, "first").await;
    let (to_ada, to_ben) = (told(&kit, &ada).await, told(&kit, &ben).await);
    assert!(headlines(&to_ada)[0].ends_with("from your forecast"), "{to_ada:?}");
    near(100.0 * notices(&to_ada)[0].figures.unwrap().from, 45.0);
    assert!(headlines(&to_ben)[0].ends_with("since your last visit"), "{to_ben:?}");
    assert!(told(&kit, &cyd).await.is_empty());
    kit.wait(TimeDelta::minutes(1));
    evidence(&kit, &claim, 6.0, "second").await;
    assert_eq!(told(&kit, &ada).await.len(), 1, "farther away is not news again");
    assert_eq!(told(&kit, &cyd).await.len(), 1);
}

async fn tags_searches_and_everything_can_be_followed(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    let (tag, search, none, all) = (person("tag"), person("search"), person("none"), person("all"));
    let wanted = || json!({ "topics": { "evidence": "at_once" } });
    follow(&kit, &tag, "tag:ai".parse().unwrap(), wanted()).await;
    follow(&kit, &search, "search:STARTS claim".parse().unwrap(), wanted()).await;
    follow(&kit, &none, "search:something else".parse().unwrap(), wanted()).await;
    follow(&kit, &all, Target::All, wanted()).await;
    evidence(&kit, &claim, 3.0, "an item").await;
    for (who, n) in [(&tag, 1), (&search, 1), (&none, 0), (&all, 1)] {
        assert_eq!(told(&kit, who).await.len(), n, "{who}");
    }
    // Nobody hears of a draft.
    let text = "title: A draft\nwindow: { by: Q1 2027 }\ncriteria: A person decides.\ntags: [ai]\nstart: { p: 0.5, basis: a test }";
    let document = bellwether_core::document::ClaimDocument::from_yaml(text).unwrap();
    let draft = kit.engine.create_claim(&kit.actor, NewClaim { document, publish: false }).await.unwrap();
    evidence(&kit, &draft.id.into(), 3.0, "an item of the draft").await;
    assert_eq!(told(&kit, &all).await.len(), 1);
    let unknown = kit.engine.subscribe(&all, NewSubscription::usual(Target::Claim(draft.id))).await;
    assert!(matches!(unknown, Err(EngineError::Invalid(fields)) if fields[0].field == "target"));
}

async fn a_subscription_is_its_owners_own_affair(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    let (ada, ben) = (person("ada"), person("ben"));
    let target = claim_target(&kit, &claim).await;
    let id = kit.engine.subscribe(&ada, NewSubscription::usual(target.clone())).await.unwrap();
    assert_eq!(
        kit.engine.subscribe(&ada, NewSubscription::usual(target.clone())).await.unwrap(),
        id,
        "not twice"
    );
    let other = kit.engine.subscribe(&ben, NewSubscription::usual(target.clone())).await.unwrap();
    assert_ne!(other, id);
    for error in [
        kit.engine.mute(&ben, id, None, "").await.map(|_| ()),
        kit.engine.unsubscribe(&ben, id).await,
        kit.engine.raise_threshold(&ben, id).await.map(|_| ()),
        kit.engine.subscription(&ben, id).await.map(|_| ()),
    ] {
        assert!(matches!(error, Err(EngineError::NotFound("subscription"))), "{error:?}");
    }
    near(kit.engine.raise_threshold(&ada, id).await.unwrap(), 6.0);
    let seen = kit.engine.subscription(&ada, id).await.unwrap();
    near(seen.settings.moves.at_least(), 6.0);
    assert_eq!(seen.target, target);
    assert_eq!(seen.names.unwrap().0, "A claim that starts at 0.5");
    kit.engine.unsubscribe(&ada, id).await.unwrap();
    kit.engine.unsubscribe(&ada, id).await.unwrap();
    evidence(&kit, &claim, 9.0, "an item").await;
    assert!(told(&kit, &ada).await.is_empty());
    let messages = told(&kit, &ben).await;
    assert_eq!(messages.len(), 1);
    let first = kit.engine.inbox(&ben, None, 10).await.unwrap();
    assert_eq!((first.unread, first.messages[0].read_at), (1, None));
    let foreign = kit.engine.read_message(&ada, first.messages[0].id).await;
    assert!(matches!(foreign, Err(EngineError::NotFound("message"))));
    kit.engine.read_message(&ben, first.messages[0].id).await.unwrap();
    assert_eq!(kit.engine.unread(&ben).await.unwrap(), 0);
    let nowhere = NewSubscription { inbox: false, ..NewSubscription::usual(target) };
    assert!(matches!(kit.engine.subscribe(&ada, nowhere).await, Err(EngineError::Invalid(_))));
}
