//! Alerts as people meet them: one click, an inbox with the reason, and ways to hear less that ask first.

use bellwether_core::people::Role;
use serde_json::json;

use crate::{
    forms::{plain, published, refused},
    people::Someone,
    support::Server,
};

/// Evidence that moves a claim by far more than 3 points.
async fn moves(server: &Server, slug: &str, text: &str) {
    let item =
        json!({ "item": { "side": "for", "text": text, "strength": 25.0, "url": "https://example.org/a" } });
    let added = server.post(&format!("/api/v1/claims/{slug}/evidence"), &item).await;
    assert_eq!(added.status, 201, "{}", added.text());
    server.engine.tell_what_happened().await.expect("told");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_click_makes_alerts_and_the_inbox_says_why() {
    let server = Server::start().await;
    published(&server, "rain", "").await;
    let claim = server.get("/claims/rain").await.text();
    let target =
        claim.split("name=\"target\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(plain(&claim).contains("Get alerts") && target.starts_with("claim:"), "{target}");
    let begun = server.form("/alerts", &[("target", &target)]).await;
    let page = begun.header("location").unwrap().to_owned();
    assert_eq!(begun.status, 303);
    let alert = page.split('?').next().unwrap().to_owned();
    let shown = plain(&server.get(&page).await.text());
    assert!(shown.contains("Alerts are on."), "{shown}");
    assert!(shown.contains("moves of at least 3 pts since the last alert"), "{shown}");
    assert!(shown.contains("With this setting you would have had"), "{shown}");
    assert!(plain(&server.get("/claims/rain").await.text()).contains("Alerts are on"));
    let again = server.form("/alerts", &[("target", &target)]).await;
    assert_eq!(again.header("location").unwrap(), page, "who follows it already keeps their own");

    moves(&server, "rain", "The barometer falls").await;
    let inbox = plain(&server.get("/inbox").await.text());
    assert!(inbox.contains("since the last alert") && inbox.contains("Evidence added"), "{inbox}");
    assert!(inbox.contains("You follow this claim"), "{inbox}");
    assert!(inbox.contains("Inbox (1)") && inbox.contains("1 unread"), "{inbox}");
    let until = inbox.split("name=\"until\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(server.form("/inbox/read", &[("until", &until)]).await.status, 303);
    let inbox = plain(&server.get("/inbox").await.text());
    assert!(inbox.contains("Nothing unread") && !inbox.contains("Inbox ("), "{inbox}");

    // What links in messages lead to asks first.
    for (what, done) in [("mute", "Muted until"), ("raise", "at least 6"), ("end", "You follow nothing yet")]
    {
        let before = server.rows().await;
        let asked = server.get(&format!("{alert}/{what}")).await;
        assert_eq!(asked.status, 200, "{what}");
        assert_eq!(server.rows().await, before, "a GET of {what} changes nothing");
        assert!(!plain(&server.get("/alerts").await.text()).contains(done), "{what}");
        assert_eq!(server.form(&format!("{alert}/{what}"), &[]).await.status, 303, "{what}");
        let list = plain(&server.get("/alerts").await.text());
        assert!(list.contains(done), "{what}: {list}");
    }
    assert_eq!(server.get(&alert).await.status, 404, "ended");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b35_settings_that_cannot_be_are_told_at_their_fields() {
    let server = Server::start().await;
    let begun = server.form("/alerts", &[("target", "all")]).await;
    let alert = begun.header("location").unwrap().split('?').next().unwrap().to_owned();
    let good = [("topic.move", "at_once"), ("at_least", "3"), ("inbox", "yes"), ("zone", "Europe/Berlin")];
    assert_eq!(server.form(&alert, &good).await.status, 303);
    for (field, value) in [
        ("at_least", "0"),
        ("at_least", "101"),
        ("at_least", "NaN"),
        ("at_least", "3,5"),
        ("cooldown", "a while"),
        ("daily_at", "25:00"),
        ("quiet_from", "24:00"),
        ("zone", "Mars/Base"),
    ] {
        let mut fields = good.to_vec();
        fields.retain(|(name, _)| *name != field);
        fields.push((field, value));
        if field == "quiet_from" {
            fields.push(("quiet_to", "07:00"));
        }
        refused(&server, &alert, &fields, field).await;
    }
    refused(&server, &alert, &[("at_least", "3"), ("inbox", "yes")], "topics").await;
    let nowhere = [("topic.move", "at_once"), ("at_least", "3")];
    refused(&server, &alert, &nowhere, "channels").await;
    let look = server.form(&alert, &[&good[..], &[("do", "look"), ("at_least", "9")]].concat()).await;
    assert_eq!(look.status, 200, "only looked at");
    for target in
        ["", "claim:x", "everything", "tag:", "source:nobody", "claim:00000000-0000-0000-0000-000000000000"]
    {
        let reply = server.form("/alerts", &[("target", target)]).await;
        assert_eq!(reply.status, 422, "{target}: {}", reply.text());
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_are_their_owners_and_strangers_are_shown_the_door() {
    let server = Server::start_with_accounts().await;
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    let finn = Someone::new(&server, "finn", Role::Forecaster).await;
    let begun = finn.page(&server, "POST", "/alerts", "target=all").await;
    let alert = begun.header("location").unwrap().split('?').next().unwrap().to_owned();
    for path in [alert.clone(), format!("{alert}/mute")] {
        assert_eq!(finn.page(&server, "GET", &path, "").await.status, 200, "{path}");
        assert_eq!(ada.page(&server, "GET", &path, "").await.status, 404, "{path}");
    }
    for what in ["mute", "raise", "end"] {
        assert_eq!(ada.page(&server, "POST", &format!("{alert}/{what}"), "").await.status, 404, "{what}");
    }
    for path in ["/alerts", "/inbox"] {
        let reply = server.get(path).await;
        assert_eq!(reply.status, 303, "{path}");
        assert!(reply.header("location").unwrap().starts_with("/sign-in"), "{path}");
    }
    assert!(plain(&server.get("/resolution").await.text()).contains("Sign in to get alerts"));
    server.stop().await;
}
