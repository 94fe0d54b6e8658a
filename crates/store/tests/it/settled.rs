//! Evaluations, proposals, resolutions, signals and jobs.

use bellwether_core::{
    actor::Actor,
    ids::{ClaimId, ObjectionId, ProposalId, ResolutionId, Sha256, SignalId, SourceId},
    status::Outcome,
};
use bellwether_store::{
    Claim, Db, Decision, Evaluation, FeedItem, JsonText, NO_RESOLUTION, NewsFeed, Objection, Proposal,
    Resolution, Signal, SignalClaim, SignalsOf, StoreError, Watch, Word, resolution_hash,
};
use serde_json::json;

use crate::made::{at, evidence, id, json_of, with_claims};

bellwether_testkit::both!(
    a_state_is_evaluated_once,
    a_claim_has_one_standing_proposal,
    objections_and_decisions_are_appended,
    resolutions_are_one_chain,
    a_happening_is_one_signal,
    a_feed_is_due_and_its_items_stay,
    signals_are_decided_once,
    a_run_is_taken_once,
    a_lost_run_is_taken_over,
    a_lease_has_one_holder,
    a_rule_is_watched,
    a_fresh_database_is_whole
);

fn evaluation(claim: &Claim, state: &str, minutes: i64) -> Evaluation {
    Evaluation {
        claim: claim.id,
        seq: 0,
        criteria_n: 1,
        at: at(minutes + 1),
        observed_at: at(minutes),
        fingerprint: Sha256::of(state.as_bytes()),
        verdict: "fails".into(),
        margin: Some(-14.2),
        step: json_of(&json!({"legs": []})),
        snapshots: json_of(&json!([])),
    }
}

async fn a_state_is_evaluated_once(db: Db) {
    let claims = with_claims(&db, 2).await;
    let mut tx = db.write().await.unwrap();
    for _ in 0..3 {
        tx.append_evaluations(vec![evaluation(&claims[0], "a", 10)]).await.unwrap();
    }
    let second = tx.append_evaluations(vec![evaluation(&claims[0], "b", 20)]).await.unwrap().remove(0);
    assert_eq!(second.seq, 2);
    let both = vec![evaluation(&claims[0], "b", 20), evaluation(&claims[1], "b", 30)];
    let new = tx.append_evaluations(both).await.unwrap();
    assert_eq!(new.iter().map(|e| (e.claim, e.seq)).collect::<Vec<_>>(), [(claims[1].id, 1)]);
    assert!(tx.append_evaluations(Vec::new()).await.unwrap().is_empty());
    let since = tx.evaluations_since(&[claims[0].id], at(21)).await.unwrap();
    assert_eq!(since, std::slice::from_ref(&second));
    let all = tx.evaluations(claims[0].id).await.unwrap();
    assert_eq!(all.iter().map(|e| e.seq).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(all[1], second);
    assert_eq!(tx.evaluations_before(claims[0].id, 2, 9).await.unwrap(), all[..1]);
    assert_eq!(tx.evaluation_at(claims[0].id, at(20)).await.unwrap().as_ref(), Some(&all[0]));
    assert_eq!(tx.evaluation_at(claims[0].id, at(21)).await.unwrap().as_ref(), Some(&all[1]));
    assert_eq!(tx.evaluation_at(claims[0].id, at(10)).await.unwrap(), None);
    let last = tx.last_evaluations(&[claims[0].id, claims[1].id]).await.unwrap();
    assert_eq!(
        last.iter().map(|e| (e.claim, e.seq)).collect::<Vec<_>>(),
        [(claims[0].id, 2), (claims[1].id, 1)]
    );
    assert!(tx.last_evaluations(&[]).await.unwrap().is_empty());
}

fn proposal(claim: ClaimId, n: u128) -> Proposal {
    Proposal {
        id: ProposalId(id(n)),
        claim,
        criteria_n: 1,
        outcome: Outcome::Yes,
        basis: "rule".into(),
        status: "standing".into(),
        first_hit: Some(at(1)),
        event_date: None,
        resolved_on: Some(at(2)),
        challenge_until: at(100),
        remaining_seconds: None,
        record: JsonText::empty(),
        link_snapshot: None,
        actor: Actor::system("rules"),
        at: at(i64::try_from(n).unwrap()),
        closed_at: None,
    }
}

async fn a_claim_has_one_standing_proposal(db: Db) {
    let claims = with_claims(&db, 2).await;
    let mut tx = db.write().await.unwrap();
    let mut first = proposal(claims[0].id, 1);
    tx.insert_proposal(&first).await.unwrap();
    assert_eq!(tx.standing_proposal(claims[0].id).await.unwrap().as_ref(), Some(&first));
    assert_eq!(tx.ended_proposals(&"standing".into(), at(99)).await.unwrap(), []);
    assert_eq!(tx.ended_proposals(&"standing".into(), at(100)).await.unwrap(), [first.clone()]);
    first.status = "objected".into();
    first.remaining_seconds = Some(60);
    tx.save_proposal(&first).await.unwrap();
    assert_eq!(tx.ended_proposals(&"standing".into(), at(100)).await.unwrap(), []);
    first.status = "refused".into();
    first.closed_at = Some(at(50));
    tx.save_proposal(&first).await.unwrap();
    assert!(matches!(tx.save_proposal(&first).await, Err(StoreError::Conflict)));
    assert!(matches!(tx.save_proposal(&proposal(claims[0].id, 7)).await, Err(StoreError::NotFound)));
    assert_eq!(tx.standing_proposal(claims[0].id).await.unwrap(), None);
    let second = proposal(claims[0].id, 2);
    let other = Proposal { challenge_until: at(90), ..proposal(claims[1].id, 3) };
    tx.insert_proposal(&second).await.unwrap();
    tx.insert_proposal(&other).await.unwrap();
    assert_eq!(tx.proposals(claims[0].id).await.unwrap(), [first.clone(), second.clone()]);
    assert_eq!(tx.proposal(first.id).await.unwrap(), first);
    assert_eq!(tx.standing_proposals().await.unwrap(), [other, second]);
    // Last, for a refused statement ends a transaction on PostgreSQL.
    let again = tx.insert_proposal(&proposal(claims[0].id, 4)).await;
    assert!(matches!(again, Err(StoreError::Duplicate(_))), "{again:?}");
}

async fn objections_and_decisions_are_appended(db: Db) {
    let claim = with_claims(&db, 1).await.remove(0);
    let mut tx = db.write().await.unwrap();
    let proposal = proposal(claim.id, 1);
    tx.insert_proposal(&proposal).await.unwrap();
    let objection = Objection {
        id: ObjectionId(id(2)),
        claim: claim.id,
        proposal: Some(proposal.id),
        resolution: None,
        reason: "The licence is not open.".to_owned(),
        link_snapshot: None,
        actor: Actor::Operator,
        at: at(3),
    };
    tx.insert_objection(&objection).await.unwrap();
    let decision = Decision {
        id: id(3),
        claim: claim.id,
        proposal: Some(proposal.id),
        objection: Some(objection.id),
        resolution: None,
        kind: "refused".into(),
        outcome: Some(Outcome::No),
        reason: "It is not.".to_owned(),
        interested: true,
        actor: Actor::Operator,
        at: at(4),
    };
    tx.insert_decision(&decision).await.unwrap();
    assert_eq!(tx.objections(claim.id).await.unwrap(), [objection]);
    assert_eq!(tx.decisions(claim.id).await.unwrap(), [decision]);
}

async fn resolutions_are_one_chain(db: Db) {
    let claims = with_claims(&db, 2).await;
    let mut tx = db.write().await.unwrap();
    assert_eq!(tx.resolution_head().await.unwrap(), NO_RESOLUTION);
    let new = |claim: usize, n: u128, outcome: Option<Outcome>| Resolution {
        seq: 0,
        id: ResolutionId(id(n)),
        claim: claims[claim].id,
        kind: Word::from(if outcome.is_some() { "resolved" } else { "reopened" }),
        outcome,
        criteria_n: 1,
        proposal: None,
        event_date: Some(at(0)),
        resolved_on: None,
        record: json_of(&json!({"n": n.to_string()})),
        prev_hash: NO_RESOLUTION,
        hash: NO_RESOLUTION,
        actor: Actor::Operator,
        at: at(5),
    };
    let mut all = Vec::new();
    for (claim, outcome) in [(0, Some(Outcome::Yes)), (1, Some(Outcome::No)), (0, None)] {
        let n = u128::try_from(all.len()).unwrap() + 1;
        all.push(tx.append_resolution(new(claim, n, outcome)).await.unwrap());
    }
    assert_eq!(all.iter().map(|r| r.seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(all[0].prev_hash, NO_RESOLUTION);
    assert_eq!(all[2].prev_hash, all[1].hash);
    assert_eq!(all[2].hash, resolution_hash(all[1].hash, &all[2].record));
    assert_eq!(tx.resolution_head().await.unwrap(), all[2].hash);
    assert_eq!(tx.resolution(all[1].id).await.unwrap(), all[1]);
    assert_eq!(tx.resolutions(claims[0].id).await.unwrap(), [all[0].clone(), all[2].clone()]);
    let mut last = tx.last_resolutions(&[claims[0].id, claims[1].id]).await.unwrap();
    last.sort_by_key(|r| r.seq);
    assert_eq!(last, all[1..]);
    assert_eq!(tx.resolutions_before(3, 1).await.unwrap(), [all[1].clone()]);
    assert_eq!(tx.verify_resolutions().await.unwrap(), None);
}

fn signal(n: u128, key: &str, minutes: i64) -> Signal {
    Signal {
        id: SignalId(id(n)),
        kind: "new_leader".into(),
        key: key.to_owned(),
        source: None,
        benchmark: Some("lmarena/text".parse().unwrap()),
        title: "A new model leads".to_owned(),
        url: None,
        detail: JsonText::empty(),
        observed_at: at(minutes),
        at: at(minutes),
    }
}

fn beside(claim: &Claim, signal: &Signal) -> SignalClaim {
    SignalClaim {
        claim: claim.id,
        signal: signal.id,
        at: signal.at,
        status: "waiting".into(),
        suggestion: JsonText::empty(),
        evidence: None,
        decided_by: None,
        decided_at: None,
        until: None,
    }
}

async fn a_happening_is_one_signal(db: Db) {
    let claims = with_claims(&db, 2).await;
    let mut tx = db.write().await.unwrap();
    let all = [signal(1, "a", 1), signal(2, "b", 2), signal(3, "c", 3)];
    for one in &all {
        assert!(tx.insert_signal(one).await.unwrap());
    }
    assert!(!tx.insert_signal(&signal(4, "a", 4)).await.unwrap());
    tx.match_signal(&[beside(&claims[0], &all[0]), beside(&claims[1], &all[0]), beside(&claims[0], &all[1])])
        .await
        .unwrap();
    tx.match_signal(&[beside(&claims[0], &all[0])]).await.unwrap();
    let ids = |signals: Vec<Signal>| signals.into_iter().map(|s| s.id.0.as_u128()).collect::<Vec<_>>();
    assert_eq!(tx.signal(all[0].id).await.unwrap(), all[0]);
    assert_eq!(ids(tx.signals(&[all[2].id, all[2].id]).await.unwrap()), [3]);
    assert_eq!(ids(tx.signals_of_claim(claims[0].id, 9).await.unwrap()), [2, 1]);
    assert_eq!(ids(tx.newest_signals(&SignalsOf::All, None, 2).await.unwrap()), [3, 2]);
    assert_eq!(ids(tx.newest_signals(&SignalsOf::All, Some((at(2), all[1].id)), 2).await.unwrap()), [1]);
    assert_eq!(ids(tx.signals_of_benchmark(&"lmarena/text".parse().unwrap(), 1).await.unwrap()), [3]);
    let source = SourceId::new("lmarena").unwrap();
    assert_eq!(ids(tx.signals_of_source(&source, 1).await.unwrap()), [0_u128; 0]);
    assert_eq!(tx.claims_of_signals(&[all[0].id]).await.unwrap().len(), 2);
    let counts = tx.signal_counts(&[claims[0].id, claims[1].id]).await.unwrap();
    let counts: Vec<_> = counts.iter().map(|c| (c.claim, c.status.as_str(), c.signals)).collect();
    assert_eq!(counts, [(claims[0].id, "waiting", 2), (claims[1].id, "waiting", 1)]);
    assert!(tx.signals(&[]).await.unwrap().is_empty());
    assert!(tx.claims_of_signals(&[]).await.unwrap().is_empty());
    assert!(tx.signal_counts(&[]).await.unwrap().is_empty());
}

async fn a_feed_is_due_and_its_items_stay(db: Db) {
    let claims = with_claims(&db, 1).await;
    let mut tx = db.write().await.unwrap();
    let news = signal(1, "news a", 3);
    tx.insert_signal(&news).await.unwrap();
    tx.insert_signal(&signal(2, "b", 4)).await.unwrap();
    let mut feed = NewsFeed {
        id: id(7),
        address: "https://wire.example/feed".to_owned(),
        title: "The Wire".to_owned(),
        next_due_at: Some(at(5)),
        etag: None,
        last_modified: None,
        last_read_at: None,
        last_new_at: None,
        failures: 0,
        wait_until: None,
        last_error: None,
        added_by: Actor::Operator,
        added_at: at(1),
        removed_by: None,
        removed_at: None,
        updated_at: at(1),
    };
    tx.insert_feed(&feed).await.unwrap();
    assert_eq!(tx.feed_at(&feed.address).await.unwrap().as_ref(), Some(&feed));
    assert!(tx.due_feeds(at(4), 9).await.unwrap().is_empty());
    assert_eq!(tx.due_feeds(at(5), 9).await.unwrap(), [feed.clone()]);
    let item = |n: u8, minutes, signal| FeedItem {
        feed: feed.id,
        key: Sha256::of(&[n]),
        signal,
        at: at(minutes),
        title: format!("Item {n}"),
        link: Some("https://wire.example/1".to_owned()),
        published_at: None,
        summary: String::new(),
    };
    let items = [item(1, 3, Some(news.id)), item(2, 4, None)];
    tx.insert_feed_items(&items).await.unwrap();
    let keys = [Sha256::of(&[1]), Sha256::of(&[3])];
    assert_eq!(tx.seen_items(feed.id, &keys).await.unwrap(), items[..1]);
    assert!(tx.seen_items(id(8), &keys).await.unwrap().is_empty());
    assert_eq!(tx.items_since(at(4), 9).await.unwrap(), items[1..]);
    assert_eq!(tx.items_of_signals(&[news.id]).await.unwrap(), items[..1]);
    assert!(tx.items_of_signals(&[]).await.unwrap().is_empty());

    tx.match_signal(&[beside(&claims[0], &news)]).await.unwrap();
    let ids = |signals: Vec<Signal>| signals.into_iter().map(|s| s.id.0.as_u128()).collect::<Vec<_>>();
    assert_eq!(ids(tx.newest_signals(&SignalsOf::Feed(feed.id), None, 9).await.unwrap()), [1]);
    assert_eq!(ids(tx.newest_signals(&SignalsOf::Waiting(at(9)), None, 9).await.unwrap()), [1]);
    let later = SignalClaim { status: "later".into(), until: Some(at(8)), ..beside(&claims[0], &news) };
    tx.decide_signal(&later, &"waiting".into()).await.unwrap();
    assert!(tx.newest_signals(&SignalsOf::Waiting(at(7)), None, 9).await.unwrap().is_empty());
    assert_eq!(ids(tx.newest_signals(&SignalsOf::Waiting(at(8)), None, 9).await.unwrap()), [1]);
    let benchmark = SignalsOf::Benchmark("lmarena/text".parse().unwrap());
    assert_eq!(ids(tx.newest_signals(&benchmark, None, 9).await.unwrap()), [2, 1]);
    assert_eq!(ids(tx.newest_signals(&benchmark, Some((at(4), SignalId(id(2)))), 9).await.unwrap()), [1]);

    feed.removed_at = Some(at(6));
    feed.removed_by = Some(Actor::Operator);
    feed.next_due_at = None;
    tx.save_feed(&feed).await.unwrap();
    assert_eq!(tx.feed_at(&feed.address).await.unwrap(), None);
    assert_eq!(tx.feeds().await.unwrap(), [feed.clone()]);
    tx.insert_feed(&NewsFeed { id: id(8), removed_at: None, ..feed.clone() }).await.unwrap();
}

async fn signals_are_decided_once(db: Db) {
    let claim = with_claims(&db, 1).await.remove(0);
    let mut tx = db.write().await.unwrap();
    let signal = signal(1, "a", 1);
    tx.insert_signal(&signal).await.unwrap();
    tx.match_signal(&[beside(&claim, &signal)]).await.unwrap();
    let (mut item, first) = evidence(&claim, 1);
    item.signal = Some(signal.id);
    tx.insert_evidence(&item, &first).await.unwrap();
    let mut decided = beside(&claim, &signal);
    decided.status = "counted".into();
    decided.evidence = Some(item.id);
    decided.decided_by = Some(Actor::Operator);
    decided.decided_at = Some(at(5));
    let waiting = Word::from("waiting");
    tx.decide_signal(&decided, &waiting).await.unwrap();
    assert!(matches!(tx.decide_signal(&decided, &waiting).await, Err(StoreError::Conflict)));
    assert_eq!(tx.signal_claim(claim.id, signal.id).await.unwrap().as_ref(), Some(&decided));
    assert_eq!(tx.signal_claims(claim.id).await.unwrap(), [decided.clone()]);
    assert_eq!(tx.evidence_of_signal(signal.id).await.unwrap(), [item]);
    decided.signal = SignalId(id(9));
    assert!(matches!(tx.decide_signal(&decided, &waiting).await, Err(StoreError::NotFound)));
}

async fn a_run_is_taken_once(db: Db) {
    let take = |db: Db, n: u128| async move {
        let mut tx = db.write().await.unwrap();
        let taken = tx.take_run("pull", at(0), id(n), at(1), at(10)).await.unwrap();
        tx.commit().await.unwrap();
        taken
    };
    let all: Vec<_> = (1..=8).map(|n| tokio::spawn(take(db.clone(), n))).collect();
    let mut taken = 0;
    for one in all {
        taken += i32::from(one.await.unwrap());
    }
    assert_eq!(taken, 1);
    assert!(db.write().await.unwrap().take_run("pull", at(1), id(9), at(1), at(10)).await.unwrap());
}

async fn a_lost_run_is_taken_over(db: Db) {
    let mut tx = db.write().await.unwrap();
    assert_eq!(tx.last_run("pull").await.unwrap(), None);
    assert!(tx.take_run("pull", at(0), id(1), at(0), at(10)).await.unwrap());
    assert!(tx.extend_run("pull", at(0), id(1), at(20)).await.unwrap());
    assert_eq!(tx.lost_runs(at(19)).await.unwrap(), []);
    assert!(!tx.take_run("pull", at(0), id(2), at(19), at(30)).await.unwrap());
    assert_eq!(tx.lost_runs(at(20)).await.unwrap().len(), 1);
    assert!(tx.take_run("pull", at(0), id(2), at(20), at(30)).await.unwrap());
    // The first one wakes up: its work no longer counts.
    assert!(!tx.extend_run("pull", at(0), id(1), at(40)).await.unwrap());
    assert!(!tx.finish_run("pull", at(0), id(1), at(21), &"done".into(), None).await.unwrap());
    assert!(tx.finish_run("pull", at(0), id(2), at(22), &"done".into(), Some("3 new")).await.unwrap());
    assert!(!tx.take_run("pull", at(0), id(3), at(99), at(100)).await.unwrap());
    let last = tx.last_run("pull").await.unwrap().unwrap();
    assert_eq!((last.attempts, last.finished_at, last.detail.as_deref()), (2, Some(at(22)), Some("3 new")));
    assert_eq!(tx.forget_runs(at(22)).await.unwrap(), 0);
    assert_eq!(tx.forget_runs(at(23)).await.unwrap(), 1);
}

async fn a_lease_has_one_holder(db: Db) {
    let mut tx = db.write().await.unwrap();
    assert!(tx.take_lease("scheduler", id(1), at(0), at(10)).await.unwrap());
    assert!(!tx.take_lease("scheduler", id(2), at(9), at(20)).await.unwrap());
    assert!(tx.take_lease("scheduler", id(1), at(9), at(15)).await.unwrap());
    assert!(tx.take_lease("scheduler", id(2), at(15), at(30)).await.unwrap());
    tx.drop_lease("scheduler", id(1)).await.unwrap();
    assert!(!tx.take_lease("scheduler", id(1), at(16), at(30)).await.unwrap());
    tx.drop_lease("scheduler", id(2)).await.unwrap();
    assert!(tx.take_lease("scheduler", id(1), at(16), at(30)).await.unwrap());
}

async fn a_rule_is_watched(db: Db) {
    let claims = with_claims(&db, 2).await;
    let mut tx = db.write().await.unwrap();
    assert_eq!(tx.watches(&[claims[0].id]).await.unwrap(), []);
    let mut watch =
        Watch { claim: claims[0].id, criteria_n: 1, watched: JsonText::empty(), updated_at: at(0) };
    tx.save_watches(std::slice::from_ref(&watch)).await.unwrap();
    watch.criteria_n = 2;
    let other = Watch { claim: claims[1].id, ..watch.clone() };
    tx.save_watches(&[watch.clone(), other.clone()]).await.unwrap();
    assert_eq!(tx.watches(&[claims[0].id]).await.unwrap(), [watch]);
    assert_eq!(tx.watches(&[claims[1].id]).await.unwrap(), [other]);
    let [a, b] = ["a", "b"].map(|name| SourceId::new(name).unwrap());
    tx.set_sources_of_claim(claims[0].id, [&a]).await.unwrap();
    tx.set_sources_of_claim(claims[0].id, [&b, &a]).await.unwrap();
    tx.set_sources_of_claim(claims[1].id, [&b]).await.unwrap();
    assert_eq!(tx.claims_on_source(&b).await.unwrap(), [claims[0].id, claims[1].id]);
    assert_eq!(tx.sources_of_claim(claims[0].id).await.unwrap(), [a, b]);
}

async fn a_fresh_database_is_whole(db: Db) {
    let mut tx = db.read().await.unwrap();
    tx.ping().await.unwrap();
    assert!(tx.check_integrity().await.unwrap().is_empty());
}
