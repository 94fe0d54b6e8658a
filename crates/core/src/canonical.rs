//! One way to write a value as bytes, so that two programs hash the same thing.

use serde::Serialize;
use serde_json::Value;

use crate::ids::Sha256;

/// The value as JSON with the members of every object sorted by name and no blanks.
///
/// # Errors
/// When the value cannot be written as JSON, for instance a map whose keys are no texts.
pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, serde_json::Error> {
    fn sorted(value: Value) -> Value {
        match value {
            Value::Object(members) => {
                let mut members: Vec<_> = members.into_iter().collect();
                members.sort_by(|a, b| a.0.cmp(&b.0));
                Value::Object(members.into_iter().map(|(name, member)| (name, sorted(member))).collect())
            }
            Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
            other => other,
        }
    }
    serde_json::to_string(&sorted(serde_json::to_value(value)?))
}

/// The digest of a value's canonical JSON.
///
/// # Errors
/// As [`json`].
pub fn digest<T: Serialize + ?Sized>(value: &T) -> Result<Sha256, serde_json::Error> {
    Ok(Sha256::of(json(value)?.as_bytes()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn the_order_of_members_does_not_matter() {
        let (a, b) =
            (json!({"b": [1, {"d": 2, "c": 3}], "a": null}), json!({"a": null, "b": [1, {"c": 3, "d": 2}]}));
        assert_eq!(super::json(&a).unwrap(), r#"{"a":null,"b":[1,{"c":3,"d":2}]}"#);
        assert_eq!(super::digest(&a).unwrap(), super::digest(&b).unwrap());
    }
}
