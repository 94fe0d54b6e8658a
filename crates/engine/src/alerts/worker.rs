//! What runs beside the server: looks what happened, and tells it.

use std::time::Duration;

use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::warn;

use super::deliver::Dispatcher;
use crate::{Engine, Result};

/// Running alerts. Stop them with [`Self::stop`]; dropped, they go on until their runtime ends.
pub struct Worker {
    stopping: CancellationToken,
    tasks: TaskTracker,
}

/// After a fault it is tried again so much later.
const REST: Duration = Duration::from_secs(2);

impl Worker {
    /// Starts looking.
    pub fn start(engine: Engine) -> Self {
        let (stopping, tasks) = (CancellationToken::new(), TaskTracker::new());
        let stop = stopping.clone();
        let dispatcher = match Dispatcher::new(engine.clone(), tasks.clone(), stopping.clone()) {
            Ok(dispatcher) => Some(dispatcher),
            Err(error) => {
                warn!(%error, "alerts go to inboxes only");
                None
            }
        };
        tasks.spawn(async move {
            loop {
                let looked = async {
                    engine.tell_what_happened().await?;
                    match &dispatcher {
                        Some(dispatcher) => dispatcher.look().await,
                        None => Ok(()),
                    }
                };
                let pause = match looked.await {
                    Ok(()) => engine.alerts().tick,
                    Err(error) => {
                        warn!(%error, "alerts wait: what happened could not be read or written");
                        REST
                    }
                };
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(pause) => {}
                }
            }
        });
        Self { stopping, tasks }
    }

    /// Looks no more, and waits for what is under way: a transaction at most.
    pub async fn stop(self) {
        self.stopping.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Engine {
    /// Everything that is due now: events to notices, notices to messages.
    pub async fn tell_what_happened(&self) -> Result<()> {
        while self.fan_out().await? {}
        self.look_again().await?;
        while self.gather().await? > 0 {}
        Ok(())
    }
}
