//! Forecasts: who has an opinion, how opinions become one number, and what each was worth.
//!
//! A forecast is a forecaster's [`Probabilities`], standing over an [`Interval`]. [`aggregate`] makes one line of many,
//! [`score`] says what each was worth once the outcome is known, [`calibration`] and [`leaderboard`] add that up.

pub mod aggregate;
pub mod calibration;
pub mod file;
pub mod forecaster;
pub mod interval;
pub mod leaderboard;
pub mod probabilities;
pub mod score;
pub mod score_points;

pub use aggregate::{Aggregate, Crowd, Entry, Method};
pub use forecaster::{Forecaster, ForecasterKind};
pub use interval::{Interval, Row, intervals};
pub use probabilities::{BadForecast, Probabilities, Read};
pub use score::{Question, Score, ScoreKind, Scorer, Scores};
