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
