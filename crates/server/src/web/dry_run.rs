//! "What would this rule have said?": a claim's rule, or a draft's, over everything that was read so far.

use std::collections::BTreeMap;

use axum::{extract::State, response::Response};
use bellwether_core::{
    benchmark::{BenchmarkId, Unit},
    document::ClaimDocument,
};
use bellwether_engine::{
    EngineError,
    backtest::{Report, Sensitivity, Step, WhatIf},
    claims::ClaimKey,
};
use chrono::NaiveDate;

use super::{
    far, figures,
    new_claim_view::{DryRun, DryRunPage, DryStep},
    page,
    request::Reader,
    shell::Place,
};
use crate::{cache::cacheable, extract::Path, problem::Problem, state::AppState};

/// So many turns of the verdict are listed, the newest.
const STEPS: usize = 60;

/// `GET /claims/{slug}/dry-run`
pub(super) async fn show(
    State(state): State<AppState>,
    reader: Reader,
    Path(key): Path<String>,
) -> Result<Response, Problem> {
    let full = state.engine().claim_page(&ClaimKey::from(key), None).await?;
    let document = &full.document;
    let (runs, trouble) = if document.rule.is_none() && document.outcomes.is_empty() {
        let why = "This claim has no rule: a person decides by the words, and there is nothing to replay.";
        (Vec::new(), Some(why.to_owned()))
    } else {
        told(runs(&state, document).await)?
    };
    Ok(cacheable(page(&DryRunPage {
        shell: reader.shell(&state, "What would this rule have said?", Place::Claims).await,
        slug: full.slug.to_string(),
        title: document.title.clone(),
        runs,
        trouble,
    })))
}

/// What cannot be replayed is a sentence on the page, not a failure of it.
pub(super) fn told(runs: Result<Vec<DryRun>, EngineError>) -> Result<(Vec<DryRun>, Option<String>), Problem> {
    match runs {
        Ok(runs) => Ok((runs, None)),
        Err(EngineError::Invalid(bad)) => {
            let why: Vec<String> = bad.into_iter().map(|e| e.message).collect();
            Ok((Vec::new(), Some(format!("It cannot be replayed: {}.", why.join("; ")))))
        }
        Err(other) => Err(other.into()),
    }
}

/// A document's rules, replayed: one run, or one of each option.
pub(super) async fn runs(state: &AppState, document: &ClaimDocument) -> Result<Vec<DryRun>, EngineError> {
    let engine = state.engine();
    let found = engine.would_have_said(document).await?;
    let units: BTreeMap<BenchmarkId, Unit> =
        engine.known_sources().await?.into_values().flat_map(|source| source.benchmarks).collect();
    Ok(found.iter().map(|what_if| run(what_if, &units)).collect())
}

fn run(what_if: &WhatIf, units: &BTreeMap<BenchmarkId, Unit>) -> DryRun {
    let turns = turns(&what_if.report.steps);
    let left_out = turns.len().saturating_sub(STEPS);
    DryRun {
        option: what_if.option.clone(),
        sentence: sentence(&what_if.report),
        left_out: left_out as u64,
        steps: turns.into_iter().skip(left_out).map(|step| dry_step(step, units)).collect(),
        sensitivity: what_if.sensitivity.iter().map(|s| (in_words(&s.change), outcome(s))).collect(),
    }
}

/// The steps at which the verdict turned, the first included.
fn turns(steps: &[Step]) -> Vec<&Step> {
    let mut turns: Vec<&Step> = Vec::new();
    for step in steps {
        if turns.last().is_none_or(|last| last.verdict != step.verdict) {
            turns.push(step);
        }
    }
    turns
}

/// The benchmark of the leg that a compound shows its margin of.
fn shown(step: &Step) -> Option<&Step> {
    if step.legs.is_empty() {
        return Some(step);
    }
    step.legs.iter().filter_map(shown).find(|leg| leg.margin == step.margin)
}

fn dry_step(step: &Step, units: &BTreeMap<BenchmarkId, Unit>) -> DryStep {
    let unit = shown(step)
        .and_then(|leg| leg.answered_by.as_ref()?.parse::<BenchmarkId>().ok())
        .and_then(|id| units.get(&id))
        .map_or("", |unit| unit.difference());
    DryStep {
        day: figures::day(step.at),
        holds: far::holds(step.verdict),
        margin: step.margin.map(|m| {
            let sign = if m.is_sign_negative() { "\u{2212}" } else { "+" };
            if m.is_zero() {
                figures::with_unit(m, unit)
            } else {
                format!("{sign}{}", figures::with_unit(m.abs(), unit))
            }
        }),
        sentence: step.sentence.clone(),
    }
}

fn day(day: NaiveDate) -> String {
    day.format("%-d %b %Y").to_string()
}

fn sentence(report: &Report) -> String {
    let Some(first) = report.steps.first() else {
        return "Nothing was read yet that it could be tried on.".to_owned();
    };
    let over = format!(
        "Over the {} read since {}",
        figures::counted(report.steps.len() as u64, "snapshot", "snapshots"),
        figures::day(first.at)
    );
    match (report.outcome.as_str(), report.first_hit, report.resolved_on) {
        ("yes", Some(hit), Some(on)) => {
            format!(
                "{over} it would have said Yes: it held from {} and was confirmed on {}.",
                day(hit),
                day(on)
            )
        }
        ("yes", ..) => format!("{over} it would have said Yes: {}.", report.why),
        ("no", ..) => format!(
            "{over} it would have said No, were the deadline now: it never stood long enough, and no open question would have changed that."
        ),
        _ => format!("{over} nobody could say: {}.", report.why),
    }
}

/// `for 14d` of the engine, as a setting that people read.
fn in_words(change: &str) -> String {
    match change.strip_prefix("for ") {
        Some(standing) => match standing.strip_suffix('d').and_then(|n| n.parse::<u64>().ok()) {
            Some(days) => format!("it has to stand for {}", figures::counted(days, "day", "days")),
            None => format!("it has to stand for {standing}"),
        },
        None => change.to_owned(),
    }
}

fn outcome(s: &Sensitivity) -> String {
    match (s.outcome.as_str(), s.first_hit) {
        ("yes", Some(hit)) => format!("Yes, from {}", day(hit)),
        ("yes", None) => "Yes".to_owned(),
        ("no", _) => "No".to_owned(),
        _ => "nobody could say".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_sentences() {
        assert_eq!(in_words("for 1d"), "it has to stand for 1\u{a0}day");
        assert_eq!(in_words("for 14d"), "it has to stand for 14\u{a0}days");
        assert_eq!(in_words("for 36h"), "it has to stand for 36h");
        assert_eq!(in_words("at most 3 behind"), "at most 3 behind");
    }
}
