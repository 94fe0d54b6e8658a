//! What axe finds on the pages as they are served: nothing, on a desk and on a phone, light and dark.

use bellwether_core::{
    actor::Actor,
    people::{Handle, Role},
};
use serde_json::{Value, json};

use super::Browser;
use crate::{
    people::{Someone, claim, propose},
    support::Server,
};

/// axe-core 4.14.1, Deque Systems, MPL-2.0, unchanged.
const AXE: &str = include_str!("axe.min.js");

/// The pages of the demo: one of each kind, and the kinds of claims.
const PAGES: [&str; 27] = [
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
    "/signals",
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

/// Nothing that axe finds, nothing beside the screen, no more than a page may weigh.
async fn sound(browser: &Browser, page: &str) {
    assert_eq!(findings(browser).await, json!([]), "{page}");
    let wide = browser.run("return document.documentElement.scrollWidth - innerWidth").await;
    assert!(wide.as_i64().is_some_and(|w| w <= 0), "{page} scrolls sideways by {wide}");
    let loaded = browser
        .run(
            "const all = [...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')]; \
             return [all.length, all.reduce((sum, e) => sum + e.encodedBodySize, 0)]",
        )
        .await;
    assert!(
        loaded[0].as_u64().is_some_and(|n| n <= 6) && loaded[1].as_u64().is_some_and(|n| n <= 100_000),
        "{page}: {loaded} requests and bytes"
    );
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
            sound(&browser, &format!("{path} at {width}, {theme}")).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_on_the_pages_of_people() {
    let server = Server::start_with_accounts().await;
    let Some(browser) = Browser::open(&server).await else { return };
    let setup = server.engine.setup_link().await.unwrap().unwrap();
    browser.go(&format!("/setup/{}", setup.reveal())).await;
    sound(&browser, "set up").await;
    Someone::new(&server, "ada", Role::Admin).await;
    let curie = Someone::new(&server, "curie", Role::Curator).await;
    curie.page(&server, "POST", "/account/bots", "handle=feed&bot_name=&role=curator").await;
    claim(&server, &curie, &curie).await;
    propose(&server, "spring").await;
    let join = server.engine.invite(&Actor::Operator, Role::Curator, "Marie").await.unwrap();
    let named = Handle::new("curie").unwrap();
    let reset = server.engine.reset_link(&Actor::Operator, &named).await.unwrap();
    let (join, reset) = (format!("/join/{}", join.reveal()), format!("/reset/{}", reset.reveal()));
    let strangers = [
        "/sign-in",
        join.as_str(),
        &reset,
        "/people",
        "/people/curie",
        "/people/feed",
        "/claims/spring",
        "/about",
    ];
    for (width, height, theme) in [(1440, 900, "light"), (390, 844, "dark")] {
        browser.client.set_window_size(width, height).await.expect("a size");
        browser.client.delete_all_cookies().await.expect("a stranger again");
        browser.go("/about").await;
        browser.press(&format!("button[value={theme}]")).await;
        for path in strangers {
            browser.go(path).await;
            sound(&browser, &format!("{path} at {width}, {theme}")).await;
        }
        browser.go(&join).await;
        browser.fill("#handle", "\u{c9}mmy").await;
        browser.press("main form button.main").await;
        browser.find("#handle-error").await;
        sound(&browser, &format!("a form with faults at {width}, {theme}")).await;
        browser.become_one("ada").await;
        for path in ["/account", "/settings", "/people/ada", "/claims/spring", "/about"] {
            browser.go(path).await;
            sound(&browser, &format!("{path} as admin at {width}, {theme}")).await;
        }
        browser.go("/settings").await;
        browser.press("form[action='/settings/invitations'] button").await;
        browser.find("#link").await;
        sound(&browser, &format!("a fresh link at {width}, {theme}")).await;
        browser.go("/account").await;
        browser.press("details:has(#token_name) summary").await;
        browser.press("form[action='/account/tokens'] button").await;
        browser.find("#token_name-error").await;
        sound(&browser, &format!("a refused token at {width}, {theme}")).await;
        browser.fill("#token_name", "to look at").await;
        browser.press("input[name=scopes]").await;
        browser.press("form[action='/account/tokens'] button").await;
        browser.find("#secret").await;
        sound(&browser, &format!("a fresh token at {width}, {theme}")).await;
    }
    browser.close().await;
    server.stop().await;
}
