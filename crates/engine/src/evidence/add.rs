//! Adding an item: to one claim or to several, in one transaction.

use bellwether_core::{
    actor::Actor,
    contradiction::Contradiction,
    evidence::{Entry, Item, Kind, Side},
    figures,
    ids::{ClaimId, EvidenceId, SignalId, Slug},
    ledger::{By, LedgerError, Move, Warning},
    probability::Probability,
    signal::SignalStatus,
};
use bellwether_store::{Change, Claim, Evidence, EvidenceRevision, JsonText, Tx, Word};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use super::{
    EvidenceInput,
    preview::{Alike, alike},
    reading::kept_page,
    signal::decide,
};
use crate::{
    Engine, EngineError, Result,
    claims::{Book, ClaimKey},
    ids::new_uuid,
};

/// An item, and the claims it is added to.
#[derive(Clone, Debug)]
pub struct AddEvidence {
    /// The item.
    pub input: EvidenceInput,
    /// At least one claim, at most 20.
    pub targets: Vec<Target>,
    /// The page that was read and kept as proof.
    pub snapshot: Option<Uuid>,
}

/// A claim that an item is added to.
#[derive(Clone, Debug)]
pub struct Target {
    /// The claim.
    pub claim: ClaimKey,
    /// Its side there, where it differs from the item's own.
    pub side: Option<Side>,
    /// The option there.
    pub option: Option<String>,
}

impl Target {
    /// The claim, with the item as it stands.
    pub fn plain(claim: impl Into<ClaimKey>) -> Self {
        Self { claim: claim.into(), side: None, option: None }
    }
}

/// What adding an item to a claim did.
#[derive(Clone, Debug)]
pub struct Added {
    /// The claim.
    pub claim: ClaimId,
    /// Its address.
    pub slug: Slug,
    /// The new item.
    pub evidence: EvidenceId,
    /// The option it is about; 0 for yes.
    pub option: usize,
    /// What it counts, signed points.
    pub counts: f64,
    /// The option's shown probability before.
    pub before: Probability,
    /// And after.
    pub after: Probability,
    /// The rows of the ledger.
    pub moves: Vec<Move>,
    /// Items that tell nearly the same.
    pub alike: Vec<Alike>,
    /// Contradictions that came with it.
    pub contradictions: Vec<Contradiction>,
    /// What a reader should know of the number now.
    pub warnings: Vec<Warning>,
    /// Until when it can be undone.
    pub undo_until: DateTime<Utc>,
}

impl Engine {
    /// How long an addition can be undone.
    pub const UNDO: TimeDelta = TimeDelta::seconds(60);
    /// The most claims that one item is added to at once.
    pub const MOST_TARGETS: usize = 20;

    /// Adds an item to one claim or several; all or none.
    pub async fn add_evidence(&self, actor: &Actor, add: AddEvidence) -> Result<Vec<Added>> {
        self.add_all(actor, add, None).await
    }

    /// The same for an item that a person made of a signal: it is counted wherever it waits beside one of the claims.
    pub async fn add_evidence_of_signal(
        &self,
        actor: &Actor,
        signal: SignalId,
        mut add: AddEvidence,
    ) -> Result<Vec<Added>> {
        let mut tx = self.read().await?;
        let found = tx.signal(signal).await.map_err(|_| {
            EngineError::invalid("signal", "unknown", "this signal is not known: begin again from the claim")
        })?;
        drop(tx);
        // A leaderboard is the publisher of its own figures, and the same signal counted twice is one origin.
        if found.benchmark.is_some() {
            add.input.kind = Kind::Benchmark;
        }
        add.input.origin.get_or_insert_with(|| format!("signal {}", found.key).chars().take(300).collect());
        add.input.observed_at.get_or_insert(found.observed_at);
        self.add_all(actor, add, Some(signal)).await
    }

    async fn add_all(&self, actor: &Actor, add: AddEvidence, signal: Option<SignalId>) -> Result<Vec<Added>> {
        let by = By { actor: actor.clone(), at: self.now() };
        if add.targets.is_empty() || add.targets.len() > Self::MOST_TARGETS {
            return Err(EngineError::invalid(
                "claims",
                "out_of_range",
                format!("name 1 to {} claims", Self::MOST_TARGETS),
            ));
        }
        let item = add.input.read(by.at)?;
        let mut tx = self.write().await?;
        let kept = kept_page(&mut tx, &item, add.snapshot).await?;
        let mut added: Vec<Added> = Vec::with_capacity(add.targets.len());
        for target in add.targets {
            let row = target.claim.find(&mut tx).await?;
            if added.iter().any(|a| a.claim == row.id) {
                return Err(EngineError::invalid(
                    "claims",
                    "duplicate",
                    format!("`{}` is named twice", row.slug),
                ));
            }
            let item = Item {
                side: target.side.unwrap_or(item.side),
                option: target.option.or_else(|| item.option.clone()),
                ..item.clone()
            };
            let claim = row.id;
            let one = add_to(&mut tx, row, item, &by, kept, signal).await?;
            if let Some(signal) = signal
                && let Some(beside) = tx.signal_claim(claim, signal).await?
                && matches!(beside.status.read()?, SignalStatus::Waiting | SignalStatus::Later)
            {
                decide(&mut tx, beside, &one, &by).await?;
            }
            added.push(one);
        }
        tx.commit().await?;
        Ok(added)
    }
}

/// Adds an item to one claim within a transaction.
pub(super) async fn add_to(
    tx: &mut Tx,
    row: Claim,
    item: Item,
    by: &By,
    snapshot: Option<Uuid>,
    signal: Option<SignalId>,
) -> Result<Added> {
    takes_evidence(&row)?;
    let mut book = Book::load(tx, row).await?;
    let entry = Entry::new(EvidenceId(new_uuid(by.at)), item, by.at);
    let id = entry.id;
    let known = book.ledger.contradictions().len();
    let alike = alike(&entry, &book.ledger);
    let before = book.ledger.shown();
    let moves = book.ledger.add(entry, by).map_err(refused)?;
    let entry = book.ledger.entry(id).ok_or(EngineError::NotFound("evidence"))?.clone();
    let row = row_of(book.row.id, &entry, by, snapshot, signal)?;
    let first = EvidenceRevision {
        evidence: id,
        n: 1,
        kind: "added".into(),
        item: row.item.clone(),
        reason: None,
        actor: by.actor.clone(),
        at: by.at,
    };
    tx.insert_evidence(&row, &first).await?;
    book.rows.insert(id, row);
    book.save(tx, &moves, by).await?;
    let option = book.ledger.options().index(entry.item.option.as_deref()).unwrap_or(0);
    let (before, after) = (before[option], book.ledger.shown()[option]);
    record(tx, &book, "evidence.added", &entry, &moves, (before, after), by).await?;
    Ok(Added {
        claim: book.row.id,
        slug: book.row.slug.clone(),
        evidence: id,
        option,
        counts: entry.counts,
        before,
        after,
        moves,
        alike,
        contradictions: book.ledger.contradictions()[known..].to_vec(),
        warnings: book.ledger.warnings_of(|stream| book.document.shows(stream)),
        undo_until: by.at + Engine::UNDO,
    })
}

/// Refuses a claim whose evidence is closed.
pub(super) fn takes_evidence(row: &Claim) -> Result<()> {
    let status = row.status;
    if status.takes_evidence() {
        Ok(())
    } else {
        Err(EngineError::Conflict(format!(
            "this claim is {status}: its evidence is closed, but its outcome can be objected to"
        )))
    }
}

/// A ledger's refusal, as callers are told.
pub(super) fn refused(e: LedgerError) -> EngineError {
    match e {
        LedgerError::NoSuchItem => EngineError::NotFound("evidence"),
        LedgerError::Option(e) => EngineError::invalid("option", "unknown", e.to_string()),
        LedgerError::Supersedes => EngineError::invalid("supersedes", "unknown", e.to_string()),
        LedgerError::Retracted | LedgerError::NoContradiction => EngineError::Conflict(e.to_string()),
    }
}

/// An item's row.
pub(super) fn row_of(
    claim: ClaimId,
    entry: &Entry,
    by: &By,
    link_snapshot: Option<Uuid>,
    signal: Option<SignalId>,
) -> Result<Evidence> {
    let item = &entry.item;
    Ok(Evidence {
        id: entry.id,
        claim,
        n: entry.revision.into(),
        status: Word::of(&entry.status),
        option: item.option.clone(),
        side: Word::of(&item.side),
        points: item.points.value(),
        effective: entry.counts,
        text: item.text.clone(),
        url: item.source.url.as_ref().map(ToString::to_string),
        origin: item.source.origin_key(),
        publisher: item.source.publisher.clone(),
        observed_at: item.observed_at,
        item: JsonText::of(item)?,
        factors: JsonText::of(&entry.factors)?,
        link_snapshot,
        signal,
        actor: by.actor.clone(),
        added_at: by.at,
        updated_at: by.at,
    })
}

/// Records what happened to an item.
pub(super) async fn record(
    tx: &mut Tx,
    book: &Book,
    kind: &str,
    entry: &Entry,
    moves: &[Move],
    (before, after): (Probability, Probability),
    by: &By,
) -> Result<()> {
    let body = json!({
        "claim": book.row.slug,
        "title": book.row.title,
        "evidence": entry.id,
        "text": entry.item.text,
        "side": entry.item.side,
        "option": entry.item.option,
        "counts": entry.counts,
        "p_before": before.value(),
        "p_after": after.value(),
        "moves": moves.iter().map(|m| m.seq).collect::<Vec<_>>(),
        "said": format!(
            "{} → {}",
            figures::percent_exact(before),
            figures::percent_exact(after)
        ),
    });
    tx.record(&Change {
        at: by.at,
        actor: &by.actor,
        kind,
        claim: Some(book.row.id),
        subject: entry.id.to_string(),
        body,
    })
    .await?;
    Ok(())
}
