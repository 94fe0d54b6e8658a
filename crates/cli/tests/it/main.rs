//! The command line from outside.

mod bad_input;
mod rules;
mod serve;
