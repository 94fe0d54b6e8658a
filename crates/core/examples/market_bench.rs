//! How many quotes a second on one core: `cargo run --release -p bellwether-core --example market_bench`.

use std::{error::Error, hint::black_box, time::Instant};

use bellwether_core::market::{Credits, Market, Order, Position, Shares, Side, Terms};

const QUOTES: u32 = 4_000_000;
const RUNS: usize = 7;

fn main() -> Result<(), Box<dyn Error>> {
    for options in [2, 5, 50] {
        let market = Market::open(Terms::uniform(Credits::whole(100)?, options)?);
        let first = Order::Buy { option: 0, side: Side::Yes, stake: Credits::whole(30)? };
        let market = market.after(&market.quote(&first, &Position::none(options))?)?;
        let mut held = Position::none(options);
        held.shares[0] = Shares::whole(40)?;
        // A stake of its own for each, so that nothing can be computed once for all.
        time(&format!("buy, {options} options"), |i| {
            let stake = Credits::from_micro(1_000_000 + i64::from(i % 50_000) * 1_000);
            market.quote(&Order::Buy { option: 1, side: Side::Yes, stake }, &held)
        });
        time(&format!("sell, {options} options"), |i| {
            let shares = Shares::from_micro(1_000_000 + i64::from(i % 30_000) * 1_000);
            market.quote(&Order::Sell { option: 0, side: Side::Yes, shares }, &held)
        });
        time(&format!("to a probability, {options} options"), |i| {
            let target = 0.6 + f64::from(i % 30_000) * 1e-5;
            market.quote(&Order::ToPrice { option: 0, target, budget: Credits::from_micro(1 << 40) }, &held)
        });
    }
    Ok(())
}

fn time<T>(what: &str, quote: impl Fn(u32) -> T) {
    let mut rates: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            for i in 0..QUOTES {
                black_box(quote(black_box(i)));
            }
            f64::from(QUOTES) / start.elapsed().as_secs_f64() / 1e6
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    let (low, middle, high) = (rates[0], rates[RUNS / 2], rates[RUNS - 1]);
    println!("{what}: {middle:.1} million quotes/s ({low:.1} to {high:.1}, n {RUNS})");
}
