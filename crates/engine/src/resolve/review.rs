//! A source that corrects itself after an outcome became final.

use bellwether_core::{
    actor::Actor,
    resolution::{ProofCondition, ResolutionRecord},
    rule::{Verdict, Witness},
    status::{ClaimStatus, Outcome, Transition},
};
use bellwether_store::{Change, Tx};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Case, decision::REVIEW, proposal::step};
use crate::{Result, standing::Standings};

/// Puts a settled claim under review when a row it stands on was changed or removed within the time of review and the
/// rule no longer says what it said. A correction that changes nothing is noted only in the source's own history.
pub(super) async fn check(
    tx: &mut Tx,
    case: &mut Case,
    standings: &Standings,
    now: DateTime<Utc>,
) -> Result<()> {
    if case.claim.status != ClaimStatus::Resolved {
        return Ok(());
    }
    let Some(resolution) = tx.resolutions(case.claim.id).await?.pop() else { return Ok(()) };
    if now > resolution.at + REVIEW {
        return Ok(());
    }
    let record: ResolutionRecord = resolution.record.read()?;
    let corrected: Vec<String> =
        record.conditions.iter().flat_map(|condition| corrections(condition, standings)).collect();
    if corrected.is_empty() {
        return Ok(());
    }
    let holds = case
        .watched
        .rules
        .values()
        .any(|rule| rule.last.as_ref().is_some_and(|evaluation| evaluation.verdict == Verdict::Holds));
    let still = match record.outcome {
        Some(Outcome::No) => !holds,
        Some(_) => holds,
        None => true,
    };
    if still {
        return Ok(());
    }
    case.claim.status = step(&case.claim, Transition::Review)?;
    case.claim.updated_at = now;
    tx.save_claim(&mut case.claim).await?;
    let change = Change {
        at: now,
        actor: &Actor::system("rule"),
        kind: "review.opened",
        claim: Some(case.claim.id),
        subject: resolution.id.to_string(),
        body: json!({ "corrected": corrected, "outcome": record.outcome }),
    };
    tx.record(&change).await?;
    Ok(())
}

/// What was changed of the rows that a condition stood on, in words. Ratings drift with every table: changes of scores
/// that together could not have carried the condition across its threshold are none.
fn corrections(condition: &ProofCondition, standings: &Standings) -> Vec<String> {
    let Some(standing) = condition.benchmark.as_ref().and_then(|id| standings.0.get(id)) else {
        return Vec::new();
    };
    if standing.judgement.standing.quarantined().is_some() || standing.table.version != condition.version {
        return Vec::new();
    }
    let scores = |witness: &Witness| {
        let row = standing.table.rows.iter().find(|row| row.key == witness.row)?;
        (row.openness == witness.openness).then_some((row.score? - witness.score?).abs())
    };
    let witnesses = || condition.left.iter().chain(&condition.right);
    let drift: Option<rust_decimal::Decimal> = witnesses().map(scores).sum();
    if drift.zip(condition.margin).is_some_and(|(drift, margin)| drift < margin.abs()) {
        return Vec::new();
    }
    let changed = |witness: &Witness| {
        let row = standing.table.rows.iter().find(|row| row.key == witness.row);
        match row {
            None => Some(format!("{} was removed", witness.model)),
            Some(row) if row.score != witness.score => {
                let text =
                    |score: Option<rust_decimal::Decimal>| score.map_or("none".into(), |s| s.to_string());
                Some(format!("{} was {} and is {}", witness.model, text(witness.score), text(row.score)))
            }
            Some(row) if row.openness != witness.openness => {
                Some(format!("{} no longer counts as it did", witness.model))
            }
            Some(_) => None,
        }
    };
    witnesses().filter_map(changed).collect()
}
