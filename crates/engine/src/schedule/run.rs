//! One due run: taking it so that nobody else does, doing it, ending it.
//!
//! A run is named by its job and the time it was due; whoever inserts that name first has it, for as long as the lease
//! lasts. A server that dies in the middle loses its lease, and the run is begun anew by whoever ticks next.

use std::time::Duration;

use bellwether_core::{actor::Actor, ids::SourceId};
use bellwether_store::Word;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::routine::{ROUTINES, Routine};
use crate::{Engine, Result, ids::new_uuid, ingest::Cause};

/// How long a run belongs to its server without a word from it.
const LEASE: TimeDelta = TimeDelta::minutes(2);
/// How often the server gives that word. A fraction of the lease, in the time of the machine.
const HEARTBEAT: Duration = Duration::from_secs(30);
/// No more sources are taken at one tick.
const MOST_AT_ONCE: i64 = 50;

/// A run that is ours.
pub(crate) struct Run {
    job: String,
    scheduled_for: DateTime<Utc>,
    token: Uuid,
    work: Work,
}

enum Work {
    Pull(SourceId),
    Follow(Uuid),
    Feed(Uuid),
    Routine(&'static Routine),
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The job: `pull:SOURCE`, `follow:QUESTION`, `feed:FEED` or the name of a routine.
    pub job: String,
    /// When it was due.
    pub scheduled_for: DateTime<Utc>,
    /// Whether it did what it should.
    pub ok: bool,
    /// In words.
    pub detail: String,
}

impl Engine {
    /// Takes every due run that nobody else has.
    pub(crate) async fn take_due(&self) -> Result<Vec<Run>> {
        let now = self.now();
        let mut candidates = Vec::new();
        let mut tx = self.read().await?;
        for state in tx.due_sources(now, MOST_AT_ONCE).await? {
            let job = format!("pull:{}", state.source);
            candidates.extend(state.next_due_at.map(|due| (job, due, Work::Pull(state.source))));
        }
        for question in tx.due_externals(now, MOST_AT_ONCE).await? {
            let job = format!("follow:{}", question.id);
            candidates.extend(question.next_due_at.map(|due| (job, due, Work::Follow(question.id))));
        }
        for feed in tx.due_feeds(now, MOST_AT_ONCE).await? {
            let job = format!("feed:{}", feed.id);
            candidates.extend(feed.next_due_at.map(|due| (job, due, Work::Feed(feed.id))));
        }
        for routine in ROUTINES {
            let Some(due) = routine.due_at(now) else { continue };
            let last = tx.last_run(routine.name).await?;
            let done = |run: &bellwether_store::JobRun| {
                run.scheduled_for > due || (run.scheduled_for == due && run.finished_at.is_some())
            };
            if !last.as_ref().is_some_and(done) {
                candidates.push((routine.name.to_owned(), due, Work::Routine(routine)));
            }
        }
        drop(tx);
        if candidates.is_empty() {
            return Ok(Vec::new());
        }
        let mut taken = Vec::new();
        let mut tx = self.write().await?;
        for (job, scheduled_for, work) in candidates {
            let token = new_uuid(now);
            if tx.take_run(&job, scheduled_for, token, now, now + LEASE).await? {
                taken.push(Run { job, scheduled_for, token, work });
            }
        }
        tx.commit().await?;
        Ok(taken)
    }

    /// Does a run, keeping its lease, and ends it.
    pub(crate) async fn carry_out(&self, run: &Run) -> Result<Done> {
        let work = async {
            match &run.work {
                Work::Pull(source) => self.pull_by_schedule(source, run).await,
                Work::Follow(question) => self.follow_by_schedule(*question, run).await,
                Work::Feed(feed) => self.feed_by_schedule(*feed, run).await,
                Work::Routine(routine) => (routine.work)(self, self.now()).await,
            }
        };
        let outcome = tokio::select! {
            outcome = work => outcome,
            // Only an error ends the heartbeat; then somebody else has the run, or the database is away.
            error = self.heartbeat(run) => Err(error),
        };
        let (ok, detail) = match outcome {
            Ok(detail) => (true, detail),
            Err(error) => (false, error.to_string()),
        };
        let word = Word::from(if ok { "done" } else { "failed" });
        let mut tx = self.write().await?;
        tx.finish_run(&run.job, run.scheduled_for, run.token, self.now(), &word, Some(&detail)).await?;
        tx.commit().await?;
        Ok(Done { job: run.job.clone(), scheduled_for: run.scheduled_for, ok, detail })
    }

    async fn heartbeat(&self, run: &Run) -> crate::EngineError {
        loop {
            tokio::time::sleep(HEARTBEAT).await;
            match self.still_ours(run).await {
                Ok(true) => {}
                Ok(false) => {
                    return taken_over();
                }
                Err(error) => return error,
            }
        }
    }

    /// Extends the lease of a run; false when somebody else has it by now, and then its work must not be written.
    pub(crate) async fn still_ours(&self, run: &Run) -> Result<bool> {
        let mut tx = self.write().await?;
        let ours = tx.extend_run(&run.job, run.scheduled_for, run.token, self.now() + LEASE).await?;
        tx.commit().await?;
        Ok(ours)
    }

    /// Gives a run back undone, so that another server can begin it at once.
    pub(crate) async fn give_back(&self, run: &Run) -> Result<()> {
        let mut tx = self.write().await?;
        tx.extend_run(&run.job, run.scheduled_for, run.token, self.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn pull_by_schedule(&self, source: &SourceId, run: &Run) -> Result<String> {
        let actor = Actor::system("scheduler");
        let pulled = match self.ask_source(source, Cause::Schedule).await {
            Ok(answer) => {
                if !self.still_ours(run).await? {
                    return Err(taken_over());
                }
                self.ingest(&actor, answer).await
            }
            Err(error) => Err(error),
        };
        match pulled {
            Ok(taken) => Ok(crate::pull::in_words(&taken)),
            Err(error) => {
                // Ours to mend, not the source's fault; still the source must not be due for ever.
                self.postpone(source, &error).await?;
                Err(error)
            }
        }
    }

    /// Reads a question of another site that is due.
    async fn follow_by_schedule(&self, question: Uuid, run: &Run) -> Result<String> {
        let taken = match self.ask_external(question).await {
            Ok(answered) if self.still_ours(run).await? => self.take_external(answered).await,
            Ok(_) => return Err(taken_over()),
            Err(error) => Err(error),
        };
        if let Err(error) = &taken {
            // Ours to mend, not the site's fault; still the question must not be due for ever.
            self.postpone_external(question, error).await?;
        }
        taken
    }

    /// Reads a news feed that is due.
    async fn feed_by_schedule(&self, feed: Uuid, run: &Run) -> Result<String> {
        let taken = match self.ask_feed(feed).await {
            Ok(came) if self.still_ours(run).await? => self.take_feed(came).await,
            Ok(_) => return Err(taken_over()),
            Err(error) => Err(error),
        };
        if let Err(error) = &taken {
            // Ours to mend, not the feed's fault; still it must not be due for ever.
            self.postpone_feed(feed, error).await?;
        }
        taken
    }

    /// Does everything that is due now, one after the other.
    pub async fn run_due(&self) -> Result<Vec<Done>> {
        let mut done = Vec::new();
        for run in self.take_due().await? {
            done.push(self.carry_out(&run).await?);
        }
        Ok(done)
    }
}

fn taken_over() -> crate::EngineError {
    crate::EngineError::Conflict("another server has taken this run over".into())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bellwether_store::Db;

    use super::*;
    use crate::clock::FixedClock;

    fn engine(db: &Db, clock: &Arc<FixedClock>) -> Engine {
        Engine::new(db.clone(), clock.clone())
    }

    fn clock() -> Arc<FixedClock> {
        Arc::new(FixedClock::new("2026-04-06T12:00:30Z".parse().unwrap()))
    }

    bellwether_testkit::both!(
        each_due_run_is_taken_once,
        a_dead_servers_run_is_begun_anew,
        a_run_that_was_given_back_begins_at_once,
        missed_runs_are_done_once,
        a_clock_that_jumps_back_repeats_nothing,
    );

    async fn each_due_run_is_taken_once(db: Db) {
        let clock = clock();
        let (one, two) = (engine(&db, &clock), engine(&db, &clock));
        let (a, b) = tokio::join!(one.take_due(), two.take_due());
        let (a, b) = (a.unwrap(), b.unwrap());
        assert_eq!(a.len() + b.len(), ROUTINES.len(), "each routine has one taker");
        assert!(one.take_due().await.unwrap().is_empty());
        for run in &a {
            assert!(one.carry_out(run).await.unwrap().ok);
        }
        for run in &b {
            assert!(two.carry_out(run).await.unwrap().ok);
        }
        assert!(two.take_due().await.unwrap().is_empty(), "done is done");
    }

    async fn a_dead_servers_run_is_begun_anew(db: Db) {
        let clock = clock();
        let (dead, alive) = (engine(&db, &clock), engine(&db, &clock));
        let lost = dead.take_due().await.unwrap();
        clock.advance(TimeDelta::seconds(20));
        assert!(alive.take_due().await.unwrap().is_empty(), "its lease still lasts");
        clock.advance(LEASE);
        let again = alive.take_due().await.unwrap();
        let tidy = |runs: &[Run]| runs.iter().position(|r| r.job == "tidy");
        let (lost, again) = (&lost[tidy(&lost).unwrap()], &again[tidy(&again).unwrap()]);
        assert_eq!(lost.scheduled_for, again.scheduled_for);
        assert!(!dead.still_ours(lost).await.unwrap(), "it wakes up and finds the run taken over");
        assert!(alive.carry_out(again).await.unwrap().ok);
        let mut tx = db.read().await.unwrap();
        let run = tx.last_run("tidy").await.unwrap().unwrap();
        assert_eq!((run.attempts, run.token), (2, again.token));
    }

    async fn a_run_that_was_given_back_begins_at_once(db: Db) {
        let clock = clock();
        let (stopping, other) = (engine(&db, &clock), engine(&db, &clock));
        for run in &stopping.take_due().await.unwrap() {
            stopping.give_back(run).await.unwrap();
        }
        assert_eq!(other.take_due().await.unwrap().len(), ROUTINES.len());
    }

    async fn missed_runs_are_done_once(db: Db) {
        let clock = clock();
        let engine = engine(&db, &clock);
        assert_eq!(engine.run_due().await.unwrap().len(), ROUTINES.len());
        clock.advance(TimeDelta::days(400));
        assert_eq!(engine.run_due().await.unwrap().len(), ROUTINES.len(), "not once for every day");
        assert!(engine.run_due().await.unwrap().is_empty());
    }

    async fn a_clock_that_jumps_back_repeats_nothing(db: Db) {
        let clock = clock();
        let engine = engine(&db, &clock);
        engine.run_due().await.unwrap();
        clock.advance(TimeDelta::hours(-2));
        assert!(engine.run_due().await.unwrap().is_empty());
        clock.advance(TimeDelta::hours(2));
        assert!(engine.run_due().await.unwrap().is_empty());
    }
}
