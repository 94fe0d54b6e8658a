//! What can go wrong between the engine and a database.

use std::path::PathBuf;

/// Why a store function did nothing.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A uniqueness rule was broken; the constraint's column, where the engine tells it.
    #[error("already exists: {0}")]
    Duplicate(String),
    /// The row is not there.
    #[error("not found")]
    NotFound,
    /// Someone else changed the row first, or the database is locked; the caller may retry.
    #[error("changed by someone else, or busy")]
    Conflict,
    /// A value that one of the two engines would refuse or change: NUL in a text, NaN, infinity.
    #[error("cannot be stored: {0}")]
    Unstorable(String),
    /// A stored row does not read as what it should be: the database is untrusted input.
    #[error("{table} holds an unreadable row: {reason}")]
    Inconsistent {
        /// The table, or the row type that reads it.
        table: &'static str,
        /// What is wrong with the row.
        reason: String,
    },
    /// Any other fault of the database.
    #[error(transparent)]
    Database(sqlx::Error),
    /// A migration failed.
    #[error("the database could not be brought up to date: {0}")]
    Migrate(sqlx::migrate::MigrateError),
    /// The database was written by a newer program, whose tables this one does not know.
    #[error("the database has migration {0}, which this bellwether does not know: run a newer bellwether")]
    Newer(i64),
    /// Another server works in this data folder.
    #[error("another bellwether server is running in {}: stop it, or give --data another folder", .0.display())]
    InUse(PathBuf),
    /// The database server does not answer, or does not let us in.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// The data folder cannot be used.
    #[error("the data folder {} cannot be used: {source}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
}

/// The result of a store function.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

impl From<sqlx::Error> for StoreError {
    fn from(e: sqlx::Error) -> Self {
        match &e {
            sqlx::Error::RowNotFound => Self::NotFound,
            sqlx::Error::Database(db) if db.is_unique_violation() => {
                Self::Duplicate(db.constraint().map_or_else(|| db.message().to_owned(), str::to_owned))
            }
            // PostgreSQL: serialization failure, deadlock, lock timeout. SQLite: busy, busy snapshot.
            sqlx::Error::Database(db)
                if matches!(db.code().as_deref(), Some("40001" | "40P01" | "55P03" | "5" | "517")) =>
            {
                Self::Conflict
            }
            sqlx::Error::PoolTimedOut => Self::Conflict,
            _ => Self::Database(e),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(e: sqlx::migrate::MigrateError) -> Self {
        match e {
            sqlx::migrate::MigrateError::VersionMissing(version) => Self::Newer(version),
            other => Self::Migrate(other),
        }
    }
}

impl StoreError {
    /// Turns a fault met while reading rows of `table` into what callers understand.
    pub(crate) fn reading(table: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |e| match e {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
                Self::Inconsistent { table, reason: e.to_string() }
            }
            other => other.into(),
        }
    }
}
