//! Groups: the rows a condition speaks of.

use std::fmt;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The rows a condition speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Group {
    /// Models whose weights can be downloaded.
    Open,
    /// Models whose weights cannot be had.
    Closed,
    /// All rows, whatever is known of their openness.
    Any,
    /// Rows that have every one of these properties.
    With(Box<Properties>),
}

/// Properties that must all fit; a row that does not state one asked for does not fit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Properties {
    /// Open weights (`true`) or closed (`false`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<bool>,
    /// The model: its registry id, or the source's own text; case is ignored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The organisation, case ignored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// The licence as the source writes it, case ignored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// Fewer parameters than this, in thousand millions.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::number::optional")]
    pub params_below_b: Option<Decimal>,
    /// Released after this day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_after: Option<NaiveDate>,
}

impl Group {
    /// The openness asked for: `Some(true)` open, `Some(false)` closed, `None` when it does not matter.
    pub fn openness(&self) -> Option<bool> {
        match self {
            Self::Open => Some(true),
            Self::Closed => Some(false),
            Self::Any => None,
            Self::With(p) => p.open,
        }
    }

    /// The properties beside openness, where there are any.
    pub fn properties(&self) -> Option<&Properties> {
        match self {
            Self::With(p) => Some(p),
            _ => None,
        }
    }
}

impl fmt::Display for Group {
    /// `open`, `closed`, `any`, `open DeepSeek`, `open under 40 B parameters`: before the word "model".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("open"),
            Self::Closed => f.write_str("closed"),
            Self::Any => f.write_str("listed"),
            Self::With(p) => p.fmt(f),
        }
    }
}

impl fmt::Display for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            self.open.map(|open| if open { "open" } else { "closed" }.to_owned()),
            self.organisation.clone(),
            self.model.as_ref().map(|m| format!("“{m}”")),
            self.licence.as_ref().map(|l| format!("{l}-licensed")),
            self.params_below_b.map(|b| format!("under-{}B-parameter", b.normalize())),
            self.released_after.map(|d| format!("after-{d}")),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }
}

impl Serialize for Group {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Open => to.serialize_str("open"),
            Self::Closed => to.serialize_str("closed"),
            Self::Any => to.serialize_str("any"),
            Self::With(p) => p.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for Group {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Group;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a group: open, closed, any, or { open, model, organisation, licence, params_below_b, released_after }")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Group, E> {
                match text {
                    "open" => Ok(Group::Open),
                    "closed" => Ok(Group::Closed),
                    "any" => Ok(Group::Any),
                    _ => Err(E::custom(format!(
                        "`{}` is no group: write open, closed, any, or properties such as {{ open: true, organisation: Meta }}",
                        text.chars().take(100).collect::<String>()
                    ))),
                }
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Group, A::Error> {
                let properties = Properties::deserialize(de::value::MapAccessDeserializer::new(map))?;
                if properties == Properties::default() {
                    return Err(de::Error::custom(
                        "a group needs at least one property; for all rows write any",
                    ));
                }
                Ok(Group::With(Box::new(properties)))
            }
        }
        from.deserialize_any(Visitor)
    }
}
