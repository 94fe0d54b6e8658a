//! Claims that count only if another one comes out a certain way.

use serde::{Deserialize, Serialize};

use crate::{ids::Slug, status::Outcome};

/// What another claim must come out as for this one to count. If it comes out otherwise, or void, this one is void.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// The other claim.
    pub claim: Slug,
    /// How it must come out: `yes`, `no`, or `option:NAME`.
    pub outcome: Outcome,
}

impl Given {
    /// Whether an outcome of the other claim leaves this one standing; none is void.
    pub fn holds(&self, outcome: Option<&Outcome>) -> bool {
        outcome == Some(&self.outcome)
    }
}
