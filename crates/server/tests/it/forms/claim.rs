//! A new claim, by fields and as YAML.

use super::{plain, refused, with};
use crate::support::Server;

const CLAIM: [(&str, &str); 6] = [
    ("title", "A claim from a form"),
    ("by", "Q1 2027"),
    ("start", "0.5"),
    ("basis", "base rate 3 of 8"),
    ("criteria", "True if it happens."),
    ("do", "save"),
];

#[tokio::test]
async fn b1_b2_b3_starts_that_are_no_probability() {
    let server = Server::start().await;
    for start in [
        "1.0001", "-0.1", "101", "abc", "true", "[0.5]", "NaN", "Infinity", "1e400", "0", "1", "0,5", "50%",
        "null",
    ] {
        let html =
            plain(&refused(&server, "/claims/new", &with(&CLAIM, "start", start), "start").await.text());
        assert!(html.contains(&format!("value=\"{start}\"")), "{start} is not kept");
        assert!(html.contains("base rate 3 of 8") && html.contains("True if it happens."), "{start}");
    }
    let html = refused(&server, "/claims/new", &with(&CLAIM, "start", "50%"), "start").await.text();
    assert!(html.contains("write 0.5"), "a hint");
    server.stop().await;
}

#[tokio::test]
async fn b10_b11_titles_and_deadlines_that_are_none() {
    let server = Server::start().await;
    let long = "x".repeat(10_000);
    for title in ["", "   ", "x", &long, "\u{200b}\u{200b}\u{200b}", "A \0 title", "A \u{202e}title"] {
        let html = refused(&server, "/claims/new", &with(&CLAIM, "title", title), "title").await.text();
        assert!(html.contains("Q1 2027"), "the rest is kept");
    }
    for by in [
        "2020-01-01",
        "2026-02-30",
        "2027-01-01T25:00:00Z",
        "2027-01-01T23:59:60Z",
        "0000-01-01",
        "9999999-01-01",
        "2027-01-01T12:00",
        "03/04/27",
        "1798761600000",
        "tomorrow",
        "2099-01-01",
    ] {
        let html = plain(&refused(&server, "/claims/new", &with(&CLAIM, "by", by), "by").await.text());
        assert!(html.contains(&format!("value=\"{by}\"")), "{by} is not kept");
    }
    for action in ["save", "preview"] {
        let form = with(&with(&CLAIM, "by", "03/04/27"), "do", action);
        let html = plain(&refused(&server, "/claims/new", &form, "by").await.text());
        assert!(
            html.contains("2027-03-04") && html.contains("2027-04-03"),
            "{action}: both readings: {html}"
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn checking_warns_of_two_readings_and_publishes_nothing() {
    let server = Server::start().await;
    let before = server.rows().await;
    let criteria = "True if an open model is within 2% of the leading closed model on MMLU.";
    let form = with(&with(&CLAIM, "criteria", criteria), "do", "preview");
    let reply = server.form("/claims/new", &form).await;
    let html = plain(&reply.text());
    assert_eq!(reply.status, 200, "{html}");
    assert!(html.contains("can mean percentage points or percent of the other score"), "{html}");
    assert!(html.contains("there are several MMLU tests"), "{html}");
    assert!(html.contains("before 1 Apr 2027"), "{html}");
    assert_eq!(server.rows().await, before, "nothing was published");

    let yaml = format!(
        "title: A claim as text\nstart: {{ p: 0.5, basis: no view }}\nwindow: {{ by: Q1 2027 }}\ncriteria: {criteria}\n"
    );
    let reply = server.form("/claims/new", &[("as", "yaml"), ("yaml", &yaml), ("do", "preview")]).await;
    assert_eq!(reply.status, 200);
    assert!(plain(&reply.text()).contains("can mean percentage points"), "the same for YAML");
    server.stop().await;
}

#[tokio::test]
async fn a_rule_that_nothing_can_answer_is_refused_beside_it() {
    let server = Server::start().await;
    let rule = [("kind", "gap"), ("benchmark", "nowhere/quiz"), ("of", "open"), ("value", "2")];
    for action in ["save", "preview"] {
        let form: Vec<_> = with(&CLAIM, "do", action).into_iter().chain(rule).collect();
        let html = plain(&refused(&server, "/claims/new", &form, "rule").await.text());
        assert!(html.contains("there is no source `nowhere`"), "{action}: {html}");
    }
    for value in ["2,5", "", "two", "1e999"] {
        let form: Vec<_> = CLAIM.into_iter().chain(with(&rule, "value", value)).collect();
        refused(&server, "/claims/new", &form, "rule").await;
    }
    for yaml in [
        "",
        "title: [",
        "title: A claim\nwindow: { by: 03/04/27 }\nstart: { p: 0.5, basis: x }\ncriteria: True if.\n",
        "title: A claim\nwindow: { by: Q1 2027 }\nstart: { p: 0,5, basis: x }\ncriteria: True if.\n",
        "title: A claim\nwindow: { by: Q1 2027 }\nstart: { p: 0.5, basis: x }\ncriteria: True if.\nis_admin: true\n",
        "a: &a [*a, *a]\n",
    ] {
        let form = [("as", "yaml"), ("yaml", yaml), ("do", "save")];
        let html = plain(&refused(&server, "/claims/new", &form, "yaml").await.text());
        assert!(html.contains(yaml.trim()), "the document is kept: {yaml}");
    }
    server.stop().await;
}
