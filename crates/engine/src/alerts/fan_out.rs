//! From events to notices: who is told of what, decided once per event, in the order of events.
//!
//! One cursor runs over the events, whose numbers are gapless and never become visible out of order. What a batch of
//! events comes to and the cursor's new place are written in one transaction: whatever dies in between, no event is
//! told twice and none is passed over.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::{
    actor::Actor,
    alert::{About, Baseline, Figures, Fired, Notice, Topic, Watched},
    figures,
    ids::{ClaimId, SourceId, SubscriptionId},
    ledger::CauseKind,
    probability::Probability,
};
use bellwether_store::{Claim, Event, Move, Subscription, SubscriptionWatch, Tx};
use chrono::{DateTime, TimeDelta, Utc};

use super::{
    audience::{Audience, Follower},
    outgoing::Outgoing,
    setup::Setup,
};
use crate::{
    Engine, Result,
    claims::leading_of,
    reading::happening::{Happening, happenings},
};

/// How far the events were read, as a setting.
const CURSOR: &str = "alerts.seq";
/// So many events at a time: a writer never waits long for its turn.
const BATCH: i64 = 500;

impl Engine {
    /// Reads the next events and writes who is told of them; whether there are more.
    pub async fn fan_out(&self) -> Result<bool> {
        let mut tx = self.read().await?;
        let last = tx.last_event().await?;
        if tx.setting::<i64>(CURSOR).await?.unwrap_or(0) >= last {
            return Ok(false);
        }
        drop(tx);
        let now = self.now();
        let mut tx = self.write().await?;
        let cursor = tx.setting::<i64>(CURSOR).await?.unwrap_or(0);
        // What happened before anyone subscribed is told to nobody.
        let first = tx.first_subscription_seq().await?;
        let cursor = match first {
            Some(first) => cursor.max(first),
            None => tx.last_event().await?,
        };
        let events = batch(&mut tx, cursor).await?;
        let reached = events.last().map_or(cursor, |event| event.seq);
        if !events.is_empty() {
            let mut work = FanOut::new(self.alerts(), &mut tx, &events, now, None).await?;
            work.tell(&mut tx, &events).await?;
            work.finish(&mut tx, now).await?;
        }
        tx.set_setting(CURSOR, &reached, &Actor::system("alerts"), now).await?;
        let more = tx.last_event().await? > reached;
        tx.commit().await?;
        Ok(more)
    }

    /// Tells crossings that a cooldown or a mute held back, where they still stand.
    pub async fn look_again(&self) -> Result<usize> {
        let now = self.now();
        if self.read().await?.watches_due(now, 1).await?.is_empty() {
            return Ok(0);
        }
        let mut tx = self.write().await?;
        let due = tx.watches_due(now, BATCH).await?;
        let mut told = 0;
        for claim in due.iter().map(|watch| watch.claim).collect::<BTreeSet<_>>() {
            let events = tx.claim_events_before(claim, i64::MAX, 1).await?;
            let mut work = FanOut::new(self.alerts(), &mut tx, &events, now, None).await?;
            let waiting: Vec<SubscriptionId> =
                due.iter().filter(|w| w.claim == claim).map(|w| w.subscription).collect();
            told += work.again(&mut tx, claim, &waiting, &events).await?;
            work.finish(&mut tx, now).await?;
        }
        tx.commit().await?;
        Ok(told)
    }
}

/// The next events; those of one instant are never parted, so that a change's moves are seen with its event.
async fn batch(tx: &mut Tx, cursor: i64) -> Result<Vec<Event>> {
    let mut events = tx.events_after(cursor, BATCH).await?;
    while let Some(last) = events.last() {
        let at = last.at;
        let further = tx.events_after(last.seq, BATCH).await?;
        let same: Vec<Event> = further.into_iter().take_while(|event| event.at == at).collect();
        if same.is_empty() {
            break;
        }
        events.extend(same);
    }
    Ok(events)
}

/// One batch at work.
pub(super) struct FanOut<'a> {
    setup: &'a Setup,
    now: DateTime<Utc>,
    claims: BTreeMap<ClaimId, Claim>,
    happenings: BTreeMap<i64, Happening>,
    audience: Audience,
    watches: BTreeMap<(SubscriptionId, ClaimId), Watched>,
    changed: BTreeSet<(SubscriptionId, ClaimId)>,
    outgoing: Outgoing,
    /// What was told to whom already: one signal beside five claims is one piece of news.
    seen: BTreeSet<(usize, String)>,
    /// Nothing is written: it is only asked what would be told, each event at its own time.
    trial: bool,
}

impl<'a> FanOut<'a> {
    pub(super) async fn new(
        setup: &'a Setup,
        tx: &mut Tx,
        events: &[Event],
        now: DateTime<Utc>,
        only: Option<&Subscription>,
    ) -> Result<FanOut<'a>> {
        let ids: BTreeSet<ClaimId> = events.iter().filter_map(|event| event.claim).collect();
        let claims = tx.claims(&ids.into_iter().collect::<Vec<_>>()).await?;
        let happenings: BTreeMap<i64, Happening> =
            happenings(tx, events).await?.into_iter().map(|h| (h.seq, h)).collect();
        let sources: BTreeSet<SourceId> = happenings.values().filter_map(|h| h.source.clone()).collect();
        let audience = Audience::of(tx, &claims, &sources, only).await?;
        Ok(FanOut {
            setup,
            now,
            claims: claims.into_iter().map(|claim| (claim.id, claim)).collect(),
            happenings,
            audience,
            watches: BTreeMap::new(),
            changed: BTreeSet::new(),
            outgoing: Outgoing::default(),
            seen: BTreeSet::new(),
            trial: only.is_some(),
        })
    }

    /// Goes through the events in their order.
    pub(super) async fn tell(&mut self, tx: &mut Tx, events: &[Event]) -> Result<()> {
        if self.audience.is_empty() {
            return Ok(());
        }
        let mut moves = self.moves(tx, events).await?;
        for event in events {
            if self.trial {
                self.now = event.at;
            }
            let claim = event.claim.and_then(|id| self.claims.get(&id)).cloned();
            // Nobody but its author knows of a draft.
            if claim.as_ref().is_some_and(|claim| claim.published_at.is_none()) {
                continue;
            }
            let told = self.happenings.get(&event.seq).cloned();
            let source = told.as_ref().and_then(|h| h.source.clone());
            let caused = event.claim.and_then(|id| moves.get_mut(&id)).map(|all| until(all, event.at));
            for place in self.audience.of_event(event.claim, source.as_ref()) {
                if self.audience.follower(place).row.from_seq >= event.seq {
                    continue;
                }
                if let (Some(claim), Some(caused)) = (&claim, &caused)
                    && self.moved(tx, place, claim, caused, event, told.as_ref()).await?
                {
                    continue;
                }
                if let Some(told) = told.as_ref().filter(|told| told.topic != Topic::Move) {
                    self.happened(tx, place, event, told).await?;
                }
            }
        }
        Ok(())
    }

    /// The moves that the events of the batch caused, per claim, oldest first.
    async fn moves(&self, tx: &mut Tx, events: &[Event]) -> Result<BTreeMap<ClaimId, Vec<Move>>> {
        let mut spans: BTreeMap<ClaimId, (DateTime<Utc>, DateTime<Utc>)> = BTreeMap::new();
        for event in events {
            let Some(claim) = event.claim else { continue };
            let span = spans.entry(claim).or_insert((event.at, event.at));
            span.0 = span.0.min(event.at);
            span.1 = span.1.max(event.at);
        }
        let mut moves = BTreeMap::new();
        for (claim, (from, to)) in spans {
            if self.audience.of_event(Some(claim), None).is_empty() {
                continue;
            }
            let mut found = tx.moves_between(claim, from, to + TimeDelta::microseconds(1)).await?;
            found.reverse();
            moves.insert(claim, found);
        }
        Ok(moves)
    }

    /// Shows a follower how the headline moved; whether that is told, and with it the event that moved it.
    async fn moved(
        &mut self,
        tx: &mut Tx,
        place: usize,
        claim: &Claim,
        caused: &[Move],
        event: &Event,
        told: Option<&Happening>,
    ) -> Result<bool> {
        if !self.audience.follower(place).settings.topics.contains_key(&Topic::Move) {
            return Ok(false);
        }
        let mut fired = None;
        for one in caused {
            let (Some(before), Some(after)) = (one.p_before.or(one.p_after), one.p_after) else { continue };
            let ageing = one.cause_kind.read::<CauseKind>()? == CauseKind::Ageing;
            let reference = self.reference(tx, place, claim).await?;
            let now = self.now;
            let follower = self.audience.follower(place);
            let key = (follower.row.id, claim.id);
            let watched = watched(&mut self.watches, tx, key, before).await?;
            self.changed.insert(key);
            if ageing {
                watched.drifted(before, after);
                continue;
            }
            let muted = follower.row.muted_until.filter(|until| *until > now);
            if let Some(crossed) = watched.observe(&follower.settings.moves, after, reference, one.at, muted)
            {
                fired = Some(Fired { from: fired.map_or(crossed.from, |f: Fired| f.from), to: crossed.to });
            }
        }
        let Some(fired) = fired else { return Ok(false) };
        self.raise_move(tx, place, claim, event, told, fired).await?;
        Ok(true)
    }

    async fn raise_move(
        &mut self,
        tx: &mut Tx,
        place: usize,
        claim: &Claim,
        event: &Event,
        told: Option<&Happening>,
        fired: Fired,
    ) -> Result<()> {
        let follower = self.audience.follower(place);
        let because = told.map(|told| match (&told.because, told.topic) {
            (Some(because), Topic::Move) => because.clone(),
            _ => told.headline.clone(),
        });
        let notice = Notice {
            seq: event.seq,
            kind: "headline.moved".to_owned(),
            at: event.at,
            claim: about(claim, event),
            headline: moved_in_words(fired, follower.settings.moves.baseline()),
            because,
            url: self.setup.link(&format!("/claims/{}", claim.slug)),
            figures: Some(Figures { from: fired.from, to: fired.to }),
            undoes: None,
        };
        self.raise(tx, place, Topic::Move, notice).await
    }

    /// Tells a follower of an event.
    async fn happened(&mut self, tx: &mut Tx, place: usize, event: &Event, told: &Happening) -> Result<()> {
        if told.topic == Topic::Signal
            && !self.seen.insert((place, format!("{} {}", event.at, told.headline)))
        {
            return Ok(());
        }
        let notice = Notice {
            seq: event.seq,
            kind: told.kind.clone(),
            at: event.at,
            claim: told.claim.clone(),
            headline: told.headline.clone(),
            because: told.because.clone(),
            url: self.setup.link(&told.path),
            figures: told.figures,
            undoes: told.undoes,
        };
        self.raise(tx, place, told.topic, notice).await
    }

    async fn raise(&mut self, tx: &mut Tx, place: usize, topic: Topic, notice: Notice) -> Result<()> {
        let follower = self.audience.follower(place);
        if topic == Topic::Reversal
            && let Some(about) = &notice.claim
        {
            // What was about to be said is no longer so.
            if !self.trial {
                tx.cancel_notices(about.id, Topic::Resolution).await?;
            }
            self.outgoing.forget(about.id, Topic::Resolution);
        }
        if follower.row.muted_until.is_some_and(|until| until > self.now) {
            return Ok(());
        }
        let late = self.now - notice.at > self.setup.late;
        let Some(due) = follower.settings.due(topic, self.now, late) else { return Ok(()) };
        self.outgoing.add(tx, &follower.row, topic, notice, due, self.now).await
    }

    /// Looks again at headlines that stood beyond a threshold when nothing could be told; how many are told now.
    async fn again(
        &mut self,
        tx: &mut Tx,
        claim: ClaimId,
        waiting: &[SubscriptionId],
        events: &[Event],
    ) -> Result<usize> {
        let mut told = 0;
        let row = self.claims.get(&claim).cloned();
        for id in waiting {
            let key = (*id, claim);
            let p = row.as_ref().and_then(|row| row.headline_p);
            let watched = watched(&mut self.watches, tx, key, p.unwrap_or_default()).await?;
            watched.look_again_at = None;
            self.changed.insert(key);
            let (Some(place), Some(row), Some(p), Some(event)) =
                (self.audience.place_of(*id), &row, p, events.last())
            else {
                continue;
            };
            if row.status.is_settled() {
                continue;
            }
            let reference = self.reference(tx, place, row).await?;
            let now = self.now;
            let follower = self.audience.follower(place);
            let muted = follower.row.muted_until.filter(|until| *until > now);
            let watched = watched_again(&mut self.watches, key)?;
            // The crossing was counted when it came.
            watched.streak = watched.streak.saturating_sub(1);
            if let Some(fired) = watched.observe(&follower.settings.moves, p, reference, now, muted) {
                let cause = self.happenings.get(&event.seq).cloned();
                self.raise_move(tx, place, row, event, cause.as_ref(), fired).await?;
                told += 1;
            }
        }
        Ok(told)
    }

    /// What a follower measures a movement against, where it is not what they were told last.
    async fn reference(&self, tx: &mut Tx, place: usize, claim: &Claim) -> Result<Option<f64>> {
        let Follower { row, settings } = self.audience.follower(place);
        let Some(owner) = &row.owner else { return Ok(None) };
        match settings.moves.baseline() {
            Baseline::LastAlert => Ok(None),
            Baseline::LastVisit => {
                let visitor = visitor(tx, owner).await?;
                let Some(visit) = tx.visit(&visitor).await? else { return Ok(None) };
                Ok(tx.move_at(claim.id, visit.at).await?.and_then(|entry| entry.p_after))
            }
            Baseline::MyForecast => {
                let Some(mine) = tx.standing_forecast(claim.id, owner).await? else { return Ok(None) };
                let mine: Vec<f64> = mine.probabilities.read()?;
                Ok(mine.get(leading_of(claim)?).copied())
            }
        }
    }

    /// What it would come to, and what is remembered for the next batch of a trial.
    pub(super) fn on_trial(self) -> (Outgoing, BTreeMap<(SubscriptionId, ClaimId), Watched>) {
        (self.outgoing, self.watches)
    }

    /// Goes on from what an earlier batch of the trial remembered.
    pub(super) fn remembering(mut self, watches: BTreeMap<(SubscriptionId, ClaimId), Watched>) -> Self {
        self.watches = watches;
        self
    }

    /// Writes what came of it.
    async fn finish(self, tx: &mut Tx, now: DateTime<Utc>) -> Result<()> {
        let mut rows = Vec::new();
        for key in self.changed {
            let Some(watched) = self.watches.get(&key) else { continue };
            rows.push(SubscriptionWatch {
                subscription: key.0,
                claim: key.1,
                watched: bellwether_store::JsonText::of(watched)?,
                look_again_at: watched.look_again_at,
            });
        }
        tx.put_watches(&rows).await?;
        self.outgoing.write(tx, self.setup, now).await
    }
}

/// What a subscription remembers of a claim, read when it is first wanted.
async fn watched<'w>(
    watches: &'w mut BTreeMap<(SubscriptionId, ClaimId), Watched>,
    tx: &mut Tx,
    key: (SubscriptionId, ClaimId),
    before: f64,
) -> Result<&'w mut Watched> {
    if !watches.contains_key(&key) {
        for watch in tx.watches_of_claim(key.1).await? {
            watches.entry((watch.subscription, watch.claim)).or_insert(watch.watched.read()?);
        }
    }
    Ok(watches.entry(key).or_insert_with(|| Watched::new(before)))
}

fn watched_again(
    watches: &mut BTreeMap<(SubscriptionId, ClaimId), Watched>,
    key: (SubscriptionId, ClaimId),
) -> Result<&mut Watched> {
    watches.get_mut(&key).ok_or_else(|| crate::EngineError::internal("a watch that was just read is gone"))
}

/// Under which name someone's last visit is kept: their account's id.
async fn visitor(tx: &mut Tx, owner: &Actor) -> Result<String> {
    let (Actor::Person(handle) | Actor::Bot(handle)) = owner else { return Ok(owner.to_string()) };
    let account = tx.account_of_handle(handle).await?;
    Ok(account.map_or_else(|| owner.to_string(), |account| account.id.0.simple().to_string()))
}

/// Takes the moves made by an instant off a list whose oldest are last.
fn until(moves: &mut Vec<Move>, at: DateTime<Utc>) -> Vec<Move> {
    let mut taken = Vec::new();
    while let Some(one) = moves.pop_if(|one| one.at <= at) {
        taken.push(one);
    }
    taken
}

fn about(claim: &Claim, event: &Event) -> Option<About> {
    let seq = event.claim_seq?;
    Some(About { id: claim.id, seq, slug: claim.slug.clone(), title: claim.title.clone() })
}

/// "75%, up 3.0 pts since the last alert".
fn moved_in_words(fired: Fired, baseline: Baseline) -> String {
    let against = match baseline {
        Baseline::LastAlert => "since the last alert",
        Baseline::LastVisit => "since your last visit",
        Baseline::MyForecast => "from your forecast",
    };
    let pts = (fired.to - fired.from) * 100.0;
    let way = if pts < 0.0 { "down" } else { "up" };
    let p = Probability::new(fired.to).map_or_else(|_| "–".to_owned(), figures::percent);
    format!("{p}, {way} {:.1}\u{a0}pts {against}", pts.abs())
}
