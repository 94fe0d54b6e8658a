//! What a newcomer sees who presses "Next update" until the story is told.

use super::Browser;
use crate::support::Server;

const MOVED: &str = "[data-row=open-within-5-on-eci]";
const PROPOSED: &str = "[data-row=a-model-reaches-160-on-eci]";
const SETTLED: &str = "[data-row=a-model-reaches-158-on-eci]";

/// The number of the claim that moves, in percent, and how many items of evidence it rests on.
async fn stands(browser: &Browser) -> (u32, u32) {
    let number = browser.text(&format!("{MOVED} .number-row [aria-hidden]")).await;
    let percent = number.trim_end_matches('%').trim().parse().unwrap_or_else(|_| panic!("{number}"));
    let text = browser.text(MOVED).await;
    let words: Vec<&str> = text.split_whitespace().collect();
    let items = words
        .windows(2)
        .find(|pair| pair[1] == "items" || pair[1] == "item")
        .and_then(|pair| pair[0].parse().ok())
        .unwrap_or_else(|| panic!("{text}"));
    (percent, items)
}

/// The signals beside that claim; then back to the front page.
async fn signals(browser: &Browser) -> String {
    browser.go("/claims/open-within-5-on-eci").await;
    let text = browser.text("section[aria-labelledby=signals]").await;
    browser.go("/").await;
    text
}

async fn next_update(browser: &Browser, day: &str) {
    browser.press(".demo button").await;
    assert!(browser.text(".demo").await.contains(day), "the clock");
}

#[tokio::test(flavor = "multi_thread")]
async fn three_updates_bring_a_signal_evidence_that_moves_a_number_and_a_proposal() {
    let server = Server::start_demo().await;
    let Some(browser) = Browser::open(&server).await else { return };
    browser.go("/").await;
    assert!(browser.text(".demo").await.contains("6 Apr 2026"));
    assert!(browser.text(SETTLED).await.contains("Proposed Yes"));
    let signals = signals(&browser).await;
    let (percent, items) = stands(&browser).await;

    next_update(&browser, "7 Apr 2026").await;
    let more = self::signals(&browser).await;
    assert!(more != signals && more.contains("161"), "{signals}\n\nthen\n\n{more}");
    assert!(browser.text(&format!("{SETTLED} .outcome")).await.contains("Yes"));
    assert_eq!(stands(&browser).await, (percent, items), "a signal alone moves nothing");
    let news = browser.text("section[aria-labelledby=happened]").await;
    assert!(
        news.contains("claude-mythos") && news.contains("12.98 index points"),
        "the first page tells it: {news}"
    );

    next_update(&browser, "10 Apr 2026").await;
    let (now, count) = stands(&browser).await;
    assert_eq!(count, items + 1, "the signal is counted");
    assert!(now < percent, "{percent}% to {now}%");
    let fewer = self::signals(&browser).await;
    assert!(
        more.contains("leads with 161") && !fewer.contains("leads with 161"),
        "it waits no more: {fewer}"
    );
    assert!(!browser.text(PROPOSED).await.contains("Proposed Yes"));

    next_update(&browser, "14 Apr 2026").await;
    assert!(browser.text(PROPOSED).await.contains("Proposed Yes"));
    assert!(browser.text(".demo").await.contains("That was the last update."));
    assert_eq!(browser.count(".demo button").await, 0);
    browser.close().await;
    server.stop().await;
}
