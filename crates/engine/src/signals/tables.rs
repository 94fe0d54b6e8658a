//! What new content of a benchmark changed: leaders, gaps, models, trust, its version.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::{
    actor::Actor,
    benchmark::BenchmarkId,
    figures,
    frontier::{Leader, Step},
    rule::{Condition, Rule},
    table::Table,
};
use bellwether_sources::{
    SourceDocument,
    gate::{Hold, Judgement, Standing},
};
use bellwether_store::Tx;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::raise::{Draft, live_claims, raise, rules};
use crate::{Result, ingest::Figures};

/// So many names are listed in a title; the rest are counted.
const NAMES: usize = 3;

/// The frontiers of the table that stands for a benchmark; `None` where none may be used.
pub(crate) async fn standing_step(
    tx: &mut Tx,
    benchmark: &BenchmarkId,
    at: DateTime<Utc>,
) -> Result<Option<Standings>> {
    let Some(newest) = tx.standing_tables(std::slice::from_ref(benchmark), at).await?.pop() else {
        return Ok(None);
    };
    let scored = tx.scored_rows(newest.fetch_id, benchmark).await?;
    let keys = scored.into_iter().map(|row| (row.row_key, row.model)).collect();
    let step = match newest.figures.read::<Figures>()?.step {
        Some(step) => step,
        None => crate::ingest::step_of(tx, &newest, at).await?,
    };
    Ok(Some(Standings { step, keys, version: newest.version }))
}

/// What stood before.
#[derive(Clone, Debug)]
pub(crate) struct Standings {
    pub(crate) step: Step,
    keys: BTreeMap<String, String>,
    version: Option<String>,
}

/// The table as far as it is believed: held rows as they were, new ones left out.
pub(crate) fn without_held(mut table: Table, holds: &[Hold]) -> Table {
    for hold in holds {
        match hold.was {
            Some(was) => {
                if let Some(row) = table.rows.iter_mut().find(|row| row.key == hold.key) {
                    row.score = Some(was);
                }
            }
            None => table.rows.retain(|row| row.key != hold.key),
        }
    }
    table
}

/// The signals of new content of one benchmark; how many are new.
pub(crate) async fn of_table(
    tx: &mut Tx,
    actor: &Actor,
    document: &SourceDocument,
    table: &Table,
    judgement: &Judgement,
    before: Option<&Standings>,
    at: DateTime<Utc>,
) -> Result<usize> {
    let benchmark = &table.spec.benchmark;
    let mut drafts = Vec::new();
    if let Some(reason) = judgement.standing.quarantined() {
        drafts.push(Draft {
            kind: "held_back",
            key: format!("held_back {benchmark} {}", at.timestamp()),
            title: format!("{}: held back: {reason}", table.spec.title),
            detail: json!({ "reason": reason }),
            narrowed: None,
        });
    }
    if judgement.standing == Standing::Trusted
        && let Some(before) = before
        && before.version != table.version
    {
        drafts.push(rebased(before, table, at));
    } else if judgement.standing == Standing::Trusted
        && let Some(before) = before
    {
        let believed = without_held(table.clone(), &judgement.holds);
        drafts.extend(compare(tx, before, &believed, at).await?);
    }
    raise(tx, actor, document, Some(benchmark), drafts, at).await
}

/// The publisher measures differently since now: nothing before can be compared with anything after.
fn rebased(before: &Standings, table: &Table, at: DateTime<Utc>) -> Draft {
    let (title, benchmark) = (&table.spec.title, &table.spec.benchmark);
    let named = |version: &Option<String>| version.clone().unwrap_or_else(|| "no version".to_owned());
    let (was, is) = (named(&before.version), named(&table.version));
    Draft {
        kind: "rebased",
        key: format!("rebased {benchmark} {}", at.timestamp()),
        title: format!("{title}: measured differently since now ({was} before, {is} since)"),
        detail: json!({ "was": before.version, "is": table.version }),
        narrowed: None,
    }
}

/// The signals of a table that may be used since now.
pub(crate) async fn after_release(
    tx: &mut Tx,
    actor: &Actor,
    document: &SourceDocument,
    benchmark: &BenchmarkId,
    before: Option<&Standings>,
    at: DateTime<Utc>,
) -> Result<usize> {
    let title =
        document.table(benchmark.name.as_str()).map_or_else(|| benchmark.to_string(), |t| t.title.clone());
    let mut drafts = vec![Draft {
        kind: "recovered",
        key: format!("recovered {benchmark} {}", at.timestamp()),
        title: format!("{title}: trusted again"),
        detail: json!({}),
        narrowed: None,
    }];
    if let (Some(before), Some(after)) = (before, standing_step(tx, benchmark, at).await?) {
        let unit = document.table(benchmark.name.as_str()).map(|t| t.unit.difference()).unwrap_or_default();
        drafts.extend(leaders(&title, unit, &before.step, &after.step, at, benchmark));
    }
    raise(tx, actor, document, Some(benchmark), drafts, at).await
}

/// A signal of a whole source: stale, recovered.
pub(crate) async fn of_source(
    tx: &mut Tx,
    actor: &Actor,
    document: &SourceDocument,
    kind: &'static str,
    at: DateTime<Utc>,
) -> Result<usize> {
    let title = match kind {
        "source_stale" => {
            format!("{}: no new content for {} days", document.title, document.stale_after.num_days())
        }
        _ => format!("{}: has new content again", document.title),
    };
    let key = format!("{kind} {} {}", document.id, at.timestamp());
    let draft = Draft { kind, key, title, detail: json!({}), narrowed: None };
    let mut raised = 0;
    let mut drafts = vec![draft];
    for table in &document.tables {
        let benchmark = BenchmarkId { source: document.id.clone(), name: table.benchmark.clone() };
        raised += raise(tx, actor, document, Some(&benchmark), std::mem::take(&mut drafts), at).await?;
    }
    Ok(raised)
}

/// What changed between two tables of one version.
async fn compare(tx: &mut Tx, before: &Standings, table: &Table, at: DateTime<Utc>) -> Result<Vec<Draft>> {
    let (title, benchmark) = (&table.spec.title, &table.spec.benchmark);
    let unit = table.spec.unit.difference();
    let after = Step::of(table, at);
    let mut drafts = leaders(title, unit, &before.step, &after, at, benchmark);
    if let (Some(was), Some(is)) = (before.step.gap, after.gap)
        && was != is
    {
        for threshold in thresholds(tx, benchmark).await? {
            let crossed = (was > threshold) != (is > threshold);
            if crossed {
                let word = if is <= threshold { "fell to" } else { "rose to" };
                drafts.push(Draft {
                    kind: "gap_crossed",
                    key: format!("gap_crossed {benchmark} {threshold} {}", at.timestamp()),
                    title: format!(
                        "{title}: the gap {word} {}, it was {} (claims ask for {})",
                        figures::beside_unit(&figures::score_beside(is, threshold), unit),
                        figures::score_beside(was, threshold),
                        figures::score(threshold.normalize()),
                    ),
                    detail: json!({ "was": was.to_string(), "is": is.to_string(), "threshold": threshold.to_string() }),
                    narrowed: Some(was - is),
                });
            }
        }
    }
    let scored = || table.rows.iter().filter(|row| row.score.is_some());
    let now: BTreeSet<&str> = scored().map(|row| row.key.as_str()).collect();
    let added: Vec<&str> =
        scored().filter(|row| !before.keys.contains_key(&row.key)).map(|row| row.model.as_str()).collect();
    let gone: Vec<&str> = before
        .keys
        .iter()
        .filter(|(key, _)| !now.contains(key.as_str()))
        .map(|(_, model)| model.as_str())
        .collect();
    for (kind, word, models) in [("models_added", "added", added), ("models_withdrawn", "withdrawn", gone)] {
        if !models.is_empty() {
            drafts.push(Draft {
                kind,
                key: format!("{kind} {benchmark} {}", at.timestamp()),
                title: format!("{title}: {word} {}", names(&models)),
                detail: json!({ "models": models.iter().take(50).collect::<Vec<_>>(), "count": models.len() }),
                narrowed: None,
            });
        }
    }
    Ok(drafts)
}

fn names(models: &[&str]) -> String {
    let listed = models.iter().take(NAMES).copied().collect::<Vec<_>>().join(", ");
    match models.len().saturating_sub(NAMES) {
        0 => listed,
        more => format!("{listed} and {more} more"),
    }
}

/// New leaders among the open and the closed.
fn leaders(
    title: &str,
    unit: &str,
    was: &Step,
    is: &Step,
    at: DateTime<Utc>,
    benchmark: &BenchmarkId,
) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let gap =
        |step: &Step| step.gap.map_or_else(|| "unknown".to_owned(), |gap| figures::with_unit(gap, unit));
    for (word, old, new) in [("open", &was.open, &is.open), ("closed", &was.closed, &is.closed)] {
        let (Some(old), Some(new)) = (old, new) else { continue };
        if old.key == new.key && old.score == new.score {
            continue;
        }
        let same = old.key == new.key;
        let what = if same { "now at" } else { "leads with" };
        drafts.push(Draft {
            kind: "new_leader",
            key: format!("new_leader {benchmark} {word} {} {} {}", new.key, new.score, at.timestamp()),
            title: format!(
                "{title}: best {word}: {} {what} {}; the gap is {}",
                new.model,
                figures::score(new.score),
                gap(is)
            ),
            detail: json!({ "group": word, "was": leader(old), "is": leader(new), "gap_was": was.gap.map(|g| g.to_string()),
                "gap": is.gap.map(|g| g.to_string()) }),
            narrowed: was.gap.zip(is.gap).map(|(was, is)| was - is),
        });
    }
    drafts
}

fn leader(leader: &Leader) -> Value {
    json!({ "model": leader.model, "score": leader.score.to_string(), "row": leader.key })
}

/// The gaps that live claims ask for on a benchmark, and zero: who leads.
async fn thresholds(tx: &mut Tx, benchmark: &BenchmarkId) -> Result<BTreeSet<Decimal>> {
    let mut all = BTreeSet::from([Decimal::ZERO]);
    for (_, document) in live_claims(tx).await? {
        for condition in rules(&document).flat_map(Rule::conditions) {
            if let Condition::Gap(gap) = condition
                && condition.benchmark() == Some(benchmark)
                && !matches!(gap.unit, Some(bellwether_core::rule::Difference::Percent))
            {
                all.insert(gap.within);
            }
        }
    }
    Ok(all)
}
