//! The commands, one file each.

mod backtest;
mod openapi;
mod serve;
mod sources;

use std::process::ExitCode;

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
    Backtest(backtest::Backtest),
    Openapi(openapi::Openapi),
    Sources(sources::Sources),
}

impl Command {
    /// Runs the command; an error becomes one line on stderr and exit 1.
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Serve(command) => command.run().await,
            Self::Backtest(command) => command.run(),
            Self::Openapi(command) => command.run(),
            Self::Sources(command) => command.run(),
        }
    }
}
