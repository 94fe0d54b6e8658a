//! What is asked and what comes back.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

/// One snapshot to fetch: an address, how to ask, what to expect.
#[derive(Clone, Debug)]
pub struct Request {
    /// The address.
    pub url: String,
    /// What should come back.
    pub expect: Expect,
    /// What the last trusted answer said, for a conditional request. Used when the snapshot is one single part.
    pub validators: Validators,
    /// A header that opens the door.
    pub auth: Option<Auth>,
    /// How the source splits its rows over pages.
    pub pages: Option<Pages>,
    /// Further files of the same snapshot.
    pub companions: Vec<Companion>,
    /// Read although robots.txt says no: an administrator's decision, recorded by the caller.
    pub ignore_robots: bool,
}

impl Request {
    /// A plain request for one file.
    pub fn get(url: impl Into<String>, expect: Expect) -> Self {
        Self {
            url: url.into(),
            expect,
            validators: Validators::default(),
            auth: None,
            pages: None,
            companions: Vec::new(),
            ignore_robots: false,
        }
    }
}

/// The format a source promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Expect {
    /// JSON, strictly UTF-8.
    Json,
    /// YAML.
    Yaml,
    /// TOML.
    Toml,
    /// CSV or another delimiter.
    Csv,
    /// HTML.
    Html,
    /// Markdown.
    Markdown,
    /// A zip archive.
    Zip,
    /// Anything: a page somebody links to.
    Any,
}

/// A header with a secret value, sent to the first host only.
#[derive(Clone, Debug)]
pub struct Auth {
    /// Name of the header.
    pub header: String,
    /// Its value.
    pub value: Secret,
}

/// A text that is never printed.
#[derive(Clone)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// How a source splits its rows over pages. The size of a page, where one must be asked for, stands in the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pages {
    /// `?param=1`, `?param=2`, ... while the RFC 9535 path `more` finds `true` in the page.
    Numbered {
        /// Name of the page parameter.
        param: String,
        /// Path to a boolean in the page.
        more: String,
    },
    /// `?param=0`, `?param=limit`, ... while the RFC 9535 path `rows` finds at least `limit` nodes in the page.
    Offset {
        /// Name of the offset parameter.
        param: String,
        /// Rows of a full page.
        limit: u64,
        /// Path whose nodes are the rows of a page.
        rows: String,
    },
}

/// A further file of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Companion {
    /// The name by which the source document calls it.
    pub name: String,
    /// Its address.
    pub url: String,
    /// What should come back.
    pub expect: Expect,
}

/// What an answer says about itself, so that the next request can ask "changed since?".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    /// The `ETag` header, weak ones included.
    pub etag: Option<String>,
    /// The `Last-Modified` header, as it came.
    pub last_modified: Option<String>,
}

impl Validators {
    /// Whether there is nothing to ask with.
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// Where the redirects led, as far as trust is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Redirected {
    /// No redirect, or a temporary one on the same host.
    No,
    /// The host says the address moved for good, on the same host.
    Permanently,
    /// Another host answered.
    ToOtherHost,
}

/// The facts of an exchange, body or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// The address that was asked.
    pub url: Url,
    /// The address that answered.
    pub final_url: Url,
    /// The status: 200 or 304.
    pub status: u16,
    /// The headers of the answer, names in lower case, cookies left out.
    pub headers: Vec<(String, String)>,
    /// What to send next time. After a 304 without validators, those that were sent.
    pub validators: Validators,
    /// Anything but [`Redirected::No`] is flagged and not trusted until a person accepts it.
    pub redirected: Redirected,
    /// When the fetch began.
    pub fetched_at: DateTime<Utc>,
    /// The answer declares itself fresh until then (`max-age`, `Expires`), a day at most: not to be polled before.
    pub fresh_until: Option<DateTime<Utc>>,
    /// Bytes of all bodies as sent.
    pub wire_bytes: u64,
    /// Requests that were sent for it: pages, companions and redirects, robots.txt not counted.
    pub requests: u32,
}

/// One file of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Empty for the document itself; `page-2`, ... for further pages; the companion's name.
    pub name: String,
    /// The address that answered.
    pub url: Url,
    /// The `Content-Type` header, as it came.
    pub content_type: Option<String>,
    /// The content, after undoing the content encoding.
    pub bytes: Vec<u8>,
}

/// A trusted-looking answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// 304: what we have is what stands.
    Unchanged(Meta),
    /// 200: the whole snapshot.
    Body {
        /// The facts of the exchange.
        meta: Meta,
        /// The document first, then pages in order, then companions in order.
        parts: Vec<Part>,
    },
}

impl Fetched {
    /// The facts of the exchange.
    pub fn meta(&self) -> &Meta {
        match self {
            Self::Unchanged(meta) | Self::Body { meta, .. } => meta,
        }
    }
}
