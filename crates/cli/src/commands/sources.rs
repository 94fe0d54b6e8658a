//! `bellwether sources`

use std::{io::Write as _, path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use bellwether_core::registry::Registry;
use bellwether_sources::{
    SourceDocument,
    builtin::{BUILT_IN, built_in},
    check::{CheckReport, check},
    read_registry,
};
use clap::{Args, Subcommand};

use crate::usage::Usage;

/// List the built-in sources, print one, or check what a source reads from a folder of files
#[derive(Debug, Args)]
pub(crate) struct Sources {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    List(List),
    Show(Show),
    Check(Check),
}

/// List the built-in sources with their licences
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bellwether sources list --json")]
struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Print a built-in source document, to read or to start one's own from
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bellwether sources show livebench > my-livebench.yaml")]
struct Show {
    /// Id of a built-in source
    id: String,
}

/// Check what a source reads from a folder of dated files: rows, or the reason why there are none, for every file
#[derive(Debug, Args)]
#[command(
    after_help = "Files are named YYYY-MM-DD*; companions stand beside them. Exits 1 when a file gives neither rows nor a reason.\n\n\
                  Example:\n  bellwether sources check --source lmarena-archive archive/arena_csv --registry models.csv"
)]
struct Check {
    /// A source document, or the id of a built-in source
    #[arg(long, value_name = "SOURCE.yaml|ID")]
    source: String,
    /// The folder of dated files
    dir: PathBuf,
    /// A registry of models (CSV); the first that states a model's openness answers
    #[arg(long, value_name = "FILE.csv")]
    registry: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Sources {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.action {
            Action::List(list) => list.run(),
            Action::Show(show) => show.run(),
            Action::Check(check) => check.run(),
        }
    }
}

impl List {
    fn run(&self) -> anyhow::Result<ExitCode> {
        let mut out = std::io::stdout().lock();
        let documents: Vec<SourceDocument> = bellwether_sources::builtin::built_in_documents().collect();
        if self.json {
            let list: Vec<_> = documents
                .iter()
                .map(|d| {
                    serde_json::json!({
                        "id": d.id, "title": d.title, "url": d.url.as_str(), "licence": d.licence,
                        "attribution": d.attribution, "retired": d.retired,
                        "schedule": d.schedule.as_ref().map(bellwether_sources::document::Schedule::as_str),
                        "benchmarks": d.tables.iter().map(|t| format!("{}/{}", d.id, t.benchmark)).collect::<Vec<_>>(),
                    })
                })
                .collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&list)?)?;
            return Ok(ExitCode::SUCCESS);
        }
        for d in &documents {
            let state = if d.retired { "stopped" } else { "live" };
            writeln!(out, "{:<20} {state:<8} {} ({})", d.id, d.title, d.licence)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Show {
    fn run(&self) -> anyhow::Result<ExitCode> {
        let text = built_in(&self.id).ok_or_else(|| unknown_source(&self.id))?;
        write!(std::io::stdout(), "{text}")?;
        Ok(ExitCode::SUCCESS)
    }
}

fn unknown_source(id: &str) -> anyhow::Error {
    let ids: Vec<_> = BUILT_IN.iter().map(|(id, _)| *id).collect();
    Usage(format!("`{id}` is neither a file nor a built-in source; there are {}", ids.join(", "))).into()
}

impl Check {
    fn run(&self) -> anyhow::Result<ExitCode> {
        let text = match built_in(&self.source) {
            Some(text) => text.to_owned(),
            None if std::path::Path::new(&self.source).is_file() => {
                std::fs::read_to_string(&self.source).with_context(|| self.source.clone())?
            }
            None => return Err(unknown_source(&self.source)),
        };
        let document = SourceDocument::parse(&text).with_context(|| self.source.clone())?;
        let mut registry = Registry::default();
        for file in &self.registry {
            let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
            registry.extend(read_registry(&bytes).with_context(|| file.display().to_string())?);
        }
        let report =
            check(&document, &self.dir, &registry).with_context(|| self.dir.display().to_string())?;
        let mut out = std::io::stdout().lock();
        if self.json {
            writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
        } else {
            print(&mut out, &report)?;
        }
        Ok(if report.silent().next().is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

fn print(out: &mut impl std::io::Write, report: &CheckReport) -> std::io::Result<()> {
    for snapshot in &report.snapshots {
        let models = if snapshot.models > 0 { format!("{} models", snapshot.models) } else { String::new() };
        writeln!(out, "{}  {}{models}", snapshot.name, snapshot.error.as_deref().unwrap_or_default())?;
        for table in &snapshot.tables {
            let [open, closed, unknown] = table.openness;
            let version = table.version.as_ref().map(|v| format!(" version {v}")).unwrap_or_default();
            writeln!(
                out,
                "  {:<34} {:>4} rows, {:>4} with a score; {open} open, {closed} closed, {unknown} unknown{version}",
                table.benchmark, table.rows, table.scored
            )?;
            for reason in &table.reasons {
                writeln!(out, "      {reason}")?;
            }
        }
        for file in &snapshot.unparsed {
            writeln!(out, "  {}: {}", file.path, file.reason)?;
        }
    }
    for file in &report.left_out {
        writeln!(out, "{}  not read: {}", file.name, file.reason)?;
    }
    let (files, rows) = (report.snapshots.len(), report.rows());
    writeln!(out, "{}: {files} snapshots, {rows} rows", report.source)
}
