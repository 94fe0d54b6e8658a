//! Every route has a decision, and each role gets through the doors it should and through no other.

use bellwether_core::people::{Holder, Right, Role, Scope};
use bellwether_server::{Guard, guards};

use super::Someone;
use crate::support::Server;

/// An address of the pattern: no such thing is there, which is found out only behind the gate.
fn address(guard: &Guard) -> String {
    let mut path = String::new();
    for part in guard.path.split_inclusive('/') {
        path.push_str(if part.starts_with('{') { "0" } else { part });
        if part.starts_with('{') && part.ends_with('/') {
            path.push('/');
        }
    }
    path
}

#[test]
fn every_route_has_a_decision() {
    let all = guards();
    let described = bellwether_server::api::openapi();
    for (path, item) in &described.paths.paths {
        for (method, there) in [
            ("GET", item.get.is_some()),
            ("POST", item.post.is_some()),
            ("PUT", item.put.is_some()),
            ("PATCH", item.patch.is_some()),
            ("DELETE", item.delete.is_some()),
        ] {
            let decided = all.iter().filter(|g| g.path == *path && g.method == method).count();
            assert_eq!(decided, usize::from(there), "{method} {path}");
        }
    }
    assert!(all.len() > 60, "pages are among them: {}", all.len());
    for guard in &all {
        let reads = guard.method == "GET";
        assert!(
            reads
                || guard.right > Right::Read
                || guard.right == Right::Enter
                || guard.path.ends_with("/preview")
                || guard.path.ends_with("/lint"),
            "{guard:?} changes something"
        );
    }
}

/// What strangers may do, in full: whoever adds to it must mean it.
#[test]
fn strangers_enter_here_and_nowhere_else() {
    let open: Vec<_> = guards()
        .into_iter()
        .filter(|g| g.right == Right::Enter)
        .map(|g| format!("{} {}", g.method, g.path))
        .collect();
    insta::assert_snapshot!(open.join("\n"));
}

#[tokio::test]
async fn s11_each_role_gets_through_its_doors_and_through_no_other() {
    let server = Server::start_with_accounts().await;
    let mut people = Vec::new();
    for (handle, role) in [
        ("ada", Role::Admin),
        ("alan", Role::Arbiter),
        ("curie", Role::Curator),
        ("fisher", Role::Forecaster),
    ] {
        people.push((role, Someone::new(&server, handle, role).await));
    }
    for guard in guards() {
        let path = address(&guard);
        let refused = |status: u16| matches!(status, 401 | 403);
        let stranger = server.send(&guard.method, &path, &[], b"").await;
        let let_in = Holder::Stranger { shut: false }.may(guard.right).is_ok();
        let sent_to_sign_in = stranger.header("location").is_some_and(|to| to.starts_with("/sign-in?"));
        assert_eq!(refused(stranger.status) || sent_to_sign_in, !let_in, "{guard:?}: {}", stranger.status);
        for (role, someone) in &people {
            // Leaving ends the session that the next request needs; the password's counter would fill.
            if guard.path == "/sign-out" || guard.path == "/account/password" {
                continue;
            }
            let reply = someone.page(&server, &guard.method, &path, "").await;
            let let_in = Holder::Account(*role).may(guard.right).is_ok();
            assert_eq!(refused(reply.status), !let_in, "{role:?} {guard:?}: {}", reply.status);
            assert!(reply.status < 500, "{role:?} {guard:?}: {}", reply.text());
            let reply = someone.api(&server, &guard.method, &path, "").await;
            let let_in = Holder::Token { role: *role, scopes: Scope::ALL.to_vec() }.may(guard.right).is_ok();
            assert_eq!(refused(reply.status), !let_in, "token of {role:?} {guard:?}: {}", reply.status);
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn a_private_installation_shows_strangers_nothing() {
    let server = Server::start_with_accounts().await;
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    assert_eq!(server.get("/").await.status, 200);
    let shut = ada.page(&server, "POST", "/settings/private", "private=yes").await;
    assert_eq!(shut.status, 303, "{}", shut.text());
    for guard in guards() {
        let reply = server.send(&guard.method, &address(&guard), &[], b"").await;
        let sent = reply.header("location").is_some_and(|to| to.starts_with("/sign-in?"));
        let open = guard.right == Right::Enter;
        assert_eq!(reply.status == 401 || sent, !open, "{guard:?}: {}", reply.status);
    }
    assert_eq!(ada.page(&server, "GET", "/", "").await.status, 200);
    assert_eq!(ada.api(&server, "GET", "/api/v1/claims", "").await.status, 200);
    ada.page(&server, "POST", "/settings/private", "private=no").await;
    assert_eq!(server.get("/").await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn b37_wrong_credentials_are_401_and_too_little_is_403() {
    let server = Server::start_with_accounts().await;
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    let fisher = Someone::new(&server, "fisher", Role::Forecaster).await;
    let claim = r#"{"title":"A claim of hers","window":{"by":"Q1 2027"},"criteria":"A person decides."}"#;
    let none = server.send("POST", "/api/v1/claims", &[crate::support::JSON], claim.as_bytes()).await;
    assert_eq!(none.status, 401);
    assert!(none.header("www-authenticate").is_some_and(|h| h.starts_with("Bearer")));
    for wrong in ["Bearer bwt_0", "Bearer ", "Bearer", "Basic YTpi", "bearer\u{7f}", "Bearer ää"] {
        let reply = server.send("GET", "/api/v1/claims", &[("Authorization", wrong)], b"").await;
        assert!(matches!(reply.status, 400 | 401), "{wrong}: {}", reply.status);
    }
    assert_eq!(fisher.api(&server, "POST", "/api/v1/claims", claim).await.status, 403);
    let made = ada.api(&server, "POST", "/api/v1/claims", claim).await;
    assert_eq!(made.status, 201, "{}", made.text());
    server.stop().await;
}

#[tokio::test]
async fn s2_a_cookie_is_no_leave_for_another_site() {
    let server = Server::start_with_accounts().await;
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    let before = server.rows().await;
    for site in [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example")] {
        let form = ("Content-Type", "application/x-www-form-urlencoded");
        let headers = [("Cookie", ada.cookie.as_str()), form, site];
        let reply = server.send("POST", "/settings/private", &headers, b"private=yes").await;
        assert_eq!(reply.status, 403);
    }
    assert_eq!(server.rows().await, before);
    for guard in guards().into_iter().filter(|g| g.method == "GET") {
        let reply = ada.page(&server, "POST", &address(&guard), "").await;
        let also = guards().iter().any(|g| g.path == guard.path && g.method == "POST");
        assert!(also || matches!(reply.status, 405 | 404), "{guard:?}: {}", reply.status);
    }
    server.stop().await;
}
