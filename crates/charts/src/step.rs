//! Step lines: a value holds until the next one, a break shows no line, and no pixel column holds more than it can show.

use chrono::{DateTime, Utc};

use crate::{
    ChartError,
    canvas::{Px, SCALE, unit},
};

/// The most points a line takes; drawing one costs well under a millisecond per ten thousand.
const MOST_POINTS: usize = 2_000_000;

/// A time for which there is no trustworthy value: missing or held-back data. The line is interrupted, never joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// First instant without a value.
    pub from: DateTime<Utc>,
    /// First instant with a value again.
    pub to: DateTime<Utc>,
    /// Why, in a few words: "held back".
    pub reason: String,
}

/// A value that holds from an instant on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct At {
    pub(crate) at: DateTime<Utc>,
    pub(crate) value: f64,
}

/// Refuses what cannot be drawn: numbers that are none, disorder, masses.
pub(crate) fn check(series: &str, points: impl ExactSizeIterator<Item = At>) -> Result<(), ChartError> {
    if points.len() > MOST_POINTS {
        return Err(ChartError::TooMany { series: series.to_owned(), count: points.len(), max: MOST_POINTS });
    }
    let mut last = None;
    for (index, point) in points.enumerate() {
        if !point.value.is_finite() {
            return Err(ChartError::NotFinite { series: series.to_owned(), index });
        }
        if last.is_some_and(|l| point.at < l) {
            return Err(ChartError::Unsorted { series: series.to_owned(), index });
        }
        last = Some(point.at);
    }
    Ok(())
}

/// The value standing at an instant.
pub(crate) fn standing(points: &[At], at: DateTime<Utc>) -> Option<f64> {
    points[..points.partition_point(|p| p.at <= at)].last().map(|p| p.value)
}

/// The spans of `[from, until]` outside the breaks.
pub(crate) fn spans(
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    breaks: &[Break],
) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
    let mut sorted: Vec<_> = breaks.iter().filter(|b| b.from < b.to).collect();
    sorted.sort_by_key(|b| b.from);
    let mut out = Vec::new();
    let mut start = from;
    for b in sorted {
        if b.from > start && start < until {
            out.push((start, b.from.min(until)));
        }
        start = start.max(b.to);
    }
    if start < until {
        out.push((start, until));
    }
    out
}

/// The corners of the step line within a span, in pixels. `x` and `y` map to pixels.
pub(crate) fn corners(
    points: &[At],
    span: (DateTime<Utc>, DateTime<Utc>),
    x: impl Fn(DateTime<Utc>) -> f64,
    y: impl Fn(f64) -> f64,
) -> Vec<Px> {
    let first = points.partition_point(|p| p.at <= span.0).saturating_sub(1);
    let mut out: Vec<Px> = Vec::new();
    for point in points[first.min(points.len())..].iter().take_while(|p| p.at < span.1) {
        let (px, py) = (x(point.at.max(span.0)), y(point.value));
        if let Some(&(_, before)) = out.last() {
            out.push((px, before));
        }
        out.push((px, py));
    }
    if let Some(&(_, last)) = out.last() {
        out.push((x(span.1), last));
    }
    thin(&out)
}

/// Keeps of every pixel column the first, lowest, highest and last corner, in their order: what can be seen.
fn thin(corners: &[Px]) -> Vec<Px> {
    let column = |p: &Px| unit(p.0 / f64::from(SCALE));
    let mut out = Vec::with_capacity(corners.len().min(8192));
    for group in corners.chunk_by(|a, b| column(a) == column(b)) {
        if group.len() <= 4 {
            out.extend_from_slice(group);
            continue;
        }
        let by = |best: fn(f64, f64) -> bool| {
            group.iter().enumerate().fold(0, |kept, (i, p)| if best(p.1, group[kept].1) { i } else { kept })
        };
        let mut kept = [0, by(|a, b| a < b), by(|a, b| a > b), group.len() - 1];
        kept.sort_unstable();
        let x = group[0].0;
        out.extend(
            kept.iter()
                .enumerate()
                .filter(|(n, i)| *n == 0 || kept[n - 1] != **i)
                .map(|(_, i)| (x, group[*i].1)),
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn t(n: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(n)
    }

    fn pixels(points: &[At], from: i64, to: i64) -> Vec<Px> {
        corners(points, (t(from), t(to)), |at| (at - t(0)).num_milliseconds() as f64 / 1000.0, |v| v)
    }

    #[test]
    fn a_value_holds_until_the_next() {
        let points = [At { at: t(0), value: 1.0 }, At { at: t(4), value: 2.0 }];
        assert_eq!(pixels(&points, 0, 9), [(0.0, 1.0), (4.0, 1.0), (4.0, 2.0), (9.0, 2.0)]);
        assert_eq!(pixels(&points, 6, 9), [(6.0, 2.0), (9.0, 2.0)], "carried in from before the window");
        assert_eq!(pixels(&points, -5, -1), [], "nothing stood yet");
        assert_eq!(pixels(&[], 0, 9), []);
    }

    #[test]
    fn breaks_cut_the_line_even_when_they_overlap() {
        let b = |from, to| Break { from: t(from), to: t(to), reason: String::new() };
        assert_eq!(spans(t(0), t(10), &[b(4, 6), b(2, 5)]), [(t(0), t(2)), (t(6), t(10))]);
        assert_eq!(spans(t(0), t(10), &[b(-3, 20)]), []);
        assert_eq!(spans(t(0), t(10), &[b(7, 7)]), [(t(0), t(10))]);
    }

    #[test]
    fn thinning_keeps_the_extremes() {
        let points: Vec<_> = (0..50_000_i32)
            .map(|i| At { at: t(0) + TimeDelta::milliseconds(i64::from(i)), value: f64::from(i % 97) })
            .collect();
        let drawn = pixels(&points, 0, 50);
        assert!(drawn.len() < 500, "{}", drawn.len());
        let (low, high) = drawn.iter().fold((f64::MAX, f64::MIN), |(l, h), p| (l.min(p.1), h.max(p.1)));
        assert_eq!((low, high), (0.0, 96.0));
    }

    #[test]
    fn what_cannot_be_drawn_is_named() {
        let bad = check("crowd", [At { at: t(0), value: f64::NAN }].into_iter());
        assert_eq!(bad, Err(ChartError::NotFinite { series: "crowd".into(), index: 0 }));
        let bad = check("crowd", [At { at: t(1), value: 0.1 }, At { at: t(0), value: 0.1 }].into_iter());
        assert_eq!(bad, Err(ChartError::Unsorted { series: "crowd".into(), index: 1 }));
    }
}
