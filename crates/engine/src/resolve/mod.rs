//! Deciding claims: rules under watch, proposals, objections, decisions, outcomes.
//!
//! Every poll of a source, new content or the same, runs `after_poll` in the transaction that stored it: the claims
//! that lean on the source are evaluated, what is confirmed is proposed, and nothing becomes final before its challenge
//! window has ended. [`Engine::settle_due`] does what time alone decides.

mod dashboard;
mod decision;
mod dependents;
mod distance;
mod finality;
mod interest;
mod pause;
mod proof;
mod proposal;
mod record;
mod review;
mod rhythm;
pub(crate) mod then;
pub mod watched;

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::{
    actor::Actor,
    document::ClaimDocument,
    ids::{ClaimId, SourceId},
    status::{ClaimStatus, Transition},
};
use bellwether_store::{Change, Claim, JsonText, Tx, Watch, Word};
use chrono::{DateTime, Utc};
use serde_json::json;

use self::watched::{Finding, Watched};
pub use self::{
    dashboard::{ClaimName, Dashboard, Deciding, Need, OpenClaim, SettledClaim, Since},
    decision::Ruling,
    distance::{ConditionRow, HowFar, Side},
    finality::{Finality, Pending, Waits},
    interest::Stake,
    pause::{Pause, Scope},
    proof::{Proof, ProofStep, StandingProposal},
};
pub(crate) use self::{
    proposal::check_outcome,
    record::sentence,
    rhythm::{Rhythms, document_of},
};
use crate::{
    Engine, Result,
    standing::{Fresh, Ground, Standings},
};

/// A claim with what is needed to decide it.
struct Case {
    claim: Claim,
    document: ClaimDocument,
    watched: Watched,
}

/// Evaluates the claims that lean on a source at a poll of it, and proposes what is confirmed. `fresh` are the tables
/// that the same transaction has stored. A rule whose tables say what they said is not evaluated again.
pub(crate) async fn after_poll(
    tx: &mut Tx,
    source: &SourceId,
    fresh: Fresh,
    now: DateTime<Utc>,
) -> Result<()> {
    let on_source = tx.claims_on_source(source).await?;
    let mut cases = cases(tx, &on_source).await?;
    if cases.is_empty() {
        return Ok(());
    }
    let (changed, standings) = evaluate(tx, &mut cases, source, fresh, now).await?;
    let sources = cases.iter().flat_map(|case| watched::sources_of(&case.document)).collect();
    let rhythms = Rhythms::load(tx, sources).await?;
    let mut findings = Vec::with_capacity(cases.len());
    for (i, case) in cases.iter_mut().enumerate() {
        if changed.contains(&i) {
            review::check(tx, case, &standings, now).await?;
        }
        findings.push(find(tx, case, &rhythms, now).await?);
    }
    act(tx, Some(source), &mut cases, findings, now).await
}

/// Counts a poll for every case, evaluates those whose tables have changed, and keeps both. Gives back which were
/// evaluated, and the tables they saw.
async fn evaluate(
    tx: &mut Tx,
    cases: &mut [Case],
    source: &SourceId,
    fresh: Fresh,
    now: DateTime<Utc>,
) -> Result<(BTreeSet<usize>, Standings)> {
    let used = cases.iter().flat_map(|case| watched::benchmarks_of(&case.document)).collect();
    let ground = Ground::load(tx, &used, now).await?;
    let mut changed = BTreeMap::new();
    for (i, case) in cases.iter().enumerate() {
        let digest = ground.digest(&watched::benchmarks_of(&case.document))?;
        // A settled claim is looked at for corrections of its source, which may have come before it was settled.
        if case.claim.status == ClaimStatus::Resolved || !case.watched.stands(&case.document, digest) {
            changed.insert(i, digest);
        }
    }
    let seen = changed.keys().flat_map(|i| watched::benchmarks_of(&cases[*i].document)).collect();
    let standings = ground.standings(tx, &seen, fresh, now).await?;
    let models = if changed.keys().any(|i| asks_the_registry(&cases[*i].document)) {
        crate::ingest::registry::load(tx).await?.models().cloned().collect()
    } else {
        Vec::new()
    };
    {
        // What is worked out of a table for one claim serves the others.
        let tables = standings.tables();
        let world = watched::Sight { standings: &standings, tables: &tables, models: &models };
        for (i, case) in cases.iter_mut().enumerate() {
            match changed.get(&i) {
                Some(digest) => case.watched.poll(&case.document, &world, *digest, source, now),
                None => case.watched.again(&case.document, source, now),
            }
        }
    }
    let all: Vec<_> = cases.iter().map(|case| (&case.claim, &case.watched)).collect();
    watched::save(tx, &all, now).await?;
    let changed: BTreeSet<usize> = changed.into_keys().collect();
    note_evaluations(tx, cases, &changed, &standings, now).await?;
    Ok((changed, standings))
}

fn asks_the_registry(document: &ClaimDocument) -> bool {
    watched::rules_of(document)
        .iter()
        .any(|(_, rule)| rule.conditions().iter().any(|c| c.benchmark().is_none()))
}

/// Claims as they are to be evaluated, in the order asked for; drafts and void ones are left out.
async fn cases(tx: &mut Tx, ids: &[ClaimId]) -> Result<Vec<Case>> {
    let watches: BTreeMap<ClaimId, Watch> =
        tx.watches(ids).await?.into_iter().map(|watch| (watch.claim, watch)).collect();
    let mut claims: BTreeMap<ClaimId, Claim> =
        tx.claims(ids).await?.into_iter().map(|claim| (claim.id, claim)).collect();
    let mut cases = Vec::with_capacity(ids.len());
    for claim in ids.iter().filter_map(|id| claims.remove(id)) {
        if claim.status.is_evaluated() {
            let document = claim.document.read()?;
            let watched = Watched::of(watches.get(&claim.id), &claim)?;
            cases.push(Case { claim, document, watched });
        }
    }
    Ok(cases)
}

/// Appends what is new of the evaluations and shows it on the claims.
async fn note_evaluations(
    tx: &mut Tx,
    cases: &mut [Case],
    changed: &BTreeSet<usize>,
    standings: &Standings,
    now: DateTime<Utc>,
) -> Result<()> {
    let mut rows = Vec::new();
    for case in changed.iter().map(|i| &cases[*i]) {
        rows.extend(watched::evaluation(&case.claim, &case.watched, standings, now)?);
    }
    let new: Vec<ClaimId> = tx.append_evaluations(rows).await?.into_iter().map(|row| row.claim).collect();
    let mut earlier: BTreeMap<ClaimId, Vec<_>> = BTreeMap::new();
    for row in tx.evaluations_since(&new, now - distance::MEMORY).await? {
        earlier.entry(row.claim).or_default().push(row);
    }
    for case in cases.iter_mut() {
        if let Some(earlier) = earlier.get(&case.claim.id) {
            show_evaluation(tx, case, earlier, standings, now).await?;
        }
    }
    Ok(())
}

async fn show_evaluation(
    tx: &mut Tx,
    case: &mut Case,
    earlier: &[bellwether_store::Evaluation],
    standings: &Standings,
    now: DateTime<Utc>,
) -> Result<()> {
    let verdict = case.watched.rules.values().filter_map(|rule| Some(rule.last.as_ref()?.verdict)).max();
    let Some(verdict) = verdict else { return Ok(()) };
    let said =
        case.watched.rules.iter().filter_map(|(key, rule)| Some((key.clone(), rule.last.clone()?))).collect();
    let tables = distance::Answered::standing(standings);
    let far = distance::measure(&case.document, &said, earlier, &tables, now)?;
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
async fn find(tx: &mut Tx, case: &Case, rhythms: &Rhythms, now: DateTime<Utc>) -> Result<Option<Finding>> {
    let coverage = rhythms.coverage(tx, &case.document, now).await?;
    let slack = rhythms.slack(&case.document);
    Ok(watched::conclude(&case.watched, &case.document, slack, coverage, now))
}

/// Proposes what was found, unless proposals are paused.
async fn act(
    tx: &mut Tx,
    source: Option<&SourceId>,
    cases: &mut [Case],
    findings: Vec<Option<Finding>>,
    now: DateTime<Utc>,
) -> Result<()> {
    if let Some(source) = source {
        let mut proposals = 0;
        for (case, finding) in cases.iter().zip(&findings) {
            let waits = matches!(case.claim.status, ClaimStatus::Open | ClaimStatus::AwaitingData);
            let Some(finding) = finding.as_ref().filter(|f| waits && f.outcome.is_some()) else { continue };
            proposals += usize::from(!proposal::was_decided(tx, &case.claim, finding).await?);
        }
        pause::if_too_many(tx, source, cases.len(), proposals, now).await?;
    }
    for (case, finding) in cases.iter_mut().zip(findings) {
        let Some(finding) = finding else { continue };
        let status = case.claim.status;
        match status {
            ClaimStatus::Open | ClaimStatus::AwaitingData
                if finding.outcome.is_some()
                    && !pause::is_paused(tx, &case.claim, &case.document).await?
                    && !proposal::was_decided(tx, &case.claim, &finding).await? =>
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

/// Proposes what was confirmed while the proposals of a scope waited.
async fn propose_what_waited(tx: &mut Tx, scope: &Scope, now: DateTime<Utc>) -> Result<()> {
    let ids = match scope {
        Scope::Claim(id) => vec![*id],
        Scope::Source(source) => tx.claims_on_source(source).await?,
        Scope::All => {
            let waiting = [ClaimStatus::Open, ClaimStatus::AwaitingData];
            tx.claims_with_status(&waiting).await?.into_iter().map(|claim| claim.id).collect()
        }
    };
    let mut cases = cases(tx, &ids).await?;
    let sources = cases.iter().flat_map(|case| watched::sources_of(&case.document)).collect();
    let rhythms = Rhythms::load(tx, sources).await?;
    let mut findings = Vec::with_capacity(cases.len());
    for case in &cases {
        findings.push(find(tx, case, &rhythms, now).await?);
    }
    act(tx, None, &mut cases, findings, now).await
}

/// Notes which sources a claim leans on and evaluates it against what stands. To be called when a claim is published or
/// its criteria change.
pub(crate) async fn watch_claim(tx: &mut Tx, claim: ClaimId, now: DateTime<Utc>) -> Result<()> {
    let Some(mut case) = cases(tx, &[claim]).await?.pop() else { return Ok(()) };
    let sources = watched::sources_of(&case.document);
    tx.set_sources_of_claim(claim, &sources).await?;
    let Some(first) = sources.first() else { return Ok(()) };
    evaluate(tx, std::slice::from_mut(&mut case), first, Fresh::default(), now).await?;
    Ok(())
}

impl Engine {
    /// Does what time alone decides: accepts proposals whose window has ended without objection, and settles or parks
    /// claims whose deadline has passed. Returns how many claims it changed.
    pub async fn settle_due(&self) -> Result<usize> {
        let now = self.now();
        let ended = decision::ended(self, now).await?;
        let mut tx = self.write().await?;
        let mut changed = decision::accept_ended(&mut tx, &ended, now).await?;
        let waiting = [ClaimStatus::Open, ClaimStatus::AwaitingData];
        let due = tx.claims_with_status(&waiting).await?;
        for claim in due.into_iter().filter(|claim| claim.window_by <= now) {
            let Some(mut case) = cases(&mut tx, &[claim.id]).await?.pop() else { continue };
            let before = case.claim.status;
            let rhythms = Rhythms::load(&mut tx, watched::sources_of(&case.document)).await?;
            if let Some(finding) = find(&mut tx, &case, &rhythms, now).await? {
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
