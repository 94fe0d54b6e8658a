//! `verify` on a filled data folder and on the file it gives away: exit 0, or 1 and the first difference.

use std::{path::Path, sync::Arc};

use assert_cmd::cargo::cargo_bin_cmd;
use bellwether_core::{actor::Actor, document::ClaimDocument, ids::ResolutionId};
use bellwether_engine::{Engine, claims::NewClaim, clock::FixedClock, ingest::Answer, verify::Bundle};
use bellwether_sources::Snapshot;
use bellwether_store::{Db, Location, Opener};
use chrono::TimeDelta;

const SOURCE: &str = "id: board
title: A board
url: https://example.org/board.csv
licence: CC0-1.0
attribution: nobody
schedule: 0 6 * * *
format: csv
tables:
  - benchmark: test
    title: Test
    unit: percent
    key: model
    fields: { model: model, score: score }
";

const CLAIM: &str = "title: Some model scores at least 75
window: { by: Q1 2027 }
criteria: Yes if any model scores at least 75.
rule: { score: { benchmark: board/test, of: any, at_least: 75 } }
";

/// Fills a folder with a claim that was settled; its resolution and its bundle.
async fn settled(folder: &Path) -> (ResolutionId, Bundle) {
    let db = Db::open(&Location::Folder(folder.to_owned()), Opener::Tool).await.expect("a database");
    let clock = Arc::new(FixedClock::new("2026-04-06T12:00:00Z".parse().expect("an instant")));
    let engine = Engine::new(db.clone(), clock.clone());
    let actor = Actor::Operator;
    let source = engine.save_source(&actor, SOURCE, None).await.expect("a source");
    let document = ClaimDocument::from_yaml(CLAIM).expect("a claim");
    let claim = engine.create_claim(&actor, NewClaim { document, publish: true }).await.expect("made").id;
    for day in 0..12 {
        clock.advance(TimeDelta::days(1));
        let score = if day < 2 { "71.5" } else { "76.0" };
        let bytes = Snapshot::file(format!("model,score\nalpha,{score}\nbeta,68.0\n"));
        engine.ingest(&actor, Answer::file(source.clone(), engine.now(), bytes)).await.expect("taken in");
        engine.settle_due().await.expect("settled");
    }
    let (resolution, _) = engine.proof(claim).await.expect("a proof").resolution.expect("an outcome");
    let bundle = engine.proof_bundle(resolution.id).await.expect("a bundle");
    db.close().await;
    (resolution.id, bundle)
}

fn verify(arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = cargo_bin_cmd!("bellwether");
    let out = command.arg("verify").args(arguments).env_remove("BELLWETHER_DATA").output().expect("it runs");
    let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    (out.status.code(), text)
}

#[test]
fn r9_an_outcome_is_verified_from_the_folder_and_from_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (id, bundle) = runtime.block_on(settled(&data));
    let data = data.to_string_lossy().into_owned();
    let (code, said) = verify(&[&id.to_string(), "--data", &data]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("alpha is the best listed model on Test with 76"), "{said}");
    assert!(said.ends_with("Verified: the outcome follows from the stored bytes.\n"), "{said}");

    let file = folder.path().join("proof.json");
    let write = |text: &str| std::fs::write(&file, text).expect("written");
    let path = file.to_string_lossy().into_owned();
    let honest = serde_json::to_string(&bundle).expect("JSON");
    write(&honest);
    assert_eq!(verify(&[&path]).0, Some(0));
    for (from, to, says) in [
        ("alpha,76.0", "alpha,77.0", "hashes to"),
        ("Yes if any model", "Yes if some model", "the claim document hashes"),
        ("\"criteria_n\":1", "\"criteria_n\":2", "the chain says"),
    ] {
        assert!(honest.contains(from), "{from}");
        write(&honest.replace(from, to));
        let (code, said) = verify(&[&path]);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.starts_with("Not verified: ") && said.contains(says), "{said}");
    }
    let (code, said) = verify(&[&path, "--json"]);
    let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!((code, &said["verified"]), (Some(1), &serde_json::Value::Bool(false)));
    let (code, said) = verify(&["0198c5f2-7d1e-7c3a-9a51-6b1f0c2d3e4f", "--data", &data]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("no such resolution"), "{said}");
}
