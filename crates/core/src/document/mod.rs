//! The claim document: how a claim is written down, in YAML or JSON.

mod duration;
mod forecasting;
mod given;
mod headline;
mod market;
mod start;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

pub use self::{
    duration::Duration,
    forecasting::Forecasting,
    given::Given,
    headline::{Headline, Pool},
    market::{Market, NamedOpening, Opening},
    start::{Start, StartingPoint},
};
use crate::{ids::Slug, probability::Probability, rule::Rule, stream::Stream, text, window::Window};

/// A claim as its author writes it. Unknown keys are errors that name the key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimDocument {
    /// The statement, one line.
    pub title: String,
    /// Its name in addresses; made from the title where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slug: Option<Slug>,
    /// What a reader should know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Words and phrases that news about it would hold, such as `open weights`: what names one becomes its signal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// Where the probability starts, and on what basis.
    #[serde(default)]
    pub start: Start,
    /// Named options, 2 to 50; empty: yes and no.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// What the claim's number is made of.
    #[serde(default, skip_serializing_if = "Headline::is_default")]
    pub headline: Headline,
    /// When it counts.
    pub window: Window,
    /// Ever within the window, or at its end.
    #[serde(default)]
    pub when: When,
    /// The words that decide.
    pub criteria: String,
    /// The rule that decides, for yes and no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// The rules that decide, one per named option.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outcomes: BTreeMap<String, Rule>,
    /// What another claim must come out as for this one to count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Given>,
    /// How forecasts are taken.
    #[serde(default, skip_serializing_if = "Forecasting::is_default")]
    pub forecasts: Forecasting,
    /// The claim's market, where it has one from the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market: Option<Market>,
    /// How long a verdict must stand.
    #[serde(default)]
    pub confirm: Confirm,
    /// How long a proposal may be challenged.
    #[serde(default = "Duration::day")]
    pub challenge: Duration,
}

/// Whether a state counts at any time of the window or only at its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Yes as soon as the rule held once and was confirmed.
    #[default]
    Ever,
    /// The state of the instant before the deadline decides.
    AtDeadline,
}

/// How long a verdict must stand, and over how many polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    /// Standing time, half-open.
    #[serde(rename = "for", default = "Duration::week")]
    pub standing: Duration,
    /// Trusted answers within it.
    #[serde(default = "three")]
    pub polls: u32,
}

fn three() -> u32 {
    3
}

impl Default for Confirm {
    fn default() -> Self {
        Self { standing: Duration::week(), polls: three() }
    }
}

/// Why a document is no claim.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadDocument {
    /// It does not read: the parser's words, with line, column and the key.
    #[error("{0}")]
    Unreadable(String),
    /// A key holds something it cannot.
    #[error("{key}: {reason}")]
    Key {
        /// The key, dotted.
        key: &'static str,
        /// What is wrong and what to do.
        reason: String,
    },
}

impl ClaimDocument {
    /// The longest document read, in bytes.
    pub const MAX_BYTES: usize = 256 * 1024;
    /// The most keywords a claim declares.
    pub const MOST_KEYWORDS: usize = 20;

    /// Reads YAML; JSON too, being the same format.
    pub fn from_yaml(text: &str) -> Result<Self, BadDocument> {
        if text.len() > Self::MAX_BYTES {
            return Err(BadDocument::Unreadable(format!(
                "the document has {} bytes, at most {} are read",
                text.len(),
                Self::MAX_BYTES
            )));
        }
        serde_saphyr::from_str::<Self>(text).map_err(|e| BadDocument::Unreadable(e.to_string()))?.checked()
    }

    /// Reads JSON.
    pub fn from_json(text: &str) -> Result<Self, BadDocument> {
        serde_json::from_str::<Self>(text).map_err(|e| BadDocument::Unreadable(e.to_string()))?.checked()
    }

    /// Refuses what reads but makes no sense; texts come back normalised and trimmed.
    pub fn checked(mut self) -> Result<Self, BadDocument> {
        let bad = |key, reason: &str| Err(BadDocument::Key { key, reason: reason.to_owned() });
        let text = |key| move |e: text::BadText| BadDocument::Key { key, reason: e.to_string() };
        self.title = text::line(&self.title, 3, 300).map_err(text("title"))?;
        if !self.title.chars().any(char::is_alphanumeric) {
            return bad("title", "write at least one letter");
        }
        self.criteria = text::prose(&self.criteria, 3, 20_000).map_err(text("criteria"))?;
        if let Some(context) = self.context.take().filter(|c| !c.trim().is_empty()) {
            self.context = Some(text::prose(&context, 1, 20_000).map_err(text("context"))?);
        }
        self.start.basis = text::line(&self.start.basis, 1, 300).map_err(text("start.basis"))?;
        if self.tags.len() > 30 {
            return bad("tags", "at most 30");
        }
        for tag in &mut self.tags {
            *tag = text::line(tag, 1, 60).map_err(text("tags"))?;
        }
        if self.keywords.len() > Self::MOST_KEYWORDS {
            return bad("keywords", &format!("at most {}", Self::MOST_KEYWORDS));
        }
        for keyword in &mut self.keywords {
            *keyword = text::line(keyword, 2, 60).map_err(text("keywords"))?;
            if !keyword.chars().any(char::is_alphanumeric) {
                return bad("keywords", &format!("`{keyword}` has no letter or digit to look for"));
            }
        }
        let mut seen = std::collections::BTreeSet::new();
        self.keywords.retain(|k| seen.insert(k.to_lowercase()));
        for option in &mut self.options {
            *option = text::line(option, 1, 120).map_err(text("options"))?;
        }
        if !self.options.is_empty() {
            if !(2..=50).contains(&self.options.len()) {
                return bad("options", "name 2 to 50 options, or none for yes and no");
            }
            let mut seen = std::collections::BTreeSet::new();
            if let Some(twice) = self.options.iter().find(|o| !seen.insert(o.to_lowercase())) {
                return bad("options", &format!("`{twice}` stands there twice"));
            }
            if self.rule.is_some() {
                return bad("rule", "a claim with options has `outcomes`, one rule per option");
            }
        }
        if let Some(stray) = self.outcomes.keys().find(|k| !self.options.contains(k)) {
            return bad("outcomes", &format!("`{stray}` is none of the options"));
        }
        let edge = |p: &Probability| !(Start::LOWEST..=Start::HIGHEST).contains(&p.value());
        let starts = match &self.start.p {
            StartingPoint::Yes(p) => std::slice::from_ref(p).iter().any(edge),
            StartingPoint::Options(p) => p.values().any(edge),
        };
        if starts {
            return bad(
                "start.p",
                &format!(
                    "start from {} to {}: nothing could move a claim that begins as certain",
                    Start::LOWEST,
                    Start::HIGHEST
                ),
            );
        }
        if let StartingPoint::Options(p) = &self.start.p {
            if self.options.is_empty()
                || p.len() != self.options.len()
                || p.keys().any(|k| !self.options.contains(k))
            {
                return bad("start.p", "give one probability, or one for each of the options");
            }
            if (p.values().map(|p| p.value()).sum::<f64>() - 1.0).abs() > 1e-6 {
                return bad("start.p", "the probabilities of the options must sum to 1");
            }
        }
        if let Headline::Pool(Pool { pool }) = &self.headline
            && (pool.is_empty() || pool.values().any(|w| !w.is_finite() || *w <= 0.0))
        {
            return bad("headline.pool", "name at least one stream, each with a weight above 0");
        }
        if self.forecasts.hide_crowd && self.headline.names().any(|name| name == "crowd") {
            return bad(
                "forecasts.hide_crowd",
                "a probability made of the crowd cannot be shown while the crowd is hidden: choose another headline",
            );
        }
        if let Some(market) = &self.market
            && let Err(e) = market.terms(&self.starting())
        {
            return bad("market", &e.to_string());
        }
        if let Some(given) = &self.given
            && self.slug.as_ref() == Some(&given.claim)
        {
            return bad("given.claim", "a claim cannot hang on itself");
        }
        if self.confirm.polls == 0 || self.confirm.polls > 1000 {
            return bad("confirm.polls", "from 1 to 1000");
        }
        if self.challenge.delta() < TimeDelta::hours(1) || self.challenge.delta() > TimeDelta::days(90) {
            return bad("challenge", "from 1h to 90d");
        }
        Ok(self)
    }

    /// Whether whoever has not forecast yet sees a stream.
    pub fn shows(&self, stream: &Stream) -> bool {
        !(self.forecasts.hide_crowd && *stream == Stream::Crowd)
    }

    /// The starting probability of each option, in their order; of yes and no, two.
    pub fn starting(&self) -> Vec<f64> {
        match (&self.start.p, self.options.len()) {
            (StartingPoint::Yes(p), 0) => vec![p.value(), 1.0 - p.value()],
            (StartingPoint::Yes(_), n) => vec![1.0 / n as f64; n],
            (StartingPoint::Options(p), _) => {
                self.options.iter().map(|o| p.get(o).map_or(0.0, |p| p.value())).collect()
            }
        }
    }
}
