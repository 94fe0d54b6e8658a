//! The aggregate of a set of standing forecasts, computed afresh.

use chrono::{DateTime, Utc};

use super::{super::Interval, Aggregate, Method, standing::Standing};
use crate::options::Options;

/// The aggregate of standing forecasts, each as one probability per option, in the order of their starts (ties by id).
/// None where there are none.
pub fn now<'a>(
    options: &Options,
    standing: impl IntoIterator<Item = &'a [Option<f64>]>,
    method: Method,
) -> Option<Aggregate> {
    let mut all = Standing::new(*options == Options::YesNo, options.count());
    for (id, p) in (0_u32..).zip(standing) {
        all.push(id, p);
    }
    all.aggregate(method)
}

/// The aggregate of those of `intervals` that count and stand at an instant. The intervals come in the order of
/// [`super::super::intervals`].
pub fn at<K>(
    options: &Options,
    intervals: &[Interval<K>],
    instant: DateTime<Utc>,
    method: Method,
) -> Option<Aggregate> {
    let standing = intervals.iter().filter(|i| i.counts && i.stands_at(instant));
    now(options, standing.map(|i| i.p.as_slice()), method)
}
