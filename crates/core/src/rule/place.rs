//! One condition at its table.

use std::rc::Rc;

use rust_decimal::Decimal;

use super::{
    evaluation::{Evaluation, Verdict, Witness},
    field::{Field, Seen},
    group::Group,
    world::HeldRow,
};
use crate::{
    benchmark::{Direction, Unit},
    table::{Row, Table},
};

/// One condition at its table.
pub(super) struct Place<'p, 't> {
    pub(super) table: &'t Table,
    pub(super) held: &'p [HeldRow],
    pub(super) vanished: &'p [Row],
    pub(super) seen: &'p Seen<'t>,
    /// With `same_model`: the model under examination.
    pub(super) model: Option<&'p str>,
}

impl<'p, 't> Place<'p, 't> {
    pub(super) fn field(&self, of: &Group, other: Option<&Group>) -> Rc<Field<'p>> {
        // What a claim remembers and the model under examination are its own; all else is the table's.
        if self.vanished.is_empty() && self.model.is_none() {
            self.seen.field(of, other, || self.new_field(&[], of, other))
        } else {
            Rc::new(self.new_field(self.vanished, of, other))
        }
    }

    fn new_field<'f>(&self, vanished: &'f [Row], of: &Group, other: Option<&Group>) -> Field<'f>
    where
        't: 'f,
    {
        let is_of = |row: &Row, open: Option<bool>| {
            of.fits(row, open) && self.model.is_none_or(|model| identity(row) == model)
        };
        let is_other = |row: &Row, open: Option<bool>| other.is_some_and(|group| group.fits(row, open));
        Field::new(
            self.table.rows.iter(),
            self.held,
            vanished.iter(),
            self.table.spec.direction,
            &is_of,
            &is_other,
        )
    }

    pub(super) fn same_model(&self) -> bool {
        self.model.is_some()
    }

    pub(super) fn unit(&self) -> Unit {
        self.table.spec.unit
    }

    pub(super) fn difference(&self) -> &'static str {
        self.table.spec.unit.difference()
    }

    pub(super) fn title(&self) -> &'t str {
        &self.table.spec.title
    }

    /// By how much `a` is better than `b`.
    pub(super) fn lead(&self, a: Decimal, b: Decimal) -> Decimal {
        match self.table.spec.direction {
            Direction::Higher => a - b,
            Direction::Lower => b - a,
        }
    }

    /// The sentence where one of two groups has no row.
    pub(super) fn missing(
        &self,
        of: &Group,
        left: bool,
        other: &Group,
        right: bool,
        verdict: Verdict,
    ) -> String {
        let who = match (left, right) {
            (false, false) => format!("neither a {of} nor a {other} model"),
            (false, true) => format!("no {of} model"),
            _ => format!("no {other} model"),
        };
        format!("{} has {who} with a known score: {verdict}.", self.title())
    }

    /// An evaluation of a trusted table.
    pub(super) fn evaluation(
        &self,
        verdict: Verdict,
        doubts: Vec<String>,
        left: Option<&Row>,
        right: Option<&Row>,
        sentence: String,
    ) -> Evaluation {
        let sentence = if doubts.is_empty() {
            sentence
        } else {
            let more = doubts.len().saturating_sub(3);
            let first = doubts.iter().take(3).cloned().collect::<Vec<_>>().join("; ");
            let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("{sentence} In doubt: {first}{rest}.")
        };
        let (at_worst, at_best) =
            if verdict == Verdict::Unknown { (Verdict::Fails, Verdict::Holds) } else { (verdict, verdict) };
        let unknown_because = if verdict == Verdict::Unknown && doubts.is_empty() {
            vec![sentence.trim_end_matches('.').to_owned()]
        } else {
            doubts
        };
        Evaluation {
            left: left.map(Witness::of),
            right: right.map(Witness::of),
            unknown_because,
            benchmark: Some(self.table.spec.benchmark.clone()),
            version: self.table.version.clone(),
            at_worst,
            at_best,
            ..Evaluation::known(verdict, sentence)
        }
    }
}

/// What makes two rows the same model: the registry's id, else the source's text.
pub(super) fn identity(row: &Row) -> &str {
    row.registry_model.as_deref().unwrap_or(&row.model)
}
