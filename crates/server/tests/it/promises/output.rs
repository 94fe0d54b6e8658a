//! What goes out: headers, cells, drawings, file names, validators.

use bellwether_core::people::{Right, Role};
use bellwether_server::guards;
use serde_json::json;

use crate::{
    bad_input::{created, with},
    people::{PASSWORD, Someone},
    support::{Reply, Server},
};

/// Titles that try to end what they stand in, or to run.
const TITLES: [&str; 9] = [
    "A </text><script>alert(1)</script> claim",
    "A ]]> claim",
    "A &lt;b&gt; & <b>bold</b> claim",
    "A <!-- claim",
    "A \"'`=/ claim\" onload=\"alert(1)",
    "=HYPERLINK(\"https://evil.example\",\"x\")",
    "-2+3 is a claim",
    "@SUM(A1:A9) is a claim",
    "Ein „Anspruch“ — ünïcode ✓ 密",
];

#[tokio::test]
async fn s7_every_kind_of_answer_is_fenced_in() {
    let server = Server::start_demo().await;
    let sha = server.get("/api/v1/sources").await.json();
    assert!(sha["items"].as_array().is_some_and(|all| !all.is_empty()));
    let slug = first_claim(&server).await;
    let claim = format!("/claims/{slug}");
    for path in [
        "/",
        "/nothing",
        "/api/v1/nothing",
        "/api/docs",
        "/resolution",
        "/about",
        "/healthz",
        &claim,
        &format!("{claim}/chart.svg"),
        &format!("{claim}/export.csv"),
        &format!("{claim}/export.json"),
    ] {
        let reply = server.get(path).await;
        let csp = reply.header("content-security-policy").unwrap_or_default();
        for part in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(csp.contains(part), "{path}: {csp}");
        }
        assert!(!csp.contains("unsafe") && !csp.contains('*'), "{path}: {csp}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(reply.header("referrer-policy"), Some("strict-origin-when-cross-origin"), "{path}");
        assert_eq!(reply.header("cross-origin-opener-policy"), Some("same-origin"), "{path}");
        let text = reply.text();
        if reply.header("content-type").is_some_and(|t| t.starts_with("text/html")) {
            for inline in [" style=", "<style", " onclick=", " onload=", "javascript:"] {
                assert!(!text.contains(inline), "{path} has {inline}");
            }
            for script in text.split("<script").skip(1) {
                assert!(
                    script.trim_start().starts_with("type=\"module\" src=\"/assets/"),
                    "{path}: {script:.80}"
                );
            }
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn s7_behind_tls_nothing_goes_without_it() {
    let server = Server::start_behind_tls().await;
    Someone::new(&server, "ada", Role::Admin).await;
    let reply = server.get("/").await;
    assert_eq!(reply.header("strict-transport-security"), Some("max-age=31536000"));
    let reply = server.form("/sign-in", &[("handle", "ada"), ("password", PASSWORD)]).await;
    let cookie = reply.header("set-cookie").expect("a session");
    assert!(cookie.starts_with("__Host-session=bws_") && cookie.ends_with("; Secure"), "{cookie}");
    assert!(Server::start().await.get("/").await.header("strict-transport-security").is_none());
    server.stop().await;
}

#[tokio::test]
async fn s7_stored_bytes_are_downloads_and_never_pages() {
    let server = Server::start_demo().await;
    let proof = server.get("/resolution").await.text();
    let settled =
        proof.split("href=\"/claims/").filter_map(|p| p.split('"').next()).find(|p| p.ends_with("/proof"));
    let page = server.get(&format!("/claims/{}", settled.expect("something is settled"))).await.text();
    let sha = page.split("/snapshots/").nth(1).and_then(|p| p.split('"').next()).expect("a file");
    let reply = server.get(&format!("/snapshots/{sha}")).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("text/plain; charset=utf-8"));
    assert!(reply.header("content-disposition").is_some_and(|d| d.starts_with("attachment")));
    assert!(reply.header("content-security-policy").is_some_and(|csp| csp.contains("sandbox")));
    server.stop().await;
}

#[tokio::test]
async fn s8_no_cell_of_an_export_is_a_formula() {
    let server = Server::start().await;
    for title in TITLES {
        let slug = created(&server, &with("title", json!(title))).await;
        let item = json!({ "item": { "side": "for", "text": title, "strength": 3.0, "publisher": "=1+1" } });
        let added = server.post(&format!("/api/v1/claims/{slug}/evidence"), &item).await;
        assert_eq!(added.status, 201, "{}", added.text());
        for file in [
            format!("/api/v1/claims/{slug}/evidence.csv"),
            format!("/api/v1/claims/{slug}/moves.csv"),
            format!("/claims/{slug}/export.csv"),
        ] {
            let reply = server.get(&file).await;
            assert_eq!(
                (reply.status, reply.header("x-content-type-options")),
                (200, Some("nosniff")),
                "{file}"
            );
            let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(reply.body.as_slice());
            for cell in rows
                .records()
                .flat_map(|row| row.expect("RFC 4180").iter().map(str::to_owned).collect::<Vec<_>>())
            {
                let number = cell.parse::<f64>().is_ok();
                assert!(number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{file}: {cell}");
            }
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn s9_a_drawing_is_well_formed_whatever_the_title_and_runs_nothing() {
    let server = Server::start().await;
    for title in TITLES {
        let slug = created(&server, &with("title", json!(title))).await;
        for path in [format!("/claims/{slug}/chart.svg"), format!("/api/v1/claims/{slug}/chart.svg")] {
            let reply = server.get(&path).await;
            assert_eq!(reply.status, 200, "{title}");
            assert_eq!(reply.header("content-type"), Some("image/svg+xml"));
            assert!(
                reply
                    .header("content-security-policy")
                    .is_some_and(|csp| csp.starts_with("default-src 'none'"))
            );
            let text = reply.text();
            let drawing =
                roxmltree::Document::parse(&text).unwrap_or_else(|e| panic!("{title}: {e}: {text}"));
            for node in drawing.descendants() {
                let name = node.tag_name().name();
                assert!(
                    !matches!(name, "script" | "foreignObject" | "style" | "a" | "image" | "use"),
                    "{title}: {name}"
                );
                for attribute in node.attributes() {
                    let name = attribute.name();
                    assert!(!name.starts_with("on") && name != "href" && name != "style", "{title}: {name}");
                }
            }
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn s10_no_text_reaches_a_header() {
    let server = Server::start().await;
    for title in ["A title\r\nSet-Cookie: x=y", "A title\0", "A \"quoted\"; filename=evil.exe claim"] {
        let reply = server.post("/api/v1/claims?publish=true", &with("title", json!(title))).await;
        if reply.status != 201 {
            assert_eq!(reply.status, 422, "{title:?}: {}", reply.text());
            continue;
        }
        let slug = reply.json()["slug"].as_str().unwrap().to_owned();
        let file = server.get(&format!("/claims/{slug}/export.csv")).await;
        let name = file.header("content-disposition").unwrap();
        let plain =
            name.strip_prefix("attachment; filename=\"").and_then(|n| n.strip_suffix('"')).expect(name);
        assert!(plain.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)), "{name}");
    }
    for path in
        ["/claims/x%0d%0aSet-Cookie:%20x=y", "/?q=%0d%0aSet-Cookie:%20x=y", "/sign-in?next=%0d%0aX:%20y"]
    {
        let reply = server.get(path).await;
        assert!(reply.header("set-cookie").is_none() && reply.header("x").is_none(), "{path}");
        assert!(!reply.header("location").is_some_and(|to| to.contains('\n')), "{path}");
    }
    server.stop().await;
}

/// Addresses that are read, filled in with what the demo holds.
async fn readable(server: &Server) -> Vec<String> {
    let slug = first_claim(server).await;
    let filled = |path: &str| {
        path.replace("/claims/{slug}", &format!("/claims/{slug}"))
            .replace("/claims/{id}", &format!("/claims/{slug}"))
    };
    guards()
        .iter()
        .filter(|g| g.method == "GET" && matches!(g.right, Right::Read | Right::Enter))
        .map(|g| filled(&g.path))
        .filter(|path| !path.contains('{'))
        .collect()
}

async fn first_claim(server: &Server) -> String {
    let list = server.get("/api/v1/claims").await.json();
    list["items"][0]["slug"].as_str().expect("a claim").to_owned()
}

#[tokio::test]
async fn s20_reading_is_bounded_and_says_when_nothing_changed() {
    let server = Server::start_demo().await;
    let mut checked = 0;
    for path in readable(&server).await {
        let reply = server.get(&path).await;
        assert!(reply.status < 500, "{path}: {}", reply.status);
        assert!(reply.body.len() < 2 << 20, "{path}: {} bytes", reply.body.len());
        // What depends on who reads, and what is counted, has no validator.
        let own = reply.header("cache-control").is_some_and(|c| c.contains("no-store"));
        if reply.status != 200 || own {
            continue;
        }
        let tag = reply.header("etag").unwrap_or_else(|| panic!("{path} has no validator"));
        let again = server.send("GET", &path, &[("If-None-Match", tag)], b"").await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
        checked += 1;
    }
    assert!(checked > 25, "{checked}");
    let slug = first_claim(&server).await;
    let images = (0..24).map(|n| {
        let path = format!("/claims/{slug}/chart.png?at=2026-04-05T10:{n:02}:00Z");
        let server = &server;
        async move { server.get(&path).await }
    });
    let images: Vec<Reply> = futures::future::join_all(images).await;
    for image in &images {
        assert!(matches!(image.status, 200 | 503), "{}", image.status);
        assert!(image.status != 503 || image.header("retry-after").is_some());
    }
    assert_eq!(server.get("/healthz").await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn s6_words_are_rendered_and_nothing_in_them_runs() {
    let server = Server::start().await;
    let context = "**Bold**, a [link](https://example.org/x), <script>alert(1)</script> <img src=x onerror=alert(1)> \
                   [bad](javascript:alert(1)) ![remote](https://example.org/track.png)";
    let slug = created(&server, &with("context", json!(context))).await;
    let page = server.get(&format!("/claims/{slug}")).await.text();
    assert!(page.contains("<strong>Bold</strong>"), "{page}");
    let link = page.split("href=\"https://example.org/x\"").nth(1).and_then(|rest| rest.split('>').next());
    assert!(
        link.is_some_and(|l| ["nofollow", "ugc", "noopener"].iter().all(|word| l.contains(word))),
        "{link:?}"
    );
    for never in ["<script>alert", "<img", "href=\"javascript:", "src=\"https://example.org"] {
        assert!(!page.contains(never), "{never}");
    }
    let raw = server.get(&format!("/api/v1/claims/{slug}")).await.json();
    assert_eq!(raw["document"]["context"], context, "programs get what was written");
    server.stop().await;
}
