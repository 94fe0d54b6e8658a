//! The distance strip: how far one condition is from holding.

use plotters::style::text_anchor::{HPos, VPos};

use crate::{
    Caption, ChartError, Palette,
    canvas::{Canvas, Stroke, Type},
    finish::{Frame, finish},
    theme::{Dash, Ink},
};

/// One condition's value against its threshold, 160 x 16 pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct DistanceStrip {
    /// Title, description and the beginning of every id.
    pub caption: Caption,
    /// Ends of the track, `low < high`: from 0 to the largest gap of the past year, or the range of scores.
    pub track: (f64, f64),
    /// What decides, in the track's unit.
    pub threshold: f64,
    /// On which side of the threshold the condition holds.
    pub sense: Sense,
    /// Where it stands; `None` when nobody knows.
    pub value: Option<f64>,
    /// Whether the condition holds, as the rule says: the strip does not decide it again.
    pub holds: bool,
    /// Where it stood 90 days ago.
    pub before: Option<f64>,
}

/// Which values satisfy a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sense {
    /// The threshold and less.
    AtMost,
    /// The threshold and more.
    AtLeast,
}

const SIZE: (u32, u32) = (160, 16);
const LEFT: f64 = 6.0;
const RIGHT: f64 = 154.0;
const ROW: f64 = 8.0;

impl DistanceStrip {
    /// Draws the strip.
    pub fn draw(&self, palette: Palette) -> Result<String, ChartError> {
        let numbers = [Some(self.track.0), Some(self.track.1), Some(self.threshold), self.value, self.before];
        if let Some(index) = numbers.iter().position(|n| n.is_some_and(|n| !n.is_finite())) {
            return Err(ChartError::NotFinite { series: "distance strip".to_owned(), index });
        }
        let mut raw = String::new();
        {
            let canvas = Canvas::new(&mut raw, SIZE);
            self.paint(&canvas)?;
            canvas.present()?;
        }
        let frame = Frame {
            caption: &self.caption,
            suffix: "d",
            size: SIZE,
            class: "strip",
            ground: false,
            hatch: false,
        };
        Ok(finish(&raw, &frame, palette))
    }

    fn paint(&self, canvas: &Canvas<'_>) -> Result<(), ChartError> {
        let Some(value) = self.value else {
            let right = RIGHT - 12.0;
            canvas.line(&[(LEFT, ROW), (right, ROW)], Stroke::new(Ink::Edge, 1.0, Dash::Deadline))?;
            return canvas.text("?", (RIGHT, ROW), Type::new(Ink::Text3).at(HPos::Right, VPos::Center));
        };
        let x = |v: f64| {
            let (low, high) = self.track;
            let span = if high > low { high - low } else { 1.0 };
            LEFT + ((v - low) / span).clamp(0.0, 1.0) * (RIGHT - LEFT)
        };
        let threshold = x(self.threshold);
        let (from, to) = match self.sense {
            Sense::AtMost => (LEFT, threshold),
            Sense::AtLeast => (threshold, RIGHT),
        };
        canvas.rect((from, 2.0), (to, 14.0), Ink::Sunk)?;
        canvas.line(&[(LEFT, ROW), (RIGHT, ROW)], Stroke::new(Ink::Edge, 1.0, Dash::Solid))?;
        if let Some(before) = self.before {
            canvas.line(&[(x(before), 3.0), (x(before), 13.0)], Stroke::new(Ink::Text3, 1.0, Dash::Solid))?;
        }
        canvas.line(&[(threshold, 1.0), (threshold, 15.0)], Stroke::new(Ink::Text, 2.0, Dash::Solid))?;
        // Beside the threshold on the side that the verdict says, also where the pixels would round onto it.
        let toward: f64 = match (self.sense, self.holds) {
            (Sense::AtMost, true) | (Sense::AtLeast, false) => -1.0,
            (Sense::AtMost, false) | (Sense::AtLeast, true) => 1.0,
        };
        let at = x(value);
        let at = if (at - threshold) * toward < 4.0 { threshold + toward * 4.0 } else { at };
        let at = (at.clamp(LEFT - 1.0, RIGHT + 1.0), ROW);
        if self.holds {
            canvas.dot(at, 4.0, Ink::Text)
        } else {
            canvas.hollow_dot(at, 3.75, Stroke::new(Ink::Text, 1.5, Dash::Solid))
        }
    }
}
