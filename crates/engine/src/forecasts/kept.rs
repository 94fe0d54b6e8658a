//! The crowds of claims that were forecast lately, so that a forecast does not read everybody's again.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bellwether_core::{
    actor::Actor, document::ClaimDocument, forecast::Crowd, ids::ClaimId, options::Options,
};
use bellwether_store::Tx;

use super::crowd;
use crate::Result;

/// The most forecasters that are kept, over all claims: some 20 MB.
const MOST: usize = 200_000;

/// Crowds by claim.
#[derive(Default)]
pub(crate) struct KeptCrowds(Mutex<HashMap<ClaimId, Kept>>);

/// A crowd as it was after a certain point of its history.
pub(super) struct Kept {
    /// The number of the claim's last crowd point. Every change of the crowd appends one, whichever server made it, so
    /// while the number is the same this is the crowd.
    pub(super) seq: i64,
    pub(super) crowd: Crowd<Actor>,
    terms: Terms,
}

/// What of a claim's document decides who counts and in what.
#[derive(PartialEq)]
struct Terms {
    options: Options,
    count_bots: bool,
}

impl Terms {
    fn of(document: &ClaimDocument) -> Self {
        Self { options: Options::of(document), count_bots: document.forecasts.count_bots }
    }
}

impl Kept {
    /// A crowd after a change of it.
    pub(super) fn new(seq: i64, crowd: Crowd<Actor>, document: &ClaimDocument) -> Self {
        Self { seq, crowd, terms: Terms::of(document) }
    }
}

impl KeptCrowds {
    /// A claim's crowd as the transaction finds it: the one that was kept, or else everybody's forecast read anew.
    /// It is no longer kept; whoever commits a change gives it back.
    /// `seq` is the number of the claim's last crowd point there.
    pub(super) async fn take(
        &self,
        tx: &mut Tx,
        claim: ClaimId,
        seq: i64,
        document: &ClaimDocument,
    ) -> Result<Kept> {
        let kept = self.lock().remove(&claim);
        if let Some(kept) = kept.filter(|kept| kept.seq == seq && kept.terms == Terms::of(document)) {
            return Ok(kept);
        }
        let crowd = crowd::of(document, &tx.standing_forecasts(claim).await?)?;
        Ok(Kept::new(seq, crowd, document))
    }

    /// Keeps what a committed transaction left.
    pub(super) fn give_back(&self, crowds: impl IntoIterator<Item = (ClaimId, Kept)>) {
        let mut all = self.lock();
        all.extend(crowds);
        if all.values().map(|kept| kept.crowd.len()).sum::<usize>() > MOST {
            all.clear();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ClaimId, Kept>> {
        // What the map holds is whole at every instant, whoever panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
