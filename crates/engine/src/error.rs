//! What a use case answers when it cannot do what was asked.

use bellwether_store::StoreError;

/// One field of a request and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Path of the field as the caller wrote it: `probability`, `rule.gap.benchmark`.
    pub field: String,
    /// A word for programs: `required`, `out_of_range`, `unknown_field`, `unreadable`.
    pub code: &'static str,
    /// A sentence for people: the value and what to do.
    pub message: String,
}

impl FieldError {
    /// A field that holds something it cannot.
    pub fn new(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { field: field.into(), code, message: message.into() }
    }
}

/// Why a use case did nothing. Nothing is half-written when one of these comes back.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No such thing; the word says of what kind.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// The request is understood but its values are not acceptable.
    #[error("{}", .0.iter().map(|e| format!("{}: {}", e.field, e.message)).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<FieldError>),
    /// The thing is in a state that does not allow this; the sentence says which and what would.
    #[error("{0}")]
    Conflict(String),
    /// A challenge window has ended; the outcome is final, or becomes so at the next tick.
    #[error("the time for objections ended on {}; a settled outcome can be objected to once it is written down", ended.format("%-d %b %Y at %H:%M UTC"))]
    TooLate {
        /// When it ended.
        ended: chrono::DateTime<chrono::Utc>,
    },
    /// Whoever asks may not do this; the sentence says why.
    #[error("{0}")]
    Forbidden(String),
    /// The other side of the network could not or would not answer; the sentence is safe to show.
    #[error("{0}")]
    Upstream(String),
    /// The database is busy or unreachable; the caller may try again.
    #[error("the database is busy, try again")]
    Busy,
    /// A fault of ours. The cause is for the log, never for a page.
    #[error("internal fault")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl EngineError {
    /// A single bad field.
    pub fn invalid(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(field, code, message)])
    }

    /// Wraps a fault of ours.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }
}

impl From<StoreError> for EngineError {
    fn from(e: StoreError) -> Self {
        match e {
            StoreError::NotFound => Self::NotFound("thing"),
            StoreError::Conflict => Self::Busy,
            // Whatever let it come so far should have named its field; still it is the request that is wrong, not we.
            StoreError::Unstorable(why) => Self::invalid("request", "unacceptable", why),
            other => Self::internal(other),
        }
    }
}

/// The result of a use case.
pub type Result<T, E = EngineError> = std::result::Result<T, E>;
