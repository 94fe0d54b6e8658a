//! Who says whether a model's weights are open: registry files, organisation defaults and a person's overruling.

use std::collections::HashMap;

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use regex::Regex;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    ids::SourceId,
    openness::{Openness, Provenance, SourceSays},
    table::PartialDate,
};

/// The prefix of a registry name that declares an organisation's default: `org:OpenAI`.
const ORGANISATION: &str = "org:";

/// One model as a registry file describes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelEntry {
    /// The registry's id of the model.
    pub id: String,
    /// The name for people.
    pub display_name: Option<String>,
    /// Further spellings.
    pub aliases: Vec<String>,
    /// Who made it.
    pub organisation: Option<String>,
    /// When it was released; day or month may be unsaid.
    pub release_date: Option<PartialDate>,
    /// Whether its weights can be had; an entry that leaves this out does not know the model.
    pub open_weights: Option<bool>,
    /// Licence as written.
    pub licence: Option<String>,
    /// Parameters in thousand millions.
    pub params_b: Option<Decimal>,
}

impl ModelEntry {
    /// Open, closed, or unknown where the entry does not say.
    pub fn openness(&self) -> Openness {
        match self.open_weights {
            Some(true) => Openness::Open,
            Some(false) => Openness::Closed,
            None => Openness::Unknown,
        }
    }
}

/// A person's word on a model, which outweighs source and registry from an instant on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overrule {
    /// The source it speaks of; `None`: every source.
    pub source: Option<SourceId>,
    /// The model's name as the source writes it.
    pub model: String,
    /// What it is.
    pub openness: Openness,
    /// Why.
    pub reason: String,
    /// From when on it counts.
    pub from: DateTime<Utc>,
}

/// What is known about models, from several files in the order they were given.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    entries: Vec<ModelEntry>,
    exact: HashMap<String, usize>,
    folded: HashMap<String, usize>,
    overrules: Vec<Overrule>,
}

/// The judgement of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Open, closed or unknown.
    pub openness: Openness,
    /// Why.
    pub provenance: Provenance,
    /// The registry's id of the model, where its name is known.
    pub registry_model: Option<String>,
}

/// What the registry answers for a name.
enum Answer<'a> {
    One(&'a ModelEntry),
    Combination(Openness, String),
}

impl Registry {
    /// A registry of these entries; where two of them state the openness of one name, the earlier answers.
    pub fn new(entries: impl IntoIterator<Item = ModelEntry>) -> Self {
        let mut registry = Self::default();
        registry.extend(entries);
        registry
    }

    /// Adds the entries of a further file, which are asked after those already here.
    pub fn extend(&mut self, entries: impl IntoIterator<Item = ModelEntry>) {
        for entry in entries {
            let at = self.entries.len();
            if entry.open_weights.is_some() {
                let names = [Some(&entry.id), entry.display_name.as_ref()]
                    .into_iter()
                    .flatten()
                    .chain(&entry.aliases);
                for name in names.map(|name| name.trim()).filter(|name| !name.is_empty()) {
                    self.exact.entry(name.to_owned()).or_insert(at);
                    self.folded.entry(name.to_lowercase()).or_insert(at);
                }
            }
            self.entries.push(entry);
        }
    }

    /// Adds a person's word.
    pub fn overrule(&mut self, overrule: Overrule) {
        self.overrules.push(overrule);
    }

    /// Every model of every file, organisation defaults left out.
    pub fn models(&self) -> impl Iterator<Item = &ModelEntry> {
        self.entries.iter().filter(|entry| !entry.id.starts_with(ORGANISATION))
    }

    /// Every entry of every file, organisation defaults included, in the order in which they are asked.
    pub fn entries(&self) -> &[ModelEntry] {
        &self.entries
    }

    /// Every model as [`Self::find`] judges its name: the first entry that states openness answers for all of that name.
    pub fn judged_models(&self) -> Vec<ModelEntry> {
        let judged = |entry: &ModelEntry| {
            let open_weights = self.find(&entry.id).map_or(entry.open_weights, |first| first.open_weights);
            ModelEntry { open_weights, ..entry.clone() }
        };
        self.models().map(judged).collect()
    }

    /// Whether nothing was given.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entry that states the openness of `name`: exactly so written, else ignoring case.
    pub fn find(&self, name: &str) -> Option<&ModelEntry> {
        let name = name.trim();
        let at = self.exact.get(name).or_else(|| self.folded.get(&name.to_lowercase()))?;
        self.entries.get(*at)
    }

    /// [`Self::find`], then again after each expression of `clean` was cut from the name, until one is known.
    fn find_clean(&self, name: &str, clean: &[Regex]) -> Option<&ModelEntry> {
        let mut found = self.find(name);
        let mut name = name.to_owned();
        for expression in clean {
            if found.is_some() {
                break;
            }
            name = expression.replace_all(&name, "").into_owned();
            found = self.find(&name);
        }
        found
    }

    /// A name with " + " is looked up whole, then part by part: closed if one part is closed, open if all are open.
    fn ask(&self, name: &str, clean: &[Regex]) -> Option<Answer<'_>> {
        if let Some(entry) = self.find_clean(name, clean) {
            return Some(Answer::One(entry));
        }
        let parts: Vec<_> = name.split(" + ").map(|part| self.find_clean(part, clean)).collect();
        if parts.len() < 2 {
            return None;
        }
        if let Some(closed) = parts.iter().flatten().find(|entry| entry.openness() == Openness::Closed) {
            return Some(Answer::Combination(Openness::Closed, closed.id.clone()));
        }
        let open: Option<Vec<_>> =
            parts.into_iter().map(|part| part.map(|entry| entry.id.as_str())).collect();
        open.map(|ids| Answer::Combination(Openness::Open, ids.join(" + ")))
    }

    /// The declared default of an organisation.
    fn organisation(&self, name: &str) -> Option<&ModelEntry> {
        self.find(&format!("{ORGANISATION}{}", name.trim()))
    }

    /// Judges one row: the source's word, the registry's, the organisation's default, and a person's over all of them.
    /// Where the two disagree or nobody knows, the model is unknown; nothing is guessed.
    pub fn judge(
        &self,
        source: &SourceId,
        says: &SourceSays,
        model: &str,
        organisation: Option<&str>,
        clean: &[Regex],
        at: DateTime<Utc>,
    ) -> Judgement {
        let answer = self.ask(model, clean);
        let registry_model = match &answer {
            Some(Answer::One(entry)) => Some(entry.id.clone()),
            _ => None,
        };
        let registry = answer.map(|answer| match answer {
            Answer::One(entry) => (entry.openness(), entry.id.clone()),
            Answer::Combination(openness, ids) => (openness, ids),
        });
        let (openness, provenance) = if let Some(word) = self.person(source, model, at) {
            (word.openness, Provenance::Person(word.reason.clone()))
        } else {
            match (says, registry) {
                (SourceSays::ListedUnknown(text) | SourceSays::Unlisted(text), _) => {
                    (Openness::Unknown, Provenance::SourceUnknown(text.clone()))
                }
                (SourceSays::Listed(Openness::Unknown), _) => {
                    (Openness::Unknown, Provenance::SourceUnknown(String::new()))
                }
                (SourceSays::Listed(said), Some((known, id))) if *said == known => {
                    (known, Provenance::Both(id))
                }
                (SourceSays::Listed(_), Some((_, id))) => (Openness::Unknown, Provenance::Disagree(id)),
                (SourceSays::Listed(said), None) => (*said, Provenance::Source),
                (SourceSays::Silent, Some((known, id))) => (known, Provenance::Registry(id)),
                (SourceSays::Silent, None) => match organisation.and_then(|name| self.organisation(name)) {
                    Some(default) => (
                        default.openness(),
                        Provenance::Organisation(default.id.trim_start_matches(ORGANISATION).to_owned()),
                    ),
                    None => (Openness::Unknown, Provenance::Nobody),
                },
            }
        };
        Judgement { openness, provenance, registry_model }
    }

    /// The latest word of a person on this model that counts at `at`.
    fn person(&self, source: &SourceId, model: &str, at: DateTime<Utc>) -> Option<&Overrule> {
        self.overrules
            .iter()
            .filter(|o| o.from <= at && o.model == model && o.source.as_ref().is_none_or(|s| s == source))
            .max_by_key(|o| o.from)
    }
}

/// Reads `2024`, `2024-07`, `2024-07-23` or an ISO 8601 instant (its day in UTC).
pub fn partial_date(text: &str) -> Option<PartialDate> {
    let text = text.trim();
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        let day = instant.with_timezone(&Utc).date_naive();
        return Some(PartialDate { first: day, last: day });
    }
    let day = text.split_once(['T', ' ']).map_or(text, |(day, _)| day);
    let digits = |part: &str, len: usize| part.len() == len && part.bytes().all(|b| b.is_ascii_digit());
    let mut parts = day.split('-');
    let (year, month, date) = (parts.next()?, parts.next(), parts.next());
    if parts.next().is_some() || !digits(year, 4) {
        return None;
    }
    let year: i32 = year.parse().ok()?;
    let (first, last) = match (month, date) {
        (None, _) => (NaiveDate::from_ymd_opt(year, 1, 1)?, NaiveDate::from_ymd_opt(year, 12, 31)?),
        (Some(month), None) if digits(month, 2) => {
            let first = NaiveDate::from_ymd_opt(year, month.parse().ok()?, 1)?;
            (first, end_of_month(first)?)
        }
        (Some(month), Some(date)) if digits(month, 2) && digits(date, 2) => {
            let day = NaiveDate::from_ymd_opt(year, month.parse().ok()?, date.parse().ok()?)?;
            (day, day)
        }
        _ => return None,
    };
    Some(PartialDate { first, last })
}

/// The last day of the month that `first` begins.
pub fn end_of_month(first: NaiveDate) -> Option<NaiveDate> {
    let (year, month) =
        if first.month() == 12 { (first.year() + 1, 1) } else { (first.year(), first.month() + 1) };
    NaiveDate::from_ymd_opt(year, month, 1)?.pred_opt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, open: Option<bool>) -> ModelEntry {
        ModelEntry {
            id: id.into(),
            aliases: vec![format!("{id}-alias")],
            open_weights: open,
            ..ModelEntry::default()
        }
    }

    fn registry() -> Registry {
        let mut registry =
            Registry::new([entry("Silent", None), entry("Open", Some(true)), entry("org:Acme", Some(false))]);
        registry.extend([
            entry("silent", Some(true)),
            entry("Closed", Some(false)),
            entry("open", Some(false)),
        ]);
        registry
    }

    fn judge(says: &SourceSays, model: &str, organisation: Option<&str>) -> (Openness, Provenance) {
        let source = SourceId::new("demo").expect("name");
        let clean = [Regex::new("-high$").expect("regex"), Regex::new("-[0-9]{8}$").expect("regex")];
        let at = DateTime::UNIX_EPOCH;
        let found = registry().judge(&source, says, model, organisation, &clean, at);
        (found.openness, found.provenance)
    }

    #[test]
    fn the_first_entry_that_states_openness_answers() {
        let registry = registry();
        assert_eq!(registry.find("Silent").map(|e| e.id.as_str()), Some("silent"));
        assert_eq!(registry.find("Open").map(|e| e.open_weights), Some(Some(true)));
        assert_eq!(
            registry.find("open").map(|e| e.open_weights),
            Some(Some(false)),
            "exactly, then ignoring case"
        );
        assert_eq!(registry.find("OPEN-ALIAS").map(|e| e.open_weights), Some(Some(true)));
    }

    #[test]
    fn combinations_are_open_only_if_every_part_is() {
        let of = |name: &str| judge(&SourceSays::Silent, name, None).0;
        assert_eq!(of("Open + silent"), Openness::Open);
        assert_eq!(of("Open + Closed"), Openness::Closed);
        assert_eq!(of("Nobody + Closed"), Openness::Closed);
        assert_eq!(of("Nobody + Open"), Openness::Unknown);
    }

    #[test]
    fn names_are_cleaned_in_turn_until_one_is_known() {
        assert_eq!(judge(&SourceSays::Silent, "Closed-20250101-high", None).0, Openness::Closed);
        assert_eq!(judge(&SourceSays::Silent, "Closed-high-20250101", None).0, Openness::Unknown);
    }

    #[test]
    fn disagreement_and_silence_are_unknown_and_say_so() {
        let open = SourceSays::Listed(Openness::Open);
        assert_eq!(judge(&open, "Open", None), (Openness::Open, Provenance::Both("Open".into())));
        assert_eq!(judge(&open, "Closed", None), (Openness::Unknown, Provenance::Disagree("Closed".into())));
        assert_eq!(judge(&open, "Nobody", Some("Acme")), (Openness::Open, Provenance::Source));
        assert_eq!(
            judge(&SourceSays::Silent, "Nobody", Some("acme")),
            (Openness::Closed, Provenance::Organisation("Acme".into()))
        );
        assert_eq!(judge(&SourceSays::Silent, "Nobody", None), (Openness::Unknown, Provenance::Nobody));
        let unlisted = SourceSays::Unlisted("MRL 2".into());
        assert_eq!(
            judge(&unlisted, "Open", None),
            (Openness::Unknown, Provenance::SourceUnknown("MRL 2".into()))
        );
    }

    #[test]
    fn a_person_counts_from_then_on() {
        let mut registry = registry();
        let source = SourceId::new("demo").expect("name");
        let from = DateTime::UNIX_EPOCH + chrono::TimeDelta::days(1);
        registry.overrule(Overrule {
            source: Some(source.clone()),
            model: "Nobody".into(),
            openness: Openness::Open,
            reason: "weights on the hub".into(),
            from,
        });
        let judge = |at| registry.judge(&source, &SourceSays::Silent, "Nobody", None, &[], at).openness;
        assert_eq!(judge(DateTime::UNIX_EPOCH), Openness::Unknown);
        assert_eq!(judge(from), Openness::Open);
    }
}
