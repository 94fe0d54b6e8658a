//! The database: opening it, and its read and write transactions.

use std::{
    fs::{self, File, TryLockError},
    path::Path,
    str::FromStr as _,
    sync::Arc,
    time::Duration,
};

use sqlx::{
    ConnectOptions as _, Connection as _, PgPool, Postgres, Sqlite, SqlitePool, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{Location, Result, StoreError};

/// How long a transaction waits for its turn before it gives up as [`StoreError::Conflict`].
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a database server may take to answer when it is first asked.
const ANSWER: Duration = Duration::from_secs(3);
const SQLITE_READERS: u32 = 8;
/// Pages of the write-ahead log before they are carried over into the file: 32 MB. Every change touches the same few pages
/// (ends of indexes, counters), and these are carried over once, however often they changed in between.
const WAL_PAGES: &str = "8192";
const POSTGRES_CONNECTIONS: u32 = 16;

/// Who opens the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opener {
    /// A server: alone in its data folder.
    Server,
    /// A command that may run beside a server.
    Tool,
}

/// A database that is open and migrated. Cloning it shares it.
#[derive(Clone, Debug)]
pub struct Db {
    pools: Pools,
    /// Held while any clone lives: the operating system frees it however the process ends.
    _lock: Option<Arc<File>>,
}

#[derive(Clone, Debug)]
enum Pools {
    Sqlite { read: SqlitePool, write: SqlitePool },
    Postgres(PgPool),
}

/// The two engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The embedded one.
    Sqlite,
    /// The shared one.
    Postgres,
}

/// A transaction. Dropping it rolls back.
///
/// Never hold one while waiting for anything but the database: writers take turns.
#[derive(Debug)]
pub enum Tx {
    /// On SQLite.
    Sqlite(Transaction<'static, Sqlite>),
    /// On PostgreSQL.
    Postgres(Transaction<'static, Postgres>),
}

impl Db {
    /// Opens a database, creates it where there is none, and brings its tables up to date.
    pub async fn open(at: &Location, opener: Opener) -> Result<Self> {
        let db = match at {
            Location::Folder(folder) => Self::open_folder(folder, opener).await?,
            Location::Postgres(url) => Self::open_postgres(url).await?,
        };
        db.migrate().await?;
        Ok(db)
    }

    async fn open_folder(folder: &Path, opener: Opener) -> Result<Self> {
        let fault = |source| StoreError::Folder { folder: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(fault)?;
        let lock = match opener {
            Opener::Tool => None,
            Opener::Server => {
                let file = File::create(Location::lock_file(folder)).map_err(fault)?;
                match file.try_lock() {
                    Ok(()) => Some(Arc::new(file)),
                    Err(TryLockError::WouldBlock) => return Err(StoreError::InUse(folder.to_owned())),
                    Err(TryLockError::Error(e)) => return Err(fault(e)),
                }
            }
        };
        let options = SqliteConnectOptions::new()
            .filename(Location::database_file(folder))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .pragma("wal_autocheckpoint", WAL_PAGES)
            .busy_timeout(PATIENCE)
            .statement_cache_capacity(500);
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(PATIENCE)
            // A file does not hang up: asking whether it is still there only takes time.
            .test_before_acquire(false)
            .connect_with(options.clone().optimize_on_close(true, None))
            .await?;
        let read = SqlitePoolOptions::new()
            .max_connections(SQLITE_READERS)
            .acquire_timeout(PATIENCE)
            .test_before_acquire(false)
            .connect_with(options.read_only(true).create_if_missing(false))
            .await?;
        Ok(Self { pools: Pools::Sqlite { read, write }, _lock: lock })
    }

    async fn open_postgres(url: &str) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)?.options([("statement_timeout", "60s")]);
        // A pool would try again until its patience ends, and then not say why: ask once, and keep the answer.
        match tokio::time::timeout(ANSWER, options.connect()).await {
            Ok(Ok(connection)) => connection.close().await?,
            Ok(Err(e)) => return Err(StoreError::Unreachable(e.to_string())),
            Err(_) => {
                return Err(StoreError::Unreachable(format!("no answer within {} s", ANSWER.as_secs())));
            }
        }
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .connect_with(options)
            .await?;
        Ok(Self { pools: Pools::Postgres(pool), _lock: None })
    }

    async fn migrate(&self) -> Result<()> {
        match &self.pools {
            Pools::Sqlite { write, .. } => sqlx::migrate!("../../migrations/sqlite").run(write).await?,
            Pools::Postgres(pool) => sqlx::migrate!("../../migrations/postgres").run(pool).await?,
        }
        Ok(())
    }

    /// Which engine this is.
    pub fn engine(&self) -> Engine {
        match self.pools {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres(_) => Engine::Postgres,
        }
    }

    /// A transaction that reads one consistent state and refuses to write.
    pub async fn read(&self) -> Result<Tx> {
        Ok(match &self.pools {
            Pools::Sqlite { read, .. } => Tx::Sqlite(read.begin().await?),
            Pools::Postgres(pool) => {
                Tx::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        })
    }

    /// A transaction that may write. Writers take turns on both engines: the audit chain is one sequence, so whoever
    /// commits next must have read the row before its own; and a use case may read, decide and write without a race.
    pub async fn write(&self) -> Result<Tx> {
        Ok(match &self.pools {
            // `IMMEDIATE` takes the lock at once; a read that turns into a write would fail at once instead of waiting.
            Pools::Sqlite { write, .. } => Tx::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Pools::Postgres(pool) => {
                let mut tx = pool.begin().await?;
                sqlx::query("SET LOCAL lock_timeout = '10s'").execute(&mut *tx).await?;
                sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(WRITERS_TURN).execute(&mut *tx).await?;
                Tx::Postgres(tx)
            }
        })
    }

    /// Closes all connections, after those that are lent out came back.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

/// The advisory lock that PostgreSQL's writers pass on: "bellwthr".
const WRITERS_TURN: i64 = 0x6265_6C6C_7774_6872;

impl Tx {
    /// Makes the transaction's changes durable.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(t) => t.commit().await?,
            Self::Postgres(t) => t.commit().await?,
        }
        Ok(())
    }

    /// Undoes the transaction's changes now; dropping it does so at its connection's next use.
    pub async fn rollback(self) -> Result<()> {
        match self {
            Self::Sqlite(t) => t.rollback().await?,
            Self::Postgres(t) => t.rollback().await?,
        }
        Ok(())
    }
}
