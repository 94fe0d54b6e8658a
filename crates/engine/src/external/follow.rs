//! Following linked questions: reading those that are due, and what a reading does.

use bellwether_core::{
    actor::Actor,
    forecast::Probabilities,
    ids::Sha256,
    ledger::{By, Cause, CauseKind},
    options::Options,
    stream::Stream,
};
use bellwether_sources::{
    external::{Asked, ExternalError, Reading, Site},
    fetch::{Meta, Validators, retry},
};
use bellwether_store::{Change, ExternalQuestion, ExternalValue, JsonText, Snapshot, Tx};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use super::{LEAST_CHANGE, Mapping, OverThere};
use crate::{Engine, EngineError, Result, claims::Book};

/// Reads begin up to so many seconds after their time, so that not all claims ask at one instant.
const SPREAD: f64 = 120.0;

/// When to read a question next: not before its last answer's own freshness is over.
pub(super) fn next_due(
    state: &OverThere,
    fresh_until: Option<DateTime<Utc>>,
    at: DateTime<Utc>,
) -> DateTime<Utc> {
    #[expect(clippy::cast_possible_truncation, reason = "less than two minutes")]
    let spread = TimeDelta::milliseconds((retry::jitter() * SPREAD * 1000.0) as i64);
    (at + state.pause()).max(fresh_until.unwrap_or(at)) + spread
}

/// What a site answered for a question that was due; not taken in yet.
pub(crate) struct Answered {
    question: Uuid,
    asked: Result<Asked, ExternalError>,
}

/// What is taken from a reading.
pub(super) struct Taking<'a> {
    /// What it says of the options; absent where it says nothing that counts.
    pub(super) p: Option<Probabilities>,
    /// The site's own time for that.
    pub(super) as_of: Option<DateTime<Utc>>,
    /// Whether the question is over.
    pub(super) state: OverThere,
    /// What was read.
    pub(super) bytes: &'a [u8],
    /// Who reads, and when.
    pub(super) by: &'a By,
}

impl Engine {
    /// Asks a site for a question; nothing is written.
    pub(crate) async fn ask_external(&self, id: Uuid) -> Result<Answered> {
        let outside = self.outside()?;
        let mut tx = self.read().await?;
        let question = tx.external(id).await?;
        drop(tx);
        let site = site_of(&question)?;
        let validators = Validators { etag: question.etag, last_modified: question.last_modified };
        let token = site.secret().and_then(|name| outside.secret(name));
        let asked = outside.fetcher().ask_question(site, &question.api, validators, token, self.now()).await;
        Ok(Answered { question: id, asked })
    }

    /// Takes in what a site answered: a new value where it changed enough, else that it was read. In words.
    pub(crate) async fn take_external(&self, answered: Answered) -> Result<String> {
        let by = By { actor: Actor::system(super::ACTOR), at: self.now() };
        let mut tx = self.write().await?;
        let mut question = tx.external(answered.question).await?;
        if question.removed_at.is_some() {
            return Ok("taken away meanwhile".to_owned());
        }
        let row = tx.claim(question.claim).await?;
        if !row.status.takes_evidence() {
            return Ok("the claim was settled meanwhile".to_owned());
        }
        question.updated_at = by.at;
        let said = match answered.asked {
            Err(error) => {
                self.failed(&mut question, &format!("{error} ({})", error.code()), error.wait_until(), by.at)?
            }
            Ok(Asked::Unchanged(meta)) => {
                let state: OverThere = question.state.read()?;
                read_well(&mut question, &meta, &state, by.at);
                "not modified".to_owned()
            }
            Ok(Asked::Read { meta, bytes, reading }) => {
                let mut book = Book::load(&mut tx, row).await?;
                let mapping: Mapping = question.mapping.read()?;
                match what_counts(&mapping, &book, &reading) {
                    Err(why) => self.failed(&mut question, &why, None, by.at)?,
                    Ok((p, state)) => {
                        question.title.clone_from(&reading.title);
                        read_well(&mut question, &meta, &state, by.at);
                        let taking = Taking { p, as_of: reading.as_of, state, bytes: &bytes, by: &by };
                        taking.take(&mut tx, &mut book, &mut question).await?
                    }
                }
            }
        };
        tx.save_external(&question).await?;
        tx.commit().await?;
        Ok(said)
    }

    /// Puts off a question whose answer could not be taken in for a reason of ours.
    pub(crate) async fn postpone_external(&self, id: Uuid, error: &EngineError) -> Result<()> {
        let at = self.now();
        let mut tx = self.write().await?;
        let mut question = tx.external(id).await?;
        if question.removed_at.is_none() {
            self.failed(&mut question, &error.to_string(), None, at)?;
            question.updated_at = at;
            tx.save_external(&question).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Notes a failure: later and later, and not before the site wants to be asked again. What it said last stands.
    fn failed(
        &self,
        question: &mut ExternalQuestion,
        why: &str,
        wait_until: Option<DateTime<Utc>>,
        at: DateTime<Utc>,
    ) -> Result<String> {
        question.failures = question.failures.saturating_add(1);
        let in_a_row = u32::try_from(question.failures).unwrap_or(u32::MAX);
        let default = retry::Backoff::default();
        let backoff = self.outside().map_or(&default, |outside| outside.fetcher().backoff());
        let pause =
            TimeDelta::from_std(backoff.delay(in_a_row, retry::jitter())).map_err(EngineError::internal)?;
        question.next_due_at = Some((at + pause).max(wait_until.unwrap_or(at)));
        question.wait_until = wait_until;
        question.last_error = Some(why.to_owned());
        Ok(why.to_owned())
    }
}

pub(super) fn site_of(question: &ExternalQuestion) -> Result<Site> {
    question
        .site
        .as_str()
        .parse()
        .map_err(|e: bellwether_sources::external::BadSite| EngineError::internal(e))
}

fn read_well(question: &mut ExternalQuestion, meta: &Meta, state: &OverThere, at: DateTime<Utc>) {
    question.etag.clone_from(&meta.validators.etag);
    question.last_modified.clone_from(&meta.validators.last_modified);
    question.last_read_at = at;
    question.failures = 0;
    question.wait_until = None;
    question.last_error = None;
    question.next_due_at = Some(next_due(state, meta.fresh_until, at));
}

/// What a reading says of the claim's options. A resolved question has no opinion any more: its last one stands, else
/// the outcome would be scored as foresight.
fn what_counts(
    mapping: &Mapping,
    book: &Book,
    reading: &Reading,
) -> Result<(Option<Probabilities>, OverThere), String> {
    let state = mapping.state(reading);
    if matches!(state, OverThere::Resolved { .. }) {
        return Ok((None, state));
    }
    let options = Options::of(&book.document);
    let p = mapping.probabilities(&options, &reading.values).map_err(|e| e.to_string())?;
    Ok((Some(p), state))
}

impl Taking<'_> {
    /// Appends a value where the probabilities moved enough or the question's state is another, with the bytes it was
    /// read from, its move and its event. In words.
    pub(super) async fn take(
        self,
        tx: &mut Tx,
        book: &mut Book,
        question: &mut ExternalQuestion,
    ) -> Result<String> {
        let last = tx.last_external_value(question.id).await?;
        let (before, state_before): (Option<Probabilities>, Option<OverThere>) = match &last {
            Some(last) => (Some(last.probabilities.read()?), Some(last.state.read()?)),
            None => (None, None),
        };
        let Some(p) = self.p.clone().or_else(|| before.clone()) else {
            return Ok("no probability yet".to_owned());
        };
        let moved = before.as_ref().is_none_or(|before| {
            let pairs = before.as_slice().iter().zip(p.as_slice());
            // A tenth of a point as it is written, whatever its last bit.
            pairs.into_iter().any(|(a, b)| (a - b).abs() >= LEAST_CHANGE - 1e-9)
        });
        let other_state = state_before.as_ref() != Some(&self.state);
        question.state = JsonText::of(&self.state)?;
        if !moved && !other_state {
            return Ok("the same as before".to_owned());
        }
        // A change too small for a move of its own does not ride along with a change of state.
        let p = if moved { p } else { before.unwrap_or(p) };
        let sha256 = Sha256::of(self.bytes);
        let size = i64::try_from(self.bytes.len()).map_err(EngineError::internal)?;
        let zstd = zstd::encode_all(self.bytes, 3).map_err(EngineError::internal)?;
        let mime = Some("application/json".to_owned());
        tx.keep_snapshot(&Snapshot { sha256, zstd, size, mime, stored_at: self.by.at }).await?;
        let n = last.as_ref().map_or(1, |last| last.n + 1);
        tx.append_external_value(&ExternalValue {
            question: question.id,
            n,
            at: self.by.at,
            as_of: self.as_of,
            state: JsonText::of(&self.state)?,
            probabilities: JsonText::of(&p)?,
            sha256,
        })
        .await?;
        let stream = Stream::External(question.name.clone());
        let cause = Cause { kind: CauseKind::StreamMoved, subject: Some(question.id) };
        let row = book.ledger.set_stream(stream.clone(), Some(p.log_weights()), cause, self.by);
        if let Some(row) = &row {
            book.save(tx, std::slice::from_ref(row), self.by).await?;
        }
        let mut kinds = Vec::new();
        if moved {
            kinds.push("external.moved");
        }
        if other_state && last.is_some() {
            kinds.push(match self.state {
                OverThere::Open => "external.reopened",
                OverThere::Closed { .. } => "external.closed",
                OverThere::Resolved { .. } => "external.resolved",
            });
        }
        for kind in &kinds {
            tx.record(&Change {
                at: self.by.at,
                actor: &self.by.actor,
                kind,
                claim: Some(book.row.id),
                subject: stream.to_string(),
                body: json!({
                    "claim": book.row.slug, "title": book.row.title, "name": question.name,
                    "site": question.site, "address": question.address, "question": question.title,
                    "value": n, "probabilities": p, "state": self.state, "sha256": sha256,
                    "moves": row.iter().map(|m| m.seq).collect::<Vec<_>>(),
                }),
            })
            .await?;
        }
        Ok(kinds.join(", "))
    }
}
