//! `bellwether aggregate` and `bellwether score` against vectors that the field's own code answered, and on bad files.

use std::{fs, path::PathBuf, process::Output};

use assert_cmd::cargo::cargo_bin_cmd;
use serde_json::{Value, json};

fn run(args: &[&str], input: &str) -> Output {
    cargo_bin_cmd!("bellwether").args(args).write_stdin(input).output().expect("it runs")
}

fn answer(args: &[&str], input: &str) -> Value {
    let output = run(args, input);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {stderr}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Numbers within the tolerance, everything else equal; `want` may leave fields out.
fn check(got: &Value, want: &Value, tolerance: &Value, what: &str) {
    match want {
        Value::Object(fields) => {
            for (name, want) in fields {
                check(&got[name], want, tolerance, &format!("{what}.{name}"));
            }
        }
        Value::Array(items) => {
            assert_eq!(got.as_array().map(Vec::len), Some(items.len()), "{what}: {got}");
            for (i, want) in items.iter().enumerate() {
                check(&got[i], want, tolerance, &format!("{what}[{i}]"));
            }
        }
        Value::Number(_) if want.is_f64() => {
            let (got, want) =
                (got.as_f64().unwrap_or_else(|| panic!("{what}: {got}")), want.as_f64().expect("one"));
            let of = |name: &str| tolerance[name].as_f64().expect("a tolerance");
            assert!((got - want).abs() <= of("abs") + of("rel") * want.abs(), "{what}: {got}, not {want}");
        }
        _ => assert_eq!(got, want, "{what}"),
    }
}

#[test]
fn the_vectors_come_out() {
    let Some(folder) = std::env::var_os("BELLWETHER_CORPUS") else {
        println!("SKIPPED: BELLWETHER_CORPUS is not set");
        return;
    };
    let path = PathBuf::from(folder).join("oracle/metaculus_public.json");
    let all: Value = serde_json::from_str(&fs::read_to_string(path).expect("it reads")).expect("JSON");
    let (mut histories, mut scored) = (0, 0);
    for case in all["cases"].as_array().expect("cases") {
        let (id, tolerance) = (case["id"].as_str().expect("an id"), &case["tolerance"]);
        match case["kind"].as_str() {
            Some("scoring") => {
                let got = answer(&["score", "-", "--json"], &case.to_string());
                let want = &case["expected"];
                check(&got, want, tolerance, id);
                let empty = serde_json::Map::new();
                for (kind, want) in want["scores"].as_object().unwrap_or(&empty) {
                    let users = |v: &Value| v["users"].as_object().map(serde_json::Map::len);
                    assert_eq!(users(&got["scores"][kind]), users(want), "{id} {kind}");
                }
                scored += 1;
            }
            Some("aggregation") if case["expected"].get("single_aggregation").is_none() => {
                // The bare input is read as well as the whole case.
                let got = answer(&["aggregate", "-", "--json"], &case["input"].to_string());
                for (method, want) in case["expected"].as_object().expect("methods") {
                    let got = &got[method];
                    assert_eq!(got["n_entries"], want["n_entries"], "{id} {method}");
                    assert_eq!(got["entries"].as_array().map(|e| e.len() as u64), want["n_entries"].as_u64());
                    for want in want["entries"].as_array().expect("entries") {
                        let index =
                            usize::try_from(want["index"].as_u64().expect("an index")).expect("small");
                        let got = &got["entries"][index];
                        check(got, want, tolerance, &format!("{id} {method} {index}"));
                        let fields = |v: &Value| v.as_object().map(serde_json::Map::len);
                        assert_eq!(fields(got), fields(want), "{id} {method} {index}: {got}");
                    }
                }
                histories += 1;
            }
            _ => {}
        }
    }
    assert!(histories > 10 && scored > 10, "{histories} histories, {scored} scored");
    println!("{histories} histories and {scored} scored questions agree");
}

#[test]
fn a_spreadsheet_says_the_same_as_json() {
    let csv = "user,start,end,p\nada,2024-01-01,,0.7\nbob,2024-01-11,,40e-2\nada,2024-02-01,,\n";
    let times = ["--open", "2024-01-01", "--close", "2024-04-10", "--resolution", "yes"];
    let got = answer(&[&["score", "-", "--json"], &times[..]].concat(), csv);
    let question =
        json!({ "open": "2024-01-01", "scheduled_close": "2024-04-10T00:00:00Z", "resolution": "yes" });
    let forecasts = json!([
        { "user": "ada", "start": 1_704_067_200, "end": "2024-02-01", "p": 0.7 },
        { "user": "bob", "start": "1704931200", "end": null, "p": 0.4 },
    ]);
    let whole = json!({ "question": question, "forecasts": forecasts }).to_string();
    assert_eq!(got, answer(&["score", "-", "--json"], &whole));
    assert!(
        got["scores"]["brier"]["users"]["ada"][0].as_f64().is_some_and(|b| (b - 0.09).abs() < 1e-12),
        "{got}"
    );
    let named = "user,start,end,A,B,C\n1,2024-01-01,,0.5,0.3,0.2\n2,2024-01-02,2024-01-05,0.1,0.1,0.8\n";
    let got = answer(&["aggregate", "-", "--json", "--method", "mean"], named);
    assert_eq!(got["mean"]["n_entries"], 3);
    assert_eq!(got["mean"]["entries"][1]["forecaster_count"], 2);
    let table = run(&["aggregate", "-"], csv);
    let table = String::from_utf8_lossy(&table.stdout).into_owned();
    assert!(table.contains("Recency-weighted median, 3 entries") && table.contains("70.0%"), "{table}");
    let table = run(&[&["score", "-"], &times[..]].concat(), csv);
    let table = String::from_utf8_lossy(&table.stdout).into_owned();
    assert!(table.contains("0.0900 (31%)"), "{table}");
}

#[test]
fn bad_files_are_named_in_one_line() {
    let question = json!({ "open": 0, "scheduled_close": 100, "resolution": "yes" });
    let with = |question: &Value, forecast: Value| {
        json!({ "question": question, "forecasts": [forecast] }).to_string()
    };
    let good = json!({ "user": 1, "start": 1, "end": null, "p": 0.5 });
    let set = |at: &str, to: Value| {
        let mut question = question.clone();
        question[at] = to;
        with(&question, good.clone())
    };
    let cases: Vec<(String, &str, i32)> = vec![
        (with(&question, json!({ "user": 1, "start": 1, "p": 1.5 })), "forecasts[0].p", 1),
        (with(&question, json!({ "user": 1, "start": 1, "p": "x" })), "forecasts[0]", 1),
        (with(&question, json!({ "user": 1, "p": 0.5 })), "forecasts[0].start", 1),
        (with(&question, json!({ "start": 1, "p": 0.5 })), "forecasts[0].user", 1),
        (with(&question, json!({ "user": 1, "start": 1, "end": "soon", "p": 0.5 })), "forecasts[0].end", 1),
        (with(&question, json!({ "user": 1, "start": 1e300, "p": 0.5 })), "forecasts[0].start", 1),
        (with(&question, json!({ "user": 1, "start": 1, "probs": [0.5, 0.5] })), "forecasts[0].p", 1),
        (set("resolution", json!("maybe")), "question.resolution", 1),
        (set("resolution", Value::Null), "question.resolution", 1),
        (set("open", Value::Null), "question.open", 1),
        (set("scheduled_close", json!(0)), "question.scheduled_close", 1),
        (set("type", json!("numeric")), "question.type", 1),
        (set("options", json!(["A"])), "question.options", 1),
        ("{".to_owned(), "JSON", 1),
        ("[]".to_owned(), "JSON", 1),
        ("{}".to_owned(), "question", 1),
        (String::new(), "--close", 2),
        ("user,start,end,p\n1,2024-01-01,,0.5\n".to_owned(), "--close", 2),
    ];
    for (input, names, code) in cases {
        let output = run(&["score", "-"], &input);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{input}: {stderr}");
        assert!(stderr.contains(names) && stderr.trim().lines().count() == 1, "{input}: {stderr}");
    }
    for (input, names) in [
        ("user,start,end,p\n1,2024-01-01,,half\n", "row 2: p"),
        ("user,start,end,p\n1,2024-01-01,,2\n", "forecasts[0].p"),
        ("user,p\n1,0.5\n", "column `start`"),
        ("user,start,end\n1,2024-01-01,\n", "header"),
        ("user,start,end,p\n", "no row"),
        ("user,start,end,p\n1,2\n", "row 2"),
        ("", "column `user`"),
    ] {
        let output = run(&["aggregate", "-"], input);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{input}: {stderr}");
        assert!(stderr.contains(names) && stderr.trim().lines().count() == 1, "{input}: {stderr}");
    }
    let named =
        json!({ "question": question, "forecasts": [], "methods": ["single_aggregation"] }).to_string();
    let output = run(&["aggregate", "-"], &named);
    assert!(String::from_utf8_lossy(&output.stderr).contains("single_aggregation"));
    assert_eq!(run(&["aggregate", "-", "--method", "best"], &named).status.code(), Some(2));
    assert_eq!(run(&["score", "/nowhere.json"], "").status.code(), Some(2));
}
