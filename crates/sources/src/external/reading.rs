//! What a site said of a question.

use chrono::{DateTime, Utc};

use super::Site;

/// No question has more answers than this; one that has is not read.
pub const MOST_ANSWERS: usize = 500;

/// A question as a site's answer describes it. All texts are cleaned and cut.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The question in the site's words.
    pub title: String,
    /// What it gives probabilities of.
    pub values: Values,
    /// The time the site gives for its probabilities: of the last trade or the last forecast.
    pub as_of: Option<DateTime<Utc>>,
    /// Whether it is over.
    pub state: State,
}

/// Probabilities as the site gives them; each lies in 0..=1 and is a number.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Of yes; absent where the site gives none at the moment.
    YesNo(Option<f64>),
    /// Of named answers.
    Several {
        /// In the site's order.
        answers: Vec<Answer>,
        /// Whether exactly one of them comes true, so that they share one whole.
        exclusive: bool,
    },
}

/// One named answer of a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What the site calls it by; stays when the name is corrected.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its probability; absent where the site gives none at the moment.
    pub p: Option<f64>,
    /// Whether it is over by itself, before the question is.
    pub state: State,
}

/// Whether a question is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Opinions are taken.
    Open,
    /// No opinions are taken any more, and the outcome is not stated yet.
    Closed {
        /// Since when, if the site says so.
        at: Option<DateTime<Utc>>,
    },
    /// The site states an outcome.
    Resolved {
        /// Which, in the site's words: "Yes", "No", the name of an answer, "void", "42%".
        how: String,
        /// When, if the site says so.
        at: Option<DateTime<Utc>>,
    },
}

impl State {
    /// Its word in tables and JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed { .. } => "closed",
            Self::Resolved { .. } => "resolved",
        }
    }

    /// Whether the site states an outcome.
    pub fn is_resolved(&self) -> bool {
        matches!(self, Self::Resolved { .. })
    }
}

/// Why an answer says nothing that can be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not the form that the site documents.
    #[error("{site} did not answer in the form it documents (line {line}, column {column} of its answer)")]
    Form {
        /// The site.
        site: Site,
        /// Where reading stopped, from 1.
        line: usize,
        /// Where reading stopped, from 1.
        column: usize,
    },
    /// The form is right, a part is not.
    #[error("{site} did not answer in the form it documents: {what}")]
    Part {
        /// The site.
        site: Site,
        /// Which part, in words of ours.
        what: &'static str,
    },
    /// A question that no yes/no claim and no claim with named options can follow.
    #[error(
        "this is {kind} on {site}; only yes/no questions and questions with named answers can be followed"
    )]
    Kind {
        /// The site.
        site: Site,
        /// What it is, with its article: "a numeric question".
        kind: &'static str,
    },
    /// A number that is no probability.
    #[error("{site} gives {text} where a probability from 0 to 1 should stand")]
    Probability {
        /// The site.
        site: Site,
        /// The number, cut.
        text: String,
    },
    /// The community's number is not shown yet.
    #[error(
        "Metaculus does not show the community's number of this question {}",
        .until.map_or_else(|| "yet".to_owned(), |t| format!("before {}", t.format("%Y-%m-%d %H:%M UTC")))
    )]
    Hidden {
        /// Until when, if Metaculus says so.
        until: Option<DateTime<Utc>>,
    },
    /// The site knows no such question.
    #[error("{site} knows no question at this address")]
    NotFound {
        /// The site.
        site: Site,
    },
}

impl Unreadable {
    /// The error's name: stable, for rows, JSON and tests.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Form { .. } | Self::Part { .. } => "unexpected_form",
            Self::Kind { .. } => "wrong_kind",
            Self::Probability { .. } => "no_probability",
            Self::Hidden { .. } => "hidden",
            Self::NotFound { .. } => "not_found",
        }
    }
}
