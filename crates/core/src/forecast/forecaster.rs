//! Whoever has an opinion, under one name everywhere: tables, pages and the API.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{actor::Actor, stream::Stream};

/// Whoever has an opinion on a claim.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Forecaster {
    /// A person, a bot, the local operator or a part of Bellwether: `person:ada`, `bot:x`, `operator`, `system:demo`.
    By(Actor),
    /// A line on the chart: `stream:crowd`, `stream:external:polymarket`.
    Stream(Stream),
    /// The claim's own number: `stream:headline`.
    Headline,
    /// The naive forecaster who gives every option the same chance: `baseline:even`.
    Even,
    /// The naive forecaster who says how often claims of the past came true: `baseline:rate`.
    BaseRate,
}

/// What sort of forecaster it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForecasterKind {
    /// A person with an account, or the local operator.
    Person,
    /// A program: an account of its own, or a part of Bellwether.
    Bot,
    /// A line on the chart, the headline too.
    Stream,
    /// A naive forecaster that anyone with an opinion should beat.
    Baseline,
}

/// Why a text names no forecaster.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no forecaster: use person:NAME, bot:NAME, operator, system:PART, stream:NAME, stream:headline, \
     baseline:even or baseline:rate"
)]
pub struct BadForecaster(pub String);

impl Forecaster {
    /// What sort it is.
    pub fn kind(&self) -> ForecasterKind {
        match self {
            Self::By(Actor::Operator | Actor::Person(_)) => ForecasterKind::Person,
            Self::By(Actor::Bot(_) | Actor::System(_)) => ForecasterKind::Bot,
            Self::Stream(_) | Self::Headline => ForecasterKind::Stream,
            Self::Even | Self::BaseRate => ForecasterKind::Baseline,
        }
    }

    /// The name on pages.
    pub fn title(&self) -> String {
        match self {
            Self::By(Actor::Operator) => "Operator".to_owned(),
            Self::By(Actor::Person(handle) | Actor::Bot(handle)) => handle.to_string(),
            Self::By(Actor::System(part)) => part.clone(),
            Self::Stream(stream) => stream.title(),
            Self::Headline => "Headline".to_owned(),
            Self::Even => "Always 50%".to_owned(),
            Self::BaseRate => "Base rate".to_owned(),
        }
    }
}

impl ForecasterKind {
    /// Every kind, in the order of filters on pages.
    pub const ALL: [Self; 4] = [Self::Person, Self::Bot, Self::Stream, Self::Baseline];

    /// Its word in addresses and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Bot => "bot",
            Self::Stream => "stream",
            Self::Baseline => "baseline",
        }
    }
}

impl fmt::Display for ForecasterKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ForecasterKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            format!("`{shown}` is no kind of forecaster: use person, bot, stream or baseline")
        })
    }
}

impl fmt::Display for Forecaster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::By(actor) => actor.fmt(f),
            Self::Stream(stream) => write!(f, "stream:{stream}"),
            Self::Headline => f.write_str("stream:headline"),
            Self::Even => f.write_str("baseline:even"),
            Self::BaseRate => f.write_str("baseline:rate"),
        }
    }
}

impl FromStr for Forecaster {
    type Err = BadForecaster;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadForecaster(text.chars().take(100).collect());
        match text.split_once(':') {
            Some(("stream", "headline")) => Ok(Self::Headline),
            Some(("stream", stream)) => stream.parse().map(Self::Stream).map_err(|_| bad()),
            Some(("baseline", "even")) => Ok(Self::Even),
            Some(("baseline", "rate")) => Ok(Self::BaseRate),
            _ => Actor::try_from(text.to_owned()).map(Self::By).map_err(|_| bad()),
        }
    }
}

impl TryFrom<String> for Forecaster {
    type Error = BadForecaster;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Forecaster> for String {
    fn from(forecaster: Forecaster) -> Self {
        forecaster.to_string()
    }
}

impl From<Actor> for Forecaster {
    fn from(actor: Actor) -> Self {
        Self::By(actor)
    }
}

impl From<Stream> for Forecaster {
    fn from(stream: Stream) -> Self {
        Self::Stream(stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forecaster_reads_back_as_it_was_written() {
        for text in [
            "person:ada",
            "bot:gpt-5",
            "operator",
            "system:demo",
            "stream:crowd",
            "stream:market",
            "stream:external:polymarket",
            "stream:headline",
            "baseline:even",
            "baseline:rate",
        ] {
            assert_eq!(text.parse::<Forecaster>().unwrap().to_string(), text);
        }
        for bad in
            ["", "ada", "stream:", "stream:nobody", "baseline:", "baseline:half", "person:", "Person:ada"]
        {
            assert!(bad.parse::<Forecaster>().is_err(), "{bad}");
        }
    }
}
