//! Signing in and out, setting up, joining, and what keeps guessers away.

use bellwether_core::people::Role;
use bellwether_server::Rates;

use super::{PASSWORD, Someone};
use crate::support::{Reply, Server};

/// The cookie that an answer sets, as a browser sends it back.
fn cookie(reply: &Reply) -> Option<String> {
    let set = reply.header("set-cookie")?;
    Some(set.split(';').next()?.to_owned())
}

#[tokio::test]
async fn s16_the_set_up_route_is_gone_once_it_was_used() {
    let server = Server::start_with_accounts().await;
    assert_eq!(server.get("/setup/bwl_0").await.status, 404);
    let sign_in = server.get("/sign-in").await.text();
    assert!(sign_in.contains("Nobody has an account yet"), "{sign_in}");
    let link = server.engine.setup_link().await.unwrap().unwrap();
    let path = format!("/setup/{}", link.reveal());
    assert_eq!(server.get(&path).await.status, 200);
    let weak = server.form(&path, &[("handle", "ada"), ("name", "Ada"), ("password", "password")]).await;
    assert_eq!(weak.status, 422);
    assert!(weak.text().contains("value=\"Ada\""), "what was typed is kept");
    let done = server.form(&path, &[("handle", "ada"), ("name", "Ada"), ("password", PASSWORD)]).await;
    assert_eq!((done.status, done.header("location")), (303, Some("/settings")), "{}", done.text());
    let cookie = cookie(&done).unwrap();
    let inside = server.send("GET", "/settings", &[("Cookie", &cookie)], b"").await;
    assert_eq!(inside.status, 200, "{}", inside.text());
    assert_eq!(server.get(&path).await.status, 404);
    let again = server.form(&path, &[("handle", "eve"), ("name", ""), ("password", PASSWORD)]).await;
    assert_eq!(again.status, 404);
    server.stop().await;
}

#[tokio::test]
async fn s1_signing_in_gives_a_new_session_and_signing_out_ends_it() {
    let server = Server::start_with_accounts().await;
    Someone::new(&server, "ada", Role::Admin).await;
    let planted = format!("session=bws_{}", "0".repeat(64));
    let body = format!("handle=ada&password={}&next=%2Fresolution", PASSWORD.replace(' ', "+"));
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let reply = server.send("POST", "/sign-in", &[("Cookie", &planted), form], body.as_bytes()).await;
    assert_eq!((reply.status, reply.header("location")), (303, Some("/resolution")));
    let set = reply.header("set-cookie").unwrap();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(set.contains(part), "{set}");
    }
    let cookie = cookie(&reply).unwrap();
    assert_ne!(cookie, planted);
    let account = server.send("GET", "/account", &[("Cookie", &cookie)], b"").await;
    assert_eq!(account.status, 200);
    assert_eq!(account.header("cache-control"), Some("private, no-cache"));
    let out = server.send("POST", "/sign-out", &[("Cookie", &cookie), form], b"").await;
    assert_eq!(out.status, 303);
    let after = server.send("GET", "/account", &[("Cookie", &cookie)], b"").await;
    assert_eq!(after.header("location"), Some("/sign-in?next=%2Faccount"));
    server.stop().await;
}

#[tokio::test]
async fn b39_guessing_is_answered_alike_and_soon_not_at_all() {
    let server = Server::start_with_accounts().await;
    Someone::new(&server, "ada", Role::Admin).await;
    let guess = async |handle: &str, password: &str| {
        server.form("/sign-in", &[("handle", handle), ("password", password)]).await
    };
    let known = guess("ada", "not the password").await;
    let unknown = guess("eve", "not the password").await;
    assert_eq!((known.status, unknown.status), (422, 422));
    assert_eq!(known.text().replace("ada", "eve"), unknown.text());
    assert!(matches!(guess("ada", &"x".repeat(900_000)).await.status, 413 | 422));
    assert_eq!(guess("ada", "nul\0nul").await.status, 422);
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(guess("ada", "not the password").await);
    }
    let last = statuses.pop().unwrap();
    assert_eq!(last.status, 429);
    assert!(last.header("retry-after").is_some_and(|s| s.parse::<u32>().is_ok_and(|s| s <= 61)));
    assert_eq!(guess("ada", PASSWORD).await.status, 429, "not even the right one");
    server.stop().await;
}

#[tokio::test]
async fn s5_too_many_changes_are_429_with_a_time_to_wait() {
    let rates = Rates { changes: 8, ..Rates::default() };
    let server = Server::start_with_rates(rates).await;
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    let grace = Someone::new(&server, "grace", Role::Curator).await;
    let mut last = None;
    for _ in 0..3 {
        last = Some(ada.api(&server, "POST", "/api/v1/claims", "{}").await);
    }
    let last = last.unwrap();
    assert_eq!(last.status, 429);
    assert_eq!(last.json()["type"], "/api/docs#problem-too-many");
    for header in ["retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"] {
        assert!(last.header(header).is_some(), "{header}");
    }
    assert_eq!(grace.api(&server, "POST", "/api/v1/claims", "{}").await.status, 422, "others go on");
    assert_eq!(ada.api(&server, "GET", "/api/v1/claims", "").await.status, 200, "reading goes on");
    server.stop().await;
}

#[tokio::test]
async fn s17_health_is_for_all_and_metrics_for_allowed_networks() {
    let server = Server::start_with_accounts().await;
    assert_eq!(server.get("/healthz").await.text(), "ok\n");
    assert_eq!(server.get("/readyz").await.text(), "ready\n");
    let metrics = server.get("/metrics").await;
    assert_eq!(metrics.status, 200);
    let text = metrics.text();
    assert!(text.contains("bellwether_http_requests_total{") && text.ends_with("# EOF\n"), "{text}");
    assert!(!text.contains("bwl_"), "no address that someone typed");
    server.stop().await;
}
