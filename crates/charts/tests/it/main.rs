//! Charts as their readers meet them: well-formed, bounded, free of what the content policy forbids.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod sample;

use std::io::Write as _;

use bellwether_charts::{
    Best, ChartError, Deadline, Drawings, FrontierChart, Line, Outcome, Palette, Point, ProbabilityChart,
    Resolution, Side,
};
use chrono::TimeDelta;
use resvg::usvg::roxmltree::{self, Document};
use sample::{day, empty_probability, stream};

/// Every drawing of the samples, by name.
fn drawings(palette: Palette) -> Vec<(String, String)> {
    let both =
        |name: &str, d: Drawings| [(format!("{name} wide"), d.wide), (format!("{name} narrow"), d.narrow)];
    let mut out = Vec::new();
    for (name, chart) in sample::probability_charts() {
        out.extend(both(name, chart.draw(palette).unwrap()));
    }
    for (name, chart) in sample::frontier_charts() {
        out.extend(both(name, chart.draw(palette).unwrap()));
    }
    out.extend(sample::sparklines().into_iter().map(|(n, s)| (n.to_owned(), s.draw(palette).unwrap())));
    out.extend(sample::strips().into_iter().map(|(n, s)| (n.to_owned(), s.draw(palette).unwrap())));
    out
}

#[test]
fn every_drawing_keeps_the_content_policy_and_says_what_it_shows() {
    for (name, svg) in drawings(Palette::Page) {
        let document = Document::parse(&svg).unwrap_or_else(|e| panic!("{name}: {e}"));
        let root = document.root_element();
        assert_eq!(root.attribute("role"), Some("img"), "{name}");
        let labels: Vec<_> = root.attribute("aria-labelledby").unwrap().split(' ').collect();
        for (label, tag) in labels.into_iter().zip(["title", "desc"]) {
            let node =
                document.descendants().find(|n| n.attribute("id") == Some(label)).expect("the label exists");
            assert_eq!(node.tag_name().name(), tag, "{name}");
            assert!(!node.text().unwrap_or_default().is_empty(), "{name}: empty {tag}");
        }
        for node in document.descendants().filter(roxmltree::Node::is_element) {
            assert!(
                !matches!(node.tag_name().name(), "style" | "script" | "foreignObject" | "a" | "image"),
                "{name}"
            );
            for attribute in node.attributes() {
                assert!(
                    attribute.name() != "style" && !attribute.name().starts_with("on"),
                    "{name}: {attribute:?}"
                );
                assert!(
                    !attribute.value().contains("#01"),
                    "{name}: a stand-in colour is left: {attribute:?}"
                );
            }
            if let Some(size) = node.attribute("font-size") {
                assert!(size.parse::<f64>().unwrap() >= 52.0, "{name}: text below 13 px");
            }
        }
    }
}

#[test]
fn ids_of_the_two_drawings_and_of_two_charts_never_meet() {
    let mut ids: Vec<String> = Vec::new();
    for (_, svg) in drawings(Palette::Page) {
        let document = Document::parse(&svg).unwrap();
        ids.extend(document.descendants().filter_map(|n| n.attribute("id").map(str::to_owned)));
    }
    let n = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), n);
}

#[test]
fn a_page_drawing_names_tokens_and_one_that_stands_alone_names_colours() {
    let chart = sample::thousand();
    let page = chart.draw(Palette::Page).unwrap().wide;
    assert!(page.contains(r#"stroke="var(--ink)""#) && !page.contains("#1A1D21"));
    let alone = chart.draw(Palette::Dark).unwrap().wide;
    assert!(alone.contains("#ECEAE5") && alone.contains("#14161A") && !alone.contains("var("));
}

#[test]
fn b24_hostile_text_stays_literal_text() {
    let evil = "</text><script>alert(1)</script> ]]> &lt; <!-- \u{0}\u{1b}\u{202e} \"'";
    let mut chart = empty_probability(evil);
    chart.caption.title = evil.to_owned();
    chart.caption.desc = evil.to_owned();
    chart.streams = vec![stream(Line::Headline, evil, vec![(chart.from, 0.4)], None)];
    chart.deadline = Some(Deadline { at: chart.until, label: evil.to_owned() });
    chart.resolution = Some(Resolution { at: chart.until, outcome: Outcome::Option(evil.to_owned()) });
    let drawn = chart.draw(Palette::Page).unwrap();
    for svg in [drawn.wide, drawn.narrow] {
        let document = Document::parse(&svg).expect("well-formed");
        assert!(!svg.contains("<script") && !svg.contains("]]>") && !svg.contains("<!--"));
        let title = document
            .descendants()
            .find(|n| n.has_tag_name("title"))
            .and_then(|n| n.text().map(str::to_owned));
        assert!(title.unwrap().starts_with("</text><script>alert(1)</script> ]]> &lt; <!--"));
    }
    let mut image = sample::share_images().remove(0);
    image.title = evil.to_owned();
    Document::parse(&image.svg().unwrap()).expect("well-formed");
}

#[test]
fn b52_bad_windows_and_numbers_are_refused_by_name() {
    let good = sample::thousand();
    let back = ProbabilityChart { from: good.to, to: good.from, ..good.clone() };
    assert!(matches!(back.draw(Palette::Page), Err(ChartError::EmptyWindow { .. })));
    let point = ProbabilityChart { to: good.from, ..good.clone() };
    assert!(matches!(point.draw(Palette::Page), Err(ChartError::EmptyWindow { .. })));
    for (p, name) in
        [(f64::NAN, "no finite number"), (f64::INFINITY, "no finite number"), (1.2, "between 0 and 1")]
    {
        let mut bad = good.clone();
        bad.streams[0].points[3].p = p;
        let message = bad.draw(Palette::Page).unwrap_err().to_string();
        assert!(
            message.contains(name) && message.contains("Crowd") && message.contains("position 3"),
            "{message}"
        );
        assert!(bad.hover().is_err());
    }
    let mut frontier = sample::frontier_charts().remove(0).1;
    frontier.curves[0].bests[0].score = f64::NAN;
    assert!(frontier.draw(Palette::Page).is_err());
}

#[test]
fn b52_empty_and_single_points_are_drawn() {
    let nothing = empty_probability("e").draw(Palette::Page).unwrap();
    assert!(nothing.wide.contains("No data yet") && nothing.narrow.contains("No data yet"));
    let mut one = empty_probability("one");
    one.streams = vec![stream(Line::Headline, "Evidence", vec![(day("2026-01-01"), 0.5)], None)];
    assert!(one.draw(Palette::Page).unwrap().wide.contains("Evidence 50%"));
    // Known only after the axis ends: nothing to show, and nothing invented.
    one.streams = vec![stream(Line::Headline, "Evidence", vec![(day("2027-01-01"), 0.5)], None)];
    assert!(one.draw(Palette::Page).unwrap().wide.contains("No data yet"));
    let curveless = FrontierChart { curves: vec![], ..sample::frontier_charts().remove(0).1 };
    assert!(curveless.draw(Palette::Page).unwrap().wide.contains("No data yet"));
}

#[test]
fn b52_output_is_bounded_however_many_points_there_are() {
    let (from, to) = (day("2025-04-06"), day("2026-04-06"));
    let mut chart = empty_probability("many");
    chart.from = from;
    chart.streams = vec![stream(Line::Headline, "Crowd", sample::walk(from, to, 100_000, 3, 0.5), Some(0.1))];
    let drawn = chart.draw(Palette::Page).unwrap();
    assert!(drawn.wide.len() + drawn.narrow.len() < 200_000, "{}", drawn.wide.len() + drawn.narrow.len());
    assert!(chart.hover().unwrap().readings.len() <= 402);
    let at = from;
    let points = vec![Point { at, p: 0.5, band: None, cause: None }; 2_000_001];
    chart.streams[0].points = points;
    assert!(matches!(chart.draw(Palette::Page), Err(ChartError::TooMany { .. })));
}

#[test]
fn a_thousand_points_stay_within_15_kb_gzipped() {
    let drawn = sample::thousand().draw(Palette::Page).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(drawn.wide.as_bytes()).unwrap();
    gzip.write_all(drawn.narrow.as_bytes()).unwrap();
    let size = gzip.finish().unwrap().len();
    assert!(size <= 15_000, "{size} bytes");
}

#[test]
fn a_resolved_claim_ends_in_its_outcome() {
    let (_, settled) = sample::probability_charts().remove(2);
    assert!(settled.draw(Palette::Page).unwrap().narrow.contains("Yes, 31 Jul 2024"));
}

#[test]
fn readings_are_json_with_the_window_and_one_value_per_change() {
    let mut chart = empty_probability("h");
    let cause = Some("▲ 2.8 from ‘</script>’".to_owned());
    chart.streams = vec![stream(
        Line::Headline,
        "Evidence",
        vec![(day("2025-01-01"), 0.5), (day("2026-01-01"), 0.528)],
        None,
    )];
    chart.streams[0].points[1].cause = cause;
    let json = chart.hover().unwrap().json();
    assert!(
        !json.contains('<')
            && json.contains("\"value\":[50,52.8]")
            && json.contains("\"note\":[\"\",\"▲ 2.8 from"),
        "{json}"
    );
    let frontier = sample::frontier_charts().remove(0).1.hover(Side::Closed).unwrap();
    assert_eq!(frontier.readings.last().unwrap().note.as_deref(), Some("grok-4-0709"));
}

#[test]
fn a_step_that_changes_nothing_gets_no_mark() {
    let chart = sample::frontier_charts().remove(0).1;
    let marks = |chart: &FrontierChart| {
        let drawn = chart.draw(Palette::Page).unwrap().wide;
        drawn.matches("<circle").count() + drawn.matches("<rect").count()
    };
    let mut again = chart.clone();
    for curve in &mut again.curves {
        // Between two bests everything stands still, and the source says so once more.
        let bests = curve.bests.clone();
        curve.bests = bests
            .iter()
            .zip(bests.iter().skip(1).map(Some).chain([None]))
            .flat_map(|(best, next)| {
                let repeated =
                    next.map(|next| Best { at: best.at + (next.at - best.at) / 2, ..best.clone() });
                [Some(best.clone()), repeated]
            })
            .flatten()
            .collect();
    }
    assert_eq!(marks(&again), marks(&chart));
}

#[test]
fn a_break_interrupts_the_line() {
    let (from, to) = (day("2026-01-01"), day("2026-03-01"));
    let mut chart = empty_probability("b");
    chart.streams = vec![stream(Line::Headline, "Evidence", vec![(from - TimeDelta::days(9), 0.5)], None)];
    let whole = chart.draw(Palette::Page).unwrap().wide;
    chart.breaks = vec![bellwether_charts::Break { from, to, reason: "held back".to_owned() }];
    let broken = chart.draw(Palette::Page).unwrap().wide;
    let lines = |svg: &str| svg.matches(r#"stroke-width="9""#).count();
    assert_eq!((lines(&whole), lines(&broken)), (1, 2));
    assert!(broken.contains("url(#b-w-hatch)") && broken.contains("held back"));
}

#[test]
fn drawings_stay_as_they_were_looked_at() {
    let shown = |name: &str| {
        drawings(Palette::Page).into_iter().find(|(n, _)| n == name).unwrap().1.replace("><", ">\n<")
    };
    insta::assert_snapshot!("probability", shown("settled Yes, held back narrow"));
    insta::assert_snapshot!("frontier", shown("GPQA diamond wide"));
    insta::assert_snapshot!("strip", shown("too far"));
    insta::assert_snapshot!("sparkline", shown("flat"));
}

#[test]
fn the_share_image_is_a_png_of_1200_by_630_with_text_on_it() {
    let image = sample::share_images().remove(0);
    let png = image.png().unwrap();
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let side = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    assert_eq!((side(16), side(20)), (1200, 630));
    // The bundled fonts draw the title: there is ink where it stands.
    let pixels = resvg::tiny_skia::Pixmap::decode_png(&png).unwrap();
    let dark = (140..320).flat_map(|y| (64..1136).map(move |x| (x, y)));
    let dark = dark.filter(|(x, y)| pixels.pixel(*x, *y).is_some_and(|p| p.red() < 80)).count();
    assert!(dark > 5_000, "{dark} dark pixels");
}
