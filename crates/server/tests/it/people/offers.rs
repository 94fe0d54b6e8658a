//! Pages offer what the reader may do, and say who does the rest.

use bellwether_core::{
    actor::Actor,
    people::{Handle, Role},
};
use chrono::TimeDelta;

use super::{Someone, claim, propose};
use crate::support::Server;

/// Whether a page leads or posts to an address that begins so.
fn offers(html: &str, what: &str) -> bool {
    html.contains(&format!("action=\"{what}")) || html.contains(&format!("href=\"{what}"))
}

#[tokio::test]
async fn a_claim_offers_each_reader_what_they_may_do_and_says_who_does_the_rest() {
    let server = Server::start_with_accounts().await;
    Someone::new(&server, "ada", Role::Admin).await;
    let curie = Someone::new(&server, "curie", Role::Curator).await;
    let fisher = Someone::new(&server, "fisher", Role::Forecaster).await;
    claim(&server, &curie, &curie).await;

    let stranger = server.get("/claims/spring").await.text();
    assert!(
        stranger.contains("<a href=\"/sign-in?next=%2Fclaims%2Fspring\">Sign in to add evidence</a>"),
        "{stranger}"
    );
    let forecaster = fisher.page(&server, "GET", "/claims/spring", "").await.text();
    assert!(forecaster.contains("Curators add evidence here.") && !forecaster.contains("Sign in to"));
    let curator = curie.page(&server, "GET", "/claims/spring", "").await.text();
    for what in ["/evidence/new?claim=spring", "/evidence/"] {
        assert!(offers(&curator, what), "{what}");
        assert!(!offers(&stranger, what) && !offers(&forecaster, what), "{what}");
    }
    for page in [&stranger, &forecaster, &curator] {
        assert!(page.contains("<dt>added by</dt><dd><a href=\"/people/curie\">curie</a></dd>"));
    }

    propose(&server, "spring").await;
    let stranger = server.get("/claims/spring").await.text();
    assert!(
        stranger.contains("/sign-in?next=%2Fclaims%2Fspring%23proposal\">Sign in to object</a>"),
        "{stranger}"
    );
    let forecaster = fisher.page(&server, "GET", "/claims/spring", "").await.text();
    assert!(offers(&forecaster, "/claims/spring/object") && !offers(&stranger, "/claims/spring/object"));
    let objected = fisher.page(&server, "POST", "/claims/spring/object", "reason=It+does+not").await;
    assert_eq!(objected.status, 303, "{}", objected.text());
    let disputed = fisher.page(&server, "GET", "/claims/spring", "").await.text();
    assert!(disputed.contains("until an arbiter decides") && !offers(&disputed, "/claims/spring/decide"));
    let dashboard = fisher.page(&server, "GET", "/resolution", "").await.text();
    assert!(dashboard.contains("1 needs a person") && !dashboard.contains(">Decide</a>"), "{dashboard}");
    server.stop().await;
}

#[tokio::test]
async fn an_arbiter_with_an_interest_is_told_before_they_write_and_loses_nothing_when_they_wrote() {
    let server = Server::start_with_accounts().await;
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    let curie = Someone::new(&server, "curie", Role::Curator).await;
    let alan = Someone::new(&server, "alan", Role::Arbiter).await;
    claim(&server, &curie, &alan).await;
    let id = propose(&server, "spring").await;
    server.engine.object(&Actor::Operator, id, "let someone look", None).await.unwrap();

    let told = alan.page(&server, "GET", "/claims/spring", "").await.text();
    let why = "You added evidence to this claim, so someone else decides it: ada can.";
    assert!(told.contains(why) && !offers(&told, "/claims/spring/decide"), "{told}");
    let tried = alan.page(&server, "POST", "/claims/spring/decide", "outcome=No&reason=I+looked").await;
    let page = tried.text();
    assert_eq!(tried.status, 403);
    assert!(
        page.contains(why)
            && page.contains(">I looked</textarea>")
            && page.contains("value=\"No\" required checked"),
        "{page}"
    );

    let free = ada.page(&server, "GET", "/claims/spring", "").await.text();
    assert!(offers(&free, "/claims/spring/decide") && !free.contains("interested party"));
    let refused = ada.page(&server, "POST", "/claims/spring/decide", "outcome=Go+on&reason=once+more").await;
    assert_eq!(refused.status, 303, "{}", refused.text());
    server.clock.advance(TimeDelta::minutes(1));
    propose(&server, "spring").await;
    server.engine.object(&Actor::Operator, id, "let someone look", None).await.unwrap();
    // Nobody else is left: they may, and are told how it will be marked.
    let named = |handle| Handle::new(handle).unwrap();
    server.engine.set_role(&Actor::Operator, &named("alan"), Role::Admin).await.unwrap();
    server.engine.disable_account(&Actor::Operator, &named("ada")).await.unwrap();
    let alone = alan.page(&server, "GET", "/claims/spring", "").await.text();
    assert!(
        offers(&alone, "/claims/spring/decide") && alone.contains("nobody else here could decide it"),
        "{alone}"
    );
    let done = alan.page(&server, "POST", "/claims/spring/decide", "outcome=Yes&reason=I+looked").await;
    assert_eq!(done.status, 303, "{}", done.text());
    let proof = server.get("/claims/spring/proof").await.text();
    assert!(
        proof.contains("Decided by an interested party.")
            && proof.contains("<a href=\"/people/alan\">alan</a>")
    );
    server.stop().await;
}

#[tokio::test]
async fn s17_the_version_is_for_those_who_keep_the_installation() {
    let server = Server::start_with_accounts().await;
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    let fisher = Someone::new(&server, "fisher", Role::Forecaster).await;
    let version = env!("CARGO_PKG_VERSION");
    let about = server.get("/about").await.text();
    assert!(
        about.contains("Ask <a href=\"/people/ada\">ada</a>") && !about.contains("local operator"),
        "{about}"
    );
    assert!(!about.contains(version));
    assert!(!fisher.page(&server, "GET", "/about", "").await.text().contains(version));
    assert!(ada.page(&server, "GET", "/about", "").await.text().contains(version));
    server.stop().await;
    let alone = Server::start().await;
    let about = alone.get("/about").await.text();
    assert!(about.contains("One local operator") && about.contains(version));
    alone.stop().await;
}

#[tokio::test]
async fn the_door_of_a_private_installation_shows_nothing_else() {
    let server = Server::start_with_accounts().await;
    Someone::new(&server, "ada", Role::Admin).await;
    server.engine.set_private(&Actor::Operator, true).await.unwrap();
    let door = server.get("/sign-in?next=%2Fresolution").await.text();
    for inside in ["href=\"/resolution", "href=\"/sources", "href=\"/people", "href=\"/about", "name=\"q\""] {
        assert!(!door.contains(inside), "{inside}");
    }
    assert!(door.contains("name=\"next\" value=\"/resolution\""));
    server.stop().await;
}
