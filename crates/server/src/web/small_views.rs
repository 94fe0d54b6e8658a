//! Small pages: the moves, the signals, about, faults, the card.

use askama::Template;
use chrono::{DateTime, Utc};

use super::{
    claim_view::{Headline, MoveRow},
    evidence_view::Choice,
    figures,
    parts::{Svg, When, Who},
    shell::Shell,
};

/// All moves of a claim.
#[derive(Clone, Debug, Template)]
#[template(path = "moves.html")]
pub(crate) struct MovesPage {
    /// The frame.
    pub shell: Shell,
    /// The claim: slug and title.
    pub claim: Choice,
    /// Moves, newest first.
    pub moves: Vec<MoveRow>,
    /// Older ones.
    pub next: Option<String>,
}

impl MovesPage {
    fn now(&self) -> DateTime<Utc> {
        self.shell.now
    }
}

/// In whose name changes are made here.
#[derive(Clone, Debug)]
pub(crate) enum Acts {
    /// Whoever tries the demo.
    Demo,
    /// One local operator.
    Operator,
    /// People and bots with accounts.
    Accounts {
        /// Strangers read nothing.
        private: bool,
        /// Those who keep the accounts.
        admins: Vec<Who>,
    },
}

/// About this installation.
#[derive(Clone, Debug, Template)]
#[template(path = "about.html")]
pub(crate) struct AboutPage {
    /// The frame.
    pub shell: Shell,
    /// Who acts.
    pub acts: Acts,
    /// The program's version, shown to those who keep the installation.
    pub version: &'static str,
    /// Figures: name and value.
    pub figures: Vec<(String, String)>,
}

/// A refusal or a fault.
#[derive(Clone, Debug, Template)]
#[template(path = "error.html")]
pub(crate) struct ErrorPage {
    /// The frame.
    pub shell: Shell,
    /// The status code.
    pub status: u16,
    /// What happened.
    pub what: String,
    /// The particular sentence.
    pub detail: String,
    /// What to do.
    pub advice: &'static str,
    /// An id to quote.
    pub id: String,
}

/// A claim in a frame of another site.
#[derive(Clone, Debug, Template)]
#[template(path = "card.html")]
pub(crate) struct CardPage {
    /// The frame.
    pub shell: Shell,
    /// Slug.
    pub slug: String,
    /// Title.
    pub title: String,
    /// The number.
    pub headline: Headline,
    /// `Q1 2027`
    pub by: Option<String>,
    /// `2 of 3 hold; ...`
    pub far: String,
    /// Sparkline.
    pub spark: Svg,
}
