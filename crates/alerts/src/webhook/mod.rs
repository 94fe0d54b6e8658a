//! Posting to a webhook: once, to an allowed address, within a time-out, and reading no more than is useful.

use std::{error::Error as _, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use reqwest::{
    Client, Response, StatusCode,
    dns::Resolve,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
};
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::{schedule::LONGEST_WAIT, text::line};

/// More of an answer is not read.
const MOST_READ: usize = 64 * 1024;
/// More of it is not kept.
const MOST_KEPT: usize = 1024;

/// Whether an address may be posted to, judged as it is written; the error is for whoever set it up.
pub type AddressCheck = dyn Fn(&Url) -> Result<(), String> + Send + Sync;

/// How this installation posts.
#[derive(Clone)]
pub struct CourierSettings {
    /// `name/version (+contact)`: who posts.
    pub user_agent: String,
    /// How long connecting may take, looking up the name included.
    pub connect: Duration,
    /// How long all of it may take.
    pub total: Duration,
    /// How names become addresses. What it lets pass is what is dialled; to keep an address back it fails with
    /// [`Denied`].
    pub resolver: Arc<dyn Resolve>,
    /// Asked before every post. The resolver is not asked about IP addresses written out, so this must judge them.
    pub check: Arc<AddressCheck>,
}

impl CourierSettings {
    /// Five seconds to connect, fifteen in all.
    pub fn new(user_agent: String, resolver: Arc<dyn Resolve>, check: Arc<AddressCheck>) -> Self {
        let (connect, total) = (Duration::from_secs(5), Duration::from_secs(15));
        Self { user_agent, connect, total, resolver, check }
    }
}

/// The resolver's way to say that a name only leads to addresses nobody may post to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Denied(pub String);

/// Why there is no courier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the HTTP client cannot be set up: {reason}")]
pub struct SetupFailed {
    /// What it says.
    pub reason: String,
}

/// One thing to post.
#[derive(Clone, Debug)]
pub struct Post<'a> {
    /// Where to.
    pub url: &'a Url,
    /// Headers besides the body's type: the signature's, those its owner set up.
    pub headers: Vec<(String, String)>,
    /// The body's type.
    pub content_type: &'a str,
    /// The body.
    pub body: &'a [u8],
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver took it (2xx).
    Delivered,
    /// The receiver wants nothing any more (410).
    Gone,
    /// Not this time.
    Failed {
        /// How long the receiver asks to be left alone, a day at most.
        retry_after: Option<Duration>,
    },
    /// The address may not be posted to. Nothing was sent.
    Refused,
}

/// One try, for the record. Holds neither the address nor the headers: both may be secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// What became of it.
    pub outcome: Outcome,
    /// The status, where there was an answer.
    pub status: Option<u16>,
    /// How long it took.
    pub took: Duration,
    /// Why it was not delivered, in words.
    pub reason: Option<String>,
    /// The beginning of the answer on one line, at most 1 KiB.
    pub excerpt: Option<String>,
}

/// Posts to webhooks: no redirects, no proxy, no second tries. Cheap to clone.
#[derive(Clone)]
pub struct Courier {
    client: Client,
    connect: Duration,
    total: Duration,
    check: Arc<AddressCheck>,
}

impl Courier {
    /// A courier with these settings.
    pub fn new(settings: CourierSettings) -> Result<Self, SetupFailed> {
        let CourierSettings { user_agent, connect, total, resolver, check } = settings;
        // The HTTP client takes the process's cryptography; whoever installed one before is right too.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = Client::builder()
            .user_agent(user_agent)
            .dns_resolver(resolver)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .no_gzip()
            .no_brotli()
            .referer(false)
            .connect_timeout(connect)
            // A kept connection may be closed just as the next post leaves, and would count as a failure.
            .pool_max_idle_per_host(0)
            .http2_max_header_list_size(64 * 1024)
            .build()
            .map_err(|e| SetupFailed { reason: innermost(&e) })?;
        Ok(Self { client, connect, total, check })
    }

    /// Posts once and says what became of it.
    pub async fn post(&self, post: &Post<'_>) -> Tried {
        let began = Instant::now();
        let mut tried = self.attempt(post, began + self.total).await;
        tried.took = began.elapsed();
        tried
    }

    async fn attempt(&self, post: &Post<'_>, deadline: Instant) -> Tried {
        if let Err(reason) = (self.check)(post.url) {
            return unanswered(Outcome::Refused, reason);
        }
        let failed = Outcome::Failed { retry_after: None };
        let headers = match request_headers(post) {
            Ok(headers) => headers,
            Err(reason) => return unanswered(failed, reason),
        };
        let request = self.client.post(post.url.clone()).headers(headers).body(post.body.to_vec()).send();
        let response = match timeout_at(deadline, request).await {
            Err(_) => {
                return unanswered(failed, format!("no answer within {} s", self.total.as_secs_f64()));
            }
            Ok(Err(error)) => return self.no_answer(&error),
            Ok(Ok(response)) => response,
        };

        let status = response.status();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok());
        let retry_after = retry_after.and_then(|v| wait_asked_for(v, Utc::now()));
        let (outcome, reason) = match status {
            _ if status.is_success() => (Outcome::Delivered, None),
            StatusCode::GONE => (Outcome::Gone, Some("answered 410: wants nothing any more".to_owned())),
            _ if status.is_redirection() => {
                let reason = format!("answered {}; redirects are not followed", status.as_u16());
                (Outcome::Failed { retry_after }, Some(reason))
            }
            _ => (Outcome::Failed { retry_after }, Some(format!("answered {}", status.as_u16()))),
        };
        let excerpt = excerpt(response, deadline).await;
        Tried { outcome, status: Some(status.as_u16()), took: Duration::ZERO, reason, excerpt }
    }

    /// Why there is no answer, without the address, which the error's own words begin with.
    fn no_answer(&self, error: &reqwest::Error) -> Tried {
        let mut cause = error.source();
        while let Some(e) = cause {
            if let Some(denied) = e.downcast_ref::<Denied>() {
                return unanswered(Outcome::Refused, denied.to_string());
            }
            cause = e.source();
        }
        let innermost = line(&innermost(error), 200);
        let reason = match () {
            () if error.is_connect() && error.is_timeout() => {
                format!("no connection within {} s", self.connect.as_secs_f64())
            }
            () if error.is_connect() => format!("no connection: {innermost}"),
            () => format!("no answer: {innermost}"),
        };
        unanswered(Outcome::Failed { retry_after: None }, reason)
    }
}

fn unanswered(outcome: Outcome, reason: String) -> Tried {
    Tried { outcome, status: None, took: Duration::ZERO, reason: Some(reason), excerpt: None }
}

fn request_headers(post: &Post<'_>) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in &post.headers {
        let bad = || format!("`{}` cannot be sent as a header", line(name, 60));
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
        let mut value = HeaderValue::from_str(value).map_err(|_| bad())?;
        value.set_sensitive(true);
        headers.append(name, value);
    }
    let content_type = HeaderValue::from_str(post.content_type);
    headers.insert(CONTENT_TYPE, content_type.map_err(|_| "the content type is no header value".to_owned())?);
    Ok(headers)
}

/// The beginning of an answer. Whatever happens while reading, the status already said what became of the post.
async fn excerpt(mut response: Response, deadline: Instant) -> Option<String> {
    let mut read = Vec::new();
    while read.len() < MOST_READ {
        match timeout_at(deadline, response.chunk()).await {
            Ok(Ok(Some(chunk))) => read.extend(chunk.iter().take(MOST_READ - read.len())),
            _ => break,
        }
    }
    let mut text = line(&String::from_utf8_lossy(&read), MOST_KEPT);
    text.truncate(text.floor_char_boundary(MOST_KEPT));
    Some(text).filter(|text| !text.is_empty())
}

/// Reads a `Retry-After` header: seconds or a date. The past means at once, the far future a day.
fn wait_asked_for(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // What has more digits than a number takes is the far future too.
        return Some(value.parse().map_or(LONGEST_WAIT, Duration::from_secs).min(LONGEST_WAIT));
    }
    let until = DateTime::<Utc>::from(httpdate::parse_http_date(value).ok()?);
    Some((until - now).to_std().unwrap_or_default().min(LONGEST_WAIT))
}

fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests;
