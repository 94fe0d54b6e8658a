//! Two frontiers of one benchmark: the best of the open and the best of the closed models, and what lies between them.

use bellwether_core::benchmark::Unit;
use chrono::{DateTime, Utc};
use plotters::style::text_anchor::{HPos, VPos};

use crate::{
    Break, Caption, ChartError, Drawings, Hover, Palette, Reading,
    axis::{TimeAxis, ValueAxis},
    canvas::{Canvas, Px, Stroke, TEXT, Type},
    finish::{Frame, finish},
    frame::{Axes, Plot},
    labels,
    probability::SLACK,
    step::{At, check, corners, spans, standing},
    text,
    theme::{Dash, Ink},
};

/// The best scores of two groups of models over time.
#[derive(Clone, Debug, PartialEq)]
pub struct FrontierChart {
    /// Title, description and the beginning of every id.
    pub caption: Caption,
    /// Left end of the time axis.
    pub from: DateTime<Utc>,
    /// Right end of the time axis, later than `from`.
    pub to: DateTime<Utc>,
    /// Until when the curves are known; they end here.
    pub until: DateTime<Utc>,
    /// What the scores count.
    pub unit: Unit,
    /// The curves; usually one of each side.
    pub curves: Vec<Curve>,
    /// The vertical measure, if it is to be drawn.
    pub gap: Option<GapMeasure>,
    /// The horizontal measure, if it is to be drawn.
    pub lag: Option<LagMeasure>,
    /// Times without trustworthy scores.
    pub breaks: Vec<Break>,
    /// Dated remarks: "measured differently since V4".
    pub events: Vec<(DateTime<Utc>, String)>,
}

/// One side's best over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// How it is drawn.
    pub side: Side,
    /// Its name at the line's end: "Open", "Closed", "Qwen".
    pub name: String,
    /// The best standing since each instant, sorted by time. It may fall where a source corrects itself.
    pub bests: Vec<Best>,
}

/// Which models a curve is of; tells its colour and its mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Open weights: filled circles.
    Open,
    /// Closed: hollow squares.
    Closed,
}

impl Side {
    fn ink(self) -> Ink {
        match self {
            Self::Open => Ink::Open,
            Self::Closed => Ink::Closed,
        }
    }
}

/// The best score of a group since an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Best {
    /// Since when it stands.
    pub at: DateTime<Utc>,
    /// The score, in the chart's unit.
    pub score: f64,
    /// Whose it is.
    pub model: String,
}

/// The distance between the first two curves where they end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GapMeasure {
    /// As it stands beside the arrow: "10.7 pp".
    pub label: String,
}

/// How long one side took to reach what the other had.
#[derive(Clone, Debug, PartialEq)]
pub struct LagMeasure {
    /// When the leading side first reached the score.
    pub from: DateTime<Utc>,
    /// When the other side reached it.
    pub to: DateTime<Utc>,
    /// The score both reached.
    pub score: f64,
    /// As it stands beside the arrow: "162 days".
    pub label: String,
}

/// The two sizes, in CSS pixels.
const WIDE: (u32, u32) = (720, 320);
const NARROW: (u32, u32) = (358, 260);
/// Room for the sentence above the plot, and for a line of remarks below it.
const TOP: f64 = 30.0;
const EVENTS: f64 = 18.0;
const FOOT: f64 = 24.0;
const TO_LABEL: f64 = 11.0;
/// Two lines of text and the space to the next label.
const LABEL: f64 = 34.0;

impl FrontierChart {
    /// Draws the chart for wide and for narrow screens.
    pub fn draw(&self, palette: Palette) -> Result<Drawings, ChartError> {
        self.check()?;
        Ok(Drawings { wide: self.one(WIDE, "w", palette)?, narrow: self.one(NARROW, "n", palette)? })
    }

    /// What a hair over the plot reads out of one curve, for scripts: the score, and the model as the note.
    pub fn hover(&self, side: Side) -> Result<Hover, ChartError> {
        self.check()?;
        let bests =
            self.curves.iter().find(|c| c.side == side).map(|c| c.bests.as_slice()).unwrap_or_default();
        let first = bests.partition_point(|p| p.at <= self.from).saturating_sub(1);
        let shown =
            bests.get(first..).unwrap_or_default().iter().take_while(|b| b.at < self.end()).map(|b| {
                Reading { at: b.at.max(self.from), value: b.score, note: Some(text::clean(&b.model)) }
            });
        let axis = self.scores();
        let plots = [self.plot(WIDE, &axis), self.plot(NARROW, &axis)];
        Ok(Hover::new((self.from, self.to), plots, [WIDE, NARROW], shown.collect()))
    }

    fn check(&self) -> Result<(), ChartError> {
        for curve in &self.curves {
            check(&curve.name, curve.bests.iter().map(|b| At { at: b.at, value: b.score }))?;
        }
        if self.lag.as_ref().is_some_and(|l| !l.score.is_finite()) {
            return Err(ChartError::NotFinite { series: "lag".to_owned(), index: 0 });
        }
        TimeAxis::new(self.from, self.to, 100.0).map(drop)
    }

    fn end(&self) -> DateTime<Utc> {
        self.until.clamp(self.from, self.to)
    }

    /// The scores that are shown, and a little room.
    fn scores(&self) -> ValueAxis {
        let shown = self.curves.iter().flat_map(|c| {
            let first = c.bests.partition_point(|b| b.at <= self.from).saturating_sub(1);
            c.bests
                .get(first..)
                .unwrap_or_default()
                .iter()
                .take_while(|b| b.at <= self.end())
                .map(|b| b.score)
        });
        let (low, high) = shown.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
        if low > high { ValueAxis::scores(0.0, 100.0) } else { ValueAxis::scores(low, high) }
    }

    /// As many as the source gives anywhere in the chart.
    fn decimals(&self) -> usize {
        self.curves.iter().flat_map(|c| &c.bests).map(|b| text::decimals(b.score)).max().unwrap_or(0)
    }

    fn end_label(&self, curve: &Curve, room: f64) -> Option<(f64, String, String)> {
        let best = curve.bests[..curve.bests.partition_point(|b| b.at <= self.end())].last()?;
        let score = text::score(best.score, self.decimals());
        let name = text::fit(&curve.name, room - text::width(&score, TEXT, true) - 4.0, TEXT, true);
        let name = format!("{name} {score}");
        Some((best.score, name, text::fit(&best.model, room, TEXT, false)))
    }

    fn plot(&self, size: (u32, u32), axis: &ValueAxis) -> Plot {
        let (w, h) = (f64::from(size.0), f64::from(size.1));
        let left = axis.label_width().max(16.0) + 8.0;
        let widest = self
            .curves
            .iter()
            .filter_map(|c| self.end_label(c, label_room(size)))
            .map(|(_, name, model)| text::width(&name, TEXT, true).max(text::width(&model, TEXT, false)))
            .fold(0.0, f64::max);
        let f = (self.end() - self.from).num_milliseconds() as f64
            / (self.to - self.from).num_milliseconds() as f64;
        let needed = left + f * (w - left) + TO_LABEL + widest * SLACK - w;
        let margin = if f > 0.05 { needed / f } else { 0.0 };
        let top = if self.events.is_empty() { TOP } else { TOP + EVENTS };
        Plot { left, top, right: w - margin.clamp(14.0, w * 0.45), bottom: h - FOOT }
    }

    fn one(&self, size: (u32, u32), suffix: &str, palette: Palette) -> Result<String, ChartError> {
        let scores = self.scores();
        let plot = self.plot(size, &scores);
        let mut raw = String::new();
        {
            let canvas = Canvas::new(&mut raw, size);
            let time = TimeAxis::new(self.from, self.to, plot.width())?;
            canvas.text(&self.axis_note(&scores), (0.0, 8.0), Type::new(Ink::Text3))?;
            let axes = Axes::draw(&canvas, size, plot, time, scores)?;
            self.draw_breaks(&canvas, &axes)?;
            self.draw_events(&canvas, &axes)?;
            let mut drawn = self.draw_curves(&canvas, &axes)?;
            if drawn.is_empty() {
                axes.no_data(&canvas)?;
            }
            self.draw_lag(&canvas, &axes, &mut drawn)?;
            self.draw_gap(&canvas, &axes, &mut drawn)?;
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

    /// The unit, and where the axis starts if that is not 0.
    fn axis_note(&self, scores: &ValueAxis) -> String {
        let unit = match self.unit {
            Unit::Percent | Unit::Fraction => "Score, %",
            Unit::Elo => "Score, Elo",
            Unit::Index => "Index",
            Unit::Minutes => "Minutes",
        };
        if scores.low() == 0.0 {
            unit.to_owned()
        } else {
            format!("{unit} · axis starts at {}", text::score(scores.low(), text::decimals(scores.low())))
        }
    }

    fn draw_breaks(&self, canvas: &Canvas<'_>, axes: &Axes<'_>) -> Result<(), ChartError> {
        for b in self.breaks.iter().filter(|b| b.from < b.to && b.to > self.from && b.from < self.to) {
            axes.hatch(canvas, b, (self.from, self.to))?;
        }
        Ok(())
    }

    fn draw_events(&self, canvas: &Canvas<'_>, axes: &Axes<'_>) -> Result<(), ChartError> {
        let mut free = 0.0;
        for (at, label) in self.events.iter().filter(|(at, _)| (self.from..=self.to).contains(at)) {
            let x = axes.x(*at);
            canvas.line(
                &[(x, axes.plot.top - 4.0), (x, axes.plot.bottom)],
                Stroke::new(Ink::Text3, 1.0, Dash::Deadline),
            )?;
            let label = text::fit(label, axes.plot.width(), TEXT, false);
            let width = text::width(&label, TEXT, false);
            let left = (x - width / 2.0).min(axes.plot.right - width).max(axes.plot.left);
            // A remark that would stand on its neighbour keeps its line and leaves its words to the table.
            if left >= free {
                canvas.text(&label, (left, axes.plot.top - 13.0), Type::new(Ink::Text))?;
                free = left + width + 8.0;
            }
        }
        Ok(())
    }

    /// Draws the curves with their marks; gives the corners of the lines.
    fn draw_curves(&self, canvas: &Canvas<'_>, axes: &Axes<'_>) -> Result<Vec<Vec<Px>>, ChartError> {
        let spans = spans(self.from, self.end(), &self.breaks);
        let mut drawn = Vec::new();
        for curve in &self.curves {
            let values: Vec<_> = curve.bests.iter().map(|b| At { at: b.at, value: b.score }).collect();
            for span in &spans {
                let line = corners(&values, *span, |at| axes.x(at), |v| axes.y(v));
                canvas.line(&line, Stroke::new(curve.side.ink(), 2.0, Dash::Solid))?;
                drawn.extend((!line.is_empty()).then_some(line));
            }
            self.draw_bests(canvas, axes, curve)?;
        }
        Ok(drawn)
    }

    /// A mark at each change, thinned where marks would cover each other; the newest always stays.
    fn draw_bests(&self, canvas: &Canvas<'_>, axes: &Axes<'_>, curve: &Curve) -> Result<(), ChartError> {
        let mut last: Option<Px> = None;
        // A step that repeats what stood before is no new best.
        let news = curve.bests.iter().enumerate().filter(|(i, best)| {
            let before = i.checked_sub(1).and_then(|i| curve.bests.get(i));
            before.is_none_or(|b| (b.score, &b.model) != (best.score, &best.model))
        });
        let shown = news.map(|(_, best)| best).filter(|b| (self.from..=self.end()).contains(&b.at));
        let newest = shown.clone().map(|b| b.at).max();
        for best in shown {
            let at = (axes.x(best.at), axes.y(best.score));
            let near = last.is_some_and(|l| (l.0 - at.0).abs() < 7.0 && (l.1 - at.1).abs() < 7.0);
            if near && Some(best.at) != newest {
                continue;
            }
            last = Some(at);
            match curve.side {
                Side::Open => canvas.dot(at, 3.5, Ink::Open)?,
                Side::Closed => canvas.hollow_square(at, 3.25, Stroke::new(Ink::Closed, 1.5, Dash::Solid))?,
            }
        }
        Ok(())
    }

    fn standing(&self, curve: &Curve) -> Option<f64> {
        let values: Vec<_> = curve.bests.iter().map(|b| At { at: b.at, value: b.score }).collect();
        standing(&values, self.end())
    }

    /// The arrow between the ends of the first two curves; left out where there is no room for it.
    fn draw_gap(
        &self,
        canvas: &Canvas<'_>,
        axes: &Axes<'_>,
        drawn: &mut Vec<Vec<Px>>,
    ) -> Result<(), ChartError> {
        let (Some(gap), [a, b, ..]) = (&self.gap, self.curves.as_slice()) else { return Ok(()) };
        let (Some(a), Some(b)) = (self.standing(a), self.standing(b)) else { return Ok(()) };
        let (top, bottom) = (axes.y(a.max(b)) + 2.0, axes.y(a.min(b)) - 2.0);
        let x = axes.x(self.end()) - 12.0;
        if bottom - top < 14.0 || x < axes.plot.left + 40.0 {
            return Ok(());
        }
        canvas.line(&[(x, top), (x, bottom)], Stroke::new(Ink::Text, 1.0, Dash::Solid))?;
        for (tip, toward) in [(top, 1.0), (bottom, -1.0)] {
            let head = [(x - 3.0, tip + toward * 5.0), (x, tip), (x + 3.0, tip + toward * 5.0)];
            canvas.line(&head, Stroke::new(Ink::Text, 1.0, Dash::Solid))?;
        }
        let label = text::fit(&gap.label, 110.0, TEXT, true);
        let width = text::width(&label, TEXT, true);
        let middle = f64::midpoint(top, bottom);
        let rows = [middle, top + 10.0, bottom - 10.0];
        // Beside the arrow, else under or over it.
        let beside = rows.map(|y| (x - 7.0 - width / 2.0, y));
        let away =
            [bottom + 14.0, bottom + 30.0, top - 14.0, bottom + 46.0].map(|y| (x + 8.0 - width / 2.0, y));
        let mut places = [beside.as_slice(), &away].concat();
        places.retain(|(_, row)| *row > axes.plot.top + 8.0 && *row < axes.plot.bottom - 8.0);
        measure_label(canvas, &label, &places, drawn)
    }

    /// The arrow from where one side reached a score to where the other did.
    fn draw_lag(
        &self,
        canvas: &Canvas<'_>,
        axes: &Axes<'_>,
        drawn: &mut Vec<Vec<Px>>,
    ) -> Result<(), ChartError> {
        let Some(lag) = &self.lag else { return Ok(()) };
        let (left, right) =
            (axes.x(lag.from.clamp(self.from, self.to)), axes.x(lag.to.clamp(self.from, self.to)));
        let label = text::fit(&lag.label, 110.0, TEXT, true);
        let width = text::width(&label, TEXT, true);
        if right - left < 24.0 {
            return Ok(());
        }
        let y = axes.y(lag.score);
        canvas.line(&[(left, y), (right, y)], Stroke::new(Ink::Text, 1.0, Dash::Fine))?;
        for (tip, toward) in [(left, 1.0), (right, -1.0)] {
            let head = [(tip + toward * 5.0, y - 3.0), (tip, y), (tip + toward * 5.0, y + 3.0)];
            canvas.line(&head, Stroke::new(Ink::Text, 1.0, Dash::Solid))?;
        }
        let below = (y + 12.0).min(axes.plot.bottom - 9.0);
        let above = (y - 12.0).max(axes.plot.top + 9.0);
        let half = width / 2.0 + 8.0;
        let columns = [f64::midpoint(left, right), right - half, left + half, right + half, left - half];
        let places: Vec<_> = [below, above, below + 14.0, below + 28.0]
            .into_iter()
            .flat_map(|row| columns.map(|x| (x, row)))
            .filter(|(x, row)| {
                *row < axes.plot.bottom - 8.0 && x + half < axes.plot.right && x - half > axes.plot.left
            })
            .collect();
        measure_label(canvas, &label, &places, drawn)
    }

    fn draw_ends(&self, canvas: &Canvas<'_>, axes: &Axes<'_>, size: (u32, u32)) -> Result<(), ChartError> {
        let x = axes.x(self.end());
        let labels: Vec<_> = self
            .curves
            .iter()
            .filter_map(|c| {
                self.end_label(c, label_room(size))
                    .map(|(score, name, model)| (axes.y(score), c, name, model))
            })
            .collect();
        let wanted: Vec<_> = labels.iter().map(|l| l.0).collect();
        let places = labels::spread(&wanted, LABEL, axes.plot.top + 4.0, axes.plot.bottom - LABEL / 2.0);
        for ((y, curve, name, model), place) in labels.into_iter().zip(places) {
            // The first of the two lines stands at the height of the curve.
            let place = place.max(12.0);
            if (y - place).abs() > 3.0 {
                let hair = [(x + 2.0, y), (x + TO_LABEL - 3.0, place)];
                canvas.line(&hair, Stroke::new(Ink::Edge, 0.75, Dash::Solid))?;
            }
            canvas.text(&name, (x + TO_LABEL, place), Type::new(curve.side.ink()).bold(true))?;
            canvas.text(&model, (x + TO_LABEL, place + 15.0), Type::new(Ink::Text3))?;
        }
        Ok(())
    }
}

/// Writes a measure's label, its middle at the first place where it covers no curve.
fn measure_label(
    canvas: &Canvas<'_>,
    label: &str,
    places: &[Px],
    drawn: &mut Vec<Vec<Px>>,
) -> Result<(), ChartError> {
    let half = (text::width(label, TEXT, true) / 2.0 + 3.0, 7.0);
    let covers = |at: Px| {
        drawn.iter().flat_map(|line| line.windows(2)).any(|s| {
            let apart =
                |a: f64, b: f64, middle: f64, half: f64| a.max(b) < middle - half || a.min(b) > middle + half;
            !apart(s[0].0, s[1].0, at.0, half.0) && !apart(s[0].1, s[1].1, at.1, half.1 + 1.0)
        })
    };
    let Some(at) = places.iter().find(|at| !covers(**at)).or(places.first()).copied() else { return Ok(()) };
    canvas.rect((at.0 - half.0, at.1 - half.1), (at.0 + half.0, at.1 + half.1), Ink::Paper)?;
    canvas.text(label, at, Type::new(Ink::Text).bold(true).at(HPos::Center, VPos::Center))?;
    // The next label keeps clear of this one: a segment counts as the box around it.
    drawn.push(vec![(at.0 - half.0, at.1 - half.1), (at.0 + half.0, at.1 + half.1)]);
    Ok(())
}

/// The widest label at a curve's end, in CSS pixels.
fn label_room(size: (u32, u32)) -> f64 {
    if size.0 < 500 { 100.0 } else { 170.0 }
}
