//! Charts to look at and to test with.

use bellwether_charts::{
    Band, Best, Break, Caption, Curve, Deadline, DistanceStrip, EvidenceMark, FrontierChart, GapMeasure,
    LagMeasure, Line, Outcome, Point, ProbabilityChart, Resolution, Sense, ShareImage, Side, Sparkline,
    Stream,
};
use bellwether_core::benchmark::Unit;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

pub(crate) fn day(text: &str) -> DateTime<Utc> {
    text.parse::<NaiveDate>().expect("a date").and_hms_opt(0, 0, 0).expect("midnight").and_utc()
}

pub(crate) fn caption(id: &str, title: &str) -> Caption {
    Caption { id: id.to_owned(), title: title.to_owned(), desc: "Figures made for looking at.".to_owned() }
}

/// `n` values a fixed time apart that wander, the same ones every time.
pub(crate) fn walk(
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    n: usize,
    seed: u64,
    start: f64,
) -> Vec<(DateTime<Utc>, f64)> {
    let mut state = seed;
    let mut value: f64 = start;
    (0..n)
        .map(|i| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let noise = (state >> 33) as f64 / f64::from(1_u32 << 31) - 0.48;
            value = (value + noise * 1.6 / (n as f64).sqrt()).clamp(0.03, 0.97);
            let at = from
                + (to - from) / i32::try_from(n).expect("a small count")
                    * i32::try_from(i).expect("a small count");
            (at, value)
        })
        .collect()
}

pub(crate) fn stream(line: Line, name: &str, values: Vec<(DateTime<Utc>, f64)>, band: Option<f64>) -> Stream {
    let points = values
        .into_iter()
        .map(|(at, p)| Point {
            at,
            p,
            band: band.map(|b| Band { low: (p - b).max(0.0), high: (p + b * 0.8).min(1.0) }),
            cause: None,
        })
        .collect();
    Stream { line, name: name.to_owned(), points }
}

pub(crate) fn empty_probability(id: &str) -> ProbabilityChart {
    ProbabilityChart {
        caption: caption(id, "Nothing is known yet."),
        from: day("2025-10-01"),
        to: day("2026-04-06"),
        until: day("2026-04-06"),
        streams: vec![],
        evidence: vec![],
        deadline: None,
        resolution: None,
        criteria_changes: vec![],
        breaks: vec![],
    }
}

pub(crate) fn thousand() -> ProbabilityChart {
    let (from, to) = (day("2025-04-06"), day("2026-04-06"));
    ProbabilityChart {
        caption: caption("k", "74%, from a thousand updates."),
        from,
        to,
        until: to,
        streams: vec![stream(Line::Headline, "Crowd", walk(from, to, 1000, 7, 0.5), Some(0.11))],
        ..empty_probability("k")
    }
}

pub(crate) fn probability_charts() -> Vec<(&'static str, ProbabilityChart)> {
    let (from, to) = (day("2025-10-01"), day("2026-04-06"));
    let lead = ProbabilityChart {
        caption: caption("lead", "75%, up 3 points this week."),
        streams: vec![
            stream(Line::Trend, "Trend", walk(from, to, 30, 3, 0.35), None),
            stream(Line::Crowd, "Crowd", walk(from, to, 90, 5, 0.6), Some(0.09)),
            stream(Line::Market, "Market", walk(from, to, 60, 15, 0.62), None),
            stream(Line::Panel, "Roundtable", walk(from, to, 6, 21, 0.45), None),
            stream(Line::Headline, "Evidence", walk(from, to, 18, 11, 0.5), None),
        ],
        evidence: [
            ("2025-10-20", 3.6),
            ("2025-10-24", 1.0),
            ("2025-10-22", 6.0),
            ("2025-11-20", -8.0),
            ("2025-12-24", 12.0),
            ("2026-01-10", -1.5),
            ("2026-01-12", -2.0),
            ("2026-02-10", 25.0),
            ("2026-03-01", -6.0),
            ("2026-03-12", 3.6),
        ]
        .map(|(at, points)| EvidenceMark { at: day(at), points })
        .to_vec(),
        criteria_changes: vec![day("2026-01-30")],
        ..empty_probability("lead")
    };
    let far = ProbabilityChart {
        caption: caption("far", "75%, the deadline is a year away."),
        to: day("2027-05-01"),
        deadline: Some(Deadline { at: day("2027-04-01"), label: "by Q1 2027".to_owned() }),
        streams: vec![stream(Line::Headline, "Evidence", walk(from, to, 18, 11, 0.5), None)],
        evidence: vec![],
        ..lead.clone()
    };
    let settled = ProbabilityChart {
        caption: caption("settled", "Settled Yes on 31 Jul 2024."),
        from: day("2024-01-10"),
        to: day("2024-08-07"),
        until: day("2024-07-31"),
        streams: vec![stream(
            Line::Headline,
            "Evidence",
            walk(day("2024-01-10"), day("2024-07-31"), 12, 4, 0.5),
            None,
        )],
        evidence: vec![
            EvidenceMark { at: day("2024-05-13"), points: -12.0 },
            EvidenceMark { at: day("2024-07-24"), points: 25.0 },
        ],
        resolution: Some(Resolution { at: day("2024-07-31"), outcome: Outcome::Yes }),
        breaks: vec![Break {
            from: day("2024-03-05"),
            to: day("2024-04-18"),
            reason: "held back".to_owned(),
        }],
        ..empty_probability("settled")
    };
    let settled_no = ProbabilityChart {
        caption: caption("no", "Settled No on 30 Jun 2024."),
        until: day("2024-06-30"),
        to: day("2024-07-05"),
        resolution: Some(Resolution { at: day("2024-06-30"), outcome: Outcome::No }),
        deadline: Some(Deadline { at: day("2024-06-30"), label: "30 Jun 2024".to_owned() }),
        breaks: vec![Break {
            from: day("2024-03-05"),
            to: day("2024-03-08"),
            reason: "held back".to_owned(),
        }],
        ..settled.clone()
    };
    let hours = ProbabilityChart {
        caption: caption("hours", "55%, an hour old."),
        from: day("2026-04-06"),
        to: day("2026-04-06") + TimeDelta::minutes(75),
        until: day("2026-04-06") + TimeDelta::minutes(75),
        streams: vec![stream(
            Line::Headline,
            "Evidence",
            vec![(day("2026-04-06"), 0.5), (day("2026-04-06") + TimeDelta::minutes(40), 0.55)],
            None,
        )],
        ..empty_probability("hours")
    };
    vec![
        ("five views", lead),
        ("far deadline", far),
        ("settled Yes, held back", settled),
        ("settled No", settled_no),
        ("an hour old", hours),
        ("1,000 points with a band", thousand()),
        ("empty", empty_probability("empty")),
    ]
}

fn bests(list: &[(&str, f64, &str)]) -> Vec<Best> {
    list.iter()
        .map(|(at, score, model)| Best { at: day(at), score: *score, model: (*model).to_owned() })
        .collect()
}

pub(crate) fn frontier_charts() -> Vec<(&'static str, FrontierChart)> {
    let gpqa = FrontierChart {
        caption: caption("gpqa", "Open models are 10.7 points behind closed ones on GPQA diamond."),
        from: day("2023-07-01"),
        to: day("2025-09-08"),
        until: day("2025-09-08"),
        unit: Unit::Percent,
        curves: vec![
            Curve {
                side: Side::Open,
                name: "Open".to_owned(),
                bests: bests(&[
                    ("2023-07-18", 26.3, "Llama-2-70b"),
                    ("2024-04-18", 39.5, "Llama-3-70b"),
                    ("2024-07-23", 50.7, "Llama-3.1-405B"),
                    ("2024-12-26", 56.5, "DeepSeek-V3"),
                    ("2025-01-20", 71.5, "DeepSeek-R1"),
                    ("2025-05-28", 76.3, "DeepSeek-R1-0528"),
                ]),
            },
            Curve {
                side: Side::Closed,
                name: "Closed".to_owned(),
                bests: bests(&[
                    ("2023-07-01", 35.7, "gpt-4-0314"),
                    ("2024-03-04", 50.4, "claude-3-opus"),
                    ("2024-06-20", 59.4, "claude-3-5-sonnet"),
                    ("2024-12-17", 77.3, "o1"),
                    ("2025-01-31", 79.7, "o3-mini"),
                    ("2025-03-25", 84.0, "gemini-2.5-pro"),
                    ("2025-07-09", 87.0, "grok-4-0709"),
                ]),
            },
        ],
        gap: Some(GapMeasure { label: "gap 10.7 pp".to_owned() }),
        lag: Some(LagMeasure {
            from: day("2024-12-17"),
            to: day("2025-05-28"),
            score: 76.3,
            label: "162 days".to_owned(),
        }),
        breaks: vec![],
        events: vec![],
    };
    let close = FrontierChart {
        caption: caption("arena", "Open models are 24 Elo behind closed ones."),
        from: day("2023-06-19"),
        to: day("2024-09-15"),
        until: day("2024-09-15"),
        unit: Unit::Elo,
        curves: vec![
            Curve {
                side: Side::Open,
                name: "Open".to_owned(),
                bests: bests(&[
                    ("2023-06-19", 1054.0, "vicuna-13b"),
                    ("2023-12-06", 1105.0, "yi-34b-chat"),
                    ("2024-04-18", 1200.0, "llama-3-70b-instruct"),
                    ("2024-07-31", 1262.0, "llama-3.1-405b-instruct"),
                    ("2024-08-20", 1258.0, "llama-3.1-405b-instruct"),
                ]),
            },
            Curve {
                side: Side::Closed,
                name: "Closed".to_owned(),
                bests: bests(&[
                    ("2023-06-19", 1227.0, "gpt-4"),
                    ("2024-01-09", 1253.0, "gpt-4-turbo"),
                    ("2024-05-13", 1287.0, "gpt-4o-2024-05-13"),
                ]),
            },
        ],
        gap: Some(GapMeasure { label: "gap 29 Elo".to_owned() }),
        lag: None,
        breaks: vec![Break {
            from: day("2024-01-20"),
            to: day("2024-03-20"),
            reason: "held back".to_owned(),
        }],
        events: vec![(day("2023-12-06"), "measured differently since 6 Dec 2023".to_owned())],
    };
    let empty = FrontierChart {
        caption: caption("fe", "Nobody has been measured."),
        curves: vec![],
        gap: None,
        lag: None,
        ..gpqa.clone()
    };
    vec![("GPQA diamond", gpqa), ("arena", close), ("empty", empty)]
}

pub(crate) fn sparklines() -> Vec<(&'static str, Sparkline)> {
    let (from, to) = (day("2025-10-01"), day("2026-04-06"));
    let line =
        |id: &str, points| Sparkline { caption: caption(id, "75%"), from, to, points, least_span: 0.1 };
    vec![
        ("wandering", line("s1", walk(from, to, 30, 2, 0.5))),
        ("flat", line("s2", vec![(from, 0.5), (day("2026-01-01"), 0.505)])),
        ("one point", line("s3", vec![(day("2026-02-01"), 0.5)])),
        ("empty", line("s4", vec![])),
    ]
}

pub(crate) fn strips() -> Vec<(&'static str, DistanceStrip)> {
    let strip = |id: &str, value: Option<f64>, holds| DistanceStrip {
        caption: caption(id, "GPQA is 14.2 points too far."),
        track: (0.0, 20.0),
        threshold: 2.0,
        sense: Sense::AtMost,
        value,
        holds,
        before: Some(18.0),
    };
    vec![
        ("too far", strip("d1", Some(16.2), false)),
        ("holds", strip("d2", Some(1.0), true)),
        ("nearly", strip("d3", Some(2.01), false)),
        ("no data", strip("d4", None, false)),
        ("off the track", strip("d5", Some(99.0), false)),
        (
            "at least, holds",
            DistanceStrip {
                sense: Sense::AtLeast,
                track: (0.0, 100.0),
                threshold: 65.0,
                before: None,
                ..strip("d6", Some(70.2), true)
            },
        ),
    ]
}

pub(crate) fn share_images() -> Vec<ShareImage> {
    let (_, sparkline) = sparklines().remove(0);
    vec![
        ShareImage {
            title: "An open-weights model within 2 percentage points of the leading closed model on MMLU, HumanEval and GPQA".to_owned(),
            number: "75%".to_owned(),
            movement: Some((Some(true), "3 pts (7 d)".to_owned())),
            note: "from evidence, 18 items · moderate · by Q1 2027".to_owned(),
            sparkline: sparkline.clone(),
        },
        ShareImage {
            title: "An open model within 25 Elo on LMArena".to_owned(),
            number: "Yes".to_owned(),
            movement: None,
            note: "settled on 31 Jul 2024: 1262 against 1286".to_owned(),
            sparkline,
        },
    ]
}
