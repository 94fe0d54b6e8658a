//! What people type when they add an item, and its reading into an item of evidence.

use bellwether_core::{
    contradiction::{Measure, Period},
    evidence::{Item, Kind, Link, Relevance, Side, Source, Tier},
    ids::EvidenceId,
    points::{Points, Preset, Strength},
    text::{self, BadText},
};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{EngineError, FieldError, Result};

/// The most characters that an item's text takes.
pub(crate) const MAX_TEXT: usize = 4000;

/// An item of evidence as its author types it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceInput {
    /// For or against.
    pub side: Side,
    /// The option it is about, where the claim names options.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub option: Option<String>,
    /// What it says.
    pub text: String,
    /// What sort of thing it is; decides how it ages.
    #[serde(default = "news")]
    pub kind: Kind,
    /// How strong it is.
    #[serde(default = "weak")]
    pub strength: StrengthInput,
    /// How far its source is to be believed. Without one, press where a source is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<Tier>,
    /// How far it bears on the criteria, 0 to 1; 1 where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relevance: Option<f64>,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The title of the page or paper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Who published it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publisher: Option<String>,
    /// The publisher's date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_on: Option<NaiveDate>,
    /// What it goes back to, where several items tell the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// When it was true; the publisher's date, or now, where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_at: Option<DateTime<Utc>>,
    /// The figure it states, for finding contradictions; read from the text where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<MeasureInput>,
    /// An older item of the same claim that it replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<EvidenceId>,
}

fn news() -> Kind {
    Kind::News
}

fn weak() -> StrengthInput {
    StrengthInput::Preset(Preset::Weak)
}

/// A strength: a preset's name, points, or a likelihood ratio.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum StrengthInput {
    /// `trace`, `weak`, `moderate`, `strong`, `decisive`.
    Preset(Preset),
    /// 0 to 40 points.
    Points(f64),
    /// How many times likelier the item is if the claim holds; below 1 it speaks against.
    Ratio {
        /// Above 0.
        likelihood_ratio: f64,
    },
}

/// A figure as its author types it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasureInput {
    /// What was measured: `open-closed gap`.
    pub metric: String,
    /// Of which time: `2026`, `early 2026`, `Q1 2026`, `Mar 2026`, `2026-03-31`.
    pub period: String,
    /// How much.
    pub value: Decimal,
    /// In what.
    #[serde(default)]
    pub unit: String,
}

impl EvidenceInput {
    /// The least that makes an item.
    pub fn new(side: Side, text: impl Into<String>, strength: StrengthInput) -> Self {
        Self {
            side,
            option: None,
            text: text.into(),
            kind: news(),
            strength,
            tier: None,
            relevance: None,
            url: None,
            title: None,
            publisher: None,
            published_on: None,
            origin: None,
            observed_at: None,
            measure: None,
            supersedes: None,
        }
    }

    /// Reads it into an item; every bad field is named. `signed`: whether a likelihood ratio may turn the side.
    pub(crate) fn read(&self, now: DateTime<Utc>) -> Result<Item> {
        let mut bad = Fields::default();
        let text = bad.take("text", text::prose(&self.text, 3, MAX_TEXT));
        let url = self.url.as_deref().filter(|u| !u.trim().is_empty());
        let url = url.and_then(|u| bad.take("url", u.parse::<Link>()));
        let title = bad.line("title", self.title.as_deref(), 300);
        let publisher = bad.line("publisher", self.publisher.as_deref(), 120);
        let origin = bad.line("origin", self.origin.as_deref(), 300);
        let option = bad.line("option", self.option.as_deref(), 100);
        let strength = match self.strength {
            StrengthInput::Preset(preset) => Some((preset.strength(), self.side)),
            StrengthInput::Points(points) => {
                bad.take("strength", Strength::new(points)).map(|s| (s, self.side))
            }
            StrengthInput::Ratio { likelihood_ratio } => {
                let points = bad.take("strength", Points::from_likelihood_ratio(likelihood_ratio));
                points.and_then(|p| {
                    let side = if p.value() < 0.0 { opposite(self.side) } else { self.side };
                    bad.take("strength", Strength::new(p.value().abs())).map(|s| (s, side))
                })
            }
        };
        let relevance = bad.take("relevance", Relevance::new(self.relevance.unwrap_or(1.0)));
        let measure = self.measure.as_ref().and_then(|m| {
            let metric = bad.take("measure.metric", text::line(&m.metric, 2, 120))?;
            let period = bad.take("measure.period", m.period.parse::<Period>())?;
            let unit = if m.unit.is_empty() {
                String::new()
            } else {
                bad.take("measure.unit", text::line(&m.unit, 1, 20))?
            };
            Some(Measure { metric, period, value: m.value, unit })
        });
        if self.published_on.is_some_and(|day| day > (now + TimeDelta::days(2)).date_naive()) {
            bad.0.push(FieldError::new("published_on", "out_of_range", "this day lies ahead"));
        }
        let observed_at = self
            .observed_at
            .or_else(|| self.published_on.map(|day| day.and_time(NaiveTime::MIN).and_utc()))
            .unwrap_or(now);
        if observed_at > now + TimeDelta::days(2) || observed_at < now - TimeDelta::days(366 * 100) {
            bad.0.push(FieldError::new(
                "observed_at",
                "out_of_range",
                format!("{} is not a time at which it can have been true", observed_at.to_rfc3339()),
            ));
        }
        let source = Source { url, title, publisher, published_on: self.published_on, origin };
        let tier = match self.tier {
            Some(Tier::Unsourced) | None if source.is_named() => {
                self.tier.filter(|t| *t != Tier::Unsourced).unwrap_or(Tier::Press)
            }
            Some(tier) if source.is_named() => tier,
            _ => Tier::Unsourced,
        };
        match (text, strength, relevance) {
            (Some(text), Some((points, side)), Some(relevance)) if bad.0.is_empty() => Ok(Item {
                side,
                option,
                text,
                kind: self.kind,
                points,
                tier,
                relevance,
                source,
                observed_at,
                measure,
                supersedes: self.supersedes,
            }),
            _ => Err(EngineError::Invalid(bad.0)),
        }
    }
}

fn opposite(side: Side) -> Side {
    match side {
        Side::For => Side::Against,
        Side::Against => Side::For,
    }
}

/// The bad fields of a request, gathered so that all are told at once.
#[derive(Default)]
struct Fields(Vec<FieldError>);

impl Fields {
    fn take<T, E: std::fmt::Display>(&mut self, field: &str, read: Result<T, E>) -> Option<T> {
        read.map_err(|e| self.0.push(FieldError::new(field, "invalid", e.to_string()))).ok()
    }

    /// An optional line; one that is empty is absent.
    fn line(&mut self, field: &str, text: Option<&str>, max: usize) -> Option<String> {
        match text::line(text.filter(|t| !t.trim().is_empty())?, 1, max) {
            Ok(line) => Some(line),
            Err(
                e @ (BadText::Control(_) | BadText::Empty | BadText::TooShort(_) | BadText::TooLong { .. }),
            ) => {
                self.0.push(FieldError::new(field, "unreadable", e.to_string()));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-04-06T10:00:00Z".parse().expect("an instant")
    }

    fn input() -> EvidenceInput {
        EvidenceInput::new(Side::For, "Costs fell", StrengthInput::Points(6.0))
    }

    fn fields(input: &EvidenceInput) -> Vec<String> {
        match input.read(now()) {
            Err(EngineError::Invalid(bad)) => bad.into_iter().map(|e| e.field).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn b10_b20_b22_bad_fields_are_all_named_at_once() {
        let bad = EvidenceInput {
            text: "\u{200B}".into(),
            url: Some("javascript:alert(1)".into()),
            publisher: Some("a\u{202E}b".into()),
            relevance: Some(1.1),
            strength: StrengthInput::Points(f64::NAN),
            observed_at: Some(now() + TimeDelta::days(3)),
            ..input()
        };
        assert_eq!(fields(&bad), ["text", "url", "publisher", "strength", "relevance", "observed_at"]);
        for strength in [StrengthInput::Points(41.0), StrengthInput::Ratio { likelihood_ratio: 0.0 }] {
            assert_eq!(fields(&EvidenceInput { strength, ..input() }), ["strength"]);
        }
        assert_eq!(fields(&EvidenceInput { text: "x".repeat(MAX_TEXT + 1), ..input() }), ["text"]);
    }

    #[test]
    fn markup_is_kept_as_the_text_it_is() {
        let item = EvidenceInput { text: "<script>alert(1)</script> [x](javascript:x)".into(), ..input() };
        assert_eq!(
            item.read(now()).map(|i| i.text).ok().as_deref(),
            Some("<script>alert(1)</script> [x](javascript:x)")
        );
    }

    #[test]
    fn a_source_decides_the_tier_and_the_date() {
        let bare = EvidenceInput { tier: Some(Tier::Primary), ..input() }.read(now()).expect("fine");
        assert_eq!((bare.tier, bare.observed_at), (Tier::Unsourced, now()));
        let day = NaiveDate::from_ymd_opt(2026, 3, 12).expect("a day");
        let told =
            EvidenceInput { url: Some("https://example.org/a".into()), published_on: Some(day), ..input() };
        let told = told.read(now()).expect("fine");
        assert_eq!((told.tier, told.observed_at.date_naive()), (Tier::Press, day));
    }

    #[test]
    fn a_likelihood_ratio_below_one_turns_the_side() {
        let item = EvidenceInput { strength: StrengthInput::Ratio { likelihood_ratio: 0.5 }, ..input() };
        let item = item.read(now()).expect("fine");
        assert_eq!(item.side, Side::Against);
        assert!((item.points.value() - 17.33).abs() < 0.01);
    }

    #[test]
    fn strengths_are_read_from_names_numbers_and_ratios() {
        for (text, points) in [("\"strong\"", 12.0), ("4.5", 4.5), ("{\"likelihood_ratio\":2}", 17.328_68)] {
            let strength: StrengthInput = serde_json::from_str(text).expect(text);
            let item = EvidenceInput { strength, ..input() }.read(now()).expect(text);
            assert!((item.points.value() - points).abs() < 1e-4, "{text}");
        }
        assert!(serde_json::from_str::<StrengthInput>("\"mighty\"").is_err());
    }
}
