//! A server that is killed at any moment under writes loses nothing it has acknowledged, and is soon ready again.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use bellwether_core::ids::{ClaimId, EvidenceId};
use bellwether_store::{Db, Location, Opener};
use serde_json::{Value, json};

const ROUNDS: usize = 50;
const CLAIMS: u64 = 8;
const WRITERS: u64 = 4;

/// What the server said it had written.
struct Acknowledged {
    claim: ClaimId,
    evidence: EvidenceId,
    /// The last move of the claim by then.
    seq: i64,
}

#[test]
fn a_killed_server_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let began = Instant::now();
    let mut random = Random(0xBE11);
    let (mut ready, mut all) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let (server, addr, took) = start(folder.path());
        if round == 0 {
            (0..CLAIMS).for_each(|n| create_claim(&addr, n));
        } else {
            ready.push(took);
        }
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (addr, seed) = (addr.clone(), random.below(u64::MAX));
                thread::spawn(move || write_until_it_dies(&addr, writer, seed))
            })
            .collect();
        thread::sleep(Duration::from_millis(10 + random.below(240)));
        // `Child::kill` is SIGKILL.
        drop(server);
        let acknowledged: Vec<_> =
            writers.into_iter().flat_map(|writer| writer.join().expect("a writer")).collect();
        look(folder.path(), round, &acknowledged);
        all.extend(acknowledged);
    }
    // Once more over everything, for a later start must not lose what an earlier one kept.
    look(folder.path(), ROUNDS, &all);
    ready.sort();
    let (median, slowest) = (ready[ready.len() / 2], ready[ready.len() - 1]);
    println!(
        "killed {ROUNDS} times in {:.1?}, {} acknowledged writes kept; ready again in {median:.0?} (median), \
         {slowest:.0?} (slowest)",
        began.elapsed(),
        all.len()
    );
    assert!(all.len() > ROUNDS, "hardly anything was written: {}", all.len());
    assert!(median < Duration::from_secs(2), "ready again only after {median:?}");
}

/// A server that goes when the test does, however that ends.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a server; its address, and how long it took until it answered a request.
fn start(data: &Path) -> (Server, String, Duration) {
    let began = Instant::now();
    let mut server = Command::new(assert_cmd::cargo::cargo_bin!("bellwether"))
        .args(["serve", "--local-operator", "--addr", "127.0.0.1:0", "--data"])
        .arg(data)
        .env_remove("BELLWETHER_DATABASE")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut line = String::new();
    BufReader::new(server.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    let addr = line.trim().rsplit("http://").next().expect("an address").trim_end_matches('/').to_owned();
    let server = Server(server);
    let (status, _) = call(&addr, "GET", "/api/v1/claims", None).expect("it answers");
    assert_eq!(status, 200);
    (server, addr, began.elapsed())
}

fn create_claim(addr: &str, n: u64) {
    let claim = json!({
        "title": format!("Killed server {n} keeps what it acknowledged"), "slug": format!("killed-{n}"),
        "start": {"p": 0.5, "basis": "no view"}, "window": {"by": "2070-01-01"}, "criteria": "True if it does.",
    });
    let (status, body) = call(addr, "POST", "/api/v1/claims?publish=true", Some(&claim)).expect("it answers");
    assert_eq!(status, 201, "{body}");
}

/// Adds one item of evidence after another until the server is gone; those that it acknowledged.
fn write_until_it_dies(addr: &str, writer: u64, seed: u64) -> Vec<Acknowledged> {
    let mut random = Random(seed);
    let mut kept = Vec::new();
    loop {
        let claim = random.below(CLAIMS / WRITERS) * WRITERS + writer;
        // Words by chance, so that no two items count as one.
        let text: Vec<String> = (0..8).map(|_| format!("{:x}", random.below(u64::MAX))).collect();
        let side = if random.below(2) == 0 { "for" } else { "against" };
        let item = json!({"item": {"side": side, "text": text.join(" ")}});
        let path = format!("/api/v1/claims/killed-{claim}/evidence");
        let Some((status, body)) = call(addr, "POST", &path, Some(&item)) else { return kept };
        assert_eq!(status, 201, "{body}");
        let added = &body["items"][0];
        let read = |value: &Value| value.as_str().and_then(|text| text.parse().ok()).expect("an id");
        kept.push(Acknowledged {
            claim: ClaimId(read(&added["claim"])),
            evidence: EvidenceId(read(&added["evidence"])),
            seq: added["moves"].as_array().and_then(|moves| moves.last()?["seq"].as_i64()).expect("a move"),
        });
    }
}

/// One request over one connection. `None`: the server died before its whole answer was here.
fn call(addr: &str, method: &str, path: &str, body: Option<&Value>) -> Option<(u16, Value)> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let mut stream = TcpStream::connect(addr).ok()?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, serde_json::from_str(body).ok()?))
}

/// Looks behind the dead server's back: everything whole, everything acknowledged there, every move on the last one.
fn look(data: &Path, round: usize, acknowledged: &[Acknowledged]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let location = Location::Folder(data.to_owned());
        let db = Db::open(&location, Opener::Server).await.expect("the dead server holds no lock");
        let mut tx = db.read().await.expect("it reads");
        let wrong = tx.check_integrity().await.expect("it reads");
        assert!(wrong.is_empty(), "round {round}: {wrong:?}");

        let mut claims: BTreeMap<ClaimId, i64> = BTreeMap::new();
        for one in acknowledged {
            let seq = claims.entry(one.claim).or_default();
            *seq = one.seq.max(*seq);
        }
        for (claim, seq) in claims {
            let moves = tx.moves(claim).await.expect("it reads");
            let last = moves.last().map_or(0, |last| last.seq);
            assert!(seq <= last, "round {round}: move {seq} of {claim} was acknowledged and is lost");
            for pair in moves.windows(2) {
                assert_eq!(
                    pair[0].headline_after, pair[1].headline_before,
                    "move {} of {claim}",
                    pair[1].seq
                );
            }
            let there = tx.evidence_of_claim(claim).await.expect("it reads");
            for one in acknowledged.iter().filter(|one| one.claim == claim) {
                let kept = there.iter().any(|item| item.id == one.evidence);
                assert!(kept, "round {round}: evidence {} was acknowledged and is lost", one.evidence);
            }
        }
        drop(tx);
        db.close().await;
    });
}

/// A small generator of numbers that are the same on every run (Knuth's linear congruential one).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 16) % end
    }
}
