//! The command line from outside.

mod bad_input;
mod proof;
mod rules;
mod secrets;
mod serve;
mod verify;
