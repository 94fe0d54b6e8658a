//! The engine through its public interface.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod alerts;
mod backtest;
mod board;
mod by_itself;
mod claims;
mod corpus;
mod deliveries;
mod demo;
mod evidence;
mod external;
mod fixtures;
mod forecasts;
mod gate;
mod given;
mod ingest;
mod lead_claim;
mod lists;
mod market;
mod news;
mod people;
mod promises;
mod pull;
mod reading;
mod signals;
mod support;
mod verify;
mod views_apart;
