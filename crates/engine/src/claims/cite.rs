//! Citing a claim: a frozen link, and a sentence to put beside it.

use bellwether_core::{figures, ids::Slug, probability::Probability};
use chrono::{DateTime, SubsecRound as _, Utc};

use super::ClaimKey;
use crate::{Engine, Result};

/// How to cite a claim as known at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Citation {
    /// The claim's address.
    pub slug: Slug,
    /// Its title.
    pub title: String,
    /// The shown probability of yes, or of the leading option.
    pub p: Probability,
    /// As of when; the frozen link carries it.
    pub at: DateTime<Utc>,
    /// The path of the frozen link, from the site's root.
    pub path: String,
    /// A sentence: title, number, instant.
    pub text: String,
}

impl Engine {
    /// How to cite a claim as known now or at an instant.
    pub async fn cite(&self, claim: &ClaimKey, at: Option<DateTime<Utc>>) -> Result<Citation> {
        let page = self.claim_page(claim, at).await?;
        // A citation is to the second; what moved within it belongs to it.
        let at = page.at.trunc_subsecs(0);
        let at = if at == page.at { at } else { at + chrono::TimeDelta::seconds(1) };
        let leading = &page.probabilities[page.leading];
        let option = match page.options {
            bellwether_core::options::Options::YesNo => String::new(),
            bellwether_core::options::Options::Named(_) => format!("{} ", leading.name),
        };
        Ok(Citation {
            path: format!("/claims/{}?at={}", page.slug, at.format("%Y-%m-%dT%H:%M:%SZ")),
            text: format!(
                "“{}”, {option}{} as of {}. Bellwether.",
                page.document.title,
                figures::percent(leading.p),
                figures::instant(at)
            ),
            p: leading.p,
            slug: page.slug,
            title: page.document.title,
            at,
        })
    }
}
