//! Axes whose ticks fall where people read them: on whole days, months and years; on round scores.

use std::ops::Range;

use chrono::{DateTime, Datelike as _, Months, NaiveDate, TimeDelta, Timelike as _, Utc};
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use crate::{ChartError, text};

/// The longest axis, in days.
const LONGEST: i64 = 200 * 366;

/// A labelled tick.
type Ticks<T> = Vec<(T, String)>;

/// A time axis from `from` to `to`.
#[derive(Clone, Debug)]
pub(crate) struct TimeAxis {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    ticks: Ticks<DateTime<Utc>>,
}

#[derive(Clone, Copy)]
enum Step {
    Minutes(u32),
    Days(u32),
    Months(u32),
}

impl Step {
    const ALL: [Self; 20] = [
        Self::Minutes(1),
        Self::Minutes(5),
        Self::Minutes(15),
        Self::Minutes(60),
        Self::Minutes(180),
        Self::Minutes(360),
        Self::Minutes(720),
        Self::Days(1),
        Self::Days(2),
        Self::Days(5),
        Self::Days(10),
        Self::Months(1),
        Self::Months(2),
        Self::Months(3),
        Self::Months(6),
        Self::Months(12),
        Self::Months(24),
        Self::Months(60),
        Self::Months(120),
        Self::Months(360),
    ];

    fn seconds(self) -> f64 {
        match self {
            Self::Minutes(n) => f64::from(n) * 60.0,
            Self::Days(n) => f64::from(n) * 86_400.0,
            Self::Months(n) => f64::from(n) * 30.44 * 86_400.0,
        }
    }

    /// Pixels that a label and the space after it need.
    fn room(self) -> f64 {
        match self {
            Self::Minutes(_) => 70.0,
            Self::Days(_) => 62.0,
            Self::Months(_) => 58.0,
        }
    }

    /// The last tick at or before `at`.
    fn floor(self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let day = at.date_naive();
        match self {
            Self::Minutes(n) => {
                let minute = at.hour() * 60 + at.minute();
                Some(start(day) + TimeDelta::minutes(i64::from(minute - minute % n)))
            }
            // Counted within the month, so that the first of a month is always a tick.
            Self::Days(n) => day.with_day(day.day0() - day.day0() % n + 1).map(start),
            Self::Months(n) => {
                let months = i64::from(day.year()) * 12 + i64::from(day.month0());
                let months = months - months.rem_euclid(i64::from(n));
                NaiveDate::from_ymd_opt(
                    i32::try_from(months.div_euclid(12)).ok()?,
                    u32::try_from(months.rem_euclid(12)).ok()? + 1,
                    1,
                )
                .map(start)
            }
        }
    }

    fn next(self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Minutes(n) => at.checked_add_signed(TimeDelta::minutes(i64::from(n))),
            Self::Days(n) => {
                let next = at.checked_add_signed(TimeDelta::days(i64::from(n)))?;
                let first = start(next.date_naive().with_day(1)?);
                // The last ticks of a month would crowd the first of the next.
                let left = at.checked_add_months(Months::new(1)).and_then(|m| m.with_day(1))? - next;
                if next.month() != at.month() {
                    Some(first)
                } else if left < TimeDelta::days(i64::from(n.div_ceil(2))) {
                    at.checked_add_months(Months::new(1))?.with_day(1)
                } else {
                    Some(next)
                }
            }
            Self::Months(n) => at.checked_add_months(Months::new(n)),
        }
    }

    fn label(self, at: DateTime<Utc>, previous: Option<DateTime<Utc>>) -> String {
        let new_year = previous.is_none_or(|p| p.year() != at.year());
        let new_day = previous.is_none_or(|p| p.date_naive() != at.date_naive());
        let form = match self {
            Self::Minutes(_) if new_day => "%-d %b",
            Self::Minutes(_) => "%H:%M",
            Self::Days(_) if new_year => "%-d %b %Y",
            Self::Days(_) => "%-d %b",
            Self::Months(n) if n >= 12 => "%Y",
            Self::Months(_) if new_year => "%b %Y",
            Self::Months(_) => "%b",
        };
        at.format(form).to_string()
    }
}

fn start(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(chrono::NaiveTime::MIN).and_utc()
}

impl TimeAxis {
    /// An axis that will be `px` CSS pixels long.
    pub(crate) fn new(from: DateTime<Utc>, to: DateTime<Utc>, px: f64) -> Result<Self, ChartError> {
        if from >= to {
            return Err(ChartError::EmptyWindow { from, to });
        }
        let span = to - from;
        if span.num_days() > LONGEST {
            return Err(ChartError::WindowTooLong);
        }
        let per_pixel = seconds(span) / px.max(1.0);
        let step =
            Step::ALL.into_iter().find(|s| s.seconds() / per_pixel >= s.room()).unwrap_or(Step::Months(360));
        let mut ticks: Ticks<DateTime<Utc>> = Vec::new();
        let mut at = step.floor(from);
        while let Some(tick) = at.filter(|t| *t <= to) {
            if tick >= from {
                let label = step.label(tick, ticks.last().map(|(t, _)| *t));
                ticks.push((tick, label));
            }
            at = step.next(tick).filter(|next| *next > tick);
        }
        Ok(Self { from, to, ticks })
    }

    /// Where an instant stands, from 0 at the left to 1 at the right end.
    pub(crate) fn fraction(&self, at: DateTime<Utc>) -> f64 {
        seconds(at - self.from) / seconds(self.to - self.from)
    }
}

fn seconds(span: TimeDelta) -> f64 {
    span.num_milliseconds() as f64 / 1000.0
}

impl Ranged for TimeAxis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = DateTime<Utc>;

    fn map(&self, at: &Self::ValueType, limit: (i32, i32)) -> i32 {
        place(self.fraction(*at), limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<Self::ValueType> {
        self.ticks.iter().map(|(at, _)| *at).collect()
    }

    fn range(&self) -> Range<Self::ValueType> {
        self.from..self.to
    }
}

impl ValueFormatter<DateTime<Utc>> for TimeAxis {
    fn format_ext(&self, at: &DateTime<Utc>) -> String {
        self.ticks.iter().find(|(t, _)| t == at).map(|(_, label)| label.clone()).unwrap_or_default()
    }
}

/// An axis of numbers with ticks at given places.
#[derive(Clone, Debug)]
pub(crate) struct ValueAxis {
    low: f64,
    high: f64,
    ticks: Ticks<f64>,
}

impl ValueAxis {
    /// 0 % to 100 % in quarters.
    pub(crate) fn probability() -> Self {
        let ticks = [0.0, 0.25, 0.5, 0.75, 1.0].map(|p| (p, format!("{:.0}%", p * 100.0))).to_vec();
        Self { low: 0.0, high: 1.0, ticks }
    }

    /// Four or five round lines around the values from `low` to `high`; both finite.
    pub(crate) fn scores(low: f64, high: f64) -> Self {
        let (low, high) = if high - low < 1e-9 { (low - 1.0, high + 1.0) } else { (low, high) };
        let rough = (high - low) / 4.0;
        let magnitude = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0]
            .into_iter()
            .map(|m| m * magnitude)
            .find(|s| *s >= rough * 0.999)
            .unwrap_or(magnitude * 10.0);
        let first = (low / step).floor();
        let last = (high / step).ceil();
        let (mut ticks, mut n) = (Vec::new(), first);
        while n <= last && ticks.len() < 12 {
            ticks.push((n * step, text::score(n * step, text::decimals(step))));
            n += 1.0;
        }
        Self { low: first * step, high: last * step, ticks }
    }

    /// The value at the foot of the axis.
    pub(crate) fn low(&self) -> f64 {
        self.low
    }

    /// The width of the widest label, in CSS pixels.
    pub(crate) fn label_width(&self) -> f64 {
        self.ticks.iter().map(|(_, label)| text::width(label, crate::canvas::TEXT, false)).fold(0.0, f64::max)
    }
}

impl Ranged for ValueAxis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        place((value - self.low) / (self.high - self.low), limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.iter().map(|(value, _)| *value).collect()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for ValueAxis {
    fn format_ext(&self, value: &f64) -> String {
        self.ticks
            .iter()
            .find(|(t, _)| (t - value).abs() < 1e-9)
            .map(|(_, label)| label.clone())
            .unwrap_or_default()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to the drawing first")]
fn place(fraction: f64, limit: (i32, i32)) -> i32 {
    let (a, b) = (f64::from(limit.0), f64::from(limit.1));
    (a + (b - a) * fraction.clamp(-1.0, 2.0)).round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> DateTime<Utc> {
        start(text.parse().unwrap())
    }

    fn labels(from: DateTime<Utc>, to: DateTime<Utc>, px: f64) -> Vec<String> {
        TimeAxis::new(from, to, px).unwrap().ticks.into_iter().map(|(_, l)| l).collect()
    }

    #[test]
    fn ticks_fall_on_whole_months_and_the_first_names_the_year() {
        assert_eq!(
            labels(day("2025-10-12"), day("2026-04-06"), 560.0),
            ["Nov 2025", "Dec", "Jan 2026", "Feb", "Mar", "Apr"]
        );
        assert_eq!(labels(day("2026-03-07"), day("2026-04-06"), 360.0), ["11 Mar 2026", "21 Mar", "1 Apr"]);
        let hours = labels(day("2026-04-06"), day("2026-04-06") + TimeDelta::hours(20), 400.0);
        assert_eq!(hours, ["6 Apr", "06:00", "12:00", "18:00"]);
    }

    #[test]
    fn any_window_has_few_ticks_and_an_empty_one_is_refused() {
        for minutes in [1_i64, 7, 90, 1500, 20_000, 500_000, 5_000_000, 90_000_000] {
            let ticks = labels(day("2024-01-31"), day("2024-01-31") + TimeDelta::minutes(minutes), 500.0);
            assert!(ticks.len() <= 12, "{minutes} minutes: {ticks:?}");
        }
        assert!(matches!(
            TimeAxis::new(day("2026-01-02"), day("2026-01-01"), 9.0),
            Err(ChartError::EmptyWindow { .. })
        ));
        assert!(TimeAxis::new(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, 9.0).is_err());
    }

    #[test]
    fn score_axes_are_round_and_enclose_the_values() {
        let axis = ValueAxis::scores(61.3, 87.7);
        let shown: Vec<_> = axis.ticks.iter().map(|(_, l)| l.as_str()).collect();
        assert_eq!(shown, ["60", "70", "80", "90"]);
        let flat = ValueAxis::scores(50.0, 50.0);
        assert!(flat.low < 50.0 && flat.high > 50.0);
    }
}
