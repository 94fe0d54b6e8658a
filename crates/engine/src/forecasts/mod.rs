//! Forecasts: made, changed, withdrawn, expired; the crowd that they make; what an outcome earned each forecaster.
//!
//! A forecast stands until its author's next one. Every one of them moves the `crowd` stream in its own transaction.

mod batch;
mod criteria;
mod crowd;
mod desk;
mod expire;
mod input;
mod make;
mod read;
mod scoring;

pub(crate) use self::{criteria::Versions, desk::Desk, scoring::score};
pub use self::{
    input::{ForecastInput, Stated},
    make::Made,
    read::{ClaimForecasts, CrowdView, ForecastPage, ForecastView, MyForecast},
};
