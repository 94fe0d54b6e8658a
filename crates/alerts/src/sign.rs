//! Signatures of webhooks, by the Standard Webhooks specification (symmetric, `v1`).

use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::SigningSecret;

/// The three headers of a signed webhook: which message, when this try left, and one signature per secret, so that a
/// receiver can change to a new secret while the old one still counts. Names are lower-case. Without a secret the
/// signature is empty, which no receiver accepts.
///
/// `at` is the time of this try, not of the message: receivers refuse what is older than some minutes.
pub fn headers(id: &str, at: DateTime<Utc>, body: &[u8], secrets: &[SigningSecret]) -> [(String, String); 3] {
    let seconds = at.timestamp().to_string();
    let signatures: Vec<_> = secrets.iter().map(|secret| signature(secret, id, &seconds, body)).collect();
    [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", seconds),
        ("webhook-signature", signatures.join(" ")),
    ]
    .map(|(name, value)| (name.to_owned(), value))
}

fn signature(secret: &SigningSecret, id: &str, seconds: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.bytes()).expect("HMAC takes keys of any length");
    for part in [id.as_bytes(), b".", seconds.as_bytes(), b".", body] {
        mac.update(part);
    }
    format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed by the reference implementation for Python (`standardwebhooks` 1.1).
    #[test]
    fn agrees_with_the_reference_implementation() {
        let secrets =
            ["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "whsec_QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZX"]
                .map(|s| s.parse().unwrap());
        let at = DateTime::from_timestamp(1_767_225_600, 999_000_000).unwrap();
        let id = "msg_0198c2f0-1c3a-7000-8000-000000000001";
        let body = r#"{"type":"headline.moved","data":{"title":"Größe ≥ 3"}}"#;
        let want = [
            ("webhook-id", id),
            ("webhook-timestamp", "1767225600"),
            (
                "webhook-signature",
                "v1,wRKjbVGGtVFHCE9kdpRHvzZ522VdKqZxw+1MBE/svSM= \
                 v1,rqfB6oGAP8lWyZhWSuqr78fLLVb7dkZfgvKqPSFcDLA=",
            ),
        ];
        assert_eq!(
            headers(id, at, body.as_bytes(), &secrets),
            want.map(|(n, v)| (n.to_owned(), v.to_owned()))
        );
    }

    #[test]
    fn every_part_is_signed() {
        let secret = SigningSecret::from_bytes(&[1; 24]).unwrap();
        let at = DateTime::from_timestamp(1_767_225_600, 0).unwrap();
        let sign = |id, at, body: &[u8]| headers(id, at, body, std::slice::from_ref(&secret))[2].1.clone();
        let first = sign("a", at, b"{}");
        assert_eq!(first, sign("a", at, b"{}"));
        assert_ne!(first, sign("b", at, b"{}"));
        assert_ne!(first, sign("a", at + chrono::TimeDelta::seconds(1), b"{}"));
        assert_ne!(first, sign("a", at, b"{ }"));
        assert_eq!(headers("a", at, b"{}", &[])[2].1, "");
    }
}
