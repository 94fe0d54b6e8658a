//! What the three sites' answers say.

use bellwether_sources::external::{Answer, Site, State, Unreadable, Values};
use serde_json::{Value, json};

use super::{
    MANIFOLD_BINARY, MANIFOLD_CHOICE, METACULUS_BINARY, METACULUS_CHOICE, METACULUS_GROUP, POLYMARKET_EVENT,
    POLYMARKET_MARKET, at, read, with,
};

fn yes(site: Site, answer: &str) -> Option<f64> {
    match read(site, answer).unwrap().values {
        Values::YesNo(p) => p,
        Values::Several { .. } => panic!("not yes/no"),
    }
}

fn several(site: Site, answer: &str) -> (Vec<Answer>, bool) {
    match read(site, answer).unwrap().values {
        Values::Several { answers, exclusive } => (answers, exclusive),
        Values::YesNo(_) => panic!("not several"),
    }
}

fn named(answers: &[Answer]) -> Vec<(&str, Option<f64>)> {
    answers.iter().map(|a| (a.name.as_str(), a.p)).collect()
}

fn state(site: Site, answer: &str, changes: &[(&str, Value)]) -> State {
    read(site, &with(answer, changes)).unwrap().state
}

fn resolved(how: &str, when: Option<&str>) -> State {
    State::Resolved { how: how.to_owned(), at: when.map(at) }
}

#[test]
fn a_manifold_question() {
    let reading = read(Site::Manifold, MANIFOLD_BINARY).unwrap();
    assert_eq!(reading.title, "Will an open model match the best closed one by March 2027?");
    assert_eq!(reading.values, Values::YesNo(Some(0.371_234_5)));
    assert_eq!(reading.as_of, Some(at("2026-04-06T09:50:00.123Z")));
    assert_eq!(reading.state, State::Open);
    let of = |changes: &[(&str, Value)]| state(Site::Manifold, MANIFOLD_BINARY, changes);
    let past = json!(1_775_000_000_000_i64);
    assert_eq!(of(&[("/closeTime", past)]), State::Closed { at: Some(at("2026-03-31T23:33:20Z")) });
    let over = ("/isResolved", json!(true));
    let when = ("/resolutionTime", json!(1_775_469_600_000_i64));
    for (resolution, how) in [("YES", "Yes"), ("NO", "No"), ("CANCEL", "void"), ("MKT", "a mix")] {
        let changes = [over.clone(), when.clone(), ("/resolution", json!(resolution))];
        assert_eq!(of(&changes), resolved(how, Some("2026-04-06T10:00:00Z")));
    }
    let partly = [over, ("/resolution", json!("MKT")), ("/resolutionProbability", json!(0.42))];
    assert_eq!(of(&partly), resolved("42%", None));
}

#[test]
fn manifold_answers() {
    let (answers, exclusive) = several(Site::Manifold, MANIFOLD_CHOICE);
    assert!(exclusive);
    assert_eq!(named(&answers), [("Alpha", Some(0.55)), ("Beta", Some(0.3)), ("Other", Some(0.15))]);
    assert_eq!(answers[1].id, "a2");
    let by_themselves = with(
        MANIFOLD_CHOICE,
        &[("/shouldAnswersSumToOne", json!(false)), ("/answers/1/resolution", json!("NO"))],
    );
    let (answers, exclusive) = several(Site::Manifold, &by_themselves);
    assert!(!exclusive);
    assert_eq!((&answers[1].state, &answers[0].state), (&resolved("No", None), &State::Open));
    let won = [("/isResolved", json!(true)), ("/resolution", json!("a2"))];
    assert_eq!(state(Site::Manifold, MANIFOLD_CHOICE, &won), resolved("Beta", None));
}

#[test]
fn kinds_that_cannot_be_followed_are_named() {
    let kind = |site, answer: &str, change: (&str, Value)| match read(site, &with(answer, &[change])) {
        Err(Unreadable::Kind { kind, .. }) => kind,
        other => panic!("{other:?}"),
    };
    let manifold = |word: &str| kind(Site::Manifold, MANIFOLD_BINARY, ("/outcomeType", json!(word)));
    assert_eq!(manifold("PSEUDO_NUMERIC"), "a numeric question");
    assert_eq!(manifold("POLL"), "a poll");
    assert_eq!(manifold("SOMETHING_NEW"), "another kind of question");
    let metaculus = |word: &str| kind(Site::Metaculus, METACULUS_BINARY, ("/question/type", json!(word)));
    assert_eq!(metaculus("numeric"), "a numeric question");
    assert_eq!(metaculus("date"), "a question about a date");
    assert_eq!(
        kind(Site::Metaculus, METACULUS_BINARY, ("/question", json!(null))),
        "a text without a question"
    );
    let pair = with(METACULUS_BINARY, &[("/conditional", json!({"id": 1}))]);
    assert_eq!(kind(Site::Metaculus, &pair, ("/question", json!(null))), "a conditional pair");
    let group = ("/group_of_questions/questions/0/type", json!("numeric"));
    assert_eq!(kind(Site::Metaculus, METACULUS_GROUP, group), "a group of questions that are not yes/no");
    assert_eq!(
        kind(Site::Polymarket, POLYMARKET_EVENT, ("/markets", json!([]))),
        "an event without a market"
    );
    let teams = ("/markets/0/outcomes", json!("[\"Reds\", \"Blues\"]"));
    assert_eq!(kind(Site::Polymarket, POLYMARKET_EVENT, teams), "an event whose markets are not yes/no");
}

#[test]
fn a_metaculus_question() {
    let reading = read(Site::Metaculus, METACULUS_BINARY).unwrap();
    assert_eq!(reading.title, "Will an open model match the best closed one by March 2027?");
    assert_eq!(reading.values, Values::YesNo(Some(0.33)));
    assert_eq!(reading.as_of, Some(at("2026-04-05T14:40:00.500Z")));
    assert_eq!(reading.state, State::Open);
    // The question's own method counts.
    let other = with(
        METACULUS_BINARY,
        &[
            ("/question/default_aggregation_method", json!("unweighted")),
            ("/question/aggregations/unweighted/latest", json!({"start_time": 1.0, "centers": [0.4]})),
        ],
    );
    assert_eq!(yes(Site::Metaculus, &other), Some(0.4));
    let without_centers = ("/question/aggregations/recency_weighted/latest/centers", json!(null));
    assert_eq!(yes(Site::Metaculus, &with(METACULUS_BINARY, &[without_centers])), Some(0.33));
    let of = |changes: &[(&str, Value)]| state(Site::Metaculus, METACULUS_BINARY, changes);
    let closed = [
        ("/question/status", json!("closed")),
        ("/question/actual_close_time", json!("2026-04-01T00:00:00Z")),
    ];
    assert_eq!(of(&closed), State::Closed { at: Some(at("2026-04-01T00:00:00Z")) });
    for (resolution, how) in [("yes", "Yes"), ("no", "No"), ("annulled", "void"), ("ambiguous", "void")] {
        let changes = [
            ("/question/resolution", json!(resolution)),
            ("/question/actual_resolve_time", json!("2026-04-02T00:00:00Z")),
        ];
        assert_eq!(of(&changes), resolved(how, Some("2026-04-02T00:00:00Z")));
    }
}

#[test]
fn a_hidden_number_says_until_when() {
    let hidden = |reveal: Value| {
        let changes = [
            ("/question/aggregations/recency_weighted/latest", json!(null)),
            ("/question/cp_reveal_time", reveal),
        ];
        read(Site::Metaculus, &with(METACULUS_BINARY, &changes)).unwrap_err()
    };
    let later = hidden(json!("2026-04-09T12:00:00Z"));
    assert_eq!(later, Unreadable::Hidden { until: Some(at("2026-04-09T12:00:00Z")) });
    assert!(later.to_string().ends_with("before 2026-04-09 12:00 UTC"), "{later}");
    assert_eq!(hidden(json!("2026-01-06T12:00:00Z")), Unreadable::Hidden { until: None });
    assert_eq!(hidden(json!(null)), Unreadable::Hidden { until: None });
}

#[test]
fn metaculus_options_are_the_offered_ones_and_sum_to_one() {
    let (answers, exclusive) = several(Site::Metaculus, METACULUS_CHOICE);
    assert!(exclusive);
    let rounded: Vec<_> = answers.iter().map(|a| (a.name.as_str(), (a.p.unwrap() * 1e6).round())).collect();
    assert_eq!(rounded, [("Alpha", 625_000.0), ("Beta", 250_000.0), ("Other", 125_000.0)]);
    let odd = ("/question/aggregations/recency_weighted/latest/centers", json!([0.5, 0.5]));
    let error = read(Site::Metaculus, &with(METACULUS_CHOICE, &[odd])).unwrap_err();
    assert!(error.to_string().contains("not as many numbers as options"), "{error}");
    let won = [("/question/resolution", json!("Beta"))];
    assert_eq!(state(Site::Metaculus, METACULUS_CHOICE, &won), resolved("Beta", None));
}

#[test]
fn a_metaculus_group_is_questions_side_by_side() {
    let (answers, exclusive) = several(Site::Metaculus, METACULUS_GROUP);
    assert!(!exclusive);
    assert_eq!(named(&answers), [("2026", Some(0.05)), ("2027", Some(0.45))]);
    assert_eq!(answers[0].state, resolved("No", Some("2026-12-31T23:00:00Z")));
    assert_eq!((answers[1].id.as_str(), &answers[1].state), ("502", &State::Open));
}

#[test]
fn a_polymarket_market() {
    let reading = read(Site::Polymarket, POLYMARKET_MARKET).unwrap();
    assert_eq!(reading.values, Values::YesNo(Some(0.275)));
    assert_eq!(reading.as_of, Some(at("2026-04-06T09:59:58.654321Z")));
    assert_eq!(reading.state, State::Open);
    // A search by slug gives a list; the lists inside may come as lists.
    assert_eq!(read(Site::Polymarket, &format!(" [{POLYMARKET_MARKET}]")).unwrap(), reading);
    assert_eq!(read(Site::Polymarket, "[]"), Err(Unreadable::NotFound { site: Site::Polymarket }));
    let plain = [("/outcomes", json!(["Yes", "No"])), ("/outcomePrices", json!([0.275, 0.725]))];
    assert_eq!(read(Site::Polymarket, &with(POLYMARKET_MARKET, &plain)).unwrap(), reading);
    // Before the first offer there is no price.
    assert_eq!(yes(Site::Polymarket, &with(POLYMARKET_MARKET, &[("/outcomePrices", json!(null))])), None);
    // Outcomes that are not yes and no are answers.
    let teams = with(POLYMARKET_MARKET, &[("/outcomes", json!("[\"Reds\", \"Blues\"]"))]);
    let (answers, exclusive) = several(Site::Polymarket, &teams);
    assert!(exclusive);
    assert_eq!(named(&answers), [("Reds", Some(0.275)), ("Blues", Some(0.725))]);
}

#[test]
fn a_polymarket_market_ends() {
    let of = |changes: &[(&str, Value)]| state(Site::Polymarket, POLYMARKET_MARKET, changes);
    let closed = ("/closed", json!(true));
    let when = ("/closedTime", json!("2026-04-05 21:25:17+00"));
    assert_eq!(of(&[closed.clone(), when.clone()]), State::Closed { at: Some(at("2026-04-05T21:25:17Z")) });
    let said = ("/umaResolutionStatus", json!("resolved"));
    for (prices, how) in [
        (r#"["1", "0"]"#, "Yes"),
        (r#"["0", "1"]"#, "No"),
        (r#"["0.9995", "0.0005"]"#, "Yes"),
        (r#"["0.5", "0.5"]"#, "a mix"),
    ] {
        let changes = [closed.clone(), when.clone(), said.clone(), ("/outcomePrices", json!(prices))];
        assert_eq!(of(&changes), resolved(how, Some("2026-04-05T21:25:17Z")));
    }
}

#[test]
fn a_polymarket_event_has_a_market_for_each_answer() {
    let (answers, exclusive) = several(Site::Polymarket, POLYMARKET_EVENT);
    assert!(exclusive);
    assert_eq!(
        named(&answers),
        [("Alpha", Some(0.605)), ("Beta", Some(0.31)), ("Gamma", Some(0.0))],
        "places kept free are left out"
    );
    assert_eq!(answers[2].state, resolved("No", Some("2026-03-01T12:00:05Z")));
    let single = with(
        POLYMARKET_EVENT,
        &[("/markets", json!([serde_json::from_str::<Value>(POLYMARKET_MARKET).unwrap()]))],
    );
    let reading = read(Site::Polymarket, &single).unwrap();
    assert_eq!(reading.title, "Which laboratory leads at the end of March 2027?");
    assert_eq!(reading.values, Values::YesNo(Some(0.275)));
    let apart = with(POLYMARKET_EVENT, &[("/negRisk", json!(false))]);
    assert!(!several(Site::Polymarket, &apart).1);
}
