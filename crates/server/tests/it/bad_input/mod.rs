//! Hostile and mistaken requests, by their numbers in the table of bad inputs: each is refused with its field named,
//! stores nothing, and leaves the server alive.

mod addresses;
mod bodies;
mod claims;
mod contract;
mod evidence;
mod forms;
mod http;
mod people;
mod programs;
mod reads;
mod settling;
mod twice;
mod variants;

use serde_json::{Value, json};

use crate::support::{JSON, Reply, Server};

/// A claim that is accepted; cases change one thing of it.
pub(crate) fn claim() -> Value {
    json!({
        "title": "An open-weights model leads on llm-stats/gpqa",
        "context": "The gap is narrowing.",
        "tags": ["ai"],
        "start": {"p": 0.5, "basis": "no view"},
        "window": {"by": "Q1 2027"},
        "criteria": "Yes if an open-weights model is first.",
        "rule": {"gap": {"benchmark": "llm-stats/gpqa", "of": "open", "to": "closed", "within": 0, "unit": "pp"}}
    })
}

/// The claim with one member replaced; the path is dotted.
pub(crate) fn with(path: &str, value: Value) -> Value {
    let mut document = claim();
    let mut at = &mut document;
    for part in path.split('.') {
        at = &mut at[part];
    }
    *at = value;
    document
}

/// Writes a claim down and opens it; its slug.
pub(crate) async fn created(server: &Server, document: &Value) -> String {
    let reply = server.post("/api/v1/claims?publish=true", document).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()["slug"].as_str().expect("a slug").to_owned()
}

/// Sends each case to `path` and checks that it is refused with one of the statuses, that the problem names the field
/// (where one is given), that no row was written anywhere, and that the server still answers.
pub(crate) async fn refused(
    server: &Server,
    path: &str,
    headers: &[(&str, &str)],
    cases: &[(&str, Vec<u8>)],
    statuses: &[u16],
    field: Option<&str>,
) {
    for (name, body) in cases {
        let before = server.rows().await;
        let reply = server.send("POST", path, headers, body).await;
        check_refusal(name, &reply, statuses, field);
        assert_eq!(server.rows().await, before, "{name}: something was stored");
    }
    assert_eq!(server.get("/api/openapi.json").await.status, 200, "the server lives");
}

/// [`refused`] for JSON documents.
pub(crate) async fn refused_json(
    server: &Server,
    path: &str,
    cases: &[Value],
    statuses: &[u16],
    field: Option<&str>,
) {
    let cases: Vec<_> = cases.iter().map(|case| (case.to_string(), case.to_string().into_bytes())).collect();
    let cases: Vec<_> = cases.iter().map(|(name, body)| (name.as_str(), body.clone())).collect();
    refused(server, path, &[JSON], &cases, statuses, field).await;
}

fn check_refusal(name: &str, reply: &Reply, statuses: &[u16], field: Option<&str>) {
    let name: String = name.chars().take(200).collect();
    assert!(statuses.contains(&reply.status), "{name}: status {}: {}", reply.status, reply.text());
    assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{name}");
    let problem = reply.json();
    assert_eq!(problem["status"], reply.status, "{name}");
    assert!(problem["detail"].as_str().is_some_and(|d| !d.is_empty() && d.len() < 2000), "{name}: {problem}");
    if let Some(field) = field {
        let fields = reply.fields();
        assert!(
            fields.iter().any(|f| f == field || f.starts_with(&format!("{field}."))),
            "{name}: names {fields:?} instead of {field}: {problem}"
        );
    }
}
