//! Claims with a value that no claim can have.

use serde_json::{Value, json};

use super::{claim, refused, refused_json, with};
use crate::support::{JSON, Server};

const CLAIMS: &str = "/api/v1/claims";

#[tokio::test]
async fn b1_start_probability_that_is_none() {
    let server = Server::start().await;
    let cases: Vec<Value> = [
        json!(1.0001),
        json!(-0.1),
        json!(101),
        json!("abc"),
        json!("0.5"),
        json!(null),
        json!(""),
        json!(true),
        json!([0.5]),
        json!({"yes": 0.5}),
    ]
    .into_iter()
    .map(|p| with("start.p", p))
    .collect();
    refused_json(&server, CLAIMS, &cases, &[422], Some("start.p")).await;
    let start =
        [json!(0.5), json!(null), json!([0.5, "x"]), json!({}), json!("x")].map(|start| with("start", start));
    refused_json(&server, CLAIMS, &start, &[422], Some("start")).await;
    server.stop().await;
}

#[tokio::test]
async fn b2_start_probability_at_the_edge() {
    let server = Server::start().await;
    let good = claim().to_string();
    for text in ["NaN", "Infinity", "-Infinity", "1e400", "-1e400"] {
        let body = good.replace("0.5", text).into_bytes();
        refused(&server, CLAIMS, &[JSON], &[(text, body)], &[400, 422], None).await;
    }
    // All of these are the same as 0 or 1, whichever way they are written, and none can start a claim: its log-odds
    // would be infinite.
    for text in ["0", "-0.0", "0.5e-999", "1", "1.0", "0.99999999999999999999"] {
        let body = good.replace("0.5", text).into_bytes();
        refused(&server, CLAIMS, &[JSON], &[(text, body)], &[422], Some("start.p")).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn b9_fields_that_nobody_may_write() {
    let server = Server::start().await;
    for field in
        ["id", "owner_id", "role", "is_admin", "resolved", "score", "status", "created_at", "Title", "titel"]
    {
        let mut document = claim();
        document[field] = json!(true);
        refused_json(&server, CLAIMS, &[document], &[422], Some(field)).await;
    }
    for (path, field) in
        [("start.x", "start.x"), ("window.deadline", "window.deadline"), ("rule.gap.wihtin", "rule")]
    {
        refused_json(&server, CLAIMS, &[with(path, json!(1))], &[422], Some(field)).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn b10_titles_that_say_nothing_or_deceive() {
    let server = Server::start().await;
    let cases: Vec<Value> = [
        String::new(),
        "   ".to_owned(),
        "x".to_owned(),
        "é".to_owned(),
        "a".repeat(10_000),
        "\u{200B}\u{200C}\u{200D}\u{FEFF}".to_owned(),
        "Open\0models lead".to_owned(),
        "Open \u{202E}models lead".to_owned(),
        "Open \u{2066}models lead".to_owned(),
        "Open\u{7}models lead".to_owned(),
        "Open\nmodels lead".to_owned(),
        "Open\u{85}models lead".to_owned(),
        "\u{3164}\u{115F}\u{2800}".to_owned(),
        "---!?".to_owned(),
    ]
    .into_iter()
    .map(|title| with("title", json!(title)))
    .collect();
    refused_json(&server, CLAIMS, &cases, &[422], Some("title")).await;
    let wrong = [json!(1), json!(null), json!(["x"]), json!({})].map(|title| with("title", title));
    refused_json(&server, CLAIMS, &wrong, &[422], Some("title")).await;
    let surrogate = claim().to_string().replacen("An open", "\\ud800 open", 1).into_bytes();
    refused(&server, CLAIMS, &[JSON], &[("lone surrogate", surrogate)], &[400], None).await;
    for path in ["context", "criteria", "start.basis"] {
        refused_json(&server, CLAIMS, &[with(path, json!("a\0b c"))], &[422], Some(path)).await;
    }
    refused_json(&server, CLAIMS, &[with("tags", json!(["a\0b"]))], &[422], Some("tags")).await;
    server.stop().await;
}

#[tokio::test]
async fn b11_deadlines_that_are_none() {
    let server = Server::start().await;
    let cases: Vec<Value> = [
        "2020-01-01",
        "Q1 2026",
        "2027-02-30",
        "2026-02-30",
        "2027-01-01T25:00:00Z",
        "2027-01-01T24:00:01Z",
        "2027-06-30T23:59:60Z",
        "2027-12-31T23:59:60Z",
        "0000-01-01",
        "9999999-01-01",
        "+9999999-01-01T00:00:00Z",
        "2027-01-01T12:00:00",
        "2027-01-01 12:00",
        "03/04/27",
        "03.04.2027",
        "1798761600000",
        "tomorrow",
        "Q5 2027",
        "Q0 2027",
        "",
        " ",
    ]
    .into_iter()
    .map(|by| with("window.by", json!(by)))
    .chain(
        [json!(1_798_761_600_000_i64), json!(null), json!(["2027-01-01"]), json!(true)]
            .map(|by| with("window.by", by)),
    )
    .collect();
    refused_json(&server, CLAIMS, &cases, &[422], Some("window.by")).await;
    let zones = ["Mars/Base", "", "UTC+25"].map(|zone| with("window.zone", json!(zone)));
    refused_json(&server, CLAIMS, &zones, &[422], Some("window.zone")).await;
    server.stop().await;
}

#[tokio::test]
async fn b12_windows_that_end_before_they_begin_or_never() {
    let server = Server::start().await;
    let cases = [
        json!({"from": "2027-02-01", "by": "2027-01-01"}),
        json!({"from": "2027-01-01", "by": "2027-01-01"}),
        json!({"by": "2500-01-01"}),
        json!({"from": "1500-01-01", "by": "2027-01-01"}),
    ]
    .map(|window| with("window", window));
    refused_json(&server, CLAIMS, &cases, &[422], Some("window")).await;
    let periods =
        [("confirm.for", json!("400000d")), ("confirm.for", json!("-1d")), ("confirm.polls", json!(0))];
    for (path, value) in periods {
        refused_json(&server, CLAIMS, &[with(path, value)], &[422], Some("confirm")).await;
    }
    let challenges = ["0h", "1000d", "soon"].map(|c| with("challenge", json!(c)));
    refused_json(&server, CLAIMS, &challenges, &[422], Some("challenge")).await;
    server.stop().await;
}
