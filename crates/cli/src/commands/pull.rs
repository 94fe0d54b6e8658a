//! `bellwether pull`

use std::{io::Write as _, path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use anyhow::Context as _;
use bellwether_core::{actor::Actor, ids::SourceId};
use bellwether_engine::{
    Engine,
    clock::SystemClock,
    ingest::{Outcome, Taken},
    pull::in_words,
};
use bellwether_store::{Db, Opener};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::{location, network::Network};
use crate::usage::Usage;

/// Pull a source now: fetch it, check it, read its tables and let claims be evaluated
#[derive(Debug, Args)]
#[command(after_help = "A source that asked to be left alone for a while is left alone.\n\n\
    Examples:\n  bellwether pull swebench --data ./bellwether-data\n  bellwether pull --all --json")]
pub(crate) struct Pull {
    /// The source's id
    #[arg(value_name = "SOURCE", required_unless_present = "all", conflicts_with = "all")]
    source: Option<String>,

    /// Every source that has not stopped and is not paused
    #[arg(long)]
    all: bool,

    /// Folder of the embedded database; created when it is not there
    #[arg(long, value_name = "DIR", default_value = "bellwether-data", env = "BELLWETHER_DATA")]
    data: PathBuf,

    /// Use this PostgreSQL database instead of the embedded one
    #[arg(long, value_name = "postgres://..", env = "BELLWETHER_DATABASE", hide_env_values = true)]
    database: Option<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    network: Network,
}

impl Pull {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let one = match self.source.as_deref().map(SourceId::new) {
            Some(Ok(id)) => Some(id),
            Some(Err(error)) => return Err(Usage::of("SOURCE", error.to_string())),
            None => None,
        };
        let outside = self.network.outside()?;
        let (key, at) = location(&self.data, self.database.as_deref())?;
        let db = Db::open(&at, Opener::Tool).await.with_context(|| format!("{key}: {at}"))?;
        let engine = Engine::new(db.clone(), Arc::new(SystemClock)).with_outside(outside);
        engine.install_built_in(&Actor::system("catalogue"), None).await?;
        let sources = match one {
            Some(id) => vec![id],
            None => engine.pullable_sources().await?,
        };
        let (pulled, all_well) = pull_each(&engine, &sources, self.json).await?;
        if self.json {
            writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(&pulled)?)?;
        }
        db.close().await;
        Ok(if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

async fn pull_each(engine: &Engine, sources: &[SourceId], json: bool) -> anyhow::Result<(Vec<Value>, bool)> {
    // Drawn on a terminal only; in a pipe nothing of it is seen.
    let bar = ProgressBar::new(sources.len() as u64)
        .with_style(ProgressStyle::with_template("{spinner} {pos}/{len} {msg}")?);
    bar.enable_steady_tick(Duration::from_millis(120));
    let (mut pulled, mut all_well) = (Vec::new(), true);
    for source in sources {
        bar.set_message(source.to_string());
        let result = engine.pull(&Actor::Operator, source).await;
        bar.inc(1);
        let well = matches!(&result, Ok(taken) if taken.outcome != Outcome::Failed && taken.outcome != Outcome::Moved);
        all_well &= well;
        if json {
            pulled.push(as_json(source, &result));
            continue;
        }
        let words = result.as_ref().map_or_else(ToString::to_string, in_words);
        let lines = std::iter::once(format!("{source}: {words}")).chain(held_back(&result));
        bar.suspend(|| lines.into_iter().try_for_each(|line| writeln!(std::io::stdout(), "{line}")))?;
    }
    bar.finish_and_clear();
    Ok((pulled, all_well))
}

/// One indented line for each table that the gate did not let through.
fn held_back(result: &bellwether_engine::Result<Taken>) -> Vec<String> {
    let Ok(taken) = result else { return Vec::new() };
    let tables = taken.tables.iter();
    tables.filter_map(|t| Some(format!("  {} held back: {}", t.benchmark, t.reason.as_ref()?))).collect()
}

fn as_json(source: &SourceId, result: &bellwether_engine::Result<Taken>) -> Value {
    match result {
        Err(error) => json!({ "source": source, "outcome": "refused", "error": error.to_string() }),
        Ok(taken) => json!({
            "source": source,
            "outcome": taken.outcome,
            "fetch": taken.fetch,
            "content": taken.content,
            "signals": taken.signals,
            "error": taken.error,
            "tables": taken.tables.iter().map(|t| json!({
                "benchmark": t.benchmark, "verdict": t.word, "reason": t.reason, "rows": t.rows, "held": t.held,
            })).collect::<Vec<_>>(),
        }),
    }
}
