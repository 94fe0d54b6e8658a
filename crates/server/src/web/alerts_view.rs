//! What the pages of alerts show.

use askama::Template;
use bellwether_core::{
    alert::{Baseline, Settings, Target, Topic},
    ids::{ChannelId, SubscriptionId},
};
use bellwether_engine::alerts::{InboxMessage, Replay, SubscriptionView};
use chrono::{DateTime, Utc};

use super::{evidence_view::Errors, figures, parts::When, shell::Shell};
use crate::extract::Form;

/// The button "Get alerts".
#[derive(Clone, Debug)]
pub(crate) struct Follow {
    /// What would be followed, as forms write it.
    pub target: String,
    /// The subscription, where it is followed already.
    pub on: Option<SubscriptionId>,
}

/// All that someone follows.
#[derive(Clone, Debug, Template)]
#[template(path = "alerts.html")]
pub(crate) struct AlertsPage {
    /// The frame.
    pub shell: Shell,
    /// Oldest first.
    pub rows: Vec<Row>,
}

impl AlertsPage {
    fn now(&self) -> DateTime<Utc> {
        self.shell.now
    }
}

/// A subscription in a list.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Identity.
    pub id: SubscriptionId,
    /// What is followed, and where it is.
    pub title: String,
    /// Its page.
    pub href: String,
    /// What is told.
    pub says: String,
    /// Until when it is muted, and who said so.
    pub muted: Option<(DateTime<Utc>, String)>,
    /// The last message.
    pub last: Option<(DateTime<Utc>, String)>,
}

impl Row {
    /// A subscription as its list shows it.
    pub(crate) fn of(view: SubscriptionView) -> Self {
        let href = match (&view.names, &view.target) {
            (Some((_, path)), _) => path.clone(),
            (None, Target::Tag(tag)) => link("tag", tag),
            (None, Target::Search(words)) => link("q", words),
            (None, _) => "/".to_owned(),
        };
        let mut says = view.settings.in_words();
        if !view.inbox {
            says.push_str("; not in the inbox");
        }
        Self {
            title: followed(&view),
            id: view.id,
            href,
            says,
            muted: view.muted,
            last: view.last.map(|message| (message.at, message.subject)),
        }
    }
}

fn link(name: &str, value: &str) -> String {
    format!("/?{}", url::form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish())
}

/// What is followed, in words.
pub(crate) fn followed(view: &SubscriptionView) -> String {
    match (&view.names, &view.target) {
        (Some((title, _)), _) => title.clone(),
        (None, Target::Tag(tag)) => format!("Claims tagged {tag}"),
        (None, Target::Search(words)) => format!("Claims found by “{words}”"),
        (None, _) => "Everything".to_owned(),
    }
}

/// One subscription with its settings.
#[derive(Clone, Debug, Template)]
#[template(path = "alert.html")]
pub(crate) struct AlertPage {
    /// The frame.
    pub shell: Shell,
    /// What is followed.
    pub row: Row,
    /// What was just done.
    pub done: Option<&'static str>,
    /// The settings as they are in the form.
    pub choices: Choices,
    /// Each topic with its pace.
    pub topics: Vec<TopicRow>,
    /// The channels it may be sent to besides.
    pub ways: Vec<Way>,
    /// What they would have told.
    pub replay: Option<Replay>,
    /// What is wrong with them.
    pub errors: Errors,
}

impl AlertPage {
    fn now(&self) -> DateTime<Utc> {
        self.shell.now
    }

    fn baselines(&self) -> [(&'static str, &'static str, bool); 3] {
        [
            ("last_alert", "since the last alert"),
            ("last_visit", "since my last visit"),
            ("my_forecast", "from my own forecast"),
        ]
        .map(|(value, says)| (value, says, self.choices.baseline == value))
    }
}

/// A channel in the form.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    /// Identity.
    pub id: ChannelId,
    /// As lists show it.
    pub name: String,
    /// Whether it is active.
    pub state: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// One topic in the form.
#[derive(Clone, Debug)]
pub(crate) struct TopicRow {
    /// Its field.
    pub field: String,
    /// What it is called.
    pub label: &'static str,
    /// The paces to choose from: value, words, whether it is chosen.
    pub paces: Vec<(String, String, bool)>,
}

impl TopicRow {
    /// All topics that can be chosen.
    pub(crate) fn all(choices: &Choices) -> Vec<Self> {
        Topic::OFFERED
            .into_iter()
            .map(|topic| {
                let name = Choices::name(topic);
                let chosen = match choices.pace(&name) {
                    "" => "off",
                    pace => pace,
                };
                let mut paces = vec![
                    ("off".to_owned(), "not at all".to_owned()),
                    ("at_once".to_owned(), "at once".to_owned()),
                    ("1h".to_owned(), "together, each hour".to_owned()),
                    ("daily".to_owned(), "once a day".to_owned()),
                ];
                if !paces.iter().any(|(value, _)| value == chosen) {
                    paces.push((chosen.to_owned(), format!("together, within {chosen}")));
                }
                let paces = paces.into_iter().map(|(v, says)| (v.clone(), says, v == chosen)).collect();
                Self { field: format!("topic.{name}"), label: topic.in_words(), paces }
            })
            .collect()
    }
}

/// The settings as they stand in the form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choices {
    paces: Vec<(String, String)>,
    /// The threshold.
    pub at_least: String,
    /// Against what it is measured.
    pub baseline: String,
    /// For how long nothing more is told of the same claim.
    pub cooldown: String,
    /// When daily messages go out.
    pub daily_at: String,
    /// When quiet hours begin.
    pub quiet_from: String,
    /// When they end.
    pub quiet_to: String,
    /// Whose hours these are.
    pub zone: String,
    /// Whether outcomes are told in quiet hours too.
    pub urgent: bool,
    /// Whether it is told in the inbox.
    pub inbox: bool,
    channels: Vec<ChannelId>,
}

impl Choices {
    /// To which channels it is sent besides.
    pub(crate) fn channels(&self) -> Vec<ChannelId> {
        self.channels.clone()
    }

    /// Whether it is sent to a channel.
    pub(crate) fn sends_to(&self, id: ChannelId) -> bool {
        self.channels.contains(&id)
    }

    /// The name of a topic in forms and documents.
    pub(crate) fn name(topic: Topic) -> String {
        serde_json::to_value(topic).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// How soon a topic is told, as it stands in the form.
    pub(crate) fn pace(&self, topic: &str) -> &str {
        self.paces.iter().find(|(name, _)| name == topic).map_or("", |(_, pace)| pace)
    }

    /// The settings in force.
    pub(crate) fn of(view: &SubscriptionView) -> Self {
        let Settings { topics, moves, daily_at, quiet, zone, urgent_outcomes } = &view.settings;
        let baseline = match moves.baseline() {
            Baseline::LastAlert => "last_alert",
            Baseline::LastVisit => "last_visit",
            Baseline::MyForecast => "my_forecast",
        };
        Self {
            paces: topics.iter().map(|(topic, pace)| (Self::name(*topic), pace.to_string())).collect(),
            at_least: moves.at_least().to_string(),
            baseline: baseline.to_owned(),
            cooldown: moves.cooldown().to_string(),
            daily_at: daily_at.to_string(),
            quiet_from: quiet.map(|q| q.from.to_string()).unwrap_or_default(),
            quiet_to: quiet.map(|q| q.to.to_string()).unwrap_or_default(),
            zone: zone.to_string(),
            urgent: *urgent_outcomes,
            inbox: view.inbox,
            channels: view.channels.clone(),
        }
    }

    /// The settings as they were typed.
    pub(crate) fn typed(form: &Form) -> Self {
        let value = |name: &str| form.value(name).unwrap_or_default().trim().to_owned();
        let paces = form
            .fields()
            .filter_map(|(name, pace)| Some((name.strip_prefix("topic.")?.to_owned(), pace.to_owned())))
            .collect();
        Self {
            paces,
            at_least: value("at_least"),
            baseline: value("baseline"),
            cooldown: value("cooldown"),
            daily_at: value("daily_at"),
            quiet_from: value("quiet_from"),
            quiet_to: value("quiet_to"),
            zone: value("zone"),
            urgent: form.value("urgent") == Some("yes"),
            inbox: form.value("inbox") == Some("yes"),
            channels: form.values("channel").filter_map(|id| id.parse().ok()).collect(),
        }
    }
}

/// A question before something is changed.
#[derive(Clone, Debug, Template)]
#[template(path = "alert_ask.html")]
pub(crate) struct AskPage {
    /// The frame.
    pub shell: Shell,
    /// The subscription.
    pub id: String,
    /// `mute`, `raise`, `end`.
    pub what: String,
    /// What would be.
    pub says: String,
    /// What the button says.
    pub button: &'static str,
}

/// What someone was told.
#[derive(Clone, Debug, Template)]
#[template(path = "inbox.html")]
pub(crate) struct InboxPage {
    /// The frame.
    pub shell: Shell,
    /// Newest first.
    pub messages: Vec<InboxMessage>,
    /// How many are unread in all.
    pub unread: u64,
    /// The instant of the newest, up to which "read" marks.
    pub until: Option<DateTime<Utc>>,
    /// Older ones.
    pub next: Option<String>,
}

impl InboxPage {
    fn now(&self) -> DateTime<Utc> {
        self.shell.now
    }
}
