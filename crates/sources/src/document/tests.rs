//! Documents that must be refused, with the key they must name, and those that must not.

use super::{DocumentError, SourceDocument};

const GOOD: &str = "
id: demo
title: Demo
url: https://example.org/a.json
licence: CC BY 4.0
attribution: Example
schedule: '17 */6 * * *'
stale_after: 90d
format: json
tables:
  - benchmark: text
    unit: percent
    range: [0, 100]
    rows: '$.rows[*]'
    key: [name, \"@['a.b']\"]
    fields: { model: name, score: [score, \"@.scores['pass@1']\"] }
    where: { kind: { matching: '^text$' } }
    openness: { field: licence, open: [MIT], closed: [Proprietary], unknown: [''] }
";

fn refused(change: (&str, &str)) -> String {
    let text = GOOD.replacen(change.0, change.1, 1);
    assert_ne!(text, GOOD, "the change must change something");
    SourceDocument::parse(&text).expect_err(change.1).to_string()
}

#[test]
fn a_good_document_reads_and_its_json_twin_reads_the_same() {
    let yaml = SourceDocument::parse(GOOD).expect("yaml");
    let value: serde_json::Value = crate::yaml::from_str(GOOD).expect("tree");
    let json = SourceDocument::parse(&value.to_string()).expect("json");
    assert_eq!(format!("{yaml:?}"), format!("{json:?}"));
}

#[test]
fn b36_what_means_nothing_is_refused_by_name() {
    for (change, words) in [
        (("schedule: '17 */6 * * *'", "schedule: '* * * * * *'"), vec!["schedule", "5 minutes"]),
        (
            ("schedule: '17 */6 * * *'", "schedule: '* * * * *'"),
            vec!["schedule", "minimum interval is 5 minutes"],
        ),
        (("schedule: '17 */6 * * *'", "schedule: '61 * * * *'"), vec!["schedule", "61 * * * *"]),
        (("schedule: '17 */6 * * *'", "schedule: '0,58 * * * *'"), vec!["schedule", "minimum interval"]),
        (("schedule: '17 */6 * * *'", "schedule: '*/0 * * * *'"), vec!["schedule"]),
        (("stale_after: 90d", "stale_after: 0d"), vec!["stale_after", "30d"]),
        (
            ("fields: { model: name, score: [score, \"@.scores['pass@1']\"] }", "fields: {}"),
            vec!["fields", "model", "score"],
        ),
        (("rows: '$.rows[*]'", "rows: '$.rows['"), vec!["tables[0].rows", "JSONPath"]),
        (("\"@.scores['pass@1']\"", "'@..score'"), vec!["tables[0].fields.score", "singular"]),
        (("matching: '^text$'", "matching: '('"), vec!["tables[0].where.kind", "regular expression"]),
        (("matching: '^text$'", "matching: 'a{1000}{1000}{1000}'"), vec!["tables[0].where.kind"]),
        (("range: [0, 100]", "range: [100, 0]"), vec!["tables[0].range"]),
        (("range: [0, 100]", "rnge: [0, 100]"), vec!["rnge"]),
        (("licence: CC BY 4.0", "license: CC BY 4.0"), vec!["license"]),
        (("url: https://example.org/a.json", "url: file:///etc/passwd"), vec!["url", "http"]),
        (("id: demo", "id: ../demo"), vec!["id", "source id"]),
        (("unknown: ['']", "unknown: [MIT]"), vec!["openness", "two words"]),
        (("unit: percent", "unit: furlongs"), vec!["furlongs"]),
    ] {
        let message = refused(change);
        for word in words {
            assert!(message.contains(word), "`{}` should say `{word}`: {message}", change.1);
        }
    }
}

#[test]
fn a_css_selector_is_checked_when_the_document_is_read() {
    let html = GOOD.replacen("format: json", "format: html", 1).replacen("'$.rows[*]'", "'table >> tr['", 1);
    let message = SourceDocument::parse(&html).expect_err("selector").to_string();
    assert!(message.contains("tables[0].rows") && message.contains("CSS selector"), "{message}");
}

#[test]
fn b45_hostile_yaml_is_refused_or_plain_text() {
    let mut laughs = String::from("a: &a [x,x,x,x,x,x,x,x,x]\n");
    for (this, last) in ('b'..='i').zip('a'..) {
        let nine = vec![format!("*{last}"); 9].join(",");
        laughs.extend([this.to_string(), format!(": &{this} ["), nine, "]\n".to_owned()]);
    }
    let deep = format!("id: {}{}", "[".repeat(10_000), "]".repeat(10_000));
    for text in
        [laughs.as_str(), &deep, "id: &a [*a]", "id: demo\nid: demo", "id: !!python/object:os.system x"]
    {
        assert!(matches!(SourceDocument::parse(text), Err(DocumentError::Syntax(_))), "{}", &text[..20]);
    }
    let value: serde_json::Value =
        crate::yaml::from_str("a: no\nb: on\nc: .nan\nd: 2024-12-21").expect("plain");
    assert_eq!(value.to_string(), r#"{"a":"no","b":"on","c":".nan","d":"2024-12-21"}"#);
}

#[test]
fn companions_have_a_name_on_disk_and_an_address() {
    let main = url::Url::parse("https://livebench.ai/table_2026_06_25.csv").expect("url");
    let suffix = super::Companion::Suffix(".categories.json".into());
    assert_eq!(suffix.disk_suffix("categories"), ".categories.json");
    assert_eq!(suffix.fetch_url(&main).as_str(), "https://livebench.ai/table_2026_06_25.categories.json");
    let url = super::Companion::Url(
        url::Url::parse("https://livebench.ai/categories_2026_06_25.json").expect("url"),
    );
    assert_eq!(url.disk_suffix("categories"), ".categories.json");
}
