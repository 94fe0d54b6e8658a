//! Bellwether's use cases: each is one call and one transaction. Time, ids and secrets come from here.
#![forbid(unsafe_code)]

pub mod backtest;
pub mod clock;
pub mod error;
pub mod idempotency;
pub mod ids;
mod revision;

use std::sync::Arc;

use bellwether_store::{Db, Tx};
use chrono::{DateTime, Utc};

use crate::clock::Clock;
pub use crate::error::{EngineError, FieldError, Result};

/// Everything a use case needs. Cheap to clone; every clone is the same engine.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

struct Shared {
    db: Db,
    clock: Arc<dyn Clock>,
}

impl Engine {
    /// An engine over a migrated database.
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self { shared: Arc::new(Shared { db, clock }) }
    }

    /// The instant, from the one clock. A use case asks once and passes the answer down.
    pub fn now(&self) -> DateTime<Utc> {
        self.shared.clock.now()
    }

    /// The database, for the parts of this crate and for tools that work beside the server.
    pub fn db(&self) -> &Db {
        &self.shared.db
    }

    /// A consistent snapshot to read from.
    pub(crate) async fn read(&self) -> Result<Tx> {
        Ok(self.shared.db.read().await?)
    }

    /// A write transaction; dropped without commit, it leaves nothing behind.
    pub(crate) async fn write(&self) -> Result<Tx> {
        Ok(self.shared.db.write().await?)
    }
}
