//! The cookie that holds a session's secret.

use bellwether_engine::people::SignedIn;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue, header};
use url::Url;

/// Over https the browser itself keeps the cookie from other hosts and from plain connections.
fn name(base: &Url) -> &'static str {
    if base.scheme() == "https" { "__Host-session" } else { "session" }
}

/// The secret that a request brings.
pub(crate) fn session<'a>(headers: &'a HeaderMap, base: &Url) -> Option<&'a str> {
    value(headers, name(base))
}

/// A cookie's value; none where it is sent twice, for then one of the two is not ours.
pub(crate) fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut found = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(n, _)| *n == name)
        .map(|(_, value)| value);
    match (found.next(), found.next()) {
        (Some(value), None) => Some(value),
        _ => None,
    }
}

/// Gives a browser its session.
pub(crate) fn begin(signed: &SignedIn, base: &Url, now: DateTime<Utc>) -> Option<HeaderValue> {
    let seconds = (signed.ends_at - now).num_seconds().max(0);
    write(base, signed.secret.reveal(), seconds)
}

/// Takes a browser's session away.
pub(crate) fn end(base: &Url) -> Option<HeaderValue> {
    write(base, "", 0)
}

fn write(base: &Url, value: &str, seconds: i64) -> Option<HeaderValue> {
    let secure = if base.scheme() == "https" { "; Secure" } else { "" };
    let name = name(base);
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    let mut header = HeaderValue::from_str(&text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s1_the_cookie_is_out_of_reach_of_scripts_and_other_hosts() {
        let https = Url::parse("https://bellwether.example/").unwrap();
        let ended = end(&https).unwrap();
        assert!(ended.is_sensitive());
        assert_eq!(ended, "__Host-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure");
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("theme=dark; __Host-session=bws_1"));
        assert_eq!(session(&headers, &https), Some("bws_1"));
        assert_eq!(session(&headers, &Url::parse("http://127.0.0.1/").unwrap()), None);
        headers.append(header::COOKIE, HeaderValue::from_static("__Host-session=bws_2"));
        assert_eq!(session(&headers, &https), None, "two of them: one was planted");
    }
}
