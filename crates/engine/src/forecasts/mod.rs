//! Forecasts: made, changed, withdrawn, expired; the crowd that they make; what an outcome earned each forecaster.
//!
//! A forecast stands until its author's next one. Every one of them moves the `crowd` stream in its own transaction.

mod batch;
mod board;
mod criteria;
mod crowd;
mod desk;
mod expire;
mod file;
mod input;
mod kept;
mod lines;
mod make;
mod read;
mod scoring;
mod track;

pub use bellwether_store::Score;

pub use self::{
    board::{Board, BoardQuery, BoardRow, ClaimScore},
    input::{ForecastInput, Stated},
    make::Made,
    read::{ClaimForecasts, CrowdView, Effect, ForecastPage, ForecastView, MyForecast},
    track::{Earned, TrackRecord},
};
pub(crate) use self::{
    criteria::Versions,
    desk::Desk,
    scoring::{known_from, score},
};
