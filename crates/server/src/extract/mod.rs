//! Extractors that refuse what they cannot read, and say where and why.
//!
//! Shared by the API and the pages: whatever a handler gets has passed its type's own checks.

mod body;
mod document;
mod form;
mod json;
mod path;
mod query;
pub(crate) mod strict_json;
mod typed;

pub(crate) use body::read as read_body;
pub(crate) use document::document_fault;
pub use document::{Document, yaml};
pub use form::Form;
pub use json::Json;
pub use path::Path;
pub(crate) use path::read_handle;
pub use query::{Query, StrictQuery};
pub use typed::typed;
