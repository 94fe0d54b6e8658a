//! The claim document: how a claim is written down, in YAML or JSON.

use std::{collections::BTreeMap, fmt};

use chrono::TimeDelta;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, Visitor},
};

use crate::{ids::Slug, probability::Probability, rule::Rule, text, window::Window};

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
    /// How long a verdict must stand.
    #[serde(default)]
    pub confirm: Confirm,
    /// How long a proposal may be challenged.
    #[serde(default = "Duration::day")]
    pub challenge: Duration,
}

/// Where a claim starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// The probability of yes, or of each option.
    pub p: StartingPoint,
    /// Why: `base rate 3 of 8`, `no view`.
    #[serde(default = "no_view")]
    pub basis: String,
}

fn no_view() -> String {
    "no view".to_owned()
}

impl Default for Start {
    fn default() -> Self {
        Self { p: StartingPoint::Yes(Probability::HALF), basis: no_view() }
    }
}

impl Start {
    /// The lowest probability that a claim or an option may start from: at 0 its log-odds would be infinite.
    pub const LOWEST: f64 = 0.001;
    /// The highest.
    pub const HIGHEST: f64 = 0.999;
}

/// A starting probability.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum StartingPoint {
    /// Of yes. With named options: no view, all alike.
    Yes(Probability),
    /// Of each named option; they sum to 1.
    Options(BTreeMap<String, Probability>),
}

impl<'de> Deserialize<'de> for StartingPoint {
    /// By hand, because an untagged enum only says that nothing fitted.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Start;

        impl<'de> Visitor<'de> for Start {
            type Value = StartingPoint;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number from 0 to 1, such as 0.75, or one for each option")
            }

            fn visit_f64<E: de::Error>(self, p: f64) -> Result<Self::Value, E> {
                Probability::new(p).map(StartingPoint::Yes).map_err(E::custom)
            }

            fn visit_i64<E: de::Error>(self, p: i64) -> Result<Self::Value, E> {
                self.visit_f64(p as f64)
            }

            fn visit_u64<E: de::Error>(self, p: u64) -> Result<Self::Value, E> {
                self.visit_f64(p as f64)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut options = BTreeMap::new();
                while let Some((option, p)) = map.next_entry::<String, Probability>()? {
                    if options.insert(option, p).is_some() {
                        return Err(de::Error::custom("an option stands there twice"));
                    }
                }
                Ok(StartingPoint::Options(options))
            }
        }

        from.deserialize_any(Start)
    }
}

/// Which stream, or pool of streams, is the claim's number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Headline {
    /// One stream by name.
    Stream(String),
    /// Several, with weights.
    Pool(Pool),
}

/// Streams with their weights, averaged in log-odds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pool {
    /// Positive weight of each stream.
    pub pool: BTreeMap<String, f64>,
}

impl Default for Headline {
    fn default() -> Self {
        Self::Stream("evidence".to_owned())
    }
}

impl Headline {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
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

/// A length of time as documents write it: `7d`, `24h`, `90m`, `30s`, `2w`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(TimeDelta);

impl Duration {
    /// The longest that is accepted, in days.
    pub const MAX_DAYS: i64 = 3660;

    fn day() -> Self {
        Self(TimeDelta::days(1))
    }

    fn week() -> Self {
        Self(TimeDelta::weeks(1))
    }

    /// So many whole days.
    pub fn days(days: u16) -> Self {
        Self(TimeDelta::days(days.into()))
    }

    /// So many whole hours.
    pub fn hours(hours: u16) -> Self {
        Self(TimeDelta::hours(hours.into()))
    }

    /// The length, never negative.
    pub fn delta(self) -> TimeDelta {
        self.0
    }

    /// On pages: `7 days`, `1 day`, `36 hours`.
    pub fn words(self) -> String {
        let seconds = self.0.num_seconds().unsigned_abs();
        let units = [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
        let (length, unit) =
            units.into_iter().find(|(length, _)| seconds % length == 0).unwrap_or((1, "second"));
        crate::figures::counted(seconds / length, unit)
    }

    /// Reads `7d`, `24h`, `90m`, `30s`, `2w`.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            "w" => 604_800,
            _ => return None,
        };
        let n: i64 = digits.trim_end().parse().ok().filter(|n| *n >= 0)?;
        let total = n.checked_mul(seconds).filter(|t| *t <= Self::MAX_DAYS * 86_400)?;
        Some(Self(TimeDelta::seconds(total)))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.num_seconds();
        match seconds {
            s if s % 86_400 == 0 => write!(f, "{}d", s / 86_400),
            s if s % 3600 == 0 => write!(f, "{}h", s / 3600),
            s if s % 60 == 0 => write!(f, "{}m", s / 60),
            s => write!(f, "{s}s"),
        }
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::read(&text).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "`{}` is no length of time: write 7d, 24h, 90m or 2w, at most {}d",
                text.chars().take(50).collect::<String>(),
                Self::MAX_DAYS
            ))
        })
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
        if self.confirm.polls == 0 || self.confirm.polls > 1000 {
            return bad("confirm.polls", "from 1 to 1000");
        }
        if self.challenge.delta() < TimeDelta::hours(1) || self.challenge.delta() > TimeDelta::days(90) {
            return bad("challenge", "from 1h to 90d");
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAD: &str = r"
title: An open-weights model within 2 percentage points
slug: open-within-2
tags: [ai, no, on]
start: { p: 0.5, basis: no view }
headline: { pool: { evidence: 1, trend: 1.5 } }
window: { by: Q1 2027 }
when: ever
criteria: True if it does.
rule:
  all:
    - gap: { benchmark: llm-stats/mmlu, of: open, to: closed, within: 0.09, unit: pp, fallback: [lmsys-table/mmlu] }
    - not: { score: { benchmark: a/b, of: { open: true, params_below_b: 40 }, below: 1e1, version: V4 } }
    - n_of: { n: 1, of: [ { rank: { benchmark: a/b, of: any, top: 3 } }, { released: { of: { organisation: Meta } } } ] }
  same_model: true
confirm: { for: 10d }
";

    #[test]
    fn yaml_and_json_are_the_same_document() {
        let yaml = ClaimDocument::from_yaml(LEAD).expect("reads");
        let json = serde_json::to_string(&yaml).expect("writes");
        let again = ClaimDocument::from_json(&json).expect("reads again");
        assert_eq!(yaml, again);
        assert_eq!(ClaimDocument::from_yaml(&json).expect("JSON is YAML"), yaml);
        let rule = yaml.rule.expect("a rule");
        assert!(rule.same_model);
        assert_eq!(rule.conditions().len(), 4);
        assert_eq!(rule.benchmarks().len(), 3);
        assert_eq!(yaml.tags, ["ai", "no", "on"]);
        assert_eq!((yaml.confirm.standing.to_string(), yaml.confirm.polls), ("10d".into(), 3));
        assert!(json.contains("\"within\":0.09"), "{json}");
    }

    #[test]
    fn unknown_and_missing_keys_are_named() {
        let with = |from: &str, to: &str| {
            ClaimDocument::from_yaml(&LEAD.replace(from, to)).expect_err(to).to_string()
        };
        for (from, to, word) in [
            ("slug:", "slugg:", "slugg"),
            ("within: 0.09", "with: 0.09", "with"),
            ("n: 1, of", "n: 3, of", "n_of.n is 3"),
            ("of: any, top", "of: anny, top", "anny"),
            ("top: 3", "top: 0", "top"),
            ("criteria: True", "criterion: True", "criterion"),
            ("a/b, of: any", "humaneval, of: any", "names no source"),
            ("below: 1e1", "below: 1, above: 2", "exactly one of at_least"),
            ("for: 10d", "for: 10 days", "10 days"),
            ("window: { by: Q1 2027 }", "window: { by: 03/04/27 }", "two"),
            ("all:\n", "same: 1\n  all:\n", "same"),
            ("p: 0.5", "p: 1.5", "p"),
        ] {
            let message = with(from, to);
            assert!(message.contains(word), "{to}: {message}");
        }
    }

    #[test]
    fn b45_hostile_yaml_is_refused_or_plain() {
        use std::fmt::Write as _;

        let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for i in 1..12 {
            let inner = vec![format!("*a{}", i - 1); 10].join(", ");
            writeln!(laughs, "a{i}: &a{i} [{inner}]").unwrap();
        }
        assert!(ClaimDocument::from_yaml(&laughs).is_err());
        assert!(ClaimDocument::from_yaml("&a [*a]").is_err());
        assert!(ClaimDocument::from_yaml(&LEAD.replace("slug:", "title: twice\nslug:")).is_err());
        assert!(
            ClaimDocument::from_yaml(
                &LEAD.replace("criteria: True if it does.", "criteria: !!python/object:os.system rm")
            )
            .map(|d| d.criteria)
            .is_ok_and(|c| c.starts_with("rm"))
                || ClaimDocument::from_yaml("!!python/object:os.system {}").is_err()
        );
        assert!(ClaimDocument::from_yaml(&"[".repeat(10_000)).is_err());
        let no =
            ClaimDocument::from_yaml(&LEAD.replace("slug: open-within-2", "slug: no")).expect("plain text");
        assert_eq!(no.slug.expect("a slug").as_str(), "no");
        assert!(ClaimDocument::from_json(&"[".repeat(100_000)).is_err());
    }
}
