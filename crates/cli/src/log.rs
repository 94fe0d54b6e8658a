//! The log, on stderr.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Warnings and what the scheduler does, unless `BELLWETHER_LOG` says otherwise (`debug` has a line per request).
pub(crate) fn to_stderr() {
    let filter =
        EnvFilter::try_from_env("BELLWETHER_LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // A second call keeps the first log.
    let _ = log.try_init();
}
