//! The scheduler: a tick, and what the database says is due.
//!
//! The tick knows nothing: it may come late, twice, or on several servers at once. What is due stands in the database
//! (`source_state.next_due_at`, the routines' last runs), each due run is taken once (`job_run`), and after a downtime
//! whatever is due is done once.

pub(crate) mod due;
mod routine;
mod run;

use std::{sync::Arc, time::Duration};

use tokio::sync::{Notify, Semaphore};
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{debug, info, warn};

pub use run::Done;

use crate::Engine;

/// How the scheduler works.
#[derive(Clone, Debug)]
pub struct Pace {
    /// When to look what is due: a cron expression of six fields, seconds first.
    pub tick: String,
    /// Runs at the same time.
    pub at_once: usize,
    /// How long a stop waits for runs under way before it gives them back.
    pub grace: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { tick: "*/10 * * * * *".to_owned(), at_once: 4, grace: Duration::from_secs(8) }
    }
}

/// A running scheduler. Stop it with [`Self::stop`]; dropped, it goes on until its runtime ends.
pub struct Scheduler {
    ticker: JobScheduler,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

impl Scheduler {
    /// Starts ticking.
    pub async fn start(engine: Engine, pace: Pace) -> Result<Self, JobSchedulerError> {
        let wake = Arc::new(Notify::new());
        let mut ticker = JobScheduler::new().await?;
        // The closure only wakes the loop below: ticks that pile up are one, and nothing runs twice at a time.
        let job = Job::new_async(pace.tick.as_str(), {
            let wake = wake.clone();
            move |_, _| {
                let wake = wake.clone();
                Box::pin(async move { wake.notify_one() })
            }
        })?;
        ticker.add(job).await?;
        ticker.start().await?;
        // What came due while the server was down is due now.
        wake.notify_one();
        let (stopping, tasks) = (CancellationToken::new(), TaskTracker::new());
        let work = Loop { engine, wake, stopping: stopping.clone(), tasks: tasks.clone(), pace };
        tasks.spawn(work.run());
        ticker.init().await.ok();
        Ok(Self { ticker, stopping, tasks })
    }

    /// Takes nothing new, and waits for what is under way; what takes too long is given back.
    pub async fn stop(mut self) {
        if let Err(error) = self.ticker.shutdown().await {
            debug!(%error, "the ticker did not stop");
        }
        self.stopping.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

struct Loop {
    engine: Engine,
    wake: Arc<Notify>,
    stopping: CancellationToken,
    tasks: TaskTracker,
    pace: Pace,
}

impl Loop {
    async fn run(self) {
        let room = Arc::new(Semaphore::new(self.pace.at_once.max(1)));
        loop {
            tokio::select! {
                () = self.stopping.cancelled() => return,
                () = self.wake.notified() => {}
            }
            let due = match self.engine.take_due().await {
                Ok(due) => due,
                Err(error) => {
                    warn!(%error, "could not see what is due; the next tick tries again");
                    continue;
                }
            };
            for run in due {
                let (engine, room) = (self.engine.clone(), room.clone());
                let (stopping, grace) = (self.stopping.clone(), self.pace.grace);
                self.tasks.spawn(async move {
                    let too_late = async {
                        stopping.cancelled().await;
                        tokio::time::sleep(grace).await;
                    };
                    let work = async {
                        let _place = room.acquire().await;
                        engine.carry_out(&run).await
                    };
                    tokio::select! {
                        done = work => match done {
                            Ok(done) if done.ok => info!(job = %done.job, detail = %done.detail, "done"),
                            Ok(done) => warn!(job = %done.job, detail = %done.detail, "failed"),
                            Err(error) => warn!(%error, "a run could not be ended"),
                        },
                        () = too_late => {
                            if let Err(error) = engine.give_back(&run).await {
                                warn!(%error, "a run could not be given back; its lease will end");
                            }
                        }
                    }
                });
            }
        }
    }
}
