//! From a claim with a rule to its proof, and a snapshot that waits for a person, as a reader without scripts sees them.

use bellwether_core::{actor::Actor, ids::SourceId};
use bellwether_engine::ingest::{Answer, GateWord, Taken};
use bellwether_sources::Snapshot;
use chrono::TimeDelta;
use sha2::{Digest as _, Sha256};

use super::Browser;
use crate::support::Server;

const SOURCE: &str = "id: board
title: A board
url: https://example.org/board.csv
licence: CC BY 4.0
attribution: Example
schedule: '17 * * * *'
format: csv
tables:
  - benchmark: text
    title: Text
    unit: percent
    range: [0, 100]
    key: model
    fields: { model: model, score: score }
    openness: { field: licence, open: [MIT], closed: [Proprietary] }
";

/// So many rows, led by an open model that scores `best`.
fn board(best: &str, rows: u32) -> String {
    let others = (1..rows).map(|i| {
        let licence = if i % 2 == 0 { "MIT" } else { "Proprietary" };
        format!("Model {i},{}.5,{licence}\n", 20 + i)
    });
    format!("model,score,licence\nBest open,{best},MIT\n{}", others.collect::<String>())
}

async fn installed(server: &Server) -> SourceId {
    server.engine.save_source(&Actor::Operator, SOURCE, None).await.expect("a source")
}

async fn give(server: &Server, source: &SourceId, csv: String) -> Taken {
    let answer = Answer::file(source.clone(), server.engine.now(), Snapshot::file(csv));
    server.engine.ingest(&Actor::system("test"), answer).await.expect("taken in")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_is_written_proposed_objected_to_decided_and_its_proof_checked() {
    let server = Server::start().await;
    let Some(browser) = Browser::open_with(&server, false).await else { return };
    let source = installed(&server).await;
    give(&server, &source, board("74", 20)).await;

    browser.go("/claims/new").await;
    browser.fill("#title", "An open model reaches 75 on the board").await;
    browser.fill("#by", "Q1 2027").await;
    browser.fill("#start", "0.5").await;
    browser.fill("input[name=basis]", "no view").await;
    browser.fill("#criteria", "True if it does.").await;
    browser.press("#benchmark-1 option[value='board/text']").await;
    browser.press("#kind-1 option[value=score]").await;
    browser.fill("#value-1", "75").await;
    browser.press("button[value=save]").await;
    let claim = "/claims/an-open-model-reaches-75-on-the-board";
    assert_eq!(browser.client.current_url().await.expect("an address").path(), claim);
    assert_eq!(browser.count("#proposal").await, 0, "74 is not 75");

    // It is reached, and stands for a week.
    let reached = board("76", 20);
    for _ in 0..8 {
        browser.go(claim).await;
        assert_eq!(browser.count("#proposal").await, 0, "it has not stood for a week");
        server.clock.advance(TimeDelta::days(1));
        give(&server, &source, reached.clone()).await;
    }
    browser.go(claim).await;
    assert!(browser.text("#proposal-h").await.contains("Proposed Yes"));

    browser.fill("#proposal textarea", "The board counts a model twice.").await;
    browser.press("#proposal form button").await;
    assert!(browser.text("#proposal").await.contains("The board counts a model twice."));
    browser.go("/resolution").await;
    assert!(browser.text("[aria-labelledby=need]").await.contains("Objected"));
    browser.press("[aria-labelledby=need] a[href$='#proposal']").await;

    browser.press("#proposal input[name=outcome][value=Yes]").await;
    browser.fill("#proposal textarea", "It is counted once.").await;
    browser.press("#proposal form button").await;
    assert!(browser.text(".claim-number .number").await.contains("Yes"));
    browser.press(".claim-number a[href$='/proof']").await;
    assert!(browser.text("h1 + .number").await.contains("Yes"));
    assert!(browser.text("main").await.contains("The board counts a model twice."));
    assert!(browser.text("td[data-label=Score]").await.contains("76"));

    let file = browser.find("td a.hash").await;
    let address = file.attr("href").await.expect("a link").expect("an address");
    let stated = file.attr("title").await.expect("a title").expect("the whole hash");
    let downloaded = server.get(&address).await;
    assert_eq!(downloaded.status, 200);
    assert_eq!(downloaded.text(), reached, "as it was fetched");
    assert_eq!(hex::encode(Sha256::digest(&downloaded.body)), stated);
    browser.close().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_that_lost_most_of_its_rows_waits_for_a_person() {
    let server = Server::start().await;
    let Some(browser) = Browser::open_with(&server, false).await else { return };
    let source = installed(&server).await;
    give(&server, &source, board("74", 20)).await;
    browser.go("/resolution").await;
    assert_eq!(browser.count(".need").await, 0);

    server.clock.advance(TimeDelta::hours(1));
    let taken = give(&server, &source, board("74", 8)).await;
    assert_eq!(taken.tables[0].word, GateWord::Shrunk);
    browser.go("/resolution").await;
    let need = browser.text("[aria-labelledby=need] [data-row^=held-]").await;
    assert!(need.contains("Held back") && need.contains('8') && need.contains("20"), "{need}");

    browser.press("[data-row^=held-] p + p a").await;
    assert!(browser.text("h1").await.contains("Held back"));
    browser.fill("#reason", "The board dropped its old models.").await;
    browser.press("main form button.main").await;
    assert!(browser.client.current_url().await.expect("an address").path().ends_with("/sources/board"));
    browser.go("/resolution").await;
    assert_eq!(browser.count(".need").await, 0, "nothing waits any more");
    browser.close().await;
    server.stop().await;
}
