//! Signals: which claims an item of news bears on, which items tell one story, and what becomes of a signal.
//!
//! A signal is a dated observation that may bear on claims. It never moves a probability by itself: a person counts it
//! as evidence, sets it aside, or puts it off.

pub mod apart;
pub mod matching;
pub mod story;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How long a signal that was put off stays away.
pub const LATER: TimeDelta = TimeDelta::days(7);

/// What became of a signal beside a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalStatus {
    /// Nobody has decided.
    Waiting,
    /// It was counted as evidence.
    Counted,
    /// It does not bear on the claim.
    NotRelevant,
    /// It was put off, and comes back.
    Later,
}

impl SignalStatus {
    /// Whether a person is to decide: nobody has, or it was put off until an instant that has passed.
    pub fn waits(self, until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
        match self {
            Self::Waiting => true,
            Self::Later => until.is_none_or(|until| until <= now),
            Self::Counted | Self::NotRelevant => false,
        }
    }

    /// Its words on pages.
    pub fn title(self) -> &'static str {
        match self {
            Self::Waiting => "not counted yet",
            Self::Counted => "counted",
            Self::NotRelevant => "not relevant",
            Self::Later => "later",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_off_comes_back_at_its_instant() {
        let now: DateTime<Utc> = "2026-04-06T12:00:00Z".parse().unwrap();
        let until = Some(now + LATER);
        assert!(!SignalStatus::Later.waits(until, now));
        assert!(!SignalStatus::Later.waits(until, now + LATER - TimeDelta::seconds(1)));
        assert!(SignalStatus::Later.waits(until, now + LATER));
        assert!(SignalStatus::Waiting.waits(None, now));
        assert!(
            !SignalStatus::Counted.waits(None, now) && !SignalStatus::NotRelevant.waits(until, now + LATER)
        );
    }
}
