//! News feeds: followed, read on schedule, matched to claims, told once, decided on; on both databases.

use std::{sync::Arc, time::Duration};

use bellwether_core::{
    actor::Actor, document::ClaimDocument, evidence::Side, ids::SignalId, signal::SignalStatus,
};
use bellwether_engine::{
    Engine, EngineError,
    claims::{ClaimKey, CriteriaChange, NewClaim},
    clock::FixedClock,
    evidence::CountSignal,
    feeds::{FeedInput, FeedView},
    outside::Outside,
    schedule::Done,
    signals::{Decided, Decision, SignalView, Which},
};
use bellwether_sources::fetch::{AddressPolicy, FetchSettings, pace::Manners};
use bellwether_store::Db;
use chrono::{DateTime, TimeDelta, Utc};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, path},
};

use crate::support::at;

bellwether_testkit::both!(
    news_becomes_a_signal_and_is_counted_as_evidence,
    one_story_of_three_feeds_is_one_signal,
    the_first_read_tells_only_what_is_young,
    an_item_is_told_once_whatever_the_answer,
    a_feed_that_fails_is_asked_later_and_later,
    what_is_no_feed_is_refused,
    a_removed_feed_keeps_its_signals,
    a_claim_that_opens_finds_the_news_of_the_week,
    not_relevant_and_later_are_taken_back,
    hostile_news_is_text,
);

struct Kit {
    engine: Engine,
    clock: Arc<FixedClock>,
    server: MockServer,
    db: Db,
}

/// An item: headline, minutes before noon of the first day, text.
type Said<'a> = (&'a str, i64, &'a str);

fn noon() -> DateTime<Utc> {
    at("2026-04-06T12:00:00Z")
}

fn rss(items: &[Said<'_>]) -> ResponseTemplate {
    let items: Vec<String> = items
        .iter()
        .map(|(title, ago, text)| {
            let published = (noon() - TimeDelta::minutes(*ago)).to_rfc2822();
            let link = title.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
            let escaped = title.replace('&', "&amp;").replace('<', "&lt;");
            format!(
                "<item><title>{escaped}</title><link>https://wire.example/{link}</link><pubDate>{published}</pubDate>\
                 <description>{text}</description></item>"
            )
        })
        .collect();
    let body =
        format!("<rss version=\"2.0\"><channel><title>The Wire</title>{}</channel></rss>", items.concat());
    ResponseTemplate::new(200).set_body_raw(body, "application/rss+xml")
}

impl Kit {
    async fn new(db: Db) -> Self {
        let clock = Arc::new(FixedClock::new(noon()));
        let server = MockServer::start().await;
        let manners = Manners { pause: Duration::ZERO, ..Manners::default() };
        let policy = AddressPolicy::with_loopback();
        let settings = FetchSettings { policy, manners, ..FetchSettings::default() };
        let outside = Outside::new(settings, |_| None).unwrap();
        let engine = Engine::new(db.clone(), clock.clone()).with_outside(outside);
        Self { engine, clock, server, db }
    }

    async fn claim(&self, title: &str, more: &str) -> ClaimKey {
        let yaml = format!("title: {title}\nwindow: {{ by: Q1 2027 }}\ncriteria: A person decides.\n{more}");
        let new = NewClaim { document: ClaimDocument::from_yaml(&yaml).unwrap(), publish: true };
        self.engine.create_claim(&Actor::Operator, new).await.unwrap().id.into()
    }

    /// From now on a feed answers this.
    async fn says(&self, feed: &str, answer: ResponseTemplate) {
        Mock::given(path(format!("/{feed}"))).respond_with(answer).with_priority(5).mount(&self.server).await;
    }

    async fn try_follow(&self, feed: &str) -> Result<FeedView, EngineError> {
        let input =
            FeedInput { address: format!("{}/{feed}", self.server.uri()), title: Some(feed.to_owned()) };
        self.engine.follow_feed(&Actor::Operator, &input).await
    }

    async fn follow(&self, feed: &str, items: &[Said<'_>]) -> FeedView {
        self.says(feed, rss(items)).await;
        self.clock.advance(TimeDelta::seconds(1));
        self.try_follow(feed).await.unwrap()
    }

    /// Waits until feeds are due, and reads them.
    async fn pass(&self, time: TimeDelta) -> Vec<Done> {
        self.clock.advance(time);
        let done = self.engine.run_due().await.unwrap();
        assert!(done.iter().all(|d| d.ok), "{done:?}");
        done.into_iter().filter(|d| d.job.starts_with("feed:")).collect()
    }

    async fn signals(&self, which: Which) -> Vec<SignalView> {
        self.engine.signals_page(&which, None, 100).await.unwrap()
    }

    async fn titles(&self, which: Which) -> Vec<String> {
        self.signals(which).await.into_iter().map(|s| s.signal.title).collect()
    }

    async fn beside(&self, claim: &ClaimKey) -> Vec<SignalView> {
        let id = self.engine.claim_id(claim).await.unwrap();
        self.engine.claim_signals(id, 100).await.unwrap()
    }

    async fn why(&self, claim: &ClaimKey) -> Vec<String> {
        let id = self.engine.claim_id(claim).await.unwrap();
        self.beside(claim).await.iter().filter_map(|s| s.beside(id)?.because.clone()).collect()
    }

    async fn kinds(&self, claim: &ClaimKey) -> Vec<String> {
        let id = self.engine.claim_id(claim).await.unwrap();
        let events = self.db.read().await.unwrap().claim_events_before(id, i64::MAX, 100).await.unwrap();
        let kinds = events.iter().rev().map(|e| e.kind.as_str().to_owned());
        kinds.filter(|k| k.starts_with("signal.")).collect()
    }

    async fn p(&self, claim: &ClaimKey) -> f64 {
        self.engine.claim_page(claim, None).await.unwrap().probabilities[0].p.value()
    }
}

async fn news_becomes_a_signal_and_is_counted_as_evidence(db: Db) {
    let kit = Kit::new(db).await;
    let claim = kit.claim("Open models catch up", "keywords: [open weights, DeepSeek]").await;
    let other = kit.claim("It rains in May", "keywords: [rain]").await;
    let feed = kit
        .follow(
            "wire",
            &[
                ("DeepSeek answers with open weights", 60, "Six points behind."),
                ("Sports", 30, "Two to one."),
            ],
        )
        .await;
    assert_eq!((feed.title.as_str(), feed.stale, feed.quiet), ("wire", false, false));
    assert_eq!(
        kit.titles(Which::All).await,
        ["Sports", "DeepSeek answers with open weights"],
        "newest first"
    );
    assert_eq!(kit.why(&claim).await, ["names “DeepSeek” and “open weights”"]);
    assert!(kit.beside(&other).await.is_empty());
    assert_eq!(kit.kinds(&claim).await, ["signal.appeared"]);
    let before = kit.p(&claim).await;
    assert!((before - 0.5).abs() < 1e-9, "a signal moves nothing by itself");

    let signal = kit.beside(&claim).await.remove(0);
    assert_eq!((signal.sources[0].name.as_str(), signal.sources.len()), ("wire", 1));
    let id = signal.signal.id;
    let count = |side| CountSignal { claim: claim.clone(), signal: id, side, strength: None, text: None };
    let unsaid = kit.engine.count_signal(&Actor::Operator, count(None)).await;
    assert!(matches!(&unsaid, Err(EngineError::Invalid(e)) if e[0].field == "side"), "{unsaid:?}");
    let added = kit.engine.count_signal(&Actor::Operator, count(Some(Side::For))).await.unwrap();
    assert!(kit.p(&claim).await > before);
    let page = kit.engine.claim_page(&claim, None).await.unwrap();
    let item = &page.items_for[0];
    assert_eq!((item.id, item.signal), (added.evidence, Some(id)));
    assert_eq!(item.item.source.publisher.as_deref(), Some("wire"), "the source is carried over");
    assert_eq!(
        item.item.source.url.as_ref().map(|u| u.as_str().to_owned()).as_deref(),
        Some("https://wire.example/deepseek-answers-with-open-weights")
    );
    assert_eq!(item.item.observed_at, noon() - TimeDelta::minutes(60));
    let twice = kit.engine.count_signal(&Actor::Operator, count(Some(Side::For))).await;
    assert!(matches!(twice, Err(EngineError::Conflict(_))), "{twice:?}");
    assert!(kit.titles(Which::Waiting).await.is_empty());
    kit.engine.undo_evidence(&Actor::Operator, added.evidence).await.unwrap();
    assert_eq!(kit.titles(Which::Waiting).await.len(), 1, "undone within the minute, it waits again");
    assert!((kit.p(&claim).await - 0.5).abs() < 1e-9);
    kit.engine.count_signal(&Actor::Operator, count(Some(Side::Against))).await.unwrap();
    assert!(kit.p(&claim).await < 0.5);
}

async fn one_story_of_three_feeds_is_one_signal(db: Db) {
    let kit = Kit::new(db).await;
    let claim = kit.claim("Open models catch up", "keywords: [open weights]").await;
    let late = kit.claim("A lab publishes", "keywords: [Hangzhou]").await;
    let head = "DeepSeek releases a new open weights model that leads the field";
    kit.follow("wire", &[(head, 90, "")]).await;
    kit.follow("herald", &[(&format!("{head} | Herald"), 60, "The lab in Hangzhou said so.")]).await;
    kit.follow(
        "gazette",
        &[(&format!("Gazette: {head}"), 30, ""), ("Nothing to do with it at all, says a man", 20, "")],
    )
    .await;
    let all = kit.signals(Which::All).await;
    assert_eq!(all.len(), 2);
    let story = all.iter().find(|s| s.signal.title == head).unwrap();
    let names: Vec<&str> = story.sources.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["wire", "herald", "gazette"]);
    assert_eq!(kit.beside(&claim).await.len(), 1);
    assert_eq!(kit.kinds(&claim).await, ["signal.appeared"], "told once");
    assert_eq!(kit.why(&late).await, ["names “Hangzhou”"], "what only the second outlet says counts too");
    let gazette = kit.engine.news_feeds().await.unwrap().into_iter().find(|f| f.title == "gazette").unwrap();
    assert_eq!(kit.signals(Which::Feed(gazette.id)).await.len(), 2);

    // After a week the same headline is another story.
    kit.clock.advance(TimeDelta::days(8));
    let ago = -8 * 24 * 60;
    kit.follow("monthly", &[(head, ago, "")]).await;
    assert_eq!(kit.signals(Which::All).await.len(), 3);
}

async fn the_first_read_tells_only_what_is_young(db: Db) {
    let kit = Kit::new(db).await;
    let titles: Vec<String> = (0..70).map(|i| format!("Item number {i}")).collect();
    let mut items: Vec<Said<'_>> = titles.iter().zip(0..).map(|(t, i)| (t.as_str(), 10 * i, "")).collect();
    items.push(("A week old", 7 * 24 * 60, ""));
    items.push(("Younger than a week", 7 * 24 * 60 - 1, ""));
    let feed = kit.follow("wire", &items).await;
    let told = kit.titles(Which::All).await;
    assert_eq!(told.len(), 50, "the newest fifty");
    assert_eq!((told[0].as_str(), told[49].as_str()), ("Item number 0", "Item number 49"));
    assert_eq!(feed.last_new_at, Some(feed.added_at));
    // None of the others is told later.
    kit.pass(TimeDelta::hours(2)).await;
    assert_eq!(kit.titles(Which::All).await.len(), 50);

    let undated =
        "<rss version=\"2.0\"><channel><item><title>Who knows how old</title></item></channel></rss>";
    kit.says("undated", ResponseTemplate::new(200).set_body_raw(undated, "text/xml")).await;
    kit.try_follow("undated").await.unwrap();
    assert_eq!(kit.titles(Which::All).await.len(), 50);
    kit.server.reset().await;
    let more = undated.replace("</channel>", "<item><title>This one is new</title></item></channel>");
    kit.says("undated", ResponseTemplate::new(200).set_body_raw(more, "text/xml")).await;
    kit.says("wire", rss(&[])).await;
    kit.pass(TimeDelta::hours(2)).await;
    assert_eq!(kit.titles(Which::All).await[0], "This one is new");
}

async fn an_item_is_told_once_whatever_the_answer(db: Db) {
    let kit = Kit::new(db).await;
    let items = [("First of all", 30, "")];
    kit.says("wire", rss(&items).insert_header("etag", "\"1\"")).await;
    let feed = kit.try_follow("wire").await.unwrap();
    assert!(feed.next_due_at.unwrap() >= noon() + TimeDelta::hours(1));
    kit.server.reset().await;
    Mock::given(path("/wire"))
        .and(header("if-none-match", "\"1\""))
        .respond_with(ResponseTemplate::new(304))
        .expect(1)
        .mount(&kit.server)
        .await;
    assert_eq!(kit.pass(TimeDelta::hours(2)).await[0].detail, "not modified");
    kit.server.reset().await;
    kit.says("wire", rss(&[("Second thing", -60, ""), items[0]])).await;
    assert_eq!(
        kit.pass(TimeDelta::hours(2)).await[0].detail,
        "1\u{a0}item new, 1\u{a0}signal raised, 0 matched to claims"
    );
    assert_eq!(kit.pass(TimeDelta::hours(2)).await[0].detail, "nothing new");
    assert_eq!(kit.titles(Which::All).await, ["Second thing", "First of all"]);
    assert!(kit.pass(TimeDelta::minutes(30)).await.is_empty(), "not due");
}

async fn a_feed_that_fails_is_asked_later_and_later(db: Db) {
    let kit = Kit::new(db).await;
    let feed = kit.follow("wire", &[("First of all", 30, "")]).await;
    kit.server.reset().await;
    kit.says("wire", ResponseTemplate::new(503).insert_header("retry-after", "7200")).await;
    let done = kit.pass(TimeDelta::hours(2)).await;
    assert!(done[0].detail.contains("503"), "{done:?}");
    let view = kit.engine.news_feed(feed.id).await.unwrap();
    assert_eq!((view.failures, view.stale), (1, false));
    assert!(view.next_due_at.unwrap() >= kit.engine.now() + TimeDelta::hours(2), "as the site wishes");
    assert!(view.last_error.unwrap().contains("503"));
    kit.server.reset().await;
    kit.says("wire", ResponseTemplate::new(200).set_body_raw("<html><body>Hello</body></html>", "text/html"))
        .await;
    let done = kit.pass(TimeDelta::hours(30)).await;
    assert!(done[0].detail.contains("unexpected_content"), "{done:?}");
    let view = kit.engine.news_feed(feed.id).await.unwrap();
    assert_eq!((view.failures, view.stale), (2, true));
    kit.server.reset().await;
    kit.says("wire", rss(&[("First of all", 30, "")])).await;
    kit.pass(TimeDelta::days(2)).await;
    let view = kit.engine.news_feed(feed.id).await.unwrap();
    assert_eq!((view.failures, view.stale, view.last_error), (0, false, None));
    kit.pass(TimeDelta::days(61)).await;
    assert!(kit.engine.news_feed(feed.id).await.unwrap().quiet);
}

async fn what_is_no_feed_is_refused(db: Db) {
    let kit = Kit::new(db).await;
    kit.says("page", ResponseTemplate::new(200).set_body_raw("<p>Hello</p>", "text/plain")).await;
    let refused = kit.try_follow("page").await;
    assert!(
        matches!(&refused, Err(EngineError::Invalid(e)) if (e[0].field.as_str(), e[0].code) == ("address", "no_feed")),
        "{refused:?}"
    );
    for address in
        ["javascript:alert(1)", "file:///etc/passwd", "https://a@b.example/", "", "//x", "https://a b"]
    {
        let input = FeedInput { address: address.to_owned(), title: None };
        let refused = kit.engine.follow_feed(&Actor::Operator, &input).await;
        assert!(
            matches!(&refused, Err(EngineError::Invalid(e)) if e[0].field == "address"),
            "{address}: {refused:?}"
        );
    }
    assert!(matches!(kit.try_follow("missing").await, Err(EngineError::Upstream(_))));
    kit.follow("wire", &[]).await;
    assert!(matches!(kit.try_follow("wire").await, Err(EngineError::Conflict(_))), "once");
    assert_eq!(kit.engine.news_feeds().await.unwrap().len(), 1);
}

async fn a_removed_feed_keeps_its_signals(db: Db) {
    let kit = Kit::new(db).await;
    let feed = kit.follow("wire", &[("First of all", 30, "")]).await;
    kit.engine.remove_feed(&Actor::Operator, feed.id).await.unwrap();
    assert!(kit.pass(TimeDelta::hours(3)).await.is_empty());
    let told = kit.signals(Which::All).await;
    assert_eq!((told.len(), told[0].sources[0].name.as_str()), (1, "wire"));
    let gone = kit.engine.news_feed(feed.id).await.unwrap();
    assert!(gone.removed.is_some() && !gone.stale);
    assert!(matches!(kit.engine.remove_feed(&Actor::Operator, feed.id).await, Err(EngineError::NotFound(_))));
    let again = kit.try_follow("wire").await.unwrap();
    assert_ne!(again.id, feed.id);
    assert_eq!(kit.signals(Which::All).await.len(), 1, "the same address is the same story");
}

async fn a_claim_that_opens_finds_the_news_of_the_week(db: Db) {
    let kit = Kit::new(db).await;
    kit.follow("wire", &[("Open weights again", 30, ""), ("Rain in May", 20, "")]).await;
    kit.clock.advance(TimeDelta::days(6));
    let claim = kit.claim("Open models catch up", "keywords: [open weights]").await;
    assert_eq!(kit.why(&claim).await, ["names “open weights”"]);
    let document = |keywords: &str, criteria: &str| {
        let text = format!(
            "title: Open models catch up\nkeywords: [{keywords}]\nwindow: {{ by: Q1 2027 }}\ncriteria: {criteria}"
        );
        ClaimDocument::from_yaml(&text).unwrap()
    };
    let change = |document| CriteriaChange { document, reason: "it was not clear".to_owned(), seen: None };
    let changed = change(document("open weights, rain", "Two persons decide."));
    kit.engine.change_criteria(&Actor::Operator, &claim, changed).await.unwrap();
    assert_eq!(kit.why(&claim).await.len(), 2, "other keywords find more");
    let same = change(document("open weights, rain, snow", "Two persons decide."));
    let refused = kit.engine.change_criteria(&Actor::Operator, &claim, same).await;
    assert!(matches!(refused, Err(EngineError::Invalid(_))), "keywords decide nothing: {refused:?}");
    kit.clock.advance(TimeDelta::days(2));
    let late = kit.claim("Too late for that", "keywords: [open weights]").await;
    assert!(kit.beside(&late).await.is_empty(), "what is older than a week is not dug up");
}

async fn not_relevant_and_later_are_taken_back(db: Db) {
    let kit = Kit::new(db).await;
    let claim = kit.claim("Open models catch up", "keywords: [open weights]").await;
    kit.follow("wire", &[("Open weights again", 30, "")]).await;
    let signal = kit.beside(&claim).await[0].signal.id;
    let id = kit.engine.claim_id(&claim).await.unwrap();
    let decide = |decision| {
        let (engine, claim) = (kit.engine.clone(), claim.clone());
        async move { engine.decide_signal(&Actor::Operator, &claim, signal, decision).await.unwrap() }
    };
    let waits = || async { kit.beside(&claim).await[0].beside(id).unwrap().waits };
    assert_eq!(
        decide(Decision::NotRelevant).await,
        Decided { status: SignalStatus::NotRelevant, until: None }
    );
    assert!(!waits().await);
    let beside = kit.beside(&claim).await[0].beside(id).unwrap().clone();
    assert_eq!(
        (beside.row.decided_by, beside.row.decided_at),
        (Some(Actor::Operator), Some(kit.engine.now()))
    );
    decide(Decision::NotRelevant).await;
    decide(Decision::Undo).await;
    assert!(waits().await);
    let later = decide(Decision::Later).await;
    assert_eq!(later.until, Some(kit.engine.now() + TimeDelta::days(7)));
    assert!(!waits().await && kit.titles(Which::Waiting).await.is_empty());
    kit.clock.advance(TimeDelta::days(7));
    assert!(waits().await, "it came back");
    assert_eq!(kit.titles(Which::Waiting).await.len(), 1);
    assert_eq!(
        decide(Decision::Later).await.until,
        Some(kit.engine.now() + TimeDelta::days(7)),
        "put off again"
    );
    assert_eq!(
        kit.kinds(&claim).await,
        ["signal.appeared", "signal.set_aside", "signal.taken_up", "signal.put_off", "signal.put_off"]
    );
    let count =
        CountSignal { claim: claim.clone(), signal, side: Some(Side::Against), strength: None, text: None };
    kit.engine.count_signal(&Actor::Operator, count).await.unwrap();
    let counted = kit.engine.decide_signal(&Actor::Operator, &claim, signal, Decision::Undo).await;
    assert!(matches!(counted, Err(EngineError::Conflict(_))), "{counted:?}");
    let unknown = SignalId(uuid::Uuid::now_v7());
    let unknown = kit.engine.decide_signal(&Actor::Operator, &claim, unknown, Decision::Later).await;
    assert!(matches!(unknown, Err(EngineError::NotFound(_))), "{unknown:?}");
}

async fn hostile_news_is_text(db: Db) {
    let kit = Kit::new(db).await;
    let claim = kit.claim("Open models catch up", "keywords: [weights]").await;
    let body = "<rss version=\"2.0\"><channel><title>&lt;b&gt;x</title><item><title>&lt;script&gt;alert('weights')&lt;/script&gt;</title>\
        <link>javascript:alert(1)</link><pubDate>Mon, 06 Apr 2026 10:00:00 GMT</pubDate></item></channel></rss>";
    kit.says("evil", ResponseTemplate::new(200).set_body_raw(body, "text/xml")).await;
    kit.try_follow("evil").await.unwrap();
    let signal = kit.beside(&claim).await.remove(0);
    assert_eq!(signal.signal.title, "<script>alert('weights')</script>", "pages escape it");
    assert_eq!((signal.signal.url, signal.sources[0].url.clone()), (None, None));
}
