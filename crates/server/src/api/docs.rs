//! The description of the API for programs, and a page of it for people.

use std::sync::Arc;

use askama::Template;
use axum::{
    Extension,
    body::Bytes,
    response::{IntoResponse as _, Response},
};
use http::header;
use serde_json::Value;
use utoipa::openapi::OpenApi;

use crate::{cache::cacheable, problem::Kind};

/// Both documents, rendered once.
#[derive(Clone)]
pub(super) struct Documents(Arc<Rendered>);

struct Rendered {
    json: Bytes,
    page: Bytes,
}

impl Documents {
    pub(super) fn new(api: &OpenApi) -> Self {
        let json = api.to_json().unwrap_or_default();
        let page = Page::of(&serde_json::from_str(&json).unwrap_or_default()).render().unwrap_or_default();
        Self(Arc::new(Rendered { json: json.into(), page: page.into() }))
    }
}

/// `GET /api/openapi.json`
pub(super) async fn openapi(Extension(documents): Extension<Documents>) -> Response {
    typed("application/json", documents.0.json.clone())
}

/// `GET /api/docs`
pub(super) async fn page(Extension(documents): Extension<Documents>) -> Response {
    typed("text/html; charset=utf-8", documents.0.page.clone())
}

/// `GET /api/docs.css`
pub(super) async fn style() -> Response {
    typed("text/css; charset=utf-8", Bytes::from_static(include_bytes!("docs.css")))
}

fn typed(media_type: &'static str, bytes: Bytes) -> Response {
    cacheable(([(header::CONTENT_TYPE, media_type)], bytes).into_response())
}

#[derive(Template)]
#[template(path = "api/docs.html")]
struct Page {
    title: String,
    about: String,
    groups: Vec<Group>,
    schemas: Vec<Schema>,
    problems: Vec<(u16, &'static str, &'static str)>,
}

struct Group {
    name: String,
    operations: Vec<Operation>,
}

struct Operation {
    id: String,
    method: String,
    path: String,
    summary: String,
    about: String,
    parameters: Vec<Field>,
    bodies: Vec<Typed>,
    answers: Vec<(String, String, Option<Typed>)>,
}

struct Schema {
    name: String,
    about: String,
    fields: Vec<Field>,
    values: Vec<String>,
}

struct Field {
    name: String,
    place: String,
    required: bool,
    kind: Typed,
    about: String,
}

/// A type in words, with the schema that it refers to.
struct Typed {
    words: String,
    schema: Option<String>,
}

impl Page {
    fn of(api: &Value) -> Self {
        let mut groups: Vec<Group> = Vec::new();
        for (path, item) in members(&api["paths"]) {
            for (method, operation) in members(item).filter(|(_, o)| o.is_object()) {
                let name = text(&operation["tags"][0]);
                let operation = Operation::of(method, path, operation);
                match groups.iter_mut().find(|group| group.name == name) {
                    Some(group) => group.operations.push(operation),
                    None => groups.push(Group { name, operations: vec![operation] }),
                }
            }
        }
        Self {
            title: text(&api["info"]["title"]),
            about: text(&api["info"]["description"]),
            groups,
            schemas: members(&api["components"]["schemas"]).map(|(name, s)| Schema::of(name, s)).collect(),
            problems: PROBLEMS.iter().map(|k| (k.status().as_u16(), k.name(), k.title())).collect(),
        }
    }
}

const PROBLEMS: [Kind; 15] = [
    Kind::Malformed,
    Kind::CrossSite,
    Kind::NotFound,
    Kind::MethodNotAllowed,
    Kind::NotAcceptable,
    Kind::Slow,
    Kind::Conflict,
    Kind::Stale,
    Kind::TooLarge,
    Kind::UnsupportedMediaType,
    Kind::Misdirected,
    Kind::Invalid,
    Kind::Upstream,
    Kind::Internal,
    Kind::Busy,
];

impl Operation {
    fn of(method: &str, path: &str, operation: &Value) -> Self {
        Self {
            id: text(&operation["operationId"]),
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: text(&operation["summary"]),
            about: text(&operation["description"]),
            parameters: items(&operation["parameters"])
                .map(|p| Field {
                    name: text(&p["name"]),
                    place: text(&p["in"]),
                    required: p["required"] == true,
                    kind: Typed::of(&p["schema"]),
                    about: text(&p["description"]),
                })
                .collect(),
            bodies: contents(&operation["requestBody"]),
            answers: members(&operation["responses"])
                .map(|(status, answer)| {
                    (status.to_owned(), text(&answer["description"]), contents(answer).into_iter().next())
                })
                .collect(),
        }
    }
}

impl Schema {
    fn of(name: &str, schema: &Value) -> Self {
        let required = |field: &str| items(&schema["required"]).any(|r| r == field);
        let variants = items(&schema["oneOf"]).flat_map(|variant| items(&variant["enum"]));
        Self {
            name: name.to_owned(),
            about: text(&schema["description"]),
            fields: members(&schema["properties"])
                .map(|(field, kind)| Field {
                    name: field.to_owned(),
                    place: String::new(),
                    required: required(field),
                    kind: Typed::of(kind),
                    about: text(&kind["description"]),
                })
                .collect(),
            values: items(&schema["enum"]).chain(variants).map(text).collect(),
        }
    }
}

impl Typed {
    fn of(schema: &Value) -> Self {
        if let Some(name) = schema["$ref"].as_str().and_then(|r| r.strip_prefix("#/components/schemas/")) {
            return Self { words: name.to_owned(), schema: Some(name.to_owned()) };
        }
        if let Some(inner) = items(&schema["oneOf"]).find(|s| s["type"] != "null") {
            return Self::of(inner);
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().find(|k| *k != "null").map(text).unwrap_or_default(),
            kind => text(kind),
        };
        if kind == "array" {
            let item = Self::of(&schema["items"]);
            return Self { words: format!("list of {}", item.words), schema: item.schema };
        }
        let format = schema["format"].as_str().map(|f| format!(" ({f})")).unwrap_or_default();
        Self {
            words: if kind.is_empty() { "any JSON".to_owned() } else { format!("{kind}{format}") },
            schema: None,
        }
    }
}

fn contents(holder: &Value) -> Vec<Typed> {
    members(&holder["content"])
        .map(|(media, content)| {
            let mut typed = Typed::of(&content["schema"]);
            if typed.schema.is_none() {
                media.clone_into(&mut typed.words);
            }
            typed
        })
        .collect()
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
