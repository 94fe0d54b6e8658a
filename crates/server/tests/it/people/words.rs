//! What the pages of people say, read from top to bottom without their markup.

use bellwether_core::{
    actor::Actor,
    people::{Handle, Role},
};
use chrono::TimeDelta;

use super::{Someone, claim, propose};
use crate::support::{Reply, Server};

/// The text of a page's main part, one line for each piece; secrets are cut short.
fn words(page: &Reply) -> String {
    let html = page.text();
    let main = html.split("<main").nth(1).and_then(|rest| rest.split("</main>").next()).expect("a main part");
    let mut text = String::new();
    for piece in main.split('<').skip(1) {
        let (tag, said) = piece.split_once('>').unwrap_or((piece, ""));
        let ends = [
            "p", "/p", "h1", "h2", "h3", "li", "tr", "dt", "option", "/label", "button", "/button", "legend",
        ];
        match tag.split_whitespace().next().unwrap_or_default() {
            line if ends.contains(&line) => text.push('\n'),
            "td" | "th" | "dd" | "a" => text.push(' '),
            _ => {}
        }
        text.push_str(said);
    }
    let text = text.replace("&#39;", "'").replace("&amp;", "&").replace("&#38;", "&");
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).map(|line| hide(&line)).collect::<Vec<_>>().join("\n")
}

/// Replaces what follows the prefix of a secret, the port of this test's server, and a request's id.
fn hide(line: &str) -> String {
    let is_id = |word: &&str| word.len() > 31 && word.bytes().all(|b| b.is_ascii_hexdigit() || b == b'.');
    let mut line =
        line.split(' ').map(|word| if is_id(&word) { "*" } else { word }).collect::<Vec<_>>().join(" ");
    for prefix in ["bwt_", "bwl_", "127.0.0.1:"] {
        let mut parts = line.split(prefix);
        let first = parts.next().unwrap_or_default().to_owned();
        let rest = parts
            .map(|part| format!("{prefix}*{}", part.trim_start_matches(|c: char| c.is_ascii_hexdigit())));
        line = std::iter::once(first).chain(rest).collect();
    }
    line
}

#[tokio::test]
async fn the_pages_of_people_say() {
    let server = Server::start_with_accounts().await;
    let setup = server.engine.setup_link().await.unwrap().unwrap();
    let mut said = Vec::new();
    let mut note =
        |name: &str, page: &Reply| said.push(format!("=== {name}, {}\n{}", page.status, words(page)));
    note("set up", &server.get(&format!("/setup/{}", setup.reveal())).await);
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    let curie = Someone::new(&server, "curie", Role::Curator).await;
    curie.page(&server, "POST", "/account/bots", "handle=feed&bot_name=Reads+the+news&role=curator").await;
    claim(&server, &curie, &curie).await;
    propose(&server, "spring").await;
    let objected = curie.page(&server, "POST", "/claims/spring/object", "reason=It+does+not").await;
    assert_eq!(objected.status, 303);
    let decided = ada.page(&server, "POST", "/claims/spring/decide", "outcome=Go+on&reason=Too+early").await;
    assert_eq!(decided.status, 303);

    note("sign in", &server.get("/sign-in").await);
    note("sign in, wrong", &server.form("/sign-in", &[("handle", "ada"), ("password", "no")]).await);
    let join = server.engine.invite(&Actor::Operator, Role::Curator, "").await.unwrap();
    note("join", &server.get(&format!("/join/{}", join.reveal())).await);
    let reset = server.engine.reset_link(&Actor::Operator, &Handle::new("curie").unwrap()).await.unwrap();
    note("reset", &server.get(&format!("/reset/{}", reset.reveal())).await);
    note("a link that was used", &server.get(&format!("/setup/{}", setup.reveal())).await);
    note("people", &server.get("/people").await);
    note("a person", &server.get("/people/curie").await);
    note("an arbiter", &server.get("/people/ada").await);
    note("a bot", &server.get("/people/feed").await);
    note("account", &curie.page(&server, "GET", "/account", "").await);
    note("a refused token", &curie.page(&server, "POST", "/account/tokens", "token_name=&days=many").await);
    note("settings", &ada.page(&server, "GET", "/settings", "").await);
    server.clock.advance(TimeDelta::minutes(1));
    let invited = ada.page(&server, "POST", "/settings/invitations", "role=curator&note=Marie").await;
    note("an invitation", &invited);
    note("not for curators", &curie.page(&server, "GET", "/settings", "").await);
    insta::assert_snapshot!(said.join("\n\n"));
    server.stop().await;
}
