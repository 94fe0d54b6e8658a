//! Questions asked over the network: what the sites' refusals mean, and what is never asked.

use std::time::Duration;

use bellwether_sources::{
    external::{Address, Asked, ExternalError, Site, Sites, Unreadable},
    fetch::{AddressPolicy, FetchError, FetchSettings, Fetcher, Validators, pace::Manners},
};
use url::Url;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, header_exists, path},
};

use super::{MANIFOLD_BINARY, METACULUS_BINARY, now};

fn fetcher(policy: AddressPolicy) -> Fetcher {
    let manners = Manners { pause: Duration::ZERO, ..Manners::default() };
    Fetcher::new(FetchSettings { policy, manners, ..FetchSettings::default() }).unwrap()
}

/// All three sites at one local server.
fn sites(server: &MockServer) -> Sites {
    let url = Url::parse(&server.uri()).unwrap();
    Sites { manifold: url.clone(), metaculus: url.clone(), polymarket: url }
}

async fn ask(
    fetcher: &Fetcher,
    sites: &Sites,
    address: &str,
    validators: Validators,
    token: Option<&str>,
) -> Result<Asked, ExternalError> {
    let address: Address = address.parse().unwrap();
    let api = address.api(sites).to_string();
    fetcher.ask_question(address.site(), &api, validators, token.map(str::to_owned), now()).await
}

const QUESTION: &str = "https://manifold.markets/Example/will-it-be";

#[tokio::test]
async fn a_question_is_asked_and_asked_again_for_changes_only() {
    let server = MockServer::start().await;
    Mock::given(path("/v0/slug/will-it-be"))
        .and(header("if-none-match", "\"v1\""))
        .respond_with(ResponseTemplate::new(304))
        .with_priority(1)
        .mount(&server)
        .await;
    let answer = ResponseTemplate::new(200)
        .set_body_raw(MANIFOLD_BINARY, "application/json")
        .insert_header("etag", "\"v1\"");
    Mock::given(path("/v0/slug/will-it-be")).respond_with(answer).mount(&server).await;
    let (fetcher, sites) = (fetcher(AddressPolicy::with_loopback()), sites(&server));
    let first = ask(&fetcher, &sites, QUESTION, Validators::default(), None).await.unwrap();
    let Asked::Read { meta, bytes, reading } = first else { panic!("{first:?}") };
    assert_eq!(bytes, MANIFOLD_BINARY.as_bytes());
    assert_eq!(reading, Site::Manifold.read(&bytes, now()).unwrap());
    let again = ask(&fetcher, &sites, QUESTION, meta.validators, None).await.unwrap();
    assert!(matches!(again, Asked::Unchanged(_)));
}

#[tokio::test]
async fn refusals_are_told_by_what_the_site_means() {
    let server = MockServer::start().await;
    let (fetcher, sites) = (fetcher(AddressPolicy::with_loopback()), sites(&server));
    Mock::given(path("/api/posts/1/")).respond_with(ResponseTemplate::new(403)).mount(&server).await;
    Mock::given(path("/v0/slug/refused")).respond_with(ResponseTemplate::new(403)).mount(&server).await;
    let page = ResponseTemplate::new(200).set_body_raw("<!doctype html><title>Soon</title>", "text/html");
    Mock::given(path("/v0/slug/page")).respond_with(page).mount(&server).await;
    let busy = ResponseTemplate::new(429).insert_header("retry-after", "600");
    Mock::given(path("/events/slug/busy")).respond_with(busy).mount(&server).await;
    let error =
        async |address: &str| ask(&fetcher, &sites, address, Validators::default(), None).await.unwrap_err();

    let login = error("metaculus.com/questions/1").await;
    assert_eq!(login, ExternalError::LoginNeeded { site: Site::Metaculus });
    assert!(login.to_string().contains("BELLWETHER_SECRET_METACULUS_TOKEN"), "{login}");
    let missing = error("metaculus.com/questions/2").await;
    assert_eq!(missing, Unreadable::NotFound { site: Site::Metaculus }.into());
    assert_eq!(error("manifold.markets/E/refused").await.code(), "http_status");
    assert_eq!(error("manifold.markets/E/page").await.code(), "unexpected_content");
    let busy = error("polymarket.com/event/busy").await;
    assert_eq!(busy.code(), "rate_limited");
    assert!(busy.wait_until().unwrap() >= now() + chrono::TimeDelta::minutes(10));
}

#[tokio::test]
async fn a_token_opens_metaculus_and_is_shown_to_nobody_else() {
    let server = MockServer::start().await;
    let opened = ResponseTemplate::new(200).set_body_raw(METACULUS_BINARY, "application/json");
    Mock::given(path("/api/posts/40001/"))
        .and(header("authorization", "Token abc"))
        .respond_with(opened)
        .mount(&server)
        .await;
    let elsewhere = MockServer::start().await;
    // `localhost` and `127.0.0.1` are two hosts.
    let away = elsewhere.uri().replace("127.0.0.1", "localhost");
    let moved = ResponseTemplate::new(302).insert_header("location", format!("{away}/api/posts/2/"));
    Mock::given(path("/api/posts/2/")).respond_with(moved).mount(&server).await;
    Mock::given(header_exists("authorization"))
        .respond_with(ResponseTemplate::new(500))
        .mount(&elsewhere)
        .await;
    let open = ResponseTemplate::new(200).set_body_raw(METACULUS_BINARY, "application/json");
    Mock::given(path("/api/posts/2/")).respond_with(open).with_priority(9).mount(&elsewhere).await;
    let (fetcher, sites) = (fetcher(AddressPolicy::with_loopback()), sites(&server));
    let asked =
        ask(&fetcher, &sites, "metaculus.com/questions/40001", Validators::default(), Some("abc")).await;
    assert!(matches!(asked, Ok(Asked::Read { .. })), "{asked:?}");
    let moved = ask(&fetcher, &sites, "metaculus.com/questions/2", Validators::default(), Some("abc")).await;
    assert_eq!(moved.unwrap_err(), ExternalError::Moved { site: Site::Metaculus });
}

/// With the allow-list empty, as it is by default, no private address is asked, whoever names it.
#[tokio::test]
async fn private_addresses_are_not_asked() {
    let server = MockServer::start().await;
    let sites = sites(&server);
    let error = ask(&fetcher(AddressPolicy::default()), &sites, QUESTION, Validators::default(), None)
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            ExternalError::Fetch(FetchError::BadUrl { .. } | FetchError::AddressNotAllowed { .. })
        ),
        "{error}"
    );
    assert!(server.received_requests().await.unwrap().is_empty());
}
