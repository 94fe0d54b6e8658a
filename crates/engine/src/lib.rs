//! Bellwether's use cases: each is one call and one transaction. Time, ids and secrets come from here.
#![forbid(unsafe_code)]

pub mod ageing;
pub mod alerts;
pub mod backtest;
pub mod benchmarks;
pub mod claims;
pub mod clock;
pub mod demo;
pub mod doubts;
pub mod error;
pub mod evidence;
pub mod external;
pub mod feeds;
pub mod forecasts;
pub mod idempotency;
pub mod ids;
pub mod ingest;
pub mod market;
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

use bellwether_core::actor::Actor;
use bellwether_store::{Db, Tx};
use chrono::{DateTime, Utc};

pub use crate::error::{EngineError, FieldError, Result};
use crate::{clock::Clock, outside::Outside};

/// Everything a use case needs. Cheap to clone; every clone is the same engine.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
    /// Who reads. What is hidden until one has forecast is hidden from nobody in particular.
    viewer: Option<Actor>,
}

#[derive(Clone)]
struct Shared {
    db: Db,
    clock: Arc<dyn Clock>,
    outside: Option<Outside>,
    desk: Arc<forecasts::Desk>,
    ledgers: Arc<claims::KeptLedgers>,
    alerts: alerts::Setup,
}

impl Engine {
    /// An engine over a migrated database.
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        let shared = Shared {
            db,
            clock,
            outside: None,
            desk: Arc::default(),
            ledgers: Arc::default(),
            alerts: alerts::Setup::default(),
        };
        Self { shared: Arc::new(shared), viewer: None }
    }

    /// The same engine with a way to other machines. Without one, whatever needs them says so.
    #[must_use]
    pub fn with_outside(self, outside: Outside) -> Self {
        self.with(|shared| Shared { outside: Some(outside), ..shared })
    }

    /// The same engine with other periods of alerts, and the address that their links begin with.
    #[must_use]
    pub fn with_alerts(self, setup: alerts::Setup) -> Self {
        self.with(|shared| Shared { alerts: setup, ..shared })
    }

    fn with(self, change: impl FnOnce(Shared) -> Shared) -> Self {
        Self { shared: Arc::new(change((*self.shared).clone())), viewer: self.viewer }
    }

    /// The same engine as someone sees it: the crowd of a claim that hides it is shown to those who have forecast.
    #[must_use]
    pub fn seen_by(&self, viewer: Option<&Actor>) -> Self {
        Self { shared: self.shared.clone(), viewer: viewer.cloned() }
    }

    /// Who reads.
    pub(crate) fn viewer(&self) -> Option<&Actor> {
        self.viewer.as_ref()
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

    /// Where forecasts are taken.
    pub(crate) fn desk(&self) -> &forecasts::Desk {
        &self.shared.desk
    }

    /// What was read of ledgers lately.
    pub(crate) fn ledgers(&self) -> &claims::KeptLedgers {
        &self.shared.ledgers
    }

    /// How alerts work here.
    pub fn alerts(&self) -> &alerts::Setup {
        &self.shared.alerts
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
