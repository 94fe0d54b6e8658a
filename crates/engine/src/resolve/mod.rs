//! Deciding claims: rules under watch, proposals, objections, decisions, outcomes.
//!
//! Every poll of a source, new content or the same, runs `after_poll` in the transaction that stored it: the claims
//! that lean on the source are evaluated, what is confirmed is proposed, and nothing becomes final before its challenge
//! window has ended. [`Engine::settle_due`] does what time alone decides.

mod dashboard;
mod decision;
mod distance;
mod pause;
mod proof;
mod proposal;
mod record;
mod review;
pub mod watched;

use std::collections::BTreeSet;

use bellwether_core::{
    actor::Actor,
    benchmark::BenchmarkId,
    confirm::{Coverage, GRACE},
    document::ClaimDocument,
    ids::{ClaimId, SourceId},
    status::{ClaimStatus, Transition},
};
use bellwether_sources::SourceDocument;
use bellwether_store::{Change, Claim, JsonText, Tx, Word};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use self::watched::{Finding, Watched};
pub use self::{
    dashboard::{ClaimName, Dashboard, Deciding, Need, OpenClaim, SettledClaim, Since},
    decision::Ruling,
    distance::{ConditionRow, HowFar, Side},
    pause::{Pause, Scope},
    proof::{Proof, ProofStep, StandingProposal},
};
use crate::{Engine, Result, standing::Standings};

/// A claim with what is needed to decide it.
struct Case {
    claim: Claim,
    document: ClaimDocument,
    watched: Watched,
}

/// Evaluates the claims that lean on a source at a poll of it, and proposes what is confirmed.
pub(crate) async fn after_poll(tx: &mut Tx, source: &SourceId, now: DateTime<Utc>) -> Result<()> {
    let mut cases = Vec::new();
    for id in tx.claims_on_source(source).await? {
        cases.extend(case(tx, id).await?);
    }
    if cases.is_empty() {
        return Ok(());
    }
    let benchmarks: BTreeSet<BenchmarkId> =
        cases.iter().flat_map(|case| watched::benchmarks_of(&case.document)).collect();
    let standings = Standings::load(tx, &benchmarks, now).await?;
    let models = if cases.iter().any(|case| asks_the_registry(&case.document)) {
        crate::ingest::registry::load(tx).await?.models().cloned().collect()
    } else {
        Vec::new()
    };
    let mut findings = Vec::new();
    for case in &mut cases {
        case.watched.poll(&case.document, &standings, &models, source, now);
        case.watched.save(tx, &case.claim, now).await?;
        note_evaluation(tx, case, &standings, now).await?;
        review::check(tx, case, &standings, now).await?;
        findings.push(find(tx, case, now).await?);
    }
    act(tx, Some(source), &mut cases, findings, now).await
}

fn asks_the_registry(document: &ClaimDocument) -> bool {
    watched::rules_of(document)
        .iter()
        .any(|(_, rule)| rule.conditions().iter().any(|c| c.benchmark().is_none()))
}

/// A claim as it is to be evaluated; `None` for a draft or a void one.
async fn case(tx: &mut Tx, id: ClaimId) -> Result<Option<Case>> {
    let claim = tx.claim(id).await?;
    if !claim.status.is_evaluated() {
        return Ok(None);
    }
    let document = claim.document.read()?;
    let watched = Watched::load(tx, &claim).await?;
    Ok(Some(Case { claim, document, watched }))
}

/// Appends a new evaluation and shows it on the claim.
async fn note_evaluation(
    tx: &mut Tx,
    case: &mut Case,
    standings: &Standings,
    now: DateTime<Utc>,
) -> Result<()> {
    if !watched::append_evaluation(tx, &case.claim, &case.watched, standings, now).await? {
        return Ok(());
    }
    let verdict = case.watched.rules.values().filter_map(|rule| Some(rule.last.as_ref()?.verdict)).max();
    let Some(verdict) = verdict else { return Ok(()) };
    let earlier = tx.evaluations(case.claim.id).await?;
    let far = distance::measure(&case.document, &case.watched, &earlier, standings, now)?;
    if let Some(far) = far {
        case.claim.missing_legs = i64::try_from(far.conditions.len() - far.holding()).ok();
        case.claim.distance = far.remaining();
        case.claim.distance_json = Some(JsonText::of(&far)?);
    }
    let before = case.claim.verdict.replace(Word::of(&verdict));
    case.claim.updated_at = now;
    tx.save_claim(&mut case.claim).await?;
    if before.as_ref() != case.claim.verdict.as_ref() {
        let change = Change {
            at: now,
            actor: &Actor::system("rule"),
            kind: "verdict.changed",
            claim: Some(case.claim.id),
            subject: case.claim.slug.to_string(),
            body: json!({ "from": before, "to": verdict }),
        };
        tx.record(&change).await?;
    }
    Ok(())
}

/// What a claim's rules come to, given what its sources did around the deadline.
async fn find(tx: &mut Tx, case: &Case, now: DateTime<Utc>) -> Result<Option<Finding>> {
    let coverage = coverage(tx, case, now).await?;
    let slack = slack(tx, &case.document).await?;
    Ok(watched::conclude(&case.watched, &case.document, slack, coverage, now))
}

async fn coverage(tx: &mut Tx, case: &Case, now: DateTime<Utc>) -> Result<Coverage> {
    let by = case.document.window.by;
    if now < by {
        return Ok(Coverage::default());
    }
    let mut coverage = Coverage { polled: true, stale: false };
    for source in watched::sources_of(&case.document) {
        coverage.polled &= !tx.polls(&source, by, by + GRACE).await?.is_empty();
        let patience = document_of(tx, &source).await?.map_or(TimeDelta::days(30), |d| d.stale_after);
        let fresh = tx.new_content_between(&source, by - patience, by).await?;
        coverage.stale |= !fresh;
    }
    Ok(coverage)
}

/// The longest silence between polls that still counts as standing: twice the slowest schedule of the rule's sources.
async fn slack(tx: &mut Tx, document: &ClaimDocument) -> Result<TimeDelta> {
    let mut slack = TimeDelta::days(2);
    for source in watched::sources_of(document) {
        let schedule = document_of(tx, &source).await?.and_then(|d| d.schedule);
        let interval = schedule.and_then(|schedule| {
            let first = schedule.next_after(DateTime::UNIX_EPOCH)?;
            Some(schedule.next_after(first)? - first)
        });
        slack = slack.max(interval.unwrap_or_default() * 2);
    }
    Ok(slack)
}

async fn document_of(tx: &mut Tx, source: &SourceId) -> Result<Option<SourceDocument>> {
    match tx.source(source).await {
        Ok(found) => {
            let version = tx.source_version(source, found.n).await?;
            Ok(SourceDocument::parse(&version.document).ok())
        }
        Err(bellwether_store::StoreError::NotFound) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// Proposes what was found, unless proposals are paused.
async fn act(
    tx: &mut Tx,
    source: Option<&SourceId>,
    cases: &mut [Case],
    findings: Vec<Option<Finding>>,
    now: DateTime<Utc>,
) -> Result<()> {
    let new = |case: &Case, finding: &Option<Finding>| {
        let waits = matches!(case.claim.status, ClaimStatus::Open | ClaimStatus::AwaitingData);
        waits && finding.as_ref().is_some_and(|f| f.outcome.is_some())
    };
    let proposals = cases.iter().zip(&findings).filter(|(case, finding)| new(case, finding)).count();
    if let Some(source) = source {
        pause::if_too_many(tx, source, cases.len(), proposals, now).await?;
    }
    for (case, finding) in cases.iter_mut().zip(findings) {
        let Some(finding) = finding else { continue };
        let status = case.claim.status;
        match status {
            ClaimStatus::Open | ClaimStatus::AwaitingData
                if finding.outcome.is_some()
                    && !pause::is_paused(tx, &case.claim, &case.document).await? =>
            {
                let Case { claim, document, watched } = case;
                proposal::open_by_rule(tx, claim, document, &finding, watched, now).await?;
            }
            ClaimStatus::Open if finding.awaiting && now >= case.document.window.by => {
                await_data(tx, &mut case.claim, &finding.conclusion.why, now).await?;
            }
            _ => {}
        }
    }
    Ok(())
}

async fn await_data(tx: &mut Tx, claim: &mut Claim, why: &str, now: DateTime<Utc>) -> Result<()> {
    claim.status = proposal::step(claim, Transition::PassDeadline)?;
    claim.updated_at = now;
    tx.save_claim(claim).await?;
    let change = Change {
        at: now,
        actor: &Actor::system("clock"),
        kind: "claim.awaiting_data",
        claim: Some(claim.id),
        subject: claim.slug.to_string(),
        body: json!({ "why": why }),
    };
    tx.record(&change).await?;
    Ok(())
}

/// Notes which sources a claim leans on and evaluates it against what stands. To be called when a claim is published or
/// its criteria change.
pub(crate) async fn watch_claim(tx: &mut Tx, claim: ClaimId, now: DateTime<Utc>) -> Result<()> {
    let Some(mut case) = case(tx, claim).await? else { return Ok(()) };
    let sources = watched::sources_of(&case.document);
    tx.set_sources_of_claim(claim, &sources).await?;
    let standings = Standings::load(tx, &watched::benchmarks_of(&case.document), now).await?;
    let models = if asks_the_registry(&case.document) {
        crate::ingest::registry::load(tx).await?.models().cloned().collect()
    } else {
        Vec::new()
    };
    let Some(first) = sources.first() else { return Ok(()) };
    case.watched.poll(&case.document, &standings, &models, first, now);
    case.watched.save(tx, &case.claim, now).await?;
    note_evaluation(tx, &mut case, &standings, now).await
}

impl Engine {
    /// Does what time alone decides: accepts proposals whose window has ended without objection, and settles or parks
    /// claims whose deadline has passed. Returns how many claims it changed.
    pub async fn settle_due(&self) -> Result<usize> {
        let now = self.now();
        let mut tx = self.write().await?;
        let mut changed = decision::accept_ended(&mut tx, now).await?;
        let waiting = [ClaimStatus::Open, ClaimStatus::AwaitingData];
        let due = tx.claims_with_status(&waiting).await?;
        for claim in due.into_iter().filter(|claim| claim.window_by <= now) {
            let Some(mut case) = case(&mut tx, claim.id).await? else { continue };
            let before = case.claim.status;
            if let Some(finding) = find(&mut tx, &case, now).await? {
                act(&mut tx, None, std::slice::from_mut(&mut case), vec![Some(finding)], now).await?;
            } else if before == ClaimStatus::Open {
                let why = "the deadline has passed; this claim has no rule, so a person decides";
                await_data(&mut tx, &mut case.claim, why, now).await?;
            }
            changed += usize::from(case.claim.status != before);
        }
        tx.commit().await?;
        Ok(changed)
    }
}
