//! `bellwether serve`

use std::{
    io::Write as _,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use anyhow::Context as _;
use bellwether_core::actor::Actor;
use bellwether_engine::{
    Engine,
    clock::SystemClock,
    schedule::{Pace, Scheduler},
};
use bellwether_server::{AppState, Settings, app, serve};
use bellwether_store::{Db, Opener};
use clap::Args;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use url::Url;

use super::{location, network::Network};
use crate::usage::Usage;

/// Serve the pages and the JSON API, and pull sources on their schedules
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bellwether serve --addr 127.0.0.1:8080 --data ./bellwether-data")]
pub(crate) struct Serve {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080", env = "BELLWETHER_ADDR", value_parser = address)]
    addr: SocketAddr,

    /// Folder of the embedded database; created when it is not there
    #[arg(long, value_name = "DIR", default_value = "bellwether-data", env = "BELLWETHER_DATA")]
    data: PathBuf,

    /// Use this PostgreSQL database instead of the embedded one
    #[arg(long, value_name = "postgres://..", env = "BELLWETHER_DATABASE", hide_env_values = true)]
    database: Option<String>,

    /// How people reach this server, when not at its own address: links and the same-origin check use it
    #[arg(long, value_name = "URL", env = "BELLWETHER_BASE_URL", value_parser = base_url)]
    base_url: Option<Url>,

    /// Listen on addresses that other machines reach. There are no accounts: everyone who reaches it may change everything
    #[arg(long)]
    listen_beyond_loopback: bool,

    /// Pull nothing by itself: no source on its schedule, no daily work
    #[arg(long)]
    no_schedule: bool,

    #[command(flatten)]
    network: Network,
}

impl Serve {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        crate::log::to_stderr();
        let outside = self.network.outside()?;
        let listener = listen(self.addr, self.listen_beyond_loopback).await?;
        let addr = listener.local_addr()?;
        let (key, at) = location(&self.data, self.database.as_deref())?;
        let db = Db::open(&at, Opener::Server).await.with_context(|| format!("{key}: {at}"))?;
        let engine = Engine::new(db.clone(), Arc::new(SystemClock)).with_outside(outside);
        engine.install_built_in(&Actor::system("catalogue"), None).await?;
        let base_url = match self.base_url {
            Some(url) => url,
            None => Url::parse(&format!("http://{addr}/"))?,
        };
        let scheduler = if self.no_schedule {
            None
        } else {
            Some(Scheduler::start(engine.clone(), Pace::default()).await?)
        };
        let state = AppState::new(engine, Settings::new(base_url));
        answer(listener, state).await?;
        if let Some(scheduler) = scheduler {
            scheduler.stop().await;
        }
        db.close().await;
        Ok(ExitCode::SUCCESS)
    }
}

/// Listens, on an address that only this machine reaches unless told otherwise.
pub(super) async fn listen(addr: SocketAddr, beyond_loopback: bool) -> anyhow::Result<TcpListener> {
    if !addr.ip().is_loopback() && !beyond_loopback {
        return Err(Usage::of(
            "--addr",
            format!(
                "{addr} can be reached from other machines and there are no accounts; add --listen-beyond-loopback if \
                 everyone who reaches it may change everything"
            ),
        ));
    }
    TcpListener::bind(addr).await.with_context(|| format!("--addr: cannot listen on {addr}"))
}

/// Answers requests until the process is told to end.
pub(super) async fn answer(listener: TcpListener, state: AppState) -> anyhow::Result<()> {
    let limits = state.limits();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut out = std::io::stdout();
    writeln!(out, "Bellwether is ready at http://{}/", listener.local_addr()?)?;
    out.flush()?;
    serve(listener, app(state), limits, async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
    .await;
    Ok(())
}

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let text = text.trim();
    if let Some(port) = text.strip_prefix("localhost:").and_then(|port| port.parse().ok()) {
        return Ok((Ipv4Addr::LOCALHOST, port).into());
    }
    text.parse().map_err(|_| "write an address and a port, such as 127.0.0.1:8080 or [::1]:8080".to_owned())
}

fn base_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|e| format!("{e}; write for example https://forecasts.example/"))?;
    if matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
    {
        Ok(url)
    } else {
        Err("write only http or https, a host and perhaps a port: https://forecasts.example/".to_owned())
    }
}
