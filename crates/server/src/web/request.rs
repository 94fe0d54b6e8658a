//! What every page handler takes from a request, and the frame it puts around its page.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Uri, request::Parts},
};
use bellwether_core::{people::Right, status::ClaimStatus, stream::Headline};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use uuid::Uuid;

use super::{
    parts::{Mark, Status},
    shell::{DemoStrip, Place, Shell},
};
use crate::{cookies, problem::Problem, state::AppState, visitor::Visitor};

/// A reader's request: where, and what their browser remembers.
pub(crate) struct Reader {
    /// Path and query.
    pub path: String,
    /// Names this reader's browser, for "since your last visit".
    pub browser: Option<Uuid>,
    /// Who asks.
    pub visitor: Visitor,
    /// The page's own script looks whether something changed.
    pub live: bool,
    /// The colours they chose.
    pub theme: Option<&'static str>,
}

impl FromRequestParts<AppState> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Infallible> {
        let visitor = parts.extensions.get().cloned().unwrap_or_default();
        Ok(Self::of(&parts.uri, &parts.headers, visitor))
    }
}

/// The colours that a reader chose; none where they are the system's.
pub(crate) fn theme(headers: &HeaderMap) -> Option<&'static str> {
    match cookies::value(headers, "theme") {
        Some("light") => Some("light"),
        Some("dark") => Some("dark"),
        _ => None,
    }
}

impl Reader {
    /// Someone who asks for an address.
    pub(crate) fn of(address: &Uri, headers: &HeaderMap, visitor: Visitor) -> Self {
        Self {
            path: address.path_and_query().map_or("/", |p| p.as_str()).to_owned(),
            browser: cookies::value(headers, "visitor").and_then(|id| Uuid::try_parse(id).ok()),
            live: headers.contains_key("x-live"),
            theme: theme(headers),
            visitor,
        }
    }

    /// Under which name it is kept when they last came: their account's, else their browser's.
    pub(super) fn remembered(&self) -> Option<String> {
        let account = self.visitor.signed.as_ref().map(|signed| signed.account.0);
        account.or(self.browser).map(|id| id.simple().to_string())
    }

    /// The frame of a page.
    pub(super) async fn shell(&self, state: &AppState, title: impl Into<String>, place: Place) -> Shell {
        let now = state.engine().now();
        let unread = match self.visitor.actor() {
            Ok(actor) if self.visitor.has(Right::Follow) => state.engine().unread(actor).await.ok(),
            _ => None,
        };
        let demo = if state.is_demo() { demo_strip(state, now).await } else { None };
        Shell {
            title: title.into(),
            place,
            path: self.path.clone(),
            now,
            demo,
            search: String::new(),
            frozen: None,
            known: None,
            theme: self.theme,
            visitor: self.visitor.clone(),
            unread,
            origin: origin(state),
        }
    }
}

/// The address of this installation, without a slash at the end.
pub(super) fn origin(state: &AppState) -> String {
    state.base_url().as_str().trim_end_matches('/').to_owned()
}

async fn demo_strip(state: &AppState, now: DateTime<Utc>) -> Option<DemoStrip> {
    let stands = state.engine().demo().await.ok().flatten()?;
    Some(DemoStrip { now, more: stands.next.is_some() })
}

/// Reads `?at=`: an instant, or a day, of which the end is meant.
pub(super) fn instant(text: Option<&str>) -> Result<Option<DateTime<Utc>>, Problem> {
    let Some(text) = text.map(str::trim).filter(|t| !t.is_empty()) else { return Ok(None) };
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(Some(at.to_utc()));
    }
    let end = NaiveTime::from_hms_opt(23, 59, 59).unwrap_or_default();
    text.parse::<NaiveDate>().map(|day| Some(day.and_time(end).and_utc())).map_err(|_| {
        let hint = format!("`{}` is no time: write 2026-04-06 or 2026-04-06T12:00:00Z", cut(text, 40));
        Problem::malformed_field("at", "unreadable", hint)
    })
}

/// A deadline as its author wrote it; a date in figures alone is written as people read dates.
pub(super) fn deadline(text: &str) -> String {
    text.parse::<NaiveDate>().map_or_else(|_| text.to_owned(), bellwether_core::figures::date)
}

/// The first `n` characters.
pub(super) fn cut(text: &str, n: usize) -> String {
    if text.chars().count() <= n {
        text.to_owned()
    } else {
        text.chars().take(n.saturating_sub(1)).chain(['…']).collect()
    }
}

/// A refusal as a sentence of a page: it begins with a capital and ends with a full stop, and what it quotes stands in
/// quotation marks.
pub(super) fn sentence(clause: &str) -> String {
    let mut text = String::with_capacity(clause.len() + 4);
    let mut open = false;
    for letter in clause.trim().chars() {
        match letter {
            '`' => {
                text.push(if open { '”' } else { '“' });
                open = !open;
            }
            first if text.is_empty() => text.extend(first.to_uppercase()),
            other => text.push(other),
        }
    }
    if !text.is_empty() && !text.ends_with(['.', '!', '?', '…']) {
        text.push('.');
    }
    text
}

/// What a headline is made of: `evidence`, `a pool of evidence and trend`.
pub(super) fn made_of(headline: &Headline) -> String {
    match headline {
        Headline::Stream(stream) => stream.title().to_lowercase(),
        Headline::Pool(pool) => {
            let names: Vec<_> = pool.keys().map(|stream| stream.title().to_lowercase()).collect();
            format!("a pool of {}", names.join(" and "))
        }
    }
}

/// A claim's state as pages show it. `outcome`: what is proposed, or how it ended.
pub(super) fn status(status: ClaimStatus, outcome: Option<&str>) -> Status {
    match status {
        ClaimStatus::Draft => Status::new(Mark::Ring, "Draft"),
        ClaimStatus::Open => Status::new(Mark::Ring, "Open"),
        ClaimStatus::AwaitingData => Status::new(Mark::Query, "Waiting for data"),
        ClaimStatus::Proposed => Status::new(Mark::Quarter, format!("Proposed {}", outcome.unwrap_or(""))),
        ClaimStatus::Disputed => Status::new(Mark::Bang, "Objected"),
        ClaimStatus::Resolved => Status::settled(outcome.unwrap_or("Settled")),
        ClaimStatus::Annulled => Status::new(Mark::Dash, "Void"),
        ClaimStatus::UnderReview => Status::new(Mark::Bang, "Under review"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_reads_as_a_sentence() {
        assert_eq!(sentence("use 8 to 128"), "Use 8 to 128.");
        assert_eq!(sentence("`é` is no name: begin with a letter"), "“é” is no name: begin with a letter.");
        assert_eq!(sentence("Choose one."), "Choose one.");
        assert_eq!(sentence(""), "");
    }

    #[test]
    fn a_day_means_its_end_and_nonsense_is_named() {
        let day = instant(Some("2026-04-06")).unwrap().unwrap();
        assert_eq!(day.to_rfc3339(), "2026-04-06T23:59:59+00:00");
        assert!(instant(Some("")).unwrap().is_none());
        assert_eq!([deadline("2026-10-01"), deadline("Q1 2027")], ["1 Oct 2026", "Q1 2027"]);
        assert!(instant(Some("yesterday")).unwrap_err().detail.contains("yesterday"));
    }
}
