//! R9: anybody can recompute an outcome from its bundle, and is told the first difference.

use bellwether_core::{
    actor::Actor,
    document::ClaimDocument,
    ids::{ClaimId, ResolutionId, Sha256},
    registry::Registry,
    resolution::{Basis, ProofCondition, ProofSnapshot, ResolutionRecord},
    rule::{Memory, TableAt, World, evaluate},
    status::Outcome,
};
use bellwether_engine::{
    claims::criteria_digest,
    verify::{Bundle, BundledFile, BundledSnapshot, BundledSource, Content, verify},
};
use bellwether_sources::{Snapshot, SourceDocument, extract};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

const SOURCE: &str = "
id: board
title: A board
url: https://example.org/board.csv
licence: CC BY 4.0
attribution: Example
schedule: \"17 5 * * *\"
format: csv
tables:
  - benchmark: text
    title: Text
    unit: elo
    key: model
    fields: { model: model, score: score }
    openness: { field: licence, open: [MIT], closed: [Proprietary] }
";

const CLAIM: &str = "
title: Open within 25 of closed on the board
window: { from: 2026-01-01, by: 2027-01-01 }
criteria: see the rule
rule: { gap: { benchmark: board/text, of: open, to: closed, within: 25, unit: elo } }
";

const ROWS: &str =
    "model,score,licence\nopen-1,1300,MIT\nclosed-1,1320.5,Proprietary\nclosed-0,1200,Proprietary\n";

fn bundle() -> Bundle {
    let at: DateTime<Utc> = "2026-03-01T05:17:00Z".parse().unwrap();
    let claim = ClaimDocument::from_yaml(CLAIM).unwrap();
    let source = SourceDocument::parse(SOURCE).unwrap();
    let tables = extract(&source, &Snapshot::file(ROWS), &Registry::default(), at).unwrap().tables;
    let world = World {
        at,
        window: &claim.window,
        standing: claim.confirm.standing.delta(),
        tables: tables
            .iter()
            .map(|t| (t.spec.benchmark.clone(), TableAt { table: Some(t), ..TableAt::default() }))
            .collect(),
        models: &[],
    };
    let evaluation = evaluate(claim.rule.as_ref().unwrap(), &world, &mut Memory::default());
    let sha256 = Sha256::of(ROWS.as_bytes());
    let record = ResolutionRecord {
        claim: ClaimId(Uuid::nil()),
        slug: "open-within-25".parse().unwrap(),
        title: claim.title.clone(),
        criteria_n: 1,
        criteria_sha256: criteria_digest(&claim).unwrap(),
        outcome: Some(Outcome::Yes),
        basis: Basis::Rule,
        why: "It held.".into(),
        first_hit: Some(at),
        resolved_on: Some(at + TimeDelta::days(7)),
        event_date: Some(at.date_naive()),
        conditions: ProofCondition::all_of(&evaluation),
        snapshots: vec![ProofSnapshot {
            source: source.id.clone(),
            source_n: 1,
            sha256,
            observed_at: at,
            url: source.url.to_string(),
        }],
        page: None,
        decided_by: Actor::system("clock"),
        interested: false,
        at: at + TimeDelta::days(8),
    };
    let previous = Sha256([0; 32]);
    Bundle {
        format: "bellwether-proof-1".into(),
        resolution: ResolutionId(Uuid::nil()),
        previous,
        hash: record.hash(previous).unwrap(),
        record: serde_json::to_value(&record).unwrap(),
        document: serde_json::to_value(&claim).unwrap(),
        sources: vec![BundledSource { id: source.id.clone(), n: 1, document: SOURCE.into() }],
        models: vec![],
        overrules: vec![],
        snapshots: vec![BundledSnapshot {
            source: source.id,
            source_n: 1,
            observed_at: at,
            files: vec![BundledFile { name: "main".into(), sha256, content: Content::Text(ROWS.into()) }],
        }],
    }
}

/// A bundle whose record says something else, hashed anew as a forger would.
fn forged(change: impl Fn(&mut ResolutionRecord)) -> Bundle {
    let mut bundle = bundle();
    let mut record: ResolutionRecord = serde_json::from_value(bundle.record.clone()).unwrap();
    change(&mut record);
    bundle.hash = record.hash(bundle.previous).unwrap();
    bundle.record = serde_json::to_value(&record).unwrap();
    bundle
}

fn difference(bundle: &Bundle) -> String {
    verify(bundle).expect_err("something was changed").to_string()
}

#[test]
fn r9_an_honest_bundle_is_verified_after_a_round_trip() {
    let bundle = bundle();
    let again = Bundle::read(&serde_json::to_string(&bundle).unwrap()).unwrap();
    assert_eq!(again, bundle);
    let lines = verify(&again).unwrap().lines.join("\n");
    assert!(lines.contains("20.5 Elo behind") && lines.contains("the rule holds"), "{lines}");
    let hex = BundledFile { content: Content::Hex(hex_of(ROWS)), ..bundle.snapshots[0].files[0].clone() };
    let mut packed = bundle.clone();
    packed.snapshots[0].files[0] = hex;
    assert!(verify(&packed).is_ok());
    assert!(Bundle::read("{}").is_err());
}

fn hex_of(text: &str) -> String {
    text.bytes().map(|b| format!("{b:02x}")).collect::<Vec<_>>().concat()
}

#[test]
fn r9_every_change_is_named() {
    let mut changed = bundle();
    changed.snapshots[0].files[0].content = Content::Text(ROWS.replace("1300", "1310"));
    assert!(difference(&changed).contains("hashes to"));
    let mut changed = bundle();
    changed.record["why"] = "Something else.".into();
    assert!(difference(&changed).contains("the chain says"));
    let mut changed = bundle();
    changed.document["criteria"] = "other words".into();
    assert!(difference(&changed).contains("the claim document hashes"));
    let mut changed = bundle();
    changed.snapshots.clear();
    assert!(difference(&changed).contains("is missing"));
    let mut changed = bundle();
    changed.sources[0].document = SOURCE.replace("[MIT]", "[Apache]");
    assert!(difference(&changed).contains("condition 1"));
    let margin = forged(|r| r.conditions[0].margin = Some(5.into()));
    assert!(difference(&margin).contains("the margin"));
    let witness = forged(|r| r.conditions[0].left.as_mut().unwrap().model = "open-2".into());
    assert!(difference(&witness).contains("the row of the group"));
    let outcome =
        forged(|r| (r.outcome, r.resolved_on) = (Some(Outcome::No), "2027-01-01T00:00:00Z".parse().ok()));
    assert!(difference(&outcome).contains("the outcome needs that it fails"));
    let early = forged(|r| r.resolved_on = r.first_hit);
    assert!(difference(&early).contains("settled on"));
}
