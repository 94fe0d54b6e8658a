//! The plot of a chart: grid, axes, and the way from instants and values to pixels.

use chrono::{DateTime, Utc};
use plotters::{
    backend::SVGBackend,
    chart::{ChartBuilder, ChartContext, LabelAreaPosition},
    coord::cartesian::Cartesian2d,
    style::{
        Color as _, TRANSPARENT,
        text_anchor::{HPos, VPos},
    },
};

use crate::{
    Break, ChartError,
    axis::{TimeAxis, ValueAxis},
    canvas::{Canvas, SCALE, Stroke, TEXT, Type, unit},
    text,
    theme::{Dash, Ink},
};

/// Where the plot stands within its drawing, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Plot {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

impl Plot {
    pub(crate) fn width(self) -> f64 {
        self.right - self.left
    }
}

/// The drawn axes.
pub(crate) struct Axes<'a> {
    pub(crate) plot: Plot,
    chart: ChartContext<'a, SVGBackend<'a>, Cartesian2d<TimeAxis, ValueAxis>>,
}

impl<'a> Axes<'a> {
    /// Draws a horizontal grid, the labels of both axes and the base line.
    pub(crate) fn draw(
        canvas: &Canvas<'a>,
        size: (u32, u32),
        plot: Plot,
        time: TimeAxis,
        values: ValueAxis,
    ) -> Result<Self, ChartError> {
        // Plotters counts the lower and right end as the first unit outside.
        let label_height = f64::from(size.1) - plot.bottom;
        let mut chart = ChartBuilder::on(&canvas.area)
            .margin_top(unit(plot.top))
            .margin_right(unit(f64::from(size.0) - plot.right))
            .set_label_area_size(LabelAreaPosition::Left, unit(plot.left))
            .set_label_area_size(LabelAreaPosition::Bottom, unit(label_height))
            .build_cartesian_2d(time, values)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            // Plotters leaves out the labels of a disabled axis, so ours is there but invisible.
            .axis_style(TRANSPARENT)
            .light_line_style(TRANSPARENT)
            .bold_line_style(Ink::Rule.color().stroke_width(SCALE))
            // Twice the size of the (invisible) tick is the distance of a label.
            .set_all_tick_mark_size(unit(3.0))
            .label_style(Type::new(Ink::Text3).at(HPos::Center, VPos::Center).style())
            .draw()?;
        canvas.line(
            &[(plot.left, plot.bottom), (plot.right, plot.bottom)],
            Stroke::new(Ink::Edge, 1.0, Dash::Solid),
        )?;
        Ok(Self { plot, chart })
    }

    /// The pixel column of an instant.
    pub(crate) fn x(&self, at: DateTime<Utc>) -> f64 {
        f64::from(self.chart.backend_coord(&(at, 0.0)).0) / f64::from(SCALE)
    }

    /// The pixel row of a value.
    pub(crate) fn y(&self, value: f64) -> f64 {
        f64::from(self.chart.backend_coord(&(self.start(), value)).1) / f64::from(SCALE)
    }

    /// Hatches a break, with its reason where there is room for it.
    pub(crate) fn hatch(
        &self,
        canvas: &Canvas<'_>,
        gap: &Break,
        window: (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<(), ChartError> {
        let left = self.x(gap.from.max(window.0));
        // A short break must still be seen.
        let right = self.x(gap.to.min(window.1)).max(left + 2.0);
        canvas.rect((left, self.plot.top), (right, self.plot.bottom), Ink::Hatch)?;
        let reason = text::clean(&gap.reason);
        let width = text::width(&reason, TEXT, false);
        if reason.is_empty() || right - left < width + 12.0 {
            return Ok(());
        }
        let (x, y, half) = (f64::midpoint(left, right), self.plot.top + 11.0, width / 2.0 + 4.0);
        canvas.rect((x - half, y - 9.0), (x + half, y + 9.0), Ink::Paper)?;
        canvas.text(&reason, (x, y), Type::new(Ink::Text3).at(HPos::Center, VPos::Center))
    }

    /// Says in the middle of the plot that there is nothing to draw.
    pub(crate) fn no_data(&self, canvas: &Canvas<'_>) -> Result<(), ChartError> {
        let at =
            (f64::midpoint(self.plot.left, self.plot.right), f64::midpoint(self.plot.top, self.plot.bottom));
        canvas.rect((at.0 - 44.0, at.1 - 10.0), (at.0 + 44.0, at.1 + 10.0), Ink::Paper)?;
        canvas.text("No data yet", at, Type::new(Ink::Text3).at(HPos::Center, VPos::Center))
    }

    fn start(&self) -> DateTime<Utc> {
        self.chart.x_range().start
    }
}
