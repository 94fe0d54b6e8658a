//! Checking an outcome from the stored bytes alone: no network, no clock, no trust in what was stored beside them.

mod bundle;
mod check;

pub(crate) use bundle::fetched_files;
pub use bundle::{Bundle, BundleError, BundledFile, BundledSnapshot, BundledSource, Content};
pub use check::{Checked, Difference, verify};
