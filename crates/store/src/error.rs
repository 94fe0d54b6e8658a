//! What can go wrong between the engine and a database.

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
    /// A stored row does not read as what it should be: the database is untrusted input.
    #[error("{table} holds an unreadable row: {reason}")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// What is wrong with the row.
        reason: String,
    },
    /// Any other fault of the database.
    #[error(transparent)]
    Database(sqlx::Error),
    /// A migration failed or the database is newer than this program.
    #[error(transparent)]
    Migrate(#[from] sqlx::migrate::MigrateError),
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
            // PostgreSQL: serialization failure, deadlock. SQLite: busy, busy snapshot.
            sqlx::Error::Database(db)
                if matches!(db.code().as_deref(), Some("40001" | "40P01" | "5" | "517")) =>
            {
                Self::Conflict
            }
            sqlx::Error::PoolTimedOut => Self::Conflict,
            _ => Self::Database(e),
        }
    }
}
