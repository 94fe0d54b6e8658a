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
