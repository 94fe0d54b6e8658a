//! What the feed shows: the lead claim, what just happened, open against closed, and one row per claim.

use askama::Template;
use chrono::{DateTime, Utc};

use super::{
    alerts_view::Follow,
    claim_view::{Distance, Headline, Holds, Why},
    figures,
    parts::{Mark, Status, Svg, When},
    shell::Shell,
};

/// A cause of the lead claim's number.
#[derive(Clone, Debug)]
pub(crate) struct Cause {
    /// For (true) or against.
    pub up: bool,
    /// Signed points.
    pub points: f64,
    /// The item's text.
    pub text: String,
}

/// The first claim, at full width.
#[derive(Clone, Debug)]
pub(crate) struct Lead {
    /// Its row.
    pub row: FeedRow,
    /// Context in one line.
    pub context: Option<String>,
    /// The strongest causes, for and against.
    pub causes: Vec<Cause>,
    /// From start to now.
    pub why: Option<Why>,
    /// The distance table.
    pub distance: Option<Distance>,
    /// The claim right under it, where it cannot move by itself any more.
    pub live: Option<FeedRow>,
}

impl Lead {
    /// Whether a claim is shown here already.
    pub(crate) fn shows(&self, slug: &str) -> bool {
        self.row.slug == slug || self.live.as_ref().is_some_and(|live| live.slug == slug)
    }
}

/// One dated line of "What just happened".
#[derive(Clone, Debug)]
pub(crate) struct Happened {
    /// When.
    pub at: DateTime<Utc>,
    /// The mark in front.
    pub mark: Mark,
    /// `Settled Yes`, `Held back`.
    pub lead: String,
    /// The claim's or source's name.
    pub subject: String,
    /// Its address.
    pub href: String,
    /// The rest of the sentence.
    pub detail: String,
}

/// The sentence about open against closed.
#[derive(Clone, Debug)]
pub(crate) struct OpenClosed {
    /// The sentence.
    pub sentence: String,
    /// What it rests on.
    pub basis: String,
}

/// Why a claim moved last.
#[derive(Clone, Debug)]
pub(crate) struct Reason {
    /// Up or down.
    pub up: bool,
    /// The cause.
    pub text: String,
    /// Signed points.
    pub points: f64,
}

/// A claim as a row.
#[derive(Clone, Debug)]
pub(crate) struct FeedRow {
    /// Slug.
    pub slug: String,
    /// Title.
    pub title: String,
    /// State.
    pub status: Status,
    /// The number.
    pub headline: Headline,
    /// Reason of the last move.
    pub reason: Option<Reason>,
    /// What the number is made of and how sure: `evidence 18 · moderate`.
    pub basis: String,
    /// When its data was read.
    pub read: Option<DateTime<Utc>>,
    /// `source stale`, `source held back`.
    pub trouble: Option<String>,
    /// Sparkline; empty once it is settled.
    pub spark: Svg,
    /// `Q1 2027`
    pub by: Option<String>,
    /// `2 of 3 hold; GPQA 14.2 pp too far`
    pub far: String,
    /// Whether there is a proof.
    pub proof: bool,
    /// One sentence about the outcome.
    pub outcome: Option<String>,
}

/// A filter or sort as a link.
#[derive(Clone, Debug)]
pub(crate) struct FilterLink {
    /// The word.
    pub label: String,
    /// The address.
    pub href: String,
    /// Whether it is the one chosen.
    pub current: bool,
}

/// The feed.
#[derive(Clone, Debug, Template)]
#[template(path = "feed.html")]
pub(crate) struct FeedPage {
    /// The frame.
    pub shell: Shell,
    /// The way to alerts of the tag or the search that is shown.
    pub follow: Option<Follow>,
    /// The lead claim, on the unfiltered first page.
    pub lead: Option<Lead>,
    /// Five lines.
    pub happened: Vec<Happened>,
    /// The sentence.
    pub open_closed: Option<OpenClosed>,
    /// Sorts.
    pub sorts: Vec<FilterLink>,
    /// States.
    pub states: Vec<FilterLink>,
    /// Tags.
    pub tags: Vec<FilterLink>,
    /// The rows.
    pub rows: Vec<FeedRow>,
    /// How many claims fit the filters.
    pub total: u64,
    /// Address of the next page.
    pub next: Option<String>,
}

impl FeedPage {
    fn now(&self) -> DateTime<Utc> {
        self.shell.now
    }

    fn heading(&self) -> &'static str {
        if self.shell.search.is_empty() { "Claims" } else { "Claims found" }
    }

    /// Whether something was asked for that not every claim fits.
    fn is_filtered(&self) -> bool {
        !self.shell.search.is_empty()
            || self.current_tag() != "all"
            || self.states.iter().position(|state| state.current) != Some(0)
    }

    fn current_tag(&self) -> &str {
        self.tags.iter().find(|tag| tag.current).map_or("all", |tag| tag.label.as_str())
    }
}
