//! What is doubtful about a claim document before anybody forecasts on it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use regex::Regex;
use serde::Serialize;

use crate::{
    benchmark::{BenchmarkId, Unit},
    document::{ClaimDocument, When},
    ids::SourceId,
    rule::{Condition, Difference, Group, Rule},
};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The claim cannot mean what it says.
    Error,
    /// People will read it in two ways, or it may never be settled.
    Warning,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lint {
    /// How bad it is.
    pub severity: Severity,
    /// A word for programs: `ambiguous_percent`, `stopped_source`.
    pub code: &'static str,
    /// The key it is about: `rule`, `window.by`, `title`.
    pub field: &'static str,
    /// A sentence: what, and what to do.
    pub message: String,
}

/// What is known of a source when a claim is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownSource {
    /// Kept for history: nothing new will come.
    pub stopped: bool,
    /// Its benchmarks with their units.
    pub benchmarks: BTreeMap<BenchmarkId, Unit>,
}

/// Checks a document that reads. `sources` are those the installation knows.
pub fn lint(
    claim: &ClaimDocument,
    sources: &BTreeMap<SourceId, KnownSource>,
    now: DateTime<Utc>,
) -> Vec<Lint> {
    let mut found = Findings(Vec::new());
    if let Err(e) = claim.window.check_new(now) {
        found.error("window_past", "window.by", e.to_string());
    }
    let rules: Vec<&Rule> = claim.rule.iter().chain(claim.outcomes.values()).collect();
    words(claim, &rules, &mut found);
    options(claim, &mut found);
    for rule in &rules {
        for condition in rule.conditions() {
            condition_at_source(condition, sources, &mut found);
            groups(condition, &mut found);
        }
        if rule.same_model && rule.conditions().len() < 2 {
            found.warn(
                "same_model_alone",
                "rule.same_model",
                "it changes nothing with a single condition".into(),
            );
        }
    }
    if rules.is_empty() {
        found.warn("no_rule", "rule", "there is none: a person must propose the outcome, with a link".into());
    }
    found.0.sort_by_key(|lint| lint.severity);
    found.0
}

struct Findings(Vec<Lint>);

impl Findings {
    fn push(&mut self, severity: Severity, code: &'static str, field: &'static str, message: String) {
        let lint = Lint { severity, code, field, message };
        if !self.0.contains(&lint) {
            self.0.push(lint);
        }
    }

    fn error(&mut self, code: &'static str, field: &'static str, message: String) {
        self.push(Severity::Error, code, field, message);
    }

    fn warn(&mut self, code: &'static str, field: &'static str, message: String) {
        self.push(Severity::Warning, code, field, message);
    }
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a literal pattern, compiled by the tests")
}

/// Words that people read in two ways.
fn words(claim: &ClaimDocument, rules: &[&Rule], found: &mut Findings) {
    let text = format!("{}\n{}", claim.title, claim.criteria);
    let percent = pattern(r"(?i)within\s+\d+(\.\d+)?\s*(%|percent\b)");
    let points = pattern(r"(?i)percentage points?|\bpp\b|\bpts?\b|\bpoints?\b|\brelative\b");
    if percent.is_match(&text) && !points.is_match(&text) {
        let message = "“within N %” can mean percentage points or percent of the other score \
                       (87.8 to 94.1 is 6.3 points and 6.7 %): say which";
        found.warn("ambiguous_percent", "criteria", message.into());
    }
    for rule in rules {
        for condition in rule.conditions() {
            if let Condition::Gap(gap) = condition
                && gap.unit.is_none()
            {
                let message = format!(
                    "the gap on {} names no unit: write pp, elo, index, minutes or percent",
                    gap.benchmark
                );
                found.warn("ambiguous_percent", "rule", message);
            }
        }
    }
    if pattern(r"(?i)\b(leading|frontier|top|best|state[- ]of[- ]the[- ]art)\b").is_match(&text)
        && rules.is_empty()
    {
        let message = "“leading” or “best” is defined by no rule: say of which table, at which instant, and what a tie means";
        found.warn("undefined_leader", "criteria", message.into());
    }
    let variants: [(&str, &str, &str); 6] = [
        ("MMLU", r"(?i)\bmmlu\b", r"(?i)mmlu[- ]?(pro|redux)|\bmmlu \(|\d+-shot|listed (by|in)"),
        ("GPQA", r"(?i)\bgpqa\b", r"(?i)gpqa[- ]diamond|gpqa main|extended"),
        ("HumanEval", r"(?i)\bhumaneval\b", r"(?i)humaneval\+|pass@|base tests"),
        ("SWE-bench", r"(?i)\bswe-?bench\b", r"(?i)verified|lite|multimodal|multilingual|bash-only|\bpro\b"),
        ("ARC-AGI", r"(?i)\barc-agi\b", r"(?i)arc-agi-?[123]"),
        ("LMArena", r"(?i)\b(lm ?arena|chatbot arena)\b", r"(?i)text|vision|webdev|coding|style"),
    ];
    let named: Vec<String> = rules.iter().flat_map(|r| r.benchmarks()).map(|b| b.name.to_string()).collect();
    for (name, mention, variant) in variants {
        let in_rule = named
            .iter()
            .any(|n| pattern(mention).is_match(&n.replace('-', " ")) || pattern(mention).is_match(n));
        if pattern(mention).is_match(&text) && !pattern(variant).is_match(&text) && !in_rule {
            found.warn(
                "unnamed_variant",
                "criteria",
                format!("there are several {name} tests: name the variant and the table"),
            );
        }
    }
    let deadline_words = pattern(r"(?i)\b(ever|at any time|reaches|comes within)\b");
    if claim.when == When::AtDeadline && deadline_words.is_match(&claim.title) {
        let message =
            "the title speaks of reaching it at any time, `when: at_deadline` counts only the last state";
        found.warn("ever_or_at_deadline", "when", message.into());
    }
}

/// Options that can both be true.
fn options(claim: &ClaimDocument, found: &mut Findings) {
    let normal = |text: &str| -> Vec<String> {
        let words = text.to_lowercase();
        words.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect()
    };
    let options: Vec<(&String, Vec<String>)> = claim.options.iter().map(|o| (o, normal(o))).collect();
    for (i, (a, first)) in options.iter().enumerate() {
        for (b, second) in options.iter().skip(i + 1) {
            let (short, long) = if first.len() <= second.len() { (first, second) } else { (second, first) };
            if !short.is_empty() && short.iter().all(|w| long.contains(w)) {
                let message = format!("“{a}” and “{b}” overlap: if one is true the other may be too");
                found.warn("overlapping_options", "options", message);
            }
            let (by_a, by_b) = (deadline_of(first), deadline_of(second));
            if by_a && by_b && first != second {
                let message =
                    format!("“{a}” and “{b}” overlap: an earlier date is also by the later one; use spans");
                found.warn("overlapping_options", "options", message);
            }
        }
        if first.iter().any(|w| w == "maybe" || w == "unsure" || w == "unclear") {
            found.warn("no_outcome", "options", format!("“{a}” is an opinion, no outcome: leave it out"));
        }
    }
}

fn deadline_of(words: &[String]) -> bool {
    words.first().is_some_and(|w| w == "by" || w == "before")
}

fn condition_at_source(
    condition: &Condition,
    sources: &BTreeMap<SourceId, KnownSource>,
    found: &mut Findings,
) {
    let Some(own) = condition.benchmark() else { return };
    for id in std::iter::once(own).chain(condition.fallback()) {
        let Some(source) = sources.get(&id.source) else {
            found.error(
                "unknown_source",
                "rule",
                format!("there is no source `{}` (asked for {id})", id.source),
            );
            continue;
        };
        let Some(unit) = source.benchmarks.get(id) else {
            let known: Vec<String> = source.benchmarks.keys().map(|b| b.name.to_string()).collect();
            let message =
                format!("source `{}` has no benchmark `{}`; it has {}", id.source, id.name, known.join(", "));
            found.error("unknown_benchmark", "rule", message);
            continue;
        };
        let difference = if let Condition::Gap(gap) = condition { gap.unit } else { None };
        if let Some(difference) = difference.filter(|d| !Difference::fits(*d, *unit)) {
            let message = format!("{id} is counted in {}, the rule in {difference:?}", unit.difference());
            found.error("wrong_unit", "rule", message.to_lowercase());
        }
    }
    let stopped = |id: &BenchmarkId| sources.get(&id.source).is_some_and(|s| s.stopped);
    if stopped(own) {
        let all = condition.fallback().iter().all(stopped);
        let message = if all {
            format!(
                "the source of {own} has stopped: this condition cannot settle by itself; name a live `fallback`"
            )
        } else {
            format!("the source of {own} has stopped: its fallback will answer")
        };
        found.warn("stopped_source", "rule", message);
    }
}

fn groups(condition: &Condition, found: &mut Findings) {
    if let Some(other) = condition.other()
        && other == condition.of()
    {
        found.error("same_group", "rule", format!("a group is compared with itself: {other}"));
    }
    if let (Condition::Lead(_) | Condition::Gap(_), Some(Group::Any)) = (condition, condition.other()) {
        let message =
            "the leader is the best of all rows, the group's own included: name the group that leads";
        found.warn("undefined_leader", "rule", message.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources() -> BTreeMap<SourceId, KnownSource> {
        let known = |ids: &[(&str, Unit)], stopped| KnownSource {
            stopped,
            benchmarks: ids.iter().map(|(id, unit)| (id.parse().unwrap(), *unit)).collect(),
        };
        [
            (SourceId::new("arena").unwrap(), known(&[("arena/text", Unit::Elo)], false)),
            (SourceId::new("old").unwrap(), known(&[("old/mmlu", Unit::Percent)], true)),
        ]
        .into()
    }

    fn codes(yaml: &str) -> Vec<&'static str> {
        let text = format!("start: {{ p: 0.5, basis: no view }}\n{yaml}");
        let claim = ClaimDocument::from_yaml(&text).unwrap_or_else(|e| panic!("{yaml}: {e}"));
        let now = "2026-04-06T00:00:00Z".parse().unwrap();
        lint(&claim, &sources(), now).into_iter().map(|l| l.code).collect()
    }

    #[test]
    fn each_trap_is_found_and_a_clean_claim_has_none() {
        let clean = "title: Open within 25 Elo on LMArena text\nwindow: { by: Q1 2027 }\ncriteria: see the rule\n\
                     rule: { gap: { benchmark: arena/text, of: open, to: closed, within: 25, unit: elo } }";
        assert_eq!(codes(clean), Vec::<&str>::new());
        let with = |from: &str, to: &str| codes(&clean.replace(from, to));
        assert_eq!(with("Q1 2027", "Q1 2026"), ["window_past"]);
        assert_eq!(with("within 25 Elo", "within 2%"), ["ambiguous_percent"]);
        assert_eq!(with(", unit: elo", ""), ["ambiguous_percent"]);
        assert_eq!(with("unit: elo", "unit: pp"), ["wrong_unit"]);
        assert_eq!(with("arena/text", "arena/vision"), ["unknown_benchmark"]);
        assert_eq!(with("arena/text", "nobody/text"), ["unknown_source"]);
        assert_eq!(
            with(
                "arena/text, of: open, to: closed, within: 25, unit: elo",
                "old/mmlu, of: open, to: closed, within: 2, unit: pp"
            ),
            ["stopped_source"]
        );
        assert_eq!(with("to: closed", "to: any"), ["undefined_leader"]);
        assert_eq!(with("to: closed", "to: open"), ["same_group"]);
        let bare =
            ClaimDocument::from_yaml(&clean.replace("arena/text", "humaneval")).unwrap_err().to_string();
        assert!(bare.contains("names no source"), "{bare}");
        let card = "title: Open-source model matches closed frontier performance\nwindow: { by: Q1 2027 }\n\
                    criteria: True if an open-weights model scores within 2% of the leading closed model on MMLU, HumanEval, and GPQA.";
        assert_eq!(
            codes(card),
            [
                "ambiguous_percent",
                "undefined_leader",
                "unnamed_variant",
                "unnamed_variant",
                "unnamed_variant",
                "no_rule"
            ]
        );
        let poll = "title: When will it match\nwindow: { by: Q1 2027 }\ncriteria: by roundtable\n\
                    options: [By end of 2026, By end of 2027, Exceed it, Maybe]";
        assert_eq!(codes(poll), ["overlapping_options", "no_outcome", "no_rule"]);
    }
}
