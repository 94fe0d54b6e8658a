//! The words people write, as Markdown: rendered for the places that show them whole, without markup for lines.
//!
//! Two walls stand before a page: what is no Markdown (HTML, unsafe addresses, images) becomes text before rendering,
//! and an allow list goes over the rendered HTML. Nothing else makes a [`Prose`].

use std::{
    fmt::{self, Display, Formatter, Write as _},
    sync::LazyLock,
};

use ammonia::{Builder, UrlRelative};
use askama::filters::{Html, HtmlSafe, escape};
use bellwether_core::evidence::Link;
use pulldown_cmark::{CodeBlockKind, CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, html};
use url::Url;

/// Words as HTML that is safe as it stands: paragraphs, emphasis, code, quotes, lists and links, nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Prose(String);

impl Prose {
    /// Renders what a person wrote. The work grows with the length of the text only, which the fields bound.
    pub(crate) fn of(text: &str) -> Self {
        if text.trim().is_empty() {
            return Self::default();
        }
        let events = shown(text);
        // A text of markup alone still says that something was written.
        if has_words(&events) { Self::render(events) } else { Self::verbatim(text) }
    }

    /// Words that are no Markdown, as one paragraph.
    pub(crate) fn verbatim(text: &str) -> Self {
        Self::render(vec![
            Event::Start(Tag::Paragraph),
            Event::Text(text.into()),
            Event::End(TagEnd::Paragraph),
        ])
    }

    fn render(events: Vec<Event>) -> Self {
        if let Some(html) = words_alone(&events) {
            return Self(html);
        }
        let mut html = String::new();
        html::push_html(&mut html, events.into_iter());
        Self(ALLOWED.clean(&html).to_string())
    }

    /// Whether nothing was written.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Display for Prose {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.trim_end())
    }
}

impl HtmlSafe for Prose {}

/// Paragraphs of words alone, as most texts are: nothing that an allow list could forbid. `None`: there is more.
fn words_alone(events: &[Event]) -> Option<String> {
    let mut html = String::new();
    for event in events {
        match event {
            Event::Start(Tag::Paragraph) => html.push_str("<p>"),
            Event::End(TagEnd::Paragraph) => html.push_str("</p>\n"),
            Event::SoftBreak => html.push('\n'),
            Event::Text(words) => write!(html, "{}", escape(words, Html).ok()?).ok()?,
            _ => return None,
        }
    }
    Some(html)
}

/// The same words in a line, without markup: for titles, rows and lists. It is plain text and must be escaped.
pub(crate) fn line(text: &str) -> String {
    let events = shown(text);
    if !has_words(&events) {
        return text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    let mut said = String::new();
    let mut numbers: Vec<Option<u64>> = Vec::new();
    for event in events {
        match event {
            Event::Text(words) | Event::Code(words) => said.push_str(&words),
            Event::Start(Tag::List(first)) => {
                said.push(' ');
                numbers.push(first);
            }
            Event::Start(Tag::Item) => {
                if let Some(Some(n)) = numbers.last_mut() {
                    let _ = write!(said, "{n}. ");
                    *n = n.saturating_add(1);
                }
            }
            Event::End(end) => {
                if matches!(end, TagEnd::List(_)) {
                    numbers.pop();
                }
                if !matches!(end, TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link) {
                    said.push(' ');
                }
            }
            Event::SoftBreak | Event::HardBreak => said.push(' '),
            _ => {}
        }
    }
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The reason of a move in a line: where it names an item, the item's words without their markup.
pub(crate) fn reason(reason: &str) -> String {
    match reason.split_once(": ") {
        Some((done, words)) if done != "Start" => format!("{done}: {}", line(words)),
        _ => reason.to_owned(),
    }
}

/// What may stand on a page.
static ALLOWED: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut allowed = Builder::empty();
    allowed
        .tags(
            ["p", "br", "em", "strong", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a"]
                .into_iter()
                .collect(),
        )
        .tag_attributes(
            [("a", ["href"].into_iter().collect()), ("ol", ["start"].into_iter().collect())]
                .into_iter()
                .collect(),
        )
        .clean_content_tags(["script", "style"].into_iter().collect())
        .url_schemes(["http", "https", "mailto"].into_iter().collect())
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("nofollow ugc noopener"));
    allowed
});

/// Lists, quotes and emphasis within one another; what lies deeper stands on this level.
const DEEPEST: usize = 8;

/// An element that is open in the text.
#[derive(Default)]
struct Open<'a> {
    /// What its end becomes.
    ends: Vec<Event<'a>>,
    /// It counts as a level.
    level: bool,
    /// It is a link that is shown.
    link: bool,
    /// The address that stands for an image without a description, and how much there was before it.
    bare: Option<(String, usize)>,
}

impl<'a> Open<'a> {
    fn ends(ends: Vec<Event<'a>>) -> Self {
        Self { ends, ..Self::default() }
    }
}

/// A text as the elements that are shown of it.
fn shown(text: &str) -> Vec<Event<'_>> {
    // With subscripts told apart, `~` in front of a figure is not taken for struck-out text.
    let options = Options::ENABLE_STRIKETHROUGH | Options::ENABLE_SUBSCRIPT;
    let mut reading = Reading { spare: 3 * text.len() + 100, ..Reading::default() };
    for (event, at) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            // `2*3 and 4*5` is a product, twice.
            Event::Start(Tag::Emphasis) if text[..at.start].ends_with(char::is_alphanumeric) => {
                reading.out.push(Event::Text("*".into()));
                reading.open.push(Open::ends(vec![Event::Text("*".into())]));
            }
            Event::Start(tag) => {
                let opened = reading.start(tag);
                reading.levels += usize::from(opened.level);
                reading.links += usize::from(opened.link);
                reading.open.push(opened);
            }
            Event::End(_) => reading.end(),
            Event::Html(raw) | Event::InlineHtml(raw) => reading.out.push(Event::Text(raw)),
            Event::Text(_) | Event::Code(_) | Event::SoftBreak | Event::HardBreak => reading.out.push(event),
            // A rule; the rest is of extensions that are off.
            _ => {}
        }
    }
    reading.out
}

/// How far a text was read.
#[derive(Default)]
struct Reading<'a> {
    /// What is shown so far.
    out: Vec<Event<'a>>,
    /// The elements around the place, the outermost first.
    open: Vec<Open<'a>>,
    /// How many of them count as levels.
    levels: usize,
    /// How many of them are links.
    links: usize,
    /// How much room is left for addresses: one that is defined once can be used many times.
    spare: usize,
}

impl<'a> Reading<'a> {
    fn start(&mut self, tag: Tag<'a>) -> Open<'a> {
        let out = &mut self.out;
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => {
                out.push(Event::Start(Tag::Paragraph));
                Open::ends(vec![Event::End(TagEnd::Paragraph)])
            }
            Tag::Heading { .. } => {
                out.extend([Event::Start(Tag::Paragraph), Event::Start(Tag::Strong)]);
                Open::ends(vec![Event::End(TagEnd::Strong), Event::End(TagEnd::Paragraph)])
            }
            Tag::CodeBlock(_) => {
                out.push(Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)));
                Open::ends(vec![Event::End(TagEnd::CodeBlock)])
            }
            // An item is shown as its list is.
            Tag::Item if self.open.last().is_some_and(|list| list.level) => {
                out.push(Event::Start(Tag::Item));
                Open::ends(vec![Event::End(TagEnd::Item)])
            }
            Tag::BlockQuote(_) | Tag::List(_) | Tag::Emphasis | Tag::Strong | Tag::Strikethrough
                if self.levels < DEEPEST =>
            {
                let end = Event::End(tag.to_end());
                out.push(Event::Start(tag));
                Open { level: true, ..Open::ends(vec![end]) }
            }
            Tag::BlockQuote(_) | Tag::List(_) | Tag::Item => Open::ends(vec![Event::SoftBreak]),
            Tag::Subscript => {
                out.push(Event::Text("~".into()));
                Open::ends(vec![Event::Text("~".into())])
            }
            Tag::Link { link_type, dest_url, .. } => {
                self.link(safe(&dest_url, link_type == LinkType::Email), false)
            }
            Tag::Image { dest_url, .. } => self.link(safe(&dest_url, false), true),
            _ => Open::default(),
        }
    }

    /// A link, or only its words where the address is not safe, or a link is open already.
    fn link(&mut self, address: Option<String>, image: bool) -> Open<'a> {
        let Some(address) = address.filter(|a| a.len() <= self.spare) else { return Open::default() };
        self.spare -= address.len();
        let link = self.links == 0;
        let mut ends = Vec::new();
        if link {
            self.out.push(Event::Start(Tag::Link {
                link_type: LinkType::Inline,
                dest_url: address.clone().into(),
                title: CowStr::Borrowed(""),
                id: CowStr::Borrowed(""),
            }));
            ends.push(Event::End(TagEnd::Link));
        }
        Open { ends, level: false, link, bare: image.then_some((address, self.out.len())) }
    }

    fn end(&mut self) {
        let Some(closed) = self.open.pop() else { return };
        self.levels -= usize::from(closed.level);
        self.links -= usize::from(closed.link);
        if let Some((address, before)) = closed.bare
            && self.out.len() == before
        {
            self.out.push(Event::Text(address.into()));
        }
        self.out.extend(closed.ends);
    }
}

/// An address that may stand in a link: http, https or mailto, written as browsers read it.
fn safe(address: &str, mail: bool) -> Option<String> {
    if mail || address.get(..7).is_some_and(|s| s.eq_ignore_ascii_case("mailto:")) {
        let whole = if mail { format!("mailto:{address}") } else { address.to_owned() };
        let to = Url::parse(&whole).ok()?;
        // A link may say to whom; what else a mail says is for its writer.
        return (to.path().contains('@')).then(|| format!("mailto:{}", to.path()));
    }
    address.parse::<Link>().ok().map(|link| link.as_str().to_owned())
}

/// Whether something of it can be read.
fn has_words(events: &[Event]) -> bool {
    events.iter().any(|e| matches!(e, Event::Text(t) | Event::Code(t) if !t.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn html(text: &str) -> String {
        Prose::of(text).to_string()
    }

    #[test]
    fn words_are_rendered_and_plain_words_stay_as_they_are() {
        for (text, expected) in [
            (
                "Compute costs fell by 50 % (5 * 3 = 15, ~5 to ~$10/~$20)",
                "<p>Compute costs fell by 50 % (5 * 3 = 15, ~5 to ~$10/~$20)</p>",
            ),
            ("a snake_case_name, 87.2%* and 88%*", "<p>a snake_case_name, 87.2%* and 88%*</p>"),
            ("2*3 and 4*5, *so*", "<p>2*3 and 4*5, <em>so</em></p>"),
            ("scores <90 & >80 say \"so\"", "<p>scores &#60;90 &#38; &#62;80 say &#34;so&#34;</p>"),
            (
                "It **fell** by *half*, ~~not~~ `x`",
                "<p>It <strong>fell</strong> by <em>half</em>, <del>not</del> <code>x</code></p>",
            ),
            ("# Head\n\nthen", "<p><strong>Head</strong></p>\n<p>then</p>"),
            ("3. c\n4. d", "<ol start=\"3\">\n<li>c</li>\n<li>d</li>\n</ol>"),
            ("> said", "<blockquote>\n<p>said</p>\n</blockquote>"),
            ("```js\nx<1\n```", "<pre><code>x&lt;1\n</code></pre>"),
            ("one\n\ntwo", "<p>one</p>\n<p>two</p>"),
            ("a\n\n---\n\nb", "<p>a</p>\n<p>b</p>"),
        ] {
            assert_eq!(html(text), expected, "{text}");
        }
    }

    #[test]
    fn links_lead_to_the_web_and_to_mail_only() {
        let rel = "rel=\"nofollow ugc noopener\"";
        assert_eq!(
            html("[a](https://example.org/x?y=1&z=2 \"title\")"),
            format!("<p><a href=\"https://example.org/x?y=1&amp;z=2\" {rel}>a</a></p>")
        );
        assert_eq!(
            html("<a@example.org> [b](mailto:b@example.org?bcc=c@example.org)"),
            format!(
                "<p><a href=\"mailto:a@example.org\" {rel}>a@example.org</a> \
                 <a href=\"mailto:b@example.org\" {rel}>b</a></p>"
            )
        );
        // The first letter of the name is Cyrillic.
        assert!(html("[x](https://\u{430}pple.com)").contains("https://xn--pple-43d.com/"));
        for unsafe_one in [
            "javascript:alert(1)",
            "JaVa&#x09;script:alert(1)",
            "java&NewLine;script:alert(1)",
            "&#106;avascript:alert(1)",
            "<java\tscript:alert(1)>",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "//example.org",
            "/claims/new",
            "https:example.org",
            "https://user@example.org/",
            "http://a\\@b",
            "mailto:",
            "blob:https://example.org/x",
        ] {
            for text in [format!("[x]({unsafe_one})"), format!("[x][r]\n\n[r]: {unsafe_one}")] {
                assert!(!html(&text).contains("<a"), "{text}: {}", html(&text));
                assert!(html(&text).contains('x'), "{text}: {}", html(&text));
            }
        }
    }

    #[test]
    fn images_are_links_to_them_or_their_description() {
        for (text, expected) in [
            ("![a chart](https://example.org/a.png)", ">a chart</a>"),
            ("![](https://example.org/a.png)", ">https://example.org/a.png</a>"),
            ("![a *b*](data:image/svg+xml,x)", "<p>a <em>b</em></p>"),
            ("[![in](https://example.org/b.png)](https://example.org/)", ">in</a></p>"),
            ("![](javascript:x)", "<p>![](javascript:x)</p>"),
        ] {
            let html = html(text);
            assert!(html.contains(expected) && !html.contains("<img"), "{text}: {html}");
            assert!(html.matches("<a ").count() <= 1, "{html}");
        }
    }

    #[test]
    fn b20_markup_of_others_is_text() {
        for text in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "<svg/onload=alert(1)>",
            "<math><annotation-xml encoding=\"text/html\"><style><img src onerror=alert(1)></style></annotation-xml></math>",
            "<a href=javascript:alert(1)>x</a>",
            "a <b onmouseover=alert(1)>b</b> <!-- --> <?php ?> <![CDATA[x]]> <!DOCTYPE x>",
            "<div\n\n<script>\n\nx",
            "<style>*{display:none}</style>",
        ] {
            let html = html(text);
            let tags: Vec<_> = html.split('<').skip(1).map(|t| t.trim_start_matches('/')).collect();
            assert!(tags.iter().all(|t| t.starts_with("p>")), "{text}: {html}");
            let squeezed = |s: &str| s.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(line(text), squeezed(text));
        }
    }

    #[test]
    fn b21_texts_of_markup_alone_are_bounded() {
        let nested = (0..300).map(|n| format!("{}- a\n", "  ".repeat(n))).collect::<Vec<_>>().concat();
        let define = format!("[a]: https://example.org/{}\n\n{}", "x".repeat(1900), "[a]".repeat(20_000));
        for text in [
            "[".repeat(65_536),
            "*".repeat(65_536),
            ">".repeat(65_536),
            "> ".repeat(32_768),
            "- ".repeat(32_768),
            "1. ".repeat(21_845),
            "*a _b ".repeat(10_922),
            "**a ".repeat(16_384),
            "![".repeat(32_768),
            "[a](".repeat(16_384),
            "`".repeat(65_536),
            "<".repeat(65_536),
            "<a ".repeat(21_845),
            "&".repeat(65_536),
            "~".repeat(65_536),
            "\\".repeat(65_536),
            "a\n".repeat(32_768),
            "-\n".repeat(32_768),
            "> a\n\n".repeat(13_107),
            nested,
            define,
        ] {
            let prose = Prose::of(&text);
            assert!(!prose.is_empty(), "{}", &text[..6]);
            assert!(prose.0.len() < 20 * text.len(), "{}: {} bytes", &text[..6], prose.0.len());
            assert!(prose.0.matches("<blockquote>").count() <= text.len());
            assert!(!line(&text).is_empty());
        }
    }

    #[test]
    fn depth_ends_and_words_do_not() {
        let html = html(&format!("{}deep", "> ".repeat(100)));
        assert_eq!(html.matches("<blockquote>").count(), DEEPEST);
        assert!(html.contains("deep"));
        let list = (0..20).map(|n| format!("{}- a{n}\n", "  ".repeat(n))).collect::<Vec<_>>().concat();
        let html = Prose::of(&list).to_string();
        assert!((0..20).all(|n| html.contains(&format!("a{n}"))), "{html}");
    }

    #[test]
    fn lines_say_the_words_alone() {
        for (text, expected) in [
            ("It **fell** by `half`", "It fell by half"),
            ("# Head\n\nthen\nmore", "Head then more"),
            ("2026. It was", "2026. It was"),
            ("- a\n- b", "a b"),
            ("[x](javascript:alert(1)) ![y](https://example.org/)", "x y"),
            ("---", "---"),
            ("[a]: https://example.org", "[a]: https://example.org"),
        ] {
            assert_eq!(line(text), expected, "{text}");
        }
    }

    proptest! {
        /// Whatever is written, only allowed elements and attributes come out, and cleaning again changes nothing.
        #[test]
        fn nothing_else_comes_out(text in "(?s)([<>\\[\\]()!*_`~#>\\-&;:\"'= /\\\\\n\ta-z0-9]|javascript:|<script>|onerror=|<svg |</p>|https://a\\.b|&#x09;|]\\(){0,80}") {
            let html = html(&text);
            for tag in html.split('<').skip(1) {
                let tag = tag.split('>').next().unwrap_or_default().trim_start_matches('/');
                let name = tag.split(' ').next().unwrap_or_default();
                prop_assert!(
                    ["p", "br", "em", "strong", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a"].contains(&name),
                    "{} in {}", tag, html
                );
                let attributes = tag[name.len()..].trim();
                prop_assert!(
                    attributes.is_empty()
                        || name == "ol" && attributes.starts_with("start=\"")
                        || name == "a" && (attributes == "rel=\"nofollow ugc noopener\""
                            || ["href=\"http://", "href=\"https://", "href=\"mailto:"].iter().any(|h| attributes.starts_with(h))),
                    "{} in {}", tag, html
                );
            }
            let named = [("&#60;", "&lt;"), ("&#62;", "&gt;"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&amp;")];
            let html = named.iter().fold(html, |html, (number, name)| html.replace(number, name));
            prop_assert_eq!(ALLOWED.clean(&html).to_string(), html);
        }
    }
}
