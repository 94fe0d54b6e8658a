//! The one clock. Everything below the engine takes `now` as an argument.

use std::sync::RwLock;

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};

/// Tells the time to the use cases.
pub trait Clock: Send + Sync + 'static {
    /// The instant, cut to microseconds: what both databases can keep.
    fn now(&self) -> DateTime<Utc>;

    /// Moves the clock so that it shows `to`, and says whether it did: the machine's cannot be moved.
    fn move_to(&self, to: DateTime<Utc>) -> bool {
        let _ = to;
        false
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}

/// A clock that runs at the usual speed but stands elsewhere in time; the demo's.
#[derive(Debug)]
pub struct OffsetClock(RwLock<TimeDelta>);

impl OffsetClock {
    /// A clock that shows `now` at this moment.
    pub fn starting_at(now: DateTime<Utc>) -> Self {
        Self(RwLock::new(now - Utc::now()))
    }

    /// Moves the clock so that it shows `now` at this moment.
    pub fn set(&self, now: DateTime<Utc>) {
        let mut offset = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        *offset = now - Utc::now();
    }
}

impl Clock for OffsetClock {
    fn now(&self) -> DateTime<Utc> {
        let offset = *self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        (Utc::now() + offset).trunc_subsecs(6)
    }

    fn move_to(&self, to: DateTime<Utc>) -> bool {
        self.set(to);
        true
    }
}

/// A clock that stands still until it is moved; for tests.
#[derive(Debug)]
pub struct FixedClock(RwLock<DateTime<Utc>>);

impl FixedClock {
    /// A clock that shows `now`.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self(RwLock::new(now.trunc_subsecs(6)))
    }

    /// Moves the clock on.
    pub fn advance(&self, by: TimeDelta) {
        let mut now = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        *now += by;
    }

    /// Moves the clock to an instant.
    pub fn set(&self, to: DateTime<Utc>) {
        *self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner) = to.trunc_subsecs(6);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn move_to(&self, to: DateTime<Utc>) -> bool {
        self.set(to);
        true
    }
}
