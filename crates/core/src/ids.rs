//! Identities. Rows are named by UUIDv7 (made in one place, the engine), people see slugs.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

uuid_ids! {
    /// A claim.
    ClaimId,
    /// One immutable version of a claim's criteria.
    CriteriaId,
    /// An item of evidence; its corrections keep the id.
    EvidenceId,
    /// A forecast, or its withdrawal.
    ForecastId,
    /// One entry of a claim's ledger.
    MoveId,
    /// One fetch of a source: what was asked, what came back.
    FetchId,
    /// A verdict that was confirmed and awaits its challenge window.
    ProposalId,
    /// A final outcome.
    ResolutionId,
    /// An objection to a proposal or a resolution.
    ObjectionId,
    /// A dated observation that may bear on claims.
    SignalId,
    /// One change, as the outbox and the feeds see it.
    EventId,
    /// An account of a person or a bot.
    AccountId,
    /// A token by which a program acts for an account.
    TokenId,
    /// One trade in a claim's market.
    TradeId,
    /// One transaction of credits.
    TransactionId,
    /// A link that lets someone in once: to set up, to join, to choose a new password.
    TicketId,
    /// Where messages go: a webhook, a mailbox.
    ChannelId,
    /// Who wants to be told of what.
    SubscriptionId,
    /// What one subscriber was told at once.
    MessageId,
}

/// Why a text is not a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no {kind}: use 1 to 80 lower-case letters, digits and hyphens, beginning with a letter or digit"
)]
pub struct BadName {
    /// What was being read: `slug`, `source id`, `benchmark name`.
    pub kind: &'static str,
    /// The text as it came, cut to 100 characters.
    pub text: String,
}

fn check_name(kind: &'static str, text: &str) -> Result<(), BadName> {
    let ok = (1..=80).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-');
    if ok { Ok(()) } else { Err(BadName { kind, text: text.chars().take(100).collect() }) }
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident = $kind:literal),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads a name.
            pub fn new(text: &str) -> Result<Self, BadName> {
                check_name($kind, text)?;
                Ok(Self(text.to_owned()))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = BadName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadName;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    )*};
}

names! {
    /// The part of a claim's address that people read.
    Slug = "slug",
    /// A source's id: `lmarena`, `swebench`.
    SourceId = "source id",
    /// A benchmark's name within its source: `verified` in `swebench/verified`.
    BenchmarkName = "benchmark name",
}

/// The SHA-256 of some bytes; the name of a stored snapshot.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Sha256(pub [u8; 32]);

impl Sha256 {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

impl FromStr for Sha256 {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut out = [0; 32];
        hex::decode_to_slice(text, &mut out)
            .map_err(|_| "not a SHA-256: expected 64 hexadecimal digits".to_owned())?;
        Ok(Self(out))
    }
}

impl TryFrom<String> for Sha256 {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Sha256> for String {
    fn from(hash: Sha256) -> Self {
        hash.to_string()
    }
}
