//! How rules are written: a map with one key that names the condition or the compound.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Comparison, Condition, Gap, Lead, Node, Rank, Released, Rule, Score, group::Group, number};
use crate::benchmark::BenchmarkId;

/// Why a rule that reads as YAML or JSON is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRule {
    /// Not exactly one of the keys.
    #[error("a rule needs exactly one of score, gap, lead, rank, released, all, any, not, n_of; it has {0}")]
    Keys(String),
    /// A compound without legs.
    #[error("`{0}` needs at least one condition")]
    Empty(&'static str),
    /// More legs asked for than there are.
    #[error("n_of.n is {n}, but `of` has {legs} conditions")]
    TooMany {
        /// Asked for.
        n: usize,
        /// There.
        legs: usize,
    },
    /// Not exactly one comparison.
    #[error("score needs exactly one of at_least, at_most, above, below; it has {0}")]
    Comparison(usize),
    /// More conditions than a rule may have.
    #[error("a rule may have at most {max} conditions, this one has {0}", max = MAX_CONDITIONS)]
    TooBig(usize),
}

/// The most conditions of one rule; bounds the work of an evaluation.
const MAX_CONDITIONS: usize = 200;

#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleText {
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<Score>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap: Option<Gap>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lead: Option<Lead>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rank: Option<Rank>,
    #[serde(skip_serializing_if = "Option::is_none")]
    released: Option<Released>,
    #[serde(skip_serializing_if = "Option::is_none")]
    all: Option<Vec<Node>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    any: Option<Vec<Node>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not: Option<Box<Node>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n_of: Option<NOfText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    same_model: Option<bool>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct NodeText {
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<Score>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap: Option<Gap>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lead: Option<Lead>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rank: Option<Rank>,
    #[serde(skip_serializing_if = "Option::is_none")]
    released: Option<Released>,
    #[serde(skip_serializing_if = "Option::is_none")]
    all: Option<Vec<Node>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    any: Option<Vec<Node>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not: Option<Box<Node>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n_of: Option<NOfText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NOfText {
    n: usize,
    of: Vec<Node>,
}

impl TryFrom<NodeText> for Node {
    type Error = BadRule;

    fn try_from(t: NodeText) -> Result<Self, BadRule> {
        let leaf = |c| Node::Condition(Box::new(c));
        let mut found: Vec<(&str, Node)> = Vec::new();
        found.extend(t.score.map(|c| ("score", leaf(Condition::Score(c)))));
        found.extend(t.gap.map(|c| ("gap", leaf(Condition::Gap(c)))));
        found.extend(t.lead.map(|c| ("lead", leaf(Condition::Lead(c)))));
        found.extend(t.rank.map(|c| ("rank", leaf(Condition::Rank(c)))));
        found.extend(t.released.map(|c| ("released", leaf(Condition::Released(c)))));
        found.extend(t.all.map(|legs| ("all", Node::All(legs))));
        found.extend(t.any.map(|legs| ("any", Node::Any(legs))));
        found.extend(t.not.map(|leg| ("not", Node::Not(leg))));
        found.extend(t.n_of.map(|n| ("n_of", Node::NOf { n: n.n, of: n.of })));
        let node = match found.len() {
            1 => found.remove(0).1,
            0 => return Err(BadRule::Keys("none".into())),
            _ => return Err(BadRule::Keys(found.iter().map(|(k, _)| *k).collect::<Vec<_>>().join(" and "))),
        };
        match &node {
            Node::All(legs) if legs.is_empty() => Err(BadRule::Empty("all")),
            Node::Any(legs) if legs.is_empty() => Err(BadRule::Empty("any")),
            Node::NOf { n, of } if *n == 0 || *n > of.len() => {
                Err(BadRule::TooMany { n: *n, legs: of.len() })
            }
            _ => Ok(node),
        }
    }
}

impl From<Node> for NodeText {
    fn from(node: Node) -> Self {
        let mut t = Self::default();
        match node {
            Node::Condition(c) => match *c {
                Condition::Score(c) => t.score = Some(c),
                Condition::Gap(c) => t.gap = Some(c),
                Condition::Lead(c) => t.lead = Some(c),
                Condition::Rank(c) => t.rank = Some(c),
                Condition::Released(c) => t.released = Some(c),
            },
            Node::All(legs) => t.all = Some(legs),
            Node::Any(legs) => t.any = Some(legs),
            Node::Not(leg) => t.not = Some(leg),
            Node::NOf { n, of } => t.n_of = Some(NOfText { n, of }),
        }
        t
    }
}

impl TryFrom<RuleText> for Rule {
    type Error = BadRule;

    fn try_from(t: RuleText) -> Result<Self, BadRule> {
        let RuleText { score, gap, lead, rank, released, all, any, not, n_of, same_model } = t;
        let node = NodeText { score, gap, lead, rank, released, all, any, not, n_of }.try_into()?;
        let rule = Self { node, same_model: same_model.unwrap_or(false) };
        let count = rule.conditions().len();
        if count > MAX_CONDITIONS { Err(BadRule::TooBig(count)) } else { Ok(rule) }
    }
}

impl From<Rule> for RuleText {
    fn from(rule: Rule) -> Self {
        let NodeText { score, gap, lead, rank, released, all, any, not, n_of } = rule.node.into();
        let same_model = rule.same_model.then_some(true);
        Self { score, gap, lead, rank, released, all, any, not, n_of, same_model }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScoreText {
    benchmark: BenchmarkId,
    of: Group,
    #[serde(default, with = "number::optional", skip_serializing_if = "Option::is_none")]
    at_least: Option<Decimal>,
    #[serde(default, with = "number::optional", skip_serializing_if = "Option::is_none")]
    at_most: Option<Decimal>,
    #[serde(default, with = "number::optional", skip_serializing_if = "Option::is_none")]
    above: Option<Decimal>,
    #[serde(default, with = "number::optional", skip_serializing_if = "Option::is_none")]
    below: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    fallback: Vec<BenchmarkId>,
}

impl TryFrom<ScoreText> for Score {
    type Error = BadRule;

    fn try_from(t: ScoreText) -> Result<Self, BadRule> {
        let given: Vec<_> = [
            (Comparison::AtLeast, t.at_least),
            (Comparison::AtMost, t.at_most),
            (Comparison::Above, t.above),
            (Comparison::Below, t.below),
        ]
        .into_iter()
        .filter_map(|(c, n)| n.map(|n| (c, n)))
        .collect();
        let &[(comparison, threshold)] = given.as_slice() else {
            return Err(BadRule::Comparison(given.len()));
        };
        let ScoreText { benchmark, of, version, fallback, .. } = t;
        Ok(Self { benchmark, of, comparison, threshold, version, fallback })
    }
}

impl From<Score> for ScoreText {
    fn from(s: Score) -> Self {
        let when = |c| (s.comparison == c).then_some(s.threshold);
        Self {
            at_least: when(Comparison::AtLeast),
            at_most: when(Comparison::AtMost),
            above: when(Comparison::Above),
            below: when(Comparison::Below),
            benchmark: s.benchmark,
            of: s.of,
            version: s.version,
            fallback: s.fallback,
        }
    }
}
