//! robots.txt by RFC 9309: groups by user agent, the longest matching rule wins, `*` and `$` in paths.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};

use super::FetchError;

/// The name by which sites address Bellwether in their robots.txt.
pub const PRODUCT_TOKEN: &str = "bellwether";
/// No more of a robots.txt is read (the RFC's least).
pub const MOST_BYTES: u64 = 500 << 10;
const KEPT: TimeDelta = TimeDelta::hours(24);
const MOST_SITES: usize = 4096;
const MOST_RULES: usize = 10_000;

/// The rules that hold for Bellwether on one site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules(Vec<Rule>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    allow: bool,
    pattern: String,
}

impl Rules {
    /// Reads a robots.txt. Bytes beyond [`MOST_BYTES`] are ignored.
    pub fn parse(bytes: &[u8]) -> Self {
        let cut = bytes.len().min(usize::try_from(MOST_BYTES).unwrap_or(usize::MAX));
        let text = String::from_utf8_lossy(&bytes[..cut]);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let (mut ours, mut anyones, mut named) = (Vec::new(), Vec::new(), false);
        // A group is one or more user-agent lines and the rules after them.
        let (mut for_us, mut for_any, mut in_rules) = (false, false, false);
        for line in text.split(['\n', '\r']) {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else { continue };
            let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
            match key.as_str() {
                "user-agent" => {
                    if in_rules {
                        (for_us, for_any, in_rules) = (false, false, false);
                    }
                    // The token ends at the first character that cannot be part of one: `bellwether/1.0`.
                    let token =
                        value.split(|c: char| !(c.is_ascii_alphabetic() || c == '_' || c == '-')).next();
                    for_us |= token.is_some_and(|t| t.eq_ignore_ascii_case(PRODUCT_TOKEN));
                    for_any |= value == "*";
                    named |= for_us;
                }
                "allow" | "disallow" => {
                    in_rules = true;
                    if value.is_empty() || ours.len() + anyones.len() >= MOST_RULES {
                        continue;
                    }
                    let rule = Rule { allow: key == "allow", pattern: normal(value) };
                    if for_us {
                        ours.push(rule.clone());
                    }
                    if for_any {
                        anyones.push(rule);
                    }
                }
                _ => {}
            }
        }
        Self(if named { ours } else { anyones })
    }

    /// Whether a path with its query may be read. robots.txt itself always may.
    pub fn allow(&self, path_and_query: &str) -> bool {
        let path = normal(path_and_query);
        if path == "/robots.txt" {
            return true;
        }
        self.0
            .iter()
            .filter(|rule| matches(&rule.pattern, &path))
            // The longest pattern wins, and of equals the one that allows.
            .max_by_key(|rule| (rule.pattern.len(), rule.allow))
            .is_none_or(|rule| rule.allow)
    }
}

/// Brings escapes to one spelling: upper-case hexadecimal, unreserved characters plain, non-ASCII escaped.
fn normal(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let bytes = path.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        let hex = |b: u8| char::from(b).to_digit(16);
        let escape = match bytes[i..] {
            [b'%', a, b, ..] => hex(a).zip(hex(b)).and_then(|(a, b)| u8::try_from(a * 16 + b).ok()),
            _ => None,
        };
        let (byte, escaped) = escape.map_or((bytes[i], false), |byte| (byte, true));
        let unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if unreserved || (!escaped && byte.is_ascii() && !byte.is_ascii_control()) {
            out.push(char::from(byte));
        } else {
            out.extend(['%', hex_digit(byte >> 4), hex_digit(byte & 15)]);
        }
        i += if escaped { 3 } else { 1 };
    }
    out
}

fn hex_digit(value: u8) -> char {
    char::from(b"0123456789ABCDEF"[usize::from(value & 15)])
}

/// Matches a prefix pattern with `*` (any characters) and a final `$` (the end), without backtracking further than
/// the last star: at most pattern x path steps.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, anchored) = match pattern.strip_suffix('$') {
        Some(rest) => (rest.as_bytes(), true),
        None => (pattern.as_bytes(), false),
    };
    let path = path.as_bytes();
    let (mut p, mut s, mut star) = (0, 0, None);
    loop {
        if p == pattern.len() && (!anchored || s == path.len()) {
            return true;
        }
        if pattern.get(p) == Some(&b'*') {
            p += 1;
            star = Some((p, s));
        } else if s < path.len() && pattern.get(p) == Some(&path[s]) {
            p += 1;
            s += 1;
        } else if let Some((after, from)) = star.filter(|(_, from)| *from < path.len()) {
            star = Some((after, from + 1));
            (p, s) = (after, from + 1);
        } else {
            return false;
        }
    }
}

/// robots.txt of the sites seen in the last day.
#[derive(Debug, Default)]
pub(crate) struct RobotsCache(Mutex<HashMap<String, (DateTime<Utc>, Rules)>>);

impl RobotsCache {
    /// The rules of a site if they were read within a day.
    pub(crate) fn fresh(&self, site: &str, now: DateTime<Utc>) -> Option<Rules> {
        let sites = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // `abs`: a clock that was set back must not keep rules for longer than a day.
        sites.get(site).filter(|(at, _)| (now - *at).abs() < KEPT).map(|(_, rules)| rules.clone())
    }

    /// Takes in what asking for robots.txt gave: 200 is read, a client error means there are no rules, anything else
    /// means to wait, unless older rules are known, which then go on.
    pub(crate) fn store(
        &self,
        site: &str,
        answer: Result<Vec<u8>, FetchError>,
        now: DateTime<Utc>,
    ) -> Result<Rules, FetchError> {
        let mut sites = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rules = match answer {
            Ok(bytes) => Rules::parse(&bytes),
            Err(FetchError::EmptyBody | FetchError::Status { status: 400..=499 }) => Rules::default(),
            // A site that cannot be found or may not be asked is told as such.
            Err(
                e @ (FetchError::AddressNotAllowed { .. }
                | FetchError::BadUrl { .. }
                | FetchError::Dns { .. }
                | FetchError::DnsTimeout { .. }
                | FetchError::Connect { .. }
                | FetchError::CircuitOpen { .. }
                | FetchError::RateLimited { .. }),
            ) => return Err(e),
            Err(_) => {
                return sites.get(site).map(|(_, old)| old.clone()).ok_or(FetchError::RobotsUnavailable);
            }
        };
        if sites.len() >= MOST_SITES {
            sites.retain(|_, (at, _)| now - *at < KEPT);
        }
        sites.insert(site.to_owned(), (now, rules.clone()));
        Ok(rules)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(robots: &str, path: &str) -> bool {
        Rules::parse(robots.as_bytes()).allow(path)
    }

    #[test]
    fn p2_groups_and_precedence() {
        let robots = "User-agent: *\nDisallow: /\n\nuser-agent: other\nUser-Agent: Bellwether/2.0 # us\nDisallow: /private\nAllow: /private/open\nDisallow:\n";
        assert!(allows(robots, "/"));
        assert!(!allows(robots, "/private/x"));
        assert!(allows(robots, "/private/open/x"));
        assert!(allows(robots, "/robots.txt"));
        assert!(!allows("User-agent: *\nDisallow: /", "/x"));
        assert!(allows("User-agent: somebody\nDisallow: /", "/x"), "not about us");
        assert!(allows("", "/x"));
        assert!(allows("User-agent: *\nDisallow: /a\nAllow: /a", "/a"), "of equals, allow");
        assert!(!allows("User-agent: bellwether\nUser-agent: *\nDisallow: /a", "/a"));
        assert!(
            !allows(
                "User-agent: bellwether\nDisallow: /a\nUser-agent: x\nDisallow: /c\nUser-agent: bellwether\nDisallow: /b",
                "/b"
            ),
            "groups add up"
        );
        assert!(allows("User-agent: bellwetherly\nDisallow: /", "/x"));
        assert!(!allows("\u{feff}User-agent: *\r\nDisallow: /a\r\n", "/a"));
    }

    #[test]
    fn p2_wildcards_and_escapes() {
        let deny = |pattern: &str, path: &str| !allows(&format!("User-agent: *\nDisallow: {pattern}"), path);
        assert!(deny("/*.csv$", "/data/x.csv"));
        assert!(!deny("/*.csv$", "/data/x.csv?y"));
        assert!(deny("/*/x/*z", "/a/x/yyz!"));
        assert!(!deny("/*/x/*z", "/a/x/yy"));
        assert!(deny("*", "/"));
        assert!(deny("/a$", "/a"));
        assert!(!deny("/a$", "/ab"));
        assert!(deny("/%7Euser", "/~user/x"));
        assert!(deny("/ü", "/%c3%bc"));
        assert!(!deny("/a%2Fb", "/a/b"));
    }

    #[test]
    fn p2_hostile_files_are_bounded() {
        let stars = format!("User-agent: *\nDisallow: /{}b", "*a".repeat(5000));
        assert!(allows(&stars, &format!("/{}", "a".repeat(4000))));
        let huge = format!("User-agent: *\n{}Disallow: /late", "Disallow: /x\n".repeat(100_000));
        assert!(allows(&huge, "/late"), "beyond what is read");
        assert!(!allows(&huge, "/x"));
        assert!(allows("\0\0\0:::\n%%%", "/x"));
    }

    #[test]
    fn p2_cached_a_day_and_waiting_on_server_errors() {
        let cache = RobotsCache::default();
        let now: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
        let broken = || Err(FetchError::Status { status: 503 });
        assert_eq!(cache.store("a", broken(), now), Err(FetchError::RobotsUnavailable));
        assert_eq!(cache.fresh("a", now), None);
        let none = cache.store("a", Err(FetchError::Status { status: 404 }), now).unwrap();
        assert!(none.allow("/x"));
        assert!(cache.fresh("a", now + TimeDelta::hours(23)).is_some());
        assert!(cache.fresh("a", now + TimeDelta::hours(24)).is_none());
        assert!(cache.store("a", broken(), now + TimeDelta::hours(25)).is_ok(), "the older rules go on");
    }
}
