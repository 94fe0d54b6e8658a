//! How a claim takes forecasts.

use serde::{Deserialize, Serialize};

/// How a claim takes forecasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Forecasting {
    /// Nobody sees the crowd of an open claim before they have forecast themselves.
    pub hide_crowd: bool,
    /// Bots count in the crowd. They are scored either way.
    pub count_bots: bool,
}

impl Forecasting {
    /// Whether it is as usual: the crowd is shown, and bots do not count in it.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
