//! `bellwether score`

use std::{collections::BTreeMap, io::Write as _, process::ExitCode};

use bellwether_core::forecast::{
    Interval, Probabilities, Scorer, Scores,
    aggregate::{Entry, Method, history},
    file::{ForecastFile, Outcome},
    score::{self, ScoreKind},
};
use clap::Args;
use serde_json::{Map, Value, json};

use super::aggregate::methods;
use crate::{
    forecasts::{FILES, Forecasts},
    usage::Usage,
};

/// Score forecasts of a question that has come out: Brier, peer, baseline, log and spot, each with its coverage
#[derive(Debug, Args)]
#[command(after_help = format!("{FILES}\n\n\
    Examples:\n  bellwether score question.json --json\n  \
    bellwether score forecasts.csv --open 2024-01-01 --close 2024-04-10 --resolution yes"))]
pub(crate) struct ScoreCommand {
    #[command(flatten)]
    forecasts: Forecasts,
    /// brier, peer, baseline, log, spot_baseline, spot_peer or relative_legacy [default: what the file says, else all
    /// but the last]
    #[arg(long = "score", value_name = "SCORE")]
    scores: Vec<String>,
    /// Print JSON: every score as [score, coverage]
    #[arg(long)]
    json: bool,
}

fn kinds(names: &[String]) -> anyhow::Result<Vec<ScoreKind>> {
    if names.is_empty() {
        return Ok(ScoreKind::KEPT.to_vec());
    }
    names.iter().map(|name| Ok(name.parse()?)).collect()
}

impl ScoreCommand {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let asked = kinds(&self.scores).map_err(|e| Usage::of("--score", e))?;
        let mut file = self.forecasts.read(true)?;
        let kinds = if self.scores.is_empty() { kinds(&file.score_types)? } else { asked };
        let methods = methods(&file.aggregation_methods)?;
        let mut out = std::io::stdout().lock();
        let outcome = match file.outcome {
            Outcome::Option(outcome) => outcome,
            Outcome::Void => {
                if self.json {
                    writeln!(out, "{}", json!({ "scored": false, "scores": {} }))?;
                } else {
                    writeln!(out, "Annulled: nobody is scored.")?;
                }
                return Ok(ExitCode::SUCCESS);
            }
            Outcome::Unknown => {
                anyhow::bail!("question.resolution: say how it came out: yes, no, an option, or annulled")
            }
        };
        let drawn = draw_in(&mut file.forecasts);
        if drawn > 0 {
            eprintln!("bellwether: {drawn} forecasts say 0 or 1 and are scored as 0.001 or 0.999");
        }
        let people = score::score(&file.question, &file.forecasts, outcome, &kinds);
        let scorer = Scorer::new(&file.question, &file.forecasts, outcome, &kinds);
        let lines: Vec<(Method, Scores)> =
            methods.into_iter().map(|method| (method, scorer.series(&line(&file, method)))).collect();
        if self.json {
            serde_json::to_writer_pretty(&mut out, &to_json(&kinds, &people, &lines))?;
            writeln!(out)?;
        } else {
            let mut rows: Vec<(String, &Scores)> = people.iter().map(|(user, s)| (user.clone(), s)).collect();
            rows.sort_by_key(|(user, _)| (user.parse::<u64>().unwrap_or(u64::MAX), user.clone()));
            rows.extend(lines.iter().map(|(method, s)| (method.title().to_owned(), s)));
            print(&mut out, &kinds, &rows)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Draws certainties into the range that has a logarithm; how many there were.
fn draw_in(forecasts: &mut [Interval<String>]) -> usize {
    let range = Probabilities::FLOOR..=1.0 - Probabilities::FLOOR;
    let mut drawn = 0;
    for forecast in forecasts {
        let certain = |p: &&mut f64| **p <= 0.0 || **p >= 1.0;
        let mut any = false;
        for p in forecast.p.iter_mut().flatten().filter(certain) {
            *p = p.clamp(*range.start(), *range.end());
            any = true;
        }
        drawn += usize::from(any);
    }
    drawn
}

/// The history of an aggregate as forecasts, to be scored like anyone's.
fn line(file: &ForecastFile, method: Method) -> Vec<Interval<()>> {
    history(&file.question, &file.forecasts, method)
        .into_iter()
        .map(|Entry { start, end, aggregate }| Interval {
            forecaster: (),
            start,
            end,
            p: aggregate.centers,
            counts: false,
        })
        .collect()
}

fn to_json(kinds: &[ScoreKind], people: &BTreeMap<String, Scores>, lines: &[(Method, Scores)]) -> Value {
    let mut scores = Map::new();
    for kind in kinds {
        let pair = |s: &Scores| s.get(kind).map(|s| json!([s.value, s.coverage]));
        let users: Map<_, _> = people.iter().filter_map(|(u, s)| Some((u.clone(), pair(s)?))).collect();
        // An aggregate that covers nothing has earned nothing; a mean over no time is none.
        let nothing = || (!kind.is_mean()).then(|| json!([0.0, 0.0]));
        let aggregations: Map<_, _> =
            lines.iter().filter_map(|(m, s)| Some((m.to_string(), pair(s).or_else(nothing)?))).collect();
        scores.insert(kind.to_string(), json!({ "users": users, "aggregations": aggregations }));
    }
    json!({ "scored": true, "scores": scores })
}

fn print(
    out: &mut impl std::io::Write,
    kinds: &[ScoreKind],
    rows: &[(String, &Scores)],
) -> std::io::Result<()> {
    let wide = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).max(10);
    write!(out, "{:<wide$}", "forecaster")?;
    for kind in kinds {
        write!(out, "  {:>18}", kind.as_str())?;
    }
    writeln!(out)?;
    for (name, scores) in rows {
        write!(out, "{name:<wide$}")?;
        for kind in kinds {
            let cell = scores.get(kind).map_or_else(
                || "-".to_owned(),
                |s| {
                    let digits = if kind.is_mean() { 4 } else { 1 };
                    format!("{:.digits$} ({:.0}%)", s.value + 0.0, s.coverage * 100.0)
                },
            );
            write!(out, "  {cell:>18}")?;
        }
        writeln!(out)?;
    }
    writeln!(
        out,
        "\nIn brackets: coverage, the part of the question's time that was scored. Brier: less is better."
    )
}
