//! Why a chart cannot be drawn.

use chrono::{DateTime, Utc};

/// What is wrong with a chart's input. An empty series is no error: it is drawn and says "no data".
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ChartError {
    /// The time axis has no length or runs backwards.
    #[error("the chart would run from {from} to {to}: `from` must lie before `to`")]
    EmptyWindow {
        /// Left end of the axis.
        from: DateTime<Utc>,
        /// Right end of the axis.
        to: DateTime<Utc>,
    },
    /// The time axis is longer than a chart can label.
    #[error("the chart would span more than 200 years: choose a nearer `from` or `to`")]
    WindowTooLong,
    /// A number that is infinite or not a number.
    #[error("`{series}` has a value at position {index} that is no finite number")]
    NotFinite {
        /// The line it stands on.
        series: String,
        /// Position in the line, counted from 0.
        index: usize,
    },
    /// A probability outside 0 to 1.
    #[error("`{series}` has {value} at position {index}: a probability lies between 0 and 1")]
    NotAProbability {
        /// The line it stands on.
        series: String,
        /// Position in the line, counted from 0.
        index: usize,
        /// The number as given.
        value: f64,
    },
    /// Points are not in the order of time.
    #[error("`{series}` goes back in time at position {index}: points must be sorted by time")]
    Unsorted {
        /// The line it stands on.
        series: String,
        /// Position in the line, counted from 0.
        index: usize,
    },
    /// More input than a chart takes.
    #[error("`{series}` has {count} points: a chart takes at most {max}")]
    TooMany {
        /// The line.
        series: String,
        /// How many points it has.
        count: usize,
        /// The most a chart takes.
        max: usize,
    },
    /// The drawing library refused; a fault of ours.
    #[error("the chart could not be drawn: {0}")]
    Drawing(String),
    /// The picture could not be made of the drawing; a fault of ours.
    #[error("the share image could not be rendered: {0}")]
    Rendering(String),
}

impl<E: std::error::Error + Send + Sync> From<plotters::drawing::DrawingAreaErrorKind<E>> for ChartError {
    fn from(e: plotters::drawing::DrawingAreaErrorKind<E>) -> Self {
        Self::Drawing(e.to_string())
    }
}
