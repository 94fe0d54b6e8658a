//! Claim documents as people write them.

use super::*;

const LEAD: &str = r"
title: An open-weights model within 2 percentage points
slug: open-within-2
tags: [ai, no, on]
start: { p: 0.5, basis: no view }
headline: { pool: { evidence: 1, trend: 1.5 } }
window: { by: Q1 2027 }
when: ever
criteria: True if it does.
rule:
  all:
    - gap: { benchmark: llm-stats/mmlu, of: open, to: closed, within: 0.09, unit: pp, fallback: [lmsys-table/mmlu] }
    - not: { score: { benchmark: a/b, of: { open: true, params_below_b: 40 }, below: 1e1, version: V4 } }
    - n_of: { n: 1, of: [ { rank: { benchmark: a/b, of: any, top: 3 } }, { released: { of: { organisation: Meta } } } ] }
  same_model: true
confirm: { for: 10d }
";

#[test]
fn yaml_and_json_are_the_same_document() {
    let yaml = ClaimDocument::from_yaml(LEAD).expect("reads");
    let json = serde_json::to_string(&yaml).expect("writes");
    let again = ClaimDocument::from_json(&json).expect("reads again");
    assert_eq!(yaml, again);
    assert_eq!(ClaimDocument::from_yaml(&json).expect("JSON is YAML"), yaml);
    let rule = yaml.rule.expect("a rule");
    assert!(rule.same_model);
    assert_eq!(rule.conditions().len(), 4);
    assert_eq!(rule.benchmarks().len(), 3);
    assert_eq!(yaml.tags, ["ai", "no", "on"]);
    assert_eq!((yaml.confirm.standing.to_string(), yaml.confirm.polls), ("10d".into(), 3));
    assert!(json.contains("\"within\":0.09"), "{json}");
}

#[test]
fn unknown_and_missing_keys_are_named() {
    let with =
        |from: &str, to: &str| ClaimDocument::from_yaml(&LEAD.replace(from, to)).expect_err(to).to_string();
    for (from, to, word) in [
        ("slug:", "slugg:", "slugg"),
        ("within: 0.09", "with: 0.09", "with"),
        ("n: 1, of", "n: 3, of", "n_of.n is 3"),
        ("of: any, top", "of: anny, top", "anny"),
        ("top: 3", "top: 0", "top"),
        ("criteria: True", "criterion: True", "criterion"),
        ("a/b, of: any", "humaneval, of: any", "names no source"),
        ("below: 1e1", "below: 1, above: 2", "exactly one of at_least"),
        ("for: 10d", "for: 10 days", "10 days"),
        ("window: { by: Q1 2027 }", "window: { by: 03/04/27 }", "two"),
        ("all:\n", "same: 1\n  all:\n", "same"),
        ("p: 0.5", "p: 1.5", "p"),
    ] {
        let message = with(from, to);
        assert!(message.contains(word), "{to}: {message}");
    }
}

#[test]
fn b45_hostile_yaml_is_refused_or_plain() {
    use std::fmt::Write as _;

    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..12 {
        let inner = vec![format!("*a{}", i - 1); 10].join(", ");
        writeln!(laughs, "a{i}: &a{i} [{inner}]").unwrap();
    }
    assert!(ClaimDocument::from_yaml(&laughs).is_err());
    assert!(ClaimDocument::from_yaml("&a [*a]").is_err());
    assert!(ClaimDocument::from_yaml(&LEAD.replace("slug:", "title: twice\nslug:")).is_err());
    assert!(
        ClaimDocument::from_yaml(
            &LEAD.replace("criteria: True if it does.", "criteria: !!python/object:os.system rm")
        )
        .map(|d| d.criteria)
        .is_ok_and(|c| c.starts_with("rm"))
            || ClaimDocument::from_yaml("!!python/object:os.system {}").is_err()
    );
    assert!(ClaimDocument::from_yaml(&"[".repeat(10_000)).is_err());
    let no = ClaimDocument::from_yaml(&LEAD.replace("slug: open-within-2", "slug: no")).expect("plain text");
    assert_eq!(no.slug.expect("a slug").as_str(), "no");
    assert!(ClaimDocument::from_json(&"[".repeat(100_000)).is_err());
}

#[test]
fn a_market_opens_as_the_document_says() {
    let read = |market: &str| {
        let text = format!(
            "title: A claim\nwindow: {{ by: Q1 2027 }}\ncriteria: A person decides.\nstart: {{ p: 0.2 }}\n{market}"
        );
        ClaimDocument::from_yaml(&text)
    };
    assert_eq!(read("").expect("reads").market, None);
    for (text, prices, b) in [
        ("market: {}", [0.2, 0.8], 100),
        ("market: { b: 50, opening: uniform }", [0.5, 0.5], 50),
        ("market: { opening: [0.1, 0.9] }", [0.1, 0.9], 100),
    ] {
        let document = read(text).expect(text);
        let terms = document.market.as_ref().expect("a market").terms(&document.starting()).expect(text);
        assert_eq!((terms.opening(), terms.b().micro()), (&prices[..], b * 1_000_000), "{text}");
        let again =
            ClaimDocument::from_json(&serde_json::to_string(&document).expect("writes")).expect("reads");
        assert_eq!(again, document);
    }
    for bad in [
        "{ b: 0 }",
        "{ opening: [0.5] }",
        "{ opening: [0.5, 0.6] }",
        "{ opening: wild }",
        "{ c: 1 }",
        "{ b: .nan }",
    ] {
        assert!(read(&format!("market: {bad}")).is_err(), "{bad}");
    }
}

#[test]
fn keywords_are_short_lines_and_each_stands_once() {
    let read = |keywords: &str| {
        ClaimDocument::from_yaml(&LEAD.replace("tags: [ai, no, on]", &format!("keywords: {keywords}")))
    };
    assert_eq!(read("[open weights, GPQA, gpqa]").unwrap().keywords, ["open weights", "GPQA"]);
    let json = serde_json::to_string(&read("[open weights]").unwrap()).unwrap();
    assert!(json.contains("\"keywords\":[\"open weights\"]"), "{json}");
    assert!(!serde_json::to_string(&read("[]").unwrap()).unwrap().contains("keywords"));
    let many = format!("[{}]", (0..21).map(|i| format!("word{i}")).collect::<Vec<_>>().join(", "));
    for bad in ["[x]", "['--']", &format!("[{}]", "x".repeat(61)), &many] {
        let error = read(bad).unwrap_err().to_string();
        assert!(error.starts_with("keywords: "), "{bad}: {error}");
    }
}
