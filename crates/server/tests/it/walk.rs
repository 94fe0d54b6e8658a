//! Every page that other pages link to: it is there, it needs no script or style of its own, it stays small.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bellwether_core::people::Role;

use crate::{
    people::{Someone, claim, propose},
    support::{Reply, Server},
};

/// So many addresses of one kind are followed: the claims differ, the twentieth snapshot does not.
const OF_A_KIND: usize = 10;

/// `/claims/x/moves?before=3` is of the kind `/claims/*/moves?before`.
fn kind(address: &str) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let named: Vec<&str> = path
        .split('/')
        .enumerate()
        .map(|(i, part)| if i == 2 && part != "new" || part.len() > 30 { "*" } else { part })
        .collect();
    let keys: BTreeSet<&str> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
    format!("{}?{}", named.join("/"), keys.into_iter().collect::<Vec<_>>().join("&"))
}

/// The addresses of this server that a page names, without their fragments.
fn links(html: &str) -> impl Iterator<Item = String> {
    ["href=\"", "src=\""].into_iter().flat_map(move |before| {
        html.split(before).skip(1).filter_map(|rest| {
            let address = rest.split('"').next()?.split('#').next()?;
            let local = address.starts_with('/') && !address.starts_with("//");
            local.then(|| address.replace("&amp;", "&").replace("&#38;", "&"))
        })
    })
}

fn check(address: &str, reply: &Reply) {
    let html = reply.text();
    for never in ["<script>", "<style", " style=\"", " onclick", "javascript:"] {
        assert!(!html.contains(never), "{address} has {never}");
    }
    assert_eq!(html.matches("<h1").count(), 1, "{address}: first headings");
    assert!(html.len() < 150_000, "{address} is {} bytes", html.len());
    let mut ids = BTreeSet::new();
    for id in html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(ids.insert(id), "{address} has the id `{id}` twice");
    }
    for target in html.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(ids.contains(target), "{address} leads to #{target}, which it has not");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_link_of_the_demo_leads_to_a_page_without_inline_script_or_style() {
    let server = Server::start_demo().await;
    let (pages, followed) = walk(async |address| server.get(address).await).await;
    assert!(pages > 60, "only {pages} pages were found: {followed:?}");
    for page in ["/claims/*?", "/claims/*/proof?", "/sources/*?", "/benchmarks/*/eci?", "/resolution?"] {
        assert!(followed.contains_key(page), "{page} is linked from nowhere: {:?}", followed.keys());
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_link_that_an_admin_or_a_stranger_sees_leads_to_a_page() {
    let server = Server::start_with_accounts().await;
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    ada.page(&server, "POST", "/account/bots", "handle=feed&bot_name=&role=curator").await;
    ada.page(&server, "POST", "/settings/invitations", "role=curator&note=Marie").await;
    claim(&server, &ada, &ada).await;
    propose(&server, "spring").await;
    let (_, followed) = walk(async |address| ada.page(&server, "GET", address, "").await).await;
    for page in ["/people/*?", "/account?", "/account/*?", "/settings?", "/claims/*?", "/evidence/new?claim"]
    {
        assert!(followed.contains_key(page), "{page} is linked from nowhere: {:?}", followed.keys());
    }
    let (_, followed) = walk(async |address| server.get(address).await).await;
    for page in ["/people/*?", "/sign-in?next", "/claims/*?"] {
        assert!(followed.contains_key(page), "{page} is linked from nowhere: {:?}", followed.keys());
    }
    let inside = ["/account", "/settings", "/claims/new", "/evidence", "/sources/new"];
    let led = followed.keys().find(|page| inside.iter().any(|i| page.starts_with(i)));
    assert_eq!(led, None, "nothing leads strangers to where they may not go");
    server.stop().await;
}

/// Follows every link from the first page on: how many pages there were, and how many addresses of each kind.
async fn walk(get: impl AsyncFn(&str) -> Reply) -> (usize, BTreeMap<String, usize>) {
    let mut seen = BTreeSet::from(["/".to_owned()]);
    let mut followed: BTreeMap<String, usize> = BTreeMap::new();
    let mut next = VecDeque::from(["/".to_owned()]);
    let mut pages = 0;
    while let Some(address) = next.pop_front() {
        let times = followed.entry(kind(&address)).or_default();
        *times += 1;
        if *times > OF_A_KIND {
            continue;
        }
        let reply = get(&address).await;
        assert_eq!(reply.status, 200, "{address}: {}", reply.text());
        let is_page = reply.header("content-type") == Some("text/html; charset=utf-8");
        if is_page && !address.starts_with("/api/") {
            pages += 1;
            // A card stands in a frame of another page and has no heading of its own.
            if !address.ends_with("/card") {
                check(&address, &reply);
            }
            next.extend(links(&reply.text()).filter(|link| seen.insert(link.clone())));
        }
    }
    (pages, followed)
}
