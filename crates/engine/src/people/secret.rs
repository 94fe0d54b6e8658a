//! The one place where secrets are made.

use std::fmt;

use bellwether_core::ids::Sha256;

use crate::{EngineError, Result};

/// A secret as its holder sees it, once: a kind, then 256 random bits in hexadecimal digits. Never logged, never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Secrets are longer than this; what is longer still is no secret of ours and is not worth a digest.
const LONGEST: usize = 100;

impl Secret {
    /// Makes a new one. `kind` tells people what they hold: `bws`, `bwt`, `bwl`.
    pub(super) fn new(kind: &str) -> Result<Self> {
        let mut bits = [0; 32];
        getrandom::fill(&mut bits).map_err(|e| EngineError::internal(e.to_string()))?;
        Ok(Self(format!("{kind}_{}", hex::encode(bits))))
    }

    /// Takes a secret as it came from outside; none when it cannot be one.
    pub fn read(text: &str) -> Option<Self> {
        let plausible = text.len() <= LONGEST && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        plausible.then(|| Self(text.to_owned()))
    }

    /// What is kept of it.
    pub(super) fn digest(&self) -> Sha256 {
        Sha256::of(self.0.as_bytes())
    }

    /// The part that may be shown, to tell secrets apart: 32 of its bits.
    pub(super) fn prefix(&self) -> String {
        self.0.chars().take(12).collect()
    }

    /// The secret itself, for the one answer that shows it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s3_a_secret_has_256_random_bits_and_is_not_printed() {
        let a = Secret::new("bwt").unwrap();
        let b = Secret::new("bwt").unwrap();
        assert_ne!(a, b);
        assert_eq!(a.reveal().len(), "bwt_".len() + 64);
        assert!(a.reveal().starts_with(&a.prefix()) && a.prefix().len() == 12);
        assert!(!format!("{a:?}").contains(&a.prefix()[4..]));
        assert_eq!(Secret::read(a.reveal()), Some(a));
        assert_eq!(Secret::read("a b"), None);
        assert_eq!(Secret::read(&"a".repeat(101)), None);
    }
}
