//! Signals of snapshots: each says why it stands beside a claim; news is matched by the benchmarks and models of rules.

use std::{sync::Arc, time::Duration};

use bellwether_core::{actor::Actor, document::ClaimDocument, evidence::Side, ids::SourceId};
use bellwether_engine::{
    Engine,
    claims::{ClaimKey, NewClaim},
    clock::FixedClock,
    feeds::FeedInput,
    ingest::Answer,
    outside::Outside,
    signals::{BesideView, SignalView, Which},
};
use bellwether_sources::{
    Snapshot,
    fetch::{AddressPolicy, FetchSettings, pace::Manners},
};
use bellwether_store::Db;
use chrono::TimeDelta;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

use crate::support::at;

bellwether_testkit::both!(
    a_new_version_of_a_benchmark_is_a_signal_and_nothing_is_compared_across_it,
    news_is_matched_by_benchmark_and_model,
);

const DOCUMENT: &str = "
id: board
title: Board
url: https://example.org/board.csv
licence: CC BY 4.0
attribution: Example
schedule: '17 * * * *'
stale_after: 30d
format: csv
version: { 2026-01-01: V1, 2026-03-05: V2 }
tables:
  - benchmark: gpqa
    title: GPQA diamond, run by Example
    unit: percent
    range: [0, 100]
    key: model
    fields: { model: model, score: score }
    openness: { field: licence, open: [MIT], closed: [Proprietary] }
";

const CLAIM: &str = "
title: Open within two points of closed
window: { by: Q1 2027 }
criteria: By the board.
rule: { gap: { benchmark: board/gpqa, of: open, to: closed, within: 2, unit: pp } }
";

struct Kit {
    engine: Engine,
    clock: Arc<FixedClock>,
    source: SourceId,
    claim: ClaimKey,
}

impl Kit {
    async fn new(db: Db) -> Self {
        let clock = Arc::new(FixedClock::new(at("2026-03-01T00:00:00Z")));
        let manners = Manners { pause: Duration::ZERO, ..Manners::default() };
        let policy = AddressPolicy::with_loopback();
        let settings = FetchSettings { policy, manners, ..FetchSettings::default() };
        let outside = Outside::new(settings, |_| None).unwrap();
        let engine = Engine::new(db, clock.clone()).with_outside(outside);
        let source = engine.save_source(&Actor::Operator, DOCUMENT, None).await.unwrap();
        let new = NewClaim { document: ClaimDocument::from_yaml(CLAIM).unwrap(), publish: true };
        let claim = engine.create_claim(&Actor::Operator, new).await.unwrap().id.into();
        Self { engine, clock, source, claim }
    }

    async fn board(&self, open: &str, closed: &str) {
        self.clock.advance(TimeDelta::days(1));
        let csv = format!("model,score,licence\nDeepSeek-R1,{open},MIT\nGrok 4,{closed},Proprietary\n");
        let answer = Answer::file(self.source.clone(), self.engine.now(), Snapshot::file(csv));
        self.engine.ingest(&Actor::Operator, answer).await.unwrap();
    }

    async fn beside(&self) -> Vec<(SignalView, BesideView)> {
        let id = self.engine.claim_id(&self.claim).await.unwrap();
        let all = self.engine.claim_signals(id, 100).await.unwrap();
        all.into_iter().map(|s| (s.clone(), s.beside(id).unwrap().clone())).collect()
    }
}

async fn a_new_version_of_a_benchmark_is_a_signal_and_nothing_is_compared_across_it(db: Db) {
    let kit = Kit::new(db).await;
    kit.board("60", "70").await;
    assert!(kit.beside().await.is_empty(), "the first snapshot tells nothing");
    kit.board("66", "70").await;
    let told = kit.beside().await;
    let (signal, beside) = told.iter().find(|(s, _)| s.signal.kind == "new_leader").unwrap();
    assert!(signal.signal.title.contains("the gap is 4"), "{}", signal.signal.title);
    let because = "changed GPQA diamond, run by Example, which this claim’s rule reads";
    assert_eq!(beside.because.as_deref(), Some(because));
    assert_eq!((beside.suggestion.side, beside.suggestion.points), (Some(Side::For), Some(6.0)));
    assert_eq!(signal.sources[0].name, "Board");

    kit.clock.advance(TimeDelta::days(3));
    let before = kit.beside().await.len();
    kit.board("30", "35").await;
    let told = kit.beside().await;
    assert_eq!(told.len(), before + 1, "one signal, and no leaders or gaps across versions");
    assert_eq!(
        (told[0].0.signal.kind.as_str(), told[0].0.signal.title.as_str()),
        ("rebased", "GPQA diamond, run by Example: measured differently since now (V1 before, V2 since)")
    );
    assert_eq!(told[0].1.suggestion.side, None);
    kit.board("30", "35").await;
    assert_eq!(kit.beside().await.len(), before + 1, "told once");
    let of_benchmark = Which::Benchmark("board/gpqa".parse().unwrap());
    assert_eq!(kit.engine.signals_page(&of_benchmark, None, 100).await.unwrap().len(), before + 1);
}

async fn news_is_matched_by_benchmark_and_model(db: Db) {
    let kit = Kit::new(db).await;
    kit.board("60", "70").await;
    let server = MockServer::start().await;
    let day = kit.engine.now().to_rfc2822();
    let items: Vec<String> =
        ["A new best on GPQA", "What DeepSeek R1 cost to train", "Grok, the verb", "Rain"]
            .iter()
            .map(|title| format!("<item><title>{title}</title><pubDate>{day}</pubDate></item>"))
            .collect();
    let body = format!("<rss version=\"2.0\"><channel>{}</channel></rss>", items.concat());
    let answer = ResponseTemplate::new(200).set_body_raw(body, "application/rss+xml");
    Mock::given(path("/feed")).respond_with(answer).mount(&server).await;
    let input = FeedInput { address: format!("{}/feed", server.uri()), title: None };
    kit.engine.follow_feed(&Actor::Operator, &input).await.unwrap();
    let mut told: Vec<(String, String)> = kit
        .beside()
        .await
        .into_iter()
        .map(|(signal, beside)| (signal.signal.title, beside.because.unwrap_or_default()))
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            ("A new best on GPQA".to_owned(), "names GPQA".to_owned()),
            ("What DeepSeek R1 cost to train".to_owned(), "names DeepSeek-R1".to_owned()),
        ]
    );
}
