//! Where a claim starts.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, MapAccess, Visitor},
};

use crate::probability::Probability;

/// Where a claim starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// The probability of yes, or of each option.
    pub p: StartingPoint,
    /// Why: `base rate 3 of 8`, `no view`.
    #[serde(default = "no_view")]
    pub basis: String,
}

fn no_view() -> String {
    "no view".to_owned()
}

impl Default for Start {
    fn default() -> Self {
        Self { p: StartingPoint::Yes(Probability::HALF), basis: no_view() }
    }
}

impl Start {
    /// The lowest probability that a claim or an option may start from: at 0 its log-odds would be infinite.
    pub const LOWEST: f64 = 0.001;
    /// The highest.
    pub const HIGHEST: f64 = 0.999;
}

/// A starting probability.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum StartingPoint {
    /// Of yes. With named options: no view, all alike.
    Yes(Probability),
    /// Of each named option; they sum to 1.
    Options(BTreeMap<String, Probability>),
}

impl<'de> Deserialize<'de> for StartingPoint {
    /// By hand, because an untagged enum only says that nothing fitted.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Start;

        impl<'de> Visitor<'de> for Start {
            type Value = StartingPoint;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number from 0 to 1, such as 0.75, or one for each option")
            }

            fn visit_f64<E: de::Error>(self, p: f64) -> Result<Self::Value, E> {
                Probability::new(p).map(StartingPoint::Yes).map_err(E::custom)
            }

            fn visit_i64<E: de::Error>(self, p: i64) -> Result<Self::Value, E> {
                self.visit_f64(p as f64)
            }

            fn visit_u64<E: de::Error>(self, p: u64) -> Result<Self::Value, E> {
                self.visit_f64(p as f64)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut options = BTreeMap::new();
                while let Some((option, p)) = map.next_entry::<String, Probability>()? {
                    if options.insert(option, p).is_some() {
                        return Err(de::Error::custom("an option stands there twice"));
                    }
                }
                Ok(StartingPoint::Options(options))
            }
        }

        from.deserialize_any(Start)
    }
}
