//! JSON, read strictly: UTF-8 without a mark, bounded nesting, no key twice, nothing after the end.
//!
//! Nesting is counted before anything is parsed, so that a hostile body never recurses.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Why some bytes are not strict JSON, and where: lines and columns count from 1, columns in bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at line {line} column {column}")]
pub(crate) struct NotJson {
    reason: String,
    line: usize,
    column: usize,
}

impl NotJson {
    fn at(bytes: &[u8], offset: usize, reason: impl Into<String>) -> Self {
        let before = &bytes[..offset.min(bytes.len())];
        let line = before.split(|b| *b == b'\n').count();
        let column = before.iter().rev().take_while(|b| **b != b'\n').count() + 1;
        Self { reason: reason.into(), line, column }
    }
}

/// Reads one JSON document.
pub(crate) fn parse(bytes: &[u8], max_depth: usize) -> Result<Value, NotJson> {
    match bytes {
        [0xEF, 0xBB, 0xBF, ..] => return Err(NotJson::at(bytes, 0, "a byte order mark is not allowed")),
        [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0, _, ..] | [_, 0, ..] => {
            return Err(NotJson::at(bytes, 0, "the text is not UTF-8 but looks like UTF-16 or UTF-32"));
        }
        _ => {}
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|e| NotJson::at(bytes, e.valid_up_to(), "the text is not UTF-8"))?;
    check_depth(bytes, max_depth)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    NoTwins.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value)).map_err(|e| NotJson {
        reason: reason(&e),
        line: e.line(),
        column: e.column(),
    })
}

/// serde_json's words without its own "at line 1 column 2".
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).chars().take(300).collect()
}

fn check_depth(bytes: &[u8], max: usize) -> Result<(), NotJson> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (offset, byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => {
                depth += 1;
                if depth > max {
                    return Err(NotJson::at(bytes, offset, format!("nested deeper than {max} levels")));
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// Builds a [`Value`] and refuses an object that has a key twice.
struct NoTwins;

impl<'de> DeserializeSeed<'de> for NoTwins {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for NoTwins {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_f64<E: de::Error>(self, v: f64) -> Result<Value, E> {
        Number::from_f64(v).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_string<E>(self, v: String) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(NoTwins)? {
            items.push(item);
        }
        Ok(items.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                let key: String = key.chars().take(100).collect();
                return Err(de::Error::custom(format!("the key `{key}` stands twice in one object")));
            }
            map.insert(key, entries.next_value_seed(NoTwins)?);
        }
        Ok(map.into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refusal(bytes: &[u8]) -> String {
        parse(bytes, 32).unwrap_err().to_string()
    }

    #[test]
    fn refusals_say_where() {
        assert_eq!(
            refusal(b"{\"a\":1,\n \"a\":2}"),
            "the key `a` stands twice in one object at line 2 column 4"
        );
        assert_eq!(
            refusal(b"{\"a\":{\"b\":1,\"b\":1}}"),
            "the key `b` stands twice in one object at line 1 column 15"
        );
        assert_eq!(refusal(b"{} {}"), "trailing characters at line 1 column 4");
        assert_eq!(refusal(b"\xEF\xBB\xBF{}"), "a byte order mark is not allowed at line 1 column 1");
        assert!(refusal(b"{\0}\0").contains("UTF-16"));
        assert_eq!(refusal(b"{\"a\":\"\xFF\"}"), "the text is not UTF-8 at line 1 column 7");
        assert!(refusal(br#"{"a":"\ud800"}"#).contains("line 1 column"));
        assert!(refusal(b"{\"a\":1e400}").contains("number out of range"));
        assert!(refusal(b"{\"a\":NaN}").contains("line 1 column"));
        assert!(refusal(b"").contains("EOF"));
    }

    #[test]
    fn depth_is_counted_outside_of_texts_only() {
        let nested = |n: usize| format!("{}1{}", "[".repeat(n), "]".repeat(n));
        assert!(parse(nested(32).as_bytes(), 32).is_ok());
        assert_eq!(refusal(nested(33).as_bytes()), "nested deeper than 32 levels at line 1 column 33");
        assert!(refusal("[".repeat(500_000).as_bytes()).starts_with("nested deeper"));
        assert!(parse(br#"{"a":"\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["}"#, 4).is_ok());
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json_on_what_it_accepts(text in "[\\[\\]{}:,\"0-9a-z.eE+ \\\\-]{0,40}") {
            if let Ok(value) = parse(text.as_bytes(), 32) {
                prop_assert_eq!(value, serde_json::from_str::<Value>(&text).unwrap());
            }
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes, 8);
        }
    }
}
