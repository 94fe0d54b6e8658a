//! Opening: the lock, the refusals, what readers may not do.

use bellwether_core::actor::Actor;
use bellwether_store::{Db, Location, Opener, StoreError};
use serde_json::json;
use sqlx::{Connection as _, Executor as _};

use crate::made::{at, claim};

bellwether_testkit::both!(
    a_reader_cannot_write,
    a_reader_sees_one_state,
    writers_take_turns,
    what_is_dropped_is_undone,
    nan_and_nul_are_refused,
    settings_are_kept
);

async fn a_reader_cannot_write(db: Db) {
    let mut tx = db.read().await.unwrap();
    assert!(tx.set_setting("a", &1, &Actor::Operator, at(0)).await.is_err());
}

async fn a_reader_sees_one_state(db: Db) {
    let mut reader = db.read().await.unwrap();
    assert_eq!(reader.setting::<i64>("a").await.unwrap(), None);
    let mut writer = db.write().await.unwrap();
    writer.set_setting("a", &1, &Actor::Operator, at(0)).await.unwrap();
    writer.commit().await.unwrap();
    assert_eq!(reader.setting::<i64>("a").await.unwrap(), None);
    drop(reader);
    assert_eq!(db.read().await.unwrap().setting::<i64>("a").await.unwrap(), Some(1));
}

async fn writers_take_turns(db: Db) {
    let count = |db: Db| async move {
        let mut tx = db.write().await.unwrap();
        let n = tx.setting::<i64>("n").await.unwrap().unwrap_or(0);
        tx.set_setting("n", &(n + 1), &Actor::Operator, at(n)).await.unwrap();
        tx.commit().await.unwrap();
    };
    let all: Vec<_> = (0..20).map(|_| tokio::spawn(count(db.clone()))).collect();
    for one in all {
        one.await.unwrap();
    }
    assert_eq!(db.read().await.unwrap().setting::<i64>("n").await.unwrap(), Some(20));
}

async fn what_is_dropped_is_undone(db: Db) {
    let mut tx = db.write().await.unwrap();
    tx.set_setting("a", &1, &Actor::Operator, at(0)).await.unwrap();
    drop(tx);
    let mut tx = db.write().await.unwrap();
    assert_eq!(tx.setting::<i64>("a").await.unwrap(), None);
    tx.set_setting("a", &2, &Actor::Operator, at(0)).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(db.read().await.unwrap().setting::<i64>("a").await.unwrap(), None);
}

async fn nan_and_nul_are_refused(db: Db) {
    let mut tx = db.write().await.unwrap();
    for p in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut bad = claim(1);
        bad.distance = Some(p);
        assert!(matches!(tx.insert_claim(&bad).await, Err(StoreError::Unstorable(_))), "{p}");
    }
    let mut bad = claim(1);
    bad.title = String::from("a\0b");
    assert!(matches!(tx.insert_claim(&bad).await, Err(StoreError::Unstorable(_))));
    // The transaction is whole: the refusal came before the engine saw anything.
    tx.insert_claim(&claim(1)).await.unwrap();
    // A NUL inside JSON is escaped there, and comes back.
    tx.set_setting("nul", &json!("a\0b"), &Actor::Operator, at(0)).await.unwrap();
    assert_eq!(tx.setting::<String>("nul").await.unwrap().as_deref(), Some("a\0b"));
}

async fn settings_are_kept(db: Db) {
    let mut tx = db.write().await.unwrap();
    tx.set_setting("a", &json!({"b": [1, 2]}), &Actor::Operator, at(0)).await.unwrap();
    tx.set_setting("a", &json!({"b": [3]}), &Actor::system("demo"), at(1)).await.unwrap();
    assert_eq!(tx.setting("a").await.unwrap(), Some(json!({"b": [3]})));
}

#[tokio::test]
async fn a_second_server_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = Location::Folder(folder.path().to_owned());
    let first = Db::open(&at, Opener::Server).await.unwrap();
    let second = Db::open(&at, Opener::Server).await.unwrap_err();
    assert!(matches!(second, StoreError::InUse(_)), "{second:?}");
    assert!(second.to_string().contains("another bellwether server is running in"), "{second}");
    Db::open(&at, Opener::Tool).await.unwrap();
    first.close().await;
    drop(first);
    Db::open(&at, Opener::Server).await.unwrap();
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = Db::open(&Location::Folder(file.clone()), Opener::Tool).await.unwrap_err();
    assert!(error.to_string().contains(&file.display().to_string()), "{error}");
}

#[tokio::test]
async fn a_newer_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = Location::Folder(folder.path().to_owned());
    Db::open(&at, Opener::Tool).await.unwrap().close().await;
    let url = format!("sqlite:{}", Location::database_file(folder.path()).display());
    let mut c = sqlx::SqliteConnection::connect(&url).await.unwrap();
    c.execute(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'later', 1, x'00', 0)",
    )
    .await
    .unwrap();
    c.close().await.unwrap();
    let error = Db::open(&at, Opener::Tool).await.unwrap_err();
    assert!(matches!(error, StoreError::Newer(9999)), "{error:?}");
}
