//! Pages and companions are one snapshot, all or nothing; and links somebody pastes.

use bellwether_sources::{
    Main, SourceDocument,
    fetch::{Expect, FetchError, Fetched, Limits, Request, Validators, snapshot_of},
};

use super::{code, fetcher, now, server::Server, with_limits};

fn document(yaml: &str) -> SourceDocument {
    SourceDocument::parse(yaml).unwrap()
}

fn offset_source(server: &Server) -> SourceDocument {
    document(&format!(
        "id: paged
title: Paged
url: {}
licence: none
attribution: nobody
schedule: 17 */6 * * *
format: json
pagination: {{ offset: {{ param: offset, limit: 2 }} }}
companions: {{ names: {} }}
tables:
  - benchmark: all
    title: All
    unit: percent
    rows: $.rows[?@.kind == 'x']
    key: model
    fields: {{ model: model, score: score }}
",
        server.url("/rows?length=2"),
        server.url("/names.csv"),
    ))
}

async fn paged() -> Server {
    Server::start(|mut exchange| async move {
        let body = match exchange.path() {
            "/rows?length=2&offset=0" => r#"{"rows": [{"kind": "y"}, {"kind": "y"}]}"#,
            "/rows?length=2&offset=2" => r#"{"rows": [{"kind": "x"}, {"kind": "y"}]}"#,
            "/rows?length=2&offset=4" => r#"{"rows": [{"kind": "x"}]}"#,
            "/names.csv" => "here,there\n",
            _ => "not found",
        };
        exchange.reply("200 OK", "etag: \"1\"\r\n", body.as_bytes()).await;
    })
    .await
}

#[tokio::test]
async fn all_pages_and_companions_are_one_snapshot() {
    let server = paged().await;
    let validators = Validators { etag: Some("\"1\"".to_owned()), last_modified: None };
    let request = Request::of_source(&offset_source(&server), validators, |_| None).unwrap();
    let Fetched::Body { meta, parts } = fetcher().fetch(&request, now()).await.unwrap() else {
        panic!("a snapshot of several files is never asked for conditionally");
    };
    assert_eq!(meta.requests, 4);
    let names: Vec<_> = parts.iter().map(|p| p.name.clone()).collect();
    assert_eq!(names, ["pages/00001", "pages/00002", "pages/00003", "companions/names"]);
    assert!(server.seen.requests.lock().unwrap().iter().all(|r| !r.contains("if-none-match")));
    let snapshot = snapshot_of(parts);
    assert!(
        matches!(&snapshot.main, Main::Pages(pages) if pages.len() == 3),
        "a page without a fitting row counts"
    );
    assert_eq!(snapshot.companions["names"], b"here,there\n");
}

#[tokio::test]
async fn one_missing_page_is_no_snapshot() {
    let server = Server::start(|mut exchange| async move {
        match exchange.path() {
            "/rows?length=2&offset=0" => exchange.reply("200 OK", "", br#"{"rows": [1, 2]}"#).await,
            _ => exchange.reply("500 Oh", "", b"").await,
        }
    })
    .await;
    let request = Request::of_source(&offset_source(&server), Validators::default(), |_| None).unwrap();
    assert_eq!(code(fetcher().fetch(&request, now()).await), "http_status");
}

#[tokio::test]
async fn pages_end() {
    let same = Server::start(|mut exchange| async move {
        exchange.reply("200 OK", "", br#"{"rows": [1, 2]}"#).await;
    })
    .await;
    let request = Request::of_source(&offset_source(&same), Validators::default(), |_| None).unwrap();
    assert_eq!(code(fetcher().fetch(&request, now()).await), "too_many_pages", "the parameter is ignored");
    assert_eq!(same.seen.data_requests().len(), 2);

    let endless = Server::start(|mut exchange| async move {
        let body = format!("{{\"rows\": [1, 2], \"at\": \"{}\"}}", exchange.path());
        exchange.reply("200 OK", "", body.as_bytes()).await;
    })
    .await;
    let request = Request::of_source(&offset_source(&endless), Validators::default(), |_| None).unwrap();
    let limits = Limits { pages: 7, ..Limits::default() };
    let result = with_limits(limits).fetch(&request, now()).await;
    assert_eq!(result, Err(FetchError::TooManyPages { limit: 7 }));
    assert_eq!(endless.seen.data_requests().len(), 7);
    let limits = Limits { snapshot_bytes: 100, ..Limits::default() };
    assert_eq!(code(with_limits(limits).fetch(&request, now()).await), "too_large");
}

#[tokio::test]
async fn numbered_pages_and_a_secret_by_name() {
    let server = Server::start(|mut exchange| async move {
        let allowed = exchange.head.contains("x-api-key: hush\r\n");
        let body = match exchange.path() {
            _ if !allowed => "{}",
            "/models?page=1" => r#"{"pagination": {"has_more": true}, "data": [1]}"#,
            "/models?page=2" => r#"{"pagination": {"has_more": false}, "data": [2]}"#,
            _ => "?",
        };
        exchange.reply("200 OK", "", body.as_bytes()).await;
    })
    .await;
    let source = document(&format!(
        "id: keyed
title: Keyed
url: {}
licence: none
attribution: nobody
schedule: 17 6 * * *
format: json
auth: {{ header: x-api-key, secret: KEY_OF_TEST }}
pagination: {{ page: {{ param: page, size: 200, more: $.pagination.has_more }} }}
tables:
  - benchmark: all
    title: All
    unit: percent
    rows: $.data[*]
    key: model
    fields: {{ model: model, score: score }}
",
        server.url("/models"),
    ));
    let request = Request::of_source(&source, Validators::default(), |name| {
        (name == "KEY_OF_TEST").then(|| "hush".to_owned())
    });
    let fetched = fetcher().fetch(&request.unwrap(), now()).await.unwrap();
    assert_eq!(super::bytes(fetched).len(), 2);
    let missing = Request::of_source(&source, Validators::default(), |_| None).unwrap_err();
    assert_eq!(missing.to_string(), "the secret `KEY_OF_TEST` is not configured");
}

#[tokio::test]
async fn a_link_is_read_and_its_bytes_kept() {
    let page = "<!doctype html><meta charset=utf-8><title>Open model ties closed one</title>\
                <meta property=article:published_time content=2026-04-01T08:00:00Z><p>…";
    let server = Server::start(move |mut exchange| async move {
        match exchange.path() {
            "/paper.pdf" => {
                exchange.reply("200 OK", "content-type: application/pdf\r\n", b"%PDF-1.7 ...").await;
            }
            "/gone" => exchange.reply("410 Gone", "", b"<title>no</title>").await,
            _ => exchange.reply("200 OK", "content-type: text/html\r\n", page.as_bytes()).await,
        }
    })
    .await;
    let fetcher = fetcher();
    let link = fetcher.read_link(&server.url("/story#top"), now()).await.unwrap();
    assert_eq!(link.title.as_deref(), Some("Open model ties closed one"));
    assert_eq!(link.published, Some("2026-04-01".parse().unwrap()));
    assert_eq!((link.publisher.as_str(), link.bytes.as_slice()), ("127.0.0.1", page.as_bytes()));
    let pdf = fetcher.read_link(&server.url("/paper.pdf"), now()).await.unwrap();
    assert_eq!((pdf.title, pdf.content_type.as_deref()), (None, Some("application/pdf")));
    assert_eq!(
        fetcher.read_link(&server.url("/gone"), now()).await.map_err(|e| e.code()),
        Err("http_status")
    );
    assert_eq!(fetcher.read_link("javascript:alert(1)", now()).await.map_err(|e| e.code()), Err("bad_url"));
    assert_eq!(Request::get("x", Expect::Any).companions, []);
}
