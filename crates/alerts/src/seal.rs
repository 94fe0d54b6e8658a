//! Secrets at rest: sealed with the installation's key, and bound to the place they are kept in.

use std::{fmt, str::FromStr};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use chacha20poly1305::{
    ChaCha20Poly1305, Key, KeyInit as _, Nonce,
    aead::{Aead as _, Payload},
};

const PREFIX: &str = "v1.";
const NONCE_BYTES: usize = 12;

/// The key secrets are sealed with: 32 bytes, written as 64 hexadecimal digits.
#[derive(Clone)]
pub struct SealKey([u8; 32]);

/// Not a key. Never repeats what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key is 32 random bytes, written as 64 hexadecimal digits")]
pub struct BadKey;

/// Why a sealed text does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It was not sealed here, or by a later version.
    #[error("this is not a sealed text of a kind known here")]
    Unknown,
    /// Another key, another place, or a changed text; which, nobody can tell.
    #[error("the sealed text does not open: another key, another place, or it was changed")]
    Closed,
}

impl SealKey {
    /// A key of these bytes, which must come from a cryptographic source of randomness.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl FromStr for SealKey {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| BadKey)?;
        Ok(Self(bytes))
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(hidden)")
    }
}

/// Seals a text. `context` names the place it is kept in (`channel:<id>:secret`): moved elsewhere it does not open.
///
/// `nonce` must be random and new for every call: two texts under one nonce and key give each other away.
pub fn seal(key: &SealKey, nonce: [u8; NONCE_BYTES], plain: &str, context: &str) -> String {
    let payload = Payload { msg: plain.as_bytes(), aad: context.as_bytes() };
    format!("{PREFIX}{}", BASE64_STANDARD.encode([&nonce[..], &encrypt(key, nonce, payload)].concat()))
}

/// Opens a text sealed with this key for this place.
pub fn open(key: &SealKey, sealed: &str, context: &str) -> Result<String, SealError> {
    let encoded = sealed.strip_prefix(PREFIX).ok_or(SealError::Unknown)?;
    let bytes = BASE64_STANDARD.decode(encoded).map_err(|_| SealError::Unknown)?;
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(SealError::Unknown)?;
    let payload = Payload { msg: sealed, aad: context.as_bytes() };
    let plain = cipher(key).decrypt(&Nonce::from(*nonce), payload).map_err(|_| SealError::Closed)?;
    String::from_utf8(plain).map_err(|_| SealError::Unknown)
}

fn encrypt(key: &SealKey, nonce: [u8; NONCE_BYTES], payload: Payload<'_, '_>) -> Vec<u8> {
    let sealed = cipher(key).encrypt(&Nonce::from(nonce), payload);
    sealed.expect("only texts of 256 GiB cannot be sealed")
}

fn cipher(key: &SealKey) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(&Key::from(key.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> SealKey {
        "00".repeat(32).parse().unwrap()
    }

    #[test]
    fn keys_are_64_digits_and_hidden() {
        for bad in ["", "00", &"00".repeat(31), &"00".repeat(33), &"zz".repeat(32)] {
            assert!(matches!(bad.parse::<SealKey>(), Err(BadKey)), "{bad}");
        }
        assert!("aF".repeat(32).parse::<SealKey>().is_ok());
        assert_eq!(format!("{:?}", key()), "SealKey(hidden)");
    }

    #[test]
    fn opens_only_with_the_key_in_its_place_unchanged() {
        let sealed = seal(&key(), [7; 12], "whsec_x", "channel:1");
        assert!(sealed.starts_with("v1.BwcHBwcH"), "{sealed}");
        assert_eq!(open(&key(), &sealed, "channel:1").as_deref(), Ok("whsec_x"));
        assert_eq!(open(&key(), &sealed, "channel:2"), Err(SealError::Closed));
        assert_eq!(open(&SealKey::from_bytes([1; 32]), &sealed, "channel:1"), Err(SealError::Closed));
        let bytes = BASE64_STANDARD.decode(&sealed[3..]).unwrap();
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            let changed = format!("v1.{}", BASE64_STANDARD.encode(bytes));
            assert_eq!(open(&key(), &changed, "channel:1"), Err(SealError::Closed), "byte {at}");
        }
    }

    #[test]
    fn what_was_never_sealed_is_no_panic() {
        for text in ["", "v1.", "v2.AAAA", "v1.AAAA", "v1.!", "whsec_x"] {
            assert_eq!(open(&key(), text, ""), Err(SealError::Unknown), "{text:?}");
        }
        let short = format!("v1.{}", BASE64_STANDARD.encode([0; 20]));
        assert_eq!(open(&key(), &short, ""), Err(SealError::Closed));
    }

    /// The example of RFC 8439, 2.8.2.
    #[test]
    fn agrees_with_the_standard() {
        let key: SealKey =
            "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f".parse().unwrap();
        let nonce = [7, 0, 0, 0, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47];
        let plain = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, \
                     sunscreen would be it.";
        // The standard's associated data are no text, so only the cipher's part can be compared.
        let sealed = BASE64_STANDARD.decode(&seal(&key, nonce, plain, "")[3..]).unwrap();
        assert_eq!(hex::encode(&sealed[12..28]), "d31a8d34648e60db7b86afbc53ef7ec2");
        assert_eq!(sealed.len(), 12 + plain.len() + 16);
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens(plain in ".*", context in ".*", nonce: [u8; 12]) {
            let sealed = seal(&key(), nonce, &plain, &context);
            prop_assert_eq!(open(&key(), &sealed, &context), Ok(plain));
        }
    }
}
