//! Writing signals, beside the claims they bear on, each with its reason.

use bellwether_core::{
    actor::Actor,
    benchmark::BenchmarkId,
    document::ClaimDocument,
    evidence::Side,
    ids::{ClaimId, SignalId},
    rule::{Condition, Rule},
    signal::{
        SignalStatus,
        matching::{By, Reason, because},
    },
    status::ClaimStatus,
};
use bellwether_sources::SourceDocument;
use bellwether_store::{Change, Claim, JsonText, Signal, SignalClaim, Tx, Word};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Result, ids::new_uuid};

/// A signal of a benchmark before it is written.
pub(super) struct Draft {
    pub(super) kind: &'static str,
    pub(super) key: String,
    pub(super) title: String,
    pub(super) detail: Value,
    /// In which direction it moved: for gaps that narrowed or scores that rose, positive.
    pub(super) narrowed: Option<Decimal>,
}

/// What matching a signal to a claim found and suggests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Suggestion {
    /// The side, where it is known.
    pub side: Option<Side>,
    /// The strength, where the side is known.
    pub points: Option<f64>,
    /// Why it stands beside the claim; none of a signal from before reasons were kept.
    #[serde(default)]
    pub because: Vec<Reason>,
}

/// The strength that is suggested where the side is known: moderate.
const SUGGESTED: f64 = 6.0;

/// Writes a signal beside claims, and records it once for each; whether it is new. A signal beside no claim is
/// recorded by itself where `alone` says so.
pub(crate) async fn put(
    tx: &mut Tx,
    actor: &Actor,
    signal: &Signal,
    beside: &[(ClaimId, Suggestion)],
    subject: &str,
    alone: bool,
) -> Result<bool> {
    if !tx.insert_signal(signal).await? {
        return Ok(false);
    }
    if beside.is_empty() && alone {
        tx.record(&change(actor, signal, None, subject, &[])).await?;
    }
    join(tx, actor, signal, beside, subject, signal.at).await?;
    Ok(true)
}

/// Puts a signal beside further claims.
pub(crate) async fn join(
    tx: &mut Tx,
    actor: &Actor,
    signal: &Signal,
    beside: &[(ClaimId, Suggestion)],
    subject: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    let rows: Vec<SignalClaim> = beside
        .iter()
        .map(|(claim, suggestion)| {
            Ok(SignalClaim {
                claim: *claim,
                signal: signal.id,
                at,
                status: Word::of(&SignalStatus::Waiting),
                suggestion: JsonText::of(suggestion)?,
                evidence: None,
                decided_by: None,
                decided_at: None,
                until: None,
            })
        })
        .collect::<Result<_>>()?;
    tx.match_signal(&rows).await?;
    for (claim, suggestion) in beside {
        let change = change(actor, signal, Some(*claim), subject, &suggestion.because);
        tx.record(&Change { at, ..change }).await?;
    }
    Ok(())
}

fn change<'a>(
    actor: &'a Actor,
    signal: &Signal,
    claim: Option<ClaimId>,
    subject: &str,
    reasons: &[Reason],
) -> Change<'a> {
    let mut body = json!({
        "signal": signal.id, "kind": signal.kind, "title": signal.title, "benchmark": signal.benchmark,
    });
    if let Some(because) = because(reasons) {
        body["because"] = json!(because);
    }
    Change { at: signal.at, actor, kind: "signal.appeared", claim, subject: subject.to_owned(), body }
}

/// Claims that are not settled, with their documents.
pub(super) async fn live_claims(tx: &mut Tx) -> Result<Vec<(ClaimId, ClaimDocument)>> {
    Ok(live_rows(tx).await?.into_iter().map(|(row, document)| (row.id, document)).collect())
}

/// The rows of claims that are not settled, with their documents.
pub(super) async fn live_rows(tx: &mut Tx) -> Result<Vec<(Claim, ClaimDocument)>> {
    let mut claims = Vec::new();
    for claim in tx.claims_with_status(&LIVE).await? {
        // A document that an older program wrote must not stop a snapshot from being taken in.
        if let Ok(document) = claim.document.read::<ClaimDocument>() {
            claims.push((claim, document));
        }
    }
    Ok(claims)
}

/// States in which a claim has signals.
pub(crate) const LIVE: [ClaimStatus; 4] =
    [ClaimStatus::Open, ClaimStatus::AwaitingData, ClaimStatus::Proposed, ClaimStatus::Disputed];

/// The rules of a claim, one for each named option.
pub(super) fn rules(document: &ClaimDocument) -> impl Iterator<Item = &Rule> {
    document.rule.iter().chain(document.outcomes.values())
}

/// The benchmarks that a claim's rules read, those they fall back on last.
pub(super) fn benchmarks(document: &ClaimDocument) -> impl Iterator<Item = &BenchmarkId> {
    let first = rules(document).flat_map(Rule::benchmarks);
    first.chain(rules(document).flat_map(Rule::conditions).flat_map(Condition::fallback))
}

/// Writes signals of a source or a benchmark of it, beside the claims that read the benchmark; how many are new.
pub(super) async fn raise(
    tx: &mut Tx,
    actor: &Actor,
    document: &SourceDocument,
    benchmark: Option<&BenchmarkId>,
    drafts: Vec<Draft>,
    at: DateTime<Utc>,
) -> Result<usize> {
    if drafts.is_empty() {
        return Ok(0);
    }
    let reads = |document: &ClaimDocument| benchmarks(document).any(|used| Some(used) == benchmark);
    let claims: Vec<(ClaimId, ClaimDocument)> =
        live_claims(tx).await?.into_iter().filter(|(_, document)| reads(document)).collect();
    let name = benchmark
        .and_then(|b| document.table(b.name.as_str()))
        .map_or_else(|| document.title.clone(), |table| table.title.clone());
    let subject = benchmark.map_or_else(|| document.id.to_string(), ToString::to_string);
    let mut raised = 0;
    for draft in drafts {
        let signal = Signal {
            id: SignalId(new_uuid(at)),
            kind: draft.kind.into(),
            key: draft.key,
            source: Some(document.id.clone()),
            benchmark: benchmark.cloned(),
            title: draft.title,
            url: Some(document.url.to_string()),
            detail: JsonText::of(&draft.detail)?,
            observed_at: at,
            at,
        };
        let beside: Vec<(ClaimId, Suggestion)> = claims
            .iter()
            .map(|(claim, document)| {
                let side = side(document, draft.narrowed);
                let because = vec![Reason { by: By::Reads, name: name.clone() }];
                (*claim, Suggestion { side, points: side.map(|_| SUGGESTED), because })
            })
            .collect();
        raised += usize::from(put(tx, actor, &signal, &beside, &subject, true).await?);
    }
    Ok(raised)
}

/// On which side it counts: a gap that narrows speaks for a claim that asks for a small one. Of a claim with named
/// options the side depends on the option, so none is suggested.
fn side(document: &ClaimDocument, narrowed: Option<Decimal>) -> Option<Side> {
    if !document.options.is_empty() {
        return None;
    }
    let wants_small = rules(document).flat_map(Rule::conditions).find_map(|condition| match condition {
        Condition::Gap(_) => Some(true),
        Condition::Lead(_) => Some(false),
        _ => None,
    })?;
    let by = narrowed.filter(|by| !by.is_zero())?;
    Some(if (by > Decimal::ZERO) == wants_small { Side::For } else { Side::Against })
}
