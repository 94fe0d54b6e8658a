//! A process that is killed at any moment loses nothing it has acknowledged, and leaves nothing half-written.
//!
//! The test starts itself once more as a writer, reads what that acknowledges, kills it with SIGKILL and looks.
#![expect(clippy::unwrap_used, reason = "a test says by panicking that something is wrong")]

#[path = "it/made.rs"]
mod made;

use std::{
    collections::BTreeMap,
    env,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use bellwether_core::{
    actor::Actor,
    ids::{ClaimId, Sha256},
};
use bellwether_store::{Db, Location, Opener, Snapshot, StoreError};

use made::{at, change, evidence, moved, with_claims};

const PLACE: &str = "BELLWETHER_TEST_WRITER";
const CLAIMS: u128 = 4;

/// What one transaction of the writer wrote: number of the event, claim, number of the move.
type Acknowledged = (i64, u128, i64);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    if let Ok(place) = env::var(PLACE) {
        runtime.block_on(write_for_ever(&place));
        return;
    }
    // Named on the command line like any test; without the usual harness, so that it can start itself as the writer.
    let name = "a_killed_writer_loses_nothing";
    let filters: Vec<_> = env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    if !filters.is_empty() && !filters.iter().any(|filter| name.contains(filter.as_str())) {
        return;
    }
    runtime.block_on(async {
        let kit = bellwether_testkit::sqlite().await;
        kit.db().close().await;
        let Location::Folder(folder) = kit.location() else { unreachable!() };
        let folder = Location::Folder(folder.join("killed"));
        a_killed_writer_loses_nothing("SQLite", &folder, 50).await;
        if let Some(kit) = bellwether_testkit::postgres().await {
            kit.db().close().await;
            a_killed_writer_loses_nothing("PostgreSQL", kit.location(), 10).await;
        }
    });
}

async fn a_killed_writer_loses_nothing(engine: &str, place: &Location, rounds: usize) {
    let db = Db::open(place, Opener::Server).await.unwrap();
    with_claims(&db, CLAIMS).await;
    db.close().await;
    drop(db);

    let began = Instant::now();
    let mut random = Random(0x5EED);
    let (mut ready, mut total) = (Vec::new(), 0);
    for round in 0..rounds {
        let life = Duration::from_millis(random.below(200));
        let (acknowledged, took) = live(place, life);
        ready.push(took);
        total += acknowledged.len();

        // A server, so that this fails should the dead one's lock remain.
        let db = Db::open(place, Opener::Server).await.unwrap();
        let mut tx = db.read().await.unwrap();
        let wrong = tx.check_integrity().await.unwrap();
        assert!(wrong.is_empty(), "round {round}: {wrong:?}");
        let claims: Vec<_> = (1..=CLAIMS).map(|n| made::claim(n).id).collect();
        let last: BTreeMap<ClaimId, i64> =
            tx.last_moves(&claims).await.unwrap().into_iter().map(|m| (m.claim, m.seq)).collect();
        let newest = tx.last_event().await.unwrap();
        for (event, claim, seq) in acknowledged {
            assert!(event <= newest, "round {round}: event {event} was acknowledged and is lost");
            let claim = made::claim(claim).id;
            assert!(Some(&seq) <= last.get(&claim), "round {round}: move {seq} was acknowledged and is lost");
        }
        drop(tx);
        db.close().await;
    }
    ready.sort();
    println!(
        "{engine}: killed {rounds} times in {:.1?}, {total} acknowledged writes kept; open and ready again in {:.0?} \
         (median), {:.0?} (slowest)",
        began.elapsed(),
        ready[rounds / 2],
        ready[rounds - 1]
    );
    assert!(total > 0, "the writer never wrote");
    assert!(ready[rounds / 2] < Duration::from_secs(2), "ready again after {:?}", ready[rounds / 2]);
}

/// Lets a writer live for a while; what it acknowledged, and how long it took to be ready.
fn live(place: &Location, life: Duration) -> (Vec<Acknowledged>, Duration) {
    let text = match place {
        Location::Folder(folder) => folder.display().to_string(),
        Location::Postgres(url) => url.clone(),
    };
    let began = Instant::now();
    let mut writer: Child =
        Command::new(env::current_exe().unwrap()).env(PLACE, text).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(writer.stdout.take().unwrap());
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    let took = began.elapsed();
    let reader = std::thread::spawn(move || {
        let mut all = Vec::new();
        let mut line = String::new();
        // The last line may have been cut by the kill; then it acknowledged nothing.
        while lines.read_line(&mut line).unwrap() > 0 && line.ends_with('\n') {
            let numbers: Vec<&str> = line.split_whitespace().collect();
            let [event, claim, seq] = numbers[..] else { panic!("{line}") };
            all.push((event.parse().unwrap(), claim.parse().unwrap(), seq.parse().unwrap()));
            line.clear();
        }
        all
    });
    std::thread::sleep(life);
    writer.kill().unwrap();
    writer.wait().unwrap();
    (reader.join().unwrap(), took)
}

/// The writer: four tasks that add evidence, move claims and keep snapshots until the process is killed.
async fn write_for_ever(place: &str) {
    let Ok(place) = place.parse::<Location>();
    let db = Db::open(&place, Opener::Server).await.unwrap();
    db.read().await.unwrap().ping().await.unwrap();
    acknowledge("ready");
    let tasks: Vec<_> = (0..4_u128).map(|task| tokio::spawn(write(db.clone(), task % CLAIMS + 1))).collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
}

async fn write(db: Db, claim: u128) -> Result<(), StoreError> {
    loop {
        let mut tx = db.write().await?;
        let mut claim = tx.claim(made::claim(claim).id).await?;
        let seq = claim.move_seq + 1;
        let (item, revision) = evidence(&claim, u128::try_from(seq).unwrap());
        tx.insert_evidence(&item, &revision).await?;
        tx.append_moves(&[moved(&claim, seq, seq, 0.5)]).await?;
        claim.move_seq = seq;
        claim.evidence_count += 1;
        tx.save_claim(&mut claim).await?;
        let bytes =
            format!("{} {seq}", claim.id).repeat(1 + usize::try_from(seq % 50).unwrap() * 10).into_bytes();
        let size = i64::try_from(bytes.len()).unwrap();
        let snapshot =
            Snapshot { sha256: Sha256::of(&bytes), zstd: bytes, size, mime: None, stored_at: at(seq) };
        tx.keep_snapshot(&snapshot).await?;
        let event = tx.record(&change(&Actor::Operator, Some(claim.id), seq)).await?;
        tx.commit().await?;
        acknowledge(&format!("{} {} {seq}", event.seq, claim.id.0.as_u128()));
    }
}

fn acknowledge(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").unwrap();
    out.flush().unwrap();
}

/// A small generator of numbers that are the same on every run (Knuth's linear congruential one).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}
