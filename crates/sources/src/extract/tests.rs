//! The extractor on small files of every format.

use bellwether_core::{openness::Openness, registry::Registry};
use chrono::{TimeZone as _, Utc};

use super::{ExtractError, Extraction, extract};
use crate::{document::SourceDocument, snapshot::Snapshot};

fn read(document: &str, bytes: &str) -> Result<Extraction, ExtractError> {
    let document = SourceDocument::parse(document).expect("document");
    let at = Utc.with_ymd_and_hms(2025, 1, 1, 0, 0, 0).unwrap();
    extract(&document, &Snapshot::file(bytes), &Registry::default(), at)
}

#[test]
fn reads_csv_by_the_names_of_its_columns() {
    let document = "
id: demo
url: https://example.org/a.csv
format: csv
tables:
  - benchmark: text
    unit: elo
    key: model
    fields: { model: model, score: [arena_score, arena_elo] }
    openness: { field: license, open: [MIT], closed: [Proprietary] }
";
    let csv = "license,model,arena_elo\nMIT,A,\"1,262\"\nProprietary,B,1286.5\nOther,A,-\n";
    let table = read(document, csv).expect("table").tables.remove(0);
    assert_eq!(table.missing_columns, Vec::<String>::new());
    let rows: Vec<_> =
        table.rows.iter().map(|r| (r.key.as_str(), r.score.map(|s| s.to_string()), r.openness)).collect();
    assert_eq!(
        rows,
        [
            ("A", Some("1262".into()), Openness::Open),
            ("B", Some("1286.5".into()), Openness::Closed),
            ("A#2", None, Openness::Unknown),
        ]
    );
    assert_eq!(table.unreadable.len(), 1);
}

const JSON: &str = "
id: demo
url: https://example.org/a.json
format: json
tables:
  - benchmark: text
    unit: fraction
    range: [0, 1]
    rows: '$.models.*.results[*]'
    where: { set: [GPQA, GPQA-diamond], how: { not_matching: 'cons@' } }
    key: ['$parent.name', set]
    fields: { model: $parent.name, score: '@.score.mean', lower: '@.score.low', as_of: { field: date, format: '%d %B %Y' }, released: $parent.date }
    openness: { field: $parent.open, open: [true], closed: [false] }
";

#[test]
fn reads_trees_with_parents_queries_filters_and_formats() {
    let json = r#"{"models": {
        "a": {"name": "A", "open": true, "date": "2024-07", "results": [
            {"set": "GPQA", "how": "", "score": {"mean": 0.864, "low": 0.8}, "date": "17 November 2025"},
            {"set": "GPQA", "how": "cons@64", "score": {"mean": 0.99}},
            {"set": "MMLU", "how": "", "score": {"mean": 0.5}}]},
        "b": {"name": "B", "open": "maybe", "results": [{"set": "GPQA-diamond", "score": {"mean": "0.5*"}}]}}}"#;
    let table = read(JSON, json).expect("table").tables.remove(0);
    assert_eq!(table.spec.range.map(|(_, high)| high.to_string()).as_deref(), Some("100"));
    let [a, b] = table.rows.as_slice() else { panic!("two rows: {:?}", table.rows) };
    assert_eq!((a.key.as_str(), a.score.map(|s| s.to_string()).as_deref()), ("A|GPQA", Some("86.4")));
    assert_eq!(a.lower.map(|s| s.to_string()).as_deref(), Some("80"));
    assert_eq!(a.as_of.map(|d| d.to_string()).as_deref(), Some("2025-11-17"));
    assert_eq!(
        a.released.map(|d| (d.first.to_string(), d.last.to_string())),
        Some(("2024-07-01".into(), "2024-07-31".into()))
    );
    assert_eq!((b.score, b.openness), (None, Openness::Unknown));
    assert_eq!(table.unreadable[0].text, "0.5*");
}

#[test]
fn b47_numbers_are_exact_or_listed() {
    let decimal = |text: &str| super::values::decimal(text).map(|d| d.to_string());
    for (text, want) in [
        ("1,234.5", Some("1234.5")),
        ("1 234", Some("1234")),
        ("87.20 %", Some("87.2")),
        ("$3.50", Some("3.5")),
        ("-2.5", Some("-2.5")),
        (".5", Some("0.5")),
        ("1.234,5", None),
        ("0,5", None),
        ("12,34", None),
        ("12.3 +/- 0.4", None),
        ("-", None),
        ("N/A", None),
        ("\u{221e}", None),
        ("\u{663}", None),
        ("1e5", None),
        ("87.2%*", None),
        ("87.2 ±0.3", None),
        ("\u{ff18}\u{ff17}", None),
        ("\u{2212}2.5", None),
        ("+5", Some("5")),
        ("1e-5", None),
        ("1_000", None),
        ("0b11", None),
        ("12.", Some("12")),
        ("1.2.3", None),
        ("inf", None),
        ("true", None),
        ("1\u{a0}234", Some("1234")),
        ("99999999999999999999999999999999999", None),
        ("NaN", None),
        ("0x10", None),
        ("", None),
    ] {
        assert_eq!(decimal(text).as_deref(), want, "{text}");
    }
}

const HTML: &str = "
id: demo
url: https://example.org/a.html
format: html
tables:
  - benchmark: text
    unit: percent
    rows: 'table.main tbody tr'
    key: Model
    fields: { model: Model, score: { select: 'span.score', attribute: data-value } }
";

#[test]
fn reads_pages_by_selectors_and_by_the_headers_of_their_tables() {
    let page = "<table class=main><thead><tr><th colspan=2>Rank<th>Model</thead><tbody>
        <tr><td>1<td>x<td> A <b>one</b><td><span class=score data-value='61.5'>61</span>
        <tr><td colspan=2>2<td>&lt;script&gt;<td><span class=score data-value='-'>-</span></table>";
    let table = read(HTML, page).expect("table").tables.remove(0);
    let rows: Vec<_> =
        table.rows.iter().map(|r| (r.model.as_str(), r.score.map(|s| s.to_string()))).collect();
    assert_eq!(rows, [("A one", Some("61.5".into())), ("<script>", None)]);
}

#[test]
fn b46_hostile_pages_are_refused_by_name_or_read_in_bounds() {
    let deep = "<div>".repeat(100_000);
    assert!(matches!(read(HTML, &deep), Err(ExtractError::TooMuch(_))));
    let formatting = (0..100_000).map(|i| format!("<b a={i}><p>")).collect::<Vec<_>>().concat();
    assert!(matches!(read(HTML, &formatting), Err(ExtractError::TooMuch(_))));
    // Ways to stand deep that a count of tags does not see: end tags that end nothing, elements that open inside their
    // own kind where their parent is missing, and cells that hold the next table.
    for piece in [
        "<div></b>",
        "<div></x></span>",
        "<optgroup>",
        "<rt>",
        "<table><tr><td></div>",
        "<svg><g>",
        "<ruby><rb>",
        "<template>",
        "<a href=x><table>",
        "<button><p>",
        "<font color=1><div>",
        "<select><div>",
    ] {
        let page = piece.repeat(1_000_000 / piece.len());
        match read(HTML, &page) {
            Err(ExtractError::TooMuch(_)) => {}
            Ok(found) => assert_eq!(found.tables[0].rows.len(), 0, "{piece}: held flat by the parser"),
            other => panic!("{piece}: {other:?}"),
        }
    }
    // Two hundred elements of formatting are opened again in every paragraph: many more than were written.
    let again =
        (0..200).map(|i| format!("<b a={i}>")).collect::<Vec<_>>().concat() + &"<p>".repeat(1_000_000);
    assert!(matches!(read(HTML, &again), Err(ExtractError::TooMuch(_))));
    let many = format!("<table class=main><tr><th>Model{}", "<tr><td>".repeat(600_000));
    assert!(matches!(read(HTML, &many), Err(ExtractError::TooMuch(_))));
    let spans = "<table class=main><tr><th>Model<tbody><tr><td rowspan=1000000000 colspan=-3>A<td colspan=1000000000>B";
    assert_eq!(read(HTML, spans).expect("bounded").tables[0].rows[0].model, "A");
    let none = read(HTML, "<p>no table here").expect("a page");
    assert_eq!(none.tables[0].rows.len(), 0);
    assert!(!none.tables[0].missing_columns.is_empty());
    let unclosed = "<table class=main><tr><th>Model<tr><td>A<td><span class=score data-value=5>";
    assert_eq!(read(HTML, unclosed).expect("read").tables[0].rows.len(), 1);
    // Two tables that both fit are one list: the second row of a key is told apart, and nothing is lost in silence.
    let row = |score| format!("<tr><td>A<td><span class=score data-value={score}>");
    let table = |score| format!("<table class=main><tr><th>Model<th>Score{}</table>", row(score));
    let two = read(HTML, &(table(5) + &table(6))).expect("read");
    let keys: Vec<_> =
        two.tables[0].rows.iter().map(|r| (r.key.as_str(), r.score.map(|s| s.to_string()))).collect();
    assert_eq!(keys, [("A", Some("5".to_owned())), ("A#2", Some("6".to_owned()))]);
}

const CSV: &str = "
id: demo
url: https://example.org/a.csv
format: csv
tables:
  - { benchmark: text, unit: percent, key: model, fields: { model: model, score: score } }
";

#[test]
fn what_is_no_file_of_the_format_has_a_name() {
    assert_eq!(read(CSV, ""), Err(ExtractError::Empty));
    assert!(matches!(read(CSV, "<!DOCTYPE html><html>"), Err(ExtractError::UnexpectedContent(_))));
    assert!(matches!(read(CSV, "a\0b"), Err(ExtractError::NotText(_))));
    assert!(matches!(read(JSON, "{\"a\": "), Err(ExtractError::Syntax { .. })));
    assert!(matches!(read(JSON, &"[".repeat(10_000)), Err(ExtractError::Syntax { .. })));
    let document = SourceDocument::parse(CSV).expect("document");
    let at = Utc.with_ymd_and_hms(2025, 1, 1, 0, 0, 0).unwrap();
    let bytes = |bytes: &[u8]| extract(&document, &Snapshot::file(bytes), &Registry::default(), at);
    assert!(matches!(bytes(&[0x1f, 0x8b, 8, 0, 0]), Err(ExtractError::Packing(_))));
    assert!(matches!(bytes(b"PK\x03\x04garbage"), Err(ExtractError::NotText(_))));
    assert!(matches!(
        bytes(&[0xff, 0xfe, 0xfd, 0x80, 0x81]),
        Err(ExtractError::NotText(_) | ExtractError::Syntax { .. }) | Ok(_)
    ));
    let renamed = read(CSV, "name,score\nA,5\n").expect("read");
    assert!(renamed.tables[0].missing_columns.iter().any(|c| c.contains("model")));
}

#[test]
fn rows_that_repeat_are_counted_and_told_apart() {
    let table = read(CSV, "model,score\nA,5\nA,5\nA,6\nB,1\n").expect("read").tables.remove(0);
    assert_eq!(table.duplicate_rows, 1);
    assert_eq!(table.rows.iter().map(|r| r.key.as_str()).collect::<Vec<_>>(), ["A", "A#2", "A#3", "B"]);
}

#[test]
fn markdown_tables_are_found_by_their_columns_or_their_heading() {
    let document = "
id: demo
url: https://example.org/a.md
format: markdown
tables:
  - { benchmark: all, unit: percent, key: Model, fields: { model: Model, score: Rate } }
  - { benchmark: second, unit: percent, rows: Second, key: Model, fields: { model: Model, score: Rate } }
";
    let text = "# First\n\n|Model|Rate|\n|--|--|\n|[A](https://a.example)|[1.8 %](x)|\n\n|Other|X|\n|-|-|\n|q|1|\n\n## Second\n\n|Model|Rate|\n|--|--|\n|B|2|\n";
    let tables = read(document, text).expect("read").tables;
    let rows = |i: usize| {
        tables[i].rows.iter().map(|r| (r.model.clone(), r.score.map(|s| s.to_string()))).collect::<Vec<_>>()
    };
    assert_eq!(rows(0), [("A".into(), Some("1.8".into())), ("B".into(), Some("2".into()))]);
    assert_eq!(rows(1), [("B".into(), Some("2".into()))]);
    assert_eq!(tables[0].missing_columns, Vec::<String>::new());
}

#[test]
fn aggregates_need_every_cell_and_joins_take_over_columns() {
    let document = "
id: demo
url: https://example.org/a.csv
format: csv
companions: { groups: .groups.json, models: .models.csv }
tables:
  - benchmark: average
    unit: percent
    key: model
    fields: { model: model }
    aggregate: { groups: groups, each: mean, all: mean, incomplete: missing }
    join: { companion: models, by: { model: id }, fields: { organisation: org, access: access } }
    openness: { field: access, open: [weights], closed: [api] }
";
    let document = SourceDocument::parse(document).expect("document");
    let at = Utc.with_ymd_and_hms(2025, 1, 1, 0, 0, 0).unwrap();
    let mut snapshot = Snapshot::file("model,a,b,c\nA,1,2,6\nB,1,,6\n");
    snapshot.companions.insert("groups".into(), br#"{"x": ["a", "b"], "y": ["c"]}"#.to_vec());
    snapshot.companions.insert("models".into(), b"id,org,access\nA,Acme,weights\n".to_vec());
    let table = extract(&document, &snapshot, &Registry::default(), at).expect("read").tables.remove(0);
    assert_eq!(table.rows[0].score.map(|s| s.to_string()).as_deref(), Some("3.75"));
    assert_eq!(table.rows[0].organisation.as_deref(), Some("Acme"));
    assert_eq!((table.rows[0].openness, table.rows[1].openness), (Openness::Open, Openness::Unknown));
    assert_eq!(table.rows[1].score, None);
    snapshot.companions.remove("groups");
    let without = extract(&document, &snapshot, &Registry::default(), at).expect("read").tables.remove(0);
    assert_eq!(without.missing_columns, ["companion groups"]);
}

#[test]
fn a_folder_lists_what_does_not_parse_and_is_refused_beyond_a_tenth() {
    let document = SourceDocument::parse(
        "
id: demo
url: https://example.org/a
format: json
tables:
  - { benchmark: text, unit: percent, rows: '$', key: $file, fields: { model: name, score: score } }
",
    )
    .expect("document");
    let at = Utc.with_ymd_and_hms(2025, 1, 1, 0, 0, 0).unwrap();
    let folder = |bad: usize| {
        let files = (0..20).map(|i| {
            let text =
                if i < bad { "{".to_owned() } else { format!("{{\"name\": \"m{i}\", \"score\": {i}}}") };
            (format!("m/{i:02}.json"), text.into_bytes())
        });
        let snapshot = Snapshot { main: crate::Main::Folder(files.collect()), companions: [].into() };
        assert_eq!(
            Snapshot::from_files(snapshot.files().into_iter().map(|(n, b)| (n, b.to_vec()))),
            snapshot
        );
        extract(&document, &snapshot, &Registry::default(), at)
    };
    let good = folder(2).expect("two of twenty");
    assert_eq!((good.tables[0].rows.len(), good.unparsed.len()), (18, 2));
    assert_eq!(good.tables[0].rows[0].key, "m/02.json");
    assert!(matches!(folder(3), Err(ExtractError::Folder { unparsed: 3, files: 20, .. })));
}

#[test]
fn p14_the_same_bytes_give_the_same_tables() {
    let once = read(
        JSON,
        r#"{"models": {"a": {"name": "A", "results": [{"set": "GPQA", "score": {"mean": 0.1}}]}}}"#,
    );
    let twice = read(
        JSON,
        r#"{"models": {"a": {"name": "A", "results": [{"set": "GPQA", "score": {"mean": 0.1}}]}}}"#,
    );
    assert_eq!(once, twice);
}
