//! What people with accounts do, start to end, in a real browser; two windows are two people.

use bellwether_core::{
    actor::Actor,
    people::{Handle, Role},
};
use chrono::TimeDelta;

use super::Browser;
use crate::{
    people::{PASSWORD, Someone, claim, propose},
    support::Server,
};

impl Browser {
    async fn sign_in(&self, handle: &str, password: &str) {
        self.fill("#handle", handle).await;
        self.fill("#password", password).await;
        self.press("main form button.main").await;
    }

    /// Signs out whoever is in, and signs in someone else.
    pub(super) async fn become_one(&self, handle: &str) {
        self.go("/account").await;
        if self.path().await == "/account" {
            self.press("form[action='/sign-out'] button").await;
            // To go on at once could cut the request off.
            self.find("a[href^='/sign-in']").await;
        }
        self.go("/sign-in?next=%2Faccount").await;
        self.sign_in(handle, PASSWORD).await;
        assert_eq!(self.path().await, "/account", "{handle} is in");
    }

    async fn path(&self) -> String {
        self.client.current_url().await.expect("an address").path().to_owned()
    }

    /// The status of the page that is shown.
    async fn status(&self) -> i64 {
        let status = self.run("return performance.getEntriesByType('navigation')[0].responseStatus").await;
        status.as_i64().expect("a status")
    }

    /// Sends a form that no page offers, from a page of this server.
    async fn forge(&self, action: &str, fields: &[(&str, &str)]) {
        let fields = serde_json::json!(fields);
        self.run(&format!(
            "const form = Object.assign(document.createElement('form'), {{ method: 'post', action: '{action}' }}); \
             for (const [name, value] of {fields}) form.append(Object.assign(document.createElement('input'), {{ name, value }})); \
             document.body.append(form); form.submit();"
        ))
        .await;
        self.find("main").await;
    }
}

/// The address in a link that is shown once.
async fn shown_link(browser: &Browser) -> String {
    let address = browser.text("#link").await;
    address.strip_prefix(&browser.origin).expect("an address of this server").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_first_link_to_a_token_that_works_no_more() {
    let server = Server::start_with_accounts().await;
    let Some(admin) = Browser::open_with(&server, false).await else { return };
    let link = server.engine.setup_link().await.unwrap().unwrap();
    admin.go(&format!("/setup/{}", link.reveal())).await;
    assert_eq!(admin.text("h1").await, "Set up");
    admin.sign_in("ada", PASSWORD).await;
    assert_eq!(admin.path().await, "/settings");
    admin.press("#role option[value=curator]").await;
    admin.fill("#note", "Marie").await;
    admin.press("form[action='/settings/invitations'] button").await;
    let join = shown_link(&admin).await;

    let guest = Browser::open_with(&server, false).await.expect("a second window");
    guest.go(&join).await;
    assert!(guest.text("main").await.contains("invited as curator"));
    guest.fill("#name", "Marie Curie").await;
    guest.sign_in("curie", PASSWORD).await;
    assert_eq!(guest.path().await, "/");
    guest.go("/account").await;
    assert_eq!(guest.text("h1").await, "Marie Curie");
    guest.press("form[action='/sign-out'] button").await;
    guest.go("/account").await;
    assert_eq!(guest.path().await, "/sign-in", "signed out");
    guest.sign_in("curie", PASSWORD).await;
    assert_eq!(guest.path().await, "/account", "where they wanted to go");

    guest.press("details:has(#token_name) summary").await;
    guest.fill("#token_name", "nightly import").await;
    guest.press("input[name=scopes][value=curate]").await;
    guest.press("form[action='/account/tokens'] button").await;
    let token = guest.text("#secret").await;
    let bearer = format!("Bearer {token}");
    let program = async || {
        let body =
            r#"{"title":"A claim of a program","window":{"by":"Q1 2027"},"criteria":"A person decides."}"#;
        let headers = [("Authorization", bearer.as_str()), crate::support::JSON];
        server.send("POST", "/api/v1/claims", &headers, body.as_bytes()).await.status
    };
    assert_eq!(program().await, 201);
    guest.go("/account").await;
    assert_eq!(guest.count("#secret").await, 0, "shown once");
    assert!(!guest.text("main").await.contains(&token));
    assert!(
        guest.text("tr:has(form[action$='/revoke'])").await.contains("just now"),
        "when it was last used"
    );
    guest.press("form[action$='/revoke'] button").await;
    assert_eq!(program().await, 401, "the very next request");
    assert!(guest.text("table").await.contains("revoked"));
    guest.close().await;
    admin.close().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forecaster_cannot_resolve() {
    let server = Server::start_with_accounts().await;
    let Some(browser) = Browser::open(&server).await else { return };
    Someone::new(&server, "ada", Role::Admin).await;
    let curie = Someone::new(&server, "curie", Role::Curator).await;
    Someone::new(&server, "fisher", Role::Forecaster).await;
    claim(&server, &curie, &curie).await;
    propose(&server, "spring").await;

    browser.become_one("fisher").await;
    browser.go("/claims/spring").await;
    browser.fill("#proposal textarea", "It leads on one benchmark only.").await;
    browser.press("#proposal form button").await;
    let proposal = browser.text("#proposal").await;
    assert!(
        proposal.contains("It leads on one benchmark only.") && proposal.contains("until an arbiter decides")
    );
    assert_eq!(
        browser.count("form[action$='/decide'], a[href^='/evidence/new']").await,
        0,
        "nothing is offered"
    );

    let before = server.rows().await;
    browser.forge("/claims/spring/decide", &[("outcome", "Yes"), ("reason", "because I say so")]).await;
    assert_eq!(browser.text("h1").await, "You may not do this");
    let said = browser.text("main").await;
    assert!(said.contains("This needs the role arbiter") && said.contains("Nothing was changed."), "{said}");
    assert_eq!(browser.status().await, 403);
    assert_eq!(server.rows().await, before);
    browser.close().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_arbiter_with_an_interest_is_refused_and_told_why() {
    let server = Server::start_with_accounts().await;
    let Some(browser) = Browser::open(&server).await else { return };
    Someone::new(&server, "ada", Role::Admin).await;
    let alan = Someone::new(&server, "alan", Role::Arbiter).await;
    claim(&server, &alan, &alan).await;
    let disputed = async || {
        let id = propose(&server, "spring").await;
        server.engine.object(&Actor::Operator, id, "let someone look", None).await.unwrap();
    };
    disputed().await;

    let why = "You wrote this claim, so someone else decides it: ada can.";
    browser.become_one("alan").await;
    browser.go("/claims/spring").await;
    assert!(browser.text("#proposal").await.contains(why));
    assert_eq!(browser.count("form[action$='/decide']").await, 0, "told before they write");
    browser.forge("/claims/spring/decide", &[("outcome", "No"), ("reason", "I looked at it.")]).await;
    assert_eq!(browser.status().await, 403);
    assert_eq!(browser.text("#reason-error").await, why);
    let kept =
        browser.run("return [reason.value, document.querySelector('[name=outcome]:checked').value]").await;
    assert_eq!(kept, serde_json::json!(["I looked at it.", "No"]), "what they wrote is kept");

    // Another arbiter decides.
    browser.become_one("ada").await;
    browser.go("/claims/spring").await;
    browser.press("#proposal input[value='Go on']").await;
    browser.fill("#proposal textarea", "Too early to say.").await;
    browser.press("#proposal form button").await;
    assert_eq!(browser.count("#proposal").await, 0, "the claim goes on");

    // Where there is no other arbiter they may, and it is marked for good.
    server.clock.advance(TimeDelta::minutes(1));
    disputed().await;
    let named = |handle| Handle::new(handle).unwrap();
    server.engine.set_role(&Actor::Operator, &named("alan"), Role::Admin).await.unwrap();
    server.engine.disable_account(&Actor::Operator, &named("ada")).await.unwrap();
    browser.become_one("alan").await;
    browser.go("/claims/spring").await;
    assert!(
        browser.text("#proposal").await.contains("Decided by an interested party"),
        "told before they write"
    );
    browser.press("#proposal input[value=Yes]").await;
    browser.fill("#proposal textarea", "It leads on all of them.").await;
    browser.press("#proposal form button").await;
    browser.press(".claim-number a[href$='/proof']").await;
    let proof = browser.text("main").await;
    assert!(proof.contains("Decided by an interested party.") && proof.contains("alan"), "{proof}");
    browser.close().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_installation_shows_its_door_and_leads_on() {
    let server = Server::start_with_accounts().await;
    let Some(browser) = Browser::open_with(&server, false).await else { return };
    Someone::new(&server, "ada", Role::Admin).await;
    let curie = Someone::new(&server, "curie", Role::Curator).await;
    claim(&server, &curie, &curie).await;
    server.engine.set_private(&Actor::Operator, true).await.unwrap();
    for path in ["/", "/resolution", "/people/curie", "/about", "/claims/spring?range=all"] {
        browser.go(path).await;
        assert_eq!(browser.path().await, "/sign-in", "{path}");
        assert_eq!(browser.count("nav, footer, [role=search]").await, 0, "{path}: nothing but the door");
    }
    browser.sign_in("curie", "not the password").await;
    assert!(browser.text(".field-error").await.contains("not right"));
    browser.sign_in("", PASSWORD).await;
    assert_eq!(browser.path().await, "/claims/spring");
    assert!(browser.text(".for").await.contains("Costs fell"));
    browser.close().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_other_sessions_and_a_reset_link_works_once() {
    let server = Server::start_with_accounts().await;
    let Some(desk) = Browser::open_with(&server, false).await else { return };
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    Someone::new(&server, "fisher", Role::Forecaster).await;
    let phone = Browser::open_with(&server, false).await.expect("a second window");
    for window in [&desk, &phone] {
        window.go("/sign-in?next=%2Faccount").await;
        window.sign_in("fisher", PASSWORD).await;
        assert_eq!(window.path().await, "/account");
    }
    desk.fill("#current", PASSWORD).await;
    desk.fill("#password", "another battery, another horse").await;
    desk.press("form[action='/account/password'] button").await;
    assert_eq!(desk.path().await, "/account", "this window stays");
    phone.go("/account").await;
    assert_eq!(phone.path().await, "/sign-in", "the other one is out");

    let made = ada.page(&server, "POST", "/settings/accounts/fisher/reset", "").await.text();
    let link = made.split("id=\"link\">").nth(1).and_then(|rest| rest.split('<').next()).expect("a link");
    let link = link.strip_prefix(&phone.origin).expect("an address of this server").to_owned();
    phone.go(&link).await;
    assert!(phone.text("main").await.contains("fisher"));
    phone.fill("#password", "a third one for all of them").await;
    phone.press("main form button.main").await;
    phone.go("/account").await;
    assert_eq!(phone.text("h1").await, "fisher", "in again");
    desk.go("/account").await;
    assert_eq!(desk.path().await, "/sign-in", "every session before it is over");
    desk.go(&link).await;
    assert_eq!(desk.text("h1").await, "Not found");
    assert!(desk.text("main").await.contains("ask for another"));
    desk.close().await;
    phone.close().await;
    server.stop().await;
}
