//! What scripts need to read a chart under the pointer: where the plot stands, and what stood when.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use crate::{frame::Plot, text};

/// The most readings a chart gives; more than a pointer can tell apart.
const MOST: usize = 400;

/// Readings of a chart, compact. As JSON (see [`Hover::json`]):
/// `{"from":s,"to":s,"wide":[l,t,r,b],"narrow":[l,t,r,b],"at":[s,...],"value":[75.2,...],"note":["...",...]}`, where `s`
/// are seconds since 1970, `at` is counted from the one before it, and the edges of the plot are fractions of the
/// drawing's width and height.
#[derive(Clone, Debug, PartialEq)]
pub struct Hover {
    /// The ends of the time axis.
    pub window: (DateTime<Utc>, DateTime<Utc>),
    /// Left, top, right and bottom edge of the wide drawing's plot, as fractions of its width and height.
    pub wide: [f64; 4],
    /// The same of the narrow drawing.
    pub narrow: [f64; 4],
    /// What stood since when, sorted by time; each holds until the next.
    pub readings: Vec<Reading>,
}

/// One reading.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Since when.
    pub at: DateTime<Utc>,
    /// In percent for probabilities, else in the chart's unit.
    pub value: f64,
    /// Why it changed then.
    pub note: Option<String>,
}

impl Hover {
    pub(crate) fn new(
        window: (DateTime<Utc>, DateTime<Utc>),
        plots: [Plot; 2],
        sizes: [(u32, u32); 2],
        readings: Vec<Reading>,
    ) -> Self {
        let edges = |p: Plot, (w, h): (u32, u32)| {
            let (w, h) = (f64::from(w), f64::from(h));
            [p.left / w, p.top / h, p.right / w, p.bottom / h]
        };
        // The last of every stretch: the value that stands when the next stretch begins.
        let stretch = readings.len().div_ceil(MOST).max(1);
        let last = readings.len().saturating_sub(1);
        let readings = readings
            .into_iter()
            .enumerate()
            .filter(|(i, _)| i % stretch == stretch - 1 || *i == 0 || *i == last);
        Self {
            window,
            wide: edges(plots[0], sizes[0]),
            narrow: edges(plots[1], sizes[1]),
            readings: readings.map(|(_, r)| r).collect(),
        }
    }

    /// The readings as JSON that may stand in a double-quoted attribute once escaped, or in a `<script
    /// type="application/json">` as it is: `<`, `>` and `&` are written as `\u` escapes.
    pub fn json(&self) -> String {
        let mut out = String::with_capacity(32 * self.readings.len() + 128);
        let edges = |e: &[f64; 4]| e.map(|v| format!("{v:.4}")).join(",");
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            r#"{{"from":{},"to":{},"wide":[{}],"narrow":[{}],"at":["#,
            self.window.0.timestamp(),
            self.window.1.timestamp(),
            edges(&self.wide),
            edges(&self.narrow)
        );
        let mut before = 0;
        join(&mut out, &self.readings, |out, r| {
            let at = r.at.timestamp();
            let _ = write!(out, "{}", at - before);
            before = at;
        });
        out.push_str(r#"],"value":["#);
        join(&mut out, &self.readings, |out, r| {
            let _ = write!(out, "{}", (r.value * 100.0).round() / 100.0);
        });
        out.push_str(r#"],"note":["#);
        if self.readings.iter().any(|r| r.note.is_some()) {
            join(&mut out, &self.readings, |out, r| quote(out, r.note.as_deref().unwrap_or_default()));
        }
        out.push_str("]}");
        out
    }
}

fn join(out: &mut String, readings: &[Reading], mut one: impl FnMut(&mut String, &Reading)) {
    for (i, reading) in readings.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        one(out, reading);
    }
}

fn quote(out: &mut String, note: &str) {
    out.push('"');
    for c in text::clean(note).chars().take(90) {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
