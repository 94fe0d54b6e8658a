//! What outcomes earned everyone with an opinion. Rows stay; those of an outcome that was taken back are marked.

use bellwether_core::{
    forecast::Forecaster,
    ids::{ClaimId, ResolutionId},
};
use chrono::{DateTime, Utc};

use crate::{
    Resolution, Result, Tx, Word,
    sql::{many, run},
    table::table,
};

table! {
    /// What a forecaster earned by an outcome.
    "score" => pub struct Score {
        /// The outcome.
        pub resolution: ResolutionId,
        /// The claim.
        pub claim: ClaimId,
        /// Whose it is.
        pub forecaster: Forecaster,
        /// Person, bot, stream or baseline.
        pub kind: Word,
        /// When the outcome became final.
        pub at: DateTime<Utc>,
        /// From when on forecasts could know: what came later is not scored.
        pub closed_at: DateTime<Utc>,
        /// Time-weighted Brier score, 0 (best) to 1.
        pub brier: Option<f64>,
        /// Time-weighted natural logarithm of the outcome's probability.
        pub log: Option<f64>,
        /// Baseline score: 0 is always even, 100 the best.
        pub baseline: Option<f64>,
        /// Peer score: how much better than the others.
        pub peer: Option<f64>,
        /// The same as `baseline`, at closing only.
        pub spot_baseline: Option<f64>,
        /// The same as `peer`, at closing only.
        pub spot_peer: Option<f64>,
        /// The share of the time from opening to deadline that was forecast.
        pub coverage: f64,
        /// The same, where others forecast too.
        pub peer_coverage: Option<f64>,
        /// The outcome's probability when the claim closed.
        pub final_p: Option<f64>,
        /// Score points earned by moves of the headline.
        pub points: Option<f64>,
        /// By how many moves.
        pub moves: i64,
        /// Forecasts that counted.
        pub forecasts: i64,
        /// Forecasts that saw criteria under which the claim would have come out otherwise.
        pub annulled: i64,
        /// Forecasts that were made after the event.
        pub late: i64,
        /// When the outcome was taken back.
        pub withdrawn_at: Option<DateTime<Utc>>,
    }
}

impl Tx {
    /// Writes what an outcome earned.
    pub async fn insert_scores(&mut self, scores: &[Score]) -> Result<()> {
        self.insert_all(scores).await
    }

    /// Marks all scores of a claim as withdrawn.
    pub async fn withdraw_scores(&mut self, claim: ClaimId, at: DateTime<Utc>) -> Result<()> {
        const SQL: &str = "UPDATE score SET withdrawn_at = $2 WHERE claim = $1 AND withdrawn_at IS NULL";
        run!(self, SQL, claim, at)?;
        Ok(())
    }

    /// The scores of a claim that count, by forecaster.
    pub async fn scores_of_claim(&mut self, claim: ClaimId) -> Result<Vec<Score>> {
        const SQL: &str = "SELECT * FROM score WHERE claim = $1 AND withdrawn_at IS NULL ORDER BY forecaster";
        many!(self, Score, SQL, claim)
    }

    /// The scores of an outcome, whether it counts or not, by forecaster.
    pub async fn scores_of_resolution(&mut self, resolution: ResolutionId) -> Result<Vec<Score>> {
        many!(self, Score, "SELECT * FROM score WHERE resolution = $1 ORDER BY forecaster", resolution)
    }

    /// The scores of a forecaster that count, oldest first.
    pub async fn scores_of_forecaster(&mut self, forecaster: &Forecaster) -> Result<Vec<Score>> {
        const SQL: &str =
            "SELECT * FROM score WHERE forecaster = $1 AND withdrawn_at IS NULL ORDER BY at, claim";
        many!(self, Score, SQL, forecaster)
    }

    /// Outcomes that count and have no scores: settled before scores were kept.
    pub async fn unscored_resolutions(&mut self, limit: i64) -> Result<Vec<Resolution>> {
        const SQL: &str = "SELECT r.* FROM resolution r JOIN claim c ON c.id = r.claim
            WHERE r.kind = 'resolved' AND c.outcome IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM resolution n WHERE n.claim = r.claim AND n.seq > r.seq)
                AND NOT EXISTS (SELECT 1 FROM score s WHERE s.resolution = r.id)
            ORDER BY r.seq LIMIT $1";
        many!(self, Resolution, SQL, limit)
    }

    /// All scores that count of outcomes since an instant, oldest first.
    pub async fn scores_since(&mut self, since: DateTime<Utc>) -> Result<Vec<Score>> {
        const SQL: &str =
            "SELECT * FROM score WHERE withdrawn_at IS NULL AND at >= $1 ORDER BY at, claim, forecaster";
        many!(self, Score, SQL, since)
    }
}
