//! The domain of Bellwether: pure types and functions.
//!
//! Nothing here reads a clock, a file, a socket or a database. Time enters as an argument (`now`), randomness
//! never enters. What is shown on a page is a function of what was appended, and those functions live here.
#![forbid(unsafe_code)]

pub mod actor;
pub mod benchmark;
pub mod confirm;
pub mod document;
pub mod ids;
pub mod openness;
pub mod probability;
pub mod registry;
pub mod rule;
pub mod status;
pub mod table;
pub mod window;
