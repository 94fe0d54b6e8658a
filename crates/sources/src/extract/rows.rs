//! Bytes to parsed files, parsed files to rows.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use scraper::Html;
use serde_json::Value;
use serde_json_path::PathElement;

use super::{
    ExtractError, MAX_ROWS,
    cells::RowView,
    grid::{self, Grid},
    html, tree,
};
use crate::{
    document::{Format, RowSelector},
    snapshot::{self, PackingError},
};

/// A text of which more than this share had to be replaced is in another encoding than it says.
const MAX_REPLACED_SHARE: f64 = 0.001;

/// The parsed files of a snapshot: one, or the pages or files that stand together. The text is the path in a folder.
pub(super) enum Parsed {
    Trees(Vec<(String, Value)>),
    Grids(Vec<(String, Vec<Grid>)>),
    Pages(Vec<(String, Html)>),
}

/// Unpacks gzip, and the member of a zip archive.
pub(super) fn unpack<'a>(bytes: &'a [u8], member: Option<&str>) -> Result<Cow<'a, [u8]>, ExtractError> {
    let bytes = snapshot::gunzip(bytes)?;
    match member {
        Some(member) if snapshot::is_zip(&bytes) => Ok(snapshot::zip_member(&bytes, member)?.into()),
        None if snapshot::is_zip(&bytes) => {
            Err(ExtractError::NotText("a zip archive; the document must name the `member` to read".into()))
        }
        // A member that was saved by itself is as good as its archive.
        _ if bytes.len() as u64 > snapshot::MAX_UNPACKED_BYTES => Err(PackingError::TooLarge.into()),
        _ => Ok(bytes),
    }
}

/// Parses one file.
pub(super) fn parse(bytes: &[u8], format: Format, delimiter: u8, file: &str) -> Result<Parsed, ExtractError> {
    let text = decode(bytes, format)?;
    if format != Format::Html && looks_like_a_page(&text) && format != Format::Markdown {
        return Err(ExtractError::UnexpectedContent(format));
    }
    let file = file.to_owned();
    match format {
        Format::Json | Format::Yaml | Format::Toml => {
            Ok(Parsed::Trees(vec![(file, tree::parse(&text, format)?)]))
        }
        Format::Csv => Ok(Parsed::Grids(vec![(file, grid::csv(&text, delimiter)?)])),
        Format::Markdown => Ok(Parsed::Grids(vec![(file, grid::markdown(&text)?)])),
        Format::Html => Ok(Parsed::Pages(vec![(file, html::parse(&text)?)])),
    }
}

fn looks_like_a_page(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(15).collect::<String>().to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

/// The text of a file: by its byte order mark, by what an HTML page declares, else UTF-8.
fn decode(bytes: &[u8], format: Format) -> Result<Cow<'_, str>, ExtractError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ExtractError::Empty);
    }
    let declared = if format == Format::Html { declared_encoding(bytes) } else { None };
    let (encoding, bytes) = match Encoding::for_bom(bytes) {
        Some((encoding, len)) => (encoding, &bytes[len..]),
        None => (declared.unwrap_or(UTF_8), bytes),
    };
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    if text.contains('\0') {
        return Err(ExtractError::NotText("it has NUL bytes".into()));
    }
    if had_errors {
        if format == Format::Json {
            return Err(ExtractError::NotText("JSON must be UTF-8".into()));
        }
        let replaced = text.chars().filter(|c| *c == char::REPLACEMENT_CHARACTER).count();
        if replaced as f64 > MAX_REPLACED_SHARE * text.chars().count() as f64 {
            return Err(ExtractError::NotText(format!("{replaced} characters are not {}", encoding.name())));
        }
    }
    Ok(text)
}

/// The encoding that a page's head declares.
fn declared_encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).to_ascii_lowercase();
    let (_, rest) = head.split_once("charset=")?;
    let label: String = rest
        .trim_start_matches(['"', '\''])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .collect();
    Encoding::for_label(label.as_bytes())
}

impl Parsed {
    /// No file at all, of a format.
    pub(super) fn none(format: Format) -> Self {
        match format {
            Format::Json | Format::Yaml | Format::Toml => Self::Trees(Vec::new()),
            Format::Csv | Format::Markdown => Self::Grids(Vec::new()),
            Format::Html => Self::Pages(Vec::new()),
        }
    }

    /// Adds a further page or file.
    pub(super) fn append(&mut self, other: Self) {
        match (self, other) {
            (Self::Trees(all), Self::Trees(more)) => all.extend(more),
            (Self::Grids(all), Self::Grids(more)) => all.extend(more),
            (Self::Pages(all), Self::Pages(more)) => all.extend(more),
            // The files of one snapshot are parsed with one format.
            _ => {}
        }
    }

    /// The first tree, where the version and groups stand.
    pub(super) fn first_tree(&self) -> Option<&Value> {
        match self {
            Self::Trees(trees) => trees.first().map(|(_, tree)| tree),
            Self::Grids(_) | Self::Pages(_) => None,
        }
    }

    /// The rows that a document asks for, in the file's order.
    pub(super) fn rows<'a>(&'a self, selector: &RowSelector) -> Result<Vec<RowView<'a>>, ExtractError> {
        let mut rows = Vec::new();
        match (self, selector) {
            (Self::Trees(trees), RowSelector::Path(path)) => {
                for (file, tree) in trees {
                    for located in path.query_located(tree).iter() {
                        rows.push(tree_row(tree, located, file));
                        bounded(&rows)?;
                    }
                }
            }
            (Self::Grids(files), RowSelector::All | RowSelector::Heading(_)) => {
                for (file, grids) in files {
                    for grid in grids {
                        if let RowSelector::Heading(wanted) = selector
                            && grid.heading.as_deref() != Some(wanted.as_str())
                        {
                            continue;
                        }
                        rows.extend(grid.rows.iter().map(|cells| RowView::Grid {
                            header: &grid.header,
                            cells,
                            file,
                        }));
                        bounded(&rows)?;
                    }
                }
            }
            (Self::Pages(pages), RowSelector::Css(selector)) => {
                for (file, page) in pages {
                    let mut columns = html::ColumnsOfTables::default();
                    for element in page.select(selector).filter(|element| !html::is_header(*element)) {
                        rows.push(RowView::Html { element, columns: columns.of(element), file });
                        bounded(&rows)?;
                    }
                }
            }
            _ => {}
        }
        Ok(rows)
    }
}

fn bounded(rows: &[RowView<'_>]) -> Result<(), ExtractError> {
    if rows.len() > MAX_ROWS {
        Err(ExtractError::TooMuch(format!("more than {MAX_ROWS} rows")))
    } else {
        Ok(())
    }
}

fn tree_row<'a>(tree: &'a Value, located: &serde_json_path::LocatedNode<'a>, file: &'a str) -> RowView<'a> {
    let mut parent = None;
    let mut here = tree;
    let mut key = None;
    for element in located.location().iter() {
        if let Value::Object(map) = here {
            parent = Some(map);
        }
        let next = match element {
            PathElement::Name(name) => {
                key = Some((*name).to_owned());
                here.get(name)
            }
            PathElement::Index(index) => {
                key = None;
                here.get(index)
            }
        };
        // A located path leads where it was found.
        let Some(next) = next else { break };
        here = next;
    }
    RowView::Tree { node: located.node(), key, parent, file }
}
