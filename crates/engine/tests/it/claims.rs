//! Claims: creating, criteria, history, citing, exports.

use bellwether_core::{
    confidence::Level,
    document::ClaimDocument,
    evidence::{Side, Tier},
    figures,
    ledger::{Bar, CauseKind},
    status::ClaimStatus,
    stream::Stream,
};
use bellwether_engine::{
    EngineError,
    claims::{ClaimKey, CriteriaChange, FeedQuery, NewClaim},
    evidence::{Correction, EvidenceInput},
};
use bellwether_store::Db;
use chrono::TimeDelta;

use crate::support::{Kit, at, near, result};

bellwether_testkit::both!(
    c2_deadlines_are_half_open_instants_and_garbage_is_refused,
    c4_history_has_every_move_and_equals_the_ledger,
    c7_new_criteria_need_a_reason_and_keep_the_old_version,
    c11_confidence_is_recomputed_and_an_override_shows_its_reason,
    a_page_at_an_instant_shows_what_was_known_then,
    named_options_have_their_shares,
    drafts_open_once,
    bad_documents_are_refused_by_field,
    exports_are_whole_and_safe,
    a_citation_is_frozen,
    evidence_ages_once_a_day_at_most,
    a_draft_is_written_anew_and_an_open_claim_is_not,
    a_changed_headline_is_a_move_of_its_own,
);

async fn c2_deadlines_are_half_open_instants_and_garbage_is_refused(db: Db) {
    let kit = Kit::new(db);
    for (words, by) in [
        ("Q1 2027", "2027-04-01T00:00:00Z"),
        ("Dec 2027", "2028-01-01T00:00:00Z"),
        ("Q4 2028", "2029-01-01T00:00:00Z"),
    ] {
        let text =
            format!("title: Something by {words}\nwindow: {{ by: {words} }}\ncriteria: A person decides.");
        let claim: ClaimKey = kit.claim(&text).await.id.into();
        assert_eq!(kit.page(&claim).await.document.window.by, at(by), "{words}");
    }
    let garbage = "title: Something\nwindow: { by: soonish }\ncriteria: A person decides.";
    assert!(ClaimDocument::from_yaml(garbage).is_err());
    let past = "title: Something\nwindow: { by: 2026-04-06 }\ncriteria: A person decides.";
    let document = ClaimDocument::from_yaml(past).expect("reads");
    let refused = kit.engine.create_claim(&kit.actor, NewClaim { document, publish: true }).await;
    assert!(matches!(&refused, Err(EngineError::Invalid(e)) if e[0].field == "window.by"), "{refused:?}");
}

async fn c4_history_has_every_move_and_equals_the_ledger(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.67).await;
    let mut stood = Vec::new();
    for (points, text) in [(2.298, "First figure"), (3.609, "Second figure"), (3.854, "Third figure")] {
        kit.wait(TimeDelta::days(9));
        kit.add(&claim, result(Side::For, points, text)).await;
        stood.push((kit.engine.now(), kit.page(&claim).await.probabilities[0].p));
    }
    let history = kit.engine.history(&claim, None).await.expect("a history");
    assert_eq!(history.headline.len(), 4);
    assert_eq!(history.marks.len(), 3);
    assert_eq!(history.deadline, at("2027-04-01T00:00:00Z"));
    for (when, p) in &stood {
        let point = history.headline.iter().rev().find(|point| point.at <= *when).expect("a point");
        assert_eq!(point.p[0], *p);
        let then = kit.engine.claim_page(&claim, Some(*when)).await.expect("a page");
        assert_eq!(then.probabilities[0].p, *p);
    }
    assert_eq!(history.streams[0].stream, Stream::Evidence);
    near(100.0 * stood[2].1.value(), 75.0);
    let moves = kit.engine.moves(&claim, None, 2, None).await.expect("moves");
    assert_eq!(moves.moves.iter().map(|m| m.seq).collect::<Vec<_>>(), [4, 3]);
    let rest = kit.engine.moves(&claim, moves.next, 10, None).await.expect("moves");
    assert_eq!(rest.moves.iter().map(|m| m.seq).collect::<Vec<_>>(), [2, 1]);
    assert_eq!((rest.next, rest.moves[1].cause), (None, CauseKind::Start));
    assert_eq!(rest.moves[0].reason, "Added: First figure");
    let page = kit.page(&claim).await;
    near(page.movement.pts, 3.0);
    assert_eq!(page.movement.moves, 1);
    let moved = figures::movement_over(page.movement.pts, page.movement.window);
    assert_eq!(moved.replace(figures::NBSP, " "), "▲ 3 pts (7 d)");
}

async fn c7_new_criteria_need_a_reason_and_keep_the_old_version(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    let mut document = kit.page(&claim).await.document;
    document.criteria = "True if two people agree.".into();
    let change =
        |reason: &str, seen| CriteriaChange { document: document.clone(), reason: reason.into(), seen };
    let refused = kit.engine.change_criteria(&kit.actor, &claim, change("  ", None)).await;
    assert!(matches!(&refused, Err(EngineError::Invalid(e)) if e[0].field == "reason"), "{refused:?}");
    let opened = kit.engine.now();
    kit.wait(TimeDelta::days(1));
    let n =
        kit.engine.change_criteria(&kit.actor, &claim, change("One person is not enough.", Some(1))).await;
    assert_eq!(n.expect("changed"), 2);
    let page = kit.page(&claim).await;
    assert_eq!(page.criteria.len(), 2);
    assert_eq!(page.criteria[0].words, "A person decides.");
    assert_eq!(page.criteria[1].reason.as_deref(), Some("One person is not enough."));
    assert_eq!(page.document.criteria, "True if two people agree.");
    let last = &page.moves[0];
    assert_eq!((last.cause, last.pts), (CauseKind::CriteriaChanged, 0.0));
    let then = kit.engine.claim_page(&claim, Some(opened)).await.expect("a page");
    assert_eq!((then.document.criteria.as_str(), then.criteria.len()), ("A person decides.", 1));
    let stale = kit.engine.change_criteria(&kit.actor, &claim, change("Again.", Some(1))).await;
    assert!(matches!(stale, Err(EngineError::Conflict(_) | EngineError::Invalid(_))), "{stale:?}");
    document.title = "Another question".into();
    let other = CriteriaChange { document, reason: "Better.".into(), seen: None };
    let refused = kit.engine.change_criteria(&kit.actor, &claim, other).await;
    assert!(matches!(&refused, Err(EngineError::Invalid(e)) if e[0].field == "title"), "{refused:?}");
}

async fn c11_confidence_is_recomputed_and_an_override_shows_its_reason(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    let mut levels = Vec::new();
    for (n, side) in [Side::For, Side::For, Side::For, Side::Against, Side::Against].into_iter().enumerate() {
        kit.add(&claim, result(side, 3.0, &format!("Result number {n}"))).await;
        levels.push(kit.page(&claim).await.confidence.level());
    }
    assert_eq!(levels, [Level::Low, Level::Low, Level::Moderate, Level::Moderate, Level::High]);
    let feed = kit.engine.feed(&FeedQuery::default()).await.expect("a feed");
    assert_eq!(feed.cards[0].confidence, Level::High);
    let refused = kit.engine.override_confidence(&kit.actor, &claim, Some((Level::Low, " ".into()))).await;
    assert!(matches!(refused, Err(EngineError::Invalid(_))));
    let word = Some((Level::Low, "All five come from one press kit.".into()));
    kit.engine.override_confidence(&kit.actor, &claim, word).await.expect("overridden");
    let confidence = kit.page(&claim).await.confidence;
    assert_eq!((confidence.level(), confidence.computed), (Level::Low, Level::High));
    assert!(confidence.sentence().contains("press kit"));
    kit.engine.override_confidence(&kit.actor, &claim, None).await.expect("taken away");
    assert_eq!(kit.page(&claim).await.confidence.level(), Level::High);
}

async fn a_page_at_an_instant_shows_what_was_known_then(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    kit.wait(TimeDelta::hours(1));
    let first = kit.add(&claim, result(Side::For, 12.0, "A first result")).await;
    let before = kit.engine.now();
    kit.wait(TimeDelta::hours(1));
    kit.engine
        .revise_evidence(
            &kit.actor,
            first.evidence,
            Correction {
                input: &result(Side::For, 3.0, "A corrected result"),
                reason: Some("typo"),
                seen: Some(1),
                snapshot: None,
            },
        )
        .await
        .expect("revised");
    kit.add(&claim, result(Side::Against, 6.0, "A second result")).await;
    kit.engine.retract_evidence(&kit.actor, first.evidence, None).await.expect("retracted");

    let then = kit.engine.claim_page(&claim, Some(before)).await.expect("a page");
    assert!(!then.is_now);
    assert_eq!(then.items_for[0].item.text, "A first result");
    assert_eq!((then.items_for[0].revision, then.items_for[0].counts), (1, 12.0));
    assert!(then.items_against.is_empty() && then.retracted.is_empty());
    near(100.0 * then.probabilities[0].p.value(), 61.77);
    assert_eq!(then.why.bars[0].0, Bar::For(1));

    let now = kit.page(&claim).await;
    assert!(now.items_for.is_empty());
    assert_eq!(now.retracted[0].revision, 3);
    assert_eq!(now.items_against.len(), 1);
    let early = kit.engine.claim_page(&claim, Some(before - TimeDelta::days(1))).await;
    assert!(matches!(early, Err(EngineError::NotFound(_))));
}

async fn named_options_have_their_shares(db: Db) {
    let kit = Kit::new(db);
    let text = "title: Who leads first\noptions: [Anthropic, Google, OpenAI]\nwindow: { by: Q1 2027 }\n\
                criteria: A person decides.\nstart: { p: { Anthropic: 0.2, Google: 0.3, OpenAI: 0.5 }, basis: a guess }";
    let claim: ClaimKey = kit.claim(text).await.id.into();
    let before = kit.page(&claim).await;
    assert_eq!((before.leading, before.probabilities[2].name.as_str()), (2, "OpenAI"));
    let about =
        |option: &str| EvidenceInput { option: Some(option.into()), ..result(Side::For, 25.0, "A release") };
    let added = kit.add(&claim, about("Google")).await;
    let page = kit.page(&claim).await;
    assert_eq!(page.leading, 1);
    near(100.0 * page.probabilities[1].p.value(), 53.81);
    near(page.probabilities.iter().map(|o| o.p.value()).sum(), 1.0);
    let card = kit.engine.feed(&FeedQuery::default()).await.expect("a feed").cards.remove(0);
    assert_eq!((card.option.as_deref(), card.p), (Some("Google"), Some(page.probabilities[1].p)));
    kit.engine.retract_evidence(&kit.actor, added.evidence, None).await.expect("retracted");
    assert_eq!(kit.page(&claim).await.probabilities, before.probabilities);
    let stray = kit.engine.preview_evidence(&claim, &about("Meta"), None).await;
    assert!(matches!(&stray, Err(EngineError::Invalid(e)) if e[0].field == "option"), "{stray:?}");
}

async fn drafts_open_once(db: Db) {
    let kit = Kit::new(db);
    let text = "title: A draft\nwindow: { by: Q1 2027 }\ncriteria: A person decides.";
    let document = ClaimDocument::from_yaml(text).expect("reads");
    let new = NewClaim { document, publish: false };
    let draft = kit.engine.create_claim(&kit.actor, new.clone()).await.expect("a draft");
    assert_eq!((draft.status, draft.slug.as_str()), (ClaimStatus::Draft, "a-draft"));
    assert!(kit.engine.feed(&FeedQuery::default()).await.expect("a feed").cards.is_empty());
    let again = kit.engine.create_claim(&kit.actor, new).await.expect("another draft");
    assert_eq!(again.slug.as_str(), "a-draft-2");
    let key = ClaimKey::from(draft.slug);
    kit.engine.publish_claim(&kit.actor, &key).await.expect("opened");
    let twice = kit.engine.publish_claim(&kit.actor, &key).await;
    assert!(matches!(twice, Err(EngineError::Conflict(_))), "{twice:?}");
    assert_eq!(kit.engine.feed(&FeedQuery::default()).await.expect("a feed").cards.len(), 1);
}

async fn bad_documents_are_refused_by_field(db: Db) {
    let kit = Kit::new(db);
    let good = ClaimDocument::from_yaml(
        "title: Some claim\nwindow: { by: Q1 2027 }\ncriteria: A person decides.\nslug: some",
    );
    let good = good.expect("reads");
    let create =
        |document: ClaimDocument| kit.engine.create_claim(&kit.actor, NewClaim { document, publish: true });
    create(good.clone()).await.expect("a claim");
    let with = |change: &dyn Fn(&mut ClaimDocument)| {
        let mut document = ClaimDocument { slug: None, ..good.clone() };
        change(&mut document);
        document
    };
    for (document, field) in [
        (good.clone(), "slug"),
        (with(&|d| d.title = "\u{200B}\u{200B}\u{200B}".into()), "title"),
        (with(&|d| d.title = "x".into()), "title"),
        (with(&|d| d.title = "a\u{202E}bc".into()), "title"),
        (with(&|d| d.criteria = "x\0yz".into()), "criteria"),
        (with(&|d| d.tags = vec!["ok".into(), "\u{2066}".into()]), "tags.1"),
        (with(&|d| d.start.basis = "\n".into()), "start.basis"),
        (
            with(&|d| d.start.p = bellwether_core::document::StartingPoint::Yes(1.0.try_into().expect("p"))),
            "start.p",
        ),
        (with(&|d| d.headline = bellwether_core::document::Headline::Stream("oracle".into())), "headline"),
    ] {
        let refused = create(document).await;
        assert!(
            matches!(&refused, Err(EngineError::Invalid(e)) if e[0].field == field),
            "{field}: {refused:?}"
        );
    }
}

async fn exports_are_whole_and_safe(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    let quoted = "=HYPERLINK(\"http://x\"), \"quoted\"\nsecond line";
    let quoted = EvidenceInput { text: quoted.into(), ..result(Side::For, 3.0, "A result") };
    let added = kit.add(&claim, quoted).await;
    kit.add(&claim, EvidenceInput { tier: Some(Tier::Press), ..result(Side::Against, 6.0, "-2+3") }).await;
    kit.engine.retract_evidence(&kit.actor, added.evidence, Some("wrong")).await.expect("retracted");
    let csv = kit.engine.export_evidence_csv(&claim, None).await.expect("csv");
    assert_eq!(csv.split("\r\n").count(), 4, "{csv}");
    assert!(
        csv.contains("\"'=HYPERLINK(\"\"http://x\"\"), \"\"quoted\"\"\nsecond line\"")
            && csv.contains(",'-2+3,"),
        "{csv}"
    );
    let moves = kit.engine.export_moves_csv(&claim, None).await.expect("csv");
    assert!(moves.starts_with("seq,at,actor,cause,reason,"));
    assert_eq!(moves.lines().filter(|l| l.contains("operator")).count(), 4, "{moves}");
    let json = kit.engine.export_json(&claim, None).await.expect("json");
    assert!(json["README"].as_str().is_some_and(|r| r.contains("gapless")));
    assert_eq!(json["evidence"].as_array().map(Vec::len), Some(2));
    assert_eq!(json["moves"].as_array().map(Vec::len), Some(4));
    assert_eq!(json["criteria"][0]["document"]["criteria"], "A person decides.");
}

async fn a_citation_is_frozen(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    kit.wait(TimeDelta::milliseconds(2500));
    kit.add(&claim, result(Side::For, 12.0, "A result")).await;
    let cited = kit.engine.cite(&claim, None).await.expect("a citation");
    assert_eq!(cited.path, "/claims/a-claim-that-starts-at-0-5?at=2026-04-06T12:00:03Z");
    assert!(cited.text.contains("62%") && cited.text.contains("6 Apr 2026, 12:00 UTC"), "{}", cited.text);
    kit.wait(TimeDelta::days(3));
    kit.add(&claim, result(Side::Against, 25.0, "Another result")).await;
    let then = kit.engine.claim_page(&claim, Some(cited.at)).await.expect("a page");
    assert_eq!(then.probabilities[0].p, cited.p);
}

async fn evidence_ages_once_a_day_at_most(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    kit.add(
        &claim,
        EvidenceInput { kind: bellwether_core::evidence::Kind::News, ..result(Side::For, 24.0, "News") },
    )
    .await;
    assert_eq!(kit.engine.age_claims().await.expect("aged"), 0);
    kit.wait(TimeDelta::days(45));
    assert_eq!(kit.engine.age_claims().await.expect("aged"), 1);
    kit.wait(TimeDelta::hours(2));
    assert_eq!(kit.engine.age_claims().await.expect("aged"), 0);
    kit.wait(TimeDelta::days(45));
    assert_eq!(kit.engine.age_claims().await.expect("aged"), 1);
    let page = kit.page(&claim).await;
    near(page.items_for[0].counts, 12.0);
    assert_eq!(page.moves[0].cause, CauseKind::Ageing);
    assert_eq!(page.moves[0].actor.to_string(), "system:ageing");
    near(page.why.bars[2].1.value(), -12.0);
}

async fn a_draft_is_written_anew_and_an_open_claim_is_not(db: Db) {
    let kit = Kit::new(db);
    let text = "title: A draft\nwindow: { by: Q1 2027 }\ncriteria: A person decides.\nstart: { p: 0.3, basis: a guess }\n";
    let document = |text: &str| ClaimDocument::from_yaml(text).unwrap();
    let new = NewClaim { document: document(text), publish: false };
    let key = ClaimKey::from(kit.engine.create_claim(&kit.actor, new).await.unwrap().id);
    kit.wait(TimeDelta::minutes(1));
    let better = "title: A better draft\nslug: better\ntags: [ai]\nwindow: { by: Q2 2027 }\n\
        criteria: A person decides with care.\nstart: { p: 0.3, basis: a guess }\nheadline: { pool: { evidence: 1, trend: 1 } }\n";
    let version = kit.page(&key).await.version;
    let edited = kit.engine.edit_draft(&kit.actor, &key, document(better), Some(version)).await.unwrap();
    assert_eq!((edited.slug.to_string().as_str(), edited.status), ("better", ClaimStatus::Draft));
    let page = kit.page(&key).await;
    assert_eq!(
        (page.document.title.as_str(), page.criteria.len(), page.moves_total),
        ("A better draft", 2, 2)
    );
    assert_eq!(page.document.window.by, at("2027-07-01T00:00:00Z"));
    near(kit.shown(&key).await, 30.0);

    let stale = kit.engine.edit_draft(&kit.actor, &key, document(better), Some(version)).await;
    assert!(matches!(stale, Err(EngineError::Conflict(_))));
    let start = kit.engine.edit_draft(&kit.actor, &key, document(&better.replace("0.3", "0.4")), None).await;
    assert!(matches!(&start, Err(EngineError::Invalid(bad)) if bad[0].field == "start"), "{start:?}");
    kit.plain(0.5).await;
    let taken = better.replace("slug: better", "slug: a-claim-that-starts-at-0-5");
    let taken = kit.engine.edit_draft(&kit.actor, &key, document(&taken), None).await;
    assert!(matches!(&taken, Err(EngineError::Invalid(bad)) if bad[0].field == "slug"), "{taken:?}");
    kit.engine.publish_claim(&kit.actor, &key).await.unwrap();
    let open = kit.engine.edit_draft(&kit.actor, &key, document(better), None).await;
    assert!(matches!(open, Err(EngineError::Conflict(_))));
}

async fn a_changed_headline_is_a_move_of_its_own(db: Db) {
    let kit = Kit::new(db);
    let key = kit.plain(0.4).await;
    kit.add(&key, result(Side::For, 10.0, "A result")).await;
    kit.wait(TimeDelta::minutes(1));
    let before = kit.page(&key).await;
    let pool = ClaimDocument::from_yaml(
        "title: x y z\nwindow: { by: Q1 2027 }\ncriteria: abc\nheadline: { pool: { evidence: 1, crowd: 2 } }",
    )
    .unwrap()
    .headline;
    let change = |headline, reason: &'static str, seen| {
        let (engine, actor, key) = (kit.engine.clone(), kit.actor.clone(), key.clone());
        async move { engine.change_headline(&actor, &key, headline, reason, seen).await }
    };
    assert!(matches!(change(pool.clone(), "", None).await, Err(EngineError::Invalid(_))));
    let version = Some(before.version);
    change(pool.clone(), "the crowd is large by now", version).await.unwrap();
    let page = kit.page(&key).await;
    assert_eq!((page.moves_total, &page.document.headline), (before.moves_total + 1, &pool));
    assert_eq!(page.moves[0].cause, CauseKind::HeadlineChanged);
    assert!(page.moves[0].reason.contains("the crowd is large by now"), "{}", page.moves[0].reason);
    // Nobody has forecast yet: the pool is made of the evidence alone, and the number stays.
    near(100.0 * page.probabilities[0].p.value(), 100.0 * before.probabilities[0].p.value());
    assert!(matches!(change(pool.clone(), "once more", None).await, Err(EngineError::Invalid(_))));
    assert!(matches!(
        change(before.document.headline.clone(), "back", version).await,
        Err(EngineError::Conflict(_))
    ));
    kit.wait(TimeDelta::minutes(1));
    change(before.document.headline.clone(), "back to the evidence", None).await.unwrap();
    let history = kit.engine.claim_page(&key, Some(page.at)).await.unwrap();
    assert_eq!(history.made_of, page.made_of, "what it was made of then");
}
