//! How many durable forecasts a second go through HTTP, beside plain SQLite that waits for the disk as often.
//!
//! `cargo run --release -p bellwether-server --example durable_bench [-- ROUNDS [SECONDS [FOLDER]]]`
//!
//! Everything runs in one process and in turn: single rows with an index written by SQLite alone (write-ahead log,
//! `synchronous = FULL`, one commit a row), then people with tokens of their own who send `POST .../forecasts` over
//! connections that stay open: one of them, 32 on a claim each, 32 on one claim, and the same on a claim on which 1,000
//! others forecast already. An answer counts when it says 201. Medians over the rounds and their ratio to SQLite's
//! median are printed; when SQLite itself varies more than twofold, the machine was too busy and the run says so.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot be set up should fail loudly")]

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use bellwether_core::{
    actor::Actor,
    document::ClaimDocument,
    people::{Handle, Role, Scope},
};
use bellwether_engine::{
    Engine,
    claims::{ClaimKey, NewClaim},
    clock::SystemClock,
    forecasts::ForecastInput,
    people::{NewAccount, NewToken, Password},
};
use bellwether_server::{Acting, AppState, Limits, Rates, Settings, app, serve};
use bellwether_store::{Db, Location, Opener};
use sqlx::{
    Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use url::Url;

const PEOPLE: usize = 32;
const CROWD: u32 = 1_000;

/// How often something was done, and how long all but a hundredth took at most.
struct Rate {
    per_second: f64,
    p99: Duration,
}

#[tokio::main]
async fn main() {
    let mut given = std::env::args().skip(1);
    let rounds: usize = given.next().and_then(|n| n.parse().ok()).unwrap_or(5);
    let seconds: f64 = given.next().and_then(|n| n.parse().ok()).unwrap_or(2.0);
    let base = given.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let long = Duration::from_secs_f64(seconds);
    let folder = tempfile::tempdir_in(base).unwrap();

    let (address, tokens, engine) = start(folder.path()).await;
    let own: Vec<String> = (0..PEOPLE).map(|n| format!("claim-{n}")).collect();
    for slug in own.iter().map(String::as_str).chain(["shared", "crowded"]) {
        publish(&engine, slug).await;
    }
    fill(&engine, "crowded").await;
    println!("{rounds} rounds of {seconds} s");

    let all = |slug: &str| vec![slug.to_owned(); PEOPLE];
    let cases: [(&str, Vec<String>); 5] = [
        ("1 client", vec!["claim-0".to_owned()]),
        ("1 client, 1,000 others on the claim", vec!["crowded".to_owned()]),
        ("32 clients, a claim each", own),
        ("32 clients, one claim", all("shared")),
        ("32 clients, 1,000 others on the claim", all("crowded")),
    ];
    let mut sqlite = Vec::new();
    let mut ours: Vec<Vec<Rate>> = cases.iter().map(|_| Vec::new()).collect();
    // The first round warms caches and statements.
    for round in 0..=rounds {
        let reference = rows(&folder.path().join("plain.db"), long).await;
        if round > 0 {
            sqlite.push(reference);
        }
        for (case, (_, claims)) in cases.iter().enumerate() {
            let rate = forecasts(address, &tokens, claims, long).await;
            if round > 0 {
                ours[case].push(rate);
            }
        }
    }

    let reference = median(&sqlite);
    report("plain SQLite, a row a commit", &sqlite, reference);
    for ((name, _), rates) in cases.iter().zip(&ours) {
        report(name, rates, reference);
    }
    let (least, most) = range(&sqlite);
    if most > 2.0 * least {
        println!("SQLite itself varied more than twofold: the machine was too busy for a verdict");
    }
}

fn report(name: &str, rates: &[Rate], reference: f64) {
    let (least, most) = range(rates);
    let mut p99: Vec<Duration> = rates.iter().map(|r| r.p99).collect();
    p99.sort_unstable();
    println!(
        "{name}: {:.0}/s ({least:.0} to {most:.0}), {:.2}x SQLite, p99 {:.1} ms",
        median(rates),
        median(rates) / reference,
        p99[p99.len() / 2].as_secs_f64() * 1e3,
    );
}

fn median(rates: &[Rate]) -> f64 {
    let mut sorted: Vec<f64> = rates.iter().map(|r| r.per_second).collect();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn range(rates: &[Rate]) -> (f64, f64) {
    let each = || rates.iter().map(|r| r.per_second);
    (each().fold(f64::INFINITY, f64::min), each().fold(0.0, f64::max))
}

fn rate(mut took: Vec<Duration>, all: Duration) -> Rate {
    took.sort_unstable();
    Rate { per_second: took.len() as f64 / all.as_secs_f64(), p99: took[took.len() * 99 / 100] }
}

/// Rows of a forecast's size, one commit each.
async fn rows(file: &Path, long: Duration) -> Rate {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let mut db = SqliteConnection::connect_with(&options).await.unwrap();
    for sql in [
        "CREATE TABLE IF NOT EXISTS forecast (id INTEGER PRIMARY KEY, claim BLOB, who TEXT, at TEXT, p TEXT)",
        "CREATE INDEX IF NOT EXISTS forecast_by_claim ON forecast (claim, at)",
    ] {
        sqlx::query(sql).execute(&mut db).await.unwrap();
    }
    let (began, mut took) = (Instant::now(), Vec::new());
    while began.elapsed() < long {
        let at = Instant::now();
        sqlx::query("INSERT INTO forecast (claim, who, at, p) VALUES ($1, $2, $3, $4)")
            .bind([7_u8; 16].as_slice())
            .bind("person:ada")
            .bind("2026-04-06T12:00:00.000000Z")
            .bind("[0.625,0.375]")
            .execute(&mut db)
            .await
            .unwrap();
        took.push(at.elapsed());
    }
    let rate = rate(took, began.elapsed());
    db.close().await.unwrap();
    rate
}

/// Forecasts by as many people at once as there are claims given, each over a connection of their own.
async fn forecasts(address: SocketAddr, tokens: &[String], claims: &[String], long: Duration) -> Rate {
    let began = Instant::now();
    let mut people = JoinSet::new();
    for (token, claim) in tokens.iter().zip(claims) {
        let head = format!(
            "POST /api/v1/claims/{claim}/forecasts HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\n"
        );
        people.spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let (mut took, mut n) = (Vec::new(), 0_u32);
            while began.elapsed() < long {
                n += 1;
                let body = format!(r#"{{"probability":{:.3}}}"#, 0.2 + f64::from(n % 600) / 1000.0);
                let request = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
                let at = Instant::now();
                stream.write_all(request.as_bytes()).await.unwrap();
                let answer = answer(&mut stream).await;
                assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
                took.push(at.elapsed());
            }
            took
        });
    }
    let took = people.join_all().await.concat();
    rate(took, began.elapsed())
}

/// One answer of a connection that stays open.
async fn answer(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::with_capacity(4096);
    loop {
        assert!(stream.read_buf(&mut bytes).await.unwrap() > 0, "the server hung up");
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok())?
        });
        if body.len() >= length.unwrap() {
            return text.into_owned();
        }
    }
}

async fn start(folder: &Path) -> (SocketAddr, Vec<String>, Engine) {
    let db = Db::open(&Location::Folder(folder.to_owned()), Opener::Server).await.unwrap();
    let engine = Engine::new(db, Arc::new(SystemClock));
    let mut tokens = Vec::new();
    for n in 0..PEOPLE {
        let handle = format!("person-{n}");
        let password = Password::new("seven quiet herons wait");
        let new = NewAccount { handle, name: String::new(), password };
        let signed = if let Some(link) = engine.setup_link().await.unwrap() {
            engine.set_up(&link, new).await.unwrap()
        } else {
            let link = engine.invite(&Actor::Operator, Role::Forecaster, "").await.unwrap();
            engine.join(&link, new).await.unwrap()
        };
        let token = NewToken { name: "bench".into(), scopes: Scope::ALL.to_vec(), days: None, bot: None };
        let (token, _) = engine.create_token(signed.signed.account, &token).await.unwrap();
        tokens.push(token.reveal().to_owned());
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let limits = Limits::default();
    let settings = Settings {
        limits,
        acting: Acting::Accounts,
        // Nobody forecasts that often; the measurement has to.
        rates: Rates { changes: 0, heavy: 0, doors: 0, ..Rates::default() },
        ..Settings::new(Url::parse(&format!("http://{address}/")).unwrap())
    };
    let state = AppState::new(engine.clone(), settings);
    tokio::spawn(serve(listener, app(state), limits, std::future::pending()));
    (address, tokens, engine)
}

async fn publish(engine: &Engine, slug: &str) {
    let yaml = format!(
        "title: An open model leads by spring ({slug})\nslug: {slug}\nstart: {{ p: 0.5, basis: no view }}\n\
         window: {{ by: 2060-01-01 }}\ncriteria: True if it leads.\n"
    );
    let document = ClaimDocument::from_yaml(&yaml).unwrap();
    engine.create_claim(&Actor::Operator, NewClaim { document, publish: true }).await.unwrap();
}

async fn fill(engine: &Engine, slug: &str) {
    let mut crowd = JoinSet::new();
    for n in 0..CROWD {
        let (engine, claim) = (engine.clone(), ClaimKey::from(slug.to_owned()));
        let who = Actor::Person(Handle::new(&format!("crowd-{n}")).unwrap());
        let input = ForecastInput::yes(0.1 + 0.8 * f64::from(n) / f64::from(CROWD));
        crowd.spawn(async move { engine.forecast(&who, &claim, input, "api").await.unwrap() });
    }
    crowd.join_all().await;
}
