//! How long whole histories and peer scores take on `oracle/metaculus_bench_input.json` of the corpus, and whether they
//! come out right.
//!
//! `BELLWETHER_CORPUS=DIR cargo run --release -p bellwether-core --example forecast_bench -- 21`

use std::{env, fs, path::PathBuf, time::Instant};

use bellwether_core::forecast::{
    ScoreKind, Scores,
    aggregate::{Entry, Method, history},
    file::ForecastFile,
    score::score,
};
use serde_json::{Value, json};

fn main() {
    let runs: usize = env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(21);
    let Some(folder) = env::var_os("BELLWETHER_CORPUS") else {
        println!("SKIPPED: BELLWETHER_CORPUS is not set");
        return;
    };
    let path = PathBuf::from(folder).join("oracle/metaculus_bench_input.json");
    let input: Value = serde_json::from_str(&fs::read_to_string(path).expect("the file")).expect("JSON");
    let question = json!({
        "open": input["open"], "scheduled_close": input["close"], "actual_close": input["close"], "resolution": "yes",
    });
    let file = |forecasts: &str| {
        let text = json!({ "question": question, "forecasts": input[forecasts] }).to_string();
        ForecastFile::from_json(&text).expect("it reads")
    };
    let crowd = file("aggregation");
    for method in [Method::RecencyWeighted, Method::Unweighted] {
        let (entries, times) = timed(runs, || history(&crowd.question, &crowd.forecasts, method));
        let checked = check_history(&entries, &input["expected"][method.as_str()]);
        let what =
            format!("{method} history of {} forecasts, {} entries", crowd.forecasts.len(), entries.len());
        report(&what, &times, checked);
    }
    for name in ["peer_1", "peer_3"] {
        let users = file(name);
        // One series per forecast, as the expected scores are; and one per user, as they are kept.
        let mut each = users.clone();
        for (i, forecast) in each.forecasts.iter_mut().enumerate() {
            forecast.forecaster = format!("{i:06}");
        }
        let scores = score(&each.question, &each.forecasts, 0, &[ScoreKind::Peer]);
        let checked = check_scores(&scores.into_values().collect::<Vec<_>>(), &input["expected"][name]);
        let (_, times) = timed(runs, || score(&users.question, &users.forecasts, 0, &[ScoreKind::Peer]));
        report(&format!("peer scores of {} forecasts", users.forecasts.len()), &times, checked);
    }
}

/// Milliseconds of the processor beside those of the clock, which other work on the machine stretches.
struct Times {
    cpu: Vec<f64>,
    clock: Vec<f64>,
}

fn timed<T>(runs: usize, work: impl Fn() -> T) -> (T, Times) {
    let mut out = work();
    let mut times = Times { cpu: Vec::new(), clock: Vec::new() };
    for _ in 0..runs {
        let (begun, cpu) = (Instant::now(), on_cpu());
        let made = std::hint::black_box(work());
        times.clock.push(begun.elapsed().as_secs_f64() * 1e3);
        times.cpu.extend(on_cpu().zip(cpu).map(|(after, before)| after - before));
        out = made;
    }
    times.cpu.sort_by(f64::total_cmp);
    times.clock.sort_by(f64::total_cmp);
    (out, times)
}

/// Milliseconds this thread has run, where the system tells (Linux).
fn on_cpu() -> Option<f64> {
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(told.split(' ').next()?.parse::<f64>().ok()? / 1e6)
}

fn report(what: &str, times: &Times, checked: usize) {
    let shown = |name: &str, t: &[f64]| match t {
        [] => format!("{name} unknown"),
        [least, .., most] => {
            format!("{name} median {:.2} ms ({least:.2} to {most:.2}, n {})", t[t.len() / 2], t.len())
        }
        [one] => format!("{name} {one:.2} ms"),
    };
    println!(
        "{what}: {}; {}; {checked} numbers agree",
        shown("CPU", &times.cpu),
        shown("clock", &times.clock)
    );
}

fn agree(got: f64, want: &Value) -> usize {
    let want = want.as_f64().expect("a number");
    assert!((got - want).abs() <= 1e-8 + 1e-8 * want.abs(), "{got}, not {want}");
    1
}

fn check_history(entries: &[Entry], expected: &Value) -> usize {
    let mut checked = 0;
    for want in expected.as_array().expect("entries") {
        let index = usize::try_from(want["index"].as_u64().expect("an index")).expect("small");
        let all = &entries[index].aggregate;
        assert_eq!(Some(all.n as u64), want["forecaster_count"].as_u64());
        for (name, got) in
            [("values", &all.centers), ("lower", &all.lower), ("upper", &all.upper), ("means", &all.means)]
        {
            // They have no before yes.
            for (got, want) in got.iter().rev().zip(want[name].as_array().expect("two")) {
                checked += agree(got.expect("a number"), want);
            }
        }
    }
    checked
}

fn check_scores(scores: &[Scores], expected: &Value) -> usize {
    let expected = expected.as_array().expect("scores");
    assert_eq!(scores.len(), expected.len());
    let mut checked = 0;
    for (got, want) in scores.iter().zip(expected) {
        let got = got[&ScoreKind::Peer];
        checked += agree(got.value, &want[1]) + agree(got.coverage, &want[2]);
    }
    checked
}
