//! A question and its forecasts from a file: JSON as it stands, or CSV with the question in options.

use std::{
    collections::BTreeMap,
    io::Read as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use bellwether_core::{
    forecast::file::{ForecastFile, RawForecast, RawQuestion},
    options::Options,
};
use clap::Args;
use serde_json::Value;

use crate::{input, usage::Usage};

/// What `--help` says about files.
pub(crate) const FILES: &str = "JSON: {\"question\": {\"type\": \"binary\", \"open\": .., \"scheduled_close\": .., \"actual_close\": .., \
    \"resolution\": \"yes\"}, \"forecasts\": [{\"user\": 1, \"start\": .., \"end\": null, \"p\": 0.7}]}; named options: \
    \"type\": \"multiple_choice\", \"options\": [..] and \"probs\": [..] instead of p. An object that holds these as \"input\" is read too.\n\
    CSV: a header with user, start, end and p, or one column per named option instead of p. A row ends the one before of \
    the same user; a row without probabilities withdraws. is_bot, is_primary_bot and excluded may stand beside (true or false).\n\
    Times are seconds since 1970, or dates such as 2024-01-31 or 2024-01-31T12:00:00Z.";

/// Where forecasts are, and what a CSV file cannot say.
#[derive(Debug, Args)]
pub(crate) struct Forecasts {
    /// JSON or CSV; `-` reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// CSV: when forecasting began [default: the first forecast]
    #[arg(long, value_name = "TIME")]
    open: Option<String>,
    /// CSV: when forecasting was to end
    #[arg(long, value_name = "TIME")]
    close: Option<String>,
    /// CSV: when it ended, where that was earlier
    #[arg(long, value_name = "TIME")]
    actual_close: Option<String>,
    /// CSV: the instant of spot scores [default: the close]
    #[arg(long, value_name = "TIME")]
    spot: Option<String>,
    /// CSV: yes, no, an option, annulled or ambiguous
    #[arg(long, value_name = "OUTCOME")]
    resolution: Option<String>,
    /// CSV: primary bots are part of aggregates
    #[arg(long)]
    include_bots: bool,
}

impl Forecasts {
    /// Reads the file; `scored` says whether the question's times and outcome are needed.
    pub(crate) fn read(&self, scored: bool) -> anyhow::Result<ForecastFile> {
        let text = if self.file == Path::new("-") {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map_err(|e| Usage::of("-", e))?;
            text
        } else {
            input::text(&self.file)?
        };
        let name = || {
            if self.file == Path::new("-") {
                "standard input".to_owned()
            } else {
                self.file.display().to_string()
            }
        };
        if text.trim_start().starts_with(['{', '[']) {
            let given = [
                ("--open", self.open.is_some()),
                ("--close", self.close.is_some()),
                ("--actual-close", self.actual_close.is_some()),
                ("--spot", self.spot.is_some()),
                ("--resolution", self.resolution.is_some()),
                ("--include-bots", self.include_bots),
            ];
            if let Some((option, _)) = given.iter().find(|(_, given)| *given) {
                return Err(Usage::of(option, "a JSON file says this itself: leave the option out"));
            }
            return ForecastFile::from_json(&text).with_context(name);
        }
        self.csv(&text, scored).with_context(name)
    }

    fn csv(&self, text: &str, scored: bool) -> anyhow::Result<ForecastFile> {
        if scored {
            for (option, given) in [("--close", &self.close), ("--resolution", &self.resolution)] {
                if given.is_none() {
                    return Err(Usage::of(option, "a CSV file does not say it, and scores need it"));
                }
            }
        }
        let (options, mut rows) = rows(text)?;
        anyhow::ensure!(!rows.is_empty(), "there is no row below the header");
        let value = |text: &Option<String>| text.clone().map_or(Value::Null, Value::String);
        let question = RawQuestion {
            kind: Some(if options.is_empty() { "binary" } else { "multiple_choice" }.to_owned()),
            open: value(&self.open),
            scheduled_close: value(&self.close),
            actual_close: value(&self.actual_close),
            spot_time: value(&self.spot),
            resolution: self.resolution.clone(),
            options: (!options.is_empty()).then(|| options.clone()),
            include_bots: Some(self.include_bots),
        };
        // Withdrawals end forecasts and are none themselves: they are read with even chances and dropped.
        let withdrawals: Vec<bool> =
            rows.iter().map(|r| r.p.is_none() && r.probs.iter().flatten().all(Option::is_none)).collect();
        for (row, _) in rows.iter_mut().zip(&withdrawals).filter(|(_, withdrawn)| **withdrawn) {
            match options.len() {
                0 => row.p = Some(0.5),
                n => row.probs = Some(vec![Some(1.0 / n as f64); n]),
            }
        }
        let placeholder = RawQuestion {
            open: Value::from(0),
            scheduled_close: Value::from(1),
            resolution: None,
            actual_close: Value::Null,
            spot_time: Value::Null,
            ..question.clone()
        };
        let read = ForecastFile::of(&placeholder, &rows, None)?;
        let (first, last) = (
            read.forecasts.iter().map(|f| f.start).min(),
            read.forecasts.iter().flat_map(|f| [Some(f.start), f.end]).flatten().max(),
        );
        let at = |t: Option<chrono::DateTime<chrono::Utc>>| t.map_or(Value::Null, |t| t.to_rfc3339().into());
        let mut question = question;
        if question.open.is_null() {
            question.open = at(first);
        }
        if question.scheduled_close.is_null() {
            // A history does not look at it.
            question.scheduled_close = at(last.map(|t| t + chrono::TimeDelta::days(1)));
        }
        let mut file = ForecastFile::of(&question, &[], None)?;
        file.forecasts = ended(read.forecasts, &withdrawals);
        Ok(file)
    }
}

/// The option columns of a CSV file and its rows.
fn rows(text: &str) -> anyhow::Result<(Vec<String>, Vec<RawForecast>)> {
    const OTHERS: [&str; 7] = ["user", "start", "end", "p", "is_bot", "is_primary_bot", "excluded"];
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let header: Vec<String> =
        reader.headers()?.iter().map(|h| h.trim_start_matches('\u{feff}').to_owned()).collect();
    let column = |name: &str| header.iter().position(|h| h == name);
    for needed in ["user", "start"] {
        anyhow::ensure!(column(needed).is_some(), "header: there is no column `{needed}`");
    }
    let options: Vec<(usize, String)> = header
        .iter()
        .enumerate()
        .filter(|(_, h)| !OTHERS.contains(&h.as_str()))
        .map(|(at, h)| (at, h.clone()))
        .collect();
    anyhow::ensure!(
        column("p").is_some() == options.is_empty(),
        "header: write a column p, or one column per named option"
    );
    let mut out = Vec::new();
    for (i, record) in reader.records().enumerate() {
        let row = i + 2;
        let record = record.with_context(|| format!("row {row}"))?;
        let cell = |name: &str| column(name).and_then(|at| record.get(at)).filter(|c| !c.is_empty());
        let number = |name: &str, cell: Option<&str>| {
            let read =
                |c: &str| c.parse::<f64>().with_context(|| format!("row {row}: {name}: `{c}` is no number"));
            cell.map(read).transpose()
        };
        let flag = |name: &str| match cell(name).map(str::to_ascii_lowercase).as_deref() {
            None => Ok(None),
            Some("true" | "yes" | "1") => Ok(Some(true)),
            Some("false" | "no" | "0") => Ok(Some(false)),
            Some(other) => anyhow::bail!("row {row}: {name}: `{other}` is neither true nor false"),
        };
        let text = |name: &str| cell(name).map_or(Value::Null, |c| Value::String(c.to_owned()));
        let probs = options
            .iter()
            .map(|(at, name)| number(name, record.get(*at).filter(|c| !c.is_empty())))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let raw = RawForecast {
            user: text("user"),
            start: text("start"),
            end: text("end"),
            p: number("p", cell("p"))?,
            probs: (!options.is_empty()).then_some(probs),
            is_bot: flag("is_bot")?,
            is_primary_bot: flag("is_primary_bot")?,
            excluded: flag("excluded")?,
        };
        out.push(raw);
    }
    Ok((options.into_iter().map(|(_, name)| name).collect(), out))
}

type Interval = bellwether_core::forecast::Interval<String>;

/// Ends each row at the user's next one, and drops the withdrawals.
fn ended(read: Vec<Interval>, withdrawals: &[bool]) -> Vec<Interval> {
    let mut rows: Vec<(Interval, bool)> = read.into_iter().zip(withdrawals.iter().copied()).collect();
    rows.sort_by_key(|(row, _)| row.start);
    let mut next: BTreeMap<String, chrono::DateTime<chrono::Utc>> = BTreeMap::new();
    for (row, _) in rows.iter_mut().rev() {
        if let Some(next) = next.insert(row.forecaster.clone(), row.start) {
            row.end = Some(row.end.map_or(next, |end| end.min(next)));
        }
    }
    rows.into_iter().filter(|(_, withdrawn)| !withdrawn).map(|(row, _)| row).collect()
}

/// Whether a question is between yes and no.
pub(crate) fn yes_no(file: &ForecastFile) -> bool {
    file.question.options == Options::YesNo
}

/// Seconds since 1970, as files have them.
pub(crate) fn seconds(at: chrono::DateTime<chrono::Utc>) -> f64 {
    at.timestamp_micros() as f64 / 1e6
}
