//! The snapshot gate: may this table decide anything?
//!
//! Pure: a table, what is remembered of the last trusted one, an instant; out come a judgement and a new memory.
//! Nothing here is clever about a single publisher. Real histories lose rows, rename columns, change units and
//! re-base their scores, and each of these once settled somebody's question wrongly.

mod compare;
mod finding;
mod hold;

pub use finding::Finding;
pub use hold::Hold;

use bellwether_core::{
    benchmark::Unit,
    table::{Table, TableSpec},
};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use compare::Comparison;

/// How long a shrunk table or a held row must stand.
pub const STANDING: TimeDelta = TimeDelta::hours(24);
/// Over how many polls a shrunk table must stand.
const SHAPE_POLLS: u32 = 3;
/// Over how many polls a held row must stand.
const HOLD_POLLS: u32 = 2;

/// What the gate remembers of one table of a source between snapshots. Kept by whoever calls it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GateState {
    /// Whether any snapshot had rows with scores.
    had_rows: bool,
    /// The version that the baseline belongs to.
    version: Option<String>,
    /// The last trusted table, held rows as they were.
    baseline: Option<Baseline>,
    /// A shrunk table that waits to have stood long enough.
    shrunk: Option<Shrunk>,
    /// A changed table that waits for a person.
    changed: Option<Changed>,
    /// Rows that jumped.
    holds: Vec<Hold>,
    /// Why the snapshot at hand is unfit.
    unfit: Option<Finding>,
}

/// Keys and scores of a table: all that a comparison needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Baseline {
    rows: Vec<(String, Option<Decimal>)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Shrunk {
    finding: Finding,
    since: DateTime<Utc>,
    polls: u32,
    rows: Baseline,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Changed {
    finding: Finding,
    since: DateTime<Utc>,
    latest: Baseline,
    version: Option<String>,
}

/// Whether the table at hand may decide anything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "standing", rename_all = "snake_case")]
pub enum Standing {
    /// It may.
    Trusted,
    /// The table never had a row with a score: not published yet, which is no fault.
    NotThereYet,
    /// This snapshot is quarantined; the next clean one is trusted.
    Unfit {
        /// Why.
        finding: Finding,
    },
    /// Quarantined until the same shape has stood [`STANDING`] over three polls.
    Shrunk {
        /// Why.
        finding: Finding,
        /// When this shape was first seen.
        since: DateTime<Utc>,
    },
    /// This and every later snapshot is quarantined, until a person or a declared version ends it.
    Changed {
        /// Why.
        finding: Finding,
        /// When it began.
        since: DateTime<Utc>,
    },
}

impl Standing {
    /// Why the table is quarantined, in a sentence; `None` where it is not.
    pub fn quarantined(&self) -> Option<String> {
        self.finding().map(ToString::to_string)
    }

    /// What the gate found; `None` where it found nothing.
    pub fn finding(&self) -> Option<&Finding> {
        match self {
            Self::Trusted | Self::NotThereYet => None,
            Self::Unfit { finding } | Self::Shrunk { finding, .. } | Self::Changed { finding, .. } => {
                Some(finding)
            }
        }
    }
}

/// The gate's answer for one table at one instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// Whether the table may decide.
    #[serde(flatten)]
    pub standing: Standing,
    /// Rows that are held, where the table is trusted.
    pub holds: Vec<Hold>,
    /// This snapshot is the first of a new version of the benchmark.
    pub new_version: bool,
}

impl GateState {
    /// New content has arrived. `at` is when it was fetched.
    pub fn arrive(&mut self, table: &Table, at: DateTime<Utc>) -> Judgement {
        self.unfit = None;
        if table.rows.is_empty() && !self.had_rows {
            return Judgement { standing: Standing::NotThereYet, holds: Vec::new(), new_version: false };
        }
        if let Some(finding) = Finding::unfit(table, at) {
            self.had_rows = true;
            return self.reject(finding);
        }
        if !self.had_rows && table.rows.iter().all(|row| row.score.is_none()) {
            // Names without a single score are no table to compare a later one with.
            return Judgement { standing: Standing::NotThereYet, holds: Vec::new(), new_version: false };
        }
        self.had_rows = true;
        let latest = Baseline::of(table);
        let new_version =
            self.version != table.version && (self.baseline.is_some() || self.changed.is_some());
        if self.version != table.version {
            *self = Self { had_rows: true, version: table.version.clone(), ..Self::default() };
        }
        if let Some(changed) = &mut self.changed {
            changed.latest = latest;
            return self.judgement(new_version);
        }
        if let Some(baseline) = &self.baseline {
            let comparison = Comparison::of(&baseline.rows, &latest.rows);
            if let Some(finding) = comparison.changed(table.spec.unit) {
                self.shrunk = None;
                self.holds.clear();
                self.changed = Some(Changed { finding, since: at, latest, version: table.version.clone() });
                return self.judgement(new_version);
            }
            if let Some(finding) = comparison.shrunk() {
                self.shrunk = Some(match self.shrunk.take() {
                    Some(old) if old.same_shape(&latest, table.spec.unit) => {
                        Shrunk { finding, since: old.since, polls: old.polls.saturating_add(1), rows: latest }
                    }
                    _ => Shrunk { finding, since: at, polls: 1, rows: latest },
                });
                self.end_what_stood(at);
                return self.judgement(new_version);
            }
        }
        self.shrunk = None;
        self.trust(&table.spec, latest, at);
        self.judgement(new_version)
    }

    /// New content has arrived that no table could be read from: HTML where CSV was, a truncated archive.
    ///
    /// Call it for each table of the source.
    pub fn unreadable(&mut self, reason: &str) -> Judgement {
        self.reject(Finding::Unreadable { reason: reason.to_owned() })
    }

    /// The source was asked again and said the same: time passes, polls count. A back-test, whose polls are
    /// implied, passes `u32::MAX`.
    pub fn poll(&mut self, at: DateTime<Utc>, polls: u32) -> Judgement {
        if self.unfit.is_none() {
            if let Some(shrunk) = &mut self.shrunk {
                shrunk.polls = shrunk.polls.saturating_add(polls);
            }
            for hold in &mut self.holds {
                hold.polls = hold.polls.saturating_add(polls);
            }
            self.end_what_stood(at);
        }
        self.judgement(false)
    }

    /// A person trusts the table as it is now, shrunk or changed: it becomes what later ones are compared with.
    /// Returns whether there was anything to release.
    pub fn release(&mut self) -> bool {
        let released = match (self.changed.take(), self.shrunk.take()) {
            (Some(changed), _) => {
                self.version = changed.version;
                Some(changed.latest)
            }
            (None, Some(shrunk)) => Some(shrunk.rows),
            (None, None) => None,
        };
        if let Some(rows) = released {
            self.baseline = Some(rows);
            self.holds.clear();
            true
        } else {
            false
        }
    }

    /// A person trusts a held row. Returns whether it was held.
    pub fn release_row(&mut self, key: &str) -> bool {
        let Some(at) = self.holds.iter().position(|h| h.key == key) else { return false };
        let hold = self.holds.remove(at);
        self.admit(&hold);
        true
    }

    /// The judgement of the content at hand as things stand.
    pub fn current(&self) -> Judgement {
        self.judgement(false)
    }

    /// When, at the earliest, time alone can change the judgement.
    pub fn next_change(&self) -> Option<DateTime<Utc>> {
        if self.unfit.is_some() || self.changed.is_some() {
            return None;
        }
        match &self.shrunk {
            Some(shrunk) => Some(shrunk.since + STANDING),
            None => self.holds.iter().map(|h| h.since + STANDING).min(),
        }
    }

    fn reject(&mut self, finding: Finding) -> Judgement {
        // What waited for time to pass has been interrupted.
        self.shrunk = None;
        self.unfit = Some(finding);
        self.judgement(false)
    }

    fn trust(&mut self, spec: &TableSpec, latest: Baseline, at: DateTime<Utc>) {
        let empty = Baseline::default();
        let before = self.baseline.as_ref().unwrap_or(&empty);
        self.holds = hold::judge(spec, &before.rows, &latest.rows, &self.holds, at);
        self.baseline = Some(latest.with_holds_undone(&self.holds));
        self.end_what_stood(at);
    }

    fn end_what_stood(&mut self, at: DateTime<Utc>) {
        if let Some(shrunk) = self.shrunk.take_if(|s| s.polls >= SHAPE_POLLS && at - s.since >= STANDING) {
            self.baseline = Some(shrunk.rows);
            self.holds.clear();
        }
        if self.shrunk.is_none() {
            let stood = |h: &Hold| h.polls >= HOLD_POLLS && at - h.since >= STANDING;
            let (ended, holds): (Vec<Hold>, _) = std::mem::take(&mut self.holds).into_iter().partition(stood);
            self.holds = holds;
            for hold in &ended {
                self.admit(hold);
            }
        }
    }

    /// Lets a row that was held into the baseline as it is.
    fn admit(&mut self, hold: &Hold) {
        if let Some(baseline) = &mut self.baseline {
            match baseline.rows.iter_mut().find(|(key, _)| *key == hold.key) {
                Some(row) => row.1 = Some(hold.is),
                None => baseline.rows.push((hold.key.clone(), Some(hold.is))),
            }
        }
    }

    fn judgement(&self, new_version: bool) -> Judgement {
        let standing = match (&self.unfit, &self.changed, &self.shrunk) {
            (Some(finding), _, _) => Standing::Unfit { finding: finding.clone() },
            (None, Some(c), _) => Standing::Changed { finding: c.finding.clone(), since: c.since },
            (None, None, Some(s)) => Standing::Shrunk { finding: s.finding.clone(), since: s.since },
            (None, None, None) if self.had_rows => Standing::Trusted,
            (None, None, None) => Standing::NotThereYet,
        };
        let holds = if standing == Standing::Trusted { self.holds.clone() } else { Vec::new() };
        Judgement { standing, holds, new_version }
    }
}

impl Baseline {
    fn of(table: &Table) -> Self {
        Self { rows: table.rows.iter().map(|row| (row.key.clone(), row.score)).collect() }
    }

    /// Held rows as they were, new ones left out: nobody is compared with a figure that is not believed.
    fn with_holds_undone(mut self, holds: &[Hold]) -> Self {
        for hold in holds {
            match hold.was {
                Some(was) => {
                    if let Some(row) = self.rows.iter_mut().find(|(key, _)| *key == hold.key) {
                        row.1 = Some(was);
                    }
                }
                None => self.rows.retain(|(key, _)| *key != hold.key),
            }
        }
        self
    }
}

impl Shrunk {
    /// Whether a table could pass as an ordinary update of the shrunk one.
    fn same_shape(&self, latest: &Baseline, unit: Unit) -> bool {
        let comparison = Comparison::of(&self.rows.rows, &latest.rows);
        comparison.changed(unit).is_none() && comparison.shrunk().is_none()
    }
}

#[cfg(test)]
mod tests;
