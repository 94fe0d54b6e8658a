//! Forecasts as readers see them: one's own, the crowd, all of a claim, all of a forecaster.

use std::collections::BTreeMap;

use bellwether_core::{
    actor::Actor,
    document::ClaimDocument,
    forecast::{
        Aggregate, Crowd, Entry, Method, Probabilities, Question, Row, aggregate::history, intervals,
    },
    ids::{ForecastId, Slug},
    options::Options,
};
use bellwether_store::{Claim, CrowdPoint, Forecast, JsonText, Tx};
use chrono::{DateTime, TimeDelta, Utc};

use super::{batch::refusal, crowd};
use crate::{Engine, Result, claims::ClaimKey};

/// What a claim's page says of its forecasts to whoever reads.
#[derive(Clone, Debug)]
pub struct ClaimForecasts {
    /// The claim's options.
    pub options: Options,
    /// How many forecasters stand in the crowd; told also where its numbers are hidden.
    pub n: usize,
    /// How many forecasts were made so far, withdrawals left out.
    pub made: usize,
    /// What the crowd says; none while nobody forecasts, or while it is hidden.
    pub crowd: Option<CrowdView>,
    /// The crowd is hidden until the reader has forecast.
    pub hidden: bool,
    /// The reader's own standing forecast.
    pub mine: Option<MyForecast>,
    /// Why the claim takes no forecasts; none while it does.
    pub closed: Option<String>,
}

/// The crowd by every way of counting it.
#[derive(Clone, Debug)]
pub struct CrowdView {
    /// How many forecasters.
    pub n: usize,
    /// The recency-weighted median with its quartiles: the crowd.
    pub aggregate: Aggregate,
    /// The unweighted median of each option.
    pub median: Vec<Option<f64>>,
    /// The arithmetic mean.
    pub mean: Vec<Option<f64>>,
    /// The geometric mean of odds.
    pub geometric_mean_of_odds: Vec<Option<f64>>,
}

/// Someone's standing forecast.
#[derive(Clone, Debug)]
pub struct MyForecast {
    /// Identity.
    pub id: ForecastId,
    /// One per option.
    pub p: Probabilities,
    /// Since when.
    pub at: DateTime<Utc>,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// Why, in its author's words.
    pub rationale: Option<String>,
}

/// What a forecast did to the crowd.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// The crowd's number before and after, where it moved.
    pub crowd: Option<(f64, f64)>,
}

/// A forecast, or a withdrawal, in a list.
#[derive(Clone, Debug)]
pub struct ForecastView {
    /// Identity.
    pub id: ForecastId,
    /// The claim.
    pub claim: Slug,
    /// The claim's title.
    pub title: String,
    /// The claim's options.
    pub options: Options,
    /// Whose.
    pub forecaster: Actor,
    /// Its place among this forecaster's of this claim.
    pub n: i64,
    /// From when on.
    pub at: DateTime<Utc>,
    /// One per option; none for a withdrawal.
    pub p: Option<Probabilities>,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether it stands now.
    pub stands: bool,
    /// The criteria that it saw.
    pub criteria_n: i64,
    /// Why, in its author's words.
    pub rationale: Option<String>,
    /// The way it came.
    pub via: String,
}

/// Some forecasts, newest first.
#[derive(Clone, Debug)]
pub struct ForecastPage {
    /// The rows.
    pub forecasts: Vec<ForecastView>,
    /// Where the next page begins.
    pub next: Option<(DateTime<Utc>, ForecastId)>,
    /// Only one's own are listed: the others are hidden until one has forecast.
    pub hidden: bool,
}

impl Engine {
    /// Whether whoever reads does not see the crowd of a claim: it hides it, it is not settled, and they have not
    /// forecast.
    pub(crate) async fn hides_crowd(
        &self,
        tx: &mut Tx,
        row: &Claim,
        document: &ClaimDocument,
    ) -> Result<bool> {
        if !document.forecasts.hide_crowd || row.status.is_settled() {
            return Ok(false);
        }
        match self.viewer() {
            Some(viewer) => Ok(!tx.has_forecast(row.id, viewer).await?),
            None => Ok(true),
        }
    }

    /// A claim's forecasts as whoever reads sees them.
    pub async fn claim_forecasts(&self, claim: &ClaimKey) -> Result<ClaimForecasts> {
        let now = self.now();
        let mut tx = self.read().await?;
        let row = claim.find(&mut tx).await?;
        let document: ClaimDocument = row.document.read()?;
        let options = Options::of(&document);
        let hidden = self.hides_crowd(&mut tx, &row, &document).await?;
        let mut standing = tx.standing_forecasts(row.id).await?;
        standing.retain(|one| one.expires_at.is_none_or(|end| end > now));
        let mine = match self.viewer().and_then(|v| standing.iter().find(|one| one.forecaster == *v)) {
            Some(one) => Some(MyForecast {
                id: one.forecast,
                p: one.probabilities.read()?,
                at: one.at,
                expires_at: one.expires_at,
                rationale: tx.forecast(one.forecast).await?.rationale,
            }),
            None => None,
        };
        let closed = refusal(&row, now);
        let made = usize::try_from(tx.count_forecasts(row.id).await?).unwrap_or(0);
        let crowd = crowd::of(&document, &standing)?;
        let n = crowd.len();
        let crowd = if hidden { None } else { view(&crowd) };
        Ok(ClaimForecasts { options, n, made, crowd, hidden, mine, closed })
    }

    /// What a forecast, or a withdrawal, did to the crowd; none where the reader does not see it.
    pub async fn forecast_effect(&self, id: ForecastId) -> Result<Option<Effect>> {
        let mut tx = self.read().await?;
        let row = tx.forecast(id).await?;
        let claim = tx.claim(row.claim).await?;
        let document: ClaimDocument = claim.document.read()?;
        if self.hides_crowd(&mut tx, &claim, &document).await? {
            return Ok(None);
        }
        let leading = crate::claims::leading_of(&claim)?;
        let center = |point: Option<CrowdPoint>| -> Result<Option<f64>> {
            let Some(point) = point.filter(|point| point.n > 0) else { return Ok(None) };
            Ok(point.center.read::<Vec<Option<f64>>>()?.get(leading).copied().flatten())
        };
        let before = center(tx.crowd_at(row.claim, row.at - TimeDelta::microseconds(1)).await?)?;
        let after = center(tx.crowd_at(row.claim, row.at).await?)?;
        let crowd = before.zip(after);
        Ok(Some(Effect { crowd }))
    }

    /// The crowd of a claim by one way of counting it, at every instant at which it changed; nothing where the reader
    /// does not see it.
    pub async fn crowd_history(&self, claim: &ClaimKey, method: Method) -> Result<Vec<Entry>> {
        let mut tx = self.read().await?;
        let row = claim.find(&mut tx).await?;
        let document: ClaimDocument = row.document.read()?;
        if self.hides_crowd(&mut tx, &row, &document).await? {
            return Ok(Vec::new());
        }
        let mut rows = Vec::new();
        for row in tx.forecasts_of_claim(row.id).await? {
            let counts = crowd::counts_in(&document, &row.forecaster);
            let says = row.probabilities.as_ref().map(JsonText::read).transpose()?;
            rows.push(Row { forecaster: row.forecaster, at: row.at, says, until: row.expires_at, counts });
        }
        let question = Question {
            options: Options::of(&document),
            open: row.published_at.unwrap_or(row.created_at),
            scheduled_close: row.window_by,
            actual_close: None,
            spot: None,
        };
        Ok(history(&question, &intervals(rows), method))
    }

    /// The forecasts of a claim, newest first.
    pub async fn forecasts_of_claim(
        &self,
        claim: &ClaimKey,
        before: Option<(DateTime<Utc>, ForecastId)>,
        limit: u32,
    ) -> Result<ForecastPage> {
        let limit = i64::from(limit.clamp(1, 200));
        let mut tx = self.read().await?;
        let row = claim.find(&mut tx).await?;
        let document: ClaimDocument = row.document.read()?;
        let hidden = self.hides_crowd(&mut tx, &row, &document).await?;
        if hidden {
            // Who has not forecast has none of their own either.
            return Ok(ForecastPage { forecasts: Vec::new(), next: None, hidden });
        }
        let rows = tx.forecasts_before(row.id, before, limit + 1).await?;
        let claims = BTreeMap::from([(row.id, (row, document))]);
        self.pages(&mut tx, rows, claims, limit).await
    }

    /// The forecasts of a forecaster, newest first. On claims that hide their crowd only those that the reader may see.
    pub async fn forecasts_of_forecaster(
        &self,
        forecaster: &Actor,
        before: Option<(DateTime<Utc>, ForecastId)>,
        limit: u32,
    ) -> Result<ForecastPage> {
        let limit = i64::from(limit.clamp(1, 200));
        let mut tx = self.read().await?;
        let rows = tx.forecasts_of_forecaster(forecaster, before, limit + 1).await?;
        let mut ids: Vec<_> = rows.iter().map(|row| row.claim).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut claims = BTreeMap::new();
        for row in tx.claims(&ids).await? {
            let document: ClaimDocument = row.document.read()?;
            if self.viewer() == Some(forecaster) || !self.hides_crowd(&mut tx, &row, &document).await? {
                claims.insert(row.id, (row, document));
            }
        }
        self.pages(&mut tx, rows, claims, limit).await
    }

    async fn pages(
        &self,
        tx: &mut Tx,
        mut rows: Vec<Forecast>,
        claims: BTreeMap<bellwether_core::ids::ClaimId, (Claim, ClaimDocument)>,
        limit: i64,
    ) -> Result<ForecastPage> {
        let now = self.now();
        let limit = usize::try_from(limit).unwrap_or(200);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|row| (row.at, row.id));
        let mut forecasts = Vec::with_capacity(rows.len());
        for row in rows {
            let Some((claim, document)) = claims.get(&row.claim) else { continue };
            let standing = tx.standing_forecast(row.claim, &row.forecaster).await?;
            let stands = standing.is_some_and(|s| s.forecast == row.id)
                && row.expires_at.is_none_or(|end| end > now)
                && !claim.status.is_settled();
            forecasts.push(ForecastView {
                id: row.id,
                claim: claim.slug.clone(),
                title: claim.title.clone(),
                options: Options::of(document),
                n: row.n,
                at: row.at,
                p: row.probabilities.as_ref().map(JsonText::read).transpose()?,
                expires_at: row.expires_at,
                stands,
                criteria_n: row.criteria_n,
                rationale: row.rationale,
                via: row.via.as_str().to_owned(),
                forecaster: row.forecaster,
            });
        }
        Ok(ForecastPage { forecasts, next, hidden: false })
    }
}

fn view(crowd: &Crowd<Actor>) -> Option<CrowdView> {
    let by = |method| crowd.now(method);
    let center = |method| by(method).map(|a| a.centers).unwrap_or_default();
    Some(CrowdView {
        n: crowd.len(),
        aggregate: by(Method::RecencyWeighted)?,
        median: center(Method::Unweighted),
        mean: center(Method::Mean),
        geometric_mean_of_odds: center(Method::GeometricMeanOfOdds),
    })
}
