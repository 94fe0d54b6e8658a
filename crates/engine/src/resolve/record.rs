//! Building the record of an outcome, and appending it to the chain.

use bellwether_core::{
    actor::Actor,
    canonical,
    document::ClaimDocument,
    ids::{FetchId, ResolutionId, Sha256},
    resolution::{Basis, ProofCondition, ProofSnapshot, ResolutionRecord},
    status::Outcome,
};
use bellwether_store::{Claim, JsonText, Proposal, Resolution, Tx};
use chrono::{DateTime, Utc};

use super::watched::{Finding, Stand, Watched};
use crate::{EngineError, Result, ids::new_uuid, ingest::File, verify};

/// The record of what a rule found; who decides and when is filled in at the end.
pub(super) async fn of_rule(
    tx: &mut Tx,
    claim: &Claim,
    document: &ClaimDocument,
    finding: &Finding,
    watched: &Watched,
    now: DateTime<Utc>,
) -> Result<ResolutionRecord> {
    let rule = watched.rules.get(&finding.rule);
    let holds = !matches!(finding.outcome, Some(Outcome::No));
    let stand = rule.and_then(|rule| if holds { rule.hit.as_ref() } else { rule.at_deadline.as_ref() });
    let mut record = blank(tx, claim, finding.outcome.clone(), Basis::Rule, now).await?;
    record.why = sentence(&finding.conclusion.why);
    record.first_hit = finding.conclusion.first_hit;
    record.resolved_on = finding.conclusion.resolved_at;
    record.event_date = finding.conclusion.event_date;
    if let Some(Stand { evaluation, fetches }) = stand {
        record.conditions = ProofCondition::all_of(evaluation);
        record.snapshots = snapshots(tx, fetches).await?;
    }
    let polls = verify::polls_of(tx, document, now).await?;
    record.history = Some(verify::history(&polls).map_err(EngineError::internal)?);
    Ok(record)
}

/// The record of what a person states.
pub(super) async fn of_person(
    tx: &mut Tx,
    claim: &Claim,
    outcome: Option<Outcome>,
    why: &str,
    page: Option<Sha256>,
    now: DateTime<Utc>,
) -> Result<ResolutionRecord> {
    let mut record = blank(tx, claim, outcome, Basis::Person, now).await?;
    why.clone_into(&mut record.why);
    record.resolved_on = Some(now);
    record.event_date = Some(now.date_naive());
    record.page = page;
    Ok(record)
}

async fn blank(
    tx: &mut Tx,
    claim: &Claim,
    outcome: Option<Outcome>,
    basis: Basis,
    now: DateTime<Utc>,
) -> Result<ResolutionRecord> {
    let criteria = tx.criteria_version(claim.id, claim.criteria_n).await?;
    Ok(ResolutionRecord {
        claim: claim.id,
        slug: claim.slug.clone(),
        title: claim.title.clone(),
        criteria_n: claim.criteria_n,
        criteria_sha256: criteria.sha256,
        outcome,
        basis,
        why: String::new(),
        first_hit: None,
        resolved_on: None,
        event_date: None,
        conditions: Vec::new(),
        snapshots: Vec::new(),
        history: None,
        page: None,
        decided_by: Actor::system("clock"),
        interested: false,
        at: now,
    })
}

async fn snapshots(tx: &mut Tx, fetches: &[FetchId]) -> Result<Vec<ProofSnapshot>> {
    let mut all = Vec::new();
    for id in fetches {
        let fetch = tx.fetch(*id).await?;
        let address = match fetch.final_url.clone() {
            Some(address) => address,
            None => {
                super::document_of(tx, &fetch.source).await?.map(|d| d.url.to_string()).unwrap_or_default()
            }
        };
        for file in fetch.files.read::<Vec<File>>()? {
            all.push(ProofSnapshot {
                source: fetch.source.clone(),
                source_n: fetch.source_n,
                sha256: file.sha256,
                observed_at: fetch.at,
                url: address.clone(),
            });
        }
    }
    Ok(all)
}

/// Appends a record: the outcome is final from now on.
pub(super) async fn append(
    tx: &mut Tx,
    record: &ResolutionRecord,
    kind: &str,
    proposal: Option<&Proposal>,
) -> Result<Resolution> {
    let midnight = |day: chrono::NaiveDate| day.and_time(chrono::NaiveTime::MIN).and_utc();
    let text = canonical::json(record).map_err(EngineError::internal)?;
    let resolution = Resolution {
        seq: 0,
        id: ResolutionId(new_uuid(record.at)),
        claim: record.claim,
        kind: kind.into(),
        outcome: record.outcome.clone(),
        criteria_n: record.criteria_n,
        proposal: proposal.map(|p| p.id),
        event_date: record.event_date.map(midnight),
        resolved_on: record.resolved_on,
        record: JsonText::from_text(text)?,
        prev_hash: Sha256([0; 32]),
        hash: Sha256([0; 32]),
        actor: record.decided_by.clone(),
        at: record.at,
    };
    Ok(tx.append_resolution(resolution).await?)
}

/// A clause as a sentence.
pub(crate) fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let end = if clause.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}
