//! Bellwether's use cases: each is one call and one transaction. Time, ids and secrets come from here.
#![forbid(unsafe_code)]

pub mod ageing;
pub mod backtest;
pub mod benchmarks;
pub mod claims;
pub mod clock;
pub mod demo;
pub mod doubts;
pub mod error;
pub mod evidence;
pub mod idempotency;
pub mod ids;
pub mod ingest;
pub mod outside;
pub mod people;
pub mod pull;
pub mod reading;
pub mod resolve;
mod revision;
mod sample;
pub mod schedule;
pub mod signals;
pub mod sources;
pub mod standing;
pub mod verify;

use std::sync::Arc;

use bellwether_store::{Db, Tx};
use chrono::{DateTime, Utc};

pub use crate::error::{EngineError, FieldError, Result};
use crate::{clock::Clock, outside::Outside};

/// Everything a use case needs. Cheap to clone; every clone is the same engine.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

struct Shared {
    db: Db,
    clock: Arc<dyn Clock>,
    outside: Option<Outside>,
}

impl Engine {
    /// An engine over a migrated database.
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self { shared: Arc::new(Shared { db, clock, outside: None }) }
    }

    /// The same engine with a way to other machines. Without one, whatever needs them says so.
    #[must_use]
    pub fn with_outside(self, outside: Outside) -> Self {
        let Shared { db, clock, .. } = &*self.shared;
        Self { shared: Arc::new(Shared { db: db.clone(), clock: clock.clone(), outside: Some(outside) }) }
    }

    /// The way to other machines.
    pub fn outside(&self) -> Result<&Outside> {
        let missing =
            || EngineError::Conflict("this installation does not fetch from other machines".to_owned());
        self.shared.outside.as_ref().ok_or_else(missing)
    }

    /// The instant, from the one clock. A use case asks once and passes the answer down.
    pub fn now(&self) -> DateTime<Utc> {
        self.shared.clock.now()
    }

    /// The one clock.
    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.shared.clock
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
        let mut tx = self.shared.db.write().await?;
        idempotency::note(&mut tx, self.now()).await?;
        Ok(tx)
    }
}
