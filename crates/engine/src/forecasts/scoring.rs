//! What an outcome earns everyone with an opinion: a pure function of what was appended, computed with the outcome.

use std::collections::BTreeMap;

use bellwether_core::{
    actor::Actor,
    document::ClaimDocument,
    forecast::{
        Forecaster, ForecasterKind, Interval, Probabilities, Question, Row, ScoreKind, Scorer, intervals,
        score_points::score_points,
    },
    ids::Sha256,
    ledger::Move,
    options::Options,
    resolution::{Basis, ResolutionRecord},
    status::Outcome,
    stream::Headline,
};
use bellwether_store::{Change, Claim, JsonText, Resolution, Score, Tx, Word};
use chrono::{DateTime, NaiveTime, Utc};
use serde_json::json;

use super::{criteria::Versions, crowd::counts_in, lines};
use crate::{Engine, EngineError, Result, claims::all_moves};

/// The instant from which on a forecast could know: when the event happened, at the latest the deadline.
pub(crate) fn known_from(record: &ResolutionRecord, deadline: DateTime<Utc>) -> DateTime<Utc> {
    let happened = match (record.basis, &record.outcome) {
        // A No is known when the time is over.
        (Basis::Rule, Some(Outcome::No)) => None,
        (Basis::Rule, _) => {
            let day = record.event_date.map(|day| day.and_time(NaiveTime::MIN).and_utc());
            match (day, record.first_hit) {
                (Some(day), Some(hit)) => Some(day.min(hit)),
                (day, hit) => day.or(hit),
            }
        }
        (Basis::Person | Basis::Given, _) => record.resolved_on,
    };
    happened.map_or(deadline, |at| at.min(deadline))
}

/// Scores everyone with an opinion on a claim whose outcome has just been appended.
pub(crate) async fn score(
    tx: &mut Tx,
    claim: &Claim,
    resolution: &Resolution,
    record: &ResolutionRecord,
    versions: &Versions,
) -> Result<()> {
    let document: ClaimDocument = claim.document.read()?;
    let options = Options::of(&document);
    let Some(outcome) = record.outcome.as_ref().and_then(|o| index_of(&options, o)) else { return Ok(()) };
    let open = claim.published_at.unwrap_or(claim.created_at);
    let close = known_from(record, claim.window_by).max(open);
    let rate = base_rate(tx, open, &options).await?;
    let moves = all_moves(tx, claim.id).await?;
    let mut board = Board { open, close, outcome, lines: BTreeMap::new(), intervals: Vec::new() };
    board.forecasters(tx, claim, &document, record, versions).await?;
    board.intervals.extend(lines::of_moves(&moves));
    board.baselines(&options, rate);
    board.points(&moves);
    let question =
        Question { options, open, scheduled_close: claim.window_by, actual_close: Some(close), spot: None };
    let rows = board.rows(&question, claim, resolution);
    tx.insert_scores(&rows).await?;
    let change = Change {
        at: resolution.at,
        actor: &Actor::system("scores"),
        kind: "claim.scored",
        claim: Some(claim.id),
        subject: resolution.id.to_string(),
        body: json!({
            "claim": claim.slug, "title": claim.title, "scored": rows.len(), "closed": close, "sha256": digest(&rows)?,
        }),
    };
    tx.record(&change).await?;
    Ok(())
}

impl Engine {
    /// Scores outcomes that became final before scores were kept. Returns how many.
    pub async fn score_earlier(&self) -> Result<usize> {
        let mut tx = self.read().await?;
        let earlier = tx.unscored_resolutions(1_000).await?;
        drop(tx);
        let mut scored = 0;
        for resolution in earlier {
            let versions = self.versions_of(&[resolution.claim]).await?.remove(&resolution.claim);
            let mut tx = self.write().await?;
            let claim = tx.claim(resolution.claim).await?;
            let record: ResolutionRecord = resolution.record.read()?;
            if tx.scores_of_resolution(resolution.id).await?.is_empty()
                && claim.resolved_at == Some(record.at)
            {
                score(&mut tx, &claim, &resolution, &record, &versions.unwrap_or_default()).await?;
                scored += 1;
            }
            tx.commit().await?;
        }
        Ok(scored)
    }
}

/// Digest of what everyone earned, to the last bit: scores that are computed again must give the same.
fn digest(rows: &[Score]) -> Result<Sha256> {
    let bits = |x: Option<f64>| x.map(|x| x.to_string());
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            let scores =
                [row.brier, row.log, row.baseline, row.peer, row.spot_baseline, row.spot_peer, row.points];
            json!([row.forecaster, scores.map(bits), row.coverage.to_string()])
        })
        .collect();
    Ok(Sha256::of(serde_json::to_string(&told).map_err(EngineError::internal)?.as_bytes()))
}

fn index_of(options: &Options, outcome: &Outcome) -> Option<usize> {
    match (options, outcome) {
        (Options::YesNo, Outcome::Yes) => Some(0),
        (Options::YesNo, Outcome::No) => Some(1),
        (Options::Named(names), Outcome::Option(name)) => names.iter().position(|n| n == name),
        _ => None,
    }
}

/// Everyone's lines, and what they earned.
struct Board {
    open: DateTime<Utc>,
    close: DateTime<Utc>,
    outcome: usize,
    lines: BTreeMap<Forecaster, Line>,
    intervals: Vec<Interval<Forecaster>>,
}

#[derive(Default)]
struct Line {
    forecasts: i64,
    annulled: i64,
    late: i64,
    points: Option<f64>,
    moves: i64,
}

impl Board {
    /// People and bots. A forecast counts only if the criteria that it saw give the same outcome.
    async fn forecasters(
        &mut self,
        tx: &mut Tx,
        claim: &Claim,
        document: &ClaimDocument,
        record: &ResolutionRecord,
        versions: &Versions,
    ) -> Result<()> {
        let mut rows = Vec::new();
        for row in tx.forecasts_of_claim(claim.id).await? {
            let p: Option<Probabilities> = row.probabilities.as_ref().map(JsonText::read).transpose()?;
            let agrees = versions.agree(row.criteria_n, record);
            let counts = counts_in(document, &row.forecaster);
            let forecaster = Forecaster::By(row.forecaster);
            if p.is_some() {
                let line = self.lines.entry(forecaster.clone()).or_default();
                let late = row.at >= self.close;
                line.forecasts += i64::from(agrees && !late);
                line.annulled += i64::from(!agrees);
                line.late += i64::from(late);
            }
            // What is annulled ends what its author said before, and stands for nothing.
            let says = p.filter(|_| agrees);
            rows.push(Row { forecaster, at: row.at, says, until: row.expires_at, counts });
        }
        self.intervals.extend(intervals(rows));
        Ok(())
    }

    /// What anybody could have said: always even, and the share of Yes so far.
    fn baselines(&mut self, options: &Options, rate: Option<f64>) {
        let even = Probabilities::even(options).as_slice().iter().copied().map(Some).collect();
        let rate = rate.map(|p| vec![Some(p), Some(1.0 - p)]);
        for (forecaster, p) in [(Forecaster::Even, Some(even)), (Forecaster::BaseRate, rate)] {
            let Some(p) = p else { continue };
            self.intervals.push(Interval { forecaster, start: self.open, end: None, p, counts: false });
        }
    }

    /// What each move of the headline before the event earned whoever made it.
    fn points(&mut self, moves: &[Move]) {
        let mut floor = Headline::FLOOR;
        let mut shown: Option<f64> = None;
        for m in moves.iter().filter(|m| m.at < self.close) {
            if let Some(made_of) = &m.made_of {
                floor = made_of.floor();
            }
            let after = m.headline_after.shown(floor).get(self.outcome).map(|p| p.value());
            if let (Some(before), Some(after)) = (shown, after)
                && before.to_bits() != after.to_bits()
            {
                let line = self.lines.entry(Forecaster::By(m.actor.clone())).or_default();
                line.points = Some(line.points.unwrap_or(0.0) + score_points(before, after));
                line.moves += 1;
            }
            shown = after;
        }
    }

    fn rows(self, question: &Question, claim: &Claim, resolution: &Resolution) -> Vec<Score> {
        let Self { close, outcome, mut lines, intervals, .. } = self;
        let scorer = Scorer::new(question, &intervals, outcome, &ScoreKind::KEPT);
        let mut said: BTreeMap<&Forecaster, Vec<&Interval<Forecaster>>> = BTreeMap::new();
        for interval in &intervals {
            said.entry(&interval.forecaster).or_default().push(interval);
            lines.entry(interval.forecaster.clone()).or_default();
        }
        let row = |forecaster: Forecaster, line: Line| {
            let said = said.get(&forecaster).map(Vec::as_slice).unwrap_or_default();
            let scores = match forecaster.kind() {
                ForecasterKind::Stream => scorer.stream(said.iter().copied()),
                _ => scorer.series(said.iter().copied()),
            };
            let of = |kind| scores.get(&kind).map(|score: &bellwether_core::forecast::Score| score.value);
            let covered =
                |kind| scores.get(&kind).map(|score: &bellwether_core::forecast::Score| score.coverage);
            let coverage = covered(ScoreKind::Brier).unwrap_or(0.0).min(1.0);
            let told = line.points.is_some() || line.annulled + line.late > 0;
            let at_close = said.iter().rfind(|i| i.start < close && i.end.is_none_or(|end| end >= close));
            (coverage > 0.0 || told).then(|| Score {
                resolution: resolution.id,
                claim: claim.id,
                kind: Word::from(forecaster.kind().as_str()),
                at: resolution.at,
                closed_at: close,
                brier: of(ScoreKind::Brier),
                log: of(ScoreKind::Log),
                baseline: of(ScoreKind::Baseline),
                peer: of(ScoreKind::Peer),
                spot_baseline: of(ScoreKind::SpotBaseline),
                spot_peer: of(ScoreKind::SpotPeer),
                coverage,
                peer_coverage: covered(ScoreKind::Peer),
                final_p: at_close.and_then(|i| i.p.get(outcome).copied().flatten()),
                points: line.points,
                moves: line.moves,
                forecasts: line.forecasts,
                annulled: line.annulled,
                late: line.late,
                withdrawn_at: None,
                forecaster,
            })
        };
        lines.into_iter().filter_map(|(forecaster, line)| row(forecaster, line)).collect()
    }
}

/// The share of Yes among the yes/no claims that were settled before an instant, with one of each added so that it is
/// never certain. None for claims with named options.
async fn base_rate(tx: &mut Tx, before: DateTime<Utc>, options: &Options) -> Result<Option<f64>> {
    if *options != Options::YesNo {
        return Ok(None);
    }
    let mut last: BTreeMap<_, Option<Outcome>> = BTreeMap::new();
    for resolution in tx.resolutions_until(before).await? {
        last.insert(resolution.claim, resolution.outcome);
    }
    let yes = last.values().filter(|o| **o == Some(Outcome::Yes)).count();
    let no = last.values().filter(|o| **o == Some(Outcome::No)).count();
    Ok(Some((yes + 1) as f64 / (yes + no + 2) as f64))
}
