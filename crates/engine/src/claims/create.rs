//! Writing a claim down, and opening it to readers.

use std::collections::BTreeMap;

use bellwether_core::{
    actor::Actor,
    confidence::{Confidence, Level, Override},
    document::{ClaimDocument, StartingPoint},
    ids::{ClaimId, CriteriaId, Slug},
    ledger::{By, Ledger},
    options::Options,
    probability::Probability,
    status::{ClaimStatus, Transition},
    stream::{Headline, LogWeights},
    text,
};
use bellwether_store::{Change, Claim, Criteria, JsonText, StoreError, Tx, Word};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Book, ClaimKey, book::Standing, criteria::digest, given};
use crate::{Engine, EngineError, FieldError, Result, ids::new_uuid};

/// A claim to be written down.
#[derive(Clone, Debug)]
pub struct NewClaim {
    /// What it says, how it is decided.
    pub document: ClaimDocument,
    /// Whether to open it to readers at once; else it is a draft.
    pub publish: bool,
}

/// A claim that was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Its identity.
    pub id: ClaimId,
    /// The readable part of its address.
    pub slug: Slug,
    /// Draft or open.
    pub status: ClaimStatus,
}

impl Engine {
    /// Writes a claim down: version 1 of its criteria and the first row of its ledger, its start.
    pub async fn create_claim(&self, actor: &Actor, new: NewClaim) -> Result<Created> {
        let by = By { actor: actor.clone(), at: self.now() };
        let document = checked(new.document, by.at)?;
        let (start, headline) = (start_of(&document)?, headline_of(&document)?);
        let (ledger, first) =
            Ledger::open(Options::of(&document), start.clone(), headline.clone(), &document.start.basis, &by);

        let mut tx = self.write().await?;
        let slug = free_slug(&mut tx, &document).await?;
        let document = ClaimDocument { slug: Some(slug.clone()), ..document };
        let status = if new.publish { ClaimStatus::Open } else { ClaimStatus::Draft };
        let standing = Standing {
            start,
            leading: 0,
            made_of: headline,
            streams: BTreeMap::new(),
            contradictions: Vec::new(),
            confidence: None,
            apart: false,
        };
        let row = Claim {
            id: ClaimId(new_uuid(by.at)),
            slug: slug.clone(),
            title: document.title.clone(),
            context: document.context.clone().unwrap_or_default(),
            status,
            document: JsonText::of(&document)?,
            window_from: document.window.from,
            window_by: document.window.by,
            criteria_n: 1,
            standing: JsonText::of(&standing)?,
            headline_p: None,
            move_seq: 0,
            evidence_count: 0,
            confidence: Word::of(&Confidence::of(&[], None, by.at).level()),
            verdict: None,
            missing_legs: None,
            distance: None,
            distance_json: None,
            outcome: None,
            version: 1,
            created_at: by.at,
            created_by: actor.clone(),
            published_at: new.publish.then_some(by.at),
            resolved_at: None,
            updated_at: by.at,
        };
        let id = row.id;
        tx.insert_claim(&row).await?;
        tx.insert_criteria(&criteria_row(id, 1, &document, None, &by)?).await?;
        index(&mut tx, id, &document).await?;
        given::index(&mut tx, id, &document).await?;
        let mut book = Book { row, document, ledger, rows: BTreeMap::new(), overridden: None, apart: false };
        book.save(&mut tx, &[first], &by).await?;
        let body = json!({ "title": book.row.title, "slug": slug, "p": book.row.headline_p });
        tx.record(&Change {
            at: by.at,
            actor,
            kind: "claim.created",
            claim: Some(id),
            subject: slug.to_string(),
            body: body.clone(),
        })
        .await?;
        if new.publish {
            let kind = "claim.published";
            tx.record(&Change { at: by.at, actor, kind, claim: Some(id), subject: slug.to_string(), body })
                .await?;
            crate::market::open_as_written(&mut tx, id, &by).await?;
            crate::resolve::watch_claim(&mut tx, id, by.at).await?;
            crate::feeds::match_recent(&mut tx, id, by.at).await?;
        }
        tx.commit().await?;
        Ok(Created { id, slug, status })
    }

    /// Opens a draft to readers.
    pub async fn publish_claim(&self, actor: &Actor, claim: &ClaimKey) -> Result<Created> {
        let at = self.now();
        let mut tx = self.write().await?;
        let mut row = claim.find(&mut tx).await?;
        let status =
            row.status.after(Transition::Publish).map_err(|e| EngineError::Conflict(e.to_string()))?;
        if row.window_by <= at {
            return Err(EngineError::Conflict(format!(
                "the deadline {} has passed: a claim that is over cannot be opened",
                bellwether_core::figures::instant(row.window_by)
            )));
        }
        given::index(&mut tx, row.id, &row.document.read()?).await?;
        row.status = status;
        row.published_at = Some(at);
        row.updated_at = at;
        tx.save_claim(&mut row).await?;
        tx.record(&Change {
            at,
            actor,
            kind: "claim.published",
            claim: Some(row.id),
            subject: row.slug.to_string(),
            body: json!({ "title": row.title, "slug": row.slug, "p": row.headline_p }),
        })
        .await?;
        crate::market::open_as_written(&mut tx, row.id, &By { actor: actor.clone(), at }).await?;
        crate::resolve::watch_claim(&mut tx, row.id, at).await?;
        crate::feeds::match_recent(&mut tx, row.id, at).await?;
        tx.commit().await?;
        Ok(Created { id: row.id, slug: row.slug, status })
    }

    /// Sets a person's word in the place of the computed confidence, with a reason, or takes it away again.
    pub async fn override_confidence(
        &self,
        actor: &Actor,
        claim: &ClaimKey,
        word: Option<(Level, String)>,
    ) -> Result<Confidence> {
        let by = By { actor: actor.clone(), at: self.now() };
        let word = match word {
            None => None,
            Some((level, reason)) => Some(Override { level, reason: reason_text(&reason)? }),
        };
        let mut tx = self.write().await?;
        let row = claim.find(&mut tx).await?;
        let mut book = Book::load(&mut tx, row).await?;
        book.overridden = word;
        book.refresh(&by)?;
        tx.save_claim(&mut book.row).await?;
        let confidence = book.confidence(by.at);
        tx.record(&Change {
            at: by.at,
            actor,
            kind: "confidence.overridden",
            claim: Some(book.row.id),
            subject: book.row.slug.to_string(),
            body: serde_json::to_value(&confidence).map_err(EngineError::internal)?,
        })
        .await?;
        tx.commit().await?;
        Ok(confidence)
    }
}

/// A reason as people give it for what needs one.
pub(super) fn reason_text(reason: &str) -> Result<String> {
    text::prose(reason, 3, 2000)
        .map_err(|e| EngineError::invalid("reason", "required", format!("give a reason: {e}")))
}

/// Finds a claim by its tags and words.
pub(super) async fn index(tx: &mut Tx, id: ClaimId, document: &ClaimDocument) -> Result<()> {
    tx.set_claim_tags(id, &document.tags).await?;
    let mut words = format!(
        "{} {} {}",
        document.title,
        document.context.as_deref().unwrap_or_default(),
        document.criteria
    );
    for more in document.tags.iter().chain(&document.keywords).chain(&document.options) {
        words.push(' ');
        words.push_str(more);
    }
    tx.set_claim_words(id, &words).await?;
    Ok(())
}

/// One immutable version of the criteria.
pub(super) fn criteria_row(
    claim: ClaimId,
    n: i64,
    document: &ClaimDocument,
    reason: Option<String>,
    by: &By,
) -> Result<Criteria> {
    let rule = match &document.rule {
        Some(rule) => Some(JsonText::of(rule)?),
        None if !document.outcomes.is_empty() => Some(JsonText::of(&document.outcomes)?),
        None => None,
    };
    Ok(Criteria {
        id: CriteriaId(new_uuid(by.at)),
        claim,
        n,
        words: document.criteria.clone(),
        rule,
        document: JsonText::of(document)?,
        sha256: digest(document)?,
        reason,
        actor: by.actor.clone(),
        at: by.at,
    })
}

/// Refuses a document whose texts, window, start or streams cannot be, and normalises its texts.
pub(super) fn checked(document: ClaimDocument, now: DateTime<Utc>) -> Result<ClaimDocument> {
    let mut document = texts(document)?;
    document
        .window
        .check_new(now)
        .map_err(|e| EngineError::invalid("window.by", "out_of_range", e.to_string()))?;
    document.tags = document.tags.iter().map(|t| t.to_lowercase()).collect();
    document.tags.sort();
    document.tags.dedup();
    // A document that was put together by a program has not been through the reader's own checks.
    document.checked().map_err(|e| match e {
        bellwether_core::document::BadDocument::Key { key, reason } => {
            EngineError::invalid(key, "invalid", reason)
        }
        other @ bellwether_core::document::BadDocument::Unreadable(_) => {
            EngineError::invalid("document", "unreadable", other.to_string())
        }
    })
}

fn texts(mut document: ClaimDocument) -> Result<ClaimDocument> {
    let mut bad = Vec::new();
    let mut put = |field: String, slot: &mut String, read: Result<String, text::BadText>| match read {
        Ok(text) => *slot = text,
        Err(e) => bad.push(FieldError::new(field, "unreadable", e.to_string())),
    };
    let read = text::line(&document.title, 3, 300);
    put("title".into(), &mut document.title, read);
    let read = text::prose(&document.criteria, 3, 20_000);
    put("criteria".into(), &mut document.criteria, read);
    let read = text::line(&document.start.basis, 2, 500);
    put("start.basis".into(), &mut document.start.basis, read);
    if document.context.as_deref().is_some_and(|c| c.trim().is_empty()) {
        document.context = None;
    }
    if let Some(context) = &mut document.context {
        let read = text::prose(context, 1, 2000);
        put("context".into(), context, read);
    }
    for (i, tag) in document.tags.iter_mut().enumerate() {
        let read = text::line(tag, 1, 60);
        put(format!("tags.{i}"), tag, read);
    }
    for (i, keyword) in document.keywords.iter_mut().enumerate() {
        let read = text::line(keyword, 2, 60);
        put(format!("keywords.{i}"), keyword, read);
    }
    for (i, option) in document.options.iter_mut().enumerate() {
        // An option is the name of its rule and of its starting probability, so it is taken as written or not at all.
        match text::line(option, 1, 100) {
            Ok(text) if text == *option => {}
            Ok(_) => bad.push(FieldError::new(
                format!("options.{i}"),
                "unreadable",
                "write it without blanks around it, in composed characters",
            )),
            Err(e) => bad.push(FieldError::new(format!("options.{i}"), "unreadable", e.to_string())),
        }
    }
    if bad.is_empty() { Ok(document) } else { Err(EngineError::Invalid(bad)) }
}

fn start_of(document: &ClaimDocument) -> Result<LogWeights> {
    let ends = || {
        EngineError::invalid(
            "start.p",
            "out_of_range",
            "a claim starts above 0 and below 1: what is certain already needs no forecast",
        )
    };
    let probabilities: Vec<Probability> = match (&document.start.p, document.options.len()) {
        (StartingPoint::Yes(p), 0) => {
            let no = Probability::new(1.0 - p.value()).map_err(EngineError::internal)?;
            vec![*p, no]
        }
        (StartingPoint::Yes(_), n) => {
            vec![Probability::new(1.0 / n as f64).map_err(EngineError::internal)?; n]
        }
        (StartingPoint::Options(p), _) => {
            document.options.iter().map(|o| p.get(o).copied().ok_or_else(ends)).collect::<Result<_>>()?
        }
    };
    LogWeights::of(&probabilities).ok_or_else(ends)
}

pub(super) fn headline_of(document: &ClaimDocument) -> Result<Headline> {
    let headline = Headline::read(&document.headline)
        .map_err(|e| EngineError::invalid("headline", "unknown_stream", e.to_string()))?;
    // Until a stream has a value the headline stands at the start, which for the evidence is what it is.
    match &headline {
        Headline::Pool(pool) if pool.is_empty() => {
            Err(EngineError::invalid("headline.pool", "required", "name at least one stream"))
        }
        Headline::Stream(_) | Headline::Pool(_) => Ok(headline),
    }
}

/// The document's own slug, which must be free, or one made from the title.
pub(super) async fn free_slug(tx: &mut Tx, document: &ClaimDocument) -> Result<Slug> {
    if let Some(slug) = &document.slug {
        return match tx.claim_by_slug(slug).await? {
            None => Ok(slug.clone()),
            Some(taken) => Err(EngineError::invalid(
                "slug",
                "taken",
                format!("`{slug}` is the address of “{}”: choose another", taken.title),
            )),
        };
    }
    let base = slug_from(&document.title);
    for n in 1..1000 {
        let text = if n == 1 { base.clone() } else { format!("{}-{n}", &base[..base.len().min(74)]) };
        let slug = Slug::new(&text).map_err(EngineError::internal)?;
        if tx.claim_by_slug(&slug).await?.is_none() {
            return Ok(slug);
        }
    }
    Err(StoreError::Conflict.into())
}

/// Letters, digits and hyphens of a title, at most 60; a title in another script gives `claim`.
fn slug_from(title: &str) -> String {
    let mut slug = String::new();
    for c in bellwether_store::fold(title).chars() {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    if slug.len() > 60 {
        slug.truncate(60);
        if let Some(end) = slug.rfind('-').filter(|end| *end > 20) {
            slug.truncate(end);
        }
    }
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "claim".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_come_from_titles() {
        assert_eq!(
            slug_from("An open-weights model: within 2 % of GPT!"),
            "an-open-weights-model-within-2-of-gpt"
        );
        assert_eq!(slug_from("Ça va?"), "ca-va");
        assert_eq!(slug_from("開放模型"), "claim");
        assert!(slug_from(&"word ".repeat(60)).len() <= 60);
        assert!(Slug::new(&slug_from("-- 9 lives --")).is_ok());
    }
}
