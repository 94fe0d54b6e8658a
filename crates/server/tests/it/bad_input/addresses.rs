//! Ids, filters, searches and instants in addresses that lead nowhere.

use serde_json::Value;

use super::{claim, created};
use crate::support::Server;

/// Every path of the description with each of its parameters replaced.
fn paths(description: &Value, id: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (path, item) in description["paths"].as_object().into_iter().flatten() {
        for (method, _) in item.as_object().into_iter().flatten() {
            if !path.contains('{') {
                continue;
            }
            let filled = path.split('/').map(|part| if part.starts_with('{') { id } else { part });
            all.push((method.to_uppercase(), filled.collect::<Vec<_>>().join("/")));
        }
    }
    all
}

#[tokio::test]
async fn b14_ids_of_nothing() {
    let server = Server::start().await;
    let description = server.get("/api/openapi.json").await.json();
    let long = "a".repeat(10_000);
    let before = server.rows().await;
    for id in [
        "0",
        "-1",
        "9223372036854775808",
        "abc",
        "1;drop%20table%20claim",
        "..%2F..%2Fetc%2Fpasswd",
        "%00",
        "%FF%FE",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "%E2%80%AE",
        &long,
    ] {
        for (method, path) in paths(&description, id) {
            let reply = server.send(&method, &path, &[], b"").await;
            let short: String = path.chars().take(80).collect();
            // A write is asked for without a body and of a server that fetches nothing: it may be refused for that.
            let allowed: &[u16] = if method == "GET" { &[400, 404] } else { &[400, 404, 409, 415] };
            assert!(allowed.contains(&reply.status), "{method} {short}: {}: {}", reply.status, reply.text());
            assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{method} {short}");
        }
        for page in ["claims", "sources", "benchmarks", "evidence", "proof"] {
            let reply = server.get(&format!("/{page}/{id}")).await;
            assert!(matches!(reply.status, 400 | 404), "/{page}/…: {}", reply.status);
        }
    }
    assert_eq!(server.rows().await, before);
    server.stop().await;
}

#[tokio::test]
async fn b15_filters_that_do_not_exist() {
    let server = Server::start().await;
    created(&server, &claim()).await;
    for query in [
        "sort=unknown",
        "sort=",
        "sort=moved%20desc",
        "page=0",
        "page=-1",
        "page=1e18",
        "limit=0",
        "limit=-1",
        "limit=201",
        "limit=1000000",
        "limit=1e18",
        "limit=abc",
        "limit=99999999999999999999999",
        "days=0",
        "days=1000000",
        "days=1.5",
        "status=unknown",
        "status=open,unknown",
        "cursor=garbage",
        "cursor=%00",
        "cursor=n.1.2",
        "cursor=m.7ff0000000000000.01890000-0000-7000-8000-000000000000",
        "sort=new&cursor=m.0.01890000-0000-7000-8000-000000000000",
        "cursor=n.99999999999999999999.01890000-0000-7000-8000-000000000000",
        "sort=new&sort=moved",
        "limit=1&limit=2",
        "nothing=1",
    ] {
        let reply = server.get(&format!("/api/v1/claims?{query}")).await;
        assert_eq!(reply.status, 400, "{query}: {}", reply.text());
        assert!(!reply.fields().is_empty(), "{query}: {}", reply.text());
    }
    for query in
        ["at=yesterday", "at=2026-02-30T00:00:00Z", "at=1798761600000", "at=2026-04-06", "as_of=x", "at="]
    {
        let reply = server.get(&format!("/api/v1/claims/a-claim?{query}")).await;
        assert!(matches!(reply.status, 400 | 404), "{query}: {}: {}", reply.status, reply.text());
    }
    let slug = created(&server, &super::with("title", "Another claim".into())).await;
    for query in ["limit=0", "limit=201", "cursor=x", "cursor=-1", "cursor=1e9", "page=1"] {
        let reply = server.get(&format!("/api/v1/claims/{slug}/moves?{query}")).await;
        assert_eq!(reply.status, 400, "{query}: {}", reply.text());
    }
    server.stop().await;
}

#[tokio::test]
async fn b16_searches_that_are_no_words() {
    let server = Server::start().await;
    created(&server, &claim()).await;
    let words = "a+".repeat(200);
    for query in [
        "%27%20OR%201%3D1--",
        "%25",
        "%22",
        "*",
        "_",
        "%5C",
        "NEAR(a%20b)",
        "a%20AND%20(",
        "(a%2B)%2B%24",
        "%00",
        "%FF",
        "%F0%9F%92%A9",
        words.as_str(),
    ] {
        let reply = server.get(&format!("/api/v1/claims?q={query}&status=open,draft")).await;
        assert!(matches!(reply.status, 200 | 400), "{query}: {}: {}", reply.status, reply.text());
        if query == "%27%20OR%201%3D1--" || query == "*" || query == "_" {
            assert_eq!(reply.json()["items"].as_array().map(Vec::len), Some(0), "{query}");
        }
    }
    let found = server.get("/api/v1/claims?q=OPEN-weights%20gpqa&status=open,draft").await.json();
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "{found}");
    let long = server.get(&format!("/api/v1/claims?q={}", "x".repeat(60_000))).await;
    assert!(matches!(long.status, 400 | 414 | 431), "{}", long.status);
    server.stop().await;
}
