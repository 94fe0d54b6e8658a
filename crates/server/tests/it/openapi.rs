//! The description of the API is what the server does.

use std::collections::BTreeSet;

use bellwether_server::api;

use crate::support::Server;

#[test]
fn the_description_is_as_it_was() {
    insta::assert_snapshot!("openapi", api::openapi_json());
}

/// Each described route answers for its method, and for no method that is not described.
#[tokio::test]
async fn router_and_description_list_the_same_routes() {
    let server = Server::start().await;
    let description = server.get("/api/openapi.json").await.json();
    assert_eq!(description["openapi"], "3.1.0");
    for (path, item) in description["paths"].as_object().into_iter().flatten() {
        let described: BTreeSet<String> = item
            .as_object()
            .into_iter()
            .flatten()
            .map(|(method, _)| method.to_uppercase())
            .filter(|method| ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str()))
            .collect();
        let address = path
            .replace("{id}", "00000000-0000-7000-8000-000000000000")
            .replace("{sha256}", &"0".repeat(64))
            .replace("{handle}", "nobody")
            .replace("{name}", "person:nobody")
            .replace("{source}", "nobody")
            .replace("{signal}", "00000000-0000-7000-8000-000000000000")
            .replace("{name}", "nothing");
        assert!(!address.contains('{'), "{path} has a parameter that this test does not know");
        // TRACE is never routed, so its refusal lists all methods that are.
        let reply = server.send("TRACE", &address, &[], b"").await;
        assert_eq!(reply.status, 405, "{path}");
        let routed: BTreeSet<String> = reply
            .header("allow")
            .unwrap_or_default()
            .split(',')
            .filter(|method| *method != "HEAD" && !method.is_empty())
            .map(str::to_owned)
            .collect();
        assert_eq!(routed, described, "{path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn the_page_shows_every_operation_and_loads_nothing_from_elsewhere() {
    let server = Server::start().await;
    let page = server.get("/api/docs").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let text = page.text();
    assert!(!text.contains("http://") && !text.contains("https://") && !text.contains("<script"), "{text}");
    let description = server.get("/api/openapi.json").await.json();
    for (_, item) in description["paths"].as_object().into_iter().flatten() {
        for (_, operation) in item.as_object().into_iter().flatten() {
            if let Some(id) = operation["operationId"].as_str() {
                assert!(text.contains(&format!("id=\"{id}\"")), "{id}");
            }
        }
    }
    let tag = page.header("etag").expect("a tag");
    assert_eq!(server.send("GET", "/api/docs", &[("If-None-Match", tag)], b"").await.status, 304);
    server.stop().await;
}
