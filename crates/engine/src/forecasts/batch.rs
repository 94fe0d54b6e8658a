//! Several changes of forecasts in one transaction: each claim is read once and written once.

use std::collections::{BTreeMap, HashMap};

use bellwether_core::{
    actor::Actor,
    figures,
    forecast::{Aggregate, Crowd, Method, Probabilities},
    ids::{ClaimId, ForecastId},
    ledger::{By, Cause, CauseKind, Move},
    status::ClaimStatus,
    stream::Stream,
};
use bellwether_store::{
    Change, Claim, CrowdPoint, Evidence, Forecast, ForecastMark, JsonText, StandingForecast, Tx, Word,
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    ForecastInput, Made, crowd,
    kept::{Kept, KeptCrowds},
};
use crate::{
    EngineError, Result,
    claims::{Book, ClaimKey},
    ids::new_uuid,
};

/// Changes that are worked out and not written yet.
pub(super) struct Batch<'a> {
    tx: &'a mut Tx,
    kept: &'a KeptCrowds,
    now: DateTime<Utc>,
    desks: HashMap<ClaimId, Desk>,
    known: HashMap<ClaimKey, ClaimId>,
    /// In the order in which they were made.
    events: Vec<Event>,
}

/// A claim as it stands after the changes so far.
struct Desk {
    book: Book,
    crowd: Crowd<Actor>,
    /// The number of the last crowd point.
    seq: i64,
    aggregate: Option<Aggregate>,
    /// The claim's last forecast: the next one begins after it.
    last: Option<(DateTime<Utc>, ForecastId)>,
    moves: Vec<Move>,
    forecasts: Vec<Forecast>,
    points: Vec<CrowdPoint>,
    /// What stands, or no longer does, of those that changed.
    standing: BTreeMap<Actor, Option<StandingForecast>>,
}

struct Event {
    claim: ClaimId,
    actor: Actor,
    kind: &'static str,
    subject: String,
    body: Value,
}

impl<'a> Batch<'a> {
    pub(super) fn new(tx: &'a mut Tx, kept: &'a KeptCrowds, now: DateTime<Utc>) -> Self {
        Self { tx, kept, now, desks: HashMap::new(), known: HashMap::new(), events: Vec::new() }
    }

    pub(super) fn tx(&mut self) -> &mut Tx {
        self.tx
    }

    /// Reads the standing of claims that are about to be forecast, all at once. Forecasts that have ended by themselves
    /// by now are taken out first. Keys that name no claim are passed over.
    pub(super) async fn open_all(&mut self, keys: impl Iterator<Item = &ClaimKey>) -> Result<()> {
        let (mut ids, mut slugs) = (Vec::new(), Vec::new());
        for key in keys.filter(|key| !self.known.contains_key(key)) {
            match key {
                ClaimKey::Id(id) => ids.push(*id),
                ClaimKey::Slug(slug) => slugs.push(slug),
                ClaimKey::Neither(_) => {}
            }
        }
        let mut rows = BTreeMap::new();
        for row in self.tx.claims(&ids).await?.into_iter().chain(self.tx.claims_by_slugs(&slugs).await?) {
            self.known.insert(ClaimKey::Id(row.id), row.id);
            self.known.insert(ClaimKey::Slug(row.slug.clone()), row.id);
            if !self.desks.contains_key(&row.id) {
                rows.insert(row.id, row);
            }
        }
        let opened: Vec<ClaimId> = rows.keys().copied().collect();
        let mut items: BTreeMap<ClaimId, Vec<Evidence>> = BTreeMap::new();
        for item in self.tx.evidence_of_claims(&opened).await? {
            items.entry(item.claim).or_default().push(item);
        }
        for mark in self.tx.forecast_marks(&opened, self.now).await? {
            let Some(row) = rows.remove(&mark.claim) else { continue };
            let book = Book::assemble(row, items.remove(&mark.claim).unwrap_or_default())?;
            self.open_one(book, &mark).await?;
        }
        Ok(())
    }

    async fn open_one(&mut self, book: Book, mark: &ForecastMark) -> Result<()> {
        let id = book.row.id;
        let kept = self.kept.take(self.tx, id, mark.crowd_seq.unwrap_or(0), &book.document).await?;
        let mut desk = Desk::new(book, kept, mark.last_at.zip(mark.last_id));
        let ended = if mark.due > 0 {
            desk.expire(self.tx.expired_forecasts_of(id, self.now).await?, self.now)?
        } else {
            None
        };
        self.desks.insert(id, desk);
        if let Some(body) = ended {
            self.note(id, &Actor::system("clock"), "forecast.expired", id.to_string(), body);
        }
        Ok(())
    }

    /// The claim that a key names, its standing read.
    async fn open(&mut self, key: &ClaimKey) -> Result<ClaimId> {
        if !self.known.contains_key(key) {
            self.open_all(std::iter::once(key)).await?;
        }
        self.known.get(key).copied().ok_or(EngineError::NotFound("claim"))
    }

    /// Takes a forecast.
    pub(super) async fn make(
        &mut self,
        actor: &Actor,
        key: &ClaimKey,
        input: &ForecastInput,
        via: &str,
    ) -> Result<Made> {
        let id = self.open(key).await?;
        let now = self.now;
        let desk = self.desks.get_mut(&id).ok_or(EngineError::NotFound("claim"))?;
        takes_forecasts(&desk.book.row, now)?;
        let taken = input.read(desk.book.ledger.options(), now)?;
        let (at, forecast) = desk.next(now);
        let row = Forecast {
            id: forecast,
            claim: id,
            forecaster: actor.clone(),
            n: 0,
            at,
            probabilities: Some(JsonText::of(&taken.probabilities)?),
            expires_at: taken.expires_at,
            criteria_n: desk.book.row.criteria_n,
            rationale: taken.rationale,
            via: Word::from(via),
        };
        let made = desk.take(row, Some(&taken.probabilities))?;
        let made = Made { clamped: taken.clamped, ..made };
        let body = made.told(&desk.book);
        self.note(id, actor, "forecast.made", made.id.to_string(), body);
        Ok(made)
    }

    /// Takes a forecast back.
    pub(super) async fn withdraw(&mut self, actor: &Actor, key: &ClaimKey, via: &str) -> Result<Made> {
        let id = self.open(key).await?;
        let now = self.now;
        let desk = self.desks.get_mut(&id).ok_or(EngineError::NotFound("claim"))?;
        takes_forecasts(&desk.book.row, now)?;
        let stands = match desk.standing.get(actor) {
            Some(changed) => changed.is_some(),
            None => self.tx.standing_forecast(id, actor).await?.is_some(),
        };
        if !stands {
            return Err(EngineError::Conflict("you have no forecast standing on this claim".into()));
        }
        let (at, forecast) = desk.next(now);
        let row = Forecast {
            id: forecast,
            claim: id,
            forecaster: actor.clone(),
            n: 0,
            at,
            probabilities: None,
            expires_at: None,
            criteria_n: desk.book.row.criteria_n,
            rationale: None,
            via: Word::from(via),
        };
        let made = desk.take(row, None)?;
        let body = made.told(&desk.book);
        self.note(id, actor, "forecast.withdrawn", made.id.to_string(), body);
        Ok(made)
    }

    fn note(&mut self, claim: ClaimId, actor: &Actor, kind: &'static str, subject: String, body: Value) {
        self.events.push(Event { claim, actor: actor.clone(), kind, subject, body });
    }

    /// Writes everything. Gives back how many claims changed, and their crowds, to be kept once it is committed.
    pub(super) async fn write(self) -> Result<(usize, Vec<(ClaimId, Kept)>)> {
        let Self { tx, now, desks, events, .. } = self;
        let by = By { actor: Actor::system("forecasts"), at: now };
        let mut changed = 0;
        let mut crowds = Vec::with_capacity(desks.len());
        let (mut forecasts, mut standing, mut points) = (Vec::new(), Vec::new(), Vec::new());
        let (mut books, mut moves) = (Vec::new(), Vec::new());
        for (id, desk) in desks {
            if desk.standing.is_empty() {
                crowds.push((id, Kept::new(desk.seq, desk.crowd, &desk.book.document)));
                continue;
            }
            changed += 1;
            for (forecaster, stands) in desk.standing {
                match stands {
                    Some(stands) => standing.push(stands),
                    None => {
                        tx.end_standing_forecast(id, &forecaster).await?;
                    }
                }
            }
            forecasts.extend(desk.forecasts);
            points.extend(desk.points);
            moves.extend(desk.book.rows_of(&desk.moves)?);
            crowds.push((id, Kept::new(desk.seq, desk.crowd, &desk.book.document)));
            books.push(desk.book);
        }
        tx.append_forecasts(forecasts).await?;
        tx.put_standing_forecasts(&standing).await?;
        tx.append_crowd_points(&points).await?;
        tx.append_moves(&moves).await?;
        for book in &mut books {
            book.save_standing(tx, &by).await?;
        }
        let changes: Vec<Change<'_>> = events
            .iter()
            .map(|event| Change {
                at: now,
                actor: &event.actor,
                kind: event.kind,
                claim: Some(event.claim),
                subject: event.subject.clone(),
                body: event.body.clone(),
            })
            .collect();
        tx.record_all(&changes).await?;
        Ok((changed, crowds))
    }
}

impl Desk {
    fn new(book: Book, kept: Kept, last: Option<(DateTime<Utc>, ForecastId)>) -> Self {
        let Kept { seq, crowd, .. } = kept;
        Self {
            aggregate: crowd.now(Method::RecencyWeighted),
            crowd,
            seq,
            last,
            book,
            moves: Vec::new(),
            forecasts: Vec::new(),
            points: Vec::new(),
            standing: BTreeMap::new(),
        }
    }

    /// When the claim's next forecast begins, and its id: after all before it, also where clocks show the same instant
    /// or have gone back, so that the order by instant and id is the order in which they were taken.
    fn next(&mut self, now: DateTime<Utc>) -> (DateTime<Utc>, ForecastId) {
        let next = match self.last {
            Some((at, id)) if now <= at => {
                (at, ForecastId(Uuid::from_u128(id.0.as_u128().wrapping_add(1)).max(new_uuid(at))))
            }
            _ => (now, ForecastId(new_uuid(now))),
        };
        self.last = Some(next);
        next
    }

    /// A forecast, or its withdrawal where there are no probabilities.
    fn take(&mut self, row: Forecast, p: Option<&Probabilities>) -> Result<Made> {
        let by = By { actor: row.forecaster.clone(), at: row.at };
        let crowd_before = self.aggregate.clone();
        let before = self.book.ledger.shown();
        let counts = crowd::counts_in(&self.book.document, &row.forecaster);
        if counts {
            match p {
                Some(p) => self.crowd.forecast(row.forecaster.clone(), &crowd::said(p)),
                None => self.crowd.withdraw(&row.forecaster),
            }
        }
        let standing = row.probabilities.clone().map(|probabilities| StandingForecast {
            claim: row.claim,
            forecaster: row.forecaster.clone(),
            forecast: row.id,
            at: row.at,
            probabilities,
            expires_at: row.expires_at,
        });
        self.standing.insert(row.forecaster.clone(), standing);
        let kind = if p.is_some() { CauseKind::ForecastMade } else { CauseKind::ForecastWithdrawn };
        let moved =
            if counts { self.move_crowd(Cause::about_forecast(kind, row.id), None, &by)? } else { None };
        let made = Made {
            id: row.id,
            claim: row.claim,
            slug: self.book.row.slug.clone(),
            at: row.at,
            forecast: p.cloned(),
            clamped: false,
            expires_at: row.expires_at,
            counts,
            crowd_before,
            crowd: self.aggregate.clone(),
            before,
            after: self.book.ledger.shown(),
            leading: self.book.ledger.leading(),
            moved,
        };
        self.forecasts.push(row);
        Ok(made)
    }

    /// Takes out what has ended by itself. What happened, if anything did.
    fn expire(&mut self, ended: Vec<StandingForecast>, now: DateTime<Utc>) -> Result<Option<Value>> {
        if ended.is_empty() {
            return Ok(None);
        }
        let who: Vec<String> = ended.iter().map(|one| one.forecaster.to_string()).collect();
        for one in ended {
            self.crowd.withdraw(&one.forecaster);
            self.standing.insert(one.forecaster, None);
        }
        let by = By { actor: Actor::system("clock"), at: now };
        let note = format!("{} expired", figures::counted(who.len() as u64, "forecast"));
        self.move_crowd(Cause::of(CauseKind::ForecastExpired), Some(note), &by)?;
        Ok(Some(json!({
            "claim": self.book.row.slug, "title": self.book.row.title, "forecasters": who, "n": self.crowd.len(),
        })))
    }

    /// Brings the crowd stream up to its members; the number of the move, if it moved.
    fn move_crowd(&mut self, cause: Cause, note: Option<String>, by: &By) -> Result<Option<u64>> {
        self.aggregate = self.crowd.now(Method::RecencyWeighted);
        self.seq += 1;
        self.points.push(crowd::point(&self.book, self.seq, self.aggregate.as_ref(), by.at)?);
        let value = self.aggregate.as_ref().and_then(crowd::weights);
        let Some(moved) = self.book.ledger.set_stream(Stream::Crowd, value, cause, by) else {
            return Ok(None);
        };
        let seq = moved.seq;
        self.moves.push(Move { note, ..moved });
        Ok(Some(seq))
    }
}

/// Refuses a claim that takes no forecasts any more.
fn takes_forecasts(row: &Claim, now: DateTime<Utc>) -> Result<()> {
    refusal(row, now).map_or(Ok(()), |why| Err(EngineError::Conflict(why)))
}

/// Why a claim takes no forecasts; none while it does.
pub(super) fn refusal(row: &Claim, now: DateTime<Utc>) -> Option<String> {
    match row.status {
        ClaimStatus::Open | ClaimStatus::Proposed | ClaimStatus::Disputed if now < row.window_by => None,
        ClaimStatus::Draft => {
            Some("this claim is a draft: it takes forecasts once it is published".to_owned())
        }
        ClaimStatus::Open | ClaimStatus::Proposed | ClaimStatus::Disputed | ClaimStatus::AwaitingData => {
            Some(format!(
                "forecasting ended with the deadline, {}",
                row.window_by.format("%-d %b %Y %H:%M UTC")
            ))
        }
        settled => Some(format!("this claim is {settled}: forecasting has ended")),
    }
}
