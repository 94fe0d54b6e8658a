//! From deliveries to attempts.
//!
//! A channel has two lanes: first tries, in the order of messages, and repeated ones. A lane is worked by one server at a
//! time, which holds a lease on it, and starts no try that could outlast the lease: so a server that was stopped and
//! wakes up sends nothing that another has sent since. At most two tries of a channel are under way, and a channel that
//! hangs holds up nobody but itself.
//!
//! A try that was made and not yet written is repeated after a crash, with the same id: these are never more than
//! [`Sending::unwritten`](super::Sending::unwritten).

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bellwether_alerts::{Courier, CourierSettings, Denied, Outcome, Post, Tried};
use bellwether_core::{
    alert::{Message, WaysOut},
    ids::{ChannelId, MessageId},
};
use bellwether_sources::fetch::FetchError;
use bellwether_store::{Attempt, Channel, Delivery, JsonText, Message as MessageRow, Tx, Word};
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::dns::{Name, Resolve, Resolving};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::warn;
use url::Url;
use uuid::Uuid;

use super::{channels::Opened, setup::Sending};
use crate::{Engine, EngineError, Result, ids::new_uuid};

/// How long a lane belongs to its server without a word from it. With the look every few seconds, another takes over
/// within half a minute.
const LEASE: TimeDelta = TimeDelta::seconds(24);
/// A lease that is older than this is extended before the next try.
const FRESH: Duration = Duration::from_secs(4);
/// So many deliveries of a lane are read at a time.
const BATCH: i64 = 50;

/// Which tries of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Lane {
    First,
    Again,
}

impl Lane {
    fn lease(self, channel: ChannelId) -> String {
        match self {
            Self::First => format!("deliver:{channel}:first"),
            Self::Again => format!("deliver:{channel}:again"),
        }
    }
}

/// Brings messages out as long as it lives.
pub(super) struct Dispatcher {
    engine: Engine,
    courier: Courier,
    holder: Uuid,
    busy: Arc<Mutex<HashSet<(ChannelId, Lane)>>>,
    healthy: Arc<Semaphore>,
    failing: Arc<Semaphore>,
    hosts: Arc<Mutex<BTreeMap<String, Arc<Semaphore>>>>,
    unwritten: Arc<Semaphore>,
    written: mpsc::UnboundedSender<Done>,
    tasks: TaskTracker,
    stopping: CancellationToken,
}

/// A try that was made.
struct Done {
    delivery: Delivery,
    at: DateTime<Utc>,
    tried: Tried,
    told: oneshot::Sender<()>,
    _room: OwnedSemaphorePermit,
}

impl Dispatcher {
    pub(super) fn new(engine: Engine, tasks: TaskTracker, stopping: CancellationToken) -> Result<Self> {
        let courier = engine.courier()?;
        let (written, made) = mpsc::unbounded_channel();
        tasks.spawn(write_down(engine.clone(), made));
        let Sending { at_once, unwritten, .. } = engine.alerts().sending;
        Ok(Self {
            holder: new_uuid(Utc::now()),
            busy: Arc::default(),
            healthy: Arc::new(Semaphore::new(at_once)),
            failing: Arc::new(Semaphore::new(at_once)),
            hosts: Arc::default(),
            unwritten: Arc::new(Semaphore::new(unwritten.max(1))),
            written,
            tasks,
            stopping,
            engine,
            courier,
        })
    }

    /// Starts the lanes that have something to bring and that nobody works.
    pub(super) async fn look(&self) -> Result<()> {
        let now = self.engine.now();
        let mut tx = self.engine.read().await?;
        let first = tx.channels_with_first_tries().await?.into_iter().map(|next| (next.channel, Lane::First));
        let again = tx.channels_with_retries(now).await?.into_iter().map(|next| (next.channel, Lane::Again));
        let waiting: Vec<(ChannelId, Lane)> = first.chain(again).collect();
        if waiting.is_empty() {
            return Ok(());
        }
        let ids: Vec<ChannelId> = waiting.iter().map(|(id, _)| *id).collect();
        let channels: BTreeMap<ChannelId, Channel> =
            tx.channels(&ids).await?.into_iter().map(|channel| (channel.id, channel)).collect();
        drop(tx);
        for key in waiting {
            let Some(channel) = channels.get(&key.0) else { continue };
            let room = if channel.failures == 0 { &self.healthy } else { &self.failing };
            let Ok(room) = room.clone().try_acquire_owned() else { continue };
            if !self.busy.lock().unwrap_or_else(PoisonError::into_inner).insert(key) {
                continue;
            }
            let run = Run {
                engine: self.engine.clone(),
                courier: self.courier.clone(),
                holder: self.holder,
                channel: channel.clone(),
                lane: key.1,
                hosts: self.hosts.clone(),
                unwritten: self.unwritten.clone(),
                written: self.written.clone(),
                stopping: self.stopping.clone(),
            };
            let busy = self.busy.clone();
            self.tasks.spawn(async move {
                if let Err(error) = run.work().await {
                    warn!(%error, "messages wait: a channel could not be worked");
                }
                drop(room);
                busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
            });
        }
        Ok(())
    }
}

/// One lane at work.
struct Run {
    engine: Engine,
    courier: Courier,
    holder: Uuid,
    channel: Channel,
    lane: Lane,
    hosts: Arc<Mutex<BTreeMap<String, Arc<Semaphore>>>>,
    unwritten: Arc<Semaphore>,
    written: mpsc::UnboundedSender<Done>,
    stopping: CancellationToken,
}

impl Run {
    async fn work(&self) -> Result<()> {
        let Some(mut held) = self.take().await? else { return Ok(()) };
        let mut waiting: Vec<oneshot::Receiver<()>> = Vec::new();
        let worked = self.bring(&mut held, &mut waiting).await;
        // The lane is free only once it is written what was brought: the next one reads that.
        for done in waiting {
            drop(done.await);
        }
        let mut tx = self.engine.write().await?;
        tx.drop_lease(&self.lane.lease(self.channel.id), self.holder).await?;
        tx.commit().await?;
        worked
    }

    /// Takes or extends the lease; since when it is held.
    async fn take(&self) -> Result<Option<Instant>> {
        let began = Instant::now();
        let now = self.engine.now();
        let mut tx = self.engine.write().await?;
        let ours = tx.take_lease(&self.lane.lease(self.channel.id), self.holder, now, now + LEASE).await?;
        tx.commit().await?;
        Ok(ours.then_some(began))
    }

    async fn bring(&self, held: &mut Instant, waiting: &mut Vec<oneshot::Receiver<()>>) -> Result<()> {
        let opened = match self.engine.open_channel(&self.channel) {
            Ok(opened) => opened,
            Err(error) => return self.engine.give_up_unopened(self.channel.id, &sealed_out(&error)).await,
        };
        let host = self.host(&opened);
        let mut after = 0;
        loop {
            let now = self.engine.now();
            let mut tx = self.engine.read().await?;
            if tx.channel(self.channel.id).await?.state != "active" {
                return Ok(());
            }
            let batch = match self.lane {
                Lane::First => tx.first_tries(self.channel.id, after, BATCH).await?,
                Lane::Again => tx.retries(self.channel.id, now, BATCH).await?,
            };
            let ids: Vec<_> = batch.iter().map(|delivery| delivery.message).collect();
            let messages: BTreeMap<_, _> = tx.messages(&ids).await?.into_iter().map(|m| (m.id, m)).collect();
            drop(tx);
            if batch.is_empty() {
                return Ok(());
            }
            for delivery in batch {
                if self.stopping.is_cancelled() {
                    return Ok(());
                }
                let Some(message) = messages.get(&delivery.message) else { continue };
                let room = self.unwritten.clone().acquire_owned().await.map_err(EngineError::internal)?;
                let _turn = host.acquire().await.map_err(EngineError::internal)?;
                if held.elapsed() > FRESH {
                    let Some(again) = self.take().await? else { return Ok(()) };
                    *held = again;
                }
                let left =
                    Duration::from_secs(LEASE.num_seconds().unsigned_abs()).saturating_sub(held.elapsed());
                if left < self.engine.alerts().sending.total {
                    // Stopped in between: by the time this try ended, somebody else could have the lane.
                    return Ok(());
                }
                after = delivery.n;
                let message: Message = message.body.read()?;
                let at = self.engine.now();
                let tried = self.try_once(&opened, &message).await;
                let (told, heard) = oneshot::channel();
                waiting.push(heard);
                let done = Done { delivery, at, tried, told, _room: room };
                if self.written.send(done).is_err() {
                    return Ok(());
                }
            }
            if self.lane == Lane::Again {
                // What failed again is due later; what is read next must know of it.
                for done in waiting.drain(..) {
                    drop(done.await);
                }
            }
        }
    }

    fn host(&self, opened: &Opened) -> Arc<Semaphore> {
        let url = &opened.url;
        let host =
            format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(0));
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        // Hosts that nobody uses now are forgotten, so that the list stays as short as what is under way.
        hosts.retain(|_, turns| Arc::strong_count(turns) > 1);
        hosts
            .entry(host)
            .or_insert_with(|| Arc::new(Semaphore::new(self.engine.alerts().sending.per_host)))
            .clone()
    }

    async fn try_once(&self, opened: &Opened, message: &Message) -> Tried {
        let rendered = bellwether_alerts::render(opened.shape, message, &opened.url);
        // Receivers compare it with their own clocks, whatever a demo's clock says.
        let headers = bellwether_alerts::headers(&message.id, Utc::now(), &rendered.body, &opened.secrets);
        let post = Post {
            url: &rendered.url,
            headers: headers.to_vec(),
            content_type: rendered.content_type,
            body: &rendered.body,
        };
        self.courier.post(&post).await
    }
}

/// Writes tries down, as many at once as were made meanwhile.
async fn write_down(engine: Engine, mut made: mpsc::UnboundedReceiver<Done>) {
    while let Some(first) = made.recv().await {
        let mut all = vec![first];
        while let Ok(next) = made.try_recv() {
            all.push(next);
        }
        loop {
            match write_all(&engine, &all).await {
                Ok(()) => break,
                Err(error) => {
                    warn!(%error, "tries could not be written down; trying again");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
        for done in all {
            // Whoever waited may have been stopped.
            let _ = done.told.send(());
        }
    }
}

async fn write_all(engine: &Engine, all: &[Done]) -> Result<()> {
    let now = engine.now();
    let mut tx = engine.write().await?;
    let ids: Vec<ChannelId> = all.iter().map(|done| done.delivery.channel).collect();
    let mut channels: BTreeMap<ChannelId, Channel> =
        tx.channels(&ids).await?.into_iter().map(|channel| (channel.id, channel)).collect();
    let mut attempts = Vec::with_capacity(all.len());
    for done in all {
        let Some(mut delivery) = tx.delivery(done.delivery.n).await? else { continue };
        if delivery.attempts != done.delivery.attempts || delivery.state != "ready" {
            // Somebody else made this try too, after we had lost the lane.
            continue;
        }
        delivery.attempts += 1;
        delivery.tries += 1;
        let tried = &done.tried;
        attempts.push(Attempt {
            delivery: delivery.n,
            n: delivery.attempts,
            at: done.at,
            took_ms: i64::try_from(tried.took.as_millis()).unwrap_or(i64::MAX),
            outcome: word(tried.outcome),
            status: tried.status.map(i64::from),
            reason: tried.reason.clone(),
            excerpt: tried.excerpt.clone(),
        });
        let Some(channel) = channels.get_mut(&delivery.channel) else { continue };
        let given_up = settle(&mut delivery, channel, tried, &engine.alerts().sending, now);
        tx.update_delivery(&delivery).await?;
        if let Some(reason) = given_up.filter(|_| channel.state == "active") {
            engine.give_up(&mut tx, channel, &reason, now).await?;
        }
    }
    tx.insert_attempts(&attempts).await?;
    for channel in channels.values() {
        tx.update_channel(channel).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Where a delivery and its channel stand after a try; why the channel is given up, if it is.
fn settle(
    delivery: &mut Delivery,
    channel: &mut Channel,
    tried: &Tried,
    sending: &Sending,
    now: DateTime<Utc>,
) -> Option<String> {
    let failed = |channel: &mut Channel| {
        channel.failures += 1;
        channel.failing_since.get_or_insert(now);
    };
    match tried.outcome {
        Outcome::Delivered => {
            delivery.state = "done".into();
            delivery.ended_at = Some(now);
            channel.failures = 0;
            channel.failing_since = None;
            channel.succeeded_at = Some(now);
            None
        }
        Outcome::Gone => {
            delivery.state = "dead".into();
            delivery.ended_at = Some(now);
            failed(channel);
            Some("it answered 410: nobody is there any more".to_owned())
        }
        Outcome::Refused => {
            delivery.state = "dead".into();
            delivery.ended_at = Some(now);
            failed(channel);
            Some(tried.reason.clone().unwrap_or_else(|| "its address is not allowed".to_owned()))
        }
        Outcome::Failed { retry_after } => {
            failed(channel);
            let tries = u32::try_from(delivery.tries).unwrap_or(u32::MAX);
            if let Some(at) = sending.schedule.next(tries, now, unit(), retry_after) {
                delivery.next_at = at;
            } else {
                delivery.state = "dead".into();
                delivery.ended_at = Some(now);
            }
            let failures = u32::try_from(channel.failures).unwrap_or(u32::MAX);
            let since = channel.failing_since?;
            sending.disable.due(failures, since, now).then(|| {
                format!("{failures} tries in a row failed since {}", since.format("%-d %b %Y %H:%M UTC"))
            })
        }
    }
}

fn word(outcome: Outcome) -> Word {
    match outcome {
        Outcome::Delivered => "delivered",
        Outcome::Gone => "gone",
        Outcome::Failed { .. } => "failed",
        Outcome::Refused => "refused",
    }
    .into()
}

/// Why a channel that was sealed cannot be opened.
fn sealed_out(error: &EngineError) -> String {
    warn!(%error, "a channel cannot be opened");
    "its address cannot be opened: it was sealed with another key".to_owned()
}

/// A number from 0 to 1 that spreads repeated tries.
fn unit() -> f64 {
    let mut bits = [0; 4];
    if getrandom::fill(&mut bits).is_err() {
        return 0.5;
    }
    f64::from(u32::from_le_bytes(bits)) / f64::from(u32::MAX)
}

/// Only addresses that may be asked come out, and the courier is told when none is left.
struct Guarded(Arc<dyn Resolve>);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.0.resolve(name);
        Box::pin(async move {
            found.await.map_err(|error| match error.downcast_ref::<FetchError>() {
                Some(denied @ FetchError::AddressNotAllowed { .. }) => Denied(denied.to_string()).into(),
                _ => error,
            })
        })
    }
}

impl Engine {
    /// Whoever brings webhooks: through the guard that also stands before sources.
    pub(super) fn courier(&self) -> Result<Courier> {
        let fetcher = self.outside()?.fetcher();
        let policy = fetcher.policy().clone();
        let check = move |url: &Url| policy.check_url(url.as_str()).map(|_| ()).map_err(|e| e.to_string());
        let agent = fetcher.user_agent().to_owned();
        let Sending { connect, total, .. } = self.alerts().sending;
        let settings = CourierSettings::new(agent, Arc::new(Guarded(fetcher.resolver())), Arc::new(check));
        Courier::new(CourierSettings { connect, total, ..settings }).map_err(EngineError::internal)
    }

    /// Gives a channel up: what is on its way through it is not sent, and its owner is told in the inbox.
    async fn give_up(
        &self,
        tx: &mut Tx,
        channel: &mut Channel,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<()> {
        channel.state = "disabled".into();
        channel.reason = Some(reason.to_owned());
        tx.cancel_deliveries(channel.id, now).await?;
        let Some(owner) = &channel.owner else { return Ok(()) };
        let id = MessageId(new_uuid(now));
        let page = self.alerts().link("/alerts/channels");
        let body = Message {
            id: super::outgoing::name(id),
            at: now,
            subject: format!("Nothing is sent to {} any more: {reason}", channel.name),
            notices: Vec::new(),
            why: "A channel of yours was given up. Take it up again there, with what it missed.".to_owned(),
            ways_out: WaysOut { manage: page.clone(), mute: page, raise: None, unsubscribe: None },
        };
        let row = MessageRow {
            id,
            subscription: None,
            owner: Some(owner.clone()),
            at: now,
            subject: body.subject.clone(),
            body: JsonText::of(&body)?,
            read_at: None,
        };
        tx.insert_messages(&[row]).await?;
        Ok(())
    }

    /// Gives a channel up that cannot be opened.
    async fn give_up_unopened(&self, id: ChannelId, reason: &str) -> Result<()> {
        let now = self.now();
        let mut tx = self.write().await?;
        let mut channel = tx.channel(id).await?;
        self.give_up(&mut tx, &mut channel, reason, now).await?;
        tx.update_channel(&channel).await?;
        tx.commit().await?;
        Ok(())
    }
}
