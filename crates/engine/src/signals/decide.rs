//! What becomes of a signal beside a claim, other than being counted: not relevant, later, and taking that back.

use bellwether_core::{
    actor::Actor,
    ids::SignalId,
    signal::{LATER, SignalStatus},
};
use bellwether_store::{Change, SignalClaim, Word};
use chrono::{DateTime, Utc};
use serde_json::json;

use crate::{Engine, EngineError, Result, claims::ClaimKey};

/// What a person decides on a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It does not bear on the claim.
    NotRelevant,
    /// Not now; it comes back in seven days.
    Later,
    /// Take back what was decided: it waits again.
    Undo,
}

impl Decision {
    fn event(self) -> &'static str {
        match self {
            Self::NotRelevant => "signal.set_aside",
            Self::Later => "signal.put_off",
            Self::Undo => "signal.taken_up",
        }
    }
}

/// How a signal stands beside a claim after a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// What became of it.
    pub status: SignalStatus,
    /// When it comes back, of one that was put off.
    pub until: Option<DateTime<Utc>>,
}

impl Engine {
    /// Decides on a signal beside a claim. What is decided already stays as it is and is no error.
    ///
    /// # Errors
    /// A conflict for a signal that was counted: what takes that back is retracting the item.
    pub async fn decide_signal(
        &self,
        actor: &Actor,
        claim: &ClaimKey,
        signal: SignalId,
        decision: Decision,
    ) -> Result<Decided> {
        let at = self.now();
        let mut tx = self.write().await?;
        let row = claim.find(&mut tx).await?;
        let found = tx.signal(signal).await.map_err(|_| EngineError::NotFound("signal"))?;
        let beside = tx.signal_claim(row.id, signal).await?;
        let beside = beside.ok_or(EngineError::NotFound("signal of this claim"))?;
        let from = beside.status.clone();
        let was: SignalStatus = from.read()?;
        if was == SignalStatus::Counted {
            return Err(EngineError::Conflict(
                "this signal is counted as evidence: retract the item to take that back".to_owned(),
            ));
        }
        let (status, until) = match decision {
            Decision::NotRelevant => (SignalStatus::NotRelevant, None),
            Decision::Later => (SignalStatus::Later, Some(at + LATER)),
            Decision::Undo => (SignalStatus::Waiting, None),
        };
        // Putting off again what came back is a decision of its own.
        let again = was == SignalStatus::Later && was.waits(beside.until, at);
        if status == was && !again {
            return Ok(Decided { status, until: beside.until });
        }
        let open = decision == Decision::Undo;
        let decided = SignalClaim {
            status: Word::of(&status),
            decided_by: (!open).then(|| actor.clone()),
            decided_at: (!open).then_some(at),
            until,
            ..beside
        };
        tx.decide_signal(&decided, &from).await?;
        tx.record(&Change {
            at,
            actor,
            kind: decision.event(),
            claim: Some(row.id),
            subject: row.slug.to_string(),
            body: json!({
                "signal": signal, "kind": found.kind, "title": found.title, "was": was, "status": status, "until": until,
            }),
        })
        .await?;
        tx.commit().await?;
        Ok(Decided { status, until })
    }
}
