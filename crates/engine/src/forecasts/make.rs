//! Making, changing and taking back forecasts.

use bellwether_core::{
    actor::Actor,
    figures,
    forecast::{Aggregate, Probabilities},
    ids::{ClaimId, ForecastId, Slug},
    probability::Probability,
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{ForecastInput, batch::Batch};
use crate::{
    Engine, EngineError, FieldError, Result,
    claims::{Book, ClaimKey},
};

/// What a forecast, or its withdrawal, did.
#[derive(Clone, Debug)]
pub struct Made {
    /// Its identity.
    pub id: ForecastId,
    /// The claim.
    pub claim: ClaimId,
    /// The claim's address.
    pub slug: Slug,
    /// From when on it stands.
    pub at: DateTime<Utc>,
    /// The probabilities as kept; none for a withdrawal.
    pub forecast: Option<Probabilities>,
    /// Some probability lay outside 0.1 % to 99.9 % and was moved to the edge.
    pub clamped: bool,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether it counts in the crowd.
    pub counts: bool,
    /// The crowd before.
    pub crowd_before: Option<Aggregate>,
    /// The crowd after.
    pub crowd: Option<Aggregate>,
    /// The headline's shown probabilities before.
    pub before: Vec<Probability>,
    /// And after.
    pub after: Vec<Probability>,
    /// The option that the claim's number is about; 0 for yes.
    pub leading: usize,
    /// The move of the ledger, where the crowd moved.
    pub moved: Option<u64>,
}

impl Made {
    /// What an event says of it.
    pub(super) fn told(&self, book: &Book) -> Value {
        if book.document.forecasts.hide_crowd {
            // Events are told to those too who have not forecast.
            return json!({ "claim": self.slug, "title": book.row.title, "counts": self.counts });
        }
        let centers = |a: &Option<Aggregate>| a.as_ref().map(|a| a.centers.clone());
        let shown = |p: &[Probability]| p.get(self.leading).map(|p| p.value());
        json!({
            "claim": self.slug,
            "title": book.row.title,
            "forecast": self.forecast,
            "counts": self.counts,
            "crowd_before": centers(&self.crowd_before),
            "crowd_after": centers(&self.crowd),
            "n": self.crowd.as_ref().map_or(0, |a| a.n),
            "p_before": shown(&self.before),
            "p_after": shown(&self.after),
            "moves": self.moved.into_iter().collect::<Vec<_>>(),
            "said": self.forecast.as_ref().and_then(|p| p.get(self.leading)).map(figures::percent_exact),
        })
    }
}

impl Engine {
    /// The most forecasts that are taken at once.
    pub const MOST_FORECASTS: usize = 1_000;

    /// Makes or changes someone's forecast of a claim: what they said before ends now.
    ///
    /// # Errors
    /// A field error for what is no forecast; a conflict where the claim takes none.
    pub async fn forecast(
        &self,
        actor: &Actor,
        claim: &ClaimKey,
        input: ForecastInput,
        via: &'static str,
    ) -> Result<Made> {
        self.desk().submit(self, actor, claim, input, via).await
    }

    /// Takes someone's forecast of a claim back.
    ///
    /// # Errors
    /// A conflict where none stands, or the claim takes none.
    pub async fn withdraw_forecast(
        &self,
        actor: &Actor,
        claim: &ClaimKey,
        via: &'static str,
    ) -> Result<Made> {
        let mut tx = self.write().await?;
        let mut batch = Batch::new(&mut tx, self.desk().kept(), self.now());
        let made = batch.withdraw(actor, claim, via).await?;
        let (_, crowds) = batch.write().await?;
        tx.commit().await?;
        self.desk().kept().give_back(crowds);
        Ok(made)
    }

    /// Makes several forecasts; all or none. An error names the place, counted from 0: `forecasts[3].probability`.
    ///
    /// # Errors
    /// As [`Self::forecast`].
    pub async fn forecast_all(
        &self,
        actor: &Actor,
        all: &[(ClaimKey, ForecastInput)],
        via: &'static str,
    ) -> Result<Vec<Made>> {
        if all.is_empty() || all.len() > Self::MOST_FORECASTS {
            return Err(EngineError::invalid(
                "forecasts",
                "out_of_range",
                format!("give 1 to {} forecasts, not {}", Self::MOST_FORECASTS, all.len()),
            ));
        }
        let mut tx = self.write().await?;
        let mut batch = Batch::new(&mut tx, self.desk().kept(), self.now());
        batch.open_all(all.iter().map(|(claim, _)| claim)).await?;
        let mut made = Vec::with_capacity(all.len());
        let mut wrong = Vec::new();
        for (i, (claim, input)) in all.iter().enumerate() {
            match batch.make(actor, claim, input, via).await {
                Ok(one) => made.push(one),
                Err(e) => wrong.extend(at_place(i, e)?),
            }
        }
        if !wrong.is_empty() {
            return Err(EngineError::Invalid(wrong));
        }
        let (_, crowds) = batch.write().await?;
        tx.commit().await?;
        self.desk().kept().give_back(crowds);
        Ok(made)
    }
}

/// A refusal of one of several, as field errors of its place; faults stay faults.
fn at_place(i: usize, e: EngineError) -> Result<Vec<FieldError>> {
    let field = |name: &str| format!("forecasts[{i}].{name}");
    match e {
        EngineError::Invalid(errors) => {
            Ok(errors.into_iter().map(|e| FieldError { field: field(&e.field), ..e }).collect())
        }
        EngineError::NotFound(what) => {
            Ok(vec![FieldError::new(field("claim"), "unknown", format!("no such {what}"))])
        }
        EngineError::Conflict(why) => Ok(vec![FieldError::new(field("claim"), "closed", why)]),
        fault => Err(fault),
    }
}
