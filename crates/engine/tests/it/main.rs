//! The engine through its public interface.

mod backtest;
mod corpus;
mod fixtures;
