//! Back-tests of known claims give the known answers, step by step.

use bellwether_core::document::ClaimDocument;
use bellwether_engine::backtest::{Contents, backtest};
use serde_json::Value;

use crate::corpus;

/// What differs between an expected answer and ours, one line each.
fn differences(expected: &Value, ours: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for key in ["outcome", "stale", "first_hit", "resolved_on", "event_date"] {
        if expected[key] != ours[key] {
            wrong.push(format!("{key}: expected {}, ours {} ({})", expected[key], ours[key], ours["why"]));
        }
    }
    let empty = Vec::new();
    let days = |v: &Value| -> Vec<String> {
        v["steps"].as_array().unwrap_or(&empty).iter().map(|s| s["observed_at"].to_string()).collect()
    };
    if days(expected) != days(ours) {
        wrong.push(format!("steps: expected {:?}, ours {:?}", days(expected), days(ours)));
        return wrong;
    }
    let steps = expected["steps"].as_array().unwrap_or(&empty).iter();
    for (e, o) in steps.zip(ours["steps"].as_array().unwrap_or(&empty)) {
        wrong.extend(step_differences(e, o).into_iter().map(|d| format!("{}: {d}", e["observed_at"])));
    }
    wrong
}

fn step_differences(expected: &Value, ours: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    if expected["verdict"] != ours["verdict"] && expected["verdict_on_arrival"] != ours["verdict"] {
        wrong.push(format!("verdict: expected {}, ours {}", expected["verdict"], ours["verdict"]));
    }
    if expected["verdict"] == "unknown" {
        return wrong;
    }
    let close = |a: &Value, b: &Value| match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-6,
        _ => a == b,
    };
    if !close(&expected["margin"], &ours["margin"]) {
        wrong.push(format!("margin: expected {}, ours {}", expected["margin"], ours["margin"]));
    }
    for side in ["left", "right"] {
        if !close(&expected[side]["score"], &ours[side]["score"])
            || expected[side]["row"] != ours[side]["row"]
        {
            wrong.push(format!("{side}: expected {}, ours {}", expected[side], ours[side]));
        }
    }
    let empty = Vec::new();
    let (theirs, legs) =
        (expected["legs"].as_array().unwrap_or(&empty), ours["legs"].as_array().unwrap_or(&empty));
    for (i, (e, o)) in theirs.iter().zip(legs).enumerate() {
        wrong.extend(step_differences(e, o).into_iter().map(|d| format!("leg {i}: {d}")));
    }
    wrong
}

#[test]
fn the_worked_claims_give_the_known_answers() {
    let Some(folder) = corpus::folder() else { return };
    let examples = folder.join("examples");
    let expected: Value =
        serde_json::from_slice(&std::fs::read(examples.join("expected.json")).expect("expected.json"))
            .expect("JSON");
    let (mut right, mut steps, mut wrong) = (0, 0, Vec::new());
    for (name, answer) in expected["claims"].as_object().expect("claims") {
        let text = std::fs::read_to_string(examples.join(format!("claims/{name}.yaml"))).expect("a claim");
        let claim = ClaimDocument::from_yaml(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let files: Vec<_> = answer["registry"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|f| folder.join(f.as_str().expect("text")))
            .collect();
        let registry = corpus::registry(&files);
        let sources: Vec<Contents> = answer["sources"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|id| {
                let id = id.as_str().expect("text");
                let document = corpus::document(&examples.join(format!("sources/{id}.yaml")));
                let dir = folder.join(expected["folders"][id]["dir"].as_str().expect("a folder"));
                Contents::extract(&document, &corpus::snapshots(&document, &dir), &registry)
            })
            .collect();
        let report = backtest(&claim, &sources, &registry).unwrap_or_else(|e| panic!("{name}: {e}"));
        let differ = differences(answer, &serde_json::to_value(&report).expect("JSON"));
        steps += report.steps.len();
        if differ.is_empty() {
            right += 1;
        }
        wrong.extend(differ.into_iter().map(|d| format!("{name}: {d}")));
    }
    println!("{right} claims with {steps} steps as expected");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(right, 18);
}
