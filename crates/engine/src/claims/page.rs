//! A claim as a reader sees it: now, or as it was known at an instant.

use std::{borrow::Cow, collections::BTreeMap};

use bellwether_core::{
    actor::Actor,
    confidence::Confidence,
    contradiction::Decision,
    document::ClaimDocument,
    evidence::{Entry, Factors, Item, Status},
    ids::{ClaimId, EvidenceId, SignalId, Slug},
    ledger::{self, Breakdown, Ledger, Move, Warning},
    options::Options,
    probability::Probability,
    status::{ClaimStatus, Outcome},
    stream::{Headline, Stream},
};
use bellwether_store::{Claim, Criteria, Evidence, StoreError, Tx};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{
    Book, ClaimKey,
    book::Standing,
    given::{self, GivenView},
    history::{MoveView, Texts, without_crowd},
};
use crate::{
    Engine, EngineError, Result,
    resolve::{
        HowFar,
        then::{self, Freshness},
    },
};

/// Everything a claim's page and its API answer say.
#[derive(Clone, Debug)]
pub struct ClaimPage {
    /// Identity.
    pub id: ClaimId,
    /// The readable part of its address.
    pub slug: Slug,
    /// The instant it is told as of.
    pub at: DateTime<Utc>,
    /// Whether that is now; else it is what was known then.
    pub is_now: bool,
    /// Where it stands.
    pub status: ClaimStatus,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// When that became final.
    pub resolved_at: Option<DateTime<Utc>>,
    /// What is proposed and not decided yet.
    pub proposed: Option<Outcome>,
    /// Of a settled claim: the leading option's probability a day before it was settled, or its start if it is younger.
    pub day_before: Option<Probability>,
    /// What its author wrote, under the criteria in force: title, context, tags, window, criteria, rule.
    pub document: ClaimDocument,
    /// The options.
    pub options: Options,
    /// The option that the number is about: yes, or the leading one.
    pub leading: usize,
    /// Every option with its shown probability.
    pub probabilities: Vec<OptionView>,
    /// What the headline is made of.
    pub made_of: Headline,
    /// How it moved over the usual window.
    pub movement: Movement,
    /// Every stream's shown probabilities.
    pub streams: Vec<StreamView>,
    /// The crowd is hidden from this reader until they have forecast.
    pub crowd_hidden: bool,
    /// How far the evidence can be leaned on.
    pub confidence: Confidence,
    /// "Why 75%", of the leading option.
    pub why: Breakdown,
    /// What a reader should know of the number.
    pub warnings: Vec<Warning>,
    /// Items for, the ones that count most first; superseded ones last.
    pub items_for: Vec<EvidenceView>,
    /// Items against, likewise.
    pub items_against: Vec<EvidenceView>,
    /// Items that were taken back, newest first.
    pub retracted: Vec<EvidenceView>,
    /// Pairs of items that contradict each other.
    pub contradictions: Vec<ContradictionView>,
    /// Versions of the criteria, oldest first.
    pub criteria: Vec<CriteriaView>,
    /// What the claim hangs on, where it counts only if another one comes out a certain way.
    pub given: Option<GivenView>,
    /// The claims that hang on this one, the earliest first.
    pub hanging_on: Vec<GivenView>,
    /// The newest moves, newest first, at most 20.
    pub moves: Vec<MoveView>,
    /// How many moves there are.
    pub moves_total: u64,
    /// What the rule said at the last evaluation; of now only.
    pub verdict: Option<String>,
    /// How many conditions do not hold; of now only.
    pub missing_legs: Option<i64>,
    /// The distances of all conditions, as the last evaluation left them; of a settled claim as they were then.
    pub distance: Option<HowFar>,
    /// Counts the writes.
    pub version: i64,
    /// When it was written first.
    pub created_at: DateTime<Utc>,
    /// By whom.
    pub created_by: Actor,
    /// When it was opened to readers.
    pub published_at: Option<DateTime<Utc>>,
    /// Its last change.
    pub updated_at: DateTime<Utc>,
}

/// An option and its share.
#[derive(Clone, Debug, PartialEq)]
pub struct OptionView {
    /// Its name; `Yes` and `No` by default.
    pub name: String,
    /// The shown probability.
    pub p: Probability,
}

/// A realised change of the headline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Movement {
    /// Percentage points, signed.
    pub pts: f64,
    /// Over which time.
    pub window: TimeDelta,
    /// Of how many moves it is made.
    pub moves: usize,
}

/// A stream and what it shows.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamView {
    /// The stream.
    pub stream: Stream,
    /// The shown probabilities, one per option.
    pub p: Vec<Probability>,
    /// Its share of the headline, 0 to 1.
    pub share: f64,
    /// How many items or forecasts it is made of, where that is known.
    pub n: Option<usize>,
}

/// An item with everything that decides what it counts.
#[derive(Clone, Debug, PartialEq)]
pub struct EvidenceView {
    /// Identity.
    pub id: EvidenceId,
    /// How often it was stated.
    pub revision: u32,
    /// Whether it counts.
    pub status: Status,
    /// What it says.
    pub item: Item,
    /// Why it counts what it counts.
    pub factors: Factors,
    /// What it counts, signed points.
    pub counts: f64,
    /// The shown probability of its option without it; none where it counts nothing.
    pub without: Option<Probability>,
    /// Items that it contradicts.
    pub contradicts: Vec<EvidenceId>,
    /// Who added it.
    pub actor: Actor,
    /// When.
    pub added_at: DateTime<Utc>,
    /// The signal it came from.
    pub signal: Option<SignalId>,
    /// The page kept as proof.
    pub snapshot: Option<Uuid>,
    /// Whether its addition can still be undone.
    pub undo_until: Option<DateTime<Utc>>,
}

/// Two items that contradict each other.
#[derive(Clone, Debug, PartialEq)]
pub struct ContradictionView {
    /// One item and what it says.
    pub first: (EvidenceId, String),
    /// The other.
    pub second: (EvidenceId, String),
    /// Why.
    pub why: String,
    /// What a person decided.
    pub decision: Option<Decision>,
}

/// One version of the criteria.
#[derive(Clone, Debug, PartialEq)]
pub struct CriteriaView {
    /// Its number.
    pub n: i64,
    /// The words.
    pub words: String,
    /// The whole document as of this version.
    pub document: ClaimDocument,
    /// Digest of what decides.
    pub sha256: bellwether_core::ids::Sha256,
    /// Why it was changed; absent for the first.
    pub reason: Option<String>,
    /// By whom.
    pub actor: Actor,
    /// When.
    pub at: DateTime<Utc>,
}

impl Engine {
    /// Over which time movement is told unless a reader asks otherwise.
    pub const USUAL_WINDOW: TimeDelta = TimeDelta::days(7);

    /// A claim's page, as known now or at an instant.
    pub async fn claim_page(&self, claim: &ClaimKey, at: Option<DateTime<Utc>>) -> Result<ClaimPage> {
        let now = self.now();
        let then = at.filter(|at| *at < now);
        let mut tx = self.read().await?;
        let row = claim.find(&mut tx).await?;
        let at = then.unwrap_or(now);
        if row.created_at > at {
            return Err(EngineError::NotFound("claim at that time"));
        }
        let moves = self.ledgers().moves(&mut tx, &row, at).await?;
        let criteria = tx.criteria(row.id).await?;
        let mut stood = then::stood(&mut tx, &row, at).await?;
        let book = match then {
            None => {
                stood.status = row.status;
                stood.outcome.clone_from(&row.outcome);
                stood.resolved_at = row.resolved_at;
                Book::load(&mut tx, row).await?
            }
            Some(at) => book_at(&mut tx, row, &criteria, &moves, at, &stood).await?,
        };
        let decided = stood.resolved_at.filter(|_| stood.status.is_settled());
        let distance = match decided.or(then) {
            Some(at) => then::how_far(&mut tx, &book.row, &book.document, at).await?,
            None => match &book.row.distance_json {
                Some(far) => Some(Freshness::load(&mut tx).await?.tell(far.read()?)),
                None => None,
            },
        };
        let hidden = self.hides_crowd(&mut tx, &book.row, &book.document).await?;
        let seen = if hidden { Cow::Owned(without_crowd(&moves)) } else { Cow::Borrowed(&*moves) };
        let crowd = if hidden { None } else { tx.crowd_at(book.row.id, at).await? };
        let mut page = assemble(book, &seen, &criteria, at, then.is_none(), hidden)?;
        page.streams.retain(|s| !(hidden && s.stream == Stream::Crowd));
        for stream in page.streams.iter_mut().filter(|s| s.stream == Stream::Crowd) {
            stream.n = crowd.as_ref().and_then(|c| usize::try_from(c.n).ok());
        }
        page.day_before =
            decided.and_then(|decided| shown_at(&seen, page.leading, decided - TimeDelta::days(1)));
        page.given = given::of(&mut tx, &page.document).await?;
        page.hanging_on = given::hanging_on(&mut tx, page.id).await?;
        page.proposed = stood.proposed;
        page.distance = distance;
        Ok(page)
    }
}

/// The claim's ledger as it stood at an instant: items as last stated by then, weights as last moved by then.
async fn book_at(
    tx: &mut Tx,
    mut row: Claim,
    criteria: &[Criteria],
    moves: &[Move],
    at: DateTime<Utc>,
    stood: &then::Stood,
) -> Result<Book> {
    let replayed = ledger::replay(moves).map_err(|e| StoreError::Inconsistent {
        table: "move",
        reason: format!("claim {}: {e}", row.slug),
    })?;
    let standing: Standing = row.standing.read()?;
    let mut rows: BTreeMap<EvidenceId, Evidence> = tx
        .evidence_of_claim(row.id)
        .await?
        .into_iter()
        .filter(|e| e.added_at <= at)
        .map(|e| (e.id, e))
        .collect();
    let mut entries: BTreeMap<EvidenceId, Entry> = BTreeMap::new();
    for revision in tx.evidence_revisions_at(row.id, at).await? {
        let item: Item = revision.item.read()?;
        let taken_back = matches!(revision.kind.as_str(), "retracted" | "undone");
        let mut entry = Entry::new(revision.evidence, item, revision.at);
        entry.revision = revision.n.try_into().map_err(EngineError::internal)?;
        entry.status = if taken_back { Status::Retracted } else { Status::Active };
        if let Some(part) = replayed.parts.get(&entry.id) {
            entry.factors = part.factors;
            entry.counts = part.after;
        }
        entries.insert(entry.id, entry);
    }
    rows.retain(|id, _| entries.contains_key(id));
    let in_force = criteria.iter().rev().find(|c| c.at <= at).or(criteria.first());
    let document: ClaimDocument = match in_force {
        Some(version) => version.document.read()?,
        None => row.document.read()?,
    };
    let contradictions = standing
        .contradictions
        .into_iter()
        .filter(|c| entries.contains_key(&c.first) && entries.contains_key(&c.second))
        .collect();
    row.status = stood.status;
    row.outcome.clone_from(&stood.outcome);
    row.resolved_at = stood.resolved_at;
    row.criteria_n = in_force.map_or(1, |c| c.n);
    let ledger = Ledger::restore(
        Options::of(&document),
        replayed.start,
        replayed.made_of,
        replayed.streams,
        entries.into_values().collect(),
        contradictions,
        moves.len() as u64,
    );
    Ok(Book { row, document, ledger, rows, overridden: standing.confidence, apart: standing.apart })
}

/// The shown probability of an option after the last move by an instant, else after the first.
fn shown_at(moves: &[Move], option: usize, at: DateTime<Utc>) -> Option<Probability> {
    let upto = moves.partition_point(|m| m.at <= at).max(1);
    let made_of = moves.get(..upto)?.iter().rev().find_map(|m| m.made_of.as_ref());
    let floor = made_of.map_or(Headline::FLOOR, Headline::floor);
    moves.get(upto - 1)?.headline_after.shown(floor).get(option).copied()
}

fn assemble(
    book: Book,
    moves: &[Move],
    criteria: &[Criteria],
    at: DateTime<Utc>,
    is_now: bool,
    crowd_hidden: bool,
) -> Result<ClaimPage> {
    let ledger = &book.ledger;
    let row = &book.row;
    let leading = ledger.leading();
    let shown = ledger.shown();
    let options = ledger.options().clone();
    let (pts, count) = ledger::movement(moves, leading, Engine::USUAL_WINDOW, at);
    let shares = ledger.made_of().shares(&ledger.streams());
    let counting = ledger.entries().iter().filter(|e| e.status == Status::Active).count();
    let streams = ledger
        .streams()
        .into_iter()
        .map(|(stream, weights)| StreamView {
            p: weights.shown(stream.floor()),
            share: shares.get(&stream).copied().unwrap_or(0.0),
            n: (stream == Stream::Evidence).then_some(counting),
            stream,
        })
        .collect();
    let mut items: Vec<EvidenceView> = ledger
        .entries()
        .iter()
        .filter_map(|entry| Some(view(entry, book.rows.get(&entry.id)?, ledger, at, is_now)))
        .collect();
    items.sort_by(|a, b| b.counts.abs().total_cmp(&a.counts.abs()).then(a.id.cmp(&b.id)));
    let (mut retracted, items): (Vec<_>, Vec<_>) =
        items.into_iter().partition(|e| e.status == Status::Retracted);
    retracted.sort_by_key(|e| std::cmp::Reverse(e.id));
    let (items_for, items_against) =
        items.into_iter().partition(|e| e.item.side == bellwether_core::evidence::Side::For);
    let said = |id: EvidenceId| (id, ledger.entry(id).map(|e| e.item.text.clone()).unwrap_or_default());
    let texts = Texts::from_rows(&book.rows.values().cloned().collect::<Vec<_>>())?;
    let criteria = criteria
        .iter()
        .filter(|c| c.at <= at)
        .map(|c| {
            Ok(CriteriaView {
                n: c.n,
                words: c.words.clone(),
                document: c.document.read()?,
                sha256: c.sha256,
                reason: c.reason.clone(),
                actor: c.actor.clone(),
                at: c.at,
            })
        })
        .collect::<Result<_>>()?;
    Ok(ClaimPage {
        id: row.id,
        slug: row.slug.clone(),
        at,
        is_now,
        status: row.status,
        outcome: row.outcome.clone(),
        resolved_at: row.resolved_at,
        proposed: None,
        day_before: None,
        leading,
        probabilities: options
            .names()
            .iter()
            .zip(&shown)
            .map(|(name, p)| OptionView { name: (*name).to_owned(), p: *p })
            .collect(),
        options,
        made_of: ledger.made_of().clone(),
        movement: Movement { pts, window: Engine::USUAL_WINDOW, moves: count },
        streams,
        crowd_hidden,
        confidence: book.confidence(at),
        why: ledger.breakdown(leading),
        warnings: ledger.warnings_of(|stream| !(crowd_hidden && *stream == Stream::Crowd)),
        items_for,
        items_against,
        retracted,
        contradictions: ledger
            .contradictions()
            .iter()
            .map(|c| ContradictionView {
                first: said(c.first),
                second: said(c.second),
                why: c.why.clone(),
                decision: c.decision,
            })
            .collect(),
        criteria,
        given: None,
        hanging_on: Vec::new(),
        moves: moves.iter().rev().take(20).map(|m| texts.view(m)).collect(),
        moves_total: moves.len() as u64,
        verdict: row.verdict.as_ref().filter(|_| is_now).map(|v| v.as_str().to_owned()),
        missing_legs: row.missing_legs.filter(|_| is_now),
        distance: None,
        version: row.version,
        created_at: row.created_at,
        created_by: row.created_by.clone(),
        published_at: row.published_at,
        updated_at: row.updated_at,
        document: book.document,
    })
}

fn view(entry: &Entry, row: &Evidence, ledger: &Ledger, at: DateTime<Utc>, is_now: bool) -> EvidenceView {
    let option = ledger.options().index(entry.item.option.as_deref()).unwrap_or(0);
    let undo_until = row.added_at + Engine::UNDO;
    let fresh = is_now && entry.status == Status::Active && entry.revision == 1 && at <= undo_until;
    EvidenceView {
        id: entry.id,
        revision: entry.revision,
        status: entry.status,
        item: entry.item.clone(),
        factors: entry.factors,
        counts: entry.counts,
        without: (entry.counts != 0.0).then(|| ledger.without(entry.id, at)[option]),
        contradicts: ledger
            .contradictions()
            .iter()
            .filter(|c| c.is_about(entry.id))
            .map(|c| if c.first == entry.id { c.second } else { c.first })
            .collect(),
        actor: row.actor.clone(),
        added_at: row.added_at,
        signal: row.signal,
        snapshot: row.link_snapshot,
        undo_until: fresh.then_some(undo_until),
    }
}
