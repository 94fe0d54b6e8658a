//! What comes in: who may change what, how large, how deep, how often; and what is said when it is refused.

use bellwether_core::people::{Role, Scope};
use bellwether_engine::people::NewToken;
use bellwether_server::{Rates, guards};
use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{
    bad_input::{claim, created, with},
    people::Someone,
    support::{JSON, Server},
};

#[tokio::test]
async fn s2_no_change_comes_from_another_site_or_by_reading() {
    let server = Server::start_with_accounts().await;
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let before = server.rows().await;
    for guard in guards().into_iter().filter(|g| g.method == "POST") {
        let path = guard.path.replace(['{', '}'], "");
        for site in [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example"), ("Origin", "null")]
        {
            let headers = [("Cookie", ada.cookie.as_str()), form, site];
            let reply = server.send("POST", &path, &headers, b"").await;
            assert_eq!(reply.status, 403, "{path} {site:?}");
        }
    }
    // The API takes no session: a form of another site could not even try.
    let headers = [("Cookie", ada.cookie.as_str()), ("Content-Type", "text/plain")];
    let plain = server.send("POST", "/api/v1/claims", &headers, claim().to_string().as_bytes()).await;
    assert_eq!(plain.status, 415, "{}", plain.text());
    assert_eq!(server.rows().await, before);
    server.stop().await;
}

#[tokio::test]
async fn s3_a_token_is_taken_from_its_header_only_and_for_its_scopes_only() {
    let server = Server::start_with_accounts().await;
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    let secret = ada.bearer.trim_start_matches("Bearer ");
    for address in [format!("/api/v1/me?token={secret}"), format!("/api/v1/me?access_token={secret}")] {
        let reply = server.get(&address).await;
        assert!(reply.status == 400 || reply.json()["actor"].is_null(), "{}", reply.text());
    }
    let me = ada.api(&server, "GET", "/api/v1/me", "").await.json();
    assert_eq!((&me["actor"], &me["role"]), (&json!("person:ada"), &json!("admin")));
    let reader = NewToken { name: "reader".into(), scopes: vec![Scope::Read], days: None, bot: None };
    let (secret, id) = server.engine.create_token(ada.account, &reader).await.unwrap();
    let bearer = format!("Bearer {}", secret.reveal());
    let ask = async |method: &str, path: &str, body: &Value| {
        let headers = [("Authorization", bearer.as_str()), JSON];
        server.send(method, path, &headers, body.to_string().as_bytes()).await
    };
    let me = ask("GET", "/api/v1/me", &Value::Null).await.json();
    assert_eq!(me["may"], json!(["read"]), "the scope narrows what the role may");
    let refused = ask("POST", "/api/v1/claims", &claim()).await;
    assert_eq!(refused.status, 403);
    assert!(refused.json()["detail"].as_str().unwrap().contains("scope curate"), "{}", refused.text());
    assert_eq!(server.send("GET", "/account", &[("Authorization", &bearer)], b"").await.status, 403);
    server.engine.revoke_token(ada.account, id).await.unwrap();
    assert_eq!(ask("GET", "/api/v1/me", &Value::Null).await.status, 401, "the very next request");
    server.stop().await;
}

#[tokio::test]
async fn s4_long_passwords_of_any_characters_count_in_full() {
    let server = Server::start_with_accounts().await;
    Someone::new(&server, "ada", Role::Admin).await;
    let link =
        server.engine.invite(&bellwether_core::actor::Actor::Operator, Role::Curator, "").await.unwrap();
    let path = format!("/join/{}", link.reveal());
    let long = "пароль 密码 🔑 ".repeat(20);
    let cut = |n: usize| long.chars().take(n).collect::<String>();
    let join = async |password: &str| server.form(&path, &[("handle", "eve"), ("password", password)]).await;
    assert_eq!(join(&cut(129)).await.status, 422, "at most 128 characters");
    assert_eq!(join(&cut(128)).await.status, 303);
    let sign_in = async |password: &str| {
        server.form("/sign-in", &[("handle", "eve"), ("password", password)]).await.status
    };
    assert_eq!(sign_in(&cut(127)).await, 422, "nothing is cut off");
    assert_eq!(sign_in(&cut(128)).await, 303);
    server.stop().await;
}

#[tokio::test]
async fn s5_a_wild_program_is_slowed_down_and_its_owner_is_not() {
    let server = Server::start_with_rates(Rates { changes: 8, doors: 3, ..Rates::default() }).await;
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    let mut last = None;
    for _ in 0..3 {
        last = Some(ada.api(&server, "POST", "/api/v1/claims", "{}").await);
    }
    let last = last.unwrap();
    assert_eq!(last.status, 429);
    for header in ["retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"] {
        assert!(last.header(header).is_some(), "{header}");
    }
    let browser = ada.page(&server, "POST", "/account/name", "name=Ada+L").await;
    assert_eq!(browser.status, 303, "{}", browser.text());
    // A header that anyone can write does not make another asker of them.
    let mut statuses = Vec::new();
    for n in 0..5 {
        let from = format!("9.9.9.{n}");
        let headers =
            [("X-Forwarded-For", from.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
        let reply = server.send("POST", "/join/bwl_0", &headers, b"handle=eve").await;
        statuses.push(reply.status);
    }
    assert_eq!(statuses, [404, 404, 404, 429, 429]);
    server.stop().await;
}

#[tokio::test]
async fn s11_nobody_reaches_what_is_another_s_and_no_body_sets_what_is_not_asked() {
    let server = Server::start_with_accounts().await;
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    let eve = Someone::new(&server, "eve", Role::Curator).await;
    let mine = &server.engine.tokens(ada.account).await.unwrap()[0];
    let stolen = eve.page(&server, "POST", &format!("/account/tokens/{}/revoke", mine.id), "").await;
    assert_eq!(stolen.status, 404, "as if it were not there");
    assert_eq!(ada.api(&server, "GET", "/api/v1/me", "").await.status, 200);
    let for_another = "token_name=x&scopes=read&bot=ada";
    assert_eq!(eve.page(&server, "POST", "/account/tokens", for_another).await.status, 422);
    let higher = eve.page(&server, "POST", "/account/bots", "handle=evil&role=admin").await;
    assert_eq!(higher.status, 422, "{}", higher.text());

    let slug = {
        let reply = ada.api(&server, "POST", "/api/v1/claims?publish=true", &claim().to_string()).await;
        reply.json()["slug"].as_str().unwrap().to_owned()
    };
    let before = server.rows().await;
    let described = serde_json::to_value(bellwether_server::api::openapi()).unwrap();
    let mut tried = 0;
    for (path, item) in described["paths"].as_object().unwrap() {
        let takes_json = !item["post"]["requestBody"]["content"]["application/json"].is_null();
        if !takes_json {
            continue;
        }
        let path = path.replace("{id}", &slug).replace("{handle}", "ada").replace(['{', '}'], "");
        let body = json!({ "id": "0", "owner": "eve", "role_": "admin", "is_admin": true, "resolved_at": "2026-01-01" });
        let reply = ada.api(&server, "POST", &path, &body.to_string()).await;
        assert!(matches!(reply.status, 400 | 404 | 422), "{path}: {} {}", reply.status, reply.text());
        tried += 1;
    }
    assert!(tried > 8, "{tried}");
    assert_eq!(server.rows().await, before);
    server.stop().await;
}

#[tokio::test]
async fn s11_a_key_gives_its_reply_to_whoever_sent_it_only() {
    let server = Server::start_with_accounts().await;
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    let eve = Someone::new(&server, "eve", Role::Forecaster).await;
    let body = claim().to_string();
    let send = async |who: &[(&str, &str)]| {
        let headers: Vec<_> = who.iter().copied().chain([JSON, ("Idempotency-Key", "one")]).collect();
        server.send("POST", "/api/v1/claims", &headers, body.as_bytes()).await
    };
    let first = send(&[("Authorization", &ada.bearer)]).await;
    assert_eq!(first.status, 201, "{}", first.text());
    let again = send(&[("Authorization", &ada.bearer)]).await;
    assert_eq!((again.status, again.json()), (201, first.json()), "once");
    let before = server.rows().await;
    assert_eq!(send(&[]).await.status, 401);
    assert_eq!(send(&[("Authorization", &eve.bearer)]).await.status, 403);
    assert_eq!(server.rows().await["claim"], before["claim"]);
    server.stop().await;
}

#[tokio::test]
async fn s12_what_is_too_long_too_deep_or_hidden_is_refused() {
    let server = Server::start().await;
    let before = server.rows().await;
    let deep = format!("{{\"title\":{}1{}}}", "[".repeat(200), "]".repeat(200));
    for (name, body, statuses) in [
        ("a large body", with("context", json!("x".repeat(2 << 20))).to_string(), [413, 413]),
        ("a deep body", deep, [400, 422]),
        ("a control character", with("title", json!("A bell\u{7}rings")).to_string(), [422, 422]),
        ("a turned text", with("title", json!("A \u{202e}kcab claim")).to_string(), [422, 422]),
        ("a long title", with("title", json!("x".repeat(10_000))).to_string(), [422, 422]),
        ("no number", with("start.p", json!("NaN")).to_string(), [422, 422]),
    ] {
        let reply = server.send("POST", "/api/v1/claims", &[JSON], body.as_bytes()).await;
        assert!(statuses.contains(&reply.status), "{name}: {} {}", reply.status, reply.text());
    }
    assert_eq!(server.rows().await, before);
    assert_eq!(server.get("/api/v1/claims?limit=201").await.status, 400);
    // The same letters written in two ways are one text.
    let slug = created(&server, &with("title", json!("A cafe\u{301} claim"))).await;
    let read = server.get(&format!("/api/v1/claims/{slug}")).await.json();
    assert_eq!(read["document"]["title"], "A caf\u{e9} claim");
    server.stop().await;
}

#[tokio::test]
async fn s13_a_fault_is_told_without_its_cause() {
    let server = Server::start().await;
    let slug = created(&server, &claim()).await;
    let mut db = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(server.database()))
        .await
        .unwrap();
    sqlx::raw_sql("DROP TABLE move_row").execute(&mut db).await.ok();
    sqlx::raw_sql("PRAGMA foreign_keys = OFF; ALTER TABLE claim RENAME TO elsewhere")
        .execute(&mut db)
        .await
        .unwrap();
    for path in [format!("/api/v1/claims/{slug}"), format!("/claims/{slug}"), "/".to_owned()] {
        let reply = server.get(&path).await;
        assert_eq!(reply.status, 500, "{path}");
        let text = reply.text().to_lowercase();
        for cause in [
            "sql",
            "no such table",
            "elsewhere",
            "bellwether.db",
            ".rs",
            "panicked",
            env!("CARGO_PKG_VERSION"),
        ] {
            assert!(!text.contains(cause), "{path} tells {cause}: {text}");
        }
        let id = reply.header("x-request-id").unwrap();
        assert!(text.contains(id), "an id to quote");
    }
    let problem = server.get(&format!("/api/v1/claims/{slug}")).await;
    assert_eq!(problem.header("content-type"), Some("application/problem+json"));
    let problem = problem.json();
    for member in ["type", "title", "status", "detail", "request_id"] {
        assert!(!problem[member].is_null(), "{member}");
    }
    let refused = server.post("/api/v1/lint", &json!({ "title": 7 })).await;
    assert_eq!(refused.status, 422);
    let error = &refused.json()["errors"][0];
    assert!(
        error["field"].is_string() && error["code"].is_string() && error["message"].is_string(),
        "{error}"
    );
    server.stop().await;
}
