//! Changing what decides a claim: a new version with a reason; the old ones stay readable.

use bellwether_core::{
    actor::Actor,
    document::ClaimDocument,
    ids::Sha256,
    ledger::{By, Cause, CauseKind},
    status::ClaimStatus,
};
use bellwether_store::{Change, JsonText};
use serde_json::json;

use super::{
    Book, ClaimKey,
    create::{checked, criteria_row, index, reason_text},
};
use crate::{Engine, EngineError, FieldError, Result};

/// A new version of a claim's criteria.
#[derive(Clone, Debug)]
pub struct CriteriaChange {
    /// The claim's document with other criteria: words, rule, window, `when`, confirmation, challenge. Background,
    /// tags and keywords may differ too. Title, options, start, headline and
    /// what the claim hangs on must be those of the claim.
    pub document: ClaimDocument,
    /// Why.
    pub reason: String,
    /// The version that the author saw; another one in force refuses the change.
    pub seen: Option<i64>,
}

impl Engine {
    /// Puts a new version of a claim's criteria in force. Returns its number.
    pub async fn change_criteria(
        &self,
        actor: &Actor,
        claim: &ClaimKey,
        change: CriteriaChange,
    ) -> Result<i64> {
        let by = By { actor: actor.clone(), at: self.now() };
        let reason = reason_text(&change.reason)?;
        let mut document = checked(change.document, by.at)?;
        let mut tx = self.write().await?;
        let row = claim.find(&mut tx).await?;
        let mut book = Book::load(&mut tx, row).await?;
        let status = book.row.status;
        if !matches!(status, ClaimStatus::Draft | ClaimStatus::Open | ClaimStatus::AwaitingData) {
            return Err(EngineError::Conflict(format!(
                "a claim that is {status} keeps its criteria: they can be changed before an outcome is proposed"
            )));
        }
        if change.seen.is_some_and(|seen| seen != book.row.criteria_n) {
            return Err(EngineError::Conflict(format!(
                "version {} of the criteria is in force by now: read it and change that",
                book.row.criteria_n
            )));
        }
        document.slug = Some(book.row.slug.clone());
        same_question(&document, &book.document)?;
        if digest(&document)? == digest(&book.document)? {
            return Err(EngineError::invalid(
                "criteria",
                "unchanged",
                "nothing that decides the claim is different",
            ));
        }
        let n = book.row.criteria_n + 1;
        tx.insert_criteria(&criteria_row(book.row.id, n, &document, Some(reason.clone()), &by)?).await?;
        index(&mut tx, book.row.id, &document).await?;
        book.row.criteria_n = n;
        book.row.context = document.context.clone().unwrap_or_default();
        book.row.document = JsonText::of(&document)?;
        book.row.window_from = document.window.from;
        book.row.window_by = document.window.by;
        // What the old rule said is no answer to the new one.
        book.row.verdict = None;
        book.row.missing_legs = None;
        book.row.distance = None;
        book.row.distance_json = None;
        book.document = document;
        let note = format!("Version {n} of the criteria: {reason}");
        let moved = book.ledger.mark(Cause::of(CauseKind::CriteriaChanged), note, &by);
        book.save(&mut tx, &[moved], &by).await?;
        tx.record(&Change {
            at: by.at,
            actor,
            kind: "criteria.changed",
            claim: Some(book.row.id),
            subject: book.row.slug.to_string(),
            body: json!({ "version": n, "reason": reason, "title": book.row.title }),
        })
        .await?;
        if status.is_evaluated() {
            crate::resolve::watch_claim(&mut tx, book.row.id, by.at).await?;
        }
        crate::feeds::match_recent(&mut tx, book.row.id, by.at).await?;
        tx.commit().await?;
        Ok(n)
    }
}

/// Digest of what decides: words, rule or rules, window, when, confirmation, challenge, and what the claim hangs on.
pub fn digest(document: &ClaimDocument) -> Result<Sha256> {
    let mut decides = json!({
        "criteria": document.criteria,
        "rule": document.rule,
        "outcomes": document.outcomes,
        "window": document.window,
        "when": document.when,
        "confirm": document.confirm,
        "challenge": document.challenge,
    });
    if let Some(given) = &document.given {
        decides["given"] = json!(given);
    }
    Ok(Sha256::of(serde_json::to_string(&decides).map_err(EngineError::internal)?.as_bytes()))
}

/// Refuses a document that asks another question: that is another claim.
fn same_question(new: &ClaimDocument, old: &ClaimDocument) -> Result<()> {
    let mut bad = Vec::new();
    for (field, differs) in [
        ("title", new.title != old.title),
        ("options", new.options != old.options),
        ("start", new.start != old.start),
        ("headline", new.headline != old.headline),
        ("given", new.given != old.given),
    ] {
        if differs {
            bad.push(FieldError::new(
                field,
                "fixed",
                "this stays as it was: another question is another claim",
            ));
        }
    }
    if bad.is_empty() { Ok(()) } else { Err(EngineError::Invalid(bad)) }
}
