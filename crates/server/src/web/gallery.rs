//! Every page with made-up data. With `BELLWETHER_GALLERY=FOLDER` the test writes them there, to be looked at.

use std::{fs, path::Path};

use bellwether_charts::{
    self as charts, Caption, DistanceStrip, EvidenceMark, Line, Palette, Point, ProbabilityChart, Sense,
    Sparkline, Stream,
};
use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};

use super::{
    assets::ASSETS,
    benchmark_view::{BenchmarkPage, BenchmarkRow, BenchmarksPage, Best, FrontierRow},
    claim_view::{
        Chart, ClaimPage, Criteria, Deadline, Distance, Headline, Holds, Item, JustAdded, Leg, MoveRow,
        Notice, OtherView, ProposalBox, SignalRow, Why,
    },
    evidence_view::{Choice, Effect, Errors, EvidenceFields, EvidencePage, EvidenceTask, RetractPage},
    feed_view::{Cause, FeedPage, FeedRow, FilterLink, Happened, Lead, OpenClosed, Reason},
    new_claim_view::{ClaimFields, ConditionFields, DryRun, DryRunPage, DryStep, NewClaimPage},
    parts::{Mark, Moved, Status, Svg},
    resolution_view::{NeedsYou, OpenRow, ProofPage, ProofScore, ProofStep, ResolutionPage, SettledRow},
    shell::{DemoStrip, Place, Shell},
    small_views::{AboutPage, CardPage, ErrorPage, MovesPage, ReviewPage, ReviewRow, SignalsPage},
    source_view::{
        HeldPage, NewSourcePage, PreviewRow, SnapshotRow, SourceBenchmark, SourcePage, SourceRow, SourcesPage,
    },
};

const HASH: &str = "a3f9c5d2e8b7461f90a1b2c3d4e5f60718293a4b5c6d7e8f9012345678901c1c";

fn at(year: i32, month: u32, day: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(year, month, day, 4, 10, 0).unwrap()
}

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 4, 6, 12, 0, 0).unwrap()
}

fn shell(title: &str, place: Place, path: &str) -> Shell {
    Shell {
        title: title.into(),
        place,
        path: path.into(),
        now: now(),
        demo: Some(DemoStrip { now: now(), more: true }),
        origin: "http://127.0.0.1:8080".into(),
        ..Shell::default()
    }
}

fn caption(id: &str, title: &str) -> Caption {
    Caption { id: id.into(), title: title.into(), desc: "From the ledger.".into() }
}

fn spark() -> Svg {
    let values = [(2025, 3, 0.5), (2025, 9, 0.67), (2026, 1, 0.72), (2026, 3, 0.75)];
    let line = Sparkline {
        caption: caption("spark", "Rose to 75%"),
        from: at(2025, 1, 1),
        to: now(),
        points: values.map(|(y, m, p)| (at(y, m, 12), p)).into(),
        least_span: 0.1,
    };
    Svg(line.draw(Palette::Page).unwrap())
}

fn strip(value: f64, holds: bool) -> Svg {
    let strip = DistanceStrip {
        caption: caption("strip", "How far"),
        track: (0.0, 20.0),
        threshold: 2.0,
        sense: Sense::AtMost,
        value: Some(value / 8.0),
        holds,
        before: Some(value / 8.0 + 1.5),
    };
    Svg(strip.draw(Palette::Page).unwrap())
}

fn chart(title: &str) -> Chart {
    let values = [(2025, 3, 0.5), (2025, 9, 0.67), (2026, 1, 0.72), (2026, 3, 0.75)];
    let points =
        values.map(|(y, m, p)| Point { at: at(y, m, 12), p, band: None, cause: Some("up 2.8 pts".into()) });
    let chart = ProbabilityChart {
        caption: caption("chart", title),
        from: at(2025, 3, 1),
        to: at(2027, 5, 1),
        until: now(),
        streams: vec![Stream { line: Line::Headline, name: "Evidence".into(), points: points.into() }],
        evidence: values.map(|(y, m, p)| EvidenceMark { at: at(y, m, 12), points: 30.0 * (p - 0.6) }).into(),
        deadline: Some(charts::Deadline { at: at(2027, 4, 1), label: "by Q1 2027".into() }),
        resolution: None,
        criteria_changes: vec![],
        breaks: vec![],
    };
    let drawn = chart.draw(Palette::Page).unwrap();
    Chart {
        finding: title.into(),
        broad: Svg(drawn.wide),
        narrow: Svg(drawn.narrow),
        points: format!(r#"[{{"name":"","unit":"%","hover":{}}}]"#, chart.hover().unwrap().json()),
        note: "Evidence, 18 items, 6 Apr 2026".into(),
        table: "/claims/open-within-2-of-closed/moves".into(),
        csv: Some("/claims/open-within-2-of-closed/export.csv".into()),
        ranges: vec![
            ("1m", "?range=1m".into(), false),
            ("3m", "?range=3m".into(), false),
            ("1y", "?range=1y".into(), false),
            ("All", "?".into(), true),
        ],
    }
}

fn leg(name: &str, left: &str, right: &str, gap: &str, holds: Holds, far: &str, x: f64) -> Leg {
    let some = |t: &str| (!t.is_empty()).then(|| t.to_owned());
    Leg {
        name: name.into(),
        href: Some("/benchmarks/llm-stats/gpqa".into()),
        left: some(left),
        right: some(right),
        gap: some(gap),
        holds,
        far: far.into(),
        strip: strip(x, holds == Holds::Yes),
    }
}

fn distance() -> Distance {
    Distance {
        summary: "2 of 3 conditions hold".into(),
        today: Some("If decided today: No. It would have been Yes on no day since 9 Sep 2024.".into()),
        heads: Some(("open".into(), "closed".into())),
        compared: true,
        legs: vec![
            leg("GPQA", "71.5", "87.7", "16.2\u{a0}pp", Holds::No, "14.2\u{a0}pp too far", 130.0),
            leg("MMLU", "90.8", "91.8", "1.0\u{a0}pp", Holds::Yes, "holds with 1.0 to spare", 10.0),
            leg("HumanEval", "92.7", "93.7", "1.0\u{a0}pp", Holds::Yes, "holds with 1.0 to spare", 10.0),
        ],
        read: Some(("LLM Stats".into(), at(2025, 4, 8))),
        stale: Some(
            "No new data for 363 days: the source stopped. This claim cannot settle by itself.".into(),
        ),
    }
}

fn why() -> Why {
    Why { start: 0.5, basis: "no view".into(), up: 61.4, down: -33.9, aged: -2.1 }
}

fn item(id: &str, counts: f64, text: &str, source: Option<(&str, &str)>) -> Item {
    Item {
        id: id.into(),
        counts,
        text: text.into(),
        option: None,
        source: source.map(|(href, name)| ((!href.is_empty()).then(|| href.into()), name.into())),
        factors: vec!["vendor ×.6".into()],
        all_factors: vec![
            ("strength".into(), "moderate +6.0".into()),
            ("credibility".into(), "vendor self-report ×.6".into()),
            ("relevance".into(), "bears on the criteria ×1".into()),
            ("independence".into(), "new ×1".into()),
            ("freshness".into(), "does not age ×1".into()),
        ],
        observed: at(2026, 3, 12),
        by: "local operator".into(),
        without: Some(0.72),
        conflict: None,
        kept: Some(format!("/snapshots/{HASH}")),
    }
}

const TITLE: &str = "An open-weights model within 2 percentage points of the leading closed model on MMLU, HumanEval and GPQA";

fn claim() -> ClaimPage {
    let mut contested = item(
        "4",
        6.0,
        "Stanford AI Index 2025 Report confirms convergence: gap shrank from 17.5 pts to effectively zero on knowledge tasks by early 2026",
        Some(("https://hai.stanford.edu/", "Stanford HAI")),
    );
    contested.conflict = Some(
        "Contradicts “gap reopened to 3.3% in the 2026 Index”. Both count less until a person decides."
            .into(),
    );
    ClaimPage {
        shell: shell(TITLE, Place::Claims, "/claims/open-within-2-of-closed"),
        slug: "open-within-2-of-closed".into(),
        title: TITLE.into(),
        context: Some("The gap between open and closed models has been narrowing.".into()),
        tags: vec!["ai".into(), "open-weights".into()],
        deadline: Some(Deadline { label: "Q1 2027".into(), before: Utc.with_ymd_and_hms(2027, 4, 1, 0, 0, 0).unwrap() }),
        status: Status::new(Mark::Ring, "Open"),
        headline: Headline::Live { p: 0.75, moved: Some(Moved { pts: 2.96, days: Some(7) }), stale: false },
        made_of: "evidence".into(),
        items: 18,
        confidence: "moderate".into(),
        confidence_basis: "3 independent clusters in 180 days, both sides present".into(),
        others: vec![],
        chart: Some(chart("75%, up 3 points this week, because compute costs fell 100x (+3.6).")),
        distance: Some(distance()),
        far: Some("2 of 3 hold; GPQA 14.2\u{a0}pp too far".into()),
        why: Some(why()),
        up: vec![
            item(
                "1",
                3.6,
                "Compute costs dropping dramatically — 100x cost reduction verified",
                Some(("https://llm-stats.com/", "LLM Stats")),
            ),
            item("2", 12.0, "Meta investing heavily in open-source", None),
            contested,
            item(
                "5",
                25.0,
                "Multiple open-source models (GLM-5.1, Kimi K2.5, DeepSeek V4 Pro) now match or exceed closed-source on MMLU, GPQA Diamond, code tasks",
                Some(("", "unnamed report")),
            ),
        ],
        down: vec![
            item(
                "6",
                -8.0,
                "Benchmark saturation (MMLU >88% for all frontier models) means benchmark parity is now a lower bar than it was",
                Some(("https://example.org/a", "Example")),
            ),
            item(
                "7",
                -12.0,
                "Frontier labs have unreleased capabilities like Anthropic's leaked 'Mythos' representing step-change improvements",
                None,
            ),
            item("8", -3.0, "Post-training techniques closely held", None),
        ],
        retracted: vec![item("9", 0.0, "A duplicate of the above", None)],
        signals: vec![SignalRow {
            title: "AI Model Prices Drop 10-100x Annually; 7B Parameter Models Achieve 70B+ Performance Levels".into(),
            sources: vec![("LLM Stats".into(), Some("https://llm-stats.com/".into())), ("Kili Technology".into(), None)],
            at: at(2026, 4, 2),
            side: Some(true),
            count_it: Some("/evidence/new?claim=open-within-2-of-closed".into()),
        }],
        moves: moves(),
        moves_total: 21,
        criteria: Criteria {
            version: 1,
            words: "True if an open-weights model scores within 2 percentage points of the leading closed model on MMLU, HumanEval and GPQA.".into(),
            sentence: Some("The best open model trails the best closed one by at most 2 pp on LLM Stats MMLU, on LLM Stats HumanEval and on LLM Stats GPQA.".into()),
            rule: Some("all:\n  - gap: { benchmark: llm-stats/mmlu, of: open, to: closed, within: 2, unit: pp }\n  - gap: { benchmark: llm-stats/humaneval, of: open, to: closed, within: 2, unit: pp }\n  - gap: { benchmark: llm-stats/gpqa, of: open, to: closed, within: 2, unit: pp }\n".into()),
            confirm: "It must stand for 7 days over at least 3 polls; then there are 24 hours for objections.".into(),
            warnings: vec!["llm-stats stopped publishing on 8 Apr 2025; this claim cannot settle by itself.".into()],
            earlier: vec![],
        },
        dry_run: Some("/claims/open-within-2-of-closed/dry-run".into()),
        notices: vec![],
        just: None,
        proposal: None,
        accepts: true,
        has_proof: false,
    }
}

fn moves() -> Vec<MoveRow> {
    let row = |seq, day, kind: &str, cause: &str, points: f64, from: f64, to: f64| MoveRow {
        seq,
        at: at(2026, 4, day),
        kind: kind.into(),
        cause: cause.into(),
        by: "local operator".into(),
        points,
        from,
        to,
    };
    vec![
        row(21, 3, "added", "Compute costs dropping dramatically", 3.6, 0.722, 0.75),
        row(20, 2, "retracted", "A duplicate of the above", -0.8, 0.728, 0.722),
        row(19, 1, "aged", "2 items", -0.2, 0.729, 0.728),
    ]
}

fn feed_row(title: &str, p: f64, pts: f64) -> FeedRow {
    FeedRow {
        slug: "open-within-2-of-closed".into(),
        title: title.into(),
        status: Status::new(Mark::Ring, "Open"),
        headline: Headline::Live { p, moved: Some(Moved { pts, days: Some(7) }), stale: false },
        reason: Some(Reason { up: pts >= 0.0, text: "Compute costs down 100x".into(), points: 3.6 }),
        basis: "evidence, 18 items · moderate".into(),
        read: Some(at(2025, 4, 8)),
        trouble: Some("source stopped".into()),
        spark: spark(),
        by: Some("Q1 2027".into()),
        far: "2 of 3 hold; GPQA 14.2 pp too far".into(),
        proof: false,
        outcome: None,
    }
}

fn links(words: &[&str]) -> Vec<FilterLink> {
    words
        .iter()
        .enumerate()
        .map(|(i, word)| FilterLink { label: (*word).into(), href: "/?sort=new".into(), current: i == 0 })
        .collect()
}

fn feed() -> FeedPage {
    let mut settled =
        feed_row("An open model within 25 Elo of the best closed model on LMArena by end of 2024", 0.9, 0.0);
    settled.headline = Headline::Settled { outcome: Status::settled("Yes"), was: Some(0.82) };
    settled.outcome = Some("settled on 31 Jul 2024: 1262 against 1286, gap 24 Elo".into());
    settled.proof = true;
    let mut named =
        feed_row("Which lab releases the first open-weights model above 90 on GPQA diamond?", 0.4, 0.0);
    named.headline = Headline::Options(vec![
        ("DeepSeek".into(), 0.42),
        ("Alibaba".into(), 0.31),
        ("Moonshot".into(), 0.27),
    ]);
    let mut stale = feed_row("An open model leads LiveBench by the end of 2026", 0.12, -1.2);
    stale.headline = Headline::Live { p: 0.12, moved: Some(Moved { pts: -1.2, days: Some(7) }), stale: true };
    let mut proposed = feed_row("Open weights reach 65% on SWE-bench Verified", 0.96, 0.0);
    proposed.status = Status::new(Mark::Quarter, "Proposed Yes");
    proposed.trouble = None;
    FeedPage {
        shell: shell("Claims", Place::Claims, "/"),
        lead: Some(Lead {
            row: feed_row(TITLE, 0.75, 2.96),
            context: Some("The gap between open and closed models has been narrowing.".into()),
            causes: [
                (true, 25.0, "Multiple open-source models (GLM-5.1, Kimi K2.5, DeepSeek V4 Pro) now match or exceed closed-source on MMLU, GPQA Diamond, code tasks"),
                (true, 12.0, "Meta investing heavily in open-source"),
                (true, 3.6, "Compute costs dropping dramatically — 100x cost reduction verified"),
                (false, -12.0, "Frontier labs have unreleased capabilities like Anthropic's leaked 'Mythos'"),
                (false, -8.0, "Benchmark saturation means benchmark parity is now a lower bar than it was"),
            ]
            .into_iter()
            .map(|(up, points, text)| Cause { up, points, text: text.into() })
            .collect(),
            why: Some(why()),
            distance: Some(distance()),
            live: Some(feed_row("An open-weights model comes within 5 points on the Epoch Capabilities Index", 0.35, 0.0)),
        }),
        happened: vec![
            Happened { at: at(2026, 4, 5), mark: Mark::Quarter, lead: "Proposed Yes:".into(), subject: "Open weights reach 65% on SWE-bench Verified".into(), href: "/claims/x".into(), detail: "objections until 7 Apr, 18:00 UTC".into() },
            Happened { at: at(2026, 4, 4), mark: Mark::Bang, lead: "Held back:".into(), subject: "LMArena".into(), href: "/sources/lmarena".into(), detail: "61 of 152 rows vanished".into() },
            Happened { at: at(2026, 4, 3), mark: Mark::Up, lead: "Moved:".into(), subject: "Open weights within 2 pp…".into(), href: "/claims/x".into(), detail: "72.2% to 75.0%, compute costs".into() },
            Happened { at: at(2026, 3, 31), mark: Mark::DotNo, lead: "Settled No:".into(), subject: "Open leads Aider polyglot by Q1 2026".into(), href: "/claims/x".into(), detail: "62.0 against 88.0".into() },
            Happened { at: at(2026, 3, 30), mark: Mark::DotYes, lead: "Settled Yes:".into(), subject: "Within 25 Elo on LMArena".into(), href: "/claims/x".into(), detail: "gap 24 Elo".into() },
        ],
        open_closed: Some(OpenClosed {
            sentence: "On the benchmarks with fresh data the best open model trails the best closed one by 0.1 to 10.7 points; the gap narrowed on 3 of 4 in a year.".into(),
            basis: "4 benchmarks with fresh data.".into(),
        }),
        sorts: links(&["Moved most (7 d)", "Closest to deciding", "Deadline", "New"]),
        states: links(&["Open", "Settled", "All states"]),
        tags: links(&["all", "ai", "open-weights"]),
        rows: vec![proposed, settled, named, stale, feed_row("Open leads LMArena by Q4 2026", 0.33, 0.0)],
        total: 12,
        next: Some("/?after=x".into()),
    }
}

fn evidence() -> EvidencePage {
    EvidencePage {
        shell: shell("Add evidence", Place::Claims, "/evidence/new"),
        task: EvidenceTask::Add,
        fields: EvidenceFields {
            claims: vec!["open-within-2-of-closed".into()],
            url: "https://example.org/gpqa".into(),
            text: "GPQA gap fell to 3.0 on Artificial Analysis".into(),
            publisher: "Example News".into(),
            observed: "2026-04-02".into(),
            side: "for".into(),
            points: "3".into(),
            kind: "press".into(),
            relevance: "1".into(),
            ..EvidenceFields::default()
        },
        errors: Errors::default(),
        claims: vec![
            Choice::new("open-within-2-of-closed", TITLE),
            Choice::new("x", "Open leads LMArena by Q4 2026"),
        ],
        options: vec![],
        kinds: vec![
            Choice::new("primary", "benchmark publisher or primary ×1"),
            Choice::new("press", "press ×.4"),
            Choice::new("unsourced", "unsourced ×.2"),
        ],
        preview: vec![Effect {
            claim: TITLE.into(),
            from: 0.75,
            to: 0.759,
            counts: 1.2,
            factors: "press ×.4, about this claim ×1, new ×1, fresh ×1".into(),
            alike: Some("Close to “8-month gap shrinking” (same origin?): would count a quarter.".into()),
            conflict: None,
        }],
        read_note: None,
        several: false,
    }
}

fn resolution() -> ResolutionPage {
    let need = |key: &str, status: Status, subject: &str, detail: &str, until, fresh| NeedsYou {
        key: key.into(),
        status,
        subject: subject.into(),
        href: "/claims/x".into(),
        detail: detail.into(),
        until,
        actions: vec![
            ("See rows".into(), "/sources/lmarena/snapshots/1".into()),
            ("Accept anyway".into(), "/sources/lmarena/snapshots/1#accept".into()),
        ],
        fresh,
    };
    let open = |title: &str, p, pts, far: &str, holds, x, held: &str, by: &str, fresh| OpenRow {
        slug: title.into(),
        title: title.into(),
        status: Status::new(Mark::Ring, "Open"),
        p,
        moved: Some(Moved { pts, days: Some(7) }),
        far: far.into(),
        holds,
        strip: if holds.is_some() { strip(x, false) } else { Svg::default() },
        held_up: held.into(),
        by: Some(by.into()),
        fresh,
    };
    ResolutionPage {
        shell: shell("Resolution", Place::Resolution, "/resolution"),
        tags: links(&["all", "ai"]),
        since: Some((at(2026, 4, 4), "1 proposed, 1 condition newly holds, 1 source stale".into())),
        needs_you: vec![
            need(
                "a",
                Status::new(Mark::Bang, "Held back"),
                "LMArena",
                "40% of rows missing since 04:00",
                None,
                true,
            ),
            need(
                "b",
                Status::new(Mark::Bang, "Objected"),
                "Open weights reach 60% on Aider polyglot",
                "a person decides",
                None,
                false,
            ),
        ],
        deciding: vec![need(
            "c",
            Status::new(Mark::Quarter, "Proposed Yes"),
            "65% on SWE-bench Verified",
            "Kimi K2 with OpenHands scored 65.4",
            Some(now() + TimeDelta::hours(19)),
            true,
        )],
        open: vec![
            open(
                "Within 2 pp on MMLU, HumanEval and GPQA",
                Some(0.75),
                2.96,
                "2 of 3",
                Some(Holds::No),
                130.0,
                "GPQA 14.2 pp",
                "Q1 2027",
                true,
            ),
            open(
                "Open leads LiveBench",
                Some(0.12),
                -1.0,
                "0 of 1",
                Some(Holds::No),
                90.0,
                "LiveBench 11.2 pp",
                "2026",
                false,
            ),
            open(
                "HLE within 5 points",
                Some(0.5),
                0.0,
                "no data",
                Some(Holds::Unknown),
                20.0,
                "HLE: no source",
                "2027",
                false,
            ),
            open(
                "A lab publishes its weights after a leak",
                None,
                0.0,
                "a person decides",
                None,
                0.0,
                "",
                "Q4 2026",
                false,
            ),
        ],
        settled: vec![
            SettledRow {
                slug: "s1".into(),
                title: "Within 25 Elo on LMArena".into(),
                outcome: Status::settled("Yes"),
                on: at(2024, 7, 31),
                scores: "1262 against 1286".into(),
                fresh: true,
            },
            SettledRow {
                slug: "s2".into(),
                title: "Open leads Aider polyglot by Q1 2026".into(),
                outcome: Status::settled("No"),
                on: at(2026, 3, 31),
                scores: "62.0 against 88.0".into(),
                fresh: false,
            },
        ],
        last_read: Some(now() - TimeDelta::minutes(12)),
        next_read: Some(now() + TimeDelta::hours(2)),
    }
}

fn proof() -> ProofPage {
    let score = |group: &str, model: &str, score: &str| ProofScore {
        condition: "LMArena, text".into(),
        group: group.into(),
        model: model.into(),
        score: score.into(),
        as_of: Some(at(2024, 7, 31)),
        observed: at(2024, 7, 31),
        sha256: HASH.into(),
    };
    ProofPage {
        shell: shell("Proof", Place::Resolution, "/claims/x/proof"),
        slug: "lmarena-25".into(),
        title: "An open model within 25 Elo of the best closed model on LMArena by end of 2024".into(),
        outcome: Status::settled("Yes"),
        sentence: "On 31 Jul 2024 Llama-3.1-405B-Instruct stood at 1262 against GPT-4o at 1286: a gap of 24 Elo, at most 25 allowed. It stood for 7 days.".into(),
        resolved_on: at(2024, 8, 7),
        first_hit: Some(at(2024, 7, 31)),
        event_date: Some(at(2024, 7, 31)),
        decided_by: "the rule; the local operator did not object".into(),
        interested: true,
        scores: vec![score("open", "Llama-3.1-405B-Instruct", "1262 Elo"), score("closed", "GPT-4o-2024-05-13", "1286 Elo")],
        criteria: (1, "True if an open-weights model stands within 25 Elo of the best closed model on LMArena's text leaderboard.".into()),
        criteria_sha256: HASH.into(),
        hash: HASH.into(),
        previous: Some(HASH.into()),
        command: "bellwether verify --data bellwether-data lmarena-25".into(),
        steps: vec![
            ProofStep { at: at(2024, 7, 31), text: "The rule held for the first time.".into() },
            ProofStep { at: at(2024, 8, 7), text: "Proposed Yes after 7 days over 5 polls.".into() },
            ProofStep { at: at(2024, 8, 8), text: "Settled: nobody objected.".into() },
        ],
        objections: vec![],
        can_object: true,
        reason: String::new(),
        error: None,
    }
}

fn source_row(id: &str, title: &str, health: Status) -> SourceRow {
    SourceRow {
        id: id.into(),
        title: title.into(),
        health,
        read: Some(now() - TimeDelta::minutes(12)),
        changed: Some(at(2026, 4, 4)),
        next: Some(now() + TimeDelta::hours(6)),
        benchmarks: vec!["Text, overall".into(), "Coding".into()],
        claims: 4,
        licence: "CC BY 4.0".into(),
    }
}

fn preview_rows() -> Vec<PreviewRow> {
    let row = |model: &str, score: &str, openness, why: &str, note: Option<&str>| PreviewRow {
        benchmark: "Text, overall".into(),
        model: model.into(),
        score: score.into(),
        as_of: Some("2026-04-04".into()),
        openness,
        why: why.into(),
        before: Some("1432".into()),
        note: note.map(Into::into),
    };
    vec![
        row("gemini-2.5-pro", "1465", "closed", "the source says Proprietary", None),
        row("deepseek-r1-0528", "1418", "open", "licence MIT", Some("moved by 140 Elo")),
        row("stealth-model-7", "1410", "unknown", "nobody says", None),
    ]
}

fn snapshot(status: Status, reason: Option<&str>, held: Option<&str>) -> SnapshotRow {
    SnapshotRow {
        at: at(2026, 4, 4),
        status,
        reason: reason.map(Into::into),
        sha256: HASH.into(),
        rows: Some(152),
        held: held.map(Into::into),
    }
}

fn source() -> SourcePage {
    SourcePage {
        shell: shell("LMArena", Place::Sources, "/sources/lmarena"),
        row: source_row("lmarena", "LMArena", Status::new(Mark::Bang, "Held back")),
        url: "https://lmarena.ai/leaderboard".into(),
        attribution: "LMArena (CC BY 4.0)".into(),
        schedule: "daily at 04:10 UTC; stale after 30 days".into(),
        trouble: Some("61 of 152 rows vanished since yesterday. The figures below are from 3 Apr.".into()),
        benchmarks: vec![SourceBenchmark {
            title: "Text, overall".into(),
            href: "/benchmarks/lmarena/text".into(),
            rows: 152,
            flags: vec!["votes".into()],
        }],
        snapshots: vec![
            snapshot(Status::new(Mark::Bang, "Held back"), Some("61 of 152 rows vanished."), Some("1")),
            snapshot(Status::new(Mark::Check, "Trusted"), None, None),
        ],
        preview: preview_rows(),
        claims: vec![("x".into(), "Open leads LMArena by Q4 2026".into())],
        document: "id: lmarena\ntitle: LMArena\n".into(),
        failures: vec![(at(2026, 4, 2), "status 503; tried again after 10 min".into())],
    }
}

fn held() -> HeldPage {
    HeldPage {
        shell: shell("Held back: LMArena", Place::Sources, "/sources/lmarena/snapshots/1"),
        source: ("lmarena".into(), "LMArena".into()),
        snapshot: snapshot(Status::new(Mark::Bang, "Held back"), None, None),
        findings: vec![
            "Text, overall: 61 of 152 rows vanished since 3 Apr 2026 (40%; up to 30% is usual).".into(),
        ],
        releases: "It is trusted by itself once the same shape has stood 24 h over 3 polls.".into(),
        rows: preview_rows(),
        rows_total: 61,
        release_action: "/sources/lmarena/snapshots/1/release".into(),
        claims: vec![("x".into(), "Open leads LMArena by Q4 2026".into())],
        reason: String::new(),
        errors: Errors::default(),
        released: None,
        can_release: true,
    }
}

fn benchmark_row(title: &str, open: &str, closed: &str, gap: &str, trouble: Option<&str>) -> BenchmarkRow {
    BenchmarkRow {
        id: "epoch/gpqa-diamond".into(),
        title: title.into(),
        open: Some(Best { score: open.into(), model: "DeepSeek-R1-0528".into() }),
        closed: Some(Best { score: closed.into(), model: "grok-4-0709".into() }),
        gap: Some(gap.into()),
        spark: spark(),
        fresh: Some(at(2025, 9, 8)),
        trouble: trouble.map(Into::into),
        flags: if trouble.is_some() { vec!["saturated".into()] } else { vec![] },
        claims: 3,
    }
}

fn benchmark() -> BenchmarkPage {
    BenchmarkPage {
        shell: shell("GPQA diamond, Epoch", Place::Benchmarks, "/benchmarks/epoch/gpqa-diamond"),
        id: "epoch/gpqa-diamond".into(),
        title: "GPQA diamond, Epoch".into(),
        sentence: "The best open model is 10.7 points behind the best closed one.".into(),
        chart: Some(chart("Both frontiers since January 2024")),
        row: benchmark_row("GPQA diamond, Epoch", "76.3", "87.0", "10.7\u{a0}pp", None),
        was: Some(("8.5\u{a0}pp".into(), at(2025, 7, 22))),
        source: ("epoch".into(), "Epoch AI".into(), "Epoch AI, CC BY 4.0".into()),
        unit: "percent, higher is better".into(),
        as_known: "2025-13-08".into(),
        as_known_error: Some("“2025-13-08” is no date: write 2025-09-08.".into()),
        steps: vec![
            FrontierRow {
                from: at(2025, 7, 9),
                open: Some(Best { score: "76.3".into(), model: "DeepSeek-R1-0528".into() }),
                closed: Some(Best { score: "87.0".into(), model: "grok-4-0709".into() }),
                gap: Some("10.7\u{a0}pp".into()),
            },
            FrontierRow {
                from: at(2025, 1, 20),
                open: None,
                closed: Some(Best { score: "79.6".into(), model: "o3".into() }),
                gap: None,
            },
        ],
        unknown: 2,
        notices: vec![Notice {
            lead: "Measured differently since 28 Aug 2025.".into(),
            text: "Nothing is compared across it.".into(),
            link: None,
            fault: false,
        }],
        claims: vec![("x".into(), "GPQA diamond gap at most 5 pp".into())],
    }
}

fn dry_run() -> DryRun {
    let step = |day: &str, holds, margin: Option<&str>, sentence: &str| DryStep {
        day: day.into(),
        holds,
        margin: margin.map(Into::into),
        sentence: sentence.into(),
    };
    DryRun {
        sentence:
            "Over the 41 snapshots kept since 9 Sep 2024 it would have been Yes on no day. Decided today: No."
                .into(),
        steps: vec![
            step("9 Sep 2024", Holds::No, Some("−9.1 pp"), "GPQA gap 11.1 pp, at most 2 allowed"),
            step("26 Dec 2024", Holds::Unknown, None, "HumanEval: no trusted score from a closed model"),
        ],
        sensitivity: vec![
            ("within 5 pp".into(), "No".into()),
            ("within 15 pp".into(), "Yes on 20 Jan 2025".into()),
        ],
    }
}

fn new_claim() -> NewClaimPage {
    let mut errors = Errors::default();
    errors.add("start", "“50%” is not read here: write 0.5.");
    errors.add("by", "“03/04/27” can be 3 April or 4 March 2027: write 2027-04-03 or 2027-03-04.");
    NewClaimPage {
        shell: shell("New claim", Place::NewClaim, "/claims/new"),
        as_yaml: false,
        fields: ClaimFields {
            title: "An open model within 5 pp on GPQA diamond".into(),
            by: "03/04/27".into(),
            start: "50%".into(),
            conditions: vec![
                ConditionFields {
                    kind: "gap".into(),
                    benchmark: "epoch/gpqa-diamond".into(),
                    of: "open".into(),
                    value: "5".into(),
                },
                ConditionFields::default(),
                ConditionFields::default(),
            ],
            ..ClaimFields::default()
        },
        errors,
        benchmarks: vec![
            Choice::new("epoch/gpqa-diamond", "GPQA diamond, Epoch"),
            Choice::new("lmarena/text", "LMArena text"),
        ],
        warnings: vec!["“within 5%” can mean points or relative: write pp or percent.".into()],
        sentence: Some(
            "The best open model trails the best closed one by at most 5 pp on Epoch GPQA diamond.".into(),
        ),
        window: Some("By Q1 2027: before 1 Apr 2027, 00:00 UTC.".into()),
        dry_run: Some(dry_run()),
    }
}

/// The pages by the name of their file.
fn pages() -> Vec<(&'static str, String)> {
    let render = |page: &dyn askama::DynTemplate| page.dyn_render().unwrap();
    let mut settled = claim();
    settled.headline = Headline::Settled { outcome: Status::settled("Yes"), was: Some(0.75) };
    settled.status = Status::settled("Yes");
    settled.accepts = false;
    settled.has_proof = true;
    let mut proposed = claim();
    proposed.status = Status::new(Mark::Quarter, "Proposed Yes");
    proposed.proposal = Some(ProposalBox {
        status: Status::new(Mark::Quarter, "Proposed Yes on 5 Apr 2026"),
        sentence: "Kimi K2 with OpenHands scored 65.4, at least 65 asked for.".into(),
        until: now() + TimeDelta::hours(19),
        objections: vec![],
        ended: false,
        disputed: false,
        outcomes: vec![],
        reason: "no".into(),
        error: Some("Write at least a sentence, with a link if there is one.".into()),
    });
    proposed.others = vec![
        OtherView { name: "Trend".into(), p: 0.31, n: None },
        OtherView { name: "Crowd".into(), p: 0.68, n: Some(7) },
    ];
    proposed.just =
        Some(JustAdded { id: "1".into(), done: "Added".into(), from: 0.75, to: 0.759, seconds: 48 });
    let mut disputed = claim();
    disputed.headline = Headline::Options(vec![
        ("DeepSeek".into(), 0.42),
        ("Alibaba".into(), 0.31),
        ("Moonshot".into(), 0.27),
    ]);
    disputed.distance = None;
    disputed.up = vec![];
    disputed.down = vec![];
    disputed.signals = vec![];
    disputed.moves = vec![];
    disputed.shell.frozen = Some(at(2026, 4, 1));
    disputed.notices = vec![Notice {
        lead: "Held back.".into(),
        text: "LMArena: 61 of 152 rows vanished since yesterday. The figures below are from 3 Apr.".into(),
        link: Some(("See rows".into(), "/sources/lmarena/snapshots/1".into())),
        fault: false,
    }];
    disputed.proposal = Some(ProposalBox {
        status: Status::new(Mark::Bang, "Objected"),
        sentence: "Kimi K2 with OpenHands scored 65.4.".into(),
        until: now(),
        objections: vec![(
            "local operator".into(),
            at(2026, 4, 5),
            "The row was withdrawn by its author.".into(),
        )],
        ended: false,
        disputed: true,
        outcomes: vec!["Yes".into(), "No".into(), "Void".into()],
        reason: String::new(),
        error: None,
    });
    let mut plain_feed = feed();
    plain_feed.lead = None;
    plain_feed.shell.search = "mmlu".into();
    let mut wrong = evidence();
    wrong.fields.claims.clear();
    wrong.fields.points = "0,5".into();
    wrong.errors.add("points", "“0,5” has a comma: write 0.5.");
    wrong.errors.add("url", "“javascript:alert(1)” is no web address: begin with https:// or http://.");
    wrong.preview.clear();
    let mut yaml = new_claim();
    yaml.as_yaml = true;
    yaml.errors = Errors::default();
    yaml.fields.yaml = "title: …\nwindow: { by: Q1 2027 }\n".into();
    yaml.warnings.clear();
    vec![
        ("feed", render(&feed())),
        ("feed-found", render(&plain_feed)),
        ("claim", render(&claim())),
        ("claim-proposed", render(&proposed)),
        ("claim-disputed", render(&disputed)),
        ("claim-settled", render(&settled)),
        ("evidence", render(&evidence())),
        ("evidence-wrong", render(&wrong)),
        (
            "retract",
            render(&RetractPage {
                shell: shell("Retract", Place::Claims, "/evidence/1/retract"),
                id: "1".into(),
                text: "Compute costs dropping dramatically".into(),
                claim: Choice::new("x", TITLE),
                effect: evidence().preview.remove(0),
                reason: String::new(),
                errors: Errors::default(),
            }),
        ),
        ("resolution", render(&resolution())),
        ("proof", render(&proof())),
        (
            "sources",
            render(&SourcesPage {
                shell: shell("Sources", Place::Sources, "/sources"),
                rows: vec![
                    source_row("lmarena", "LMArena", Status::new(Mark::Bang, "Held back")),
                    source_row("epoch", "Epoch AI", Status::new(Mark::Check, "Fresh")),
                    source_row("llm-stats", "LLM Stats", Status::new(Mark::Dash, "Stopped")),
                ],
            }),
        ),
        ("source", render(&source())),
        ("held", render(&held())),
        (
            "source-new",
            render(&NewSourcePage {
                shell: shell("Add a source", Place::Sources, "/sources/new"),
                document: "id: my-board\ntitle: My board\n".into(),
                errors: Errors::default(),
                preview: preview_rows(),
                rows_total: 40,
                remarks: vec!["2 rows have no score and are left out.".into()],
                previewed: true,
            }),
        ),
        (
            "benchmarks",
            render(&BenchmarksPage {
                shell: shell("Open vs closed", Place::Benchmarks, "/benchmarks"),
                sentence: "The best open model trails the best closed one on 3 of 3 benchmarks, by 0.1 to 10.7 points.".into(),
                basis: "Benchmarks with fresh data; n = 2.".into(),
                rows: vec![
                    benchmark_row("GPQA diamond, Epoch", "76.3", "87.0", "10.7\u{a0}pp", None),
                    benchmark_row("SWE-bench Verified", "69.6", "76.8", "7.2\u{a0}pp", None),
                    benchmark_row("MMLU, LMSYS table", "88.6", "88.7", "0.1\u{a0}pp", Some("stopped")),
                ],
            }),
        ),
        ("benchmark", render(&benchmark())),
        ("new-claim", render(&new_claim())),
        ("new-claim-yaml", render(&yaml)),
        (
            "dry-run",
            render(&DryRunPage { shell: shell("What would this rule have said?", Place::Claims, "/"), slug: "x".into(), title: TITLE.into(), dry_run: dry_run() }),
        ),
        ("moves", render(&MovesPage { shell: shell("What moved it", Place::Claims, "/"), claim: Choice::new("x", TITLE), moves: moves(), next: Some("?before=3".into()) })),
        ("signals", render(&SignalsPage { shell: shell("Signals", Place::Claims, "/"), claim: Choice::new("x", TITLE), signals: claim().signals })),
        (
            "review",
            render(&ReviewPage {
                shell: shell("Review queue", Place::Resolution, "/review"),
                rows: vec![ReviewRow { id: "1".into(), subject: "Weights of stealth-model-7".into(), source: "LMArena".into(), why: "The source says “other”, the registry does not know the name.".into(), at: at(2026, 4, 4), action: Some("/review/1".into()) }],
                total: 1,
            }),
        ),
        ("about", render(&AboutPage { shell: shell("About", Place::About, "/about"), version: "0.1.0", figures: vec![("claims".into(), "12".into())] })),
        ("error", render(&ErrorPage { shell: shell("Not found", Place::Nowhere, "/x"), status: 404, what: "Not found".into(), detail: "There is no such claim.".into(), advice: "Check the address, or look for the claim in the list.", id: "01975f".into() })),
        ("card", render(&CardPage { shell: shell("", Place::Claims, "/"), slug: "x".into(), title: TITLE.into(), headline: claim().headline, by: Some("Q1 2027".into()), far: "2 of 3 hold; GPQA 14.2 pp too far".into(), spark: spark() })),
    ]
}

#[test]
fn every_page_renders_without_inline_script_or_style_and_within_its_size() {
    for (name, html) in pages() {
        assert!(
            !html.contains("<script>") && !html.contains(" style=") && !html.contains(" onclick"),
            "{name}"
        );
        assert!(!html.contains("<style"), "{name}");
        assert!(
            html.matches("<h1").count() == 1,
            "{name} has {} first headings",
            html.matches("<h1").count()
        );
        assert!(html.len() < 60_000, "{name} is {} bytes", html.len());
    }
    if let Ok(folder) = std::env::var("BELLWETHER_GALLERY") {
        write(Path::new(&folder));
    }
}

/// Writes the pages and the assets, with the addresses made relative to a server at that folder.
fn write(folder: &Path) {
    fs::create_dir_all(folder.join("assets")).unwrap();
    for (file, bytes) in ASSETS.each() {
        fs::write(folder.join("assets").join(file), bytes).unwrap();
    }
    for (name, html) in pages() {
        fs::write(folder.join(format!("{name}.html")), html).unwrap();
    }
}
