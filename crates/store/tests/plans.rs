//! The queries behind pages find their rows by an index on both engines, however many there are.
//!
//! What the store sends is taken from the driver's own log, so no query is written twice.
#![expect(clippy::unwrap_used, reason = "a test says by panicking that something is wrong")]

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bellwether_core::{
    benchmark::{BenchmarkId, Direction},
    ids::{ClaimId, EvidenceId, FetchId, MoveId, Sha256, SignalId, Slug, SourceId},
    openness::Openness,
    status::ClaimStatus,
};
use bellwether_store::{Feed, Location, SignalsOf, Sort, StoreError, Tx};
use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _, SqliteConnection};
use tracing::{
    Metadata, Subscriber,
    field::{Field, Visit},
    span,
};
use uuid::Uuid;

static STATEMENTS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

fn statements() -> MutexGuard<'static, BTreeSet<String>> {
    STATEMENTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps the statements that the driver logs.
struct Log;

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut Statement);
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

struct Statement;

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "db.statement" && value.trim_start().starts_with("SELECT") {
            statements().insert(value.trim().to_owned());
        }
    }
    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

/// Asks everything that a page asks. Nothing is there; only the questions count.
async fn ask_everything(tx: &mut Tx) -> Result<(), StoreError> {
    let at = DateTime::<Utc>::UNIX_EPOCH;
    let (claim, fetch) = (ClaimId(Uuid::nil()), FetchId(Uuid::nil()));
    let source = SourceId::new("a").unwrap();
    let benchmark: BenchmarkId = "a/b".parse().unwrap();
    let absent = |found: StoreError| assert!(matches!(found, StoreError::NotFound), "{found}");

    for sort in [Sort::Newest, Sort::Deadline, Sort::Closest, Sort::Settled] {
        for statuses in [Vec::new(), vec![ClaimStatus::Open]] {
            let (text, tags) = (Some("word".to_owned()), vec!["tag".to_owned()]);
            tx.search(&Feed { text, tags, statuses, sort, moved_since: at, after: None, limit: 30 }).await?;
        }
    }
    tx.claim(claim).await.map_or_else(absent, |_| ());
    tx.claim_by_slug(&Slug::new("a").unwrap()).await?;
    tx.claims(&[claim, claim]).await?;
    tx.claims_with_status(&[ClaimStatus::Open]).await?;
    tx.tags_of(&[claim]).await?;
    tx.criteria(claim).await?;
    tx.evidence_of_claim(claim).await?;
    tx.evidence_of_claims(&[claim]).await?;
    tx.evidence_revisions_at(claim, at).await?;
    tx.newest_evidence(None, 30).await?;
    tx.newest_evidence(Some((at, EvidenceId(Uuid::nil()))), 30).await?;
    tx.last_move(claim).await?;
    tx.move_at(claim, at).await?;
    tx.moves(claim).await?;
    tx.moves_before(claim, 9, 30).await?;
    tx.moves_between(claim, at, at).await?;
    tx.moves_of_cause("a").await?;
    tx.newest_moves(None, 30).await?;
    tx.newest_moves(Some((at, MoveId(Uuid::nil()))), 30).await?;
    tx.last_moves(&[claim]).await?;
    tx.headlines_since(&[claim], at).await?;
    tx.headlines_at(&[claim], at).await?;
    tx.signals_of_claim(claim, 30).await?;
    tx.signal_counts(&[claim]).await?;
    let feed = SignalsOf::Feed(Uuid::nil());
    for of in [SignalsOf::All, SignalsOf::Waiting(at), feed, SignalsOf::Benchmark(benchmark.clone())] {
        tx.newest_signals(&of, None, 30).await?;
        tx.newest_signals(&of, Some((at, SignalId(Uuid::nil()))), 30).await?;
    }
    tx.feed_at("a").await?;
    tx.due_feeds(at, 30).await?;
    tx.seen_items(Uuid::nil(), &[Sha256::of(b"a")]).await?;
    tx.items_since(at, 30).await?;
    tx.items_of_signals(&[SignalId(Uuid::nil())]).await?;
    tx.signals_of_source(&source, 30).await?;
    tx.signals_of_benchmark(&benchmark, 30).await?;
    tx.evaluations_before(claim, 9, 30).await?;
    tx.evaluation_at(claim, at).await?;
    tx.last_evaluations(&[claim]).await?;
    tx.evaluations_since(&[claim], at).await?;
    tx.watches(&[claim]).await?;
    tx.standing_proposal(claim).await?;
    tx.proposals(claim).await?;
    tx.objections(claim).await?;
    tx.decisions(claim).await?;
    tx.resolutions(claim).await?;
    tx.last_resolutions(&[claim]).await?;
    tx.resolutions_before(9, 30).await?;
    tx.events_after(1, 30).await?;
    tx.events_before(9, 30).await?;
    tx.claim_events_before(claim, 9, 30).await?;
    tx.newest_events(&["a"], 30).await?;
    tx.fetches_before(&source, at, 30).await?;
    tx.polls(&source, at, at).await?;
    tx.tables_of_benchmark(&benchmark, at, at).await?;
    tx.standing_tables(std::slice::from_ref(&benchmark), at).await?;
    tx.newest_tables_of(std::slice::from_ref(&benchmark), at).await?;
    tx.scored_rows(fetch, &benchmark).await?;
    tx.tables_of_source_before(&source, at, 30).await?;
    tx.observations(fetch, &benchmark).await?;
    tx.observations_of(&[(fetch, benchmark.clone())]).await?;
    tx.best_observations(fetch, &benchmark, Openness::Open, Direction::Higher, 5).await?;
    tx.row_history(&benchmark, "a").await?;
    tx.held_rows(Some(&benchmark)).await?;
    tx.due_gate_memories(at).await?;
    tx.claims_on_source(&source).await?;
    Ok(())
}

/// Tables that grow with use. Sources, benchmarks and open questions stay few.
const GROWING: [&str; 14] = [
    "claim",
    "claim_tag",
    "evidence",
    "evidence_revision",
    "move",
    "signal",
    "signal_claim",
    "feed_item",
    "evaluation",
    "event",
    "source_fetch",
    "snapshot_table",
    "observation",
    "resolution",
];

#[tokio::test]
async fn no_page_reads_a_whole_table() {
    tracing::subscriber::set_global_default(Log).unwrap();
    let kit = bellwether_testkit::sqlite().await;
    let asked = asked(&kit).await;
    let Location::Folder(folder) = kit.location() else { unreachable!() };
    let url = format!("sqlite:{}", Location::database_file(folder).display());
    let mut c = SqliteConnection::connect(&url).await.unwrap();
    for sql in &asked {
        let plan = c.fetch_all(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"))).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
        for step in &plan {
            let Some(scanned) = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next()) else {
                continue;
            };
            // An order that an index gives is read from its beginning, up to the limit.
            let in_order = step.contains("USING INDEX") && sql.contains("LIMIT");
            let grows = |table: &&str| **table == *scanned || sql.contains(&format!("{table} {scanned} "));
            assert!(in_order || !GROWING.iter().any(grows), "{step}\n{plan:#?}\n{sql}");
        }
        let paged = sql.contains("LIMIT $") && !sql.contains("FROM signal_claim");
        let sorted = plan.iter().any(|step| step.contains("TEMP B-TREE FOR ORDER BY"));
        assert!(!paged || !sorted, "sorts instead of reading in order\n{plan:#?}\n{sql}");
    }

    let Some(kit) = bellwether_testkit::postgres().await else { return };
    let asked = self::asked(&kit).await;
    let Location::Postgres(url) = kit.location() else { unreachable!() };
    let mut c = PgConnection::connect(url).await.unwrap();
    // Of an empty table the planner would read the one page there is; what counts is whether an index could serve.
    c.execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan").await.unwrap();
    for (n, sql) in asked.iter().enumerate() {
        let parameters = (1..=99).rev().find(|n| sql.contains(&format!("${n}"))).unwrap_or(0);
        // The driver says which types it sends; here the first of a bare list must be told.
        let typed = sql.replace("(VALUES ($1,", "(VALUES ($1::uuid,");
        c.execute(AssertSqlSafe(format!("PREPARE p{n} AS {typed}"))).await.unwrap();
        let nulls = vec!["NULL"; parameters].join(", ");
        let call = if parameters == 0 { String::new() } else { format!("({nulls})") };
        let plan = c.fetch_all(AssertSqlSafe(format!("EXPLAIN EXECUTE p{n}{call}"))).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
        for (i, step) in plan.iter().enumerate() {
            let whole = step.contains("Seq Scan on ")
                // Without a condition an index is read as a whole, unless in order and up to the limit.
                || step.contains(" Scan using ")
                    && !sql.contains("LIMIT")
                    && !plan.get(i + 1).is_some_and(|next| next.contains("Index Cond"));
            let grows = |table: &&str| step.contains(&format!(" on {table} "));
            assert!(!whole || !GROWING.iter().any(grows), "{plan:#?}\n{sql}");
        }
    }
}

/// The statements behind [`ask_everything`], as one engine gets them.
async fn asked(kit: &bellwether_testkit::TestDb) -> BTreeSet<String> {
    statements().clear();
    ask_everything(&mut kit.db().read().await.unwrap()).await.unwrap();
    let asked = statements().clone();
    assert!(asked.len() > 50, "{} statements were seen", asked.len());
    asked
}
