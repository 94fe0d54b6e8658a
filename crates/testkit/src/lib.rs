//! Test databases: a fresh, migrated one per test, on SQLite and on PostgreSQL.
//!
//! ```ignore
//! bellwether_testkit::both!(a_claim_is_found_again);
//!
//! async fn a_claim_is_found_again(db: Db) { .. }
//! ```
//!
//! PostgreSQL is the server at `TEST_POSTGRES_URL`, else a throwaway one when its programs are installed, else the test
//! says `SKIPPED` and passes; with `BELLWETHER_REQUIRE=postgres` in the environment it fails instead.
#![forbid(unsafe_code)]
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot have its database must fail"
)]

mod cluster;

use std::{
    io::Write as _,
    str::FromStr as _,
    sync::atomic::{AtomicU32, Ordering},
};

use bellwether_store::{Db, Location, Opener};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, postgres::PgConnectOptions};
use tokio::sync::OnceCell;
use url::Url;

/// Makes two tests of each named function, `sqlite::name` and `postgres::name`, and gives each a fresh database.
#[macro_export]
macro_rules! both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {$(
            #[tokio::test]
            async fn $name() {
                let kit = $crate::sqlite().await;
                super::$name(kit.db()).await;
            }
        )*}
        mod postgres {$(
            #[tokio::test]
            async fn $name() {
                if let Some(kit) = $crate::postgres().await {
                    super::$name(kit.db()).await;
                }
            }
        )*}
    };
}

/// A fresh database; it goes away with this.
#[derive(Debug)]
pub struct TestDb {
    db: Db,
    location: Location,
    folder: Option<tempfile::TempDir>,
    /// The server's own database, from which a database of ours is dropped at the end.
    server: Option<Url>,
}

impl TestDb {
    /// The database.
    pub fn db(&self) -> Db {
        self.db.clone()
    }

    /// Where it is, for a test that opens it once more or edits it behind the store's back.
    pub fn location(&self) -> &Location {
        &self.location
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        drop(self.folder.take());
        let (Some(server), Location::Postgres(url)) = (self.server.take(), &self.location) else { return };
        let Ok(ours) = Url::parse(url) else { return };
        let name = ours.path().trim_start_matches('/').to_owned();
        // The test's own runtime is ending; the statement needs one of its own.
        let done = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(statement(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")))
        });
        // A database that stays behind harms nobody: the throwaway server goes away as a whole.
        let _ = done.join();
    }
}

/// A fresh SQLite database.
pub async fn sqlite() -> TestDb {
    let folder = tempfile::tempdir().expect("a folder for a test database");
    let location = Location::Folder(folder.path().to_owned());
    let db = Db::open(&location, Opener::Tool).await.expect("a SQLite database");
    TestDb { db, location, folder: Some(folder), server: None }
}

/// A fresh PostgreSQL database, where there is a server.
pub async fn postgres() -> Option<TestDb> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let server = server().await?;
    let name = format!("{}_{}", names(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let create = format!("CREATE DATABASE {name} TEMPLATE {}", template(&server).await);
    statement(&server, &create).await.expect("a PostgreSQL database");
    let location = Location::Postgres(with_database(&server, &name).to_string());
    let db = Db::open(&location, Opener::Tool).await.expect("a PostgreSQL database");
    Some(TestDb { db, location, folder: None, server: Some(server) })
}

/// The server that tests may use, or a plain word that there is none.
async fn server() -> Option<Url> {
    static SERVER: OnceCell<Result<Url, String>> = OnceCell::const_new();
    let found = SERVER.get_or_init(|| async {
        match std::env::var("TEST_POSTGRES_URL") {
            Ok(url) => Url::parse(&url).map_err(|e| format!("TEST_POSTGRES_URL: {e}")),
            Err(_) => cluster::start(),
        }
    });
    match found.await {
        Ok(url) => Some(url.clone()),
        Err(why) => {
            let required = std::env::var("BELLWETHER_REQUIRE").is_ok_and(|list| list.contains("postgres"));
            assert!(!required, "BELLWETHER_REQUIRE asks for PostgreSQL: {why}");
            // Straight to the stream: what tests print by macro is hidden when they pass.
            let _ = writeln!(std::io::stderr(), "SKIPPED on PostgreSQL: {why}");
            None
        }
    }
}

/// A migrated database that those of the tests are copied from.
async fn template(server: &Url) -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let name = format!("{}_template", names());
            statement(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
                .await
                .expect("a clean server");
            statement(server, &format!("CREATE DATABASE {name}")).await.expect("a PostgreSQL database");
            let location = Location::Postgres(with_database(server, &name).to_string());
            let db = Db::open(&location, Opener::Tool).await.expect("a migrated PostgreSQL database");
            db.close().await;
            name
        })
        .await
}

/// What the names of this process' databases begin with.
fn names() -> String {
    format!("bellwether_test_{}", std::process::id())
}

fn with_database(server: &Url, name: &str) -> Url {
    let mut url = server.clone();
    url.set_path(name);
    url
}

async fn statement(server: &Url, sql: &str) -> Result<(), sqlx::Error> {
    let mut c = PgConnection::connect_with(&PgConnectOptions::from_str(server.as_str())?).await?;
    c.execute(AssertSqlSafe(sql.to_owned())).await?;
    c.close().await
}
