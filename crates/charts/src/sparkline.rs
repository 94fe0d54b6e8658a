//! The small line on a card.

use chrono::{DateTime, Utc};
use plotters::style::text_anchor::{HPos, VPos};

use crate::{
    Caption, ChartError, Palette,
    axis::TimeAxis,
    canvas::{Canvas, Px, Stroke, TEXT, Type},
    finish::{Frame, finish},
    step::{At, check, corners},
    theme::{Dash, Ink},
};

/// A probability or a gap over time, 120 x 32 pixels, without axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Sparkline {
    /// Title, description and the beginning of every id.
    pub caption: Caption,
    /// Left end.
    pub from: DateTime<Utc>,
    /// Right end, later than `from`; the line is carried up to it.
    pub to: DateTime<Utc>,
    /// Values, sorted by time; each holds until the next.
    pub points: Vec<(DateTime<Utc>, f64)>,
    /// The least height of the scale, in the values' unit: a change of much less looks flat. `0.1` suits probabilities.
    pub least_span: f64,
}

const SIZE: (u32, u32) = (120, 32);

impl Sparkline {
    /// Draws the line.
    pub fn draw(&self, palette: Palette) -> Result<String, ChartError> {
        let mut raw = String::new();
        {
            let canvas = Canvas::new(&mut raw, SIZE);
            let area = ((3.0, 4.0), (f64::from(SIZE.0) - 5.0, f64::from(SIZE.1) - 4.0));
            if !self.trace(&canvas, area, 1.5)? {
                let middle = (f64::from(SIZE.0) / 2.0, f64::from(SIZE.1) / 2.0);
                canvas.text(
                    "no data",
                    middle,
                    Type::new(Ink::Text3).px(TEXT).at(HPos::Center, VPos::Center),
                )?;
            }
            canvas.present()?;
        }
        let frame = Frame {
            caption: &self.caption,
            suffix: "s",
            size: SIZE,
            class: "spark",
            ground: false,
            hatch: false,
        };
        Ok(finish(&raw, &frame, palette))
    }

    /// Draws the line into an area; says whether there was one.
    pub(crate) fn trace(&self, canvas: &Canvas<'_>, area: (Px, Px), px: f64) -> Result<bool, ChartError> {
        let ((left, top), (right, bottom)) = area;
        let values: Vec<_> = self.points.iter().map(|(at, value)| At { at: *at, value: *value }).collect();
        check("sparkline", values.iter().copied())?;
        let axis = TimeAxis::new(self.from, self.to, right - left)?;
        // The scale follows what is shown, not what lies before the window.
        let first = values.partition_point(|v| v.at <= self.from).saturating_sub(1);
        let shown = values[first..].iter().take_while(|v| v.at < self.to);
        let (low, high) = shown.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v.value), h.max(v.value)));
        if low > high {
            return Ok(false);
        }
        let span =
            (high - low).max(if self.least_span.is_finite() { self.least_span } else { 0.0 }).max(1e-9);
        let foot = f64::midpoint(low, high) - span / 2.0;
        let line = corners(
            &values,
            (self.from, self.to),
            |at| left + axis.fraction(at) * (right - left),
            |v| bottom - (v - foot) / span * (bottom - top),
        );
        canvas.line(&line, Stroke::new(Ink::Text, px, Dash::Solid))?;
        if let Some(end) = line.last() {
            canvas.dot(*end, px * 1.5, Ink::Text)?;
        }
        Ok(!line.is_empty())
    }
}
