//! Work that comes by the clock and not by an answer: what ages, what ends, what went stale.

use std::str::FromStr as _;

use bellwether_core::actor::Actor;
use chrono::{DateTime, TimeDelta, Utc};
use croner::Cron;
use futures::future::BoxFuture;

use crate::{Engine, Result};

/// One kind of work and when it is due. Whoever comes late does the latest due run once, not all that were missed.
pub(crate) struct Routine {
    /// The name under which its runs are kept.
    pub(crate) name: &'static str,
    /// Five fields, in UTC.
    cron: &'static str,
    /// Does it; a word or two on what was done.
    pub(crate) work: for<'a> fn(&'a Engine, DateTime<Utc>) -> BoxFuture<'a, Result<String>>,
}

impl Routine {
    /// The last time at which it was due.
    pub(crate) fn due_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let cron = Cron::from_str(self.cron).ok()?;
        cron.find_previous_occurrence(&now, true).ok()
    }
}

/// All routines.
pub(crate) const ROUTINES: &[Routine] = &[
    Routine { name: "settle", cron: "* * * * *", work: |engine, _| Box::pin(settle(engine)) },
    Routine { name: "expire", cron: "* * * * *", work: |engine, _| Box::pin(expire(engine)) },
    Routine { name: "age", cron: "7 0 * * *", work: |engine, _| Box::pin(age(engine)) },
    Routine { name: "stale", cron: "23 * * * *", work: |engine, _| Box::pin(stale(engine)) },
    Routine { name: "score", cron: "11 * * * *", work: |engine, _| Box::pin(score(engine)) },
    Routine { name: "tidy", cron: "41 3 * * *", work: |engine, now| Box::pin(tidy(engine, now)) },
];

/// Challenge windows end, deadlines pass.
async fn settle(engine: &Engine) -> Result<String> {
    let changed = engine.settle_due().await?;
    Ok(format!("{changed} claims changed"))
}

/// Forecasts end by themselves.
async fn expire(engine: &Engine) -> Result<String> {
    let changed = engine.expire_forecasts().await?;
    Ok(format!("{changed} claims' crowds changed"))
}

/// Evidence ages by at most one row of the ledger a day.
async fn age(engine: &Engine) -> Result<String> {
    let drifted = engine.age_claims().await?;
    Ok(format!("{drifted} claims drifted"))
}

/// Sources without new content for too long are marked, once.
async fn stale(engine: &Engine) -> Result<String> {
    let marked = engine.mark_stale(&Actor::system("staleness")).await?;
    Ok(format!("{marked} sources went stale"))
}

/// Outcomes from before scores were kept get theirs.
async fn score(engine: &Engine) -> Result<String> {
    let scored = engine.score_earlier().await?;
    Ok(format!("{scored} earlier outcomes scored"))
}

/// Runs are kept for a week, for people who want to see what was done when.
async fn tidy(engine: &Engine, now: DateTime<Utc>) -> Result<String> {
    let mut tx = engine.write().await?;
    let forgotten = tx.forget_runs(now - TimeDelta::days(7)).await?;
    tx.commit().await?;
    Ok(format!("{forgotten} old runs forgotten"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_routine_has_a_readable_time_and_a_name_of_its_own() {
        let now = "2026-04-06T12:00:00Z".parse().unwrap();
        let mut names: Vec<_> = ROUTINES.iter().map(|r| r.name).collect();
        for routine in ROUTINES {
            let due = routine.due_at(now).expect(routine.name);
            assert!(due <= now && now - due < TimeDelta::days(8), "{}", routine.name);
        }
        names.dedup();
        assert_eq!(names.len(), ROUTINES.len());
    }
}
