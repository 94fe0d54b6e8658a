//! `bellwether backtest`

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use bellwether_core::{document::ClaimDocument, registry::Registry, rule::number};
use bellwether_engine::backtest::{Contents, Report, Step, backtest};
use bellwether_sources::{SourceDocument, read_archive, read_registry};
use clap::Args;

use crate::{input, usage::Usage};

/// Replay a claim over dated snapshots and say how it would have been settled
#[derive(Debug, Args)]
#[command(
    after_help = "Snapshots are files or folders named YYYY-MM-DD..., as their publishers wrote them; .gz is read.\n\n\
    Example:\n  bellwether backtest claims/P2.yaml --snapshots lmarena-archive=leaderboards/arena_csv --json"
)]
pub(crate) struct Backtest {
    /// The claim document, YAML or JSON
    #[arg(value_name = "CLAIM.yaml")]
    claim: Option<PathBuf>,
    /// A source document, or the id of a built-in source, with the folder of its snapshots
    #[arg(long, value_name = "SOURCE.yaml=DIR", num_args = 1.., required = true)]
    snapshots: Vec<String>,
    /// Registry files that say which models are open; the first that knows a name answers
    #[arg(long, value_name = "FILE.csv", num_args = 1..)]
    registry: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Backtest {
    pub(crate) fn run(mut self) -> anyhow::Result<ExitCode> {
        let path = self.take_claim()?;
        let claim =
            ClaimDocument::from_yaml(&input::text(&path)?).with_context(|| path.display().to_string())?;
        let mut registry = Registry::default();
        for file in &self.registry {
            let entries = read_registry(&input::bytes(file)?).with_context(|| file.display().to_string())?;
            registry.extend(entries);
        }
        let mut sources = Vec::new();
        for pair in &self.snapshots {
            let (source, dir) = pair
                .split_once('=')
                .ok_or_else(|| Usage::of("--snapshots", format!("`{pair}` is not SOURCE.yaml=DIR")))?;
            let document = source_document(source)?;
            let archive = read_archive(&document, Path::new(dir))
                .map_err(|e| Usage::of("--snapshots", format!("cannot read {dir}: {e}")))?;
            if archive.snapshots.is_empty() {
                return Err(Usage::of("--snapshots", format!("{dir} holds no file named YYYY-MM-DD...")));
            }
            sources.push(Contents::extract(&document, &archive.snapshots, &registry));
        }
        let report = backtest(&claim, &sources, &registry)?;
        let mut out = std::io::stdout().lock();
        if self.json {
            serde_json::to_writer_pretty(&mut out, &report)?;
            writeln!(out)?;
        } else {
            print(&mut out, &claim.title, &report)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The claim may stand anywhere on the line, after an option that takes several values too.
    fn take_claim(&mut self) -> anyhow::Result<PathBuf> {
        if let Some(claim) = self.claim.take() {
            return Ok(claim);
        }
        if let Some(at) = self.snapshots.iter().position(|s| !s.contains('=')) {
            return Ok(self.snapshots.remove(at).into());
        }
        let document = |p: &PathBuf| p.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json");
        if let Some(at) = self.registry.iter().position(document) {
            return Ok(self.registry.remove(at));
        }
        Err(Usage::of("CLAIM.yaml", "name the claim document to replay"))
    }
}

/// A document from a file, else a built-in source by its id.
fn source_document(name: &str) -> anyhow::Result<SourceDocument> {
    let path = Path::new(name);
    if !path.exists()
        && let Some(text) = bellwether_sources::builtin::built_in(name)
    {
        return SourceDocument::parse(text).with_context(|| name.to_owned());
    }
    SourceDocument::parse(&input::text(path)?).with_context(|| name.to_owned())
}

fn print(out: &mut impl std::io::Write, title: &str, report: &Report) -> std::io::Result<()> {
    writeln!(out, "{title}\n")?;
    summary(out, report)?;
    for (option, report) in &report.options {
        writeln!(out, "\n{option}:")?;
        summary(out, report)?;
    }
    Ok(())
}

fn summary(out: &mut impl std::io::Write, report: &Report) -> std::io::Result<()> {
    writeln!(out, "{}: {}.", report.outcome.to_uppercase(), report.why)?;
    for (what, day) in [
        ("first hit", report.first_hit),
        ("resolved on", report.resolved_on),
        ("event date", report.event_date),
    ] {
        if let Some(day) = day {
            writeln!(out, "  {what:<12} {day}")?;
        }
    }
    if report.stale {
        writeln!(out, "  a source was stale at the deadline")?;
    }
    for step in &report.steps {
        writeln!(out, "{}", line(step))?;
    }
    Ok(())
}

fn line(step: &Step) -> String {
    let margin = step.margin.map_or_else(|| "-".to_owned(), |m| format!("{:+}", number::to_f64(m)));
    format!("{}  {:<7} {margin:>9}  {}", step.at.date_naive(), step.verdict.to_string(), step.sentence)
}
