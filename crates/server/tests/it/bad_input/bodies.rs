//! What cannot be read at all: malformed, too deep, too large, lying, compressed, of the wrong type.

use std::fmt::Write as _;

use super::{check_refusal, claim, refused};
use crate::support::{JSON, Server};

const CLAIMS: &str = "/api/v1/claims";

#[tokio::test]
async fn b4_malformed_json() {
    let server = Server::start().await;
    let good = claim().to_string();
    let utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(utf16.iter().copied()).collect();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("empty", vec![]),
        ("blank", b"  \n ".to_vec()),
        ("cut off", good.as_bytes()[..good.len() - 2].to_vec()),
        ("trailing brace", format!("{good}}}").into_bytes()),
        ("two documents", format!("{good}{good}").into_bytes()),
        ("trailing NUL", format!("{good}\0").into_bytes()),
        ("single quotes", good.replace('"', "'").into_bytes()),
        ("trailing comma", good.replace("\"tags\":[\"ai\"]", "\"tags\":[\"ai\",]").into_bytes()),
        ("comment", format!("/* x */{good}").into_bytes()),
        ("the same key twice", good.replacen('{', "{\"title\":\"x\",", 1).into_bytes()),
        ("a nested key twice", good.replace("\"p\":0.5", "\"p\":0.5,\"p\":0.6").into_bytes()),
        ("an escaped key twice", good.replacen('{', "{\"ti\\u0074le\":\"x\",", 1).into_bytes()),
        ("UTF-8 mark", [&[0xEF, 0xBB, 0xBF], good.as_bytes()].concat()),
        ("UTF-16", utf16),
        ("UTF-16 with its mark", marked16),
        (
            "not UTF-8",
            good.replace("gap is", "gap \u{1}is")
                .replace('\u{1}', "")
                .into_bytes()
                .into_iter()
                .map(|b| if b == b'T' { 0xFF } else { b })
                .collect(),
        ),
        ("raw control character", good.replace("The gap", "The\ngap").into_bytes()),
        ("lone surrogate", good.replace("The gap", "\\ud800 gap").into_bytes()),
        ("NaN", good.replace("0.5", "NaN").into_bytes()),
        ("Infinity", good.replace("0.5", "Infinity").into_bytes()),
        ("leading zero", good.replace("0.5", "00.5").into_bytes()),
        ("hexadecimal", good.replace("0.5", "0x1").into_bytes()),
    ];
    for (name, body) in &cases {
        let before = server.rows().await;
        let reply = server.send("POST", CLAIMS, &[JSON], body).await;
        check_refusal(name, &reply, &[400], None);
        let detail = reply.json()["detail"].as_str().unwrap_or_default().to_owned();
        assert!(detail.contains("line ") && detail.contains("column "), "{name}: no position: {detail}");
        assert_eq!(server.rows().await, before, "{name}");
    }
    server.stop().await;
}

#[tokio::test]
async fn b5_deep_json() {
    let server = Server::start().await;
    let lists = |n: usize| format!("{{\"title\":{}{}}}", "[".repeat(n), "]".repeat(n)).into_bytes();
    let objects = |n: usize| format!("{}1{}", "{\"a\":".repeat(n), "}".repeat(n)).into_bytes();
    let cases = vec![
        ("33 objects", objects(33)),
        ("10,000 lists", lists(10_000)),
        ("100,000 objects", objects(100_000)),
        ("never closed", "[".repeat(900_000).into_bytes()),
    ];
    refused(&server, CLAIMS, &[JSON], &cases, &[400], None).await;
    server.stop().await;
}

#[tokio::test]
async fn b6_large_endless_and_lying_bodies() {
    let limits = bellwether_server::Limits {
        body_time: std::time::Duration::from_millis(500),
        ..bellwether_server::Limits::default()
    };
    let server = Server::start_with(limits).await;
    let head = |length: &str| {
        format!(
            "POST {CLAIMS} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n{length}\r\n\r\n",
            server.addr
        )
    };
    let good = claim().to_string();
    let before = server.rows().await;

    // Refused by its announced length alone: nothing of the body is sent.
    let reply = server.raw(head("Content-Length: 10485760").as_bytes()).await;
    check_refusal("announced 10 MiB", &reply, &[413], None);

    let large = vec![b' '; 10 * 1024 * 1024];
    let reply = server.send("POST", CLAIMS, &[JSON], &large).await;
    assert!(matches!(reply.status, 413 | 0), "10 MiB: {}", reply.status);

    let mut endless = head("Transfer-Encoding: chunked").into_bytes();
    for _ in 0..40 {
        endless.extend_from_slice(b"10000\r\n");
        endless.extend_from_slice(&vec![b' '; 0x10000]);
        endless.extend_from_slice(b"\r\n");
    }
    let reply = server.raw(&endless).await;
    assert!(matches!(reply.status, 413 | 0), "endless: {}", reply.status);

    let reply = server.raw(format!("{}{good}", head("Content-Length: 99999")).as_bytes()).await;
    check_refusal("announced more than came", &reply, &[400, 408], None);

    let reply = server.raw(format!("{}{good}", head("Content-Length: 20")).as_bytes()).await;
    check_refusal("announced less than came", &reply, &[400], None);

    for (name, length) in [
        ("two lengths", "Content-Length: 10\r\nContent-Length: 20"),
        ("negative", "Content-Length: -1"),
        ("no number", "Content-Length: ten"),
        ("past 2^64", "Content-Length: 99999999999999999999999"),
    ] {
        let reply = server.raw(format!("{}{good}", head(length)).as_bytes()).await;
        assert!(matches!(reply.status, 400 | 413 | 0), "{name}: {}", reply.status);
    }
    let reply = server
        .raw(format!("{}zz\r\n{good}\r\n0\r\n\r\n", head("Transfer-Encoding: chunked")).as_bytes())
        .await;
    assert!(matches!(reply.status, 400 | 0), "bad chunk: {}", reply.status);

    assert_eq!(server.rows().await, before);
    assert_eq!(server.get("/api/openapi.json").await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn b7_compressed_bodies() {
    let server = Server::start().await;
    let cases = vec![("gzip bomb", vec![0x1F, 0x8B, 8, 0]), ("plain", claim().to_string().into_bytes())];
    for coding in ["gzip", "deflate", "br", "zstd", "gzip, gzip", "x-gzip", "GZIP", "unheard-of"] {
        refused(&server, CLAIMS, &[JSON, ("Content-Encoding", coding)], &cases, &[413, 415], None).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn b8_wrong_content_type() {
    let server = Server::start().await;
    let cases = vec![("a good claim", claim().to_string().into_bytes())];
    for kind in [
        "text/plain",
        "text/plain; charset=utf-8",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/json; charset=utf-16",
        "application/jsonp",
        "json",
        "*/*",
        "",
    ] {
        refused(&server, CLAIMS, &[("Content-Type", kind)], &cases, &[415], None).await;
    }
    refused(&server, CLAIMS, &[], &cases, &[415], None).await;
    server.stop().await;
}

#[tokio::test]
async fn b45_hostile_yaml() {
    let server = Server::start().await;
    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..15 {
        let inner = vec![format!("*a{}", i - 1); 10].join(", ");
        writeln!(laughs, "a{i}: &a{i} [{inner}]").expect("a text takes all");
    }
    let good = "title: T is true\nstart: {p: 0.5}\nwindow: {by: Q1 2027}\ncriteria: True if it is.\n";
    let cases = vec![
        ("billion laughs", laughs.into_bytes()),
        ("an anchor within itself", b"title: &a [*a]\n".to_vec()),
        ("a tag of another language", b"!!python/object:os.system {}\n".to_vec()),
        ("the same key twice", format!("{good}title: twice\n").into_bytes()),
        ("unknown key", format!("{good}is_admin: yes\n").into_bytes()),
        ("two documents", format!("{good}---\n{good}").into_bytes()),
        ("tabs", b"title:\n\t- x\n".to_vec()),
        ("deep", "[".repeat(10_000).into_bytes()),
        ("not UTF-8", vec![b't', 0xFF, 0xFE]),
        ("a list", b"- a\n- b\n".to_vec()),
        ("empty", vec![]),
        ("p as a word", good.replace("0.5", "no").into_bytes()),
        ("p past one", good.replace("0.5", "1e3").into_bytes()),
        ("p octal", good.replace("0.5", "0o17").into_bytes()),
    ];
    for kind in ["application/yaml", "text/yaml"] {
        refused(&server, CLAIMS, &[("Content-Type", kind)], &cases, &[400, 422], None).await;
    }
    // Words that older YAML read as truth values stay words.
    let reply = server
        .post_text(
            CLAIMS,
            "application/yaml",
            good.replace("title: T is true", "title: off\ntags: [no, on, 1e3]"),
        )
        .await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    server.stop().await;
}
