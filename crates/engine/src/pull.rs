//! Pulling a source: asking it over the network, then taking in what it answered.
//!
//! The network is asked while no transaction is open. Whatever comes back, an answer or a failure with its name, is
//! recorded, and with it when to ask again.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use bellwether_core::{actor::Actor, ids::SourceId};
use bellwether_sources::{
    SourceDocument,
    fetch::{FetchError, Fetched, Redirected, Request, Validators, retry, snapshot_of},
};
use chrono::{DateTime, Utc};

use crate::{
    Engine, EngineError, Result,
    ingest::{Answer, Body, Cause, Outcome, Taken},
    schedule::due,
};

impl Engine {
    /// Pulls a source now, because a person wants to. A source that asked to be left alone (`Retry-After`) is.
    pub async fn pull(&self, actor: &Actor, source: &SourceId) -> Result<Taken> {
        let answer = self.ask_source(source, Cause::Person).await?;
        self.ingest(actor, answer).await
    }

    /// All sources that can be pulled: neither stopped by their publishers nor by a person.
    pub async fn pullable_sources(&self) -> Result<Vec<SourceId>> {
        let mut tx = self.read().await?;
        let paused: BTreeSet<SourceId> =
            tx.source_states().await?.into_iter().filter(|s| s.paused).map(|s| s.source).collect();
        let sources = tx.sources().await?.into_iter();
        Ok(sources.filter(|s| !s.retired && !paused.contains(&s.id)).map(|s| s.id).collect())
    }

    /// Asks a source over the network; the answer is not taken in yet. Failures of the source are answers too.
    pub(crate) async fn ask_source(&self, source: &SourceId, cause: Cause) -> Result<Answer> {
        let outside = self.outside()?;
        let at = self.now();
        let mut tx = self.read().await?;
        let row = tx.source(source).await.map_err(|_| EngineError::NotFound("source"))?;
        let version = tx.source_version(source, row.n).await?;
        let state = tx.source_state(source).await?;
        drop(tx);
        if row.retired {
            return Err(EngineError::Conflict(format!("`{source}` has stopped; it is kept for its history")));
        }
        if let Some(until) = state.wait_until.filter(|until| at < *until) {
            let until = until.format("%Y-%m-%d %H:%M UTC");
            return Err(EngineError::Conflict(format!("`{source}` asked us to wait until {until}")));
        }
        let document = SourceDocument::parse(&version.document).map_err(EngineError::internal)?;
        // A changed document asks anew: an old validator would keep the old reading.
        let unchanged_document = state.last_poll_at.is_none_or(|polled| polled >= version.at);
        let validators = if unchanged_document && state.last_content.is_some() {
            Validators { etag: state.etag.clone(), last_modified: state.last_modified.clone() }
        } else {
            Validators::default()
        };
        let began = Instant::now();
        let asked = match Request::of_source(&document, validators.clone(), |name| outside.secret(name)) {
            Ok(request) => outside.fetcher().fetch(&request, at).await,
            Err(error) => Err(error),
        };
        let asking = Asking { source: source.clone(), at, cause, began };
        let schedule = document.schedule.as_ref();
        Ok(match asked {
            Ok(fetched) => {
                let next = due::after_answer(schedule, at, fetched.meta().fresh_until, retry::jitter());
                Answer { next: Some(next), ..asking.answered(fetched) }
            }
            Err(error) => {
                let backoff = outside.fetcher().backoff();
                let failures = state.failures.saturating_add(1);
                let wait = error.wait_until();
                let next = due::after_failure(schedule, at, failures, wait, backoff, retry::jitter());
                Answer {
                    next: Some(next),
                    // Kept, so that the next success can still be compared with what stands.
                    etag: validators.etag,
                    last_modified: validators.last_modified,
                    ..asking.failed(&error)
                }
            }
        })
    }

    /// Puts off a source whose answer could not be taken in for a reason of ours.
    pub(crate) async fn postpone(&self, source: &SourceId, error: &EngineError) -> Result<()> {
        let at = self.now();
        let mut tx = self.write().await?;
        let version = {
            let row = tx.source(source).await?;
            tx.source_version(source, row.n).await?
        };
        let mut state = tx.source_state(source).await?;
        let document = SourceDocument::parse(&version.document).ok();
        let schedule = document.as_ref().and_then(|d| d.schedule.as_ref());
        state.failures = state.failures.saturating_add(1);
        let backoff = retry::Backoff::default();
        let next =
            due::after_failure(schedule, at, state.failures, state.wait_until, &backoff, retry::jitter());
        state.next_due_at = next.due_at;
        state.last_error = Some(error.to_string());
        state.updated_at = at;
        tx.save_source_state(&state).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// What was asked, and since when.
struct Asking {
    source: SourceId,
    at: DateTime<Utc>,
    cause: Cause,
    began: Instant,
}

impl Asking {
    fn answered(self, fetched: Fetched) -> Answer {
        let (meta, body) = match fetched {
            Fetched::Unchanged(meta) => (meta, Body::NotModified),
            Fetched::Body { meta, parts } => (meta, Body::Snapshot(snapshot_of(parts))),
        };
        let moved = meta.redirected != Redirected::No;
        Answer {
            source: self.source,
            at: self.at,
            cause: self.cause,
            body,
            status: Some(meta.status),
            headers: meta.headers.into_iter().collect(),
            etag: meta.validators.etag,
            last_modified: meta.validators.last_modified,
            moved_to: moved.then(|| meta.final_url.to_string()),
            final_url: Some(meta.final_url.into()),
            wire_bytes: meta.wire_bytes,
            duration_ms: millis(self.began),
            next: None,
        }
    }

    fn failed(self, error: &FetchError) -> Answer {
        let status = match error {
            FetchError::Status { status } | FetchError::RateLimited { status, .. } => Some(*status),
            _ => None,
        };
        Answer {
            source: self.source,
            at: self.at,
            cause: self.cause,
            body: Body::Failed(format!("{error} ({})", error.code())),
            status,
            final_url: None,
            headers: BTreeMap::new(),
            etag: None,
            last_modified: None,
            moved_to: None,
            wire_bytes: 0,
            duration_ms: millis(self.began),
            next: None,
        }
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// What came of a pull, in a few words.
pub fn in_words(taken: &Taken) -> String {
    let tables = taken.tables.len();
    let held_back = taken.tables.iter().filter(|t| t.reason.is_some()).count();
    match taken.outcome {
        Outcome::New if held_back > 0 => format!("new content: {tables} tables, {held_back} held back"),
        Outcome::New => format!("new content: {tables} tables"),
        Outcome::Same => "the same as before".to_owned(),
        Outcome::NotModified => "not modified".to_owned(),
        Outcome::Moved | Outcome::Failed => {
            taken.error.clone().unwrap_or_else(|| "nothing usable came back".to_owned())
        }
    }
}
