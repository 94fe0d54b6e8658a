//! The command line from outside.

mod bad_input;
mod forecasts;
mod proof;
mod rules;
mod secrets;
mod serve;
mod verify;
