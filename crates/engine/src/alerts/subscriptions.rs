//! Subscriptions: made, changed, muted, ended.

use bellwether_core::{
    actor::Actor,
    alert::{Message, Settings, Span, Target, Topic},
    ids::{ChannelId, SubscriptionId},
};
use bellwether_store::{Change, JsonText, Subscription, Tx};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::{Engine, EngineError, Result, ids::new_uuid};

/// What someone wants to be told of.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSubscription {
    /// What is followed.
    pub target: Target,
    /// What is asked for.
    pub settings: Settings,
    /// Whether it is told in the inbox.
    pub inbox: bool,
    /// To which channels it is sent besides.
    pub channels: Vec<ChannelId>,
}

impl NewSubscription {
    /// The usual settings, to the inbox.
    pub fn usual(target: Target) -> Self {
        Self { target, settings: Settings::default(), inbox: true, channels: Vec::new() }
    }
}

/// A subscription as its owner sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct SubscriptionView {
    /// Identity.
    pub id: SubscriptionId,
    /// What is followed.
    pub target: Target,
    /// The title and address of what is followed, where it has them.
    pub names: Option<(String, String)>,
    /// What is asked for.
    pub settings: Settings,
    /// Whether it is told in the inbox.
    pub inbox: bool,
    /// To which channels it is sent besides.
    pub channels: Vec<ChannelId>,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// Until when it is muted, and by whom and why.
    pub muted: Option<(DateTime<Utc>, String)>,
    /// The last message, if any was sent.
    pub last: Option<Message>,
}

/// The longest mute.
const LONGEST_MUTE: TimeDelta = TimeDelta::days(366);

impl Engine {
    /// Begins a subscription: what happens from now on is told. Whoever follows something already changes how.
    ///
    /// # Errors
    /// A field error where what is followed is not there, where nothing would be told anywhere, or for a channel of
    /// somebody else; a conflict when there are too many.
    pub async fn subscribe(&self, owner: &Actor, wanted: NewSubscription) -> Result<SubscriptionId> {
        let now = self.now();
        let mut tx = self.write().await?;
        check_target(&mut tx, &wanted.target).await?;
        check_ways(&mut tx, owner, &wanted).await?;
        let own = tx.subscriptions_of(owner).await?;
        if let Some(same) = own.iter().find(|s| s.target == wanted.target) {
            let id = same.id;
            change(&mut tx, same.clone(), &wanted, now).await?;
            record(&mut tx, owner, "subscription.changed", id, now).await?;
            tx.commit().await?;
            return Ok(id);
        }
        let most = self.alerts().subscriptions;
        if own.len() >= most as usize {
            return Err(EngineError::Conflict(format!(
                "you have {most} subscriptions, the most there can be; end one first, or follow a tag or a search"
            )));
        }
        let id = SubscriptionId(new_uuid(now));
        let row = Subscription {
            id,
            owner: Some(owner.clone()),
            target: wanted.target,
            settings: JsonText::of(&wanted.settings)?,
            inbox: wanted.inbox,
            from_seq: tx.last_event().await?,
            created_at: now,
            changed_at: now,
            muted_until: None,
            muted_why: None,
            ended_at: None,
            ended_why: None,
        };
        tx.insert_subscription(&row).await?;
        tx.set_subscription_channels(id, &wanted.channels).await?;
        record(&mut tx, owner, "subscription.begun", id, now).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Changes what a subscription asks for and where it is told. Movements are measured anew from where the headlines
    /// stand.
    pub async fn change_subscription(
        &self,
        owner: &Actor,
        id: SubscriptionId,
        settings: Settings,
        inbox: bool,
        channels: Vec<ChannelId>,
    ) -> Result<()> {
        let now = self.now();
        let mut tx = self.write().await?;
        let row = own(&mut tx, owner, id).await?;
        let wanted = NewSubscription { target: row.target.clone(), settings, inbox, channels };
        check_ways(&mut tx, owner, &wanted).await?;
        change(&mut tx, row, &wanted, now).await?;
        record(&mut tx, owner, "subscription.changed", id, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Tells nothing of a subscription for a while; a mute that has run out ends by itself. `None` ends it now.
    ///
    /// # Errors
    /// A field error for a mute of more than a year.
    pub async fn mute(
        &self,
        owner: &Actor,
        id: SubscriptionId,
        long: Option<Span>,
        why: &str,
    ) -> Result<Option<DateTime<Utc>>> {
        let now = self.now();
        let mut tx = self.write().await?;
        let mut row = own(&mut tx, owner, id).await?;
        let until = long.map(|long| now + TimeDelta::from(long).min(LONGEST_MUTE));
        row.muted_until = until;
        let why: String = why.trim().chars().filter(|c| !c.is_control()).take(200).collect();
        let said = if why.is_empty() { format!("by {owner}") } else { format!("by {owner}: {why}") };
        row.muted_why = until.map(|_| said);
        row.changed_at = now;
        tx.update_subscription(&row).await?;
        record(&mut tx, owner, "subscription.muted", id, now).await?;
        tx.commit().await?;
        Ok(until)
    }

    /// Raises the threshold of movements: doubled, at most 100 points. What it is now.
    ///
    /// # Errors
    /// A conflict where movements are not told at all.
    pub async fn raise_threshold(&self, owner: &Actor, id: SubscriptionId) -> Result<f64> {
        let now = self.now();
        let mut tx = self.write().await?;
        let mut row = own(&mut tx, owner, id).await?;
        let mut settings: Settings = row.settings.read()?;
        if !settings.topics.contains_key(&Topic::Move) {
            return Err(EngineError::Conflict(
                "this subscription tells no movements: there is no threshold".into(),
            ));
        }
        let raised = (settings.moves.at_least() * 2.0).min(100.0);
        settings.moves = settings.moves.with_at_least(raised).map_err(EngineError::internal)?;
        row.settings = JsonText::of(&settings)?;
        row.changed_at = now;
        tx.update_subscription(&row).await?;
        record(&mut tx, owner, "subscription.changed", id, now).await?;
        tx.commit().await?;
        Ok(raised)
    }

    /// Ends a subscription; what waited is not told. Ending it again changes nothing.
    pub async fn unsubscribe(&self, owner: &Actor, id: SubscriptionId) -> Result<()> {
        let now = self.now();
        let mut tx = self.write().await?;
        let mut row = tx.subscription(id).await.map_err(|_| missing())?;
        if row.owner.as_ref() != Some(owner) {
            return Err(missing());
        }
        if row.ended_at.is_some() {
            return Ok(());
        }
        row.ended_at = Some(now);
        row.ended_why = Some(format!("by {owner}"));
        row.changed_at = now;
        tx.update_subscription(&row).await?;
        tx.cancel_notices_of(id).await?;
        record(&mut tx, owner, "subscription.ended", id, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Someone's subscriptions, oldest first.
    pub async fn subscriptions(&self, owner: &Actor) -> Result<Vec<SubscriptionView>> {
        let mut tx = self.read().await?;
        let rows = tx.subscriptions_of(owner).await?;
        self.views(&mut tx, rows).await
    }

    /// One of someone's subscriptions.
    pub async fn subscription(&self, owner: &Actor, id: SubscriptionId) -> Result<SubscriptionView> {
        let mut tx = self.read().await?;
        let row = own(&mut tx, owner, id).await?;
        self.views(&mut tx, vec![row]).await?.pop().ok_or_else(missing)
    }

    /// How someone follows something, if they do.
    pub async fn follows(&self, owner: &Actor, target: &Target) -> Result<Option<SubscriptionId>> {
        let mut tx = self.read().await?;
        let own = tx.subscriptions_to(std::slice::from_ref(target)).await?;
        Ok(own.into_iter().find(|row| row.owner.as_ref() == Some(owner)).map(|row| row.id))
    }

    async fn views(&self, tx: &mut Tx, rows: Vec<Subscription>) -> Result<Vec<SubscriptionView>> {
        let now = self.now();
        let ids: Vec<SubscriptionId> = rows.iter().map(|row| row.id).collect();
        let pairs = tx.channels_of_subscriptions(&ids).await?;
        let mut views = Vec::with_capacity(rows.len());
        for row in rows {
            let names = names(tx, &row.target).await?;
            let last = tx.last_message_of(row.id).await?;
            views.push(SubscriptionView {
                id: row.id,
                names,
                settings: row.settings.read()?,
                inbox: row.inbox,
                channels: pairs.iter().filter(|(id, _)| *id == row.id).map(|(_, channel)| *channel).collect(),
                created_at: row.created_at,
                muted: row.muted_until.filter(|until| *until > now).zip(row.muted_why),
                last: last.map(|message| message.body.read()).transpose()?,
                target: row.target,
            });
        }
        Ok(views)
    }
}

fn missing() -> EngineError {
    EngineError::NotFound("subscription")
}

/// A subscription of someone's own that has not ended. Somebody else's is not there.
pub(super) async fn own(tx: &mut Tx, owner: &Actor, id: SubscriptionId) -> Result<Subscription> {
    let row = tx.subscription(id).await.map_err(|_| missing())?;
    if row.owner.as_ref() == Some(owner) && row.ended_at.is_none() { Ok(row) } else { Err(missing()) }
}

async fn change(
    tx: &mut Tx,
    mut row: Subscription,
    wanted: &NewSubscription,
    now: DateTime<Utc>,
) -> Result<()> {
    let settings = JsonText::of(&wanted.settings)?;
    if settings != row.settings {
        tx.forget_watches(row.id).await?;
    }
    row.settings = settings;
    row.inbox = wanted.inbox;
    row.changed_at = now;
    tx.update_subscription(&row).await?;
    Ok(tx.set_subscription_channels(row.id, &wanted.channels).await?)
}

async fn check_target(tx: &mut Tx, target: &Target) -> Result<()> {
    let there = match target {
        Target::All | Target::Search(_) | Target::Tag(_) => true,
        Target::Claim(id) => tx.claim(*id).await.is_ok_and(|claim| claim.published_at.is_some()),
        Target::Source(id) => tx.source(id).await.is_ok(),
    };
    if there {
        return Ok(());
    }
    Err(EngineError::invalid("target", "unknown", format!("there is no `{target}` to follow")))
}

async fn check_ways(tx: &mut Tx, owner: &Actor, wanted: &NewSubscription) -> Result<()> {
    if !wanted.inbox && wanted.channels.is_empty() {
        let message = "nothing would be told anywhere: choose the inbox or a channel";
        return Err(EngineError::invalid("channels", "required", message));
    }
    let found = tx.channels(&wanted.channels).await?;
    for id in &wanted.channels {
        if !found.iter().any(|c| c.id == *id && c.owner.as_ref() == Some(owner) && c.state != "removed") {
            return Err(EngineError::invalid("channels", "unknown", format!("you have no channel {id}")));
        }
    }
    Ok(())
}

/// The title and the path of what is followed.
async fn names(tx: &mut Tx, target: &Target) -> Result<Option<(String, String)>> {
    Ok(match target {
        Target::Claim(id) => {
            let claim = tx.claim(*id).await?;
            Some((claim.title, format!("/claims/{}", claim.slug)))
        }
        Target::Source(id) => Some((tx.source(id).await?.title, format!("/sources/{id}"))),
        Target::All | Target::Tag(_) | Target::Search(_) => None,
    })
}

async fn record(tx: &mut Tx, actor: &Actor, kind: &str, id: SubscriptionId, at: DateTime<Utc>) -> Result<()> {
    // What somebody follows is their own affair: the record says that something changed, not what.
    tx.record(&Change { at, actor, kind, claim: None, subject: id.to_string(), body: json!({}) }).await?;
    Ok(())
}
