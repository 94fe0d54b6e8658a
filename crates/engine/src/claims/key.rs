//! How callers name a claim: by its id or by its slug.

use std::{convert::Infallible, fmt, str::FromStr};

use bellwether_core::ids::{ClaimId, Slug};
use bellwether_store::{Claim, StoreError, Tx};
use serde::{Deserialize, Serialize};

use crate::{EngineError, Result};

/// A claim's name in addresses and requests.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum ClaimKey {
    /// Its identity.
    Id(ClaimId),
    /// The readable part of its address.
    Slug(Slug),
    /// Neither, so there is no such claim; cut to 100 characters.
    Neither(String),
}

impl ClaimKey {
    /// The claim as it stands.
    pub(crate) async fn find(&self, tx: &mut Tx) -> Result<Claim> {
        let found = match self {
            Self::Id(id) => match tx.claim(*id).await {
                Err(StoreError::NotFound) => None,
                other => Some(other?),
            },
            Self::Slug(slug) => tx.claim_by_slug(slug).await?,
            Self::Neither(_) => None,
        };
        found.ok_or(EngineError::NotFound("claim"))
    }
}

impl FromStr for ClaimKey {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text
            .parse()
            .map(Self::Id)
            .or_else(|_| Slug::new(text).map(Self::Slug))
            .unwrap_or_else(|_| Self::Neither(text.chars().take(100).collect())))
    }
}

impl From<String> for ClaimKey {
    fn from(text: String) -> Self {
        match text.parse() {
            Ok(key) => key,
            Err(never) => match never {},
        }
    }
}

impl From<ClaimId> for ClaimKey {
    fn from(id: ClaimId) -> Self {
        Self::Id(id)
    }
}

impl From<Slug> for ClaimKey {
    fn from(slug: Slug) -> Self {
        Self::Slug(slug)
    }
}

impl From<ClaimKey> for String {
    fn from(key: ClaimKey) -> Self {
        key.to_string()
    }
}

impl fmt::Display for ClaimKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Slug(slug) => slug.fmt(f),
            Self::Neither(text) => f.write_str(text),
        }
    }
}

impl crate::Engine {
    /// The identity of a claim that a caller names.
    pub async fn claim_id(&self, claim: &ClaimKey) -> Result<ClaimId> {
        let mut tx = self.read().await?;
        Ok(claim.find(&mut tx).await?.id)
    }
}
