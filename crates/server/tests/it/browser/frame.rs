//! What every page has, whatever it shows.

use super::Browser;
use crate::support::Server;

#[tokio::test(flavor = "multi_thread")]
async fn an_address_without_a_page_says_so_in_a_page_of_ours() {
    let server = Server::start().await;
    let Some(browser) = Browser::open(&server).await else { return };
    browser.go("/nothing-here").await;
    assert_eq!(browser.text("h1").await, "Not found");
    assert!(browser.text("main").await.contains("quote"));
    let loaded = browser
        .run("return [getComputedStyle(document.body).fontFamily, document.fonts.check('16px \"Source Sans 3\"'), performance.getEntriesByType('resource').length + 1]")
        .await;
    assert!(loaded[0].as_str().is_some_and(|f| f.contains("Source Sans 3")), "{loaded}");
    assert_eq!(loaded[1], true, "the font came from this server: {loaded}");
    assert!(loaded[2].as_u64().is_some_and(|n| n <= 6), "requests: {loaded}");
    browser.close().await;
    server.stop().await;
}
