//! Aggregation, scoring and calibration against vectors that the field's own code answered.

use std::{fs, path::PathBuf};

use bellwether_core::forecast::{
    Interval, Scorer,
    aggregate::{Entry, Method, histogram, history_over},
    calibration::Told,
    file::{ForecastFile, Outcome},
    score::{self, ScoreKind},
};
use chrono::DateTime;
use serde_json::Value;

/// A file of the vectors; none, and a word about it, where there is no corpus.
fn corpus(name: &str) -> Option<Value> {
    let Some(folder) = std::env::var_os("BELLWETHER_CORPUS") else {
        println!("SKIPPED: BELLWETHER_CORPUS is not set");
        return None;
    };
    let path = PathBuf::from(folder).join("oracle").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    Some(serde_json::from_str(&text).expect("JSON"))
}

struct Tolerance {
    abs: f64,
    rel: f64,
}

impl Tolerance {
    fn of(case: &Value) -> Self {
        let of = |name: &str| case["tolerance"][name].as_f64().expect("a tolerance");
        Self { abs: of("abs"), rel: of("rel") }
    }

    fn check(&self, got: Option<f64>, want: &Value, what: &str) {
        match (got, want.as_f64()) {
            (None, None) => {}
            (Some(got), Some(want)) => {
                assert!((got - want).abs() <= self.abs + self.rel * want.abs(), "{what}: {got}, not {want}");
            }
            (got, want) => panic!("{what}: {got:?}, not {want:?}"),
        }
    }
}

fn cases(kind: &str) -> Vec<Value> {
    let Some(file) = corpus("metaculus_public.json") else { return Vec::new() };
    let all = file["cases"].as_array().expect("cases").clone();
    let of_kind: Vec<_> = all.into_iter().filter(|c| c["kind"] == kind).collect();
    assert!(!of_kind.is_empty(), "there are cases of {kind}");
    of_kind
}

fn id(case: &Value) -> &str {
    case["id"].as_str().expect("an id")
}

fn read(case: &Value) -> ForecastFile {
    ForecastFile::from_json(&case.to_string()).unwrap_or_else(|e| panic!("{}: {e}", id(case)))
}

/// The vectors have no before yes.
fn in_their_order(p: &[Option<f64>], file: &ForecastFile) -> Vec<Option<f64>> {
    let mut p = p.to_vec();
    if file.question.options == bellwether_core::options::Options::YesNo {
        p.reverse();
    }
    p
}

fn check_entry(entry: &Entry, want: &Value, file: &ForecastFile, tolerance: &Tolerance, what: &str) {
    let seconds = |t: DateTime<_>| t.timestamp_micros() as f64 / 1e6;
    let _: DateTime<chrono::Utc> = entry.start;
    tolerance.check(Some(seconds(entry.start)), &want["start"], &format!("{what}: start"));
    if want.get("end").is_some() {
        tolerance.check(entry.end.map(seconds), &want["end"], &format!("{what}: end"));
    }
    assert_eq!(Some(entry.aggregate.n as u64), want["forecaster_count"].as_u64(), "{what}: n");
    for (name, got) in [
        ("values", &entry.aggregate.centers),
        ("centers", &entry.aggregate.centers),
        ("lower", &entry.aggregate.lower),
        ("upper", &entry.aggregate.upper),
        ("means", &entry.aggregate.means),
    ] {
        let Some(want) = want.get(name).and_then(Value::as_array) else { continue };
        let got = in_their_order(got, file);
        assert_eq!(got.len(), want.len(), "{what}: {name}");
        for (got, want) in got.iter().zip(want) {
            tolerance.check(*got, want, &format!("{what}: {name}"));
        }
    }
}

#[test]
fn aggregation() {
    let mut checked = 0;
    for case in cases("aggregation") {
        let (file, tolerance) = (read(&case), Tolerance::of(&case));
        for (method, want) in case["expected"].as_object().expect("methods") {
            // Weighting by reputation is not offered.
            let Ok(method) = method.parse::<Method>() else { continue };
            let what = format!("{} {method}", id(&case));
            let span = file.span(chrono::DateTime::UNIX_EPOCH);
            let entries = history_over(&file.question.options, span, &file.forecasts, method);
            assert_eq!(Some(entries.len() as u64), want["n_entries"].as_u64(), "{what}");
            for want in want["entries"].as_array().expect("entries") {
                let index = usize::try_from(want["index"].as_u64().expect("an index")).expect("small");
                check_entry(&entries[index], want, &file, &tolerance, &format!("{what} {index}"));
                if let Some(want) = want.get("histogram_sparse").and_then(Value::as_object) {
                    let got = histogram(&file.question.options, span, &file.forecasts, method);
                    assert_eq!(got.len(), want.len(), "{what}: histogram");
                    for (bin, weight) in got {
                        tolerance.check(Some(weight), &want[&bin.to_string()], &format!("{what}: bin {bin}"));
                    }
                }
            }
            checked += 1;
        }
    }
    println!("{checked} histories agree");
}

fn as_intervals(entries: Vec<Entry>) -> Vec<Interval<()>> {
    entries
        .into_iter()
        .map(|e| Interval {
            forecaster: (),
            start: e.start,
            end: e.end,
            p: e.aggregate.centers,
            counts: true,
        })
        .collect()
}

#[test]
fn scoring() {
    let mut checked = 0;
    for case in cases("scoring") {
        let (file, tolerance, expected) = (read(&case), Tolerance::of(&case), &case["expected"]);
        let Outcome::Option(outcome) = file.outcome else {
            assert_eq!(expected["scored"], false, "{}", id(&case));
            assert_eq!(file.outcome, Outcome::Void);
            checked += 1;
            continue;
        };
        let scored = score::score(&file.question, &file.forecasts, outcome, &ScoreKind::ALL);
        let scorer = Scorer::new(&file.question, &file.forecasts, outcome, &ScoreKind::ALL);
        for (kind, want) in expected["scores"].as_object().expect("scores") {
            let kind: ScoreKind = kind.parse().expect("a score");
            let users = want["users"].as_object().expect("users");
            let got: Vec<_> = scored.iter().filter_map(|(u, s)| Some((u, s.get(&kind)?))).collect();
            let what = format!("{} {kind}", id(&case));
            assert_eq!(got.len(), users.len(), "{what}: {got:?}");
            for (user, got) in got {
                tolerance.check(Some(got.value), &users[user][0], &format!("{what} {user}"));
                tolerance.check(Some(got.coverage), &users[user][1], &format!("{what} {user}: coverage"));
            }
            for (method, want) in want["aggregations"].as_object().expect("aggregations") {
                let method = method.parse().expect("a method");
                let line = as_intervals(bellwether_core::forecast::aggregate::history(
                    &file.question,
                    &file.forecasts,
                    method,
                ));
                let got = scorer.series(&line).get(&kind).copied();
                tolerance.check(Some(got.map_or(0.0, |s| s.value)), &want[0], &format!("{what} {method}"));
                tolerance.check(Some(got.map_or(0.0, |s| s.coverage)), &want[1], &format!("{what} {method}"));
            }
        }
        checked += 1;
    }
    println!("{checked} questions agree");
}

#[test]
fn calibration() {
    for case in cases("calibration") {
        let (input, tolerance) = (&case["input"], Tolerance::of(&case));
        let seconds = |v: &Value| v.as_f64().expect("a time");
        let told = input["forecasts"].as_array().expect("forecasts").iter().map(|f| {
            let question = &input["questions"][f["question"].to_string()];
            let (open, close) = (seconds(&question["open"]), seconds(&question["actual_close"]));
            let end = f["end"].as_f64().map_or(close, |end| end.min(close));
            Told {
                claim: f["question"].to_string(),
                p: f["p"].as_f64().expect("a number"),
                weight: (end - seconds(&f["start"]).max(open)) / (close - open),
                came_true: question["resolution"] == "yes",
            }
        });
        let bins = bellwether_core::forecast::calibration::calibration(told);
        let want = case["expected"]["bins"].as_array().expect("bins");
        assert_eq!(bins.len(), want.len());
        for (bin, want) in bins.iter().zip(want) {
            let what = format!("{} {}", id(&case), bin.lower);
            for (name, got) in [
                ("bin_lower", Some(bin.lower)),
                ("bin_upper", Some(bin.upper)),
                ("average_resolution", bin.came_true),
                ("lower_confidence_interval", Some(bin.raw_band.low)),
                ("perfect_calibration", Some(bin.raw_band.middle)),
                ("upper_confidence_interval", Some(bin.raw_band.high)),
            ] {
                tolerance.check(got, &want[name], &format!("{what}: {name}"));
            }
            assert!(bin.effective <= bin.claims as f64 + 1e-9 && bin.claims <= bin.forecasts, "{what}");
        }
    }
}
