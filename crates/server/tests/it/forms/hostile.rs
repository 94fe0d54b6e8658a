//! Names and texts that mean something else to a browser, a spreadsheet or a database.

use super::{plain, published};
use crate::support::Server;

#[tokio::test]
async fn b14_b15_ids_and_filters_that_mean_nothing() {
    let server = Server::start().await;
    let long = "x".repeat(10_000);
    let ids =
        ["0", "-1", "9223372036854775808", "abc", "1;drop%20table", "..%2f..%2fetc%2fpasswd", "%00", &long];
    for id in ids {
        for path in [
            format!("/claims/{id}"),
            format!("/claims/{id}/moves"),
            format!("/claims/{id}/proof"),
            format!("/claims/{id}/card"),
            format!("/claims/{id}/export.csv"),
            format!("/evidence/{id}/revise"),
            format!("/evidence/{id}/retract"),
            format!("/sources/{id}"),
            format!("/sources/new?of={id}"),
            format!("/sources/{id}/snapshots/{id}"),
            format!("/benchmarks/{id}/{id}"),
            format!("/snapshots/{id}"),
            format!("/evidence/new?claim={id}"),
        ] {
            let status = server.get(&path).await.status;
            let short: String = path.chars().take(60).collect();
            assert!(matches!(status, 400 | 404 | 414 | 431), "{short}: {status}");
        }
        for path in [
            format!("/evidence/{id}/undo"),
            format!("/evidence/{id}/retract"),
            format!("/claims/{id}/object"),
        ] {
            let status = server.form(&path, &[("reason", "Because it is so.")]).await.status;
            let short: String = path.chars().take(60).collect();
            assert!(matches!(status, 400 | 404 | 414 | 431), "{short}: {status}");
        }
    }
    published(&server, "costs", "").await;
    for path in [
        "/?sort=unknown",
        "/?after=garbage",
        "/?page=0",
        "/?limit=1000000",
        "/?status=unknown",
        "/claims/costs?at=yesterday",
        "/claims/costs?page=1",
        "/claims/costs/moves?before=-1",
        "/claims/costs/moves?before=1e18",
        "/resolution?sort=x",
        "/claims/new?as=yaml&as=form",
        "/evidence/new?owner_id=1",
    ] {
        let reply = server.get(path).await;
        assert_eq!(reply.status, 400, "{path}");
        assert!(reply.text().contains("<h1"), "{path}: a page");
    }
    server.stop().await;
}

#[tokio::test]
async fn b20_b24_markup_stays_text_in_every_page_and_drawing() {
    let server = Server::start().await;
    let hostile = [
        "</text><script>alert(1)</script>",
        "]]> <!-- &lt; <b>bold",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<math><annotation-xml encoding=text/html><script>alert(1)</script>",
        "[x](javascript:alert(1)) [x](JaVa&#x09;script:alert(1)) [x](data:text/html,x) [x](vbscript:x)",
        "{{ 7*7 }} ${7*7} \" onmouseover=\"alert(1)",
    ];
    for (i, text) in hostile.iter().enumerate() {
        let slug = format!("claim-{i}");
        let claim = [
            ("title", *text),
            ("slug", &slug),
            ("by", "Q1 2027"),
            ("start", "0.5"),
            ("context", text),
            ("criteria", text),
            ("do", "save"),
        ];
        let saved = server.form("/claims/new", &claim).await;
        assert_eq!(saved.status, 303, "{text}: {}", plain(&saved.text()));
        let item = [
            ("claim", slug.as_str()),
            ("text", text),
            ("publisher", text),
            ("side", "for"),
            ("points", "6"),
            ("do", "save"),
        ];
        assert_eq!(server.form("/evidence/new", &item).await.status, 303, "{text}");
        for page in ["", "/moves", "/card", "/signals", "/dry-run"] {
            let html = server.get(&format!("/claims/{slug}{page}")).await.text();
            for live in [
                "<script>",
                "<img",
                "<svg/",
                "<math",
                "<b>bold",
                " onmouseover=\"",
                "href=\"javascript",
                "href=\"data",
            ] {
                assert!(!html.contains(live), "{page} of {text}: {live}");
            }
            assert!(!html.contains("]]>") || page.is_empty(), "{page} of {text}");
        }
        let title = plain(&server.get(&format!("/claims/{slug}")).await.text());
        assert!(title.contains(text), "{text} stands there as it was typed");
        let svg = server.get(&format!("/claims/{slug}/chart.svg")).await.text();
        assert!(!svg.contains("<script") && !svg.contains("onerror=a") || svg.contains("&lt;"), "{svg}");
        assert!(!svg.contains("]]>"), "well-formed: {svg}");
        assert!(!server.get("/").await.text().contains("<script>"));
    }
    server.stop().await;
}

#[tokio::test]
async fn b23_cells_that_a_spreadsheet_would_compute_are_neutral() {
    let server = Server::start().await;
    published(&server, "costs", "").await;
    for text in ["=HYPERLINK(\"https://x.example\",\"y\")", "+1+2", "-2+3", "@SUM(A1)", "a, \"quoted\" b"] {
        let item = [
            ("claim", "costs"),
            ("text", text),
            ("publisher", text),
            ("side", "for"),
            ("points", "3"),
            ("do", "save"),
        ];
        assert_eq!(server.form("/evidence/new", &item).await.status, 303, "{text}");
    }
    let csv = server.get("/claims/costs/export.csv").await;
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    let csv = csv.text();
    for start in ["=", "+1+", "-2+", "@"] {
        for before in [",", "\n", ",\"", "\n\""] {
            assert!(
                !csv.contains(&format!("{before}{start}")) || start == "=" && !csv.contains(",="),
                "{start}: {csv}"
            );
        }
    }
    assert!(!csv.contains(",=") && !csv.contains("\n=") && !csv.contains(",\"="), "{csv}");
    assert!(csv.contains("\"\"quoted\"\""), "quotes are doubled: {csv}");
    server.stop().await;
}
