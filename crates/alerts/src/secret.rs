//! The secret two parties sign webhooks with, written the way Standard Webhooks writes it.

use std::{fmt, str::FromStr};

use base64::{Engine as _, prelude::BASE64_STANDARD};

const PREFIX: &str = "whsec_";
const SHORTEST: usize = 24;
const LONGEST: usize = 64;

/// A symmetric signing secret: `whsec_` and the standard base64 of 24 to 64 bytes.
#[derive(Clone)]
pub struct SigningSecret(Vec<u8>);

/// Why something is no signing secret. Never repeats what was typed: it may be a secret all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSecret {
    /// It does not start with `whsec_`.
    #[error("a signing secret starts with whsec_")]
    Prefix,
    /// What follows is no standard base64 with padding.
    #[error("after whsec_ a signing secret is standard base64 with its padding")]
    NotBase64,
    /// Fewer than 24 bytes.
    #[error("a signing secret has at least {SHORTEST} bytes; this one has {bytes}")]
    TooShort {
        /// How many it has.
        bytes: usize,
    },
    /// More than 64 bytes.
    #[error("a signing secret has at most {LONGEST} bytes; this one has {bytes}")]
    TooLong {
        /// How many it has.
        bytes: usize,
    },
}

impl SigningSecret {
    /// A secret of these bytes, which must come from a cryptographic source of randomness.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadSecret> {
        match bytes.len() {
            n if n < SHORTEST => Err(BadSecret::TooShort { bytes: n }),
            n if n > LONGEST => Err(BadSecret::TooLong { bytes: n }),
            _ => Ok(Self(bytes.to_vec())),
        }
    }

    /// The secret as its owner copies it to the receiver. Not `Display`, so that it ends in no log by accident.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", BASE64_STANDARD.encode(&self.0))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for SigningSecret {
    type Err = BadSecret;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let encoded = text.strip_prefix(PREFIX).ok_or(BadSecret::Prefix)?;
        let bytes = BASE64_STANDARD.decode(encoded).map_err(|_| BadSecret::NotBase64)?;
        Self::from_bytes(&bytes)
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_reveals() {
        for length in [24, 32, 33, 64] {
            let secret = SigningSecret::from_bytes(&vec![7; length]).unwrap();
            let text = secret.reveal();
            assert_eq!(text.parse::<SigningSecret>().unwrap().bytes(), secret.bytes(), "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong_and_nothing_else() {
        let read = |text: &str| text.parse::<SigningSecret>().map(|_| ()).unwrap_err();
        let of = |bytes: usize| format!("whsec_{}", BASE64_STANDARD.encode(vec![0xff; bytes]));
        assert_eq!(read(""), BadSecret::Prefix);
        assert_eq!(read(&of(32)[6..]), BadSecret::Prefix);
        assert_eq!(read(&of(32).to_uppercase()), BadSecret::Prefix);
        assert_eq!(read("whsec_"), BadSecret::TooShort { bytes: 0 });
        assert_eq!(read(&of(23)), BadSecret::TooShort { bytes: 23 });
        assert_eq!(read(&of(65)), BadSecret::TooLong { bytes: 65 });
        assert_eq!(read("whsec_hunter2!"), BadSecret::NotBase64);
        assert_eq!(read(&of(32).replace('/', "_")), BadSecret::NotBase64, "not the alphabet of addresses");
        assert_eq!(read(&of(32).replace('=', "")), BadSecret::NotBase64, "receivers want the padding");
        assert_eq!(read(&format!("{}\n", of(32))), BadSecret::NotBase64);
        assert!(!read("whsec_hunter2!").to_string().contains("hunter2"));
    }

    #[test]
    fn debug_hides_it() {
        let secret = SigningSecret::from_bytes(b"correct horse battery staple").unwrap();
        assert_eq!(format!("{secret:?}"), "SigningSecret(hidden)");
    }
}
