//! Every event, once, in order: to programs that come and go, to browsers, over a restart, and beside the list.

use std::{sync::Arc, time::Duration};

use bellwether_server::Limits;
use serde_json::{Value, json};

use super::{Reader, STREAM, forecast};
use crate::{
    bad_input::{claim, created, with},
    support::Server,
};

/// All events by the list, page by page.
async fn listed(server: &Server, after: i64) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), after);
    loop {
        let reply = server.get(&format!("/api/v1/events?limit=200&after={cursor}")).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let page = reply.json();
        items.extend(page["items"].as_array().expect("items").iter().cloned());
        cursor = page["next"].as_i64().expect("a number");
        if page["next"] == page["last"] {
            return items;
        }
    }
}

fn seqs(events: &[Value]) -> Vec<i64> {
    events.iter().map(|event| event["seq"].as_i64().expect("a number")).collect()
}

async fn eight_write(server: &Server) {
    const WRITERS: usize = 8;
    const EACH: usize = 40;
    let slug = created(server, &claim()).await;
    let begin = server.engine.last_event().await.expect("a number");
    let writers: Vec<_> = (0..WRITERS)
        .map(|w| {
            let (engine, slug) = (server.engine.clone(), slug.clone());
            tokio::spawn(async move {
                for n in 0..EACH {
                    let p = 0.1 + 0.8 * (n * WRITERS + w) as f64 / (EACH * WRITERS) as f64;
                    forecast(&engine, &format!("writer{w}"), &slug, p).await;
                    tokio::time::sleep(Duration::from_millis(40)).await;
                }
            })
        })
        .collect();
    let (mut heard, mut last, mut visits) = (Vec::new(), begin.to_string(), 0);
    while heard.len() < WRITERS * EACH {
        visits += 1;
        assert!(visits < 300, "{} of {} were heard", heard.len(), WRITERS * EACH);
        let mut reader = Reader::open(server.addr, "", &[("Last-Event-ID", &last)]).await;
        let _ = tokio::time::timeout(Duration::from_millis(200), async {
            while let Some(block) = reader.next().await {
                // A browser keeps the number of a block without data too.
                last = block.id.unwrap_or(last.clone());
                heard.extend(block.data);
            }
        })
        .await;
    }
    for writer in writers {
        writer.await.expect("it wrote");
    }
    assert!(visits > 3, "it came back {visits} times");
    assert_eq!(seqs(&heard), (begin + 1..).take(heard.len()).collect::<Vec<_>>(), "gapless");
    assert_eq!(heard, listed(server, begin).await, "the list says the same");
    // From the beginning at once, which the ring does not hold.
    let mut reader = Reader::open(server.addr, &format!("?after={begin}"), &[]).await;
    for event in &heard {
        assert_eq!(reader.event().await.and_then(|block| block.data).as_ref(), Some(event));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a19_who_comes_back_every_200_ms_hears_eight_writers_once_and_in_order() {
    let server = Server::start().await;
    eight_write(&server).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a19_who_comes_back_hears_eight_writers_once_and_in_order_on_postgresql() {
    let Some(kit) = bellwether_testkit::postgres().await else { return };
    let server = Server::start_over(kit.db()).await;
    eight_write(&server).await;
    server.stop().await;
}

#[tokio::test]
async fn a19_a_stream_begins_with_what_comes_next_and_says_it_as_the_list_does() {
    let server = Server::start().await;
    let slug = created(&server, &claim()).await;
    let last = server.engine.last_event().await.expect("a number");
    let mut reader = Reader::open(server.addr, "", &[("Accept-Encoding", "gzip, br")]).await;
    assert_eq!(reader.status(), "200", "{}", reader.head);
    for line in [
        "content-type: text/event-stream",
        "cache-control: no-store",
        "x-accel-buffering: no",
        "transfer-encoding: chunked",
    ] {
        assert!(reader.head.contains(line), "{line}: {}", reader.head);
    }
    assert!(!reader.head.contains("content-encoding"), "{}", reader.head);
    let opening = reader.next().await.expect("an opening");
    assert_eq!((opening.retry.as_deref(), opening.id), (Some("2000"), Some(last.to_string())));
    let item = json!({"item": {"side": "for", "text": "Costs fell\nby half", "strength": 6.0}});
    assert_eq!(server.post(&format!("/api/v1/claims/{slug}/evidence"), &item).await.status, 201);
    let first = reader.event().await.expect("an event");
    let event = first.data.expect("data");
    assert_eq!((first.id, first.event), (Some((last + 1).to_string()), None));
    assert_eq!(vec![event.clone()], listed(&server, last).await);
    assert_eq!((&event["kind"], &event["claim"]["slug"]), (&json!("evidence.added"), &json!(slug)));
    assert_eq!(event["path"], json!(format!("/claims/{slug}")));
    assert!(
        event["claim"]["seq"].as_i64().is_some_and(|n| (2..=last + 1).contains(&n)),
        "its own count: {event}"
    );
    assert_eq!(event["because"], "Costs fell by half", "one line");
    assert!(event["figures"]["from"].as_f64() < event["figures"]["to"].as_f64(), "{event}");
    server.stop().await;
}

#[tokio::test]
async fn a19_what_is_no_number_of_ours_begins_anew_and_a_kilobyte_is_refused() {
    let server = Server::start().await;
    let slug = created(&server, &claim()).await;
    let last = server.engine.last_event().await.expect("a number").to_string();
    let beyond = format!("{last}0");
    let whole = "9".repeat(1_024);
    for number in ["abc", "-1", "1180591620717411303424", "1.5", "0x1", "1 2", "%00", &beyond, &whole] {
        for by_header in [true, false] {
            let query: String = url::form_urlencoded::byte_serialize(number.as_bytes()).collect();
            let mut reader = if by_header {
                Reader::open(server.addr, "", &[("Last-Event-ID", number)]).await
            } else {
                Reader::open(server.addr, &format!("?after={query}"), &[]).await
            };
            assert_eq!(reader.status(), "200", "{number}");
            let reset = reader.event().await.expect("a reset");
            assert_eq!(reset.event.as_deref(), Some("reset"), "{number}");
            assert_eq!(
                (reset.id.as_ref(), reset.data),
                (Some(&last), Some(json!({"seq": last.parse::<i64>().ok()})))
            );
        }
    }
    // A reset is an opening like any other: what comes next follows.
    let mut reader = Reader::open(server.addr, "", &[("Last-Event-ID", "abc")]).await;
    assert_eq!(reader.event().await.and_then(|b| b.event).as_deref(), Some("reset"));
    forecast(&server.engine, "ada", &slug, 0.55).await;
    let next = reader.event().await.expect("an event");
    assert_eq!(next.id, last.parse::<i64>().ok().map(|n| (n + 1).to_string()));

    let long = "1".repeat(1_025);
    let reply = server.send("GET", STREAM, &[("Last-Event-ID", &long)], b"").await;
    assert_eq!((reply.status, reply.fields()), (400, vec!["Last-Event-ID".to_owned()]));
    let reply = server.get(&format!("{STREAM}?after={long}")).await;
    assert_eq!((reply.status, reply.fields()), (400, vec!["after".to_owned()]));
    assert_eq!(server.get(&format!("{STREAM}?nothing=1")).await.status, 400);
    assert_eq!(server.get(&format!("{STREAM}?claim=nowhere")).await.status, 404);
    for (query, status) in [("after=-1", 400), ("after=abc", 400), ("limit=0", 400), ("limit=201", 400)] {
        assert_eq!(server.get(&format!("/api/v1/events?{query}")).await.status, status, "{query}");
    }
    let page = server.get("/api/v1/events?after=999999").await.json();
    assert_eq!(
        (&page["items"], &page["next"]),
        (&json!([]), &page["last"]),
        "it counts from the last there is"
    );
    server.stop().await;
}

#[tokio::test]
async fn a19_a_stream_of_a_claim_tells_of_no_other_and_nothing_tells_of_drafts_and_hidden_crowds() {
    let server = Server::start().await;
    let slug = created(&server, &claim()).await;
    let mut other = with("title", json!("A claim that hides its crowd"));
    other["forecasts"] = json!({ "hide_crowd": true });
    let hidden = created(&server, &other).await;
    let begin = server.engine.last_event().await.expect("a number").to_string();
    let mut of_one = Reader::open(server.addr, &format!("?claim={slug}"), &[]).await;
    let mut of_all = Reader::open(server.addr, "", &[]).await;
    of_one.next().await.expect("an opening");
    of_all.next().await.expect("an opening");
    let draft = server.post("/api/v1/claims", &with("title", json!("Nobody has seen this"))).await;
    assert_eq!(draft.status, 201, "{}", draft.text());
    forecast(&server.engine, "ada", &hidden, 0.8125).await;
    forecast(&server.engine, "ada", &slug, 0.55).await;
    let told = of_one.event().await.and_then(|block| block.data).expect("an event");
    assert_eq!((&told["claim"]["slug"], &told["headline"]), (&json!(slug), &json!("ada forecast 55.0%")));
    let mut all = Vec::new();
    while all.last().is_none_or(|event| *event != told) {
        all.push(of_all.event().await.and_then(|block| block.data).expect("an event"));
    }
    let text = Value::from(all.clone()).to_string() + &server.get("/api/v1/events").await.text();
    assert!(!text.contains("81.2") && !text.contains("0.8125"), "a hidden crowd: {text}");
    assert!(!text.contains("Nobody has seen this"), "a draft: {text}");
    assert_eq!((all.len(), &all[0]["figures"]), (2, &Value::Null), "{all:?}");
    // The same from the database.
    let mut again = Reader::open(server.addr, &format!("?claim={slug}&after={begin}"), &[]).await;
    assert_eq!(again.event().await.and_then(|block| block.data), Some(told));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a19_over_a_restart_every_event_comes_once() {
    let limits = Limits { heartbeat: Duration::from_millis(100), ..Limits::default() };
    let mut server = Server::start_with(limits).await;
    let slug = Arc::new(created(&server, &claim()).await);
    // Nothing was heard before the cut but the opening: its number is enough.
    let mut reader = Reader::open(server.addr, "", &[]).await;
    let last = reader.next().await.and_then(|block| block.id).expect("a number");
    let (engine, of) = (server.engine.clone(), slug.clone());
    server.restart(async move { forecast(&engine, "ada", &of, 0.55).await }).await;
    assert_eq!(reader.next().await, None, "the stop ended it");
    let mut reader = Reader::open(server.addr, "", &[("Last-Event-ID", &last)]).await;
    forecast(&server.engine, "ada", &slug, 0.57).await;
    let heard =
        [reader.event().await, reader.event().await].map(|b| b.and_then(|b| b.data).expect("an event"));
    assert_eq!(heard.to_vec(), listed(&server, last.parse().expect("a number")).await);
    // A sign of life carries the number too, and nothing that a browser would take for an event.
    let sign = reader.next().await.expect("a sign of life");
    assert!(sign.comment && sign.data.is_none() && sign.event.is_none(), "{sign:?}");
    assert_eq!(sign.id, Some(heard[1]["seq"].to_string()));
    server.stop().await;
}
