//! `bellwether serve`

use std::{
    fmt::Write as _,
    io::Write as _,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use bellwether_core::actor::Actor;
use bellwether_engine::{
    Engine,
    alerts::{Setup, Worker},
    clock::SystemClock,
    schedule::{Pace, Scheduler},
};
use bellwether_server::{Acting, AppState, Rates, Settings, app, serve};
use bellwether_store::{Db, Location, Opener};
use clap::Args;
use ipnet::IpNet;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{key, location, network::Network};
use crate::{log::LogFormat, usage::Usage};

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

    /// No accounts: whoever reaches this server is its one operator and may change everything
    #[arg(long)]
    local_operator: bool,

    /// Be reached from other machines without an account: before the first one is made, or with --local-operator
    #[arg(long)]
    listen_beyond_loopback: bool,

    /// Proxies in front of this server, whose X-Forwarded-For is believed; may be repeated
    #[arg(long = "trusted-proxy", value_name = "NETWORK", env = "BELLWETHER_TRUSTED_PROXY", value_delimiter = ',', value_parser = network_of)]
    trusted_proxies: Vec<IpNet>,

    /// Networks that may read /metrics, beside this machine; may be repeated
    #[arg(long, value_name = "NETWORK", env = "BELLWETHER_METRICS_FOR", value_delimiter = ',', value_parser = network_of)]
    metrics_for: Vec<IpNet>,

    /// Changes that an account, a token or an address may make in a minute; 0 sets no bound
    #[arg(long, value_name = "N", default_value_t = Rates::default().changes, env = "BELLWETHER_MAX_CHANGES")]
    max_changes: u32,

    /// Images, exports, previews and dry runs that an address may ask for in a minute; 0 sets no bound
    #[arg(long, value_name = "N", default_value_t = Rates::default().heavy, env = "BELLWETHER_MAX_HEAVY")]
    max_heavy: u32,

    /// How the log on stderr is written: lines for people, or one JSON object a line
    #[arg(long, value_enum, default_value_t, env = "BELLWETHER_LOG_FORMAT")]
    log_format: LogFormat,

    /// File of the key that seals addresses and secrets of webhooks; made when it is not there. With the embedded
    /// database it lies in its folder, with PostgreSQL there are no webhooks without it
    #[arg(long, value_name = "FILE", env = "BELLWETHER_KEY_FILE")]
    key_file: Option<PathBuf>,

    /// Pull nothing by itself: no source on its schedule, no daily work
    #[arg(long)]
    no_schedule: bool,

    #[command(flatten)]
    network: Network,
}

impl Serve {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        crate::environment::refuse_unknown()?;
        crate::log::to_stderr(self.log_format);
        let outside = self.network.outside()?;
        let (key, at) = location(&self.data, self.database.as_deref())?;
        if self.local_operator {
            refuse_beyond_loopback(self.addr, self.listen_beyond_loopback)?;
        }
        let db = Db::open(&at, Opener::Server).await.with_context(|| format!("{key}: {at}"))?;
        let engine = Engine::new(db.clone(), Arc::new(SystemClock)).with_outside(outside);
        let doors = self.doors(&engine).await?;
        engine.install_built_in(&Actor::system("catalogue"), None).await?;
        let base_url = match &self.base_url {
            Some(url) => url.clone(),
            None => Url::parse(&format!("http://{}/", doors.meant()?))?,
        };
        let key_file = match (&self.key_file, &at) {
            (Some(file), _) => Some(file.clone()),
            (None, Location::Folder(folder)) => Some(folder.join(key::IN_FOLDER)),
            (None, _) => None,
        };
        let seal = key_file.as_deref().map(key::read_or_make).transpose().context("--key-file")?;
        let engine = engine.with_alerts(Setup { key: seal, ..Setup::at(base_url.clone()) });
        let alerts = Worker::start(engine.clone());
        let scheduler = if self.no_schedule {
            None
        } else {
            Some(Scheduler::start(engine.clone(), Pace::default()).await?)
        };
        let mut settings = Settings::new(base_url);
        settings.acting = if self.local_operator { Acting::Operator } else { Acting::Accounts };
        settings.rates = Rates { changes: self.max_changes, heavy: self.max_heavy, ..Rates::default() };
        settings.proxies = self.trusted_proxies;
        settings.metrics_for.extend(self.metrics_for);
        let state = AppState::new(engine, settings);
        answer(doors, state).await?;
        if let Some(scheduler) = scheduler {
            scheduler.stop().await;
        }
        alerts.stop().await;
        db.close().await;
        Ok(ExitCode::SUCCESS)
    }

    /// Listens. Until someone has set the installation up, only this machine should reach it.
    async fn doors(&self, engine: &Engine) -> anyhow::Result<Doors> {
        let open = self.addr.ip().is_loopback() || self.listen_beyond_loopback;
        if open || engine.is_set_up().await? {
            return Ok(Doors { listener: bind(self.addr).await?, later: None });
        }
        let loopback = match self.addr {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        };
        let listener = bind(SocketAddr::new(loopback, self.addr.port())).await?;
        let later = SocketAddr::new(self.addr.ip(), listener.local_addr()?.port());
        Ok(Doors { listener, later: Some(later) })
    }
}

/// Where to listen.
pub(super) struct Doors {
    /// Now.
    pub(super) listener: TcpListener,
    /// Instead of it, once there is an account.
    pub(super) later: Option<SocketAddr>,
}

impl Doors {
    /// Where people are meant to reach this server.
    fn meant(&self) -> std::io::Result<SocketAddr> {
        self.later.map_or_else(|| self.listener.local_addr(), Ok)
    }
}

/// Refuses to let strangers change everything, unless told that they may.
pub(super) fn refuse_beyond_loopback(addr: SocketAddr, beyond_loopback: bool) -> anyhow::Result<()> {
    if addr.ip().is_loopback() || beyond_loopback {
        return Ok(());
    }
    Err(Usage::of(
        "--addr",
        format!(
            "{addr} can be reached from other machines and there are no accounts; add --listen-beyond-loopback if \
             everyone who reaches it may change everything"
        ),
    ))
}

pub(super) async fn bind(addr: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(addr).await.with_context(|| format!("--addr: cannot listen on {addr}"))
}

/// How often it is looked whether someone has set the installation up.
const LOOK: Duration = Duration::from_millis(500);

/// Answers requests until the process is told to end.
pub(super) async fn answer(doors: Doors, state: AppState) -> anyhow::Result<()> {
    let (limits, engine) = (state.limits(), state.engine().clone());
    let accounts = state.settings().acting == Acting::Accounts;
    let Doors { mut listener, later } = doors;
    let stop = told_to_end()?;
    let local = listener.local_addr()?;
    let mut says = format!("Bellwether is ready at http://{local}/\n");
    if accounts && let Some(link) = engine.setup_link().await? {
        says += "Nobody has an account yet. Make the first one here, once, within an hour:\n";
        writeln!(says, "http://{local}/setup/{}", link.reveal())?;
    }
    if let Some(later) = later {
        writeln!(says, "Until then only this machine is answered; afterwards {later} listens.")?;
        say(&says)?;
        let set_up = async {
            tokio::select! {
                () = stop.cancelled() => {}
                () = set_up(&engine) => {}
            }
        };
        serve(listener, app(state.clone()), limits, set_up).await;
        if stop.is_cancelled() {
            return Ok(());
        }
        listener = bind(later).await?;
        says = format!("Bellwether listens on {later}.\n");
    }
    say(&says)?;
    serve(listener, app(state), limits, stop.cancelled()).await;
    Ok(())
}

/// Writes to the console at once, whole: what is waited for there may be its first line only.
fn say(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Done when someone has made the first account. A database that does not answer for a while is asked again.
async fn set_up(engine: &Engine) {
    while !matches!(engine.is_set_up().await, Ok(true)) {
        tokio::time::sleep(LOOK).await;
    }
}

/// Cancelled when the process is told to end.
fn told_to_end() -> anyhow::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stopped.cancel();
    });
    Ok(stop)
}

/// A network, or one address.
fn network_of(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    text.parse()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| "write a network or an address, such as 10.0.0.0/8 or 192.168.1.7".to_owned())
}

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let text = text.trim();
    if let Some(port) = text.strip_prefix("localhost:").and_then(|port| port.parse().ok()) {
        return Ok((Ipv4Addr::LOCALHOST, port).into());
    }
    text.parse().map_err(|_| "write an address and a port, such as 127.0.0.1:8080 or [::1]:8080".to_owned())
}

pub(super) fn base_url(text: &str) -> Result<Url, String> {
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
