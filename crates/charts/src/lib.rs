//! Charts as SVG by plotters, and share images as PNG of the same SVG.
//!
//! A chart is a plain struct of instants and numbers; drawing it is a pure function. Charts that stand on pages come as
//! two [`Drawings`], a wide and a narrow one, because a scaled-down chart has unreadable labels. No drawing carries a
//! `style` attribute, a `<style>` element or a script; colours are the page's own custom properties (see [`Palette`]),
//! ids begin with the chart's own, and every text is escaped. Output is bounded: points beyond the drawing's resolution
//! are thinned out, keeping first, last, lowest and highest of every column.
#![forbid(unsafe_code)]

mod axis;
mod calibration;
mod canvas;
mod error;
mod finish;
mod frame;
mod frontier;
mod hover;
mod labels;
mod probability;
mod share;
mod sparkline;
mod step;
mod strip;
mod text;
mod theme;

pub use calibration::{CalibrationBin, CalibrationChart};
pub use error::ChartError;
pub use frontier::{Best, Curve, FrontierChart, GapMeasure, LagMeasure, Side};
pub use hover::{Hover, Reading};
pub use probability::{
    Band, Deadline, EvidenceMark, Line, Outcome, Point, ProbabilityChart, Resolution, Stream,
};
pub use share::ShareImage;
pub use sparkline::Sparkline;
pub use step::Break;
pub use strip::{DistanceStrip, Sense};
pub use theme::Palette;

/// One chart, drawn for wide and for narrow screens. A page holds both and shows one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawings {
    /// For columns of 720 CSS pixels and more.
    pub wide: String,
    /// 358 CSS pixels wide, for phones.
    pub narrow: String,
}

/// What a drawing is called and what it shows, for those who cannot see it. Both are escaped when drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caption {
    /// Begins every id in the drawing: letters, digits and hyphens, unique on its page. Other characters become hyphens.
    pub id: String,
    /// One sentence that states the finding: "75%, up 3 points this week".
    pub title: String,
    /// More, for the description: the source, the dates, the other lines.
    pub desc: String,
}
