//! `bellwether lint`

use std::{collections::BTreeMap, io::Write as _, path::PathBuf, process::ExitCode};

use bellwether_core::{
    document::ClaimDocument,
    lint::{Lint, Severity, lint},
};
use bellwether_engine::doubts::known_source;
use bellwether_sources::{SourceDocument, builtin::built_in_documents};
use chrono::Utc;
use clap::Args;

use crate::input;

/// Check a claim document: what is wrong, and what people will read in two ways
#[derive(Debug, Args)]
#[command(after_help = "Exits with 1 when something is wrong; warnings alone exit with 0.\n\n\
    Example:\n  bellwether lint claims/open-within-2.yaml")]
pub(crate) struct LintCommand {
    /// The claim document, YAML or JSON
    #[arg(value_name = "CLAIM.yaml")]
    claim: PathBuf,
    /// Further source documents the claim may name, beside the built-in ones
    #[arg(long, value_name = "SOURCE.yaml")]
    source: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl LintCommand {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let text = input::text(&self.claim)?;
        let mut sources: BTreeMap<_, _> = built_in_documents().map(|d| known_source(&d)).collect();
        for path in &self.source {
            let document = SourceDocument::parse(&input::text(path)?)
                .map_err(|e| anyhow::anyhow!("{}: {e}", path.display()))?;
            sources.extend([known_source(&document)]);
        }
        let found = match ClaimDocument::from_yaml(&text) {
            Ok(claim) => lint(&claim, &sources, Utc::now()),
            Err(e) => vec![Lint {
                severity: Severity::Error,
                code: "unreadable",
                field: "document",
                message: e.to_string(),
            }],
        };
        let mut out = std::io::stdout().lock();
        if self.json {
            serde_json::to_writer_pretty(&mut out, &found)?;
            writeln!(out)?;
        } else if found.is_empty() {
            writeln!(out, "{}: nothing to mend", self.claim.display())?;
        } else {
            for Lint { severity, code, field, message } in &found {
                let word = if *severity == Severity::Error { "error" } else { "warning" };
                writeln!(out, "{word} [{code}] {field}: {message}")?;
            }
        }
        let wrong = found.iter().any(|l| l.severity == Severity::Error);
        Ok(if wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}
