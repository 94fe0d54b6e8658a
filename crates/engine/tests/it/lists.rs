//! Lists of claims: search, filters, orders, pages.

use bellwether_core::{evidence::Side, status::ClaimStatus};
use bellwether_engine::{
    EngineError,
    claims::{FeedQuery, FeedSort},
};
use bellwether_store::Db;
use chrono::TimeDelta;

use crate::support::{Kit, near, result};

bellwether_testkit::both!(
    lists_are_sorted_and_paged_without_loss,
    lists_are_searched_and_filtered,
    b15_bad_filters_are_refused,
);

async fn lists_are_sorted_and_paged_without_loss(db: Db) {
    let kit = Kit::new(db);
    let mut slugs = Vec::new();
    for (n, by) in [(1, "Q2 2027"), (2, "Q1 2027"), (3, "Q4 2026"), (4, "Q3 2027"), (5, "2028-01-01")] {
        kit.wait(TimeDelta::minutes(1));
        let text = format!("title: Claim number {n}\nwindow: {{ by: {by} }}\ncriteria: A person decides.");
        let made = kit.claim(&text).await;
        if n % 2 == 1 {
            kit.add(&made.id.into(), result(Side::For, f64::from(n), "A result")).await;
        }
        slugs.push(made.slug.to_string());
    }
    let order = |sort| {
        let kit = &kit;
        async move {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let query = FeedQuery { sort, after, limit: 2, ..FeedQuery::default() };
                let page = kit.engine.feed(&query).await.expect("a page");
                assert!(page.cards.len() <= 2);
                let fit = if sort == FeedSort::Settled { 0 } else { 5 };
                assert_eq!(page.total, fit, "on all pages together");
                seen.extend(page.cards.iter().map(|c| c.title.clone()));
                after = page.next;
                if after.is_none() {
                    break seen.into_iter().map(|t| t.replace("Claim number ", "")).collect::<Vec<_>>();
                }
            }
        }
    };
    assert_eq!(order(FeedSort::New).await, ["5", "4", "3", "2", "1"]);
    assert_eq!(order(FeedSort::Deadline).await, ["3", "2", "1", "4", "5"]);
    assert_eq!(order(FeedSort::Moved).await[..3], ["5", "3", "1"]);
    assert_eq!(order(FeedSort::Closest).await.len(), 5);
    assert!(order(FeedSort::Settled).await.is_empty());
    let first = kit.engine.feed(&FeedQuery::default()).await.expect("a page").cards.remove(0);
    near(first.movement.pts, 5.0 - 0.02);
    assert_eq!((first.evidence_count, first.said().as_deref()), (1, Some("Added: A result (+5.0)")));
    assert_eq!(first.spark.len(), 2);
    assert_eq!(first.deadline_text, "2028-01-01");
}

async fn lists_are_searched_and_filtered(db: Db) {
    let kit = Kit::new(db);
    for (title, tag) in
        [("Open weights lead HumanEval", "AI"), ("A comet is seen", "sky"), ("Close to 100% of _all_", "ai")]
    {
        let text =
            format!("title: {title}\ntags: [{tag}]\nwindow: {{ by: Q1 2027 }}\ncriteria: A person decides.");
        kit.claim(&text).await;
    }
    let found = |query: FeedQuery| {
        let kit = &kit;
        async move { kit.engine.feed(&query).await.expect("a page").cards.len() }
    };
    let text = |t: &str| FeedQuery { text: Some(t.into()), ..FeedQuery::default() };
    for (query, n) in [
        ("humaneval", 1),
        ("EVAL open", 1),
        ("open comet", 0),
        ("100%", 1),
        ("%", 1),
        ("_", 1),
        ("' OR 1=1--", 0),
        ("\"", 0),
        ("\0", 3),
        ("   ", 3),
    ] {
        assert_eq!(found(text(query)).await, n, "{query:?}");
    }
    assert_eq!(found(FeedQuery { tags: vec!["Ai".into()], ..FeedQuery::default() }).await, 2);
    assert_eq!(found(FeedQuery { statuses: vec![ClaimStatus::Resolved], ..FeedQuery::default() }).await, 0);
    let page = kit.engine.feed(&FeedQuery::default()).await.expect("a page");
    assert_eq!((page.tags[0].tag.as_str(), page.tags[0].claims), ("ai", 2));
}

async fn b15_bad_filters_are_refused(db: Db) {
    let kit = Kit::new(db);
    for query in [
        FeedQuery { limit: 0, ..FeedQuery::default() },
        FeedQuery { limit: 1_000_000, ..FeedQuery::default() },
        FeedQuery { window: TimeDelta::zero(), ..FeedQuery::default() },
        FeedQuery { after: Some("garbage".into()), ..FeedQuery::default() },
        FeedQuery { after: Some("n.0.00000000-0000-0000-0000-000000000000".into()), ..FeedQuery::default() },
    ] {
        let refused = kit.engine.feed(&query).await;
        assert!(matches!(refused, Err(EngineError::Invalid(_))), "{query:?}");
    }
}
