//! The demo's figures say what the demo's claims need them to say.

use std::path::{Path, PathBuf};

use bellwether_core::{document::ClaimDocument, registry::Registry};
use bellwether_engine::backtest::{Contents, Report, backtest};
use bellwether_sources::{SourceDocument, builtin::built_in};

use crate::corpus;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

/// The demo's own document of a source, or the built-in one.
fn document(id: &str) -> SourceDocument {
    let own = folder().join(format!("sources/{id}.yaml"));
    if own.exists() {
        return corpus::document(&own);
    }
    SourceDocument::parse(built_in(id).unwrap_or_else(|| panic!("{id} is no built-in source")))
        .expect("reads")
}

fn contents(id: &str, registry: &Registry) -> Contents {
    let document = document(id);
    let snapshots = match folder().join(id) {
        dir if dir.exists() => corpus::snapshots(&document, &dir),
        _ => Vec::new(),
    };
    Contents::extract(&document, &snapshots, registry)
}

fn replay(claim: &str) -> Report {
    let registry = corpus::registry(&[folder().join("registry.csv")]);
    let text = std::fs::read_to_string(folder().join(format!("demo/claims/{claim}.yaml"))).expect("a claim");
    let claim = ClaimDocument::from_yaml(&text).unwrap_or_else(|e| panic!("{claim}: {e}"));
    let sources: Vec<_> =
        ["lmarena-archive", "lmsys-table", "llmstats-repo", "aider", "epoch-eci", "epoch", "vectara"]
            .into_iter()
            .map(|id| contents(id, &registry))
            .collect();
    backtest(&claim, &sources, &registry).expect("a rule")
}

#[test]
fn every_file_of_the_fixtures_yields_rows() {
    let registry = corpus::registry(&[folder().join("registry.csv")]);
    for id in ["lmarena-archive", "lmsys-table", "llmstats-repo", "aider", "epoch-eci", "vectara"] {
        for content in contents(id, &registry).contents {
            let tables = content.tables.unwrap_or_else(|e| panic!("{id} {}: {e}", content.name));
            let rows: usize = tables.iter().map(|t| t.rows.len()).sum();
            assert!(rows >= 10, "{id} {}: {rows} rows", content.name);
        }
    }
}

/// Prints a replay, for looking at: `cargo test -p bellwether-engine the_demo -- --nocapture`.
fn outcome(claim: &str) -> (String, Option<String>, Report) {
    let report = replay(claim);
    println!("{claim}: {} {:?} {:?} ({})", report.outcome, report.first_hit, report.resolved_on, report.why);
    for step in &report.steps {
        println!(
            "  {} {:?} {:?} {:?} : {:?} {:?} {:?}",
            step.at.date_naive(),
            step.verdict,
            step.margin.map(|m| m.to_string()),
            step.left.as_ref().map(|w| (&w.model, w.score.map(|s| s.to_string()))),
            step.right.as_ref().map(|w| (&w.model, w.score.map(|s| s.to_string()))),
            step.quarantined,
            step.unknown_because,
        );
    }
    (report.outcome.clone(), report.resolved_on.map(|d| d.to_string()), report)
}

#[test]
fn the_demos_settled_claims_settle_as_their_pages_say() {
    for (claim, answer, on) in [
        ("04-open-within-25-elo-spring-2025", "no", "2025-06-01"),
        ("05-open-within-25-elo-2024", "yes", "2024-08-07"),
        ("06-open-within-25-elo-end-of-2024", "no", "2025-01-01"),
        ("07-open-within-1-on-mmlu", "yes", "2024-08-12"),
        ("08-closed-leads-by-20-on-aider", "yes", "2025-06-01"),
        ("03-a-model-reaches-158-on-eci", "yes", "2026-04-06"),
        ("12-a-model-reaches-160-on-eci", "yes", "2026-04-14"),
    ] {
        let (outcome, resolved_on, _) = outcome(claim);
        assert_eq!((outcome.as_str(), resolved_on.as_deref()), (answer, Some(on)), "{claim}");
    }
}

#[test]
fn the_demos_open_claims_are_open_for_the_reasons_they_show() {
    for claim in [
        "02-open-within-5-on-eci",
        "09-open-reaches-75-on-aider",
        "10-eci-and-hle",
        "11-hallucination-below-half-percent",
    ] {
        let (outcome, ..) = outcome(claim);
        assert_eq!(outcome, "unknown", "{claim}");
    }
}
