//! A claim's ledger between the tables and the domain: loaded, changed by core functions, written back.

use std::collections::BTreeMap;

use bellwether_core::{
    confidence::{Confidence, Override},
    contradiction::Contradiction,
    document::ClaimDocument,
    evidence::{Entry, Factors, Item, Status},
    ids::{ClaimId, EvidenceId, MoveId},
    ledger::{By, Cause, CauseKind, Ledger, Move, Part},
    options::Options,
    points::Points,
    probability::Probability,
    signal::apart::{Spread, apart_now},
    stream::{Headline, LogWeights, Stream},
};
use bellwether_store::{Claim, Evidence, JsonText, Move as MoveRow, StoreError, Tx, Word};
use serde::{Deserialize, Serialize};

use crate::{EngineError, Result, ids::new_uuid};

/// What a claim's row keeps of its ledger beside the items: enough to go on without reading every move.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Standing {
    /// Where it started.
    pub start: LogWeights,
    /// The option that the claim's number is about; 0 for yes.
    pub leading: usize,
    /// What the headline is made of.
    pub made_of: Headline,
    /// Every stream but the evidence.
    pub streams: BTreeMap<Stream, LogWeights>,
    /// Contradictions, open and decided.
    pub contradictions: Vec<Contradiction>,
    /// A person's word against the computed confidence.
    pub confidence: Option<Override>,
    /// The views that anybody sees are apart, and it was told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub apart: bool,
}

/// What a move's row keeps beyond its columns.
#[derive(Serialize, Deserialize)]
struct Detail {
    parts: Vec<Part>,
    option: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    made_of: Option<Headline>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    ended: bool,
}

/// A claim with its ledger.
pub(crate) struct Book {
    /// The claim's row, as it was read or last written.
    pub row: Claim,
    /// What its author wrote.
    pub document: ClaimDocument,
    /// Items, streams and headline.
    pub ledger: Ledger,
    /// The items' rows, as they were read or last written.
    pub rows: BTreeMap<EvidenceId, Evidence>,
    /// A person's word against the computed confidence.
    pub overridden: Option<Override>,
    /// The views that anybody sees are apart, and it was told.
    pub apart: bool,
}

impl Book {
    /// Reads a claim's ledger as it stands.
    pub(crate) async fn load(tx: &mut Tx, row: Claim) -> Result<Self> {
        let items = tx.evidence_of_claim(row.id).await?;
        Self::assemble(row, items)
    }

    /// Puts a claim's ledger together from its rows.
    pub(crate) fn assemble(row: Claim, items: Vec<Evidence>) -> Result<Self> {
        let document: ClaimDocument = row.document.read()?;
        let standing: Standing = row.standing.read()?;
        let entries = items.iter().map(entry).collect::<Result<_>>()?;
        let ledger = Ledger::restore(
            Options::of(&document),
            standing.start,
            standing.made_of,
            standing.streams,
            entries,
            standing.contradictions,
            row.move_seq.try_into().map_err(EngineError::internal)?,
        );
        let rows = items.into_iter().map(|e| (e.id, e)).collect();
        Ok(Self { row, document, ledger, rows, overridden: standing.confidence, apart: standing.apart })
    }

    /// Writes back what a change of the ledger left: the moves, what other items count now, and the claim's row.
    /// Items that were added or revised are written by the caller, before this.
    pub(crate) async fn save(&mut self, tx: &mut Tx, moves: &[Move], by: &By) -> Result<()> {
        tx.append_moves(&self.rows_of(moves)?).await?;
        for entry in self.ledger.entries() {
            let Some(row) = self.rows.get_mut(&entry.id) else { continue };
            let factors = JsonText::of(&entry.factors)?;
            if row.effective.to_bits() != entry.counts.to_bits() || row.factors != factors {
                tx.weigh_evidence(entry.id, entry.counts, &factors, by.at).await?;
                row.effective = entry.counts;
                row.factors = factors;
            }
        }
        let came_apart = self.weigh_views();
        self.refresh(by)?;
        tx.save_claim(&mut self.row).await?;
        self.tell_apart(tx, came_apart, by).await
    }

    /// Writes back what moves of other streams than the evidence left, which weigh no item anew. Their rows are the
    /// caller's, see [`Self::rows_of`].
    pub(crate) async fn save_standing(&mut self, tx: &mut Tx, by: &By) -> Result<()> {
        let came_apart = self.weigh_views();
        self.refresh(by)?;
        tx.save_ledger(&mut self.row).await?;
        self.tell_apart(tx, came_apart, by).await
    }

    /// Notes whether the views that anybody sees are apart; how far, where they were not before.
    fn weigh_views(&mut self) -> Option<Spread> {
        let sees = |stream: &Stream| self.document.shows(stream);
        let spread = Spread::of(&self.ledger.streams(), self.ledger.leading(), sees);
        let was = self.apart;
        self.apart = apart_now(was, spread.as_ref().map(Spread::pts));
        spread.filter(|_| self.apart && !was)
    }

    async fn tell_apart(&self, tx: &mut Tx, came_apart: Option<Spread>, by: &By) -> Result<()> {
        match came_apart {
            Some(spread) => crate::signals::came_apart(tx, self, &spread, by).await,
            None => Ok(()),
        }
    }

    /// Moves of this ledger as rows.
    pub(crate) fn rows_of(&self, moves: &[Move]) -> Result<Vec<MoveRow>> {
        moves.iter().map(|m| row_of(self.row.id, m)).collect()
    }

    /// Brings the claim's row up to what the ledger says.
    pub(crate) fn refresh(&mut self, by: &By) -> Result<()> {
        self.row.standing = JsonText::of(&self.standing())?;
        self.row.headline_p = self.shown().map(Probability::value);
        self.row.move_seq = i64::try_from(self.ledger.seq()).map_err(EngineError::internal)?;
        let active = self.ledger.entries().iter().filter(|e| e.status == Status::Active).count();
        self.row.evidence_count = i64::try_from(active).map_err(EngineError::internal)?;
        self.row.confidence = Word::of(&self.confidence(by.at).level());
        self.row.updated_at = by.at;
        Ok(())
    }

    /// What the claim's row keeps of the ledger.
    pub(crate) fn standing(&self) -> Standing {
        let mut streams = self.ledger.streams();
        streams.remove(&Stream::Evidence);
        Standing {
            start: self.ledger.start().clone(),
            leading: self.ledger.leading(),
            made_of: self.ledger.made_of().clone(),
            streams,
            contradictions: self.ledger.contradictions().to_vec(),
            confidence: self.overridden.clone(),
            apart: self.apart,
        }
    }

    /// How much the evidence can be leaned on.
    pub(crate) fn confidence(&self, now: chrono::DateTime<chrono::Utc>) -> Confidence {
        Confidence::of(self.ledger.entries(), self.overridden.clone(), now)
    }

    /// The claim's number: of yes, or of the leading option.
    pub(crate) fn shown(&self) -> Option<Probability> {
        self.ledger.shown().get(self.ledger.leading()).copied()
    }
}

/// The option that a claim's number is about; 0 for yes.
pub(crate) fn leading_of(row: &Claim) -> Result<usize> {
    Ok(row.standing.read::<Standing>()?.leading)
}

fn entry(row: &Evidence) -> Result<Entry> {
    let item: Item = row.item.read()?;
    let factors: Factors = row.factors.read()?;
    Ok(Entry {
        id: row.id,
        revision: row.n.try_into().map_err(EngineError::internal)?,
        status: row.status.read()?,
        item,
        factors,
        counts: row.effective,
    })
}

/// A move as its row keeps it.
fn row_of(claim: ClaimId, m: &Move) -> Result<MoveRow> {
    Ok(MoveRow {
        id: MoveId(new_uuid(m.at)),
        claim,
        seq: m.seq.try_into().map_err(EngineError::internal)?,
        at: m.at,
        cause_kind: Word::of(&m.cause.kind),
        cause_id: m.cause.subject.map(|id| id.to_string()),
        actor: m.actor.clone(),
        stream: m.stream.to_string(),
        points: Some(m.points.value()),
        stream_before: JsonText::of(&m.stream_before)?,
        stream_after: JsonText::of(&m.stream_after)?,
        headline_before: JsonText::of(&m.headline_before)?,
        headline_after: JsonText::of(&m.headline_after)?,
        p_before: Some(m.p_before.value()),
        p_after: Some(m.p_after.value()),
        parts: JsonText::of(&Detail {
            parts: m.parts.clone(),
            option: m.option,
            made_of: m.made_of.clone(),
            ended: m.ended,
        })?,
        note: m.note.clone(),
    })
}

/// A move as it was appended.
pub(crate) fn move_of(row: &MoveRow) -> Result<Move> {
    let detail: Detail = row.parts.read()?;
    let kind: CauseKind = row.cause_kind.read()?;
    let bad = |reason: String| StoreError::Inconsistent { table: "move", reason };
    let p = |p: Option<f64>| {
        p.and_then(|p| Probability::new(p).ok())
            .ok_or_else(|| bad(format!("move {} has no probability", row.seq)))
    };
    Ok(Move {
        seq: row.seq.try_into().map_err(EngineError::internal)?,
        at: row.at,
        actor: row.actor.clone(),
        cause: Cause {
            kind,
            subject: row
                .cause_id
                .as_deref()
                .map(|id| id.parse().map_err(|_| bad(format!("move {} has cause `{id}`", row.seq))))
                .transpose()?,
        },
        stream: row.stream.parse().map_err(|e: bellwether_core::stream::BadStream| bad(e.to_string()))?,
        option: detail.option,
        points: Points::new(row.points.unwrap_or(0.0)),
        stream_before: row.stream_before.read()?,
        stream_after: row.stream_after.read()?,
        headline_before: row.headline_before.read()?,
        headline_after: row.headline_after.read()?,
        p_before: p(row.p_before)?,
        p_after: p(row.p_after)?,
        parts: detail.parts,
        made_of: detail.made_of,
        ended: detail.ended,
        note: row.note.clone(),
    })
}
