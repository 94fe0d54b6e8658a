//! Evidence whose text or link would do harm where it is shown.

use serde_json::{Value, json};

use super::{claim, created, refused_json, with};
use crate::support::Server;

fn item(change: impl FnOnce(&mut Value)) -> Value {
    let mut item = json!({"side": "for", "text": "Costs fell by half", "strength": 6.0});
    change(&mut item);
    json!({ "item": item })
}

#[tokio::test]
async fn b1_b9_evidence_with_values_it_cannot_have() {
    let server = Server::start().await;
    let slug = created(&server, &claim()).await;
    for path in [format!("/api/v1/claims/{slug}/evidence"), format!("/api/v1/claims/{slug}/evidence/preview")]
    {
        for strength in [
            json!(41),
            json!(-1),
            json!("mighty"),
            json!(null),
            json!(true),
            json!([6]),
            json!({"likelihood_ratio": 0}),
        ] {
            refused_json(&server, &path, &[item(|i| i["strength"] = strength)], &[422], None).await;
        }
        for (field, value) in [
            ("relevance", json!(1.1)),
            ("relevance", json!("high")),
            ("side", json!("sideways")),
            ("kind", json!("gossip")),
            ("tier", json!("god")),
            ("counts", json!(40)),
            ("id", json!("x")),
            ("observed_at", json!("yesterday")),
            ("observed_at", json!("2031-01-01T00:00:00Z")),
            ("published_on", json!("2026-02-30")),
            ("supersedes", json!("abc")),
            ("option", json!("Neither")),
            ("text", json!("")),
            ("text", json!("\u{200B}\u{200D}")),
            ("text", json!("a\u{0}b c")),
            ("text", json!("a".repeat(5_000))),
            ("title", json!("a\u{202E}b")),
            ("publisher", json!("a\nb")),
        ] {
            refused_json(&server, &path, &[item(|i| i[field] = value)], &[422], None).await;
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn b20_markup_is_text() {
    let server = Server::start().await;
    let slug = created(&server, &claim()).await;
    for text in [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<math><annotation-xml encoding=\"text/html\"><script>alert(1)</script></annotation-xml></math>",
        "<a href=javascript:alert(1)>x</a>",
        "[x](javascript:alert(1))",
        "[x](JaVa&#x09;script:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:msgbox)",
        "</textarea></title><script>alert(1)</script>",
        "\"><script>alert(1)</script>",
        "{{ 7 * 7 }} ${7*7} <%= 7 %>",
    ] {
        let reply =
            server.post(&format!("/api/v1/claims/{slug}/evidence"), &item(|i| i["text"] = json!(text))).await;
        assert_eq!(reply.status, 201, "{text}: {}", reply.text());
    }
    let page = server.get(&format!("/claims/{slug}")).await;
    if page.status == 200 {
        let html = page.text().to_lowercase();
        for harm in [
            "<script>alert",
            "<img src=x",
            "<svg/onload",
            "<math",
            "<a href=javascript",
            "href=\"javascript",
            "href=\"data:",
            "href=\"vbscript",
            "href=\"java",
        ] {
            assert!(!html.contains(harm), "{harm}");
        }
    }
    let listed = server.get(&format!("/api/v1/claims/{slug}/evidence")).await;
    assert_eq!(listed.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(listed.header("content-type"), Some("application/json"));
    server.stop().await;
}

#[tokio::test]
async fn b21_markdown_that_explodes() {
    let server = Server::start().await;
    let slug = created(&server, &claim()).await;
    let path = format!("/api/v1/claims/{slug}/evidence");
    for piece in ["[", "*", ">", "- ", "![", "`", "<"] {
        let text = piece.repeat(1_000_000 / piece.len());
        refused_json(&server, &path, &[item(|i| i["text"] = json!(text))], &[413, 422], None).await;
        // The longest that is taken is shown in good time.
        let fits = format!("a{}", piece.repeat(3_900 / piece.len()));
        let reply = server.post(&path, &item(|i| i["text"] = json!(fits))).await;
        assert!(matches!(reply.status, 201 | 422), "{piece}: {}", reply.text());
    }
    let page = server.get(&format!("/claims/{slug}")).await;
    assert!(matches!(page.status, 200 | 404), "{}", page.status);
    server.stop().await;
}

#[tokio::test]
async fn b22_links_that_lead_elsewhere() {
    let server = Server::start().await;
    let slug = created(&server, &claim()).await;
    let path = format!("/api/v1/claims/{slug}/evidence");
    let long = format!("https://example.org/{}", "a".repeat(5_000));
    let cases: Vec<Value> = [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://example.org/x",
        "//example.org/x",
        "example.org",
        "http://",
        "https://user:pass@example.org/",
        "http://example.org\\@evil.example/",
        "https://exa mple.org/",
        "https://example.org/\nx",
        "https://example.org/a b",
        long.as_str(),
    ]
    .into_iter()
    .map(|url| item(|i| i["url"] = json!(url)))
    .collect();
    refused_json(&server, &path, &cases, &[422], Some("url")).await;
    // A look-alike name is kept in the form that shows it.
    let reply = server.post(&path, &item(|i| i["url"] = json!("https://ex\u{430}mple.org/x"))).await;
    assert!(matches!(reply.status, 201 | 422), "{}", reply.text());
    if reply.status == 201 {
        let listed = server.get(&path).await.text();
        assert!(listed.contains("xn--") && !listed.contains("ex\u{430}mple"), "{listed}");
    }
    server.stop().await;
}

#[tokio::test]
async fn b23_cells_that_look_like_formulas() {
    let server = Server::start().await;
    let slug = created(&server, &claim()).await;
    let path = format!("/api/v1/claims/{slug}/evidence");
    let risky = ["=HYPERLINK(\"http://evil\",\"x\")", "+1+cmd", "-2+3 is", "@SUM(A1)", "say \"no\",\nthen"];
    for text in risky {
        let reply = server.post(&path, &item(|i| i["text"] = json!(text))).await;
        assert_eq!(reply.status, 201, "{text}: {}", reply.text());
    }
    for file in ["evidence.csv", "moves.csv"] {
        let reply = server.get(&format!("/api/v1/claims/{slug}/{file}")).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/csv; charset=utf-8")));
        assert!(reply.header("content-disposition").is_some_and(|d| d.starts_with("attachment")));
        let mut rows = csv::ReaderBuilder::new().from_reader(reply.body.as_slice());
        for row in rows.records() {
            for cell in &row.expect("RFC 4180") {
                let number = cell.parse::<f64>().is_ok();
                assert!(number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{file}: {cell}");
            }
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn b24_titles_that_close_what_they_stand_in() {
    let server = Server::start().await;
    for title in [
        "A </text><script>alert(1)</script> claim",
        "A ]]> claim",
        "A &lt;b&gt; claim",
        "A <!-- claim",
        "A \"'`=/ claim",
    ] {
        let slug = created(&server, &with("title", json!(title))).await;
        let read = server.get(&format!("/api/v1/claims/{slug}")).await.json();
        assert_eq!(read["document"]["title"], title);
        for page in [format!("/claims/{slug}"), format!("/claims/{slug}/chart.svg"), "/".to_owned()] {
            let reply = server.get(&page).await;
            assert!(!reply.text().contains("<script>alert"), "{title} on {page}");
            assert!(reply.status < 500, "{title} on {page}");
        }
    }
    server.stop().await;
}
