//! A claim's rules under watch: evaluated at every poll of a source they lean on, folded into a timeline.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::{
    benchmark::BenchmarkId,
    confirm::{self, Conclusion, Coverage, Rhythm, State, Terms, Timeline},
    document::ClaimDocument,
    ids::{FetchId, Sha256, SourceId},
    registry::ModelEntry,
    rule::{Evaluation, Memory, Rule, TableAt, Verdict, World, evaluate},
    status::Outcome,
};
use bellwether_store::{Claim, Evaluation as EvaluationRow, JsonText, Tx, Watch, Word};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::{EngineError, Result, standing::Standings};

/// One rule's fold: what it said at the last poll, and all that came before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WatchedRule {
    /// All evaluations, folded.
    pub timeline: Timeline,
    /// What the last step leaves to the next.
    pub memory: Memory,
    /// The last evaluation.
    pub last: Option<Evaluation>,
    /// Where the present run of holds began: what a Yes stands on.
    pub hit: Option<Stand>,
    /// The last poll before the deadline: what a No stands on.
    pub at_deadline: Option<Stand>,
}

/// An evaluation with the tables it used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stand {
    /// What the rule said.
    pub evaluation: Evaluation,
    /// The fetches whose tables it used.
    pub fetches: Vec<FetchId>,
}

/// The rules of one claim by the outcome they would settle it with; a yes/no claim has one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Watched {
    /// By option; [`YES_NO`] for a claim of yes or no.
    pub rules: BTreeMap<String, WatchedRule>,
    /// The digest of what the last evaluations saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Sha256>,
}

/// The key of the rule of a yes/no claim.
pub const YES_NO: &str = "";

/// The rules of a document, by the key they are watched under.
pub(crate) fn rules_of(document: &ClaimDocument) -> Vec<(String, &Rule)> {
    let named = document.outcomes.iter().map(|(option, rule)| (option.clone(), rule));
    document.rule.iter().map(|rule| (YES_NO.to_owned(), rule)).chain(named).collect()
}

/// All benchmarks that a document's rules may ask, fallbacks included.
pub(crate) fn benchmarks_of(document: &ClaimDocument) -> BTreeSet<BenchmarkId> {
    rules_of(document).iter().flat_map(|(_, rule)| rule.benchmarks().into_iter().cloned()).collect()
}

/// All sources that a document's rules lean on.
pub(crate) fn sources_of(document: &ClaimDocument) -> BTreeSet<SourceId> {
    rules_of(document).iter().flat_map(|(_, rule)| rule.sources().into_iter().cloned()).collect()
}

/// What the rules of several claims see at one poll.
pub(crate) struct Sight<'a, 't> {
    /// The tables and where they come from.
    pub(crate) standings: &'a Standings,
    /// The same as rules see them.
    pub(crate) tables: &'a BTreeMap<BenchmarkId, TableAt<'t>>,
    /// The registry's models.
    pub(crate) models: &'a [ModelEntry],
}

impl Watched {
    /// What is kept of a claim under this version of its criteria; nothing when the version is new.
    pub(crate) fn of(watch: Option<&Watch>, claim: &Claim) -> Result<Self> {
        match watch {
            Some(watch) if watch.criteria_n == claim.criteria_n => Ok(watch.watched.read()?),
            _ => Ok(Self::default()),
        }
    }

    /// Whether the last evaluations still say what evaluating again would: all that the rules saw is the same, and no
    /// doubt that time alone ends, nor the registry, has a part in it.
    pub(crate) fn stands(&self, document: &ClaimDocument, seen: Sha256) -> bool {
        let for_ = document.confirm.standing.delta();
        self.seen == Some(seen)
            && rules_of(document).iter().all(|(key, rule)| {
                self.rules.get(key).is_some_and(|w| w.last.is_some() && w.memory.ends(for_).next().is_none())
                    && rule.conditions().iter().all(|c| c.benchmark().is_some())
            })
    }

    /// Evaluates every rule at a poll of `source`. `seen` is the digest of what they see.
    pub(crate) fn poll(
        &mut self,
        document: &ClaimDocument,
        sight: &Sight<'_, '_>,
        seen: Sha256,
        source: &SourceId,
        now: DateTime<Utc>,
    ) {
        for (key, rule) in rules_of(document) {
            let watched = self.rules.entry(key).or_default();
            let evaluation = watched.step(rule, document, sight, now);
            watched.timeline.push(State::polled(&evaluation, now, source), &document.window);
            let stand = || Stand {
                evaluation: evaluation.clone(),
                fetches: fetches_of(&evaluation, sight.standings),
            };
            if evaluation.verdict != Verdict::Holds {
                watched.hit = None;
            } else if watched.hit.is_none() {
                watched.hit = Some(stand());
            }
            if now < document.window.by || watched.at_deadline.is_none() {
                watched.at_deadline = Some(stand());
            }
            watched.last = Some(evaluation);
        }
        self.seen = Some(seen);
    }

    /// A poll of `source` at which every rule [stands](Self::stands): time passes, polls count.
    pub(crate) fn again(&mut self, document: &ClaimDocument, source: &SourceId, now: DateTime<Utc>) {
        for watched in self.rules.values_mut() {
            if let Some(last) = &watched.last {
                watched.timeline.push(State::polled(last, now, source), &document.window);
            }
        }
    }
}

/// Keeps what is watched of some claims.
pub(crate) async fn save(tx: &mut Tx, all: &[(&Claim, &Watched)], now: DateTime<Utc>) -> Result<()> {
    let mut watches = Vec::with_capacity(all.len());
    for (claim, watched) in all {
        let watched = JsonText::of(*watched)?;
        watches.push(Watch { claim: claim.id, criteria_n: claim.criteria_n, watched, updated_at: now });
    }
    Ok(tx.save_watches(&watches).await?)
}

fn fetches_of(evaluation: &Evaluation, standings: &Standings) -> Vec<FetchId> {
    let benchmarks: BTreeSet<_> =
        evaluation.leaves().into_iter().filter_map(|leaf| leaf.benchmark.as_ref()).collect();
    let fetches: BTreeSet<_> =
        benchmarks.into_iter().filter_map(|id| standings.0.get(id)).map(|table| table.fetch).collect();
    fetches.into_iter().collect()
}

impl WatchedRule {
    fn step(
        &mut self,
        rule: &Rule,
        document: &ClaimDocument,
        sight: &Sight<'_, '_>,
        now: DateTime<Utc>,
    ) -> Evaluation {
        let world = World {
            at: now,
            window: &document.window,
            standing: document.confirm.standing.delta(),
            tables: sight.tables,
            models: sight.models,
        };
        evaluate(rule, &world, &mut self.memory)
    }
}

/// What the rules of a claim come to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finding {
    /// The outcome to propose; `None`: none yet.
    pub(crate) outcome: Option<Outcome>,
    /// The deadline has passed and the rules cannot say.
    pub(crate) awaiting: bool,
    /// Dates and the reason.
    pub(crate) conclusion: Conclusion,
    /// The key of the rule that says so.
    pub(crate) rule: String,
}

/// Concludes from what was watched. `None`: the claim has no rule.
pub(crate) fn conclude(
    watched: &Watched,
    document: &ClaimDocument,
    slack: TimeDelta,
    coverage: Coverage,
    now: DateTime<Utc>,
) -> Option<Finding> {
    let terms = Terms { window: &document.window, when: document.when, confirm: document.confirm };
    let mut pending: Option<Finding> = None;
    for (key, _) in rules_of(document) {
        let nothing = WatchedRule::default();
        let rule = watched.rules.get(&key).unwrap_or(&nothing);
        let conclusion = rule.timeline.conclude(&terms, Rhythm::Polled { slack }, coverage, now);
        let named = key != YES_NO;
        let outcome = match conclusion.outcome {
            confirm::Outcome::Yes if named => Some(Outcome::Option(key.clone())),
            confirm::Outcome::Yes => Some(Outcome::Yes),
            confirm::Outcome::No if !named => Some(Outcome::No),
            _ => None,
        };
        let awaiting = outcome.is_none()
            && (conclusion.outcome == confirm::Outcome::AwaitingData
                || (named && conclusion.outcome == confirm::Outcome::No));
        let finding = Finding { outcome, awaiting, conclusion, rule: key };
        if finding.outcome.is_some() {
            return Some(finding);
        }
        // Of several options one that may still come true keeps the claim open.
        if pending.as_ref().is_none_or(|p| p.awaiting && !finding.awaiting) {
            pending = Some(finding);
        }
    }
    pending
}

/// What the rules say of the state at hand, as it is kept; `None` while they say nothing.
pub(crate) fn evaluation(
    claim: &Claim,
    watched: &Watched,
    standings: &Standings,
    now: DateTime<Utc>,
) -> Result<Option<EvaluationRow>> {
    let evaluations: BTreeMap<&String, &Evaluation> =
        watched.rules.iter().filter_map(|(key, rule)| Some((key, rule.last.as_ref()?))).collect();
    let Some(first) = evaluations.values().next() else { return Ok(None) };
    let used: BTreeSet<&BenchmarkId> =
        evaluations.values().flat_map(|e| e.leaves()).filter_map(|leaf| leaf.benchmark.as_ref()).collect();
    let tables: Vec<_> = used.iter().filter_map(|id| standings.0.get(*id)).collect();
    let observed_at = tables.iter().map(|t| t.observed_at).max().unwrap_or(now);
    let fetches: Vec<String> = tables.iter().map(|t| t.fetch.to_string()).collect();
    let snapshots: Vec<Sha256> = tables.iter().map(|t| t.content).collect();
    let fingerprint = bellwether_core::canonical::digest(&(claim.criteria_n, &fetches, &evaluations))
        .map_err(EngineError::internal)?;
    Ok(Some(EvaluationRow {
        claim: claim.id,
        seq: 0,
        criteria_n: claim.criteria_n,
        at: now,
        observed_at,
        fingerprint,
        verdict: Word::of(&first.verdict),
        margin: first.margin.and_then(|m| m.to_string().parse().ok()),
        step: JsonText::of(&evaluations)?,
        snapshots: JsonText::of(&snapshots)?,
    }))
}
