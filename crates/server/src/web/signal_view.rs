//! Signals as pages list them.

use askama::Template;
use chrono::{DateTime, Utc};

use super::{
    evidence_view::{Choice, Errors},
    feed_view::FilterLink,
    parts::{Mark, When, Who},
    shell::Shell,
};

/// A signal.
#[derive(Clone, Debug)]
pub(crate) struct SignalRow {
    /// What was seen.
    pub title: String,
    /// Names and links of its sources.
    pub sources: Vec<(String, Option<String>)>,
    /// When it was seen.
    pub at: DateTime<Utc>,
    /// How it stands beside claims; on a claim's own pages beside that one.
    pub beside: Vec<BesideRow>,
}

/// A signal beside a claim.
#[derive(Clone, Debug)]
pub(crate) struct BesideRow {
    /// Address and title of the claim, on pages of several.
    pub claim: Option<(String, String)>,
    /// Why it stands there: what follows "because it".
    pub because: Option<String>,
    /// For or against, where that is known, and the suggested strength.
    pub suggested: Option<(bool, String)>,
    /// What became of it; none while it waits.
    pub state: Option<String>,
    /// Who decided that, where a person did other than count it.
    pub by: Option<Who>,
    /// What the reader can do about it, where they may.
    pub act: Option<Act>,
}

/// What a reader can do about a signal.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Nobody has decided.
    Decide {
        /// The address that takes the decision.
        base: String,
        /// Address of the evidence form, filled in; none of what is no evidence.
        form: Option<String>,
        /// The side is known, so that one press is enough.
        direct: bool,
    },
    /// It was set aside or put off.
    Undo {
        /// The address that takes the decision.
        base: String,
    },
}

/// All signals of a claim.
#[derive(Clone, Debug, Template)]
#[template(path = "signals.html")]
pub(crate) struct ClaimSignalsPage {
    /// The frame.
    pub shell: Shell,
    /// The claim: slug and title.
    pub claim: Choice,
    /// Signals, newest first.
    pub signals: Vec<SignalRow>,
    /// There may be older ones that are not listed.
    pub cut: bool,
}

impl ClaimSignalsPage {
    fn now(&self) -> DateTime<Utc> {
        self.shell.now
    }
}

/// A feed of news.
#[derive(Clone, Debug)]
pub(crate) struct FeedRow {
    /// Identity.
    pub id: String,
    /// Its name.
    pub title: String,
    /// Where it is.
    pub address: String,
    /// The last answer that could be read.
    pub read: Option<DateTime<Utc>>,
    /// The last that brought something new.
    pub new: Option<DateTime<Utc>>,
    /// What is wrong with it.
    pub trouble: Option<String>,
}

/// All signals, and the feeds that are followed.
#[derive(Clone, Debug, Template)]
#[template(path = "signals_all.html")]
pub(crate) struct SignalsPage {
    /// The frame.
    pub shell: Shell,
    /// Signals, newest first.
    pub signals: Vec<SignalRow>,
    /// All, or those that wait.
    pub filters: Vec<FilterLink>,
    /// By feed, where there are feeds.
    pub by_feed: Vec<FilterLink>,
    /// By benchmark.
    pub by_benchmark: Vec<FilterLink>,
    /// Older ones.
    pub next: Option<String>,
    /// The feeds that are followed.
    pub feeds: Vec<FeedRow>,
    /// What was typed for a new feed: address and title.
    pub typed: (String, String),
    /// What is wrong with it.
    pub errors: Errors,
}

impl SignalsPage {
    fn now(&self) -> DateTime<Utc> {
        self.shell.now
    }

    /// What a list of filters is set to.
    #[expect(clippy::unused_self, reason = "templates reach everything through the page")]
    fn chosen<'a>(&self, links: &'a [FilterLink]) -> &'a str {
        links.iter().find(|link| link.current).map_or("all", |link| link.label.as_str())
    }

    /// Whether less than all is listed.
    fn is_filtered(&self) -> bool {
        !self.filters.first().is_some_and(|all| all.current)
    }
}
