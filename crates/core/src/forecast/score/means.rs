//! The geometric mean of what others say about the outcome, over time, and sums over it in logarithmic time.

use super::super::Interval;

/// Natural logarithms are summed as whole numbers of `2^-60`, so that taking one out again leaves no trace: the sum is
/// that of the standing forecasts alone, whatever came and went before.
const UNIT: f64 = (1_u64 << 60) as f64;

/// The geometric mean from one instant to the next one's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mean {
    /// Microseconds since 1970.
    pub(super) at: i64,
    /// How many stand; 0 where only one does, who has no peers.
    pub(super) n: usize,
    /// `ln` of the geometric mean.
    pub(super) ln: f64,
}

/// Geometric means of the forecasts that count, at every instant where one begins or ends and any stands.
///
/// Where an option could not be chosen when a standing forecast was made, the mean of the last option stands for it.
pub(super) fn geometric_means<K>(intervals: &[Interval<K>], outcome: usize) -> Vec<Mean> {
    let mut events = Vec::with_capacity(intervals.len() * 2);
    for interval in intervals.iter().filter(|i| i.counts) {
        let start = interval.start.timestamp_micros();
        let end = interval.end.map(|end| end.timestamp_micros());
        let of = |option: Option<&Option<f64>>| option.copied().flatten();
        let last = of(interval.p.last()).map_or(0, units);
        let own = of(interval.p.get(outcome)).map(units);
        let enters = end.is_none_or(|end| end > start);
        events.push((start, i64::from(enters), own, last));
        if let Some(end) = end {
            events.push((end, -i64::from(enters), own, last));
        }
    }
    events.sort_unstable_by_key(|e| e.0);
    let (mut n, mut without, mut own_sum, mut last_sum) = (0_i64, 0_i64, 0_i128, 0_i128);
    let mut out = Vec::with_capacity(events.len());
    for now in events.chunk_by(|a, b| a.0 == b.0) {
        for (_, sign, own, last) in now {
            n += sign;
            without += if own.is_none() { *sign } else { 0 };
            own_sum += i128::from(*sign) * own.unwrap_or(0);
            last_sum += i128::from(*sign) * last;
        }
        if n > 0 {
            let sum = if without > 0 { last_sum } else { own_sum };
            let count = usize::try_from(n).unwrap_or(0);
            let n = if count > 1 { count } else { 0 };
            out.push(Mean { at: now[0].0, n, ln: sum as f64 / UNIT / count as f64 });
        }
    }
    out
}

/// The logarithm in whole units.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a logarithm of a double is above -745 and far inside i128"
)]
fn units(p: f64) -> i128 {
    (p.max(f64::MIN_POSITIVE).ln() * UNIT) as i128
}

/// Steps of a reference line with running sums: what a constant forecast earns against it over any range of steps is
/// `ln p * weight - pull`, found by two searches.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    at: Vec<i64>,
    /// Sums before each step: of the weighted durations, of these times the logarithm, and of the bare durations.
    sums: Vec<(f64, f64, f64)>,
}

impl Line {
    /// Steps in the order of time, with their weight and logarithm; those before `open` count from there, those at or
    /// after `close` do not. A step lasts until the next one, even where meanwhile nobody stood.
    pub(super) fn new(steps: impl IntoIterator<Item = (i64, f64, f64)>, open: i64, close: i64) -> Self {
        let steps: Vec<_> =
            steps.into_iter().map(|(at, w, ln)| (at.max(open), w, ln)).filter(|s| s.0 < close).collect();
        let mut sums = Vec::with_capacity(steps.len() + 1);
        let (mut weight, mut pull, mut time) = (0.0, 0.0, 0.0);
        sums.push((weight, pull, time));
        for (i, (at, w, ln)) in steps.iter().enumerate() {
            let lasts = (steps.get(i + 1).map_or(close, |next| next.0) - at) as f64;
            weight += w * lasts;
            pull += w * lasts * ln;
            time += lasts;
            sums.push((weight, pull, time));
        }
        Self { at: steps.into_iter().map(|s| s.0).collect(), sums }
    }

    /// What a forecast of logarithm `ln` earns over the steps that begin in `[start, end)`, in units of time, and the
    /// time of those steps.
    pub(super) fn earned(&self, ln: f64, start: i64, end: i64) -> (f64, f64) {
        let from = self.sums[self.at.partition_point(|at| *at < start)];
        let to = self.sums[self.at.partition_point(|at| *at < end)];
        (ln * (to.0 - from.0) - (to.1 - from.1), to.2 - from.2)
    }

    /// The same for a forecast that begins and ends between steps, to the instant; a step still lasts until the next.
    pub(super) fn earned_exactly(&self, ln: f64, start: i64, end: i64) -> (f64, f64) {
        let until = |instant: i64| {
            let step = self.at.partition_point(|at| *at <= instant);
            let Some(at) = step.checked_sub(1).map(|last| self.at[last]) else { return (0.0, 0.0, 0.0) };
            let (before, after) = (self.sums[step - 1], self.sums[step]);
            let lasts = after.2 - before.2;
            let part = if lasts > 0.0 { ((instant - at) as f64 / lasts).min(1.0) } else { 0.0 };
            let between = |a: f64, b: f64| a + (b - a) * part;
            (between(before.0, after.0), between(before.1, after.1), between(before.2, after.2))
        };
        let (from, to) = (until(start), until(end));
        (ln * (to.0 - from.0) - (to.1 - from.1), to.2 - from.2)
    }
}
