//! Sources: polite bounded fetching, the address guard, extraction of rows, and the snapshot gate.
//!
//! Data in, data out: nothing here reads or writes a database.
#![forbid(unsafe_code)]

mod registry_file;
mod yaml;

pub use archive::{Archive, Dated, read_archive};
pub use document::{DocumentError, SourceDocument};
pub use extract::{ExtractError, Extraction, extract};
pub use registry_file::{RegistryFileError, read_registry};
pub use snapshot::{Main, Snapshot};

pub mod archive;
pub mod builtin;
pub mod check;
pub mod document;
pub mod external;
pub mod extract;
pub mod fetch;
pub mod gate;
pub mod news;
pub mod snapshot;
