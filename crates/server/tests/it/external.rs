//! Questions of other sites, on pages and by the API: looked at, followed, shown, taken away.

use std::time::Duration;

use bellwether_core::people::Role;
use bellwether_engine::{external::Sites, outside::Outside};
use bellwether_sources::fetch::{AddressPolicy, FetchSettings, pace::Manners};
use chrono::TimeDelta;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

use crate::{
    forms::plain,
    people::{Someone, claim},
    support::Server,
};

const QUESTION: &str = "https://manifold.markets/Example/will-it-be";
const PAGE: &str = "/claims/spring/externals";
const API: &str = "/api/v1/claims/spring/externals";

fn market(p: f64) -> Value {
    json!({
        "id": "q1", "question": "Will it <b>be</b>?", "outcomeType": "BINARY", "probability": p,
        "isResolved": false, "closeTime": 1_806_451_199_000_i64, "lastBetTime": 1_775_469_000_000_i64,
    })
}

fn choices() -> Value {
    json!({
        "id": "q2", "question": "Which is it?", "outcomeType": "MULTIPLE_CHOICE", "isResolved": false,
        "shouldAnswersSumToOne": true,
        "answers": [
            {"id": "a1", "text": "Alpha", "probability": 0.6}, {"id": "a2", "text": "Beta", "probability": 0.4},
        ],
    })
}

struct Kit {
    server: Server,
    site: MockServer,
    ada: Someone,
    curie: Someone,
    fisher: Someone,
}

impl Kit {
    async fn new() -> Self {
        let site = MockServer::start().await;
        let manners = Manners { pause: Duration::ZERO, ..Manners::default() };
        let policy = AddressPolicy::with_loopback();
        let settings = FetchSettings { policy, manners, ..FetchSettings::default() };
        let url = url::Url::parse(&site.uri()).expect("an address");
        let sites = Sites { manifold: url.clone(), metaculus: url.clone(), polymarket: url };
        let outside = Outside::new(settings, |_| None).expect("a fetcher").with_sites(sites);
        let server = Server::start_reaching(outside).await;
        let ada = Someone::new(&server, "ada", Role::Admin).await;
        let curie = Someone::new(&server, "curie", Role::Curator).await;
        let fisher = Someone::new(&server, "fisher", Role::Forecaster).await;
        claim(&server, &ada, &curie).await;
        Self { server, site, ada, curie, fisher }
    }

    /// From now on the site answers this.
    async fn says(&self, body: Value) {
        self.site.reset().await;
        let answer = ResponseTemplate::new(200).set_body_json(body);
        Mock::given(path("/v0/slug/will-it-be")).respond_with(answer).mount(&self.site).await;
    }

    async fn form(&self, fields: &[(&str, &str)]) -> (u16, String) {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let reply = self.curie.page(&self.server, "POST", PAGE, &body).await;
        (reply.status, reply.text())
    }

    async fn api(&self, method: &str, address: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let reply = self.curie.api(&self.server, method, address, &body).await;
        let value = if reply.body.is_empty() { Value::Null } else { reply.json() };
        (reply.status, value)
    }

    async fn page(&self, address: &str) -> String {
        let reply = self.ada.page(&self.server, "GET", address, "").await;
        assert_eq!(reply.status, 200, "{address}: {}", reply.text());
        reply.text()
    }
}

/// The value of a hidden field.
fn hidden(html: &str, name: &str) -> String {
    let (_, rest) = html.split_once(&format!("name=\"{name}\" value=\"")).expect(name);
    rest.split('"').next().expect("a value").to_owned()
}

#[tokio::test]
async fn a_question_is_followed_by_the_form() {
    let kit = Kit::new().await;
    kit.says(market(0.42)).await;
    assert!(kit.page("/claims/spring").await.contains("Follow a question of another site"));
    // Nothing is saved before it was looked at.
    let (status, seen) = kit.form(&[("address", QUESTION), ("do", "follow")]).await;
    assert_eq!(status, 200, "{seen}");
    assert!(seen.contains("Will it &#60;b&#62;be&#60;/b&#62;?"), "what others write is text: {seen}");
    assert!(plain(&seen).contains("42.0%"), "{seen}");
    assert!(kit.page(PAGE).await.contains("follows no question"));
    // What was changed since is looked at again.
    let hash = hidden(&seen, "seen");
    let changed = [("address", QUESTION), ("inverted", "yes"), ("seen", &hash), ("do", "follow")];
    let (status, again) = kit.form(&changed).await;
    assert_eq!(status, 200);
    assert!(plain(&again).contains("58.0%"), "{again}");
    let (status, _) = kit.form(&[("address", QUESTION), ("seen", &hash), ("do", "follow")]).await;
    assert_eq!(status, 303);

    let listed = kit.page(PAGE).await;
    assert!(listed.contains(QUESTION) && plain(&listed).contains("42.0%"), "{listed}");
    let shown = kit.page("/claims/spring").await;
    assert!(shown.contains("Other views: manifold <b>42%</b>"), "{shown}");
    assert!(shown.contains(">Manifold</a>: read "), "{shown}");
    assert!(shown.contains("manifold moved"), "the ledger tells of it");

    let (status, html) = kit.form(&[("address", QUESTION), ("seen", &hash), ("do", "follow")]).await;
    assert_eq!(status, 422);
    assert!(html.contains("already, as") && html.contains("href=\"#address\""), "{html}");

    let gone = kit.curie.page(&kit.server, "POST", &format!("{PAGE}/manifold/remove"), "").await;
    assert_eq!(gone.status, 303);
    let listed = kit.page(PAGE).await;
    assert!(listed.contains("No longer followed") && !listed.contains("Stop following"), "{listed}");
    assert!(!kit.page("/claims/spring").await.contains("Other views"));
    kit.server.stop().await;
}

#[tokio::test]
async fn the_form_says_what_is_wrong_beside_its_field() {
    let kit = Kit::new().await;
    let rows = kit.server.rows().await;
    for (address, why) in [
        ("", "no web address"),
        ("https://kalshi.com/x", "none of them"),
        ("https://manifold.markets/topic/ai", "no address of a question"),
        ("javascript:alert(1)", "no web address"),
        ("https://manifold.markets/Example/nowhere", "knows no question"),
    ] {
        let (status, html) = kit.form(&[("address", address), ("do", "look")]).await;
        assert_eq!(status, 422, "{address}");
        assert!(plain(&html).contains(why) && html.contains("href=\"#address\""), "{address}: {html}");
    }
    let (status, _) = kit.form(&[("address", QUESTION), ("unknown", "x")]).await;
    assert_eq!(status, 422);
    assert_eq!(kit.server.rows().await, rows, "nothing was stored");
    kit.server.stop().await;
}

#[tokio::test]
async fn one_answer_of_several_is_chosen() {
    let kit = Kit::new().await;
    kit.says(choices()).await;
    let (status, seen) = kit.form(&[("address", QUESTION), ("do", "look")]).await;
    assert_eq!(status, 200);
    assert!(seen.contains("Which answer is our Yes?") && seen.contains("say which one is Yes"), "{seen}");
    assert!(!seen.contains("Follow this question"), "nothing to follow before that is said");
    let (_, seen) = kit.form(&[("address", QUESTION), ("answer", "a2"), ("do", "look")]).await;
    let hash = hidden(&seen, "seen");
    let follow =
        [("address", QUESTION), ("answer", "a2"), ("name", "lab"), ("seen", &hash), ("do", "follow")];
    assert_eq!(kit.form(&follow).await.0, 303);
    let listed = kit.page(PAGE).await;
    assert!(
        plain(&listed).contains("its answer “Beta” is our Yes") && plain(&listed).contains("40.0%"),
        "{listed}"
    );
    kit.server.stop().await;
}

#[tokio::test]
async fn trouble_and_an_outcome_there_are_shown() {
    let kit = Kit::new().await;
    kit.says(market(0.42)).await;
    assert_eq!(kit.api("POST", API, &json!({"address": QUESTION})).await.0, 201);
    kit.site.reset().await;
    kit.server.clock.advance(TimeDelta::hours(2));
    kit.server.engine.run_due().await.expect("what is due");
    let shown = kit.page("/claims/spring").await;
    assert!(shown.contains("Manifold knows no question at this address"), "{shown}");
    assert!(shown.contains("Other views: manifold <b>42%</b>"), "its last word stands");
    let mut over = market(0.99);
    over["isResolved"] = json!(true);
    over["resolution"] = json!("YES");
    over["resolutionTime"] = json!(1_775_480_400_000_i64);
    kit.says(over).await;
    kit.server.clock.advance(TimeDelta::hours(2));
    kit.server.engine.run_due().await.expect("what is due");
    let shown = kit.page("/claims/spring").await;
    assert!(plain(&shown).contains("Manifold resolved Yes on 6 Apr 2026"), "{shown}");
    let (_, list) = kit.api("GET", API, &Value::Null).await;
    assert_eq!(list["items"][0]["state"]["how"], "Yes");
    let (_, claim) = kit.api("GET", "/api/v1/claims/spring", &Value::Null).await;
    assert_eq!(claim["status"], "open", "it settles nothing");
    kit.server.stop().await;
}

#[tokio::test]
async fn the_api_looks_links_lists_and_removes() {
    let kit = Kit::new().await;
    kit.says(market(0.42)).await;
    let (status, look) = kit.api("POST", &format!("{API}/preview"), &json!({"address": QUESTION})).await;
    assert_eq!((status, look["title"].as_str()), (200, Some("Will it <b>be</b>?")), "{look}");
    assert_eq!((&look["probabilities"][0], &look["state"]["is"]), (&json!(0.42), &json!("open")));
    let (_, list) = kit.api("GET", API, &Value::Null).await;
    assert_eq!(list["items"], json!([]), "a look stores nothing");

    let (status, linked) = kit.api("POST", API, &json!({"address": QUESTION, "name": "other"})).await;
    assert_eq!(status, 201, "{linked}");
    assert_eq!((&linked["stream"], &linked["linked_by"]), (&json!("external:other"), &json!("person:curie")));
    assert_eq!(linked["value"]["probabilities"], json!([0.42, 1.0 - 0.42]));
    let sha256 = linked["value"]["sha256"].as_str().expect("a digest");
    assert_eq!(kit.api("GET", API, &Value::Null).await.1["items"][0], linked);
    let (_, claim) = kit.api("GET", "/api/v1/claims/spring", &Value::Null).await;
    let streams = claim["streams"].as_array().expect("streams");
    assert!(streams.iter().any(|s| s["stream"] == "external:other"), "{claim}");
    let (status, kept) = kit.api("GET", &format!("/api/v1/snapshots/{sha256}"), &Value::Null).await;
    assert_eq!((status, kept), (200, market(0.42)), "the bytes as they came");

    for (body, field) in [
        (json!({"address": "nonsense at all"}), "address"),
        (json!({"address": QUESTION, "name": "No Name"}), "name"),
        (json!({"address": QUESTION, "answer": "Alpha"}), "answer"),
    ] {
        let (status, problem) = kit.api("POST", API, &body).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)), "{problem}");
    }
    let (status, _) = kit.api("POST", API, &json!({"address": QUESTION, "colour": "red"})).await;
    assert_eq!(status, 422);
    assert_eq!(kit.api("POST", API, &json!({"address": QUESTION})).await.0, 409);
    for address in ["/api/v1/claims/nowhere/externals", "/api/v1/claims/spring/externals/nothing"] {
        assert_eq!(kit.api("DELETE", address, &Value::Null).await.0 / 100, 4, "{address}");
    }
    assert_eq!(kit.api("DELETE", &format!("{API}/other"), &Value::Null).await, (204, Value::Null));
    assert_eq!(kit.api("DELETE", &format!("{API}/other"), &Value::Null).await.0, 404);
    let (_, list) = kit.api("GET", API, &Value::Null).await;
    assert_eq!(list["items"][0]["removed_by"], "person:curie");
    kit.server.stop().await;
}

/// Following asks other machines and changes the claim: a curator's right, on pages and by the API.
#[tokio::test]
async fn who_only_forecasts_cannot_link() {
    let kit = Kit::new().await;
    kit.says(market(0.42)).await;
    let body = json!({"address": QUESTION}).to_string();
    for (method, address) in
        [("POST", API.to_owned()), ("POST", format!("{API}/preview")), ("DELETE", format!("{API}/manifold"))]
    {
        assert_eq!(kit.fisher.api(&kit.server, method, &address, &body).await.status, 403, "{address}");
    }
    assert_eq!(kit.fisher.page(&kit.server, "POST", PAGE, "address=x").await.status, 403);
    let page = kit.fisher.page(&kit.server, "GET", PAGE, "").await;
    assert_eq!(page.status, 200);
    assert!(!page.text().contains("Follow a question"), "no form for who may not");
    assert!(kit.site.received_requests().await.expect("requests").is_empty());
    kit.server.stop().await;
}
