//! What a mail looks like: the same for the same message, to the byte.

use bellwether_core::alert::{Message, Notice};
use chrono::{DateTime, Utc};
use lettre::message::{
    MessageBuilder, MultiPart, MultiPartKind, SinglePart,
    header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
};
use url::Url;

use super::EmailAddress;
use crate::text::line;

/// More than this nobody reads in one mail.
const MOST_NOTICES: usize = 100;
/// A header's line ends at 998 characters, and a broken address leads nowhere.
const LONGEST_LINK: usize = 900;
/// Who writes, beside the address.
const SENDER: &str = "Bellwether";

/// The mail that asks whether alerts may be sent to an address.
#[derive(Clone, Debug)]
pub struct Confirmation<'a> {
    /// The seed of the Message-ID: the same for a second try of the same mail.
    pub id: &'a str,
    /// When it was asked for.
    pub at: DateTime<Utc>,
    /// Who would send alerts: the installation's name or address.
    pub site: &'a str,
    /// From whom.
    pub from: &'a EmailAddress,
    /// To whom.
    pub to: &'a EmailAddress,
    /// The page that asks once more and confirms.
    pub link: &'a Url,
    /// Until when the link works.
    pub until: DateTime<Utc>,
}

/// A message as mail: text and HTML, with the headers that let mail programs offer unsubscribing.
pub fn letter(message: &Message, from: &EmailAddress, to: &EmailAddress) -> lettre::Message {
    let mut head = head(&message.id, message.at, &message.subject, from, to);
    let unsubscribe = message.ways_out.unsubscribe.as_ref();
    if let Some(url) = unsubscribe.filter(|url| url.as_str().len() <= LONGEST_LINK) {
        head = head
            .raw_header(header("List-Unsubscribe", &format!("<{url}>")))
            .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
    }
    let shown = &message.notices[..message.notices.len().min(MOST_NOTICES)];
    let more = message.notices.len() - shown.len();
    let more = (more > 0).then(|| format!("and {more} more"));
    let ways_out: Vec<_> = ways_out(message).collect();
    let subject = line(&message.subject, 300);
    let why = line(&message.why, 500);

    let mut text = vec![subject.clone()];
    text.extend(shown.iter().map(|notice| words(notice).join("\n  ") + "\n  " + notice.url.as_str()));
    text.extend(more.clone());
    let links: Vec<_> = ways_out.iter().map(|(label, url)| format!("{label}: {url}")).collect();
    text.push(format!("-- \n{why}\n{}", links.join("\n")));

    let mut html = vec![format!("<h1 style=\"font-size:1.2em\">{}</h1>", escape(&subject))];
    html.extend(shown.iter().map(paragraph));
    html.extend(more.map(|more| format!("<p>{more}</p>")));
    let links: Vec<_> = ways_out.iter().map(|(label, url)| anchor(url, label)).collect();
    html.push(format!("<p style=\"color:#555\">{}<br>\n{}</p>\n", escape(&why), links.join(" · ")));
    finish(head, &message.id, text.join("\n\n") + "\n", &subject, &html.join("\n"))
}

/// The mail that asks whether alerts may be sent to an address. It holds nothing the asker could have written, so that
/// nobody can have it carry words to strangers.
pub fn confirmation(ask: &Confirmation<'_>) -> lettre::Message {
    let site = line(ask.site, 100);
    let subject = format!("Confirm alerts from {site}");
    let until = ask.until.format("%Y-%m-%d %H:%M UTC");
    let why = format!("Someone, probably you, asked {site} to send alerts to this address. Confirm it here:");
    let end =
        format!("The link works until {until}. If it was not you, do nothing, and no more mail will come.");
    let text = format!("{why}\n\n{}\n\n{end}\n", ask.link);
    let link = escape(ask.link.as_str());
    let html =
        format!("<p>{}</p>\n<p><a href=\"{link}\">{link}</a></p>\n<p>{}</p>\n", escape(&why), escape(&end));
    let head = head(ask.id, ask.at, &subject, ask.from, ask.to);
    finish(head, ask.id, text, &subject, &html)
}

fn paragraph(notice: &Notice) -> String {
    let mut words: Vec<_> = words(notice).iter().map(|words| escape(words)).collect();
    if let Some(first) = words.first_mut() {
        *first = anchor(&notice.url, first);
    }
    format!("<p>{}</p>", words.join("<br>\n"))
}

/// A link with an already escaped label.
fn anchor(url: &Url, label: &str) -> String {
    format!("<a href=\"{}\">{label}</a>", escape(url.as_str()))
}

/// What happened, a line each.
fn words(notice: &Notice) -> Vec<String> {
    let title = notice.claim.as_ref().map(|claim| line(&claim.title, 300));
    let because = notice.because.as_deref().map(|because| line(because, 500));
    title.into_iter().chain([line(&notice.headline, 300)]).chain(because).collect()
}

fn ways_out(message: &Message) -> impl Iterator<Item = (&'static str, &Url)> {
    let out = &message.ways_out;
    let links = [
        ("Settings", Some(&out.manage)),
        ("Mute for 7 days", Some(&out.mute)),
        ("Raise the threshold", out.raise.as_ref()),
        ("Unsubscribe", out.unsubscribe.as_ref()),
    ];
    links.into_iter().filter_map(|(label, url)| Some((label, url?)))
}

fn head(
    id: &str,
    at: DateTime<Utc>,
    subject: &str,
    from: &EmailAddress,
    to: &EmailAddress,
) -> MessageBuilder {
    lettre::Message::builder()
        .from(from.mailbox(Some(SENDER)))
        .to(to.mailbox(None))
        .date(at.into())
        .subject(line(subject, 200))
        .message_id(Some(format!("<{}@{}>", token(id), from.domain())))
        // Keeps out-of-office replies from answering a machine.
        .raw_header(header("Auto-Submitted", "auto-generated"))
}

fn finish(head: MessageBuilder, id: &str, text: String, title: &str, html: &str) -> lettre::Message {
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title></head><body>\n\
         {html}</body></html>\n",
        escape(title)
    );
    // An equals sign and an underline never follow each other in a part encoded like that.
    let parts = MultiPart::builder()
        .kind(MultiPartKind::Alternative)
        .boundary(format!("=_{}", token(id)))
        .singlepart(part(ContentType::TEXT_PLAIN, text))
        .singlepart(part(ContentType::TEXT_HTML, html));
    head.multipart(parts).expect("a letter with one sender and one recipient is complete")
}

fn part(kind: ContentType, text: String) -> SinglePart {
    SinglePart::builder().header(kind).header(ContentTransferEncoding::QuotedPrintable).body(text)
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// The id as far as it may stand in a Message-ID and a boundary.
fn token(id: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    id.chars().take(60).map(safe).collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{at, message, notice, url};

    fn address(text: &str) -> EmailAddress {
        text.parse().unwrap()
    }

    fn written(message: &Message) -> String {
        let letter = letter(message, &address("alerts@b.example"), &address("ada@example.org"));
        String::from_utf8(letter.formatted()).unwrap()
    }

    /// The parts as they were before they were encoded, as far as these tests ask.
    fn decoded(letter: &str) -> String {
        letter.replace("=\r\n", "").replace("=3D", "=")
    }

    /// The head, every header on one line.
    fn unfolded(letter: &str) -> String {
        letter.split_once("\r\n\r\n").unwrap().0.replace("\r\n ", " ")
    }

    #[test]
    fn says_who_what_why_and_how_to_stop() {
        let one = message(vec![notice(7, "Rain <b>", "75%, up 3.0 pts")]);
        let letter = written(&one);
        let head = unfolded(&letter);
        let plain = decoded(&letter);
        for header in [
            "From: Bellwether <alerts@b.example>",
            "To: ada@example.org",
            "Subject: Rain tomorrow: 75%, up 3.0 pts",
            "Message-ID: <0198c2f0-1c3a-7000-8000-000000000001@b.example>",
            "Auto-Submitted: auto-generated",
            "List-Unsubscribe: <https://b.example/u/token?x=1>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            "Date: Thu, 01 Jan 2026 00:01:00 +0000",
            "MIME-Version: 1.0",
        ] {
            assert!(head.lines().any(|line| line == header), "{header} in\n{head}");
        }
        assert!(head.contains("multipart/alternative"), "{head}");
        assert!(
            plain.contains("Rain <b>\r\n  75%, up 3.0 pts\r\n  A new forecast came in\r\n  https://b.ex")
        );
        assert!(
            plain.contains("--=20\r\nYou follow this claim: moves of at least 3 pts.\r\nSettings: https")
        );
        assert!(plain.contains("Rain &lt;b&gt;</a>"), "{plain}");
        assert_eq!(letter, written(&one), "the same bytes every time");
    }

    #[test]
    fn without_a_way_to_unsubscribe_there_is_no_header() {
        let mut one = message(vec![]);
        one.ways_out.unsubscribe = None;
        assert!(!written(&one).contains("List-Unsubscribe"));
        let long = format!("https://b.example/u/{}", "a".repeat(800));
        one.ways_out.unsubscribe = Some(url(&long));
        assert!(unfolded(&written(&one)).contains(&format!("List-Unsubscribe: <{long}>\r\n")));
        one.ways_out.unsubscribe = Some(url(&long.repeat(2)));
        assert!(!written(&one).contains("List-Unsubscribe"));
    }

    #[test]
    fn long_digests_are_cut_and_counted() {
        let many = message((1..=5_000).map(|n| notice(n, "Rain", "75%")).collect());
        let letter = written(&many);
        assert_eq!(letter.matches("and 4900 more").count(), 2);
        assert!(letter.len() < 100_000, "{}", letter.len());
    }

    #[test]
    fn asks_for_confirmation() {
        let ask = Confirmation {
            id: "ticket 1",
            at: at(0),
            site: "b.example",
            from: &address("alerts@b.example"),
            to: &address("ada@example.org"),
            link: &url("https://b.example/confirm?t=abc&u=1"),
            until: at(86_400),
        };
        let letter = String::from_utf8(confirmation(&ask).formatted()).unwrap();
        assert!(letter.contains("Subject: Confirm alerts from b.example\r\n"), "{letter}");
        assert!(letter.contains("Message-ID: <ticket-1@b.example>\r\n"), "{letter}");
        let plain = decoded(&letter);
        assert!(plain.contains("\r\nhttps://b.example/confirm?t=abc&u=1\r\n"), "{plain}");
        assert!(plain.contains("until 2026-01-02 00:00 UTC"), "{letter}");
        assert!(!letter.contains("List-Unsubscribe"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_words_become_headers_or_parts(text in "(\\PC|[\\x00-\\x1f\\u{2028}=_-]){0,300}") {
            let boundary = "--=_0198c2f0-1c3a-7000-8000-000000000001";
            let mut any = message(vec![notice(1, &format!("{boundary}--"), &text)]);
            any.subject = format!("a\r\nBcc: eve@example.org\r\n\r\n{text}");
            any.why = format!("\r\n{boundary}--\r\n{text}");
            let letter = written(&any);
            prop_assert!(letter.is_ascii());
            prop_assert!(letter.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n', '\0'])));
            prop_assert!(!letter.contains("\r\nBcc:"));
            prop_assert_eq!(letter.matches("\r\n--=_").count(), 3);
        }
    }
}
