//! The comparison of what a bundle's files come to with what its record says.

use std::{collections::BTreeSet, fmt};

use bellwether_core::{
    canonical,
    document::ClaimDocument,
    ids::Sha256,
    resolution::{Basis, ProofCondition, ProofSnapshot, ResolutionRecord},
    status::Outcome,
};

use super::{
    bundle::Bundle,
    replay::{Replayed, replay},
};
use crate::{
    claims::criteria_digest,
    resolve::{sentence, watched::Finding},
};

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

pub(super) fn differ<T>(what: impl Into<String>) -> Result<T, Difference> {
    Err(Difference(what.into()))
}

/// Recomputes an outcome from its bundle; the first difference is the error.
///
/// The record must have its hash, the criteria theirs, every file its own. Then every poll is taken in again in its
/// order: the same extractor reads the bytes, the same gate judges the tables, the same rule is evaluated and
/// confirmed; and outcome, dates, reason, conditions and files must be those of the record.
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
    match record.basis {
        Basis::Rule => {}
        Basis::Person => {
            checked.lines.push("a person decided: there is no rule to recompute".into());
            return Ok(checked);
        }
        Basis::Given => {
            checked.lines.push("the claim it hangs on decided: verify that one's outcome".into());
            return Ok(checked);
        }
    }
    history(bundle, &record, &mut checked)?;
    let replayed = replay(bundle, &document)?;
    let new = bundle.polls.iter().filter(|poll| !poll.files.is_empty()).count();
    checked.lines.push(format!(
        "{} polls were taken in again, {new} of them with new content; {} rows were read from {} files that have \
         their digests",
        bundle.polls.len(),
        replayed.rows,
        bundle.files.len(),
    ));
    if !bundle.judged.is_empty() {
        checked.lines.push(format!(
            "{} rows count as the registry of their day judged them; it has changed since",
            bundle.judged.len()
        ));
    }
    outcome(bundle, &record, &replayed, &mut checked)?;
    Ok(checked)
}

/// The list of polls must be the one that the record was made on.
fn history(bundle: &Bundle, record: &ResolutionRecord, checked: &mut Checked) -> Result<(), Difference> {
    let Some(expected) = record.history else {
        checked
            .lines
            .push("the record is older than the digest of its polls: their list is taken as it is".into());
        return Ok(());
    };
    // A file that is named but not there is said by its name, before the list as a whole.
    let there: BTreeSet<Sha256> = bundle.files.iter().map(|file| file.sha256).collect();
    for poll in &bundle.polls {
        if let Some(gone) = poll.files.iter().find(|file| !there.contains(&file.sha256)) {
            return differ(format!(
                "the file {} of {}, fetched {}, is missing",
                gone.sha256, poll.source, poll.at
            ));
        }
    }
    let found = super::bundle::history(&bundle.polls).map_err(|e| Difference(e.to_string()))?;
    if found != expected {
        return differ(format!(
            "the list of polls (sources, instants, contents) hashes to {found}, the record says {expected}"
        ));
    }
    checked.lines.push(format!("the list of {} polls hashes to {found}", bundle.polls.len()));
    Ok(())
}

fn outcome(
    bundle: &Bundle,
    record: &ResolutionRecord,
    replayed: &Replayed,
    checked: &mut Checked,
) -> Result<(), Difference> {
    let Some(Finding { outcome, conclusion, rule, .. }) = &replayed.finding else {
        return differ("the record rests on a rule, the claim document has none");
    };
    if outcome != &record.outcome {
        let word = |o: &Option<Outcome>| o.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
        return differ(format!(
            "the outcome is {} from the files ({}), {} in the record",
            word(outcome),
            conclusion.why,
            word(&record.outcome)
        ));
    }
    same("the first hit", &conclusion.first_hit, &record.first_hit)?;
    same("the settling date", &conclusion.resolved_at, &record.resolved_on)?;
    same("the event's date", &conclusion.event_date, &record.event_date)?;
    same("the reason", &sentence(&conclusion.why), &record.why)?;
    let watched = replayed.watched.rules.get(rule);
    let no = *outcome == Some(Outcome::No);
    let stand = watched.and_then(|rule| if no { rule.at_deadline.as_ref() } else { rule.hit.as_ref() });
    let (ours, fetches) = match stand {
        Some(stand) => (ProofCondition::all_of(&stand.evaluation), stand.fetches.as_slice()),
        None => (Vec::new(), [].as_slice()),
    };
    if ours.len() != record.conditions.len() {
        let theirs = record.conditions.len();
        return differ(format!("the rule has {} conditions, the record {theirs}", ours.len()));
    }
    for (i, (ours, theirs)) in ours.iter().zip(&record.conditions).enumerate() {
        condition(i + 1, ours, theirs)?;
        checked.lines.push(format!("condition {}: {}", i + 1, ours.sentence));
    }
    files(bundle, record, fetches)?;
    checked.lines.push(format!(
        "{}: {}",
        outcome.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string),
        conclusion.why
    ));
    Ok(())
}

/// The record names the files that decided, no others.
fn files(
    bundle: &Bundle,
    record: &ResolutionRecord,
    fetches: &[bellwether_core::ids::FetchId],
) -> Result<(), Difference> {
    let decided = || bundle.polls.iter().filter(|poll| fetches.contains(&poll.id));
    let named = |proof: &ProofSnapshot| {
        decided().any(|poll| {
            poll.source == proof.source
                && poll.source_n == proof.source_n
                && poll.at == proof.observed_at
                && poll.files.iter().any(|file| file.sha256 == proof.sha256)
        })
    };
    if let Some(other) = record.snapshots.iter().find(|proof| !named(proof)) {
        return differ(format!(
            "the record names the file {} of {}, fetched {}, which did not decide",
            other.sha256, other.source, other.observed_at
        ));
    }
    for poll in decided() {
        let unnamed = |sha256: &Sha256| !record.snapshots.iter().any(|proof| proof.sha256 == *sha256);
        if let Some(file) = poll.files.iter().find(|file| unnamed(&file.sha256)) {
            return differ(format!("the record leaves out the file {} of {}", file.sha256, poll.source));
        }
    }
    Ok(())
}

fn same<T: PartialEq + fmt::Debug>(what: &str, ours: &T, theirs: &T) -> Result<(), Difference> {
    if ours == theirs {
        return Ok(());
    }
    differ(format!("{what} is {ours:?} from the files, {theirs:?} in the record"))
}

fn condition(n: usize, ours: &ProofCondition, theirs: &ProofCondition) -> Result<(), Difference> {
    let part = |what: &str| format!("condition {n}: {what}");
    same(&part("the benchmark"), &ours.benchmark, &theirs.benchmark)?;
    same(&part("the version"), &ours.version, &theirs.version)?;
    same(&part("the verdict"), &ours.verdict, &theirs.verdict)?;
    same(&part("the margin"), &ours.margin, &theirs.margin)?;
    same(&part("the row of the group"), &ours.left, &theirs.left)?;
    same(&part("the row it is compared with"), &ours.right, &theirs.right)?;
    same(&part("the sentence"), &ours.sentence, &theirs.sentence)
}
