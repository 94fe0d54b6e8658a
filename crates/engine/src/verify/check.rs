//! The recomputation.

use std::{collections::BTreeMap, fmt};

use bellwether_core::{
    benchmark::BenchmarkId,
    canonical,
    document::{ClaimDocument, When},
    ids::Sha256,
    registry::Registry,
    resolution::{Basis, ProofCondition, ResolutionRecord},
    rule::{Evaluation, Memory, Rule, TableAt, Verdict, World, evaluate},
    status::Outcome,
    table::Table,
};
use bellwether_sources::{Snapshot, SourceDocument, extract};

use super::bundle::Bundle;
use crate::claims::criteria_digest;

/// What was checked and found right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// One line per check.
    pub lines: Vec<String>,
}

/// The first thing that is not as the record says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Difference(pub String);

fn differ<T>(what: impl Into<String>) -> Result<T, Difference> {
    Err(Difference(what.into()))
}

/// Recomputes an outcome from its bundle; the first difference is the error.
///
/// What is recomputed: the record's hash in the chain, the digests of the criteria and of every file, the tables from
/// the files' bytes, and each condition from the tables. The standing time rests on the polls, which only the
/// installation has; its dates are checked against each other.
pub fn verify(bundle: &Bundle) -> Result<Checked, Difference> {
    let mut checked = Checked::default();
    let text = canonical::json(&bundle.record).map_err(|e| Difference(e.to_string()))?;
    let hash = Sha256::of(format!("{}{text}", bundle.previous).as_bytes());
    if hash != bundle.hash {
        return differ(format!("the record hashes to {hash}, the chain says {}", bundle.hash));
    }
    checked.lines.push(format!("the record hashes to {hash}, after {}", bundle.previous));
    let record: ResolutionRecord = serde_json::from_value(bundle.record.clone())
        .map_err(|e| Difference(format!("the record does not read: {e}")))?;
    let document: ClaimDocument = serde_json::from_value(bundle.document.clone())
        .map_err(|e| Difference(format!("the claim document does not read: {e}")))?;
    let decides = criteria_digest(&document).map_err(|e| Difference(e.to_string()))?;
    if decides != record.criteria_sha256 {
        return differ(format!(
            "the claim document hashes to {decides}, the record says {}",
            record.criteria_sha256
        ));
    }
    checked.lines.push(format!("the criteria hash to {}", record.criteria_sha256));
    let tables = tables(bundle, &record, &mut checked)?;
    if record.basis == Basis::Rule {
        conditions(bundle, &record, &document, &tables, &mut checked)?;
        dates(&record, &document, &mut checked)?;
    } else {
        checked.lines.push("a person decided: there is no rule to recompute".into());
    }
    Ok(checked)
}

/// The tables of every file of the record.
fn tables(
    bundle: &Bundle,
    record: &ResolutionRecord,
    checked: &mut Checked,
) -> Result<BTreeMap<BenchmarkId, Table>, Difference> {
    let mut registry = Registry::new(bundle.models.iter().cloned());
    bundle.overrules.iter().cloned().for_each(|word| registry.overrule(word));
    for proof in &record.snapshots {
        let there = bundle.snapshots.iter().any(|s| {
            s.source == proof.source
                && s.source_n == proof.source_n
                && s.observed_at == proof.observed_at
                && s.files.iter().any(|f| f.sha256 == proof.sha256)
        });
        if !there {
            return differ(format!("the file {} of {} is missing", proof.sha256, proof.source));
        }
    }
    let mut tables = BTreeMap::new();
    for snapshot in &bundle.snapshots {
        let mut files = Vec::new();
        for file in &snapshot.files {
            let bytes =
                file.content.bytes().ok_or_else(|| Difference(format!("{} is no hexadecimal", file.name)))?;
            let digest = Sha256::of(&bytes);
            if digest != file.sha256 || !record.snapshots.iter().any(|p| p.sha256 == digest) {
                return differ(format!(
                    "{} of {} hashes to {digest}, which is not what the record rests on",
                    file.name, snapshot.source
                ));
            }
            files.push((file.name.clone(), bytes));
        }
        let (source, n) = (&snapshot.source, snapshot.source_n);
        let Some(written) = bundle.sources.iter().find(|s| s.id == *source && s.n == n) else {
            return differ(format!("the document of source {source}, version {n}, is missing"));
        };
        let parsed = SourceDocument::parse(&written.document)
            .map_err(|e| Difference(format!("the document of source {source} does not read: {e}")))?;
        let found = extract(&parsed, &Snapshot::from_files(files), &registry, snapshot.observed_at)
            .map_err(|e| Difference(format!("the file of {source} does not read: {e}")))?;
        let rows: usize = found.tables.iter().map(|t| t.rows.len()).sum();
        checked.lines.push(format!(
            "{} files of {source}, fetched {}, have the digests of the record; {rows} rows were read from them",
            snapshot.files.len(),
            snapshot.observed_at.format("%Y-%m-%d %H:%M UTC")
        ));
        tables.extend(found.tables.into_iter().map(|t| (t.spec.benchmark.clone(), t)));
    }
    Ok(tables)
}

fn rule_of<'a>(record: &ResolutionRecord, document: &'a ClaimDocument) -> Option<&'a Rule> {
    match &record.outcome {
        Some(Outcome::Option(name)) => document.outcomes.get(name),
        _ => document.rule.as_ref(),
    }
}

fn conditions(
    bundle: &Bundle,
    record: &ResolutionRecord,
    document: &ClaimDocument,
    tables: &BTreeMap<BenchmarkId, Table>,
    checked: &mut Checked,
) -> Result<(), Difference> {
    let Some(rule) = rule_of(record, document) else {
        return differ("the record rests on a rule, the claim document has none for this outcome");
    };
    let no = record.outcome == Some(Outcome::No);
    let at = if no { document.window.by } else { record.first_hit.unwrap_or(record.at) };
    let seen =
        tables.iter().map(|(id, table)| (id.clone(), TableAt { table: Some(table), ..TableAt::default() }));
    let world = World {
        at,
        window: &document.window,
        standing: document.confirm.standing.delta(),
        tables: seen.collect(),
        models: &bundle.models,
    };
    let evaluation = evaluate(rule, &world, &mut Memory::default());
    let ours: Vec<ProofCondition> = ProofCondition::all_of(&evaluation);
    if ours.len() != record.conditions.len() {
        return differ(format!(
            "the rule has {} conditions, the record {}",
            ours.len(),
            record.conditions.len()
        ));
    }
    for (i, (ours, theirs)) in ours.iter().zip(&record.conditions).enumerate() {
        // What was in doubt then rests on what had vanished or was held, which the files alone do not show.
        if theirs.verdict != Verdict::Unknown {
            compare(i + 1, ours, theirs)?;
        }
        checked.lines.push(format!("condition {}: {}", i + 1, ours.sentence));
    }
    let asked = if no { Verdict::Fails } else { Verdict::Holds };
    let doubtful = record.conditions.iter().any(|c| c.verdict == Verdict::Unknown);
    if evaluation.verdict != asked && !doubtful {
        return differ(format!(
            "the rule {} on these files, the outcome needs that it {asked}",
            verdict(&evaluation)
        ));
    }
    checked.lines.push(format!("the rule {} on these files", verdict(&evaluation)));
    Ok(())
}

fn verdict(evaluation: &Evaluation) -> String {
    match evaluation.verdict {
        Verdict::Unknown => "is unknown".to_owned(),
        verdict => verdict.to_string(),
    }
}

fn compare(n: usize, ours: &ProofCondition, theirs: &ProofCondition) -> Result<(), Difference> {
    fn one<T: PartialEq + fmt::Debug>(n: usize, what: &str, ours: &T, theirs: &T) -> Result<(), Difference> {
        if ours == theirs {
            return Ok(());
        }
        differ(format!("condition {n}: {what} is {ours:?} from the files, {theirs:?} in the record"))
    }
    one(n, "the benchmark", &ours.benchmark, &theirs.benchmark)?;
    one(n, "the version", &ours.version, &theirs.version)?;
    one(n, "the verdict", &ours.verdict, &theirs.verdict)?;
    one(n, "the margin", &ours.margin, &theirs.margin)?;
    one(n, "the row of the group", &ours.left, &theirs.left)?;
    one(n, "the row it is compared with", &ours.right, &theirs.right)
}

fn dates(
    record: &ResolutionRecord,
    document: &ClaimDocument,
    checked: &mut Checked,
) -> Result<(), Difference> {
    let (by, standing) = (document.window.by, document.confirm.standing.delta());
    let expected = match (&record.outcome, record.first_hit) {
        (Some(Outcome::No), _) => by,
        (_, Some(hit)) if document.when == When::AtDeadline => (hit + standing).max(by),
        (_, Some(hit)) => hit + standing,
        (_, None) => return differ("the record names no first hit"),
    };
    if record.resolved_on != Some(expected) {
        return differ(format!(
            "it was settled on {:?} by the record, on {expected} by its rule",
            record.resolved_on
        ));
    }
    if record.first_hit.is_some_and(|hit| !document.window.contains(hit)) {
        return differ("the first hit lies outside the window");
    }
    checked.lines.push(format!("settled on {}", expected.date_naive()));
    Ok(())
}
