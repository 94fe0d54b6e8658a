//! Answers that are broken, false or meant to harm: an error with a name, or a reading within bounds; never a panic.

use bellwether_sources::external::{Reading, Site, Unreadable, Values};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{ALL, MANIFOLD_BINARY, METACULUS_BINARY, POLYMARKET_EVENT, POLYMARKET_MARKET, now, read, with};

fn within_bounds(reading: &Reading) -> bool {
    let short =
        |text: &str| !text.is_empty() && text.chars().count() <= 300 && !text.contains(char::is_control);
    let fits = |p: &Option<f64>| p.is_none_or(|p| (0.0..=1.0).contains(&p));
    short(&reading.title)
        && match &reading.values {
            Values::YesNo(p) => fits(p),
            Values::Several { answers, .. } => {
                (1..=500).contains(&answers.len()) && answers.iter().all(|a| short(&a.name) && fits(&a.p))
            }
        }
}

#[test]
fn a_part_of_an_answer_is_no_answer() {
    for (site, answer) in ALL {
        let bytes = answer.trim_end().as_bytes();
        for end in 0..bytes.len() {
            let error = site.read(&bytes[..end], now()).unwrap_err();
            assert!(matches!(error, Unreadable::Form { .. }), "{site} cut at {end}: {error}");
        }
    }
}

#[test]
fn other_things_are_no_answers_and_are_not_quoted() {
    let secret = "internal-host-and-secret";
    for site in Site::ALL {
        for body in [
            String::new(),
            format!("<!doctype html><title>{secret}</title>"),
            format!("\"{secret}\""),
            format!("{{\"detail\": \"{secret}\"}}"),
            format!("{{\"message\": \"{secret}\"}}"),
            "null".to_owned(),
            "[null]".to_owned(),
            "[[]]".to_owned(),
            "{}".to_owned(),
            "NaN".to_owned(),
            "{\"question\": NaN}".to_owned(),
            "\u{feff}{}".to_owned(),
        ] {
            let error = read(site, &body).unwrap_err();
            assert!(!error.to_string().contains(secret), "{error}");
        }
        assert!(site.read(b"\xff\xfe{}", now()).is_err());
    }
}

#[test]
fn what_is_no_probability_is_refused() {
    for p in [json!(1.5), json!(-0.01), json!(37.1), json!(1e300)] {
        let error = read(Site::Manifold, &with(MANIFOLD_BINARY, &[("/probability", p.clone())])).unwrap_err();
        assert!(matches!(error, Unreadable::Probability { .. }), "{p}: {error}");
        let place = "/question/aggregations/recency_weighted/latest/centers/0";
        assert!(read(Site::Metaculus, &with(METACULUS_BINARY, &[(place, p)])).is_err());
    }
    for p in [json!("0.37"), json!([0.37]), json!({"prob": 0.37}), json!(true)] {
        let error = read(Site::Manifold, &with(MANIFOLD_BINARY, &[("/probability", p.clone())])).unwrap_err();
        assert!(matches!(error, Unreadable::Form { .. }), "{p}: {error}");
    }
    let overflow = MANIFOLD_BINARY.replace("0.3712345", "1e999");
    assert!(read(Site::Manifold, &overflow).is_err());
    for prices in [
        "[\"NaN\", \"NaN\"]",
        "[\"inf\", \"-inf\"]",
        "[\"1.2\", \"-0.2\"]",
        "[\"half\", \"half\"]",
        "[\"\", \"\"]",
        "[\"0.5\"]",
        "[\"0.2\", \"0.3\", \"0.5\"]",
        "[]",
        "[null, null]",
        "[[0.5], [0.5]]",
        "\"0.5\"",
        "0.5",
        "[\"0.5\", \"0.5\"",
    ] {
        let changed = with(POLYMARKET_MARKET, &[("/outcomePrices", json!(prices))]);
        assert!(read(Site::Polymarket, &changed).is_err(), "{prices}");
    }
    for prices in [json!(0.5), json!({"Yes": 0.5}), json!(true)] {
        assert!(read(Site::Polymarket, &with(POLYMARKET_MARKET, &[("/outcomePrices", prices)])).is_err());
    }
}

#[test]
fn deep_nesting_is_refused_or_passed_over() {
    let deep = "[".repeat(200_000);
    let nested = format!("{deep}{}", "]".repeat(200_000));
    for site in Site::ALL {
        assert!(read(site, &deep).is_err());
        assert!(read(site, &nested).is_err());
    }
    // In a field that nobody reads it does no harm; in one that somebody reads it is an error.
    let unread = MANIFOLD_BINARY.replace("\"volume\": 5321.5", &format!("\"volume\": {nested}"));
    assert!(within_bounds(&read(Site::Manifold, &unread).unwrap()));
    let inside = with(POLYMARKET_MARKET, &[("/outcomePrices", json!(nested.clone()))]);
    assert!(read(Site::Polymarket, &inside).is_err());
    let conditional =
        METACULUS_BINARY.replace("\"conditional\": null", &format!("\"conditional\": {nested}"));
    assert!(read(Site::Metaculus, &conditional).is_err());
}

#[test]
fn fifteen_mebibytes_are_read_or_refused() {
    let filler = "x".repeat(15 << 20);
    let padded =
        MANIFOLD_BINARY.replace("\"textDescription\": \"\"", &format!("\"textDescription\": \"{filler}\""));
    assert!(within_bounds(&read(Site::Manifold, &padded).unwrap()));
    let long_title = with(MANIFOLD_BINARY, &[("/question", json!(filler))]);
    assert!(within_bounds(&read(Site::Manifold, &long_title).unwrap()));
    let many: Vec<Value> = (0..100_000).map(|i| json!({"id": i.to_string(), "question": "q"})).collect();
    assert!(read(Site::Polymarket, &with(POLYMARKET_EVENT, &[("/markets", json!(many))])).is_err());
    let prices: String = format!("[{}]", vec!["\"0.5\""; 2_000_000].join(","));
    assert!(read(Site::Polymarket, &with(POLYMARKET_MARKET, &[("/outcomePrices", json!(prices))])).is_err());
}

#[test]
fn texts_come_out_plain() {
    let title = "  <b>Will\u{202e} it</b>\n\u{0}be?  ";
    let reading = read(Site::Manifold, &with(MANIFOLD_BINARY, &[("/question", json!(title))])).unwrap();
    assert_eq!(reading.title, "<b>Will it</b> be?", "text, for the page to escape");
    for empty in [json!(""), json!(" \u{200b} "), json!(null)] {
        assert!(read(Site::Manifold, &with(MANIFOLD_BINARY, &[("/question", empty)])).is_err());
    }
}

/// Every place in a value, as JSON pointers.
fn places(value: &Value, prefix: &str, all: &mut Vec<String>) {
    let mut child = |key: &str, value: &Value| {
        let place = format!("{prefix}/{key}");
        all.push(place.clone());
        places(value, &place, all);
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| child(key, value)),
        Value::Array(list) => list.iter().enumerate().for_each(|(i, value)| child(&i.to_string(), value)),
        _ => {}
    }
}

fn anything() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([null, "x", 1])),
        Just(json!("[\"Yes\"]")),
    ]
}

proptest! {
    /// Any one part replaced by anything: an error, or a reading within bounds.
    #[test]
    fn one_wrong_part_never_gets_through(which in 0..ALL.len(), place in any::<prop::sample::Index>(), new in anything()) {
        let (site, answer) = ALL[which];
        let value: Value = serde_json::from_str(answer).unwrap();
        let mut all = Vec::new();
        places(&value, "", &mut all);
        let changed = with(answer, &[(all[place.index(all.len())].as_str(), new)]);
        if let Ok(reading) = read(site, &changed) {
            prop_assert!(within_bounds(&reading), "{reading:?}");
        }
    }

    #[test]
    fn any_bytes_are_an_error_or_within_bounds(which in 0..3_usize, bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(reading) = Site::ALL[which].read(&bytes, now()) {
            prop_assert!(within_bounds(&reading));
        }
    }
}
