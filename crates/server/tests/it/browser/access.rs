//! What axe finds on the pages of the demo as they are served: nothing, on a desk and on a phone, light and dark.

use serde_json::{Value, json};

use super::Browser;
use crate::support::Server;

/// axe-core 4.14.1, Deque Systems, MPL-2.0, unchanged.
const AXE: &str = include_str!("axe.min.js");

/// The pages of the demo: one of each kind, and the kinds of claims.
const PAGES: [&str; 26] = [
    "/",
    "/?state=settled",
    "/?q=nothing+like+it",
    "/claims/open-within-2-of-closed",
    "/claims/open-within-5-on-eci",
    "/claims/open-within-25-elo-2024",
    "/claims/open-within-25-elo-2024?at=2024-08-01",
    "/claims/a-model-reaches-158-on-eci",
    "/claims/open-leads-hle-and-eci",
    "/claims/hallucination-at-most-half-a-percent",
    "/claims/open-within-2-of-closed/moves",
    "/claims/open-within-5-on-eci/signals",
    "/claims/open-within-5-on-eci/dry-run",
    "/claims/open-within-25-elo-spring-2025/proof",
    "/claims/open-within-2-of-closed/card",
    "/evidence/new?claim=open-within-5-on-eci",
    "/claims/new",
    "/claims/new?as=yaml",
    "/resolution",
    "/sources",
    "/sources/vectara",
    "/sources/new",
    "/review",
    "/benchmarks",
    "/benchmarks/epoch-eci/eci",
    "/about",
];

/// What axe says of the page that is shown: rule and first element of each finding.
async fn findings(browser: &Browser) -> Value {
    browser.run(AXE).await;
    let run = "const done = arguments[arguments.length - 1];
        axe.run(document, { resultTypes: ['violations'] })
          .then((r) => done(r.violations.map((v) => `${v.id}: ${v.nodes[0].html.slice(0, 200)}`)), (e) => done([String(e)]));";
    browser.client.execute_async(run, Vec::new()).await.expect("axe runs")
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_on_the_pages_of_the_demo() {
    let server = Server::start_demo().await;
    let Some(browser) = Browser::open(&server).await else { return };
    for (width, height, theme) in [(1440, 900, "light"), (390, 844, "dark")] {
        browser.client.set_window_size(width, height).await.expect("a size");
        browser.go("/about").await;
        browser.press(&format!("button[value={theme}]")).await;
        for path in PAGES {
            browser.go(path).await;
            assert_eq!(findings(&browser).await, json!([]), "{path} at {width}, {theme}");
            let wide = browser.run("return document.documentElement.scrollWidth - innerWidth").await;
            assert!(wide.as_i64().is_some_and(|w| w <= 0), "{path} at {width} scrolls sideways by {wide}");
            let loaded = browser
                .run(
                    "const all = [...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')]; \
                     return [all.length, all.reduce((sum, e) => sum + e.encodedBodySize, 0)]",
                )
                .await;
            assert!(
                loaded[0].as_u64().is_some_and(|n| n <= 6)
                    && loaded[1].as_u64().is_some_and(|n| n <= 100_000),
                "{path}: {loaded} requests and bytes"
            );
        }
        // A held-back snapshot is reached from where it needs a person.
        browser.go("/resolution").await;
        browser.press("[data-row^=held-] p + p a").await;
        browser.find("h1").await;
        assert_eq!(findings(&browser).await, json!([]), "held back at {width}, {theme}");
        browser.go("/nothing-here").await;
        assert_eq!(findings(&browser).await, json!([]), "not found at {width}, {theme}");
    }
    browser.close().await;
    server.stop().await;
}
