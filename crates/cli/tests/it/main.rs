//! The command line from outside.

mod bad_input;
mod serve;
