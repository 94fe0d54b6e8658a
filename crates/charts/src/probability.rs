//! Probability over time: the headline, the other views, what moved it, and where it ended.

use chrono::{DateTime, Utc};
use plotters::style::text_anchor::{HPos, VPos};

use crate::{
    Break, Caption, ChartError, Drawings, Hover, Palette, Reading,
    axis::{TimeAxis, ValueAxis},
    canvas::{Canvas, Px, Stroke, TEXT, Type},
    finish::{Frame, finish},
    frame::{Axes, Plot},
    labels,
    step::{At, check, corners, spans, standing},
    text,
    theme::{Dash, Ink},
};

/// Probability over time.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbabilityChart {
    /// Title, description and the beginning of every id.
    pub caption: Caption,
    /// Left end of the time axis.
    pub from: DateTime<Utc>,
    /// Right end of the time axis, later than `from`.
    pub to: DateTime<Utc>,
    /// Until when the lines are known: the present, or the instant of resolution. Lines end here.
    pub until: DateTime<Utc>,
    /// The lines; later ones are drawn over earlier ones, the headline over all.
    pub streams: Vec<Stream>,
    /// What was said for and against, in any order.
    pub evidence: Vec<EvidenceMark>,
    /// When the claim's window ends; drawn if it falls within the axis.
    pub deadline: Option<Deadline>,
    /// How the claim ended.
    pub resolution: Option<Resolution>,
    /// When the criteria were changed.
    pub criteria_changes: Vec<DateTime<Utc>>,
    /// Times without trustworthy values.
    pub breaks: Vec<Break>,
}

/// One line of the chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// How it is drawn.
    pub line: Line,
    /// Its name at the line's end: "Evidence", "Trend".
    pub name: String,
    /// Its values, sorted by time; each holds until the next.
    pub points: Vec<Point>,
}

/// How a line is told from the others; no two kinds look alike in print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Line {
    /// The claim's probability: ink, the strongest line.
    Headline,
    /// The evidence stream where it is not the headline.
    Evidence,
    /// The crowd's aggregate.
    Crowd,
    /// The market's price.
    Market,
    /// The trend model.
    Trend,
    /// The roundtable.
    Panel,
    /// Another site's number.
    External,
}

impl Line {
    fn stroke(self) -> Stroke {
        let (ink, px, dash) = match self {
            Self::Headline => (Ink::Text, 2.25, Dash::Solid),
            Self::Evidence | Self::Crowd => (Ink::Text2, 1.5, Dash::Solid),
            Self::Market => (Ink::Text2, 1.5, Dash::Dashes),
            Self::Trend => (Ink::Text3, 1.5, Dash::Dots),
            Self::Panel => (Ink::Text3, 1.5, Dash::Mixed),
            Self::External => (Ink::Text3, 1.0, Dash::Solid),
        };
        Stroke::new(ink, px, dash)
    }
}

/// A probability that holds from an instant on.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Since when.
    pub at: DateTime<Utc>,
    /// The probability, in 0 to 1.
    pub p: f64,
    /// The spread around it, where the stream has one.
    pub band: Option<Band>,
    /// What moved it, for the read-out: "▲ 2.8 from ‘Compute costs…’".
    pub cause: Option<String>,
}

/// A spread of probabilities, `low <= high`, both in 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// An item of evidence on the chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EvidenceMark {
    /// When it was added.
    pub at: DateTime<Utc>,
    /// Its signed effective points: above zero for, below zero against.
    pub points: f64,
}

/// The end of a claim's window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The first instant outside the window.
    pub at: DateTime<Utc>,
    /// As it stands on the chart: "by Q1 2027".
    pub label: String,
}

/// How a claim ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// When it was settled.
    pub at: DateTime<Utc>,
    /// As what.
    pub outcome: Outcome,
}

/// What a claim was settled as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It came true.
    Yes,
    /// It did not.
    No,
    /// Neither; nobody is scored.
    Void,
    /// One of several named options.
    Option(String),
}

impl Outcome {
    fn name(&self) -> &str {
        match self {
            Self::Yes => "Yes",
            Self::No => "No",
            Self::Void => "Void",
            Self::Option(name) => name,
        }
    }

    fn ink(&self) -> Ink {
        match self {
            Self::Yes => Ink::Up,
            Self::No => Ink::Down,
            Self::Void | Self::Option(_) => Ink::Text,
        }
    }
}

/// The two sizes, in CSS pixels.
const WIDE: (u32, u32) = (720, 300);
const NARROW: (u32, u32) = (358, 220);
/// Room for the date above a deadline's line.
const TOP: f64 = 24.0;
/// Room for the labels of the time axis.
const FOOT: f64 = 24.0;
/// Room for "100%".
const LEFT: f64 = 42.0;
/// From a line's end to its label.
const TO_LABEL: f64 = 10.0;
/// The height of a label's line.
const LABEL: f64 = 15.0;
/// A fallback font may be this much wider than the one the labels were measured in.
pub(crate) const SLACK: f64 = 1.06;
/// Marks nearer than this become one mark with a count.
const MERGE: f64 = 14.0;

impl ProbabilityChart {
    /// Draws the chart for wide and for narrow screens.
    pub fn draw(&self, palette: Palette) -> Result<Drawings, ChartError> {
        self.check()?;
        Ok(Drawings { wide: self.one(WIDE, "w", palette)?, narrow: self.one(NARROW, "n", palette)? })
    }

    /// What a hair over the plot reads out, for scripts. At most a few hundred readings.
    pub fn hover(&self) -> Result<Hover, ChartError> {
        self.check()?;
        let points = self.headline().map(|s| s.points.as_slice()).unwrap_or_default();
        let first = points.partition_point(|p| p.at <= self.from).saturating_sub(1);
        let shown =
            points.get(first..).unwrap_or_default().iter().take_while(|p| p.at < self.until).map(|p| {
                Reading {
                    at: p.at.max(self.from),
                    value: p.p * 100.0,
                    note: p.cause.as_deref().map(text::clean),
                }
            });
        Ok(Hover::new(
            (self.from, self.to),
            [self.plot(WIDE), self.plot(NARROW)],
            [WIDE, NARROW],
            shown.collect(),
        ))
    }

    fn headline(&self) -> Option<&Stream> {
        self.streams.iter().find(|s| s.line == Line::Headline)
    }

    fn check(&self) -> Result<(), ChartError> {
        for stream in &self.streams {
            let name = &stream.name;
            check(name, stream.points.iter().map(|p| At { at: p.at, value: p.p }))?;
            for (index, point) in stream.points.iter().enumerate() {
                let values = [Some(point.p), point.band.map(|b| b.low), point.band.map(|b| b.high)];
                if let Some(value) = values.into_iter().flatten().find(|v| !(0.0..=1.0).contains(v)) {
                    return Err(ChartError::NotAProbability { series: name.clone(), index, value });
                }
            }
        }
        if let Some(index) = self.evidence.iter().position(|e| !e.points.is_finite()) {
            return Err(ChartError::NotFinite { series: "evidence marks".to_owned(), index });
        }
        TimeAxis::new(self.from, self.to, 100.0).map(drop)
    }

    /// Where the lines end: not beyond the axis.
    fn end(&self) -> DateTime<Utc> {
        self.until.clamp(self.from, self.to)
    }

    fn end_label(stream: &Stream, at: DateTime<Utc>, room: f64) -> Option<String> {
        let value = stream.points[..stream.points.partition_point(|p| p.at <= at)].last()?.p;
        let value = text::percent(value);
        let bold = stream.line == Line::Headline;
        let name = text::fit(&stream.name, room - text::width(&value, TEXT, bold) - 4.0, TEXT, bold);
        Some(format!("{name} {value}"))
    }

    fn resolution_label(&self) -> Option<String> {
        let r = self.resolution.as_ref()?;
        Some(format!("{}, {}", text::fit(r.outcome.name(), 90.0, TEXT, true), r.at.format("%-d %b %Y")))
    }

    /// The plot: as wide as the labels at the lines' ends leave it.
    fn plot(&self, size: (u32, u32)) -> Plot {
        let (w, h) = (f64::from(size.0), f64::from(size.1));
        let room = label_room(size);
        let widest = self
            .streams
            .iter()
            .filter_map(|s| Self::end_label(s, self.end(), room).map(|l| (l, s.line == Line::Headline)))
            .chain(self.resolution_label().map(|l| (l, true)))
            .map(|(label, bold)| text::width(&label, TEXT, bold))
            .fold(0.0, f64::max);
        // The lines' end stands at a fraction f of the plot; what is right of it serves the labels too.
        let f = (self.end() - self.from).num_milliseconds() as f64
            / (self.to - self.from).num_milliseconds() as f64;
        let needed = LEFT + f * (w - LEFT) + TO_LABEL + widest * SLACK - w;
        let margin = if f > 0.05 { needed / f } else { 0.0 };
        Plot { left: LEFT, top: TOP, right: w - margin.clamp(14.0, w * 0.45), bottom: h - FOOT }
    }

    fn one(&self, size: (u32, u32), suffix: &str, palette: Palette) -> Result<String, ChartError> {
        let plot = self.plot(size);
        let mut raw = String::new();
        {
            let canvas = Canvas::new(&mut raw, size);
            let time = TimeAxis::new(self.from, self.to, plot.width())?;
            let axes = Axes::draw(&canvas, size, plot, time, ValueAxis::probability())?;
            let half = axes.y(0.5);
            canvas.line(&[(plot.left, half), (plot.right, half)], Stroke::new(Ink::Edge, 1.0, Dash::Dots))?;
            self.draw_breaks(&canvas, &axes)?;
            self.draw_deadline(&canvas, &axes)?;
            self.draw_criteria(&canvas, &axes)?;
            let drawn = self.draw_streams(&canvas, &axes)?;
            if drawn {
                self.draw_evidence(&canvas, &axes)?;
            } else {
                axes.no_data(&canvas)?;
            }
            self.draw_ends(&canvas, &axes, size)?;
            canvas.present()?;
        }
        let class = if suffix == "w" { "chart chart-wide" } else { "chart chart-narrow" };
        let frame = Frame {
            caption: &self.caption,
            suffix,
            size,
            class,
            ground: palette != Palette::Page,
            hatch: !self.breaks.is_empty(),
        };
        Ok(finish(&raw, &frame, palette))
    }

    fn draw_breaks(&self, canvas: &Canvas<'_>, axes: &Axes<'_>) -> Result<(), ChartError> {
        for b in self.breaks.iter().filter(|b| b.from < b.to && b.to > self.from && b.from < self.to) {
            axes.hatch(canvas, b, (self.from, self.to))?;
        }
        Ok(())
    }

    fn draw_deadline(&self, canvas: &Canvas<'_>, axes: &Axes<'_>) -> Result<(), ChartError> {
        let Some(deadline) = self.deadline.as_ref().filter(|d| (self.from..=self.to).contains(&d.at)) else {
            return Ok(());
        };
        let (x, plot) = (axes.x(deadline.at), axes.plot);
        canvas.line(&[(x, plot.top), (x, plot.bottom)], Stroke::new(Ink::Text3, 1.0, Dash::Deadline))?;
        let label = text::fit(&deadline.label, 150.0, TEXT, false);
        let half = text::width(&label, TEXT, false) / 2.0;
        let (left, right) = (plot.left + half, plot.right + 12.0 - half);
        canvas.text(
            &label,
            (x.min(right).max(left), plot.top - 10.0),
            Type::new(Ink::Text3).at(HPos::Center, VPos::Center),
        )
    }

    fn draw_criteria(&self, canvas: &Canvas<'_>, axes: &Axes<'_>) -> Result<(), ChartError> {
        let mut last = f64::MIN;
        for at in self.criteria_changes.iter().filter(|at| (self.from..=self.to).contains(at)) {
            let x = axes.x(*at);
            // Marks that would stand on each other are one mark.
            if (x - last).abs() >= 8.0 {
                let kind = Type::new(Ink::Text).at(HPos::Center, VPos::Center);
                canvas.text("§", (x, axes.plot.bottom - 9.0), kind)?;
                last = x;
            }
        }
        Ok(())
    }

    /// Draws bands and lines; says whether there was anything to draw.
    fn draw_streams(&self, canvas: &Canvas<'_>, axes: &Axes<'_>) -> Result<bool, ChartError> {
        let mut streams: Vec<_> = self.streams.iter().collect();
        streams.sort_by_key(|s| s.line == Line::Headline);
        let spans = spans(self.from, self.end(), &self.breaks);
        let mut drawn = false;
        for stream in streams {
            let stroke = stream.line.stroke();
            let values: Vec<_> = stream.points.iter().map(|p| At { at: p.at, value: p.p }).collect();
            for span in &spans {
                let line = |values: &[At]| corners(values, *span, |at| axes.x(at), |p| axes.y(p));
                for run in stream.points.chunk_by(|a, b| a.band.is_some() == b.band.is_some()) {
                    self.draw_band(canvas, axes, &stream.points, run, *span, stroke.ink)?;
                }
                let corners = line(&values);
                drawn |= !corners.is_empty();
                canvas.line(&corners, stroke)?;
            }
        }
        Ok(drawn)
    }

    /// The band of a run of points that all have one.
    fn draw_band(
        &self,
        canvas: &Canvas<'_>,
        axes: &Axes<'_>,
        all: &[Point],
        run: &[Point],
        span: (DateTime<Utc>, DateTime<Utc>),
        ink: Ink,
    ) -> Result<(), ChartError> {
        let Some(last) = run.last().filter(|p| p.band.is_some()) else { return Ok(()) };
        let next = all.get(all.partition_point(|p| p.at <= last.at)).map_or(self.end(), |p| p.at);
        let span = (span.0.max(run[0].at), span.1.min(next));
        if span.0 >= span.1 {
            return Ok(());
        }
        let edge = |pick: fn(Band) -> f64| {
            let values: Vec<_> =
                run.iter().filter_map(|p| p.band.map(|b| At { at: p.at, value: pick(b) })).collect();
            corners(&values, span, |at| axes.x(at), |p| axes.y(p))
        };
        let mut outline = edge(|b| b.high);
        outline.extend(edge(|b| b.low).into_iter().rev());
        canvas.fill(&outline, ink, 0.12)
    }

    fn draw_evidence(&self, canvas: &Canvas<'_>, axes: &Axes<'_>) -> Result<(), ChartError> {
        let Some(headline) = self.headline().or(self.streams.first()) else { return Ok(()) };
        let values: Vec<_> = headline.points.iter().map(|p| At { at: p.at, value: p.p }).collect();
        for up in [true, false] {
            let mut marks: Vec<_> = self
                .evidence
                .iter()
                .filter(|e| (e.points > 0.0) == up && e.points != 0.0)
                .filter(|e| (self.from..=self.end()).contains(&e.at))
                .map(|e| (axes.x(e.at), e))
                .collect();
            marks.sort_by(|a, b| a.0.total_cmp(&b.0));
            let mut rest = marks.as_slice();
            while let Some(&(first, _)) = rest.first() {
                let n = rest.partition_point(|(x, _)| x - first < MERGE);
                let (group, tail) = rest.split_at(n);
                rest = tail;
                draw_mark(canvas, axes, &values, group, up)?;
            }
        }
        Ok(())
    }

    /// The names and values at the lines' ends, and the dot of the resolution.
    fn draw_ends(&self, canvas: &Canvas<'_>, axes: &Axes<'_>, size: (u32, u32)) -> Result<(), ChartError> {
        let end = self.end();
        let x = axes.x(end);
        let mut ends: Vec<(f64, String, Type)> = Vec::new();
        for stream in &self.streams {
            let Some(label) = Self::end_label(stream, end, label_room(size)) else { continue };
            let values: Vec<_> = stream.points.iter().map(|p| At { at: p.at, value: p.p }).collect();
            let Some(value) = standing(&values, end) else { continue };
            let kind = match stream.line {
                Line::Headline => Type::new(Ink::Text).bold(true),
                _ => Type::new(stream.line.stroke().ink),
            };
            ends.push((axes.y(value), label, kind));
            if stream.line == Line::Headline && self.resolution.is_none() {
                canvas.dot((x, axes.y(value)), 3.5, Ink::Text)?;
            }
        }
        if let (Some(r), Some(label)) = (&self.resolution, self.resolution_label()) {
            let y = match r.outcome {
                Outcome::Yes => axes.y(1.0),
                Outcome::No => axes.y(0.0),
                Outcome::Void | Outcome::Option(_) => ends.first().map_or(axes.y(0.5), |e| e.0),
            };
            canvas.dot((x, y), 5.0, r.outcome.ink())?;
            ends.push((y, label, Type::new(r.outcome.ink()).bold(true)));
        }
        let wanted: Vec<_> = ends.iter().map(|e| e.0).collect();
        let places = labels::spread(&wanted, LABEL, 8.0, axes.plot.bottom - 2.0);
        for ((y, label, kind), place) in ends.into_iter().zip(places) {
            if (y - place).abs() > 3.0 {
                let hair = [(x + 2.0, y), (x + TO_LABEL - 3.0, place)];
                canvas.line(&hair, Stroke::new(Ink::Edge, 0.75, Dash::Solid))?;
            }
            canvas.text(&label, (x + TO_LABEL, place), kind)?;
        }
        Ok(())
    }
}

/// The widest label at a line's end, in CSS pixels.
fn label_room(size: (u32, u32)) -> f64 {
    if size.0 < 500 { 104.0 } else { 168.0 }
}

/// One mark for a group of items on the same side: below the line for, above it against.
fn draw_mark(
    canvas: &Canvas<'_>,
    axes: &Axes<'_>,
    values: &[At],
    group: &[(f64, &EvidenceMark)],
    up: bool,
) -> Result<(), ChartError> {
    let (Some(first), Some(last)) = (group.first(), group.last()) else { return Ok(()) };
    let x = f64::midpoint(first.0, last.0);
    // The line between just before the first and just after the last item: the mark touches none of it.
    let before = values[..values.partition_point(|v| v.at < first.1.at)].last();
    let within =
        &values[values.partition_point(|v| v.at < first.1.at)..values.partition_point(|v| v.at <= last.1.at)];
    let rows = before.into_iter().chain(within).map(|v| axes.y(v.value));
    let effect: f64 = group.iter().map(|(_, e)| e.points.abs()).sum();
    let height = match effect {
        e if e < 3.0 => 6.5,
        e if e < 12.0 => 8.0,
        _ => 10.5,
    };
    let plot = axes.plot;
    let (count, ink) = (group.len(), if up { Ink::Up } else { Ink::Down });
    let apart = 4.0 + height / 2.0;
    let with_count = if count > 1 { 15.0 } else { 0.0 };
    let y = if up {
        (rows.fold(f64::MIN, f64::max) + apart).clamp(plot.top, plot.bottom - height / 2.0 - 2.0 - with_count)
    } else {
        (rows.fold(f64::MAX, f64::min) - apart).clamp(plot.top + height / 2.0 + 1.0 + with_count, plot.bottom)
    };
    canvas.triangle((x, y), height, up, ink)?;
    if count > 1 {
        let toward: f64 = if up { 1.0 } else { -1.0 };
        let at: Px = (x, y + toward * (height / 2.0 + 8.0));
        canvas.text(&count.to_string(), at, Type::new(ink).at(HPos::Center, VPos::Center))?;
    }
    Ok(())
}
