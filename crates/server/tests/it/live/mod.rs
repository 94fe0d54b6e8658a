//! Server-sent events from outside: a reader of them, and what is promised to readers.

mod bounds;
mod order;

use std::{fmt::Write as _, net::SocketAddr, time::Duration};

use bellwether_core::{actor::Actor, people::Handle};
use bellwether_engine::{Engine, claims::ClaimKey, forecasts::ForecastInput};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

pub(super) const STREAM: &str = "/api/v1/events/stream";

/// One block of a stream: an event, a comment, or words to the browser.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Block {
    pub(super) id: Option<String>,
    pub(super) event: Option<String>,
    pub(super) data: Option<Value>,
    pub(super) retry: Option<String>,
    pub(super) comment: bool,
}

impl Block {
    fn read(text: &str) -> Self {
        let mut block = Self::default();
        for line in text.lines() {
            match line.split_once(": ").expect("a field") {
                ("id", id) => block.id = Some(id.to_owned()),
                ("event", event) => block.event = Some(event.to_owned()),
                ("data", data) => block.data = Some(serde_json::from_str(data).expect("JSON")),
                ("retry", retry) => block.retry = Some(retry.to_owned()),
                ("", _) => block.comment = true,
                (other, _) => panic!("{other} is no field of a stream"),
            }
        }
        block
    }
}

/// A reader of a stream.
pub(super) struct Reader {
    socket: TcpStream,
    /// What came and is not chunks yet.
    raw: Vec<u8>,
    /// What came and is no block yet.
    text: String,
    /// The last chunk came; the connection may go on.
    ended: bool,
    pub(super) head: String,
}

impl Reader {
    pub(super) async fn open(addr: SocketAddr, query: &str, headers: &[(&str, &str)]) -> Self {
        Self::open_with(addr, query, headers, None).await
    }

    /// A reader whose machine takes so many bytes for it at most before it reads them.
    pub(super) async fn open_with(
        addr: SocketAddr,
        query: &str,
        headers: &[(&str, &str)],
        takes: Option<u32>,
    ) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        if let Some(bytes) = takes {
            socket.set_recv_buffer_size(bytes).expect("a small buffer");
        }
        let mut socket = socket.connect(addr).await.expect("the server is up");
        let mut ask = format!("GET {STREAM}{query} HTTP/1.1\r\nHost: {addr}\r\n");
        for (name, value) in headers {
            write!(ask, "{name}: {value}\r\n").expect("a text takes all");
        }
        ask.push_str("\r\n");
        socket.write_all(ask.as_bytes()).await.expect("it asks");
        let mut raw = Vec::new();
        let end = loop {
            if let Some(end) = raw.windows(4).position(|w| w == b"\r\n\r\n") {
                break end;
            }
            let came = tokio::time::timeout(Duration::from_secs(20), socket.read_buf(&mut raw)).await;
            assert!(came.expect("in time").expect("it answers") > 0, "an answer has a head");
        };
        let head = String::from_utf8_lossy(&raw[..end]).to_lowercase();
        raw.drain(..end + 4);
        Self { socket, raw, text: String::new(), ended: false, head }
    }

    pub(super) fn status(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// The next block; nothing where the stream ends.
    pub(super) async fn next(&mut self) -> Option<Block> {
        assert_eq!(self.status(), "200", "a stream: {}", self.head);
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (Block::read(block), rest.len());
                self.text.drain(..self.text.len() - rest);
                return Some(block);
            }
            if self.ended {
                return None;
            }
            if !self.chunk() {
                let came = self.socket.read_buf(&mut self.raw);
                let came = tokio::time::timeout(Duration::from_secs(20), came).await.expect("a word in time");
                if !came.is_ok_and(|n| n > 0) {
                    return None;
                }
            }
        }
    }

    /// Turns what came into text, where it is a whole chunk.
    fn chunk(&mut self) -> bool {
        let Some(end) = self.raw.windows(2).position(|w| w == b"\r\n") else { return false };
        let size = std::str::from_utf8(&self.raw[..end]).expect("a size");
        let size = usize::from_str_radix(size, 16).expect("a size");
        if self.raw.len() < end + 2 + size + 2 {
            return false;
        }
        self.text.push_str(std::str::from_utf8(&self.raw[end + 2..end + 2 + size]).expect("text"));
        self.raw.drain(..end + 2 + size + 2);
        self.ended = size == 0;
        true
    }

    /// The next event; nothing where the stream ends.
    pub(super) async fn event(&mut self) -> Option<Block> {
        loop {
            let block = self.next().await?;
            if block.data.is_some() {
                return Some(block);
            }
        }
    }
}

pub(super) fn person(name: &str) -> Actor {
    Actor::Person(Handle::new(name).expect("a handle"))
}

/// Somebody forecasts: one more event, as long as the crowd stays within 10 points of the evidence.
pub(super) async fn forecast(engine: &Engine, who: &str, slug: &str, p: f64) {
    let claim = ClaimKey::from(slug.to_owned());
    engine.forecast(&person(who), &claim, ForecastInput::yes(p), "api").await.expect("a forecast");
}
