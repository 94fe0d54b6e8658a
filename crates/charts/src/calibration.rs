//! Whether what was called likely came true, bin by bin.

use plotters::style::text_anchor::{HPos, VPos};

use crate::{
    Band, Caption, ChartError, Drawings, Palette,
    canvas::{Canvas, Px, Stroke, TEXT, Type},
    finish::{Frame, finish},
    text,
    theme::{Dash, Ink},
};

/// A calibration curve: how often each stated probability came true, beside the diagonal of a perfect forecaster.
#[derive(Clone, Debug, PartialEq)]
pub struct CalibrationChart {
    /// Title, description and the beginning of every id.
    pub caption: Caption,
    /// Bins that hold forecasts, by their stated probability.
    pub bins: Vec<CalibrationBin>,
}

/// Forecasts of nearly the same probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CalibrationBin {
    /// The mean of the probabilities given, 0 to 1.
    pub stated: f64,
    /// The part that came true, 0 to 1.
    pub came_true: f64,
    /// Where nine of ten such parts of a perfect forecaster would fall.
    pub band: Band,
    /// How many claims it stands on.
    pub claims: usize,
}

const WIDE: (u32, u32) = (720, 320);
const NARROW: (u32, u32) = (358, 300);
const LEFT: f64 = 44.0;
const TOP: f64 = 34.0;
const RIGHT: f64 = 16.0;
const FOOT: f64 = 42.0;

impl CalibrationChart {
    /// Draws the chart for wide and for narrow screens.
    ///
    /// # Errors
    /// A number that is no probability.
    pub fn draw(&self, palette: Palette) -> Result<Drawings, ChartError> {
        for (index, bin) in self.bins.iter().enumerate() {
            let all = [bin.stated, bin.came_true, bin.band.low, bin.band.high];
            if let Some(value) = all.into_iter().find(|p| !(0.0..=1.0).contains(p)) {
                return Err(ChartError::NotAProbability { series: "calibration".to_owned(), index, value });
            }
        }
        Ok(Drawings { wide: self.one(WIDE, "w", palette)?, narrow: self.one(NARROW, "n", palette)? })
    }

    fn one(&self, size: (u32, u32), suffix: &str, palette: Palette) -> Result<String, ChartError> {
        let mut raw = String::new();
        {
            let canvas = Canvas::new(&mut raw, size);
            self.paint(&canvas, size)?;
            canvas.present()?;
        }
        let class = if suffix == "w" { "chart chart-wide" } else { "chart chart-narrow" };
        let ground = palette != Palette::Page;
        let frame = Frame { caption: &self.caption, suffix, size, class, ground, hatch: false };
        Ok(finish(&raw, &frame, palette))
    }

    fn paint(&self, canvas: &Canvas<'_>, size: (u32, u32)) -> Result<(), ChartError> {
        let (right, foot) = (f64::from(size.0) - RIGHT, f64::from(size.1) - FOOT);
        let at = |stated: f64, came_true: f64| -> Px {
            (LEFT + stated * (right - LEFT), foot - came_true * (foot - TOP))
        };
        for quarter in 0..=4 {
            let p = f64::from(quarter) / 4.0;
            let ink = if quarter == 0 { Ink::Edge } else { Ink::Rule };
            canvas.line(&[at(0.0, p), at(1.0, p)], Stroke::new(ink, 1.0, Dash::Solid))?;
            let label = text::percent(p);
            let (y, x) = (at(0.0, p), at(p, 0.0));
            canvas.text(&label, (y.0 - 8.0, y.1), Type::new(Ink::Text3).at(HPos::Right, VPos::Center))?;
            let side = if quarter == 4 { HPos::Right } else { HPos::Center };
            let edge = if quarter == 4 { x.0 + 10.0 } else { x.0 };
            canvas.text(&label, (edge, x.1 + 14.0), Type::new(Ink::Text3).at(side, VPos::Center))?;
        }
        let below = (at(0.5, 0.0).0, foot + FOOT - 9.0);
        canvas.text("said", below, Type::new(Ink::Text3).at(HPos::Center, VPos::Center))?;
        canvas.text("came true", (4.0, 8.0), Type::new(Ink::Text3).at(HPos::Left, VPos::Center))?;
        canvas.line(&[at(0.0, 0.0), at(1.0, 1.0)], Stroke::new(Ink::Edge, 1.0, Dash::Dots))?;
        if self.bins.is_empty() {
            let middle = at(0.5, 0.5);
            return canvas.text("no data", middle, Type::new(Ink::Text3).at(HPos::Center, VPos::Center));
        }
        for bin in &self.bins {
            let (low, high) = (at(bin.stated, bin.band.low), at(bin.stated, bin.band.high));
            let corners =
                [(low.0 - 5.0, low.1), (low.0 + 5.0, low.1), (high.0 + 5.0, high.1), (high.0 - 5.0, high.1)];
            canvas.fill(&corners, Ink::Text2, 0.16)?;
        }
        let line: Vec<Px> = self.bins.iter().map(|bin| at(bin.stated, bin.came_true)).collect();
        canvas.line(&line, Stroke::new(Ink::Text3, 1.0, Dash::Solid))?;
        let mut last = f64::MIN;
        for bin in &self.bins {
            let dot = at(bin.stated, bin.came_true);
            canvas.dot(dot, 4.0, Ink::Text)?;
            let label = bin.claims.to_string();
            let half = text::width(&label, TEXT, false) / 2.0;
            // Counts that would touch the one before are left to the table.
            if dot.0 - half > last + 4.0 {
                let y = if dot.1 < TOP + 16.0 { dot.1 + 13.0 } else { dot.1 - 13.0 };
                canvas.text(&label, (dot.0, y), Type::new(Ink::Text3).at(HPos::Center, VPos::Center))?;
                last = dot.0 + half;
            }
        }
        Ok(())
    }
}
