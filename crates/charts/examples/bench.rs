//! How long drawing takes: `cargo run --release -p bellwether-charts --example bench`.

use std::{error::Error, time::Instant};

use bellwether_charts::Palette;

#[path = "../tests/it/sample.rs"]
#[expect(dead_code, reason = "only some of the samples are timed")]
mod sample;

fn main() -> Result<(), Box<dyn Error>> {
    let chart = sample::thousand();
    let image = sample::share_images().remove(0);
    let first = Instant::now();
    chart.draw(Palette::Page)?;
    println!("1,000 points with a band, both drawings, first in the process: {:.2?}", first.elapsed());
    let mut times = Vec::new();
    for _ in 0..200 {
        let start = Instant::now();
        std::hint::black_box(chart.draw(Palette::Page)?);
        times.push(start.elapsed());
    }
    times.sort();
    println!("the same again, median of 200: {:.2?}, worst {:.2?}", times[100], times[199]);
    for name in ["first, with the fonts", "again"] {
        let start = Instant::now();
        std::hint::black_box(image.png()?);
        println!("share image, {name}: {:.2?}", start.elapsed());
    }
    Ok(())
}
