//! Every address that can be read, on a database that has something in it: each answers as its description says, and
//! pages and API show the same facts.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::people::Role;
use serde_json::{Value, json};

use crate::{
    bad_input::{claim, created, with},
    people::Someone,
    support::{Reply, Server},
};

/// Follows `next` through a list; all its items.
async fn all(server: &Server, path: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut address = format!("/api/v1/{path}");
    loop {
        let reply = server.get(&address).await;
        assert_eq!(reply.status, 200, "{address}: {}", reply.text());
        let page = reply.json();
        items.extend(page["items"].as_array().expect("a list").iter().cloned());
        let Some(next) = page["next"].as_str() else { return items };
        let cursor: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let (base, join) = (format!("/api/v1/{path}"), if path.contains('?') { '&' } else { '?' });
        address = format!("{base}{join}cursor={cursor}");
        assert!(items.len() < 5_000, "{path} ends");
    }
}

fn texts(items: &[Value], field: &str) -> Vec<String> {
    items.iter().filter_map(|item| item[field].as_str().map(str::to_owned)).collect()
}

/// The values that the parameters of a path can have here: lists of what stands in its place, `{source}/{name}` as one.
async fn values(server: &Server) -> BTreeMap<&'static str, Vec<String>> {
    let claims = texts(&all(server, "claims?limit=2").await, "slug");
    let sources = texts(&all(server, "sources").await, "id");
    let benchmarks = texts(&all(server, "benchmarks").await, "id");
    let (mut evidence, mut snapshots) = (BTreeSet::new(), BTreeSet::new());
    for slug in &claims {
        evidence.extend(texts(&all(server, &format!("claims/{slug}/evidence")).await, "id"));
    }
    for source in &sources {
        snapshots.extend(texts(&all(server, &format!("sources/{source}/snapshots")).await, "content"));
    }
    BTreeMap::from([
        ("/api/v1/claims/{id}", claims),
        ("/api/v1/sources/{id}", sources),
        ("/api/v1/benchmarks/{source}/{name}", benchmarks),
        ("/api/v1/forecasters/{name}", vec!["operator".to_owned()]),
        ("/api/v1/people/{handle}", texts(&all(server, "people").await, "handle")),
        ("/api/v1/evidence/{id}", evidence.into_iter().collect()),
        ("/api/v1/snapshots/{sha256}", snapshots.into_iter().collect()),
    ])
}

/// The addresses that a described path stands for.
fn addresses(path: &str, values: &BTreeMap<&'static str, Vec<String>>) -> Vec<String> {
    if !path.contains('{') {
        return vec![path.to_owned()];
    }
    let (pattern, found) = values
        .iter()
        .find(|(pattern, _)| {
            path.strip_prefix(**pattern).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
        .unwrap_or_else(|| panic!("{path} has a parameter that this test does not know"));
    let (head, _) = pattern.split_once('{').expect("a parameter");
    found.iter().map(|value| format!("{head}{value}{}", &path[pattern.len()..])).collect()
}

/// Reads every address of the description and checks each answer; how many addresses each path had.
async fn read_everything(server: &Server) -> BTreeMap<String, usize> {
    Someone::new(server, "ada", Role::Admin).await;
    let description = server.get("/api/openapi.json").await.json();
    let values = values(server).await;
    let mut read = BTreeMap::new();
    for (path, item) in description["paths"].as_object().expect("paths") {
        let Some(operation) = item.get("get") else { continue };
        // The replay of a rule over all its snapshots is dear: some will do.
        let most = if path.ends_with("/backtest") { 3 } else { 40 };
        let addresses = addresses(path, &values);
        for address in addresses.iter().take(most) {
            let reply = server.get(address).await;
            let rule_less = path.ends_with("/backtest") && reply.status == 422;
            // Most claims have no market.
            let marketless = (path.ends_with("/market") || path.ends_with("/trades")) && reply.status == 404;
            assert!(
                reply.status == 200 || rule_less || marketless,
                "{address}: {}: {}",
                reply.status,
                reply.text()
            );
            conforms(&description, operation, address, &reply);
        }
        read.insert(path.clone(), addresses.len());
    }
    read
}

/// Checks an answer against what the operation says of its status.
fn conforms(description: &Value, operation: &Value, address: &str, reply: &Reply) {
    let content = operation["responses"][reply.status.to_string()]["content"]
        .as_object()
        .unwrap_or_else(|| panic!("{address}: {} is not described", reply.status));
    let kind = reply.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default();
    let media = content.get(kind).unwrap_or_else(|| panic!("{address}: {kind} is not described"));
    if kind.ends_with("json")
        && let Err(why) = fits(description, &media["schema"], &reply.json(), "$")
    {
        panic!("{address}: {why}");
    }
}

/// Whether a value fits a schema, by the keywords that the description uses.
fn fits(api: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    if let Some(name) = schema["$ref"].as_str().and_then(|r| r.strip_prefix("#/components/schemas/")) {
        return fits(api, &api["components"]["schemas"][name], value, at);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        fits(api, part, value, at)?;
    }
    if let Some(choices) = schema["oneOf"].as_array()
        && !choices.iter().any(|choice| fits(api, choice, value, at).is_ok())
    {
        return Err(format!("{at} fits none of its choices: {value}"));
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allowed: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let is = allowed.contains(&kind) || (kind == "integer" && allowed.contains(&"number"));
    if !allowed.is_empty() && !is {
        return Err(format!("{at} is {kind} and not {allowed:?}: {value}"));
    }
    for (i, item) in value.as_array().into_iter().flatten().enumerate() {
        fits(api, &schema["items"], item, &format!("{at}[{i}]"))?;
    }
    if let Some(members) = value.as_object() {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !members.contains_key(name) {
                return Err(format!("{at} has no {name}"));
            }
        }
        for (name, member) in members {
            fits(api, &schema["properties"][name], member, &format!("{at}.{name}"))?;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_read_whole_and_pages_say_what_the_api_says() {
    let server = Server::start_demo().await;
    let read = read_everything(&server).await;
    for (path, addresses) in &read {
        assert!(*addresses > 0, "{path} was not read at all");
    }

    // A snapshot of several files is the list of them, and each of them can be had.
    let mut listed = 0;
    for content in &values(&server).await["/api/v1/snapshots/{sha256}"] {
        let text = server.get(&format!("/api/v1/snapshots/{content}")).await.text();
        for line in text.lines().take(3) {
            let Some((sha256, _)) = line.split_once("  ").filter(|(hash, _)| hash.len() == 64) else { break };
            assert_eq!(server.get(&format!("/api/v1/snapshots/{sha256}")).await.status, 200, "{line}");
            listed += 1;
        }
    }
    assert!(listed > 0, "the demo has a snapshot of several files");

    let cards = all(&server, "claims").await;
    let whole = all(&server, "claims?limit=3").await;
    assert_eq!(texts(&cards, "slug"), texts(&whole, "slug"), "pages of three make the same list");
    for card in &cards {
        let slug = card["slug"].as_str().expect("a slug");
        let claim = server.get(&format!("/api/v1/claims/{slug}")).await.json();
        assert_eq!(card["status"], claim["status"], "{slug}");
        assert_eq!(card["outcome"], claim["outcome"], "{slug}");
        let leading = usize::try_from(claim["leading"].as_u64().expect("a place")).expect("a small one");
        assert_eq!(card["p"], claim["options"][leading]["p"], "{slug}");
        let counted = claim["evidence_for"].as_u64().zip(claim["evidence_against"].as_u64());
        assert_eq!(card["evidence_count"].as_u64(), counted.map(|(a, b)| a + b), "{slug}");

        let moves = all(&server, &format!("claims/{slug}/moves?limit=7")).await;
        assert_eq!(claim["moves"].as_u64(), Some(moves.len() as u64), "{slug}");
        let seqs: Vec<_> = moves.iter().filter_map(|m| m["seq"].as_u64()).collect();
        let gapless: Vec<_> = (1..=moves.len() as u64).rev().collect();
        assert_eq!(seqs, gapless, "{slug}: newest first, without gaps");
        for pair in moves.windows(2) {
            if pair[0]["option"] == pair[1]["option"] && pair[0]["stream"] == pair[1]["stream"] {
                assert_eq!(pair[0]["p_before"], pair[1]["p_after"], "{slug}: the ledger telescopes");
            }
        }

        let page = server.get(&format!("/claims/{slug}")).await;
        assert_eq!(page.status, 200, "{slug}");
        let percent = card["p"].as_f64().map(|p| format!("{:.0}%", p * 100.0)).expect("a number");
        assert!(page.text().contains(&percent), "{slug}: the page does not say {percent}");
        let title = claim["document"]["title"].as_str().expect("a title");
        let shown = title.replace('&', "&amp;").replace('\'', "&#39;");
        assert!(page.text().contains(title) || page.text().contains(&shown), "{slug}: {title}");
    }
    server.stop().await;
}

/// What a few calls can put there.
async fn fill(server: &Server) {
    let slug = created(server, &claim()).await;
    for (side, text) in [("for", "Costs fell by half"), ("against", "The leader moved on")] {
        let item =
            json!({"item": {"side": side, "text": text, "strength": 6.0, "url": "https://example.org/a"}});
        let added = server.post(&format!("/api/v1/claims/{slug}/evidence"), &item).await;
        assert_eq!(added.status, 201, "{}", added.text());
    }
    let mut options = with("title", json!("Which laboratory leads at the end of the year?"));
    options["options"] = json!(["Anthropic", "Google", "Somebody else"]);
    options.as_object_mut().expect("an object").remove("rule");
    options["start"] = json!({"p": {"Anthropic": 0.5, "Google": 0.25, "Somebody else": 0.25}});
    options["market"] = json!({"b": 30, "opening": "uniform"});
    let traded = created(server, &options).await;
    for order in [json!({"option": "Google", "stake": 10}), json!({"option": "Google", "sell": "all"})] {
        let made = server.post(&format!("/api/v1/claims/{traded}/trades"), &order).await;
        assert_eq!(made.status, 201, "{}", made.text());
    }
    let source = "id: mine\ntitle: Mine\nurl: https://example.org/t.yaml\nlicence: CC0\nattribution: Nobody\n\
        schedule: \"23 5 * * *\"\nstale_after: 60d\nformat: yaml\ntables:\n  - { benchmark: quiz, title: Quiz, \
        unit: percent, range: [0, 100], rows: \"$[*]\", key: name, fields: { model: model, score: score } }\n";
    let saved = server.post("/api/v1/sources", &json!({"document": source})).await;
    assert_eq!(saved.status, 201, "{}", saved.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_calls_have_stored_is_read_whole_on_sqlite() {
    let server = Server::start().await;
    fill(&server).await;
    let read = read_everything(&server).await;
    assert_eq!((read["/api/v1/claims/{id}"], read["/api/v1/evidence/{id}"]), (2, 2));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_calls_have_stored_is_read_whole_on_postgresql() {
    let Some(kit) = bellwether_testkit::postgres().await else { return };
    let server = Server::start_over(kit.db()).await;
    fill(&server).await;
    let read = read_everything(&server).await;
    assert_eq!((read["/api/v1/claims/{id}"], read["/api/v1/evidence/{id}"]), (2, 2));
    server.stop().await;
}
