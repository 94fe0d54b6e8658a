//! What any operation may answer whatever it does: added to the description of each, so that none forgets it.

use http::StatusCode;
use utoipa::openapi::{
    Content, OpenApi, Ref, RefOr,
    path::{Operation, ParameterBuilder, ParameterIn},
    response::{Response, ResponseBuilder},
    schema::{ObjectBuilder, Type},
};

use crate::problem::Kind;

const PROBLEM: &str = "#/components/schemas/Problem";
const MEDIA_TYPE: &str = "application/problem+json";

/// Adds to every operation the refusals of the frame and of the extractors, and gives every refusal its media type.
pub(super) fn describe(api: &mut OpenApi) {
    for (path, item) in &mut api.paths.paths {
        let in_path = path.contains('{').then_some(Kind::NotFound);
        if let Some(read) = &mut item.get {
            add(read, in_path.into_iter().chain([Kind::Malformed, Kind::Misdirected, Kind::Busy]));
            let unchanged =
                ResponseBuilder::new().description("Not changed since the `ETag` of If-None-Match");
            put(read, StatusCode::NOT_MODIFIED, unchanged.build());
        }
        if let Some(change) = &mut item.post {
            // Every change takes a key, and a key can be malformed, at work, or used for something else.
            let any = [
                Kind::Malformed,
                Kind::CrossSite,
                Kind::Slow,
                Kind::Conflict,
                Kind::TooLarge,
                Kind::UnsupportedMediaType,
                Kind::Misdirected,
                Kind::Invalid,
                Kind::Busy,
            ];
            add(change, in_path.into_iter().chain(any));
            take_key(change);
        }
        if let Some(removal) = &mut item.delete {
            let any = [Kind::Malformed, Kind::CrossSite, Kind::Conflict, Kind::Misdirected, Kind::Busy];
            add(removal, in_path.into_iter().chain(any));
        }
        for operation in [&mut item.get, &mut item.post, &mut item.delete].into_iter().flatten() {
            for response in operation.responses.responses.values_mut() {
                if let RefOr::T(response) = response {
                    name_media_type(response);
                }
            }
        }
    }
}

fn add(operation: &mut Operation, refusals: impl IntoIterator<Item = Kind>) {
    for kind in refusals {
        let content = Content::new(Some(Ref::new(PROBLEM)));
        let response = ResponseBuilder::new().description(kind.title()).content(MEDIA_TYPE, content);
        put(operation, kind.status(), response.build());
    }
}

/// What the operation says of a status itself stands.
fn put(operation: &mut Operation, status: StatusCode, response: Response) {
    let responses = &mut operation.responses.responses;
    responses.entry(status.as_str().to_owned()).or_insert(RefOr::T(response));
}

fn name_media_type(response: &mut Response) {
    let is_problem = |content: &RefOr<Content>| matches!(content, RefOr::T(Content { schema: Some(RefOr::Ref(r)), .. }) if r.ref_location == PROBLEM);
    if response.content.get("application/json").is_some_and(is_problem)
        && let Some(content) = response.content.shift_remove("application/json")
    {
        response.content.insert(MEDIA_TYPE.to_owned(), content);
    }
}

fn take_key(operation: &mut Operation) {
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(255))
        .pattern(Some("^[!-~][\t -~]*$"));
    let key = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .description(Some(
            "Sent again with the same key and body, the request is done once and its reply repeated",
        ))
        .schema(Some(text.build()))
        .build();
    operation.parameters.get_or_insert_default().push(RefOr::T(key));
}
