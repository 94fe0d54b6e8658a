//! The whole history of an aggregate: one entry for every instant where a forecast begins or ends.

use chrono::{DateTime, Utc};

use super::{
    super::{Interval, score::Question},
    Entry, Method,
    standing::Standing,
};
use crate::options::Options;

/// The time that a history covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Forecasts made before count from here; none: from when they were made.
    pub from: Option<DateTime<Utc>>,
    /// Forecasts that begin later are left out and later ends are not seen; none: no limit.
    pub until: Option<DateTime<Utc>>,
}

impl Question {
    /// From the opening to the actual close.
    pub fn span(&self) -> Span {
        Span { from: Some(self.open), until: self.actual_close }
    }
}

/// The history from the opening to the actual close, whole and exact.
pub fn history<K>(question: &Question, intervals: &[Interval<K>], method: Method) -> Vec<Entry> {
    history_over(&question.options, question.span(), intervals, method)
}

/// The history over a span. Forecasts that do not count are left out; ties in start keep their order.
///
/// Where nobody stands any more the last entry ends and no new one begins. The geometric mean, which peer scores are
/// made of, is different: it knows no opening, and its entries last until the next one.
pub fn history_over<K>(
    options: &Options,
    span: Span,
    intervals: &[Interval<K>],
    method: Method,
) -> Vec<Entry> {
    let mut out: Vec<Entry> = Vec::with_capacity(intervals.len());
    let geometric = method == Method::GeometricMean;
    let span = if geometric { Span { from: None, ..span } } else { span };
    let until = if geometric { None } else { span.until };
    sweep(options, span, until, intervals, |at, standing| {
        let found = standing.aggregate(method);
        if let Some(last) =
            out.last_mut().filter(|last| last.end.is_none() && (found.is_some() || !geometric))
        {
            last.end = Some(at);
        }
        if let Some(aggregate) = found {
            out.push(Entry { start: at, end: None, aggregate });
        }
    });
    out
}

/// Weights by hundredths of yes at the end of a history, bins 0 to 99 with something in them; empty where nobody stands
/// at the end.
pub fn histogram<K>(
    options: &Options,
    span: Span,
    intervals: &[Interval<K>],
    method: Method,
) -> Vec<(usize, f64)> {
    let mut bins = Vec::new();
    let mut last = None;
    sweep(options, span, span.until, intervals, |at, _| last = Some(at));
    sweep(options, span, span.until, intervals, |at, standing| {
        if Some(at) == last {
            bins = standing.histogram(method);
        }
    });
    bins.into_iter().enumerate().filter(|(_, weight)| *weight > 0.0).collect()
}

/// Calls `each` with the standing forecasts at every instant where one begins or ends, in the order of time. Ends later
/// than `ends_until` are not seen.
fn sweep<K>(
    options: &Options,
    span: Span,
    ends_until: Option<DateTime<Utc>>,
    intervals: &[Interval<K>],
    mut each: impl FnMut(DateTime<Utc>, &Standing),
) {
    let micros = |t: DateTime<Utc>| t.timestamp_micros();
    let from = span.from.map_or(i64::MIN, micros);
    let until = span.until.map_or(i64::MAX, micros);
    let ends_until = ends_until.map_or(i64::MAX, micros);
    let mut kept: Vec<(i64, i64, &Interval<K>)> = intervals
        .iter()
        .filter(|i| i.counts)
        .map(|i| (micros(i.start), i.end.map_or(i64::MAX, micros), i))
        .filter(|(start, end, _)| *start <= until && *end > from)
        .collect();
    kept.sort_by_key(|k| k.0);
    // (time, id, begins); at one instant ends come first, so that an update never stands twice.
    let mut events: Vec<(i64, bool, u32)> = Vec::with_capacity(kept.len() * 2);
    for (id, (start, end, _)) in (0_u32..).zip(&kept) {
        events.push((*start.max(&from), true, id));
        if *end <= ends_until && *end < i64::MAX {
            events.push((*end, false, id));
        }
    }
    events.sort_unstable();
    let mut standing = Standing::new(*options == Options::YesNo, options.count());
    for now in events.chunk_by(|a, b| a.0 == b.0) {
        let at = now[0].0;
        // An update is an end and a beginning at one instant.
        if let [(_, false, ends), (_, true, begins)] = now
            && kept[*begins as usize].1 > at
        {
            standing.replace(*ends, *begins, &kept[*begins as usize].2.p);
        } else {
            for (_, begins, id) in now {
                let (_, end, interval) = kept[*id as usize];
                if !begins {
                    standing.remove(*id);
                } else if end > at {
                    standing.push(*id, &interval.p);
                }
            }
        }
        each(DateTime::from_timestamp_micros(at).unwrap_or_default(), &standing);
    }
}
