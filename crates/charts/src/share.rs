//! The picture that stands for a claim where its address is shared.

use std::sync::{Arc, LazyLock};

use plotters::style::text_anchor::{HPos, VPos};
use resvg::{tiny_skia, usvg};

use crate::{
    Caption, ChartError, Palette, Sparkline,
    canvas::{Canvas, Stroke, Type},
    finish::{Frame, finish},
    text,
    theme::{Dash, Ink},
};

/// A claim as a picture of 1200 x 630 pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct ShareImage {
    /// The claim's title.
    pub title: String,
    /// The number as pages write it: "75%", or "Yes" once settled.
    pub number: String,
    /// Its movement in words, "3 pts (7 d)", and whether it rose; a mark stands for the direction.
    pub movement: Option<(Option<bool>, String)>,
    /// What the number is made of and when it is due: "from evidence, 18 items · by Q1 2027".
    pub note: String,
    /// The way it took.
    pub sparkline: Sparkline,
}

const SIZE: (u32, u32) = (1200, 630);
const LEFT: f64 = 64.0;
const RIGHT: f64 = 1136.0;

/// The bundled cuts, so that a machine without fonts draws the same picture.
static FONTS: LazyLock<Arc<usvg::fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = usvg::fontdb::Database::new();
    fonts.load_font_data(include_bytes!("../fonts/SourceSans3-Regular.ttf").to_vec());
    fonts.load_font_data(include_bytes!("../fonts/SourceSans3-Semibold.ttf").to_vec());
    fonts.set_sans_serif_family("Source Sans 3");
    Arc::new(fonts)
});

impl ShareImage {
    /// The picture as SVG in the colours of light paper.
    pub fn svg(&self) -> Result<String, ChartError> {
        let mut raw = String::new();
        {
            let canvas = Canvas::new(&mut raw, SIZE);
            self.paint(&canvas)?;
            canvas.present()?;
        }
        let caption = Caption {
            id: "share".to_owned(),
            title: self.title.clone(),
            desc: format!("{} {}", self.number, self.note),
        };
        let frame =
            Frame { caption: &caption, suffix: "p", size: SIZE, class: "share", ground: true, hatch: false };
        Ok(finish(&raw, &frame, Palette::Light))
    }

    /// The picture as PNG. Takes some tens of milliseconds: keep the result.
    pub fn png(&self) -> Result<Vec<u8>, ChartError> {
        let options = usvg::Options {
            font_family: "Source Sans 3".to_owned(),
            fontdb: Arc::clone(&FONTS),
            ..usvg::Options::default()
        };
        let failed = |e: &dyn std::fmt::Display| ChartError::Rendering(e.to_string());
        let tree = usvg::Tree::from_str(&self.svg()?, &options).map_err(|e| failed(&e))?;
        let mut pixels =
            tiny_skia::Pixmap::new(SIZE.0, SIZE.1).ok_or_else(|| failed(&"no memory for the picture"))?;
        resvg::render(&tree, tiny_skia::Transform::identity(), &mut pixels.as_mut());
        pixels.encode_png().map_err(|e| failed(&e))
    }

    fn paint(&self, canvas: &Canvas<'_>) -> Result<(), ChartError> {
        let top = |ink, px| Type::new(ink).px(px).at(HPos::Left, VPos::Top);
        canvas.line(&[(LEFT, 96.0), (RIGHT, 96.0)], Stroke::new(Ink::Text, 3.0, Dash::Solid))?;
        canvas.text("Bellwether", (LEFT, 48.0), top(Ink::Text, 32.0).bold(true))?;
        let lines = text::wrap(&self.title, RIGHT - LEFT, 54.0, true, 3);
        for (n, line) in lines.iter().enumerate() {
            canvas.text(line, (LEFT, 132.0 + 64.0 * n as f64), top(Ink::Text, 54.0).bold(true))?;
        }
        let number = text::fit(&self.number, 560.0, 150.0, true);
        canvas.text(&number, (LEFT - 6.0, 392.0), top(Ink::Text, 150.0).bold(true))?;
        if let Some((rose, words)) = &self.movement {
            let left = LEFT + text::width(&number, 150.0, true) + 28.0;
            let ink = match rose {
                Some(true) => Ink::Up,
                Some(false) => Ink::Down,
                None => Ink::Text2,
            };
            if let Some(up) = rose {
                canvas.triangle((left + 13.0, 482.0), 24.0, *up, ink)?;
            }
            let indent = if rose.is_some() { 38.0 } else { 0.0 };
            let words = text::fit(words, 300.0, 38.0, true);
            canvas.text(&words, (left + indent, 466.0), top(ink, 38.0).bold(true))?;
        }
        let note = text::fit(&self.note, RIGHT - LEFT, 30.0, false);
        canvas.text(&note, (LEFT, 556.0), top(Ink::Text3, 30.0))?;
        self.sparkline.trace(canvas, ((760.0, 400.0), (RIGHT - 12.0, 510.0)), 5.0)?;
        Ok(())
    }
}
