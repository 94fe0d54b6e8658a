//! Drawing in CSS pixels on plotters' SVG backend.
//!
//! Plotters rounds every coordinate to a whole unit, so the drawing area is [`SCALE`] times the shown size and the view
//! box scales it back.

use plotters::{
    backend::SVGBackend,
    coord::Shift,
    drawing::{DrawingArea, IntoDrawingArea as _},
    element::{Circle, PathElement, Polygon, Rectangle, Text},
    style::{
        Color as _, FontDesc, FontFamily, FontStyle, ShapeStyle, TextStyle,
        text_anchor::{HPos, Pos, VPos},
    },
};

use crate::{
    ChartError,
    theme::{Dash, Ink},
};

/// Units of the view box per CSS pixel.
pub(crate) const SCALE: u32 = 4;

/// Plotters writes a font's size divided by this.
const PLOTTERS_FONT: f64 = 1.24;

/// The size of chart text, in CSS pixels.
pub(crate) const TEXT: f64 = 13.0;

/// A point in CSS pixels.
pub(crate) type Px = (f64, f64);

/// Plotters' drawing area on an SVG.
pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// A length in CSS pixels, in units of the view box.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a coordinate of a drawing of at most some thousand pixels"
)]
pub(crate) fn unit(px: f64) -> i32 {
    (px * f64::from(SCALE)).round() as i32
}

fn units(px: f64) -> u32 {
    unit(px).unsigned_abs()
}

fn point(p: Px) -> (i32, i32) {
    (unit(p.0), unit(p.1))
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stroke {
    pub(crate) ink: Ink,
    pub(crate) px: f64,
    pub(crate) dash: Dash,
}

impl Stroke {
    pub(crate) fn new(ink: Ink, px: f64, dash: Dash) -> Self {
        Self { ink, px, dash }
    }

    fn style(self) -> ShapeStyle {
        self.ink.dashed(self.dash).stroke_width(units(self.px))
    }
}

/// How a text is set.
#[derive(Clone, Copy)]
pub(crate) struct Type {
    pub(crate) ink: Ink,
    pub(crate) px: f64,
    pub(crate) bold: bool,
    pub(crate) h: HPos,
    pub(crate) v: VPos,
}

impl Type {
    /// Chart text, its left edge and its middle at the point.
    pub(crate) fn new(ink: Ink) -> Self {
        Self { ink, px: TEXT, bold: false, h: HPos::Left, v: VPos::Center }
    }

    pub(crate) fn bold(self, bold: bool) -> Self {
        Self { bold, ..self }
    }

    pub(crate) fn px(self, px: f64) -> Self {
        Self { px, ..self }
    }

    pub(crate) fn at(self, h: HPos, v: VPos) -> Self {
        Self { h, v, ..self }
    }

    pub(crate) fn style(self) -> TextStyle<'static> {
        let weight = if self.bold { FontStyle::Bold } else { FontStyle::Normal };
        let size = self.px * f64::from(SCALE) * PLOTTERS_FONT;
        TextStyle {
            font: FontDesc::new(FontFamily::SansSerif, size, weight),
            color: self.ink.color().to_backend_color(),
            pos: Pos::new(self.h, self.v),
        }
    }
}

/// A drawing under way.
pub(crate) struct Canvas<'a> {
    pub(crate) area: Area<'a>,
}

impl<'a> Canvas<'a> {
    /// A drawing of `size` CSS pixels that is written to `svg`.
    pub(crate) fn new(svg: &'a mut String, size: (u32, u32)) -> Self {
        let area = SVGBackend::with_string(svg, (size.0 * SCALE, size.1 * SCALE)).into_drawing_area();
        Self { area }
    }

    /// Connects the points.
    pub(crate) fn line(&self, points: &[Px], stroke: Stroke) -> Result<(), ChartError> {
        if points.len() < 2 {
            return Ok(());
        }
        let points: Vec<_> = points.iter().copied().map(point).collect();
        Ok(self.area.draw(&PathElement::new(points, stroke.style()))?)
    }

    /// Fills the polygon.
    pub(crate) fn fill(&self, points: &[Px], ink: Ink, opacity: f64) -> Result<(), ChartError> {
        if points.len() < 3 {
            return Ok(());
        }
        let points: Vec<_> = points.iter().copied().map(point).collect();
        Ok(self.area.draw(&Polygon::new(points, ink.color().mix(opacity)))?)
    }

    /// Fills the rectangle between two corners.
    pub(crate) fn rect(&self, a: Px, b: Px, ink: Ink) -> Result<(), ChartError> {
        Ok(self.area.draw(&Rectangle::new([point(a), point(b)], ink.color().filled()))?)
    }

    /// A square around a point: its ground in paper, its edge in ink.
    pub(crate) fn hollow_square(&self, at: Px, half: f64, stroke: Stroke) -> Result<(), ChartError> {
        let ((left, top), (right, bottom)) = ((at.0 - half, at.1 - half), (at.0 + half, at.1 + half));
        self.rect((left, top), (right, bottom), Ink::Paper)?;
        // Plotters gives a rectangle's edge no width, so it is a line. It ends beyond its start, for a whole corner.
        let edge =
            [(left, top), (right, top), (right, bottom), (left, bottom), (left, top - stroke.px / 2.0)];
        self.line(&edge, stroke)
    }

    /// A filled circle.
    pub(crate) fn dot(&self, at: Px, radius: f64, ink: Ink) -> Result<(), ChartError> {
        Ok(self.area.draw(&Circle::new(point(at), units(radius), ink.color().filled()))?)
    }

    /// A circle with a paper ground.
    pub(crate) fn hollow_dot(&self, at: Px, radius: f64, stroke: Stroke) -> Result<(), ChartError> {
        self.dot(at, radius, Ink::Paper)?;
        Ok(self.area.draw(&Circle::new(point(at), units(radius), stroke.style()))?)
    }

    /// A triangle of the given height and nearly equal sides, its middle at the point.
    pub(crate) fn triangle(&self, at: Px, height: f64, up: bool, ink: Ink) -> Result<(), ChartError> {
        let half = height * 0.55;
        let tip = if up { -height / 2.0 } else { height / 2.0 };
        self.fill(&[(at.0 - half, at.1 - tip), (at.0 + half, at.1 - tip), (at.0, at.1 + tip)], ink, 1.0)
    }

    /// Sets a text; the text must be clean (see [`crate::text::clean`]).
    pub(crate) fn text(&self, text: &str, at: Px, kind: Type) -> Result<(), ChartError> {
        if text.is_empty() {
            return Ok(());
        }
        Ok(self.area.draw(&Text::new(text.to_owned(), point(at), kind.style()))?)
    }

    /// Ends the drawing.
    pub(crate) fn present(self) -> Result<(), ChartError> {
        Ok(self.area.present()?)
    }
}
