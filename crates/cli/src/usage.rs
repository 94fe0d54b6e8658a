//! Mistakes in how a command was called.

/// Exits with 2; the sentence names the option and what to write instead.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

impl Usage {
    /// An error that names the option.
    pub(crate) fn of(option: &str, sentence: impl std::fmt::Display) -> anyhow::Error {
        Self(format!("{option}: {sentence}")).into()
    }
}

/// A mistake on the command line as one line: what is wrong and what was perhaps meant, without the way to call it.
pub(crate) fn one_line(told: &str) -> String {
    let lines = told.lines().map(str::trim).filter(|line| !line.is_empty());
    let says: Vec<_> = lines.take_while(|l| !l.starts_with("Usage:") && !l.starts_with("For more")).collect();
    format!("{} (--help has more)", says.join(" ").trim_start_matches("error: "))
}
