//! A claim's ledger for charts and lists: its streams over time, and the moves with their reasons.

use std::collections::BTreeMap;

use bellwether_core::{
    actor::Actor,
    document::ClaimDocument,
    evidence::Side,
    figures,
    ids::{ClaimId, EvidenceId, Slug},
    ledger::{CauseKind, Move},
    options::Options,
    points::Points,
    probability::Probability,
    status::Outcome,
    stream::{Headline, Stream},
};
use bellwether_store::{Claim, CrowdPoint, Tx};
use chrono::{DateTime, Utc};

use super::{ClaimKey, book::move_of};
use crate::{Engine, Result};

/// A claim's lines on the chart.
#[derive(Clone, Debug)]
pub struct History {
    /// The claim.
    pub claim: ClaimId,
    /// Its address.
    pub slug: Slug,
    /// Its title.
    pub title: String,
    /// Its options.
    pub options: Options,
    /// The option that the claim's number is about; 0 for yes.
    pub leading: usize,
    /// The headline: a step at every instant at which it moved, oldest first.
    pub headline: Vec<Point>,
    /// Every stream likewise, the evidence first.
    pub streams: Vec<StreamLine>,
    /// What stands on the chart beside the lines, oldest first.
    pub marks: Vec<Mark>,
    /// From when the claim counts, where that is said.
    pub from: Option<DateTime<Utc>>,
    /// The deadline.
    pub deadline: DateTime<Utc>,
    /// When it was settled, and how.
    pub settled: Option<(DateTime<Utc>, Outcome)>,
    /// The last instant that is told of.
    pub at: DateTime<Utc>,
}

/// One stream's line.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamLine {
    /// The stream.
    pub stream: Stream,
    /// Its steps.
    pub points: Vec<Point>,
    /// From when on it has no value any more.
    pub ended: Option<DateTime<Utc>>,
}

/// The shown probabilities from an instant on.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// From when on.
    pub at: DateTime<Utc>,
    /// One per option, summing to 1; of a yes/no claim the first is yes.
    pub p: Vec<Probability>,
    /// Of the crowd: how many forecasters, and where their middle half lies.
    pub spread: Option<Spread>,
}

/// How far a crowd agrees.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// How many forecasters.
    pub n: usize,
    /// The lower quartile of each option.
    pub lower: Vec<f64>,
    /// The upper quartile of each option.
    pub upper: Vec<f64>,
}

/// Something that happened at an instant of the chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub kind: MarkKind,
    /// Impact on the headline, signed points.
    pub points: Points,
    /// Movement in percentage points.
    pub pts: f64,
    /// Its reason, in a line.
    pub label: String,
    /// The move.
    pub seq: u64,
    /// The item.
    pub evidence: Option<EvidenceId>,
}

/// Sorts of marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// Evidence that raised the option.
    Up,
    /// Evidence that lowered it.
    Down,
    /// A new version of the criteria.
    Criteria,
    /// What the headline is made of changed.
    Headline,
}

/// One row of "What moved it".
#[derive(Clone, Debug)]
pub struct MoveView {
    /// Its place in the ledger.
    pub seq: u64,
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub actor: Actor,
    /// Why.
    pub cause: CauseKind,
    /// The item it is about.
    pub evidence: Option<EvidenceId>,
    /// What that item says.
    pub text: Option<String>,
    /// That item's side.
    pub side: Option<Side>,
    /// The reason in a line: `Added: Compute costs fell`.
    pub reason: String,
    /// The stream that moved.
    pub stream: Stream,
    /// The option it is chiefly about; 0 for yes.
    pub option: usize,
    /// Impact on the headline, signed points.
    pub points: Points,
    /// The shown probability before.
    pub before: Probability,
    /// And after.
    pub after: Probability,
    /// Its movement in percentage points.
    pub pts: f64,
    /// How many items it re-weighs under another's cause.
    pub reweighs: Option<usize>,
    /// How many items it changed.
    pub parts: usize,
}

/// Some rows of "What moved it", newest first.
#[derive(Clone, Debug)]
pub struct MovePage {
    /// The rows.
    pub moves: Vec<MoveView>,
    /// Pass this as `before` for the next page.
    pub next: Option<u64>,
}

impl Engine {
    /// A claim's lines on the chart, as known now or at an instant.
    pub async fn history(&self, claim: &ClaimKey, at: Option<DateTime<Utc>>) -> Result<History> {
        let now = self.now();
        let at = at.map_or(now, |at| at.min(now));
        let mut tx = self.read().await?;
        let row = claim.find(&mut tx).await?;
        let moves = self.ledgers().moves(&mut tx, &row, at).await?;
        let texts = Texts::of(&mut tx, row.id).await?;
        let document: ClaimDocument = row.document.read()?;
        if self.hides_crowd(&mut tx, &row, &document).await? {
            return assemble(&row, &document, &without_crowd(&moves), &[], &texts, at);
        }
        let crowd = self.ledgers().crowd(&mut tx, row.id, at).await?;
        assemble(&row, &document, &moves, &crowd, &texts, at)
    }

    /// The moves of a claim, newest first. `before` is a move's number; `at` leaves out what came later.
    pub async fn moves(
        &self,
        claim: &ClaimKey,
        before: Option<u64>,
        limit: u32,
        at: Option<DateTime<Utc>>,
    ) -> Result<MovePage> {
        let limit = i64::from(limit.clamp(1, 200));
        let mut tx = self.read().await?;
        let row = claim.find(&mut tx).await?;
        let before = before.and_then(|n| i64::try_from(n).ok()).unwrap_or(i64::MAX);
        let upper = match at {
            Some(at) => match tx.move_at(row.id, at).await? {
                Some(last) => before.min(last.seq.saturating_add(1)),
                None => 0,
            },
            None => before,
        };
        let rows = tx.moves_before(row.id, upper, limit + 1).await?;
        let more = rows.len() > usize::try_from(limit).unwrap_or(200);
        let texts = Texts::of(&mut tx, row.id).await?;
        let hidden = self.hides_crowd(&mut tx, &row, &row.document.read()?).await?;
        let moves: Vec<MoveView> = rows
            .iter()
            .take(usize::try_from(limit).unwrap_or(200))
            .filter(|row| !(hidden && row.stream == Stream::Crowd.to_string()))
            .map(|row| Ok(texts.view(&move_of(row)?)))
            .collect::<Result<_>>()?;
        let last = rows.get(usize::try_from(limit).unwrap_or(200) - 1).filter(|_| more);
        let next = last.and_then(|m| u64::try_from(m.seq).ok());
        Ok(MovePage { moves, next })
    }
}

/// All moves of a claim, oldest first.
pub(crate) async fn all_moves(tx: &mut Tx, claim: ClaimId) -> Result<Vec<Move>> {
    tx.moves(claim).await?.iter().map(move_of).collect()
}

/// The moves without those of the crowd, for readers from whom it is hidden. The headline is never made of it then.
pub(super) fn without_crowd(moves: &[Move]) -> Vec<Move> {
    moves.iter().filter(|m| m.stream != Stream::Crowd).cloned().collect()
}

/// What a claim's items say, for the reasons of moves.
pub(super) struct Texts(BTreeMap<EvidenceId, (String, Side)>);

impl Texts {
    /// Of all items of a claim.
    pub(super) async fn of(tx: &mut Tx, claim: ClaimId) -> Result<Self> {
        Self::from_rows(&tx.evidence_of_claim(claim).await?)
    }

    /// Of some items.
    pub(super) fn from_rows(rows: &[bellwether_store::Evidence]) -> Result<Self> {
        let texts =
            rows.iter().map(|e| Ok((e.id, (e.text.clone(), e.side.read()?)))).collect::<Result<_>>()?;
        Ok(Self(texts))
    }

    /// A move with its reason.
    pub(super) fn view(&self, m: &Move) -> MoveView {
        let evidence = m.cause.subject.map(EvidenceId).filter(|id| self.0.contains_key(id));
        let told = evidence.and_then(|id| self.0.get(&id));
        MoveView {
            seq: m.seq,
            at: m.at,
            actor: m.actor.clone(),
            cause: m.cause.kind,
            evidence,
            text: told.map(|(text, _)| text.clone()),
            side: told.map(|(_, side)| *side),
            reason: reason(m, told.map(|(text, _)| text.as_str())),
            stream: m.stream.clone(),
            option: m.option,
            points: m.points,
            before: m.p_before,
            after: m.p_after,
            pts: m.pts(),
            reweighs: m.is_reweighing().then_some(m.parts.len()),
            parts: m.parts.len(),
        }
    }
}

/// Why a move happened, in a line.
fn reason(m: &Move, text: Option<&str>) -> String {
    let text = text.unwrap_or("an item").lines().next().unwrap_or_default();
    let items = || figures::counted(m.parts.len() as u64, "item");
    if m.is_reweighing() {
        return format!("{} weighed anew because of: {text}", items());
    }
    match m.cause.kind {
        CauseKind::Start => format!("Start: {}", m.note.as_deref().unwrap_or("no view")),
        CauseKind::EvidenceAdded => format!("Added: {text}"),
        CauseKind::EvidenceRevised => format!("Corrected: {text}"),
        CauseKind::EvidenceRetracted => format!("Retracted: {text}"),
        CauseKind::EvidenceUndone => format!("Undone: {text}"),
        CauseKind::Ageing => format!("Ageing of {}", items()),
        CauseKind::ContradictionDecided => format!("Contradiction decided: {text}"),
        CauseKind::ForecastMade => "Forecast".to_owned(),
        CauseKind::ForecastWithdrawn => "Forecast withdrawn".to_owned(),
        CauseKind::ForecastExpired => m.note.clone().unwrap_or_else(|| "Forecasts expired".to_owned()),
        CauseKind::Traded => "Trade in the market".to_owned(),
        CauseKind::StreamMoved => m.note.clone().unwrap_or_else(|| format!("{} moved", m.stream.title())),
        CauseKind::HeadlineChanged => {
            m.note.clone().unwrap_or_else(|| "What the number is made of was changed".to_owned())
        }
        CauseKind::CriteriaChanged => {
            m.note.clone().unwrap_or_else(|| "The criteria were changed".to_owned())
        }
    }
}

fn assemble(
    row: &Claim,
    document: &ClaimDocument,
    moves: &[Move],
    crowd: &[CrowdPoint],
    texts: &Texts,
    at: DateTime<Utc>,
) -> Result<History> {
    let mut ended: BTreeMap<Stream, Option<DateTime<Utc>>> = BTreeMap::new();
    let mut headline = Vec::new();
    let mut lines: BTreeMap<Stream, Vec<Point>> = BTreeMap::new();
    let mut marks = Vec::new();
    let mut floor = Headline::FLOOR;
    for m in moves {
        if let Some(made_of) = &m.made_of {
            floor = made_of.floor();
        }
        step(&mut headline, m.at, m.headline_after.shown(floor));
        ended.insert(m.stream.clone(), m.ended.then_some(m.at));
        if !m.ended {
            step(lines.entry(m.stream.clone()).or_default(), m.at, m.stream_after.shown(m.stream.floor()));
        }
        let view = texts.view(m);
        let kind = match m.cause.kind {
            CauseKind::CriteriaChanged => MarkKind::Criteria,
            CauseKind::HeadlineChanged => MarkKind::Headline,
            CauseKind::Start
            | CauseKind::ForecastMade
            | CauseKind::ForecastWithdrawn
            | CauseKind::ForecastExpired
            | CauseKind::Traded
            | CauseKind::StreamMoved
            | CauseKind::Ageing => continue,
            _ if m.points.value() == 0.0 => continue,
            _ if m.points.value() > 0.0 => MarkKind::Up,
            _ => MarkKind::Down,
        };
        marks.push(Mark {
            at: m.at,
            kind,
            points: m.points,
            pts: m.pts(),
            label: view.reason,
            seq: m.seq,
            evidence: view.evidence,
        });
    }
    if let Some(line) = lines.get_mut(&Stream::Crowd) {
        *line = crowd_line(crowd)?;
    }
    let options = Options::of(document);
    let leading = match (&options, headline.last()) {
        (Options::Named(_), Some(last)) => leading(&last.p),
        _ => 0,
    };
    let settled = row.resolved_at.filter(|resolved| *resolved <= at);
    Ok(History {
        claim: row.id,
        slug: row.slug.clone(),
        title: row.title.clone(),
        options,
        leading,
        headline,
        streams: lines
            .into_iter()
            .map(|(stream, points)| StreamLine {
                ended: ended.get(&stream).copied().flatten(),
                stream,
                points,
            })
            .collect(),
        marks,
        from: row.window_from,
        deadline: row.window_by,
        settled: settled.zip(row.outcome.clone()),
        at,
    })
}

/// Adds a step; several at one instant are one.
fn step(line: &mut Vec<Point>, at: DateTime<Utc>, p: Vec<Probability>) {
    match line.last_mut() {
        Some(last) if last.at == at => last.p = p,
        Some(last) if last.p == p => {}
        _ => line.push(Point { at, p, spread: None }),
    }
}

/// The crowd's line with its quartiles; what several forecasts of one instant made is one step.
fn crowd_line(crowd: &[CrowdPoint]) -> Result<Vec<Point>> {
    let mut line: Vec<Point> = Vec::with_capacity(crowd.len());
    for point in crowd.iter().filter(|point| point.n > 0) {
        let (center, lower, upper): (Vec<f64>, Vec<f64>, Vec<f64>) =
            (point.center.read()?, point.lower.read()?, point.upper.read()?);
        let p = center.into_iter().filter_map(|p| Probability::new(p).ok()).collect();
        let n = usize::try_from(point.n).unwrap_or(0);
        if line.last().is_some_and(|last| last.at == point.at) {
            line.pop();
        }
        line.push(Point { at: point.at, p, spread: Some(Spread { n, lower, upper }) });
    }
    Ok(line)
}

/// The option with the largest share; the first of equals.
fn leading(p: &[Probability]) -> usize {
    (0..p.len()).rev().max_by(|a, b| p[*a].value().total_cmp(&p[*b].value())).unwrap_or(0)
}
