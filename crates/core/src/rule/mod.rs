//! Rules: the machine-readable part of a claim's criteria.
//!
//! A rule is a tree of conditions. Each condition is one file here: its fields, its evaluation, its sentence.

pub mod number;

mod compound;
mod condition;
mod evaluate;
mod evaluation;
mod field;
mod gap;
mod group;
mod lead;
mod memory;
mod place;
mod rank;
mod released;
mod score;
mod syntax;
mod words;
mod world;

pub use condition::Condition;
pub use evaluate::evaluate;
pub use evaluation::{Evaluation, Verdict, Witness};
pub use field::Seen;
pub use gap::{Difference, Gap};
pub use group::{Group, Properties};
pub use lead::Lead;
pub use memory::Memory;
pub use rank::Rank;
pub use released::Released;
pub use score::{Comparison, Score};
pub use syntax::BadRule;
pub use world::{HeldRow, TableAt, World};

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{benchmark::BenchmarkId, ids::SourceId};

/// What decides a claim without a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "syntax::RuleText", try_from = "syntax::RuleText")]
pub struct Rule {
    /// The tree of conditions.
    pub node: Node,
    /// One model must satisfy every condition by itself.
    pub same_model: bool,
}

/// A condition or a compound of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "syntax::NodeText", try_from = "syntax::NodeText")]
pub enum Node {
    /// A leaf.
    Condition(Box<Condition>),
    /// Every leg holds.
    All(Vec<Node>),
    /// Some leg holds.
    Any(Vec<Node>),
    /// The leg fails.
    Not(Box<Node>),
    /// At least `n` legs hold.
    NOf {
        /// How many, from 1 to the number of legs.
        n: usize,
        /// The legs.
        of: Vec<Node>,
    },
}

impl Node {
    /// The legs below this node.
    pub fn legs(&self) -> &[Node] {
        match self {
            Self::Condition(_) => &[],
            Self::All(legs) | Self::Any(legs) | Self::NOf { of: legs, .. } => legs,
            Self::Not(leg) => std::slice::from_ref(leg),
        }
    }
}

impl Rule {
    /// The conditions, from left to right. Their index in this order is how an evaluation remembers them.
    pub fn conditions(&self) -> Vec<&Condition> {
        fn collect<'a>(node: &'a Node, into: &mut Vec<&'a Condition>) {
            match node {
                Node::Condition(condition) => into.push(condition),
                _ => node.legs().iter().for_each(|leg| collect(leg, into)),
            }
        }
        let mut all = Vec::new();
        collect(&self.node, &mut all);
        all
    }

    /// Every benchmark the rule may look at, fallbacks included, each once.
    pub fn benchmarks(&self) -> Vec<&BenchmarkId> {
        let mut seen = BTreeSet::new();
        self.conditions()
            .into_iter()
            .flat_map(|c| c.benchmark().into_iter().chain(c.fallback()))
            .filter(|id| seen.insert(*id))
            .collect()
    }

    /// Every source the rule may look at, each once.
    pub fn sources(&self) -> BTreeSet<&SourceId> {
        self.benchmarks().into_iter().map(|b| &b.source).collect()
    }

    /// The condition, where the rule is a single one.
    pub fn single(&self) -> Option<&Condition> {
        match &self.node {
            Node::Condition(condition) => Some(condition),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
