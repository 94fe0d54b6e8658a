//! Evaluation of a rule at an instant: which table answers each condition, and what all of them say.

use chrono::{DateTime, Utc};

use super::{
    Condition, Rule,
    compound::{order, walk},
    evaluation::{Evaluation, Verdict},
    memory::{Memory, Remembered},
    place::{Place, identity},
    world::{TableAt, World},
};
use crate::{
    benchmark::BenchmarkId,
    table::{Row, Table},
};

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
