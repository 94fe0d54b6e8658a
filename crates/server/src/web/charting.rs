//! From the engine's figures to drawings. What cannot be drawn is left out: the table beside it has the same figures.

use bellwether_charts::{
    Band, Caption, DistanceStrip, EvidenceMark, Line, Outcome as Settled, Palette, Point, ProbabilityChart,
    Resolution, Sense, ShareImage, Sparkline, Stream as ChartStream,
};
use bellwether_core::{rule::Verdict, status::Outcome, stream::Stream};
use bellwether_engine::{
    claims::{FeedCard, History, MarkKind},
    resolve::{ConditionRow, Side},
};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::{Decimal, prelude::ToPrimitive as _};

use super::{claim_view::Chart, figures, markdown, parts::Svg};

fn caption(id: &str, title: &str, desc: &str) -> Caption {
    Caption { id: id.to_owned(), title: title.to_owned(), desc: desc.to_owned() }
}

/// A claim's sparkline over the last quarter.
pub(super) fn spark(card: &FeedCard, now: DateTime<Utc>) -> Svg {
    let line = sparkline(&format!("spark-{}", card.slug), card.spark.clone(), now);
    Svg(line.draw(Palette::Page).unwrap_or_default())
}

/// The sparkline of one claim, from its history.
pub(super) fn spark_of(history: &History) -> Svg {
    let begin = history.at - TimeDelta::days(90);
    let points: Vec<_> = history
        .headline
        .iter()
        .filter_map(|p| Some((p.at.max(begin), p.p.get(history.leading)?.value())))
        .collect();
    Svg(sparkline("spark", points, history.at).draw(Palette::Page).unwrap_or_default())
}

fn sparkline(id: &str, points: Vec<(DateTime<Utc>, f64)>, now: DateTime<Utc>) -> Sparkline {
    let title = match (points.first(), points.last()) {
        (Some((_, first)), Some((_, last))) => {
            format!("From {} to {} in 90 days", figures::percent(first), figures::percent(last))
        }
        _ => "No value yet".to_owned(),
    };
    Sparkline {
        caption: caption(id, &title, ""),
        from: now - TimeDelta::days(90),
        to: now,
        points,
        least_span: 0.1,
    }
}

/// The range that the reader picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    Month,
    Quarter,
    Year,
    All,
}

impl Range {
    /// Reads `?range=`; what is not known shows all.
    pub(super) fn read(text: Option<&str>) -> Self {
        match text {
            Some("1m") => Self::Month,
            Some("3m") => Self::Quarter,
            Some("1y") => Self::Year,
            _ => Self::All,
        }
    }

    fn length(self) -> Option<TimeDelta> {
        match self {
            Self::Month => Some(TimeDelta::days(30)),
            Self::Quarter => Some(TimeDelta::days(91)),
            Self::Year => Some(TimeDelta::days(365)),
            Self::All => None,
        }
    }
}

/// The history of a claim as a chart to be drawn.
fn probability(history: &History, finding: &str, range: Range) -> ProbabilityChart {
    let at = history.settled.as_ref().map_or(history.at, |(settled, _)| *settled).min(history.at);
    let begin = history.headline.first().map_or(at, |p| p.at);
    let from = range.length().map_or(begin, |length| (at - length).max(begin));
    let from = if at - from < TimeDelta::days(1) { at - TimeDelta::days(1) } else { from };
    let until = at;
    // The deadline is shown when it does not squeeze the past into a corner.
    let ahead = history.deadline.min(at + (at - from) / 2);
    let to = if history.settled.is_none() { ahead.max(at) } else { at } + (at - from) / 50;
    let shown = history.leading;
    let points =
        |line: &[bellwether_engine::claims::Point], causes: bool| {
            line.iter()
                .filter_map(|p| {
                    let mark = history.marks.iter().find(|m| causes && m.at == p.at);
                    Some(Point {
                        at: p.at,
                        p: p.p.get(shown)?.value(),
                        band: p.spread.as_ref().filter(|s| s.n > 1).and_then(|s| {
                            Some(Band { low: *s.lower.get(shown)?, high: *s.upper.get(shown)? })
                        }),
                        cause: mark.map(|m| markdown::reason(&m.label)),
                    })
                })
                .collect::<Vec<_>>()
        };
    let only_evidence = history.streams.len() == 1;
    let name = if only_evidence { "Evidence" } else { "Probability" };
    let mut streams: Vec<ChartStream> = history
        .streams
        .iter()
        .filter(|_| !only_evidence)
        .map(|line| ChartStream {
            line: match &line.stream {
                Stream::Evidence => Line::Evidence,
                Stream::Crowd => Line::Crowd,
                Stream::Market => Line::Market,
                Stream::Trend => Line::Trend,
                Stream::Panel => Line::Panel,
                Stream::External(_) => Line::External,
            },
            name: line.stream.title().clone(),
            points: points(&line.points, false),
        })
        .collect();
    streams.push(ChartStream {
        line: Line::Headline,
        name: name.to_owned(),
        points: points(&history.headline, true),
    });
    let marks = history.marks.iter().filter(|m| matches!(m.kind, MarkKind::Up | MarkKind::Down));
    ProbabilityChart {
        caption: caption("chart", finding, "The same figures stand in the table of moves."),
        from,
        to,
        until,
        streams,
        evidence: marks.map(|m| EvidenceMark { at: m.at, points: m.points.value() }).collect(),
        deadline: Some(bellwether_charts::Deadline {
            at: history.deadline,
            label: figures::day(history.deadline),
        }),
        resolution: history.settled.as_ref().map(|(at, outcome)| Resolution {
            at: *at,
            outcome: match outcome {
                Outcome::Yes => Settled::Yes,
                Outcome::No => Settled::No,
                Outcome::Option(name) => Settled::Option(name.clone()),
            },
        }),
        criteria_changes: history
            .marks
            .iter()
            .filter(|m| m.kind == MarkKind::Criteria)
            .map(|m| m.at)
            .collect(),
        breaks: Vec::new(),
    }
}

/// The chart of a claim in its two drawings.
pub(super) fn chart(history: &History, finding: &str, range: Range, query: &str) -> Option<Chart> {
    let chart = probability(history, finding, range);
    let drawn = chart.draw(Palette::Page).ok()?;
    let hover = chart.hover().ok()?;
    let link = |key: &str| match (key, query) {
        ("", "") => format!("/claims/{}", history.slug),
        ("", at) => format!("/claims/{}?{at}", history.slug),
        (range, "") => format!("/claims/{}?range={range}", history.slug),
        (range, at) => format!("/claims/{}?range={range}&{at}", history.slug),
    };
    Some(Chart {
        finding: finding.to_owned(),
        broad: Svg(drawn.wide),
        narrow: Svg(drawn.narrow),
        points: format!(r#"[{{"name":"","unit":"%","hover":{}}}]"#, hover.json()),
        note: figures::day(history.at),
        table: format!("/claims/{}/moves", history.slug),
        csv: Some(format!("/claims/{}/export.csv", history.slug)),
        ranges: vec![
            ("1m", link("1m"), range == Range::Month),
            ("3m", link("3m"), range == Range::Quarter),
            ("1y", link("1y"), range == Range::Year),
            ("All", link(""), range == Range::All),
        ],
    })
}

/// The chart as a file of its own.
pub(super) fn chart_file(history: &History, finding: &str, range: Range, dark: bool) -> Option<String> {
    let palette = if dark { Palette::Dark } else { Palette::Light };
    Some(probability(history, finding, range).draw(palette).ok()?.wide)
}

/// The picture for shared links.
pub(super) fn share_png(
    title: &str,
    number: &str,
    moved: Option<(f64, u32)>,
    note: &str,
    history: &History,
) -> Option<Vec<u8>> {
    let points: Vec<_> =
        history.headline.iter().filter_map(|p| Some((p.at, p.p.get(history.leading)?.value()))).collect();
    let begin = points.first().map_or(history.at, |p| p.0);
    let mut line = sparkline("share", points, history.at);
    line.from = begin.min(history.at - TimeDelta::days(1));
    let image = ShareImage {
        title: title.to_owned(),
        number: number.to_owned(),
        movement: moved.map(|(pts, days)| match figures::pts(pts) {
            None => (None, format!("no change ({days} d)")),
            Some(size) => (Some(pts > 0.0), format!("{size} ({days} d)")),
        }),
        note: note.to_owned(),
        sparkline: line,
    };
    image.png().ok()
}

/// The distance strip of a condition: its value against the threshold.
pub(super) fn strip(row: &ConditionRow, id: &str) -> Svg {
    let float = |d: Decimal| d.to_f64().unwrap_or(0.0);
    let Some(threshold) = row.threshold.map(float) else { return Svg::default() };
    let (value, before) = (row.value.map(float), row.before.map(float));
    let seen = [value, before, row.largest.map(float)].into_iter().flatten();
    let (least, most) = seen.fold((threshold, threshold), |(l, m), v| (l.min(v), m.max(v)));
    let low = if row.other.is_some() { least.min(0.0) } else { least };
    let span = (most - low).max(1.0);
    let strip = DistanceStrip {
        caption: caption(id, &row.title, &row.sentence),
        track: (if row.other.is_some() { low } else { low - span * 0.1 }, most + span * 0.1),
        threshold,
        sense: match row.side {
            Side::AtMost => Sense::AtMost,
            Side::AtLeast => Sense::AtLeast,
        },
        value,
        holds: row.verdict == Verdict::Holds,
        before,
    };
    Svg(strip.draw(Palette::Page).unwrap_or_default())
}
