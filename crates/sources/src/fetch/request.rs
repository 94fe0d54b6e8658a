//! What is asked and what comes back.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json_path::JsonPath;
use url::Url;

use super::FetchError;
use crate::{
    Snapshot, SourceDocument,
    document::{Format, Pagination},
};

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

impl Request {
    /// What a source document says to fetch. `secret` gives the value of a secret by its name.
    pub fn of_source(
        document: &SourceDocument,
        validators: Validators,
        secret: impl FnOnce(&str) -> Option<String>,
    ) -> Result<Self, FetchError> {
        let auth = match &document.auth {
            None => None,
            Some(auth) => {
                let missing = || FetchError::MissingSecret { name: auth.secret.clone() };
                let value = Secret(secret(&auth.secret).ok_or_else(missing)?);
                Some(Auth { header: auth.header.clone(), value })
            }
        };
        let zipped = document.member.is_some() || document.tables.iter().any(|t| t.member.is_some());
        let expect = |format: Option<Format>, url: &Url| match format {
            // Packed files are looked into when they are unpacked.
            _ if url.path().to_ascii_lowercase().ends_with(".gz") => Expect::Any,
            Some(format) => Expect::from(format),
            None => Expect::Any,
        };
        Ok(Self {
            url: document.url.to_string(),
            expect: if zipped { Expect::Zip } else { expect(Some(document.format), &document.url) },
            validators,
            auth,
            pages: document.pagination.as_ref().map(|pagination| match pagination {
                Pagination::Page { param, more, .. } => {
                    Pages::Numbered { param: param.clone(), more: more.clone() }
                }
                Pagination::Offset { param, limit } => {
                    Pages::Offset { param: param.clone(), limit: u64::from(*limit) }
                }
            }),
            companions: document
                .companions
                .iter()
                .map(|(name, companion)| {
                    let url = companion.fetch_url(&document.url);
                    Companion {
                        name: name.clone(),
                        expect: expect(companion.format(), &url),
                        url: url.to_string(),
                    }
                })
                .collect(),
            ignore_robots: false,
        })
    }
}

impl From<Format> for Expect {
    fn from(format: Format) -> Self {
        match format {
            Format::Json => Self::Json,
            Format::Yaml => Self::Yaml,
            Format::Toml => Self::Toml,
            Format::Csv => Self::Csv,
            Format::Html => Self::Html,
            Format::Markdown => Self::Markdown,
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
    /// A feed of news: RSS, Atom or JSON Feed.
    Feed,
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
#[derive(Clone, Debug)]
pub enum Pages {
    /// `?param=1`, `?param=2`, ... while the path finds `true` in the page.
    Numbered {
        /// Name of the page parameter.
        param: String,
        /// Path to a boolean in the page.
        more: JsonPath,
    },
    /// `?param=0`, `?param=limit`, ... while some list in the page has at least `limit` entries. Which list the rows
    /// are does not matter, so a source document may filter its rows.
    Offset {
        /// Name of the offset parameter.
        param: String,
        /// Entries of a full page.
        limit: u64,
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
    /// The name it is kept under: `main`, `pages/00001`, `companions/NAME` (see [`Snapshot::files`]).
    pub name: String,
    /// The address that answered.
    pub url: Url,
    /// The status of the answer.
    pub status: u16,
    /// The headers of the answer, names in lower case, cookies left out.
    pub headers: Vec<(String, String)>,
    /// The content, after undoing the content encoding.
    pub bytes: Vec<u8>,
}

impl Part {
    /// The `Content-Type` header, as it came.
    pub fn content_type(&self) -> Option<&str> {
        self.headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| value.as_str())
    }
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
        /// The document or its pages in order, then companions in order.
        parts: Vec<Part>,
    },
}

/// The files of an answer as the snapshot that extraction reads.
pub fn snapshot_of(parts: Vec<Part>) -> Snapshot {
    Snapshot::from_files(parts.into_iter().map(|part| (part.name, part.bytes)))
}

impl Fetched {
    /// The facts of the exchange.
    pub fn meta(&self) -> &Meta {
        match self {
            Self::Unchanged(meta) | Self::Body { meta, .. } => meta,
        }
    }
}
