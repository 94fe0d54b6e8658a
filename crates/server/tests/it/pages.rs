//! Pages where what a reader asks for has just become impossible, or is asked for twice in one place.

use bellwether_core::actor::Actor;
use bellwether_engine::ingest::Answer;
use bellwether_sources::Snapshot;
use chrono::TimeDelta;

use crate::support::Server;

const SOURCE: &str = "id: board
title: A board
url: https://example.org/board.csv
licence: CC BY 4.0
attribution: Example
schedule: '17 * * * *'
format: csv
tables:
  - &table
    benchmark: text
    title: Text
    unit: percent
    range: [0, 100]
    key: model
    fields: { model: model, score: text }
    openness: { field: licence, open: [MIT], closed: [Proprietary] }
  - benchmark: code
    title: Code
    unit: percent
    range: [0, 100]
    key: model
    fields: { model: model, score: code }
    openness: { field: licence, open: [MIT], closed: [Proprietary] }
";

fn board(best: &str, rows: u32) -> String {
    let others = (1..rows).map(|i| format!("Model {i},{}.5,{}.5,Proprietary\n", 20 + i, 30 + i));
    format!("model,text,code,licence\nBest open,{best},{best},MIT\n{}", others.collect::<String>())
}

async fn give(server: &Server, csv: String) {
    let source = "board".parse().expect("an id");
    let answer = Answer::file(source, server.engine.now(), Snapshot::file(csv));
    server.engine.ingest(&Actor::system("test"), answer).await.expect("taken in");
}

async fn installed() -> Server {
    let server = Server::start().await;
    let source = SOURCE.replace("&table\n    ", "");
    server.engine.save_source(&Actor::Operator, &source, None).await.expect("a source");
    server
}

#[tokio::test]
async fn an_objection_after_the_window_is_answered_by_the_page_and_not_offered_by_it() {
    let server = installed().await;
    give(&server, board("76", 20)).await;
    let claim = "title: It reaches 75\nslug: reaches\nstart: { p: 0.5, basis: no view }\nwindow: { by: Q1 2027 }\n\
                 criteria: True if it does.\nconfirm: { for: 1d, polls: 2 }\n\
                 rule: { score: { benchmark: board/text, of: open, at_least: 75 } }\n";
    assert_eq!(
        server.form("/claims/new", &[("as", "yaml"), ("yaml", claim), ("do", "save")]).await.status,
        303
    );
    for _ in 0..3 {
        server.clock.advance(TimeDelta::hours(12));
        give(&server, board("76", 20)).await;
    }
    let page = server.get("/claims/reaches").await.text();
    assert!(page.contains("Proposed Yes") && page.contains("Object to this"));

    // The window has ended; what settles claims has not come by yet.
    server.clock.advance(TimeDelta::hours(36));
    let page = server.get("/claims/reaches").await.text();
    assert!(page.contains("The time for objections ended") && !page.contains("Object to this"));
    assert!(!server.get("/resolution").await.text().contains(">Object<"), "the dashboard offers it neither");
    let late = server.form("/claims/reaches/object", &[("reason", "It is counted twice.")]).await;
    assert_eq!(late.status, 409);
    let page = late.text();
    assert!(page.contains("Not recorded:") && page.contains("the time for objections ended on"), "{page}");
    assert!(page.contains("It reaches 75"), "it is the claim's page");
    server.stop().await;
}

#[tokio::test]
async fn two_tables_held_back_in_one_fetch_have_an_address_each() {
    let server = installed().await;
    give(&server, board("76", 20)).await;
    server.clock.advance(TimeDelta::hours(1));
    give(&server, board("76", 8)).await;
    let page = server.get("/resolution").await.text();
    for (name, other) in [("text", "code"), ("code", "text")] {
        let end = format!("?benchmark={name}\"");
        let address = page.split("href=\"").find_map(|rest| {
            let to = rest.find('"')? + 1;
            rest[..to].ends_with(&end).then(|| rest[..to - 1].to_owned())
        });
        let held = server.get(&address.unwrap_or_else(|| panic!("no link to {name}: {page}"))).await;
        assert_eq!(held.status, 200);
        let held = held.text();
        assert!(
            held.contains(&format!("board/{name}")) && !held.contains(&format!("board/{other}")),
            "{held}"
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn the_number_of_claims_is_that_of_all_pages() {
    let server = Server::start().await;
    for n in 0..32 {
        let claim =
            format!("title: Claim number {n}\nwindow: {{ by: Q1 2027 }}\ncriteria: A person decides.\n");
        let saved = server.form("/claims/new", &[("as", "yaml"), ("yaml", &claim), ("do", "save")]).await;
        assert_eq!(saved.status, 303, "{}", saved.text());
    }
    let page = server.get("/?sort=new").await.text();
    assert!(page.contains("32\u{a0}claims") && page.contains("Next page"), "{page}");
    server.stop().await;
}

/// A page's text as a reader sees it, blanks squeezed.
fn seen(html: &str) -> String {
    let text: String =
        html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect();
    crate::forms::plain(&text).replace("&#39;", "'").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_words_of_the_demo_stand_as_they_were_written() {
    let server = Server::start_demo().await;
    let claims = server.get("/api/v1/claims?limit=200").await.json();
    let mut texts = 0;
    for claim in claims["items"].as_array().expect("claims") {
        let slug = claim["slug"].as_str().expect("a slug");
        let page = seen(&server.get(&format!("/claims/{slug}")).await.text());
        let file = server.get(&format!("/claims/{slug}/export.json")).await.json();
        let items = file["evidence"].as_array().expect("evidence").iter().map(|e| &e["item"]["text"]);
        for words in items.chain([&file["document"]["criteria"], &file["document"]["context"]]) {
            let words = words.as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(page.contains(&words), "{slug}: {words}");
            texts += 1;
        }
    }
    assert!(texts > 20, "{texts}");
    server.stop().await;
}
