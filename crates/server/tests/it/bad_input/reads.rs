//! Reads, source documents and charts that are asked for in ways that mean nothing.

use serde_json::{Value, json};

use super::{claim, created, refused_json};
use crate::support::Server;

#[tokio::test]
async fn b15_filters_of_the_other_lists() {
    let server = Server::start().await;
    let slug = created(&server, &claim()).await;
    for path in [
        "signals?limit=0".to_owned(),
        "signals?cursor=garbage".to_owned(),
        "signals?cursor=2026-04-06T12:00:00Z_1".to_owned(),
        "signals?page=1".to_owned(),
        "benchmarks?at=yesterday".to_owned(),
        "benchmarks?sort=x".to_owned(),
        format!("claims/{slug}/signals?limit=201"),
        format!("claims/{slug}/signals?cursor=1"),
        format!("claims/{slug}/evaluations?cursor=-1"),
        format!("claims/{slug}/evaluations?limit=1e18"),
    ] {
        let reply = server.get(&format!("/api/v1/{path}")).await;
        assert_eq!(reply.status, 400, "{path}: {}", reply.text());
        assert!(!reply.fields().is_empty(), "{path}: {}", reply.text());
    }
    for path in ["signals", "benchmarks", "sources", "status"] {
        let reply = server.get(&format!("/api/v1/{path}")).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        assert!(reply.header("etag").is_some(), "{path}");
    }
    server.stop().await;
}

const SOURCE: &str = "id: mine\ntitle: Mine\nurl: https://example.org/table.html\nlicence: CC0\n\
    attribution: Nobody\nschedule: \"23 5 * * *\"\nstale_after: 60d\nformat: FORMAT\ntables:\n  \
    - benchmark: quiz\n    title: Quiz\n    unit: percent\n    range: [0, 100]\n    rows: \"ROWS\"\n    \
    key: dirname\n    fields: { model: model, score: score }\n";

fn source(rows: &str) -> String {
    SOURCE.replace("FORMAT", "yaml").replace("ROWS", rows)
}

#[tokio::test]
async fn b36_sources_that_cannot_be_read() {
    let server = Server::start().await;
    let good = source("$[*]");
    let cases: Vec<Value> = [
        good.replace("23 5 * * *", "* * * * * *"),
        good.replace("23 5 * * *", "* * * * *"),
        good.replace("23 5 * * *", "61 * * * *"),
        good.replace("60d", "0d"),
        good.replace("{ model: model, score: score }", "{}"),
        good.replace("$[*]", "$[[["),
        good.replace("https://example.org", "file:///etc"),
        good.replace("id: mine", "id: ../mine"),
        "no document".to_owned(),
        String::new(),
    ]
    .into_iter()
    .map(|document| json!({ "document": document }))
    .collect();
    refused_json(&server, "/api/v1/sources", &cases, &[422], None).await;
    refused_json(&server, "/api/v1/sources/preview", &cases, &[422], None).await;
    let often = server.post("/api/v1/sources", &cases[1]).await;
    assert!(often.text().contains("minimum interval"), "{}", often.text());
    let answer = "- {dirname: a, model: A, score: 12.5}\n";
    let tried = server.post("/api/v1/sources/preview", &json!({ "document": good, "answer": answer })).await;
    assert_eq!(tried.status, 200, "{}", tried.text());
    assert_eq!(tried.json()["tables"][0]["total"], 1);
    server.stop().await;
}

#[tokio::test]
async fn b46_answers_that_are_no_table() {
    let server = Server::start().await;
    let document = source("$[*]");
    let before = server.rows().await;
    for answer in [
        "<div>".repeat(100_000),
        "[".repeat(100_000),
        "a: &a [*a, *a]".to_owned(),
        String::new(),
        "\0\u{1}".to_owned(),
        "- {dirname: x, model: '<script>alert(1)</script>', score: 1e999}".to_owned(),
    ] {
        let body = json!({ "document": document, "answer": answer });
        let reply = server.post("/api/v1/sources/preview", &body).await;
        let short: String = answer.chars().take(30).collect();
        assert!(matches!(reply.status, 200 | 400 | 422), "{short:?}: {}", reply.status);
        assert!(reply.body.len() < 100_000, "{short:?}: {} bytes", reply.body.len());
    }
    assert_eq!(server.rows().await, before, "a preview stores nothing");
    assert_eq!(server.get("/api/v1/status").await.status, 200, "the server lives");
    server.stop().await;
}

#[tokio::test]
async fn b52_charts_of_nothing() {
    let server = Server::start().await;
    let slug = created(&server, &claim()).await;
    for query in
        ["range=2m", "range=", "theme=pink", "width=-1", "from=2027&to=2026", "at=NaN", "range=1m&range=3m"]
    {
        let reply = server.get(&format!("/api/v1/claims/{slug}/chart.svg?{query}")).await;
        assert_eq!(reply.status, 400, "{query}: {}", reply.text());
    }
    for query in ["", "?range=1m&theme=dark", "?range=all"] {
        let reply = server.get(&format!("/api/v1/claims/{slug}/chart.svg{query}")).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, Some("image/svg+xml")), "{query}");
        assert!(reply.text().starts_with("<svg") && !reply.text().contains("NaN"), "{query}");
    }
    let picture = server.get(&format!("/api/v1/claims/{slug}/chart.png")).await;
    assert_eq!((picture.status, picture.header("content-type")), (200, Some("image/png")));
    server.stop().await;
}
