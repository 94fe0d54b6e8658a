//! The forms as a person uses them, and what they answer to what cannot be taken: beside its field, with everything
//! that was typed still there, and nothing stored.

mod claim;
mod evidence;
mod hostile;
mod review;
mod source;

use crate::support::{Reply, Server};

/// The page's text as it would be typed: entities are undone, blanks that hold together are blanks.
pub(crate) fn plain(html: &str) -> String {
    let pairs = [
        ("&#34;", "\""),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&#60;", "<"),
        ("&gt;", ">"),
        ("&#62;", ">"),
    ];
    let text = pairs.iter().fold(html.to_owned(), |text, (from, to)| text.replace(from, to));
    text.replace("&#38;", "&").replace("&amp;", "&").replace('\u{a0}', " ")
}

/// Sends a form that must be refused: 422, a summary that leads to the field, the message beside it, no row anywhere.
pub(crate) async fn refused(server: &Server, path: &str, form: &[(&str, &str)], field: &str) -> Reply {
    let before = server.rows().await;
    let reply = server.form(path, form).await;
    let html = reply.text();
    let shown: Vec<String> =
        form.iter().map(|(k, v)| format!("{k}={}", v.chars().take(60).collect::<String>())).collect();
    assert_eq!(reply.status, 422, "{shown:?}: {html}");
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"), "{shown:?}");
    assert!(html.contains("data-focus") && html.contains("Nothing was saved"), "{shown:?}: no summary");
    assert!(
        html.contains(&format!("href=\"#{field}\"")),
        "{shown:?}: the summary leads not to {field}: {html}"
    );
    assert!(html.contains(&format!("id=\"{field}\"")), "{shown:?}: there is no {field}");
    assert!(html.contains("field-error"), "{shown:?}: no message beside the field");
    assert_eq!(server.rows().await, before, "{shown:?}: something was stored");
    reply
}

/// The form with one value replaced, or added.
pub(crate) fn with<'a>(
    form: &[(&'a str, &'a str)],
    name: &'a str,
    value: &'a str,
) -> Vec<(&'a str, &'a str)> {
    let others = form.iter().filter(|(key, _)| *key != name).copied();
    others.chain([(name, value)]).collect()
}

/// Publishes a claim from YAML; its slug.
pub(crate) async fn published(server: &Server, slug: &str, more: &str) -> String {
    let yaml = format!(
        "title: Whether {slug} comes about\nslug: {slug}\nstart: {{ p: 0.5, basis: no view }}\n\
         window: {{ by: Q1 2027 }}\ncriteria: True if it comes about.\n{more}"
    );
    let reply = server.form("/claims/new", &[("as", "yaml"), ("yaml", &yaml), ("do", "save")]).await;
    assert_eq!(reply.status, 303, "{}", plain(&reply.text()));
    slug.to_owned()
}
