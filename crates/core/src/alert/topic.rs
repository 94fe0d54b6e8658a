//! What a subscriber may want to be told of.

use serde::{Deserialize, Serialize};

/// A kind of happening that people subscribe to. Names in settings are the variants in snake case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// The headline moved, by anything but ageing.
    Move,
    /// Evidence was added, corrected or retracted.
    Evidence,
    /// A signal appeared beside a claim.
    Signal,
    /// A claim was proposed as come out.
    Proposal,
    /// Somebody objected to that.
    Objection,
    /// A claim was settled, or annulled.
    Resolution,
    /// An outcome was taken back, or is under review.
    Reversal,
    /// A claim's window ends soon, or ended without data.
    Deadline,
    /// A source went stale, was held back, or recovered.
    SourceTrouble,
    /// How a claim is decided was changed.
    Criteria,
    /// Anything else that readers may see but nobody is alerted to.
    Other,
}

impl Topic {
    /// All that can be subscribed to, in the order of pages.
    pub const OFFERED: [Self; 10] = [
        Self::Move,
        Self::Evidence,
        Self::Signal,
        Self::Proposal,
        Self::Objection,
        Self::Resolution,
        Self::Reversal,
        Self::Deadline,
        Self::SourceTrouble,
        Self::Criteria,
    ];

    /// In words, as several of it are called.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Move => "moves",
            Self::Evidence => "new evidence",
            Self::Signal => "new signals",
            Self::Proposal => "proposals",
            Self::Objection => "objections",
            Self::Resolution => "outcomes",
            Self::Reversal => "reversals",
            Self::Deadline => "deadlines",
            Self::SourceTrouble => "source trouble",
            Self::Criteria => "changes of how it is decided",
            Self::Other => "anything else",
        }
    }
}
