//! A forecaster's track record: what each settled claim earned them, and whether what they called likely came true.

use std::collections::BTreeMap;

use bellwether_core::{
    document::ClaimDocument,
    forecast::{
        Forecaster, Interval, Probabilities, Row, ScoreKind,
        calibration::{Bin, Told, calibration},
        intervals,
        leaderboard::leaderboard,
    },
    ids::{ClaimId, Slug},
    status::Outcome,
};
use bellwether_store::{Claim, JsonText, Score, Tx};

use super::{
    board::{is_yes_no, scored},
    lines,
};
use crate::{Engine, EngineError, Result, claims::all_moves};

/// What is known of a forecaster.
#[derive(Clone, Debug)]
pub struct TrackRecord {
    /// Whose.
    pub forecaster: Forecaster,
    /// Every settled claim that earned them something, newest first.
    pub earned: Vec<Earned>,
    /// Each kind of score over all of them: sum, or mean by coverage for Brier and log.
    pub totals: BTreeMap<ScoreKind, f64>,
    /// The mean share of the claims' time that was forecast.
    pub coverage: f64,
    /// Score points of all moves.
    pub points: f64,
    /// The 21 bins of what they forecast of settled yes/no claims.
    pub calibration: Vec<Bin>,
}

/// What a claim earned them.
#[derive(Clone, Debug)]
pub struct Earned {
    /// The claim's address.
    pub slug: Slug,
    /// Its title.
    pub title: String,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// All scores.
    pub score: Score,
}

impl Engine {
    /// A forecaster's track record.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] for someone who never had an opinion and has no account.
    pub async fn track_record(&self, forecaster: &Forecaster) -> Result<TrackRecord> {
        let mut tx = self.read().await?;
        let mut scores = tx.scores_of_forecaster(forecaster).await?;
        if scores.is_empty() && !known(&mut tx, forecaster).await? {
            return Err(EngineError::NotFound("forecaster"));
        }
        scores.reverse();
        let ids: Vec<ClaimId> = scores.iter().map(|s| s.claim).collect();
        let claims: BTreeMap<ClaimId, Claim> =
            tx.claims(&ids).await?.into_iter().map(|claim| (claim.id, claim)).collect();
        let mut told = Vec::new();
        for score in &scores {
            if let Some(claim) = claims.get(&score.claim) {
                told.extend(told_of(&mut tx, forecaster, claim, score).await?);
            }
        }
        let totals = ScoreKind::KEPT
            .into_iter()
            .filter_map(|kind| {
                let all = scores.iter().filter_map(|s| Some(((), 1.0, scored(s, kind)?)));
                Some((kind, leaderboard(kind, all).pop()?.value))
            })
            .collect();
        let covered: Vec<f64> = scores.iter().map(|s| s.coverage).filter(|c| *c > 0.0).collect();
        Ok(TrackRecord {
            forecaster: forecaster.clone(),
            totals,
            coverage: covered.iter().sum::<f64>() / covered.len().max(1) as f64,
            points: scores.iter().filter_map(|s| s.points).sum(),
            calibration: calibration(told),
            earned: scores
                .into_iter()
                .filter_map(|score| {
                    let claim = claims.get(&score.claim)?;
                    let (slug, title) = (claim.slug.clone(), claim.title.clone());
                    Some(Earned { slug, title, outcome: claim.outcome.clone(), score })
                })
                .collect(),
        })
    }
}

/// Whether someone could have a record: they forecast, or have an account, or are a line that every claim has.
async fn known(tx: &mut Tx, forecaster: &Forecaster) -> Result<bool> {
    use bellwether_core::{actor::Actor, stream::Stream};
    Ok(match forecaster {
        Forecaster::By(actor) => {
            !tx.forecasts_of_forecaster(actor, None, 1).await?.is_empty()
                || match actor {
                    Actor::Person(handle) | Actor::Bot(handle) => {
                        tx.account_of_handle(handle).await?.is_some_and(|account| account.actor() == *actor)
                    }
                    Actor::Operator => true,
                    Actor::System(_) => false,
                }
        }
        Forecaster::Stream(Stream::External(_)) => false,
        Forecaster::Stream(_) | Forecaster::Headline | Forecaster::Even | Forecaster::BaseRate => true,
    })
}

/// What a forecaster said of a settled yes/no claim, each weighing by the time it stood.
async fn told_of(
    tx: &mut Tx,
    forecaster: &Forecaster,
    claim: &Claim,
    score: &Score,
) -> Result<Vec<Told<ClaimId>>> {
    let document: ClaimDocument = claim.document.read()?;
    if !is_yes_no(&document) || score.brier.is_none() {
        return Ok(Vec::new());
    }
    let (open, close) = (claim.published_at.unwrap_or(claim.created_at), score.closed_at);
    let said: Vec<Interval<Forecaster>> = match forecaster {
        Forecaster::By(actor) => {
            let mut rows = Vec::new();
            for row in tx.forecasts_by(claim.id, actor).await? {
                let says: Option<Probabilities> =
                    row.probabilities.as_ref().map(JsonText::read).transpose()?;
                let until = row.expires_at;
                rows.push(Row { forecaster: forecaster.clone(), at: row.at, says, until, counts: true });
            }
            intervals(rows)
        }
        Forecaster::Stream(_) | Forecaster::Headline => {
            let mut said = lines::of_moves(&all_moves(tx, claim.id).await?);
            said.retain(|interval| interval.forecaster == *forecaster);
            said
        }
        Forecaster::Even | Forecaster::BaseRate => {
            let p = score.final_p.map(|p| if claim.outcome == Some(Outcome::Yes) { p } else { 1.0 - p });
            vec![Interval {
                forecaster: forecaster.clone(),
                start: open,
                end: None,
                p: vec![p],
                counts: false,
            }]
        }
    };
    let whole = (close - open).num_microseconds().unwrap_or(i64::MAX).max(1) as f64;
    let came_true = claim.outcome == Some(Outcome::Yes);
    Ok(said
        .iter()
        .filter_map(|interval| {
            let from = interval.start.max(open);
            let to = interval.end.map_or(close, |end| end.min(close));
            let stood = (to - from).num_microseconds().unwrap_or(0) as f64;
            let p = interval.p.first().copied().flatten()?;
            (stood > 0.0).then(|| Told { claim: claim.id, p, weight: stood / whole, came_true })
        })
        .collect())
}
