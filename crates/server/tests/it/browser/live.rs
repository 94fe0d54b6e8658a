//! What happens reaches a browser: its own reader of events, and the pages that listen.

use std::time::Duration;

use serde_json::{Value, json};

use super::Browser;
use crate::{
    bad_input::{claim, created, with},
    live::forecast,
    support::Server,
};

/// Waits until a script gives back a value, at most 30 seconds.
async fn becomes(browser: &Browser, script: &str, value: &Value) {
    let mut is = Value::Null;
    for _ in 0..600 {
        is = browser.run(script).await;
        if is == *value {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{script}: {is} and not {value}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a19_a_browser_hears_every_event_once_and_in_order_over_restarts() {
    let mut server = Server::start().await;
    let Some(browser) = Browser::open(&server).await else { return };
    let slug = created(&server, &claim()).await;
    let begin = server.engine.last_event().await.expect("a number");
    browser.go("/about").await;
    browser
        .run(
            "window.heard = []; window.opened = 0; const stream = new EventSource('/api/v1/events/stream');
            stream.onopen = () => { window.opened += 1; };
            stream.onmessage = (e) => window.heard.push([Number(e.lastEventId), JSON.parse(e.data).seq]);
            stream.addEventListener('reset', () => window.heard.push('reset'));",
        )
        .await;
    becomes(&browser, "return window.opened", &json!(1)).await;
    // Before anything was heard, then while much is written.
    let (engine, of) = (server.engine.clone(), slug.clone());
    server.restart(async move { forecast(&engine, "ada", &of, 0.5).await }).await;
    becomes(&browser, "return window.opened", &json!(2)).await;
    let (engine, of) = (server.engine.clone(), slug.clone());
    let writer = tokio::spawn(async move {
        for n in 0..100 {
            forecast(&engine, "ben", &of, 0.45 + f64::from(n) / 1_000.0).await;
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    });
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    server.restart(tokio::time::sleep(Duration::from_millis(300))).await;
    writer.await.expect("all is written");
    let last = server.engine.last_event().await.expect("a number");
    assert_eq!(last, begin + 101);
    let every: Vec<_> = (begin + 1..=last).map(|seq| [seq, seq]).collect();
    becomes(&browser, "return window.heard.length", &json!(every.len())).await;
    assert_eq!(browser.run("return window.heard").await, json!(every));
    assert!(browser.run("return window.opened").await.as_u64() >= Some(3), "it came back by itself");
    browser.close().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a19_a_page_says_that_it_changed_and_moves_nothing() {
    const SAID: &str = "return document.querySelector('.fresh-note').textContent";
    const PLACES: &str = "return [scrollY, ...[...document.querySelectorAll('body *')]
        .filter((e) => !e.closest('.fresh-note')).map((e) => e.getBoundingClientRect().top)]";
    let server = Server::start().await;
    let Some(browser) = Browser::open(&server).await else { return };
    let slug = created(&server, &claim()).await;
    let other = created(&server, &with("title", json!("Another claim"))).await;
    browser.go(&format!("/claims/{slug}")).await;
    let status =
        "return document.querySelector('[data-live] + .fresh-note[role=status]').getAttribute('aria-live')";
    becomes(&browser, status, &json!("polite")).await;
    let places = browser.run(PLACES).await;
    forecast(&server.engine, "ada", &other, 0.45).await;
    forecast(&server.engine, "ada", &slug, 0.45).await;
    forecast(&server.engine, "ben", &slug, 0.46).await;
    becomes(&browser, SAID, &json!("2 changes. Show")).await;
    assert_eq!(browser.run(PLACES).await, places, "nothing moves");
    forecast(&server.engine, "ada", &slug, 0.5).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(browser.run(SAID).await, "2 changes. Show", "at most once a minute");
    browser.press(".fresh-note button").await;
    becomes(&browser, SAID, &json!("")).await;
    assert!(browser.text("main").await.contains("2 forecasters"), "the page is new");

    browser.go("/resolution").await;
    let item = json!({"item": {"side": "for", "text": "Costs fell by half", "strength": 6.0}});
    assert_eq!(server.post(&format!("/api/v1/claims/{slug}/evidence"), &item).await.status, 201);
    becomes(&browser, SAID, &json!("1 change. Show")).await;
    // What was known then listens to nothing.
    browser.go(&format!("/claims/{slug}?at=2026-04-06T11:00:00Z")).await;
    assert_eq!(browser.count("[data-known]").await, 0);
    browser.close().await;
    server.stop().await;
}
