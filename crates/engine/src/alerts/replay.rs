//! "You would have had 4 alerts in the last 30 days": the events of that time, told on trial.

use std::collections::BTreeMap;

use bellwether_core::{
    actor::Actor,
    alert::{Notice, Settings, Target},
    ids::SubscriptionId,
};
use bellwether_store::{JsonText, Subscription};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{fan_out::FanOut, outgoing};
use crate::{Engine, Result};

/// So many events are looked at, the newest.
const MOST: i64 = 20_000;

/// What a subscription would have told.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// Over how many days.
    pub days: i64,
    /// The messages, oldest first.
    pub messages: Vec<WouldHave>,
    /// There were more events than were looked at: it would have been more.
    pub cut: bool,
}

/// A message that would have been sent.
#[derive(Clone, Debug, PartialEq)]
pub struct WouldHave {
    /// When.
    pub at: DateTime<Utc>,
    /// Its first line.
    pub subject: String,
    /// What it would have told.
    pub notices: Vec<Notice>,
}

impl Engine {
    /// What a subscription with these settings would have told its owner in the last so many days, 1 to 366.
    pub async fn would_have_told(
        &self,
        owner: &Actor,
        target: &Target,
        settings: &Settings,
        days: i64,
    ) -> Result<Replay> {
        let now = self.now();
        let days = days.clamp(1, 366);
        let mut tx = self.read().await?;
        let claim = match target {
            Target::Claim(id) => Some(*id),
            _ => None,
        };
        let events = tx.events_since(claim, now - TimeDelta::days(days), MOST).await?;
        let only = Subscription {
            id: SubscriptionId(Uuid::nil()),
            owner: Some(owner.clone()),
            target: target.clone(),
            settings: JsonText::of(settings)?,
            inbox: true,
            from_seq: 0,
            created_at: now,
            changed_at: now,
            muted_until: None,
            muted_why: None,
            ended_at: None,
            ended_why: None,
        };
        let setup = super::Setup { late: TimeDelta::days(10 * 366), ..self.alerts().clone() };
        let mut watches = BTreeMap::new();
        let mut told: BTreeMap<DateTime<Utc>, Vec<Vec<Notice>>> = BTreeMap::new();
        for part in events.chunks(500) {
            let mut work = FanOut::new(&setup, &mut tx, part, now, Some(&only)).await?.remembering(watches);
            work.tell(&mut tx, part).await?;
            let (outgoing, remembered) = work.on_trial();
            watches = remembered;
            for (at, notices) in outgoing.on_trial()? {
                told.entry(at).or_default().push(notices);
            }
        }
        let cut = i64::try_from(events.len()).is_ok_and(|n| n >= MOST);
        let messages = told
            .into_iter()
            .flat_map(|(at, all)| all.into_iter().map(move |notices| (at, notices)))
            .filter(|(at, _)| *at <= now)
            .map(|(at, notices)| WouldHave { at, subject: outgoing::subject(&notices), notices })
            .collect();
        Ok(Replay { days, messages, cut })
    }
}
