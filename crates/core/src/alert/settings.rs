//! What one subscription asks for.

use std::{collections::BTreeMap, fmt};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{Clock, Due, MoveRule, Pace, QuietHours, Span, Topic, Zone};

/// A setting that cannot be: which, what it says, what it may say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} is `{value}`: give {want}")]
pub struct BadSetting {
    /// The setting.
    pub name: &'static str,
    /// What it says.
    pub value: String,
    /// What it may say.
    pub want: String,
}

impl BadSetting {
    /// Cuts what was given to 100 characters.
    pub(super) fn new(name: &'static str, value: impl fmt::Display, want: impl Into<String>) -> Self {
        Self { name, value: value.to_string().chars().take(100).collect(), want: want.into() }
    }
}

/// What one subscription asks for. What is left out is as usual: moves of at least 3 pts since the last alert, proposals,
/// objections, outcomes and reversals at once, new signals once a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, try_from = "WrittenSettings")]
pub struct Settings {
    /// What is told, and how soon.
    pub topics: BTreeMap<Topic, Pace>,
    /// Which movements are worth telling, where moves are told.
    pub moves: MoveRule,
    /// The time of day of daily messages.
    pub daily_at: Clock,
    /// Hours in which nothing is sent.
    pub quiet: Option<QuietHours>,
    /// Whose hours these are.
    pub zone: Zone,
    /// Whether outcomes and reversals are sent in quiet hours too.
    pub urgent_outcomes: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSettings {
    #[serde(default = "usual_topics")]
    topics: BTreeMap<Topic, Pace>,
    #[serde(default)]
    moves: MoveRule,
    #[serde(default = "eight")]
    daily_at: Clock,
    #[serde(default)]
    quiet: Option<QuietHours>,
    #[serde(default = "utc")]
    zone: Zone,
    #[serde(default)]
    urgent_outcomes: bool,
}

fn usual_topics() -> BTreeMap<Topic, Pace> {
    let at_once = [Topic::Move, Topic::Proposal, Topic::Objection, Topic::Resolution, Topic::Reversal];
    at_once.into_iter().map(|t| (t, Pace::AtOnce)).chain([(Topic::Signal, Pace::Daily)]).collect()
}

fn eight() -> Clock {
    Clock::EIGHT
}

fn utc() -> Zone {
    Zone::UTC
}

impl TryFrom<WrittenSettings> for Settings {
    type Error = BadSetting;

    fn try_from(w: WrittenSettings) -> Result<Self, BadSetting> {
        if w.topics.is_empty() {
            return Err(BadSetting::new("topics", "{}", "at least one topic, such as `move: at_once`"));
        }
        if w.topics.contains_key(&Topic::Other) {
            return Err(BadSetting::new("topics", "other", "topics that can be subscribed to"));
        }
        Ok(Self {
            topics: w.topics,
            moves: w.moves,
            daily_at: w.daily_at,
            quiet: w.quiet,
            zone: w.zone,
            urgent_outcomes: w.urgent_outcomes,
        })
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            topics: usual_topics(),
            moves: MoveRule::default(),
            daily_at: eight(),
            quiet: None,
            zone: utc(),
            urgent_outcomes: false,
        }
    }
}

impl Settings {
    /// When a notice of a topic that is raised at `now` goes out; `None` where the topic is not asked for.
    /// `late`: it tells of something long past, as after a downtime; then it shares a message with the others.
    pub fn due(&self, topic: Topic, now: DateTime<Utc>, late: bool) -> Option<Due> {
        let pace = *self.topics.get(&topic)?;
        let (at, grouped) = match pace {
            Pace::AtOnce => (now, late),
            Pace::Within(span) => (now + TimeDelta::from(span), true),
            Pace::Daily => (self.zone.next(self.daily_at, now), true),
        };
        let urgent = self.urgent_outcomes && matches!(topic, Topic::Resolution | Topic::Reversal);
        match self.quiet.filter(|_| !urgent).and_then(|quiet| quiet.end(self.zone, at)) {
            Some(end) => Some(Due { at: end, grouped: true }),
            None => Some(Due { at, grouped }),
        }
    }

    /// In one sentence, for "you get this because".
    pub fn in_words(&self) -> String {
        let mut parts = Vec::new();
        for (topic, pace) in &self.topics {
            let what = match topic {
                Topic::Move => {
                    let against = match self.moves.baseline() {
                        super::Baseline::LastAlert => "since the last alert",
                        super::Baseline::LastVisit => "since your last visit",
                        super::Baseline::MyForecast => "from your forecast",
                    };
                    format!("moves of at least {}\u{a0}pts {against}", self.moves.at_least())
                }
                other => other.in_words().to_owned(),
            };
            let how = match pace {
                Pace::AtOnce => String::new(),
                Pace::Within(span) => format!(" (together, within {})", span_in_words(*span)),
                Pace::Daily => format!(" (daily at {}{})", self.daily_at, zone_in_words(self.zone)),
            };
            parts.push(format!("{what}{how}"));
        }
        let words = join(&parts);
        match self.quiet {
            Some(quiet) => {
                format!("{words}; quiet from {} to {}{}", quiet.from, quiet.to, zone_in_words(self.zone))
            }
            None => words,
        }
    }
}

fn zone_in_words(zone: Zone) -> String {
    format!("\u{a0}{zone}")
}

fn span_in_words(span: Span) -> String {
    let n = span.as_seconds();
    let (n, unit) = match n {
        n if n >= 86_400 && n.is_multiple_of(86_400) => (n / 86_400, "d"),
        n if n >= 3_600 && n.is_multiple_of(3_600) => (n / 3_600, "h"),
        n if n >= 60 && n.is_multiple_of(60) => (n / 60, "min"),
        n => (n, "s"),
    };
    format!("{n}\u{a0}{unit}")
}

/// `a, b and c`.
fn join(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(value: Value) -> Result<Settings, serde_json::Error> {
        serde_json::from_value(value)
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn nothing_written_is_the_usual_and_reads_back() {
        let usual = read(json!({})).unwrap();
        assert_eq!(usual, Settings::default());
        assert_eq!(read(serde_json::to_value(&usual).unwrap()).unwrap(), usual);
        let words = "moves of at least 3\u{a0}pts since the last alert, new signals (daily at 08:00\u{a0}UTC), \
                     proposals, objections, outcomes and reversals";
        assert_eq!(usual.in_words(), words);
    }

    #[test]
    fn b35_rules_that_cannot_be_are_refused_by_name() {
        let cases = [
            (json!({"moves": {"at_least": 0}}), "at_least"),
            (json!({"moves": {"at_least": 101}}), "at_least"),
            (json!({"moves": {"at_least": -1}}), "at_least"),
            (json!({"moves": {"rearm": -0.5}}), "rearm"),
            (json!({"moves": {"at_least": 2, "rearm": 3}}), "rearm"),
            (json!({"moves": {"confirmations": 0}}), "confirmations"),
            (json!({"moves": {"cooldown": "a week"}}), "a week"),
            (json!({"quiet": {"from": "25:00", "to": "07:00"}}), "25:00"),
            (json!({"zone": "Mars/Base"}), "Mars/Base"),
            (json!({"topics": {}}), "topics"),
            (json!({"topics": {"other": "at_once"}}), "other"),
            (json!({"topics": {"gossip": "at_once"}}), "gossip"),
            (json!({"topics": {"move": "0s"}}), "0s"),
            (json!({"colour": "red"}), "colour"),
        ];
        for (value, named) in cases {
            let error = read(value.clone()).unwrap_err().to_string();
            assert!(error.contains(named), "{value}: {error}");
        }
        let nan = MoveRule::new(f64::NAN, 1.0, 1, super::super::Baseline::LastAlert, Span::seconds(0));
        assert!(nan.is_err());
    }

    #[test]
    fn a15_what_comes_in_quiet_hours_waits_for_their_end_and_shares_a_message() {
        let settings = read(json!({
            "quiet": {"from": "22:00", "to": "07:00"}, "zone": "Europe/Berlin", "urgent_outcomes": true,
        }))
        .unwrap();
        let night = at("2026-06-10T23:00:00Z");
        let morning = Due { at: at("2026-06-11T05:00:00Z"), grouped: true };
        assert_eq!(settings.due(Topic::Proposal, night, false), Some(morning));
        assert_eq!(settings.due(Topic::Resolution, night, false), Some(Due { at: night, grouped: false }));
        assert_eq!(settings.due(Topic::Evidence, night, false), None, "not asked for");
        let noon = at("2026-06-11T10:00:00Z");
        assert_eq!(settings.due(Topic::Proposal, noon, false), Some(Due { at: noon, grouped: false }));
        assert_eq!(settings.due(Topic::Proposal, noon, true), Some(Due { at: noon, grouped: true }));
        let daily = Due { at: at("2026-06-12T06:00:00Z"), grouped: true };
        assert_eq!(settings.due(Topic::Signal, noon, false), Some(daily));
    }
}
