//! Headers that every answer carries.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderName, HeaderValue, header};

use crate::state::AppState;

/// Everything comes from this server; nothing is inline, nothing is framed.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                   connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The card that other sites may put into a frame; it has no form and no script.
const CSP_CARD: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; \
                        form-action 'none'; frame-ancestors *";

const COOP: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Lets other sites show this answer in a frame: for the embeddable claim card only.
#[must_use]
pub fn embeddable(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP_CARD));
    response
}

/// A year: browsers that came once by TLS come by nothing else.
const HSTS: &str = "max-age=31536000";

/// Adds the security headers, leaving alone those that the handler chose.
pub(crate) async fn secure(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // Who reads decides what a page offers; the compression above says its own part only.
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding, cookie, authorization"));
    if state.base_url().scheme() == "https" {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CSP),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
        (COOP, "same-origin"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
