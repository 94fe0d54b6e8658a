//! What stands around every handler.

use std::time::Duration;

use bellwether_server::Limits;

use crate::support::{JSON, Server};

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let server = Server::start().await;
    for path in ["/", "/nothing", "/api/openapi.json", "/api/v1/nothing", "/api/docs.css"] {
        let reply = server.get(path).await;
        let csp = reply.header("content-security-policy").unwrap_or_default();
        assert!(csp.starts_with("default-src 'none'") && !csp.contains("unsafe"), "{path}: {csp}");
        assert!(csp.contains("frame-ancestors 'none'"), "{path}: {csp}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert!(reply.header("referrer-policy").is_some(), "{path}");
        assert_eq!(reply.header("cross-origin-opener-policy"), Some("same-origin"), "{path}");
        assert_eq!(reply.header("x-request-id").map(str::len), Some(32), "{path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn refusals_are_problems_below_api_and_pages_elsewhere() {
    let server = Server::start().await;
    let problem = server.get("/api/v1/nothing").await;
    assert_eq!((problem.status, problem.header("content-type")), (404, Some("application/problem+json")));
    let document = problem.json();
    assert_eq!(document["status"], 404);
    assert_eq!(document["type"], "/api/docs#problem-not-found");
    assert_eq!(document["request_id"].as_str(), problem.header("x-request-id"));
    let page = server.get("/nothing").await;
    assert_eq!((page.status, page.header("content-type")), (404, Some("text/html; charset=utf-8")));
    let method = server.send("DELETE", "/api/openapi.json", &[], b"").await;
    assert_eq!((method.status, method.header("allow")), (405, Some("GET,HEAD")));
    assert_eq!(method.json()["type"], "/api/docs#problem-method-not-allowed");
    server.stop().await;
}

#[tokio::test]
async fn a_change_from_another_site_is_refused() {
    let server = Server::start().await;
    let own = format!("http://{}", server.addr);
    for (headers, refused) in [
        (vec![], false),
        (vec![("Origin", own.as_str())], false),
        (vec![("Sec-Fetch-Site", "same-origin")], false),
        (vec![("Sec-Fetch-Site", "none")], false),
        (vec![("Origin", "http://evil.example")], true),
        (vec![("Origin", "null")], true),
        (vec![("Sec-Fetch-Site", "cross-site")], true),
        (vec![("Sec-Fetch-Site", "same-site"), ("Origin", "http://127.0.0.1:1")], true),
    ] {
        let reply = server.send("POST", "/api/v1/lint", &headers, b"").await;
        assert_eq!(reply.status == 403, refused, "{headers:?}: {}", reply.text());
    }
    server.stop().await;
}

#[tokio::test]
async fn only_its_own_names_are_answered_for() {
    let server = Server::start().await;
    let port = server.addr.port();
    for (hosts, status) in [
        (format!("Host: 127.0.0.1:{port}\r\n"), 200),
        (format!("Host: localhost:{port}\r\n"), 200),
        ("Host: evil.example\r\n".to_owned(), 421),
        ("Host: a\r\nHost: b\r\n".to_owned(), 400),
        (String::new(), 400),
        ("Host: user@127.0.0.1\r\n".to_owned(), 400),
    ] {
        let raw = format!(
            "GET /api/openapi.json HTTP/1.1\r\n{hosts}Connection: close\r\nX-Forwarded-Host: evil.example\r\n\r\n"
        );
        let reply = server.raw(raw.as_bytes()).await;
        assert_eq!(reply.status, status, "{hosts}: {}", reply.text());
        assert!(!reply.text().contains("evil"), "{hosts}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_body_that_never_ends_in_time_is_given_up() {
    let limits = Limits { body_time: Duration::from_millis(200), ..Limits::default() };
    let server = Server::start_with(limits).await;
    let raw = format!(
        "POST /api/v1/lint HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{\"title\"",
        server.addr
    );
    let reply = server.raw(raw.as_bytes()).await;
    assert!(matches!(reply.status, 400 | 408), "{}", reply.text());
    assert_eq!(server.send("POST", "/api/v1/lint", &[JSON], b"{").await.status, 400);
    server.stop().await;
}

#[tokio::test]
async fn a_request_head_that_never_ends_is_given_up() {
    let limits = Limits { head_time: Duration::from_millis(200), ..Limits::default() };
    let server = Server::start_with(limits).await;
    let reply = server.raw(b"GET / HTTP/1.1\r\nHost: ").await;
    assert!(matches!(reply.status, 0 | 408), "{}", reply.text());
    assert_eq!(server.get("/api/openapi.json").await.status, 200);
    server.stop().await;
}
