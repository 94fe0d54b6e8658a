//! The bellwether command: wiring only. Each command is one file under `commands`.
#![forbid(unsafe_code)]

mod commands;
mod environment;
mod forecasts;
mod input;
mod log;
mod usage;

use std::process::ExitCode;

use clap::Parser as _;
use commands::Cli;
use usage::Usage;

/// 0: done; 1: failed; 2: the command line itself is wrong.
#[tokio::main]
async fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Help and version are no mistakes: they are printed as they are.
        Err(told) if !told.use_stderr() => told.exit(),
        Err(mistake) => {
            eprintln!("bellwether: {}", usage::one_line(&mistake.to_string()));
            return ExitCode::from(2);
        }
    };
    match cli.command.run().await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("bellwether: {}", one_line(&error));
            if error.is::<Usage>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

/// An error and its causes on one line; a cause that its error already repeats is left out.
fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(|cause| cause.to_string().replace('\n', " ")) {
        if line.ends_with(&cause) {
            continue;
        }
        if !line.is_empty() {
            line.push_str(": ");
        }
        line.push_str(&cause);
    }
    line
}
