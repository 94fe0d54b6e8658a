//! How the engine's refusals look from outside.

use bellwether_engine::EngineError;
use http::{HeaderValue, header};

use crate::problem::{Kind, Problem};

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::NotFound(what) => Self::not_found(what),
            EngineError::Invalid(errors) => Self::invalid(errors),
            EngineError::Conflict(why) => Self::new(Kind::Conflict, why),
            late @ EngineError::TooLate { .. } => Self::new(Kind::Conflict, late.to_string()),
            EngineError::Forbidden(why) => Self::new(Kind::Forbidden, why),
            EngineError::Upstream(why) => Self::new(Kind::Upstream, why),
            EngineError::Busy => Self::new(Kind::Busy, "the database is busy, try again")
                .with_header(header::RETRY_AFTER, HeaderValue::from_static("1")),
            EngineError::Internal(cause) => {
                tracing::error!(error = %chain(&*cause), "internal fault");
                Self::new(Kind::Internal, "the server's log has the cause under this request's id")
            }
        }
    }
}

/// An error and its causes on one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |e| e.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
