//! One request through all checks: address, robots.txt, the host's turn, redirects hop by hop, status, body.

use std::{error::Error as _, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{
    Client, StatusCode,
    header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH},
};
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use super::{
    AddressPolicy, Auth, FetchError, Limits, Redirected, Validators,
    body::{self, Overflow},
    content,
    dns::{GuardedResolver, Lookup, SystemLookup},
    pace::{Hosts, Manners},
    retry,
    robots::{self, RobotsCache, Rules},
};

/// How this installation fetches.
#[derive(Clone)]
pub struct FetchSettings {
    /// `name/version (+contact)`: who asks. Never a browser's name.
    pub user_agent: String,
    /// Which addresses may be asked.
    pub policy: AddressPolicy,
    /// Bounds of one exchange.
    pub limits: Limits,
    /// Pauses and rests.
    pub manners: Manners,
    /// How names become addresses.
    pub lookup: Arc<dyn Lookup>,
}

impl Default for FetchSettings {
    fn default() -> Self {
        Self {
            user_agent: user_agent(None),
            policy: AddressPolicy::default(),
            limits: Limits::default(),
            manners: Manners::default(),
            lookup: Arc::new(SystemLookup::default()),
        }
    }
}

/// The identity Bellwether shows: name, version, and where the person behind it can be reached, if configured.
pub fn user_agent(contact: Option<&str>) -> String {
    let version = env!("CARGO_PKG_VERSION");
    match contact {
        Some(contact) => format!("bellwether/{version} (+{contact})"),
        None => format!("bellwether/{version} (self-hosted forecast tracker)"),
    }
}

/// Asks other machines. Cheap to clone; clones share the hosts' turns and the robots.txt cache.
#[derive(Clone)]
pub struct Fetcher {
    inner: Arc<Inner>,
}

struct Inner {
    client: Client,
    settings: FetchSettings,
    hosts: Hosts,
    robots: RobotsCache,
}

/// One file to ask for.
pub(crate) struct Ask<'a> {
    pub(crate) url: Url,
    pub(crate) accept: &'static str,
    pub(crate) validators: &'a Validators,
    pub(crate) auth: Option<&'a Auth>,
    pub(crate) obey_robots: bool,
    pub(crate) purpose: Purpose,
}

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The site's robots.txt: read as far as it fits, and the page it is about may follow without a pause.
    Robots,
    /// Anything else.
    Data,
}

/// The answer to it.
pub(crate) struct Answer {
    pub(crate) final_url: Url,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) redirected: Redirected,
    pub(crate) requests: u32,
    pub(crate) wire_bytes: u64,
    /// `None` for 304.
    pub(crate) bytes: Option<Vec<u8>>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// What one hop gave.
enum Hop {
    Redirect { to: Url, permanent: bool },
    Answer { status: u16, headers: Vec<(String, String)>, body: Option<body::Body> },
}

impl Fetcher {
    /// A fetcher with these settings.
    pub fn new(settings: FetchSettings) -> Result<Self, FetchError> {
        // The HTTP client takes the process's cryptography; whoever installed one before is right too.
        drop(rustls::crypto::ring::default_provider().install_default());
        let resolver = GuardedResolver {
            policy: Arc::new(settings.policy.clone()),
            lookup: settings.lookup.clone(),
            timeout: settings.limits.dns,
        };
        let client = Client::builder()
            .user_agent(&settings.user_agent)
            .dns_resolver(Arc::new(resolver))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .no_gzip()
            .no_brotli()
            .referer(false)
            .connect_timeout(settings.limits.connect)
            .pool_max_idle_per_host(1)
            .http2_max_header_list_size(u32::try_from(settings.limits.header_bytes).unwrap_or(u32::MAX))
            .build()
            .map_err(|e| FetchError::Setup { reason: innermost(&e) })?;
        let inner = Inner { client, settings, hosts: Hosts::default(), robots: RobotsCache::default() };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Which addresses may be asked, for checking what people type before it is saved.
    pub fn policy(&self) -> &AddressPolicy {
        &self.inner.settings.policy
    }

    /// How names become addresses, for others who dial: only addresses that may be asked come out.
    pub fn resolver(&self) -> Arc<dyn reqwest::dns::Resolve> {
        let settings = &self.inner.settings;
        Arc::new(GuardedResolver {
            policy: Arc::new(settings.policy.clone()),
            lookup: settings.lookup.clone(),
            timeout: settings.limits.dns,
        })
    }

    /// The identity shown to others.
    pub fn user_agent(&self) -> &str {
        &self.inner.settings.user_agent
    }

    /// How failures are spread out, for sources as for hosts.
    pub fn backoff(&self) -> &retry::Backoff {
        &self.inner.settings.manners.backoff
    }

    /// The bounds of one exchange.
    pub fn limits(&self) -> &Limits {
        &self.inner.settings.limits
    }

    /// Asks for one file, following redirects; every hop passes the guard, robots.txt and its host's turn.
    pub(crate) async fn ask(&self, ask: Ask<'_>, now: DateTime<Utc>) -> Result<Answer, FetchError> {
        let began = Instant::now();
        let origin = ask.url.origin();
        let mut url = ask.url.clone();
        let mut seen = vec![url.clone()];
        let mut redirected = Redirected::No;
        // Waiting for a turn is politeness, not slowness: only time spent on exchanges counts.
        let mut left = self.limits().total;
        loop {
            if ask.obey_robots && !self.rules(&url, now + elapsed(began)).await?.allow(path_and_query(&url)) {
                return Err(FetchError::RobotsDisallowed);
            }
            let auth = ask.auth.filter(|_| url.origin() == origin);
            match self.exchange(&url, &ask, auth, now + elapsed(began), &mut left).await? {
                Hop::Answer { status, headers, body } => {
                    return Ok(Answer {
                        final_url: url,
                        status,
                        headers,
                        redirected,
                        requests: u32::try_from(seen.len()).unwrap_or(u32::MAX),
                        wire_bytes: body.as_ref().map_or(0, |b| b.wire_bytes),
                        bytes: body.map(|b| b.bytes),
                    });
                }
                Hop::Redirect { to, permanent } => {
                    if seen.contains(&to) {
                        return Err(FetchError::RedirectLoop);
                    }
                    if seen.len() > self.limits().redirects {
                        return Err(FetchError::TooManyRedirects { limit: self.limits().redirects });
                    }
                    if to.host_str() != ask.url.host_str() {
                        redirected = Redirected::ToOtherHost;
                    } else if permanent && redirected == Redirected::No {
                        redirected = Redirected::Permanently;
                    }
                    seen.push(to.clone());
                    url = to;
                }
            }
        }
    }

    /// One hop: waits for the host's turn and pause, sends, reads.
    async fn exchange(
        &self,
        url: &Url,
        ask: &Ask<'_>,
        auth: Option<&Auth>,
        now: DateTime<Utc>,
        left: &mut Duration,
    ) -> Result<Hop, FetchError> {
        let Inner { settings, hosts, .. } = &*self.inner;
        let host = url.host_str().unwrap_or_default().to_owned();
        let mut turn = hosts.turn(&host).await;
        turn.admit(now).map_err(|until| FetchError::CircuitOpen { host: host.clone(), until })?;
        sleep(turn.wait(Instant::now())).await;
        let began = Instant::now();
        let result = timeout(*left, self.send(url, ask, auth, now))
            .await
            .unwrap_or(Err(FetchError::Timeout { seconds: settings.limits.total.as_secs() }));
        let ended = Instant::now();
        *left = left.saturating_sub(ended - began);
        if ask.purpose == Purpose::Data {
            turn.finished(ended, settings.manners.pause, retry::jitter());
        }
        let failed = result.as_ref().is_err_and(FetchError::blames_host);
        let ended_at = now + TimeDelta::from_std(ended - began).unwrap_or_default();
        turn.report(failed, ended_at, &settings.manners.backoff, retry::jitter());
        result
    }

    async fn send(
        &self,
        url: &Url,
        ask: &Ask<'_>,
        auth: Option<&Auth>,
        now: DateTime<Utc>,
    ) -> Result<Hop, FetchError> {
        let Inner { client, settings, .. } = &*self.inner;
        let limits = &settings.limits;
        let host = || url.host_str().unwrap_or_default().to_owned();
        let request = client.get(url.clone()).headers(request_headers(ask, auth)?).send();
        let response = timeout(limits.first_byte, request)
            .await
            .map_err(|_| FetchError::FirstByteTimeout { host: host(), seconds: limits.first_byte.as_secs() })?
            .map_err(|e| sending_failed(&e, host(), limits))?;

        let size: usize = response.headers().iter().map(|(n, v)| n.as_str().len() + v.len() + 4).sum();
        if size as u64 > limits.header_bytes {
            return Err(FetchError::HeadersTooLarge { limit: limits.header_bytes });
        }
        let status = response.status();
        let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok());
        match status {
            StatusCode::OK => {
                let headers = kept_headers(response.headers());
                let body = match ask.purpose {
                    Purpose::Robots => {
                        let most = robots::MOST_BYTES;
                        let limits = Limits { wire_bytes: most, decoded_bytes: most, ..limits.clone() };
                        body::read(response, &limits, Overflow::Cut).await?
                    }
                    Purpose::Data => body::read(response, limits, Overflow::Fail).await?,
                };
                Ok(Hop::Answer { status: 200, headers, body: Some(body) })
            }
            StatusCode::NOT_MODIFIED if ask.validators.is_empty() => Err(FetchError::UnexpectedNotModified),
            StatusCode::NOT_MODIFIED => {
                Ok(Hop::Answer { status: 304, headers: kept_headers(response.headers()), body: None })
            }
            StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT => {
                let location = header("location").ok_or(FetchError::BadRedirect)?;
                let to = settings.policy.check_redirect(url, location)?;
                Ok(Hop::Redirect { to, permanent: matches!(status.as_u16(), 301 | 308) })
            }
            _ if content::is_challenge(header("cf-mitigated"), b"") => Err(FetchError::ChallengePage),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Err(FetchError::RateLimited {
                status: status.as_u16(),
                until: header("retry-after").and_then(|v| retry::retry_after(v, now)),
            }),
            StatusCode::NO_CONTENT => Err(FetchError::EmptyBody),
            _ => Err(FetchError::Status { status: status.as_u16() }),
        }
    }

    /// The robots.txt rules of a site, asked for at most once a day.
    async fn rules(&self, url: &Url, now: DateTime<Utc>) -> Result<Rules, FetchError> {
        let site = url.origin().ascii_serialization();
        if let Some(rules) = self.inner.robots.fresh(&site, now) {
            return Ok(rules);
        }
        let mut robots_url = url.clone();
        robots_url.set_path("/robots.txt");
        robots_url.set_query(None);
        let ask = Ask {
            url: robots_url,
            accept: "text/plain, */*;q=0.5",
            validators: &Validators::default(),
            auth: None,
            obey_robots: false,
            purpose: Purpose::Robots,
        };
        // Boxed because asking for robots.txt is asking too.
        let answer = Box::pin(self.ask(ask, now)).await;
        let bytes = answer.map(|a| a.bytes.unwrap_or_default());
        self.inner.robots.store(&site, bytes, now)
    }
}

fn request_headers(ask: &Ask<'_>, auth: Option<&Auth>) -> Result<HeaderMap, FetchError> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static(ask.accept));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    for (name, value) in
        [(IF_NONE_MATCH, &ask.validators.etag), (IF_MODIFIED_SINCE, &ask.validators.last_modified)]
    {
        // A validator that is no header value any more is simply not sent.
        if let Some(value) = value.as_deref().and_then(|v| HeaderValue::from_str(v).ok()) {
            headers.insert(name, value);
        }
    }
    if let Some(auth) = auth {
        let unreadable = |_| FetchError::MissingSecret { name: auth.header.clone() };
        let name = HeaderName::from_bytes(auth.header.as_bytes()).map_err(|e| unreadable(e.to_string()))?;
        let mut value = HeaderValue::from_str(&auth.value.0).map_err(|e| unreadable(e.to_string()))?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

/// Headers for the record. Cookies are nobody's business; values that are no text are kept readable as far as it goes.
fn kept_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter(|(name, _)| !name.as_str().starts_with("set-cookie"))
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect()
}

/// Finds the name for a request that got no answer. What the resolver refused comes back as it was.
fn sending_failed(error: &reqwest::Error, host: String, limits: &Limits) -> FetchError {
    let mut cause = error.source();
    while let Some(e) = cause {
        if let Some(ours) = e.downcast_ref::<FetchError>() {
            return ours.clone();
        }
        cause = e.source();
    }
    let words = format!("{error:?}");
    if words.contains("TooLarge") || words.contains("too large") {
        FetchError::HeadersTooLarge { limit: limits.header_bytes }
    } else if error.is_connect() {
        let reason = if error.is_timeout() {
            "timed out"
        } else if ["Certificate", "Alert", "Tls", "rustls"].iter().any(|w| words.contains(w)) {
            "TLS failed"
        } else {
            "refused or unreachable"
        };
        FetchError::Connect { host, reason }
    } else {
        FetchError::Transport { host }
    }
}

fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

fn path_and_query(url: &Url) -> &str {
    &url[url::Position::BeforePath..url::Position::AfterQuery]
}

fn elapsed(since: Instant) -> TimeDelta {
    TimeDelta::from_std(since.elapsed()).unwrap_or_default()
}
