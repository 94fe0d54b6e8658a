//! Checking an outcome from the stored bytes alone: no network, no clock, no trust in what was stored beside them.

mod bundle;
mod check;
mod replay;

pub use bundle::{
    Bundle, BundleError, BundledFile, BundledPoll, BundledSource, Content, JudgedThen, NamedFile, Release,
};
pub(crate) use bundle::{fetched_files, history, polls_of};
pub use check::{Checked, Difference, verify};
