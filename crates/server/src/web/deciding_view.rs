//! A proposed outcome on the claim's page: objecting to it, and deciding.

use bellwether_engine::resolve::Stake;
use chrono::{DateTime, Utc};

use super::{
    markdown::Prose,
    parts::{Status, Who},
    request,
};

/// A verdict within its challenge window.
#[derive(Clone, Debug)]
pub(crate) struct ProposalBox {
    /// The state.
    pub status: Status,
    /// Why.
    pub sentence: Prose,
    /// Objections are taken until then.
    pub until: DateTime<Utc>,
    /// Objections so far: who, when, why.
    pub objections: Vec<(Who, DateTime<Utc>, Prose)>,
    /// The time for objections is over, and nobody objected.
    pub ended: bool,
    /// Whether a person must decide now.
    pub disputed: bool,
    /// The outcomes that can be decided for.
    pub outcomes: Vec<String>,
    /// What was typed and refused.
    pub typed: Typed,
    /// How the reader stands to the claim, where they may decide and a decision is due.
    pub stake: Stake,
}

impl ProposalBox {
    /// Why the reader does not decide this one, unless they have just tried: then it stands beside what they wrote.
    pub(crate) fn barred(&self) -> Option<String> {
        match &self.stake {
            Stake::Barred(why) if self.typed.error.is_none() => Some(request::sentence(why)),
            _ => None,
        }
    }

    /// Why the decision of this reader will be marked.
    pub(crate) fn marked(&self) -> Option<String> {
        match &self.stake {
            Stake::Alone(why) => Some(request::sentence(why)),
            _ => None,
        }
    }
}

/// The form by which a person states how a claim came out.
#[derive(Clone, Debug)]
pub(crate) struct ProposeBox {
    /// How it can end.
    pub outcomes: Vec<String>,
    /// What was typed and refused.
    pub typed: Typed,
}

/// An objection, a decision or a proposal as it was typed, and why it was refused.
#[derive(Clone, Debug, Default)]
pub(crate) struct Typed {
    /// The reason.
    pub reason: String,
    /// The outcome that was chosen.
    pub outcome: String,
    /// The page that shows it, of a proposal; none of the others.
    pub url: Option<String>,
    /// What is wrong.
    pub error: Option<String>,
}
