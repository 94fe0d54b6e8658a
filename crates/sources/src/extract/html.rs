//! Pages: parsed only when that can be done in bounded time, read by selectors and by the columns of their tables.

use std::{collections::HashMap, rc::Rc};

use scraper::{ElementRef, Html};

use super::ExtractError;
use crate::document::Format;

/// Elements open inside each other; browsers stop at 512.
const MAX_DEPTH: usize = 256;
/// Steps that the tree builder may take: it looks back over the open elements at each tag, and opens unclosed
/// formatting again in each paragraph.
const MAX_STEPS: u64 = 40_000_000;
/// A cell may say that it spans so many columns; what says more is lying.
const MAX_SPAN: usize = 1_000;

/// Elements that never hold others.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];
/// Elements that the next one of their kind closes.
const IMPLIED: [&str; 15] = [
    "p", "li", "dt", "dd", "td", "th", "tr", "thead", "tbody", "tfoot", "option", "optgroup", "rb", "rt",
    "rp",
];

/// Parses a page, unless its nesting would make that slow.
pub(super) fn parse(text: &str) -> Result<Html, ExtractError> {
    check(text)?;
    let page = Html::parse_document(text);
    if page.root_element().child_elements().next().is_none() {
        return Err(ExtractError::Syntax { format: Format::Html, reason: "no element".into() });
    }
    Ok(page)
}

/// Goes over the tags once, counting what is open.
fn check(text: &str) -> Result<(), ExtractError> {
    let bytes = text.as_bytes();
    let (mut depth, mut steps, mut at) = (0_usize, 0_u64, 0_usize);
    while let Some(found) = bytes[at..].iter().position(|b| *b == b'<') {
        at += found + 1;
        let rest = &bytes[at..];
        if rest.starts_with(b"!--") {
            at = text[at..].find("-->").map_or(bytes.len(), |end| at + end);
            continue;
        }
        let closing = rest.first() == Some(&b'/');
        let name_at = at + usize::from(closing);
        let len = bytes[name_at..].iter().take(32).take_while(|b| b.is_ascii_alphanumeric()).count();
        if len == 0 || !bytes[name_at].is_ascii_alphabetic() {
            continue;
        }
        let name = text[name_at..name_at + len].to_ascii_lowercase();
        if matches!(name.as_str(), "script" | "style") && !closing {
            let end = if name == "script" { "</script" } else { "</style" };
            at = find_ignoring_case(bytes, at, end.as_bytes()).unwrap_or(bytes.len());
            continue;
        }
        if VOID.contains(&name.as_str()) || IMPLIED.contains(&name.as_str()) {
            steps += depth as u64 + 1;
        } else if closing {
            depth = depth.saturating_sub(1);
        } else {
            depth += 1;
            steps += depth as u64;
        }
        if depth > MAX_DEPTH {
            return Err(ExtractError::TooMuch(format!("elements nested more than {MAX_DEPTH} deep")));
        }
        if steps > MAX_STEPS {
            return Err(ExtractError::TooMuch("the page has too many unclosed elements".into()));
        }
    }
    Ok(())
}

fn find_ignoring_case(bytes: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    bytes[from..].windows(what.len()).position(|w| w.eq_ignore_ascii_case(what)).map(|found| from + found)
}

/// The text of an element, blanks folded.
pub(super) fn text(element: ElementRef<'_>) -> String {
    let mut out = String::new();
    for part in element.text() {
        for word in part.split_whitespace() {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
        }
    }
    out
}

/// Whether an element is a table row of header cells only, which is no row of data.
pub(super) fn is_header(element: ElementRef<'_>) -> bool {
    let mut cells = element.child_elements().map(|cell| cell.value().name()).peekable();
    element.value().name() == "tr" && cells.peek().is_some() && cells.all(|name| name == "th")
}

/// The columns of an HTML table by the texts of its header.
pub(super) struct Columns(HashMap<String, usize>);

/// The columns of the table that the last row stood in: the rows of a table follow one another.
#[derive(Default)]
pub(super) struct ColumnsOfTables<'a>(Option<(ElementRef<'a>, Option<Rc<Columns>>)>);

impl<'a> ColumnsOfTables<'a> {
    /// The columns of the nearest table around a row.
    pub(super) fn of(&mut self, row: ElementRef<'a>) -> Option<Rc<Columns>> {
        let table = row.ancestors().filter_map(ElementRef::wrap).find(|e| e.value().name() == "table")?;
        match &self.0 {
            Some((last, columns)) if *last == table => columns.clone(),
            _ => self.0.insert((table, columns(table).map(Rc::new))).1.clone(),
        }
    }
}

fn columns(table: ElementRef<'_>) -> Option<Columns> {
    let header = table
        .descendent_elements()
        .filter(|e| e.value().name() == "tr")
        .find(|tr| tr.child_elements().any(|cell| cell.value().name() == "th"))?;
    let mut names = HashMap::new();
    for (at, cell) in positioned(header) {
        names.entry(text(cell)).or_insert(at);
    }
    Some(Columns(names))
}

/// The cells of a row with the columns they begin in.
fn positioned(row: ElementRef<'_>) -> impl Iterator<Item = (usize, ElementRef<'_>)> {
    row.child_elements().filter(|cell| matches!(cell.value().name(), "td" | "th")).scan(
        0_usize,
        |next, cell| {
            let at = *next;
            let span = cell.attr("colspan").and_then(|s| s.trim().parse().ok()).unwrap_or(1_usize);
            *next = at.saturating_add(span.clamp(1, MAX_SPAN));
            Some((at, cell))
        },
    )
}

/// The text of the cell under a header.
pub(super) fn column(row: ElementRef<'_>, columns: &Columns, name: &str) -> Option<String> {
    let wanted = columns.0.get(name.trim())?;
    positioned(row).find(|(at, _)| at == wanted).map(|(_, cell)| text(cell))
}
