//! Tables of lines and columns: CSV and Markdown.

use std::collections::HashMap;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::{ExtractError, MAX_ROWS};
use crate::document::Format;

/// More columns than any leaderboard has.
const MAX_COLUMNS: usize = 2_000;

/// One table with its header.
pub(super) struct Grid {
    pub(super) heading: Option<String>,
    pub(super) header: Header,
    pub(super) rows: Vec<Vec<String>>,
}

/// The columns of a table by name.
pub(super) struct Header {
    positions: HashMap<String, usize>,
}

impl Header {
    pub(super) fn new(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut positions = HashMap::new();
        for (i, name) in names.into_iter().enumerate() {
            positions.entry(name.into().trim().to_owned()).or_insert(i);
        }
        Self { positions }
    }

    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.positions.get(name.trim()).copied()
    }
}

/// Reads comma-separated lines; the first is the header.
pub(super) fn csv(text: &str, delimiter: u8) -> Result<Vec<Grid>, ExtractError> {
    let syntax = |e: csv::Error| ExtractError::Syntax { format: Format::Csv, reason: e.to_string() };
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let names: Vec<String> = reader.headers().map_err(syntax)?.iter().map(str::to_owned).collect();
    if names.len() > MAX_COLUMNS {
        return Err(ExtractError::TooMuch(format!("more than {MAX_COLUMNS} columns")));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(syntax)?;
        if rows.len() >= MAX_ROWS {
            return Err(ExtractError::TooMuch(format!("more than {MAX_ROWS} rows")));
        }
        rows.push(record.iter().take(MAX_COLUMNS).map(str::to_owned).collect());
    }
    Ok(vec![Grid { heading: None, header: Header::new(names), rows }])
}

/// Reads every table of a Markdown text, each with the heading it stands under.
pub(super) fn markdown(text: &str) -> Result<Vec<Grid>, ExtractError> {
    let mut grids: Vec<Grid> = Vec::new();
    let mut heading = None;
    // What text is being gathered: of a heading, of a cell, or none.
    let mut gathered: Option<String> = None;
    let mut in_table = false;
    let mut line: Vec<String> = Vec::new();
    let mut rows = 0;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. } | Tag::TableCell) => gathered = Some(String::new()),
            Event::Start(Tag::Table(_)) => in_table = true,
            Event::End(TagEnd::Table) => in_table = false,
            Event::End(TagEnd::Heading(_)) => heading = gathered.take().map(|text| text.trim().to_owned()),
            Event::End(TagEnd::TableCell) => line.push(gathered.take().unwrap_or_default().trim().to_owned()),
            Event::End(TagEnd::TableHead) => {
                let header = Header::new(std::mem::take(&mut line));
                grids.push(Grid { heading: heading.clone(), header, rows: Vec::new() });
            }
            Event::End(TagEnd::TableRow) => {
                rows += 1;
                if rows > MAX_ROWS {
                    return Err(ExtractError::TooMuch(format!("more than {MAX_ROWS} rows")));
                }
                if let Some(grid) = grids.last_mut().filter(|_| in_table) {
                    grid.rows.push(std::mem::take(&mut line));
                }
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(gathered) = &mut gathered {
                    gathered.push_str(&text);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                if let Some(gathered) = &mut gathered {
                    gathered.push(' ');
                }
            }
            _ => {}
        }
    }
    Ok(grids)
}
