//! The form for a new claim: fields or YAML, the linter's remarks, and what the rule would have said.

use askama::Template;

use super::{
    claim_view::Holds,
    evidence_view::{Choice, Errors},
    figures,
    parts::Mark,
    shell::Shell,
};

/// One condition as typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConditionFields {
    /// `gap`, `score`, `lead`, `rank`, or empty: not used.
    pub kind: String,
    /// Benchmark id.
    pub benchmark: String,
    /// `open`, `closed`, `any`.
    pub of: String,
    /// The figure.
    pub value: String,
}

/// Everything typed, as typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClaimFields {
    /// Title.
    pub title: String,
    /// Slug.
    pub slug: String,
    /// Context.
    pub context: String,
    /// Tags, separated by commas.
    pub tags: String,
    /// Keywords, separated by commas.
    pub keywords: String,
    /// Deadline.
    pub by: String,
    /// Starting probability.
    pub start: String,
    /// Its basis.
    pub basis: String,
    /// The liquidity of its market; empty: none.
    pub market: String,
    /// The crowd is hidden until one has forecast.
    pub hide: bool,
    /// Bots count in the crowd.
    pub bots: bool,
    /// The claim that it hangs on; empty: none.
    pub given: String,
    /// How that must come out; empty: Yes.
    pub comes: String,
    /// The words that decide.
    pub criteria: String,
    /// `all` or `any`.
    pub join: String,
    /// Conditions.
    pub conditions: Vec<ConditionFields>,
    /// The whole document, when YAML is used instead.
    pub yaml: String,
}

/// One step of "what would this rule have said?".
#[derive(Clone, Debug)]
pub(crate) struct DryStep {
    /// The day.
    pub day: String,
    /// The verdict.
    pub holds: Holds,
    /// The margin with its unit.
    pub margin: Option<String>,
    /// In a sentence.
    pub sentence: String,
}

/// What the rule would have said.
#[derive(Clone, Debug)]
pub(crate) struct DryRun {
    /// The option it is about, for a claim with named ones; empty otherwise.
    pub option: String,
    /// The outcome in a sentence.
    pub sentence: String,
    /// So many older steps are not listed.
    pub left_out: u64,
    /// The steps at which the verdict changed.
    pub steps: Vec<DryStep>,
    /// With a little more or less: the setting and what would have come of it.
    pub sensitivity: Vec<(String, String)>,
}

impl DryRun {
    /// Whether thresholds were moved by steps, which then need a word.
    fn in_steps(&self) -> bool {
        self.sensitivity.iter().any(|(setting, _)| setting.starts_with("every threshold"))
    }
}

/// The form.
#[derive(Clone, Debug, Template)]
#[template(path = "new_claim.html")]
pub(crate) struct NewClaimPage {
    /// The frame.
    pub shell: Shell,
    /// YAML instead of fields.
    pub as_yaml: bool,
    /// Everything typed.
    pub fields: ClaimFields,
    /// What is wrong.
    pub errors: Errors,
    /// Benchmarks that a condition can name.
    pub benchmarks: Vec<Choice>,
    /// The linter's warnings.
    pub warnings: Vec<String>,
    /// The rule in a sentence.
    pub sentence: Option<String>,
    /// When it would close, in words.
    pub window: Option<String>,
    /// What the rule would have said, of each option where there are named ones.
    pub runs: Vec<DryRun>,
    /// Why that cannot be told.
    pub trouble: Option<String>,
}

impl NewClaimPage {
    #[expect(clippy::unused_self, reason = "templates reach everything through the page")]
    fn kinds(&self) -> [(&'static str, &'static str); 5] {
        [
            ("", "–"),
            ("gap", "the gap of open to closed is at most"),
            ("score", "the best score reaches"),
            ("lead", "open leads closed by more than"),
            ("rank", "the best is in the top"),
        ]
    }
}

/// What a claim's rule would have said, as a page of its own.
#[derive(Clone, Debug, Template)]
#[template(path = "dry_run.html")]
pub(crate) struct DryRunPage {
    /// The frame.
    pub shell: Shell,
    /// Slug.
    pub slug: String,
    /// Title.
    pub title: String,
    /// What it would have said, of each option where there are named ones.
    pub runs: Vec<DryRun>,
    /// Why that cannot be told.
    pub trouble: Option<String>,
}
