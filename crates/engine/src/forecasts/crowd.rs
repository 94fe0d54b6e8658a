//! The crowd of a claim: who counts in it, and what it says.

use bellwether_core::{
    actor::Actor,
    document::ClaimDocument,
    forecast::{Aggregate, Crowd, Probabilities},
    options::Options,
    probability::Probability,
    stream::LogWeights,
};
use bellwether_store::{CrowdPoint, JsonText, StandingForecast};
use chrono::{DateTime, Utc};

use crate::{Result, claims::Book};

/// Whether a forecaster counts in a claim's crowd.
pub(super) fn counts_in(document: &ClaimDocument, forecaster: &Actor) -> bool {
    match forecaster {
        Actor::Bot(_) => document.forecasts.count_bots,
        Actor::Person(_) | Actor::Operator => true,
        Actor::System(_) => false,
    }
}

/// The crowd of a claim, of what stands there in the order in which it began.
pub(super) fn of(document: &ClaimDocument, standing: &[StandingForecast]) -> Result<Crowd<Actor>> {
    let mut crowd = Crowd::new(&Options::of(document));
    for one in standing.iter().filter(|one| counts_in(document, &one.forecaster)) {
        let p: Probabilities = one.probabilities.read()?;
        crowd.forecast(one.forecaster.clone(), &said(&p));
    }
    Ok(crowd)
}

/// Probabilities as the crowd takes them.
pub(super) fn said(p: &Probabilities) -> Vec<Option<f64>> {
    p.as_slice().iter().copied().map(Some).collect()
}

/// What the crowd stream shows of an aggregate.
pub(super) fn weights(aggregate: &Aggregate) -> Option<LogWeights> {
    let p: Option<Vec<Probability>> =
        aggregate.centers.iter().map(|p| Probability::new((*p)?).ok()).collect();
    LogWeights::of(&p?)
}

/// The crowd's row from an instant on.
pub(super) fn point(
    book: &Book,
    seq: i64,
    aggregate: Option<&Aggregate>,
    at: DateTime<Utc>,
) -> Result<CrowdPoint> {
    let list = |values: Option<&Vec<Option<f64>>>| match values {
        Some(values) => JsonText::of(values),
        None => JsonText::of(&Vec::<f64>::new()),
    };
    Ok(CrowdPoint {
        claim: book.row.id,
        seq,
        at,
        n: aggregate.map_or(0, |a| i64::try_from(a.n).unwrap_or(i64::MAX)),
        center: list(aggregate.map(|a| &a.centers))?,
        lower: list(aggregate.map(|a| &a.lower))?,
        upper: list(aggregate.map(|a| &a.upper))?,
    })
}
