//! The review queue: whose weights are open.

use super::{plain, refused};
use crate::support::Server;

/// The first question that can be answered here: its id.
fn first(html: &str) -> String {
    let rest = html.split("action=\"/review/").nth(1).unwrap_or_else(|| panic!("no question: {html}"));
    rest.split('"').next().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_with_a_reason_and_leaves_the_queue() {
    let server = Server::start_demo().await;
    assert!(server.get("/sources").await.text().contains("href=\"/review\""));
    assert!(server.get("/resolution").await.text().contains("href=\"/review\""), "it needs a person");
    let html = server.get("/review").await.text();
    assert!(html.contains("Claims that lean on this benchmark"), "those that matter come first");
    let id = first(&html);
    let path = format!("/review/{id}");
    let field = format!("reason-{id}");
    refused(&server, &path, &[("openness", "open"), ("reason", "")], &field).await;
    let kept =
        refused(&server, &path, &[("reason", "Its licence is MIT."), ("openness", "maybe")], &field).await;
    assert!(plain(&kept.text()).contains("value=\"Its licence is MIT.\""), "the reason is kept");

    let answer = server.form(&path, &[("openness", "closed"), ("reason", "Never released.")]).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/review")));
    assert!(!server.get("/review").await.text().contains(&id), "it is answered");
    assert_eq!(server.form(&path, &[("openness", "open"), ("reason", "Late.")]).await.status, 409);
    for id in ["0", "abc", "..%2f..%2fetc", "00000000-0000-0000-0000-000000000000"] {
        let reply =
            server.form(&format!("/review/{id}"), &[("openness", "open"), ("reason", "Because.")]).await;
        assert!(matches!(reply.status, 400 | 404 | 409), "{id}: {}", reply.status);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_says_what_it_would_have_said_and_signals_are_counted_once() {
    let server = Server::start_demo().await;
    let claim = "/claims/open-within-5-on-eci";
    let html = plain(&server.get(&format!("{claim}/dry-run")).await.text());
    for told in
        ["it would have said No", "does not hold", "the gap in percent of the leader", "stand for 1 day"]
    {
        assert!(html.contains(told), "{told}: {html}");
    }
    let page = server.get(claim).await.text();
    assert!(
        page.contains(&format!("href=\"{claim}/dry-run\""))
            && page.contains(&format!("href=\"{claim}/signals\""))
    );

    let signals = plain(&server.get(&format!("{claim}/signals")).await.text());
    let many = signals.matches("Count it as evidence").count();
    let link = signals.split("href=\"").find(|rest| rest.starts_with("/evidence/new?")).expect("a signal");
    let form = server.get(link.split('"').next().expect("an address")).await;
    assert_eq!(form.status, 200);
    let form = plain(&form.text());
    let value = |name: &str| {
        let rest = form.split(&format!("name=\"{name}\" value=\"")).nth(1);
        rest.and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
    };
    let (signal, url) =
        (value("signal"), form.split("name=\"url\"").nth(1).and_then(|r| r.split("value=\"").nth(1)));
    let url = url.and_then(|rest| rest.split('"').next()).unwrap_or_default();
    let item = [
        ("claim", "open-within-5-on-eci"),
        ("text", "A new leader on the index"),
        ("url", url),
        ("side", "against"),
        ("points", "3"),
        ("kind", "primary"),
        ("signal", &signal),
        ("do", "save"),
    ];
    assert_eq!(server.form("/evidence/new", &item).await.status, 303);
    let signals = server.get(&format!("{claim}/signals")).await.text();
    assert_eq!(signals.matches("Count it as evidence").count(), many - 1, "it is counted");
    let mut wrong = item;
    wrong[6].1 = "abc";
    assert_eq!(server.form("/evidence/new", &wrong).await.status, 422);
    for slug in ["no-such-claim", "0", "..%2f..%2fetc"] {
        for part in ["dry-run", "signals"] {
            let status = server.get(&format!("/claims/{slug}/{part}")).await.status;
            assert!(matches!(status, 400 | 404), "{slug}/{part}: {status}");
        }
    }
    let worded = server.get("/claims/open-within-2-of-closed/dry-run").await;
    assert_eq!(worded.status, 200);
    server.stop().await;
}
