//! The engine through its public interface.

mod backtest;
mod by_itself;
mod claims;
mod corpus;
mod evidence;
mod fixtures;
mod lead_claim;
mod gate;
mod lists;
mod pull;
mod support;
mod verify;
