//! What a feed says, item by item.

use bellwether_core::{evidence::Link, ids::Sha256};
use chrono::{DateTime, Utc};
use feed_rs::{model, parser};
use url::Url;

use super::text::{line, of_html};
use crate::fetch::{Expect, FetchError, content};

/// The largest feed that is read, in bytes.
pub const MOST_BYTES: usize = 4 << 20;
/// The most items of a feed that are looked at, the first ones.
pub const MOST_ITEMS: usize = 500;
/// The longest headline, in characters.
pub const MOST_TITLE: usize = 300;
/// The longest text below it, in characters.
pub const MOST_SUMMARY: usize = 2000;
/// XML elements within one another. Feeds have about ten.
const MOST_DEPTH: usize = 256;

/// What a feed says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// The title it gives itself.
    pub title: Option<String>,
    /// Its items in its own order, those without headline and text left out.
    pub items: Vec<Item>,
}

/// An item of news.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Names the item within its feed: the digest of the id that the feed gives it, else of its address, else of its
    /// headline.
    pub key: Sha256,
    /// The headline: one line of plain text.
    pub title: String,
    /// Where to read it; absent where the feed names no web address.
    pub link: Option<Link>,
    /// When it was published, else changed, as the feed says.
    pub published: Option<DateTime<Utc>>,
    /// The text below the headline, one line of plain text, perhaps empty.
    pub summary: String,
}

/// Why bytes are no feed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFeed {
    /// Larger than is read.
    #[error("the feed has {0} bytes, at most {MOST_BYTES} are read")]
    TooLarge(usize),
    /// Neither RSS nor Atom nor JSON Feed, or broken.
    #[error("this is no RSS, Atom or JSON feed that can be read: look for the address of the site's feed")]
    Unreadable,
    /// Elements within elements without end.
    #[error("its elements lie more than {MOST_DEPTH} deep in one another")]
    TooDeep,
    /// Its characters cannot be read.
    #[error(transparent)]
    Charset(#[from] FetchError),
}

impl BadFeed {
    /// The error's name: stable, for rows, JSON and tests.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge(_) => "too_large",
            Self::Unreadable => "no_feed",
            Self::TooDeep => "too_deep",
            Self::Charset(error) => error.code(),
        }
    }
}

/// Reads a feed that came from `base`. A pure function of its arguments.
pub fn read(bytes: &[u8], content_type: Option<&str>, base: &Url) -> Result<News, BadFeed> {
    if bytes.len() > MOST_BYTES {
        return Err(BadFeed::TooLarge(bytes.len()));
    }
    let text = content::to_text(Expect::Feed, content_type, bytes)?.text;
    // It is UTF-8 by now, whatever its first line says.
    let text = without_declaration(text.trim_start_matches('\u{feff}').trim_start());
    if depth(text) > MOST_DEPTH {
        return Err(BadFeed::TooDeep);
    }
    let parser = parser::Builder::new()
        .base_uri(Some(base.as_str()))
        // The usual one gives items without an id another one at every reading.
        .id_generator(|_, _, _| String::new())
        .build();
    // The parser's own words would quote the feed.
    let feed = parser.parse(text.as_bytes()).map_err(|_| BadFeed::Unreadable)?;
    let items = feed.entries.into_iter().take(MOST_ITEMS).filter_map(|entry| item(entry, base)).collect();
    let title = feed.title.map(|title| headline(&title, 120)).filter(|title| !title.is_empty());
    Ok(News { title, items })
}

fn item(entry: model::Entry, base: &Url) -> Option<Item> {
    let body = entry.content.and_then(|content| content.body);
    let summary = entry.summary.map(|text| text.content).or(body).unwrap_or_default();
    let summary = of_html(&summary, MOST_SUMMARY);
    let title = entry.title.map(|title| headline(&title, MOST_TITLE)).filter(|title| !title.is_empty());
    let title = title.unwrap_or_else(|| line(&summary, 120));
    if title.is_empty() {
        return None;
    }
    let link = entry
        .links
        .iter()
        .filter(|link| link.rel.as_deref().is_none_or(|rel| rel == "alternate"))
        .chain(&entry.links)
        .find_map(|link| {
            let href = link.href.trim();
            // `javascript:` and its like are joined to nothing and read as what they are.
            href.parse().ok().or_else(|| base.join(href).ok()?.as_str().parse::<Link>().ok())
        });
    let id = entry.id.trim();
    let named = match (id, &link) {
        ("", Some(link)) => link.as_str(),
        ("", None) => &title,
        (id, _) => id,
    };
    Some(Item {
        key: Sha256::of(named.as_bytes()),
        title,
        published: entry.published.or(entry.updated),
        summary,
        link,
    })
}

/// A headline says in which form it is; one in plain text keeps its brackets.
fn headline(text: &model::Text, most: usize) -> String {
    let html = text.content_type.as_str().contains("html");
    if html { of_html(&text.content, most) } else { line(&text.content, most) }
}

fn without_declaration(text: &str) -> &str {
    match text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")) {
        Some((_, rest)) => rest.trim_start(),
        None => text,
    }
}

/// How deep elements lie in one another, by a look at their brackets: at least as deep as a parser would find.
fn depth(text: &str) -> usize {
    if text.starts_with('{') {
        return 0;
    }
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let (end, next) = if rest.starts_with("<!--") {
            ("-->", depth)
        } else if rest.starts_with("<![CDATA[") {
            ("]]>", depth)
        } else if rest.starts_with("</") {
            (">", depth.saturating_sub(1))
        } else if rest.starts_with("<?") || rest.starts_with("<!") {
            (">", depth)
        } else {
            (">", depth + 1)
        };
        let Some(length) = rest.find(end) else { return deepest.max(next) };
        let closed = end == ">" && next > depth && rest[..length].ends_with('/');
        depth = if closed { depth } else { next };
        deepest = deepest.max(depth);
        rest = &rest[length + end.len()..];
    }
    deepest
}

#[cfg(test)]
mod tests;
