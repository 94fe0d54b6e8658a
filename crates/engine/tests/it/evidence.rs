//! Evidence: added, previewed, corrected, retracted, undone; clusters and contradictions; many at once.

use std::collections::BTreeSet;

use bellwether_core::{
    contradiction::Decision,
    evidence::{Kind, Link, Side, Status, Tier},
    figures,
    ids::SignalId,
    ledger::{CauseKind, Warning},
};
use bellwether_engine::{
    EngineError,
    claims::ClaimKey,
    evidence::{
        AddEvidence, Correction, CountSignal, EvidenceInput, LinkReader, PageReading, StrengthInput, Target,
    },
};
use bellwether_store::{Db, JsonText, Signal, SignalClaim};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use uuid::Uuid;

use crate::support::{Kit, near, result};

bellwether_testkit::both!(
    c3_a_vendor_item_moves_the_number_and_retracting_it_restores_l_exactly,
    c5_a_near_duplicate_warns_joins_the_cluster_and_counts_a_quarter,
    c6_the_two_stanford_items_are_flagged_until_a_person_decides,
    a_preview_writes_nothing_and_tells_the_truth,
    an_addition_can_be_undone_for_a_minute,
    a_correction_keeps_every_version,
    one_item_goes_to_several_claims_or_to_none,
    parallel_additions_keep_the_ledger_gapless,
    a_link_is_read_kept_and_attached,
    a_signal_is_counted_once,
    bad_evidence_is_refused,
    every_change_is_recorded_in_the_chain,
);

async fn c3_a_vendor_item_moves_the_number_and_retracting_it_restores_l_exactly(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.72).await;
    // Another item of the past, so that L is no round number.
    let old = EvidenceInput { kind: Kind::News, ..result(Side::For, 0.7, "Some older news") };
    kit.add(&claim, EvidenceInput { observed_at: Some(kit.engine.now() - TimeDelta::days(17)), ..old }).await;
    let before = standing(&kit, &claim).await;
    let start = kit.shown(&claim).await;
    let claim72 = kit.plain(0.72001).await;
    assert!(start > 72.0);

    let vendor = EvidenceInput { tier: Some(Tier::Vendor), ..result(Side::For, 6.0, "A vendor says so") };
    let plain = kit.add(&claim72, vendor.clone()).await;
    near(100.0 * plain.after.value(), 74.81);
    near(100.0 * (plain.after.value() - plain.before.value()), 2.81);

    let added = kit.add(&claim, vendor).await;
    near(added.counts, 3.6);
    let page = kit.page(&claim).await;
    let last = &page.moves[0];
    assert_eq!(last.evidence, Some(added.evidence));
    assert_eq!(
        (last.reason.as_str(), last.actor.to_string()),
        ("Added: A vendor says so", "operator".to_owned())
    );
    assert_eq!(last.at, kit.engine.now());
    assert_eq!(figures::points(last.points.value()), "+3.6");
    let gone = kit.engine.retract_evidence(&kit.actor, added.evidence, Some("No.")).await.expect("retracted");
    near(gone.moves[0].points.value(), -3.6);
    assert_eq!(standing(&kit, &claim).await, before);
    assert_eq!(kit.page(&claim).await.retracted.len(), 1);
}

/// The evidence stream's log-odds after the last move, to the last bit.
async fn standing(kit: &Kit, claim: &ClaimKey) -> String {
    let ClaimKey::Id(id) = claim else { panic!("by id") };
    let mut tx = kit.engine.db().read().await.expect("reads");
    let last = tx.last_move(*id).await.expect("reads").expect("a move");
    last.headline_after.as_str().to_owned()
}

async fn c5_a_near_duplicate_warns_joins_the_cluster_and_counts_a_quarter(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.72).await;
    let text = "The eight month gap between frontier and open source models is shrinking fast this year";
    let first =
        kit.add(&claim, EvidenceInput { tier: Some(Tier::Vendor), ..result(Side::For, 6.0, text) }).await;
    assert!(first.alike.is_empty());
    // Of two equals the older one counts in full, and ids are in the order of time to a millisecond.
    kit.wait(TimeDelta::seconds(1));
    let again = text.replace("fast this", "fast, this") + "!";
    let again = EvidenceInput { tier: Some(Tier::Vendor), ..result(Side::For, 6.0, &again) };
    let preview = kit.engine.preview_evidence(&claim, &again, None).await.expect("a preview");
    assert_eq!((preview.alike[0].evidence, preview.alike[0].same_origin), (first.evidence, false));
    let second = kit.add(&claim, again).await;
    near(second.counts, 0.9);
    near(100.0 * second.after.value(), 75.48);
    assert_eq!(second.after, preview.after);
    let page = kit.page(&claim).await;
    assert_eq!(page.items_for[1].factors.cluster, first.evidence);
    assert_eq!(page.items_for[1].factors.cluster_size, 2);
    near(100.0 * page.items_for[0].without.expect("it counts").value(), 74.81);
    let gone = kit.engine.retract_evidence(&kit.actor, first.evidence, None).await.expect("retracted");
    assert_eq!(gone.moves.len(), 2);
    near(kit.page(&claim).await.items_for[0].counts, 3.6);
    let reasons: Vec<_> = kit.page(&claim).await.moves.into_iter().map(|m| m.reweighs).collect();
    assert_eq!(reasons[..2], [Some(1), None]);
}

async fn c6_the_two_stanford_items_are_flagged_until_a_person_decides(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    let converged = EvidenceInput {
        publisher: Some("Stanford AI Index 2025".into()),
        ..result(
            Side::For,
            12.0,
            "Stanford AI Index 2025: on knowledge tasks the gap went from 17.5 pts to effectively zero by early 2026",
        )
    };
    let reopened = EvidenceInput {
        publisher: Some("Stanford HAI".into()),
        ..result(
            Side::Against,
            12.0,
            "Stanford HAI's 2026 AI Index, data through March 2026: the open-closed gap is back up to 3.3%, after a low \
             of 0.5% in August 2024",
        )
    };
    let first = kit.add(&claim, converged).await;
    near(first.counts, 12.0);
    kit.wait(TimeDelta::seconds(1));
    let second = kit.add(&claim, reopened).await;
    assert_eq!(second.contradictions.len(), 1, "{:?}", second.contradictions);
    assert!(second.warnings.contains(&Warning::Contradictions(1)));
    let page = kit.page(&claim).await;
    near(page.items_for[0].counts, 6.0);
    near(page.items_against[0].counts, -6.0);
    assert_eq!(page.items_for[0].contradicts, [second.evidence]);
    assert_eq!(page.contradictions[0].decision, None);
    near(kit.shown(&claim).await, 50.0);
    let decided = kit
        .engine
        .decide_contradiction(&kit.actor, second.evidence, first.evidence, Decision::First)
        .await
        .expect("decided");
    near(decided.moves[0].points.value(), -12.0);
    let page = kit.page(&claim).await;
    near(page.items_for[0].counts, 0.0);
    near(page.items_against[0].counts, -12.0);
    assert_eq!(page.contradictions[0].decision, Some(Decision::Second));
    assert_eq!(page.moves[0].cause, CauseKind::ContradictionDecided);
    // Stated figures are compared too, whatever the words.
    let stated = |side, value: &str| EvidenceInput {
        publisher: Some("Epoch".into()),
        measure: Some(bellwether_engine::evidence::MeasureInput {
            metric: "open-closed lag".into(),
            period: "Q1 2026".into(),
            value: value.parse().expect("a decimal"),
            unit: "months".into(),
        }),
        ..result(side, 3.0, &format!("Figure {value}"))
    };
    kit.add(&claim, stated(Side::For, "3")).await;
    let other = kit.add(&claim, stated(Side::Against, "4")).await;
    assert_eq!(other.contradictions.len(), 1);
}

async fn a_preview_writes_nothing_and_tells_the_truth(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    let input = result(Side::For, 12.0, "A result");
    let preview = kit.engine.preview_evidence(&claim, &input, None).await.expect("a preview");
    near(100.0 * preview.after.value(), 61.77);
    assert_eq!(kit.page(&claim).await.moves_total, 1);
    let added = kit.add(&claim, input.clone()).await;
    assert_eq!((added.before, added.after), (preview.before, preview.after));
    let weaker = EvidenceInput { strength: StrengthInput::Points(3.0), ..input };
    let preview =
        kit.engine.preview_evidence(&claim, &weaker, Some(added.evidence)).await.expect("a preview");
    near(100.0 * preview.after.value(), 53.0);
    assert!(preview.alike.is_empty(), "an item is not its own duplicate");
}

async fn an_addition_can_be_undone_for_a_minute(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    let before = standing(&kit, &claim).await;
    let added = kit.add(&claim, result(Side::For, 12.0, "A result")).await;
    assert_eq!(kit.page(&claim).await.items_for[0].undo_until, Some(added.undo_until));
    kit.wait(TimeDelta::seconds(60));
    let undone = kit.engine.undo_evidence(&kit.actor, added.evidence).await.expect("undone");
    assert_eq!(undone.after, added.before);
    assert_eq!(standing(&kit, &claim).await, before);
    let twice = kit.engine.undo_evidence(&kit.actor, added.evidence).await;
    assert!(matches!(twice, Err(EngineError::Conflict(_))), "{twice:?}");
    let added = kit.add(&claim, result(Side::For, 12.0, "A result")).await;
    kit.wait(TimeDelta::seconds(61));
    let late = kit.engine.undo_evidence(&kit.actor, added.evidence).await;
    assert!(matches!(late, Err(EngineError::Conflict(_))), "{late:?}");
    assert_eq!(kit.page(&claim).await.items_for[0].undo_until, None);
}

async fn a_correction_keeps_every_version(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    let added = kit.add(&claim, result(Side::For, 12.0, "First wording")).await;
    let revise = |text: &'static str, seen| {
        let kit = &kit;
        async move {
            let input = result(Side::For, 6.0, text);
            let correction =
                Correction { input: &input, reason: Some("Wrong figure."), seen, snapshot: None };
            kit.engine.revise_evidence(&kit.actor, added.evidence, correction).await
        }
    };
    let changed = revise("Second wording", Some(1)).await.expect("revised");
    near(changed.moves[0].points.value(), -6.0);
    let stale = revise("Third wording", Some(1)).await;
    assert!(matches!(stale, Err(EngineError::Conflict(_))), "{stale:?}");
    revise("Third wording", Some(2)).await.expect("revised");
    let mut tx = kit.engine.db().read().await.expect("reads");
    let revisions = tx.evidence_revisions(added.evidence).await.expect("reads");
    assert_eq!(
        revisions.iter().map(|r| (r.n, r.kind.as_str())).collect::<Vec<_>>(),
        [(1, "added"), (2, "revised"), (3, "revised")]
    );
    assert_eq!(revisions[1].reason.as_deref(), Some("Wrong figure."));
}

async fn one_item_goes_to_several_claims_or_to_none(db: Db) {
    let kit = Kit::new(db);
    let (a, b) = (kit.plain(0.5).await, kit.plain(0.6).await);
    let targets =
        vec![Target::plain(a.clone()), Target { side: Some(Side::Against), ..Target::plain(b.clone()) }];
    let add = AddEvidence { input: result(Side::For, 12.0, "A result"), targets, snapshot: None };
    let added = kit.engine.add_evidence(&kit.actor, add.clone()).await.expect("added");
    assert_eq!(added.len(), 2);
    assert!(added[0].counts > 0.0 && added[1].counts < 0.0);
    let missing = vec![Target::plain(a.clone()), Target::plain(ClaimKey::from("nothing".to_owned()))];
    let refused = kit.engine.add_evidence(&kit.actor, AddEvidence { targets: missing, ..add.clone() }).await;
    assert!(matches!(refused, Err(EngineError::NotFound("claim"))), "{refused:?}");
    for targets in [vec![], vec![Target::plain(a.clone()), Target::plain(a.clone())]] {
        let refused = kit.engine.add_evidence(&kit.actor, AddEvidence { targets, ..add.clone() }).await;
        assert!(matches!(refused, Err(EngineError::Invalid(_))), "{refused:?}");
    }
    assert_eq!(kit.page(&a).await.moves_total, 2);
}

async fn parallel_additions_keep_the_ledger_gapless(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    let mut tasks = Vec::new();
    for n in 0..24 {
        let (engine, actor, claim) = (kit.engine.clone(), kit.actor.clone(), claim.clone());
        tasks.push(tokio::spawn(async move {
            let input = result(
                if n % 3 == 0 { Side::Against } else { Side::For },
                1.0,
                &format!("Result number {n}"),
            );
            let add = AddEvidence { input, targets: vec![Target::plain(claim)], snapshot: None };
            engine.add_evidence(&actor, add).await
        }));
    }
    for task in tasks {
        task.await.expect("no panic").expect("added");
    }
    let ClaimKey::Id(id) = claim else { panic!("by id") };
    let mut tx = kit.engine.db().read().await.expect("reads");
    let moves = tx.moves(id).await.expect("reads");
    assert_eq!(moves.iter().map(|m| m.seq).collect::<Vec<_>>(), (1..=25).collect::<Vec<_>>());
    for pair in moves.windows(2) {
        assert_eq!(pair[0].headline_after, pair[1].headline_before);
    }
    let events: BTreeSet<_> =
        tx.claim_events_before(id, i64::MAX, 100).await.expect("reads").iter().map(|e| e.claim_seq).collect();
    assert_eq!(events, (1..=26).map(Some).collect());
    near(kit.shown(&claim).await, 100.0 / (1.0 + (-8.0_f64 / 25.0).exp()));
    // The page's "at" replays the same ledger.
    let page =
        kit.engine.claim_page(&claim, Some(kit.engine.now() - TimeDelta::zero())).await.expect("a page");
    assert_eq!(page.items_for.len() + page.items_against.len(), 24);
}

/// A reader of one page.
struct OnePage;

impl LinkReader for OnePage {
    fn read<'a>(
        &'a self,
        link: &'a Link,
        _: DateTime<Utc>,
    ) -> BoxFuture<'a, Result<PageReading, EngineError>> {
        Box::pin(async move {
            if link.host() != "example.org" {
                return Err(EngineError::Upstream("the page could not be read".to_owned()));
            }
            Ok(PageReading {
                final_url: "https://example.org/final".into(),
                status: 200,
                title: Some("GPQA gap fell".into()),
                publisher: Some("Example News".into()),
                published_on: Some("2026-03-12".parse().expect("a day")),
                mime: Some("text/html".into()),
                bytes: b"<title>GPQA gap fell</title>".to_vec(),
            })
        })
    }
}

async fn a_link_is_read_kept_and_attached(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    let read = kit.engine.read_link(&kit.actor, &OnePage, "https://example.org/a").await.expect("read");
    assert_eq!(read.title.as_deref(), Some("GPQA gap fell"));
    let input = EvidenceInput {
        url: Some(read.link.to_string()),
        title: read.title.clone(),
        publisher: read.publisher.clone(),
        published_on: read.published_on,
        ..EvidenceInput::new(Side::For, "The gap fell", StrengthInput::Points(3.0))
    };
    let add = AddEvidence {
        input: input.clone(),
        targets: vec![Target::plain(claim.clone())],
        snapshot: Some(read.snapshot),
    };
    kit.engine.add_evidence(&kit.actor, add.clone()).await.expect("added");
    let page = kit.page(&claim).await;
    assert_eq!(page.items_for[0].snapshot, Some(read.snapshot));
    assert_eq!(page.items_for[0].item.tier, Tier::Press);
    let stray = AddEvidence { snapshot: Some(Uuid::nil()), ..add.clone() };
    assert!(matches!(kit.engine.add_evidence(&kit.actor, stray).await, Err(EngineError::Invalid(_))));

    let elsewhere = EvidenceInput { url: Some("https://example.org/b".into()), ..input.clone() };
    let foreign = AddEvidence { input: elsewhere.clone(), ..add };
    let refused = kit.engine.add_evidence(&kit.actor, foreign).await;
    assert!(matches!(&refused, Err(EngineError::Invalid(e)) if e[0].field == "snapshot"), "{refused:?}");
    let id = page.items_for[0].id;
    let correct = |input: EvidenceInput, snapshot| {
        let kit = &kit;
        async move {
            let correction = Correction { input: &input, reason: None, seen: None, snapshot };
            kit.engine.revise_evidence(&kit.actor, id, correction).await
        }
    };
    let reworded = EvidenceInput { text: "The gap fell at last".into(), ..input.clone() };
    correct(reworded, None).await.expect("corrected");
    assert_eq!(kit.page(&claim).await.items_for[0].snapshot, Some(read.snapshot), "the copy stays");
    assert!(matches!(correct(elsewhere.clone(), Some(read.snapshot)).await, Err(EngineError::Invalid(_))));
    correct(elsewhere, None).await.expect("corrected");
    assert_eq!(kit.page(&claim).await.items_for[0].snapshot, None, "the copy is of another page");
    correct(input, Some(read.snapshot)).await.expect("corrected");
    assert_eq!(kit.page(&claim).await.items_for[0].snapshot, Some(read.snapshot));
    let kept = kit.engine.kept_pages(&[read.snapshot, Uuid::nil()]).await.expect("digests");
    assert_eq!(kept.len(), 1);
    let refused = kit.engine.read_link(&kit.actor, &OnePage, "file:///etc/passwd").await;
    assert!(matches!(&refused, Err(EngineError::Invalid(e)) if e[0].field == "url"), "{refused:?}");
    let down = kit.engine.read_link(&kit.actor, &OnePage, "https://example.com/").await;
    assert!(matches!(down, Err(EngineError::Upstream(_))), "{down:?}");
}

async fn a_signal_is_counted_once(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    let ClaimKey::Id(id) = claim.clone() else { panic!("by id") };
    let signal = SignalId(Uuid::now_v7());
    let now = kit.engine.now();
    let mut tx = kit.engine.db().write().await.expect("writes");
    tx.insert_signal(&Signal {
        id: signal,
        kind: "new_leader".into(),
        key: "a leader".into(),
        source: None,
        benchmark: None,
        title: "A new open model leads".into(),
        url: Some("https://example.org/board".into()),
        detail: JsonText::empty(),
        observed_at: now,
        at: now,
    })
    .await
    .expect("a signal");
    tx.match_signal(&[SignalClaim {
        claim: id,
        signal,
        at: now,
        status: "waiting".into(),
        suggestion: JsonText::from_text(r#"{"side":"for","points":6}"#.into()).expect("json"),
        evidence: None,
        decided_by: None,
        decided_at: None,
        until: None,
    }])
    .await
    .expect("matched");
    tx.commit().await.expect("committed");
    let count = CountSignal { claim: claim.clone(), signal, side: None, strength: None, text: None };
    let added = kit.engine.count_signal(&kit.actor, count.clone()).await.expect("counted");
    near(added.counts, 6.0 * 0.4);
    let page = kit.page(&claim).await;
    assert_eq!(page.items_for[0].signal, Some(signal));
    let input = EvidenceInput::new(Side::For, "The same leader, said again", StrengthInput::Points(6.0));
    let again = AddEvidence { input, targets: vec![Target::plain(claim.clone())], snapshot: None };
    let again = kit.engine.add_evidence_of_signal(&kit.actor, signal, again).await.expect("added");
    near(again[0].counts, 6.0 * 0.2 * 0.25);
    kit.engine.retract_evidence(&kit.actor, again[0].evidence, None).await.expect("retracted");
    assert_eq!(page.items_for[0].item.text, "A new open model leads");
    let twice = kit.engine.count_signal(&kit.actor, count).await;
    assert!(matches!(twice, Err(EngineError::Conflict(_))), "{twice:?}");
    assert_eq!(kit.page(&claim).await.moves_total, 4, "start, signal, the item beside it, its retraction");
}

async fn bad_evidence_is_refused(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    let add = |input: EvidenceInput| {
        let add = AddEvidence { input, targets: vec![Target::plain(claim.clone())], snapshot: None };
        kit.engine.add_evidence(&kit.actor, add)
    };
    for (input, field) in [
        (
            EvidenceInput { url: Some("javascript:alert(1)".into()), ..result(Side::For, 1.0, "Some text") },
            "url",
        ),
        (
            EvidenceInput { url: Some("https://a@b.example/".into()), ..result(Side::For, 1.0, "Some text") },
            "url",
        ),
        (result(Side::For, 40.5, "Some text"), "strength"),
        (result(Side::For, 1.0, "\u{200B}"), "text"),
        (EvidenceInput { option: Some("Yes".into()), ..result(Side::For, 1.0, "Some text") }, "option"),
    ] {
        let refused = add(input).await;
        assert!(
            matches!(&refused, Err(EngineError::Invalid(e)) if e[0].field == field),
            "{field}: {refused:?}"
        );
    }
    let missing =
        kit.engine.retract_evidence(&kit.actor, bellwether_core::ids::EvidenceId(Uuid::nil()), None).await;
    assert!(matches!(missing, Err(EngineError::NotFound("evidence"))), "{missing:?}");
    assert_eq!(kit.page(&claim).await.moves_total, 1);
}

async fn every_change_is_recorded_in_the_chain(db: Db) {
    let kit = Kit::new(db);
    let claim = kit.plain(0.5).await;
    let added = kit.add(&claim, result(Side::For, 12.0, "A result")).await;
    kit.engine.retract_evidence(&kit.actor, added.evidence, None).await.expect("retracted");
    assert_eq!(kit.page(&claim).await.retracted[0].status, Status::Retracted);
    let mut tx = kit.engine.db().read().await.expect("reads");
    let kinds: Vec<String> = tx
        .events_after(0, 100)
        .await
        .expect("reads")
        .into_iter()
        .map(|e| e.kind.as_str().to_owned())
        .collect();
    assert_eq!(kinds, ["claim.created", "claim.published", "evidence.added", "evidence.retracted"]);
    let report = tx.verify_audit().await.expect("reads");
    assert_eq!((report.links, report.broken), (4, None));
}
