//! What the forms of people refuse: fields they do not have, names that deceive, ids of nothing, a second set-up.

use bellwether_core::{
    actor::Actor,
    people::{Handle, Role},
};

use crate::{
    forms::plain,
    people::{PASSWORD, Someone},
    support::{Reply, Server},
};

/// Texts that no name can be.
const UNREADABLE: [&str; 6] =
    ["\u{200b}\u{200b}", "nul\0nul", "a\u{202e}b", "two\nlines", "\u{1b}[2J", "\u{feff}"];

fn encoded(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// Sends a form of someone's that must be refused with the field named, and changes nothing.
async fn refused(server: &Server, who: Option<&Someone>, path: &str, fields: &[(&str, &str)], names: &str) {
    let before = server.rows().await;
    let reply = match who {
        Some(who) => who.page(server, "POST", path, &encoded(fields)).await,
        None => server.form(path, fields).await,
    };
    let html = plain(&reply.text());
    let told: String = format!("{path} {fields:?}").chars().take(200).collect();
    assert_eq!(reply.status, 422, "{told}: {html}");
    // A page begins its sentences with a capital.
    assert!(html.to_lowercase().contains(&names.to_lowercase()), "{told}: names not {names}: {html}");
    assert!(!html.contains(PASSWORD), "{told}: a password is never shown");
    assert_eq!(server.rows().await, before, "{told}: something was stored");
}

#[tokio::test]
async fn b9_forms_of_people_take_what_they_ask_and_no_more() {
    let server = Server::start_with_accounts().await;
    let setup = server.engine.setup_link().await.unwrap().unwrap();
    let new = [("handle", "eve"), ("name", "Eve"), ("password", PASSWORD)];
    let with = |fields: &[(&'static str, &'static str)], extra: (&'static str, &'static str)| {
        [fields, &[extra]].concat()
    };
    for extra in [("role", "admin"), ("is_admin", "true"), ("id", "1")] {
        let path = format!("/setup/{}", setup.reveal());
        refused(&server, None, &path, &with(&new, extra), &format!("no field “{}”", extra.0)).await;
    }
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    let curie = Someone::new(&server, "curie", Role::Curator).await;
    let invited = server.engine.invite(&Actor::Operator, Role::Forecaster, "").await.unwrap();
    let join = format!("/join/{}", invited.reveal());
    let (ada, curie) = (Some(&ada), Some(&curie));
    for (who, path, fields) in [
        (None, join.as_str(), &new[..]),
        (None, "/sign-in", &[("handle", "ada"), ("password", PASSWORD)]),
        (curie, "/account/name", &[("name", "Marie")]),
        (curie, "/account/password", &[("current", PASSWORD), ("password", "another horse battery staple")]),
        (curie, "/account/tokens", &[("token_name", "mine"), ("scopes", "read")]),
        (curie, "/account/bots", &[("handle", "radium"), ("bot_name", "Radium"), ("role", "forecaster")]),
        (ada, "/settings/private", &[("private", "no")]),
        (ada, "/settings/invitations", &[("role", "forecaster"), ("note", "for Eve")]),
        (ada, "/settings/accounts/curie/role", &[("role", "forecaster")]),
    ] {
        for extra in [
            ("is_admin", "true"),
            ("owner_id", "1"),
            ("owner", "ada"),
            ("id", "00000000-0000-0000-0000-000000000000"),
            ("created_at", "2020-01-01"),
            ("password_hash", "x"),
            ("role ", "admin"),
            ("Role", "admin"),
            ("role[]", "admin"),
            ("score", "100"),
        ] {
            let fields = with(fields, extra);
            refused(&server, who, path, &fields, &format!("no field “{}”", extra.0)).await;
        }
    }
    refused(&server, None, &join, &with(&new, ("role", "admin")), "no field “role”").await;
    refused(&server, curie, "/account/name", &[("name", "Marie"), ("role", "admin")], "no field “role”")
        .await;
    // What they have, with values that are not theirs to choose.
    let bot = |role| [("handle", "radium"), ("bot_name", "Radium"), ("role", role)];
    refused(&server, curie, "/account/bots", &bot("admin"), "role").await;
    refused(&server, curie, "/account/bots", &bot("owner"), "what the bot may do").await;
    refused(&server, curie, "/account/tokens", &[("token_name", "x"), ("scopes", "root")], "root").await;
    refused(&server, ada, "/settings/invitations", &[("role", "root")], "choose a role").await;
    refused(&server, ada, "/settings/accounts/curie/role", &[("role", "")], "choose a role").await;
    let joined = server.form(&join, &new).await;
    assert_eq!(joined.status, 303, "{}", joined.text());
    let eve = server.engine.person(&Handle::new("eve").unwrap()).await.unwrap().account;
    assert_eq!((eve.role, eve.owner), (Role::Forecaster, None), "as she was invited");
    server.stop().await;
}

#[tokio::test]
async fn b9_the_forms_of_claims_and_evidence_take_what_they_ask_and_no_more() {
    let server = Server::start().await;
    let claim = [
        ("title", "A claim from a form"),
        ("by", "Q1 2027"),
        ("start", "0.5"),
        ("criteria", "True if."),
        ("do", "save"),
    ];
    let slug = crate::forms::published(&server, "costs", "").await;
    let item =
        [("claim", slug.as_str()), ("text", "Costs fell"), ("side", "for"), ("points", "3"), ("do", "save")];
    for (path, fields) in [
        ("/claims/new", &claim[..]),
        ("/evidence/new", &item[..]),
        ("/claims/costs/evidence", &item[1..]),
        ("/claims/costs/object", &[("reason", "It is so.")]),
        ("/claims/costs/decide", &[("reason", "It is so."), ("outcome", "Yes")]),
        ("/sources/new", &[("document", "id: mine"), ("do", "save")]),
    ] {
        for extra in [
            ("id", "1"),
            ("owner_id", "1"),
            ("status", "resolved"),
            ("resolved", "true"),
            ("score", "1"),
            ("actor", "person:ada"),
        ] {
            let fields = [fields, &[extra]].concat();
            refused(&server, None, path, &fields, &format!("no field “{}”", extra.0)).await;
        }
    }
    assert_eq!(server.form("/claims/new", &claim).await.status, 303);
    assert_eq!(server.form("/evidence/new", &item).await.status, 303);
    server.stop().await;
}

#[tokio::test]
async fn b10_names_that_cannot_be_read_or_deceive() {
    let server = Server::start_with_accounts().await;
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    let invited = server.engine.invite(&Actor::Operator, Role::Forecaster, "").await.unwrap();
    let join = format!("/join/{}", invited.reveal());
    let long = "x".repeat(10_000);
    for handle in [
        "",
        " ",
        "a b",
        "ada",
        "ADA",
        " ada",
        "\u{430}da",
        "\u{ff41}da",
        "ada\0",
        "../ada",
        "ada/",
        "<b>",
        "-",
        "_",
        "ada\u{200d}",
        "ada.",
        "person:ada",
        "operator",
        "system",
        &long,
    ] {
        refused(
            &server,
            None,
            &join,
            &[("handle", handle), ("name", "Eve"), ("password", PASSWORD)],
            "handle",
        )
        .await;
    }
    for name in UNREADABLE.into_iter().chain([long.as_str()]) {
        refused(&server, None, &join, &[("handle", "eve"), ("name", name), ("password", PASSWORD)], "name")
            .await;
        refused(&server, Some(&ada), "/account/name", &[("name", name)], "name").await;
        refused(
            &server,
            Some(&ada),
            "/account/tokens",
            &[("token_name", name), ("scopes", "read")],
            "token_name",
        )
        .await;
        let bot = [("handle", "radium"), ("bot_name", name), ("role", "forecaster")];
        refused(&server, Some(&ada), "/account/bots", &bot, "name").await;
        refused(
            &server,
            Some(&ada),
            "/settings/invitations",
            &[("role", "forecaster"), ("note", name)],
            "note",
        )
        .await;
    }
    for password in ["", "short", "password", "12345678", "passw0rd1", &"x".repeat(129), "nul\0nul\0nul\0nul"]
    {
        let fields = [("handle", "eve"), ("name", "Eve"), ("password", password)];
        refused(&server, None, &join, &fields, "password").await;
        let change = [("current", PASSWORD), ("password", password)];
        let before = server.rows().await;
        let reply = ada.page(&server, "POST", "/account/password", &encoded(&change)).await;
        assert!(matches!(reply.status, 422 | 429), "{}", reply.status);
        assert_eq!(server.rows().await, before);
    }
    server.stop().await;
}

/// Asks in someone's name and sees that it leads nowhere.
async fn nothing_there(server: &Server, who: &Someone, method: &str, path: &str, body: &str) {
    let reply: Reply = who.page(server, method, path, body).await;
    let short: String = path.chars().take(80).collect();
    assert!(matches!(reply.status, 400 | 404 | 414 | 422 | 431), "{method} {short}: {}", reply.status);
}

#[tokio::test]
async fn b14_people_tokens_and_links_that_are_not_there() {
    let server = Server::start_with_accounts().await;
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    let long = "a".repeat(10_000);
    let before = server.rows().await;
    let new = encoded(&[("handle", "eve"), ("name", "Eve"), ("password", PASSWORD)]);
    for id in [
        "0",
        "-1",
        "9223372036854775808",
        "nobody",
        "1;drop%20table%20account",
        "..%2F..%2Fetc%2Fpasswd",
        "%00",
        "ada%00",
        "%FF%FE",
        "%E2%80%AE",
        "ada%20",
        "%61da%2F",
        "00000000-0000-0000-0000-000000000000",
        "bwl_0",
        &format!("bwl_{}", "0".repeat(64)),
        &long,
    ] {
        for (method, path, body) in [
            ("GET", format!("/people/{id}"), ""),
            ("POST", format!("/account/tokens/{id}/revoke"), ""),
            ("POST", format!("/settings/invitations/{id}/withdraw"), ""),
            ("POST", format!("/settings/accounts/{id}/role"), "role=admin"),
            ("POST", format!("/settings/accounts/{id}/disable"), ""),
            ("POST", format!("/settings/accounts/{id}/enable"), ""),
            ("POST", format!("/settings/accounts/{id}/reset"), ""),
            ("GET", format!("/join/{id}"), ""),
            ("POST", format!("/join/{id}"), new.as_str()),
            ("GET", format!("/setup/{id}"), ""),
            ("POST", format!("/setup/{id}"), new.as_str()),
            ("GET", format!("/reset/{id}"), ""),
            ("POST", format!("/reset/{id}"), "password=correct+horse+battery+staple"),
        ] {
            nothing_there(&server, &ada, method, &path, body).await;
        }
    }
    assert_eq!(server.rows().await, before);
    server.stop().await;
}

#[tokio::test]
async fn b23_b24_names_that_mean_something_elsewhere_stay_names() {
    let server = Server::start_with_accounts().await;
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    let claim = r#"{"title":"A claim of hers","slug":"hers","start":{"p":0.5,"basis":"no view"},"window":{"by":"Q1 2027"},"criteria":"A person decides."}"#;
    assert_eq!(ada.api(&server, "POST", "/api/v1/claims?publish=true", claim).await.status, 201);
    let item = r#"{"item":{"side":"for","text":"Costs fell","strength":3.0}}"#;
    assert_eq!(ada.api(&server, "POST", "/api/v1/claims/hers/evidence", item).await.status, 201);
    for (i, name) in [
        "=HYPERLINK(\"https://evil.example\",\"x\")",
        "+1",
        "-2+3",
        "@SUM(A1)",
        "</text><script>alert(1)</script>",
        "]]> & &lt; <!--",
        "\" onmouseover=\"alert(1)",
        "<img src=x onerror=alert(1)>",
        "{{7*7}} ${7*7} %s %00",
        "*bold* [x](javascript:alert(1))",
    ]
    .into_iter()
    .enumerate()
    {
        let bot = format!("bot-{i}");
        for (path, fields) in [
            ("/account/name", vec![("name", name)]),
            ("/account/bots", vec![("handle", bot.as_str()), ("bot_name", name), ("role", "forecaster")]),
            ("/settings/invitations", vec![("role", "forecaster"), ("note", name)]),
            ("/account/tokens", vec![("token_name", name), ("scopes", "read")]),
        ] {
            let reply = ada.page(&server, "POST", path, &encoded(&fields)).await;
            assert!(matches!(reply.status, 200 | 303), "{path} {name}: {}", plain(&reply.text()));
        }
        for path in [
            "/account",
            "/settings",
            "/people",
            "/people/ada",
            &format!("/people/{bot}"),
            "/claims/hers",
            "/claims/hers/moves",
            "/about",
        ] {
            let reply = ada.page(&server, "GET", path, "").await;
            let html = reply.text();
            assert_eq!(reply.status, 200, "{path}");
            for live in ["<script>", "<img", " onmouseover=\"", "href=\"javascript", "<!--"] {
                assert!(!html.contains(live), "{path} of {name}: {live}");
            }
            if path.starts_with("/people") {
                assert!(plain(&html).contains(name), "{path}: {name} as it was typed");
            }
        }
        let data = ada.page(&server, "GET", "/account/data.json", "").await;
        assert_eq!(data.json()["name"], name);
        for path in ["/api/v1/claims/hers/moves.csv", "/api/v1/claims/hers/evidence.csv"] {
            let csv = ada.api(&server, "GET", path, "").await.text();
            for cell in csv.lines().flat_map(|line| line.split(',')) {
                let cell = cell.trim_start_matches('"');
                let risky = cell.starts_with(['=', '+', '-', '@']) && cell.parse::<f64>().is_err();
                assert!(!risky, "{path}: {cell}");
            }
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn b27_no_way_in_leads_out() {
    let server = Server::start_with_accounts().await;
    for (i, next) in [
        "//evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "https:evil.example",
        "https://evil.example",
        "///evil.example",
        "/a\r\nSet-Cookie: x=y",
        "/a%0d%0aSet-Cookie: x=y",
        "/\tevil.example",
        "javascript:alert(1)",
        " //evil.example",
        "/\u{2044}evil.example",
    ]
    .into_iter()
    .enumerate()
    {
        // Four times a minute is not too often for one account.
        let handle = format!("someone-{}", i / 4);
        if i % 4 == 0 {
            Someone::new(&server, &handle, Role::Admin).await;
        }
        let asked = format!("/sign-in?{}", encoded(&[("next", next)]));
        let page = server.get(&asked).await;
        assert!(matches!(page.status, 200 | 303), "{next}: {}", page.status);
        assert!(!page.text().contains("evil.example") && page.header("set-cookie").is_none(), "{next}");
        let fields = [("handle", handle.as_str()), ("password", PASSWORD), ("next", next)];
        let reply = server.form("/sign-in", &fields).await;
        let to = reply.header("location").expect("an address");
        let local = to == "/" || next.contains("%0d") && to == "/a%0d%0aSet-Cookie:%20x=y";
        assert!(reply.status == 303 && local, "{next}: {to}");
        let cookies: Vec<_> = reply.headers.iter().filter(|(n, _)| n == "set-cookie").collect();
        assert!(cookies.len() == 1 && !cookies[0].1.contains("x=y"), "{next}: {cookies:?}");
    }
    let demo = Server::start_demo().await;
    for back in
        ["/\r\nSet-Cookie: x=y", "//evil.example", "/\\evil.example", "https:evil.example", "/\u{e9}\0"]
    {
        let reply = demo.form("/demo/next", &[("back", back)]).await;
        // The demo's story may have ended by then.
        let led = (reply.status, reply.header("location"));
        assert!(matches!(led, (303, Some("/")) | (409, None)), "{back}: {led:?}");
    }
    demo.stop().await;
    server.stop().await;
}

#[tokio::test]
async fn b50_one_set_up_and_one_admin() {
    let server = Server::start_with_accounts().await;
    let link = server.engine.setup_link().await.unwrap().unwrap();
    let path = format!("/setup/{}", link.reveal());
    for weak in ["", "admin", "password", "qwertyuiop", "aaaaaaaaaaaa", "bellwether"] {
        refused(&server, None, &path, &[("handle", "ada"), ("name", "Ada"), ("password", weak)], "password")
            .await;
    }
    let all = (0..50).map(async |n| {
        let handle = format!("admin-{n}");
        server.form(&path, &[("handle", &handle), ("name", ""), ("password", PASSWORD)]).await.status
    });
    let statuses = futures::future::join_all(all).await;
    assert_eq!(statuses.iter().filter(|s| **s == 303).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|s| matches!(s, 303 | 404 | 409 | 429)), "{statuses:?}");
    let accounts = server.engine.accounts().await.unwrap();
    assert_eq!(accounts.iter().map(|a| a.role).collect::<Vec<_>>(), [Role::Admin]);
    assert_eq!(server.get(&path).await.status, 404);
    let late = server.form(&path, &[("handle", "eve"), ("name", ""), ("password", PASSWORD)]).await;
    assert_eq!(late.status, 404);
    assert!(server.engine.setup_link().await.unwrap().is_none(), "no second link");
    server.stop().await;
}
