//! From notices to messages: at once, or together when they are due.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::{
    alert::{Due, Message, Notice, Settings, Target, Topic, WaysOut},
    ids::{ChannelId, ClaimId, MessageId, SubscriptionId},
};
use bellwether_store::{JsonText, Message as MessageRow, Notice as NoticeRow, Subscription, Tx};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::setup::Setup;
use crate::{Engine, Result, ids::new_uuid};

/// So many subscriptions' groups at a time.
const GROUPS: i64 = 200;
/// A message names so many notices at most; the rest are counted in its subject and stand in the lists it links to.
const NAMED: usize = 500;

/// What goes out of one batch.
#[derive(Default)]
pub(super) struct Outgoing {
    waiting: Vec<NoticeRow>,
    at_once: Vec<(Subscription, Topic, Notice)>,
}

impl Outgoing {
    /// Takes a notice that is due at some time.
    pub(super) async fn add(
        &mut self,
        tx: &mut Tx,
        subscription: &Subscription,
        topic: Topic,
        notice: Notice,
        due: Due,
        now: DateTime<Utc>,
    ) -> Result<()> {
        if !due.grouped && due.at <= now {
            self.at_once.push((subscription.clone(), topic, notice));
            return Ok(());
        }
        let row = row(subscription.id, topic, &notice, due.at, now)?;
        // Whoever waits already sets the time: everything of one window goes out together.
        let earlier = self
            .waiting
            .iter()
            .filter(|w| w.subscription == subscription.id && w.topic == topic)
            .map(|w| w.due_at)
            .min();
        let earlier = match earlier {
            Some(at) => Some(at),
            None => tx.next_due(subscription.id, topic).await?,
        };
        self.waiting.push(NoticeRow { due_at: earlier.map_or(row.due_at, |at| at.min(row.due_at)), ..row });
        Ok(())
    }

    /// What would go out on trial: the time and the first line of each message, in their order.
    pub(super) fn on_trial(self) -> Result<Vec<(DateTime<Utc>, Vec<Notice>)>> {
        let mut messages: Vec<(DateTime<Utc>, Vec<Notice>)> =
            self.at_once.into_iter().map(|(_, _, notice)| (notice.at, vec![notice])).collect();
        let mut together: BTreeMap<DateTime<Utc>, Vec<Notice>> = BTreeMap::new();
        for row in self.waiting {
            together.entry(row.due_at).or_default().push(row.body.read()?);
        }
        messages.extend(together);
        messages.sort_by_key(|(at, _)| *at);
        Ok(messages)
    }

    /// Takes back what was about to be said of a claim.
    pub(super) fn forget(&mut self, claim: ClaimId, topic: Topic) {
        self.waiting.retain(|w| !(w.claim == Some(claim) && w.topic == topic));
    }

    /// Writes what waits, and messages for the rest.
    pub(super) async fn write(self, tx: &mut Tx, setup: &Setup, now: DateTime<Utc>) -> Result<()> {
        let mut rows = self.waiting;
        // Whoever is caught up with gets one message: what is new does not overtake what is late.
        let mut behind: BTreeSet<SubscriptionId> =
            tx.subscriptions_due(now, i64::MAX).await?.into_iter().collect();
        behind.extend(rows.iter().filter(|row| row.due_at <= now).map(|row| row.subscription));
        let mut drafts = Vec::with_capacity(self.at_once.len());
        let mut ids = ids(now);
        for (subscription, topic, notice) in self.at_once {
            if behind.contains(&subscription.id) {
                rows.push(row(subscription.id, topic, &notice, now, now)?);
                continue;
            }
            let id = ids();
            let told = NoticeRow {
                state: "sent".into(),
                message: Some(id),
                ..row(subscription.id, topic, &notice, now, now)?
            };
            drafts.push((id, subscription, vec![notice]));
            rows.push(told);
        }
        // A notice names its message, so the messages come first.
        send(tx, setup, drafts, now).await?;
        Ok(tx.put_notices(&rows).await?)
    }
}

impl Engine {
    /// Makes messages of what waits and is due; how many. What is late is complete only once all events were read, so
    /// this is called when [`Engine::fan_out`] has nothing more.
    pub async fn gather(&self) -> Result<usize> {
        let now = self.now();
        if self.read().await?.subscriptions_due(now, 1).await?.is_empty() {
            return Ok(0);
        }
        let mut tx = self.write().await?;
        let due = tx.subscriptions_due(now, GROUPS).await?;
        let rows: BTreeMap<SubscriptionId, Subscription> =
            tx.subscriptions(&due).await?.into_iter().map(|row| (row.id, row)).collect();
        let mut drafts = Vec::new();
        let mut ids = ids(now);
        for id in due {
            let Some(row) = rows.get(&id) else { continue };
            let waiting = tx.notices_due(id, now).await?;
            if row.ended_at.is_some() || waiting.is_empty() {
                tx.cancel_notices_of(id).await?;
                continue;
            }
            let notices = waiting.iter().map(|w| Ok(w.body.read()?)).collect::<Result<Vec<Notice>>>()?;
            let message = ids();
            drafts.push((message, row.clone(), notices));
        }
        let sent: Vec<(SubscriptionId, MessageId)> =
            drafts.iter().map(|(id, row, _)| (row.id, *id)).collect();
        let made = drafts.len();
        send(&mut tx, self.alerts(), drafts, now).await?;
        for (subscription, message) in sent {
            tx.notices_sent(subscription, now, message).await?;
        }
        tx.commit().await?;
        Ok(made)
    }
}

/// Ids that sort in the order in which they are taken, also those of one instant.
fn ids(now: DateTime<Utc>) -> impl FnMut() -> MessageId {
    let mut next = new_uuid(now).as_u128();
    move || {
        next = next.wrapping_add(1);
        MessageId(Uuid::from_u128(next))
    }
}

fn row(
    subscription: SubscriptionId,
    topic: Topic,
    notice: &Notice,
    due_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<NoticeRow> {
    Ok(NoticeRow {
        subscription,
        seq: notice.seq,
        claim: notice.claim.as_ref().map(|about| about.id),
        topic,
        at: now,
        due_at,
        body: JsonText::of(notice)?,
        state: "waiting".into(),
        message: None,
    })
}

/// Writes messages and puts them on their way through every active channel of their subscriptions.
async fn send(
    tx: &mut Tx,
    setup: &Setup,
    drafts: Vec<(MessageId, Subscription, Vec<Notice>)>,
    now: DateTime<Utc>,
) -> Result<()> {
    if drafts.is_empty() {
        return Ok(());
    }
    let channels = active_channels(tx, drafts.iter().map(|(_, row, _)| row.id).collect()).await?;
    let mut rows = Vec::with_capacity(drafts.len());
    let mut ways = Vec::new();
    for (id, subscription, notices) in drafts {
        let to = channels.get(&subscription.id);
        ways.extend(to.into_iter().flatten().map(|channel| (id, *channel)));
        let message = compose(setup, id, &subscription, notices, now)?;
        rows.push(MessageRow {
            id,
            subscription: Some(subscription.id),
            owner: subscription.owner.filter(|_| subscription.inbox),
            at: now,
            subject: message.subject.clone(),
            body: JsonText::of(&message)?,
            read_at: None,
        });
    }
    tx.insert_messages(&rows).await?;
    tx.add_deliveries(&ways, now).await?;
    Ok(())
}

async fn active_channels(
    tx: &mut Tx,
    subscriptions: Vec<SubscriptionId>,
) -> Result<BTreeMap<SubscriptionId, Vec<ChannelId>>> {
    let mut subscriptions = subscriptions;
    subscriptions.sort_unstable();
    subscriptions.dedup();
    let pairs = tx.channels_of_subscriptions(&subscriptions).await?;
    let mut ids: Vec<ChannelId> = pairs.iter().map(|(_, channel)| *channel).collect();
    ids.sort_unstable();
    ids.dedup();
    let active: Vec<ChannelId> =
        tx.channels(&ids).await?.into_iter().filter(|c| c.state == "active").map(|c| c.id).collect();
    let mut found: BTreeMap<SubscriptionId, Vec<ChannelId>> = BTreeMap::new();
    for (subscription, channel) in pairs {
        if active.contains(&channel) {
            found.entry(subscription).or_default().push(channel);
        }
    }
    Ok(found)
}

/// Puts a message into words.
fn compose(
    setup: &Setup,
    id: MessageId,
    subscription: &Subscription,
    notices: Vec<Notice>,
    now: DateTime<Utc>,
) -> Result<Message> {
    let settings: Settings = subscription.settings.read()?;
    let subject = subject(&notices);
    let mut notices = notices;
    notices.truncate(NAMED);
    let followed = match &subscription.target {
        Target::All => "everything".to_owned(),
        Target::Claim(_) => "this claim".to_owned(),
        Target::Tag(tag) => format!("the tag {tag}"),
        Target::Source(source) => format!("the source {source}"),
        Target::Search(words) => format!("the search “{words}”"),
    };
    let page = |what: &str| setup.link(&format!("/alerts/{}{what}", subscription.id));
    let threshold = settings.topics.contains_key(&Topic::Move);
    Ok(Message {
        id: name(id),
        at: now,
        subject,
        notices,
        why: format!("You follow {followed}: {}.", settings.in_words()),
        ways_out: WaysOut {
            manage: page(""),
            mute: page("/mute"),
            raise: threshold.then(|| page("/raise")),
            unsubscribe: None,
        },
    })
}

/// How a message is named outside: the same on every try.
pub(super) fn name(id: MessageId) -> String {
    format!("msg_{}", id.0.simple())
}

/// One line that says what it is.
pub(super) fn subject(notices: &[Notice]) -> String {
    let line = |notice: &Notice| match &notice.claim {
        Some(about) => format!("{}: {}", notice.headline, about.title),
        None => notice.headline.clone(),
    };
    let text = match notices {
        [] => "Nothing new".to_owned(),
        [one] => line(one),
        [.., last] => format!("{} alerts, the last: {}", notices.len(), line(last)),
    };
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
