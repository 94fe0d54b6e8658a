//! Where forecasts that come at the same time are taken together: one transaction, one wait for the disk.

use std::{mem, sync::Mutex};

use bellwether_core::actor::Actor;
use tokio::sync::oneshot;

use super::{ForecastInput, Made, batch::Batch, kept::KeptCrowds};
use crate::{Engine, EngineError, Result, claims::ClaimKey, idempotency};

/// The most that share a transaction.
const TOGETHER: usize = 64;

/// Forecasts that wait for their turn.
#[derive(Default)]
pub(crate) struct Desk {
    waiting: Mutex<Vec<Waiting>>,
    turn: tokio::sync::Mutex<()>,
    kept: KeptCrowds,
}

struct Waiting {
    actor: Actor,
    claim: ClaimKey,
    input: ForecastInput,
    via: &'static str,
    /// The request's key, where it may be sent twice.
    key: Option<String>,
    reply: oneshot::Sender<Result<Made>>,
}

impl Desk {
    /// Hands a forecast in and waits until it is durable, or refused.
    pub(super) async fn submit(
        &self,
        engine: &Engine,
        actor: &Actor,
        claim: &ClaimKey,
        input: ForecastInput,
        via: &'static str,
    ) -> Result<Made> {
        let (reply, answer) = oneshot::channel();
        let one = Waiting {
            actor: actor.clone(),
            claim: claim.clone(),
            input,
            via,
            key: idempotency::key(),
            reply,
        };
        self.lock().push(one);
        // A task of its own: the others of the batch do not depend on whether this caller waits for its reply.
        let engine = engine.clone();
        tokio::spawn(async move { serve(&engine).await });
        answer.await.map_err(EngineError::internal)?
    }

    /// The crowds of claims that were forecast lately.
    pub(super) fn kept(&self) -> &KeptCrowds {
        &self.kept
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        // What the list holds is whole at every instant, whoever panicked.
        self.waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn take(&self) -> Vec<Waiting> {
        let mut waiting = self.lock();
        if waiting.len() <= TOGETHER {
            return mem::take(&mut waiting);
        }
        waiting.drain(..TOGETHER).collect()
    }
}

/// Takes what waits. Whoever handed something in calls this, so nothing is left over; most find that it was taken
/// along with an earlier one.
async fn serve(engine: &Engine) {
    let desk = engine.desk();
    let _turn = desk.turn.lock().await;
    let all = desk.take();
    if all.is_empty() {
        return;
    }
    if let Ok(answers) = take_in(engine, &all).await {
        for (one, answer) in all.into_iter().zip(answers) {
            // Who no longer listens has gone; their forecast stands.
            let _ = one.reply.send(answer);
        }
        return;
    }
    // A fault that concerns one may have hit all: each gets its own transaction.
    for one in all {
        let answer = match take_in(engine, std::slice::from_ref(&one)).await {
            Ok(mut answers) => answers.pop().unwrap_or_else(|| Err(EngineError::internal("no answer"))),
            Err(fault) => Err(fault),
        };
        let _ = one.reply.send(answer);
    }
}

/// One answer for each, or the fault for which nothing was written.
async fn take_in(engine: &Engine, all: &[Waiting]) -> Result<Vec<Result<Made>>> {
    let now = engine.now();
    let mut tx = engine.db().write().await?;
    let mut batch = Batch::new(&mut tx, engine.desk().kept(), now);
    batch.open_all(all.iter().map(|one| &one.claim)).await?;
    let mut answers = Vec::with_capacity(all.len());
    for one in all {
        let answer = batch.make(&one.actor, &one.claim, &one.input, one.via).await;
        if let Err(fault @ (EngineError::Internal(_) | EngineError::Busy)) = answer {
            return Err(fault);
        }
        if let (Ok(_), Some(key)) = (&answer, &one.key) {
            batch.tx().note_effect(key, now).await?;
        }
        answers.push(answer);
    }
    let (_, crowds) = batch.write().await?;
    tx.commit().await?;
    engine.desk().kept().give_back(crowds);
    Ok(answers)
}
