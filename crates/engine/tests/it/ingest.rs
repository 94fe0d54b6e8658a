//! Taking in answers: what is stored, held back, said and let go; on both databases.

use std::sync::Arc;

use bellwether_core::{actor::Actor, benchmark::BenchmarkId, ids::SourceId, openness::Openness};
use bellwether_engine::{
    Engine, EngineError,
    clock::FixedClock,
    ingest::{Answer, Body, GateWord, Outcome, Taken},
};
use bellwether_sources::Snapshot;
use bellwether_store::Db;
use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};

bellwether_testkit::both!(
    p1_identical_bytes_are_a_poll_and_store_nothing,
    a_failure_is_kept_and_is_no_poll,
    what_is_held_back_is_kept_said_and_let_go_by_a_person,
    f12_a_page_instead_of_a_table_is_unfit_and_the_next_clean_one_is_trusted,
    a_row_that_jumps_is_held_until_it_has_stood,
    new_leaders_are_signals_once,
    p11_a_stale_source_is_said_once_and_so_is_its_recovery,
    p12_a_changed_document_is_a_new_version_with_a_reason,
    p13_content_from_another_host_is_kept_and_not_trusted_until_accepted,
    p14_the_stored_bytes_read_again_say_the_same,
    unknown_openness_is_queued_and_a_persons_word_counts_from_then_on,
    every_built_in_source_installs_once,
    pages_say_what_stands_what_is_held_back_and_what_a_document_would_read,
);

const DOCUMENT: &str = "
id: board
title: Board
url: https://example.org/board.csv
licence: CC BY 4.0
attribution: Example
schedule: '17 * * * *'
stale_after: 30d
format: csv
tables:
  - benchmark: text
    title: Text
    unit: percent
    range: [0, 100]
    key: model
    fields: { model: model, score: score }
    openness: { field: licence, open: [MIT], closed: [Proprietary] }
";

struct Bench {
    engine: Engine,
    clock: Arc<FixedClock>,
    actor: Actor,
    source: SourceId,
    db: Db,
}

impl Bench {
    async fn new(db: Db) -> Self {
        let clock = Arc::new(FixedClock::new(Utc.with_ymd_and_hms(2026, 3, 1, 0, 0, 0).unwrap()));
        let engine = Engine::new(db.clone(), clock.clone());
        let actor = Actor::Operator;
        let source = engine.save_source(&actor, DOCUMENT, None).await.expect("source");
        Self { engine, clock, actor, source, db }
    }

    fn benchmark() -> BenchmarkId {
        "board/text".parse().expect("id")
    }

    fn now(&self) -> DateTime<Utc> {
        self.engine.now()
    }

    async fn give(&self, csv: impl Into<Vec<u8>>) -> Taken {
        let answer = Answer::file(self.source.clone(), self.now(), Snapshot::file(csv));
        self.engine.ingest(&self.actor, answer).await.expect("taken")
    }

    async fn events(&self, kind: &str) -> usize {
        let mut tx = self.db.read().await.expect("tx");
        tx.newest_events(&[kind], 100).await.expect("events").len()
    }
}

/// Twenty rows; the best open model scores `open`, the best closed one `closed`.
fn board(open: &str, closed: &str) -> String {
    let mut csv = format!("model,score,licence\nBest open,{open},MIT\nBest closed,{closed},Proprietary\n");
    for i in 0..18 {
        let licence = if i % 2 == 0 { "MIT" } else { "Proprietary" };
        csv.extend([format!("Model {i},{}.5,{licence}\n", 20 + i)]);
    }
    csv
}

async fn p1_identical_bytes_are_a_poll_and_store_nothing(db: Db) {
    let bench = Bench::new(db).await;
    let first = bench.give(board("60", "70")).await;
    assert_eq!(
        (first.outcome, first.tables[0].word, first.tables[0].rows),
        (Outcome::New, GateWord::Trusted, 20)
    );
    bench.clock.advance(TimeDelta::hours(6));
    let second = bench.give(board("60", "70")).await;
    assert_eq!((second.outcome, second.tables.len()), (Outcome::Same, 0));
    let mut tx = bench.db.read().await.expect("tx");
    let polls = tx.polls(&bench.source, DateTime::UNIX_EPOCH, bench.now()).await.expect("polls");
    assert_eq!(polls.len(), 2, "both answers are polls");
    assert_eq!(polls[0].content, polls[1].content);
    assert_eq!(
        tx.tables_of_benchmark(&Bench::benchmark(), DateTime::UNIX_EPOCH, bench.now())
            .await
            .expect("t")
            .len(),
        1
    );
}

async fn a_failure_is_kept_and_is_no_poll(db: Db) {
    let bench = Bench::new(db).await;
    bench.give(board("60", "70")).await;
    let mut answer = Answer::file(bench.source.clone(), bench.now(), Snapshot::file(""));
    answer.body = Body::Failed("503 from the server".into());
    let taken = bench.engine.ingest(&bench.actor, answer).await.expect("taken");
    assert_eq!(taken.outcome, Outcome::Failed);
    let mut tx = bench.db.read().await.expect("tx");
    let state = tx.source_state(&bench.source).await.expect("state");
    assert_eq!(state.last_error.as_deref(), Some("503 from the server"));
    assert!(state.last_content.is_some(), "what stood still stands");
}

async fn what_is_held_back_is_kept_said_and_let_go_by_a_person(db: Db) {
    let bench = Bench::new(db).await;
    bench.give(board("60", "70")).await;
    bench.clock.advance(TimeDelta::days(1));
    let rescaled: String = board("60", "70").replace("60,MIT", "6.0,MIT").replace("70,P", "7.0,P");
    let rescaled = (0..18)
        .fold(rescaled, |csv, i| csv.replace(&format!(",{}.5,", 20 + i), &format!(",{}.05,", i / 10 + 2)));
    let taken = bench.give(rescaled).await;
    assert_eq!(taken.tables[0].word, GateWord::Changed, "{:?}", taken.tables[0].reason);
    assert_eq!(bench.events("snapshot.held_back").await, 1);
    let no_reason = bench.engine.release_table(&bench.actor, &Bench::benchmark(), " ").await;
    assert!(matches!(no_reason, Err(EngineError::Invalid(_))));
    bench
        .engine
        .release_table(&bench.actor, &Bench::benchmark(), "the publisher changed its scale")
        .await
        .expect("released");
    assert_eq!(bench.events("snapshot.released").await, 1);
    let mut tx = bench.db.read().await.expect("tx");
    let tables =
        tx.tables_of_benchmark(&Bench::benchmark(), DateTime::UNIX_EPOCH, bench.now()).await.expect("tables");
    let last = tables.last().expect("a table");
    assert_eq!(
        (last.verdict.as_str(), last.release_reason.as_deref()),
        ("trusted", Some("the publisher changed its scale"))
    );
    drop(tx);
    let again = bench.engine.release_table(&bench.actor, &Bench::benchmark(), "again").await;
    assert!(matches!(again, Err(EngineError::Conflict(_))));
}

async fn f12_a_page_instead_of_a_table_is_unfit_and_the_next_clean_one_is_trusted(db: Db) {
    let bench = Bench::new(db).await;
    bench.give(board("60", "70")).await;
    let page = bench.give("<!doctype html><html><body>Just a moment...</body></html>").await;
    assert_eq!(page.tables[0].word, GateWord::Unfit);
    let renamed = bench.give(board("60", "70").replace("model,score", "name,score")).await;
    assert_eq!(renamed.tables[0].word, GateWord::Unfit);
    let truncated = bench.give([0x1f, 0x8b, 8, 0, 0, 0]).await;
    assert_eq!(truncated.tables[0].word, GateWord::Unfit);
    let clean = bench.give(board("61", "70")).await;
    assert_eq!(clean.tables[0].word, GateWord::Trusted);
}

async fn a_row_that_jumps_is_held_until_it_has_stood(db: Db) {
    let bench = Bench::new(db).await;
    bench.give(board("60", "70")).await;
    bench.clock.advance(TimeDelta::hours(1));
    let jumped = bench.give(board("99", "70")).await;
    assert_eq!(
        (jumped.tables[0].word, jumped.tables[0].held.as_slice()),
        (GateWord::Trusted, &["Best open".to_owned()][..])
    );
    bench.clock.advance(TimeDelta::hours(25));
    bench.give(board("99", "70")).await;
    let mut tx = bench.db.read().await.expect("tx");
    assert_eq!(tx.held_rows(Some(&Bench::benchmark())).await.expect("holds").len(), 0);
}

async fn new_leaders_are_signals_once(db: Db) {
    let bench = Bench::new(db).await;
    assert_eq!(bench.give(board("60", "70")).await.signals, 0, "the first snapshot is news of nothing");
    bench.clock.advance(TimeDelta::days(1));
    assert_eq!(bench.give(board("65", "70")).await.signals, 1);
    bench.clock.advance(TimeDelta::days(1));
    assert_eq!(bench.give(board("71", "70")).await.signals, 2, "a leader, and the gap crossed zero");
    let mut tx = bench.db.read().await.expect("tx");
    let signals = tx.signals_of_benchmark(&Bench::benchmark(), 10).await.expect("signals");
    assert!(
        signals.iter().any(|s| s.title.contains("best open: Best open now at 71; the gap is −1\u{a0}pp")),
        "{signals:?}"
    );
}

async fn p11_a_stale_source_is_said_once_and_so_is_its_recovery(db: Db) {
    let bench = Bench::new(db).await;
    bench.give(board("60", "70")).await;
    bench.clock.advance(TimeDelta::days(29));
    assert_eq!(bench.engine.mark_stale(&bench.actor).await.expect("marked"), 0);
    bench.clock.advance(TimeDelta::days(1));
    assert_eq!(bench.engine.mark_stale(&bench.actor).await.expect("marked"), 1);
    assert_eq!(bench.engine.mark_stale(&bench.actor).await.expect("marked"), 0);
    bench.give(board("60", "70")).await;
    assert_eq!(bench.events("source.recovered").await, 0, "the same bytes are no new content");
    bench.give(board("61", "70")).await;
    assert_eq!((bench.events("source.stale").await, bench.events("source.recovered").await), (1, 1));
}

async fn p12_a_changed_document_is_a_new_version_with_a_reason(db: Db) {
    let bench = Bench::new(db).await;
    bench.give(board("60", "70")).await;
    let changed = DOCUMENT.replace("range: [0, 100]", "range: [0, 200]");
    assert!(bench.engine.save_source(&bench.actor, &changed, None).await.is_err(), "a reason is asked for");
    bench.engine.save_source(&bench.actor, &changed, Some("wider")).await.expect("saved");
    let mut tx = bench.db.read().await.expect("tx");
    assert_eq!(tx.source_versions(&bench.source).await.expect("versions").len(), 2);
    drop(tx);
    assert_eq!(
        bench.give(board("60", "70")).await.outcome,
        Outcome::New,
        "the same bytes are read by the new document"
    );
}

async fn p13_content_from_another_host_is_kept_and_not_trusted_until_accepted(db: Db) {
    let bench = Bench::new(db).await;
    let mut answer = Answer::file(bench.source.clone(), bench.now(), Snapshot::file(board("60", "70")));
    answer.moved_to = Some("https://other.example/board.csv".into());
    let taken = bench.engine.ingest(&bench.actor, answer).await.expect("taken");
    assert_eq!((taken.outcome, taken.tables.len()), (Outcome::Moved, 0));
    bench
        .engine
        .accept_move(&bench.actor, &bench.source, "announced by the publisher")
        .await
        .expect("accepted");
    let mut tx = bench.db.read().await.expect("tx");
    let n = tx.source(&bench.source).await.expect("source").n;
    let document = tx.source_version(&bench.source, n).await.expect("version").document;
    assert!(document.contains("https://other.example/board.csv"));
}

async fn p14_the_stored_bytes_read_again_say_the_same(db: Db) {
    let bench = Bench::new(db).await;
    bench.give(board("60", "70")).await;
    bench.clock.advance(TimeDelta::days(1));
    bench.give(board("61", "70")).await;
    let report = bench.engine.replay(&bench.source).await.expect("replayed");
    assert_eq!((report.snapshots, report.rows, report.differences.len()), (2, 40, 0));
}

async fn unknown_openness_is_queued_and_a_persons_word_counts_from_then_on(db: Db) {
    let bench = Bench::new(db).await;
    let unknown = board("60", "70").replace("Best open,60,MIT", "Best open,60,MRL 2");
    bench.give(unknown.clone()).await;
    assert_eq!(bench.engine.review_queue().await.expect("queue").questions.len(), 1);
    bench
        .engine
        .overrule_openness(
            &bench.actor,
            Some(&bench.source),
            "Best open",
            Openness::Open,
            "weights are on the hub",
        )
        .await
        .expect("said");
    assert_eq!(bench.engine.review_queue().await.expect("queue").questions.len(), 0);
    bench.clock.advance(TimeDelta::days(1));
    bench.give(unknown.replace("70,", "70.5,")).await;
    assert_eq!(bench.engine.review_queue().await.expect("queue").questions.len(), 0);
}

async fn every_built_in_source_installs_once(db: Db) {
    let bench = Bench::new(db).await;
    let actor = Actor::system("install");
    let first = bench.engine.install_built_in(&actor, None).await.expect("installed");
    assert_eq!(first.added, bellwether_sources::builtin::BUILT_IN.len());
    let again = bench.engine.install_built_in(&actor, None).await.expect("installed");
    assert_eq!((again.added, again.revised), (0, 0));
}

async fn pages_say_what_stands_what_is_held_back_and_what_a_document_would_read(db: Db) {
    let bench = Bench::new(db).await;
    bench.give(board("60", "70")).await;
    bench.clock.advance(TimeDelta::days(1));
    let known_then = bench.now();
    bench.clock.advance(TimeDelta::days(1));
    bench.give(board("65", "70")).await;

    let all = bench.engine.benchmarks_page(None).await.expect("page");
    assert_eq!(all.rows.len(), 1);
    assert!(
        all.sentence.contains("behind the best closed one") && all.sentence.contains("less than a year ago")
    );
    let id = Bench::benchmark();
    let now = bench.engine.benchmark_page(&id, None).await.expect("page");
    assert_eq!(now.sentence, "Closed leads open by 5\u{a0}pp: Best closed 70 against Best open 65.");
    assert_eq!((now.steps.len(), now.rows.len(), now.rows[0].model.as_str()), (2, 20, "Best closed"));
    let then = bench.engine.benchmark_page(&id, Some(known_then)).await.expect("page");
    assert!(then.sentence.contains("by 10\u{a0}pp"), "as known then: {}", then.sentence);

    let page = bench.give("<html>moved</html>").await;
    let held = bench.engine.held_page(page.fetch, &id).await.expect("held");
    assert!(!held.releasable, "an unfit snapshot cannot be trusted");
    assert_eq!(held.rows.len(), 20, "every row that stood has vanished");
    let source = bench.engine.source_page(&bench.source).await.expect("source");
    assert!(source.trouble.expect("trouble").contains("held back"));
    assert_eq!((source.snapshots.len(), source.benchmarks[0].total), (3, 20));
    assert_eq!(bench.engine.sources_page().await.expect("sources").rows.len(), 1);

    let document = DOCUMENT.replace("key: model", "key: [model, licence]");
    let bytes = Snapshot::file(board("65", "70"));
    let preview = bench.engine.preview_source(&document, Some(bytes)).await.expect("preview");
    assert!(preview.replaces);
    assert_eq!((preview.tables[0].new.len(), preview.tables[0].gone.len()), (20, 20), "other keys");
    assert!(matches!(bench.engine.preview_source("id: [", None).await, Err(EngineError::Invalid(_))));
    let signals =
        bench.engine.signals_page(&bellwether_engine::signals::Which::All, None, 20).await.expect("signals");
    assert!(
        signals.iter().any(|s| s.signal.kind == "held_back" && s.source_title.as_deref() == Some("Board"))
    );
}
