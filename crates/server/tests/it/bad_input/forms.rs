//! The forms of the pages: what cannot be taken is told beside its field, what was typed stands there again.

use super::{claim, created};
use crate::support::Server;

/// Sends each value of a field; each is answered with the form again, and nothing is stored.
async fn refused_field(server: &Server, path: &str, fields: &[(&str, &str)], name: &str, values: &[&str]) {
    for value in values {
        let mut form: Vec<_> = fields.iter().filter(|(key, _)| *key != name).copied().collect();
        form.push((name, value));
        let before = server.rows().await;
        let reply = server.form(path, &form).await;
        let short: String = value.chars().take(40).collect();
        assert!(matches!(reply.status, 400 | 422), "{name}={short:?}: {}", reply.status);
        assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"), "{name}={short:?}");
        assert_eq!(server.rows().await, before, "{name}={short:?}: something was stored");
    }
}

const CLAIM: [(&str, &str); 5] = [
    ("title", "A claim from a form"),
    ("by", "Q1 2027"),
    ("start", "0.5"),
    ("criteria", "True if it happens."),
    ("do", "save"),
];

#[tokio::test]
async fn b3_decimals_as_other_countries_write_them() {
    let server = Server::start().await;
    let values = ["0,5", "50%", "0.5.1", "NaN", "inf", "-1", "5", "one half"];
    refused_field(&server, "/claims/new", &CLAIM, "start", &values).await;
    let mut form = CLAIM.to_vec();
    form[2].1 = "0,5";
    assert!(server.form("/claims/new", &form).await.text().contains("write 0.5"));
    let slug = created(&server, &claim()).await;
    let item =
        [("claim", slug.as_str()), ("text", "It says so."), ("side", "for"), ("points", "3"), ("do", "save")];
    let values = ["0,5", "50%", "NaN", "-3", "41", "three"];
    refused_field(&server, "/evidence/new", &item, "points", &values).await;
    assert_eq!(server.form("/claims/new", &CLAIM).await.status, 303, "the claim itself is taken");
    assert_eq!(server.form("/evidence/new", &item).await.status, 303, "the item itself is taken");
    server.stop().await;
}

#[tokio::test]
async fn b10_titles_that_are_none() {
    let server = Server::start().await;
    let long = "x".repeat(10_000);
    let titles = ["", "   ", "x", long.as_str(), "\u{200b}\u{200b}\u{200b}", "A \0 title", "A \u{202e}title"];
    refused_field(&server, "/claims/new", &CLAIM, "title", &titles).await;
    server.stop().await;
}

#[tokio::test]
async fn b11_deadlines_that_are_none() {
    let server = Server::start().await;
    let deadlines = [
        "2020-01-01",
        "2026-02-30",
        "2027-01-01T25:00:00Z",
        "0000-01-01",
        "9999999-01-01",
        "2027-01-01T12:00",
        "03/04/27",
        "1798761600000",
        "tomorrow",
    ];
    refused_field(&server, "/claims/new", &CLAIM, "by", &deadlines).await;
    server.stop().await;
}

#[tokio::test]
async fn b22_links_that_lead_nowhere_good() {
    let server = Server::start().await;
    let slug = created(&server, &claim()).await;
    let item =
        [("claim", slug.as_str()), ("text", "It says so."), ("side", "for"), ("points", "3"), ("do", "save")];
    let long = format!("https://example.org/{}", "x".repeat(5_000));
    let links = [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://example.org/x",
        "//example.org/x",
        "https://",
        "https://user:pass@example.org/",
        "http://a\\@b",
        "https://example.org/a b",
        "https://example.org/\nx",
        long.as_str(),
    ];
    refused_field(&server, "/evidence/new", &item, "url", &links).await;
    server.stop().await;
}
