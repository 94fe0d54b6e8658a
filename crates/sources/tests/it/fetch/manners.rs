//! P1-P4 and P13 on the wire: who asks, what is asked, when not to ask.

use std::{sync::atomic::Ordering, time::Duration};

use bellwether_sources::fetch::{
    Auth, Expect, FetchSettings, Fetched, Fetcher, Redirected, Request, Secret, Validators, pace::Manners,
};
use chrono::TimeDelta;

use super::{code, fetcher, get, now, server::Server, settings};

const CSV: &[u8] = b"model,score\na,1\n";

#[tokio::test]
async fn p1_conditional_get() {
    let server = Server::start(|mut exchange| async move {
        let fresh = exchange.head.contains("if-none-match: W/\"v1\"\r\n")
            && exchange.head.contains("if-modified-since: Mon, 06 Apr 2026 00:00:00 GMT\r\n");
        let headers = "etag: W/\"v1\"\r\nlast-modified: Mon, 06 Apr 2026 00:00:00 GMT\r\n";
        if fresh {
            exchange.reply("304 Not Modified", headers, b"").await;
        } else {
            exchange.reply("200 OK", headers, CSV).await;
        }
    })
    .await;
    let fetcher = fetcher();
    let request = Request::get(server.url("/x.csv"), Expect::Csv);
    let first = fetcher.fetch(&request, now()).await.unwrap();
    assert_eq!(first.meta().validators.etag.as_deref(), Some("W/\"v1\""));
    let again = Request { validators: first.meta().validators.clone(), ..request };
    let second = fetcher.fetch(&again, now()).await.unwrap();
    assert!(matches!(&second, Fetched::Unchanged(meta) if meta.status == 304 && meta.wire_bytes == 0));
    assert_eq!(second.meta().validators, first.meta().validators);
}

#[tokio::test]
async fn p1_validators_that_are_no_header_are_not_sent() {
    let server = Server::start(|mut exchange| async move { exchange.reply("200 OK", "", CSV).await }).await;
    let validators = Validators { etag: Some("a\r\nx-evil: 1".to_owned()), last_modified: None };
    let request = Request { validators, ..Request::get(server.url("/x.csv"), Expect::Csv) };
    assert_eq!(code(fetcher().fetch(&request, now()).await), "ok");
    assert!(server.seen.data_requests().iter().all(|r| !r.contains("evil")));
}

#[tokio::test]
async fn p2_identity_and_robots() {
    let server = Server::start_with_robots(
        "200 OK",
        "User-agent: *\nDisallow: /private\n",
        |mut exchange| async move { exchange.reply("200 OK", "set-cookie: a=b\r\n", CSV).await },
    )
    .await;
    let fetcher = fetcher();
    assert_eq!(code(get(&fetcher, &server.url("/private/x.csv"), Expect::Csv).await), "robots_disallowed");
    let fetched = get(&fetcher, &server.url("/x.csv"), Expect::Csv).await.unwrap();
    assert!(fetched.meta().headers.iter().all(|(name, _)| name != "set-cookie"));
    assert_eq!(code(get(&fetcher, &server.url("/y.csv"), Expect::Csv).await), "ok");
    let ignoring = Request { ignore_robots: true, ..Request::get(server.url("/private/x.csv"), Expect::Csv) };
    assert_eq!(code(fetcher.fetch(&ignoring, now()).await), "ok", "an administrator's decision");

    let all = server.seen.requests.lock().unwrap().clone();
    assert_eq!(all.iter().filter(|r| r.starts_with("GET /robots.txt ")).count(), 1, "asked once a day");
    assert!(all.iter().all(|r| r.contains("user-agent: bellwether/") && !r.contains("Mozilla")));
    assert!(all.iter().all(|r| !r.to_ascii_lowercase().contains("cookie:")));

    let day_later = now() + TimeDelta::hours(25);
    fetcher.fetch(&Request::get(server.url("/x.csv"), Expect::Csv), day_later).await.unwrap();
    let all = server.seen.requests.lock().unwrap().clone();
    assert_eq!(all.iter().filter(|r| r.starts_with("GET /robots.txt ")).count(), 2);
}

#[tokio::test]
async fn p2_no_robots_means_welcome_and_a_broken_one_means_wait() {
    let answer =
        |mut exchange: super::server::Exchange| async move { exchange.reply("200 OK", "", CSV).await };
    for (status, expected) in [
        ("404 Not Found", "ok"),
        ("403 Forbidden", "ok"),
        ("500 Internal Server Error", "robots_unavailable"),
        ("302 Found", "robots_unavailable"),
    ] {
        let server = Server::start_with_robots(status, "User-agent: *\nDisallow: /", answer).await;
        assert_eq!(code(get(&fetcher(), &server.url("/x.csv"), Expect::Csv).await), expected, "{status}");
    }
}

#[tokio::test]
async fn p3_one_connection_per_host() {
    let server = Server::start(|mut exchange| async move {
        tokio::task::yield_now().await;
        exchange.reply("200 OK", "connection: close\r\n", CSV).await;
    })
    .await;
    let fetcher = fetcher();
    let all = (0..8).map(|i| {
        let (fetcher, url) = (fetcher.clone(), server.url(&format!("/{i}.csv")));
        async move { code(get(&fetcher, &url, Expect::Csv).await) }
    });
    assert_eq!(futures::future::join_all(all).await, ["ok"; 8]);
    assert_eq!(server.seen.most_open.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn p3_pause_between_requests_to_a_host() {
    let server = Server::start(|mut exchange| async move { exchange.reply("200 OK", "", CSV).await }).await;
    let pause = Duration::from_millis(40);
    let manners = Manners { pause, ..Manners::default() };
    let fetcher = Fetcher::new(FetchSettings { manners, ..settings() }).unwrap();
    let began = std::time::Instant::now();
    for i in 0..3 {
        assert_eq!(code(get(&fetcher, &server.url(&format!("/{i}.csv")), Expect::Csv).await), "ok");
    }
    // A lower bound holds on however slow a machine.
    assert!(began.elapsed() >= 2 * pause);
}

#[tokio::test]
async fn p3_fresh_until() {
    let server = Server::start(|mut exchange| async move {
        exchange.reply("200 OK", "cache-control: max-age=600\r\nexpires: 0\r\n", CSV).await;
    })
    .await;
    let fetched = get(&fetcher(), &server.url("/x.csv"), Expect::Csv).await.unwrap();
    assert_eq!(fetched.meta().fresh_until, Some(now() + TimeDelta::minutes(10)));
}

#[tokio::test]
async fn p4_a_host_that_keeps_failing_is_left_alone() {
    let server =
        Server::start(
            |mut exchange| async move { exchange.reply("500 Internal Server Error", "", b"").await },
        )
        .await;
    let fetcher = fetcher();
    for _ in 0..5 {
        assert_eq!(code(get(&fetcher, &server.url("/x.csv"), Expect::Csv).await), "http_status");
    }
    let before = server.seen.data_requests().len();
    let refused = get(&fetcher, &server.url("/x.csv"), Expect::Csv).await.unwrap_err();
    assert_eq!(refused.code(), "circuit_open");
    assert_eq!(server.seen.data_requests().len(), before, "nothing was sent");
    let probe_at = refused.wait_until().unwrap();
    assert!(probe_at > now());
    let request = Request::get(server.url("/x.csv"), Expect::Csv);
    assert_eq!(code(fetcher.fetch(&request, probe_at).await), "http_status", "one probe");
    assert_eq!(code(fetcher.fetch(&request, probe_at).await), "circuit_open", "and closed again");
}

/// P13: a moved source is read, and flagged.
#[tokio::test]
async fn p13_redirects_are_flagged() {
    let other = Server::start(|mut exchange| async move { exchange.reply("200 OK", "", CSV).await }).await;
    let port = other.addr.port();
    let server = Server::start(move |mut exchange| async move {
        match exchange.path() {
            "/moved" => exchange.reply("308 Permanent Redirect", "location: /here\r\n", b"").await,
            "/for-now" => exchange.reply("302 Found", "location: here\r\n", b"").await,
            "/away" => {
                let location = format!("location: http://localhost:{port}/x\r\n");
                exchange.reply("302 Found", &location, b"").await;
            }
            _ => exchange.reply("200 OK", "", CSV).await,
        }
    })
    .await;
    for (path, flag) in [
        ("/here", Redirected::No),
        ("/for-now", Redirected::No),
        ("/moved", Redirected::Permanently),
        ("/away", Redirected::ToOtherHost),
    ] {
        let fetched = get(&fetcher(), &server.url(path), Expect::Csv).await.unwrap();
        assert_eq!(fetched.meta().redirected, flag, "{path}");
    }
}

#[tokio::test]
async fn secrets_stay_with_the_first_host() {
    let other = Server::start(|mut exchange| async move { exchange.reply("200 OK", "", CSV).await }).await;
    let port = other.addr.port();
    let server = Server::start(move |mut exchange| async move {
        let location = format!("location: http://localhost:{port}/x\r\n");
        exchange.reply("302 Found", &location, b"").await;
    })
    .await;
    let auth = Auth { header: "x-api-key".to_owned(), value: Secret("hush".to_owned()) };
    assert!(!format!("{auth:?}").contains("hush"));
    let request = Request { auth: Some(auth), ..Request::get(server.url("/x.csv"), Expect::Csv) };
    assert_eq!(code(fetcher().fetch(&request, now()).await), "ok");
    assert!(server.seen.data_requests()[0].contains("x-api-key: hush"));
    assert!(other.seen.requests.lock().unwrap().iter().all(|r| !r.contains("hush")));
    let robots = server.seen.requests.lock().unwrap().clone();
    assert!(robots.iter().any(|r| r.starts_with("GET /robots.txt ") && !r.contains("hush")));
}
