//! Rewriting a draft, and changing what a claim's number is made of.

use bellwether_core::{
    actor::Actor,
    document::{ClaimDocument, Headline as HeadlineText},
    ledger::By,
    status::ClaimStatus,
    stream::Headline,
};
use bellwether_store::{Change, JsonText, Tx};
use serde_json::json;

use super::{
    Book, ClaimKey, Created,
    create::{checked, criteria_row, free_slug, headline_of, index, reason_text},
    criteria::digest,
    given,
};
use crate::{Engine, EngineError, FieldError, Result};

/// The reason that stands with the criteria of a draft that was rewritten.
const REWRITTEN: &str = "The draft was rewritten.";

impl Engine {
    /// Writes a draft anew: title, address, background, tags, keywords, criteria, rule, window, confirmation, headline. Options
    /// and start are the first row of its ledger and stay. `seen` is the claim's version that the author saw.
    ///
    /// # Errors
    /// A field error for what a new claim could not have either, and for options or start that differ; a conflict when
    /// the claim is no draft, or was written to meanwhile.
    pub async fn edit_draft(
        &self,
        actor: &Actor,
        claim: &ClaimKey,
        document: ClaimDocument,
        seen: Option<i64>,
    ) -> Result<Created> {
        let by = By { actor: actor.clone(), at: self.now() };
        let mut document = checked(document, by.at)?;
        let headline = headline_of(&document)?;
        let mut tx = self.write().await?;
        let row = claim.find(&mut tx).await?;
        let mut book = Book::load(&mut tx, row).await?;
        if book.row.status != ClaimStatus::Draft {
            return Err(EngineError::Conflict(format!(
                "a claim that is {} is no draft any more: its criteria change by a new version with a reason",
                book.row.status
            )));
        }
        same_version(&book, seen)?;
        same_ledger(&document, &book.document)?;
        let slug = match &document.slug {
            Some(slug) if *slug != book.row.slug => free_slug(&mut tx, &document).await?,
            _ => book.row.slug.clone(),
        };
        document.slug = Some(slug.clone());
        if digest(&document)? != digest(&book.document)? {
            book.row.criteria_n += 1;
            let n = book.row.criteria_n;
            let row = criteria_row(book.row.id, n, &document, Some(REWRITTEN.to_owned()), &by)?;
            tx.insert_criteria(&row).await?;
        }
        index(&mut tx, book.row.id, &document).await?;
        given::index(&mut tx, book.row.id, &document).await?;
        book.row.slug = slug.clone();
        book.row.title.clone_from(&document.title);
        book.row.context = document.context.clone().unwrap_or_default();
        book.row.window_from = document.window.from;
        book.row.window_by = document.window.by;
        let moves = if headline == *book.ledger.made_of() {
            Vec::new()
        } else {
            vec![book.ledger.set_headline(headline, &by)]
        };
        keep(&mut tx, &mut book, document, &moves, &by).await?;
        tx.record(&Change {
            at: by.at,
            actor,
            kind: "claim.rewritten",
            claim: Some(book.row.id),
            subject: slug.to_string(),
            body: json!({ "title": book.row.title, "slug": slug, "version": book.row.criteria_n }),
        })
        .await?;
        tx.commit().await?;
        Ok(Created { id: book.row.id, slug, status: ClaimStatus::Draft })
    }

    /// Changes what a claim's number is made of: another stream, or a pool. It is a move of its own, with its reason, so
    /// that nobody takes it for news.
    ///
    /// # Errors
    /// A field error for a stream that does not exist, an empty pool, no reason, or what it is made of already; a
    /// conflict when the claim is settled, or was written to meanwhile.
    pub async fn change_headline(
        &self,
        actor: &Actor,
        claim: &ClaimKey,
        headline: HeadlineText,
        reason: &str,
        seen: Option<i64>,
    ) -> Result<()> {
        let by = By { actor: actor.clone(), at: self.now() };
        let reason = reason_text(reason)?;
        let mut tx = self.write().await?;
        let row = claim.find(&mut tx).await?;
        let mut book = Book::load(&mut tx, row).await?;
        if book.row.status.is_settled() {
            return Err(EngineError::Conflict(format!(
                "a claim that is {} keeps its number as it was",
                book.row.status
            )));
        }
        same_version(&book, seen)?;
        let document = ClaimDocument { headline, ..book.document.clone() };
        let document =
            document.checked().map_err(|e| EngineError::invalid("headline", "invalid", e.to_string()))?;
        let made_of: Headline = headline_of(&document)?;
        if made_of == *book.ledger.made_of() {
            return Err(EngineError::invalid("headline", "unchanged", "the number is made of that already"));
        }
        let mut moved = book.ledger.set_headline(made_of, &by);
        moved.note = Some(reason.clone());
        keep(&mut tx, &mut book, document, &[moved], &by).await?;
        tx.record(&Change {
            at: by.at,
            actor,
            kind: "headline.changed",
            claim: Some(book.row.id),
            subject: book.row.slug.to_string(),
            body: json!({ "headline": book.document.headline, "reason": reason, "p": book.row.headline_p }),
        })
        .await?;
        Ok(tx.commit().await?)
    }
}

async fn keep(
    tx: &mut Tx,
    book: &mut Book,
    document: ClaimDocument,
    moves: &[bellwether_core::ledger::Move],
    by: &By,
) -> Result<()> {
    book.row.document = JsonText::of(&document)?;
    book.document = document;
    book.save(tx, moves, by).await
}

fn same_version(book: &Book, seen: Option<i64>) -> Result<()> {
    match seen {
        Some(seen) if seen != book.row.version => Err(EngineError::Conflict(format!(
            "the claim was written to meanwhile (version {}): read it again",
            book.row.version
        ))),
        _ => Ok(()),
    }
}

/// Refuses other options or another start: the ledger began with them.
fn same_ledger(new: &ClaimDocument, old: &ClaimDocument) -> Result<()> {
    let mut bad = Vec::new();
    for (field, differs) in [("options", new.options != old.options), ("start", new.start != old.start)] {
        if differs {
            let why = "this is the first row of the claim's ledger and stays: write a new claim instead";
            bad.push(FieldError::new(field, "fixed", why));
        }
    }
    if bad.is_empty() { Ok(()) } else { Err(EngineError::Invalid(bad)) }
}
