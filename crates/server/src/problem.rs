//! Refusals, in the shape of RFC 9457.
//!
//! A handler returns a [`Problem`]; [`crate::frame`] writes it as `application/problem+json` under `/api` and as a page
//! elsewhere, and adds the request's id. Nothing of the inside (causes, paths, SQL) can enter one by accident: its
//! words are written where it is made.

use axum::response::{IntoResponse, Response};
use bellwether_engine::FieldError;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

/// The kinds of refusal, each with its status, its name in the address of `type`, and its title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 400: the request cannot be read at all.
    Malformed,
    /// 401: nobody is known by this request.
    Unknown,
    /// 403: whoever asks may not do this.
    Forbidden,
    /// 403: a change asked for by another site.
    CrossSite,
    /// 404: nothing lives there.
    NotFound,
    /// 405: something lives there, but not for this method.
    MethodNotAllowed,
    /// 406: no representation of this kind.
    NotAcceptable,
    /// 408: the body did not arrive in time.
    Slow,
    /// 409: the thing's state does not allow this.
    Conflict,
    /// 412: changed by someone else since it was read.
    Stale,
    /// 413: too large.
    TooLarge,
    /// 415: a media type or encoding that is not taken here.
    UnsupportedMediaType,
    /// 421: this server does not answer for that name.
    Misdirected,
    /// 422: understood, but a value is not acceptable.
    Invalid,
    /// 422: a server that we were asked to read did not answer as it should.
    Upstream,
    /// 429: too much in too short a time.
    TooMany,
    /// 500: a fault of ours.
    Internal,
    /// 503: try again.
    Busy,
    /// Any other refusal of the HTTP layer.
    Other(StatusCode),
}

impl Kind {
    /// The status code.
    pub fn status(self) -> StatusCode {
        self.parts().0
    }

    /// The last part of the problem's `type`.
    pub fn name(self) -> &'static str {
        self.parts().1
    }

    /// The title, the same for every problem of the kind.
    pub fn title(self) -> &'static str {
        self.parts().2
    }

    fn parts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Malformed => (StatusCode::BAD_REQUEST, "malformed", "The request cannot be read"),
            Self::Unknown => (StatusCode::UNAUTHORIZED, "unknown", "Sign in first"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "You may not do this"),
            Self::CrossSite => (StatusCode::FORBIDDEN, "cross-site", "Another site asked for this change"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "Not found"),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Not for this method")
            }
            Self::NotAcceptable => (StatusCode::NOT_ACCEPTABLE, "not-acceptable", "No such representation"),
            Self::Slow => (StatusCode::REQUEST_TIMEOUT, "slow", "The request did not arrive in time"),
            Self::Conflict => (StatusCode::CONFLICT, "conflict", "Not possible in the present state"),
            Self::Stale => (StatusCode::PRECONDITION_FAILED, "stale", "Changed since you read it"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The request is too large"),
            Self::UnsupportedMediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Media type not taken")
            }
            Self::Misdirected => {
                (StatusCode::MISDIRECTED_REQUEST, "misdirected", "This server has another name")
            }
            Self::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "invalid", "A value is not acceptable"),
            Self::Upstream => {
                (StatusCode::UNPROCESSABLE_ENTITY, "upstream", "The other server did not answer as it should")
            }
            Self::TooMany => (StatusCode::TOO_MANY_REQUESTS, "too-many", "Too much in too short a time"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "A fault of this server"),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy", "Busy, try again"),
            Self::Other(status) => (status, "http", status.canonical_reason().unwrap_or("Refused")),
        }
    }
}

impl From<StatusCode> for Kind {
    fn from(status: StatusCode) -> Self {
        match status {
            StatusCode::BAD_REQUEST => Self::Malformed,
            StatusCode::UNAUTHORIZED => Self::Unknown,
            StatusCode::FORBIDDEN => Self::CrossSite,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::NOT_ACCEPTABLE => Self::NotAcceptable,
            StatusCode::REQUEST_TIMEOUT => Self::Slow,
            StatusCode::CONFLICT => Self::Conflict,
            StatusCode::PRECONDITION_FAILED => Self::Stale,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            StatusCode::MISDIRECTED_REQUEST => Self::Misdirected,
            StatusCode::UNPROCESSABLE_ENTITY => Self::Invalid,
            StatusCode::TOO_MANY_REQUESTS => Self::TooMany,
            StatusCode::INTERNAL_SERVER_ERROR => Self::Internal,
            StatusCode::SERVICE_UNAVAILABLE => Self::Busy,
            other => Self::Other(other),
        }
    }
}

/// Why a request was refused.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What kind of refusal.
    pub kind: Kind,
    /// What is wrong this time, for people; safe to show.
    pub detail: String,
    /// The fields that are wrong, in the order in which the caller wrote them where that is known.
    pub errors: Vec<FieldError>,
    /// Headers that belong to the refusal: `Allow`, `Retry-After`, `ETag`.
    pub headers: HeaderMap,
}

impl Problem {
    /// A refusal with its sentence.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new(), headers: HeaderMap::new() }
    }

    /// 400: the request cannot be read.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(Kind::Malformed, detail)
    }

    /// 404; the word says what kind of thing is missing: "claim", "snapshot".
    pub fn not_found(what: &str) -> Self {
        Self::new(Kind::NotFound, format!("no such {what}"))
    }

    /// 422 with its fields; the detail sums them up.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail =
            errors.iter().map(|e| format!("{}: {}", e.field, e.message)).collect::<Vec<_>>().join("; ");
        Self { errors, ..Self::new(Kind::Invalid, detail) }
    }

    /// 400 that names what it is about: a query parameter, a header.
    pub fn malformed_field(field: &str, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        let mut problem = Self::malformed(format!("{field}: {message}"));
        problem.errors.push(FieldError::new(field, code, message));
        problem
    }

    /// The same refusal that, in a browser, leads to another page: a redirect instead of an error page.
    #[must_use]
    pub fn leading_to(mut self, address: &str) -> Self {
        if let Ok(address) = HeaderValue::from_str(address) {
            self.headers.insert(http::header::LOCATION, address);
        }
        self
    }

    /// The same refusal with one more header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The document of RFC 9457.
    pub fn document(&self, request_id: &str) -> ProblemDocument {
        ProblemDocument {
            kind: format!("/api/docs#problem-{}", self.kind.name()),
            title: self.kind.title().to_owned(),
            status: self.kind.status().as_u16(),
            detail: self.detail.clone(),
            errors: self
                .errors
                .iter()
                .map(|e| FieldProblem {
                    field: e.field.clone(),
                    code: e.code.to_owned(),
                    message: e.message.clone(),
                })
                .collect(),
            request_id: request_id.to_owned(),
        }
    }
}

impl IntoResponse for Problem {
    /// An empty answer that carries the problem; the frame writes its body.
    fn into_response(self) -> Response {
        let leads = self.headers.contains_key(http::header::LOCATION);
        let status = if leads { StatusCode::SEE_OTHER } else { self.kind.status() };
        let mut response = status.into_response();
        response.headers_mut().extend(self.headers.clone());
        if leads {
            return response;
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// A problem document (RFC 9457), `application/problem+json`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// Reference of the kind of problem, described on the API's page.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status code again.
    pub status: u16,
    /// What is wrong this time.
    pub detail: String,
    /// The fields that are wrong, when the problem lies in fields.
    pub errors: Vec<FieldProblem>,
    /// Names this request in the server's log.
    pub request_id: String,
}

/// One field that is wrong.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FieldProblem {
    /// Path of the field as the caller wrote it: `start.p`, `rule.all[0].gap.benchmark`.
    pub field: String,
    /// A word for programs: `required`, `unknown_field`, `wrong_type`, `out_of_range`...
    pub code: String,
    /// A sentence for people.
    pub message: String,
}
