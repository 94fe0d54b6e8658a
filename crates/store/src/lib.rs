//! Bellwether's tables on SQLite and PostgreSQL, one SQL text for both.
#![forbid(unsafe_code)]

mod error;

pub use error::{Result, StoreError};
