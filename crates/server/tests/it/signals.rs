//! Signals and news feeds, on pages and by the API: followed, shown with their reason, counted, set aside, put off.

use std::time::Duration;

use bellwether_core::people::Role;
use bellwether_engine::outside::Outside;
use bellwether_sources::fetch::{AddressPolicy, FetchSettings, pace::Manners};
use chrono::TimeDelta;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

use crate::{forms::plain, people::Someone, support::Server};

struct Kit {
    server: Server,
    site: MockServer,
    curie: Someone,
    fisher: Someone,
}

impl Kit {
    async fn new() -> Self {
        let site = MockServer::start().await;
        let manners = Manners { pause: Duration::ZERO, ..Manners::default() };
        let policy = AddressPolicy::with_loopback();
        let settings = FetchSettings { policy, manners, ..FetchSettings::default() };
        let server = Server::start_reaching(Outside::new(settings, |_| None).expect("a fetcher")).await;
        Someone::new(&server, "ada", Role::Admin).await;
        let curie = Someone::new(&server, "curie", Role::Curator).await;
        let fisher = Someone::new(&server, "fisher", Role::Forecaster).await;
        let kit = Self { server, site, curie, fisher };
        let document = json!({
            "title": "Open weights catch up", "slug": "catch-up", "keywords": ["open weights", "GPQA"],
            "window": {"by": "Q1 2027"}, "criteria": "A person decides.",
        });
        assert_eq!(kit.api("POST", "/api/v1/claims?publish=true", &document).await.0, 201);
        kit
    }

    /// From now on the feed has these headlines, a minute apart, the newest first.
    async fn says(&self, titles: &[&str]) {
        self.site.reset().await;
        let now = self.server.engine.now();
        let items: Vec<String> = titles
            .iter()
            .zip(1..)
            .map(|(title, minutes)| {
                let at = (now - TimeDelta::minutes(minutes)).to_rfc2822();
                format!(
                    "<item><title>{title}</title><link>https://wire.example/{minutes}</link><guid>{title}</guid>\
                     <pubDate>{at}</pubDate></item>"
                )
            })
            .collect();
        let body = format!(
            "<rss version=\"2.0\"><channel><title>The Wire</title>{}</channel></rss>",
            items.concat()
        );
        let answer = ResponseTemplate::new(200).set_body_raw(body, "application/rss+xml");
        Mock::given(path("/feed")).respond_with(answer).mount(&self.site).await;
    }

    fn address(&self) -> String {
        format!("{}/feed", self.site.uri())
    }

    async fn api(&self, method: &str, address: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let reply = self.curie.api(&self.server, method, address, &body).await;
        let value = if reply.body.is_empty() { Value::Null } else { reply.json() };
        (reply.status, value)
    }

    async fn follow(&self) -> String {
        let (status, feed) = self.api("POST", "/api/v1/feeds", &json!({"address": self.address()})).await;
        assert_eq!(status, 201, "{feed}");
        feed["id"].as_str().expect("an id").to_owned()
    }

    async fn page(&self, who: &Someone, address: &str) -> String {
        let reply = who.page(&self.server, "GET", address, "").await;
        assert_eq!(reply.status, 200, "{address}: {}", reply.text());
        reply.text()
    }

    async fn form(&self, who: &Someone, address: &str, fields: &[(&str, &str)]) -> (u16, String, String) {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let reply = who.page(&self.server, "POST", address, &body).await;
        (reply.status, reply.header("location").unwrap_or_default().to_owned(), reply.text())
    }

    async fn signals(&self, address: &str) -> Vec<Value> {
        let (status, list) = self.api("GET", address, &Value::Null).await;
        assert_eq!(status, 200, "{list}");
        list["items"].as_array().expect("a list").clone()
    }
}

const BESIDE: &str = "/api/v1/claims/catch-up/signals";

#[tokio::test]
async fn a_feed_is_followed_on_the_page_and_its_news_stands_beside_the_claim() {
    let kit = Kit::new().await;
    kit.says(&["A model with open weights leads GPQA", "Sports"]).await;
    let empty = kit.page(&kit.curie, "/signals").await;
    assert!(empty.contains("No signal yet") && empty.contains("No feed is followed"), "{empty}");
    let (status, to, _) = kit.form(&kit.curie, "/signals/feeds", &[("address", &kit.address())]).await;
    assert_eq!((status, to.as_str()), (303, "/signals#feeds"));

    let shown = plain(&kit.page(&kit.curie, "/claims/catch-up").await);
    assert!(shown.contains("A model with open weights leads GPQA"), "{shown}");
    assert!(shown.contains("because it names “GPQA” and “open weights”"), "{shown}");
    assert!(shown.contains("The Wire") && !shown.contains("Sports"), "{shown}");
    for label in ["Count it as evidence", "Not relevant", "Later"] {
        assert!(shown.contains(label), "{label}");
    }
    let all = kit.page(&kit.curie, "/signals").await;
    assert!(plain(&all).contains("Open weights catch up</a>: because it names"), "{all}");
    assert!(all.contains("Sports") && all.contains("Feed: all"), "{all}");
    let waiting = kit.page(&kit.curie, "/signals?waiting=1").await;
    assert!(waiting.contains("leads GPQA") && !waiting.contains("Sports"), "{waiting}");

    // Who may not curate reads and changes nothing.
    let read = kit.page(&kit.fisher, "/signals").await;
    assert!(
        read.contains("leads GPQA") && !read.contains("/not-relevant") && !read.contains("Follow this feed")
    );
    let signal = kit.signals(BESIDE).await[0]["id"].as_str().expect("an id").to_owned();
    let later = format!("/claims/catch-up/signals/{signal}/later");
    assert_eq!(kit.form(&kit.fisher, &later, &[]).await.0, 403);

    // The form is filled in, with the source carried over.
    let (_, rest) = shown.split_once("Signals, not counted yet").expect("the part");
    assert!(rest.contains("1 ·"), "{rest}");
    let html = kit.page(&kit.curie, "/claims/catch-up").await;
    let (_, link) = html.split_once("/evidence/new?claim=catch-up&#38;text=").expect("a link");
    let link = link.split('"').next().expect("its end").replace("&#38;", "&");
    let form = kit.page(&kit.curie, &format!("/evidence/new?claim=catch-up&text={link}")).await;
    assert!(form.contains("https://wire.example/1") && form.contains("The Wire"), "{form}");
    kit.server.stop().await;
}

#[tokio::test]
async fn signals_are_set_aside_put_off_and_taken_up_again() {
    let kit = Kit::new().await;
    kit.says(&["Open weights again"]).await;
    kit.follow().await;
    let signal = kit.signals(BESIDE).await[0]["id"].as_str().expect("an id").to_owned();
    let base = format!("/claims/catch-up/signals/{signal}");
    let waits = || async { kit.page(&kit.curie, "/claims/catch-up").await.contains("Open weights again") };
    assert!(waits().await);
    // One press counts it only where the side is known.
    let (status, _, text) = kit.form(&kit.curie, &format!("{base}/count"), &[]).await;
    assert_eq!(status, 422, "{text}");
    let (status, to, _) =
        kit.form(&kit.curie, &format!("{base}/not-relevant"), &[("back", "/signals?waiting=1")]).await;
    assert_eq!((status, to.as_str()), (303, "/signals?waiting=1"));
    assert!(!waits().await);
    let listed = plain(&kit.page(&kit.curie, "/claims/catch-up/signals").await);
    assert!(
        listed.contains("not relevant, says <a href=\"/people/curie\">curie</a>")
            && listed.contains("Take it up again"),
        "{listed}"
    );
    assert_eq!(kit.form(&kit.curie, &format!("{base}/undo"), &[]).await.1, "/claims/catch-up/signals");
    assert!(waits().await);
    let (_, to, _) = kit.form(&kit.curie, &format!("{base}/later"), &[("back", "//evil.example")]).await;
    assert_eq!(to, "/", "only addresses of ours");
    assert!(!waits().await);
    kit.server.clock.advance(TimeDelta::days(7));
    assert!(waits().await, "it came back");
    kit.server.stop().await;
}

#[tokio::test]
async fn the_api_follows_lists_decides_and_removes() {
    let kit = Kit::new().await;
    kit.says(&["Open weights again", "Sports"]).await;
    let feed = kit.follow().await;
    let feeds = kit.signals("/api/v1/feeds").await;
    assert_eq!((&feeds[0]["title"], &feeds[0]["stale"]), (&json!("The Wire"), &json!(false)));
    let (status, again) = kit.api("POST", "/api/v1/feeds", &json!({"address": kit.address()})).await;
    assert_eq!(status, 409, "{again}");

    let beside = kit.signals(BESIDE).await;
    let (signal, there) = (beside[0]["id"].as_str().expect("an id"), &beside[0]["claims"][0]);
    assert_eq!((&beside[0]["kind"], &beside[0]["sources"][0]["name"]), (&json!("news"), &json!("The Wire")));
    assert_eq!((&there["status"], &there["waits"]), (&json!("waiting"), &json!(true)));
    assert_eq!(there["because"], "names “open weights”");
    assert_eq!(kit.signals("/api/v1/signals?waiting=true").await.len(), 1);
    assert_eq!(kit.signals(&format!("/api/v1/signals?feed={feed}")).await.len(), 2);
    assert_eq!(kit.signals("/api/v1/signals?benchmark=llm-stats/gpqa").await.len(), 0);
    for bad in ["waiting=perhaps", "feed=1", "benchmark=gpqa", "waiting=true&benchmark=a/b"] {
        let reply = kit.api("GET", &format!("/api/v1/signals?{bad}"), &Value::Null).await;
        assert_eq!(reply.0, 400, "{bad}: {}", reply.1);
    }

    let decide = format!("{BESIDE}/{signal}");
    let (status, put_off) = kit.api("POST", &decide, &json!({"decision": "later"})).await;
    assert_eq!((status, &put_off["status"]), (200, &json!("later")), "{put_off}");
    assert!(put_off["until"].is_string());
    for (body, field) in [
        (json!({"decision": "perhaps"}), "decision"),
        (json!({}), "decision"),
        (json!({"decision": "later", "side": "for"}), "side"),
        (json!({"decision": "count"}), "side"),
        (json!({"decision": "count", "side": "for", "points": 41}), "strength"),
        (json!({"decision": "count", "side": "for", "until": "now"}), "until"),
    ] {
        let (status, problem) = kit.api("POST", &decide, &body).await;
        assert_eq!(status, 422, "{body}: {problem}");
        assert!(
            problem["errors"][0]["field"].as_str().is_some_and(|f| f.contains(field)),
            "{body}: {problem}"
        );
    }
    let (status, counted) =
        kit.api("POST", &decide, &json!({"decision": "count", "side": "for", "points": 6})).await;
    assert_eq!((status, &counted["status"]), (200, &json!("counted")), "{counted}");
    let (_, items) = kit.api("GET", "/api/v1/claims/catch-up/evidence", &Value::Null).await;
    assert_eq!(items["items"][0]["id"], counted["evidence"]);
    assert_eq!(kit.api("POST", &decide, &json!({"decision": "undo"})).await.0, 409);
    let unknown = format!("{BESIDE}/00000000-0000-7000-8000-000000000000");
    assert_eq!(kit.api("POST", &unknown, &json!({"decision": "undo"})).await.0, 404);

    assert_eq!(kit.api("DELETE", &format!("/api/v1/feeds/{feed}"), &Value::Null).await.0, 204);
    assert_eq!(kit.api("DELETE", &format!("/api/v1/feeds/{feed}"), &Value::Null).await.0, 404);
    assert!(kit.signals("/api/v1/feeds").await[0]["removed_at"].is_string());
    assert_eq!(kit.signals("/api/v1/signals").await.len(), 2, "what it brought stays");
    kit.server.stop().await;
}

#[tokio::test]
async fn b20_b22_b24_hostile_news_is_shown_as_text_and_never_a_link() {
    let kit = Kit::new().await;
    let body = "<rss version=\"2.0\"><channel><title>&lt;img src=x onerror=alert(1)></title>\
        <item><title>&lt;script>alert(1)&lt;/script> open weights &lt;/text> ]]&gt; &amp;lt;!--</title>\
        <link>javascript:alert(1)</link><pubDate>DATE</pubDate>\
        <description>&lt;svg/onload=alert(1)></description></item>\
        <item><title>Open weights, data</title><link>data:text/html,x</link><pubDate>DATE</pubDate></item>\
        <item><title>Open weights, with a name</title><link>https://a:b@evil.example/</link><pubDate>DATE</pubDate></item>\
        </channel></rss>";
    let body = body.replace("DATE", &kit.server.engine.now().to_rfc2822());
    let answer = ResponseTemplate::new(200).set_body_raw(body, "text/xml");
    Mock::given(path("/feed")).respond_with(answer).mount(&kit.site).await;
    kit.follow().await;
    assert_eq!(kit.signals(BESIDE).await.len(), 3);
    for address in ["/claims/catch-up", "/claims/catch-up/signals", "/signals", "/", "/api/docs"] {
        let html = kit.page(&kit.curie, address).await;
        for live in [
            "<script>alert",
            "<img",
            "<svg/",
            "href=\"javascript",
            "href=\"data:",
            "a:b@evil",
            "url=javascript",
        ] {
            assert!(!html.contains(live), "{address}: {live}");
        }
    }
    let html = kit.page(&kit.curie, "/signals").await;
    assert!(html.contains("&#60;script&#62;alert(1)&#60;/script&#62; open weights"), "{html}");
    kit.server.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_feed_is_said_beside_its_field() {
    let kit = Kit::new().await;
    let page = ResponseTemplate::new(200).set_body_raw("<p>Hello</p>", "text/plain");
    Mock::given(path("/page")).respond_with(page).mount(&kit.site).await;
    let rows = kit.server.rows().await;
    let at = |path: &str| format!("{}/{path}", kit.site.uri());
    for (address, why) in [
        (String::new(), "web address"),
        ("javascript:alert(1)".to_owned(), "nly http and https"),
        ("https://a@b.example/".to_owned(), "user name"),
        (at("page"), "no RSS, Atom or JSON feed"),
        (at("missing"), "404"),
        ("http://10.0.0.1/feed".to_owned(), "not allowed"),
    ] {
        let fields = [("address", address.as_str()), ("title", "Mine")];
        let (status, _, html) = kit.form(&kit.curie, "/signals/feeds", &fields).await;
        assert_eq!(status, 422, "{address}: {html}");
        assert!(plain(&html).contains(why) && html.contains("href=\"#address\""), "{address}: {html}");
        assert!(html.contains("value=\"Mine\""), "what was typed is kept");
        let (status, problem) = kit.api("POST", "/api/v1/feeds", &json!({"address": address})).await;
        assert!([422, 502].contains(&status), "{address}: {problem}");
    }
    assert_eq!(kit.server.rows().await, rows, "nothing was stored");
    kit.server.stop().await;
}
