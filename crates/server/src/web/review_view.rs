//! What the review queue shows.

use askama::Template;
use chrono::{DateTime, Utc};

use super::{
    evidence_view::Errors,
    figures,
    parts::{Mark, When},
    shell::Shell,
};

/// Something that nobody can say for sure.
#[derive(Clone, Debug)]
pub(crate) struct ReviewRow {
    /// Its id.
    pub id: String,
    /// The model, or the row.
    pub subject: String,
    /// Where it was seen: `source/benchmark`.
    pub benchmark: String,
    /// The source's title.
    pub source: String,
    /// Why it is here.
    pub why: String,
    /// Since when.
    pub at: DateTime<Utc>,
    /// Claims that lean on that benchmark: slug and title.
    pub claims: Vec<(String, String)>,
    /// Whether it is answered here: a model's openness only.
    pub answerable: bool,
    /// The reason as typed.
    pub reason: String,
    /// Why the answer was refused.
    pub error: Option<String>,
}

/// The review queue.
#[derive(Clone, Debug, Template)]
#[template(path = "review.html")]
pub(crate) struct ReviewPage {
    /// The frame.
    pub shell: Shell,
    /// The rows.
    pub rows: Vec<ReviewRow>,
    /// How many there are in all.
    pub total: u64,
    /// What is wrong.
    pub errors: Errors,
}

impl ReviewPage {
    fn now(&self) -> DateTime<Utc> {
        self.shell.now
    }
}
