//! Three-valued evaluation of a rule at an instant.

use std::{collections::BTreeMap, fmt, rc::Rc};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    Condition, Node, Rule,
    field::{Field, Seen},
    group::Group,
    memory::{Memory, Remembered},
};
use crate::{
    benchmark::{BenchmarkId, Direction, Unit},
    openness::Openness,
    registry::ModelEntry,
    table::{Row, Table},
    window::Window,
};

/// What a rule says, in Kleene's logic: `all` is the least of its legs, `any` the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It does not hold.
    Fails,
    /// It cannot be said.
    Unknown,
    /// It holds.
    Holds,
}

impl Verdict {
    /// Holds becomes fails and back.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Fails => Self::Holds,
            Self::Unknown => Self::Unknown,
            Self::Holds => Self::Fails,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fails => "fails",
            Self::Unknown => "unknown",
            Self::Holds => "holds",
        })
    }
}

/// A row that jumped and is not believed yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRow {
    /// The row's key.
    pub key: String,
    /// The score it had; `None`: the row is new.
    pub was: Option<Decimal>,
}

/// What stands for one benchmark at an instant.
#[derive(Clone, Debug, Default)]
pub struct TableAt<'a> {
    /// The content at hand; `None`: nothing was fetched yet.
    pub table: Option<&'a Table>,
    /// Why that content is quarantined.
    pub quarantined: Option<String>,
    /// Its rows that are held.
    pub held: Vec<HeldRow>,
    /// The source had no new content for its `stale_after`.
    pub stale: bool,
    /// What rules evaluated together have worked out of it so far.
    pub seen: Seen<'a>,
}

/// Everything a rule may look at.
pub struct World<'a, 't> {
    /// The instant.
    pub at: DateTime<Utc>,
    /// The claim's window; releases count within it.
    pub window: &'a Window,
    /// The claim's `for`: how long a vanished witness stays a doubt.
    pub standing: TimeDelta,
    /// The tables, by benchmark.
    pub tables: &'a BTreeMap<BenchmarkId, TableAt<'t>>,
    /// The registry's models, for `released`.
    pub models: &'a [ModelEntry],
}

/// The row a verdict rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    /// The model as the source writes it.
    pub model: String,
    /// The row's key; the registry id for a release.
    pub row: String,
    /// Its score, exact.
    pub score: Option<Decimal>,
    /// The source's own date of the row.
    pub as_of: Option<NaiveDate>,
    /// What it counted as.
    pub openness: Openness,
}

impl Witness {
    fn of(row: &Row) -> Self {
        Self {
            model: row.model.clone(),
            row: row.key.clone(),
            score: row.score,
            as_of: row.as_of,
            openness: row.openness,
        }
    }
}

/// What a rule, or a part of it, says at an instant, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The verdict.
    pub verdict: Verdict,
    /// Signed distance in the benchmark's unit, positive when it holds, from the known rows.
    pub margin: Option<Decimal>,
    /// The witness of `of`.
    pub left: Option<Witness>,
    /// The witness of `to` or `over`.
    pub right: Option<Witness>,
    /// One English sentence.
    pub sentence: String,
    /// Why it is unknown: rows and their doubts, a version, a quarantine.
    pub unknown_because: Vec<String>,
    /// Why the table is quarantined, where that makes it unknown.
    pub quarantined: Option<String>,
    /// The benchmark that answered; another than the condition's own where a fallback did.
    pub benchmark: Option<BenchmarkId>,
    /// Its version.
    pub version: Option<String>,
    /// The date of the event, were this the condition that decides: the source's own date of what it rests on.
    pub event_date: Option<NaiveDate>,
    /// The least it could be, were the doubts of trusted tables settled. Quarantines stay unknown.
    pub at_worst: Verdict,
    /// The most it could be, likewise.
    pub at_best: Verdict,
    /// The parts, in the rule's order.
    pub legs: Vec<Evaluation>,
}

impl Evaluation {
    /// A verdict that is certain.
    pub(super) fn known(verdict: Verdict, sentence: String) -> Self {
        Self {
            verdict,
            margin: None,
            left: None,
            right: None,
            sentence,
            unknown_because: Vec::new(),
            quarantined: None,
            benchmark: None,
            version: None,
            event_date: None,
            at_worst: verdict,
            at_best: verdict,
            legs: Vec::new(),
        }
    }

    /// A doubt that better knowledge could settle either way.
    pub(super) fn unknown(because: &str) -> Self {
        Self {
            unknown_because: vec![because.to_owned()],
            at_worst: Verdict::Fails,
            at_best: Verdict::Holds,
            ..Self::known(Verdict::Unknown, format!("Unknown: {because}."))
        }
    }

    /// A table that must not be used.
    fn quarantined(benchmark: &BenchmarkId, because: &str) -> Self {
        Self {
            quarantined: Some(because.to_owned()),
            unknown_because: vec![because.to_owned()],
            benchmark: Some(benchmark.clone()),
            ..Self::known(
                Verdict::Unknown,
                format!("Unknown: the data of {benchmark} is held back: {because}."),
            )
        }
    }

    /// The conditions below, or this one, each with the benchmark that answered.
    pub fn leaves(&self) -> Vec<&Self> {
        if self.legs.is_empty() { vec![self] } else { self.legs.iter().flat_map(Self::leaves).collect() }
    }
}

/// One condition at its table.
pub(super) struct Place<'p, 't> {
    pub(super) table: &'t Table,
    held: &'p [HeldRow],
    vanished: &'p [Row],
    seen: &'p Seen<'t>,
    /// With `same_model`: the model under examination.
    model: Option<&'p str>,
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
fn identity(row: &Row) -> &str {
    row.registry_model.as_deref().unwrap_or(&row.model)
}

/// Evaluates a rule. `memory` is what the step before left, and is brought up to date.
pub fn evaluate(rule: &Rule, world: &World<'_, '_>, memory: &mut Memory) -> Evaluation {
    let conditions = rule.conditions();
    memory.conditions.resize_with(conditions.len(), || None);
    let prepared: Vec<Prepared<'_, '_>> = conditions
        .iter()
        .zip(&mut memory.conditions)
        .map(|(c, m)| Prepared::new(c, world, m.as_ref()))
        .collect();
    let evaluation = if rule.same_model {
        same_model(rule, world, &prepared)
    } else {
        walk(&rule.node, &mut |i| prepared[i].evaluate(world, None), &mut 0)
    };
    let leaves: Vec<Evaluation> = evaluation.leaves().into_iter().cloned().collect();
    let next: Vec<_> = prepared.iter().zip(&leaves).map(|(p, leaf)| p.remember(leaf)).collect();
    for (remembered, next) in memory.conditions.iter_mut().zip(next) {
        // A quarantined table leaves no trace: the previous step is the last trusted one.
        if let Some(next) = next {
            *remembered = Some(next);
        }
    }
    evaluation
}

/// A condition with the table that answers it.
struct Prepared<'p, 't> {
    condition: &'p Condition,
    source: Source<'p, 't>,
}

enum Source<'p, 't> {
    Registry,
    Nothing(Box<Evaluation>),
    Table { table: &'t Table, standing: &'p TableAt<'t>, vanished: Vec<(Row, DateTime<Utc>)>, rows: Vec<Row> },
}

impl<'p, 't> Prepared<'p, 't> {
    fn new(condition: &'p Condition, world: &World<'p, 't>, memory: Option<&Remembered>) -> Self {
        let Some(own) = condition.benchmark() else { return Self { condition, source: Source::Registry } };
        let candidates = || std::iter::once(own).chain(condition.fallback());
        let at = |id: &'p BenchmarkId| {
            world.tables.get(id).filter(|t| t.table.is_some() || t.quarantined.is_some())
        };
        let fit = |id: &&'p BenchmarkId| at(id).is_some_and(|t| t.quarantined.is_none() && !t.stale);
        let usable = |id: &&'p BenchmarkId| at(id).is_some_and(|t| t.quarantined.is_none());
        let chosen = candidates().find(fit).or_else(|| candidates().find(usable)).unwrap_or(own);
        let Some(standing) = at(chosen) else {
            let mut nothing = Evaluation::unknown(&format!("nothing was read from {chosen} yet"));
            nothing.benchmark = Some(chosen.clone());
            return Self { condition, source: Source::Nothing(Box::new(nothing)) };
        };
        let (Some(table), None) = (standing.table, &standing.quarantined) else {
            let because = standing.quarantined.as_deref().unwrap_or("nothing was read yet");
            return Self {
                condition,
                source: Source::Nothing(Box::new(Evaluation::quarantined(chosen, because))),
            };
        };
        if let Some(pinned) = condition.version().filter(|pinned| table.version.as_deref() != Some(*pinned)) {
            let stands = table.version.as_deref().unwrap_or("none");
            let mut other =
                Evaluation::unknown(&format!("version {stands} stands, the rule counts {pinned} only"));
            other.benchmark = Some(chosen.clone());
            other.version.clone_from(&table.version);
            return Self { condition, source: Source::Nothing(Box::new(other)) };
        }
        let vanished = Remembered::vanished(memory, table, &standing.seen, world.at, world.standing);
        let rows = vanished.iter().map(|(row, _)| row.clone()).collect();
        Self { condition, source: Source::Table { table, standing, vanished, rows } }
    }

    fn evaluate(&self, world: &World<'_, '_>, model: Option<&str>) -> Evaluation {
        match &self.source {
            Source::Registry => match self.condition {
                Condition::Released(c) => c.evaluate(world.models, world.window, world.at, model),
                _ => Evaluation::unknown("no benchmark"),
            },
            Source::Nothing(evaluation) => (**evaluation).clone(),
            Source::Table { table, standing, rows, .. } => self.condition.evaluate(&Place {
                table,
                held: &standing.held,
                vanished: rows,
                seen: &standing.seen,
                model,
            }),
        }
    }

    fn remember(&self, leaf: &Evaluation) -> Option<Remembered> {
        match &self.source {
            Source::Table { table, standing, vanished, .. } => {
                let keys = [&leaf.left, &leaf.right].into_iter().flatten().map(|w| w.row.as_str());
                Some(Remembered::new(table, &standing.seen, keys, vanished.clone()))
            }
            Source::Nothing(e) if e.quarantined.is_none() => {
                Some(Remembered::nothing(e.benchmark.clone()?, e.version.clone()))
            }
            Source::Registry | Source::Nothing(_) => None,
        }
    }

    /// The models that could satisfy the condition, by identity.
    fn models(&self, world: &World<'_, '_>) -> Vec<String> {
        match &self.source {
            Source::Registry => world.models.iter().map(|m| m.id.clone()).collect(),
            Source::Nothing(_) => Vec::new(),
            Source::Table { table, rows, .. } => {
                let of = self.condition.of();
                let senses = [Some(true), Some(false), None];
                let fits = |row: &&Row| senses.iter().any(|open| of.fits(row, *open)) && row.score.is_some();
                table.rows.iter().chain(rows).filter(fits).map(|row| identity(row).to_owned()).collect()
            }
        }
    }
}

/// The rule holds if it holds for one model, the `of` groups narrowed to it.
fn same_model(rule: &Rule, world: &World<'_, '_>, prepared: &[Prepared<'_, '_>]) -> Evaluation {
    let on_tables = prepared.iter().filter(|p| !matches!(p.source, Source::Registry));
    let mut models: Vec<String> = on_tables.flat_map(|p| p.models(world)).collect();
    if models.is_empty() {
        models = prepared.iter().flat_map(|p| p.models(world)).collect();
    }
    models.sort();
    models.dedup();
    let of_model = |model: &String| {
        let evaluation = walk(&rule.node, &mut |i| prepared[i].evaluate(world, Some(model)), &mut 0);
        (model.clone(), evaluation)
    };
    let best = models.iter().map(of_model).max_by(|(a, x), (b, y)| order(x, y, true).then_with(|| b.cmp(a)));
    let Some((model, mut best)) = best else {
        let none = walk(&rule.node, &mut |i| prepared[i].evaluate(world, Some("")), &mut 0);
        // Without a single row nothing can hold, unless a table that is held back has one.
        let most = if none.leaves().iter().any(|leaf| leaf.quarantined.is_some()) {
            Verdict::Unknown
        } else {
            Verdict::Fails
        };
        let verdict = none.verdict.min(most);
        return Evaluation {
            verdict,
            at_worst: none.at_worst.min(verdict),
            at_best: none.at_best.min(most),
            ..none
        };
    };
    best.sentence = match best.verdict {
        Verdict::Holds => format!("{model} satisfies it alone. {}", best.sentence),
        _ => format!("No model satisfies it alone; {model} comes closest. {}", best.sentence),
    };
    best
}

/// Legs are ordered fails < unknown < holds, then by margin. A margin that is not known gives way, so that a compound
/// shows a figure where there is one: `last_wins` says which end of the order is shown.
fn order(a: &Evaluation, b: &Evaluation, last_wins: bool) -> std::cmp::Ordering {
    let key = |e: &Evaluation| match (e.margin, last_wins) {
        (Some(margin), _) => (1, margin),
        (None, true) => (0, Decimal::ZERO),
        (None, false) => (2, Decimal::ZERO),
    };
    a.verdict.cmp(&b.verdict).then_with(|| key(a).cmp(&key(b)))
}

fn walk(node: &Node, leaf: &mut dyn FnMut(usize) -> Evaluation, next: &mut usize) -> Evaluation {
    if let Node::Condition(_) = node {
        *next += 1;
        return leaf(*next - 1);
    }
    let legs: Vec<Evaluation> = node.legs().iter().map(|leg| walk(leg, leaf, next)).collect();
    compound(node, legs)
}

fn compound(node: &Node, legs: Vec<Evaluation>) -> Evaluation {
    // The n-th best leg decides; `all` is the last of them, `any` the first.
    let (n, last_wins) = match node {
        Node::Any(_) => (1, true),
        Node::NOf { n, .. } => (*n, true),
        Node::All(_) | Node::Not(_) | Node::Condition(_) => (legs.len(), false),
    };
    let mut order_of: Vec<usize> = (0..legs.len()).collect();
    order_of.sort_by(|a, b| order(&legs[*b], &legs[*a], last_wins).then_with(|| b.cmp(a)));
    let shown = match node {
        // The first of equal legs in either case.
        Node::Any(_) => {
            legs.iter().enumerate().rev().max_by(|(_, a), (_, b)| order(a, b, true)).map(|(i, _)| i)
        }
        _ => order_of.get(n.saturating_sub(1)).copied(),
    };
    let Some(shown) = shown.and_then(|i| legs.get(i)) else {
        return Evaluation::known(Verdict::Fails, "Nothing is asked.".to_owned());
    };
    let nth = |of: &dyn Fn(&Evaluation) -> Verdict| {
        let mut all: Vec<Verdict> = legs.iter().map(of).collect();
        all.sort_unstable_by(|a, b| b.cmp(a));
        all.get(n.saturating_sub(1)).copied().unwrap_or(Verdict::Fails)
    };
    let (mut verdict, mut at_worst, mut at_best, mut margin) =
        (shown.verdict, nth(&|e| e.at_worst), nth(&|e| e.at_best), shown.margin);
    if matches!(node, Node::Not(_)) {
        (verdict, at_worst, at_best) = (verdict.negated(), at_best.negated(), at_worst.negated());
        margin = margin.map(|m| -m);
    }
    let mut unknown_because = Vec::new();
    let mut quarantined = None;
    if verdict == Verdict::Unknown {
        for leg in legs.iter().filter(|leg| leg.verdict == Verdict::Unknown) {
            for because in &leg.unknown_because {
                if !unknown_because.contains(because) {
                    unknown_because.push(because.clone());
                }
            }
            quarantined = quarantined.or_else(|| leg.quarantined.clone());
        }
    }
    let sentence = sentence(node, verdict, &legs, shown);
    Evaluation {
        verdict,
        margin,
        left: shown.left.clone(),
        right: shown.right.clone(),
        sentence,
        unknown_because,
        quarantined,
        benchmark: None,
        version: None,
        event_date: None,
        at_worst,
        at_best,
        legs,
    }
}

fn sentence(node: &Node, verdict: Verdict, legs: &[Evaluation], shown: &Evaluation) -> String {
    let count = |v: Verdict| legs.iter().filter(|leg| leg.verdict == v).count();
    let tally: Vec<String> = [Verdict::Holds, Verdict::Unknown, Verdict::Fails]
        .into_iter()
        .filter(|v| count(*v) > 0)
        .map(|v| match (v, count(v)) {
            (Verdict::Holds, 1) => "1 holds".to_owned(),
            (Verdict::Holds, n) => format!("{n} hold"),
            (Verdict::Fails, 1) => "1 fails".to_owned(),
            (Verdict::Fails, n) => format!("{n} fail"),
            (Verdict::Unknown, 1) => "1 is unknown".to_owned(),
            (Verdict::Unknown, n) => format!("{n} are unknown"),
        })
        .collect();
    let asked = match node {
        Node::Not(_) => return format!("The opposite is asked: {verdict}. {}", shown.sentence),
        Node::Any(_) => format!("One of {} conditions is asked", legs.len()),
        Node::NOf { n, .. } => format!("{n} of {} conditions are asked", legs.len()),
        Node::All(_) | Node::Condition(_) => format!("All {} conditions are asked", legs.len()),
    };
    format!("{asked}: {}, so it is {}. {}", tally.join(", "), outcome_word(verdict), shown.sentence)
}

fn outcome_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "satisfied",
        Verdict::Fails => "not satisfied",
        Verdict::Unknown => "unknown",
    }
}
