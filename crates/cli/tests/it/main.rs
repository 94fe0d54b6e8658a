//! The command line from outside.

mod bad_input;
mod proof;
mod rules;
mod serve;
mod verify;
