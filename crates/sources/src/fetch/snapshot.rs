//! Pages and companions of a source as one snapshot: all of them, or none.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use super::{
    Expect, FetchError, Fetched, Fetcher, Meta, Pages, Part, Request, Validators,
    client::{Answer, Ask, Purpose},
    content, retry,
};

impl Fetcher {
    /// Fetches a snapshot. `now` is the time of the clock; it decides what `Retry-After` and `Expires` mean.
    ///
    /// A snapshot of one file is asked for conditionally. One of several files is not: "unchanged" of one page says
    /// nothing of the others, and identical bytes are noticed by their hash anyway.
    pub async fn fetch(&self, request: &Request, now: DateTime<Utc>) -> Result<Fetched, FetchError> {
        let began = Instant::now();
        let url = self.policy().check_url(&request.url)?;
        let single = request.pages.is_none() && request.companions.is_empty();
        let none = Validators::default();
        let validators = if single { &request.validators } else { &none };
        let expect = request.expect;

        let first_url = page_url(&url, request.pages.as_ref(), 0);
        let first = self.part(request, first_url, expect, validators, now).await?;
        let header = |name| first.header(name);
        let mut meta = Meta {
            url,
            final_url: first.final_url.clone(),
            status: first.status,
            validators: new_validators(&first, validators),
            redirected: first.redirected,
            fetched_at: now,
            fresh_until: retry::fresh_until(header("cache-control"), header("expires"), now),
            wire_bytes: first.wire_bytes,
            requests: first.requests,
            headers: first.headers.clone(),
        };
        let first_name = if request.pages.is_some() { page_name(1) } else { "main".to_owned() };
        let Some(document) = as_part(first_name, first) else { return Ok(Fetched::Unchanged(meta)) };
        let mut parts = vec![document];

        if let Some(pages) = &request.pages {
            while wants_more(pages, &parts[parts.len() - 1].bytes) {
                let number = parts.len();
                if number >= self.limits().pages {
                    return Err(FetchError::TooManyPages { limit: self.limits().pages });
                }
                let next = page_url(&meta.url, Some(pages), number as u64);
                let at = now + TimeDelta::from_std(began.elapsed()).unwrap_or_default();
                let answer = self.part(request, next, expect, &none, at).await?;
                self.add(&mut meta, &mut parts, page_name(number + 1), answer)?;
                // A source that ignores the page parameter would go on for ever.
                if parts[number].bytes == parts[number - 1].bytes {
                    return Err(FetchError::TooManyPages { limit: number });
                }
            }
        }
        for companion in &request.companions {
            let url = self.policy().check_url(&companion.url)?;
            let at = now + TimeDelta::from_std(began.elapsed()).unwrap_or_default();
            let answer = self.part(request, url, companion.expect, &none, at).await?;
            self.add(&mut meta, &mut parts, format!("companions/{}", companion.name), answer)?;
        }
        Ok(Fetched::Body { meta, parts })
    }

    async fn part(
        &self,
        request: &Request,
        url: Url,
        expect: Expect,
        validators: &Validators,
        now: DateTime<Utc>,
    ) -> Result<Answer, FetchError> {
        let ask = Ask {
            url,
            accept: expect.accept(),
            validators,
            auth: request.auth.as_ref(),
            obey_robots: !request.ignore_robots,
            purpose: Purpose::Data,
        };
        let answer = self.ask(ask, now).await?;
        if let Some(bytes) = &answer.bytes {
            let content_type = answer.header("content-type");
            content::check(expect, content_type, answer.header("cf-mitigated"), bytes)?;
            if !matches!(expect, Expect::Any | Expect::Zip) {
                content::to_text(expect, content_type, bytes)?;
            }
        }
        Ok(answer)
    }

    fn add(
        &self,
        meta: &mut Meta,
        parts: &mut Vec<Part>,
        name: String,
        answer: Answer,
    ) -> Result<(), FetchError> {
        meta.wire_bytes += answer.wire_bytes;
        meta.requests += answer.requests;
        if meta.redirected == super::Redirected::No {
            meta.redirected = answer.redirected;
        }
        let part = as_part(name, answer).ok_or(FetchError::UnexpectedNotModified)?;
        parts.push(part);
        let limit = self.limits().snapshot_bytes;
        let size: usize = parts.iter().map(|p| p.bytes.len()).sum();
        if size as u64 > limit { Err(FetchError::TooLarge { limit }) } else { Ok(()) }
    }
}

fn page_name(number: usize) -> String {
    format!("pages/{number:05}")
}

fn as_part(name: String, answer: Answer) -> Option<Part> {
    let bytes = answer.bytes?;
    Some(Part { name, url: answer.final_url, status: answer.status, headers: answer.headers, bytes })
}

/// What to ask with next time. A 304 need not repeat the validators; then those that were sent still stand.
fn new_validators(answer: &Answer, sent: &Validators) -> Validators {
    let said = Validators {
        etag: answer.header("etag").map(str::to_owned),
        last_modified: answer.header("last-modified").map(str::to_owned),
    };
    if answer.status == 304 {
        Validators {
            etag: said.etag.or_else(|| sent.etag.clone()),
            last_modified: said.last_modified.or_else(|| sent.last_modified.clone()),
        }
    } else {
        said
    }
}

/// The address of the page with this index, counted from 0.
fn page_url(url: &Url, pages: Option<&Pages>, index: u64) -> Url {
    let (param, value) = match pages {
        None => return url.clone(),
        Some(Pages::Numbered { param, .. }) => (param, index + 1),
        Some(Pages::Offset { param, limit, .. }) => (param, index.saturating_mul(*limit)),
    };
    let others: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(name, _)| name != param).collect();
    let mut url = url.clone();
    url.query_pairs_mut().clear().extend_pairs(others).append_pair(param, &value.to_string());
    url
}

/// Whether this page says that another follows. A page that cannot be read says no; the extraction then finds what is
/// wrong.
fn wants_more(pages: &Pages, page: &[u8]) -> bool {
    let Ok(page) = serde_json::from_slice::<Value>(page) else { return false };
    match pages {
        Pages::Numbered { more, .. } => more.query(&page).iter().any(|v| v.as_bool() == Some(true)),
        Pages::Offset { limit, .. } => *limit > 0 && longest_list(&page) as u64 >= *limit,
    }
}

fn longest_list(value: &Value) -> usize {
    match value {
        Value::Array(list) => list.iter().map(longest_list).max().unwrap_or(0).max(list.len()),
        Value::Object(members) => members.values().map(longest_list).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json_path::JsonPath;

    use super::*;

    #[test]
    fn page_addresses_replace_the_parameter_and_keep_the_rest() {
        let url = Url::parse("https://example.org/rows?config=text&offset=7&length=100").unwrap();
        let offset = Pages::Offset { param: "offset".into(), limit: 100 };
        assert_eq!(
            page_url(&url, Some(&offset), 2).as_str(),
            "https://example.org/rows?config=text&length=100&offset=200"
        );
        let numbered = Pages::Numbered { param: "page".into(), more: JsonPath::parse("$.more").unwrap() };
        let plain = Url::parse("https://example.org/rows").unwrap();
        assert_eq!(page_url(&plain, Some(&numbered), 0).as_str(), "https://example.org/rows?page=1");
        assert_eq!(page_url(&plain, None, 0), plain);
    }

    #[test]
    fn pages_go_on_only_when_the_page_says_so() {
        let numbered =
            Pages::Numbered { param: "page".into(), more: JsonPath::parse("$.pagination.has_more").unwrap() };
        assert!(wants_more(&numbered, br#"{"pagination": {"has_more": true}}"#));
        for end in [
            &br#"{"pagination": {"has_more": false}}"#[..],
            b"{}",
            b"[",
            br#"{"pagination": {"has_more": 1}}"#,
        ] {
            assert!(!wants_more(&numbered, end));
        }
        let offset = |limit| Pages::Offset { param: "o".into(), limit };
        assert!(wants_more(&offset(2), br#"{"rows": [1, 2]}"#));
        assert!(!wants_more(&offset(3), br#"{"rows": [1, 2]}"#));
        assert!(!wants_more(&offset(0), br#"{"rows": []}"#));
    }
}
