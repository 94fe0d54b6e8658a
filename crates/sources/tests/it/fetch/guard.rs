//! X1-X5, B28-B30: nothing inside is ever reached, and the refusal tells nothing about what is there.

use std::{
    io,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bellwether_sources::fetch::{
    AddressPolicy, Expect, FetchError, FetchSettings, Fetcher, Limits, dns::Lookup,
};
use futures::future::BoxFuture;

use super::{code, get, public_only, server::Server, settings};

/// Names of a test, and how often they were asked for.
#[derive(Default)]
struct Names {
    asked: AtomicUsize,
    answers: Vec<Vec<&'static str>>,
}

impl Names {
    /// Answers the n-th question with the n-th list, and the last one from then on.
    fn new(answers: &[&[&'static str]]) -> Arc<Self> {
        Arc::new(Self { asked: AtomicUsize::new(0), answers: answers.iter().map(|a| a.to_vec()).collect() })
    }
}

impl Lookup for Names {
    fn lookup(&self, _: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let n = self.asked.fetch_add(1, Ordering::SeqCst).min(self.answers.len() - 1);
        let found = self.answers[n].iter().map(|a| a.parse().unwrap()).collect();
        Box::pin(async { Ok(found) })
    }
}

fn guarded(policy: AddressPolicy, lookup: Arc<dyn Lookup>) -> Fetcher {
    let limits = Limits { connect: Duration::from_millis(200), ..Limits::default() };
    Fetcher::new(FetchSettings { policy, lookup, limits, ..settings() }).unwrap()
}

async fn listening() -> Server {
    Server::start(|mut exchange| async move { exchange.reply("200 OK", "", b"inside").await }).await
}

fn connections(server: &Server) -> usize {
    server.seen.connections.load(Ordering::SeqCst)
}

#[tokio::test]
async fn b28_a_listener_on_loopback_sees_nothing() {
    let server = listening().await;
    let port = server.addr.port();
    let fetcher = guarded(public_only(), Names::new(&[&["127.0.0.1", "::1"]]));
    for host in [
        "127.0.0.1",
        "localhost",
        "localhost.",
        "0",
        "127.1",
        "0x7f.1",
        "2130706433",
        "017700000001",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "inside.example",
    ] {
        let result = get(&fetcher, &format!("http://{host}:{port}/"), Expect::Any).await;
        assert_eq!(code(result), "address_not_allowed", "{host}");
    }
    assert_eq!(connections(&server), 0);
}

/// B29: a name that is public when it is checked and private when it is dialled.
#[tokio::test]
async fn b29_rebinding_never_reaches_inside() {
    let server = listening().await;
    let port = server.addr.port();
    // 192.0.2.0/24 is for documentation and leads nowhere; here it stands for a public address.
    let policy = || AddressPolicy { allow: vec!["192.0.2.0/24".parse().unwrap()], ports: None };
    let names = Names::new(&[&["192.0.2.1"], &["127.0.0.1"]]);
    let fetcher = guarded(policy(), names.clone());
    let url = format!("http://rebinding.example:{port}/");
    assert_eq!(
        code(get(&fetcher, &url, Expect::Any).await),
        "connect_failed",
        "the checked address was dialled"
    );
    assert_eq!(code(get(&fetcher, &url, Expect::Any).await), "address_not_allowed");
    assert!(names.asked.load(Ordering::SeqCst) >= 2, "each dialling asks anew");

    let mixed = guarded(policy(), Names::new(&[&["192.0.2.1", "127.0.0.1", "::1"]]));
    assert_eq!(code(get(&mixed, &url, Expect::Any).await), "connect_failed");
    assert_eq!(connections(&server), 0);
}

/// B30: a public server that sends us inside, by literal and by name.
#[tokio::test]
async fn b30_redirects_inward_are_not_followed() {
    let inside = listening().await;
    let port = inside.addr.port();
    let outside = Server::start(move |mut exchange| async move {
        let to = match exchange.path() {
            "/literal" => format!("http://127.0.0.2:{port}/"),
            "/mapped" => format!("http://[::ffff:127.0.0.2]:{port}/"),
            "/name" => format!("http://inside.example:{port}/"),
            _ => "ftp://example.org/".to_owned(),
        };
        exchange.reply("302 Found", &format!("location: {to}\r\n"), b"").await;
    })
    .await;
    // The outside server stands on 127.0.0.1, which alone is allowed; everything else on loopback is inside.
    let policy = AddressPolicy { allow: vec!["127.0.0.1/32".parse().unwrap()], ports: None };
    let fetcher = guarded(policy, Names::new(&[&["127.0.0.2"]]));
    for path in ["/literal", "/mapped", "/name"] {
        assert_eq!(
            code(get(&fetcher, &outside.url(path), Expect::Any).await),
            "address_not_allowed",
            "{path}"
        );
    }
    assert_eq!(code(get(&fetcher, &outside.url("/scheme"), Expect::Any).await), "bad_url");
    assert_eq!(connections(&inside), 0);
}

/// X5: the same words whether somebody listens or not.
#[tokio::test]
async fn x5_open_and_closed_ports_look_the_same() {
    let server = listening().await;
    let open = server.addr.port();
    let closed = { listening().await.addr.port() };
    let fetcher = guarded(public_only(), Names::new(&[&["127.0.0.1"]]));
    for host in ["127.0.0.1", "inside.example"] {
        let open = get(&fetcher, &format!("http://{host}:{open}/"), Expect::Any).await.unwrap_err();
        let closed = get(&fetcher, &format!("http://{host}:{closed}/"), Expect::Any).await.unwrap_err();
        assert_eq!(open, closed);
        assert_eq!(open.to_string(), closed.to_string());
    }
    let named = FetchError::AddressNotAllowed { host: "inside.example".to_owned() };
    assert!(!named.to_string().contains("127."), "the address it resolves to is not told");
}

#[tokio::test]
async fn x4_loopback_only_by_configuration() {
    let server = listening().await;
    let names = || Names::new(&[&["127.0.0.1"]]);
    let closed = guarded(
        AddressPolicy { ports: Some([server.addr.port()].into()), ..AddressPolicy::default() },
        names(),
    );
    assert_eq!(code(get(&closed, &server.url("/"), Expect::Any).await), "address_not_allowed");
    assert_eq!(connections(&server), 0);
    let open = guarded(AddressPolicy::with_loopback(), names());
    assert_eq!(code(get(&open, &server.url("/"), Expect::Any).await), "ok");
    let by_name = format!("http://fixtures.example:{}/", server.addr.port());
    assert_eq!(code(get(&open, &by_name, Expect::Any).await), "ok");
}

/// F20, seen from the outside: a name server that never answers ends with a name and does not hold up others.
#[tokio::test]
async fn f20_slow_and_missing_names() {
    struct Slow;
    impl Lookup for Slow {
        fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
            match host.as_str() {
                "missing.example" => Box::pin(async { Err(io::Error::other("NXDOMAIN")) }),
                "broken.example" => Box::pin(async { Err(io::Error::other("SERVFAIL")) }),
                _ => Box::pin(std::future::pending()),
            }
        }
    }
    let limits = Limits { dns: Duration::from_millis(50), ..Limits::default() };
    let fetcher = Fetcher::new(FetchSettings { lookup: Arc::new(Slow), limits, ..settings() }).unwrap();
    for (host, name) in
        [("missing.example", "dns_failed"), ("broken.example", "dns_failed"), ("slow.example", "dns_timeout")]
    {
        assert_eq!(code(get(&fetcher, &format!("http://{host}/"), Expect::Any).await), name);
    }
    let server = listening().await;
    assert_eq!(code(get(&fetcher, &server.url("/"), Expect::Any).await), "ok");
}
