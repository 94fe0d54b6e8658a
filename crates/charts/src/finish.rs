//! Turns plotters' SVG into ours: the page's colours, a title, small paths, no attribute that the content policy forbids.
//!
//! Plotters writes one tag or one text per line and escapes `<` in texts, so a line that begins with `<` is a tag.

use std::fmt::Write as _;

use crate::{
    Caption, Palette,
    canvas::{SCALE, TEXT},
    text, theme,
};

/// What stands around a finished drawing.
pub(crate) struct Frame<'a> {
    pub(crate) caption: &'a Caption,
    /// Told apart from the chart's other drawing: `w`, `n`.
    pub(crate) suffix: &'a str,
    /// Size in CSS pixels.
    pub(crate) size: (u32, u32),
    /// The classes of the root element.
    pub(crate) class: &'a str,
    /// Paint the ground; a drawing that stands alone has no page beneath it.
    pub(crate) ground: bool,
    /// Define the hatched pattern.
    pub(crate) hatch: bool,
}

/// Finishes a drawing.
pub(crate) fn finish(raw: &str, frame: &Frame<'_>, palette: Palette) -> String {
    let id = format!("{}-{}", text::id(&frame.caption.id), frame.suffix);
    let mut out = String::with_capacity(raw.len());
    head(&mut out, frame, palette, &id);
    for line in raw.lines().skip(1) {
        match line.strip_prefix('<') {
            Some(tag) if !tag.starts_with('/') => rewrite(&mut out, tag, palette, &id),
            _ => out.push_str(line),
        }
    }
    out
}

fn head(out: &mut String, frame: &Frame<'_>, palette: Palette, id: &str) {
    let (w, h) = frame.size;
    let (vw, vh) = (w * SCALE, h * SCALE);
    let (title, desc) = (text::escape(&frame.caption.title), text::escape(&frame.caption.desc));
    let font = TEXT * f64::from(SCALE);
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" class="{}" role="img" aria-labelledby="{id}-t {id}-d" width="{w}" height="{h}" viewBox="0 0 {vw} {vh}" font-family="'Source Sans 3',system-ui,sans-serif" font-size="{font}"><title id="{id}-t">{title}</title><desc id="{id}-d">{desc}</desc>"#,
        frame.class,
    );
    if frame.hatch {
        let (rule, cell, stroke) = (theme::value(theme::Ink::Edge, palette), 6 * SCALE, SCALE);
        let _ = write!(
            out,
            r#"<defs><pattern id="{id}-hatch" width="{cell}" height="{cell}" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V{cell}" stroke="{rule}" stroke-width="{stroke}"/></pattern></defs>"#,
        );
    }
    if frame.ground {
        let _ = write!(
            out,
            r#"<path d="M0 0H{vw}V{vh}H0Z" fill="{}"/>"#,
            theme::value(theme::Ink::Paper, palette)
        );
    }
}

/// Writes a start tag with its attributes in our terms; `tag` is without its first `<`.
fn rewrite(out: &mut String, tag: &str, palette: Palette, id: &str) {
    let name = tag.split([' ', '/', '>']).next().unwrap_or_default();
    let filled = attributes(tag).any(|(k, v)| k == "fill" && v != "none");
    let path = matches!(name, "polyline" | "polygon");
    out.push('<');
    out.push_str(if path { "path" } else { name });
    for (key, value) in attributes(tag) {
        match (key, value) {
            ("opacity", "1") | ("text-anchor", "start") | ("stroke", "none") | ("font-family", _) => {}
            ("stroke-width", _) if filled => {}
            ("font-weight", _) => attribute(out, "font-weight", "600"),
            ("font-size", size) => {
                let size = size.parse::<f64>().unwrap_or_default();
                if (size - TEXT * f64::from(SCALE)).abs() > 0.01 {
                    attribute(out, "font-size", &format!("{size:.0}"));
                }
            }
            ("points", points) => attribute(out, "d", &compact(points, name == "polygon")),
            ("fill" | "stroke", color) => match theme::resolve(color, palette, id, SCALE) {
                Some((color, dash)) => {
                    attribute(out, key, &color);
                    if let Some(dash) = dash {
                        attribute(out, "stroke-dasharray", &dash);
                    }
                }
                None => attribute(out, key, color),
            },
            _ => attribute(out, key, value),
        }
    }
    out.push_str(if tag.ends_with("/>") { "/>" } else { ">" });
}

fn attribute(out: &mut String, key: &str, value: &str) {
    let _ = write!(out, r#" {key}="{value}""#);
}

/// The attributes of a tag that plotters wrote: every value in double quotes, with `"` escaped inside.
fn attributes(tag: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = tag.split_once(' ').map_or("", |(_, rest)| rest);
    std::iter::from_fn(move || {
        let (key, tail) = rest.split_once("=\"")?;
        let (value, tail) = tail.split_once('"')?;
        rest = tail.trim_start();
        Some((key, value))
    })
}

/// A list of points as relative path commands: step lines shrink to a third, and compress better still.
fn compact(points: &str, close: bool) -> String {
    let mut out = String::new();
    let mut last: Option<(i32, i32)> = None;
    for pair in points.split_whitespace() {
        let Some((x, y)) = pair.split_once(',').and_then(|(x, y)| Some((x.parse().ok()?, y.parse().ok()?)))
        else {
            continue;
        };
        let _ = match last {
            None => write!(out, "M{x} {y}"),
            Some((lx, ly)) => match (x - lx, y - ly) {
                (0, 0) => Ok(()),
                (dx, 0) => write!(out, "h{dx}"),
                (0, dy) => write!(out, "v{dy}"),
                (dx, dy) if dy < 0 => write!(out, "l{dx}{dy}"),
                (dx, dy) => write!(out, "l{dx} {dy}"),
            },
        };
        last = Some((x, y));
    }
    if close {
        out.push('z');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_become_short_relative_commands() {
        assert_eq!(compact("4,8 12,8 12,2 12,2 20,-3 ", false), "M4 8h8v-6l8-5");
        assert_eq!(compact("0,0 4,4 ", true), "M0 0l4 4z");
        assert_eq!(compact("", false), "");
    }

    #[test]
    fn stand_ins_become_the_palettes_colours_and_dashes() {
        let mut out = String::new();
        rewrite(
            &mut out,
            "line opacity=\"1\" stroke=\"#010403\" stroke-width=\"4\" x1=\"0\"/>",
            Palette::Page,
            "a",
        );
        assert_eq!(out, r#"<line stroke="var(--ink-2)" stroke-dasharray="16 16" stroke-width="4" x1="0"/>"#);
        out.clear();
        rewrite(&mut out, "rect x=\"0\" fill=\"#01000B\" stroke=\"none\"/>", Palette::Light, "a");
        assert_eq!(out, r#"<rect x="0" fill="url(#a-hatch)"/>"#);
    }
}
