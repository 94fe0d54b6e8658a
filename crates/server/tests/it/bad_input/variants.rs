//! The same mistakes in other clothes: other encodings, nestings and alphabets, numbers as texts, headers sent twice.

use serde_json::{Value, json};

use super::{claim, created, refused, refused_json, with};
use crate::support::{JSON, Server};

const CLAIMS: &str = "/api/v1/claims";
const YAML: (&str, &str) = ("Content-Type", "application/yaml");

/// A claim in YAML, with one line of it replaced.
fn yaml(line: &str, by: &str) -> Vec<u8> {
    let good = "title: An open model leads\nstart: { p: 0.5, basis: no view }\nwindow: { by: Q1 2027 }\n\
        when: ever\ntags: [ai]\ncriteria: True if it does.\nconfirm: { for: 7d, polls: 3 }\nchallenge: 24h\n";
    assert!(good.contains(line), "{line}");
    good.replace(line, by).into_bytes()
}

#[tokio::test]
async fn b1_b2_b3_probabilities_as_yaml_and_other_alphabets_write_them() {
    let server = Server::start().await;
    for p in [
        "0,5",
        "50%",
        "'0.5'",
        "\"0.5\"",
        "yes",
        "no",
        "on",
        "off",
        "null",
        "~",
        "",
        ".nan",
        ".inf",
        "-.inf",
        "1e3",
        "0o17",
        "0x1",
        "1_0",
        "\u{660}.\u{665}",
        "\u{ff10}.\u{ff15}",
        "\u{bd}",
        "1/2",
        "0.5 0.5",
        "[0.5]",
        "{p: 0.5}",
        "!!str 0.5",
        "!!binary MC41",
        "0.5e",
        "--0.5",
        "1.",
        "2",
        "-0.5",
        "1e-999",
        "0.5\u{0}",
    ] {
        let body = yaml("p: 0.5", &format!("p: {p}"));
        refused(&server, CLAIMS, &[YAML], &[(p, body)], &[400, 422], None).await;
    }
    for p in
        ["\"0.5\"", "\"5e-1\"", "[[0.5]]", "{\"0\":0.5}", "5e1", "1e400", "-1e-1", "0.5e", ".5", "+0.5", "1."]
    {
        let body = claim().to_string().replace("0.5", p).into_bytes();
        refused(&server, CLAIMS, &[JSON], &[(p, body)], &[400, 422], None).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn b9_fields_hidden_in_yaml_and_in_depth() {
    let server = Server::start().await;
    for (line, by) in [
        ("tags: [ai]", "tags: [ai]\nid: x"),
        ("tags: [ai]", "tags: [ai]\nstatus: resolved"),
        ("tags: [ai]", "tags: [ai]\n<<: { owner_id: 1 }"),
        ("tags: [ai]", "tags: [ai]\n? [a, b]\n: c"),
        ("tags: [ai]", "tags: [ai]\n1: x"),
        ("p: 0.5", "p: 0.5, P: 0.6"),
        ("{ by: Q1 2027 }", "{ by: Q1 2027, resolved: true }"),
        ("polls: 3", "polls: 3, score: 1"),
        ("tags: [ai]", "tags: { ai: true }"),
        ("tags: [ai]", "tags: ai"),
        ("tags: [ai]", "tags: [[ai]]"),
        ("tags: [ai]", "tags: [null]"),
        ("polls: 3", "polls: 3.0"),
        ("polls: 3", "polls: -1"),
        ("polls: 3", "polls: 1e3"),
        ("polls: 3", "polls: 99999999999999999999"),
        ("for: 7d", "for: 7"),
        ("for: 7d", "for: -7d"),
        ("for: 7d", "for: 7.5d"),
        ("for: 7d", "for: \u{667}d"),
        ("for: 7d", "for: 99999999999999999999d"),
        ("when: ever", "when: Ever"),
        ("when: ever", "when: [ever]"),
        ("challenge: 24h", "challenge: 24"),
        ("challenge: 24h", "challenge: on"),
    ] {
        refused(&server, CLAIMS, &[YAML], &[(by, yaml(line, by))], &[400, 422], None).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn b11_b12_deadlines_in_other_alphabets_and_types() {
    let server = Server::start().await;
    for by in [
        "2027-13-01",
        "2027-00-10",
        "2027-02-29",
        "2027-1-1T1:1",
        "\u{662}\u{660}\u{662}\u{667}-\u{660}\u{661}-\u{660}\u{661}",
        "\u{ff12}\u{ff10}\u{ff12}\u{ff17}-01-01",
        "2027\u{2010}01\u{2010}01",
        "2027-01-01T00:00:00+25:00",
        "2027-01-01T00:00:00Z\u{0}",
        "-2027-01-01",
        "2027-W01-1",
        "2027001",
        "P1Y",
        "1.8e9",
        "01/02/2027",
        "Q1 27",
        "Q\u{661} 2027",
        "q1",
        "now",
        "never",
        "0",
        "-1",
        "9223372036854775808",
    ] {
        refused_json(&server, CLAIMS, &[with("window.by", json!(by))], &[422], Some("window.by")).await;
    }
    for window in [
        json!("Q1 2027"),
        json!(["Q1 2027"]),
        json!({}),
        json!({"by": {"by": "Q1 2027"}}),
        json!({"by": "Q1 2027", "from": "2027-04-01"}),
        json!({"by": "Q1 2027", "from": "tomorrow"}),
        json!({"by": "Q1 2027", "zone": "../../etc/passwd"}),
        json!({"by": "Q1 2027", "zone": "Europe/Berlin\u{0}"}),
    ] {
        refused_json(&server, CLAIMS, &[with("window", window)], &[422], Some("window")).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn b8_b17_headers_sent_twice_or_in_other_letters() {
    let server = Server::start().await;
    let good = claim().to_string().into_bytes();
    let twice = [("Content-Type", "application/json"), ("Content-Type", "text/plain")];
    refused(&server, CLAIMS, &twice, &[("two types", good.clone())], &[400, 415], None).await;
    let keys = [JSON, ("Idempotency-Key", "a"), ("Idempotency-Key", "b")];
    refused(&server, CLAIMS, &keys, &[("two keys", good.clone())], &[400], Some("Idempotency-Key")).await;
    let long = "k".repeat(256);
    refused(&server, CLAIMS, &[JSON, ("Idempotency-Key", &long)], &[("long", good.clone())], &[400], None)
        .await;
    let ways = [("Content-Encoding", "identity"), ("Content-Encoding", "gzip")];
    refused(&server, CLAIMS, &[JSON, ways[0], ways[1]], &[("two codings", good.clone())], &[415], None).await;
    let reply =
        server.send("POST", CLAIMS, &[("content-TYPE", "Application/JSON; charset=\"UTF-8\"")], &good).await;
    assert_eq!(reply.status, 201, "case does not matter: {}", reply.text());
    server.stop().await;
}

#[tokio::test]
async fn b14_ids_in_other_clothes() {
    let server = Server::start().await;
    let slug = created(&server, &claim()).await;
    let id = server.get(&format!("{CLAIMS}/{slug}")).await.json()["id"].as_str().expect("an id").to_owned();
    for other in [
        format!("{id}%0A"),
        format!("{id}%00"),
        format!("%20{id}"),
        format!("{id};jsessionid=1"),
        format!("{id}."),
        format!("{slug}%2F..%2F{slug}"),
        format!("{slug}%20"),
        format!("{slug}%00.json"),
        "%D9%A3".to_owned(),
        "%C0%AF".to_owned(),
        "%2e%2e".to_owned(),
        "1e5".to_owned(),
        "0x10".to_owned(),
        "NaN".to_owned(),
        "null".to_owned(),
        "-9223372036854775809".to_owned(),
        "[object%20Object]".to_owned(),
        "%252e%252e%252f".to_owned(),
        "*".to_owned(),
    ] {
        for path in
            [format!("{CLAIMS}/{other}"), format!("{CLAIMS}/{other}/moves"), format!("/claims/{other}")]
        {
            let reply = server.get(&path).await;
            assert!(matches!(reply.status, 400 | 404), "{path}: {}", reply.status);
        }
    }
    // RFC 9562 and its kin write one UUID in several ways: each names this claim or nothing.
    for same in [id.to_uppercase(), format!("urn:uuid:{id}"), format!("%7B{id}%7D"), id.replace('-', "")] {
        let reply = server.get(&format!("{CLAIMS}/{same}")).await;
        assert!(reply.status == 404 || reply.json()["slug"] == slug.as_str(), "{same}: {}", reply.status);
    }
    server.stop().await;
}

#[tokio::test]
async fn b15_numbers_of_pages_in_other_alphabets() {
    let server = Server::start().await;
    let slug = created(&server, &claim()).await;
    for path in [CLAIMS.to_owned(), format!("{CLAIMS}/{slug}/moves"), "/api/v1/signals".to_owned()] {
        for query in [
            "limit=",
            "limit=5.0",
            "limit=0x5",
            "limit=1e1",
            "limit=%D9%A5",
            "limit=%EF%BC%95",
            "limit=5%00",
            "limit=true",
            "limit[]=5",
            "limit=%205",
            "LIMIT=5",
            "cursor=",
            "cursor=%00",
            "cursor=%FF",
            "cursor=-1",
            "cursor=%2B1",
            "cursor=%D9%A5",
            "cursor=0x1",
            "cursor=99999999999999999999999",
            "cursor=null",
            "cursor[]=1",
            "cursor=1&cursor=1",
        ] {
            let reply = server.get(&format!("{path}?{query}")).await;
            assert_eq!(reply.status, 400, "{path}?{query}: {}", reply.text());
            assert!(!reply.fields().is_empty(), "{path}?{query}: {}", reply.text());
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn b36_b45_source_documents_that_explode() {
    let server = Server::start().await;
    let laughs: String = (1..15)
        .map(|i| format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 10].join(", ")))
        .fold("a0: &a0 [x, x]\n".to_owned(), |all, line| all + &line);
    let head = "id: mine\nurl: https://example.org/t.csv\nformat: csv\n";
    let table =
        "tables:\n  - { benchmark: quiz, unit: percent, key: model, fields: { model: m, score: s } }\n";
    let cases: Vec<Value> = [
        laughs,
        "[".repeat(10_000),
        "{a: ".repeat(10_000),
        "- ".repeat(10_000),
        format!("{head}{table}id: twice\n"),
        format!("{head}{table}is_admin: true\n"),
        format!("{head}{table}schedule: '* * * * * *'\n"),
        format!("{head}{table}schedule: '61 * * * *'\n"),
        format!("{head}{table}schedule: '@every 1s'\n"),
        format!("{head}{table}schedule: '*/1 * * * *'\n"),
        format!("{head}{table}schedule: on\n"),
        format!("{head}{table}stale_after: 1e5\n"),
        format!("{head}{table}stale_after: -1d\n"),
        format!("{head}{table}auth: {{ header: \"x\\r\\ny\", secret: KEY }}\n"),
        format!("{head}{table}auth: {{ header: Host, secret: KEY, value: x }}\n"),
        format!("{head}{table}delimiter: ';;'\n"),
        format!("{head}tables: []\n"),
        format!("{head}tables: {{}}\n"),
        format!("{head}{}", table.replace("{ model: m, score: s }", "{ model: [], score: s }")),
        format!("{head}{}", table.replace("key: model", "key: []")),
        format!("{head}{}", table.replace("benchmark: quiz", "benchmark: ../quiz")),
        format!("{head}{}", table.replace("unit: percent", "unit: parsec")),
        format!("{head}{}", table.replace("unit: percent", "unit: percent, range: [100, 0]")),
        format!("{head}{}", table.replace("unit: percent", "unit: percent, range: [.nan, 1]")),
        format!("{head}{}", table.replace("unit: percent", "unit: percent, clean: ['(a{1000}){1000}']")),
        format!("{head}{}", table.replace("unit: percent", "unit: percent, where: { m: { matching: '(' } }")),
        format!("{head}{table}").replace("https://example.org", "https://user:pw@example.org"),
        format!("{head}{table}").replace("https://example.org", "http://[::1"),
    ]
    .into_iter()
    .map(|document| json!({ "document": document }))
    .collect();
    refused_json(&server, "/api/v1/sources", &cases, &[422], None).await;
    refused_json(&server, "/api/v1/sources/preview", &cases, &[422], None).await;
    server.stop().await;
}

const PAGE: &str = "id: page\nurl: https://example.org/t.html\nformat: html\ntables:\n  - { benchmark: quiz, \
    unit: percent, range: [0, 100], rows: 'table.main tbody tr', key: Model, fields: { model: Model, score: Score } }\n";

#[tokio::test]
async fn b46_b47_pages_are_tried_without_harm() {
    let server = Server::start().await;
    let before = server.rows().await;
    let preview = async |answer: String| {
        server.post("/api/v1/sources/preview", &json!({"document": PAGE, "answer": answer})).await
    };
    for piece in ["<div>", "<div></b>", "<table><tr><td>", "<b a=1>", "<svg>", "<optgroup>"] {
        let reply = preview(piece.repeat(900_000 / piece.len())).await;
        assert_eq!(reply.status, 422, "{piece}: {}", reply.text());
        assert!(reply.text().contains("too much to read"), "{piece}: {}", reply.text());
    }
    let table = |rows: &str| format!("<table class=main><thead><tr><th>Model<th>Score<tbody>{rows}</table>");
    let row = |model: &str, score: &str| format!("<tr><td rowspan=1000000000 colspan=-1>{model}<td>{score}");
    let hostile = "&lt;script&gt;alert(1)&lt;/script&gt;";
    let scores = [
        "1,234.5",
        "1.234,5",
        "12.3 +/- 0.4",
        "-",
        "N/A",
        "\u{221e}",
        "\u{663}",
        "1e5",
        "87.2%*",
        "NaN",
        "",
        "55%",
    ];
    let rows: String =
        scores.iter().enumerate().map(|(i, score)| row(&format!("{hostile} {i}"), score)).collect();
    let reply = preview(table(&rows)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let shown = reply.json();
    let read: Vec<_> =
        shown["tables"][0]["rows"].as_array().expect("rows").iter().map(|r| r["score"].clone()).collect();
    let numbers: Vec<_> = read.iter().filter(|score| !score.is_null()).collect();
    assert_eq!(numbers, [&json!("1234.5"), &json!("55")], "the others are missing, and never 0: {shown}");
    for (what, page) in [
        ("no table", "<p>Sorry</p>".to_owned()),
        ("another table", table(&row("A", "5")).replace("main", "other")),
        ("no such column", table(&row("A", "5")).replace("Score", "Points")),
        ("no row", table("")),
        ("unclosed", "<table class=main><tr><th>Model<th>Score<tr><td>A<td>5".to_owned()),
        ("two tables", table(&row("A", "5")) + &table(&row("A", "6"))),
    ] {
        let reply = preview(page).await;
        assert!(matches!(reply.status, 200 | 422), "{what}: {}: {}", reply.status, reply.text());
    }
    assert_eq!(server.rows().await, before, "a preview stores nothing");
    server.stop().await;
}

#[tokio::test]
async fn b52_charts_of_impossible_instants() {
    let server = Server::start().await;
    let slug = created(&server, &claim()).await;
    for at in [
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "%2B262142-12-31T23:59:59Z",
        "-262143-01-01T00:00:00Z",
        "%2B275760-09-13T00:00:00Z",
        "2027-06-30T23:59:60Z",
        "2026-04-06T12:00:00.999999999%2B23:59",
        "1e9",
        "Infinity",
    ] {
        for path in
            ["", "/moves", "/history", "/evidence", "/export.json", "/moves.csv", "/chart.svg", "/chart.png"]
        {
            let reply = server.get(&format!("{CLAIMS}/{slug}{path}?at={at}")).await;
            assert!(matches!(reply.status, 200 | 400 | 404), "{path}?at={at}: {}", reply.status);
            assert!(!reply.text().contains("NaN"), "{path}?at={at}");
        }
        for page in [
            format!("/claims/{slug}"),
            "/".to_owned(),
            "/benchmarks".to_owned(),
            format!("/claims/{slug}/chart.svg"),
        ] {
            let reply = server.get(&format!("{page}?at={at}")).await;
            assert!(reply.status < 500, "{page}?at={at}: {}", reply.status);
        }
        let benchmarks = server.get(&format!("/api/v1/benchmarks?at={at}")).await;
        assert!(matches!(benchmarks.status, 200 | 400), "benchmarks?at={at}: {}", benchmarks.status);
    }
    for query in [
        "width=0",
        "width=1000000",
        "height=-1",
        "points=1000000000",
        "series=unknown",
        "from=2027-01-01&to=2026-01-01",
        "range=ALL",
        "range=1M",
        "theme=Dark",
        "range=all&range=all",
        "format=pdf",
    ] {
        let reply = server.get(&format!("{CLAIMS}/{slug}/chart.svg?{query}")).await;
        assert_eq!(reply.status, 400, "{query}: {}", reply.text());
        let reply = server.get(&format!("{CLAIMS}/{slug}/chart.png?{query}")).await;
        assert_eq!(reply.status, 400, "png {query}: {}", reply.text());
    }
    server.stop().await;
}

/// The description of an item of evidence is written beside the type that reads it: both name the same fields.
#[tokio::test]
async fn b9_the_description_of_evidence_names_what_is_read() {
    let server = Server::start().await;
    let slug = created(&server, &claim()).await;
    let item = json!({"item": {"side": "for", "text": "Costs fell by half", "nothing": 1}});
    let reply = server.post(&format!("{CLAIMS}/{slug}/evidence/preview"), &item).await;
    assert_eq!((reply.status, reply.fields()), (422, vec!["item.nothing".to_owned()]));
    let said = reply.json()["errors"][0]["message"].as_str().expect("a message").to_owned();
    let mut read: Vec<&str> = said.split('`').skip(1).step_by(2).collect();
    let description = server.get("/api/openapi.json").await.json();
    let described = &description["components"]["schemas"]["EvidenceInput"]["properties"];
    let mut described: Vec<&str> =
        described.as_object().expect("fields").keys().map(String::as_str).collect();
    read.sort_unstable();
    described.sort_unstable();
    assert_eq!(described, read);
    server.stop().await;
}
