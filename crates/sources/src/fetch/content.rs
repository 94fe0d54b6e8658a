//! Is this what was expected, and in which character set: looking at the first bytes, the type and the text.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

use super::{Expect, FetchError};

/// What the first bytes look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looks {
    HtmlPage,
    Xml,
    Json,
    Zip,
    Pdf,
    Binary,
    Text,
}

impl Looks {
    fn name(self) -> &'static str {
        match self {
            Self::HtmlPage => "an HTML page",
            Self::Xml => "XML",
            Self::Json => "JSON",
            Self::Zip => "a zip archive",
            Self::Pdf => "a PDF file",
            Self::Binary => "binary data",
            Self::Text => "plain text",
        }
    }
}

impl Expect {
    fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Yaml => "YAML",
            Self::Toml => "TOML",
            Self::Csv => "CSV",
            Self::Html => "HTML",
            Self::Markdown => "Markdown",
            Self::Zip => "a zip archive",
            Self::Feed => "a feed of news",
            Self::Any => "anything",
        }
    }

    /// The `Accept` header that goes with it.
    pub(crate) fn accept(self) -> &'static str {
        match self {
            Self::Json => "application/json, */*;q=0.5",
            Self::Yaml => "application/yaml, text/yaml, */*;q=0.5",
            Self::Toml => "application/toml, text/plain, */*;q=0.5",
            Self::Csv => "text/csv, text/plain, */*;q=0.5",
            Self::Html => "text/html, application/xhtml+xml, */*;q=0.5",
            Self::Markdown => "text/markdown, text/plain, */*;q=0.5",
            Self::Zip => "application/zip, */*;q=0.5",
            Self::Feed => {
                "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
            }
            Self::Any => "text/html, */*;q=0.8",
        }
    }
}

/// Whether the page is one that wants to see a browser before it lets anybody in.
pub(crate) fn is_challenge(cf_mitigated: Option<&str>, bytes: &[u8]) -> bool {
    if cf_mitigated.is_some_and(|v| v.eq_ignore_ascii_case("challenge")) {
        return true;
    }
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]).to_ascii_lowercase();
    ["<title>just a moment", "<title>attention required! | cloudflare", "/cdn-cgi/challenge-platform/"]
        .iter()
        .any(|mark| head.contains(mark))
}

/// Refuses a body that is empty, a challenge, or of another format than expected, whatever its status said. A body
/// that could be the format passes; its parser has the last word.
pub fn check(
    expect: Expect,
    content_type: Option<&str>,
    cf_mitigated: Option<&str>,
    bytes: &[u8],
) -> Result<(), FetchError> {
    if without_bom(bytes).iter().all(u8::is_ascii_whitespace) {
        return Err(FetchError::EmptyBody);
    }
    let looks = sniff(content_type, bytes);
    if looks == Looks::HtmlPage && is_challenge(cf_mitigated, bytes) {
        return Err(FetchError::ChallengePage);
    }
    let fits = match expect {
        Expect::Any => true,
        Expect::Zip => looks == Looks::Zip,
        Expect::Json => looks == Looks::Json,
        // JSON is YAML, and a JSON error message is caught by the columns it lacks.
        Expect::Yaml => matches!(looks, Looks::Text | Looks::Json),
        // A TOML table and a Markdown link begin with a bracket too.
        Expect::Csv | Expect::Toml | Expect::Markdown => {
            looks == Looks::Text || (looks == Looks::Json && !declares_json(content_type))
        }
        // Servers call feeds HTML now and then; the first element tells.
        Expect::Feed => matches!(looks, Looks::Xml | Looks::Json | Looks::Text) || begins_a_feed(bytes),
        Expect::Html => matches!(looks, Looks::HtmlPage | Looks::Xml | Looks::Text),
    };
    if fits {
        Ok(())
    } else {
        Err(FetchError::UnexpectedContent { expected: expect.name(), got: looks.name() })
    }
}

fn begins_a_feed(bytes: &[u8]) -> bool {
    let body = without_bom(bytes).trim_ascii_start();
    [&b"<rss"[..], b"<feed", b"<rdf:RDF"].iter().any(|tag| body.starts_with(tag))
}

fn without_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

fn sniff(content_type: Option<&str>, bytes: &[u8]) -> Looks {
    let utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    let body = without_bom(bytes).trim_ascii_start();
    if body.starts_with(b"PK\x03\x04") || body.starts_with(b"PK\x05\x06") {
        return Looks::Zip;
    }
    if body.starts_with(b"%PDF-") {
        return Looks::Pdf;
    }
    if !utf16 && body[..body.len().min(1024)].contains(&0) {
        return Looks::Binary;
    }
    let head = String::from_utf8_lossy(&body[..body.len().min(256)]).to_ascii_lowercase();
    if ["<!doctype html", "<html", "<head", "<body"].iter().any(|tag| head.starts_with(tag)) {
        return Looks::HtmlPage;
    }
    if head.starts_with("<?xml") || head.starts_with("<!doctype") {
        return if head.contains("<html") { Looks::HtmlPage } else { Looks::Xml };
    }
    match body.first() {
        Some(b'<') if matches!(media(content_type).as_str(), "text/html" | "application/xhtml+xml") => {
            Looks::HtmlPage
        }
        Some(b'{' | b'[') => Looks::Json,
        // A bare value: only if declared, for `true` may as well be a CSV heading.
        Some(b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') if declares_json(content_type) => Looks::Json,
        _ => Looks::Text,
    }
}

fn media(content_type: Option<&str>) -> String {
    content_type.and_then(|t| t.split(';').next()).unwrap_or_default().trim().to_ascii_lowercase()
}

fn declares_json(content_type: Option<&str>) -> bool {
    let media = media(content_type);
    media == "application/json" || media.ends_with("+json")
}

/// A text and the character set it was written in.
#[derive(Debug, PartialEq, Eq)]
pub struct Text<'a> {
    /// The text, without byte order mark.
    pub text: Cow<'a, str>,
    /// The character set's name by the WHATWG Encoding standard.
    pub charset: &'static str,
}

/// Reads bytes as text: byte order mark, then the header, then what an HTML or XML document says of itself, else
/// UTF-8. JSON is UTF-8 and nothing else. A few unreadable characters become U+FFFD, at most one in a thousand.
///
/// A pure function of its arguments, so stored bytes with their stored `Content-Type` read the same for ever.
pub fn to_text<'a>(
    expect: Expect,
    content_type: Option<&str>,
    bytes: &'a [u8],
) -> Result<Text<'a>, FetchError> {
    if expect == Expect::Json {
        return match std::str::from_utf8(without_bom(bytes)) {
            Ok(text) => Ok(Text { text: Cow::Borrowed(text), charset: UTF_8.name() }),
            Err(_) => Err(FetchError::BadCharset { charset: UTF_8.name() }),
        };
    }
    let by_mark = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let by_header = || charset_parameter(content_type?);
    let by_itself = || match expect {
        Expect::Html | Expect::Feed | Expect::Any => charset_in_document(bytes),
        _ => None,
    };
    let encoding = by_mark.or_else(by_header).or_else(by_itself).unwrap_or(UTF_8);
    let (text, encoding, damaged) = encoding.decode(bytes);
    if damaged {
        let (lost, all) = text.chars().fold((0_usize, 0_usize), |(lost, all), c| {
            (lost + usize::from(c == char::REPLACEMENT_CHARACTER), all + 1)
        });
        if lost * 1000 > all {
            return Err(FetchError::BadCharset { charset: encoding.name() });
        }
    }
    Ok(Text { text, charset: encoding.name() })
}

fn charset_parameter(content_type: &str) -> Option<&'static Encoding> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let named = name.trim().eq_ignore_ascii_case("charset");
        named.then(|| Encoding::for_label(value.trim().trim_matches('"').as_bytes())).flatten()
    })
}

/// `<meta charset=...>`, `<meta http-equiv ... content="...; charset=...">` or `<?xml encoding="..."?>` within the
/// first 1024 bytes, where the HTML standard wants it.
fn charset_in_document(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).to_ascii_lowercase();
    let declared = |key: &str, from: usize| {
        let rest = head[from..].split_once(key)?.1.trim_start().strip_prefix('=')?.trim_start();
        let rest = rest.trim_start_matches(['"', '\'']);
        let end =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_:.".contains(c))).unwrap_or(rest.len());
        Encoding::for_label(&rest.as_bytes()[..end])
    };
    let found = match head.find("<meta") {
        Some(meta) => declared("charset", meta),
        None => head.starts_with("<?xml").then(|| declared("encoding", 0)).flatten(),
    };
    // A document whose declaration can be read is not UTF-16, whatever it says.
    found.map(|e| if e == encoding_rs::UTF_16LE || e == encoding_rs::UTF_16BE { UTF_8 } else { e })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(expect: Expect, content_type: &str, body: &str) -> Result<(), &'static str> {
        check(expect, Some(content_type), None, body.as_bytes()).map_err(|e| e.code())
    }

    #[test]
    fn p6_unexpected_content() {
        assert_eq!(code(Expect::Csv, "text/csv", "a,b\n1,2"), Ok(()));
        assert_eq!(
            code(Expect::Csv, "text/csv", "<!DOCTYPE html><title>Error</title>"),
            Err("unexpected_content")
        );
        assert_eq!(code(Expect::Csv, "text/html", "<p>gone</p>"), Err("unexpected_content"));
        assert_eq!(code(Expect::Csv, "application/json", "{\"error\": 1}"), Err("unexpected_content"));
        assert_eq!(code(Expect::Json, "text/plain", " [1]"), Ok(()));
        assert_eq!(code(Expect::Json, "application/json", "null"), Ok(()));
        assert_eq!(code(Expect::Json, "application/json", "<html>"), Err("unexpected_content"));
        assert_eq!(code(Expect::Json, "text/plain", "Not found"), Err("unexpected_content"));
        assert_eq!(code(Expect::Yaml, "text/plain", "- model: x"), Ok(()));
        assert_eq!(code(Expect::Yaml, "text/html", "<html></html>"), Err("unexpected_content"));
        assert_eq!(code(Expect::Toml, "text/plain", "[table]"), Ok(()));
        assert_eq!(code(Expect::Markdown, "text/plain", "<div align=center>\n# Title"), Ok(()));
        assert_eq!(code(Expect::Html, "text/html", "<table>"), Ok(()));
        assert_eq!(code(Expect::Html, "text/html", "%PDF-1.7"), Err("unexpected_content"));
        assert_eq!(code(Expect::Zip, "application/zip", "PK\u{3}\u{4}..."), Ok(()));
        assert_eq!(code(Expect::Zip, "application/zip", "Not found"), Err("unexpected_content"));
        assert_eq!(code(Expect::Csv, "text/csv", "PK\u{3}\u{4}..."), Err("unexpected_content"));
        assert_eq!(code(Expect::Csv, "text/csv", "a\0b"), Err("unexpected_content"));
        assert_eq!(code(Expect::Any, "image/png", "\u{89}PNG\0"), Ok(()));
    }

    #[test]
    fn p6_empty_bodies_and_challenges_have_names() {
        for expect in [Expect::Any, Expect::Csv, Expect::Json, Expect::Html] {
            assert_eq!(code(expect, "text/plain", ""), Err("empty_body"));
            assert_eq!(code(expect, "text/plain", "\u{feff} \r\n"), Err("empty_body"));
        }
        let page = "<!DOCTYPE html><html><head><title>Just a moment...</title>";
        assert_eq!(code(Expect::Html, "text/html", page), Err("challenge_page"));
        assert_eq!(code(Expect::Csv, "text/html", page), Err("challenge_page"));
        let by_header = check(Expect::Html, Some("text/html"), Some("challenge"), b"<html><p>?</p>");
        assert_eq!(by_header, Err(FetchError::ChallengePage));
    }

    fn text<'a>(
        expect: Expect,
        content_type: Option<&str>,
        bytes: &'a [u8],
    ) -> Result<Text<'a>, &'static str> {
        to_text(expect, content_type, bytes).map_err(|e| e.code())
    }

    #[test]
    fn p7_character_sets() {
        let read =
            |expect, ct, bytes: &[u8]| text(expect, ct, bytes).map(|t| (t.text.into_owned(), t.charset));
        let ok = |t: &str, c| Ok((t.to_owned(), c));
        assert_eq!(read(Expect::Csv, None, "é".as_bytes()), ok("é", "UTF-8"));
        assert_eq!(read(Expect::Csv, Some("text/csv; charset=ISO-8859-1"), b"\xe9"), ok("é", "windows-1252"));
        assert_eq!(
            read(Expect::Csv, Some("text/csv; charset=latin1"), b"\xef\xbb\xbf\xc3\xa9"),
            ok("é", "UTF-8")
        );
        assert_eq!(read(Expect::Csv, None, b"\xff\xfe\xe9\x00"), ok("é", "UTF-16LE"));
        let meta = b"<html><meta charset='windows-1252'>\xe9";
        assert!(text(Expect::Html, None, meta).unwrap().text.ends_with('é'));
        let equiv = b"<meta http-equiv=Content-Type content=\"text/html; charset=windows-1252\">\xe9";
        assert!(text(Expect::Html, None, equiv).unwrap().text.ends_with('é'));
        assert_eq!(text(Expect::Html, Some("text/html; charset=utf-8"), meta), Err("bad_charset"));
        assert_eq!(text(Expect::Csv, None, b"caf\xe9,1"), Err("bad_charset"));
        let long = [b"x".repeat(5000), b"\xe9".to_vec()].concat();
        assert_eq!(text(Expect::Csv, None, &long).unwrap().text.chars().last(), Some('\u{fffd}'));
        assert_eq!(
            text(Expect::Json, Some("application/json; charset=latin1"), b"\"\xe9\""),
            Err("bad_charset")
        );
        assert_eq!(text(Expect::Json, None, b"\xef\xbb\xbf[]").unwrap().text, "[]");
    }
}
