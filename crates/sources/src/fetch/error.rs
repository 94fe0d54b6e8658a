//! Every way a fetch can end without an answer, each with a name for programs.

use chrono::{DateTime, Utc};

/// Why nothing usable came back. Messages are safe to show: they never quote the other side's body, and never
/// tell what listens inside the own network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The address is not one Bellwether asks.
    #[error("`{url}` cannot be fetched: {reason}")]
    BadUrl {
        /// The address, cut to 200 characters.
        url: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// The host is, or resolves to, an address inside a private, local or reserved network.
    #[error(
        "the address of `{host}` is not allowed: it is private, local or reserved; an administrator can allow a network by configuration"
    )]
    AddressNotAllowed {
        /// The host as written; never the address it resolved to.
        host: String,
    },
    /// The name has no address, or the name server refused.
    #[error("the name `{host}` could not be resolved")]
    Dns {
        /// The host.
        host: String,
    },
    /// The name server did not answer in time.
    #[error("looking up the name `{host}` took too long")]
    DnsTimeout {
        /// The host.
        host: String,
    },
    /// No connection, or no TLS.
    #[error("no connection to `{host}`: {reason}")]
    Connect {
        /// The host.
        host: String,
        /// `refused or unreachable`, `timed out`, `TLS failed`.
        reason: &'static str,
    },
    /// Connected, but no answer began in time.
    #[error("`{host}` accepted the connection and then said nothing for {seconds} s")]
    FirstByteTimeout {
        /// The host.
        host: String,
        /// The limit.
        seconds: u64,
    },
    /// The whole answer took too long.
    #[error("the answer was not complete after {seconds} s")]
    Timeout {
        /// The limit.
        seconds: u64,
    },
    /// The answer trickles.
    #[error("the answer came slower than {bytes_per_second} bytes a second")]
    TooSlow {
        /// The least speed.
        bytes_per_second: u64,
    },
    /// More bytes than allowed, on the wire or decoded.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The limit that was passed.
        limit: u64,
    },
    /// A small body that unpacks to a huge one.
    #[error("the answer unpacks to more than {ratio} times its size")]
    CompressionBomb {
        /// The greatest ratio that is accepted.
        ratio: u64,
    },
    /// The head of the answer is larger than allowed.
    #[error("the headers of the answer are larger than {limit} bytes")]
    HeadersTooLarge {
        /// The limit.
        limit: u64,
    },
    /// Too many redirects.
    #[error("more than {limit} redirects")]
    TooManyRedirects {
        /// The limit.
        limit: usize,
    },
    /// A redirect that comes back to where it was.
    #[error("the redirects go in a circle")]
    RedirectLoop,
    /// A redirect without a readable target.
    #[error("a redirect without a usable Location")]
    BadRedirect,
    /// A redirect from https to http.
    #[error("refused to follow a redirect from https to http")]
    InsecureRedirect,
    /// A status that is neither an answer nor a redirect.
    #[error("the source answered with status {status}")]
    Status {
        /// The status code.
        status: u16,
    },
    /// 429 or 503: asked to wait.
    #[error("the source asked us to wait (status {status})")]
    RateLimited {
        /// The status code.
        status: u16,
        /// Until when, from `Retry-After`, clamped to a day.
        until: Option<DateTime<Utc>>,
    },
    /// robots.txt asks programs to stay away from this path.
    #[error("the site's robots.txt asks programs not to read this address")]
    RobotsDisallowed,
    /// robots.txt could not be had, so nothing else is asked for now.
    #[error("the site's robots.txt is not available at the moment, so we wait")]
    RobotsUnavailable,
    /// The host failed so often that it is left alone for a while.
    #[error("`{host}` failed repeatedly; it is left alone until {until}")]
    CircuitOpen {
        /// The host.
        host: String,
        /// When one more try is made.
        until: DateTime<Utc>,
    },
    /// The body is not the expected format.
    #[error("expected {expected}, got {got}")]
    UnexpectedContent {
        /// What the source document promises.
        expected: &'static str,
        /// What came.
        got: &'static str,
    },
    /// A page that wants to see a browser.
    #[error("the site answered with a browser challenge instead of the data")]
    ChallengePage,
    /// 200 without a single byte.
    #[error("the answer is empty")]
    EmptyBody,
    /// The text does not fit its declared character set.
    #[error("the text is not {charset}: more than one character in a thousand is unreadable")]
    BadCharset {
        /// The character set that was declared or assumed.
        charset: &'static str,
    },
    /// The body ended early.
    #[error("the answer broke off after {received} bytes{}", .expected.map(|n| format!(" of {n}")).unwrap_or_default())]
    Truncated {
        /// Bytes that arrived.
        received: u64,
        /// Bytes that were announced.
        expected: Option<u64>,
    },
    /// The compressed body is damaged.
    #[error("the compressed answer is damaged")]
    CorruptEncoding,
    /// A content encoding nobody asked for.
    #[error("the answer uses the content encoding `{encoding}`, which was not asked for")]
    UnsupportedEncoding {
        /// The encoding, cut to 40 characters.
        encoding: String,
    },
    /// 304 to a question that named no earlier copy.
    #[error("the source says nothing changed, but it was not asked that")]
    UnexpectedNotModified,
    /// More pages than allowed, or a source whose pages never end.
    #[error("the source has more than {limit} pages")]
    TooManyPages {
        /// The limit.
        limit: usize,
    },
    /// The secret that the source needs is not configured.
    #[error("the secret `{name}` is not configured")]
    MissingSecret {
        /// The secret's name.
        name: String,
    },
    /// Anything else between us and the host.
    #[error("the exchange with `{host}` failed")]
    Transport {
        /// The host.
        host: String,
    },
    /// The HTTP client could not be made (no root certificates, for instance).
    #[error("the HTTP client could not be set up: {reason}")]
    Setup {
        /// The cause.
        reason: String,
    },
}

impl FetchError {
    /// The error's name: stable, for rows, JSON and tests.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadUrl { .. } => "bad_url",
            Self::AddressNotAllowed { .. } => "address_not_allowed",
            Self::Dns { .. } => "dns_failed",
            Self::DnsTimeout { .. } => "dns_timeout",
            Self::Connect { .. } => "connect_failed",
            Self::FirstByteTimeout { .. } => "first_byte_timeout",
            Self::Timeout { .. } => "timeout",
            Self::TooSlow { .. } => "too_slow",
            Self::TooLarge { .. } => "too_large",
            Self::CompressionBomb { .. } => "compression_bomb",
            Self::HeadersTooLarge { .. } => "headers_too_large",
            Self::TooManyRedirects { .. } => "too_many_redirects",
            Self::RedirectLoop => "redirect_loop",
            Self::BadRedirect => "bad_redirect",
            Self::InsecureRedirect => "insecure_redirect",
            Self::Status { .. } => "http_status",
            Self::RateLimited { .. } => "rate_limited",
            Self::RobotsDisallowed => "robots_disallowed",
            Self::RobotsUnavailable => "robots_unavailable",
            Self::CircuitOpen { .. } => "circuit_open",
            Self::UnexpectedContent { .. } => "unexpected_content",
            Self::ChallengePage => "challenge_page",
            Self::EmptyBody => "empty_body",
            Self::BadCharset { .. } => "bad_charset",
            Self::Truncated { .. } => "truncated",
            Self::CorruptEncoding => "corrupt_encoding",
            Self::UnsupportedEncoding { .. } => "unsupported_encoding",
            Self::UnexpectedNotModified => "unexpected_not_modified",
            Self::TooManyPages { .. } => "too_many_pages",
            Self::MissingSecret { .. } => "missing_secret",
            Self::Transport { .. } => "transport",
            Self::Setup { .. } => "setup",
        }
    }

    /// Until when the other side asked to be left alone; people who press "fetch now" wait for it too.
    pub fn wait_until(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::RateLimited { until, .. } => *until,
            Self::CircuitOpen { until, .. } => Some(*until),
            _ => None,
        }
    }

    /// Whether the host itself seems to be in trouble, as opposed to our question being refused.
    pub(crate) fn blames_host(&self) -> bool {
        match self {
            Self::Status { status } => *status >= 500,
            Self::Dns { .. }
            | Self::DnsTimeout { .. }
            | Self::Connect { .. }
            | Self::FirstByteTimeout { .. }
            | Self::Timeout { .. }
            | Self::TooSlow { .. }
            | Self::RateLimited { .. }
            | Self::RobotsUnavailable
            | Self::Truncated { .. }
            | Self::Transport { .. } => true,
            _ => false,
        }
    }
}
