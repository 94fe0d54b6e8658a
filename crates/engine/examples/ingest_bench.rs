//! How long one pull takes, from the first byte asked for to the last claim evaluated: a leaderboard page of 1 MB
//! (5,444 rows), on SQLite as it is installed, with 200 claims that hang on it.
//!
//! `cargo run --release -p bellwether-engine --example ingest_bench [-- ROUNDS]`
//!
//! The reference runs in the same process, in turn with ours: the same page fetched by a plain HTTP client, parsed by
//! `scraper` and thrown away. Medians and their ratio are printed; when the reference itself varies more than twofold,
//! the machine was too busy and the run says so.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot be set up should fail loudly")]

use std::{
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bellwether_core::{actor::Actor, document::ClaimDocument};
use bellwether_engine::{Engine, claims::NewClaim, clock::FixedClock, ingest::Outcome, outside::Outside};
use bellwether_sources::fetch::{
    AddressPolicy, Expect, FetchSettings, Fetched, Fetcher, Request, pace::Manners,
};
use bellwether_store::{Db, Location, Opener};
use chrono::TimeDelta;
use scraper::{Html, Selector};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

const ROWS: usize = 5_444;
const CLAIMS: usize = 200;

#[tokio::main]
async fn main() {
    let rounds = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(7);
    let page_number = Arc::new(AtomicUsize::new(0));
    let address = serve(page_number.clone()).await;
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&Location::Folder(folder.path().to_owned()), Opener::Tool).await.unwrap();
    let clock = Arc::new(FixedClock::new("2026-04-06T12:00:00Z".parse().unwrap()));
    let engine = Engine::new(db, clock.clone()).with_outside(Outside::new(settings(), |_| None).unwrap());
    let source = engine.save_source(&Actor::Operator, &source_document(&address), None).await.unwrap();
    for n in 0..CLAIMS {
        let document = ClaimDocument::from_yaml(&claim_document(n)).unwrap();
        engine.create_claim(&Actor::Operator, NewClaim { document, publish: true }).await.unwrap();
    }
    let plain = Fetcher::new(settings()).unwrap();

    println!("page {} kB, {ROWS} rows, {CLAIMS} claims", page(0).len() / 1000);
    let (mut ours, mut same, mut reference) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=rounds {
        page_number.fetch_add(1, Ordering::SeqCst);
        let began = Instant::now();
        let request = Request::get(address.clone(), Expect::Html);
        let Fetched::Body { parts, .. } = plain.fetch(&request, engine.now()).await.unwrap() else {
            continue;
        };
        let rows = count_rows(&String::from_utf8_lossy(&parts[0].bytes));
        let took_reference = began.elapsed();
        assert_eq!(rows, ROWS);

        clock.advance(TimeDelta::hours(6));
        let began = Instant::now();
        let taken = engine.pull(&Actor::Operator, &source).await.unwrap();
        let took = began.elapsed();
        assert_eq!((taken.outcome, taken.tables[0].rows), (Outcome::New, ROWS));

        clock.advance(TimeDelta::hours(6));
        let began = Instant::now();
        assert_eq!(engine.pull(&Actor::Operator, &source).await.unwrap().outcome, Outcome::Same);
        let took_same = began.elapsed();
        // The first round warms caches and statements.
        if round > 0 {
            ours.push(took);
            same.push(took_same);
            reference.push(took_reference);
        }
    }
    let base = report("reference: fetch and parse only", &mut reference, None);
    report("pull of new content", &mut ours, Some(base));
    report("pull of the same bytes", &mut same, Some(base));
    if reference[reference.len() - 1] > 2 * reference[0] {
        println!("the reference varied more than twofold: the machine is busy, measure again");
    }
}

fn report(what: &str, times: &mut [Duration], base: Option<Duration>) -> Duration {
    times.sort_unstable();
    let median = times[times.len() / 2];
    let ms = |d: Duration| d.as_secs_f64() * 1000.0;
    let ratio = base.map(|b| format!(", {:.2}x the reference", ms(median) / ms(b))).unwrap_or_default();
    println!(
        "{what}: median {:.1} ms (min {:.1}, max {:.1}, n {}){ratio}",
        ms(median),
        ms(times[0]),
        ms(times[times.len() - 1]),
        times.len()
    );
    median
}

fn settings() -> FetchSettings {
    FetchSettings {
        policy: AddressPolicy::with_loopback(),
        manners: Manners { pause: Duration::ZERO, ..Manners::default() },
        ..FetchSettings::default()
    }
}

fn count_rows(html: &str) -> usize {
    let rows = Selector::parse("table tbody tr").unwrap();
    Html::parse_document(html).select(&rows).count()
}

/// A table of about 1 MB; each number gives another page, a few points apart.
fn page(number: usize) -> String {
    let mut html =
        String::from("<!doctype html><html><head><title>Board</title></head><body><table><tbody>\n");
    for row in 0..ROWS {
        let score = 20.0 + (row * 7919 % 5000) as f64 / 100.0 + (number % 40) as f64 / 100.0;
        let licence = if row % 3 == 0 { "open" } else { "proprietary" };
        writeln!(
            html,
            "<tr><td class=\"model\">model-{row:05}-instruct</td><td class=\"score\">{score:.2}</td>\
             <td class=\"licence\">{licence}</td><td>2026-03-{:02}</td><td>some organisation {}</td>\
             <td class=\"cost\">${}.00</td><td>a note that pads</td><td>{row}</td></tr>",
            row % 28 + 1,
            row % 50,
            row % 90
        )
        .unwrap();
    }
    html + "</tbody></table></body></html>"
}

fn source_document(address: &str) -> String {
    format!(
        "id: bench
title: Bench
url: {address}
licence: CC0-1.0
attribution: nobody
schedule: 0 */6 * * *
format: html
tables:
  - benchmark: test
    title: Test
    unit: percent
    range: [0, 100]
    rows: table tbody tr
    key: {{ select: td.model }}
    fields: {{ model: {{ select: td.model }}, score: {{ select: td.score }} }}
    openness: {{ field: {{ select: td.licence }}, open: [open], closed: [proprietary] }}
"
    )
}

fn claim_document(n: usize) -> String {
    let within = (n % 50 + 1) as f64 / 10.0;
    format!(
        "title: Open models come within {within} points of closed ones, number {n}
window: {{ by: Q1 2027 }}
criteria: Yes if the gap on the test is at most {within}.
rule: {{ gap: {{ benchmark: bench/test, of: open, to: closed, within: {within}, unit: pp }} }}
"
    )
}

/// A server that answers every request but robots.txt with the page of the current number.
async fn serve(number: Arc<AtomicUsize>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/board.html", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let page = page(number.load(Ordering::SeqCst));
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = stream.read_u8().await else { return };
                    head.push(byte);
                }
                let (status, body) = if head.starts_with(b"GET /robots.txt ") {
                    ("404 Not Found", "")
                } else {
                    ("200 OK", page.as_str())
                };
                let head = format!(
                    "HTTP/1.1 {status}\r\ncontent-type: text/html\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                // A client that has gone away needs no answer.
                let _ = stream.write_all((head + body).as_bytes()).await;
            });
        }
    });
    address
}
