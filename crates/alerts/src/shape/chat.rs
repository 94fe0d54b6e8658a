//! Messages for people: a bold subject, a line per notice, and the ways out.

use std::collections::BTreeSet;

use bellwether_core::alert::{Message, Notice};
use url::Url;

use crate::text::line;

/// How one service writes.
struct Dialect {
    /// A text that means nothing but itself.
    plain: fn(&str) -> String,
    /// An emphasis around an already plain text.
    bold: fn(&str) -> String,
    /// A link with an already plain label.
    link: fn(&str, &Url) -> String,
    /// How the service counts length, and the most it takes.
    length: fn(&str) -> usize,
    most: usize,
}

/// Slack's mrkdwn. Longer texts are accepted, but 4,000 characters is what its manual asks for.
pub(super) fn slack(message: &Message) -> String {
    let dialect = Dialect {
        plain: slack_plain,
        bold: |text| format!("*{text}*"),
        // A bar would end the address early.
        link: |label, url| format!("<{}|{label}>", slack_plain(url.as_str()).replace('|', "%7C")),
        length: |text| text.chars().count(),
        most: 4_000,
    };
    text(message, &dialect, true)
}

/// Discord's Markdown, 2,000 characters at most. Counted in UTF-16, which is never fewer than what Discord counts.
pub(super) fn discord(message: &Message) -> String {
    let dialect = Dialect {
        plain: discord_plain,
        bold: |text| format!("**{text}**"),
        // A label that is itself an address makes Discord show the link as text; angle brackets stop previews.
        link: |label, url| format!("{label} <{url}>"),
        length: |text| text.encode_utf16().count(),
        most: 2_000,
    };
    text(message, &dialect, true)
}

/// Plain text; what is longer than 4,096 bytes would arrive as an attachment. The title stands apart.
pub(super) fn ntfy(message: &Message) -> String {
    let dialect = Dialect {
        plain: str::to_owned,
        bold: str::to_owned,
        link: |label, url| format!("{label}: {url}"),
        length: str::len,
        most: 4_096,
    };
    text(message, &dialect, false)
}

/// The subject.
pub(super) fn title(message: &Message) -> String {
    line(&message.subject, 200)
}

/// An ntfy topic; the server knows none longer than 64.
pub(super) fn topic(segment: &str) -> String {
    line(segment, 100)
}

/// Where a tap leads: to what the message is about, or to the settings where it is about several things.
pub(super) fn click(message: &Message) -> Option<&Url> {
    let url = match &message.notices[..] {
        [one] => &one.url,
        _ => &message.ways_out.manage,
    };
    Some(url).filter(|url| url.as_str().len() <= 1_024)
}

/// What kinds of things it tells, each once.
pub(super) fn tags(message: &Message) -> Vec<String> {
    let kinds: BTreeSet<_> = message.notices.iter().map(|notice| line(&notice.kind, 60)).collect();
    kinds.into_iter().take(5).collect()
}

fn text(message: &Message, dialect: &Dialect, titled: bool) -> String {
    let why = (dialect.plain)(&line(&message.why, 200));
    let out = &message.ways_out;
    let links = [("Settings", Some(&out.manage)), ("Mute for 7 days", Some(&out.mute))]
        .into_iter()
        .chain([("Raise the threshold", out.raise.as_ref())])
        .filter_map(|(label, url)| Some((dialect.link)(label, url?)));
    let all_links = links.collect::<Vec<_>>().join(" · ");
    let head = titled.then(|| (dialect.bold)(&(dialect.plain)(&title(message))));
    let lines: Vec<_> = message.notices.iter().map(|notice| notice_line(notice, dialect)).collect();
    // The ways out may be longer than a service takes; then why it was sent must do.
    let foots = [format!("{why}\n{all_links}"), why];
    let half = |foot: &&String| (dialect.length)(foot) <= dialect.most / 2;
    let foot = foots.iter().find(half).cloned();

    let assemble = |shown: usize| {
        let more = lines.len() - shown;
        let more = (more > 0).then(|| format!("and {more} more"));
        let parts = head.iter().chain(&lines[..shown]).chain(&more).chain(&foot);
        parts.map(String::as_str).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
    };
    let whole = assemble(lines.len());
    if (dialect.length)(&whole) <= dialect.most {
        return whole;
    }
    // Every further line costs its length and a break; the number left out only gets shorter.
    let mut length = (dialect.length)(&assemble(0));
    let fits = |part: &&String| {
        length += (dialect.length)(part) + 1;
        length <= dialect.most
    };
    assemble(lines.iter().take_while(fits).count())
}

fn notice_line(notice: &Notice, dialect: &Dialect) -> String {
    let plain = |text: &str| (dialect.plain)(&line(text, 200));
    let headline = plain(&notice.headline);
    let label = match &notice.claim {
        Some(claim) => plain(&claim.title),
        None => headline.clone(),
    };
    // Half an address leads nowhere.
    let linked =
        if notice.url.as_str().len() <= 512 { (dialect.link)(&label, &notice.url) } else { label.clone() };
    let mut out = format!("• {linked}");
    if notice.claim.is_some() {
        out = format!("{out}\n  {headline}");
    }
    if let Some(because) = &notice.because {
        out = format!("{out}\n  {}", plain(because));
    }
    out
}

/// The three characters Slack reads as markup, `<!channel>` among it.
fn slack_plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn discord_plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '*' | '_' | '~' | '`' | '|' | '<' | '>' | '[' | ']' | '(' | ')' | '#' | '@') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
