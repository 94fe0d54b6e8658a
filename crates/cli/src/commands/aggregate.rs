//! `bellwether aggregate`

use std::{io::Write as _, process::ExitCode};

use bellwether_core::forecast::{
    aggregate::{Entry, Method, histogram, history_over},
    file::ForecastFile,
};
use chrono::{SecondsFormat, Utc};
use clap::Args;
use serde_json::{Map, Value, json};

use crate::{
    forecasts::{FILES, Forecasts, seconds, yes_no},
    usage::Usage,
};

/// Make one line of many forecasts: its whole history, with quartiles
#[derive(Debug, Args)]
#[command(after_help = format!("{FILES}\n\n\
    Examples:\n  bellwether aggregate question.json --json\n  \
    bellwether aggregate forecasts.csv --method recency_weighted --method mean"))]
pub(crate) struct Aggregate {
    #[command(flatten)]
    forecasts: Forecasts,
    /// recency_weighted, unweighted, mean, geometric_mean_of_odds or geometric_mean [default: what the file says, else
    /// the first two]
    #[arg(long, value_name = "METHOD")]
    method: Vec<String>,
    /// Print JSON: every entry; yes/no as [no, yes]
    #[arg(long)]
    json: bool,
}

/// The methods that a list names; without any, the crowd and the plain median.
pub(crate) fn methods(names: &[String]) -> anyhow::Result<Vec<Method>> {
    if names.is_empty() {
        return Ok(vec![Method::RecencyWeighted, Method::Unweighted]);
    }
    names.iter().map(|name| Ok(name.parse()?)).collect()
}

impl Aggregate {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let asked = methods(&self.method).map_err(|e| Usage::of("--method", e))?;
        let file = self.forecasts.read(false)?;
        let methods = if self.method.is_empty() { methods(&file.methods)? } else { asked };
        let span = file.span(Utc::now());
        let mut out = std::io::stdout().lock();
        let mut all = Map::new();
        for method in methods {
            let entries = history_over(&file.question.options, span, &file.forecasts, method);
            if self.json {
                let mut entries: Vec<Value> =
                    entries.iter().enumerate().map(|(index, entry)| to_json(index, entry, &file)).collect();
                let bins = histogram(&file.question.options, span, &file.forecasts, method);
                let has_bins = yes_no(&file) && method != Method::GeometricMean && !bins.is_empty();
                if let Some(last) = entries.last_mut().filter(|_| has_bins) {
                    let bins: Map<_, _> =
                        bins.into_iter().map(|(bin, weight)| (bin.to_string(), weight.into())).collect();
                    last["histogram_sparse"] = bins.into();
                }
                all.insert(method.to_string(), json!({ "n_entries": entries.len(), "entries": entries }));
            } else {
                print(&mut out, &entries, method, &file)?;
            }
        }
        if self.json {
            serde_json::to_writer_pretty(&mut out, &all)?;
            writeln!(out)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// One entry in the vectors' fields.
fn to_json(index: usize, entry: &Entry, file: &ForecastFile) -> Value {
    let order = |p: &[Option<f64>]| {
        let mut p = p.to_vec();
        if yes_no(file) {
            p.reverse();
        }
        p
    };
    let all = &entry.aggregate;
    let mut out = json!({
        "index": index,
        "start": seconds(entry.start),
        "end": entry.end.map(seconds),
        "values": order(&all.centers),
        "forecaster_count": all.n,
    });
    if !all.means.is_empty() {
        out["lower"] = json!(order(&all.lower));
        out["centers"] = json!(order(&all.centers));
        out["upper"] = json!(order(&all.upper));
        out["means"] = json!(order(&all.means));
    }
    out
}

fn print(
    out: &mut impl std::io::Write,
    entries: &[Entry],
    method: Method,
    file: &ForecastFile,
) -> std::io::Result<()> {
    writeln!(out, "{}, {} entries", method.title(), entries.len())?;
    let names = file.question.options.names();
    let shown = if yes_no(file) { &names[..1] } else { &names[..] };
    let heads: Vec<String> = shown.iter().map(|name| format!("{name} (quartiles)")).collect();
    writeln!(out, "  {:<20}  {:>5}  {}", "since (UTC)", "n", heads.join("  "))?;
    let percent = |p: Option<&Option<f64>>| {
        p.copied().flatten().map_or_else(|| "-".to_owned(), |p| format!("{:.1}%", p * 100.0))
    };
    for Entry { start, end, aggregate } in entries {
        let cells: Vec<String> = (0..shown.len())
            .map(|i| {
                let center = percent(aggregate.centers.get(i));
                match (aggregate.lower.get(i), aggregate.upper.get(i)) {
                    (None, None) => center,
                    (low, high) => format!("{center} ({}-{})", percent(low), percent(high)),
                }
            })
            .collect();
        let since = start.to_rfc3339_opts(SecondsFormat::Secs, true);
        writeln!(out, "  {since:<20}  {:>5}  {}", aggregate.n, cells.join("  "))?;
        let gap = end.filter(|end| !entries.iter().any(|e| e.start == *end));
        if let Some(end) = gap {
            writeln!(
                out,
                "  {:<20}  {:>5}  nobody stands",
                end.to_rfc3339_opts(SecondsFormat::Secs, true),
                0
            )?;
        }
    }
    writeln!(out)
}
