//! `backtest`, `lint` and `verify` from outside.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

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
title: Open within 25 Elo of closed on the board
start: { p: 0.5, basis: no view }
window: { by: 2025-02-01 }
criteria: see the rule
rule: { gap: { benchmark: board/text, of: open, to: closed, within: 25, unit: elo } }
";

fn bellwether(arguments: &[&str]) -> (i32, String, String) {
    let out =
        Command::cargo_bin("bellwether").expect("the binary").args(arguments).output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (out.status.code().unwrap_or(-1), text(out.stdout), text(out.stderr))
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder"));
        folder.write("board.yaml", SOURCE);
        folder.write("claim.yaml", CLAIM);
        std::fs::create_dir(folder.path("files")).expect("a folder");
        let rows = |open: u32| format!("model,score,licence\na,{open},MIT\nb,1320,Proprietary\n");
        folder.write("files/2025-01-01.csv", &rows(1200));
        folder.write("files/2025-01-10.csv", &rows(1295));
        folder.write("files/2025-01-20.csv", &rows(1250));
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("written");
    }

    fn name(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }
}

#[test]
fn a_back_test_answers_in_words_and_in_json() {
    let folder = Folder::new();
    let pair = format!("{}={}", folder.name("board.yaml"), folder.name("files"));
    let (code, out, _) = bellwether(&["backtest", &folder.name("claim.yaml"), "--snapshots", &pair]);
    assert_eq!(code, 0);
    assert!(out.contains("YES") && out.contains("2025-01-17"), "{out}");
    // The claim may stand last, after an option that takes several values.
    let (code, out, _) =
        bellwether(&["backtest", "--json", "--snapshots", &pair, &folder.name("claim.yaml")]);
    assert_eq!(code, 0);
    let report: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(
        (&report["outcome"], &report["first_hit"], &report["resolved_on"], &report["stale"]),
        (&"yes".into(), &"2025-01-10".into(), &"2025-01-17".into(), &false.into())
    );
    let margins: Vec<_> =
        report["steps"].as_array().expect("steps").iter().map(|s| s["margin"].as_f64()).collect();
    assert_eq!(margins, [Some(-95.0), Some(0.0), Some(-45.0)]);
}

#[test]
fn b53_mistakes_in_the_call_exit_with_2_and_say_what_to_do() {
    let folder = Folder::new();
    let claim = folder.name("claim.yaml");
    let pair = format!("{}={}", folder.name("board.yaml"), folder.name("files"));
    folder.write("binary.yaml", "");
    std::fs::write(folder.path("binary.yaml"), [0xff, 0xfe, 0x00, 0x80]).expect("written");
    for arguments in [
        vec!["backtest", "nowhere.yaml", "--snapshots", &pair],
        vec!["backtest", &folder.name("files"), "--snapshots", &pair],
        vec!["backtest", &folder.name("binary.yaml"), "--snapshots", &pair],
        vec!["backtest", &claim, "--snapshots", "board.yaml"],
        vec!["backtest", &claim, "--snapshots", "nobody=/nowhere"],
        vec!["backtest", &claim],
        vec!["lint"],
        vec!["lint", "nowhere.yaml"],
        vec!["verify", "nowhere.json"],
        vec!["verify", "0198c5f2-7d1e-7c3a-9a51-6b1f0c2d3e4f", "--data", "/nowhere/at/all"],
        vec!["verify", "0198c5f2-7d1e-7c3a-9a51-6b1f0c2d3e4f"],
    ] {
        let (code, out, err) = bellwether(&arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {err}");
        assert!(!err.trim().is_empty(), "{arguments:?}");
    }
    // A document that reads but is wrong is a failure.
    folder.write("other.yaml", &CLAIM.replace("board/text", "board/vision"));
    let (code, _, err) = bellwether(&["backtest", &folder.name("other.yaml"), "--snapshots", &pair]);
    assert!(code == 1 && err.contains("it has text"), "{err}");
    folder.write("broken.yaml", &CLAIM.replace("within", "withn"));
    let (code, _, err) = bellwether(&["backtest", &folder.name("broken.yaml"), "--snapshots", &pair]);
    assert!(code == 1 && err.contains("withn"), "{err}");
}

#[test]
fn lint_tells_errors_from_warnings() {
    let folder = Folder::new();
    let source = folder.name("board.yaml");
    folder.write("future.yaml", &CLAIM.replace("2025-02-01", "2199-01-01"));
    folder.write("good.yaml", &CLAIM.replace("2025-02-01", "Q1 2060"));
    folder
        .write("warned.yaml", &CLAIM.replace("2025-02-01", "Q1 2060").replace("within 25 Elo", "within 2%"));
    let run = |name: &str| bellwether(&["lint", &folder.name(name), "--source", &source]);
    assert_eq!(run("claim.yaml").0, 1);
    assert_eq!(run("future.yaml").0, 1);
    let (code, out, _) = run("good.yaml");
    assert!(code == 0 && out.contains("nothing to mend"), "{out}");
    let (code, out, _) = run("warned.yaml");
    assert!(code == 0 && out.contains("warning [ambiguous_percent]"), "{out}");
    let (code, out, _) = bellwether(&["lint", &folder.name("claim.yaml"), "--source", &source, "--json"]);
    let found: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &found[0]["code"]), (1, &"window_past".into()));
}

#[test]
fn the_worked_claims_come_out_of_the_command_as_known() {
    let Some(corpus) = std::env::var_os("BELLWETHER_CORPUS") else {
        println!("SKIPPED: BELLWETHER_CORPUS is not set");
        return;
    };
    let boards = Path::new(&corpus).join("leaderboards");
    let examples = boards.join("examples");
    let text = std::fs::read(examples.join("expected.json")).expect("expected.json");
    let expected: Value = serde_json::from_slice(&text).expect("JSON");
    for (name, answer) in expected["claims"].as_object().expect("claims") {
        let list = |key: &str| -> Vec<String> {
            let all = answer[key].as_array().expect("a list");
            all.iter().map(|v| v.as_str().expect("text").to_owned()).collect()
        };
        let mut arguments = vec!["backtest".to_owned(), "--json".to_owned()];
        arguments.push(examples.join(format!("claims/{name}.yaml")).display().to_string());
        arguments.push("--snapshots".to_owned());
        for id in list("sources") {
            let dir = expected["folders"][&id]["dir"].as_str().expect("a folder");
            let document = examples.join(format!("sources/{id}.yaml"));
            arguments.push(format!("{}={}", document.display(), boards.join(dir).display()));
        }
        for file in list("registry") {
            arguments.extend(["--registry".to_owned(), boards.join(file).display().to_string()]);
        }
        let (code, out, err) = bellwether(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(code, 0, "{name}: {err}");
        let ours: Value = serde_json::from_str(&out).expect("JSON");
        for key in ["outcome", "stale", "first_hit", "resolved_on", "event_date"] {
            assert_eq!(ours[key], answer[key], "{name}: {key}");
        }
        let verdicts = |v: &Value| -> Vec<(Value, Value)> {
            let steps = v["steps"].as_array().expect("steps");
            steps.iter().map(|s| (s["observed_at"].clone(), s["verdict"].clone())).collect()
        };
        assert_eq!(verdicts(&ours), verdicts(answer), "{name}");
    }
}
