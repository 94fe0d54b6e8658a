//! The commands, one file each.

mod aggregate;
mod backtest;
mod demo;
mod key;
mod lint;
mod network;
mod openapi;
mod pull;
mod reset_password;
mod score;
mod serve;
mod sources;
mod token;
mod verify;

use std::{path::Path, process::ExitCode};

use bellwether_store::Location;
use clap::{Parser, Subcommand};

/// A self-hosted forecast tracker: claims about the future, how likely each is, and why that number moved.
#[derive(Debug, Parser)]
#[command(name = "bellwether", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Serve(serve::Serve),
    Pull(pull::Pull),
    Demo(demo::Demo),
    Aggregate(aggregate::Aggregate),
    Backtest(backtest::Backtest),
    Lint(lint::LintCommand),
    Openapi(openapi::Openapi),
    ResetPassword(reset_password::ResetPassword),
    Score(score::ScoreCommand),
    Sources(sources::Sources),
    Token(token::Token),
    Verify(verify::Verify),
}

impl Command {
    /// Runs the command; an error becomes one line on stderr and exit 1.
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Serve(command) => command.run().await,
            Self::Pull(command) => command.run().await,
            Self::Demo(command) => command.run().await,
            Self::Aggregate(command) => command.run(),
            Self::Backtest(command) => command.run(),
            Self::Lint(command) => command.run(),
            Self::Openapi(command) => command.run(),
            Self::ResetPassword(command) => command.run().await,
            Self::Score(command) => command.run(),
            Self::Sources(command) => command.run(),
            Self::Token(command) => command.run().await,
            Self::Verify(command) => command.run().await,
        }
    }
}

/// Where a database is that must be there already: a folder by a mistaken name gets none.
fn standing(folder: &Path, database: Option<&str>) -> anyhow::Result<(&'static str, Location)> {
    let found = location(folder, database)?;
    match &found.1 {
        Location::Folder(folder) if !Location::database_file(folder).exists() => {
            Err(crate::usage::Usage::of("--data", format!("{} holds no database", folder.display())))
        }
        _ => Ok(found),
    }
}

/// Where the database is, and the option that says so.
fn location(folder: &Path, database: Option<&str>) -> anyhow::Result<(&'static str, Location)> {
    let Some(url) = database else { return Ok(("--data", Location::Folder(folder.to_owned()))) };
    let Ok(at) = url.parse::<Location>();
    match at {
        Location::Postgres(_) => Ok(("--database", at)),
        Location::Folder(_) => {
            Err(crate::usage::Usage::of("--database", "write an address that begins with postgres://"))
        }
    }
}
