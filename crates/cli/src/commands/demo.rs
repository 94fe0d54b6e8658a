//! `bellwether demo`

use std::{
    fs,
    io::{IsTerminal as _, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context as _, ensure};
use bellwether_engine::{
    Engine,
    alerts::{Setup, Worker},
    clock::OffsetClock,
};
use bellwether_server::{Acting, AppState, Settings};
use bellwether_store::{Db, Location, Opener};
use chrono::Utc;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use rust_embed::Embed;
use url::Url;
use uuid::Uuid;

use super::{network::Network, serve};
use crate::log::LogFormat;

/// Look around: real published figures, replayed, on a clock that stands in spring 2026
#[derive(Debug, Args)]
#[command(
    after_help = "Without --data the demo lives in a temporary folder and is gone when the command ends.\n\n\
    Example:\n  bellwether demo\n  bellwether demo --addr 127.0.0.1:9000 --data ./bellwether-demo"
)]
pub(crate) struct Demo {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080", env = "BELLWETHER_ADDR", value_parser = serve::address)]
    addr: SocketAddr,

    /// Keep the demo in this folder, and go on with it next time
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Begin again: remove the demo that lies in the folder
    #[arg(long, requires = "data")]
    fresh: bool,

    /// Listen on addresses that other machines reach. There are no accounts: everyone who reaches it may change everything
    #[arg(long)]
    listen_beyond_loopback: bool,

    #[command(flatten)]
    network: Network,
}

/// The figures and the story, within the program.
#[derive(Embed)]
#[folder = "../../fixtures"]
struct Fixtures;

impl Demo {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        crate::environment::refuse_unknown()?;
        crate::log::to_stderr(LogFormat::default());
        serve::refuse_beyond_loopback(self.addr, self.listen_beyond_loopback)?;
        let listener = serve::bind(self.addr).await?;
        let base_url = Url::parse(&format!("http://{}/", listener.local_addr()?))?;
        let folder = match &self.data {
            Some(folder) => Folder::kept(folder.clone()),
            None => Folder::temporary(),
        };
        if self.fresh {
            remove_demo(&folder.path).context("--fresh")?;
        }
        let fixtures = unpack(&folder.path).with_context(|| format!("--data: {}", folder.path.display()))?;

        let at = Location::Folder(folder.path.clone());
        let db = Db::open(&at, Opener::Server).await.with_context(|| format!("--data: {at}"))?;
        // Nothing is pulled by itself; but a person may paste a link, or try a source.
        let outside = self.network.outside()?;
        let clock = Arc::new(OffsetClock::starting_at(Utc::now()));
        let engine = Engine::new(db.clone(), clock).with_outside(outside);
        let key = Some(super::key::read_or_make(&folder.path.join(super::key::IN_FOLDER))?);
        let engine = engine.with_alerts(Setup { key, ..Setup::at(base_url.clone()) });
        let progress = progress();
        let seen = |done: usize, all: usize| {
            progress.set_length(all as u64);
            progress.set_position(done as u64);
        };
        let demo = engine.start_demo(&fixtures, seen).await.context("filling the demo")?;
        progress.finish_and_clear();
        let mut out = std::io::stdout();
        writeln!(
            out,
            "A demo on real figures; its clock says {}. You are its operator: there is nothing to sign in to.",
            demo.now.format("%-d %b %Y")
        )?;
        out.flush()?;

        let settings = Settings { demo: true, acting: Acting::Operator, ..Settings::new(base_url) };
        let alerts = Worker::start(engine.clone());
        serve::answer(serve::Doors { listener, later: None }, AppState::new(engine, settings)).await?;
        alerts.stop().await;
        db.close().await;
        Ok(ExitCode::SUCCESS)
    }
}

/// Where a demo lives; a temporary folder goes with it.
struct Folder {
    path: PathBuf,
    temporary: bool,
}

impl Folder {
    fn kept(path: PathBuf) -> Self {
        Self { path, temporary: false }
    }

    fn temporary() -> Self {
        let name = format!("bellwether-demo-{}", Uuid::now_v7().simple());
        Self { path: std::env::temp_dir().join(name), temporary: true }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary {
            // The system clears its temporary folder anyway; there is nobody left to tell.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// The folder within the demo's that holds the figures; it also marks the folder as a demo's.
const FIXTURES: &str = "fixtures";

/// Writes the figures beside the database: there they can be looked at and given to `bellwether backtest`.
fn unpack(folder: &Path) -> anyhow::Result<PathBuf> {
    let fixtures = folder.join(FIXTURES);
    for name in Fixtures::iter() {
        let Some(file) = Fixtures::get(&name) else { continue };
        let path = fixtures.join(name.as_ref());
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, file.data)?;
    }
    Ok(fixtures)
}

/// Removes a demo and nothing else.
fn remove_demo(folder: &Path) -> anyhow::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    let database = Location::database_file(folder);
    let fixtures = folder.join(FIXTURES);
    ensure!(
        fixtures.join("demo/plan.yaml").exists() || !database.exists(),
        "{} holds an installation and not a demo: remove it yourself if you mean to",
        folder.display()
    );
    for ending in ["", "-wal", "-shm"] {
        let mut path = database.clone().into_os_string();
        path.push(ending);
        remove(fs::remove_file(&path))?;
    }
    remove(fs::remove_dir_all(&fixtures))
}

/// It is as well if it was not there.
fn remove(result: std::io::Result<()>) -> anyhow::Result<()> {
    match result {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e.into()),
        _ => Ok(()),
    }
}

/// Progress on a terminal, nothing in a pipe.
fn progress() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("Replaying real leaderboards {bar:40} {percent}%")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(1).with_style(style)
}
