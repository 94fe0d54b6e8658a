//! Claims, criteria, tags, evidence, moves, lists.

use bellwether_core::{
    ids::Slug,
    status::{ClaimStatus, Outcome},
};
use bellwether_store::{Claim, Db, Feed, Sort, StoreError};
use chrono::TimeDelta;

use crate::made::{at, claim, criteria, evidence, insert, json_of, moved, with_claims};

bellwether_testkit::both!(
    a_claim_is_read_as_it_was_written,
    a_stale_edit_is_refused,
    a_slug_is_used_once,
    tags_are_counted,
    criteria_are_versioned,
    evidence_is_revised,
    evidence_is_listed,
    moves_are_gapless,
    moves_are_listed,
    lists_are_sorted_and_paged,
    lists_are_filtered,
    hostile_searches_find_nothing
);

async fn a_claim_is_read_as_it_was_written(db: Db) {
    let mut full = claim(1);
    full.window_from = Some(at(-5));
    full.verdict = Some("fails".into());
    full.missing_legs = Some(1);
    full.distance = Some(0.1);
    full.distance_json = Some(json_of(&serde_json::json!([1])));
    full.outcome = Some(Outcome::Option("a b".to_owned()));
    full.resolved_at = Some(at(7));
    let mut tx = db.write().await.unwrap();
    tx.insert_claim(&full).await.unwrap();
    tx.insert_claim(&claim(2)).await.unwrap();
    assert_eq!(tx.claim(full.id).await.unwrap(), full);
    assert_eq!(tx.claim(claim(2).id).await.unwrap(), claim(2));
    assert_eq!(tx.claim_by_slug(&full.slug).await.unwrap().as_ref(), Some(&full));
    assert_eq!(tx.claim_by_slug(&Slug::new("none").unwrap()).await.unwrap(), None);
    assert!(matches!(tx.claim(claim(3).id).await, Err(StoreError::NotFound)));
    assert_eq!(tx.claims(&[full.id, claim(3).id]).await.unwrap(), [full.clone()]);
    assert_eq!(tx.claims(&[]).await.unwrap(), []);
    assert_eq!(tx.claims_with_status(&[ClaimStatus::Open, ClaimStatus::Draft]).await.unwrap().len(), 2);
    assert_eq!(tx.claims_with_status(&[ClaimStatus::Draft]).await.unwrap().len(), 0);
    let counts = tx.status_counts().await.unwrap();
    assert_eq!((counts[0].status, counts[0].claims, counts.len()), (ClaimStatus::Open, 2, 1));
}

async fn a_stale_edit_is_refused(db: Db) {
    let first = with_claims(&db, 1).await.remove(0);
    let mut tx = db.write().await.unwrap();
    let mut mine = first.clone();
    mine.title = String::from("Mine");
    mine.status = ClaimStatus::Proposed;
    mine.standing = json_of(&serde_json::json!({"evidence": 0.5}));
    mine.headline_p = Some(0.75);
    mine.move_seq = 3;
    mine.evidence_count = 2;
    mine.updated_at = at(5);
    tx.save_claim(&mut mine).await.unwrap();
    assert_eq!(mine.version, 2);
    assert_eq!(tx.claim(first.id).await.unwrap(), mine);
    let mut theirs = first.clone();
    assert!(matches!(tx.save_claim(&mut theirs).await, Err(StoreError::Conflict)));
    let mut none = claim(9);
    assert!(matches!(tx.save_claim(&mut none).await, Err(StoreError::NotFound)));
}

async fn a_slug_is_used_once(db: Db) {
    let first = with_claims(&db, 1).await.remove(0);
    let mut tx = db.write().await.unwrap();
    let mut second = claim(2);
    second.slug = first.slug;
    let error = tx.insert_claim(&second).await.unwrap_err();
    assert!(matches!(&error, StoreError::Duplicate(what) if what.contains("slug")), "{error:?}");
}

async fn tags_are_counted(db: Db) {
    let claims = with_claims(&db, 2).await;
    let mut tx = db.write().await.unwrap();
    let tags = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    tx.set_claim_tags(claims[0].id, &tags(&["old"])).await.unwrap();
    tx.set_claim_tags(claims[0].id, &tags(&["ai", "open", "ai"])).await.unwrap();
    tx.set_claim_tags(claims[1].id, &tags(&["ai"])).await.unwrap();
    let all = tx.tags_of(&[claims[0].id, claims[1].id]).await.unwrap();
    assert_eq!(all.iter().map(|t| t.tag.as_str()).collect::<Vec<_>>(), ["ai", "open", "ai"]);
    let counts = tx.tag_counts().await.unwrap();
    let counts: Vec<_> = counts.iter().map(|c| (c.tag.as_str(), c.claims)).collect();
    assert_eq!(counts, [("ai", 2), ("open", 1)]);
}

async fn criteria_are_versioned(db: Db) {
    let claim = with_claims(&db, 1).await.remove(0);
    let mut tx = db.write().await.unwrap();
    tx.insert_criteria(&criteria(&claim, 2)).await.unwrap();
    assert_eq!(tx.criteria(claim.id).await.unwrap(), [criteria(&claim, 1), criteria(&claim, 2)]);
    assert_eq!(tx.criteria_version(claim.id, 2).await.unwrap(), criteria(&claim, 2));
    assert!(matches!(tx.criteria_version(claim.id, 3).await, Err(StoreError::NotFound)));
    let mut again = criteria(&claim, 2);
    again.id = bellwether_core::ids::CriteriaId(crate::made::id(7));
    assert!(matches!(tx.insert_criteria(&again).await, Err(StoreError::Duplicate(_))));
}

async fn evidence_is_revised(db: Db) {
    let claim = with_claims(&db, 1).await.remove(0);
    let (mut item, first) = evidence(&claim, 1);
    let mut tx = db.write().await.unwrap();
    tx.insert_evidence(&item, &first).await.unwrap();
    assert_eq!(tx.evidence(item.id).await.unwrap(), item);
    item.n = 2;
    item.status = "retracted".into();
    item.effective = 0.0;
    item.updated_at = at(9);
    let mut second = first.clone();
    second.n = 2;
    second.kind = "retracted".into();
    second.reason = Some("wrong".to_owned());
    second.at = at(9);
    tx.revise_evidence(&item, &second).await.unwrap();
    assert_eq!(tx.evidence(item.id).await.unwrap(), item);
    assert_eq!(tx.evidence_revisions(item.id).await.unwrap(), [first.clone(), second.clone()]);
    assert_eq!(tx.evidence_revisions_at(claim.id, at(8)).await.unwrap(), [first]);
    // Someone who saw the first revision comes late.
    assert!(matches!(tx.revise_evidence(&item, &second).await, Err(StoreError::Conflict)));
    tx.weigh_evidence(item.id, -1.5, &json_of(&serde_json::json!({"independence": 0.25})), at(10))
        .await
        .unwrap();
    let weighed = tx.evidence(item.id).await.unwrap();
    assert_eq!((weighed.effective, weighed.updated_at, weighed.n), (-1.5, at(10), 2));
    let none = evidence(&claim, 5).0.id;
    assert!(matches!(tx.evidence(none).await, Err(StoreError::NotFound)));
}

async fn evidence_is_listed(db: Db) {
    let claims = with_claims(&db, 2).await;
    let mut tx = db.write().await.unwrap();
    for (claim, n) in [(0, 2), (0, 1), (1, 3)] {
        let (item, first) = evidence(&claims[claim], n);
        tx.insert_evidence(&item, &first).await.unwrap();
    }
    let ids =
        |items: Vec<bellwether_store::Evidence>| items.iter().map(|e| e.id.0.as_u128()).collect::<Vec<_>>();
    assert_eq!(ids(tx.evidence_of_claim(claims[0].id).await.unwrap()), [1_000_001, 1_000_002]);
    let both = [claims[0].id, claims[1].id];
    assert_eq!(ids(tx.evidence_of_claims(&both).await.unwrap()), [1_000_001, 1_000_002, 2_000_003]);
    assert_eq!(ids(tx.evidence_of_claims(&[]).await.unwrap()), [0_u128; 0]);
    let page = tx.newest_evidence(None, 2).await.unwrap();
    let last = (page[1].added_at, page[1].id);
    assert_eq!(ids(page), [2_000_003, 1_000_002]);
    assert_eq!(ids(tx.newest_evidence(Some(last), 2).await.unwrap()), [1_000_001]);
}

async fn moves_are_gapless(db: Db) {
    let claims = with_claims(&db, 2).await;
    let mut tx = db.write().await.unwrap();
    let m = |claim: usize, seq| moved(&claims[claim], seq, seq, 0.5);
    tx.append_moves(&[]).await.unwrap();
    tx.append_moves(&[m(0, 1), m(0, 2)]).await.unwrap();
    for wrong in [vec![m(0, 4)], vec![m(0, 2)], vec![m(0, 3), m(0, 5)], vec![m(1, 1), m(0, 4)], vec![m(1, 2)]]
    {
        assert!(matches!(tx.append_moves(&wrong).await, Err(StoreError::Conflict)), "{wrong:?}");
    }
    tx.append_moves(&[m(1, 1), m(0, 3), m(1, 2)]).await.unwrap();
    assert_eq!(tx.moves(claims[0].id).await.unwrap(), [m(0, 1), m(0, 2), m(0, 3)]);
    assert_eq!(tx.moves_after(claims[1].id, 1).await.unwrap(), [m(1, 2)]);
}

async fn moves_are_listed(db: Db) {
    let mut claims = with_claims(&db, 2).await;
    let mut tx = db.write().await.unwrap();
    for (i, claim) in claims.iter_mut().enumerate() {
        let all: Vec<_> = (1..=4).map(|seq| moved(claim, seq, seq * 10, 0.5)).collect();
        tx.append_moves(&all).await.unwrap();
        claim.move_seq = 4;
        tx.save_claim(claim).await.unwrap();
        assert_eq!(i + 1, claims_with_moves(&mut tx).await);
    }
    let seqs = |moves: Vec<bellwether_store::Move>| moves.iter().map(|m| m.seq).collect::<Vec<_>>();
    let id = claims[0].id;
    assert_eq!(tx.last_move(id).await.unwrap().unwrap().seq, 4);
    assert_eq!(tx.move_at(id, at(25)).await.unwrap().unwrap().seq, 2);
    assert_eq!(tx.move_at(id, at(30)).await.unwrap().unwrap().seq, 3);
    assert_eq!(tx.move_at(id, at(9)).await.unwrap(), None);
    assert_eq!(seqs(tx.moves_before(id, i64::MAX, 2).await.unwrap()), [4, 3]);
    assert_eq!(seqs(tx.moves_before(id, 3, 5).await.unwrap()), [2, 1]);
    assert_eq!(seqs(tx.moves_between(id, at(20), at(40)).await.unwrap()), [2, 3]);
    assert_eq!(seqs(tx.moves_of_cause("cause-3").await.unwrap()), [3, 3]);
    assert_eq!(seqs(tx.last_moves(&[id, claims[1].id]).await.unwrap()), [4, 4]);
    let page = tx.newest_moves(None, 3).await.unwrap();
    assert_eq!(seqs(page.clone()), [4, 4, 3]);
    assert_eq!(seqs(tx.newest_moves(Some((page[2].at, page[2].id)), 2).await.unwrap()), [3, 2]);
    let points = tx.headlines_since(&[id, claims[1].id], at(30)).await.unwrap();
    assert_eq!(
        points.iter().map(|p| (p.claim, p.seq)).collect::<Vec<_>>(),
        [(id, 3), (id, 4), (claims[1].id, 3), (claims[1].id, 4)]
    );
    for (minutes, seq) in [(5, 1), (25, 2), (99, 4)] {
        let points = tx.headlines_at(&[claims[1].id, id], at(minutes)).await.unwrap();
        assert_eq!(
            points.iter().map(|p| (p.claim, p.seq)).collect::<Vec<_>>(),
            [(id, seq), (claims[1].id, seq)]
        );
    }
    let one = moved(&claims[0], 2, 20, 0.5);
    assert_eq!(tx.find_move(one.id).await.unwrap(), one);
}

async fn claims_with_moves(tx: &mut bellwether_store::Tx) -> usize {
    let claims = tx.claims_with_status(&[ClaimStatus::Open]).await.unwrap();
    claims.iter().filter(|c| c.move_seq > 0).count()
}

fn feed(sort: Sort) -> Feed {
    Feed {
        text: None,
        tags: Vec::new(),
        statuses: Vec::new(),
        sort,
        moved_since: at(100),
        after: None,
        limit: 3,
    }
}

/// All pages of a list, as the numbers of the claims.
async fn pages(tx: &mut bellwether_store::Tx, mut feed: Feed) -> Vec<u128> {
    let mut all = Vec::new();
    loop {
        let page = tx.search(&feed).await.unwrap();
        let Some(last) = page.last() else { return all };
        feed.after = Some(last.cursor(feed.sort));
        all.extend(page.iter().map(|row| row.id.0.as_u128()));
    }
}

async fn lists_are_sorted_and_paged(db: Db) {
    /// Number, probability before and after, conditions missing, distance, deadline, settled.
    type Row = (u128, Option<(f64, f64)>, Option<i64>, Option<f64>, i64, Option<i64>);
    let rows: [Row; 7] = [
        (1, Some((0.5, 0.6)), Some(1), Some(2.0), 500, None),
        (2, Some((0.5, 0.2)), Some(1), Some(1.0), 400, Some(10)),
        (3, None, None, None, 300, None),
        (4, Some((0.5, 0.6)), Some(0), None, 500, Some(10)),
        (5, Some((0.5, 0.5)), Some(0), Some(0.0), 500, None),
        (6, None, None, None, 200, None),
        (7, Some((0.1, 0.9)), Some(3), Some(0.1), 500, Some(12)),
    ];
    let mut tx = db.write().await.unwrap();
    for (n, p, missing_legs, distance, by, settled) in rows {
        let mut c = Claim { missing_legs, distance, headline_p: p.map(|p| p.1), ..claim(n) };
        c.window_by = at(by);
        c.created_at = at(i64::try_from(n).unwrap() / 2);
        c.resolved_at = settled.map(at);
        insert(&mut tx, &c).await;
        if let Some((before, after)) = p {
            let mut start = moved(&c, 1, 0, before);
            start.p_before = None;
            tx.append_moves(&[start, moved(&c, 2, 150, after)]).await.unwrap();
        }
    }
    assert_eq!(pages(&mut tx, feed(Sort::Moved)).await, [7, 2, 4, 1, 6, 5, 3]);
    assert_eq!(pages(&mut tx, feed(Sort::Closest)).await, [5, 4, 2, 1, 7, 6, 3]);
    assert_eq!(pages(&mut tx, feed(Sort::Deadline)).await, [6, 3, 2, 1, 4, 5, 7]);
    assert_eq!(pages(&mut tx, feed(Sort::Newest)).await, [7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(pages(&mut tx, feed(Sort::Settled)).await, [7, 4, 2]);
    let moved = tx.search(&feed(Sort::Moved)).await.unwrap();
    assert!((moved[0].moved.unwrap() - 0.8).abs() < 1e-12 && (moved[1].moved.unwrap() + 0.3).abs() < 1e-12);
    // A claim younger than the window moved since its start.
    let mut young = feed(Sort::Moved);
    young.moved_since = at(-TimeDelta::days(7).num_minutes());
    assert_eq!(tx.search(&young).await.unwrap()[0].moved, moved[0].moved);
}

async fn lists_are_filtered(db: Db) {
    let mut tx = db.write().await.unwrap();
    for (n, title, tags, status) in [
        (1, "Open model within 2 pp on HumanEval", vec!["ai", "open"], ClaimStatus::Open),
        (2, "100% on GPQA, a_b", vec!["ai"], ClaimStatus::Open),
        (3, "Fusión in München", vec!["energy"], ClaimStatus::Resolved),
    ] {
        let c = Claim { title: title.to_owned(), status, ..claim(n) };
        insert(&mut tx, &c).await;
        tx.set_claim_tags(c.id, &tags.into_iter().map(String::from).collect::<Vec<_>>()).await.unwrap();
    }
    for (text, tags, statuses, expected) in [
        ("eval", vec![], vec![], vec![1]),
        ("HUMANEVAL open", vec![], vec![], vec![1]),
        ("open gpqa", vec![], vec![], vec![]),
        ("fusion MÜNCHEN", vec![], vec![], vec![3]),
        ("%", vec![], vec![], vec![2]),
        ("_", vec![], vec![], vec![2]),
        ("", vec!["ai"], vec![], vec![2, 1]),
        ("", vec!["ai", "open"], vec![], vec![1]),
        ("", vec![], vec![ClaimStatus::Resolved, ClaimStatus::Annulled], vec![3]),
        ("o", vec!["ai"], vec![ClaimStatus::Open], vec![2, 1]),
    ] {
        let feed = Feed {
            text: (!text.is_empty()).then(|| text.to_owned()),
            tags: tags.iter().map(ToString::to_string).collect(),
            statuses: statuses.clone(),
            ..feed(Sort::Newest)
        };
        assert_eq!(pages(&mut tx, feed).await, expected, "{text:?} {tags:?} {statuses:?}");
    }
}

async fn hostile_searches_find_nothing(db: Db) {
    with_claims(&db, 2).await;
    let mut tx = db.read().await.unwrap();
    let long = "x".repeat(100_000);
    let many = "y ".repeat(50_000);
    for text in ["' OR 1=1--", "\"", "*zz*", "\\", "a\0b", "NEAR(", "(((((", &long, &many, "%%%%%%%%%%q"] {
        let feed = Feed { text: Some(text.to_owned()), ..feed(Sort::Newest) };
        assert_eq!(tx.search(&feed).await.unwrap(), [], "{text:?}");
    }
}
