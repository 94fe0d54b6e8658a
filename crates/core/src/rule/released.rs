//! A model of a group was released within the window.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    evaluation::{Evaluation, Verdict, Witness},
    group::Group,
};
use crate::{openness::Openness, registry::ModelEntry, window::Window};

/// The registry has a model of the group that was released within the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Released {
    /// Whose release.
    pub of: Group,
}

/// What one registry entry says of the condition at an instant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Says {
    No,
    Perhaps,
    Yes,
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

impl Released {
    /// Evaluates it on the registry; `model` restricts it to one entry.
    pub(super) fn evaluate<'a>(
        &self,
        models: impl IntoIterator<Item = &'a ModelEntry>,
        window: &Window,
        at: DateTime<Utc>,
        model: Option<&str>,
    ) -> Evaluation {
        let found = models
            .into_iter()
            .filter(|entry| model.is_none_or(|id| entry.id == id) && self.of.fits_entry(entry))
            .filter_map(|entry| {
                let date = entry.release_date?;
                let says = Self::says(date.first, date.last, window, at);
                (says > Says::No).then_some((says, date, entry))
            })
            .max_by(|(a, d, x), (b, e, y)| a.cmp(b).then(e.last.cmp(&d.last)).then(y.id.cmp(&x.id)));
        let name = |entry: &ModelEntry| entry.display_name.clone().unwrap_or_else(|| entry.id.clone());
        let witness = |entry: &ModelEntry| Witness {
            model: name(entry),
            row: entry.id.clone(),
            score: None,
            as_of: entry.release_date.filter(|d| d.first == d.last).map(|d| d.last),
            openness: entry.openness(),
        };
        match found {
            Some((Says::Yes, date, entry)) => Evaluation {
                left: Some(witness(entry)),
                event_date: Some(date.last),
                ..Evaluation::known(
                    Verdict::Holds,
                    format!("{} was released by {}, within the window: holds.", name(entry), date.last),
                )
            },
            Some((_, date, entry)) => Evaluation {
                left: Some(witness(entry)),
                ..Evaluation::unknown(&format!(
                    "{} was released between {} and {}, which lies across an edge of the window",
                    name(entry),
                    date.first,
                    date.last
                ))
            },
            None => Evaluation::known(
                Verdict::Fails,
                format!("The registry knows no {} model released within the window so far: fails.", self.of),
            ),
        }
    }

    fn says(first: NaiveDate, last: NaiveDate, window: &Window, at: DateTime<Utc>) -> Says {
        let (inside_first, inside_last) = (window.contains(midnight(first)), window.contains(midnight(last)));
        let overlaps = midnight(first) < window.by && window.from.is_none_or(|from| from <= midnight(last));
        if inside_first && inside_last {
            // A date that names no day holds from its last one.
            if midnight(last) <= at { Says::Yes } else { Says::No }
        } else if overlaps && midnight(first) <= at {
            Says::Perhaps
        } else {
            Says::No
        }
    }

    /// Every instant at which the answer can change by itself.
    pub fn instants<'a>(&self, models: impl IntoIterator<Item = &'a ModelEntry>) -> Vec<DateTime<Utc>> {
        let dates = models.into_iter().filter(|e| self.of.fits_entry(e)).filter_map(|e| e.release_date);
        dates.flat_map(|d| [midnight(d.first), midnight(d.last)]).collect()
    }
}

impl Group {
    /// Whether a registry entry belongs to the group; one that does not state a property asked for does not.
    fn fits_entry(&self, entry: &ModelEntry) -> bool {
        let same = |a: &str, b: &str| {
            a.trim().eq_ignore_ascii_case(b.trim()) || a.trim().to_lowercase() == b.trim().to_lowercase()
        };
        let open = match self.openness() {
            None => true,
            Some(true) => entry.openness() == Openness::Open,
            Some(false) => entry.openness() == Openness::Closed,
        };
        open && self.properties().is_none_or(|p| {
            let stated = |asked: &Option<String>, has: &Option<String>| {
                asked.as_ref().is_none_or(|a| has.as_ref().is_some_and(|h| same(a, h)))
            };
            p.model.as_ref().is_none_or(|m| {
                same(m, &entry.id)
                    || entry.display_name.as_ref().is_some_and(|d| same(m, d))
                    || entry.aliases.iter().any(|a| same(m, a))
            }) && stated(&p.organisation, &entry.organisation)
                && stated(&p.licence, &entry.licence)
                && p.params_below_b.is_none_or(|limit| entry.params_b.is_some_and(|b| b < limit))
                && p.released_after.is_none_or(|day| entry.release_date.is_some_and(|d| d.first > day))
        })
    }
}
