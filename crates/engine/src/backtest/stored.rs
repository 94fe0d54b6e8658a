//! "What would this rule have said?": a replay over everything the sources have said so far.

use bellwether_core::{
    benchmark::{BenchmarkId, Unit},
    document::{ClaimDocument, Confirm, Duration, When},
    ids::{Sha256, SourceId},
    registry::{ModelEntry, Registry},
    rule::{Comparison, Condition, Difference, Node, Rule},
    window::{Window, WindowText},
};
use bellwether_sources::{Snapshot, SourceDocument, extract};
use bellwether_store::Tx;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Serialize;

use super::{Content, Contents, Question, Report, replay_rule};
use crate::{Engine, EngineError, Result, ingest::registry, verify::fetched_files};

/// The answer, and how it would change.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WhatIf {
    /// The option, for a claim with named ones; empty otherwise.
    pub option: String,
    /// What the rule would have said, were the deadline now.
    pub report: Report,
    /// The same with other margins and other standing times.
    pub sensitivity: Vec<Sensitivity>,
}

/// The answer under one change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sensitivity {
    /// `at most 3 behind`, `every threshold easier by 2 steps`, `for 14d`.
    pub change: String,
    /// `yes`, `no` or `unknown`.
    pub outcome: String,
    /// First day of the confirmed run.
    pub first_hit: Option<NaiveDate>,
    /// When it would have been settled.
    pub resolved_on: Option<NaiveDate>,
}

/// Standing times that are tried beside the claim's own.
const STANDING_DAYS: [u16; 5] = [1, 3, 7, 14, 30];

impl Engine {
    /// What a claim's rules would have said over the stored snapshots, up to now.
    pub async fn would_have_said(&self, document: &ClaimDocument) -> Result<Vec<WhatIf>> {
        let now = self.now();
        let mut tx = self.read().await?;
        let registry = registry::load(&mut tx).await?;
        let named = document.outcomes.iter().map(|(option, rule)| (option.clone(), rule));
        let rules: Vec<(String, &Rule)> =
            document.rule.iter().map(|rule| (String::new(), rule)).chain(named).collect();
        if rules.is_empty() {
            return Err(EngineError::invalid(
                "rule",
                "required",
                "the claim has no rule: there is nothing to replay",
            ));
        }
        let mut said: Vec<Said> = Vec::new();
        for source in rules.iter().flat_map(|(_, rule)| rule.sources()) {
            if !said.iter().any(|s| s.document.id == *source) {
                said.push(self::said(&mut tx, source, now).await?);
            }
        }
        drop(tx);
        let window = until(&document.window, now)?;
        let rules: Vec<(String, Rule)> = rules.into_iter().map(|(name, rule)| (name, rule.clone())).collect();
        let (when, confirm) = (document.when, document.confirm);
        // Every snapshot is read anew and replayed a dozen times: not on a thread that answers others.
        let replay = move || {
            let models = registry.judged_models();
            let contents: Vec<Contents> = said.into_iter().map(|s| s.extract(&registry)).collect();
            let replay = Replay { contents: &contents, models: &models, window: &window, when };
            rules.into_iter().map(|(option, rule)| replay.what_if(option, &rule, confirm)).collect()
        };
        tokio::task::spawn_blocking(replay).await.map_err(EngineError::internal)?
    }
}

/// What every question of one claim is asked of.
struct Replay<'a> {
    contents: &'a [Contents],
    models: &'a [ModelEntry],
    window: &'a Window,
    when: When,
}

impl Replay<'_> {
    fn ask(&self, rule: &Rule, confirm: Confirm) -> Result<Report> {
        let question = Question { rule, window: self.window, when: self.when, confirm };
        replay_rule(&question, self.contents, self.models)
            .map_err(|e| EngineError::invalid("rule", "out_of_range", e.to_string()))
    }

    fn what_if(&self, option: String, rule: &Rule, confirm: Confirm) -> Result<WhatIf> {
        let mut changes: Vec<(String, Rule, Confirm)> = Vec::new();
        for steps in [-2, -1, 1, 2] {
            let other = shifted(rule, self.contents, steps);
            let change = threshold(&other).unwrap_or_else(|| {
                let word = if steps > 0 { "easier" } else { "harder" };
                let plural = if steps == 1 || steps == -1 { "" } else { "s" };
                format!("every threshold {word} by {} step{plural}", i32::abs(steps))
            });
            changes.push((change, other, confirm));
        }
        if let Some((change, other)) = in_another_unit(rule) {
            changes.push((change.to_owned(), other, confirm));
        }
        for days in STANDING_DAYS {
            let standing = Duration::days(days);
            if standing != confirm.standing {
                changes.push((format!("for {standing}"), rule.clone(), Confirm { standing, ..confirm }));
            }
        }
        let mut sensitivity = Vec::new();
        for (change, rule, confirm) in changes {
            let Report { outcome, first_hit, resolved_on, .. } = self.ask(&rule, confirm)?;
            sensitivity.push(Sensitivity { change, outcome, first_hit, resolved_on });
        }
        Ok(WhatIf { option, report: self.ask(rule, confirm)?, sensitivity })
    }
}

/// The threshold of a rule of one condition, in words.
fn threshold(rule: &Rule) -> Option<String> {
    let [condition] = rule.conditions()[..] else { return None };
    match condition {
        Condition::Score(c) => {
            let word = match c.comparison {
                Comparison::AtLeast => "at least",
                Comparison::AtMost => "at most",
                Comparison::Above => "above",
                Comparison::Below => "below",
            };
            Some(format!("{word} {}", c.threshold.normalize()))
        }
        Condition::Gap(c) => Some(format!("at most {} behind", c.within.normalize())),
        Condition::Lead(c) => Some(format!("a lead of more than {}", c.by.normalize())),
        Condition::Rank(c) => Some(format!("in the top {}", c.top)),
        Condition::Released(_) => None,
    }
}

/// The rule with its gaps in percent of the leader instead of points, or the other way round: people say "within 2 %"
/// and mean either.
fn in_another_unit(rule: &Rule) -> Option<(&'static str, Rule)> {
    let gaps = || {
        rule.conditions().into_iter().filter_map(|c| if let Condition::Gap(g) = c { Some(g) } else { None })
    };
    let relative = gaps().any(|gap| gap.unit == Some(Difference::Percent));
    gaps().next()?;
    let mut rule = rule.clone();
    walk(&mut rule.node, true, &|condition, _| {
        if let Condition::Gap(gap) = condition {
            gap.unit = if relative { None } else { Some(Difference::Percent) };
        }
    });
    let word =
        if relative { "the gap in the benchmark's own unit" } else { "the gap in percent of the leader" };
    Some((word, rule))
}

/// The claim's window, ended now where it is still open.
fn until(window: &Window, now: DateTime<Utc>) -> Result<Window> {
    if window.by <= now {
        return Ok(window.clone());
    }
    let from = window.from.filter(|from| *from < now).map(|from| from.to_rfc3339());
    Window::read(WindowText { from, by: now.to_rfc3339(), zone: None }).map_err(EngineError::internal)
}

/// Everything a source has said, as it is stored.
struct Said {
    document: SourceDocument,
    answers: Vec<Stored>,
}

/// An answer that differs from the one before.
struct Stored {
    at: DateTime<Utc>,
    content: Sha256,
    read_with: SourceDocument,
    snapshot: Snapshot,
}

impl Said {
    fn extract(self, registry: &Registry) -> Contents {
        let contents = self.answers.into_iter().map(|answer| Content {
            at: answer.at,
            letter: String::new(),
            name: answer.content.to_string(),
            is_new: true,
            tables: extract(&answer.read_with, &answer.snapshot, registry, answer.at)
                .map(|e| e.tables)
                .map_err(|e| e.to_string()),
        });
        Contents { contents: contents.collect(), ..Contents::extract(&self.document, &[], registry) }
    }
}

async fn said(tx: &mut Tx, source: &SourceId, now: DateTime<Utc>) -> Result<Said> {
    let row = tx.source(source).await.map_err(|_| {
        EngineError::invalid("rule", "unknown_source", format!("there is no source `{source}`"))
    })?;
    let document = SourceDocument::parse(&tx.source_version(source, row.n).await?.document)
        .map_err(EngineError::internal)?;
    let mut answers: Vec<Stored> = Vec::new();
    for fetch in tx.polls(source, DateTime::UNIX_EPOCH, now).await? {
        let Some(content) = fetch.content else { continue };
        if answers.last().is_some_and(|last| last.content == content) {
            continue;
        }
        let version = tx.source_version(source, fetch.source_n).await?;
        let read_with = SourceDocument::parse(&version.document).map_err(EngineError::internal)?;
        let files = fetched_files(tx, &fetch).await?.into_iter().map(|(name, _, bytes)| (name, bytes));
        answers.push(Stored { at: fetch.at, content, read_with, snapshot: Snapshot::from_files(files) });
    }
    Ok(Said { document, answers })
}

/// The rule with every threshold easier by so many steps (harder where negative): a point of percent or index, 10 Elo,
/// 5 minutes, a place.
fn shifted(rule: &Rule, contents: &[Contents], steps: i32) -> Rule {
    let unit = |id: &BenchmarkId| {
        let tables =
            contents.iter().flat_map(|c| &c.contents).filter_map(|c| c.tables.as_ref().ok()).flatten();
        tables.map(|t| &t.spec).find(|spec| spec.benchmark == *id).map_or(Unit::Percent, |spec| spec.unit)
    };
    let step = |id: &BenchmarkId| match unit(id) {
        Unit::Percent | Unit::Fraction | Unit::Index => Decimal::from(steps),
        Unit::Elo => Decimal::from(10 * steps),
        Unit::Minutes => Decimal::from(5 * steps),
    };
    let change = |condition: &mut Condition, easier: bool| {
        let sign = if easier { Decimal::ONE } else { -Decimal::ONE };
        match condition {
            Condition::Score(c) if c.comparison.upward() => c.threshold -= sign * step(&c.benchmark),
            Condition::Score(c) => c.threshold += sign * step(&c.benchmark),
            Condition::Gap(c) => c.within += sign * step(&c.benchmark),
            Condition::Lead(c) => c.by -= sign * step(&c.benchmark),
            Condition::Rank(c) => {
                let top = i64::from(c.top.get()) + i64::from(if easier { steps } else { -steps });
                c.top = u32::try_from(top.max(1)).ok().and_then(std::num::NonZeroU32::new).unwrap_or(c.top);
            }
            Condition::Released(_) => {}
        }
    };
    let mut rule = rule.clone();
    walk(&mut rule.node, true, &change);
    rule
}

/// Changes every condition of a rule; below a `not` what is easier becomes harder.
fn walk(node: &mut Node, easier: bool, change: &dyn Fn(&mut Condition, bool)) {
    match node {
        Node::Condition(condition) => change(condition, easier),
        Node::Not(leg) => walk(leg, !easier, change),
        Node::All(legs) | Node::Any(legs) | Node::NOf { of: legs, .. } => {
            for leg in legs {
                walk(leg, easier, change);
            }
        }
    }
}
