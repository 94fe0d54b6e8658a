//! "What would this rule have said?": a replay over everything the sources have said so far.

use bellwether_core::{
    benchmark::{BenchmarkId, Unit},
    document::{ClaimDocument, Duration},
    ids::{Sha256, SourceId},
    registry::Registry,
    rule::{Condition, Node, Rule},
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
    /// `thresholds easier by 2`, `for 14d`.
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
        let mut contents: Vec<Contents> = Vec::new();
        for source in rules.iter().flat_map(|(_, rule)| rule.sources()) {
            if !contents.iter().any(|c| c.source == *source) {
                contents.push(said(&mut tx, source, &registry, now).await?);
            }
        }
        let window = until(&document.window, now)?;
        let models = registry.judged_models();
        let ask = |rule: &Rule, confirm| {
            let question = Question { rule, window: &window, when: document.when, confirm };
            replay_rule(&question, &contents, &models)
                .map_err(|e| EngineError::invalid("rule", "out_of_range", e.to_string()))
        };
        rules
            .into_iter()
            .map(|(option, rule)| {
                let mut sensitivity = Vec::new();
                let mut note = |change: String, report: &Report| {
                    sensitivity.push(Sensitivity {
                        change,
                        outcome: report.outcome.clone(),
                        first_hit: report.first_hit,
                        resolved_on: report.resolved_on,
                    });
                };
                for steps in [-2, -1, 1, 2] {
                    let report = ask(&shifted(rule, &contents, steps), document.confirm)?;
                    let word = if steps > 0 { "easier" } else { "harder" };
                    note(
                        format!(
                            "thresholds {word} by {} step{}",
                            i32::abs(steps),
                            if steps.abs() == 1 { "" } else { "s" }
                        ),
                        &report,
                    );
                }
                for days in STANDING_DAYS {
                    let standing = Duration::days(days);
                    if standing != document.confirm.standing {
                        let confirm = bellwether_core::document::Confirm { standing, ..document.confirm };
                        note(format!("for {standing}"), &ask(rule, confirm)?);
                    }
                }
                Ok(WhatIf { option, report: ask(rule, document.confirm)?, sensitivity })
            })
            .collect()
    }
}

/// The claim's window, ended now where it is still open.
fn until(window: &Window, now: DateTime<Utc>) -> Result<Window> {
    if window.by <= now {
        return Ok(window.clone());
    }
    let from = window.from.filter(|from| *from < now).map(|from| from.to_rfc3339());
    Window::read(WindowText { from, by: now.to_rfc3339(), zone: None }).map_err(EngineError::internal)
}

/// Everything a source has said, extracted anew.
async fn said(tx: &mut Tx, source: &SourceId, registry: &Registry, now: DateTime<Utc>) -> Result<Contents> {
    let row = tx.source(source).await.map_err(|_| {
        EngineError::invalid("rule", "unknown_source", format!("there is no source `{source}`"))
    })?;
    let document = SourceDocument::parse(&tx.source_version(source, row.n).await?.document)
        .map_err(EngineError::internal)?;
    let mut contents: Vec<Content> = Vec::new();
    let mut last: Option<Sha256> = None;
    for fetch in tx.polls(source, DateTime::UNIX_EPOCH, now).await? {
        if fetch.content.is_none() || fetch.content == last {
            continue;
        }
        last = fetch.content;
        let version = tx.source_version(source, fetch.source_n).await?;
        let read_with = SourceDocument::parse(&version.document).map_err(EngineError::internal)?;
        let files = fetched_files(tx, &fetch).await?.into_iter().map(|(name, _, bytes)| (name, bytes));
        contents.push(Content {
            at: fetch.at,
            letter: String::new(),
            name: last.map(|content| content.to_string()).unwrap_or_default(),
            is_new: true,
            tables: extract(&read_with, &Snapshot::from_files(files), registry, fetch.at)
                .map(|e| e.tables)
                .map_err(|e| e.to_string()),
        });
    }
    Ok(Contents { contents, ..Contents::extract(&document, &[], registry) })
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
