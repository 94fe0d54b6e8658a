//! What streams may take of a server, and what must not take streams from their readers.

use std::time::{Duration, Instant};

use bellwether_core::people::Role;
use bellwether_engine::{claims::ClaimKey, forecasts::ForecastInput};
use bellwether_server::Limits;

use super::{Reader, STREAM, forecast, person};
use crate::{
    bad_input::{claim, created},
    people::Someone,
    support::Server,
};

/// Waits until something is so, at most ten seconds.
async fn until(says: &str, mut so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !so().await {
        assert!(began.elapsed() < Duration::from_secs(10), "{says}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a19_signs_of_life_come_and_no_time_for_requests_cuts_a_stream() {
    let short = Duration::from_millis(100);
    let limits = Limits {
        heartbeat: short,
        head_time: 2 * short,
        body_time: 2 * short,
        answer_time: 2 * short,
        ..Limits::default()
    };
    let server = Server::start_with(limits).await;
    let slug = created(&server, &claim()).await;
    let mut reader = Reader::open(server.addr, "", &[]).await;
    reader.next().await.expect("an opening");
    for _ in 0..8 {
        let sign = reader.next().await.expect("a sign of life");
        assert!(sign.comment && sign.data.is_none(), "{sign:?}");
    }
    forecast(&server.engine, "ada", &slug, 0.55).await;
    assert!(reader.event().await.is_some(), "it goes on");
    assert_eq!(Limits::default().heartbeat, Duration::from_secs(15));
    server.stop().await;
}

#[tokio::test]
async fn a19_who_goes_gives_the_place_back_at_once_and_who_finds_none_may_come_later() {
    let server = Server::start_with(Limits { streams: 1, ..Limits::default() }).await;
    let reader = Reader::open(server.addr, "", &[]).await;
    let reply = server.get(STREAM).await;
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("60")), "{}", reply.text());
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    assert_eq!(server.get("/api/v1/events").await.status, 200, "the list is always there");
    drop(reader);
    until("the place is free", async || Reader::open(server.addr, "", &[]).await.status() == "200").await;
    let head = async || server.send("HEAD", STREAM, &[], b"").await.status;
    until("a look at the head keeps none", async || head().await == 200 && head().await == 200).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a19_who_takes_nothing_is_let_go_and_holds_up_no_stop() {
    let limits = Limits { streams: 2, patience: Duration::from_millis(300), ..Limits::default() };
    let server = Server::start_with(limits).await;
    let slug = created(&server, &claim()).await;
    let begin = server.engine.last_event().await.expect("a number");
    let key = ClaimKey::from(slug.clone());
    // Enough for what two machines keep on the way, which nobody can set for the server's side.
    for round in 0..12 {
        let all: Vec<_> = (0..1_000)
            .map(|n| (key.clone(), ForecastInput::yes(0.1 + 0.8 * f64::from(n + round) / 2_000.0)))
            .collect();
        server.engine.forecast_all(&person("ada"), &all, "api").await.expect("forecasts");
    }
    let after = format!("?after={begin}");
    let mut stalled = Reader::open_with(server.addr, &after, &[], Some(4_096)).await;
    let mut steady = Reader::open(server.addr, &after, &[]).await;
    assert_eq!(server.get(STREAM).await.status, 503, "both places are taken");
    for expected in begin + 1..=begin + 12_000 {
        let seq = steady.event().await.and_then(|block| block.data).expect("an event")["seq"].as_i64();
        assert_eq!(seq, Some(expected), "one who reads is not hindered");
    }
    until("the place is free", async || server.get(STREAM).await.status == 200).await;
    let mut last = begin;
    while let Some(block) = stalled.event().await {
        last = block.id.and_then(|id| id.parse().ok()).expect("a number");
    }
    assert!(last < begin + 12_000, "it was cut off");
    let mut back = Reader::open(server.addr, "", &[("Last-Event-ID", &last.to_string())]).await;
    assert_eq!(back.status(), "200", "one of two places is free");
    assert_eq!(back.event().await.and_then(|b| b.id), Some((last + 1).to_string()), "nothing is lost");

    drop((stalled, back));
    let mut stuck = None;
    until("a place is free", async || {
        let reader = Reader::open_with(server.addr, &after, &[], Some(4_096)).await;
        stuck = Some(reader).filter(|reader| reader.status() == "200");
        stuck.is_some()
    })
    .await;
    let began = Instant::now();
    server.stop().await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    drop(stuck);
}

/// Bytes that this process has in memory.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kib| kib * 1024)
}

#[tokio::test(flavor = "multi_thread")]
async fn a19_a_thousand_who_only_listen_are_small_and_all_are_told() {
    let server = Server::start().await;
    let slug = created(&server, &claim()).await;
    let before = resident();
    let mut readers = Vec::new();
    for _ in 0..1_000 {
        let mut reader = Reader::open(server.addr, "", &[]).await;
        reader.next().await.expect("an opening");
        readers.push(reader);
    }
    if let (Some(before), Some(after)) = (before, resident()) {
        // Both ends are in this process, and so are other tests.
        let each = after.saturating_sub(before) / 1_000;
        println!("{each} bytes for each stream and its reader");
        assert!(each < 128 * 1024, "{each} bytes for each stream");
    }
    forecast(&server.engine, "ada", &slug, 0.55).await;
    let began = Instant::now();
    for reader in &mut readers {
        assert!(reader.event().await.is_some());
    }
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let began = Instant::now();
    server.stop().await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a19_who_may_read_no_longer_is_told_nothing_more() {
    let limits = Limits { heartbeat: Duration::from_millis(100), ..Limits::default() };
    let server = Server::start_with_accounts_and(limits).await;
    let ada = Someone::new(&server, "ada", Role::Admin).await;
    let mut stranger = Reader::open(server.addr, "", &[]).await;
    let mut known = Reader::open(server.addr, "", &[("Authorization", &ada.bearer)]).await;
    let shut = ada.page(&server, "POST", "/settings/private", "private=yes").await;
    assert_eq!(shut.status, 303, "{}", shut.text());
    until("the stranger's stream ends", async || stranger.next().await.is_none()).await;
    assert_eq!(server.get(STREAM).await.status, 401);
    for _ in 0..5 {
        assert!(known.next().await.is_some(), "who signed in goes on");
    }
    server.stop().await;
}
