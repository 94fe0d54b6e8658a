//! `bellwether token`

use std::{io::Write as _, path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::{Context as _, anyhow};
use bellwether_core::{
    ids::TokenId,
    people::{Handle, Scope},
};
use bellwether_engine::{
    Engine,
    clock::SystemClock,
    people::{NewToken, TokenView},
};
use bellwether_store::{Db, Opener};
use clap::{Args, Subcommand};
use serde_json::json;

use super::standing;
use crate::usage::Usage;

/// Make, list and revoke tokens by which programs act for an account
#[derive(Debug, Args)]
pub(crate) struct Token {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Create(Create),
    List(List),
    Revoke(Revoke),
}

/// Where the accounts are.
#[derive(Debug, Args)]
struct Where {
    /// Folder of the embedded database
    #[arg(long, value_name = "DIR", default_value = "bellwether-data", env = "BELLWETHER_DATA")]
    data: PathBuf,

    /// Use this PostgreSQL database instead of the embedded one
    #[arg(long, value_name = "postgres://..", env = "BELLWETHER_DATABASE", hide_env_values = true)]
    database: Option<String>,

    /// The account
    #[arg(long = "for", value_name = "NAME", value_parser = handle)]
    account: Handle,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Make a token; its secret is printed this once
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  bellwether token create --for ada --name 'nightly import' --scope read --scope curate --days 90"
)]
struct Create {
    #[command(flatten)]
    at: Where,

    /// What it is for
    #[arg(long, value_name = "TEXT")]
    name: String,

    /// What it may be used for: read, forecast, curate, decide, admin; may be repeated
    #[arg(long, value_name = "SCOPE", required = true, value_delimiter = ',', value_parser = scope)]
    scope: Vec<Scope>,

    /// In how many days it runs out; never where absent
    #[arg(long, value_name = "N")]
    days: Option<i64>,

    /// A bot of the account that will use it
    #[arg(long, value_name = "NAME", value_parser = handle)]
    bot: Option<Handle>,
}

/// List the tokens of an account and of its bots
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bellwether token list --for ada --json")]
struct List {
    #[command(flatten)]
    at: Where,
}

/// Revoke a token; it fails from the next request on
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bellwether token revoke --for ada bwt_5f0c91ab")]
struct Revoke {
    #[command(flatten)]
    at: Where,

    /// The token's id, or the beginning of its secret as `list` prints it
    token: String,
}

pub(super) fn handle(text: &str) -> Result<Handle, String> {
    Handle::new(text).map_err(|e| e.to_string())
}

fn scope(text: &str) -> Result<Scope, String> {
    Scope::named(text).ok_or_else(|| "write read, forecast, curate, decide or admin".to_owned())
}

impl Token {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        match self.action {
            Action::Create(create) => create.run().await,
            Action::List(list) => list.run().await,
            Action::Revoke(revoke) => revoke.run().await,
        }
    }
}

impl Where {
    async fn open(&self) -> anyhow::Result<(Db, Engine)> {
        let (key, at) = standing(&self.data, self.database.as_deref())?;
        let db = Db::open(&at, Opener::Tool).await.with_context(|| format!("{key}: {at}"))?;
        Ok((db.clone(), Engine::new(db, Arc::new(SystemClock))))
    }

    async fn account(&self, engine: &Engine) -> anyhow::Result<bellwether_core::ids::AccountId> {
        engine
            .account_named(&self.account)
            .await?
            .ok_or_else(|| anyhow!("--for: nobody is called {}", self.account))
    }
}

impl Create {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let (db, engine) = self.at.open().await?;
        let account = self.at.account(&engine).await?;
        let new = NewToken { name: self.name, scopes: self.scope, days: self.days, bot: self.bot };
        let (secret, id) = engine.create_token(account, &new).await?;
        db.close().await;
        let mut out = std::io::stdout().lock();
        if self.at.json {
            writeln!(out, "{}", json!({ "id": id, "token": secret.reveal() }))?;
        } else {
            writeln!(out, "{}", secret.reveal())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let (db, engine) = self.at.open().await?;
        let account = self.at.account(&engine).await?;
        let tokens = engine.tokens(account).await?;
        db.close().await;
        let mut out = std::io::stdout().lock();
        if self.at.json {
            let list: Vec<_> = tokens.iter().map(as_json).collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&list)?)?;
            return Ok(ExitCode::SUCCESS);
        }
        for token in &tokens {
            let scopes: Vec<_> = token.scopes.iter().map(|s| s.title()).collect();
            let state = match (token.revoked_at, token.ends_at) {
                (Some(at), _) => format!("revoked {}", at.format("%Y-%m-%d")),
                (None, Some(at)) => format!("runs out {}", at.format("%Y-%m-%d")),
                (None, None) => "does not run out".to_owned(),
            };
            writeln!(out, "{}…  {}  {}  {}", token.prefix, token.name, scopes.join(","), state)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn as_json(token: &TokenView) -> serde_json::Value {
    json!({
        "id": token.id, "name": token.name, "bot": token.bot, "prefix": token.prefix, "scopes": token.scopes,
        "created_at": token.created_at, "ends_at": token.ends_at, "used_at": token.used_at,
        "revoked_at": token.revoked_at,
    })
}

impl Revoke {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let (db, engine) = self.at.open().await?;
        let account = self.at.account(&engine).await?;
        let tokens = engine.tokens(account).await?;
        let named = |token: &&TokenView| {
            self.token.parse::<TokenId>().is_ok_and(|id| id == token.id)
                || self.token.starts_with(&token.prefix)
        };
        let mut found = tokens.iter().filter(named);
        let id = match (found.next(), found.next()) {
            (Some(token), None) => token.id,
            (None, _) => return Err(Usage::of("TOKEN", "no such token; `bellwether token list` shows them")),
            (Some(_), Some(_)) => return Err(Usage::of("TOKEN", "several tokens begin so: give the id")),
        };
        engine.revoke_token(account, id).await?;
        db.close().await;
        Ok(ExitCode::SUCCESS)
    }
}
