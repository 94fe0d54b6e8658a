//! Leaderboards: what everyone with an opinion earned over many claims; and what one claim earned everyone.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::{
    document::ClaimDocument,
    forecast::{Forecaster, ForecasterKind, Score as Scored, ScoreKind, leaderboard::leaderboard},
    ids::ClaimId,
    options::Options,
};
use bellwether_store::Score;
use chrono::{DateTime, Utc};

use crate::{Engine, Result, claims::ClaimKey};

/// Which leaderboard.
#[derive(Clone, Debug)]
pub struct BoardQuery {
    /// By which score.
    pub score: ScoreKind,
    /// Only claims settled since.
    pub since: Option<DateTime<Utc>>,
    /// Only claims with this tag.
    pub tag: Option<String>,
    /// Only forecasters of these kinds; empty: all. Naive baselines are always listed.
    pub kinds: Vec<ForecasterKind>,
}

impl Default for BoardQuery {
    /// Everyone by Brier score, over all time.
    fn default() -> Self {
        Self { score: ScoreKind::Brier, since: None, tag: None, kinds: Vec::new() }
    }
}

/// A leaderboard.
#[derive(Clone, Debug)]
pub struct Board {
    /// The best first.
    pub rows: Vec<BoardRow>,
    /// How many settled claims it is made of.
    pub claims: usize,
}

/// A forecaster's place.
#[derive(Clone, Debug)]
pub struct BoardRow {
    /// From 1; equals share a place.
    pub rank: usize,
    /// Whose.
    pub forecaster: Forecaster,
    /// By the score asked for: the sum over claims, or for Brier and log the mean by coverage.
    pub value: f64,
    /// The mean Brier score by coverage, whatever was asked for.
    pub brier: Option<f64>,
    /// The sum of peer scores, whatever was asked for.
    pub peer: Option<f64>,
    /// The mean share of the claims' time that was forecast, over the claims it forecast.
    pub coverage: f64,
    /// How many claims it forecast.
    pub claims: usize,
    /// Score points earned by moves.
    pub points: Option<f64>,
}

/// What a claim earned a forecaster.
#[derive(Clone, Debug)]
pub struct ClaimScore {
    /// Whose.
    pub forecaster: Forecaster,
    /// Everything earned.
    pub score: Score,
}

/// A kind of score of a row, with its coverage; none where nothing was covered.
pub(super) fn scored(score: &Score, kind: ScoreKind) -> Option<Scored> {
    let with = |value: Option<f64>, coverage: f64| value.map(|value| Scored { value, coverage });
    match kind {
        ScoreKind::Brier => with(score.brier, score.coverage),
        ScoreKind::Log => with(score.log, score.coverage),
        ScoreKind::Baseline => with(score.baseline, score.coverage),
        ScoreKind::Peer => with(score.peer, score.peer_coverage.unwrap_or(0.0)),
        ScoreKind::SpotBaseline => with(score.spot_baseline, 1.0),
        ScoreKind::SpotPeer => with(score.spot_peer, 1.0),
        ScoreKind::RelativeLegacy => None,
    }
}

impl Engine {
    /// A leaderboard over settled claims.
    pub async fn leaderboard(&self, query: &BoardQuery) -> Result<Board> {
        let mut tx = self.read().await?;
        let since = query.since.unwrap_or(DateTime::UNIX_EPOCH);
        let mut scores = tx.scores_since(since).await?;
        if let Some(tag) = &query.tag {
            let ids: Vec<ClaimId> =
                scores.iter().map(|s| s.claim).collect::<BTreeSet<_>>().into_iter().collect();
            let mut tagged = BTreeSet::new();
            for claim in tx.claims(&ids).await? {
                let document: ClaimDocument = claim.document.read()?;
                if document.tags.iter().any(|t| t == tag) {
                    tagged.insert(claim.id);
                }
            }
            scores.retain(|score| tagged.contains(&score.claim));
        }
        let claims = scores.iter().map(|score| score.claim).collect::<BTreeSet<_>>().len();
        let wanted = |who: &Forecaster| {
            let kind = who.kind();
            query.kinds.is_empty() || query.kinds.contains(&kind) || kind == ForecasterKind::Baseline
        };
        scores.retain(|score| wanted(&score.forecaster));
        let by = |kind| {
            let all = scores.iter().filter_map(|s| Some((s.forecaster.clone(), 1.0, scored(s, kind)?)));
            leaderboard(kind, all)
        };
        let value_of = |kind| -> BTreeMap<Forecaster, f64> {
            by(kind).into_iter().map(|place| (place.forecaster, place.value)).collect()
        };
        let (brier, peer) = (value_of(ScoreKind::Brier), value_of(ScoreKind::Peer));
        let mut points: BTreeMap<&Forecaster, f64> = BTreeMap::new();
        for score in &scores {
            if let Some(earned) = score.points {
                *points.entry(&score.forecaster).or_default() += earned;
            }
        }
        let rows = by(query.score)
            .into_iter()
            .map(|place| BoardRow {
                rank: place.rank,
                value: place.value,
                brier: brier.get(&place.forecaster).copied(),
                peer: peer.get(&place.forecaster).copied(),
                coverage: place.coverage / place.claims.max(1) as f64,
                claims: place.claims,
                points: points.get(&place.forecaster).copied(),
                forecaster: place.forecaster,
            })
            .collect();
        Ok(Board { rows, claims })
    }

    /// What a claim earned everyone, by Brier score; those with nothing but score points last. Empty until it is
    /// settled.
    pub async fn claim_scores(&self, claim: &ClaimKey) -> Result<Vec<ClaimScore>> {
        let mut tx = self.read().await?;
        let row = claim.find(&mut tx).await?;
        let mut scores: Vec<ClaimScore> = tx
            .scores_of_claim(row.id)
            .await?
            .into_iter()
            .map(|score| ClaimScore { forecaster: score.forecaster.clone(), score })
            .collect();
        let order = |score: &ClaimScore| score.score.brier.unwrap_or(f64::INFINITY);
        scores.sort_by(|a, b| order(a).total_cmp(&order(b)).then_with(|| a.forecaster.cmp(&b.forecaster)));
        Ok(scores)
    }
}

/// Whether a claim is between yes and no: only those enter calibration.
pub(super) fn is_yes_no(document: &ClaimDocument) -> bool {
    Options::of(document) == Options::YesNo
}
