//! Channels: webhooks and mailboxes; added, proven, rotated, given up, taken up again.

use bellwether_alerts::{Outcome, Post, Rendered, SealKey, Shape, SigningSecret, open, seal};
use bellwether_core::{
    actor::Actor,
    alert::{Message, WaysOut},
    ids::{ChannelId, MessageId, Sha256},
};
use bellwether_store::{Attempt, Change, Channel, Delivery, JsonText, Message as MessageRow, Tx};
use chrono::{DateTime, Utc};
use serde_json::json;
use url::Url;

use super::outgoing;
use crate::{Engine, EngineError, Result, ids::new_uuid};

/// The longest list of deliveries.
const LISTED: i64 = 100;

/// A channel as its owner sees it. Neither its address nor its secret is shown again.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelView {
    /// Identity.
    pub id: ChannelId,
    /// `webhook` or `email`.
    pub kind: String,
    /// As lists show it.
    pub name: String,
    /// In which shape a webhook's body is written.
    pub shape: Shape,
    /// `unproven`, `active`, `disabled` or `suppressed`.
    pub state: String,
    /// Why it is not active.
    pub reason: Option<String>,
    /// Failures in a row.
    pub failures: u64,
    /// Since when it fails.
    pub failing_since: Option<DateTime<Utc>>,
    /// The last success.
    pub succeeded_at: Option<DateTime<Utc>>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
}

/// A webhook that was just added, or whose secret was just changed.
#[derive(Clone, Debug)]
pub struct Keyed {
    /// The channel.
    pub channel: ChannelView,
    /// The secret that signs what is sent: shown this once.
    pub secret: SigningSecret,
}

/// How a trial of a channel went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It answered with the challenge: it is active.
    Proven,
    /// It took the message; whoever reads it there types the code here.
    CodeSent,
    /// It did neither; the sentence says what it did.
    Refused(String),
}

/// A message on its way through a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct DeliveryView {
    /// The delivery.
    pub delivery: Delivery,
    /// The message in a line.
    pub subject: String,
    /// Every try, in their order.
    pub attempts: Vec<Attempt>,
}

/// A channel with its seal broken, for as long as something is sent through it.
pub(super) struct Opened {
    pub(super) url: Url,
    pub(super) shape: Shape,
    pub(super) secrets: Vec<SigningSecret>,
}

impl Engine {
    /// Adds a webhook. It gets nothing but a challenge until it is proven: nobody can make this server knock at doors of
    /// strangers. The secret is shown this once.
    ///
    /// # Errors
    /// A field error of `url` for an address that may not be asked; a conflict when there are too many, or where this
    /// installation has no key to seal secrets with.
    pub async fn add_webhook(&self, owner: &Actor, url: &str, shape: Shape) -> Result<Keyed> {
        let now = self.now();
        let key = self.seal_key()?;
        let url = self
            .outside()?
            .fetcher()
            .policy()
            .check_url(url.trim())
            .map_err(|e| EngineError::invalid("url", e.code(), e.to_string()))?;
        let id = ChannelId(new_uuid(now));
        let secret = new_secret()?;
        let row = Channel {
            id,
            owner: Some(owner.clone()),
            kind: "webhook".into(),
            name: url.host_str().unwrap_or_default().to_owned(),
            address: sealed(key, url.as_str(), id, "address")?,
            address_sha256: Sha256::of(url.as_str().as_bytes()),
            shape: shape.to_string().as_str().into(),
            secret: Some(sealed(key, &secret.reveal(), id, "secret")?),
            old_secret: None,
            old_secret_until: None,
            state: "unproven".into(),
            reason: Some("it has not answered the challenge yet".to_owned()),
            challenge: None,
            created_at: now,
            proven_at: None,
            failures: 0,
            failing_since: None,
            succeeded_at: None,
        };
        let mut tx = self.write().await?;
        let most = self.alerts().channels;
        if tx.count_channels(owner).await? >= i64::from(most) {
            return Err(EngineError::Conflict(format!(
                "you have {most} channels, the most there can be; remove one first"
            )));
        }
        tx.insert_channel(&row).await?;
        record(&mut tx, owner, "channel.added", id, now).await?;
        tx.commit().await?;
        Ok(Keyed { channel: view(row)?, secret })
    }

    /// Sends a channel its challenge. A program proves itself by answering with it; where people read, they find a code
    /// there and [`Self::confirm_channel`] takes it.
    pub async fn prove_channel(&self, owner: &Actor, id: ChannelId) -> Result<Proof> {
        let now = self.now();
        let code = new_code()?;
        let mut tx = self.write().await?;
        let mut row = own(&mut tx, owner, id).await?;
        row.challenge = Some(Sha256::of(code.as_bytes()));
        tx.update_channel(&row).await?;
        tx.commit().await?;
        let opened = self.open_channel(&row)?;
        let courier = self.courier()?;
        let id_of_try = format!("msg_{}", new_uuid(now).simple());
        let machine = opened.shape == Shape::Standard;
        let sent = verification(&opened, &id_of_try, &code, self, now);
        let headers = bellwether_alerts::headers(&id_of_try, Utc::now(), &sent.body, &opened.secrets);
        let post = Post {
            url: &sent.url,
            headers: headers.to_vec(),
            content_type: sent.content_type,
            body: &sent.body,
        };
        let tried = courier.post(&post).await;
        let taken = matches!(tried.outcome, Outcome::Delivered);
        let echoed = taken && tried.excerpt.as_deref().is_some_and(|text| text.contains(&code));
        if echoed && machine {
            self.proven(owner, id).await?;
            return Ok(Proof::Proven);
        }
        if taken && !machine {
            return Ok(Proof::CodeSent);
        }
        Ok(Proof::Refused(match (taken, tried.status, tried.reason) {
            (true, Some(status), _) => {
                format!(
                    "it answered {status}, but not with the challenge: send `data.challenge` back in the body"
                )
            }
            (_, _, Some(reason)) => reason,
            (_, Some(status), None) => format!("it answered {status}"),
            (_, None, None) => "it did not answer".to_owned(),
        }))
    }

    /// Takes the code that was sent through a channel.
    ///
    /// # Errors
    /// A field error of `code` for another one.
    pub async fn confirm_channel(&self, owner: &Actor, id: ChannelId, code: &str) -> Result<()> {
        let row = own(&mut self.read().await?, owner, id).await?;
        if row.challenge != Some(Sha256::of(code.trim().as_bytes())) {
            return Err(EngineError::invalid(
                "code",
                "wrong",
                "this is not the code that was sent there last",
            ));
        }
        self.proven(owner, id).await
    }

    async fn proven(&self, owner: &Actor, id: ChannelId) -> Result<()> {
        let now = self.now();
        let mut tx = self.write().await?;
        let mut row = own(&mut tx, owner, id).await?;
        row.state = "active".into();
        row.reason = None;
        row.challenge = None;
        row.proven_at = Some(now);
        row.failures = 0;
        row.failing_since = None;
        tx.update_channel(&row).await?;
        record(&mut tx, owner, "channel.proven", id, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Gives a webhook a new secret; the old one signs too for a while (a day).
    pub async fn rotate_channel(&self, owner: &Actor, id: ChannelId) -> Result<Keyed> {
        let now = self.now();
        let key = self.seal_key()?;
        let secret = new_secret()?;
        let mut tx = self.write().await?;
        let mut row = own(&mut tx, owner, id).await?;
        row.old_secret = row.secret.take();
        row.old_secret_until = Some(now + self.alerts().rotation);
        row.secret = Some(sealed(key, &secret.reveal(), id, "secret")?);
        // Both are sealed for the same place: which of them it is, its column says.
        tx.update_channel(&row).await?;
        record(&mut tx, owner, "channel.rotated", id, now).await?;
        tx.commit().await?;
        Ok(Keyed { channel: view(row)?, secret })
    }

    /// Takes a channel up again that was given up; with `since` also what did not arrive from then on, in its order.
    /// How many messages that are.
    ///
    /// # Errors
    /// A conflict for one that was never proven.
    pub async fn enable_channel(
        &self,
        owner: &Actor,
        id: ChannelId,
        since: Option<DateTime<Utc>>,
    ) -> Result<u64> {
        let now = self.now();
        let mut tx = self.write().await?;
        let mut row = own(&mut tx, owner, id).await?;
        if row.proven_at.is_none() {
            return Err(EngineError::Conflict("this channel was never proven: prove it first".into()));
        }
        row.state = "active".into();
        row.reason = None;
        row.failures = 0;
        row.failing_since = None;
        tx.update_channel(&row).await?;
        let mut again = 0;
        if let Some(since) = since {
            for mut delivery in tx.undelivered_since(id, since, 10_000).await? {
                ready(&mut delivery, now);
                tx.update_delivery(&delivery).await?;
                again += 1;
            }
        }
        record(&mut tx, owner, "channel.enabled", id, now).await?;
        tx.commit().await?;
        Ok(again)
    }

    /// Removes a channel; what is on its way through it is not sent.
    pub async fn remove_channel(&self, owner: &Actor, id: ChannelId) -> Result<()> {
        let now = self.now();
        let mut tx = self.write().await?;
        let mut row = own(&mut tx, owner, id).await?;
        row.state = "removed".into();
        row.reason = Some("removed by its owner".to_owned());
        tx.cancel_deliveries(id, now).await?;
        tx.update_channel(&row).await?;
        record(&mut tx, owner, "channel.removed", id, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Sends a message through a channel that says it is a trial.
    pub async fn try_channel(&self, owner: &Actor, id: ChannelId) -> Result<()> {
        let now = self.now();
        let mut tx = self.write().await?;
        let row = own(&mut tx, owner, id).await?;
        if row.state != "active" {
            return Err(EngineError::Conflict(format!(
                "this channel is {}: prove or enable it first",
                row.state.as_str()
            )));
        }
        let message = MessageId(new_uuid(now));
        let page = self.alerts().link("/alerts/channels");
        let body = Message {
            id: outgoing::name(message),
            at: now,
            subject: "A trial from Bellwether".to_owned(),
            notices: Vec::new(),
            why: "Somebody pressed “Send a trial” beside this channel.".to_owned(),
            ways_out: WaysOut { manage: page.clone(), mute: page, raise: None, unsubscribe: None },
        };
        tx.insert_messages(&[MessageRow {
            id: message,
            subscription: None,
            owner: None,
            at: now,
            subject: body.subject.clone(),
            body: JsonText::of(&body)?,
            read_at: None,
        }])
        .await?;
        tx.add_deliveries(&[(message, id)], now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Sends a message again through the channel it went through, under its own id. One that waits already is left.
    ///
    /// # Errors
    /// Not found where it is somebody else's; a conflict where the channel is not active.
    pub async fn redeliver(&self, owner: &Actor, n: i64) -> Result<()> {
        let now = self.now();
        let mut tx = self.write().await?;
        let missing = || EngineError::NotFound("delivery");
        let mut delivery = tx.delivery(n).await?.ok_or_else(missing)?;
        let row = own(&mut tx, owner, delivery.channel).await.map_err(|_| missing())?;
        if row.state != "active" {
            return Err(EngineError::Conflict(format!(
                "this channel is {}: enable it first",
                row.state.as_str()
            )));
        }
        if delivery.state != "ready" {
            ready(&mut delivery, now);
            tx.update_delivery(&delivery).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Someone's channels, oldest first.
    pub async fn channels(&self, owner: &Actor) -> Result<Vec<ChannelView>> {
        self.read().await?.channels_of(owner).await?.into_iter().map(view).collect()
    }

    /// One of someone's channels.
    pub async fn channel(&self, owner: &Actor, id: ChannelId) -> Result<ChannelView> {
        view(own(&mut self.read().await?, owner, id).await?)
    }

    /// What went through a channel, newest first, before a number; `i64::MAX` begins with the newest.
    pub async fn deliveries(&self, owner: &Actor, id: ChannelId, before: i64) -> Result<Vec<DeliveryView>> {
        let mut tx = self.read().await?;
        own(&mut tx, owner, id).await?;
        let rows = tx.deliveries_of_channel(id, before, LISTED).await?;
        let attempts = tx.attempts_of(&rows.iter().map(|d| d.n).collect::<Vec<_>>()).await?;
        let messages = tx.messages(&rows.iter().map(|d| d.message).collect::<Vec<_>>()).await?;
        Ok(rows
            .into_iter()
            .map(|delivery| DeliveryView {
                subject: messages
                    .iter()
                    .find(|m| m.id == delivery.message)
                    .map(|m| m.subject.clone())
                    .unwrap_or_default(),
                attempts: attempts.iter().filter(|a| a.delivery == delivery.n).cloned().collect(),
                delivery,
            })
            .collect())
    }

    /// Breaks a channel's seal.
    pub(super) fn open_channel(&self, row: &Channel) -> Result<Opened> {
        let key = self.seal_key()?;
        let read =
            |text: &str, what: &str| open(key, text, &context(row.id, what)).map_err(EngineError::internal);
        let now = self.now();
        let mut secrets = Vec::new();
        let old = row.old_secret.as_ref().filter(|_| row.old_secret_until.is_some_and(|until| until > now));
        for sealed in row.secret.iter().chain(old) {
            secrets.push(read(sealed, "secret")?.parse().map_err(EngineError::internal)?);
        }
        Ok(Opened {
            url: Url::parse(&read(&row.address, "address")?).map_err(EngineError::internal)?,
            shape: row.shape.as_str().parse().map_err(EngineError::internal)?,
            secrets,
        })
    }

    fn seal_key(&self) -> Result<&SealKey> {
        self.alerts().key.as_ref().ok_or_else(|| {
            let why = "this installation has no key to seal secrets with: start it with --key-file";
            EngineError::Conflict(why.to_owned())
        })
    }
}

/// Takes a channel up for another try: a new schedule begins, the id stays.
fn ready(delivery: &mut Delivery, now: DateTime<Utc>) {
    delivery.state = "ready".into();
    delivery.tries = 0;
    delivery.next_at = now;
    delivery.ended_at = None;
}

fn view(row: Channel) -> Result<ChannelView> {
    Ok(ChannelView {
        id: row.id,
        kind: row.kind.as_str().to_owned(),
        name: row.name,
        shape: row.shape.as_str().parse().map_err(EngineError::internal)?,
        state: row.state.as_str().to_owned(),
        reason: row.reason,
        failures: u64::try_from(row.failures).unwrap_or(0),
        failing_since: row.failing_since,
        succeeded_at: row.succeeded_at,
        created_at: row.created_at,
    })
}

async fn own(tx: &mut Tx, owner: &Actor, id: ChannelId) -> Result<Channel> {
    let missing = || EngineError::NotFound("channel");
    let row = tx.channel(id).await.map_err(|_| missing())?;
    if row.owner.as_ref() == Some(owner) && row.state != "removed" { Ok(row) } else { Err(missing()) }
}

fn context(id: ChannelId, what: &str) -> String {
    format!("channel {id} {what}")
}

fn sealed(key: &SealKey, plain: &str, id: ChannelId, what: &str) -> Result<String> {
    let mut nonce = [0; 12];
    getrandom::fill(&mut nonce).map_err(|e| EngineError::internal(e.to_string()))?;
    Ok(seal(key, nonce, plain, &context(id, what)))
}

fn new_secret() -> Result<SigningSecret> {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits).map_err(|e| EngineError::internal(e.to_string()))?;
    SigningSecret::from_bytes(&bits).map_err(EngineError::internal)
}

/// What proves a channel: 80 random bits that people can type.
fn new_code() -> Result<String> {
    let mut bits = [0; 10];
    getrandom::fill(&mut bits).map_err(|e| EngineError::internal(e.to_string()))?;
    Ok(hex::encode(bits))
}

/// The one message that an unproven channel gets.
fn verification(opened: &Opened, id: &str, code: &str, engine: &Engine, now: DateTime<Utc>) -> Rendered {
    if opened.shape == Shape::Standard {
        let body = json!({ "type": "endpoint.verify", "timestamp": now, "data": { "challenge": code } });
        return Rendered {
            url: opened.url.clone(),
            content_type: "application/json",
            body: body.to_string().into_bytes(),
        };
    }
    let page = engine.alerts().link("/alerts/channels");
    let message = Message {
        id: id.to_owned(),
        at: now,
        subject: format!("Bellwether: the code is {code}"),
        notices: Vec::new(),
        why: "Somebody wants alerts sent here. If it was you, type the code where you added this channel."
            .to_owned(),
        ways_out: WaysOut { manage: page.clone(), mute: page, raise: None, unsubscribe: None },
    };
    bellwether_alerts::render(opened.shape, &message, &opened.url)
}

async fn record(tx: &mut Tx, actor: &Actor, kind: &str, id: ChannelId, at: DateTime<Utc>) -> Result<()> {
    tx.record(&Change { at, actor, kind, claim: None, subject: id.to_string(), body: json!({}) }).await?;
    Ok(())
}
