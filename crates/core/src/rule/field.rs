//! The rows a condition chooses from, and what is doubtful about them.
//!
//! A row of unknown openness may count as open, as closed, or not at all; a held row as it is, as it was, or not at
//! all; a vanished witness with its last score, or not at all. Where these readings lead to different verdicts, the
//! verdict is unknown and the rows that matter are named.

use std::{
    cell::{OnceCell, RefCell},
    cmp::Ordering,
    collections::{BTreeSet, HashMap},
    rc::Rc,
};

use rust_decimal::Decimal;

use super::{evaluation::Verdict, group::Group, world::HeldRow};
use crate::{
    benchmark::Direction,
    openness::Openness,
    table::{Row, Table},
};

/// Readings that can be the best of a group are tried in pairs; beyond so many per group only the best can matter,
/// because a verdict changes at one score only.
const MAX_READINGS: usize = 256;

/// One way to read a row: absent, or present with a score and its membership of the two groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reading {
    score: Option<Decimal>,
    of: bool,
    other: bool,
}

/// A row with every way to read it.
#[derive(Debug)]
struct Doubtful<'a> {
    row: &'a Row,
    why: &'static str,
    readings: Vec<Reading>,
}

/// The rows of one table as one condition sees them.
#[derive(Debug)]
pub(super) struct Field<'a> {
    direction: Direction,
    /// Rows that are read in one way only, with their membership.
    certain: Vec<(&'a Row, Decimal, bool, bool)>,
    doubtful: Vec<Doubtful<'a>>,
    /// The best known rows of the two groups.
    best_of: Option<&'a Row>,
    best_other: Option<&'a Row>,
}

/// Two groups that were asked for, and the field made of them.
type Asked<'a> = (Group, Option<Group>, Rc<Field<'a>>);

/// What was worked out of one table, for all the rules that look at it together: hundreds of claims ask for the same
/// groups of the same table. Begins empty and fills as rules are evaluated.
#[derive(Clone, Debug, Default)]
pub struct Seen<'a> {
    fields: RefCell<Vec<Asked<'a>>>,
    rows: OnceCell<HashMap<&'a str, &'a Row>>,
}

impl<'a> Seen<'a> {
    /// The field of two groups, made where nobody has asked for it yet.
    pub(super) fn field(
        &self,
        of: &Group,
        other: Option<&Group>,
        make: impl FnOnce() -> Field<'a>,
    ) -> Rc<Field<'a>> {
        let mut fields = self.fields.borrow_mut();
        if let Some((.., field)) = fields.iter().find(|(a, b, _)| a == of && b.as_ref() == other) {
            return field.clone();
        }
        let field = Rc::new(make());
        fields.push((of.clone(), other.cloned(), field.clone()));
        field
    }

    /// The first row of a key.
    pub(super) fn row(&self, table: &'a Table, key: &str) -> Option<&'a Row> {
        let rows = self.rows.get_or_init(|| {
            // Of rows with one key the first is meant; keys are unique once extracted.
            table.rows.iter().rev().map(|row| (row.key.as_str(), row)).collect()
        });
        rows.get(key).copied()
    }
}

impl<'a> Field<'a> {
    pub(super) fn new(
        rows: impl Iterator<Item = &'a Row>,
        held: &[HeldRow],
        vanished: impl Iterator<Item = &'a Row>,
        direction: Direction,
        of: &dyn Fn(&Row, Option<bool>) -> bool,
        other: &dyn Fn(&Row, Option<bool>) -> bool,
    ) -> Self {
        let mut field =
            Self { direction, certain: Vec::new(), doubtful: Vec::new(), best_of: None, best_other: None };
        for row in rows {
            let Some(score) = row.score else { continue };
            // Nearly every row is read in one way only, and tables have thousands.
            if let ([open], true) = (senses(row.openness), held.is_empty()) {
                field.certain.push((row, score, of(row, *open), other(row, *open)));
                continue;
            }
            let hold = held.iter().find(|h| h.key == row.key);
            let mut readings = Vec::new();
            let scores = match hold {
                Some(hold) => vec![Some(score), hold.was, None],
                None => vec![Some(score)],
            };
            for score in scores {
                for open in senses(row.openness) {
                    let reading = Reading {
                        score,
                        of: score.is_some() && of(row, *open),
                        other: score.is_some() && other(row, *open),
                    };
                    if !readings.contains(&reading) {
                        readings.push(reading);
                    }
                }
            }
            if let [only] = readings.as_slice() {
                field.certain.push((row, score, only.of, only.other));
            } else {
                let why = if hold.is_some() { "held" } else { "openness unknown" };
                field.doubtful.push(Doubtful { row, why, readings });
            }
        }
        for row in vanished {
            let open = *senses(row.openness).first().unwrap_or(&None);
            let there = Reading { score: row.score, of: of(row, open), other: other(row, open) };
            let gone = Reading { score: None, of: false, other: false };
            field.doubtful.push(Doubtful { row, why: "vanished", readings: vec![there, gone] });
        }
        field.best_of = field.certain_of().min_by(|a, b| field.order(a, b));
        let others = field.certain.iter().filter(|(.., other)| *other).map(|(row, ..)| *row);
        field.best_other = others.min_by(|a, b| field.order(a, b));
        field
    }

    fn better(&self, a: Decimal, b: Decimal) -> bool {
        match self.direction {
            Direction::Higher => a > b,
            Direction::Lower => a < b,
        }
    }

    fn max(&self, a: Option<Decimal>, b: Option<Decimal>) -> Option<Decimal> {
        match (a, b) {
            (Some(x), Some(y)) => Some(if self.better(y, x) { y } else { x }),
            (a, b) => a.or(b),
        }
    }

    /// Best first; equal scores: the earlier date, then the key.
    fn order(&self, a: &Row, b: &Row) -> Ordering {
        let by_score = match self.direction {
            Direction::Higher => b.score.cmp(&a.score),
            Direction::Lower => a.score.cmp(&b.score),
        };
        let date = |row: &Row| row.as_of.map_or((1, None), |day| (0, Some(day)));
        by_score.then_with(|| date(a).cmp(&date(b))).then_with(|| a.key.cmp(&b.key))
    }

    /// Known rows of the first group.
    pub(super) fn certain_of(&self) -> impl Iterator<Item = &'a Row> {
        self.certain.iter().filter(|(_, _, of, _)| *of).map(|(row, ..)| *row)
    }

    /// The best known row of the first group.
    pub(super) fn best_of(&self) -> Option<&'a Row> {
        self.best_of
    }

    /// The best known row of the second group.
    pub(super) fn best_other(&self) -> Option<&'a Row> {
        self.best_other
    }

    /// How many rows are known to be there.
    pub(super) fn len(&self) -> usize {
        self.known_scores().count()
    }

    /// Tries every reading. `verdict` sees the best scores of the two groups; where both are there, it must never
    /// change back as one of them grows.
    pub(super) fn judge(
        &self,
        verdict: impl Fn(Option<Decimal>, Option<Decimal>) -> Verdict,
    ) -> (Verdict, Vec<String>) {
        let base_of = self.best_of().and_then(|row| row.score);
        let base_other = self.best_other().and_then(|row| row.score);
        let base = verdict(base_of, base_other);
        let relevant = self.relevant(base_of, base_other);
        let alone: Vec<Verdict> = relevant
            .iter()
            .map(|(_, r)| verdict(self.with(base_of, r.of, r), self.with(base_other, r.other, r)))
            .collect();
        let mut matter = BTreeSet::new();
        for (i, (row, first)) in relevant.iter().enumerate() {
            if alone[i] != base {
                matter.insert(*row);
            }
            for (j, (other_row, second)) in relevant.iter().enumerate().skip(i + 1) {
                if row == other_row {
                    continue;
                }
                let of = self.with(self.with(base_of, first.of, first), second.of, second);
                let other = self.with(self.with(base_other, first.other, first), second.other, second);
                let both = verdict(of, other);
                if both != base {
                    if both != alone[j] {
                        matter.insert(*row);
                    }
                    if both != alone[i] {
                        matter.insert(*other_row);
                    }
                }
            }
        }
        self.verdict_of(base, &matter)
    }

    fn verdict_of(&self, base: Verdict, matter: &BTreeSet<usize>) -> (Verdict, Vec<String>) {
        if matter.is_empty() {
            return (base, Vec::new());
        }
        let mut names: Vec<String> = matter
            .iter()
            .filter_map(|i| self.doubtful.get(*i))
            .map(|d| format!("{}: {}", d.why, d.row.model))
            .collect();
        names.sort();
        names.dedup();
        (Verdict::Unknown, names)
    }

    fn with(&self, best: Option<Decimal>, member: bool, reading: &Reading) -> Option<Decimal> {
        if member { self.max(best, reading.score) } else { best }
    }

    /// The readings that would be the best of a group, the best of them first.
    fn relevant(&self, of: Option<Decimal>, other: Option<Decimal>) -> Vec<(usize, Reading)> {
        let beats = |score: Decimal, best: Option<Decimal>| best.is_none_or(|best| self.better(score, best));
        let mut all: Vec<(usize, Reading)> = Vec::new();
        for group in [0, 1] {
            let mut found: Vec<(usize, Reading)> = self
                .doubtful
                .iter()
                .enumerate()
                .flat_map(|(i, d)| d.readings.iter().map(move |r| (i, *r)))
                .filter(|(_, r)| {
                    r.score.is_some_and(|s| {
                        if group == 0 { r.of && beats(s, of) } else { r.other && beats(s, other) }
                    })
                })
                .collect();
            found.sort_by(|(_, a), (_, b)| match self.direction {
                Direction::Higher => b.score.cmp(&a.score),
                Direction::Lower => a.score.cmp(&b.score),
            });
            // The worst stays too: alone, it can satisfy "at most" where nothing else is known.
            let worst = found.last().copied();
            found.truncate(MAX_READINGS);
            for reading in found.into_iter().chain(worst) {
                if !all.contains(&reading) {
                    all.push(reading);
                }
            }
        }
        all
    }

    /// Scores of the rows that are there in every reading, whatever group they count to.
    fn known_scores(&self) -> impl Iterator<Item = (&'a Row, Decimal)> {
        let present = self.doubtful.iter().filter(|d| d.readings.iter().all(|r| r.score == d.row.score));
        let present = present.filter_map(|d| Some((d.row, d.row.score?)));
        self.certain.iter().map(|(row, score, ..)| (*row, *score)).chain(present)
    }

    /// The place of a row: one more than the rows that are better; equal scores share the best place.
    pub(super) fn place_of(&self, row: &Row) -> usize {
        let better = |score| row.score.is_some_and(|own| self.better(score, own));
        1 + self.known_scores().filter(|(_, score)| better(*score)).count()
    }

    /// The row in place `n`, the last one where there are fewer.
    pub(super) fn nth(&self, n: usize) -> Option<&'a Row> {
        let mut rows: Vec<&Row> = self.known_scores().map(|(row, _)| row).collect();
        rows.sort_by(|a, b| self.order(a, b));
        rows.get(n.saturating_sub(1)).or(rows.last()).copied()
    }

    /// Whether a row of the first group is among the first `top` of all rows, in every reading.
    pub(super) fn judge_rank(&self, top: usize) -> (Verdict, Vec<String>) {
        let best = self.best_of().and_then(|row| row.score);
        let base = match self.best_of() {
            Some(row) if self.place_of(row) <= top => Verdict::Holds,
            _ => Verdict::Fails,
        };
        let candidates = self
            .doubtful
            .iter()
            .enumerate()
            .flat_map(|(i, d)| d.readings.iter().filter(|r| r.of).map(move |r| (Some(i), r.score)));
        let can_hold = std::iter::once((None, best))
            .chain(candidates)
            .filter_map(|(who, score)| Some((who, score?)))
            .any(|(who, score)| self.fewest_better(score, who) < top);
        let can_fail = best.is_none_or(|score| self.most_better(score) >= top);
        let matter: BTreeSet<usize> = if can_hold && can_fail {
            let lifts =
                |i: usize, r: &Reading| r.of && r.score.is_some_and(|s| self.fewest_better(s, Some(i)) < top);
            // A row whose place is certain pushes nobody up or down.
            let pushes = |d: &Doubtful<'_>, r: &Reading| {
                let there = d.readings.iter().all(|other| other.score == r.score);
                !there && r.score.is_some_and(|s| best.is_some_and(|b| self.better(s, b)))
            };
            let doubtful = self.doubtful.iter().enumerate();
            let matters =
                |(i, d): &(usize, &Doubtful<'_>)| d.readings.iter().any(|r| lifts(*i, r) || pushes(d, r));
            doubtful.filter(matters).map(|(i, _)| i).collect()
        } else {
            BTreeSet::new()
        };
        self.verdict_of(base, &matter)
    }

    /// How many rows other than `who` are better than `score` in the reading that has the fewest.
    fn fewest_better(&self, score: Decimal, who: Option<usize>) -> usize {
        let beats = |r: &Reading| r.score.is_some_and(|s| self.better(s, score));
        let certain = self.certain.iter().filter(|(_, s, ..)| self.better(*s, score)).count();
        let doubtful = self.doubtful.iter().enumerate();
        certain + doubtful.filter(|(i, d)| Some(*i) != who && d.readings.iter().all(beats)).count()
    }

    /// How many rows outside the group are better than `score` in the reading that has the most.
    fn most_better(&self, score: Decimal) -> usize {
        let beats = |r: &Reading| !r.of && r.score.is_some_and(|s| self.better(s, score));
        let certain = self.certain.iter().filter(|(_, s, ..)| self.better(*s, score)).count();
        certain + self.doubtful.iter().filter(|d| d.readings.iter().any(beats)).count()
    }
}

/// The ways to take a row's openness: `Some(true)` open, `Some(false)` closed, `None` neither.
fn senses(openness: Openness) -> &'static [Option<bool>] {
    match openness {
        Openness::Open => &[Some(true)],
        Openness::Closed => &[Some(false)],
        Openness::Unknown => &[None, Some(true), Some(false)],
    }
}

impl Group {
    /// Whether a row belongs to the group, its openness taken as given.
    pub(super) fn fits(&self, row: &Row, open: Option<bool>) -> bool {
        let same = |a: &str, b: &str| a.trim().to_lowercase() == b.trim().to_lowercase();
        self.openness().is_none_or(|asked| open == Some(asked))
            && self.properties().is_none_or(|p| {
                let stated = |asked: &Option<String>, has: &Option<String>| {
                    asked.as_ref().is_none_or(|a| has.as_ref().is_some_and(|h| same(a, h)))
                };
                p.model.as_ref().is_none_or(|m| {
                    same(m, &row.model) || row.registry_model.as_ref().is_some_and(|id| same(m, id))
                }) && stated(&p.organisation, &row.organisation)
                    && stated(&p.licence, &row.licence)
                    && p.params_below_b.is_none_or(|limit| row.params_b.is_some_and(|b| b < limit))
                    && p.released_after.is_none_or(|day| row.released.is_some_and(|d| d.first > day))
            })
    }
}
