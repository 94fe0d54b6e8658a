//! Sources, fetches, snapshots, tables, rows, the registry and reviews.

use bellwether_core::{
    actor::Actor,
    benchmark::{BenchmarkId, Direction},
    ids::{FetchId, Sha256, SourceId},
    openness::Openness,
};
use bellwether_store::{
    Db, Fetch, GateMemory, JsonText, LinkSnapshot, Observation, OpennessOverride, RegistryFile,
    RegistryModel, ReviewItem, RowHold, Snapshot, SnapshotTable, Source, SourceState, SourceVersion,
    StoreError, Tx, Word,
};
use serde_json::json;

use crate::made::{at, id, json_of, with_claims};

bellwether_testkit::both!(
    a_source_is_revised,
    due_sources_are_found,
    fetches_and_polls_are_listed,
    the_gate_remembers,
    bytes_are_kept_once,
    the_standing_table_is_the_newest_trusted_one,
    tables_are_listed,
    rows_come_back_in_order,
    many_rows_are_written_at_once,
    rows_are_held_and_released,
    links_are_kept,
    a_registry_file_is_replaced,
    words_on_openness_are_appended,
    reviews_are_opened_once_and_answered
);

fn source(name: &str) -> (Source, SourceVersion, SourceState) {
    let id = SourceId::new(name).unwrap();
    let source = Source {
        id: id.clone(),
        title: name.to_uppercase(),
        n: 1,
        built_in: true,
        retired: false,
        created_at: at(0),
        updated_at: at(0),
    };
    let version = SourceVersion {
        source: id.clone(),
        n: 1,
        document: format!("id: {name}\n"),
        sha256: Sha256::of(name.as_bytes()),
        reason: None,
        actor: Actor::system("test"),
        at: at(0),
    };
    let state = SourceState {
        source: id,
        next_due_at: Some(at(10)),
        paused: false,
        pause_reason: None,
        last_fetch_at: None,
        last_poll_at: None,
        last_new_content_at: None,
        last_content: None,
        standing_fetch: None,
        etag: None,
        last_modified: None,
        failures: 0,
        wait_until: None,
        last_error: None,
        stale_since: None,
        moved_to: None,
        updated_at: at(0),
    };
    (source, version, state)
}

async fn with_source(tx: &mut Tx, name: &str) -> SourceId {
    let (source, version, state) = source(name);
    tx.insert_source(&source, &version, &state).await.unwrap();
    source.id
}

fn fetch(source: &SourceId, n: u128, minutes: i64, outcome: &str) -> Fetch {
    Fetch {
        id: FetchId(id(n)),
        source: source.clone(),
        source_n: 1,
        at: at(minutes),
        cause: "schedule".into(),
        outcome: outcome.into(),
        poll: outcome != "failed",
        content: (outcome != "failed").then(|| Sha256::of(b"content")),
        files: json_of(&json!([{"name": "", "sha256": "00"}])),
        status: Some(200),
        final_url: None,
        headers: JsonText::empty(),
        error: (outcome == "failed").then(|| "no answer".to_owned()),
        bytes: 10,
        duration_ms: 3,
        actor: Actor::system("scheduler"),
    }
}

fn table(fetch: &Fetch, name: &str, verdict: &str) -> SnapshotTable {
    SnapshotTable {
        fetch_id: fetch.id,
        benchmark: format!("{}/{name}", fetch.source).parse().unwrap(),
        source: fetch.source.clone(),
        content: Sha256::of(b"content"),
        observed_at: fetch.at,
        version: None,
        verdict: verdict.into(),
        reason: (verdict != "trusted").then(|| "40 % of the rows are missing".to_owned()),
        trusted_at: (verdict == "trusted").then_some(fetch.at),
        rows: 3,
        spec: JsonText::empty(),
        figures: JsonText::empty(),
        released_by: None,
        released_at: None,
        release_reason: None,
        updated_at: fetch.at,
    }
}

fn row(
    table: &SnapshotTable,
    position: i64,
    key: &str,
    score: Option<&str>,
    openness: Openness,
) -> Observation {
    Observation {
        fetch_id: table.fetch_id,
        benchmark: table.benchmark.clone(),
        position,
        row_key: key.to_owned(),
        model: key.to_uppercase(),
        score: score.map(str::to_owned),
        score_real: score.map(|s| s.parse().unwrap()),
        as_of: Some(at(0).date_naive()),
        openness,
        registry_model: None,
        flags: json_of(&json!(["preview"])),
        row_json: json_of(&json!({"key": key})),
    }
}

async fn a_source_is_revised(db: Db) {
    let mut tx = db.write().await.unwrap();
    let (mut source, first, state) = source("lmarena");
    tx.insert_source(&source, &first, &state).await.unwrap();
    with_source(&mut tx, "aider").await;
    source.n = 2;
    source.retired = true;
    source.updated_at = at(5);
    let second = SourceVersion { n: 2, document: "id: x\n".to_owned(), ..first.clone() };
    tx.revise_source(&source, &second).await.unwrap();
    assert!(matches!(tx.revise_source(&source, &second).await, Err(StoreError::Conflict)));
    assert_eq!(tx.source(&source.id).await.unwrap(), source);
    let ids: Vec<_> = tx.sources().await.unwrap().into_iter().map(|s| s.id.to_string()).collect();
    assert_eq!(ids, ["aider", "lmarena"]);
    let documents: Vec<_> =
        tx.source_documents().await.unwrap().into_iter().map(|v| (v.n, v.document)).collect();
    assert_eq!(documents, [(1, "id: aider\n".to_owned()), (2, "id: x\n".to_owned())]);
    assert_eq!(tx.source_versions(&source.id).await.unwrap(), [first.clone(), second]);
    assert_eq!(tx.source_version(&source.id, 1).await.unwrap(), first);
    let none = SourceId::new("none").unwrap();
    assert!(matches!(tx.source(&none).await, Err(StoreError::NotFound)));
    assert!(matches!(tx.source_state(&none).await, Err(StoreError::NotFound)));
}

async fn due_sources_are_found(db: Db) {
    let mut tx = db.write().await.unwrap();
    for (name, due, paused, wait) in [
        ("late", Some(5), false, None),
        ("due", Some(10), false, Some(9)),
        ("waiting", Some(1), false, Some(11)),
        ("paused", Some(1), true, None),
        ("later", Some(11), false, None),
        ("never", None, false, None),
    ] {
        with_source(&mut tx, name).await;
        let state = SourceState {
            next_due_at: due.map(at),
            paused,
            pause_reason: paused.then(|| "by hand".to_owned()),
            wait_until: wait.map(at),
            last_fetch_at: Some(at(0)),
            last_poll_at: Some(at(0)),
            last_new_content_at: Some(at(0)),
            last_content: Some(Sha256::of(b"x")),
            standing_fetch: Some(FetchId(id(1))),
            etag: Some("\"x\"".to_owned()),
            last_modified: Some("Mon".to_owned()),
            failures: 2,
            last_error: Some("no answer".to_owned()),
            stale_since: Some(at(1)),
            moved_to: Some("https://example.org".to_owned()),
            updated_at: at(3),
            ..source(name).2
        };
        tx.save_source_state(&state).await.unwrap();
        assert_eq!(tx.source_state(&state.source).await.unwrap(), state);
    }
    let due: Vec<_> =
        tx.due_sources(at(10), 10).await.unwrap().into_iter().map(|s| s.source.to_string()).collect();
    assert_eq!(due, ["late", "due"]);
    assert_eq!(tx.due_sources(at(10), 1).await.unwrap().len(), 1);
    assert_eq!(tx.source_states().await.unwrap().len(), 6);
    let none = source("none").2;
    assert!(matches!(tx.save_source_state(&none).await, Err(StoreError::NotFound)));
}

async fn fetches_and_polls_are_listed(db: Db) {
    let mut tx = db.write().await.unwrap();
    let lmarena = with_source(&mut tx, "lmarena").await;
    let other = with_source(&mut tx, "other").await;
    let all = [
        fetch(&lmarena, 1, 1, "new"),
        fetch(&lmarena, 2, 2, "failed"),
        fetch(&lmarena, 3, 3, "same"),
        fetch(&lmarena, 4, 4, "not_modified"),
        fetch(&other, 5, 3, "new"),
    ];
    for one in &all {
        tx.insert_fetch(one).await.unwrap();
    }
    assert_eq!(tx.fetch(all[1].id).await.unwrap(), all[1]);
    assert!(matches!(tx.fetch(FetchId(id(9))).await, Err(StoreError::NotFound)));
    let ids = |found: Vec<Fetch>| found.into_iter().map(|f| f.id.0.as_u128()).collect::<Vec<_>>();
    assert_eq!(ids(tx.fetches_before(&lmarena, at(4), 2).await.unwrap()), [3, 2]);
    assert_eq!(ids(tx.polls(&lmarena, at(1), at(3)).await.unwrap()), [1, 3]);
    assert_eq!(ids(tx.polls(&lmarena, at(2), at(9)).await.unwrap()), [3, 4]);
    assert_eq!(ids(tx.fetches_of_content(Sha256::of(b"content")).await.unwrap()), [1, 3, 5, 4]);
}

async fn the_gate_remembers(db: Db) {
    let mut tx = db.write().await.unwrap();
    let source = with_source(&mut tx, "lmarena").await;
    let mut memory = GateMemory {
        benchmark: "lmarena/text".parse().unwrap(),
        source: source.clone(),
        state: json_of(&json!({"had_rows": false})),
        next_change_at: None,
        updated_at: at(0),
    };
    assert_eq!(tx.gate_memory(&memory.benchmark).await.unwrap(), None);
    tx.save_gate_memory(&memory).await.unwrap();
    assert_eq!(tx.due_gate_memories(at(100)).await.unwrap(), []);
    memory.state = json_of(&json!({"had_rows": true}));
    memory.next_change_at = Some(at(5));
    tx.save_gate_memory(&memory).await.unwrap();
    assert_eq!(tx.gate_memory(&memory.benchmark).await.unwrap().as_ref(), Some(&memory));
    assert_eq!(tx.gate_memories(&source).await.unwrap(), [memory.clone()]);
    assert_eq!(tx.due_gate_memories(at(4)).await.unwrap(), []);
    assert_eq!(tx.due_gate_memories(at(5)).await.unwrap(), [memory]);
}

async fn bytes_are_kept_once(db: Db) {
    let mut tx = db.write().await.unwrap();
    let mut snapshot = Snapshot {
        sha256: Sha256::of(b"bytes"),
        zstd: vec![0, 255, 1],
        size: 5,
        mime: Some("text/csv".to_owned()),
        stored_at: at(0),
    };
    assert!(tx.keep_snapshot(&snapshot).await.unwrap());
    assert_eq!(tx.snapshot(snapshot.sha256).await.unwrap(), snapshot);
    snapshot.stored_at = at(1);
    assert!(!tx.keep_snapshot(&snapshot).await.unwrap());
    let infos = tx.snapshot_infos(&[snapshot.sha256, Sha256::of(b"none")]).await.unwrap();
    assert_eq!(infos.iter().map(|i| (i.size, i.stored_at)).collect::<Vec<_>>(), [(5, at(0))]);
    assert!(tx.snapshot_infos(&[]).await.unwrap().is_empty());
    assert_eq!(tx.snapshot_bytes().await.unwrap(), 3);
    assert!(matches!(tx.snapshot(Sha256::of(b"none")).await, Err(StoreError::NotFound)));
}

async fn the_standing_table_is_the_newest_trusted_one(db: Db) {
    let mut tx = db.write().await.unwrap();
    let source = with_source(&mut tx, "lmarena").await;
    let mut held = None;
    for (n, minutes, verdict) in [(1, 10, "trusted"), (2, 20, "shrunk"), (3, 30, "unfit")] {
        let fetch = fetch(&source, n, minutes, "new");
        tx.insert_fetch(&fetch).await.unwrap();
        for name in ["text", "vision"] {
            tx.insert_snapshot_table(&table(&fetch, name, verdict)).await.unwrap();
        }
        if n == 2 {
            held = Some(table(&fetch, "text", verdict));
        }
    }
    let both: Vec<BenchmarkId> =
        ["lmarena/text", "lmarena/vision"].iter().map(|b| b.parse().unwrap()).collect();
    let standing = async |tx: &mut Tx, minutes| {
        let tables = tx.standing_tables(&both, at(minutes)).await.unwrap();
        tables.into_iter().map(|t| t.fetch_id.0.as_u128()).collect::<Vec<_>>()
    };
    assert_eq!(standing(&mut tx, 9).await, [0_u128; 0]);
    assert_eq!(standing(&mut tx, 50).await, [1, 1]);
    // A person accepts the shrunk one at minute 40: from then on it stands, and not before.
    let mut held = held.unwrap();
    held.verdict = "trusted".into();
    held.trusted_at = Some(at(40));
    held.released_by = Some(Actor::Operator);
    held.released_at = Some(at(40));
    held.release_reason = Some("they dropped old models".to_owned());
    held.updated_at = at(40);
    tx.judge_table(&held).await.unwrap();
    assert_eq!(tx.snapshot_table(held.fetch_id, &held.benchmark).await.unwrap(), held);
    assert_eq!(standing(&mut tx, 39).await, [1, 1]);
    assert_eq!(standing(&mut tx, 40).await, [2, 1]);
    assert!(tx.standing_tables(&[], at(50)).await.unwrap().is_empty());
}

async fn tables_are_listed(db: Db) {
    let mut tx = db.write().await.unwrap();
    let source = with_source(&mut tx, "lmarena").await;
    for (n, minutes, verdict) in [(1, 10, "trusted"), (2, 20, "shrunk"), (3, 30, "trusted")] {
        let fetch = fetch(&source, n, minutes, "new");
        tx.insert_fetch(&fetch).await.unwrap();
        tx.insert_snapshot_table(&table(&fetch, "text", verdict)).await.unwrap();
        if n < 3 {
            tx.insert_snapshot_table(&table(&fetch, "vision", verdict)).await.unwrap();
        }
    }
    let text: BenchmarkId = "lmarena/text".parse().unwrap();
    let ids =
        |tables: Vec<SnapshotTable>| tables.into_iter().map(|t| t.fetch_id.0.as_u128()).collect::<Vec<_>>();
    assert_eq!(ids(tx.tables_of_benchmark(&text, at(10), at(20)).await.unwrap()), [1, 2]);
    assert_eq!(ids(tx.tables_of_fetch(FetchId(id(1))).await.unwrap()), [1, 1]);
    assert_eq!(ids(tx.newest_tables(at(99)).await.unwrap()), [3, 2]);
    assert_eq!(ids(tx.newest_tables(at(15)).await.unwrap()), [1, 1]);
    assert_eq!(ids(tx.newest_tables_of(std::slice::from_ref(&text), at(99)).await.unwrap()), [3]);
    assert_eq!(ids(tx.newest_tables_of(std::slice::from_ref(&text), at(15)).await.unwrap()), [1]);
    assert!(tx.newest_tables_of(&[], at(99)).await.unwrap().is_empty());
    assert_eq!(ids(tx.tables_of_source_before(&source, at(30), 3).await.unwrap()), [2, 2, 1]);
    assert_eq!(ids(tx.tables_with_verdict(&["shrunk".into(), "unfit".into()], 9).await.unwrap()), [2, 2]);
    assert!(tx.tables_with_verdict(&[], 9).await.unwrap().is_empty());
    let names: Vec<_> = tx.benchmarks().await.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["lmarena/text", "lmarena/vision"]);
}

async fn rows_come_back_in_order(db: Db) {
    let mut tx = db.write().await.unwrap();
    let source = with_source(&mut tx, "lmarena").await;
    let mut tables = Vec::new();
    for (n, minutes) in [(1, 10), (2, 20)] {
        let fetch = fetch(&source, n, minutes, "new");
        tx.insert_fetch(&fetch).await.unwrap();
        let table = table(&fetch, "text", "trusted");
        tx.insert_snapshot_table(&table).await.unwrap();
        let rows = [
            row(&table, 0, "b", Some("86.4"), Openness::Open),
            row(&table, 1, "a", Some("9.10"), Openness::Open),
            row(&table, 2, "c", Some("100"), Openness::Closed),
            row(&table, 3, "d", None, Openness::Open),
        ];
        tx.insert_observations(&rows).await.unwrap();
        assert_eq!(tx.observations(table.fetch_id, &table.benchmark).await.unwrap(), rows);
        tables.push(table);
    }
    let both: Vec<_> = tables.iter().map(|t| (t.fetch_id, t.benchmark.clone())).collect();
    assert_eq!(tx.observations_of(&both).await.unwrap().len(), 8);
    assert_eq!(tx.observations_of(&both[..1]).await.unwrap().len(), 4);
    assert!(tx.observations_of(&[]).await.unwrap().is_empty());
    let keys = |rows: Vec<Observation>| rows.into_iter().map(|r| r.row_key).collect::<Vec<_>>();
    let t = &tables[0];
    let best = async |tx: &mut Tx, direction, limit| {
        keys(tx.best_observations(t.fetch_id, &t.benchmark, Openness::Open, direction, limit).await.unwrap())
    };
    assert_eq!(best(&mut tx, Direction::Higher, 9).await, ["b", "a"]);
    assert_eq!(best(&mut tx, Direction::Lower, 1).await, ["a"]);
    let history = tx.row_history(&t.benchmark, "a").await.unwrap();
    let history: Vec<_> = history.iter().map(|p| (p.observed_at, p.score.as_deref())).collect();
    assert_eq!(history, [(at(10), Some("9.10")), (at(20), Some("9.10"))]);
}

async fn many_rows_are_written_at_once(db: Db) {
    let mut tx = db.write().await.unwrap();
    let source = with_source(&mut tx, "lmarena").await;
    let fetch = fetch(&source, 1, 1, "new");
    tx.insert_fetch(&fetch).await.unwrap();
    let table = table(&fetch, "text", "trusted");
    tx.insert_snapshot_table(&table).await.unwrap();
    // More than one statement takes: SQLite allows 32,766 parameters, twelve of them a row.
    let rows: Vec<_> =
        (0..6_000).map(|n| row(&table, n, &format!("model {n}"), Some("1.5"), Openness::Unknown)).collect();
    tx.insert_observations(&rows).await.unwrap();
    assert_eq!(tx.observations(table.fetch_id, &table.benchmark).await.unwrap(), rows);
}

async fn rows_are_held_and_released(db: Db) {
    let mut tx = db.write().await.unwrap();
    let source = with_source(&mut tx, "lmarena").await;
    let fetch = fetch(&source, 1, 1, "new");
    tx.insert_fetch(&fetch).await.unwrap();
    let table = table(&fetch, "text", "trusted");
    tx.insert_snapshot_table(&table).await.unwrap();
    let hold = |key: &str, minutes| RowHold {
        fetch_id: fetch.id,
        benchmark: table.benchmark.clone(),
        row_key: key.to_owned(),
        reason: "jumped".to_owned(),
        was: None,
        score: Some("1500".to_owned()),
        held_at: at(minutes),
        released_at: None,
        released_by: None,
        release_reason: None,
    };
    tx.hold_rows(&[hold("a", 1), hold("b", 2), hold("a", 3)]).await.unwrap();
    assert_eq!(tx.held_rows(None).await.unwrap(), [hold("b", 2), hold("a", 1)]);
    assert_eq!(tx.held_rows(Some(&"other/text".parse().unwrap())).await.unwrap(), []);
    assert!(tx.release_row(&table.benchmark, "a", &Actor::Operator, "it is real", at(4)).await.unwrap());
    assert!(!tx.release_row(&table.benchmark, "a", &Actor::Operator, "it is real", at(5)).await.unwrap());
    assert_eq!(tx.held_rows(Some(&table.benchmark)).await.unwrap(), [hold("b", 2)]);
    let all = tx.holds_of_table(fetch.id, &table.benchmark).await.unwrap();
    assert_eq!(
        (all.len(), all[0].released_at, all[0].released_by.clone()),
        (2, Some(at(4)), Some(Actor::Operator))
    );
}

async fn links_are_kept(db: Db) {
    let mut tx = db.write().await.unwrap();
    let link = |n, minutes| LinkSnapshot {
        id: id(n),
        url: "https://example.org/a".to_owned(),
        final_url: "https://example.org/b".to_owned(),
        status: 200,
        sha256: Some(Sha256::of(b"page")),
        mime: Some("text/html".to_owned()),
        reading: json_of(&json!({"title": "A"})),
        actor: Actor::Operator,
        at: at(minutes),
    };
    tx.insert_link_snapshot(&link(1, 1)).await.unwrap();
    tx.insert_link_snapshot(&link(2, 2)).await.unwrap();
    assert_eq!(tx.link_snapshot(id(1)).await.unwrap(), link(1, 1));
    assert!(matches!(tx.link_snapshot(id(3)).await, Err(StoreError::NotFound)));
    assert_eq!(tx.link_snapshots(&[id(1), id(3)]).await.unwrap(), [link(1, 1)]);
    assert!(tx.link_snapshots(&[]).await.unwrap().is_empty());
    assert_eq!(tx.link_snapshot_of("https://example.org/a", at(0)).await.unwrap(), Some(link(2, 2)));
    assert_eq!(tx.link_snapshot_of("https://example.org/a", at(3)).await.unwrap(), None);
}

async fn a_registry_file_is_replaced(db: Db) {
    let mut tx = db.write().await.unwrap();
    let file = |name: &str, position, content: &str| RegistryFile {
        name: name.to_owned(),
        position,
        sha256: Sha256::of(content.as_bytes()),
        content: content.to_owned(),
        actor: Actor::Operator,
        at: at(0),
    };
    let model = |file: &str, position, open_weights| RegistryModel {
        file: file.to_owned(),
        position,
        model_id: "m1".to_owned(),
        display_name: "M 1".to_owned(),
        organisation: None,
        open_weights,
        release_date: Some("2024-07".to_owned()),
        entry: JsonText::empty(),
    };
    tx.replace_registry_file(&file("b", 0, "x"), &[model("b", 0, Some(true)), model("b", 1, None)])
        .await
        .unwrap();
    tx.replace_registry_file(&file("a", 1, "y"), &[model("a", 0, Some(false))]).await.unwrap();
    assert_eq!(tx.registry_files().await.unwrap(), [file("b", 0, "x"), file("a", 1, "y")]);
    let open: Vec<_> = tx.registry_model("m1").await.unwrap().into_iter().map(|m| m.open_weights).collect();
    assert_eq!(open, [Some(true), None, Some(false)]);
    tx.replace_registry_file(&file("b", 2, "z"), &[model("b", 0, None)]).await.unwrap();
    assert_eq!(tx.registry_model("m1").await.unwrap(), [model("a", 0, Some(false)), model("b", 0, None)]);
}

async fn words_on_openness_are_appended(db: Db) {
    let mut tx = db.write().await.unwrap();
    let word = |n, openness, minutes| OpennessOverride {
        id: id(n),
        source: (n == 1).then(|| SourceId::new("lmarena").unwrap()),
        model: "m".to_owned(),
        openness,
        reason: "the weights are on the hub".to_owned(),
        actor: Actor::Operator,
        at: at(minutes),
    };
    let both = [word(2, Openness::Closed, 1), word(1, Openness::Open, 2)];
    for one in &both {
        tx.insert_openness_override(one).await.unwrap();
    }
    assert_eq!(tx.openness_overrides().await.unwrap(), both);
}

async fn reviews_are_opened_once_and_answered(db: Db) {
    let claim = with_claims(&db, 1).await.remove(0);
    let mut tx = db.write().await.unwrap();
    let item = |n, subject: &str| ReviewItem {
        id: id(n),
        kind: Word::from("openness"),
        subject: subject.to_owned(),
        claim: Some(claim.id),
        source: None,
        detail: JsonText::empty(),
        opened_at: at(i64::try_from(n).unwrap()),
        closed_at: None,
        closed_by: None,
        answer: None,
    };
    assert!(tx.open_review(&item(1, "m1")).await.unwrap());
    assert!(tx.open_review(&item(2, "m2")).await.unwrap());
    assert!(!tx.open_review(&item(3, "m1")).await.unwrap());
    assert_eq!(tx.open_reviews(9).await.unwrap(), [item(1, "m1"), item(2, "m2")]);
    let answer = json_of(&json!("open"));
    tx.close_review(id(1), &answer, &Actor::Operator, at(9)).await.unwrap();
    assert!(matches!(
        tx.close_review(id(1), &answer, &Actor::Operator, at(9)).await,
        Err(StoreError::Conflict)
    ));
    assert!(matches!(
        tx.close_review(id(7), &answer, &Actor::Operator, at(9)).await,
        Err(StoreError::NotFound)
    ));
    assert!(!tx.open_review(&item(4, "m1")).await.unwrap());
    assert_eq!(tx.open_reviews(9).await.unwrap(), [item(2, "m2")]);
    let closed = tx.review_item(id(1)).await.unwrap();
    assert_eq!((closed.closed_by, closed.answer), (Some(Actor::Operator), Some(answer)));
}
