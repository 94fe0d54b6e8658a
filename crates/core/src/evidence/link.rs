//! Addresses that people attach to evidence.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use url::Url;

/// An address on the web: http or https, with a host, without a user name. A host in another script is written in
/// punycode, so that a look-alike name is seen for what it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Link(Url);

/// Why a text is no link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    /// It does not read as an address.
    #[error("this is no web address: write it whole, such as https://example.org/page")]
    Unreadable,
    /// Another scheme than http and https.
    #[error("only http and https addresses are taken")]
    Scheme,
    /// `user:password@host`.
    #[error("the address holds a user name or a password: remove it")]
    UserInfo,
    /// Blanks, controls or backslashes, which browsers read differently.
    #[error("the address holds a blank, a control character or a backslash: remove it")]
    Character,
    /// Longer than 2,000 characters.
    #[error("the address is longer than 2,000 characters")]
    TooLong,
}

/// Parts of a query that tell who shared a link, not what it shows.
const TRACKING: [&str; 6] = ["fbclid", "gclid", "mc_cid", "mc_eid", "ref", "ref_src"];

impl Link {
    /// The address.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The parsed address.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The host, in punycode where it is in another script.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// What makes two addresses one origin: a paper's number, or host and path without `www.`, the scheme, the fragment
    /// and tracking parameters.
    pub fn origin_key(&self) -> String {
        let host = self.host().strip_prefix("www.").unwrap_or(self.host());
        let path = self.0.path().trim_end_matches('/');
        if host == "arxiv.org" || host == "export.arxiv.org" {
            let paper = path.rsplit('/').next().unwrap_or_default().trim_end_matches(".pdf");
            let unversioned = paper
                .rsplit_once('v')
                .filter(|(_, v)| !v.is_empty() && v.bytes().all(|b| b.is_ascii_digit()))
                .map_or(paper, |(id, _)| id);
            if unversioned.starts_with(|c: char| c.is_ascii_digit()) {
                return format!("arxiv:{unversioned}");
            }
        }
        if host == "doi.org" || host == "dx.doi.org" {
            return format!("doi:{}", path.trim_start_matches('/').to_lowercase());
        }
        let mut query: Vec<String> = self
            .0
            .query_pairs()
            .filter(|(k, _)| !k.starts_with("utm_") && !TRACKING.contains(&k.as_ref()))
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        query.sort();
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        format!("{host}{path}{query}")
    }
}

impl FromStr for Link {
    type Err = BadLink;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.len() > 2000 {
            return Err(BadLink::TooLong);
        }
        // The parser would repair these silently; two programs repair them differently.
        if text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
            return Err(BadLink::Character);
        }
        let url = Url::parse(text).map_err(|_| BadLink::Unreadable)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(BadLink::Scheme);
        }
        // `https:host` and `https:///host` read as if they had two slashes.
        let rest = &text[url.scheme().len()..];
        if !rest.starts_with("://") || rest[3..].starts_with('/') || url.host_str().is_none_or(str::is_empty)
        {
            return Err(BadLink::Unreadable);
        }
        let authority = rest[3..].split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(BadLink::UserInfo);
        }
        Ok(Self(url))
    }
}

impl TryFrom<String> for Link {
    type Error = BadLink;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Link> for String {
    fn from(link: Link) -> Self {
        link.0.into()
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b22_only_plain_web_addresses_are_links() {
        let long = format!("https://example.org/{}", "x".repeat(5000));
        for bad in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "ftp://example.org/",
            "//example.org/x",
            "https://",
            "https:///example.org",
            "https:example.org",
            "https://user:pw@example.org/",
            "https://@example.org/",
            "http://a\\@b",
            "https://exa mple.org/",
            "https://example.org/a\nb",
            "example.org",
            "",
            long.as_str(),
        ] {
            assert!(bad.parse::<Link>().is_err(), "{bad}");
        }
    }

    #[test]
    fn b22_a_look_alike_host_is_shown_in_punycode() {
        let link: Link = "https://аpple.com/news".parse().expect("an address");
        assert_eq!(link.host(), "xn--pple-43d.com");
        assert_eq!(link.to_string(), "https://xn--pple-43d.com/news");
    }

    #[test]
    fn one_origin_has_one_key() {
        let key = |text: &str| text.parse::<Link>().expect("an address").origin_key();
        assert_eq!(
            key("https://www.example.org/a/?utm_source=x&b=2&a=1#top"),
            key("http://example.org/a?a=1&b=2")
        );
        assert_eq!(key("https://arxiv.org/abs/2402.19379v2"), "arxiv:2402.19379");
        assert_eq!(key("https://arxiv.org/pdf/2402.19379.pdf"), "arxiv:2402.19379");
        assert_eq!(key("https://doi.org/10.1000/ABC"), "doi:10.1000/abc");
        assert_ne!(key("https://example.org/a"), key("https://example.org/b"));
    }
}
