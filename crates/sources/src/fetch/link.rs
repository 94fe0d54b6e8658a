//! Reading a link somebody pastes as evidence: title, publisher, date, and the bytes for a snapshot.
//!
//! The page is an opponent: only its first part is parsed, only into text that is cut and cleaned, and addresses it
//! names are checked like any other. What cannot be read stays empty for the person to fill in.

use chrono::{DateTime, NaiveDate, Utc};
use scraper::{Html, Selector};
use serde_json::Value;
use url::Url;

use super::{AddressPolicy, Expect, FetchError, Fetched, Fetcher, Meta, Redirected, Request, content};

/// What a page says of itself stands at its beginning; no more than this is parsed.
const MOST_PARSED: usize = 512 << 10;
/// And no more tags than this: unclosed ones make a tree builder's work grow with their square.
const MOST_TAGS: usize = 2000;
/// Longer texts are cut, in characters.
const MOST_CHARS: usize = 300;

/// A page as evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The address that was asked.
    pub url: Url,
    /// The address that answered.
    pub final_url: Url,
    /// The address the page calls its own, if it is an allowed one.
    pub canonical: Option<Url>,
    /// The title.
    pub title: Option<String>,
    /// Who published it, else the host's name.
    pub publisher: String,
    /// The day it was published, as the page writes it.
    pub published: Option<NaiveDate>,
    /// Where the redirects led.
    pub redirected: Redirected,
    /// The `Content-Type` header.
    pub content_type: Option<String>,
    /// The status and headers of the answer.
    pub meta: Meta,
    /// The bytes, for the snapshot.
    pub bytes: Vec<u8>,
}

/// What a page says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageFacts {
    /// The title.
    pub title: Option<String>,
    /// The publisher or site name.
    pub publisher: Option<String>,
    /// The day it was published.
    pub published: Option<NaiveDate>,
    /// The address it calls its own, relative ones resolved; not yet checked.
    pub canonical: Option<Url>,
}

impl Fetcher {
    /// Fetches a page and reads what it says of itself. Works for any type of file; only HTML has a title and a date.
    pub async fn read_link(&self, url: &str, now: DateTime<Utc>) -> Result<Link, FetchError> {
        let Fetched::Body { meta, parts } = self.fetch(&Request::get(url, Expect::Any), now).await? else {
            return Err(FetchError::UnexpectedNotModified);
        };
        let Some(part) = parts.into_iter().next() else { return Err(FetchError::EmptyBody) };
        let (content_type, bytes) = (part.content_type().map(str::to_owned), part.bytes);
        let base = meta.final_url.clone();
        let read = move || (facts_of(content_type.as_deref(), &bytes, &base), content_type, bytes);
        // Parsing is work for a processor, not for the threads that wait for sockets.
        let (facts, content_type, bytes) = tokio::task::spawn_blocking(read)
            .await
            .map_err(|e| FetchError::Setup { reason: e.to_string() })?;
        Ok(assemble(facts, meta, content_type, bytes, self.policy()))
    }
}

fn assemble(
    facts: PageFacts,
    meta: Meta,
    content_type: Option<String>,
    bytes: Vec<u8>,
    policy: &AddressPolicy,
) -> Link {
    let host = meta.final_url.host_str().unwrap_or_default();
    let publisher = facts.publisher.unwrap_or_else(|| host.strip_prefix("www.").unwrap_or(host).to_owned());
    Link {
        url: meta.url.clone(),
        final_url: meta.final_url.clone(),
        canonical: facts.canonical.and_then(|url| policy.check_url(url.as_str()).ok()),
        title: facts.title,
        publisher,
        published: facts.published,
        redirected: meta.redirected,
        content_type,
        meta,
        bytes,
    }
}

fn facts_of(content_type: Option<&str>, bytes: &[u8], base: &Url) -> PageFacts {
    if content::check(Expect::Html, content_type, None, bytes).is_err() {
        return PageFacts::default();
    }
    let head = &bytes[..bytes.len().min(MOST_PARSED)];
    match content::to_text(Expect::Html, content_type, head) {
        Ok(text) => read_page(&text.text, base),
        Err(_) => PageFacts::default(),
    }
}

/// Reads what a page says of itself: Open Graph and article tags first, then JSON-LD, then plain HTML.
pub fn read_page(html: &str, base: &Url) -> PageFacts {
    let html = &html[..html.floor_char_boundary(MOST_PARSED)];
    let html = html.match_indices('<').nth(MOST_TAGS).map_or(html, |(end, _)| &html[..end]);
    let page = Html::parse_document(html);
    let linked = LinkedData::read(&page);
    let meta = |names: &[&str]| names.iter().find_map(|name| meta_content(&page, name));

    let title = meta(&["og:title", "citation_title", "dc.title", "twitter:title"])
        .or_else(|| linked.title.clone())
        .or_else(|| first_text(&page, "title"))
        .or_else(|| first_text(&page, "h1"));
    let publisher = meta(&["og:site_name"]).or_else(|| linked.publisher.clone()).or_else(|| {
        meta(&["citation_publisher", "citation_journal_title", "dc.publisher", "application-name"])
    });
    let published = meta(&["article:published_time", "og:article:published_time"])
        .and_then(|t| read_date(&t))
        .or(linked.published)
        .or_else(|| {
            let names = [
                "citation_publication_date",
                "citation_online_date",
                "citation_date",
                "dc.date.issued",
                "dc.date",
                "dcterms.date",
                "date",
                "pubdate",
                "publish-date",
                "parsely-pub-date",
                "sailthru.date",
            ];
            names.iter().filter_map(|name| meta_content(&page, name)).find_map(|t| read_date(&t))
        })
        .or_else(|| {
            attribute(&page, "time[pubdate], article time[datetime]", "datetime").and_then(|t| read_date(&t))
        });
    let canonical = attribute(&page, "link[rel~='canonical']", "href")
        .or_else(|| meta(&["og:url"]))
        .and_then(|address| base.join(&address).ok());
    PageFacts { title, publisher, published, canonical }
}

fn select(selector: &str) -> Option<Selector> {
    Selector::parse(selector).ok()
}

fn first_text(page: &Html, selector: &str) -> Option<String> {
    let element = page.select(&select(selector)?).next()?;
    // Enough for the cut, without gathering a megabyte first.
    let text: String = element.text().flat_map(str::chars).take(MOST_CHARS * 8).collect();
    clean(&text)
}

fn attribute(page: &Html, selector: &str, name: &str) -> Option<String> {
    let element = page.select(&select(selector)?).next()?;
    element.value().attr(name).map(|v| v.chars().take(4096).collect())
}

fn meta_content(page: &Html, name: &str) -> Option<String> {
    let metas = select("meta[content]")?;
    page.select(&metas)
        .filter(|meta| {
            ["property", "name", "itemprop"]
                .iter()
                .any(|key| meta.value().attr(key).is_some_and(|v| v.trim().eq_ignore_ascii_case(name)))
        })
        .find_map(|meta| clean(meta.value().attr("content")?))
}

/// One line of plain text: blanks joined, control characters and direction overrides gone, cut; `None` if nothing stays.
pub(crate) fn clean(text: &str) -> Option<String> {
    let mut out = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let word: String = word.chars().filter(|c| !is_invisible(*c)).collect();
        if word.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&word);
        if out.chars().count() > MOST_CHARS {
            out = out.chars().take(MOST_CHARS - 1).collect();
            out.push('…');
            break;
        }
    }
    (!out.is_empty()).then_some(out)
}

pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fffd}')
}

/// The day of a date as pages write them: ISO 8601 with or without a time, RFC 2822, `2025/03/01`, `March 1, 2025`.
fn read_date(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    if let Some(day) = text.get(..10)
        && text[10..].chars().next().is_none_or(|c| !c.is_ascii_digit())
        && let Ok(date) = NaiveDate::parse_from_str(&day.replace('/', "-"), "%Y-%m-%d")
    {
        return Some(date);
    }
    if let Ok(date) = DateTime::parse_from_rfc2822(text) {
        return Some(date.date_naive());
    }
    let forms = ["%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%Y%m%d"];
    forms.iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok())
}

/// What the page's JSON-LD says. serde_json bounds the depth; the walk bounds the breadth.
#[derive(Default)]
struct LinkedData {
    title: Option<String>,
    publisher: Option<String>,
    published: Option<NaiveDate>,
}

impl LinkedData {
    fn read(page: &Html) -> Self {
        let mut found = Self::default();
        let Some(scripts) = select("script[type='application/ld+json']") else { return found };
        for script in page.select(&scripts).take(20) {
            let text: String = script.text().collect();
            if let Ok(value) = serde_json::from_str::<Value>(&text) {
                found.visit(&value);
            }
        }
        found
    }

    fn visit(&mut self, value: &Value) {
        let things: Vec<&Value> = match value {
            Value::Array(things) => things.iter().take(50).collect(),
            Value::Object(thing) => match thing.get("@graph") {
                Some(Value::Array(things)) => things.iter().take(50).collect(),
                _ => vec![value],
            },
            _ => return,
        };
        for thing in things.into_iter().filter(|thing| is_work(thing)) {
            let text = |key: &str| thing.get(key).and_then(Value::as_str);
            self.title = self.title.take().or_else(|| clean(text("headline").or_else(|| text("name"))?));
            self.publisher = self.publisher.take().or_else(|| {
                let publisher = thing.get("publisher")?;
                let publisher = publisher.get(0).unwrap_or(publisher);
                clean(publisher.get("name").unwrap_or(publisher).as_str()?)
            });
            self.published = self.published.or_else(|| read_date(text("datePublished")?));
        }
    }
}

/// Whether a thing of JSON-LD is a written work, and not the site, a person or a list of crumbs.
fn is_work(thing: &Value) -> bool {
    let kinds = ["Article", "BlogPosting", "Report", "WebPage", "Dataset", "TechArticle", "CreativeWork"];
    let fits = |kind: &str| kinds.iter().any(|k| kind.ends_with(k));
    match thing.get("@type") {
        Some(Value::String(kind)) => fits(kind),
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).any(fits),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(html: &str) -> PageFacts {
        read_page(html, &Url::parse("https://news.example/a/b?utm=1").unwrap())
    }

    fn day(text: &str) -> Option<NaiveDate> {
        text.parse().ok()
    }

    #[test]
    fn open_graph_wins() {
        let facts = read(
            r#"<html><head><title>A | Site</title>
            <meta property="og:title" content="  A&amp;B:
              the story "><meta property='og:site_name' content='The Site'>
            <meta property="article:published_time" content="2025-03-01T23:30:00-08:00">
            <link rel="canonical" href="/a/b"></head><h1>No</h1>"#,
        );
        assert_eq!(facts.title.as_deref(), Some("A&B: the story"));
        assert_eq!(facts.publisher.as_deref(), Some("The Site"));
        assert_eq!(facts.published, day("2025-03-01"), "the publisher's own day");
        assert_eq!(facts.canonical.unwrap().as_str(), "https://news.example/a/b");
    }

    #[test]
    fn linked_data_then_plain_html() {
        let facts = read(
            r#"<script type="application/ld+json">{"@graph": [{"@type": "Person", "name": "Nobody"},
            {"@type": ["NewsArticle"], "headline": "From data", "datePublished": "2024-12-24",
             "publisher": {"@type": "Organization", "name": "Wire"}}]}</script>"#,
        );
        assert_eq!(facts.title.as_deref(), Some("From data"));
        assert_eq!((facts.publisher.as_deref(), facts.published), (Some("Wire"), day("2024-12-24")));
        let facts = read("<title>T</title><article><time datetime='2024-02-29 10:00'>x</time></article>");
        assert_eq!((facts.title.as_deref(), facts.published), (Some("T"), day("2024-02-29")));
        let facts = read("<meta name=citation_publication_date content=2023/05/06><h1>Paper</h1>");
        assert_eq!((facts.title.as_deref(), facts.published), (Some("Paper"), day("2023-05-06")));
        assert_eq!(read(""), PageFacts::default());
    }

    #[test]
    fn dates_as_pages_write_them() {
        for text in [
            "2025-03-01",
            "2025/03/01",
            "2025-03-01T10:00:00Z",
            "Sat, 01 Mar 2025 10:00:00 GMT",
            "March 1, 2025",
            "1 Mar 2025",
            "20250301",
        ] {
            assert_eq!(read_date(text), day("2025-03-01"), "{text}");
        }
        for text in ["", "yesterday", "03/04/2025", "2025-02-30", "2025-03-011", "２０２５-03-01"] {
            assert_eq!(read_date(text), None, "{text}");
        }
    }

    #[test]
    fn hostile_pages_give_plain_bounded_text() {
        let facts = read("<meta property=og:title content='&lt;script&gt;\u{202e}x\u{0}\u{7}'>");
        assert_eq!(facts.title.as_deref(), Some("<script>x"), "text, for the page to escape");
        let long = read(&format!("<title>{}</title>", "word ".repeat(100_000)));
        assert_eq!(long.title.unwrap().chars().count(), MOST_CHARS);
        for bomb in ["<div>", "<a>", "<b><p>", "<table>", "<svg>", "<![CDATA[", "<!--", "&amp;"] {
            read(&bomb.repeat(MOST_PARSED / bomb.len()));
        }
        let deep =
            format!("<script type='application/ld+json'>{}</script><title>T</title>", "[".repeat(100_000));
        assert_eq!(read(&deep).title.as_deref(), Some("T"));
    }

    #[test]
    fn other_files_keep_their_bytes_and_no_title() {
        let base = Url::parse("https://x.example/a.pdf").unwrap();
        assert_eq!(
            facts_of(Some("application/pdf"), b"%PDF-1.7 <title>x</title>", &base),
            PageFacts::default()
        );
    }
}
