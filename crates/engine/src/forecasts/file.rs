//! Forecasts in files: taken in from a spreadsheet, given out as CSV and as a question that scores can be computed of.

use std::collections::{BTreeMap, btree_map::Entry};

use bellwether_core::{
    actor::Actor,
    document::ClaimDocument,
    forecast::{Interval, Probabilities, Row, intervals},
    options::Options,
    status::Outcome,
};
use bellwether_store::{Forecast, JsonText};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde_json::{Value, json};

use super::{ForecastInput, Made, Stated};
use crate::{
    Engine, EngineError, FieldError, Result,
    claims::{ClaimKey, export},
};

/// What a file of forecasts must have, and may have.
const COLUMNS: [&str; 5] = ["claim", "option", "probability", "rationale", "expires_at"];

impl Engine {
    /// Takes in forecasts from CSV: columns `claim` and `probability`, and where wanted `option` (one row for each
    /// option of a claim), `rationale` and `expires_at`. All or none; an error names the row, counted with the heading.
    ///
    /// # Errors
    /// A field error for each row that is no forecast.
    pub async fn import_forecasts(&self, actor: &Actor, text: &str) -> Result<Vec<Made>> {
        let (all, rows) = read(text)?;
        let made = self.forecast_all(actor, &all, "import").await;
        made.map_err(|e| match e {
            EngineError::Invalid(errors) => {
                EngineError::Invalid(errors.into_iter().map(|e| in_row(e, &rows)).collect())
            }
            other => other,
        })
    }

    /// All forecasts of a claim as CSV, oldest first; only what the reader may see.
    pub async fn export_forecasts_csv(&self, claim: &ClaimKey) -> Result<String> {
        let mut tx = self.read().await?;
        let row = claim.find(&mut tx).await?;
        let document: ClaimDocument = row.document.read()?;
        let hidden = self.hides_crowd(&mut tx, &row, &document).await?;
        let all = if hidden { Vec::new() } else { tx.forecasts_of_claim(row.id).await? };
        let names: Vec<String> = Options::of(&document).names().into_iter().map(str::to_owned).collect();
        let mut lines = Vec::new();
        for one in all {
            lines.extend(cells(row.slug.as_str(), &names, &one)?);
        }
        export::table(&HEAD, lines.into_iter())
    }

    /// All forecasts of whoever reads as CSV, newest first; at most 100,000.
    ///
    /// # Errors
    /// A conflict where nobody in particular reads.
    pub async fn export_own_forecasts_csv(&self, actor: &Actor) -> Result<String> {
        let mut tx = self.read().await?;
        let all = tx.forecasts_of_forecaster(actor, None, 100_000).await?;
        let mut claims = BTreeMap::new();
        let mut lines = Vec::new();
        for one in all {
            let (slug, names) = match claims.entry(one.claim) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let row = tx.claim(one.claim).await?;
                    let document: ClaimDocument = row.document.read()?;
                    let names = Options::of(&document).names().into_iter().map(str::to_owned).collect();
                    new.insert((row.slug, names))
                }
            };
            let names: &Vec<String> = names;
            lines.extend(cells(slug.as_str(), names, &one)?);
        }
        export::table(&HEAD, lines.into_iter())
    }

    /// A claim with its forecasts as a question that `bellwether score` and `bellwether aggregate` read; only what the
    /// reader may see.
    pub async fn export_question(&self, claim: &ClaimKey) -> Result<Value> {
        let mut tx = self.read().await?;
        let row = claim.find(&mut tx).await?;
        let document: ClaimDocument = row.document.read()?;
        let options = Options::of(&document);
        let hidden = self.hides_crowd(&mut tx, &row, &document).await?;
        let closed = tx.scores_of_claim(row.id).await?.first().map(|score| score.closed_at);
        let mut said = Vec::new();
        for one in if hidden { Vec::new() } else { tx.forecasts_of_claim(row.id).await? } {
            let says: Option<Probabilities> = one.probabilities.as_ref().map(JsonText::read).transpose()?;
            let forecaster = one.forecaster.to_string();
            said.push(Row { forecaster, at: one.at, says, until: one.expires_at, counts: true });
        }
        let seconds = |at: DateTime<Utc>| at.timestamp_micros() as f64 / 1e6;
        let named = options != Options::YesNo;
        let forecasts: Vec<Value> = intervals(said)
            .into_iter()
            .map(|Interval { forecaster, start, end, p, .. }| {
                let mut one = json!({
                    "user": forecaster, "start": seconds(start), "end": end.map(seconds),
                    "is_bot": forecaster.starts_with("bot:"),
                });
                if named {
                    one["probs"] = json!(p);
                } else {
                    one["p"] = json!(p.first());
                }
                one
            })
            .collect();
        let resolution = row.outcome.as_ref().map(|outcome| match outcome {
            Outcome::Yes => "yes".to_owned(),
            Outcome::No => "no".to_owned(),
            Outcome::Option(name) => name.clone(),
        });
        let mut question = json!({
            "type": if named { "multiple_choice" } else { "binary" },
            "open": seconds(row.published_at.unwrap_or(row.created_at)),
            "scheduled_close": seconds(row.window_by),
            "actual_close": closed.map(seconds),
            "include_bots": document.forecasts.count_bots,
        });
        if named {
            question["options"] = json!(options.names());
        }
        if let Some(resolution) = resolution {
            question["resolution"] = json!(resolution);
        }
        Ok(json!({
            "README": README, "claim": row.slug, "title": row.title, "question": question, "forecasts": forecasts,
        }))
    }
}

const README: &str = "A claim with its forecasts, as `bellwether score FILE` and `bellwether aggregate FILE` read it. \
Times are seconds since 1970 in UTC; a forecast stands over [start, end), until now where end is null.";

const HEAD: [&str; 10] = [
    "claim",
    "forecaster",
    "n",
    "at",
    "option",
    "probability",
    "expires_at",
    "criteria_version",
    "via",
    "rationale",
];

/// The lines of a forecast: one per option, of yes/no claims that of yes; a withdrawal is one without a probability.
fn cells(slug: &str, names: &[String], one: &Forecast) -> Result<Vec<[String; 10]>> {
    let says: Option<Probabilities> = one.probabilities.as_ref().map(JsonText::read).transpose()?;
    let told = match says {
        None => vec![(String::new(), String::new())],
        Some(p) => {
            let all = names.iter().cloned().zip(p.as_slice().iter().map(f64::to_string));
            let yes_no = names.len() == 2 && names[0] == "Yes" && names[1] == "No";
            all.take(if yes_no { 1 } else { names.len() }).collect()
        }
    };
    Ok(told
        .into_iter()
        .map(|(option, p)| {
            [
                slug.to_owned(),
                one.forecaster.to_string(),
                one.n.to_string(),
                export::time(one.at),
                option,
                p,
                one.expires_at.map(export::time).unwrap_or_default(),
                one.criteria_n.to_string(),
                one.via.as_str().to_owned(),
                one.rationale.clone().unwrap_or_default(),
            ]
        })
        .collect())
}

/// Forecasts as a file has them, and the row of each.
type InFile = (Vec<(ClaimKey, ForecastInput)>, Vec<u64>);

fn read(text: &str) -> Result<InFile> {
    let wrong = |row: u64, field: &str, message: String| {
        EngineError::invalid(format!("row {row}: {field}"), "unreadable", message)
    };
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.trim_start_matches('\u{FEFF}').as_bytes());
    let head = reader.headers().map_err(|e| wrong(1, "heading", e.to_string()))?.clone();
    if let Some(other) = head.iter().find(|name| !COLUMNS.contains(name)) {
        let shown: String = other.chars().take(60).collect();
        return Err(wrong(1, "heading", format!("`{shown}` is no column: use {}", COLUMNS.join(", "))));
    }
    let place = |name: &str| head.iter().position(|column| column == name);
    let (Some(claim_at), Some(p_at)) = (place("claim"), place("probability")) else {
        return Err(wrong(1, "heading", "the columns `claim` and `probability` are needed".to_owned()));
    };
    let (mut all, mut rows): InFile = (Vec::new(), Vec::new());
    let mut errors = Vec::new();
    for (i, record) in reader.records().enumerate() {
        let n = i as u64 + 2;
        if i >= 50 * Engine::MOST_FORECASTS {
            return Err(wrong(n, "file", "the file has too many rows".to_owned()));
        }
        let record = record.map_err(|e| wrong(n, "row", e.to_string()))?;
        let cell = |at: Option<usize>| at.and_then(|at| record.get(at)).filter(|text| !text.is_empty());
        let claim = cell(Some(claim_at)).unwrap_or_default();
        let mut bad = |field: &str, message: String| {
            errors.push(FieldError::new(format!("row {n}: {field}"), "unreadable", message));
        };
        let typed = cell(Some(p_at)).unwrap_or_default();
        let Ok(p) = typed.parse::<f64>() else {
            let shown: String = typed.chars().take(40).collect();
            bad(
                "probability",
                format!("`{shown}` is no probability: use a number from 0 to 1, such as 0.75"),
            );
            continue;
        };
        let expires_at = match cell(place("expires_at")).map(instant) {
            Some(None) => {
                bad("expires_at", "this is no time: write 2026-12-31 or 2026-12-31T12:00:00Z".to_owned());
                continue;
            }
            other => other.flatten(),
        };
        let rationale = cell(place("rationale")).map(str::to_owned);
        let key: ClaimKey = claim.to_owned().into();
        match cell(place("option")) {
            None | Some("Yes") => {
                all.push((key, ForecastInput { stated: Stated::Yes(p), rationale, expires_at }));
                rows.push(n);
            }
            Some(option) => match all.last_mut() {
                // The options of one claim stand in rows that follow each other.
                Some((same, ForecastInput { stated: Stated::Options(so_far), .. }))
                    if *same == key && !so_far.contains_key(option) =>
                {
                    so_far.insert(option.to_owned(), p);
                }
                _ => {
                    let stated = Stated::Options(BTreeMap::from([(option.to_owned(), p)]));
                    all.push((key, ForecastInput { stated, rationale, expires_at }));
                    rows.push(n);
                }
            },
        }
    }
    if errors.is_empty() { Ok((all, rows)) } else { Err(EngineError::Invalid(errors)) }
}

fn instant(text: &str) -> Option<DateTime<Utc>> {
    let day = || text.parse::<NaiveDate>().ok().map(|day| day.and_time(NaiveTime::MIN).and_utc());
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc()).or_else(day)
}

/// A refusal of the n-th forecast, as one of its row: `forecasts[3].probability` becomes `row 5: probability`.
fn in_row(e: FieldError, rows: &[u64]) -> FieldError {
    let place = e.field.strip_prefix("forecasts[").and_then(|rest| rest.split_once("]."));
    let row = place.and_then(|(i, field)| Some((rows.get(i.parse::<usize>().ok()?)?, field)));
    match row {
        Some((row, field)) => FieldError { field: format!("row {row}: {field}"), ..e },
        None => e,
    }
}
