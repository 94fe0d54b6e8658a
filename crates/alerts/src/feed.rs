//! Feeds, for readers who rather come and look: Atom and RSS of the same document.

use atom_syndication as atom;
use chrono::{DateTime, Utc};
use url::Url;

/// A feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedDocument {
    /// Identity, the same for ever: an address or a `urn:uuid:`.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub subtitle: String,
    /// The page it belongs to.
    pub link: Url,
    /// Where the feed itself is.
    pub self_link: Url,
    /// When something last changed.
    pub updated: DateTime<Utc>,
    /// Newest first.
    pub entries: Vec<FeedEntry>,
    /// Where older entries are.
    pub next: Option<Url>,
}

/// One thing in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedEntry {
    /// Identity, the same for ever.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Where to read it.
    pub link: Url,
    /// When it appeared.
    pub published: DateTime<Utc>,
    /// When it last changed.
    pub updated: DateTime<Utc>,
    /// What it says. Plain text; line breaks count.
    pub text: String,
    /// What it is filed under.
    pub categories: Vec<String>,
}

/// The feed as Atom (RFC 4287), pages linked by RFC 5005.
pub fn atom(document: &FeedDocument) -> String {
    let feed = atom::Feed {
        title: clean(&document.title).into(),
        id: clean(&document.id),
        updated: document.updated.fixed_offset(),
        // Somebody must have written it, or no validator takes the feed.
        authors: vec![atom::Person { name: "Bellwether".to_owned(), ..atom::Person::default() }],
        generator: Some(atom::Generator { value: "Bellwether".to_owned(), ..atom::Generator::default() }),
        links: [link("alternate", &document.link, "text/html")]
            .into_iter()
            .chain(paging(document, "application/atom+xml"))
            .collect(),
        subtitle: Some(clean(&document.subtitle).into()),
        entries: document.entries.iter().map(atom_entry).collect(),
        ..atom::Feed::default()
    };
    in_memory(feed.write_to(Vec::new()))
}

fn atom_entry(entry: &FeedEntry) -> atom::Entry {
    let category = |name: &String| atom::Category { term: clean(name), ..atom::Category::default() };
    atom::Entry {
        title: clean(&entry.title).into(),
        id: clean(&entry.id),
        updated: entry.updated.fixed_offset(),
        categories: entry.categories.iter().map(category).collect(),
        links: vec![link("alternate", &entry.link, "text/html")],
        published: Some(entry.published.fixed_offset()),
        content: Some(atom::Content {
            value: Some(clean(&entry.text)),
            content_type: Some("text".to_owned()),
            ..atom::Content::default()
        }),
        ..atom::Entry::default()
    }
}

/// The feed as RSS 2.0, with its own address and the next page's as the RSS Advisory Board advises.
pub fn rss(document: &FeedDocument) -> String {
    let channel = rss::Channel {
        title: clean(&document.title),
        link: document.link.to_string(),
        description: clean(&document.subtitle),
        last_build_date: Some(document.updated.to_rfc2822()),
        generator: Some("Bellwether".to_owned()),
        items: document.entries.iter().map(rss_item).collect(),
        atom_ext: Some(rss::extension::atom::AtomExtension {
            links: paging(document, "application/rss+xml").collect(),
        }),
        ..rss::Channel::default()
    };
    in_memory(channel.write_to(Vec::new()))
}

fn rss_item(entry: &FeedEntry) -> rss::Item {
    let category = |name: &String| rss::Category { name: clean(name), domain: None };
    // RSS has no plain text: readers show a description as HTML.
    let text = clean(&entry.text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    rss::Item {
        title: Some(clean(&entry.title)),
        link: Some(entry.link.to_string()),
        description: Some(text.replace('\n', "<br>")),
        categories: entry.categories.iter().map(category).collect(),
        guid: Some(rss::Guid { value: clean(&entry.id), permalink: false }),
        pub_date: Some(entry.published.to_rfc2822()),
        ..rss::Item::default()
    }
}

fn paging(document: &FeedDocument, kind: &'static str) -> impl Iterator<Item = atom::Link> {
    let links = [("self", Some(&document.self_link)), ("next", document.next.as_ref())];
    links.into_iter().filter_map(move |(rel, url)| Some(link(rel, url?, kind)))
}

fn link(rel: &str, url: &Url, kind: &str) -> atom::Link {
    atom::Link {
        href: url.to_string(),
        rel: rel.to_owned(),
        mime_type: Some(kind.to_owned()),
        ..atom::Link::default()
    }
}

/// Leaves out what XML 1.0 forbids even when escaped; one such character and no reader takes the feed. Carriage returns
/// go too, for they would be read as line feeds.
fn clean(text: &str) -> String {
    let forbidden = |c: char| (c < ' ' && c != '\t' && c != '\n') || matches!(c, '\u{fffe}' | '\u{ffff}');
    text.chars().filter(|c| !forbidden(*c)).collect()
}

fn in_memory<E: std::fmt::Debug>(written: Result<Vec<u8>, E>) -> String {
    let xml = written.expect("memory takes every write");
    String::from_utf8(xml).expect("what is written consists of strings")
}

#[cfg(test)]
mod tests {
    use feed_rs::{model::Feed, parser};
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{at, url};

    fn document(text: &str) -> FeedDocument {
        let entry = |n: i64| FeedEntry {
            id: format!("urn:x:{n}"),
            title: text.to_owned(),
            link: url("https://b.example/claims/rain?a=1&b=%22"),
            published: at(n),
            updated: at(n + 1),
            text: text.to_owned(),
            categories: vec!["headline.moved".to_owned()],
        };
        FeedDocument {
            id: "urn:x:feed".to_owned(),
            title: text.to_owned(),
            subtitle: text.to_owned(),
            link: url("https://b.example/"),
            self_link: url("https://b.example/feed?page=1&k=a"),
            updated: at(9),
            entries: vec![entry(2), entry(1)],
            next: Some(url("https://b.example/feed?page=2")),
        }
    }

    fn read(xml: &str) -> Feed {
        // Readers differ in what they forgive, so the document must be XML first.
        parser::Builder::new().sanitize_content(false).build().parse(xml.as_bytes()).unwrap()
    }

    fn linked<'a>(feed: &'a Feed, rel: &str) -> Option<&'a str> {
        feed.links.iter().find(|l| l.rel.as_deref() == Some(rel)).map(|l| l.href.as_str())
    }

    #[test]
    fn both_say_the_same() {
        let document = document("Rain < 3 mm & \"more\"");
        for xml in [atom(&document), rss(&document)] {
            assert!(xml.starts_with("<?xml version=\"1.0\""), "{xml}");
            let feed = read(&xml);
            assert_eq!(feed.title.as_ref().unwrap().content, document.title);
            assert_eq!(feed.description.as_ref().unwrap().content, document.subtitle);
            assert_eq!(feed.updated, Some(document.updated));
            assert_eq!(linked(&feed, "self"), Some("https://b.example/feed?page=1&k=a"));
            assert_eq!(linked(&feed, "next"), Some("https://b.example/feed?page=2"));
            assert_eq!(feed.entries.len(), 2);
            let entry = &feed.entries[0];
            assert_eq!(entry.id, "urn:x:2");
            assert_eq!(entry.title.as_ref().unwrap().content, document.title);
            assert_eq!(entry.links[0].href, "https://b.example/claims/rain?a=1&b=%22");
            assert_eq!(entry.published, Some(at(2)));
            assert_eq!(entry.categories[0].term, "headline.moved");
        }
        let feed = read(&atom(&document));
        assert_eq!(feed.id, "urn:x:feed");
        assert_eq!(feed.entries[0].updated, Some(at(3)));
        assert_eq!(feed.authors[0].name.as_deref(), Some("Bellwether"));
        assert!(rss(&document).contains("<guid isPermaLink=\"false\">urn:x:2</guid>"));
        assert_eq!(linked(&read(&atom(&FeedDocument { next: None, ..document })), "next"), None);
    }

    #[test]
    fn plain_text_stays_plain_text() {
        let document = document("a < b\n<script>]]>&amp;");
        let body = &read(&atom(&document)).entries[0];
        assert_eq!(body.content.as_ref().unwrap().body.as_deref(), Some("a < b\n<script>]]>&amp;"));
        let body = &read(&rss(&document)).entries[0];
        assert_eq!(
            body.summary.as_ref().unwrap().content,
            "a &lt; b<br>&lt;script&gt;]]&gt;&amp;amp;",
            "HTML in RSS"
        );
    }

    #[test]
    fn an_empty_feed_is_a_feed() {
        let mut document = document("");
        document.entries.clear();
        assert!(read(&atom(&document)).entries.is_empty());
        assert!(read(&rss(&document)).entries.is_empty());
    }

    proptest! {
        #[test]
        fn any_text_is_readable(text in "(.|[\\x00-\\x1f\\u{7f}-\\u{9f}\\u{fffe}\\u{ffff}<>&\"']|]]>){0,60}") {
            let mut document = document(&text);
            document.entries[0].id.push_str(&text);
            document.entries[0].categories.push(text.clone());
            for xml in [atom(&document), rss(&document)] {
                let feed = read(&xml);
                prop_assert_eq!(feed.entries.len(), 2);
                let title = feed.title.map(|t| t.content).unwrap_or_default();
                let want = clean(&text);
                prop_assert_eq!(title.trim(), want.trim());
            }
        }
    }
}
