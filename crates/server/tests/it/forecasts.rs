//! Forecasts, seen from outside: made and refused, hidden, taken in from files, and scored.

use std::time::Duration;

use bellwether_core::people::Role;
use bellwether_engine::outside::Outside;
use bellwether_sources::fetch::{AddressPolicy, FetchSettings, pace::Manners};
use chrono::TimeDelta;
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

use crate::{
    people::{Someone, claim, propose},
    support::{Reply, Server},
};

const FORECASTS: &str = "/api/v1/claims/spring/forecasts";

/// A server with two people and a claim that one of them wrote.
async fn two() -> (Server, Someone, Someone) {
    let server = Server::start_with_accounts().await;
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    let ben = Someone::new(&server, "ben", Role::Forecaster).await;
    claim(&server, &ada, &ada).await;
    (server, ada, ben)
}

/// A page's text with plain spaces.
fn plain(reply: &Reply) -> String {
    reply.text().replace('\u{a0}', " ")
}

async fn said(server: &Server, who: &Someone, p: f64) -> Reply {
    who.api(server, "POST", FORECASTS, &json!({ "probability": p }).to_string()).await
}

#[tokio::test]
async fn a_claim_says_what_it_hangs_on_and_what_hangs_on_it() {
    let (server, ada, _) = two().await;
    let yaml = |outcome: &str| {
        format!(
            "title: Then prices fall\nslug: falls\nwindow: {{ by: Q1 2027 }}\ncriteria: True if they fall.\n\
             given: {{ claim: spring, outcome: {outcome} }}\n"
        )
    };
    let send = async |outcome: &str| {
        let headers = [("Authorization", ada.bearer.as_str()), ("Content-Type", "application/yaml")];
        server.send("POST", "/api/v1/claims?publish=true", &headers, yaml(outcome).as_bytes()).await
    };
    let refused = send("option:Google").await;
    assert_eq!((refused.status, refused.fields()), (422, vec!["given.outcome".to_owned()]));
    let made = send("yes").await;
    assert_eq!(made.status, 201, "{}", made.text());
    let page = plain(&server.get("/claims/falls").await);
    assert!(page.contains(
        "Counts only if <a href=\"/claims/spring\">An open model leads by spring</a> comes out Yes"
    ));
    let other = plain(&server.get("/claims/spring").await);
    assert!(
        other.contains("if Yes: <a href=\"/claims/falls\">Then prices fall</a>"),
        "and the other names it"
    );
    let read = server.get("/api/v1/claims/falls").await.json();
    assert_eq!(read["document"]["given"], json!({ "claim": "spring", "outcome": "yes" }));
}

#[tokio::test]
async fn the_form_hides_the_crowd_and_hangs_a_claim_on_another() {
    let (server, ada, _) = two().await;
    let send = async |given: &str| {
        let fields = [
            ("title", "Prices fall"),
            ("by", "Q1 2027"),
            ("criteria", "True if they fall."),
            ("hide", "yes"),
            ("given", given),
            ("comes", "no"),
            ("do", "save"),
        ];
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        ada.page(&server, "POST", "/claims/new", &body).await
    };
    let refused = send("nowhere").await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("there is no claim at the address `nowhere`"), "{}", refused.text());
    assert_eq!(send("http://forecasts.example/claims/spring").await.status, 303);
    let document = server.get("/api/v1/claims/prices-fall").await.json()["document"].clone();
    assert_eq!(document["forecasts"], json!({ "hide_crowd": true, "count_bots": false }));
    assert_eq!(document["given"], json!({ "claim": "spring", "outcome": "no" }));
}

#[tokio::test]
async fn a_hidden_crowd_is_in_no_warning() {
    let (server, ada, ben) = two().await;
    let yaml = "title: It is hidden\nslug: hidden\nwindow: { by: Q1 2027 }\ncriteria: A person decides.\n\
                forecasts: { hide_crowd: true }\n";
    let headers = [("Authorization", ada.bearer.as_str()), ("Content-Type", "application/yaml")];
    assert_eq!(
        server.send("POST", "/api/v1/claims?publish=true", &headers, yaml.as_bytes()).await.status,
        201
    );
    let said = json!({ "probability": 0.9 }).to_string();
    assert_eq!(ben.api(&server, "POST", "/api/v1/claims/hidden/forecasts", &said).await.status, 201);
    let apart = |reply: &Reply| plain(reply).contains("40 pts apart");
    assert!(apart(&ben.page(&server, "GET", "/claims/hidden", "").await), "they see it who have forecast");
    for path in ["/claims/hidden", "/api/v1/claims/hidden", "/claims/hidden/moves"] {
        assert!(!apart(&ada.page(&server, "GET", path, "").await), "{path}");
        assert!(!plain(&server.get(path).await).contains("90%"), "{path}");
    }
}

#[tokio::test]
async fn an_outcome_is_proposed_from_the_page_with_a_kept_link() {
    let site = MockServer::start().await;
    let news = ResponseTemplate::new(200).set_body_raw("<title>It leads</title><p>It does.</p>", "text/html");
    Mock::given(method("GET")).and(path("/news")).respond_with(news).mount(&site).await;
    let manners = Manners { pause: Duration::ZERO, ..Manners::default() };
    let settings =
        FetchSettings { policy: AddressPolicy::with_loopback(), manners, ..FetchSettings::default() };
    let server = Server::start_reaching(Outside::new(settings, |_| None).expect("a fetcher")).await;
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    claim(&server, &ada, &ada).await;
    assert!(ada.page(&server, "GET", "/claims/spring", "").await.text().contains("propose the outcome"));
    assert!(!server.get("/claims/spring").await.text().contains("propose the outcome"), "readers cannot");
    let link = format!("{}/news", site.uri());
    let send = async |outcome: &str, url: &str| {
        let fields = [("outcome", outcome), ("url", url), ("reason", "It says so.")];
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        ada.page(&server, "POST", "/claims/spring/propose", &body).await
    };
    for (outcome, url, why) in [
        ("", link.as_str(), "Choose an outcome."),
        ("Maybe", link.as_str(), "Choose an outcome."),
        ("Yes", "", "Give a link that shows it"),
    ] {
        let refused = send(outcome, url).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text().contains(why) && refused.text().contains("It says so."), "{}", refused.text());
    }
    let gone = send("Yes", &format!("{}/gone", site.uri())).await;
    assert!((400..500).contains(&gone.status), "{}", gone.text());
    assert_eq!(send("Yes", &link).await.status, 303);
    let page = plain(&ada.page(&server, "GET", "/claims/spring", "").await);
    assert!(page.contains("Proposed Yes") && page.contains("It says so."), "{page}");
}

#[tokio::test]
async fn a_forecast_moves_the_crowd_and_pages_show_whose_it_is() {
    let (server, ada, ben) = two().await;
    assert_eq!(server.post(FORECASTS, &json!({ "probability": 0.5 })).await.status, 401);
    let made = said(&server, &ben, 0.7).await;
    assert_eq!((made.status, made.json()["n"].as_u64()), (201, Some(1)), "{}", made.text());
    server.clock.advance(TimeDelta::hours(1));
    said(&server, &ada, 0.5).await;
    let crowd = server.get("/api/v1/claims/spring/crowd?method=mean").await.json();
    let last = crowd["history"].as_array().and_then(|all| all.last()).cloned().expect("a step");
    assert!((last["center"][0].as_f64().expect("a number") - 0.6).abs() < 1e-9, "{last}");
    let page = plain(&server.get("/claims/spring").await);
    assert!(
        page.contains("Crowd <b>60%</b>") && page.contains("2 forecasters"),
        "the crowd and its n stand there"
    );
    let mine = ben.page(&server, "GET", "/claims/spring", "").await.text();
    assert!(
        mine.contains("You said") && mine.contains("value=\"70\""),
        "one's last forecast stands in the field"
    );
    let list = server.get("/claims/spring/forecasts").await.text();
    assert!(list.contains("ben") && list.contains("70.0%"));
    let rows = server.get(&format!("{FORECASTS}?limit=1")).await.json();
    assert_eq!(rows["items"][0]["forecaster"], "person:ada");
    let next = rows["next"].as_str().expect("another page").to_owned();
    let rest = server.get(&format!("{FORECASTS}?limit=1&cursor={next}")).await.json();
    assert_eq!((&rest["items"][0]["forecaster"], &rest["next"]), (&json!("person:ben"), &Value::Null));
    let gone = ben.api(&server, "POST", &format!("{FORECASTS}/withdraw"), "").await;
    assert_eq!((gone.status, gone.json()["n"].as_u64()), (200, Some(1)));
    assert_eq!(ben.api(&server, "POST", &format!("{FORECASTS}/withdraw"), "").await.status, 409);
}

#[tokio::test]
async fn b1_b2_b3_b9_b13_b17_forecasts_that_are_none() {
    let (server, _, ben) = two().await;
    let send = async |body: &str| ben.api(&server, "POST", FORECASTS, body).await;
    for bad in ["1.0001", "-0.1", "101", "\"abc\"", "true", "[0.5]", "\"\""] {
        let reply = send(&format!("{{\"probability\": {bad}}}")).await;
        assert_eq!(
            (reply.status, reply.fields()),
            (422, vec!["probability".to_owned()]),
            "{bad}: {}",
            reply.text()
        );
    }
    assert_eq!(send("{\"probability\": null}").await.status, 422);
    for unreadable in ["{\"probability\": NaN}", "{\"probability\": 1e400}", "{\"probability\": .5}"] {
        assert_eq!(send(unreadable).await.status, 400, "{unreadable}");
    }
    for (edge, kept) in [("0", 0.001), ("1", 0.999), ("-0.0", 0.001), ("0.5e-999", 0.001)] {
        let reply = send(&format!("{{\"probability\": {edge}}}")).await.json();
        assert_eq!(
            (&reply["clamped"], reply["probabilities"][0].as_f64()),
            (&json!(true), Some(kept)),
            "{edge}"
        );
    }
    for more in
        ["\"score\": 3", "\"at\": \"2020-01-01T00:00:00Z\"", "\"forecaster\": \"person:ada\"", "\"id\": 1"]
    {
        let reply = send(&format!("{{\"probability\": 0.5, {more}}}")).await;
        assert_eq!(reply.status, 422, "{more}");
    }
    for (form, hint) in [("0,5", "write 0.5"), ("abc", "no number"), ("", "in percent"), ("101", "0 to 100")]
    {
        let body =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("probability", form).finish();
        let reply = ben.page(&server, "POST", "/claims/spring/forecast", &body).await;
        assert_eq!(reply.status, 422, "{form}");
        assert!(reply.text().contains(hint), "{form}: what is wrong is said");
    }
    let unknown =
        ben.api(&server, "POST", "/api/v1/claims/nowhere/forecasts", "{\"probability\": 0.5}").await;
    assert_eq!(unknown.status, 404);
    server.clock.advance(TimeDelta::days(4000));
    assert_eq!(send("{\"probability\": 0.5}").await.status, 409, "the deadline has passed");
}

#[tokio::test]
async fn b44_files_of_forecasts_that_are_none() {
    let (server, _, ben) = two().await;
    let import = async |csv: &str| {
        let body = json!({ "csv": csv }).to_string();
        ben.api(&server, "POST", "/api/v1/forecasts/import", &body).await
    };
    let wide = format!("claim,probability{}\nspring,0.5\n", ",x".repeat(200));
    for (csv, told) in [
        ("claim;probability\nspring;0.5\n", "row 1: heading"),
        (wide.as_str(), "row 1: heading"),
        ("claim,probability\nspring,0.5\nspring,\"0.6\nspring,0.7\n", "row 3"),
        ("claim,probability\nspring,0.5\nspring,seven\n", "row 3: probability"),
        ("claim,probability\nspring,0.5\nnowhere,0.5\n", "row 3: claim"),
        ("claim,probability,expires_at\nspring,0.5,soon\n", "row 2: expires_at"),
        ("claim,probability\nspring,1.5\n", "row 2: probability"),
        ("", "row 1: heading"),
    ] {
        let reply = import(csv).await;
        assert_eq!(reply.status, 422, "{csv}: {}", reply.text());
        assert!(reply.fields().iter().any(|field| field.starts_with(told)), "{csv}: {:?}", reply.fields());
    }
    assert_eq!(server.get(FORECASTS).await.json()["items"], json!([]), "all or nothing");
    let good = import("claim,probability,rationale\nspring,0.8,=HYPERLINK()\n").await;
    assert_eq!(good.status, 201, "{}", good.text());
    let csv = server.get("/claims/spring/forecasts.csv").await.text();
    assert!(csv.contains("person:ben") && csv.contains("'=HYPERLINK()"), "{csv}");
    let question = server.get("/claims/spring/forecasts.json").await.json();
    assert_eq!(
        (&question["question"]["type"], &question["forecasts"][0]["p"]),
        (&json!("binary"), &json!(0.8))
    );
    let mine = ben.page(&server, "GET", "/forecasts/mine.csv", "").await;
    assert!(mine.text().contains("spring"));
}

#[tokio::test]
async fn a_hidden_crowd_is_hidden_on_every_page_and_in_every_file() {
    let server = Server::start_with_accounts().await;
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    let ben = Someone::new(&server, "ben", Role::Forecaster).await;
    let yaml = "title: A hidden crowd\nslug: spring\nwindow: { by: Q1 2027 }\ncriteria: A person decides.\n\
                forecasts: { hide_crowd: true }\n";
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("as", "yaml"), ("yaml", yaml), ("do", "save")])
        .finish();
    assert_eq!(ada.page(&server, "POST", "/claims/new", &form).await.status, 303);
    assert_eq!(said(&server, &ada, 0.8125).await.status, 201);
    for path in [
        "/claims/spring",
        "/claims/spring/moves",
        "/claims/spring/forecasts",
        "/claims/spring/forecasts.csv",
        "/claims/spring/forecasts.json",
        "/claims/spring/export.csv",
        "/claims/spring/export.json",
        "/claims/spring/chart.svg",
        "/forecasters/person:ada",
        "/people/ada",
        "/api/v1/people/ada",
        "/api/v1/claims/spring",
        "/api/v1/claims/spring/moves",
        "/api/v1/claims/spring/history",
        "/api/v1/claims/spring/forecasts",
        "/api/v1/claims/spring/crowd",
        "/api/v1/claims/spring/chart.svg",
        "/api/v1/forecasters/person:ada/forecasts",
    ] {
        let seen = ben.page(&server, "GET", path, "").await;
        assert_eq!(seen.status, 200, "{path}");
        let text = seen.text();
        assert!(
            !text.contains("0.8125")
                && !text.contains("81%")
                && !text.contains("81.2%")
                && !text.contains("81.3%"),
            "{path} tells it"
        );
    }
    assert!(
        plain(&ben.page(&server, "GET", "/claims/spring", "").await).contains("1 person has forecast it")
    );
    assert_eq!(said(&server, &ben, 0.5).await.status, 201);
    let now = ben.page(&server, "GET", "/claims/spring/forecasts", "").await.text();
    assert!(now.contains("81."), "who has forecast sees it");
}

#[tokio::test]
async fn an_outcome_puts_everyone_on_the_board() {
    let (server, ada, ben) = two().await;
    server.clock.advance(TimeDelta::days(10));
    said(&server, &ada, 0.9).await;
    said(&server, &ben, 0.3).await;
    server.clock.advance(TimeDelta::days(20));
    propose(&server, "spring").await;
    server.clock.advance(TimeDelta::days(2));
    server.engine.settle_due().await.expect("settled");
    server.form("/about/theme", &[]).await;
    let board = server.get("/api/v1/leaderboards?score=peer").await.json();
    let place = |who: &str| {
        let all = board["places"].as_array().expect("places");
        all.iter().find(|p| p["forecaster"] == who).cloned().unwrap_or_else(|| panic!("{who}: {board}"))
    };
    assert_eq!(board["claims"], 1);
    let (first, second) = (place("person:ada"), place("person:ben"));
    let sum = first["value"].as_f64().zip(second["value"].as_f64()).map(|(a, b)| a + b).expect("numbers");
    assert!(sum.abs() < 1e-9, "peer scores sum to zero");
    let page = server.get("/forecasters").await.text();
    for name in ["ada", "ben", "Always 50%", "Base rate", "Crowd", "Probability"] {
        assert!(page.contains(name), "{name} stands on the board");
    }
    let people = server.get("/forecasters?kind=person&window=90d&tag=none").await;
    assert_eq!(people.status, 200);
    assert_eq!(server.get("/forecasters?score=best").await.status, 400);
    let record = server.get("/api/v1/forecasters/person:ada").await.json();
    assert_eq!(
        (&record["earned"][0]["claim"], &record["earned"][0]["outcome"]),
        (&json!("spring"), &json!("yes"))
    );
    assert_eq!(record["calibration"][0]["claims"], 1);
    let shown = server.get("/forecasters/person:ada").await.text();
    assert!(shown.contains("Calibration") && shown.contains("0.010"), "0.9 for what came true earns 0.01");
    let scores = server.get("/claims/spring/scores").await.text();
    assert!(scores.contains("baseline:even") || scores.contains("Always 50%"));
    assert_eq!(server.get("/forecasters/person:nobody").await.status, 404);
    assert_eq!(server.get("/forecasters/nonsense").await.status, 404);
    assert_eq!(said(&server, &ben, 0.5).await.status, 409, "a settled claim takes no forecasts");
}
