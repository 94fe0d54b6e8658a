//! Rebuilding a ledger's standing from its moves, and proving that they hang together.

use std::collections::BTreeMap;

use super::{CauseKind, Move, Part};
use crate::{
    ids::EvidenceId,
    points::PER_NAT,
    stream::{Headline, LogWeights, Stream},
};

/// How far a recomputed log-weight may lie from the recorded one.
const EXACT: f64 = 1e-9;

/// What moves amount to.
#[derive(Clone, Debug, PartialEq)]
pub struct Replayed {
    /// Every stream.
    pub streams: BTreeMap<Stream, LogWeights>,
    /// The headline.
    pub headline: LogWeights,
    /// What it is made of.
    pub made_of: Headline,
    /// The last part of every item that was ever moved; those that count nothing included.
    pub parts: BTreeMap<EvidenceId, Part>,
    /// Where it started.
    pub start: LogWeights,
}

/// The first place where moves do not hang together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// There is no first row.
    #[error("the ledger has no first row")]
    Empty,
    /// A number is missing or stands twice.
    #[error("move {found} stands where move {expected} should")]
    Gap {
        /// The number that should stand here.
        expected: u64,
        /// The one that does.
        found: u64,
    },
    /// A row begins elsewhere than the last one ended, or ends elsewhere than its parts lead.
    #[error("move {seq}: the {what} does not follow from the moves before it")]
    Jump {
        /// The row.
        seq: u64,
        /// `stream`, `headline`, `part` or `first row`.
        what: &'static str,
    },
}

/// Rebuilds everything from the moves, oldest first.
pub fn replay(moves: &[Move]) -> Result<Replayed, Broken> {
    let first = moves.first().ok_or(Broken::Empty)?;
    let start = first.stream_after.clone();
    let made_of = first
        .made_of
        .clone()
        .filter(|_| first.cause.kind == CauseKind::Start)
        .ok_or(Broken::Jump { seq: first.seq, what: "first row" })?;
    let mut state = Replayed {
        streams: BTreeMap::from([(Stream::Evidence, start.clone())]),
        headline: start.clone(),
        made_of,
        parts: BTreeMap::new(),
        start,
    };
    for (row, expected) in moves.iter().zip(1..) {
        if row.seq != expected {
            return Err(Broken::Gap { expected, found: row.seq });
        }
        state.take(row)?;
    }
    Ok(state)
}

impl Replayed {
    fn take(&mut self, row: &Move) -> Result<(), Broken> {
        let jump = |what| Broken::Jump { seq: row.seq, what };
        let check = |ok: bool, what| if ok { Ok(()) } else { Err(jump(what)) };
        check(near(&row.headline_before, &self.headline), "headline")?;
        let stood = self.streams.get(&row.stream).unwrap_or(&self.start);
        check(near(&row.stream_before, stood), "stream")?;
        for part in &row.parts {
            let counted = self.parts.get(&part.evidence).map_or(0.0, |p| p.after);
            check((part.before - counted).abs() < EXACT * PER_NAT, "part")?;
            self.parts.insert(part.evidence, part.clone());
        }
        if row.stream == Stream::Evidence {
            let mut points = vec![0.0; self.start.options()];
            for part in self.parts.values() {
                *points.get_mut(part.option).ok_or_else(|| jump("part"))? += part.after;
            }
            let rebuilt =
                points.iter().enumerate().fold(self.start.clone(), |l, (i, p)| l.plus(i, p / PER_NAT));
            check(near(&row.stream_after, &rebuilt), "stream")?;
            self.streams.insert(Stream::Evidence, rebuilt);
        } else if row.ended {
            self.streams.remove(&row.stream);
        } else {
            self.streams.insert(row.stream.clone(), row.stream_after.clone());
        }
        if let Some(made_of) = &row.made_of {
            self.made_of = made_of.clone();
        }
        self.headline = self.made_of.of(&self.streams, &self.start);
        check(near(&row.headline_after, &self.headline), "headline")
    }
}

fn near(a: &LogWeights, b: &LogWeights) -> bool {
    a.options() == b.options() && a.as_slice().iter().zip(b.as_slice()).all(|(a, b)| (a - b).abs() < EXACT)
}
