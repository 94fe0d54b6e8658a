//! Style sheet, script, font and icon: embedded, one address per content, cached for ever.
//!
//! The style sheet and the script are kept as several small files, one duty each, and served as one file each, so
//! that a page stays within six requests. Scripts are modules without imports: each is wrapped in a block of its own.

use std::{collections::BTreeMap, sync::LazyLock};

use axum::{
    body::Bytes,
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use bellwether_core::ids::Sha256;
use rust_embed::Embed;

#[derive(Embed)]
#[folder = "static/"]
struct Static;

const FONT: &str = "source-sans-3-latin-wght-normal.woff2";

/// The addresses that a page names, all with the content's hash in them.
#[derive(Debug)]
pub(crate) struct Assets {
    /// The style sheet.
    pub css: String,
    /// The script module.
    pub js: String,
    /// The font, preloaded.
    pub font: String,
    /// The icon of the tab.
    pub icon: String,
    files: BTreeMap<String, (&'static str, Bytes)>,
}

/// All assets of this build.
pub(crate) static ASSETS: LazyLock<Assets> = LazyLock::new(Assets::build);

impl Assets {
    fn build() -> Self {
        let mut files = BTreeMap::new();
        let mut add = |name: &str, mime: &'static str, bytes: Vec<u8>| {
            let hash = Sha256::of(&bytes).to_string();
            let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "bin"));
            let file = format!("{stem}.{}.{extension}", &hash[..12]);
            let path = format!("/assets/{file}");
            files.insert(file, (mime, Bytes::from(bytes)));
            path
        };
        let font = add(FONT, "font/woff2", read(&format!("font/{FONT}")));
        let icon = add("icon.svg", "image/svg+xml", read("icon.svg"));
        let css = joined("css/", "", "").replace(FONT, font.trim_start_matches("/assets/"));
        let css = add("app.css", "text/css; charset=utf-8", css.into_bytes());
        let js = add("app.js", "text/javascript; charset=utf-8", joined("js/", "{\n", "}\n").into_bytes());
        Self { css, js, font, icon, files }
    }
}

fn read(path: &str) -> Vec<u8> {
    Static::get(path).map(|file| file.data.into_owned()).unwrap_or_default()
}

/// All files of a folder in the order of their names, each between `before` and `after`.
fn joined(folder: &str, before: &str, after: &str) -> String {
    let mut names: Vec<_> = Static::iter().filter(|name| name.starts_with(folder)).collect();
    names.sort();
    names.iter().fold(String::new(), |mut all, name| {
        all.push_str(before);
        all.push_str(&String::from_utf8_lossy(&read(name)));
        all.push_str(after);
        all
    })
}

/// `GET /assets/{file}`.
pub(crate) async fn serve(Path(file): Path<String>) -> Response {
    let Some((mime, bytes)) = ASSETS.files.get(&file) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers =
        [(header::CONTENT_TYPE, *mime), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (headers, bytes.clone()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_asset_is_there_and_named_by_its_content() {
        for path in [&ASSETS.css, &ASSETS.js, &ASSETS.font, &ASSETS.icon] {
            let file = path.strip_prefix("/assets/").unwrap();
            let (_, bytes) = &ASSETS.files[file];
            assert!(bytes.len() > 100, "{path} is empty");
            assert!(file.contains(&Sha256::of(bytes).to_string()[..12]), "{path}");
        }
    }

    #[test]
    fn the_style_sheet_names_the_hashed_font() {
        let css = &ASSETS.files[ASSETS.css.strip_prefix("/assets/").unwrap()].1;
        let css = std::str::from_utf8(css).unwrap();
        assert!(css.contains(ASSETS.font.strip_prefix("/assets/").unwrap()));
    }

    /// Everything but the tokens takes its colours and lengths from the tokens.
    #[test]
    fn only_the_tokens_name_colours_and_lengths() {
        let literal = regex_lite(&["#", "px", "rem"]);
        for name in Static::iter().filter(|n| n.starts_with("css/") && !n.contains("tokens")) {
            let css = String::from_utf8(read(&name)).unwrap();
            for line in css.lines().filter(|l| !l.trim_start().starts_with("@media")) {
                assert!(!literal(line), "{name}: {line}");
            }
        }
    }

    /// Whether a declaration's value holds a colour in hexadecimal or a length in a fixed unit.
    fn regex_lite(units: &'static [&'static str]) -> impl Fn(&str) -> bool {
        move |line| {
            let Some((_, value)) = line.split_once(':').filter(|_| line.trim_end().ends_with(';')) else {
                return false;
            };
            value.split([' ', '(', ')', ',', ';']).any(|word| {
                (word.starts_with(units[0]) && word.len() > 3)
                    || units[1..].iter().any(|unit| {
                        word.strip_suffix(unit).is_some_and(|n| n.parse::<f64>().is_ok_and(|n| n != 0.0))
                    })
            })
        }
    }
}
