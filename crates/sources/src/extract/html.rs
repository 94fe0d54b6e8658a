//! Pages: parsed only when that can be done in bounded time, read by selectors and by the columns of their tables.

use std::{cell::Cell, collections::HashMap, rc::Rc};

use html5ever::{
    ParseOpts,
    interface::Tracer,
    parse_document,
    tendril::{StrTendril, TendrilSink as _},
    tree_builder::{TreeBuilder, TreeSink},
};
use scraper::{ElementRef, Html, HtmlTreeSink};

use super::ExtractError;
use crate::document::Format;

/// Elements open inside each other, unclosed formatting included; browsers stop at 512.
const MAX_OPEN: usize = 256;
/// Elements, texts and comments of a page: the tree builder makes more of a broken page than was written.
const MAX_NODES: usize = 1_000_000;
/// Steps of the tree builder: it looks over the open elements at each tag.
const MAX_STEPS: usize = 40_000_000;
/// Bytes that are parsed between two looks at the bounds: few, for so much may go wrong in between.
const PIECE: usize = 1024;
/// A cell may say that it spans so many columns; what says more is lying.
const MAX_SPAN: usize = 1_000;

/// Parses a page piece by piece, and stops where its nesting would make the rest slow or large. The parser itself is
/// asked how deep it stands: what a stray closing tag ends, only it knows.
pub(super) fn parse(text: &str) -> Result<Html, ExtractError> {
    let sink = HtmlTreeSink::new(Html::new_document());
    let mut parser = parse_document(sink, ParseOpts::default());
    let (mut rest, mut steps) = (text, 0_usize);
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.ceil_char_boundary(PIECE));
        parser.process(StrTendril::from_slice(piece));
        rest = after;
        let builder = &parser.tokenizer.sink;
        let open = Open::of(builder);
        if open > MAX_OPEN {
            return Err(ExtractError::TooMuch(format!("elements nested more than {MAX_OPEN} deep")));
        }
        if builder.sink.0.borrow().tree.nodes().len() > MAX_NODES {
            return Err(ExtractError::TooMuch(format!("a page of more than {MAX_NODES} elements and texts")));
        }
        steps += open * piece.bytes().filter(|b| *b == b'<').count();
        if steps > MAX_STEPS {
            return Err(ExtractError::TooMuch("the page has too many unclosed elements".into()));
        }
    }
    let page = parser.finish();
    if page.root_element().child_elements().next().is_none() {
        return Err(ExtractError::Syntax { format: Format::Html, reason: "no element".into() });
    }
    Ok(page)
}

/// How the parser names an element.
type Handle = <HtmlTreeSink as TreeSink>::Handle;

/// Counts the elements that a tree builder holds open.
struct Open(Cell<usize>);

impl Open {
    fn of(builder: &TreeBuilder<Handle, HtmlTreeSink>) -> usize {
        let open = Self(Cell::new(0));
        builder.trace_handles(&open);
        open.0.get()
    }
}

impl Tracer for Open {
    type Handle = Handle;

    fn trace_handle(&self, _: &Handle) {
        self.0.set(self.0.get() + 1);
    }
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
