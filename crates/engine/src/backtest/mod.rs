//! Replaying a claim over dated snapshots: the same extractor, gate, rule and confirmation as live, with implied polls.

mod contents;
mod replay;
mod report;
mod stored;

pub use contents::{Content, Contents};
pub use report::{Report, Step, WitnessOut};
pub use stored::{Sensitivity, WhatIf};

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::{
    benchmark::BenchmarkId,
    document::{ClaimDocument, Confirm, When},
    ids::SourceId,
    registry::{ModelEntry, Registry},
    rule::Rule,
    window::Window,
};

/// Why a claim could not be replayed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BacktestError {
    /// Words only: a person decides such a claim.
    #[error("the claim has no rule: a person decides it, there is nothing to replay")]
    NoRule,
    /// A source that the rule names was not given.
    #[error("the rule asks `{benchmark}`: give the snapshots of source `{source_id}`")]
    NoSource {
        /// The benchmark.
        benchmark: BenchmarkId,
        /// Its source.
        source_id: SourceId,
    },
    /// The source has no such table.
    #[error("source `{source_id}` has no benchmark `{benchmark}`; it has {known}")]
    NoBenchmark {
        /// The source.
        source_id: SourceId,
        /// The benchmark asked for.
        benchmark: String,
        /// Those it has.
        known: String,
    },
}

/// What is replayed: a rule with its terms.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// The window.
    pub window: &'a Window,
    /// Ever, or at the deadline.
    pub when: When,
    /// How long and over how many polls.
    pub confirm: Confirm,
}

/// Replays a claim document. With named options, each option's rule is replayed by itself.
pub fn backtest(
    claim: &ClaimDocument,
    sources: &[Contents],
    registry: &Registry,
) -> Result<Report, BacktestError> {
    let models = registry.judged_models();
    let ask = |rule| {
        let question = Question { rule, window: &claim.window, when: claim.when, confirm: claim.confirm };
        replay_rule(&question, sources, &models)
    };
    if let Some(rule) = &claim.rule {
        return ask(rule);
    }
    if claim.outcomes.is_empty() {
        return Err(BacktestError::NoRule);
    }
    let options = claim.outcomes.iter().map(|(name, rule)| Ok((name.clone(), ask(rule)?)));
    Ok(Report::of_options(options.collect::<Result<BTreeMap<_, _>, BacktestError>>()?))
}

/// Replays one rule over what its sources said.
pub fn replay_rule(
    question: &Question<'_>,
    sources: &[Contents],
    models: &[ModelEntry],
) -> Result<Report, BacktestError> {
    let given: BTreeMap<&SourceId, &Contents> = sources.iter().map(|c| (&c.source, c)).collect();
    for condition in question.rule.conditions() {
        let own = condition.benchmark();
        for benchmark in own.into_iter().chain(condition.fallback()) {
            let Some(contents) = given.get(&benchmark.source) else {
                // A fallback that is not at hand never answers.
                if Some(benchmark) != own {
                    continue;
                }
                let (benchmark, source_id) = (benchmark.clone(), benchmark.source.clone());
                return Err(BacktestError::NoSource { benchmark, source_id });
            };
            if !contents.benchmarks.contains(benchmark) {
                return Err(BacktestError::NoBenchmark {
                    source_id: benchmark.source.clone(),
                    benchmark: benchmark.name.to_string(),
                    known: contents.benchmarks.iter().map(|b| b.name.as_str()).collect::<Vec<_>>().join(", "),
                });
            }
        }
    }
    let used: BTreeSet<&SourceId> = question.rule.sources();
    let contents: Vec<&Contents> =
        given.into_iter().filter(|(id, _)| used.contains(id)).map(|(_, c)| c).collect();
    Ok(replay::Replay::new(question, contents, models).run())
}
