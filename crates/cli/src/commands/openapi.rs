//! `bellwether openapi`

use std::{io::Write as _, process::ExitCode};

use clap::Args;

/// Print the description of the JSON API (OpenAPI 3.1)
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bellwether openapi > openapi.json")]
pub(crate) struct Openapi {}

impl Openapi {
    #[expect(clippy::unused_self, reason = "every command is run the same way")]
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        writeln!(std::io::stdout(), "{}", bellwether_server::api::openapi_json())?;
        Ok(ExitCode::SUCCESS)
    }
}
