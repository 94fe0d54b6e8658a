//! `bellwether reset-password`

use std::{io::Write as _, path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::Context as _;
use bellwether_core::{actor::Actor, people::Handle};
use bellwether_engine::{Engine, clock::SystemClock};
use bellwether_store::{Db, Opener};
use clap::Args;
use url::Url;

use super::{serve::base_url, standing};

/// Make a link by which someone chooses a new password, once, within a day
#[derive(Debug, Args)]
#[command(
    after_help = "For an admin who cannot get in any more; others ask an admin. The server may be running.\n\n\
    Example:\n  bellwether reset-password ada --data ./bellwether-data --base-url https://forecasts.example/"
)]
pub(crate) struct ResetPassword {
    /// The account
    #[arg(value_name = "NAME", value_parser = super::token::handle)]
    account: Handle,

    /// Folder of the embedded database
    #[arg(long, value_name = "DIR", default_value = "bellwether-data", env = "BELLWETHER_DATA")]
    data: PathBuf,

    /// Use this PostgreSQL database instead of the embedded one
    #[arg(long, value_name = "postgres://..", env = "BELLWETHER_DATABASE", hide_env_values = true)]
    database: Option<String>,

    /// How people reach the server
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080/", env = "BELLWETHER_BASE_URL", value_parser = base_url)]
    base_url: Url,
}

impl ResetPassword {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let (key, at) = standing(&self.data, self.database.as_deref())?;
        let db = Db::open(&at, Opener::Tool).await.with_context(|| format!("{key}: {at}"))?;
        let engine = Engine::new(db.clone(), Arc::new(SystemClock));
        let link = engine.reset_link(&Actor::Operator, &self.account).await;
        db.close().await;
        let link = link.with_context(|| self.account.to_string())?;
        writeln!(std::io::stdout(), "{}reset/{}", self.base_url, link.reveal())?;
        Ok(ExitCode::SUCCESS)
    }
}
