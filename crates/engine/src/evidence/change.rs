//! Correcting an item, taking it back, undoing its addition, deciding a contradiction.

use bellwether_core::{
    actor::Actor,
    contradiction::Decision,
    evidence::{Entry, Item, Link},
    figures,
    ids::{ClaimId, EvidenceId, Slug},
    ledger::{By, Move},
    probability::Probability,
    text,
};
use bellwether_store::{Change, EvidenceRevision, StoreError, Tx, Word};
use serde_json::json;
use uuid::Uuid;

use super::{
    EvidenceInput,
    add::{record, refused, row_of, takes_evidence},
    reading::kept_page,
    signal::uncount,
};
use crate::{Engine, EngineError, Result, claims::Book};

/// What a change of evidence did to its claim.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The claim.
    pub claim: ClaimId,
    /// Its address.
    pub slug: Slug,
    /// The item; of a contradiction, the first.
    pub evidence: EvidenceId,
    /// The option it is about; 0 for yes.
    pub option: usize,
    /// The option's shown probability before.
    pub before: Probability,
    /// And after.
    pub after: Probability,
    /// The rows of the ledger.
    pub moves: Vec<Move>,
}

/// A correction of an item.
#[derive(Clone, Debug)]
pub struct Correction<'a> {
    /// Replaces the item whole.
    pub input: &'a EvidenceInput,
    /// Why.
    pub reason: Option<&'a str>,
    /// The revision its author saw; refused where another stands by now.
    pub seen: Option<u32>,
    /// The page that was read anew and kept as proof. Without one, what was kept stays as long as the link does.
    pub snapshot: Option<Uuid>,
}

/// What happens to an item.
enum Act {
    Revise(Box<Item>, Option<String>, Option<Uuid>),
    Retract(Option<String>),
    Undo,
}

impl Engine {
    /// Corrects an item.
    pub async fn revise_evidence(
        &self,
        actor: &Actor,
        id: EvidenceId,
        correction: Correction<'_>,
    ) -> Result<Changed> {
        let item = correction.input.read(self.now())?;
        let reason = optional_reason(correction.reason)?;
        let act = Act::Revise(Box::new(item), reason, correction.snapshot);
        self.act(actor, id, act, correction.seen).await
    }

    /// Takes an item back: the exact opposite of what it counts is appended.
    pub async fn retract_evidence(
        &self,
        actor: &Actor,
        id: EvidenceId,
        reason: Option<&str>,
    ) -> Result<Changed> {
        self.act(actor, id, Act::Retract(optional_reason(reason)?), None).await
    }

    /// Undoes an addition, within a minute of it.
    pub async fn undo_evidence(&self, actor: &Actor, id: EvidenceId) -> Result<Changed> {
        self.act(actor, id, Act::Undo, None).await
    }

    async fn act(&self, actor: &Actor, id: EvidenceId, act: Act, seen: Option<u32>) -> Result<Changed> {
        let by = By { actor: actor.clone(), at: self.now() };
        let mut tx = self.write().await?;
        let mut book = book_of(&mut tx, id).await?;
        takes_evidence(&book.row)?;
        let old = book.rows.get(&id).cloned().ok_or(EngineError::NotFound("evidence"))?;
        let revision = book.ledger.entry(id).map_or(0, |e| e.revision);
        if seen.is_some_and(|seen| seen != revision) {
            return Err(EngineError::Conflict(format!(
                "somebody corrected this item meanwhile: revision {revision} stands, read it and correct that"
            )));
        }
        let before = book.ledger.shown();
        let mut kept = old.link_snapshot;
        let (kind, event, reason, moves) = match act {
            Act::Revise(item, reason, snapshot) => {
                let same_link = item.source.url.as_ref().map(Link::as_str) == old.url.as_deref();
                kept = kept_page(&mut tx, &item, snapshot).await?.or(kept.filter(|_| same_link));
                ("revised", "evidence.revised", reason, book.ledger.revise(id, *item, &by).map_err(refused)?)
            }
            Act::Retract(reason) => {
                ("retracted", "evidence.retracted", reason, book.ledger.retract(id, &by).map_err(refused)?)
            }
            Act::Undo => {
                if by.at > old.added_at + Self::UNDO || revision != 1 {
                    return Err(EngineError::Conflict(
                        "the minute to undo this is over: retract the item instead".to_owned(),
                    ));
                }
                ("undone", "evidence.undone", None, book.ledger.undo(id, &by).map_err(refused)?)
            }
        };
        let entry = book.ledger.entry(id).ok_or(EngineError::NotFound("evidence"))?.clone();
        write_revision(&mut tx, &mut book, &entry, (kind, reason), kept, &by).await?;
        book.save(&mut tx, &moves, &by).await?;
        let option = book.ledger.options().index(entry.item.option.as_deref()).unwrap_or(0);
        let (before, after) = (before[option], book.ledger.shown()[option]);
        record(&mut tx, &book, event, &entry, &moves, (before, after), &by).await?;
        if let (true, Some(signal)) = (kind == "undone", old.signal) {
            uncount(&mut tx, &book, signal, id, &by).await?;
        }
        tx.commit().await?;
        Ok(Changed { claim: book.row.id, slug: book.row.slug, evidence: id, option, before, after, moves })
    }

    /// A person's word on two items that contradict each other.
    pub async fn decide_contradiction(
        &self,
        actor: &Actor,
        first: EvidenceId,
        second: EvidenceId,
        decision: Decision,
    ) -> Result<Changed> {
        let by = By { actor: actor.clone(), at: self.now() };
        let mut tx = self.write().await?;
        let mut book = book_of(&mut tx, first).await?;
        takes_evidence(&book.row)?;
        let before = book.ledger.shown();
        let moves = book.ledger.decide(first, second, decision, &by).map_err(refused)?;
        book.save(&mut tx, &moves, &by).await?;
        let item = book.ledger.entry(first).map(|e| e.item.option.clone()).unwrap_or_default();
        let option = book.ledger.options().index(item.as_deref()).unwrap_or(0);
        let (before, after) = (before[option], book.ledger.shown()[option]);
        tx.record(&Change {
            at: by.at,
            actor,
            kind: "contradiction.decided",
            claim: Some(book.row.id),
            subject: first.to_string(),
            body: json!({
                "claim": book.row.slug,
                "title": book.row.title,
                "first": first,
                "second": second,
                "decision": decision,
                "p_before": before.value(),
                "p_after": after.value(),
                "said": format!("{} → {}", figures::percent_exact(before), figures::percent_exact(after)),
            }),
        })
        .await?;
        tx.commit().await?;
        Ok(Changed { claim: book.row.id, slug: book.row.slug, evidence: first, option, before, after, moves })
    }
}

/// The ledger of the claim that an item belongs to.
async fn book_of(tx: &mut Tx, id: EvidenceId) -> Result<Book> {
    let item = tx.evidence(id).await.map_err(|e| match e {
        StoreError::NotFound => EngineError::NotFound("evidence"),
        other => other.into(),
    })?;
    let row = tx.claim(item.claim).await?;
    Book::load(tx, row).await
}

/// Appends a revision and writes the item as it stands after it.
async fn write_revision(
    tx: &mut Tx,
    book: &mut Book,
    entry: &Entry,
    (kind, reason): (&str, Option<String>),
    kept: Option<Uuid>,
    by: &By,
) -> Result<()> {
    let old = book.rows.get(&entry.id).ok_or(EngineError::NotFound("evidence"))?;
    let n = old.n + 1;
    let row = bellwether_store::Evidence {
        n,
        actor: old.actor.clone(),
        added_at: old.added_at,
        ..row_of(book.row.id, entry, by, kept, old.signal)?
    };
    let revision = EvidenceRevision {
        evidence: entry.id,
        n,
        kind: Word::from(kind),
        item: row.item.clone(),
        reason,
        actor: by.actor.clone(),
        at: by.at,
    };
    tx.revise_evidence(&row, &revision).await?;
    book.rows.insert(entry.id, row);
    Ok(())
}

fn optional_reason(reason: Option<&str>) -> Result<Option<String>> {
    match reason.map(str::trim).filter(|r| !r.is_empty()) {
        None => Ok(None),
        Some(reason) => text::prose(reason, 1, 2000)
            .map(Some)
            .map_err(|e| EngineError::invalid("reason", "unreadable", e.to_string())),
    }
}
