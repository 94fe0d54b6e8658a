//! Evidence: read, tried, added, corrected, taken back.

use bellwether_core::actor::Actor;
use chrono::TimeDelta;

use super::{plain, published, refused, with};
use crate::support::{OnePage, Server};

const ITEM: [(&str, &str); 5] =
    [("text", "Compute costs fell"), ("side", "for"), ("points", "6"), ("kind", "press"), ("do", "save")];

fn item(claim: &str) -> Vec<(&str, &str)> {
    with(&ITEM, "claim", claim)
}

/// The address that a saved form leads to, without what it says in its query.
fn leads_to(reply: &crate::support::Reply) -> String {
    assert_eq!(reply.status, 303, "{}", plain(&reply.text()));
    reply.header("location").expect("an address").to_owned()
}

/// The id at the end of `?added=`.
fn added(reply: &crate::support::Reply) -> String {
    leads_to(reply).rsplit_once('=').expect("an id").1.to_owned()
}

#[tokio::test]
async fn b3_b22_values_that_cannot_be_taken_stand_beside_their_field() {
    let server = Server::start().await;
    let claim = published(&server, "costs", "").await;
    let long = format!("https://example.org/{}", "x".repeat(5_000));
    for url in [
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
    ] {
        let html = refused(&server, "/evidence/new", &with(&item(&claim), "url", url), "url").await.text();
        assert!(html.contains("Compute costs fell"), "{url}: the text is kept");
    }
    for points in ["0,5", "50%", "NaN", "-3", "41", "three", "1e400", ""] {
        let form = with(&with(&item(&claim), "points", "own"), "own_points", points);
        let html = refused(&server, "/evidence/new", &form, "points").await.text();
        assert!(points.is_empty() || html.contains(&format!("value=\"{points}\"")), "{points} is kept");
    }
    for day in ["12.03.2026", "2026-02-30", "03/04/26", "2027-01-01", "yesterday"] {
        refused(&server, "/evidence/new", &with(&item(&claim), "observed", day), "observed").await;
    }
    refused(&server, "/evidence/new", &with(&item(&claim), "side", ""), "side").await;
    refused(&server, "/evidence/new", &with(&item(&claim), "text", "\u{200b}"), "text").await;
    refused(&server, "/evidence/new", &ITEM, "claim").await;
    refused(&server, "/evidence/new", &item("no-such-claim"), "claim").await;
    server.stop().await;
}

#[tokio::test]
async fn b22_a_name_in_another_script_stands_in_its_plain_form() {
    let server = Server::start().await;
    let claim = published(&server, "costs", "").await;
    // The first letter is Cyrillic.
    let url = "https://\u{430}pple.com/news";
    assert_eq!(server.form("/evidence/new", &with(&item(&claim), "url", url)).await.status, 303);
    let named = with(&with(&item(&claim), "url", url), "publisher", "Apple");
    assert_eq!(server.form("/evidence/new", &named).await.status, 303);
    let html = plain(&server.get("/claims/costs").await.text());
    assert!(html.contains(">xn--pple-43d.com<"), "{html}");
    assert!(html.contains(">Apple (xn--pple-43d.com)<"), "{html}");
    assert!(!html.contains("\u{430}pple.com"), "{html}");
    server.stop().await;
}

#[tokio::test]
async fn an_item_is_filled_in_tried_added_undone_corrected_and_taken_back() {
    let server = Server::start().await;
    let claim = published(&server, "costs", "").await;
    let html = server
        .get("/evidence/new?claim=costs&url=https%3A%2F%2Fexample.org%2Fa&text=Costs+fell&side=against")
        .await
        .text();
    for filled in
        ["value=\"https://example.org/a\"", ">Costs fell<", "value=\"against\" checked", "Whether costs"]
    {
        assert!(html.contains(filled), "{filled}: {html}");
    }
    let tried = server.form("/evidence/new", &with(&item(&claim), "do", "preview")).await;
    assert_eq!(tried.status, 200);
    let html = plain(&tried.text());
    assert!(html.contains("This would move it: 50.0%") && html.contains("unsourced"), "{html}");
    let unfinished = server.form("/evidence/new", &[("claim", "costs"), ("do", "preview")]).await;
    assert!(unfinished.status == 200 && !unfinished.text().contains("field-error"), "no mistake yet");

    let first = added(&server.form("/evidence/new", &item(&claim)).await);
    let page = plain(&server.get(&format!("/claims/costs?added={first}")).await.text());
    assert!(page.contains("Added.") && page.contains("Undo"), "{page}");
    let undone = server.form(&format!("/evidence/{first}/undo"), &[]).await;
    assert!(leads_to(&undone).starts_with("/claims/costs?undone="));
    assert!(server.get("/claims/costs").await.text().contains("50%"));

    let second = added(&server.form("/evidence/new", &item(&claim)).await);
    server.clock.advance(TimeDelta::seconds(61));
    assert_eq!(server.form(&format!("/evidence/{second}/undo"), &[]).await.status, 409, "the minute is over");
    let form = server.get(&format!("/evidence/{second}/revise")).await.text();
    assert!(form.contains("Compute costs fell") && form.contains("name=\"revision\" value=\"1\""), "{form}");
    let path = format!("/evidence/{second}/revise");
    let better = with(&with(&item(&claim), "text", "Compute costs fell by half"), "revision", "1");
    refused(&server, &path, &with(&better, "text", ""), "text").await;
    assert!(leads_to(&server.form(&path, &better).await).starts_with("/claims/costs?corrected="));
    let late = refused(&server, &path, &better, "text").await;
    assert!(plain(&late.text()).contains("somebody corrected this item meanwhile"), "a stale edit");

    let path = format!("/evidence/{second}/retract");
    let long = "x".repeat(3_000);
    let html = refused(&server, &path, &[("reason", &long)], "reason").await.text();
    assert!(html.contains(&long), "the reason is kept");
    assert!(leads_to(&server.form(&path, &[("reason", "It was wrong.")]).await).contains("retracted="));
    assert_eq!(server.get(&path).await.status, 409, "it is retracted already");
    server.stop().await;
}

#[tokio::test]
async fn one_item_goes_to_several_claims_and_asks_which_option() {
    let server = Server::start().await;
    published(&server, "costs", "").await;
    let options = "options: [DeepSeek, Alibaba, Moonshot]\n";
    published(&server, "first", options).await;
    let html = server.get("/evidence/new?claim=first").await.text();
    assert!(html.contains("For or against which option?") && html.contains("Moonshot"), "{html}");
    let html = refused(&server, "/evidence/new", &item("first"), "option").await.text();
    assert!(plain(&html).contains("Say which option it is about"), "{html}");
    let chosen = with(&item("first"), "option", "Alibaba");
    assert!(leads_to(&server.form("/evidence/new", &chosen).await).starts_with("/claims/first?added="));

    let both: Vec<_> = item("costs").into_iter().chain([("claim", "first"), ("several", "1")]).collect();
    let html = plain(&refused(&server, "/evidence/new", &both, "option.first").await.text());
    assert!(html.contains("Which option of “Whether first comes about”?"), "{html}");
    let both = with(&both, "option.first", "Moonshot");
    let tried = server.form("/evidence/new", &with(&both, "do", "preview")).await.text();
    assert_eq!(tried.matches("This would move it").count(), 2, "{tried}");
    assert_eq!(server.form("/evidence/new", &both).await.status, 303);
    for claim in ["costs", "first"] {
        assert!(
            server.get(&format!("/claims/{claim}")).await.text().contains("Compute costs fell"),
            "{claim}"
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn the_page_that_was_read_is_kept_with_the_item() {
    let server = Server::start().await;
    let claim = published(&server, "costs", "").await;
    let url = "https://example.org/a";
    let read = server.engine.read_link(&Actor::Operator, &OnePage, url).await.expect("read");
    let kept = read.snapshot.to_string();
    let form = with(&with(&item(&claim), "url", url), "kept", &kept);

    // A name that was made up, one of another page, one without a link: told beside the link; then it saves without.
    for (link, name) in [
        (url, "abc"),
        (url, "00000000-0000-0000-0000-000000000000"),
        ("https://example.org/b", kept.as_str()),
        ("", kept.as_str()),
    ] {
        let wrong = with(&with(&form, "url", link), "kept", name);
        let html = refused(&server, "/evidence/new", &wrong, "url").await.text();
        assert!(!html.contains("name=\"kept\""), "{name} for {link}: it can be saved without");
    }
    let saved = added(&server.form("/evidence/new", &form).await);
    let html = server.get("/claims/costs").await.text();
    let copy = html.split("href=\"/snapshots/").nth(1).and_then(|rest| rest.split('"').next());
    let copy = copy.unwrap_or_else(|| panic!("no kept copy: {html}"));
    assert_eq!(server.get(&format!("/snapshots/{copy}")).await.body, b"<title>Costs fell</title>");

    // Corrected without a new reading the copy stays, as long as the link does.
    let path = format!("/evidence/{saved}/revise");
    let reworded = with(&with(&item(&claim), "url", url), "text", "Costs fell by half");
    assert_eq!(server.form(&path, &reworded).await.status, 303);
    assert!(server.get("/claims/costs").await.text().contains("kept copy"));
    let moved = with(&reworded, "url", "https://example.org/b");
    refused(&server, &path, &with(&moved, "kept", &kept), "url").await;
    assert_eq!(server.form(&path, &moved).await.status, 303);
    assert!(!server.get("/claims/costs").await.text().contains("kept copy"));
    server.stop().await;
}

#[tokio::test]
async fn a_link_that_cannot_be_read_says_so_beside_it() {
    let server = Server::start().await;
    let claim = published(&server, "costs", "").await;
    let form = with(&with(&item(&claim), "url", "https://example.org/a"), "do", "read");
    let html = plain(&refused(&server, "/evidence/new", &form, "url").await.text());
    assert!(html.contains("does not fetch from other machines"), "{html}");
    server.stop().await;
}
