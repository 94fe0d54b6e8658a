//! The domain of Bellwether: pure types and functions.
//!
//! Nothing here reads a clock, a file, a socket or a database. Time enters as an argument (`now`), randomness
//! never enters. What is shown on a page is a function of what was appended, and those functions live here.
#![forbid(unsafe_code)]

pub mod actor;
pub mod alert;
pub mod benchmark;
pub mod canonical;
pub mod cluster;
pub mod confidence;
pub mod confirm;
pub mod contradiction;
pub mod document;
pub mod evidence;
mod exact;
pub mod figures;
pub mod forecast;
pub mod frontier;
pub mod ids;
pub mod ledger;
pub mod lint;
pub mod market;
pub mod openness;
pub mod options;
pub mod people;
pub mod points;
pub mod probability;
pub mod registry;
pub mod resolution;
pub mod rule;
pub mod signal;
pub mod status;
pub mod stream;
pub mod table;
pub mod text;
pub mod window;
