//! A question and its forecasts as a file: what a spreadsheet or another site hands over.
//!
//! ```json
//! { "question": { "type": "binary", "open": 1704067200, "scheduled_close": "2024-04-10", "resolution": "yes" },
//!   "forecasts": [ { "user": "ada", "start": "2024-01-02", "end": null, "p": 0.7 } ] }
//! ```
//!
//! Times are seconds since 1970 or ISO dates. The intervals are taken as they stand.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::{Interval, aggregate::Span, score::Question};
use crate::options::Options;

/// A question with its forecasts, read.
#[derive(Clone, Debug)]
pub struct ForecastFile {
    /// Times and options.
    pub question: Question,
    /// How it came out.
    pub outcome: Outcome,
    /// The forecasts, in the order of the file.
    pub forecasts: Vec<Interval<String>>,
    /// Methods to aggregate by, as the file names them.
    pub methods: Vec<String>,
    /// Scores to compute, as the file names them.
    pub score_types: Vec<String>,
    /// Aggregates to score beside the forecasters, as the file names them.
    pub aggregation_methods: Vec<String>,
    /// What a history covers.
    pub span: SpanOptions,
}

/// How a question came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Not yet, or the file does not say.
    Unknown,
    /// The option of this index.
    Option(usize),
    /// Annulled or ambiguous: nobody is scored.
    Void,
}

/// What a history covers, when it is not the time from the opening to the actual close.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct SpanOptions {
    /// Begin before the opening, where forecasts were made.
    #[serde(default)]
    pub include_pre_predictions: bool,
    /// False: end at the scheduled close, or now.
    #[serde(default)]
    pub include_future: Option<bool>,
}

/// Why a file cannot be read: the field, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct BadFile {
    /// Where it is: `forecasts[3].p`.
    pub field: String,
    /// What is wrong, and what to write instead.
    pub problem: String,
}

/// A question as the file has it.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct RawQuestion {
    /// `binary` or `multiple_choice`; by default whether there are options says.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// When forecasting began.
    #[serde(default)]
    pub open: Value,
    /// When forecasting was to end.
    #[serde(default)]
    pub scheduled_close: Value,
    /// When it ended.
    #[serde(default)]
    pub actual_close: Value,
    /// The instant of spot scores.
    #[serde(default)]
    pub spot_time: Value,
    /// `yes`, `no`, an option, `annulled` or `ambiguous`.
    #[serde(default)]
    pub resolution: Option<String>,
    /// Named options.
    #[serde(default)]
    pub options: Option<Vec<String>>,
    /// Whether bots are part of aggregates.
    #[serde(default)]
    pub include_bots: Option<bool>,
}

/// A forecast as the file has it.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct RawForecast {
    /// Who: a number or a name.
    #[serde(default)]
    pub user: Value,
    /// When it began.
    #[serde(default)]
    pub start: Value,
    /// When it ended, or null.
    #[serde(default)]
    pub end: Value,
    /// The probability of yes.
    #[serde(default)]
    pub p: Option<f64>,
    /// One probability per option, null where the option could not be chosen.
    #[serde(default)]
    pub probs: Option<Vec<Option<f64>>>,
    /// A program's: part of aggregates only where the question includes bots and it is its owner's primary one.
    #[serde(default)]
    pub is_bot: Option<bool>,
    /// The one bot of its owner that may count.
    #[serde(default)]
    pub is_primary_bot: Option<bool>,
    /// Left out of aggregates.
    #[serde(default)]
    pub excluded: Option<bool>,
}

#[derive(Deserialize)]
struct Raw {
    question: Value,
    forecasts: Vec<Value>,
    #[serde(default)]
    methods: Vec<String>,
    #[serde(default)]
    score_types: Vec<String>,
    #[serde(default)]
    aggregation_methods: Vec<String>,
    #[serde(default)]
    only_include_user_ids: Option<Vec<Value>>,
    #[serde(default)]
    options: Value,
}

impl ForecastFile {
    /// Reads a question with its forecasts, or an object that holds them as `input`.
    pub fn from_json(text: &str) -> Result<Self, BadFile> {
        let mut whole: Value = serde_json::from_str(text).map_err(|e| bad("JSON", e))?;
        if let Some(input) = whole.get_mut("input").map(Value::take) {
            whole = input;
        }
        if !whole.is_object() {
            return Err(bad("JSON", "write an object with `question` and `forecasts`"));
        }
        let raw: Raw = serde_json::from_value(whole).map_err(|e| bad("JSON", e))?;
        let question: RawQuestion = serde_json::from_value(raw.question).map_err(|e| bad("question", e))?;
        let forecasts = raw
            .forecasts
            .into_iter()
            .enumerate()
            .map(|(i, f)| serde_json::from_value(f).map_err(|e| bad(format!("forecasts[{i}]"), e)))
            .collect::<Result<Vec<RawForecast>, _>>()?;
        let nested = raw.options.get("only_include_user_ids").and_then(Value::as_array).cloned();
        let only = raw.only_include_user_ids.or(nested).filter(|only| !only.is_empty());
        let span = if raw.options.is_null() {
            SpanOptions::default()
        } else {
            serde_json::from_value(raw.options).map_err(|e| bad("options", e))?
        };
        let mut file = Self::of(&question, &forecasts, only.as_deref())?;
        file.methods = raw.methods;
        file.score_types = raw.score_types;
        file.aggregation_methods = raw.aggregation_methods;
        file.span = span;
        Ok(file)
    }

    /// Reads a question and forecasts; with `only`, exactly these users take part, bots among them too.
    pub fn of(
        question: &RawQuestion,
        forecasts: &[RawForecast],
        only: Option<&[Value]>,
    ) -> Result<Self, BadFile> {
        let include_bots = question.include_bots.unwrap_or(false);
        let (question, outcome) = read_question(question)?;
        let only: Option<BTreeSet<String>> = only.map(|ids| ids.iter().filter_map(name).collect());
        let mut read = Vec::with_capacity(forecasts.len());
        for (i, raw) in forecasts.iter().enumerate() {
            let field = |name: &str| format!("forecasts[{i}].{name}");
            let user = name(&raw.user).ok_or_else(|| bad(field("user"), "write a number or a name"))?;
            let start = required(&raw.start, &field("start"))?;
            let end = time(&raw.end, &field("end"))?;
            let p = probabilities(&question.options, raw, &field)?;
            let bot = raw.is_bot.unwrap_or(false);
            let counts = match &only {
                Some(only) if only.contains(&user) => true,
                Some(_) => continue,
                None => {
                    let may = !bot || (include_bots && raw.is_primary_bot.unwrap_or(false));
                    may && !raw.excluded.unwrap_or(false)
                }
            };
            read.push(Interval { forecaster: user, start, end, p, counts });
        }
        Ok(Self {
            question,
            outcome,
            forecasts: read,
            methods: Vec::new(),
            score_types: Vec::new(),
            aggregation_methods: Vec::new(),
            span: SpanOptions::default(),
        })
    }

    /// What a history covers, at an instant.
    pub fn span(&self, now: DateTime<Utc>) -> Span {
        let Span { from, until } = self.question.span();
        let from = if self.span.include_pre_predictions { None } else { from };
        if self.span.include_future.unwrap_or(true) {
            Span { from, until }
        } else {
            let limit = now.min(self.question.scheduled_close);
            Span { from, until: Some(until.map_or(limit, |until| until.min(limit))) }
        }
    }
}

fn read_question(raw: &RawQuestion) -> Result<(Question, Outcome), BadFile> {
    let options = match (raw.kind.as_deref(), &raw.options) {
        (Some("binary"), _) | (None, None) => Options::YesNo,
        (Some("multiple_choice") | None, Some(names)) if names.len() >= 2 => Options::Named(names.clone()),
        (Some("multiple_choice") | None, _) => {
            return Err(bad("question.options", "name at least two options"));
        }
        (Some(other), _) => {
            let other: String = other.chars().take(40).collect();
            return Err(bad(
                "question.type",
                format!("`{other}` is not known: use binary or multiple_choice"),
            ));
        }
    };
    let open = required(&raw.open, "question.open")?;
    let scheduled_close = required(&raw.scheduled_close, "question.scheduled_close")?;
    if scheduled_close <= open {
        return Err(bad("question.scheduled_close", "must come after the opening"));
    }
    let outcome = match (raw.resolution.as_deref(), &options) {
        (None, _) => Outcome::Unknown,
        (Some("annulled" | "ambiguous"), _) => Outcome::Void,
        (Some(text), Options::YesNo) => match text.to_ascii_lowercase().as_str() {
            "yes" => Outcome::Option(0),
            "no" => Outcome::Option(1),
            _ => return Err(bad("question.resolution", "use yes, no, annulled or ambiguous")),
        },
        (Some(text), Options::Named(names)) => {
            Outcome::Option(names.iter().position(|n| n == text).ok_or_else(|| {
                bad("question.resolution", format!("use annulled, ambiguous or one of: {}", names.join(", ")))
            })?)
        }
    };
    let actual_close = time(&raw.actual_close, "question.actual_close")?;
    let spot = time(&raw.spot_time, "question.spot_time")?;
    Ok((Question { options, open, scheduled_close, actual_close, spot }, outcome))
}

fn probabilities(
    options: &Options,
    raw: &RawForecast,
    field: &dyn Fn(&str) -> String,
) -> Result<Vec<Option<f64>>, BadFile> {
    let check = |p: f64, at: String| {
        if (0.0..=1.0).contains(&p) {
            Ok(p)
        } else {
            Err(bad(at, format!("{p} is no probability: use a number from 0 to 1, such as 0.75")))
        }
    };
    match (options, raw.p, &raw.probs) {
        (Options::YesNo, Some(p), None) => {
            let p = check(p, field("p"))?;
            Ok(vec![Some(p), Some(1.0 - p)])
        }
        (Options::YesNo, ..) => Err(bad(field("p"), "write the probability of yes, such as 0.75")),
        (Options::Named(names), None, Some(probs)) if probs.len() == names.len() => {
            for (p, name) in probs.iter().zip(names).filter_map(|(p, name)| Some((p.as_ref()?, name))) {
                check(*p, format!("{} ({name})", field("probs")))?;
            }
            let sum: f64 = probs.iter().flatten().sum();
            if (sum - 1.0).abs() > 0.02 {
                return Err(bad(field("probs"), format!("the options sum to {sum}: they must sum to 1")));
            }
            Ok(probs.clone())
        }
        (Options::Named(names), ..) => {
            Err(bad(field("probs"), format!("write one number per option: {}", names.join(", "))))
        }
    }
}

fn required(value: &Value, field: &str) -> Result<DateTime<Utc>, BadFile> {
    time(value, field)?
        .ok_or_else(|| bad(field, "say when: seconds since 1970, or a date such as 2024-01-31"))
}

/// Reads an instant: seconds since 1970 with up to six decimals, a date, or a date with a time (UTC unless it says so).
fn time(value: &Value, field: &str) -> Result<Option<DateTime<Utc>>, BadFile> {
    let unreadable = |shown: &str| {
        let shown: String = shown.chars().take(60).collect();
        bad(field, format!("`{shown}` is no time: use seconds since 1970, or a date such as 2024-01-31"))
    };
    let seconds = |s: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a cast saturates, and chrono refuses what is too far"
        )]
        let micros = (s * 1e6).round() as i64;
        DateTime::from_timestamp_micros(micros).filter(|_| s.is_finite() && s.abs() < 1e11)
    };
    match value {
        Value::Null => Ok(None),
        Value::Number(n) => {
            let read = n.as_f64().and_then(seconds);
            read.map(Some).ok_or_else(|| unreadable(&n.to_string()))
        }
        Value::String(text) if text.trim().is_empty() => Ok(None),
        Value::String(text) => {
            let text = text.trim();
            let read = text.parse::<f64>().ok().and_then(seconds);
            let read = read.or_else(|| DateTime::parse_from_rfc3339(text).ok().map(|t| t.to_utc()));
            let read = read.or_else(|| text.parse::<NaiveDateTime>().ok().map(|t| t.and_utc()));
            let day = || text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0).map(|t| t.and_utc());
            read.or_else(day).map(Some).ok_or_else(|| unreadable(text))
        }
        other => Err(unreadable(&other.to_string())),
    }
}

fn name(value: &Value) -> Option<String> {
    match value {
        Value::Number(n) => Some(n.to_string()),
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        _ => None,
    }
}

fn bad(field: impl Into<String>, problem: impl std::fmt::Display) -> BadFile {
    BadFile { field: field.into(), problem: problem.to_string() }
}
