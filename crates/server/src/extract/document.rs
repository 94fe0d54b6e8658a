//! Claim documents as bodies: JSON or YAML, by their media type.

use axum::extract::{FromRequest, Request};
use bellwether_core::document::{BadDocument, ClaimDocument};
use bellwether_engine::FieldError;

use super::{body, strict_json, typed, typed::field_error};
use crate::{
    problem::{Kind, Problem},
    state::AppState,
};

/// A claim document: 415 for another media type, 400 for what is neither strict JSON nor YAML, 422 with the key for
/// what is no claim.
#[derive(Clone, Debug)]
pub struct Document(pub ClaimDocument);

impl FromRequest<AppState> for Document {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        let media_type = body::media_type(request.headers());
        let yaml = match media_type.as_deref() {
            Some("application/json") => false,
            Some("application/yaml" | "application/x-yaml" | "text/yaml") => true,
            _ => {
                let what = "send application/json or application/yaml, in UTF-8";
                return Err(Problem::new(Kind::UnsupportedMediaType, what));
            }
        };
        let bytes = body::read(request).await?;
        let document = if yaml {
            read_yaml(&bytes)?
        } else {
            let value = strict_json::parse(&bytes, state.limits().json_depth)
                .map_err(|e| Problem::malformed_field("body", "malformed_json", e.to_string()))?;
            typed(value).map_err(|e| Problem::invalid(vec![e]))?
        };
        document.checked().map(Self).map_err(|e| Problem::invalid(vec![document_fault(e)]))
    }
}

fn read_yaml(bytes: &[u8]) -> Result<ClaimDocument, Problem> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Problem::malformed_field("body", "malformed_yaml", "the text is not UTF-8"))?;
    yaml(text).map_err(|e| Problem::invalid(vec![e]))
}

/// Reads a claim document of a form's text field, or of a body.
pub fn yaml(text: &str) -> Result<ClaimDocument, FieldError> {
    if text.len() > ClaimDocument::MAX_BYTES {
        let most = ClaimDocument::MAX_BYTES;
        return Err(FieldError::new("body", "too_long", format!("a document has at most {most} bytes")));
    }
    let mut bad = None;
    let read = serde_saphyr::with_deserializer_from_str(text, |yaml| {
        serde_path_to_error::deserialize(yaml).map_err(|error| {
            bad = Some(field_error(&error.path().to_string(), &error.inner().to_string()));
            error.into_inner()
        })
    });
    read.map_err(|error| bad.unwrap_or_else(|| FieldError::new("body", "malformed_yaml", error.to_string())))
}

/// A document's fault as a field's.
pub(crate) fn document_fault(fault: BadDocument) -> FieldError {
    match fault {
        BadDocument::Key { key, reason } => FieldError::new(key, "unacceptable", reason),
        BadDocument::Unreadable(reason) => FieldError::new("body", "unreadable", reason),
    }
}
