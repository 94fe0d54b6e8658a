//! Weighing items and writing the moves that follow.

use std::collections::BTreeMap;

use super::{By, Cause, Ledger, Move, Part};
use crate::{
    cluster, contradiction,
    evidence::{Entry, Status},
    ids::EvidenceId,
    options::Options,
    points::Points,
    stream::{LogWeights, Stream},
};

/// A change smaller than this is the noise of adding decimals, not a change.
const NOISE: f64 = 1e-12;

/// Where everything stands between two moves.
pub(super) struct Standing {
    pub(super) streams: BTreeMap<Stream, LogWeights>,
    pub(super) headline: LogWeights,
    pub(super) floor: f64,
}

impl Ledger {
    /// Weighs all items anew and writes the moves: first the subject's own part, then those of its neighbours.
    pub(super) fn post(&mut self, cause: Cause, by: &By) -> Vec<Move> {
        let mut parts = Vec::new();
        let before: BTreeMap<EvidenceId, f64> = self.entries.iter().map(|e| (e.id, e.counts)).collect();
        parts.extend(self.reweigh());
        let (own, others): (Vec<Part>, Vec<Part>) =
            parts.into_iter().partition(|p| Some(p.evidence.0) == cause.subject);
        // Between the two moves the neighbours still count what they did.
        let after: BTreeMap<EvidenceId, f64> = others.iter().map(|p| (p.evidence, p.after)).collect();
        let put =
            |ledger: &mut Self, counts: &BTreeMap<EvidenceId, f64>, which: &dyn Fn(EvidenceId) -> bool| {
                for entry in ledger.entries.iter_mut().filter(|e| which(e.id)) {
                    if let Some(points) = counts.get(&entry.id) {
                        entry.counts = *points;
                    }
                }
            };
        let subject = cause.subject.map(EvidenceId);
        let own_after = subject.and_then(|id| self.entry(id)).map(|e| (e.id, e.counts));
        put(self, &before, &|_| true);
        let standing = self.snapshot();
        put(self, &own_after.into_iter().collect(), &|_| true);
        let mut moves = vec![self.row(standing, cause, Stream::Evidence, own, by)];
        if !others.is_empty() {
            let standing = self.snapshot();
            put(self, &after, &|_| true);
            moves.push(self.row(standing, cause, Stream::Evidence, others, by));
        }
        moves
    }

    /// Weighs every item by its status, contradictions and cluster; gives what changed.
    pub(super) fn reweigh(&mut self) -> Vec<Part> {
        supersede(&mut self.entries);
        let disputes: Vec<f64> = self
            .entries
            .iter()
            .map(|e| contradiction::dispute(e.id, &self.entries, &self.contradictions))
            .collect();
        for (entry, dispute) in self.entries.iter_mut().zip(disputes) {
            entry.factors.dispute = dispute;
        }
        let memberships = cluster::memberships(&self.entries);
        let options = &self.options;
        let mut parts = Vec::new();
        for entry in &mut self.entries {
            if let Some(m) = memberships.get(&entry.id) {
                entry.factors.cluster = m.cluster;
                entry.factors.cluster_size = m.size;
                entry.factors.independence = m.independence;
            }
            let after = entry.effective();
            if (after - entry.counts).abs() > NOISE || (after == 0.0 && entry.counts != 0.0) {
                let option = options.index(entry.item.option.as_deref()).unwrap_or(0);
                let before = entry.counts;
                parts.push(Part { evidence: entry.id, option, before, after, factors: entry.factors });
                entry.counts = after;
            }
        }
        parts
    }

    pub(super) fn snapshot(&self) -> Standing {
        Standing { streams: self.streams(), headline: self.headline(), floor: self.headline.floor() }
    }

    /// Writes the next row from where things stood to where they stand.
    pub(super) fn row(
        &mut self,
        before: Standing,
        cause: Cause,
        stream: Stream,
        parts: Vec<Part>,
        by: &By,
    ) -> Move {
        self.seq += 1;
        let after = self.snapshot();
        let of = |s: &Standing| s.streams.get(&stream).cloned().unwrap_or_else(|| self.start.clone());
        let (p_before, p_after) = (before.headline.shown(before.floor), after.headline.shown(after.floor));
        // With named options a row tells of the option its largest part is about, or else of the leading one.
        let option = parts
            .iter()
            .max_by(|a, b| (a.after - a.before).abs().total_cmp(&(b.after - b.before).abs()))
            .map(|p| p.option)
            .or_else(|| {
                let leading = |(a, _): &(usize, _), (b, _): &(usize, _)| {
                    p_after[*a].value().total_cmp(&p_after[*b].value()).then(b.cmp(a))
                };
                (self.options != Options::YesNo)
                    .then(|| p_after.iter().enumerate().max_by(leading))
                    .flatten()
                    .map(|(i, _)| i)
            })
            .unwrap_or(0);
        let weight = |l: &LogWeights| l.get(option).unwrap_or(0.0);
        Move {
            seq: self.seq,
            at: by.at,
            actor: by.actor.clone(),
            cause,
            stream_before: of(&before),
            stream_after: of(&after),
            stream,
            option,
            points: Points::between(weight(&before.headline), weight(&after.headline)),
            headline_before: before.headline,
            headline_after: after.headline,
            p_before: p_before[option],
            p_after: p_after[option],
            parts,
            made_of: None,
            ended: false,
            note: None,
        }
    }
}

/// Marks the items that a newer one takes the place of, and unmarks those whose successor was retracted.
pub(super) fn supersede(entries: &mut [Entry]) {
    let standing = |e: &&Entry| e.status != Status::Retracted;
    let replaced: Vec<EvidenceId> =
        entries.iter().filter(standing).filter_map(|e| e.item.supersedes).collect();
    for entry in entries.iter_mut().filter(|e| e.status != Status::Retracted) {
        entry.status = if replaced.contains(&entry.id) { Status::Superseded } else { Status::Active };
    }
}
