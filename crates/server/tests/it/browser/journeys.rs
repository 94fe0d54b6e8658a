//! What a person does, start to end, in a real browser.

use fantoccini::Locator;

use super::Browser;
use crate::support::Server;

const CLAIM: &str = "title: An open model leads by spring\nslug: spring\nstart: { p: 0.5, basis: no view }\n\
                     window: { by: Q1 2027 }\ncriteria: True if it leads.\n";

async fn published(server: &Server, browser: &Browser) {
    let form = [("as", "yaml"), ("yaml", CLAIM), ("do", "save")];
    assert_eq!(server.form("/claims/new", &form).await.status, 303);
    browser.go("/claims/spring").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_is_added_moves_the_number_and_is_retracted_exactly() {
    let server = Server::start().await;
    let Some(browser) = Browser::open_with(&server, false).await else { return };
    published(&server, &browser).await;
    assert!(browser.text(".number").await.contains("50%"));
    assert!(browser.text(".why").await.contains("start 50%"), "why it stands there");

    browser.go("/evidence/new?claim=spring&side=for&text=Compute+costs+fell").await;
    browser.find("input[name=points][value='12']").await.click().await.expect("a strength");
    browser.find("button[value=save]").await.click().await.expect("saved");
    assert!(!browser.text(".number").await.contains("50%"));
    let item = browser.text(".for").await;
    assert!(item.contains("Compute costs fell") && item.contains("without it: 50%"), "{item}");
    let moved = browser.text("section[aria-labelledby=moved] .moverow").await;
    assert!(moved.contains("Compute costs fell (+2.4)") && moved.contains("50.0%"), "why it moved: {moved}");

    browser.find("a[href$='/retract']").await.click().await.expect("asks first");
    browser.find("main form button.main").await.click().await.expect("retracted");
    assert!(browser.text(".number").await.contains("50%"));
    let back = browser.text("section[aria-labelledby=moved] .moverow").await;
    let back = back.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        back.contains("Retracted: Compute costs fell (\u{2212}2.4)") && back.contains("to 50.0%"),
        "exactly: {back}"
    );
    browser.close().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b20_b24_hostile_texts_stay_texts() {
    let server = Server::start().await;
    let Some(browser) = Browser::open(&server).await else { return };
    published(&server, &browser).await;
    for text in [
        "<script>window.hit=1</script>",
        "<img src=x onerror=window.hit=1>",
        "<svg/onload=window.hit=1>",
        "[x](javascript:window.hit=1)",
        "</text></svg><script>window.hit=1</script>]]>",
    ] {
        let form = [("claim", "spring"), ("text", text), ("side", "for"), ("points", "3"), ("do", "save")];
        assert_eq!(server.form("/evidence/new", &form).await.status, 303, "{text}");
    }
    for path in ["/claims/spring", "/claims/spring/moves", "/", "/claims/spring/card"] {
        browser.go(path).await;
        let found = browser
            .run(
                "return [window.hit ?? null, document.querySelectorAll('main script, [onerror], [onload], img[src=x]').length, \
                 [...document.querySelectorAll('a')].filter(a => !['http:', 'https:'].includes(a.protocol)).length]",
            )
            .await;
        assert_eq!(found, serde_json::json!([null, 0, 0]), "{path}");
    }
    assert!(browser.client.find(Locator::Css("main")).await.is_ok());
    browser.close().await;
    server.stop().await;
}
