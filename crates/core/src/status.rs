//! The states a claim passes through, and what may lead from one to the next.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a claim stands between its first word and its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimStatus {
    /// Being written: not listed, not evaluated.
    Draft,
    /// Public; evidence is taken, the rule is evaluated.
    Open,
    /// The deadline has passed without a verdict.
    AwaitingData,
    /// An outcome was confirmed and can be objected to until its challenge window ends.
    Proposed,
    /// Somebody objected: the clock stands until a person decides.
    Disputed,
    /// Final.
    Resolved,
    /// Final and void: it pays nobody.
    Annulled,
    /// Resolved, but a source has corrected itself and the outcome would change.
    UnderReview,
}

/// What happens to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// The draft is done.
    Publish,
    /// The window ended and nothing has settled the claim.
    PassDeadline,
    /// The rule was confirmed, or a person states an outcome with a link.
    Propose,
    /// A reason is given why the proposal is wrong.
    Object,
    /// What the proposal stood on is gone, or a person refused it: before the deadline the claim is open again.
    Withdraw {
        /// Whether the window has ended.
        after_deadline: bool,
    },
    /// The challenge window ended without objection, or a person upheld an outcome.
    Settle,
    /// A person makes the claim void.
    Annul,
    /// A source corrected itself within the time of review.
    Review,
    /// A person keeps the outcome after review.
    Keep,
    /// The outcome is withdrawn; the claim is open again.
    Unresolve,
}

/// A transition that the present state does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a claim that is {from} {}", refusal(*.transition))]
pub struct Illegal {
    /// Where the claim stands.
    pub from: ClaimStatus,
    /// What was asked.
    pub transition: Transition,
}

fn refusal(transition: Transition) -> &'static str {
    match transition {
        Transition::Publish => "cannot be published: only a draft can",
        Transition::PassDeadline => "does not wait for data: only an open one can",
        Transition::Propose => {
            "cannot be given a proposal: only an open one, or one that waits for data, can"
        }
        Transition::Object => {
            "cannot be objected to: only a proposal within its window, or a settled outcome, can"
        }
        Transition::Withdraw { .. } => "has no proposal to withdraw",
        Transition::Settle => "has no proposal to settle",
        Transition::Annul => "cannot be made void",
        Transition::Review => "cannot be put under review: only a settled one can",
        Transition::Keep => "is not under review",
        Transition::Unresolve => "has no outcome to withdraw",
    }
}

impl ClaimStatus {
    /// All states, in the order a claim can pass them.
    pub const ALL: [Self; 8] = [
        Self::Draft,
        Self::Open,
        Self::AwaitingData,
        Self::Proposed,
        Self::Disputed,
        Self::Resolved,
        Self::Annulled,
        Self::UnderReview,
    ];

    /// The state after a transition.
    pub fn after(self, transition: Transition) -> Result<Self, Illegal> {
        use ClaimStatus as S;
        match (self, transition) {
            (S::Draft, Transition::Publish)
            | (S::Resolved | S::Annulled | S::UnderReview, Transition::Unresolve) => Ok(S::Open),
            (S::Open, Transition::PassDeadline) => Ok(S::AwaitingData),
            (S::Open | S::AwaitingData, Transition::Propose) => Ok(S::Proposed),
            (S::Proposed, Transition::Object) => Ok(S::Disputed),
            (S::Proposed | S::Disputed, Transition::Withdraw { after_deadline }) => {
                Ok(if after_deadline { S::AwaitingData } else { S::Open })
            }
            (S::Proposed | S::Disputed, Transition::Settle) | (S::UnderReview, Transition::Keep) => {
                Ok(S::Resolved)
            }
            (S::Open | S::AwaitingData | S::Proposed | S::Disputed | S::UnderReview, Transition::Annul) => {
                Ok(S::Annulled)
            }
            (S::Resolved, Transition::Review | Transition::Object) => Ok(S::UnderReview),
            (from, transition) => Err(Illegal { from, transition }),
        }
    }

    /// The word in tables and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::AwaitingData => "awaiting_data",
            Self::Proposed => "proposed",
            Self::Disputed => "disputed",
            Self::Resolved => "resolved",
            Self::Annulled => "annulled",
            Self::UnderReview => "under_review",
        }
    }

    /// Reads the word of tables and of the API.
    pub fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether the last word is spoken, for now.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Resolved | Self::Annulled | Self::UnderReview)
    }

    /// Whether evidence can be added, corrected and retracted.
    pub fn takes_evidence(self) -> bool {
        !self.is_settled()
    }

    /// Whether new data is held against the rule.
    pub fn is_evaluated(self) -> bool {
        !matches!(self, Self::Draft | Self::Annulled)
    }
}

impl fmt::Display for ClaimStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.as_str().replace('_', " "))
    }
}

/// How a claim ends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Outcome {
    /// The claim came true.
    Yes,
    /// It did not.
    No,
    /// One of its named options did.
    Option(String),
}

impl Outcome {
    /// The word in tables and in the API; a named option is written `option:NAME`.
    pub fn to_word(&self) -> String {
        match self {
            Self::Yes => "yes".to_owned(),
            Self::No => "no".to_owned(),
            Self::Option(name) => format!("option:{name}"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yes => f.write_str("Yes"),
            Self::No => f.write_str("No"),
            Self::Option(name) => f.write_str(name),
        }
    }
}

impl From<Outcome> for String {
    fn from(outcome: Outcome) -> Self {
        outcome.to_word()
    }
}

impl TryFrom<String> for Outcome {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "yes" => Ok(Self::Yes),
            "no" => Ok(Self::No),
            _ => text
                .strip_prefix("option:")
                .filter(|name| !name.is_empty())
                .map(|name| Self::Option(name.to_owned()))
                .ok_or_else(|| format!("`{text}` is no outcome: use yes, no, or option:NAME")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TRANSITIONS: [Transition; 11] = [
        Transition::Publish,
        Transition::PassDeadline,
        Transition::Propose,
        Transition::Object,
        Transition::Withdraw { after_deadline: false },
        Transition::Withdraw { after_deadline: true },
        Transition::Settle,
        Transition::Annul,
        Transition::Review,
        Transition::Keep,
        Transition::Unresolve,
    ];

    proptest! {
        /// However transitions come, an outcome is final only after it was proposed, or after a review of one that was.
        #[test]
        fn nothing_is_resolved_without_a_proposal(walk in proptest::collection::vec(0..TRANSITIONS.len(), 0..40)) {
            let (mut status, mut proposed) = (ClaimStatus::Draft, false);
            for step in walk {
                let Ok(next) = status.after(TRANSITIONS[step]) else { continue };
                proposed |= next == ClaimStatus::Proposed;
                if next == ClaimStatus::Resolved {
                    prop_assert!(proposed);
                    prop_assert!(matches!(
                        status,
                        ClaimStatus::Proposed | ClaimStatus::Disputed | ClaimStatus::UnderReview
                    ));
                }
                status = next;
            }
        }
    }

    #[test]
    fn words_read_back() {
        for status in ClaimStatus::ALL {
            assert_eq!(ClaimStatus::read(status.as_str()), Some(status));
        }
        for outcome in [Outcome::Yes, Outcome::No, Outcome::Option("between 2 and 5".into())] {
            assert_eq!(Outcome::try_from(outcome.to_word()), Ok(outcome));
        }
    }

    #[test]
    fn a_refused_transition_says_what_would_do() {
        let refused = ClaimStatus::Open.after(Transition::Object).unwrap_err().to_string();
        assert_eq!(
            refused,
            "a claim that is open cannot be objected to: only a proposal within its window, or a settled outcome, can"
        );
    }
}
