//! Settings that come from the environment.

use std::collections::BTreeSet;

use clap::{Command, CommandFactory as _};

use crate::{commands::Cli, usage::Usage};

/// What all settings begin with.
const PREFIX: &str = "BELLWETHER_";
/// Read elsewhere than by the command line: the log, and what the tests are told.
const ALSO: [&str; 3] = ["BELLWETHER_LOG", "BELLWETHER_CORPUS", "BELLWETHER_REQUIRE"];
/// Secrets of sources carry the name that the source gives them.
const SECRETS: &str = "BELLWETHER_SECRET_";

/// Refuses a setting that does not exist: it was meant to change something, and would not.
///
/// # Errors
/// A usage error that names it, and the setting that it resembles.
pub(crate) fn refuse_unknown() -> anyhow::Result<()> {
    let known = known(&Cli::command());
    let mut given: Vec<_> = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
    given.sort();
    match given.iter().find(|name| is_unknown(name, &known)) {
        None => Ok(()),
        Some(name) => {
            let all = known.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            Err(Usage::of(name, format!("there is no such setting; there are {all}")))
        }
    }
}

fn is_unknown(name: &str, known: &BTreeSet<String>) -> bool {
    let Some(rest) = name.strip_prefix(PREFIX) else { return false };
    // Container platforms announce a service called "bellwether" so.
    let announced = rest.starts_with("SERVICE_") || rest == "PORT" || rest.starts_with("PORT_");
    !announced && !name.starts_with(SECRETS) && !known.contains(name)
}

/// The settings of every command.
fn known(command: &Command) -> BTreeSet<String> {
    let own = command.get_arguments().filter_map(|arg| arg.get_env()?.to_str());
    let mut all: BTreeSet<String> = own.chain(ALSO).map(str::to_owned).collect();
    all.extend(command.get_subcommands().flat_map(known));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b51_a_setting_that_does_not_exist_is_found() {
        let known = known(&Cli::command());
        for there in
            ["BELLWETHER_ADDR", "BELLWETHER_DATABASE", "BELLWETHER_LOG", "BELLWETHER_SECRET_X", "PATH"]
        {
            assert!(!is_unknown(there, &known), "{there}");
        }
        assert!(
            !is_unknown("BELLWETHER_PORT_8080_TCP", &known) && !is_unknown("BELLWETHER_SERVICE_HOST", &known)
        );
        for not_there in ["BELLWETHER_ADRR", "BELLWETHER_", "BELLWETHER_DATA_DIR"] {
            assert!(is_unknown(not_there, &known), "{not_there}");
        }
    }
}
