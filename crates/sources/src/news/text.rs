//! HTML to one line of plain text.

use scraper::{Html, Node};

/// No more of a text than this is looked at, in bytes.
const MOST_READ: usize = 32 << 10;
/// And no more tags than this: unclosed ones make a tree builder's work grow with their square.
const MOST_TAGS: usize = 1000;

/// The text that HTML shows, as one line of at most `most` characters; scripts and styles show nothing.
pub fn of_html(html: &str, most: usize) -> String {
    let html = &html[..html.floor_char_boundary(MOST_READ)];
    let html = html.match_indices('<').nth(MOST_TAGS).map_or(html, |(end, _)| &html[..end]);
    if !html.contains(['<', '&']) {
        return line(html, most);
    }
    let page = Html::parse_fragment(html);
    let mut text = String::new();
    for node in page.tree.nodes() {
        let Node::Text(part) = node.value() else { continue };
        let hidden = node.ancestors().any(|above| {
            above.value().as_element().is_some_and(|e| matches!(e.name(), "script" | "style" | "template"))
        });
        if !hidden {
            text.push_str(part);
            text.push(' ');
        }
    }
    // A tag inside a sentence leaves a blank before its comma.
    line(&text, most).replace(" ,", ",").replace(" .", ".")
}

/// One line of at most `most` characters: blanks joined, controls and direction overrides gone, cut with an ellipsis.
pub fn line(text: &str, most: usize) -> String {
    let mut out = String::new();
    let mut count = 0;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let word: String = word.chars().filter(|c| !crate::fetch::link::is_invisible(*c)).collect();
        if word.is_empty() {
            continue;
        }
        if count > 0 {
            out.push(' ');
            count += 1;
        }
        count += word.chars().count();
        out.push_str(&word);
        if count > most {
            out = out.chars().take(most.saturating_sub(1)).collect();
            out.truncate(out.trim_end().len());
            out.push('…');
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_html_shows_in_one_line() {
        assert_eq!(
            of_html("<p>Open <b>weights</b>, at last.</p><p>AT&amp;T</p>", 100),
            "Open weights, at last. AT&T"
        );
        assert_eq!(of_html("a<script>alert(1)</script><style>p{}</style> b", 100), "a b");
        assert_eq!(
            of_html("&lt;script&gt;alert(1)&lt;/script&gt;", 100),
            "<script>alert(1)</script>",
            "text, to be escaped"
        );
        assert_eq!(of_html("<img src=x onerror=alert(1)>", 100), "");
        assert_eq!(line("  a\u{202e}\n\tb\u{0} ", 10), "a b");
        assert_eq!(line("one two three", 7), "one tw…");
        assert_eq!(of_html(&"<div>".repeat(100_000), 10), "");
        assert_eq!(of_html(&format!("{}x", "<b>".repeat(900)), 10), "x");
    }
}
