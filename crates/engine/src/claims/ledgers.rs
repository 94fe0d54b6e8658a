//! The ledgers of claims that were read lately, so that readers of a busy claim do not read all of it each time.

use std::{
    collections::HashMap,
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bellwether_core::{ids::ClaimId, ledger::Move};
use bellwether_store::{Claim, CrowdPoint, StoreError, Tx};
use chrono::{DateTime, Utc};

use super::book::move_of;
use crate::Result;

/// The most rows that are kept over all claims: some 40 MB.
const MOST: usize = 60_000;

/// Moves and crowd points by claim. Both are appended under numbers without gaps and never edited, so what was read
/// once stays true, whichever server writes; only what came after it is read.
#[derive(Default)]
pub(crate) struct KeptLedgers(Mutex<HashMap<ClaimId, Kept>>);

#[derive(Clone, Default)]
struct Kept {
    moves: Arc<Vec<Move>>,
    crowd: Arc<Vec<CrowdPoint>>,
}

/// The first rows of a kept list: those that a reader's transaction, or the instant it tells of, knows.
pub(crate) struct Known<T> {
    all: Arc<Vec<T>>,
    upto: usize,
}

impl<T> Known<T> {
    /// Those up to an instant.
    fn until(all: Arc<Vec<T>>, upto: usize, is_known: impl Fn(&T) -> bool) -> Self {
        let upto = all.iter().take(upto).take_while(|row| is_known(row)).count();
        Self { all, upto }
    }
}

impl<T> Deref for Known<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.all.get(..self.upto).unwrap_or_default()
    }
}

impl KeptLedgers {
    /// A claim's moves up to an instant, oldest first. The claim's row is of the same transaction.
    pub(crate) async fn moves(&self, tx: &mut Tx, claim: &Claim, at: DateTime<Utc>) -> Result<Known<Move>> {
        let upto = usize::try_from(claim.move_seq).unwrap_or(usize::MAX);
        let mut moves = self.lock().get(&claim.id).map(|kept| kept.moves.clone()).unwrap_or_default();
        if moves.len() < upto {
            let rows = tx.moves_after(claim.id, seq_of(moves.len())).await?;
            let after = rows.iter().map(move_of).collect::<Result<Vec<_>>>()?;
            if after.iter().zip(moves.len() as u64 + 1..).any(|(m, seq)| m.seq != seq) {
                let reason = format!("claim {}: its numbers have a gap", claim.slug);
                return Err(StoreError::Inconsistent { table: "move", reason }.into());
            }
            moves = longer(moves, after);
            self.keep(claim.id, |kept| kept.moves = moves.clone());
        }
        Ok(Known::until(moves, upto, |m| m.at <= at))
    }

    /// A claim's crowd up to an instant, oldest first.
    pub(crate) async fn crowd(
        &self,
        tx: &mut Tx,
        claim: ClaimId,
        at: DateTime<Utc>,
    ) -> Result<Known<CrowdPoint>> {
        let upto = usize::try_from(tx.crowd_seq(claim).await?).unwrap_or(usize::MAX);
        let mut crowd = self.lock().get(&claim).map(|kept| kept.crowd.clone()).unwrap_or_default();
        if crowd.len() < upto {
            crowd = longer(crowd.clone(), tx.crowd_points_after(claim, seq_of(crowd.len())).await?);
            self.keep(claim, |kept| kept.crowd = crowd.clone());
        }
        Ok(Known::until(crowd, upto, |point| point.at <= at))
    }

    /// Keeps what was read. Where that is more than is kept at most, other claims are given up.
    fn keep(&self, claim: ClaimId, put: impl FnOnce(&mut Kept)) {
        let mut all = self.lock();
        put(all.entry(claim).or_default());
        if all.values().map(|kept| kept.moves.len() + kept.crowd.len()).sum::<usize>() > MOST {
            all.retain(|other, _| *other == claim);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ClaimId, Kept>> {
        // What the map holds is whole at every instant, whoever panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn longer<T: Clone>(mut all: Arc<Vec<T>>, after: Vec<T>) -> Arc<Vec<T>> {
    Arc::make_mut(&mut all).extend(after);
    all
}

fn seq_of(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
