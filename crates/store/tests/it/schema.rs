//! The two schemas are one, and what was appended stays.

use std::collections::BTreeSet;

use bellwether_store::{Location, Opener};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};

/// Table, column, nullable.
type Columns = BTreeSet<(String, String, bool)>;

async fn sqlite_columns() -> (Columns, BTreeSet<String>) {
    let kit = bellwether_testkit::sqlite().await;
    let Location::Folder(folder) = kit.location() else { unreachable!() };
    let url = format!("sqlite:{}", Location::database_file(folder).display());
    let mut c = SqliteConnection::connect(&url).await.unwrap();
    let columns: Vec<(String, String, bool)> = sqlx::query_as(
        "SELECT t.name, c.name, c.\"notnull\" = 0 AND c.pk = 0 FROM sqlite_master t, pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> '_sqlx_migrations'",
    )
    .fetch_all(&mut c)
    .await
    .unwrap();
    let indexes: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_master WHERE type = 'index' AND name NOT LIKE 'sqlite_%'",
    )
    .fetch_all(&mut c)
    .await
    .unwrap();
    (columns.into_iter().collect(), indexes.into_iter().collect())
}

#[tokio::test]
async fn both_schemas_are_one() {
    let Some(kit) = bellwether_testkit::postgres().await else { return };
    let Location::Postgres(url) = kit.location() else { unreachable!() };
    let mut c = PgConnection::connect(url).await.unwrap();
    let columns: Vec<(String, String, bool)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text, is_nullable = 'YES' FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'",
    )
    .fetch_all(&mut c)
    .await
    .unwrap();
    let indexes: Vec<String> = sqlx::query_scalar(
        "SELECT indexname::text FROM pg_indexes WHERE schemaname = 'public'
         AND indexname NOT LIKE '%\\_pkey' AND indexname NOT LIKE '%\\_key' AND tablename <> '_sqlx_migrations'",
    )
    .fetch_all(&mut c)
    .await
    .unwrap();
    let (sqlite, sqlite_indexes) = sqlite_columns().await;
    assert_eq!(columns.into_iter().collect::<Columns>(), sqlite);
    assert_eq!(indexes.into_iter().collect::<BTreeSet<_>>(), sqlite_indexes);
}

/// Tables whose rows neither change nor go.
const APPEND_ONLY: [&str; 23] = [
    "event",
    "audit",
    "criteria",
    "evidence_revision",
    "move",
    "link_snapshot",
    "source_version",
    "snapshot",
    "source_fetch",
    "observation",
    "openness_override",
    "evaluation",
    "objection",
    "decision",
    "resolution",
    "external_value",
    "feed_item",
    "forecast",
    "crowd_point",
    "credit_transaction",
    "credit_posting",
    "trade",
    "market_settlement",
];
/// Tables whose rows change and stay.
const KEPT: [&str; 13] = [
    "claim",
    "evidence",
    "source",
    "snapshot_table",
    "row_hold",
    "review_item",
    "proposal",
    "signal_claim",
    "api_token",
    "external_question",
    "feed",
    "score",
    "credit_account",
];

#[tokio::test]
async fn what_was_appended_stays_on_sqlite() {
    let kit = bellwether_testkit::sqlite().await;
    let Location::Folder(folder) = kit.location() else { unreachable!() };
    let url = format!("sqlite:{}", Location::database_file(folder).display());
    let mut c = SqliteConnection::connect(&url).await.unwrap();
    for table in APPEND_ONLY.iter().chain(&KEPT).chain(&["signal"]) {
        let triggers: Vec<String> = sqlx::query_scalar(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = $1 ORDER BY name",
        )
        .bind(table)
        .fetch_all(&mut c)
        .await
        .unwrap();
        let both = [format!("{table}_no_delete"), format!("{table}_no_update")];
        let expected = if KEPT.contains(table) { &both[..1] } else { &both[..] };
        assert_eq!(triggers, expected, "{table}");
    }
}

#[tokio::test]
async fn what_was_appended_stays_on_postgres() {
    let Some(kit) = bellwether_testkit::postgres().await else { return };
    let Location::Postgres(url) = kit.location() else { unreachable!() };
    let mut c = PgConnection::connect(url).await.unwrap();
    for table in APPEND_ONLY.iter().chain(&["signal"]) {
        let column: String = sqlx::query_scalar(
            "SELECT column_name::text FROM information_schema.columns
             WHERE table_name = $1 AND table_schema = 'public' LIMIT 1",
        )
        .bind(table)
        .fetch_one(&mut c)
        .await
        .unwrap();
        // The trigger fires per statement, so even an empty table refuses.
        for sql in [
            format!("UPDATE {table} SET {column} = {column}"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table} CASCADE"),
        ] {
            let error = c.execute(AssertSqlSafe(sql.clone())).await.unwrap_err();
            assert!(error.to_string().contains("append-only"), "{sql}: {error}");
        }
    }
    for table in KEPT {
        let sql = format!("DELETE FROM {table}");
        assert!(c.execute(AssertSqlSafe(sql.clone())).await.is_err(), "{sql}");
    }
}

/// Edits behind the store's back: first they are refused, then, with the triggers gone, they are found.
#[tokio::test]
async fn an_edit_behind_the_store_is_refused_and_then_found() {
    let kit = bellwether_testkit::sqlite().await;
    let db = kit.db();
    let mut tx = db.write().await.unwrap();
    for minutes in 0..4 {
        tx.record(&crate::made::change(&bellwether_core::actor::Actor::Operator, None, minutes))
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    let Location::Folder(folder) = kit.location() else { unreachable!() };
    let url = format!("sqlite:{}", Location::database_file(folder).display());
    let mut c = SqliteConnection::connect(&url).await.unwrap();
    for sql in ["UPDATE audit SET subject = 'x'", "DELETE FROM event WHERE seq = 4"] {
        let error = c.execute(AssertSqlSafe(sql)).await.unwrap_err();
        assert!(error.to_string().contains("is append-only"), "{error}");
    }
    c.execute("PRAGMA foreign_keys = OFF; DROP TRIGGER event_no_update; DROP TRIGGER audit_no_delete")
        .await
        .unwrap();
    c.execute("UPDATE event SET body = '{}' WHERE seq = 2").await.unwrap();
    let db = bellwether_store::Db::open(kit.location(), Opener::Tool).await.unwrap();
    let report = db.read().await.unwrap().verify_audit().await.unwrap();
    assert_eq!(report.broken.as_deref(), Some("event 2 differs from its link"));
    c.execute("DELETE FROM audit WHERE seq = 1").await.unwrap();
    let report = db.read().await.unwrap().verify_audit().await.unwrap();
    assert_eq!(report.broken.as_deref(), Some("event 1 has no link"));
}
