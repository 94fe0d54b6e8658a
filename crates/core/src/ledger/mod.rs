//! The ledger of a claim: items, streams and headline, and the moves that every change appends.
//!
//! The evidence stream is always computed afresh as the start plus what each item counts, summed in the order of ids.
//! So an item that goes leaves exactly what stood before it came, to the last bit.

mod moves;
mod replay;
#[cfg(test)]
mod tests;
mod view;
mod weigh;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use self::weigh::supersede;
pub use self::{
    moves::{Cause, CauseKind, Move, Part},
    replay::{Broken, Replayed, replay},
    view::{Bar, Breakdown, SOFT_LIMIT, Warning, movement},
};
use crate::{
    actor::Actor,
    contradiction::{self, Contradiction, Decision},
    evidence::{Entry, Item, Side, Status},
    ids::EvidenceId,
    options::{BadOption, Options},
    points::PER_NAT,
    stream::{Headline, LogWeights, Stream},
};

/// The least ageing that is worth a row, in points.
pub const LEAST_DRIFT: f64 = 0.1;

/// Who acts, and when.
#[derive(Clone, Debug)]
pub struct By {
    /// The actor.
    pub actor: Actor,
    /// The instant.
    pub at: DateTime<Utc>,
}

/// Why a change of the ledger cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The item is not in this ledger.
    #[error("there is no such item of evidence on this claim")]
    NoSuchItem,
    /// The item was taken back already.
    #[error("this item was retracted before; add it anew if it counts again")]
    Retracted,
    /// The item is about an option that the claim does not have.
    #[error(transparent)]
    Option(#[from] BadOption),
    /// The item that is to be replaced is not there, or is the item itself.
    #[error("the item to be superseded is not among the claim's items")]
    Supersedes,
    /// The two items have no open contradiction.
    #[error("these two items are not marked as contradicting each other")]
    NoContradiction,
}

/// The standing of a claim, and the way to change it. Changing it gives the moves to append.
#[derive(Clone, Debug)]
pub struct Ledger {
    options: Options,
    start: LogWeights,
    headline: Headline,
    /// Every stream but the evidence, which is computed.
    streams: BTreeMap<Stream, LogWeights>,
    /// By id.
    entries: Vec<Entry>,
    contradictions: Vec<Contradiction>,
    seq: u64,
}

impl Ledger {
    /// Opens a ledger: the start is its first row.
    pub fn open(
        options: Options,
        start: LogWeights,
        headline: Headline,
        basis: &str,
        by: &By,
    ) -> (Self, Move) {
        let mut ledger = Self {
            options,
            start,
            headline,
            streams: BTreeMap::new(),
            entries: Vec::new(),
            contradictions: Vec::new(),
            seq: 0,
        };
        let before = ledger.snapshot();
        let made_of = Some(ledger.headline.clone());
        let mut first = ledger.row(before, Cause::of(CauseKind::Start), Stream::Evidence, Vec::new(), by);
        first.made_of = made_of;
        first.note = Some(basis.to_owned());
        (ledger, first)
    }

    /// A ledger as it was left: `seq` is that of its last move.
    pub fn restore(
        options: Options,
        start: LogWeights,
        headline: Headline,
        mut streams: BTreeMap<Stream, LogWeights>,
        mut entries: Vec<Entry>,
        contradictions: Vec<Contradiction>,
        seq: u64,
    ) -> Self {
        streams.remove(&Stream::Evidence);
        entries.sort_by_key(|e| e.id);
        supersede(&mut entries);
        Self { options, start, headline, streams, entries, contradictions, seq }
    }

    /// The claim's options.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// What the headline is made of.
    pub fn made_of(&self) -> &Headline {
        &self.headline
    }

    /// Where the claim started.
    pub fn start(&self) -> &LogWeights {
        &self.start
    }

    /// The items, by id.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// One item.
    pub fn entry(&self, id: EvidenceId) -> Option<&Entry> {
        self.entries.iter().find(|e| e.id == id)
    }

    /// The contradictions, open and decided.
    pub fn contradictions(&self) -> &[Contradiction] {
        &self.contradictions
    }

    /// The place of the last move.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Every stream's log-weights, unclamped.
    pub fn streams(&self) -> BTreeMap<Stream, LogWeights> {
        let mut streams = self.streams.clone();
        streams.insert(Stream::Evidence, self.evidence());
        streams
    }

    /// The headline's log-weights, unclamped.
    pub fn headline(&self) -> LogWeights {
        self.headline.of(&self.streams(), &self.start)
    }

    /// The evidence stream: the start and what each item counts.
    fn evidence(&self) -> LogWeights {
        let mut points = vec![0.0; self.options.count()];
        for entry in &self.entries {
            if let Ok(option) = self.options.index(entry.item.option.as_deref()) {
                points[option] += entry.counts;
            }
        }
        points.iter().enumerate().fold(self.start.clone(), |l, (option, p)| l.plus(option, p / PER_NAT))
    }

    /// Takes in an item. The first move is what the item itself counts; a second, where its coming changed what its
    /// neighbours count, re-weighs them. Contradictions it brings are marked.
    pub fn add(&mut self, mut entry: Entry, by: &By) -> Result<Vec<Move>, LedgerError> {
        self.check(&entry.item, entry.id)?;
        entry.counts = 0.0;
        let id = entry.id;
        self.contradictions.extend(contradiction::found(&entry, &self.entries));
        let at = self.entries.partition_point(|e| e.id < id);
        self.entries.insert(at, entry);
        Ok(self.post(Cause::about(CauseKind::EvidenceAdded, id), by))
    }

    /// Corrects an item: its new wording replaces the old one whole.
    pub fn revise(&mut self, id: EvidenceId, item: Item, by: &By) -> Result<Vec<Move>, LedgerError> {
        self.check(&item, id)?;
        let entry = self.active_mut(id)?;
        let (kept, aged) =
            (entry.item.kind == item.kind && entry.item.observed_at == item.observed_at, entry.factors);
        let counts = entry.counts;
        *entry = Entry { revision: entry.revision + 1, counts, ..Entry::new(id, item, by.at) };
        if kept {
            // A correction of the words does not age the item: its freshness is that of the last weighing.
            entry.factors.freshness = aged.freshness;
            entry.factors.entry_freshness = aged.entry_freshness;
        }
        let entry = entry.clone();
        let known = self.contradictions.clone();
        let found = contradiction::found(&entry, &self.entries);
        // What no longer contradicts is over, unless a person decided it; what does and was known keeps its decision.
        self.contradictions.retain(|c| {
            !c.is_about(id)
                || c.decision.is_some()
                || found.iter().any(|f| (f.first, f.second) == (c.first, c.second))
        });
        self.contradictions.extend(
            found.into_iter().filter(|f| !known.iter().any(|k| (k.first, k.second) == (f.first, f.second))),
        );
        Ok(self.post(Cause::about(CauseKind::EvidenceRevised, id), by))
    }

    /// Takes an item back: the first move is the exact opposite of what it counts now.
    pub fn retract(&mut self, id: EvidenceId, by: &By) -> Result<Vec<Move>, LedgerError> {
        self.active_mut(id)?.status = Status::Retracted;
        Ok(self.post(Cause::about(CauseKind::EvidenceRetracted, id), by))
    }

    /// Undoes an addition: as retracting, under its own name.
    pub fn undo(&mut self, id: EvidenceId, by: &By) -> Result<Vec<Move>, LedgerError> {
        self.active_mut(id)?.status = Status::Retracted;
        Ok(self.post(Cause::about(CauseKind::EvidenceUndone, id), by))
    }

    /// Lets items age to now. Nothing happens unless an option drifts by at least a tenth of a point.
    pub fn age(&mut self, by: &By) -> Option<Move> {
        let mut aged = self.clone();
        for entry in aged.entries.iter_mut().filter(|e| e.status != Status::Retracted) {
            entry.factors.freshness = entry.item.kind.freshness(entry.item.observed_at, by.at);
        }
        let before = aged.snapshot();
        let parts = aged.reweigh();
        let mut drift = vec![0.0; aged.options.count()];
        for part in &parts {
            drift[part.option] += part.after - part.before;
        }
        if drift.iter().all(|d: &f64| d.abs() < LEAST_DRIFT) {
            return None;
        }
        *self = aged;
        Some(self.row(before, Cause::of(CauseKind::Ageing), Stream::Evidence, parts, by))
    }

    /// A person's word on a contradiction.
    pub fn decide(
        &mut self,
        first: EvidenceId,
        second: EvidenceId,
        decision: Decision,
        by: &By,
    ) -> Result<Vec<Move>, LedgerError> {
        // The caller may name the two in either order.
        let (pair, decision) = if first <= second {
            ((first, second), decision)
        } else {
            let turned = match decision {
                Decision::First => Decision::Second,
                Decision::Second => Decision::First,
                same => same,
            };
            ((second, first), turned)
        };
        let found = self
            .contradictions
            .iter_mut()
            .find(|c| (c.first, c.second) == pair)
            .ok_or(LedgerError::NoContradiction)?;
        found.decision = Some(decision);
        let before = self.snapshot();
        let parts = self.reweigh();
        Ok(vec![self.row(
            before,
            Cause::about(CauseKind::ContradictionDecided, pair.0),
            Stream::Evidence,
            parts,
            by,
        )])
    }

    /// Another stream has a new value, or none any more. The evidence stream cannot be set; what stands as it stood is
    /// no move.
    pub fn set_stream(
        &mut self,
        stream: Stream,
        value: Option<LogWeights>,
        cause: Cause,
        by: &By,
    ) -> Option<Move> {
        if stream == Stream::Evidence || value.as_ref().is_some_and(|v| v.options() != self.options.count()) {
            return None;
        }
        if self.streams.get(&stream) == value.as_ref() {
            return None;
        }
        let before = self.snapshot();
        let ended = value.is_none();
        match value {
            Some(value) => self.streams.insert(stream.clone(), value),
            None => self.streams.remove(&stream),
        };
        Some(Move { ended, ..self.row(before, cause, stream, Vec::new(), by) })
    }

    /// Changes what the headline is made of; a move of its own.
    pub fn set_headline(&mut self, headline: Headline, by: &By) -> Move {
        let before = self.snapshot();
        self.headline = headline.clone();
        let mut row =
            self.row(before, Cause::of(CauseKind::HeadlineChanged), Stream::Evidence, Vec::new(), by);
        row.made_of = Some(headline);
        row
    }

    /// A row that moves nothing, so that the chart and the list of moves show what happened.
    pub fn mark(&mut self, cause: Cause, note: String, by: &By) -> Move {
        let before = self.snapshot();
        let mut row = self.row(before, cause, Stream::Evidence, Vec::new(), by);
        row.note = Some(note);
        row
    }

    fn check(&self, item: &Item, id: EvidenceId) -> Result<(), LedgerError> {
        self.options.index(item.option.as_deref())?;
        match item.supersedes {
            Some(old) if old == id || self.entry(old).is_none() => Err(LedgerError::Supersedes),
            _ => Ok(()),
        }
    }

    fn active_mut(&mut self, id: EvidenceId) -> Result<&mut Entry, LedgerError> {
        let entry = self.entries.iter_mut().find(|e| e.id == id).ok_or(LedgerError::NoSuchItem)?;
        if entry.status == Status::Retracted { Err(LedgerError::Retracted) } else { Ok(entry) }
    }
}

/// Soft points on one side, for [`Warning`].
pub(crate) fn soft_points(entries: &[Entry], side: Side) -> f64 {
    entries
        .iter()
        .filter(|e| e.item.side == side && e.item.weighed_tier().is_soft())
        .map(|e| e.counts.abs())
        .sum()
}
