//! YAML from strangers, within bounds: no alias bombs, no deep nesting, no tags that mean anything.

use serde::de::DeserializeOwned;
use serde_saphyr::{Options, options::NonFiniteFloatPolicy};

/// Deeper than any leaderboard, far from the end of the stack.
const MAX_DEPTH: usize = 64;

/// Reads one document. Duplicate keys are refused; `.nan` and `.inf` are texts, so that they cannot pass for numbers.
pub(crate) fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, serde_saphyr::Error> {
    serde_saphyr::from_str_with_options(text, options())
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            max_nodes: 2_000_000,
            max_events: 6_000_000,
            max_total_scalar_bytes: 64 << 20,
            max_aliases: 1_000,
            max_anchors: 1_000,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 100_000,
            max_replay_stack_depth: 16,
        },
        // `no` and `on` are words.
        strict_booleans: true,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
    }
}
