//! Bellwether's use cases: each is one call and one transaction. Time, ids and secrets come from here.
#![forbid(unsafe_code)]

pub mod clock;
pub mod error;

pub use error::{EngineError, FieldError, Result};
