//! Which of another site's answers is which of a claim's options. Pure.

use std::collections::BTreeMap;

use bellwether_core::{
    forecast::{Probabilities, probabilities::Read},
    options::Options,
};
use bellwether_sources::external::{Answer, Reading, State, Values};
use serde::{Deserialize, Serialize};

use super::OverThere;
use crate::{EngineError, Result};

/// Stands for all answers that no other option takes.
pub const REST: &str = "*";

/// Which answer is which option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Mapping {
    /// A yes/no question for a yes/no claim.
    YesNo {
        /// Their yes is our no.
        inverted: bool,
    },
    /// One named answer is the yes of a yes/no claim.
    Answer {
        /// The answer.
        answer: Pick,
        /// It is the no.
        inverted: bool,
    },
    /// An answer for each option, in the order of the options.
    Options {
        /// The answers; none is all those that no other option takes.
        answers: Vec<Option<Pick>>,
    },
}

/// A named answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pick {
    /// What the site calls it by.
    pub id: String,
    /// Its name when it was chosen.
    pub name: String,
}

impl Pick {
    fn of(answer: &Answer) -> Self {
        Self { id: answer.id.clone(), name: answer.name.clone() }
    }

    fn find<'a>(&self, answers: &'a [Answer]) -> Option<&'a Answer> {
        answers.iter().find(|a| a.id == self.id).or_else(|| answers.iter().find(|a| a.name == self.name))
    }
}

/// What a person says of the answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// The other question is the opposite of ours.
    pub inverted: bool,
    /// The answer, by name or id, that is the yes of a yes/no claim.
    pub answer: Option<String>,
    /// The answer, by name or id, for an option, by its name; `*` for all that no other option takes. Options that are
    /// left out take the answer of their own name.
    pub answers: BTreeMap<String, String>,
}

/// Why a mapping gives nothing now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoValue {
    /// The site gives no number.
    #[error("the site gives no probability at the moment (no_probability)")]
    None,
    /// An answer that was chosen is gone.
    #[error("the answer `{0}` is no longer among those of the question (answer_gone)")]
    Gone(String),
    /// The question is of another kind now.
    #[error("the question is of another kind than when it was linked (kind_changed)")]
    Kind,
}

impl Mapping {
    /// Which answer is which option, by what a person says and by names.
    pub fn choose(options: &Options, values: &Values, choice: &Choice) -> Result<Self> {
        let wrong = |field: &str, why: String| Err(EngineError::invalid(field, "unacceptable", why));
        match (options, values) {
            (Options::YesNo, Values::YesNo(_)) => match &choice.answer {
                Some(answer) if !answer.trim().is_empty() => {
                    wrong("answer", format!("`{}` cannot be chosen: the question is between yes and no", cut(answer)))
                }
                _ => Ok(Self::YesNo { inverted: choice.inverted }),
            },
            (Options::YesNo, Values::Several { answers, .. }) => {
                let said = choice.answer.as_deref().unwrap_or_default();
                if said.trim().is_empty() {
                    let listed = listed(answers);
                    return Err(EngineError::invalid(
                        "answer",
                        "required",
                        format!("the question has several answers: say which one is Yes, of {listed}"),
                    ));
                }
                Ok(Self::Answer { answer: Pick::of(named("answer", answers, said)?), inverted: choice.inverted })
            }
            (Options::Named(_), Values::YesNo(_)) => wrong(
                "address",
                "this question is between yes and no; a claim with named options follows one with named answers".to_owned(),
            ),
            (Options::Named(_), Values::Several { exclusive: false, .. }) => wrong(
                "address",
                "the answers of this question can come true together; a claim with named options follows one where exactly one does".to_owned(),
            ),
            (Options::Named(_), _) if choice.inverted => {
                wrong("inverted", "only a yes/no claim can follow the opposite of a question".to_owned())
            }
            (Options::Named(names), Values::Several { answers, .. }) => {
                Ok(Self::Options { answers: for_options(names, answers, &choice.answers)? })
            }
        }
    }

    /// What the answers say of the options, drawn into the range that forecasts may have.
    pub fn probabilities(&self, options: &Options, values: &Values) -> Result<Probabilities, NoValue> {
        let turned = |p: f64, inverted: bool| if inverted { 1.0 - p } else { p };
        let in_order = match (self, values) {
            (Self::YesNo { inverted }, Values::YesNo(p)) => {
                let yes = turned(p.ok_or(NoValue::None)?, *inverted);
                vec![yes, 1.0 - yes]
            }
            (Self::Answer { answer, inverted }, Values::Several { answers, .. }) => {
                let found = answer.find(answers).ok_or_else(|| NoValue::Gone(answer.name.clone()))?;
                let yes = turned(found.p.ok_or(NoValue::None)?, *inverted);
                vec![yes, 1.0 - yes]
            }
            (Self::Options { answers: picked }, Values::Several { answers, exclusive: true }) => {
                shares(picked, answers)?
            }
            _ => return Err(NoValue::Kind),
        };
        Probabilities::of(options, &in_order).map(|Read { p, .. }| p).map_err(|_| NoValue::Kind)
    }

    /// Whether the question is over, as far as the claim's options are concerned: a single answer may be over before
    /// the others.
    pub fn state(&self, reading: &Reading) -> OverThere {
        let own = match (self, &reading.values) {
            (Self::Answer { answer, .. }, Values::Several { answers, .. }) => {
                answer.find(answers).map(|a| &a.state).filter(|s| **s != State::Open)
            }
            _ => None,
        };
        OverThere::from(own.unwrap_or(&reading.state))
    }
}

fn shares(picked: &[Option<Pick>], answers: &[Answer]) -> Result<Vec<f64>, NoValue> {
    let mut taken = 0.0;
    let mut in_order = Vec::new();
    for pick in picked {
        let p = match pick {
            None => None,
            Some(pick) => {
                let found = pick.find(answers).ok_or_else(|| NoValue::Gone(pick.name.clone()))?;
                // An answer without a price has nobody who believes in it.
                Some(found.p.unwrap_or(0.0))
            }
        };
        taken += p.unwrap_or(0.0);
        in_order.push(p);
    }
    let all: f64 = answers.iter().filter_map(|a| a.p).sum();
    let mut in_order: Vec<f64> = in_order.into_iter().map(|p| p.unwrap_or((all - taken).max(0.0))).collect();
    let sum: f64 = in_order.iter().sum();
    if sum <= 0.0 {
        return Err(NoValue::None);
    }
    // Prices of answers miss one by the fees; answers that no option takes are left out.
    for p in &mut in_order {
        *p /= sum;
    }
    Ok(in_order)
}

fn for_options(
    names: &[String],
    answers: &[Answer],
    said: &BTreeMap<String, String>,
) -> Result<Vec<Option<Pick>>> {
    if let Some(other) = said.keys().find(|option| !names.contains(option)) {
        let why = format!("`{}` is none of the claim's options: {}", cut(other), names.join(", "));
        return Err(EngineError::invalid("answers", "unknown", why));
    }
    let mut picked: Vec<Option<Pick>> = Vec::new();
    for name in names {
        let said = said.get(name).map(|s| s.trim()).filter(|s| !s.is_empty());
        if said == Some(REST) {
            if picked.contains(&None) {
                let why = "only one option can take all the others";
                return Err(EngineError::invalid("answers", "unacceptable", why));
            }
            picked.push(None);
            continue;
        }
        let field = format!("answers.{name}");
        let answer = match (said, matching(answers, name)) {
            (Some(said), _) => named(&field, answers, said)?,
            (None, Some(answer)) => answer,
            (None, None) => {
                let why = format!("no answer is called `{name}`: choose one of {}", listed(answers));
                return Err(EngineError::invalid(field, "required", why));
            }
        };
        let pick = Some(Pick::of(answer));
        if picked.contains(&pick) {
            let why = format!("`{}` is taken by another option already", answer.name);
            return Err(EngineError::invalid(field, "unacceptable", why));
        }
        picked.push(pick);
    }
    Ok(picked)
}

/// The answer that a person names by its id or its name.
fn named<'a>(field: &str, answers: &'a [Answer], said: &str) -> Result<&'a Answer> {
    answers.iter().find(|a| a.id == said).or_else(|| matching(answers, said)).ok_or_else(|| {
        let why =
            format!("`{}` is none of the answers, or the name of several: {}", cut(said), listed(answers));
        EngineError::invalid(field, "unknown", why)
    })
}

/// The one answer of a name: to the letter, or else whatever its case.
pub(crate) fn matching<'a>(answers: &'a [Answer], name: &str) -> Option<&'a Answer> {
    let one = |fits: &dyn Fn(&str) -> bool| {
        let mut found = answers.iter().filter(|a| fits(&a.name));
        found.next().filter(|_| found.next().is_none())
    };
    let lower = name.trim().to_lowercase();
    one(&|other| other == name).or_else(|| one(&|other| other.to_lowercase() == lower))
}

fn listed(answers: &[Answer]) -> String {
    let mut names: Vec<String> = answers.iter().take(20).map(|a| format!("`{}`", a.name)).collect();
    if answers.len() > names.len() {
        names.push(format!("{} more", answers.len() - names.len()));
    }
    names.join(", ")
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answers(list: &[(&str, f64)]) -> Vec<Answer> {
        list.iter()
            .enumerate()
            .map(|(i, (name, p))| Answer {
                id: format!("a{i}"),
                name: (*name).to_owned(),
                p: Some(*p),
                state: State::Open,
            })
            .collect()
    }

    fn several(list: &[(&str, f64)]) -> Values {
        Values::Several { answers: answers(list), exclusive: true }
    }

    fn three() -> Options {
        Options::Named(["Alpha", "Beta", "Other"].map(str::to_owned).to_vec())
    }

    fn choice(answers: &[(&str, &str)]) -> Choice {
        let answers = answers.iter().map(|(o, a)| ((*o).to_owned(), (*a).to_owned())).collect();
        Choice { answers, ..Choice::default() }
    }

    fn error(options: &Options, values: &Values, choice: &Choice) -> String {
        Mapping::choose(options, values, choice).unwrap_err().to_string()
    }

    #[test]
    fn yes_no_follows_yes_no_or_the_opposite() {
        let values = Values::YesNo(Some(0.25));
        let p = |inverted| {
            let choice = Choice { inverted, ..Choice::default() };
            let mapping = Mapping::choose(&Options::YesNo, &values, &choice).unwrap();
            mapping.probabilities(&Options::YesNo, &values).unwrap().as_slice().to_vec()
        };
        assert_eq!((p(false), p(true)), (vec![0.25, 0.75], vec![0.75, 0.25]));
        let mapping = Mapping::YesNo { inverted: false };
        let of = |values| mapping.probabilities(&Options::YesNo, &values);
        assert_eq!(of(Values::YesNo(Some(0.0))).unwrap().as_slice(), [0.001, 0.999]);
        assert_eq!(of(Values::YesNo(None)), Err(NoValue::None));
        assert_eq!(of(several(&[("A", 0.5), ("B", 0.5)])), Err(NoValue::Kind));
    }

    #[test]
    fn a_yes_no_claim_takes_one_named_answer() {
        let values = several(&[("Alpha", 0.6), ("Beta", 0.4)]);
        assert!(error(&Options::YesNo, &values, &Choice::default()).contains("`Alpha`, `Beta`"));
        let choose = |answer: &str, inverted| {
            let choice = Choice { answer: Some(answer.to_owned()), inverted, ..Choice::default() };
            Mapping::choose(&Options::YesNo, &values, &choice)
        };
        for name in ["Beta", "beta ", "a1"] {
            let mapping = choose(name, false).unwrap();
            assert_eq!(mapping.probabilities(&Options::YesNo, &values).unwrap().as_slice(), [0.4, 0.6]);
        }
        let mapping = choose("Beta", true).unwrap();
        assert_eq!(mapping.probabilities(&Options::YesNo, &values).unwrap().as_slice(), [0.6, 0.4]);
        assert!(choose("Gamma", false).is_err());
        // The name may be corrected, the id stays; without either the answer is gone.
        let renamed = several(&[("Alpha", 0.6), ("Beta Inc.", 0.3)]);
        let p = mapping.probabilities(&Options::YesNo, &renamed).unwrap();
        assert!((p.as_slice()[0] - 0.7).abs() < 1e-12);
        let gone = several(&[("Alpha", 0.6)]);
        assert_eq!(mapping.probabilities(&Options::YesNo, &gone), Err(NoValue::Gone("Beta".to_owned())));
    }

    #[test]
    fn options_take_answers_of_their_name_or_those_chosen() {
        let values = several(&[("alpha", 0.5), ("Beta", 0.2), ("Gamma", 0.2), ("Delta", 0.2)]);
        assert!(error(&three(), &values, &Choice::default()).contains("no answer is called `Other`"));
        let by_choice = Mapping::choose(&three(), &values, &choice(&[("Other", "Gamma")])).unwrap();
        let p = by_choice.probabilities(&three(), &values).unwrap();
        let rounded: Vec<f64> = p.as_slice().iter().map(|p| (p * 9.0).round()).collect();
        assert_eq!(rounded, [5.0, 2.0, 2.0], "shares of the answers taken");
        let with_rest = Mapping::choose(&three(), &values, &choice(&[("Other", "*")])).unwrap();
        let p = with_rest.probabilities(&three(), &values).unwrap();
        let rounded: Vec<f64> = p.as_slice().iter().map(|p| (p * 11.0).round()).collect();
        assert_eq!(rounded, [5.0, 2.0, 4.0], "Other takes all the others");
        for (bad, why) in [
            (choice(&[("Other", "Beta")]), "taken by another option"),
            (choice(&[("Other", "*"), ("Beta", "*")]), "only one option"),
            (choice(&[("Other", "Nobody")]), "none of the answers"),
            (choice(&[("Nobody", "Gamma")]), "none of the claim's options"),
            (Choice { inverted: true, ..choice(&[("Other", "*")]) }, "the opposite"),
        ] {
            let error = error(&three(), &values, &bad);
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn named_options_need_answers_of_which_one_comes_true() {
        let apart = Values::Several { answers: answers(&[("Alpha", 0.9), ("Beta", 0.9)]), exclusive: false };
        assert!(error(&three(), &apart, &Choice::default()).contains("come true together"));
        assert!(
            error(&three(), &Values::YesNo(Some(0.5)), &Choice::default()).contains("between yes and no")
        );
    }

    #[test]
    fn two_answers_of_one_name_are_told_apart_by_id_only() {
        let values = several(&[("Alpha", 0.6), ("Alpha", 0.4)]);
        let choose = |answer: &str| {
            let choice = Choice { answer: Some(answer.to_owned()), ..Choice::default() };
            Mapping::choose(&Options::YesNo, &values, &choice)
        };
        assert!(choose("Alpha").is_err());
        let second = choose("a1").unwrap();
        assert_eq!(second.probabilities(&Options::YesNo, &values).unwrap().as_slice(), [0.4, 0.6]);
    }

    #[test]
    fn one_answer_may_be_over_before_the_question() {
        let mut list = answers(&[("Alpha", 0.6), ("Beta", 0.0)]);
        list[1].state = State::Resolved { how: "No".to_owned(), at: None };
        let reading = Reading {
            title: "Which?".to_owned(),
            values: Values::Several { answers: list, exclusive: true },
            as_of: None,
            state: State::Open,
        };
        let state = |name: &str| {
            let pick = Pick { id: String::new(), name: name.to_owned() };
            Mapping::Answer { answer: pick, inverted: false }.state(&reading)
        };
        assert_eq!(state("Alpha"), OverThere::Open);
        assert_eq!(state("Beta"), OverThere::Resolved { how: "No".to_owned(), at: None });
    }

    proptest! {
        /// Whatever prices come, what an option gets is a forecast: in range, summing to one, in the order of prices.
        #[test]
        fn shares_are_forecasts(prices in prop::collection::vec(0.0_f64..=1.0, 3..12), rest in any::<bool>()) {
            let names: Vec<String> = (0..prices.len()).map(|i| format!("n{i}")).collect();
            let list: Vec<(&str, f64)> = names.iter().map(String::as_str).zip(prices.iter().copied()).collect();
            let values = several(&list);
            let options = Options::Named(names[..3].to_vec());
            let said = if rest { choice(&[("n2", "*")]) } else { Choice::default() };
            let mapping = Mapping::choose(&options, &values, &said).unwrap();
            match mapping.probabilities(&options, &values) {
                Ok(p) => {
                    prop_assert!((p.as_slice().iter().sum::<f64>() - 1.0).abs() < 1e-9);
                    prop_assert!(p.as_slice().iter().all(|p| (0.001 - 1e-9..=0.999).contains(p)));
                    prop_assert!(prices[0] < prices[1] || p.as_slice()[0] >= p.as_slice()[1]);
                }
                Err(error) => prop_assert!(error == NoValue::None && prices[..2].iter().all(|p| *p == 0.0)),
            }
        }
    }
}
