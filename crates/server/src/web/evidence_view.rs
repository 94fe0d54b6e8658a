//! The evidence form: adding, correcting, retracting.

use std::collections::BTreeMap;

use askama::Template;
use bellwether_core::ids::EvidenceId;
use bellwether_engine::FieldError;

use super::{
    figures,
    markdown::Prose,
    parts::{FieldLine, FieldMarks, Mark, Moved},
    request,
    shell::Shell,
};

/// All that is wrong with a form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Errors(pub Vec<FieldError>);

impl Errors {
    /// Notes a fault of a field.
    pub(crate) fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(FieldError::new(field, "invalid", message));
    }

    /// Notes what the engine refused, as sentences.
    pub(crate) fn refuse(&mut self, wrong: Vec<FieldError>) {
        for field in wrong {
            self.add(&field.field, request::sentence(&field.message));
        }
    }

    /// The attributes of a field's input: what is wrong with it, and whether a hint stands under it.
    pub(crate) fn marks(&self, field: &'static str, hint: bool) -> FieldMarks {
        FieldMarks { field, wrong: self.of(field).is_some(), hint }
    }

    /// The line under a field that says what is wrong with it.
    pub(crate) fn line(&self, field: &'static str) -> FieldLine {
        FieldLine { field, message: self.of(field).map(str::to_owned) }
    }

    /// The message of a field.
    pub(crate) fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|e| e.field == field).map(|e| e.message.as_str())
    }

    /// Whether all is well.
    pub(crate) fn none(&self) -> bool {
        self.0.is_empty()
    }
}

/// Everything typed, as typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct EvidenceFields {
    /// Slugs of the claims.
    pub claims: Vec<String>,
    /// The link.
    pub url: String,
    /// What it says.
    pub text: String,
    /// Who published it.
    pub publisher: String,
    /// When it was so, `2026-03-12`.
    pub observed: String,
    /// `for` or `against`.
    pub side: String,
    /// The option, where the claim has named ones.
    pub option: String,
    /// Raw points as typed.
    pub points: String,
    /// Kind of source, decides the credibility.
    pub kind: String,
    /// Relevance to the claim.
    pub relevance: String,
    /// Why it is corrected or retracted.
    pub reason: String,
    /// The option of each claim by its slug, where several are chosen.
    pub options: BTreeMap<String, String>,
    /// Names the page that was read and kept; empty where none was.
    pub kept: String,
    /// The signal that is counted; empty where it is none.
    pub signal: String,
    /// The revision that is corrected.
    pub revision: String,
}

/// A chosen claim with named options.
#[derive(Clone, Debug)]
pub(crate) struct ClaimOptions {
    /// The form's name of the choice.
    pub field: String,
    /// The claim's title.
    pub title: String,
    /// What can be chosen.
    pub names: Vec<String>,
    /// What is chosen; empty: nothing yet.
    pub chosen: String,
}

/// What the item would do to one claim.
#[derive(Clone, Debug)]
pub(crate) struct Effect {
    /// The claim's title.
    pub claim: String,
    /// Headline before, in `[0, 1]`.
    pub from: f64,
    /// Headline after, in `[0, 1]`.
    pub to: f64,
    /// What it counts for, signed points.
    pub counts: f64,
    /// `press ×.4, about this claim ×1, new ×1, fresh ×1`
    pub factors: String,
    /// What it looks like, in a sentence.
    pub alike: Option<String>,
    /// What it contradicts.
    pub conflict: Option<String>,
}

impl Effect {
    /// The change in percentage points.
    pub(crate) fn moved(&self) -> Moved {
        Moved { pts: (self.to - self.from) * 100.0, days: None }
    }
}

/// One of several choices.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    /// What is sent.
    pub value: String,
    /// What is shown.
    pub label: String,
}

impl Choice {
    /// A choice.
    pub(crate) fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into() }
    }
}

/// What is being done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EvidenceTask {
    /// A new item.
    Add,
    /// Correcting an item.
    Revise(String),
}

/// The form.
#[derive(Clone, Debug, Template)]
#[template(path = "evidence_form.html")]
pub(crate) struct EvidencePage {
    /// The frame.
    pub shell: Shell,
    /// What is being done.
    pub task: EvidenceTask,
    /// Everything typed.
    pub fields: EvidenceFields,
    /// What is wrong.
    pub errors: Errors,
    /// Claims that can be chosen: slug and title.
    pub claims: Vec<Choice>,
    /// The chosen claims that have named options.
    pub options: Vec<ClaimOptions>,
    /// Kinds of source.
    pub kinds: Vec<Choice>,
    /// What it would do.
    pub preview: Vec<Effect>,
    /// What reading the link found or why it failed.
    pub read_note: Option<String>,
    /// Show all claims to choose from.
    pub several: bool,
}

impl EvidencePage {
    /// The strengths on offer.
    #[expect(clippy::unused_self, reason = "templates reach everything through the page")]
    pub(crate) fn strengths(&self) -> [(&'static str, &'static str); 5] {
        [("1", "trace 1"), ("3", "weak 3"), ("6", "moderate 6"), ("12", "strong 12"), ("25", "decisive 25")]
    }

    #[expect(clippy::unused_self, reason = "templates reach everything through the page")]
    fn relevances(&self) -> [(&'static str, &'static str); 4] {
        [
            ("1", "bears on the criteria as written ×1"),
            ("0.8", "about this claim ×.8"),
            ("0.5", "about the subject ×.5"),
            ("0.2", "in the background ×.2"),
        ]
    }

    fn own_points(&self) -> bool {
        !self.fields.points.is_empty() && !self.strengths().iter().any(|(v, _)| *v == self.fields.points)
    }

    fn chosen(&self, slug: &str) -> bool {
        self.fields.claims.iter().any(|c| c == slug)
    }

    /// The item that is corrected.
    pub(crate) fn replaces(&self) -> Option<EvidenceId> {
        match &self.task {
            EvidenceTask::Revise(id) => id.parse().ok(),
            EvidenceTask::Add => None,
        }
    }

    /// The options of the one claim that it is about.
    fn own_options(&self) -> Option<&ClaimOptions> {
        self.options.first().filter(|o| o.field == "option")
    }

    fn one_claim(&self) -> Option<&Choice> {
        if self.several {
            return None;
        }
        match self.fields.claims.as_slice() {
            [slug] => self.claims.iter().find(|c| c.value == *slug),
            _ => None,
        }
    }

    fn action(&self) -> String {
        match &self.task {
            EvidenceTask::Add => "/evidence/new".to_owned(),
            EvidenceTask::Revise(id) => format!("/evidence/{id}/revise"),
        }
    }

    fn verb(&self) -> &'static str {
        if self.task == EvidenceTask::Add { "Add evidence" } else { "Correct evidence" }
    }

    fn back(&self) -> String {
        self.fields.claims.first().map_or("/".to_owned(), |slug| format!("/claims/{slug}"))
    }
}

/// The question before an item is retracted.
#[derive(Clone, Debug, Template)]
#[template(path = "evidence_retract.html")]
pub(crate) struct RetractPage {
    /// The frame.
    pub shell: Shell,
    /// The item.
    pub id: String,
    /// Its text.
    pub text: Prose,
    /// Its claim: slug and title.
    pub claim: Choice,
    /// What it would do.
    pub effect: Effect,
    /// The reason as typed.
    pub reason: String,
    /// What is wrong.
    pub errors: Errors,
}
