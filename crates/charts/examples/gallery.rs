//! Writes a page with every chart, in light and dark, and the share image: `cargo run --example gallery -- DIR`.

use std::{error::Error, fmt::Write as _, fs, path::PathBuf};

use bellwether_charts::Palette;

#[path = "../tests/it/sample.rs"]
mod sample;

const TOKENS: &str = "
@font-face{font-family:'Source Sans 3';src:url(regular.ttf)}
@font-face{font-family:'Source Sans 3';font-weight:600;src:url(semibold.ttf)}
:root{--paper:#FBFAF7;--sunk:#F3F1EB;--ink:#1A1D21;--ink-2:#454C54;--ink-3:#5F6770;--rule:#E2DED5;--edge:#7F858C;
--up:#0A5CA8;--down:#AD4A06;--open:#00786C;--closed:#6B2C91}
[data-theme=dark]{--paper:#14161A;--sunk:#101215;--ink:#ECEAE5;--ink-2:#BDC1C6;--ink-3:#979DA5;--rule:#2D3138;
--edge:#7C838C;--up:#6CB2F5;--down:#F0945A;--open:#4CC2B2;--closed:#C596E6}
body{margin:0;font:13px 'Source Sans 3',sans-serif}section{background:var(--paper);color:var(--ink);padding:16px}
figure{display:inline-block;margin:8px 16px 8px 0;vertical-align:top}figcaption{color:var(--ink-3);margin-bottom:8px}";

fn main() -> Result<(), Box<dyn Error>> {
    let dir = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "target/gallery".to_owned()));
    fs::create_dir_all(&dir)?;
    fs::write(dir.join("regular.ttf"), include_bytes!("../fonts/SourceSans3-Regular.ttf"))?;
    fs::write(dir.join("semibold.ttf"), include_bytes!("../fonts/SourceSans3-Semibold.ttf"))?;
    let mut body = String::new();
    for theme in ["light", "dark"] {
        write!(body, "<section data-theme={theme}>")?;
        for (name, chart) in sample::probability_charts() {
            let drawn = chart.draw(Palette::Page)?;
            write!(body, "<figure><figcaption>{name}</figcaption>{}{}</figure>", drawn.wide, drawn.narrow)?;
        }
        for (name, chart) in sample::frontier_charts() {
            let drawn = chart.draw(Palette::Page)?;
            write!(body, "<figure><figcaption>{name}</figcaption>{}{}</figure>", drawn.wide, drawn.narrow)?;
        }
        for (name, line) in sample::sparklines() {
            write!(body, "<figure><figcaption>{name}</figcaption>{}</figure>", line.draw(Palette::Page)?)?;
        }
        for (name, strip) in sample::strips() {
            write!(body, "<figure><figcaption>{name}</figcaption>{}</figure>", strip.draw(Palette::Page)?)?;
        }
        body.push_str("</section>");
    }
    let page =
        format!("<!doctype html><meta charset=utf-8><title>Charts</title><style>{TOKENS}</style>{body}");
    fs::write(dir.join("index.html"), page)?;
    for (n, image) in sample::share_images().into_iter().enumerate() {
        fs::write(dir.join(format!("share-{n}.png")), image.png()?)?;
    }
    for (name, chart) in sample::probability_charts().into_iter().take(1) {
        fs::write(dir.join("alone-dark.svg"), chart.draw(Palette::Dark)?.wide)?;
        println!("{name}: see {}", dir.display());
    }
    Ok(())
}
