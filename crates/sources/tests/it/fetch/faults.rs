//! F11: every way a source can go wrong ends with its own name, bounded in bytes and time, and with no body.

use std::{io::Write as _, sync::atomic::Ordering, time::Duration};

use bellwether_sources::fetch::{Expect, FetchError, Fetched, Limits, Request, Validators};
use chrono::TimeDelta;
use flate2::{Compression, write::GzEncoder};

use super::{code, fetcher, get, now, server::Server, with_limits};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn table() -> Vec<u8> {
    let rows = (0..2000).map(|i| format!("model-{i},{}\n", i * 7919 % 1000));
    std::iter::once("model,score\n".to_owned()).chain(rows).collect::<String>().into_bytes()
}

/// A server that answers everything with 200 and these bytes.
async fn serving(headers: &'static str, body: Vec<u8>) -> Server {
    Server::start(move |mut exchange| {
        let body = body.clone();
        async move { exchange.reply("200 OK", headers, &body).await }
    })
    .await
}

/// A server that writes these bytes, head included, and closes.
async fn writing(answer: Vec<u8>) -> Server {
    Server::start(move |mut exchange| {
        let answer = answer.clone();
        async move {
            exchange.send(&answer).await;
        }
    })
    .await
}

async fn fetch_csv(server: &Server) -> Result<Fetched, FetchError> {
    get(&fetcher(), &server.url("/data.csv"), Expect::Csv).await
}

#[tokio::test]
async fn f11_whole_gzip_is_unpacked() {
    let server = serving("content-encoding: gzip\r\ncontent-type: text/csv\r\n", gzip(&table())).await;
    let fetched = fetch_csv(&server).await.unwrap();
    assert!(fetched.meta().wire_bytes < table().len() as u64 / 2);
    assert_eq!(super::bytes(fetched), [table()]);
}

#[tokio::test]
async fn f11_truncated_gzip() {
    let packed = gzip(&table());
    let server = serving("content-encoding: gzip\r\n", packed[..packed.len() / 2].to_vec()).await;
    assert!(["truncated", "corrupt_encoding"].contains(&code(fetch_csv(&server).await)));
}

#[tokio::test]
async fn f11_bad_crc() {
    let mut packed = gzip(&table());
    let crc = packed.len() - 8;
    packed[crc] ^= 0xff;
    let server = serving("content-encoding: gzip\r\n", packed).await;
    assert_eq!(code(fetch_csv(&server).await), "corrupt_encoding");
}

#[tokio::test]
async fn f11_content_length_mismatch() {
    let server = writing(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nmodel,score\na,1\n".to_vec()).await;
    assert_eq!(fetch_csv(&server).await, Err(FetchError::Truncated { received: 16, expected: Some(1000) }));
}

#[tokio::test]
async fn p8_missing_last_chunk() {
    let server =
        writing(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nc\r\nmodel,score\n\r\n".to_vec())
            .await;
    assert_eq!(code(fetch_csv(&server).await), "truncated");
}

#[tokio::test]
async fn f11_endless_stream_stops_at_the_limit() {
    let server = Server::start(|mut exchange| async move {
        let block = vec![b'x'; 64 << 10];
        let mut going = exchange.send(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while going {
            going = exchange.send(&block).await;
        }
    })
    .await;
    let result = fetch_csv(&server).await;
    assert_eq!(result, Err(FetchError::TooLarge { limit: 15 << 20 }));
    // What the server got rid of lies in socket buffers beyond the limit, and nowhere in us.
    let sent = server.seen.sent.load(Ordering::SeqCst);
    assert!(sent < (15 << 20) + (16 << 20), "{sent} bytes were taken");
}

#[tokio::test]
async fn p5_announced_size_is_refused_before_it_is_read() {
    let server = writing(b"HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n\r\n".to_vec()).await;
    assert_eq!(code(fetch_csv(&server).await), "too_large");
}

#[tokio::test]
async fn f11_zero_bomb() {
    let bomb = gzip(&vec![0; 8 << 20]);
    let size = bomb.len() as u64;
    let server = serving("content-encoding: gzip\r\n", bomb).await;
    assert_eq!(fetch_csv(&server).await, Err(FetchError::CompressionBomb { ratio: 100 }));
    assert!(size < 1 << 20, "a small body");
}

#[tokio::test]
async fn f11_one_byte_at_a_time_is_too_slow() {
    let server = Server::start(|mut exchange| async move {
        let mut going = exchange.send(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while going {
            going = exchange.send(b"x").await;
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
    let limits = Limits {
        speed_window: Duration::from_millis(200),
        min_bytes_per_second: 64 << 10,
        ..Limits::default()
    };
    let result = get(&with_limits(limits), &server.url("/data.csv"), Expect::Csv).await;
    assert_eq!(result, Err(FetchError::TooSlow { bytes_per_second: 64 << 10 }));
}

#[tokio::test]
async fn p5_silence_after_the_connection() {
    let server = Server::start(|mut exchange| async move { exchange.until_closed().await }).await;
    let limits = Limits { first_byte: Duration::from_millis(50), ..Limits::default() };
    let result = get(&with_limits(limits), &server.url("/data.csv"), Expect::Csv).await;
    assert_eq!(code(result), "first_byte_timeout");
}

#[tokio::test]
async fn p5_total_time() {
    let server = Server::start(|mut exchange| async move {
        let mut going = exchange.send(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while going {
            going = exchange.send(&[b'x'; 1000]).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    let limits = Limits { total: Duration::from_millis(300), ..Limits::default() };
    let result = get(&with_limits(limits), &server.url("/data.csv"), Expect::Csv).await;
    assert_eq!(code(result), "timeout");
}

#[tokio::test]
async fn p5_headers() {
    let large = format!("x-large: {}\r\n", "h".repeat(70 << 10));
    let server = writing(format!("HTTP/1.1 200 OK\r\n{large}content-length: 2\r\n\r\na,").into_bytes()).await;
    assert_eq!(code(fetch_csv(&server).await), "headers_too_large");
    let many = (0..5000).map(|i| format!("x-{i}: {i}\r\n")).collect::<Vec<_>>().concat();
    let server = writing(format!("HTTP/1.1 200 OK\r\n{many}content-length: 2\r\n\r\na,").into_bytes()).await;
    assert_eq!(code(fetch_csv(&server).await), "headers_too_large");
    let endless = Server::start(|mut exchange| async move {
        let mut going = exchange.send(b"HTTP/1.1 200 OK\r\nx: ").await;
        while going {
            going = exchange.send(&[b'h'; 16 << 10]).await;
        }
    })
    .await;
    assert_eq!(code(fetch_csv(&endless).await), "headers_too_large");
    let sent = endless.seen.sent.load(Ordering::SeqCst);
    assert!(sent < 16 << 20, "{sent} bytes of header were taken");
}

#[tokio::test]
async fn f11_wrong_charset() {
    let latin = b"model,score\ncaf\xe9,1\n".to_vec();
    let server = serving("content-type: text/csv; charset=utf-8\r\n", latin).await;
    assert_eq!(code(fetch_csv(&server).await), "bad_charset");
}

#[tokio::test]
async fn f11_html_error_with_200() {
    let page = b"<!doctype html><title>Sorry</title><h1>We'll be back</h1>".to_vec();
    let server = serving("content-type: text/html\r\n", page).await;
    assert_eq!(
        fetch_csv(&server).await,
        Err(FetchError::UnexpectedContent { expected: "CSV", got: "an HTML page" })
    );
}

#[tokio::test]
async fn p6_challenge_page() {
    let server = Server::start(|mut exchange| async move {
        exchange
            .reply("403 Forbidden", "cf-mitigated: challenge\r\n", b"<title>Just a moment...</title>")
            .await;
    })
    .await;
    assert_eq!(code(fetch_csv(&server).await), "challenge_page");
}

#[tokio::test]
async fn f11_empty() {
    assert_eq!(code(fetch_csv(&serving("", Vec::new()).await).await), "empty_body");
    let server = writing(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()).await;
    assert_eq!(code(fetch_csv(&server).await), "empty_body");
}

#[tokio::test]
async fn f11_304_without_etag() {
    let server =
        Server::start(|mut exchange| async move { exchange.reply("304 Not Modified", "", b"").await }).await;
    assert_eq!(code(fetch_csv(&server).await), "unexpected_not_modified", "nobody asked");

    let sent = Validators { etag: Some("W/\"7\"".to_owned()), last_modified: None };
    let request = Request { validators: sent.clone(), ..Request::get(server.url("/x.csv"), Expect::Csv) };
    let fetched = fetcher().fetch(&request, now()).await.unwrap();
    assert!(matches!(fetched, Fetched::Unchanged(_)));
    assert_eq!(fetched.meta().validators, sent, "what was asked with still stands");
}

#[tokio::test]
async fn f11_429_with_retry_after() {
    let server = Server::start(|mut exchange| async move {
        exchange.reply("429 Too Many Requests", "retry-after: 3600\r\n", b"secret words of the body").await;
    })
    .await;
    let error = fetch_csv(&server).await.unwrap_err();
    let wait = error.wait_until().unwrap() - now();
    assert!(wait >= TimeDelta::hours(1) && wait < TimeDelta::hours(2), "{wait}");
    assert_eq!(error.to_string(), "the source asked us to wait (status 429)", "the body is not quoted");
}

#[tokio::test]
async fn f11_redirect_loop() {
    let server = Server::start(|mut exchange| async move {
        let to = if exchange.path() == "/a" { "/b" } else { "/a" };
        exchange.reply("302 Found", &format!("location: {to}\r\n"), b"").await;
    })
    .await;
    assert_eq!(code(get(&fetcher(), &server.url("/a"), Expect::Csv).await), "redirect_loop");
}

/// B30: eleven hops.
#[tokio::test]
async fn b30_too_many_redirects() {
    let server = Server::start(|mut exchange| async move {
        let hop: u32 = exchange.path().trim_start_matches('/').parse().unwrap_or(0);
        exchange.reply("302 Found", &format!("location: /{}\r\n", hop + 1), b"").await;
    })
    .await;
    assert_eq!(
        get(&fetcher(), &server.url("/0"), Expect::Csv).await,
        Err(FetchError::TooManyRedirects { limit: 5 })
    );
    assert_eq!(server.seen.data_requests().len(), 6, "the first address and five redirects");
}

#[tokio::test]
async fn other_statuses_are_named() {
    for (status, name) in
        [("404 Not Found", "http_status"), ("500 Oh", "http_status"), ("206 Partial Content", "http_status")]
    {
        let server =
            Server::start(move |mut exchange| async move { exchange.reply(status, "", b"a,b").await }).await;
        assert_eq!(code(fetch_csv(&server).await), name, "{status}");
    }
    let closed = { serving("", Vec::new()).await.url("/x.csv") };
    assert_eq!(code(get(&fetcher(), &closed, Expect::Csv).await), "connect_failed");
    let rude = writing(b"SSH-2.0-OpenSSH\r\n".to_vec()).await;
    assert_eq!(code(fetch_csv(&rude).await), "transport");
    let other = serving("content-encoding: br\r\n", b"a,b".to_vec()).await;
    assert_eq!(code(fetch_csv(&other).await), "unsupported_encoding");
}
