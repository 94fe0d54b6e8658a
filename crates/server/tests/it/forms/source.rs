//! A new source, and a new version of one.

use super::{plain, refused, with};
use crate::support::Server;

const DOCUMENT: &str = "id: mine
title: Mine
url: https://example.org/board.csv
licence: CC0
attribution: Nobody
schedule: \"23 5 * * *\"
stale_after: 60d
format: csv
tables:
  - benchmark: quiz
    title: Quiz
    unit: percent
    range: [0, 100]
    key: model
    fields: { model: model, score: score }
";

const SAMPLE: &str = "model,score\nAlpha,81.5\nBeta,79\nGamma,n.a. here\n";

fn form<'a>(document: &'a str, act: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("document", document), ("from", "pasted"), ("sample", SAMPLE), ("do", act)]
}

/// The name of what was looked at, as the form carries it.
fn seen(html: &str) -> String {
    let rest =
        html.split("name=\"seen\" value=\"").nth(1).unwrap_or_else(|| panic!("nothing was seen: {html}"));
    rest.split('"').next().expect("a value").to_owned()
}

#[tokio::test]
async fn a_source_is_tried_before_it_is_saved_and_changed_with_a_reason() {
    let server = Server::start().await;
    assert!(server.get("/sources").await.text().contains("href=\"/sources/new\""));
    assert_eq!(server.get("/sources/new").await.status, 200);
    let before = server.rows().await;
    let tried = server.form("/sources/new", &form(DOCUMENT, "preview")).await;
    let html = plain(&tried.text());
    assert_eq!(tried.status, 200, "{html}");
    for told in ["Alpha", "81.5", "mine/quiz", "score of Gamma is unreadable", "Add this source"] {
        assert!(html.contains(told), "{told}: {html}");
    }
    assert_eq!(server.rows().await, before, "nothing is saved yet");

    let unseen = server.form("/sources/new", &form(DOCUMENT, "save")).await;
    assert!(unseen.status == 200 && plain(&unseen.text()).contains("look, then save"), "rows come first");
    assert_eq!(server.rows().await, before);
    let seen_now = seen(&html);
    let saved = server.form("/sources/new", &with(&form(DOCUMENT, "save"), "seen", &seen_now)).await;
    assert_eq!((saved.status, saved.header("location")), (303, Some("/sources/mine")), "{}", saved.text());
    let page = server.get("/sources/mine").await.text();
    assert!(page.contains("href=\"/sources/new?of=mine\""), "{page}");

    let html = server.get("/sources/new?of=mine").await.text();
    assert!(plain(&html).contains(DOCUMENT), "the document stands there: {html}");
    let changed = DOCUMENT.replace("title: Quiz", "title: The quiz");
    let html = server.form("/sources/new", &form(&changed, "preview")).await.text();
    assert!(html.contains("Save the new version") && html.contains("What changed, and why"), "{html}");
    let save = with(&form(&changed, "save"), "seen", "x");
    let seen_now = seen(&html);
    let html = refused(&server, "/sources/new", &with(&save, "seen", &seen_now), "reason").await.text();
    assert!(html.contains("Alpha"), "the rows stay in sight");
    let save: Vec<_> =
        with(&save, "seen", &seen_now).into_iter().chain([("reason", "Its new name.")]).collect();
    assert_eq!(server.form("/sources/new", &save).await.status, 303);
    assert!(server.get("/sources/mine").await.text().contains("The quiz"));
    assert_eq!(server.get("/sources/new?of=nowhere").await.status, 404);
    server.stop().await;
}

#[tokio::test]
async fn b28_b36_documents_that_cannot_be_meant_are_told_by_their_key() {
    let server = Server::start().await;
    for (from, to) in [
        ("23 5 * * *", "* * * * * *"),
        ("23 5 * * *", "* * * * *"),
        ("23 5 * * *", "61 * * * *"),
        ("60d", "0d"),
        ("{ model: model, score: score }", "{}"),
        ("https://example.org", "file:///etc"),
        ("id: mine", "id: ../mine"),
        ("unit: percent", "unit: parsec"),
        ("licence: CC0", "licence: CC0\nis_admin: true"),
        ("id: mine", "a: &a [*a, *a]\nid: mine"),
    ] {
        let document = DOCUMENT.replace(from, to);
        for act in ["preview", "save"] {
            let html = refused(&server, "/sources/new", &form(&document, act), "document").await.text();
            assert!(plain(&html).contains(document.trim()), "{to}: the document is kept");
            assert!(html.contains("Alpha,81.5"), "{to}: the sample is kept");
        }
    }
    refused(&server, "/sources/new", &form("", "preview"), "document").await;
    let html =
        refused(&server, "/sources/new", &with(&form(DOCUMENT, "preview"), "sample", " "), "sample").await;
    assert!(html.text().contains("Paste what the address answers"));
    let html =
        refused(&server, "/sources/new", &with(&form(DOCUMENT, "preview"), "from", "address"), "from").await;
    assert!(html.text().contains("does not fetch from other machines"));
    refused(&server, "/sources/new", &with(&form(DOCUMENT, "preview"), "from", "kept"), "from").await;
    server.stop().await;
}

#[tokio::test]
async fn b46_samples_that_are_no_table_are_told_and_save_nothing() {
    let server = Server::start().await;
    let html =
        DOCUMENT.replace("format: csv", "format: html").replace("    key:", "    rows: table tr\n    key:");
    let deep = "<div>".repeat(20_000);
    for (document, sample) in [
        (DOCUMENT, "<html><title>Just a moment</title>"),
        (DOCUMENT, "\u{0}\u{1}\u{2}"),
        (DOCUMENT, "other,columns\n1,2\n"),
        (html.as_str(), deep.as_str()),
        (html.as_str(), "<table><tr><td rowspan=1000000000>x<td colspan=-1>y"),
    ] {
        let before = server.rows().await;
        let reply = server.form("/sources/new", &with(&form(document, "preview"), "sample", sample)).await;
        let text = plain(&reply.text());
        assert!(matches!(reply.status, 200 | 422), "{}: {text}", reply.status);
        let reason = text.contains("no rows") || text.contains("no row has") || text.contains("field-error");
        assert!(reason, "a named reason: {text}");
        assert_eq!(server.rows().await, before);
    }
    server.stop().await;
}
