//! What the claim page shows. Values are typed; how they are written is decided by the parts and the template.

use askama::Template;
use chrono::{DateTime, Utc};

use super::{
    alerts_view::Follow,
    deciding_view::{ProposalBox, ProposeBox},
    external_view::Followed,
    figures,
    forecast_view::ForecastBox,
    markdown::Prose,
    market_view::{self, MarketBox},
    parts::{Mark, Moved, Status, Strength, Svg, When, Who},
    shell::Shell,
    signal_view::{Act, SignalRow},
};

/// The number that a claim page and a feed row begin with.
#[derive(Clone, Debug)]
pub(crate) enum Headline {
    /// A probability.
    Live {
        /// In `[0, 1]`.
        p: f64,
        /// The realised change over a week.
        moved: Option<Moved>,
        /// The data it leans on is stale.
        stale: bool,
    },
    /// Named options with their probabilities, the likeliest first.
    Options(Vec<(String, f64)>),
    /// A final outcome.
    Settled {
        /// `Yes`, `No`, `Void` or the option.
        outcome: Status,
        /// The probability a day before.
        was: Option<f64>,
    },
}

impl Headline {
    /// The large figure or word.
    pub(crate) fn figure(&self) -> String {
        match self {
            Self::Live { p, .. } => figures::percent(*p),
            Self::Options(options) => options.first().map_or("–".to_owned(), |(_, p)| figures::percent(*p)),
            Self::Settled { outcome, .. } => outcome.word.clone(),
        }
    }

    /// The change over a week.
    pub(crate) fn moved(&self) -> Option<Moved> {
        if let Self::Live { moved, .. } = self { *moved } else { None }
    }

    /// Whether the figure leans on stale data.
    pub(crate) fn stale(&self) -> bool {
        matches!(self, Self::Live { stale: true, .. })
    }

    /// The likeliest option's name.
    pub(crate) fn first_option(&self) -> Option<&str> {
        if let Self::Options(options) = self { options.first().map(|(name, _)| name.as_str()) } else { None }
    }

    /// The outcome of a settled claim.
    pub(crate) fn outcome(&self) -> Option<&Status> {
        if let Self::Settled { outcome, .. } = self { Some(outcome) } else { None }
    }

    /// What a settled claim showed a day before.
    pub(crate) fn was(&self) -> Option<String> {
        if let Self::Settled { was, .. } = self { was.map(figures::percent) } else { None }
    }

    /// As a screen reader should read it.
    pub(crate) fn spoken(&self) -> String {
        match self {
            Self::Live { p, moved, .. } => {
                let moved = moved.map_or(String::new(), |m| match figures::pts(m.pts) {
                    None => ", no change in 7 days".to_owned(),
                    Some(size) => {
                        let size = size.trim_end_matches("pts").trim_end_matches("pt").trim();
                        let way = if m.pts < 0.0 { "down" } else { "up" };
                        format!(", {way} {size} points in {} days", m.days.unwrap_or(7))
                    }
                });
                format!("{}{moved}", figures::percent(*p).replace('%', " percent"))
            }
            Self::Options(_) | Self::Settled { .. } => self.figure(),
        }
    }
}

/// When a claim's window closes.
#[derive(Clone, Debug)]
pub(crate) struct Deadline {
    /// As the author wrote it: `Q1 2027`.
    pub label: String,
    /// The first instant that is too late.
    pub before: DateTime<Utc>,
}

/// A figure that stands beside the headline.
#[derive(Clone, Debug)]
pub(crate) struct OtherView {
    /// `Trend`, `Crowd`.
    pub name: String,
    /// In `[0, 1]`.
    pub p: f64,
    /// How many stand behind it.
    pub n: Option<u64>,
}

/// A chart in its two drawings, with what the hover line reads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chart {
    /// The finding, in a sentence.
    pub finding: String,
    /// The wide drawing.
    pub broad: Svg,
    /// The drawing for phones.
    pub narrow: Svg,
    /// Points for the hover line as JSON: see `chart.js`.
    pub points: String,
    /// Source and date.
    pub note: String,
    /// Address of the same data as a table.
    pub table: String,
    /// Address of the same data as CSV.
    pub csv: Option<String>,
    /// The range picker: label, address, whether it is the one shown.
    pub ranges: Vec<(&'static str, String, bool)>,
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// Nobody can say.
    Unknown,
}

impl Holds {
    /// The mark beside a condition.
    pub(crate) fn mark(self) -> Mark {
        match self {
            Self::Yes => Mark::Check,
            Self::No => Mark::Dash,
            Self::Unknown => Mark::Query,
        }
    }

    /// The verdict in a word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Yes => "holds",
            Self::No => "does not hold",
            Self::Unknown => "unknown",
        }
    }
}

/// One condition of a rule with its distance.
#[derive(Clone, Debug)]
pub(crate) struct Leg {
    /// The benchmark's title, or the condition's words.
    pub name: String,
    /// Address of the benchmark's page.
    pub href: Option<String>,
    /// Score of the group asked about.
    pub left: Option<String>,
    /// Score that it is compared with.
    pub right: Option<String>,
    /// The difference, with its unit.
    pub gap: Option<String>,
    /// The verdict.
    pub holds: Holds,
    /// `14.2 pp too far`, `holds with 1.0 to spare`, or why it is unknown.
    pub far: String,
    /// The distance strip.
    pub strip: Svg,
}

/// How far a claim is from Yes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Distance {
    /// `2 of 3 conditions hold`.
    pub summary: String,
    /// `If decided today: No. ...`
    pub today: Option<String>,
    /// Heads of the two score columns: `open`, `closed`, or `best open`, `asked`.
    pub heads: Option<(String, String)>,
    /// Two groups are compared, so there is a column for their gap.
    pub compared: bool,
    /// The conditions.
    pub legs: Vec<Leg>,
    /// Who published the figures and when they were read.
    pub read: Option<(String, DateTime<Utc>)>,
    /// `No new data for 367 days` with its consequence.
    pub stale: Option<String>,
}

impl Distance {
    /// How many columns the table has.
    pub(crate) fn columns(&self) -> usize {
        match (&self.heads, self.compared) {
            (None, _) => 1,
            (Some(_), false) => 3,
            (Some(_), true) => 4,
        }
    }
}

/// An item of evidence.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// Its id.
    pub id: String,
    /// What it counts for now, signed points.
    pub counts: f64,
    /// The text.
    pub text: Prose,
    /// The text in a line.
    pub said: String,
    /// The option it is for or against, where the claim has named ones.
    pub option: Option<String>,
    /// Link and name of its source.
    pub source: Option<(Option<String>, String)>,
    /// Factors that are not one: `press ×.4`.
    pub factors: Vec<String>,
    /// All factors, in words, for unfolding.
    pub all_factors: Vec<(String, String)>,
    /// When it was so in the world.
    pub observed: DateTime<Utc>,
    /// Who added it.
    pub by: Who,
    /// The probability without it.
    pub without: Option<f64>,
    /// What it conflicts with, in a sentence.
    pub conflict: Option<String>,
    /// The address of the stored copy of its source.
    pub kept: Option<String>,
}

impl Item {
    /// The ticks and the figure.
    pub(crate) fn strength(&self) -> Strength {
        Strength(self.counts)
    }
}

/// One entry of the ledger.
#[derive(Clone, Debug)]
pub(crate) struct MoveRow {
    /// Its number within the claim.
    pub seq: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// What happened: `added`, `retracted`, `corrected`, `aged`.
    pub kind: String,
    /// What caused it.
    pub cause: String,
    /// Who did it.
    pub by: Who,
    /// Signed points.
    pub points: f64,
    /// Headline before, in `[0, 1]`.
    pub from: f64,
    /// Headline after, in `[0, 1]`.
    pub to: f64,
}

impl MoveRow {
    /// The first entry, which says where the claim starts and moves nothing.
    pub(crate) fn is_start(&self) -> bool {
        self.kind == "Start"
    }

    /// The change in percentage points.
    pub(crate) fn moved(&self) -> Moved {
        Moved { pts: (self.to - self.from) * 100.0, days: None }
    }
}

/// "Why 75%": from the start through for, against and ageing.
#[derive(Clone, Debug)]
pub(crate) struct Why {
    /// What other streams moved it by: their names and points.
    pub streams: Vec<(String, f64)>,
    /// Starting probability.
    pub start: f64,
    /// Its basis.
    pub basis: String,
    /// Points of all items for.
    pub up: f64,
    /// Points of all items against, negative.
    pub down: f64,
    /// What ageing took from the items since they were added, signed; part of the two above.
    pub aged: f64,
}

/// How a claim is decided.
#[derive(Clone, Debug, Default)]
pub(crate) struct Criteria {
    /// Version number.
    pub version: u32,
    /// The words.
    pub words: Prose,
    /// The rule in a sentence.
    pub sentence: Option<String>,
    /// The rule as YAML.
    pub rule: Option<String>,
    /// `It must stand for 7 days over 3 polls; then 24 h for objections.`
    pub confirm: String,
    /// The claim that this one hangs on.
    pub given: Option<Hangs>,
    /// The claims that hang on this one.
    pub hanging_on: Vec<Hangs>,
    /// The linter's warnings.
    pub warnings: Vec<String>,
    /// Earlier versions: number, date, reason of the change.
    pub earlier: Vec<(u32, DateTime<Utc>, Prose)>,
}

/// A claim that another one hangs on, or that hangs on another one.
#[derive(Clone, Debug)]
pub(crate) struct Hangs {
    /// Its page.
    pub href: String,
    /// Its title.
    pub title: String,
    /// How the one on which something hangs must come out.
    pub wanted: String,
    /// Where it stands, in a word.
    pub status: Status,
}

/// A notice above the content.
#[derive(Clone, Debug)]
pub(crate) struct Notice {
    /// The first words, bold.
    pub lead: String,
    /// The rest.
    pub text: String,
    /// A link: label and address.
    pub link: Option<(String, String)>,
    /// A fault rather than a warning.
    pub fault: bool,
}

/// What was just saved, with the way back.
#[derive(Clone, Debug)]
pub(crate) struct JustAdded {
    /// The item.
    pub id: String,
    /// `Added`, `Corrected` or `Retracted`.
    pub done: String,
    /// Headline before.
    pub from: f64,
    /// Headline after.
    pub to: f64,
    /// Seconds in which it can still be undone.
    pub seconds: i64,
}

/// The claim page.
#[derive(Clone, Debug, Template)]
#[template(path = "claim.html")]
pub(crate) struct ClaimPage {
    /// The frame.
    pub shell: Shell,
    /// The way to its alerts.
    pub follow: Follow,
    /// Its slug.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// Its context.
    pub context: Option<Prose>,
    /// Tags.
    pub tags: Vec<String>,
    /// Deadline.
    pub deadline: Option<Deadline>,
    /// State.
    pub status: Status,
    /// The number.
    pub headline: Headline,
    /// What the headline is made of: `evidence`.
    pub made_of: String,
    /// `moderate`.
    pub confidence: String,
    /// Why the confidence is what it is.
    pub confidence_basis: String,
    /// Figures beside the headline.
    pub others: Vec<OtherView>,
    /// Questions of other sites that it follows.
    pub followed: Vec<Followed>,
    /// The chart.
    pub chart: Option<Chart>,
    /// How far from Yes, or how it was when settled.
    pub distance: Option<Distance>,
    /// How far in a line: `2 of 3 hold; GPQA 14.2 pp too far`, while it is not settled.
    pub far: Option<String>,
    /// Why the number is what it is.
    pub why: Option<Why>,
    /// Items for.
    pub up: Vec<Item>,
    /// Items against.
    pub down: Vec<Item>,
    /// Retracted items.
    pub retracted: Vec<Item>,
    /// Signals.
    pub signals: Vec<SignalRow>,
    /// The newest moves.
    pub moves: Vec<MoveRow>,
    /// All moves, counted.
    pub moves_total: u64,
    /// How it is decided.
    pub criteria: Criteria,
    /// What would the rule have said: day and verdict.
    pub dry_run: Option<String>,
    /// Notices.
    pub notices: Vec<Notice>,
    /// The market, or the offer to open one.
    pub market: Option<MarketBox>,
    /// What was just saved.
    pub just: Option<JustAdded>,
    /// Forecasts: the crowd's and one's own.
    pub forecasts: ForecastBox,
    /// A proposal.
    pub proposal: Option<ProposalBox>,
    /// The form by which the reader may state an outcome.
    pub propose: Option<ProposeBox>,
    /// Whether evidence can be added.
    pub accepts: bool,
    /// Whether there is a proof page.
    pub has_proof: bool,
}

impl ClaimPage {
    /// The instant that the page is told as of.
    fn now(&self) -> DateTime<Utc> {
        self.shell.instant()
    }

    /// The page's own address, for whoever signs in to add to it.
    fn here(&self) -> &str {
        &self.shell.path
    }

    fn forecast_address(&self) -> String {
        format!("{}#forecast", self.shell.path)
    }

    fn proposal_address(&self) -> String {
        format!("{}#proposal", self.shell.path)
    }

    fn sum_up(&self) -> String {
        figures::points(self.up.iter().map(|item| item.counts).sum::<f64>())
    }

    fn sum_down(&self) -> String {
        figures::points(self.down.iter().map(|item| item.counts).sum::<f64>())
    }

    /// One sentence for the description of shared links.
    fn description(&self) -> String {
        let distance = self.distance.as_ref().map_or(String::new(), |d| format!(" {}.", d.summary));
        format!("{}, from {}.{distance}", self.headline.spoken(), self.made_of)
    }

    /// The frozen address that "Cite" gives.
    fn cite(&self) -> String {
        let at = self.shell.frozen.unwrap_or(self.shell.now).format("%Y-%m-%dT%H:%M:%SZ");
        format!("{}/claims/{}?at={at}", self.shell.origin, self.slug)
    }
}
