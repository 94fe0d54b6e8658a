//! A server of its own for each test, on a free port, over a database of its own; and a client that can lie.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bellwether_core::evidence::Link;
use bellwether_engine::{
    Engine, EngineError,
    clock::{Clock as _, FixedClock},
    evidence::{LinkReader, PageReading},
    outside::Outside,
};
use bellwether_server::{Acting, AppState, Limits, Rates, Settings, app, serve};
use bellwether_store::{Db, Location, Opener};
use chrono::{DateTime, TimeZone as _, Utc};
use futures::future::BoxFuture;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{OnceCell, oneshot},
    task::JoinHandle,
};
use url::Url;

/// The instant at which every test's clock begins.
pub(crate) fn epoch() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 4, 6, 12, 0, 0).single().expect("a real instant")
}

/// What kind of server a test needs.
struct Kind {
    limits: Limits,
    demo: bool,
    acting: Acting,
    rates: Rates,
    /// Where people reach it, when not at its own address.
    base: Option<&'static str>,
    /// Its way to other machines.
    outside: Option<Outside>,
}

impl Default for Kind {
    /// One without accounts.
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            demo: false,
            acting: Acting::Operator,
            rates: Rates::default(),
            base: None,
            outside: None,
        }
    }
}

/// A running server.
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) engine: Engine,
    folder: TempDir,
    settings: Settings,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_with(Limits::default()).await
    }

    pub(crate) async fn start_with(limits: Limits) -> Self {
        Self::start_fresh(Kind { limits, ..Kind::default() }).await
    }

    /// A server at which people sign in.
    pub(crate) async fn start_with_accounts() -> Self {
        // Tests ask more in a minute than people do.
        let rates = Rates { changes: 0, heavy: 0, doors: 0, ..Rates::default() };
        Self::start_with_rates(rates).await
    }

    /// The same with other bounds on a request.
    pub(crate) async fn start_with_accounts_and(limits: Limits) -> Self {
        let rates = Rates { changes: 0, heavy: 0, doors: 0, ..Rates::default() };
        Self::start_fresh(Kind { acting: Acting::Accounts, rates, limits, ..Kind::default() }).await
    }

    /// A server at which people sign in, behind a proxy that speaks TLS for it.
    pub(crate) async fn start_behind_tls() -> Self {
        let base = Some("https://forecasts.example/");
        Self::start_fresh(Kind { acting: Acting::Accounts, base, ..Kind::default() }).await
    }

    /// A server at which people sign in, and may do so much in a minute.
    pub(crate) async fn start_with_rates(rates: Rates) -> Self {
        Self::start_fresh(Kind { acting: Acting::Accounts, rates, ..Kind::default() }).await
    }

    /// A server that shows the demo, seeded.
    pub(crate) async fn start_demo() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::copy(seeded_demo().await, Location::database_file(folder.path())).expect("a copy of the demo");
        let db =
            Db::open(&Location::Folder(folder.path().to_owned()), Opener::Server).await.expect("a database");
        let server = Self::start_on(folder, db, Kind { demo: true, ..Kind::default() }).await;
        let replayed = |_, _| panic!("the copy goes on where the story ended");
        server.engine.start_demo(&fixtures(), replayed).await.expect("the demo's story");
        server
    }

    /// A server at which people sign in, with a way to other machines.
    pub(crate) async fn start_reaching(outside: Outside) -> Self {
        let rates = Rates { changes: 0, heavy: 0, doors: 0, ..Rates::default() };
        let outside = Some(outside);
        Self::start_fresh(Kind { acting: Acting::Accounts, rates, outside, ..Kind::default() }).await
    }

    /// A server over a database that somebody else keeps.
    pub(crate) async fn start_over(db: Db) -> Self {
        Self::start_on(tempfile::tempdir().expect("a folder"), db, Kind::default()).await
    }

    async fn start_fresh(kind: Kind) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let db =
            Db::open(&Location::Folder(folder.path().to_owned()), Opener::Server).await.expect("a database");
        Self::start_on(folder, db, kind).await
    }

    async fn start_on(folder: TempDir, db: Db, kind: Kind) -> Self {
        let clock = Arc::new(FixedClock::new(epoch()));
        let engine = Engine::new(db, clock.clone());
        let engine = match &kind.outside {
            Some(outside) => engine.with_outside(outside.clone()),
            None => engine,
        };
        assert_eq!(engine.now(), clock.now());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        let Kind { limits, demo, acting, rates, base, .. } = kind;
        let base = base.map_or_else(|| format!("http://{addr}/"), str::to_owned);
        let settings = Settings {
            limits,
            demo,
            acting,
            rates,
            ..Settings::new(Url::parse(&base).expect("an address reads"))
        };
        let (stop, running) = Self::run(listener, &engine, &settings);
        Self { addr, clock, engine, folder, settings, stop: Some(stop), running }
    }

    fn run(
        listener: TcpListener,
        engine: &Engine,
        settings: &Settings,
    ) -> (oneshot::Sender<()>, JoinHandle<()>) {
        let (stop, stopped) = oneshot::channel();
        let state = AppState::new(engine.clone(), settings.clone());
        let running = tokio::spawn(serve(listener, app(state), settings.limits, async move {
            let _ = stopped.await;
        }));
        (stop, running)
    }

    /// Stops the server, does something meanwhile, and starts it again on the same port.
    pub(crate) async fn restart(&mut self, meanwhile: impl Future<Output = ()>) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        (&mut self.running).await.expect("the server ended in peace");
        meanwhile.await;
        let listener = TcpListener::bind(self.addr).await.expect("the same port");
        let (stop, running) = Self::run(listener, &self.engine, &self.settings);
        (self.stop, self.running) = (Some(stop), running);
    }

    /// A request with a body that its headers describe truly.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Reply {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.addr);
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n").expect("a text takes all");
        }
        if !body.is_empty() || !matches!(method, "GET" | "HEAD" | "DELETE") {
            write!(head, "Content-Length: {}\r\n", body.len()).expect("a text takes all");
        }
        head.push_str("\r\n");
        let mut raw = head.into_bytes();
        raw.extend_from_slice(body);
        self.raw(&raw).await
    }

    /// These very bytes, then whatever comes back until the server closes.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(self.addr).await.expect("the server is up");
        // A server that refuses early stops reading: what matters is its answer.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let whole = async {
            // Of an answer that never ends, its beginning.
            while stream.read_buf(&mut answer).await.is_ok_and(|n| n > 0) && !begins_a_stream(&answer) {}
        };
        let _ = tokio::time::timeout(Duration::from_secs(20), whole).await;
        Reply::parse(&answer)
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], b"").await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, &[JSON], body.to_string().as_bytes()).await
    }

    pub(crate) async fn post_text(&self, path: &str, media_type: &str, body: impl AsRef<[u8]>) -> Reply {
        self.send("POST", path, &[("Content-Type", media_type)], body.as_ref()).await
    }

    pub(crate) async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.post_text(path, "application/x-www-form-urlencoded", body).await
    }

    /// The file of the database.
    pub(crate) fn database(&self) -> PathBuf {
        Location::database_file(self.folder.path())
    }

    /// All that the database's files hold, as text.
    pub(crate) fn dump(&self) -> String {
        let files = fs::read_dir(self.folder.path()).expect("the folder");
        let bytes = files.map(|f| fs::read(f.expect("a file").path()).expect("it reads"));
        bytes.map(|b| String::from_utf8_lossy(&b).into_owned()).collect()
    }

    /// How many rows each table has.
    pub(crate) async fn rows(&self) -> BTreeMap<String, i64> {
        let file = Location::database_file(self.folder.path());
        let options = SqliteConnectOptions::new().filename(file).read_only(true);
        let mut db = SqliteConnection::connect_with(&options).await.expect("the database opens");
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        )
        .fetch_all(&mut db)
        .await
        .expect("tables");
        let mut rows = BTreeMap::new();
        for table in tables {
            let count = format!("SELECT count(*) FROM \"{table}\"");
            let n: i64 = sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&mut db).await.expect("a count");
            rows.insert(table, n);
        }
        rows
    }

    /// Stops the server and waits until it has ended.
    pub(crate) async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        self.running.await.expect("the server ended in peace");
    }
}

/// Whether an answer is one of server-sent events, and its first block is there.
fn begins_a_stream(answer: &[u8]) -> bool {
    const KIND: &[u8] = b"\r\ncontent-type: text/event-stream";
    let Some(end) = answer.windows(4).position(|w| w == b"\r\n\r\n") else { return false };
    answer[..end].windows(KIND.len()).any(|w| w == KIND) && answer[end..].ends_with(b"\n\n\r\n")
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

/// The demo's database, filled once for all tests: replaying its story takes half a minute.
async fn seeded_demo() -> &'static Path {
    static SEEDED: OnceCell<PathBuf> = OnceCell::const_new();
    let seed = async || {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("demo");
        let _ = fs::remove_dir_all(&folder);
        let db = Db::open(&Location::Folder(folder.clone()), Opener::Server).await.expect("a database");
        let engine = Engine::new(db.clone(), Arc::new(FixedClock::new(epoch())));
        engine.start_demo(&fixtures(), |_, _| {}).await.expect("the demo's story");
        // Closing writes everything into the one file.
        db.close().await;
        Location::database_file(&folder)
    };
    SEEDED.get_or_init(seed).await
}

/// The header of a JSON body.
pub(crate) const JSON: (&str, &str) = ("Content-Type", "application/json");

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// An answer of status 0 is none at all: the server closed the connection.
    fn parse(bytes: &[u8]) -> Self {
        let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else {
            return Self { status: 0, headers: Vec::new(), body: bytes.to_vec() };
        };
        let head = String::from_utf8_lossy(&bytes[..end]);
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|l| l.split(' ').nth(1)).and_then(|s| s.parse().ok()).unwrap_or(0);
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let body = bytes[end + 4..].to_vec();
        let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
        let length =
            headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, n)| n.parse().ok());
        let body = match length {
            _ if chunked => unchunk(&body),
            // A second answer may follow, to what was left of the request.
            Some(length) => body[..body.len().min(length)].to_vec(),
            None => body,
        };
        Self { status, headers, body }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("status {} and no JSON ({e}): {}", self.status, self.text()))
    }

    /// The fields that a problem names.
    pub(crate) fn fields(&self) -> Vec<String> {
        let problem = self.json();
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().filter_map(|e| e["field"].as_str().map(str::to_owned)).collect()
    }
}

fn unchunk(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = body.windows(2).position(|w| w == b"\r\n") {
        let size = std::str::from_utf8(&body[..end]).ok().and_then(|s| usize::from_str_radix(s, 16).ok());
        let Some(size) = size.filter(|n| *n > 0 && body.len() >= end + 2 + n) else { break };
        whole.extend_from_slice(&body[end + 2..end + 2 + size]);
        body = body.get(end + 2 + size + 2..).unwrap_or_default();
    }
    whole
}

/// One page, as if it had been fetched.
pub(crate) struct OnePage;

impl LinkReader for OnePage {
    fn read<'a>(
        &'a self,
        link: &'a Link,
        _: DateTime<Utc>,
    ) -> BoxFuture<'a, Result<PageReading, EngineError>> {
        Box::pin(async move {
            Ok(PageReading {
                final_url: link.to_string(),
                status: 200,
                title: Some("Costs fell".into()),
                publisher: Some("Example".into()),
                published_on: None,
                mime: Some("text/html".into()),
                bytes: b"<title>Costs fell</title>".to_vec(),
            })
        })
    }
}
