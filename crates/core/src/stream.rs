//! Streams: lines on the chart, their log-weights, and how the headline is made of them.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    document,
    ids::SourceId,
    probability::{LogOdds, Probability},
};

/// One line on the chart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Stream {
    /// The evidence ledger.
    Evidence,
    /// People's and bots' forecasts, aggregated.
    Crowd,
    /// Prices of the claim's market.
    Market,
    /// The trend model's baseline.
    Trend,
    /// The roundtable's first, independent round.
    Panel,
    /// An external site, by its name.
    External(SourceId),
}

/// Why a text names no stream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no stream: use evidence, crowd, market, trend, panel, or external:NAME")]
pub struct BadStream(pub String);

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Evidence => f.write_str("evidence"),
            Self::Crowd => f.write_str("crowd"),
            Self::Market => f.write_str("market"),
            Self::Trend => f.write_str("trend"),
            Self::Panel => f.write_str("panel"),
            Self::External(site) => write!(f, "external:{site}"),
        }
    }
}

impl FromStr for Stream {
    type Err = BadStream;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "evidence" => Self::Evidence,
            "crowd" => Self::Crowd,
            "market" => Self::Market,
            "trend" => Self::Trend,
            "panel" => Self::Panel,
            _ => {
                let bad = || BadStream(text.chars().take(100).collect());
                let site = text.strip_prefix("external:").ok_or_else(bad)?;
                Self::External(SourceId::new(site).map_err(|_| bad())?)
            }
        })
    }
}

impl TryFrom<String> for Stream {
    type Error = BadStream;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Stream> for String {
    fn from(stream: Stream) -> Self {
        stream.to_string()
    }
}

impl Stream {
    /// Its word on pages.
    pub fn title(&self) -> String {
        match self {
            Self::Panel => "Roundtable".to_owned(),
            Self::External(site) => site.to_string(),
            other => {
                let name = other.to_string();
                name[..1].to_uppercase() + &name[1..]
            }
        }
    }

    /// The lowest probability it shows; the highest mirrors it. Evidence .01, the others .001.
    pub fn floor(&self) -> f64 {
        if *self == Self::Evidence { Headline::FLOOR } else { 0.001 }
    }
}

/// Unclamped log-weights, one per option; probabilities are their softmax.
///
/// A yes/no claim has two, `[L, 0]`: the first is yes, and the log-odds of yes are the difference. They are written as
/// decimal texts, because a JSON number may come back changed in its last bit.
#[derive(Clone, Debug, PartialEq)]
pub struct LogWeights(Vec<f64>);

impl LogWeights {
    /// The log-weights of a yes/no claim.
    pub fn yes_no(l: LogOdds) -> Self {
        Self(vec![l.0, 0.0])
    }

    /// The log-weights of probabilities that sum to 1; `None` unless there are at least two, all above 0.
    pub fn of(probabilities: &[Probability]) -> Option<Self> {
        let ok = probabilities.len() >= 2 && probabilities.iter().all(|p| p.value() > 0.0);
        match probabilities {
            [yes, no] if ok => Some(Self(vec![(yes.value() / no.value()).ln(), 0.0])),
            all if ok => Some(Self(all.iter().map(|p| p.value().ln()).collect())),
            _ => None,
        }
    }

    /// How many options there are.
    pub fn options(&self) -> usize {
        self.0.len()
    }

    /// The log-weight of one option.
    pub fn get(&self, option: usize) -> Option<f64> {
        self.0.get(option).copied()
    }

    /// All log-weights, in the order of the options.
    pub fn as_slice(&self) -> &[f64] {
        &self.0
    }

    /// The log-odds of yes, where there are two options.
    pub fn log_odds(&self) -> Option<LogOdds> {
        match self.0[..] {
            [yes, no] => Some(LogOdds(yes - no)),
            _ => None,
        }
    }

    /// The weights with `amount` added to one option's.
    #[must_use]
    pub fn plus(&self, option: usize, amount: f64) -> Self {
        let mut out = self.clone();
        if let Some(w) = out.0.get_mut(option) {
            *w += amount;
        }
        out
    }

    /// The exact probabilities: the softmax.
    pub fn probabilities(&self) -> Vec<Probability> {
        drawn(&self.softmax())
    }

    /// The probabilities as they are shown: none below `floor / (n - 1)`, so that with two options each lies in
    /// `[floor, 1 - floor]`; they still sum to 1.
    pub fn shown(&self, floor: f64) -> Vec<Probability> {
        let mut p = self.softmax();
        let least = floor / (self.0.len().max(2) - 1) as f64;
        let mut raised = vec![false; p.len()];
        // Raising the small ones shrinks the others, which may push one of them below in its turn.
        while let Some(i) = (0..p.len()).find(|i| !raised[*i] && p[*i] < least) {
            raised[i] = true;
            p[i] = least;
            let fixed = least * raised.iter().filter(|r| **r).count() as f64;
            let free: f64 = p.iter().zip(&raised).filter(|(_, r)| !**r).map(|(p, _)| p).sum();
            for (p, _) in p.iter_mut().zip(&raised).filter(|(_, r)| !**r) {
                *p *= (1.0 - fixed) / free;
            }
        }
        drawn(&p)
    }

    fn softmax(&self) -> Vec<f64> {
        if let [yes, no] = self.0[..] {
            let p = LogOdds(yes - no).probability().value();
            return vec![p, LogOdds(no - yes).probability().value()];
        }
        let top = self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let e: Vec<f64> = self.0.iter().map(|w| (w - top).exp()).collect();
        let sum: f64 = e.iter().sum();
        e.into_iter().map(|x| x / sum).collect()
    }
}

fn drawn(p: &[f64]) -> Vec<Probability> {
    p.iter()
        .map(|p| Probability::new(p.clamp(0.0, 1.0)).expect("finite weights have finite shares"))
        .collect()
}

impl Serialize for LogWeights {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.iter().map(f64::to_string))
    }
}

impl<'de> Deserialize<'de> for LogWeights {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let texts = Vec::<String>::deserialize(from)?;
        let weights: Option<Vec<f64>> =
            texts.iter().map(|t| t.parse().ok().filter(|w: &f64| w.is_finite())).collect();
        weights
            .filter(|w| w.len() >= 2)
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("log-weights are at least two finite decimals"))
    }
}

/// What the claim's number is made of: one stream, or a named pool with weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Headline {
    /// One stream.
    Stream(Stream),
    /// `L = sum(w L) / sum(w)` over the streams that have a value.
    Pool(BTreeMap<Stream, f64>),
}

impl Headline {
    /// The lowest probability that evidence and pools show; the highest mirrors it.
    pub const FLOOR: f64 = 0.01;

    /// Reads what a claim document says.
    pub fn read(document: &document::Headline) -> Result<Self, BadStream> {
        Ok(match document {
            document::Headline::Stream(name) => Self::Stream(name.parse()?),
            document::Headline::Pool(pool) => Self::Pool(
                pool.pool
                    .iter()
                    .map(|(name, w)| Ok((name.parse()?, *w)))
                    .collect::<Result<_, BadStream>>()?,
            ),
        })
    }

    /// The lowest probability shown.
    pub fn floor(&self) -> f64 {
        match self {
            Self::Stream(stream) => stream.floor(),
            Self::Pool(_) => Self::FLOOR,
        }
    }

    /// The streams it leans on.
    pub fn streams(&self) -> Vec<&Stream> {
        match self {
            Self::Stream(stream) => vec![stream],
            Self::Pool(pool) => pool.keys().collect(),
        }
    }

    /// The share of each stream that has a value; shares sum to 1. Empty when none has one yet.
    pub fn shares(&self, streams: &BTreeMap<Stream, LogWeights>) -> BTreeMap<Stream, f64> {
        match self {
            Self::Stream(stream) => streams.get(stream).map(|_| (stream.clone(), 1.0)).into_iter().collect(),
            Self::Pool(pool) => {
                let present = || pool.iter().filter(|(s, _)| streams.contains_key(s));
                let total: f64 = present().map(|(_, w)| w).sum();
                present().map(|(s, w)| (s.clone(), w / total)).collect()
            }
        }
    }

    /// The headline's log-weights; `otherwise` (the start) until one of its streams has a value.
    pub fn of(&self, streams: &BTreeMap<Stream, LogWeights>, otherwise: &LogWeights) -> LogWeights {
        let shares = self.shares(streams);
        if let Some((stream, _)) = shares.first_key_value().filter(|_| shares.len() == 1) {
            return streams[stream].clone();
        }
        if shares.is_empty() {
            return otherwise.clone();
        }
        let mut sum = vec![0.0; otherwise.options()];
        for (stream, share) in &shares {
            for (total, w) in sum.iter_mut().zip(streams[stream].as_slice()) {
                *total += share * w;
            }
        }
        LogWeights(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(values: &[f64]) -> Vec<Probability> {
        values.iter().map(|v| Probability::new(*v).expect("a probability")).collect()
    }

    #[test]
    fn yes_no_is_the_difference_of_two() {
        let l = LogWeights::of(&p(&[0.72, 0.28])).expect("positive");
        assert_eq!(l.log_odds(), Some(LogOdds((0.72_f64 / 0.28).ln())));
        assert!((l.probabilities()[0].value() - 0.72).abs() < 1e-12);
        assert_eq!(LogWeights::of(&p(&[1.0, 0.0])), None);
    }

    #[test]
    fn shown_probabilities_stay_off_the_ends_and_sum_to_one() {
        let far = LogWeights::yes_no(LogOdds(40.0));
        assert!((far.shown(0.01)[0].value() - 0.99).abs() < 1e-12);
        assert!((LogWeights::yes_no(LogOdds(-40.0)).shown(0.001)[0].value() - 0.001).abs() < 1e-12);
        let many = LogWeights(vec![30.0, 0.0, 0.0, 1.0]);
        let shown: Vec<f64> = many.shown(0.01).into_iter().map(Probability::value).collect();
        assert!((shown.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{shown:?}");
        assert!(shown.iter().all(|p| *p >= 0.01 / 3.0 - 1e-12) && shown[0] <= 0.99 + 1e-12, "{shown:?}");
    }

    #[test]
    fn log_weights_come_back_to_the_last_bit() {
        let w = LogWeights(vec![0.1 + 0.2, -1.0 / 3.0, 1e-17]);
        let text = serde_json::to_string(&w).expect("writes");
        assert_eq!(serde_json::from_str::<LogWeights>(&text).expect("reads"), w);
        for bad in ["[]", "[\"1\"]", "[\"1\",\"NaN\"]", "[1,2]"] {
            assert!(serde_json::from_str::<LogWeights>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn streams_are_named() {
        for name in ["evidence", "crowd", "market", "trend", "panel", "external:manifold"] {
            assert_eq!(name.parse::<Stream>().expect("a stream").to_string(), name);
        }
        assert!("oracle".parse::<Stream>().is_err() && "external:".parse::<Stream>().is_err());
        assert_eq!(Stream::Panel.title(), "Roundtable");
        assert_eq!(Stream::Evidence.title(), "Evidence");
    }
}
