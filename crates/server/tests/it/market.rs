//! Markets as people and programs meet them: off unless switched on, a bet looked at before it is made, the same facts
//! on pages and in the API.

use bellwether_core::people::Role;
use serde_json::json;

use crate::{
    forms::{plain, published, refused},
    people::Someone,
    support::Server,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_without_a_market_shows_nothing_of_it() {
    let server = Server::start_with_accounts().await;
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    let finn = Someone::new(&server, "finn", Role::Forecaster).await;
    let form =
        "as=yaml&do=save&yaml=title: Whether it comes\nslug: it\nwindow: { by: Q1 2027 }\ncriteria: So.";
    assert_eq!(ada.page(&server, "POST", "/claims/new", form).await.status, 303);
    let page = plain(&finn.page(&server, "GET", "/claims/it", "").await.text());
    assert!(!page.contains("id=\"market\"") && !page.contains("credits"), "{page}");
    let page = plain(&ada.page(&server, "GET", "/claims/it", "").await.text());
    assert!(page.contains("Open a market"), "a curator may open one");
    for path in ["/claims/it/bet", "/claims/it/trades"] {
        let reply = finn.page(&server, "GET", path, "").await;
        assert_eq!(reply.status, 404, "{path}");
    }
    for path in ["market", "trades"] {
        let reply = server.get(&format!("/api/v1/claims/it/{path}")).await;
        assert_eq!(reply.status, 404);
        let why = reply.json()["detail"].as_str().unwrap_or_default().to_owned();
        assert!(why.contains("this claim has none"), "{why}");
    }
    let order = json!({"stake": 5}).to_string();
    for path in ["market/quote", "trades"] {
        let reply = finn.api(&server, "POST", &format!("/api/v1/claims/it/{path}"), &order).await;
        assert_eq!(reply.status, 404, "{}", reply.text());
    }
    assert_eq!(finn.page(&server, "POST", "/claims/it/market/new", "b=100").await.status, 403);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bet_is_looked_at_made_and_sold_again() {
    let server = Server::start().await;
    published(&server, "rain", "").await;
    let cost = plain(&server.get("/claims/rain/market/new?b=200").await.text());
    assert!(cost.contains("138.62 credits"), "{cost}");
    refused(&server, "/claims/rain/market/new", &[("b", "0"), ("opening", "start")], "b").await;
    refused(&server, "/claims/rain/market/new", &[("b", "many"), ("opening", "start")], "b").await;
    let opened = server.form("/claims/rain/market/new", &[("b", "100"), ("opening", "start")]).await;
    assert_eq!((opened.status, opened.header("location")), (303, Some("/claims/rain#market")));

    let page = plain(&server.get("/claims/rain").await.text());
    assert!(page.contains("Yes 50.0%") && page.contains("You have 930.68 credits"), "{page}");
    let look = "/claims/rain/bet?what=yes&credits=100";
    let preview = plain(&server.get(look).await.text());
    assert!(preview.contains("for <b>100 credits</b>") && preview.contains("Place this bet"), "{preview}");
    let average =
        preview.split("name=\"average\" value=\"").nth(1).and_then(|t| t.split('"').next()).unwrap();
    let form = [("what", "yes"), ("credits", "100"), ("average", average)];
    let before = server.rows().await;
    let unseen = server.form("/claims/rain/bet", &form[..2]).await;
    assert_eq!((unseen.status, server.rows().await == before), (422, true), "a bet is previewed first");
    let made = server.form("/claims/rain/bet", &form).await;
    assert_eq!(
        (made.status, made.header("location")),
        (303, Some("/claims/rain#market")),
        "{}",
        plain(&made.text())
    );
    let again = server.form("/claims/rain/bet", &form).await;
    assert_eq!(again.status, 409, "the price is another one by now");
    assert!(plain(&again.text()).contains("average price is now"), "and it says which");

    let market = server.get("/api/v1/claims/rain/market").await.json();
    let p = market["options"][0]["price"].as_f64().unwrap();
    let page = plain(&server.get("/claims/rain").await.text());
    assert!(page.contains(&format!("Yes {:.1}%", 100.0 * p)) && page.contains("1 trade by 1"), "{page}");
    assert!(page.contains("Other views:") && page.contains("Market"), "the price is a view of its own");
    assert!(page.contains("You hold") && page.contains("Paid 100"), "{page}");

    for bad in [
        "what=yes&credits=abc",
        "what=to&credits=5&percent=100",
        "what=maybe&credits=5",
        "what=sell+no&side=no",
    ] {
        let reply = server.get(&format!("/claims/rain/bet?{bad}")).await;
        assert!(
            reply.status == 200 && plain(&reply.text()).contains("data-focus"),
            "{bad}: {}",
            reply.text()
        );
    }
    let to = plain(&server.get("/claims/rain/bet?what=to&credits=500&percent=20").await.text());
    assert!(to.contains("shares of No"), "{to}");
    let sale = plain(&server.get("/claims/rain/bet?what=sell+yes").await.text());
    let average = sale.split("name=\"average\" value=\"").nth(1).and_then(|t| t.split('"').next()).unwrap();
    let sold = server.form("/claims/rain/bet", &[("what", "sell yes"), ("average", average)]).await;
    assert_eq!(sold.status, 303, "{}", plain(&sold.text()));
    let trades = plain(&server.get("/claims/rain/trades").await.text());
    assert!(trades.contains("bought Yes") && trades.contains("sold Yes"), "{trades}");
    let credits = plain(&server.get("/credits").await.text());
    for word in ["Starting credits", "Opened a market", "Trade", "930.68 credits"] {
        assert!(credits.contains(word), "{word}: {credits}");
    }
    assert!(!credits.to_lowercase().contains("points"), "credits are never points");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_trade_once_however_often_they_ask() {
    let server = Server::start().await;
    published(&server, "rain", "market: { b: 50 }\n").await;
    let quote =
        server.post("/api/v1/claims/rain/market/quote", &json!({"side": "no", "stake": 30})).await.json();
    let order = json!({"side": "no", "stake": 30, "expected_price": quote["average_price"]});
    let key = ("Idempotency-Key", "one");
    let body = serde_json::to_vec(&order).unwrap();
    let headers = [key, ("Content-Type", "application/json")];
    let first = server.send("POST", "/api/v1/claims/rain/trades", &headers, &body).await;
    assert_eq!(first.status, 201, "{}", first.text());
    for field in ["shares", "credits", "price_after", "balance_after"] {
        assert_eq!(first.json()["done"][field], quote[field], "quote and execution agree");
    }
    let again = server.send("POST", "/api/v1/claims/rain/trades", &headers, &body).await;
    assert_eq!(again.text(), first.text());
    let listed = server.get("/api/v1/claims/rain/trades").await.json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
    let stale = server.post("/api/v1/claims/rain/trades", &order).await;
    assert_eq!(stale.status, 409, "{}", stale.text());
    for bad in [
        json!({}),
        json!({"stake": 0}),
        json!({"stake": -1}),
        json!({"stake": 1e12}),
        json!({"stake": 1, "sell": 1}),
        json!({"sell": "some"}),
        json!({"sell": 1e6}),
        json!({"probability": 0.5}),
        json!({"probability": 1.5, "budget": 3}),
        json!({"stake": 1, "option": "Yes"}),
        json!({"stake": 1, "max_slippage": 0.1}),
    ] {
        let reply = server.post("/api/v1/claims/rain/trades", &bad).await;
        assert_eq!(reply.status, 422, "{bad}: {}", reply.text());
    }
    let mine = server.get("/api/v1/me/credits").await.json();
    assert_eq!(mine["lines"]["items"].as_array().map(Vec::len), Some(3), "grant, subsidy, one trade");
    server.stop().await;
}
