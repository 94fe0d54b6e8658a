//! `bellwether verify`

use std::{io::Write as _, path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::Context as _;
use bellwether_core::ids::ResolutionId;
use bellwether_engine::{
    Engine,
    clock::SystemClock,
    verify::{Bundle, verify},
};
use bellwether_store::{Db, Opener};
use clap::Args;

use super::standing;
use crate::{input, usage::Usage};

/// Recompute an outcome from the stored bytes: exits with 0, or with 1 and the first difference
#[derive(Debug, Args)]
#[command(after_help = "A proof bundle is the JSON file that a proof page offers for download.\n\n\
    Examples:\n  bellwether verify proof.json\n  bellwether verify 0198c5f2-7d1e-7c3a-9a51-6b1f0c2d3e4f --data ./data")]
pub(crate) struct Verify {
    /// A proof bundle, or the id of a resolution with --data
    #[arg(value_name = "BUNDLE.json|ID")]
    proof: String,
    /// The data folder that has the resolution
    #[arg(long, value_name = "DIR", env = "BELLWETHER_DATA")]
    data: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let bundle = match (self.proof.parse::<ResolutionId>(), &self.data) {
            (Ok(id), Some(folder)) => {
                let (_, at) = standing(folder, None)?;
                let db = Db::open(&at, Opener::Tool).await?;
                Engine::new(db, Arc::new(SystemClock)).proof_bundle(id).await?
            }
            (Ok(_), None) => {
                return Err(Usage::of("--data", "name the data folder that has this resolution"));
            }
            (Err(_), _) => {
                Bundle::read(&input::text(self.proof.as_ref())?).with_context(|| self.proof.clone())?
            }
        };
        let mut out = std::io::stdout().lock();
        match verify(&bundle) {
            Ok(checked) => {
                if self.json {
                    serde_json::to_writer_pretty(
                        &mut out,
                        &serde_json::json!({ "verified": true, "checks": checked.lines }),
                    )?;
                    writeln!(out)?;
                } else {
                    for line in &checked.lines {
                        writeln!(out, "ok: {line}")?;
                    }
                    writeln!(out, "Verified: the outcome follows from the stored bytes.")?;
                }
                Ok(ExitCode::SUCCESS)
            }
            Err(difference) => {
                if self.json {
                    serde_json::to_writer_pretty(
                        &mut out,
                        &serde_json::json!({ "verified": false, "difference": difference.to_string() }),
                    )?;
                    writeln!(out)?;
                } else {
                    writeln!(out, "Not verified: {difference}")?;
                }
                Ok(ExitCode::FAILURE)
            }
        }
    }
}
