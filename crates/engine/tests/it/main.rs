//! The engine through its public interface.

mod backtest;
mod claims;
mod corpus;
mod evidence;
mod fixtures;
mod lead_claim;
mod lists;
mod pull;
mod support;
