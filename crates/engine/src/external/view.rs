//! What readers are shown of linked questions.

use std::collections::BTreeMap;

use bellwether_core::{
    actor::Actor,
    forecast::Probabilities,
    ids::{Sha256, SourceId},
    stream::Stream,
};
use bellwether_sources::external::Site;
use bellwether_store::{ExternalQuestion, ExternalValue};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Mapping, OverThere, follow::site_of};
use crate::{Engine, Result, claims::ClaimKey};

/// A linked question.
#[derive(Clone, Debug, PartialEq)]
pub struct ExternalView {
    /// The name of its stream.
    pub name: SourceId,
    /// The site.
    pub site: Site,
    /// The address of its page.
    pub address: String,
    /// Its title as read last.
    pub title: String,
    /// Which answer is which option.
    pub mapping: Mapping,
    /// Whether it is over there, as read last.
    pub state: OverThere,
    /// What it said last.
    pub last: Option<ExternalValueView>,
    /// The last answer that could be read.
    pub last_read_at: DateTime<Utc>,
    /// Whether that is so long ago that it may have changed since: over three times the usual pause.
    pub stale: bool,
    /// Reads that failed since, in a row.
    pub failures: i64,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When it is read next.
    pub next_due_at: Option<DateTime<Utc>>,
    /// Who linked it.
    pub linked_by: Actor,
    /// When.
    pub linked_at: DateTime<Utc>,
    /// Who took it away, and when its stream ended.
    pub removed: Option<(Actor, DateTime<Utc>)>,
}

/// What a question said from an instant on.
#[derive(Clone, Debug, PartialEq)]
pub struct ExternalValueView {
    /// Observed.
    pub at: DateTime<Utc>,
    /// The site's own time.
    pub as_of: Option<DateTime<Utc>>,
    /// One per option of the claim.
    pub p: Probabilities,
    /// The bytes it was read from.
    pub sha256: Sha256,
}

impl ExternalView {
    pub(super) fn of(
        question: ExternalQuestion,
        last: Option<ExternalValue>,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let state: OverThere = question.state.read()?;
        let removed = question.removed_by.clone().zip(question.removed_at);
        Ok(Self {
            site: site_of(&question)?,
            mapping: question.mapping.read()?,
            last: last
                .map(|v| {
                    let p = v.probabilities.read()?;
                    Ok::<_, crate::EngineError>(ExternalValueView {
                        at: v.at,
                        as_of: v.as_of,
                        p,
                        sha256: v.sha256,
                    })
                })
                .transpose()?,
            stale: removed.is_none() && now - question.last_read_at > state.pause() * 3,
            name: question.name,
            address: question.address,
            title: question.title,
            state,
            last_read_at: question.last_read_at,
            failures: question.failures,
            last_error: question.last_error,
            next_due_at: question.next_due_at,
            linked_by: question.linked_by,
            linked_at: question.linked_at,
            removed,
        })
    }

    /// Its stream.
    pub fn stream(&self) -> Stream {
        Stream::External(self.name.clone())
    }
}

impl Engine {
    /// The questions that a claim follows, those that were taken away last.
    pub async fn externals(&self, claim: &ClaimKey) -> Result<Vec<ExternalView>> {
        let now = self.now();
        let mut tx = self.read().await?;
        let row = claim.find(&mut tx).await?;
        let questions = tx.externals_of_claim(row.id).await?;
        if questions.is_empty() {
            return Ok(Vec::new());
        }
        let mut last: BTreeMap<Uuid, ExternalValue> = BTreeMap::new();
        for value in tx.external_values_of_claim(row.id).await? {
            last.insert(value.question, value);
        }
        let view = |q: ExternalQuestion| {
            let value = last.remove(&q.id);
            ExternalView::of(q, value, now)
        };
        let mut views: Vec<ExternalView> = questions.into_iter().map(view).collect::<Result<_>>()?;
        views.sort_by_key(|v| v.removed.is_some());
        Ok(views)
    }
}
