//! The crowd of a claim: who counts in it, and what it says.

use bellwether_core::{
    actor::Actor,
    document::ClaimDocument,
    forecast::{Aggregate, Method, Probabilities, aggregate},
    ids::ForecastId,
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

/// Who counts in a claim's crowd, in the order in which their forecasts began, then by id: as they are stored, whatever
/// order they came in.
pub(super) struct Members {
    options: Options,
    said: Vec<Member>,
}

struct Member {
    began: (DateTime<Utc>, ForecastId),
    forecaster: Actor,
    p: Vec<Option<f64>>,
}

impl Members {
    /// Those of the standing forecasts that count.
    pub(super) fn of(document: &ClaimDocument, standing: &[StandingForecast]) -> Result<Self> {
        let mut members = Self { options: Options::of(document), said: Vec::with_capacity(standing.len()) };
        for one in standing.iter().filter(|one| counts_in(document, &one.forecaster)) {
            let p: Probabilities = one.probabilities.read()?;
            members.put(one.forecaster.clone(), (one.at, one.forecast), &p);
        }
        Ok(members)
    }

    /// Takes in a new forecast in the place of what its author said before.
    pub(super) fn put(&mut self, forecaster: Actor, began: (DateTime<Utc>, ForecastId), p: &Probabilities) {
        self.remove(&forecaster);
        let place = self.said.partition_point(|member| member.began < began);
        let p = p.as_slice().iter().copied().map(Some).collect();
        self.said.insert(place, Member { began, forecaster, p });
    }

    /// Takes out whoever no longer forecasts.
    pub(super) fn remove(&mut self, forecaster: &Actor) {
        self.said.retain(|member| member.forecaster != *forecaster);
    }

    pub(super) fn len(&self) -> usize {
        self.said.len()
    }

    /// What they say together by one way of counting; none where nobody forecasts.
    pub(super) fn aggregate(&self, method: Method) -> Option<Aggregate> {
        aggregate::now(&self.options, self.said.iter().map(|member| member.p.as_slice()), method)
    }
}

/// What the crowd stream shows of an aggregate.
pub(super) fn weights(aggregate: &Aggregate) -> Option<LogWeights> {
    let p: Option<Vec<Probability>> =
        aggregate.centers.iter().map(|p| Probability::new((*p)?).ok()).collect();
    LogWeights::of(&p?)
}

/// The crowd's row from an instant on.
pub(super) fn point(book: &Book, aggregate: Option<&Aggregate>, at: DateTime<Utc>) -> Result<CrowdPoint> {
    let list = |values: Option<&Vec<Option<f64>>>| match values {
        Some(values) => JsonText::of(values),
        None => JsonText::of(&Vec::<f64>::new()),
    };
    Ok(CrowdPoint {
        claim: book.row.id,
        seq: 0,
        at,
        n: aggregate.map_or(0, |a| i64::try_from(a.n).unwrap_or(i64::MAX)),
        center: list(aggregate.map(|a| &a.centers))?,
        lower: list(aggregate.map(|a| &a.lower))?,
        upper: list(aggregate.map(|a| &a.upper))?,
    })
}
