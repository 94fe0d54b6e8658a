//! From a forecast by slider and by keyboard to one's own score and calibration.

use bellwether_core::people::Role;
use chrono::TimeDelta;
use fantoccini::key::Key;

use super::Browser;
use crate::{
    people::{Someone, claim, propose},
    support::Server,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_forecast_is_slid_and_typed_and_earns_a_score() {
    let server = Server::start_with_accounts().await;
    let Some(browser) = Browser::open(&server).await else { return };
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    Someone::new(&server, "ben", Role::Forecaster).await;
    claim(&server, &ada, &ada).await;
    server.clock.advance(TimeDelta::days(5));

    // By keyboard on the slider: from the middle, twenty steps up.
    browser.become_one("ben").await;
    browser.go("/claims/spring#forecast").await;
    let slider = browser.find("#forecast [type=range]").await;
    let right: String = std::iter::repeat_n(char::from(Key::Right), 20).collect();
    slider.send_keys(&right).await.expect("keys");
    let typed = browser.run("return document.querySelector('#forecast-0').value").await;
    assert_eq!(typed, "70", "the field follows the slider");
    browser.press("[data-forecast] button.btn").await;
    assert!(browser.text("#forecast").await.contains("Crowd 70%"), "{}", browser.text("#forecast").await);

    server.clock.advance(TimeDelta::hours(1));
    // By number: the slider follows the field, and the crowd moves.
    browser.become_one("ada").await;
    browser.go("/claims/spring#forecast").await;
    browser.fill("#forecast-0", "90").await;
    let slid = browser.run("return document.querySelector('#forecast [type=range]').value").await;
    assert_eq!(slid, "90");
    browser.press("[data-forecast] button.btn").await;
    let told = browser.text("#forecast").await.replace('\u{a0}', " ");
    assert!(
        told.contains("Your forecast is kept") && told.contains("70.0%") && told.contains("80.0%"),
        "{told}"
    );

    // A market: ada opens it, ben looks at what the bet that stands there does, places it, and holds shares.
    browser.go("/claims/spring/market/new").await;
    browser.press("main form button.main").await;
    assert!(browser.text("#market").await.contains("no trade yet"));
    server.clock.advance(TimeDelta::hours(1));
    browser.become_one("ben").await;
    browser.go("/claims/spring#market").await;
    browser.press("#market form button").await;
    let preview = browser.text("main").await.replace('\u{a0}', " ");
    assert!(preview.contains("What this does") && preview.contains("for 20 credits"), "{preview}");
    browser.press("form[method=post] button.main").await;
    let market = browser.text("#market").await.replace('\u{a0}', " ");
    assert!(market.contains("You hold") && market.contains("980 credits"), "{market}");

    server.clock.advance(TimeDelta::days(20));
    propose(&server, "spring").await;
    server.clock.advance(TimeDelta::days(2));
    server.engine.settle_due().await.expect("settled");
    // Three weeks on, ben signs in anew.
    browser.become_one("ben").await;
    browser.go("/claims/spring").await;
    let market = browser.text("#market").await.replace('\u{a0}', " ");
    assert!(market.contains("Settled Yes") && market.contains("You got"), "{market}");
    browser.press("a[href='/claims/spring/scores']").await;
    assert!(browser.text("main").await.contains("ada"));
    browser.press("a[href='/forecasters/person:ada']").await;
    let record = browser.text("main").await.replace('\u{a0}', " ");
    assert!(record.contains("1 settled claim") && record.contains("0.010"), "{record}");
    assert_eq!(browser.count("figure.chart svg").await, 2, "calibration is drawn for both widths");
    browser.close().await;
}
