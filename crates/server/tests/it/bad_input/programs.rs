//! The same refusals for a program that sends a token, and what happens to tokens and sessions that have ended.

use std::time::Duration;

use bellwether_core::{
    actor::Actor,
    people::{Handle, Role, Scope},
};
use bellwether_engine::people::NewToken;
use chrono::TimeDelta;
use serde_json::json;

use super::{claim, created, refused, with};
use crate::{
    people::Someone,
    support::{JSON, Server},
};

#[tokio::test]
async fn b4_b8_b9_b10_what_a_program_with_a_token_sends() {
    let server = Server::start_with_accounts().await;
    Someone::new(&server, "ada", Role::Admin).await;
    let curie = Someone::new(&server, "curie", Role::Curator).await;
    let bearer = ("Authorization", curie.bearer.as_str());
    let made = curie.api(&server, "POST", "/api/v1/claims?publish=true", &claim().to_string()).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let slug = made.json()["slug"].as_str().expect("a slug").to_owned();
    let evidence = format!("/api/v1/claims/{slug}/evidence");

    let good = claim().to_string();
    let utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let malformed = [
        ("cut off", good.as_bytes()[..40].to_vec()),
        ("bytes behind it", format!("{good} {{}}").into_bytes()),
        ("a field twice", good.replacen("\"tags\"", "\"title\":\"x y z\",\"tags\"", 1).into_bytes()),
        ("UTF-16", utf16),
        ("a lone surrogate", good.replacen("An open", "\\ud800 open", 1).into_bytes()),
        ("deep", deep.into_bytes()),
        ("not UTF-8", b"{\"title\":\"\xff\xfe\"}".to_vec()),
        ("nothing", Vec::new()),
    ];
    refused(&server, "/api/v1/claims", &[bearer, JSON], &malformed, &[400, 422], None).await;
    refused(&server, &evidence, &[bearer, JSON], &malformed, &[400, 422], None).await;
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "image/svg+xml",
    ] {
        let case = [(kind, good.clone().into_bytes())];
        refused(&server, "/api/v1/claims", &[bearer, ("Content-Type", kind)], &case, &[415], None).await;
    }
    for field in [
        "id",
        "owner_id",
        "owner",
        "role",
        "is_admin",
        "resolved",
        "status",
        "score",
        "actor",
        "created_at",
        "p",
    ] {
        let mut document = claim();
        document[field] = json!("x");
        let case = [(field, document.to_string().into_bytes())];
        refused(&server, "/api/v1/claims", &[bearer, JSON], &case, &[422], Some(field)).await;
        let mut item = json!({"side": "for", "text": "Costs fell", "strength": 3.0});
        item[field] = json!("x");
        let case = [(field, json!({"item": item}).to_string().into_bytes())];
        refused(&server, &evidence, &[bearer, JSON], &case, &[422], None).await;
    }
    for title in [
        "",
        "  ",
        "x",
        "\u{200b}\u{200b}\u{200b}",
        "a\0b c",
        "a\u{202e}b c",
        "\u{ad}\u{ad}\u{ad}",
        "a\u{2028}b c",
    ] {
        let case = [(title, with("title", json!(title)).to_string().into_bytes())];
        refused(&server, "/api/v1/claims", &[bearer, JSON], &case, &[422], Some("title")).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn b37_what_is_revoked_expired_or_another_s() {
    let server = Server::start_with_accounts().await;
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    let curie = Someone::new(&server, "curie", Role::Curator).await;
    let eve = Someone::new(&server, "eve", Role::Forecaster).await;
    let token = |days| NewToken { name: "t".into(), scopes: Scope::ALL.to_vec(), days, bot: None };
    let (short, _) = server.engine.create_token(curie.account, &token(Some(1))).await.unwrap();
    let (revoked, gone) = server.engine.create_token(curie.account, &token(None)).await.unwrap();
    server.engine.revoke_token(curie.account, gone).await.unwrap();
    let body = claim().to_string();
    let send = async |authorization: &str| {
        server
            .send("POST", "/api/v1/claims", &[("Authorization", authorization), JSON], body.as_bytes())
            .await
    };
    let before = server.rows().await;
    assert_eq!(send(&format!("Bearer {}", revoked.reveal())).await.status, 401);
    let known = curie.bearer.trim_start_matches("Bearer ");
    for authorization in [
        known.to_owned(),
        format!("Basic {known}"),
        format!("Bearer {}", &known[..known.len() - 1]),
        format!("Bearer {known}0"),
        format!("Bearer {}", known.to_uppercase()),
        format!("Bearer {known} {known}"),
        format!("Bearer {known}, Bearer {known}"),
        format!("Token {known}"),
        "Bearer bwt_".to_owned(),
        format!("Bearer bwt_{}", "x".repeat(9000)),
        "Bearer ' OR 1=1--".to_owned(),
    ] {
        let reply = send(&authorization).await;
        let short: String = authorization.chars().take(30).collect();
        assert!(matches!(reply.status, 400 | 401 | 431), "{short}: {}", reply.status);
    }
    // A cookie is no token, and a token is no cookie.
    let reply = server
        .send("POST", "/api/v1/claims", &[("Cookie", &format!("session={known}")), JSON], body.as_bytes())
        .await;
    assert_eq!(reply.status, 401);
    // What is another's is not there for eve; what is an admin's is not hers.
    for (path, status) in [
        (format!("/account/tokens/{gone}/revoke"), 404),
        ("/settings/accounts/ada/role".to_owned(), 403),
        ("/settings/private".to_owned(), 403),
        ("/settings/invitations".to_owned(), 403),
    ] {
        let reply = eve.page(&server, "POST", &path, "role=admin").await;
        assert!(reply.status == status || status == 403 && reply.status == 404, "{path}: {}", reply.status);
    }
    assert_eq!(eve.page(&server, "GET", "/settings", "").await.status, 403);
    assert_eq!(server.rows().await, before);

    assert_eq!(send(&format!("Bearer {}", short.reveal())).await.status, 201, "while it stands");
    server.clock.advance(TimeDelta::hours(25));
    assert_eq!(send(&format!("Bearer {}", short.reveal())).await.status, 401, "a day later");
    // An account that is disabled has neither token nor session, from the next request on.
    assert_eq!(eve.api(&server, "GET", "/api/v1/me", "").await.status, 200);
    server
        .engine
        .disable_account(&Actor::Person(Handle::new("ada").unwrap()), &Handle::new("eve").unwrap())
        .await
        .unwrap();
    assert_eq!(eve.api(&server, "GET", "/api/v1/me", "").await.status, 401);
    let account = eve.page(&server, "GET", "/account", "").await;
    assert!(matches!(account.status, 303 | 401), "{}", account.status);
    assert_eq!(ada.page(&server, "GET", "/account", "").await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn b21_texts_of_markup_alone_are_shown_in_time() {
    let server = Server::start().await;
    let slug = created(&server, &claim()).await;
    let before = server.rows().await["evidence"];
    let pieces = [
        "[", "*", ">", "> ", "- ", "1. ", "![", "[a](", "`", "<", "&", "~", "_a ", "**a ", "*a _b ", "\\",
        "<a ",
    ];
    for piece in pieces {
        let item = json!({"item": {"side": "for", "text": format!("a {}", piece.repeat(3_900 / piece.len())), "strength": 1.0}});
        let reply = server.post(&format!("/api/v1/claims/{slug}/evidence"), &item).await;
        assert_eq!(reply.status, 201, "{piece}: {}", reply.text());
    }
    let nested = (0..80).map(|n| format!("{}- a", " ".repeat(n))).collect::<Vec<_>>().join("\n");
    let item = json!({"item": {"side": "against", "text": nested, "strength": 1.0}});
    assert_eq!(server.post(&format!("/api/v1/claims/{slug}/evidence"), &item).await.status, 201);
    assert_eq!(server.rows().await["evidence"], before + 1 + i64::try_from(pieces.len()).expect("few"));
    for path in [format!("/claims/{slug}"), format!("/claims/{slug}/moves"), "/".to_owned()] {
        let page = tokio::time::timeout(Duration::from_secs(15), server.get(&path)).await.expect("in time");
        assert_eq!(page.status, 200, "{path}");
        assert!(page.body.len() < 2_000_000, "{path}: {} bytes", page.body.len());
    }
    server.stop().await;
}
