//! Counting a signal as evidence: one click makes an item of it.

use bellwether_core::{
    actor::Actor,
    evidence::{Kind, Side, Tier},
    ids::{EvidenceId, SignalId},
    ledger::By,
    signal::SignalStatus,
};
use bellwether_store::{Change, SignalClaim, Tx, Word};
use serde::Deserialize;
use serde_json::json;

use super::{
    EvidenceInput, StrengthInput,
    add::{Added, add_to},
};
use crate::{
    Engine, EngineError, Result,
    claims::{Book, ClaimKey},
    signals::VIEWS_APART,
};

/// A signal that a person counts as evidence of a claim.
#[derive(Clone, Debug)]
pub struct CountSignal {
    /// The claim.
    pub claim: ClaimKey,
    /// The signal; it must stand beside the claim and not be counted yet.
    pub signal: SignalId,
    /// The side, where it differs from the suggested one.
    pub side: Option<Side>,
    /// The strength, where it differs from the suggested one.
    pub strength: Option<StrengthInput>,
    /// The wording, where it differs from the signal's.
    pub text: Option<String>,
}

/// What matching a signal to a claim suggests; fields that are not there are left to the person.
#[derive(Debug, Default, Deserialize)]
struct Suggestion {
    #[serde(default)]
    side: Option<Side>,
    #[serde(default)]
    points: Option<f64>,
    #[serde(default)]
    option: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    tier: Option<Tier>,
    #[serde(default)]
    relevance: Option<f64>,
    #[serde(default)]
    publisher: Option<String>,
}

/// What the detail of news says of where it was read first.
#[derive(Debug, Default, Deserialize)]
struct Told {
    #[serde(default)]
    feed: Option<String>,
}

impl Engine {
    /// Counts a signal as evidence of a claim, as suggested or as the person says.
    pub async fn count_signal(&self, actor: &Actor, count: CountSignal) -> Result<Added> {
        let by = By { actor: actor.clone(), at: self.now() };
        let mut tx = self.write().await?;
        let row = count.claim.find(&mut tx).await?;
        let signal = tx.signal(count.signal).await.map_err(|_| EngineError::NotFound("signal"))?;
        let beside =
            tx.signal_claim(row.id, signal.id).await?.ok_or(EngineError::NotFound("signal of this claim"))?;
        match beside.status.read::<SignalStatus>()? {
            SignalStatus::Waiting | SignalStatus::Later => {}
            decided => {
                return Err(EngineError::Conflict(format!(
                    "this signal is {} already: count it by adding evidence with a reason of its own",
                    decided.title()
                )));
            }
        }
        if signal.kind == VIEWS_APART {
            return Err(EngineError::Conflict(
                "what a claim's own views say is no evidence about it".to_owned(),
            ));
        }
        let suggested: Suggestion = beside.suggestion.read()?;
        let Some(side) = count.side.or(suggested.side) else {
            return Err(EngineError::invalid(
                "side",
                "required",
                "say whether it makes the claim more or less likely",
            ));
        };
        let strength = count
            .strength
            .or(suggested.points.map(StrengthInput::Points))
            .unwrap_or(StrengthInput::Points(3.0));
        let publisher = match (suggested.publisher, &signal.source) {
            (None, Some(id)) => tx.sources().await?.into_iter().find(|s| s.id == *id).map(|s| s.title),
            (None, None) => signal.detail.read::<Told>()?.feed,
            (publisher, _) => publisher,
        };
        let input = EvidenceInput {
            option: suggested.option,
            kind: if signal.benchmark.is_some() { Kind::Benchmark } else { Kind::News },
            // A leaderboard is the publisher of its own figures.
            tier: suggested.tier.or(signal.benchmark.as_ref().map(|_| Tier::Primary)),
            relevance: suggested.relevance,
            url: signal.url.clone(),
            publisher,
            origin: Some(format!("signal {}", signal.key).chars().take(300).collect()),
            observed_at: Some(signal.observed_at),
            ..EvidenceInput::new(side, count.text.or(suggested.text).unwrap_or(signal.title), strength)
        };
        let added = add_to(&mut tx, row, input.read(by.at)?, &by, None, Some(signal.id)).await?;
        decide(&mut tx, beside, &added, &by).await?;
        tx.commit().await?;
        Ok(added)
    }
}

/// The signal is counted beside the claim that the item was added to.
pub(super) async fn decide(tx: &mut Tx, beside: SignalClaim, added: &Added, by: &By) -> Result<()> {
    let from = beside.status.clone();
    let decided = SignalClaim {
        status: Word::of(&SignalStatus::Counted),
        until: None,
        evidence: Some(added.evidence),
        decided_by: Some(by.actor.clone()),
        decided_at: Some(by.at),
        ..beside
    };
    tx.decide_signal(&decided, &from).await?;
    Ok(())
}

/// An item that was made of a signal was undone within its minute: the signal waits beside the claim again.
pub(super) async fn uncount(
    tx: &mut Tx,
    book: &Book,
    signal: SignalId,
    item: EvidenceId,
    by: &By,
) -> Result<()> {
    let Some(beside) = tx.signal_claim(book.row.id, signal).await? else { return Ok(()) };
    let from = beside.status.clone();
    if from.read::<SignalStatus>()? != SignalStatus::Counted || beside.evidence != Some(item) {
        return Ok(());
    }
    let waits = SignalClaim {
        status: Word::of(&SignalStatus::Waiting),
        evidence: None,
        decided_by: None,
        decided_at: None,
        ..beside
    };
    tx.decide_signal(&waits, &from).await?;
    tx.record(&Change {
        at: by.at,
        actor: &by.actor,
        kind: "signal.taken_up",
        claim: Some(book.row.id),
        subject: book.row.slug.to_string(),
        body: json!({
            "signal": signal, "was": SignalStatus::Counted, "status": SignalStatus::Waiting, "evidence": item,
        }),
    })
    .await?;
    Ok(())
}
