//! A small server that sends exactly the bytes it is told to, and counts.

use std::{
    future::Future,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What a server saw.
#[derive(Default)]
pub(super) struct Seen {
    /// Connections that were accepted.
    pub(super) connections: AtomicUsize,
    /// Exchanges under way, and the most there ever were at once.
    open: AtomicUsize,
    pub(super) most_open: AtomicUsize,
    /// Bytes that could be written to clients.
    pub(super) sent: AtomicU64,
    /// The heads of all requests, robots.txt included.
    pub(super) requests: Mutex<Vec<String>>,
}

impl Seen {
    /// The requests for anything but robots.txt.
    pub(super) fn data_requests(&self) -> Vec<String> {
        let all = self.requests.lock().unwrap();
        all.iter().filter(|r| !r.starts_with("GET /robots.txt ")).cloned().collect()
    }
}

/// One request on its connection; whatever is written goes out as it is.
pub(super) struct Exchange {
    /// The head of the request.
    pub(super) head: String,
    stream: TcpStream,
    seen: Arc<Seen>,
}

impl Exchange {
    /// The path and query of the request.
    pub(super) fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// Sends bytes; false when the client is gone.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> bool {
        let sent = self.stream.write_all(bytes).await.is_ok();
        if sent {
            self.seen.sent.fetch_add(bytes.len() as u64, Ordering::SeqCst);
        }
        sent
    }

    /// Sends a whole answer.
    pub(super) async fn reply(&mut self, status: &str, headers: &str, body: &[u8]) {
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
        if self.send(head.as_bytes()).await {
            self.send(body).await;
        }
    }

    /// Waits until the client hangs up.
    pub(super) async fn until_closed(&mut self) {
        let mut rest = [0; 1024];
        while matches!(self.stream.read(&mut rest).await, Ok(1..)) {}
    }
}

/// A server on a free port of loopback; dropped with its handle.
pub(super) struct Server {
    pub(super) addr: SocketAddr,
    pub(super) seen: Arc<Seen>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Starts a server. robots.txt is answered with 404 unless `handle` says it wants to.
    pub(super) async fn start<F, Fut>(handle: F) -> Self
    where
        F: Fn(Exchange) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send,
    {
        Self::start_with_robots("404 Not Found", "", handle).await
    }

    /// Starts a server with a robots.txt.
    pub(super) async fn start_with_robots<F, Fut>(
        status: &'static str,
        robots: &'static str,
        handle: F,
    ) -> Self
    where
        F: Fn(Exchange) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let task = tokio::spawn({
            let seen = seen.clone();
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    seen.connections.fetch_add(1, Ordering::SeqCst);
                    let (seen, handle) = (seen.clone(), handle.clone());
                    tokio::spawn(async move {
                        let Some((head, stream)) = read_head(stream).await else { return };
                        seen.requests.lock().unwrap().push(head.clone());
                        let open = seen.open.fetch_add(1, Ordering::SeqCst) + 1;
                        seen.most_open.fetch_max(open, Ordering::SeqCst);
                        let mut exchange = Exchange { head, stream, seen: seen.clone() };
                        if exchange.path() == "/robots.txt" {
                            exchange.reply(status, "connection: close\r\n", robots.as_bytes()).await;
                        } else {
                            handle(exchange).await;
                        }
                        seen.open.fetch_sub(1, Ordering::SeqCst);
                    });
                }
            }
        });
        Self { addr, seen, task }
    }

    /// An address on this server.
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }
}

async fn read_head(mut stream: TcpStream) -> Option<(String, TcpStream)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    Some((String::from_utf8_lossy(&head).into_owned(), stream))
}
