//! F11: what a source sends without end, or folded a thousandfold, does not stay in memory. Alone in its process, for
//! the figure is the process's own.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    thread,
    time::Duration,
};

use bellwether_sources::fetch::{
    AddressPolicy, Expect, FetchError, FetchSettings, Fetcher, Limits, Request, pace::Manners,
};
use flate2::{Compression, write::GzEncoder};

/// What may be used beyond the limit on an answer, in KiB.
const BEYOND: u64 = 20 << 10;

/// Answers every request with these pieces, one after the other, until the client has had enough.
fn server(head: &'static str, piece: Vec<u8>, times: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut request = [0; 4096];
            let read = stream.read(&mut request).expect("a request");
            if request[..read].starts_with(b"GET /robots.txt ") {
                let _ = stream
                    .write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                continue;
            }
            let _ = stream.write_all(head.as_bytes());
            for _ in 0..times {
                if stream.write_all(&piece).is_err() {
                    break;
                }
            }
        }
    });
    addr
}

/// A line of this process's status, in KiB.
fn memory(line: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells");
    let found = status.lines().find_map(|l| l.strip_prefix(line)).expect("a line");
    found.trim_start_matches(':').trim().trim_end_matches(" kB").parse().expect("KiB")
}

/// Fetches, and tells by how much the most memory there ever was exceeds what there was before, in KiB.
async fn grown(addr: SocketAddr) -> (Option<FetchError>, u64) {
    let settings = FetchSettings {
        policy: AddressPolicy::with_loopback(),
        manners: Manners { pause: Duration::ZERO, ..Manners::default() },
        ..FetchSettings::default()
    };
    let fetcher = Fetcher::new(settings).expect("settings");
    let now = "2026-04-06T12:00:00Z".parse().expect("an instant");
    // 5 forgets the peak that there was so far.
    fs::write("/proc/self/clear_refs", "5").expect("Linux lets us");
    let before = memory("VmRSS");
    let result = fetcher.fetch(&Request::get(format!("http://{addr}/data.csv"), Expect::Csv), now).await;
    (result.err(), memory("VmHWM").saturating_sub(before))
}

#[tokio::test]
async fn f11_ten_gigabytes_and_a_bomb_of_one_stay_within_the_limit() {
    let limit = Limits::default().decoded_bytes >> 10;

    let endless = server("HTTP/1.1 200 OK\r\n\r\n", vec![b'x'; 1 << 20], 10 << 10);
    let (error, kib) = grown(endless).await;
    println!("10 GiB: {kib} KiB beyond what there was, the limit is {limit} KiB");
    assert_eq!(error, Some(FetchError::TooLarge { limit: 15 << 20 }));
    assert!(kib <= limit + BEYOND, "{kib} KiB");

    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&vec![0; 16 << 20]).expect("into memory");
    let member = encoder.finish().expect("into memory");
    let bomb = server("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n", member, 64);
    let (error, kib) = grown(bomb).await;
    println!("1 GiB of zeros, compressed: {kib} KiB beyond what there was");
    assert_eq!(error, Some(FetchError::CompressionBomb { ratio: 100 }));
    assert!(kib <= limit + BEYOND, "{kib} KiB");
}
