//! Which names this server answers for.
//!
//! Whoever can make a signed-in browser, or one that reaches an installation without accounts, talk to this server
//! acts in its holder's name. A page of another site is kept out by the same-origin check (see [`crate::frame`]); a
//! name of another site that was pointed at this server's address (DNS rebinding) is kept out here.

use std::net::IpAddr;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, Uri, header, uri::Authority};
use url::Url;

use crate::{
    problem::{Kind, Problem},
    state::AppState,
};

/// Refuses a request whose `Host` is missing, doubled, unreadable or not ours.
pub(crate) async fn check_host(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let authority = authority(request.uri(), request.headers())?;
    if is_ours(&authority, state.base_url()) {
        Ok(next.run(request).await)
    } else {
        Err(Problem::new(
            Kind::Misdirected,
            "this server does not answer for the name in the Host header; if it is its name, start it with --base-url",
        ))
    }
}

fn authority(uri: &Uri, headers: &HeaderMap) -> Result<Authority, Problem> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok().and_then(|text| text.parse::<Authority>().ok()),
        _ => None,
    };
    let host = host.filter(|authority| !authority.as_str().contains('@'));
    let host =
        host.ok_or_else(|| Problem::malformed_field("Host", "unreadable", "send exactly one Host header"))?;
    match uri.authority() {
        Some(target) if *target != host => Err(Problem::malformed_field(
            "Host",
            "unreadable",
            "the Host header differs from the request's target",
        )),
        _ => Ok(host),
    }
}

/// A name that cannot have been pointed here by a stranger: an address, this machine's own name, or the configured one.
fn is_ours(authority: &Authority, base: &Url) -> bool {
    let host = authority.host().trim_end_matches('.').to_ascii_lowercase();
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(&host);
    bare.parse::<IpAddr>().is_ok()
        || host == "localhost"
        || host.ends_with(".localhost")
        || base.host_str().is_some_and(|own| own.eq_ignore_ascii_case(&host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_for_addresses_loopback_and_its_own_name_only() {
        let base = Url::parse("https://bellwether.example/").unwrap();
        for (host, ours) in [
            ("127.0.0.1:8080", true),
            ("[::1]:8080", true),
            ("localhost", true),
            ("demo.localhost:1", true),
            ("bellwether.example", true),
            ("BELLWETHER.example.", true),
            ("evil.example", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
        ] {
            assert_eq!(is_ours(&host.parse().unwrap(), &base), ours, "{host}");
        }
    }
}
