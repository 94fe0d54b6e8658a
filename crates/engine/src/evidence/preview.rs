//! What an item would do, before it is added. Nothing is written.

use bellwether_core::{
    actor::Actor,
    cluster,
    contradiction::Contradiction,
    evidence::{Entry, Factors, Item},
    ids::{ClaimId, EvidenceId, Slug},
    ledger::{By, Ledger, Warning},
    probability::Probability,
};

use super::{
    EvidenceInput,
    add::{refused, takes_evidence},
};
use crate::{
    Engine, EngineError, Result,
    claims::{Book, ClaimKey},
    ids::new_uuid,
};

/// What an item would do to a claim.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The claim.
    pub claim: ClaimId,
    /// Its address.
    pub slug: Slug,
    /// The item as it would be kept.
    pub item: Item,
    /// Why it would count what it would.
    pub factors: Factors,
    /// The option it is about; 0 for yes.
    pub option: usize,
    /// The option's shown probability now.
    pub before: Probability,
    /// And with the item.
    pub after: Probability,
    /// Items that tell nearly the same.
    pub alike: Vec<Alike>,
    /// Contradictions it would bring.
    pub contradictions: Vec<Contradiction>,
    /// What a reader would be warned of.
    pub warnings: Vec<Warning>,
}

/// An item that tells nearly the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Alike {
    /// The item.
    pub evidence: EvidenceId,
    /// What it says.
    pub text: String,
    /// Whether the two go back to one origin; else their words are nearly the same.
    pub same_origin: bool,
}

impl Engine {
    /// What an item would do to a claim. With `replaces`, what correcting that item into it would do.
    pub async fn preview_evidence(
        &self,
        claim: &ClaimKey,
        input: &EvidenceInput,
        replaces: Option<EvidenceId>,
    ) -> Result<Preview> {
        let by = By { actor: Actor::system("preview"), at: self.now() };
        let item = input.read(by.at)?;
        let mut tx = self.read().await?;
        let row = claim.find(&mut tx).await?;
        takes_evidence(&row)?;
        let mut book = Book::load(&mut tx, row).await?;
        let known: Vec<_> = book.ledger.contradictions().iter().map(|c| (c.first, c.second)).collect();
        let before = book.ledger.shown();
        let id = replaces.unwrap_or_else(|| EvidenceId(new_uuid(by.at)));
        let alike = alike(&Entry::new(id, item.clone(), by.at), &book.ledger);
        match replaces {
            Some(id) => book.ledger.revise(id, item, &by).map_err(refused)?,
            None => book.ledger.add(Entry::new(id, item, by.at), &by).map_err(refused)?,
        };
        let entry = book.ledger.entry(id).ok_or(EngineError::NotFound("evidence"))?;
        let option = book.ledger.options().index(entry.item.option.as_deref()).unwrap_or(0);
        Ok(Preview {
            claim: book.row.id,
            slug: book.row.slug.clone(),
            item: entry.item.clone(),
            factors: entry.factors,
            option,
            before: before[option],
            after: book.ledger.shown()[option],
            alike,
            contradictions: book
                .ledger
                .contradictions()
                .iter()
                .filter(|c| c.is_about(id) && !known.contains(&(c.first, c.second)))
                .cloned()
                .collect(),
            warnings: book.ledger.warnings_of(|stream| book.document.shows(stream)),
        })
    }
}

/// Items that tell nearly the same as `entry`.
pub(super) fn alike(entry: &Entry, ledger: &Ledger) -> Vec<Alike> {
    let origin = entry.item.source.origin_key();
    cluster::alike(entry, ledger.entries())
        .into_iter()
        .map(|other| Alike {
            evidence: other.id,
            text: other.item.text.clone(),
            same_origin: origin.is_some() && other.item.source.origin_key() == origin,
        })
        .collect()
}
