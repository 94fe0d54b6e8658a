//! Feeds as outlets write them, and as nobody should.

use std::fmt::Write as _;

use super::*;

const RSS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>The Wire</title><link>https://wire.example/</link><description>All of it</description>
<item><title>DeepSeek leads GPQA</title><link>https://wire.example/a?utm_source=rss</link><guid isPermaLink="false">a1</guid>
<pubDate>Mon, 06 Apr 2026 10:00:00 +0200</pubDate>
<description><![CDATA[<p>The <b>open-weights</b> model scores 76.</p><script>alert(1)</script>]]></description></item>
<item><title>&lt;script&gt;alert(1)&lt;/script&gt; in a headline</title><link>javascript:alert(1)</link></item>
<item><link>https://wire.example/c</link><description>No headline, but a text.</description></item>
<item><guid>nothing</guid></item>
</channel></rss>"#;

const ATOM: &str = r#"<feed xmlns="http://www.w3.org/2005/Atom"><title>A lab</title><id>urn:lab</id>
<updated>2026-04-06T08:00:00Z</updated>
<entry><id>urn:1</id><title type="html">Our &lt;b&gt;new&lt;/b&gt; model</title><updated>2026-04-05T08:00:00Z</updated>
<link rel="enclosure" href="https://lab.example/a.mp3"/><link rel="alternate" href="/posts/1"/>
<summary type="html">&lt;p&gt;It is out.&lt;/p&gt;</summary></entry></feed>"#;

const JSON: &str = r#"{"version": "https://jsonfeed.org/version/1.1", "title": "Notes", "items": [
{"id": "7", "url": "https://notes.example/7", "title": "On MMLU", "content_text": "Short.", "date_published": "2026-04-04T00:00:00Z"},
{"id": "8", "url": "data:text/html,x", "content_html": "<p>Only a text</p>"}]}"#;

fn news(text: &str) -> Result<News, BadFeed> {
    read(text.as_bytes(), None, &Url::parse("https://lab.example/feed.xml").unwrap())
}

fn link(item: &Item) -> Option<&str> {
    item.link.as_ref().map(Link::as_str)
}

#[test]
fn rss_as_outlets_write_it() {
    let wire = news(RSS).unwrap();
    assert_eq!(wire.title.as_deref(), Some("The Wire"));
    assert_eq!(wire.items.len(), 3, "one says nothing");
    let first = &wire.items[0];
    assert_eq!(
        (first.title.as_str(), link(first)),
        ("DeepSeek leads GPQA", Some("https://wire.example/a?utm_source=rss"))
    );
    assert_eq!(first.published.unwrap().to_rfc3339(), "2026-04-06T08:00:00+00:00");
    assert_eq!(first.summary, "The open-weights model scores 76.");
    assert_eq!(first.key, Sha256::of(b"a1"));
    let hostile = &wire.items[1];
    assert_eq!(hostile.title, "<script>alert(1)</script> in a headline", "text, for pages to escape");
    assert_eq!(hostile.link, None, "no address of the web");
    assert_eq!(hostile.key, Sha256::of(hostile.title.as_bytes()));
    assert_eq!(wire.items[2].title, "No headline, but a text.");
    assert_eq!(news(RSS).unwrap(), wire, "the same keys every time");
}

#[test]
fn atom_and_json_feed() {
    let lab = news(ATOM).unwrap();
    let post = &lab.items[0];
    assert_eq!((post.title.as_str(), link(post)), ("Our new model", Some("https://lab.example/posts/1")));
    assert_eq!((post.summary.as_str(), post.key), ("It is out.", Sha256::of(b"urn:1")));
    assert_eq!(post.published.unwrap().to_rfc3339(), "2026-04-05T08:00:00+00:00");
    let notes = news(JSON).unwrap();
    assert_eq!(notes.items.len(), 2);
    assert_eq!((notes.items[0].title.as_str(), notes.items[0].summary.as_str()), ("On MMLU", "Short."));
    assert_eq!((notes.items[1].title.as_str(), link(&notes.items[1])), ("Only a text", None));
}

#[test]
fn other_character_sets() {
    let latin = RSS.replace("UTF-8", "ISO-8859-1").replace("DeepSeek leads", "Caf\u{e9} leads");
    let bytes: Vec<u8> = latin.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let base = Url::parse("https://wire.example/").unwrap();
    assert_eq!(read(&bytes, None, &base).unwrap().items[0].title, "Caf\u{e9} leads GPQA");
    let wide: Vec<u8> =
        std::iter::once(0xfeff).chain(RSS.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_eq!(read(&wide, None, &base).unwrap().items.len(), 3);
}

#[test]
fn what_is_no_feed_is_refused_by_name() {
    for bad in [
        "",
        "hello",
        "<html><body>no</body></html>",
        "{}",
        "[1]",
        "<rss",
        "<rss version='2.0'/>",
        "{\"items\": 3}",
    ] {
        let error = news(bad).unwrap_err();
        assert_eq!(error.code(), "no_feed", "{bad}");
        assert!(error.to_string().contains("feed"));
    }
    assert_eq!(news(&" ".repeat(MOST_BYTES + 1)).unwrap_err().code(), "too_large");
}

#[test]
fn hostile_feeds_are_bounded() {
    let mut laughs = String::from("<?xml version=\"1.0\"?><!DOCTYPE rss [<!ENTITY a0 \"ha\">");
    for i in 1..30 {
        write!(laughs, "<!ENTITY a{i} \"&a{};&a{};\">", i - 1, i - 1).unwrap();
    }
    laughs.push_str(
        "]><rss version=\"2.0\"><channel><title>x</title><item><title>&a29;</title></item></channel></rss>",
    );
    assert!(
        news(&laughs).is_ok_and(|n| n.items.iter().all(|i| i.title.len() < 100)) || news(&laughs).is_err()
    );

    let outside = "<!DOCTYPE rss [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><rss version=\"2.0\"><channel><item><title>a &f; b</title></item></channel></rss>";
    assert!(news(outside).map_or(true, |n| n.items.iter().all(|i| !i.title.contains("root:"))));

    let deep =
        format!("<rss version=\"2.0\"><channel><item>{}</item></channel></rss>", "<a>".repeat(200_000));
    assert_eq!(news(&deep).unwrap_err().code(), "too_deep");
    let deep = format!(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\"><entry><content type=\"xhtml\">{}",
        "<div>".repeat(100_000)
    );
    assert_eq!(news(&deep).unwrap_err().code(), "too_deep");
    assert!(
        news(&format!("{{\"version\":\"https://jsonfeed.org/version/1\",\"items\":{}", "[".repeat(100_000)))
            .is_err()
    );

    let item = "<item><title>A long headline of an item of news</title></item>";
    let many = format!("<rss version=\"2.0\"><channel>{}</channel></rss>", item.repeat(20_000));
    assert_eq!(news(&many).unwrap().items.len(), MOST_ITEMS);
    let long = format!(
        "<rss version=\"2.0\"><channel><item><title>{}</title><description>{}</description></item></channel></rss>",
        "word ".repeat(50_000),
        "&lt;div&gt;more ".repeat(50_000)
    );
    let long = news(&long).unwrap();
    assert!(
        long.items[0].title.chars().count() <= MOST_TITLE
            && long.items[0].summary.chars().count() <= MOST_SUMMARY
    );
    assert!(!long.items[0].summary.contains("<div>"));
}

#[test]
fn depth_is_never_less_than_it_is() {
    for (text, is) in [
        ("<a><b/><c></c></a>", 2),
        ("<a><!-- <b><c> --><![CDATA[<d><e>]]></a>", 1),
        ("<a><b><c>", 3),
        ("<a x='/'>", 1),
        ("text", 0),
    ] {
        assert_eq!(depth(text), is, "{text}");
    }
}
