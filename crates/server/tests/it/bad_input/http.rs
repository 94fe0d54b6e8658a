//! Requests that are wrong as HTTP: methods, hosts, lengths, paths and headers that two programs read differently.

use std::time::Duration;

use serde_json::Value;

use super::{claim, created};
use crate::support::{JSON, Reply, Server};

/// Sends these very bytes, the host's name filled in; an answer comes within ten seconds.
async fn asked(server: &Server, text: &str) -> Reply {
    let bytes = text.replace("HOST", &server.addr.to_string()).into_bytes();
    tokio::time::timeout(Duration::from_secs(10), server.raw(&bytes)).await.expect("an answer in time")
}

/// The answer is one of these; 0: the connection was closed without one.
fn is(what: &str, reply: &Reply, statuses: &[u16]) {
    let what: String = what.chars().take(160).collect();
    assert!(statuses.contains(&reply.status), "{what:?}: {}: {}", reply.status, reply.text());
}

#[tokio::test]
async fn b38_changes_that_another_page_could_send() {
    let server = Server::start().await;
    let body = claim().to_string();
    let before = server.rows().await;
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let evil = ("Origin", "https://evil.example");
    let fields = "title=A+claim+from+afar&by=Q1+2027&start=0.5&criteria=True+if.&do=save";
    for (path, kind, body, from, status) in [
        ("/claims/new", form, fields, evil, 403),
        ("/claims/new", form, fields, ("Sec-Fetch-Site", "cross-site"), 403),
        ("/claims/new", form, fields, ("Sec-Fetch-Site", "same-site"), 403),
        ("/claims/new", form, fields, ("Origin", "null"), 403),
        ("/claims/new", form, fields, ("Origin", "http://127.0.0.1"), 403),
        ("/api/v1/claims", JSON, &body, evil, 403),
        ("/api/v1/claims", ("Content-Type", "text/plain"), &body, ("Accept", "*/*"), 415),
        ("/api/v1/claims", form, &body, ("Accept", "*/*"), 415),
        (
            "/api/v1/claims",
            ("Content-Type", "multipart/form-data; boundary=x"),
            &body,
            ("Accept", "*/*"),
            415,
        ),
        ("/claims/new", ("Content-Type", "text/plain"), fields, ("Accept", "*/*"), 415),
        ("/claims/new", ("Content-Type", "multipart/form-data; boundary=x"), fields, ("Accept", "*/*"), 415),
        ("/claims/new", JSON, fields, ("Accept", "*/*"), 415),
    ] {
        let reply = server.send("POST", path, &[kind, from], body.as_bytes()).await;
        is(&format!("{path} {kind:?} {from:?}"), &reply, &[status]);
    }
    for path in [
        "/api/v1/claims/lint",
        "/api/v1/sources/preview",
        "/claims/x/object",
        "/evidence/x/undo",
        "/sign-out",
    ] {
        let reply = server.get(path).await;
        is(path, &reply, &[404, 405]);
        if reply.status == 405 {
            let allow = reply.header("allow").unwrap_or_default();
            assert!(allow.contains("POST"), "{path}: Allow is {allow:?}");
        }
    }
    for method in ["PUT", "PATCH", "DELETE"] {
        let reply = server.send(method, "/api/v1/claims", &[JSON], body.as_bytes()).await;
        is(method, &reply, &[405]);
        assert!(reply.header("allow").is_some_and(|a| a.contains("GET") && a.contains("POST")), "{method}");
    }
    let hidden =
        server.send("GET", "/api/v1/claims?_method=POST", &[("X-HTTP-Method-Override", "DELETE")], b"").await;
    is("an overriding header", &hidden, &[400]);
    assert_eq!(server.rows().await, before);
    server.stop().await;
}

#[tokio::test]
async fn b40_names_and_methods_that_are_not_ours() {
    let server = Server::start().await;
    let slug = created(&server, &claim()).await;
    let before = server.rows().await;
    for (text, statuses) in [
        ("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".to_owned(), &[400, 421][..]),
        (
            "GET / HTTP/1.1\r\nHost: HOST\r\nHost: evil.example\r\nConnection: close\r\n\r\n".to_owned(),
            &[400],
        ),
        ("GET / HTTP/1.1\r\nHost: HOST\r\nHost: HOST\r\nConnection: close\r\n\r\n".to_owned(), &[400]),
        ("GET / HTTP/1.1\r\nConnection: close\r\n\r\n".to_owned(), &[400]),
        ("GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n".to_owned(), &[400]),
        ("GET / HTTP/1.1\r\nHost: HOST@evil.example\r\nConnection: close\r\n\r\n".to_owned(), &[400, 421]),
        ("GET / HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n".to_owned(), &[400, 421]),
        (
            "GET http://evil.example/ HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n".to_owned(),
            &[400, 421],
        ),
        (
            "GET http://HOST/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".to_owned(),
            &[400, 421],
        ),
        ("GET http://HOST/about HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n".to_owned(), &[200]),
        (
            "GET http://user:pass@HOST/ HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n".to_owned(),
            &[400, 421],
        ),
        ("TRACE / HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n".to_owned(), &[405, 501]),
        (
            "TRACE /about HTTP/1.1\r\nHost: HOST\r\nMax-Forwards: 0\r\nConnection: close\r\n\r\n".to_owned(),
            &[405, 501],
        ),
        ("FOO / HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n".to_owned(), &[405, 501]),
        (
            "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\nConnection: close\r\n\r\n"
                .to_owned(),
            &[400, 404, 405, 421, 501],
        ),
        (
            "OPTIONS * HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n".to_owned(),
            &[200, 204, 400, 404, 405],
        ),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), &[0, 400, 405, 505]),
    ] {
        let reply = asked(&server, &text).await;
        is(&text, &reply, statuses);
        assert!(!reply.text().contains("evil.example") || reply.status >= 400, "{text}");
        assert!(reply.header("location").is_none_or(|to| !to.contains("evil")), "{text}");
    }
    for header in [
        ("X-Forwarded-For", "10.0.0.1"),
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Proto", "https"),
        ("Forwarded", "for=10.0.0.1;host=evil.example;proto=https"),
        ("X-Original-URL", "/settings"),
        ("X-Rewrite-URL", "/settings"),
        ("X-HTTP-Method-Override", "DELETE"),
    ] {
        let reply = server.send("GET", &format!("/claims/{slug}"), &[header], b"").await;
        assert_eq!(reply.status, 200, "{header:?}");
        let html = reply.text();
        assert!(!html.contains("evil.example") && !html.contains("https://127.0.0.1"), "{header:?}");
        assert!(
            html.contains(&format!("http://{}/claims/{slug}", server.addr)),
            "links have the configured base"
        );
    }
    assert_eq!(server.rows().await, before);
    server.stop().await;
}

#[tokio::test]
async fn b41_requests_that_two_programs_read_differently() {
    let server = Server::start().await;
    let body = claim().to_string();
    let n = body.len();
    let before = server.rows().await;
    let head = "POST /api/v1/claims HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nConnection: close\r\n";
    for (what, text) in [
        (
            "length and chunks",
            format!(
                "{head}Content-Length: {n}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: HOST\r\n\r\n"
            ),
        ),
        ("two lengths", format!("{head}Content-Length: 0\r\nContent-Length: {n}\r\n\r\n{body}")),
        ("a list of lengths", format!("{head}Content-Length: 0, {n}\r\n\r\n{body}")),
        ("a signed length", format!("{head}Content-Length: +{n}\r\n\r\n{body}")),
        ("a negative length", format!("{head}Content-Length: -1\r\n\r\n{body}")),
        ("a hexadecimal length", format!("{head}Content-Length: 0x10\r\n\r\n{body}")),
        ("an endless length", format!("{head}Content-Length: 99999999999999999999999\r\n\r\n{body}")),
        ("a blank before the colon", format!("{head}Content-Length : {n}\r\n\r\n{body}")),
        (
            "chunks twice",
            format!("{head}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
        ),
        ("chunks by another name", format!("{head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")),
        ("a bad chunk", format!("{head}Transfer-Encoding: chunked\r\n\r\nzz\r\n{body}\r\n0\r\n\r\n")),
        (
            "a chunk of a huge size",
            format!("{head}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{body}\r\n0\r\n\r\n"),
        ),
        (
            "a chunk that is longer than told",
            format!("{head}Transfer-Encoding: chunked\r\n\r\n5\r\n{body}\r\n0\r\n\r\n"),
        ),
        ("a folded header", format!("{head}X-Folded: a\r\n b\r\nContent-Length: 2\r\n\r\n{{}}")),
        ("a header without a name", format!("{head}: x\r\nContent-Length: 2\r\n\r\n{{}}")),
        ("a NUL in a header", format!("{head}X-Nul: a\0b\r\nContent-Length: 2\r\n\r\n{{}}")),
        ("bare line feeds", head.replace("\r\n", "\n") + "Content-Length: 2\n\n{}"),
        ("a bare carriage return", format!("{head}X-Cr: a\rX-Smuggled: b\r\nContent-Length: 2\r\n\r\n{{}}")),
        (
            "a header of 100 kB",
            format!("{head}X-Long: {}\r\nContent-Length: 2\r\n\r\n{{}}", "x".repeat(100_000)),
        ),
        ("1,000 headers", format!("{head}{}Content-Length: 2\r\n\r\n{{}}", "X-A: b\r\n".repeat(1000))),
        ("no version", "GET /about\r\n\r\n".to_owned()),
        ("a version that is none", "GET /about HTTP/9.9\r\nHost: HOST\r\n\r\n".to_owned()),
        ("a lower-case version", "GET /about http/1.1\r\nHost: HOST\r\n\r\n".to_owned()),
        ("no request at all", "\u{16}\u{3}\u{1}\0\u{5}hello".to_owned()),
    ] {
        let reply = asked(&server, &text).await;
        is(what, &reply, &[0, 400, 411, 413, 422, 431, 505]);
        assert!(!reply.text().contains("smuggled"), "{what}: {}", reply.text());
    }
    assert_eq!(server.rows().await, before, "nothing was stored");
    assert_eq!(server.get("/about").await.status, 200, "the server lives");
    server.stop().await;
}

#[tokio::test]
async fn b42_paths_that_lead_outside_or_nowhere() {
    let server = Server::start().await;
    let slug = created(&server, &claim()).await;
    let long = format!("/{}", "a".repeat(8192));
    let deep = "/a".repeat(4000);
    for path in [
        "//",
        "//evil.example/",
        "/%2e%2e/",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "/../../../../etc/passwd",
        "/assets/..%2f..%2fCargo.toml",
        "/assets/../../Cargo.toml",
        "/assets/%2e%2e%2fapp.css",
        "/assets/%c0%ae%c0%ae/x",
        "/claims/%c0%af",
        "/claims/%ff",
        "/claims/%",
        "/claims/%zz",
        "/claims/%u002e",
        "/snapshots/..%2f..%2fetc%2fpasswd",
        "/about;jsessionid=1",
        "/about.",
        "/about%00",
        "/about%00.html",
        "/about%20",
        "/about/",
        "/About",
        "/./about/..;/settings",
        "/api/v1/claims/",
        "/api/v1//claims",
        "/api/v1/claims;x=1",
        "/api/v1/%63laims%2f",
        &long,
        &deep,
    ] {
        let reply = server.get(path).await;
        is(path, &reply, &[400, 404, 414, 431]);
        assert!(!reply.text().contains("root:"), "{path}");
    }
    for tail in [".", ";jsessionid=1", "%00", "%2f", "%2e%2e", "%20"] {
        is(tail, &server.get(&format!("/claims/{slug}{tail}")).await, &[400, 404]);
        is(tail, &server.get(&format!("/api/v1/claims/{slug}{tail}")).await, &[400, 404]);
    }
    for bytes in [
        "GET /\u{e9} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n",
        "GET about HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n",
        "GET  /about HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n",
        "GET /about#x HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n",
        "GET /claims/\u{1} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n",
    ] {
        is(bytes, &asked(&server, bytes).await, &[0, 200, 400, 404]);
    }
    server.stop().await;
}

#[tokio::test]
async fn b43_wishes_that_cannot_be_met() {
    let server = Server::start().await;
    let slug = created(&server, &claim()).await;
    let ranges = (0..1000).map(|_| "0-").collect::<Vec<_>>().join(",");
    let ranges = format!("bytes={ranges}");
    let (junk, tags) = ("x;q=9,".repeat(1700), "\"x\",".repeat(20_000));
    for path in
        [format!("/claims/{slug}"), format!("/api/v1/claims/{slug}"), format!("/claims/{slug}/chart.svg")]
    {
        let plain = server.get(&path).await;
        assert_eq!(plain.status, 200, "{path}");
        for header in [
            ("Accept", "application/xml"),
            ("Accept", "*/*;q=nonsense"),
            ("Accept", ""),
            ("Accept-Language", junk.as_str()),
            ("Accept-Encoding", "gzip;q=0, identity;q=0, *;q=0"),
            ("Accept-Charset", "utf-7"),
            ("Range", "bytes=0-,0-"),
            ("Range", ranges.as_str()),
            ("Range", "bytes=-99999999999999999999"),
            ("If-Range", "x"),
            ("If-None-Match", "x"),
            ("If-None-Match", tags.as_str()),
            ("If-Modified-Since", "yesterday"),
            ("Expect", "200-maybe"),
            ("Upgrade", "h2c"),
            ("Cookie", "session=\"; visitor=; theme=pink; ;;=;session=bws_x"),
            ("Accept-Encoding", "br;q=1.0, gzip;q=1.0, zstd, deflate, compress, x"),
        ] {
            let reply = server.send("GET", &path, &[header], b"").await;
            let what = format!("{path} {}", header.0);
            is(&what, &reply, &[200, 400, 406, 416, 417, 431]);
            assert!(reply.body.len() <= plain.body.len() + 4096, "{what}: {} bytes", reply.body.len());
        }
    }
    // One stale tag among many does not make the page anew; the right one among them spares it.
    let etag = server.get(&format!("/api/v1/claims/{slug}")).await.header("etag").expect("a tag").to_owned();
    let among = format!("\"a\", {etag}, \"b\"");
    let spared =
        server.send("GET", &format!("/api/v1/claims/{slug}"), &[("If-None-Match", &among)], b"").await;
    assert_eq!((spared.status, spared.body.len()), (304, 0));
    let head = server.send("HEAD", &format!("/claims/{slug}"), &[], b"").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(server.get("/api/v1/status").await.json()["status"], Value::Null, "the server lives");
    server.stop().await;
}
