//! From a JSON value to a type, with errors that name the field.

use bellwether_engine::FieldError;
use serde::{
    Deserializer,
    de::{
        DeserializeOwned, IntoDeserializer, Visitor,
        value::{MapDeserializer, SeqDeserializer},
    },
};
use serde_json::Value;

/// Reads an object as `T`. The error names the field by its path (`rule.all[0].gap.within`), with a code for programs.
pub fn typed<T: DeserializeOwned>(value: Value) -> Result<T, FieldError> {
    serde_path_to_error::deserialize(Strict(value)).map_err(|error| {
        let path = error.path().to_string();
        field_error(&path, &error.into_inner().to_string())
    })
}

/// What an empty text is, where a value may be absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blank {
    /// No value, as in a form's field that nobody filled in.
    IsAbsent,
    /// A value like any other, and rarely a good one.
    IsAValue,
}

/// Reads name-value pairs as `T`, for forms and queries; a pair that stands twice is an error.
pub(crate) fn typed_pairs<T: DeserializeOwned>(
    pairs: Vec<(String, String)>,
    blank: Blank,
) -> Result<T, FieldError> {
    let texts = pairs.into_iter().map(|(name, value)| (name, Text(value, blank)));
    let pairs = MapDeserializer::<_, serde::de::value::Error>::new(texts);
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        let path = error.path().to_string();
        field_error(&path, &error.into_inner().to_string())
    })
}

/// Says in our words what serde says in its own.
pub(super) fn field_error(path: &str, said: &str) -> FieldError {
    // Some of our own types name the field within themselves: `window.by: ...`.
    if let Some((field, message)) = said.split_once(": ")
        && path != "."
        && field.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'))
        && !field.contains(' ')
    {
        return FieldError::new(field, "unreadable", cut(message));
    }
    let parent = if path == "." { "" } else { path };
    let named = said.split('`').nth(1).unwrap_or_default();
    let below = |parent: &str| match parent {
        "" => named.to_owned(),
        // Some paths end in the offending key already.
        whole if whole == named || whole.ends_with(&format!(".{named}")) => whole.to_owned(),
        parent => format!("{parent}.{named}"),
    };
    if said.starts_with("unknown field ") {
        let known = said.split_once(", ").map_or("", |(_, known)| known);
        return FieldError::new(
            below(parent),
            "unknown_field",
            cut(&format!("there is no such field: {known}")),
        );
    }
    if said.starts_with("missing field ") {
        return FieldError::new(below(parent), "required", "is required");
    }
    if said.starts_with("duplicate field ") {
        return FieldError::new(below(parent), "duplicate", "stands twice");
    }
    let field = if parent.is_empty() { "body" } else { parent };
    let code = if said.starts_with("invalid type: ") {
        "wrong_type"
    } else if said.starts_with("unknown variant ") {
        "unknown_value"
    } else {
        "unreadable"
    };
    FieldError::new(field, code, cut(&plain(said)))
}

/// Rust's names of types mean nothing to a caller.
fn plain(said: &str) -> String {
    let said = said
        .replace("expected f64", "expected a number")
        .replace("expected i64", "expected a whole number")
        .replace("expected u64", "expected a whole number from 0")
        .replace("expected u32", "expected a whole number from 0")
        .replace("expected u16", "expected a whole number from 0")
        .replace("expected u8", "expected a whole number from 0")
        .replace("expected a string", "expected a text")
        .replace("expected a borrowed string", "expected a text")
        .replace("expected a boolean", "expected true or false")
        .replace("expected a sequence", "expected a list")
        .replace("expected a map", "expected an object");
    match said.find("expected struct ") {
        Some(at) => format!("{}expected an object", &said[..at]),
        None => said,
    }
}

fn cut(text: &str) -> String {
    text.chars().take(300).collect()
}

/// A value of which only an object reads as an object: serde would take a list for an object's fields in order.
struct Strict(Value);

impl IntoDeserializer<'_, serde_json::Error> for Strict {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Strict {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.0 {
            Value::Array(items) => {
                SeqDeserializer::new(items.into_iter().map(Strict)).deserialize_any(visitor)
            }
            Value::Object(members) => MapDeserializer::new(members.into_iter().map(|(k, v)| (k, Strict(v))))
                .deserialize_any(visitor),
            plain => plain.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        match self.0 {
            Value::Object(_) => self.deserialize_any(visitor),
            Value::Array(_) => Err(serde::de::Error::invalid_type(serde::de::Unexpected::Seq, &"an object")),
            plain => plain.deserialize_struct(name, fields, visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

/// A text that reads as a number or a truth value where one is asked for.
struct Text(String, Blank);

impl IntoDeserializer<'_, serde::de::value::Error> for Text {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parsed {
    ($($method:ident $visit:ident $kind:ty = $what:literal),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            match self.0.parse::<$kind>() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(serde::de::Error::custom(format!("`{}` is not {}", cut(&self.0), $what))),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Text {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_string(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.0.is_empty() && self.1 == Blank::IsAbsent {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_enum(serde::de::value::StringDeserializer::new(self.0))
    }

    parsed! {
        deserialize_bool visit_bool bool = "true or false",
        deserialize_u8 visit_u8 u8 = "a whole number from 0 to 255",
        deserialize_u16 visit_u16 u16 = "a whole number from 0 to 65535",
        deserialize_u32 visit_u32 u32 = "a whole number from 0",
        deserialize_u64 visit_u64 u64 = "a whole number from 0",
        deserialize_i64 visit_i64 i64 = "a whole number",
        deserialize_f64 visit_f64 f64 = "a number: write 0.5, with a point and without a percent sign",
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i128 u128 f32 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use bellwether_core::probability::Probability;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "read by serde only")]
    struct Outer {
        title: String,
        start: Inner,
        #[serde(default)]
        rows: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "read by serde only")]
    struct Inner {
        p: Probability,
    }

    fn refused(value: Value) -> (String, &'static str) {
        let error = typed::<Outer>(value).unwrap_err();
        (error.field, error.code)
    }

    #[test]
    fn every_refusal_names_its_field() {
        let start = json!({"p": 0.5});
        for (value, field, code) in [
            (json!({"title": "x", "start": {"p": "abc"}}), "start.p", "wrong_type"),
            (json!({"title": "x", "start": {"p": null}}), "start.p", "wrong_type"),
            (json!({"title": "x", "start": {"p": 1.0001}}), "start.p", "unreadable"),
            (json!({"title": "x", "start": {}}), "start.p", "required"),
            (json!({"title": "x", "start": {"p": 0.5, "q": 1}}), "start.q", "unknown_field"),
            (json!({"title": "x", "start": start, "is_admin": true}), "is_admin", "unknown_field"),
            (json!({"title": "x", "start": start, "rows": [start, {"p": [0.5]}]}), "rows[1].p", "wrong_type"),
            (json!({"start": start}), "title", "required"),
            (json!(["x", {"p": 0.5}, []]), "body", "wrong_type"),
            (json!("text"), "body", "wrong_type"),
            (json!({"title": "x", "start": [0.5]}), "start", "wrong_type"),
        ] {
            assert_eq!(refused(value.clone()), (field.to_owned(), code), "{value}");
        }
    }

    #[test]
    fn pairs_read_numbers_and_refuse_twins() {
        #[derive(Debug, Deserialize, PartialEq)]
        #[serde(deny_unknown_fields)]
        struct Pairs {
            p: f64,
            limit: Option<u32>,
        }
        let read = |pairs: &[(&str, &str)]| {
            typed_pairs::<Pairs>(
                pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect(),
                Blank::IsAbsent,
            )
        };
        assert_eq!(read(&[("p", "0.5"), ("limit", "")]).unwrap(), Pairs { p: 0.5, limit: None });
        for (pairs, field) in [
            (vec![("p", "0,5")], "p"),
            (vec![("p", "50%")], "p"),
            (vec![("p", "0.5"), ("limit", "-1")], "limit"),
            (vec![("p", "0.5"), ("p", "0.6")], "p"),
            (vec![("p", "0.5"), ("q", "0.6")], "q"),
            (vec![], "p"),
        ] {
            assert_eq!(read(&pairs).unwrap_err().field, field, "{pairs:?}");
        }
    }
}
