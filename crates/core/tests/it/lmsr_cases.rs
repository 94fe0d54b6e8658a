//! The market maker against figures computed with 80 digits: every `oracle/lmsr_*.json` of the corpus.

use std::{collections::BTreeMap, fs, path::PathBuf};

use bellwether_core::market::lmsr::{Lmsr, Side, liquidity_for, loss_bounds, payout, worst_loss};
use serde_json::{Map, Value, json};

#[test]
fn the_market_maker_agrees_with_eighty_digits() {
    let Some(corpus) = std::env::var_os("BELLWETHER_CORPUS") else {
        println!("SKIPPED: BELLWETHER_CORPUS is not set");
        return;
    };
    let mut files: Vec<PathBuf> = fs::read_dir(PathBuf::from(corpus).join("oracle"))
        .expect("the corpus has a folder `oracle`")
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|p| {
            let name = p.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("lmsr_") && name.ends_with(".json")
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "the corpus has no lmsr_*.json");
    let mut cases = 0;
    for file in files {
        let text = fs::read_to_string(&file).expect("readable");
        let set: Value = serde_json::from_str(&text).expect("JSON");
        for case in set["cases"].as_array().expect("cases") {
            let id = case["id"].as_str().expect("id");
            let got = answer(case["kind"].as_str().expect("kind"), &case["input"]);
            let tolerance = case["tol_rel"].as_f64().expect("tol_rel");
            agree(id, &got, &case["expected"], tolerance);
            cases += 1;
        }
    }
    println!("{cases} cases agree");
}

/// What the market maker says, in the shape of the case's `expected`.
fn answer(kind: &str, input: &Value) -> Value {
    match kind {
        "price" => json!({
            "prices": maker(input).prices(),
            "cost_function": maker(input).cost_function(),
        }),
        "buy_stake" | "buy_no_stake" => bought(kind, input),
        "cost" => {
            let (market, delta) = (maker(input), numbers(&input["delta"]));
            let after = market.q().iter().zip(&delta).map(|(q, d)| q + d).collect();
            let after = Lmsr::new(market.b(), after).expect("a market");
            json!({
                "cost": market.cost(&delta),
                "prices_before": market.prices(), "prices_after": after.prices(),
            })
        }
        "sell" => {
            let (market, option, shares) = (maker(input), outcome(input), number(&input["shares"]));
            json!({
                "proceeds": -market.cost_of(option, Side::Yes, -shares),
                "prices_before": market.prices(),
                "prices_after": market.after(option, Side::Yes, -shares).prices(),
            })
        }
        "to_prob" => {
            let step = maker(input).to_price(outcome(input), number(&input["target"]));
            json!({ "side": step.side.word().to_uppercase(), "shares": step.shares, "stake": step.stake })
        }
        "subsidy_bound" => {
            let (b, opening) = (number(&input["b"]), opening(input));
            json!({
                "loss_if_outcome_wins": loss_bounds(b, &opening),
                "worst_case_loss": worst_loss(b, &opening),
                "b_for_100_points_subsidy": liquidity_for(100.0, &opening),
            })
        }
        "sequence" => sequence(input),
        "payout" => paid_out(input),
        other => panic!("no such kind of case: {other}"),
    }
}

fn bought(kind: &str, input: &Value) -> Value {
    let (market, option, stake) = (maker(input), outcome(input), number(&input["stake"]));
    let (side, word) = if kind == "buy_stake" { (Side::Yes, "shares") } else { (Side::No, "no_shares") };
    let shares = market.shares_for(option, side, stake);
    let average = if stake == 0.0 { market.price(option).seen(side).of } else { stake / shares };
    json!({
        word: shares, "avg_price": average,
        "prices_before": market.prices(), "prices_after": market.after(option, side, shares).prices(),
    })
}

fn sequence(input: &Value) -> Value {
    let start = opened(input);
    let (mut market, mut paid, mut steps) = (start.clone(), 0.0, Vec::new());
    for op in input["ops"].as_array().expect("ops") {
        let option = outcome(op);
        let step = match op["op"].as_str().expect("op") {
            "sell" => {
                let shares = number(&op["shares"]);
                let proceeds = -market.cost_of(option, Side::Yes, -shares);
                market = market.after(option, Side::Yes, -shares);
                paid -= proceeds;
                ("proceeds", proceeds)
            }
            word => {
                let stake = number(&op["stake"]);
                let (side, key) = if word == "buy" { (Side::Yes, "shares") } else { (Side::No, "no_shares") };
                let shares = market.shares_for(option, side, stake);
                market = market.after(option, side, shares);
                paid += stake;
                (key, shares)
            }
        };
        steps.push(json!({ step.0: step.1, "prices": market.prices() }));
    }
    let shares: Vec<f64> = market.q().iter().zip(start.q()).map(|(now, then)| now - then).collect();
    json!({
        "final_prices": market.prices(), "net_paid_by_traders": paid,
        "cost_function_difference": market.cost_function() - start.cost_function(),
        "outstanding_shares": shares,
        "house_pnl_by_winner": shares.iter().map(|s| paid - s).collect::<Vec<f64>>(),
        "worst_case_loss_bound": worst_loss(start.b(), &opening(input)), "steps": steps,
    })
}

fn paid_out(input: &Value) -> Value {
    let mut market = opened(input);
    let n = market.q().len();
    let mut users: BTreeMap<&str, (Vec<f64>, f64)> = BTreeMap::new();
    for op in input["ops"].as_array().expect("ops") {
        let option = outcome(op);
        let user = users.entry(op["user"].as_str().expect("user")).or_insert((vec![0.0; n], 0.0));
        let (shares, cash) = if op["op"] == "buy" {
            let stake = number(&op["stake"]);
            (market.shares_for(option, Side::Yes, stake), stake)
        } else {
            let shares = -user.0[option];
            (shares, market.cost_of(option, Side::Yes, shares))
        };
        market = market.after(option, Side::Yes, shares);
        user.0[option] += shares;
        user.1 += cash;
    }
    let how = &input["resolution"];
    let weights = match how["kind"].as_str().expect("kind") {
        "winner" => Some((0..n).map(|i| if i == outcome(how) { 1.0 } else { 0.0 }).collect()),
        "partial" => Some(numbers(&how["weights"])),
        _ => None,
    };
    let (mut total_paid, mut total_out) = (0.0, 0.0);
    let mut lines = Map::new();
    for (user, (shares, net)) in users {
        let out = weights.as_ref().map_or(net, |w: &Vec<f64>| payout(&shares, w));
        total_paid += net;
        total_out += out;
        let line = json!({ "shares": shares, "net_paid": net, "payout": out, "profit": out - net });
        lines.insert(user.to_owned(), line);
    }
    json!({
        "final_prices": market.prices(), "users": lines,
        "total_net_paid": total_paid, "total_payout": total_out, "house_pnl": total_paid - total_out,
        "worst_case_loss_bound": worst_loss(market.b(), &opening(input)),
    })
}

/// `|got - want| <= tolerance * max(|want|, 1e-9)` for every number expected; words and lengths are equal.
fn agree(at: &str, got: &Value, want: &Value, tolerance: f64) {
    match want {
        Value::Object(fields) => {
            for (key, want) in fields {
                agree(&format!("{at}.{key}"), &got[key], want, tolerance);
            }
        }
        Value::Array(items) => {
            assert_eq!(got.as_array().map(Vec::len), Some(items.len()), "{at}");
            for (i, want) in items.iter().enumerate() {
                agree(&format!("{at}[{i}]"), &got[i], want, tolerance);
            }
        }
        Value::Number(_) => {
            let (got, want) = (got.as_f64().unwrap_or(f64::NAN), number(want));
            let off = (got - want).abs();
            assert!(off <= tolerance * want.abs().max(1e-9), "{at}: got {got:e}, want {want:e}, off {off:e}");
        }
        other => assert_eq!(got, other, "{at}"),
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("a number, not {value}"))
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(number).collect()
}

fn outcome(value: &Value) -> usize {
    usize::try_from(value["outcome"].as_u64().expect("outcome")).expect("small")
}

fn opening(input: &Value) -> Vec<f64> {
    if input["prior"].is_array() {
        return numbers(&input["prior"]);
    }
    let n = usize::try_from(input["n"].as_u64().expect("n")).expect("small");
    vec![1.0 / n as f64; n]
}

/// The market of a case that states its shares.
fn maker(input: &Value) -> Lmsr {
    Lmsr::new(number(&input["b"]), numbers(&input["q"])).expect("a market")
}

/// The market of a case that states how it opens.
fn opened(input: &Value) -> Lmsr {
    let b = number(&input["b"]);
    if input["prior"].is_array() {
        Lmsr::opened(b, &opening(input)).expect("a market")
    } else {
        Lmsr::uniform(b, opening(input).len()).expect("a market")
    }
}
