//! What the claim page shows of forecasts, and the page that lists them.

use askama::Template;
use chrono::{DateTime, Utc};

use super::{
    evidence_view::Errors,
    figures,
    markdown::Prose,
    parts::{When, Who},
    shell::Shell,
};

/// The part of a claim's page where one forecasts.
#[derive(Clone, Debug)]
pub(crate) struct ForecastBox {
    /// How many forecasters stand in the crowd.
    pub n: u64,
    /// How many forecasts were made so far.
    pub made: u64,
    /// What the crowd says of the claim's number: center, lower and upper quartile.
    pub crowd: Option<CrowdLine>,
    /// The crowd is shown once one has forecast.
    pub hidden: bool,
    /// One's own standing forecast.
    pub mine: Option<Mine>,
    /// Why the claim takes none.
    pub closed: Option<String>,
    /// What can be forecast: yes, or every named option.
    pub inputs: Vec<Slider>,
    /// Whether there are named options, whose numbers sum to 100.
    pub named: bool,
    /// What was typed and refused, or what one said last.
    pub rationale: String,
    /// When it is to end, as typed.
    pub expires: String,
    /// What is wrong.
    pub errors: Errors,
    /// What was just kept.
    pub just: Option<JustForecast>,
}

/// What the crowd says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CrowdLine {
    /// In `[0, 1]`.
    pub center: f64,
    /// The lower quartile.
    pub lower: f64,
    /// The upper quartile.
    pub upper: f64,
}

/// One's own standing forecast.
#[derive(Clone, Debug)]
pub(crate) struct Mine {
    /// Option and probability, the likeliest first; of yes/no claims yes alone.
    pub said: Vec<(String, f64)>,
    /// Since when.
    pub at: DateTime<Utc>,
    /// When it ends by itself.
    pub expires: Option<DateTime<Utc>>,
}

/// A number that can be slid or typed.
#[derive(Clone, Debug)]
pub(crate) struct Slider {
    /// The field's name.
    pub name: String,
    /// Its id in the page.
    pub id: String,
    /// What it is of.
    pub label: String,
    /// Percent as typed or as it stands; empty where nothing is chosen.
    pub value: String,
}

impl Slider {
    /// Where the slider stands: the middle where nothing is chosen.
    pub(crate) fn position(&self) -> &str {
        if self.value.is_empty() { "50" } else { &self.value }
    }
}

/// What a forecast did, told once after it was kept.
#[derive(Clone, Debug)]
pub(crate) struct JustForecast {
    /// `Your forecast is kept`, `Your forecast is withdrawn`.
    pub done: &'static str,
    /// The crowd before and after, where both are there.
    pub crowd: Option<(f64, f64)>,
}

/// `/claims/{slug}/forecasts`
#[derive(Clone, Debug, Template)]
#[template(path = "forecasts.html")]
pub(crate) struct ForecastsPage {
    /// The frame.
    pub shell: Shell,
    /// The claim's address.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// The crowd by every way of counting it, for the claim's number.
    pub ways: Vec<(&'static str, f64)>,
    /// How many forecasters stand in the crowd.
    pub n: u64,
    /// The quartiles.
    pub crowd: Option<CrowdLine>,
    /// Hidden until one has forecast.
    pub hidden: bool,
    /// The rows, newest first.
    pub rows: Vec<ForecastRow>,
    /// The address of older ones.
    pub older: Option<String>,
}

/// One forecast, or a withdrawal.
#[derive(Clone, Debug)]
pub(crate) struct ForecastRow {
    /// Whose.
    pub who: Who,
    /// When.
    pub at: DateTime<Utc>,
    /// Option and probability; empty for a withdrawal.
    pub said: Vec<(String, f64)>,
    /// Whether it stands.
    pub stands: bool,
    /// When it ends by itself.
    pub expires: Option<DateTime<Utc>>,
    /// Why.
    pub rationale: Option<Prose>,
    /// The claim, in a forecaster's list: address and title.
    pub claim: Option<(String, String)>,
}
