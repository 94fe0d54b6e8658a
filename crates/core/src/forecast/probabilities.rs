//! What a forecaster says: one probability per option, read at the edge and trusted inside.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{options::Options, probability::Probability, stream::LogWeights};

/// A probability of every option, in the order of the options (yes/no: `[yes, no]`). Each lies in
/// `[0.001, 0.999]` and they sum to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "Vec<f64>", try_from = "Vec<f64>")]
pub struct Probabilities(Vec<f64>);

/// What was read, and whether it had to be drawn into the range that forecasts may have: then say so.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// The forecast that counts.
    pub p: Probabilities,
    /// A number was below 0.001 or above 0.999.
    pub clamped: bool,
}

/// Why numbers are no forecast. The sentences name the option and the number.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BadForecast {
    /// Not from 0 to 1.
    #[error("{0}: {1} is no probability: use a number from 0 to 1, such as 0.75")]
    NotAProbability(String, f64),
    /// An option is left out.
    #[error("{0}: say how likely this option is; every option needs a number")]
    Missing(String),
    /// None of the claim's options.
    #[error("{0}: is none of the options: {1}")]
    Unknown(String, String),
    /// They do not sum to 1.
    #[error("the options sum to {0}: they must sum to 1, give or take 0.001")]
    Sum(f64),
    /// There are fewer or more numbers than options.
    #[error("{0} numbers for {1} options")]
    Count(usize, usize),
}

impl Probabilities {
    /// The lowest probability that a forecast may give.
    pub const FLOOR: f64 = 0.001;
    /// How far from 1 the numbers of named options may sum; they are divided by their sum.
    pub const SLACK: f64 = 0.001;

    /// A forecast on a yes/no claim by the probability of yes.
    pub fn yes(p: f64) -> Result<Read, BadForecast> {
        if !(0.0..=1.0).contains(&p) {
            return Err(BadForecast::NotAProbability("p".to_owned(), p));
        }
        let drawn = p.clamp(Self::FLOOR, 1.0 - Self::FLOOR);
        Ok(Read {
            p: Self(vec![drawn, 1.0 - drawn]),
            clamped: !(Self::FLOOR..=1.0 - Self::FLOOR).contains(&p),
        })
    }

    /// A forecast on named options by their names: every option, no other.
    pub fn of_options(options: &Options, by_name: &BTreeMap<String, f64>) -> Result<Read, BadForecast> {
        let names = options.names();
        if let Some(other) = by_name.keys().find(|name| !names.contains(&name.as_str())) {
            let shown = other.chars().take(100).collect();
            return Err(BadForecast::Unknown(shown, names.join(", ")));
        }
        let in_order: Vec<f64> = names
            .iter()
            .map(|name| by_name.get(*name).copied().ok_or_else(|| BadForecast::Missing((*name).to_owned())))
            .collect::<Result<_, _>>()?;
        Self::of(options, &in_order)
    }

    /// A forecast by one number per option, in the order of the options.
    pub fn of(options: &Options, in_order: &[f64]) -> Result<Read, BadForecast> {
        let names = options.names();
        if in_order.len() != names.len() {
            return Err(BadForecast::Count(in_order.len(), names.len()));
        }
        for (name, p) in names.iter().zip(in_order) {
            if !(0.0..=1.0).contains(p) {
                return Err(BadForecast::NotAProbability((*name).to_owned(), *p));
            }
        }
        let sum: f64 = in_order.iter().sum();
        // The slack has some slack of its own: 0.333 three times is 0.001 short, in binary a hair more.
        if (sum - 1.0).abs() > Self::SLACK + 1e-9 {
            return Err(BadForecast::Sum(sum));
        }
        if *options == Options::YesNo {
            return Self::yes(in_order[0] / sum);
        }
        let mut p: Vec<f64> = in_order.to_vec();
        if (sum - 1.0).abs() > 1e-12 {
            for p in &mut p {
                *p /= sum;
            }
        }
        let clamped = raise(&mut p, Self::FLOOR);
        Ok(Read { p: Self(p), clamped })
    }

    /// The same chance for every option.
    pub fn even(options: &Options) -> Self {
        let n = options.count();
        Self(vec![1.0 / n as f64; n])
    }

    /// The numbers, in the order of the options.
    pub fn as_slice(&self) -> &[f64] {
        &self.0
    }

    /// How many options there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The probability of one option.
    pub fn get(&self, option: usize) -> Option<Probability> {
        self.0.get(option).and_then(|p| Probability::new(*p).ok())
    }

    /// The same opinion as the ledger's log-weights.
    #[expect(clippy::missing_panics_doc, reason = "it cannot: what was read has what log-weights need")]
    pub fn log_weights(&self) -> LogWeights {
        let p: Vec<_> = (0..self.0.len()).filter_map(|option| self.get(option)).collect();
        LogWeights::of(&p).expect("at least two probabilities, none of them 0")
    }
}

/// Raises what is below `floor` to it and takes that from the others in proportion, so that the sum stays 1; whether
/// anything had to be raised.
fn raise(p: &mut [f64], floor: f64) -> bool {
    let mut raised = vec![false; p.len()];
    // Raising some shrinks the others, which may push one of them below in its turn.
    while let Some(i) = (0..p.len()).find(|i| !raised[*i] && p[*i] < floor) {
        raised[i] = true;
        p[i] = floor;
        let fixed = floor * raised.iter().filter(|r| **r).count() as f64;
        let free: f64 = p.iter().zip(&raised).filter(|(_, r)| !**r).map(|(p, _)| p).sum();
        for (p, _) in p.iter_mut().zip(&raised).filter(|(_, r)| !**r) {
            *p *= (1.0 - fixed) / free;
        }
    }
    raised.contains(&true)
}

impl TryFrom<Vec<f64>> for Probabilities {
    type Error = BadForecast;

    fn try_from(p: Vec<f64>) -> Result<Self, Self::Error> {
        if !(2..=50).contains(&p.len()) {
            return Err(BadForecast::Count(p.len(), 2));
        }
        // What was written may come back changed in its last bit.
        let range = Self::FLOOR - 1e-9..=1.0 - Self::FLOOR + 1e-9;
        if let Some((i, p)) = p.iter().enumerate().find(|(_, p)| !range.contains(*p)) {
            return Err(BadForecast::NotAProbability(format!("number {}", i + 1), *p));
        }
        let sum: f64 = p.iter().sum();
        if (sum - 1.0).abs() > 1e-6 { Err(BadForecast::Sum(sum)) } else { Ok(Self(p)) }
    }
}

impl From<Probabilities> for Vec<f64> {
    fn from(p: Probabilities) -> Self {
        p.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn three() -> Options {
        Options::Named(vec!["A".to_owned(), "B".to_owned(), "C".to_owned()])
    }

    #[test]
    fn a_number_outside_the_range_is_drawn_in_and_said() {
        assert_eq!(
            Probabilities::yes(0.75).unwrap(),
            Read { p: Probabilities(vec![0.75, 0.25]), clamped: false }
        );
        let read = Probabilities::yes(0.0).unwrap();
        assert!(read.clamped && read.p.as_slice()[0].to_bits() == 0.001_f64.to_bits());
        assert!(Probabilities::yes(1.0).unwrap().clamped);
        assert!(!Probabilities::yes(0.999).unwrap().clamped);
        let read = Probabilities::of(&three(), &[1.0, 0.0, 0.0]).unwrap();
        assert!(read.clamped && (read.p.as_slice()[0] - 0.998).abs() < 1e-12, "{read:?}");
    }

    #[test]
    fn mistakes_are_named() {
        let says = |p: &[f64]| Probabilities::of(&three(), p).unwrap_err().to_string();
        assert_eq!(
            says(&[0.5, 1.5, 0.0]),
            "B: 1.5 is no probability: use a number from 0 to 1, such as 0.75"
        );
        assert!(says(&[0.5, f64::NAN, 0.0]).starts_with("B: NaN"));
        assert!(says(&[0.5, 0.3, 0.1]).contains("must sum to 1"));
        assert_eq!(says(&[0.5, 0.5]), "2 numbers for 3 options");
        let named = |p: &[(&str, f64)]| {
            let p = p.iter().map(|(name, p)| ((*name).to_owned(), *p)).collect();
            Probabilities::of_options(&three(), &p)
        };
        assert!(named(&[("A", 0.5), ("B", 0.5)]).unwrap_err().to_string().starts_with("C: say how likely"));
        assert!(named(&[("D", 1.0)]).unwrap_err().to_string().contains("A, B, C"));
        assert!(named(&[("A", 0.333), ("B", 0.333), ("C", 0.333)]).is_ok());
    }

    proptest! {
        #[test]
        fn what_is_read_sums_to_one_within_the_range(weights in prop::collection::vec(0.0..1.0_f64, 2..50)) {
            let sum: f64 = weights.iter().sum();
            prop_assume!(sum > 0.0);
            let options = Options::Named((0..weights.len()).map(|i| i.to_string()).collect());
            let p: Vec<_> = weights.iter().map(|w| w / sum).collect();
            let read = Probabilities::of(&options, &p).unwrap().p;
            prop_assert!((read.as_slice().iter().sum::<f64>() - 1.0).abs() < 1e-9);
            prop_assert!(read.as_slice().iter().all(|p| (0.001 - 1e-12..=0.999 + 1e-12).contains(p)));
            let text = serde_json::to_string(&read).unwrap();
            let again: Probabilities = serde_json::from_str(&text).unwrap();
            for (a, b) in again.as_slice().iter().zip(read.as_slice()) {
                prop_assert!((a - b).abs() < 1e-15);
            }
            prop_assert_eq!(read.log_weights().options(), weights.len());
        }
    }
}
