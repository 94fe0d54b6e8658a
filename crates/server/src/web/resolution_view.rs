//! What the resolution dashboard and the proof page show.

use askama::Template;
use chrono::{DateTime, Utc};

use super::{
    alerts_view::Follow,
    claim_view::Holds,
    deciding_view::Typed,
    figures,
    markdown::Prose,
    parts::{Mark, Moved, Status, Svg, When, Who},
    shell::Shell,
};

/// Something that waits for a person.
#[derive(Clone, Debug)]
pub(crate) struct NeedsYou {
    /// Names the row for the live update.
    pub key: String,
    /// The mark and the word: `Held back`, `Proposed Yes`.
    pub status: Status,
    /// What it is about.
    pub subject: String,
    /// Its address.
    pub href: String,
    /// The rest of the sentence.
    pub detail: String,
    /// A window that closes.
    pub until: Option<DateTime<Utc>>,
    /// Links: label and address.
    pub actions: Vec<(String, String)>,
    /// Changed since the last visit.
    pub fresh: bool,
}

/// An open claim, closest first.
#[derive(Clone, Debug)]
pub(crate) struct OpenRow {
    /// Slug.
    pub slug: String,
    /// Title.
    pub title: String,
    /// State.
    pub status: Status,
    /// In `[0, 1]`; `None` for named options.
    pub p: Option<f64>,
    /// The change over a week.
    pub moved: Option<Moved>,
    /// `2 of 3`, `no data`, `a person decides`.
    pub far: String,
    /// Whether it holds, does not, or is unknown; `None` without a rule.
    pub holds: Option<Holds>,
    /// Distance strip of the condition that holds it up.
    pub strip: Svg,
    /// `GPQA 14.2 pp`
    pub held_up: String,
    /// `Q1 2027`
    pub by: Option<String>,
    /// Changed since the last visit.
    pub fresh: bool,
}

/// A settled claim.
#[derive(Clone, Debug)]
pub(crate) struct SettledRow {
    /// Slug.
    pub slug: String,
    /// Title.
    pub title: String,
    /// Outcome.
    pub outcome: Status,
    /// The day it is true of.
    pub on: DateTime<Utc>,
    /// `1262 against 1286`
    pub scores: String,
    /// Settled since the last visit.
    pub fresh: bool,
}

/// The dashboard.
#[derive(Clone, Debug, Template)]
#[template(path = "resolution.html")]
pub(crate) struct ResolutionPage {
    /// The frame.
    pub shell: Shell,
    /// The way to alerts of the tag that is shown, or of everything.
    pub follow: Follow,
    /// Tags as links.
    pub tags: Vec<super::feed_view::FilterLink>,
    /// What changed since the last visit: when that was, and a sentence.
    pub since: Option<(DateTime<Utc>, String)>,
    /// What waits for a person.
    pub needs_you: Vec<NeedsYou>,
    /// What runs through its window.
    pub deciding: Vec<NeedsYou>,
    /// Open claims.
    pub open: Vec<OpenRow>,
    /// Settled claims, newest first.
    pub settled: Vec<SettledRow>,
    /// When a source was last read.
    pub last_read: Option<DateTime<Utc>>,
    /// When the next is due.
    pub next_read: Option<DateTime<Utc>>,
}

impl ResolutionPage {
    fn now(&self) -> DateTime<Utc> {
        self.shell.now
    }

    /// Whom the rows wait for: the reader, where they can do something about them.
    fn whom(&self) -> &'static str {
        if self.shell.may_curate() { "you" } else { "a person" }
    }

    fn current_tag(&self) -> &str {
        self.tags.iter().find(|tag| tag.current).map_or("all", |tag| tag.label.as_str())
    }
}

/// One score that an outcome stands on.
#[derive(Clone, Debug)]
pub(crate) struct ProofScore {
    /// The condition.
    pub condition: String,
    /// `of open`, `to closed`.
    pub group: String,
    /// The model.
    pub model: String,
    /// The score with its unit.
    pub score: String,
    /// The source's own date.
    pub as_of: Option<DateTime<Utc>>,
    /// When we read it.
    pub observed: DateTime<Utc>,
    /// The SHA-256 of the file.
    pub sha256: String,
}

/// What each step of an outcome's history says.
#[derive(Clone, Debug)]
pub(crate) struct ProofStep {
    /// When.
    pub at: DateTime<Utc>,
    /// What happened, in a sentence.
    pub text: String,
}

/// The proof of an outcome.
#[derive(Clone, Debug, Template)]
#[template(path = "proof.html")]
pub(crate) struct ProofPage {
    /// The frame.
    pub shell: Shell,
    /// Slug.
    pub slug: String,
    /// Title.
    pub title: String,
    /// Outcome.
    pub outcome: Status,
    /// Why.
    pub sentence: Prose,
    /// The instant it became final.
    pub resolved_on: DateTime<Utc>,
    /// First instant of the confirmed run.
    pub first_hit: Option<DateTime<Utc>>,
    /// The day in the world.
    pub event_date: Option<DateTime<Utc>>,
    /// Who decided.
    pub decided_by: Who,
    /// Whoever decided has an interest in the outcome.
    pub interested: bool,
    /// Two scores per condition.
    pub scores: Vec<ProofScore>,
    /// The criteria's version and words.
    pub criteria: (u32, Prose),
    /// The criteria's hash.
    pub criteria_sha256: String,
    /// Hash of this resolution.
    pub hash: String,
    /// Hash of the resolution before it.
    pub previous: Option<String>,
    /// The command that checks it.
    pub command: String,
    /// What happened, oldest first.
    pub steps: Vec<ProofStep>,
    /// Objections: who, when, why.
    pub objections: Vec<(Who, DateTime<Utc>, Prose)>,
    /// Whether an objection is still taken.
    pub can_object: bool,
    /// What was typed and refused.
    pub typed: Typed,
}

impl ProofPage {
    /// The page's own address, for whoever signs in to object.
    fn here(&self) -> &str {
        &self.shell.path
    }
}
