//! Canaries: a secret that goes in anywhere comes out nowhere but in the one answer that shows it.

use bellwether_core::people::Role;

use super::{PASSWORD, Someone};
use crate::support::Server;

#[tokio::test]
async fn s15_no_page_export_or_row_holds_a_secret() {
    let server = Server::start_with_accounts().await;
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    let link = ada.page(&server, "POST", "/settings/invitations", "role=curator&note=Grace").await.text();
    let link = link.split("/join/").nth(1).and_then(|t| t.split('<').next()).unwrap().to_owned();
    let canary = "canary plough violet 8271";
    let body = format!("handle=grace&name=Grace&password={}", canary.replace(' ', "+"));
    let joined = server.post_text(&format!("/join/{link}"), "application/x-www-form-urlencoded", &body).await;
    assert_eq!(joined.status, 303, "{}", joined.text());
    // Where it does not belong, too.
    let wrong = format!("handle=grace&password=wrong+{}", canary.replace(' ', "+"));
    let refused = server.post_text("/sign-in", "application/x-www-form-urlencoded", &wrong).await;
    assert!(!refused.text().contains("canary"));
    let session = ada.cookie.trim_start_matches("session=");
    let token = ada.bearer.trim_start_matches("Bearer ");
    let secrets = [link.as_str(), "canary plough", PASSWORD, session, token];
    for path in
        ["/", "/account", "/account/data.json", "/settings", "/people", "/people/grace", "/about", "/metrics"]
    {
        let text = ada.page(&server, "GET", path, "").await.text();
        for secret in secrets {
            assert!(!text.contains(secret), "{path} shows {secret}");
        }
    }
    let dump = server.dump();
    assert!(dump.contains("$argon2id$") && dump.contains("grace"));
    for secret in secrets {
        assert!(!dump.contains(secret), "the database holds {secret}");
    }
    server.stop().await;
}
