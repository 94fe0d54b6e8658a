//! New content: its bytes, its tables, its rows, and what the gate says of them.

use bellwether_core::{
    actor::Actor,
    frontier::Step,
    ids::{FetchId, Sha256},
    rule::number::to_f64,
    table::Table,
};
use bellwether_sources::{
    ExtractError, Extraction, Snapshot as Bytes, SourceDocument,
    gate::{GateState, Hold, Judgement, Standing},
};
use bellwether_store::{
    Change, GateMemory, JsonText, Observation, RowHold, Snapshot, SnapshotTable, Tx, Word,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{GateWord, TakenTable, empty_table, questions, registry};
use crate::{EngineError, Result, signals};

/// How hard zstd tries: leaderboards are small, and taking one in must not wait.
const ZSTD_LEVEL: i32 = 3;
/// Unreadable cells are kept with a table up to this many.
const MAX_LISTED: usize = 200;

/// One file of a fetch, as it is listed with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// `main`, `pages/00001`, `files/PATH` or `companions/NAME`.
    pub name: String,
    /// Digest of its bytes.
    pub sha256: Sha256,
    /// Their number.
    pub size: usize,
}

/// What was counted and found in a table, beside its rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Rows with a score.
    pub scored: usize,
    /// Required columns that no row has.
    pub missing_columns: Vec<String>,
    /// Rows that repeat another byte for byte.
    pub duplicate_rows: usize,
    /// Cells that could not be read, the first of them.
    pub unreadable: Vec<bellwether_core::table::Unreadable>,
    /// How many there are.
    pub unreadable_count: usize,
    /// The first snapshot of another version of the benchmark.
    pub new_version: bool,
    /// Both frontiers, where the table may be used: held rows as they were, persons' words applied.
    pub step: Option<Step>,
}

/// What is being written: of which document, under which fetch.
pub(super) struct Read<'a> {
    pub(super) document: &'a SourceDocument,
    pub(super) fetch: FetchId,
    pub(super) content: Option<Sha256>,
    pub(super) at: DateTime<Utc>,
}

/// Keeps the bytes, compressed; the list of them goes with the fetch.
pub(super) async fn keep(tx: &mut Tx, bytes: &Bytes, at: DateTime<Utc>) -> Result<JsonText> {
    let mut list = Vec::new();
    for (name, bytes) in bytes.files() {
        let sha256 = Sha256::of(bytes);
        let zstd = zstd::encode_all(bytes, ZSTD_LEVEL).map_err(EngineError::internal)?;
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        tx.keep_snapshot(&Snapshot { sha256, zstd, size, mime: None, stored_at: at }).await?;
        list.push(File { name, sha256, size: bytes.len() });
    }
    Ok(JsonText::of(&list)?)
}

/// The word for what the gate says.
pub(super) fn word(standing: &Standing) -> GateWord {
    match standing {
        Standing::Trusted => GateWord::Trusted,
        Standing::NotThereYet => GateWord::NotThereYet,
        Standing::Unfit { .. } => GateWord::Unfit,
        Standing::Shrunk { .. } => GateWord::Shrunk,
        Standing::Changed { .. } => GateWord::Changed,
    }
}

/// Gates and writes every table of new content; what became of them, how many signals they raised, and the tables.
pub(super) async fn tables(
    tx: &mut Tx,
    actor: &Actor,
    read: &Read<'_>,
    extraction: Result<Extraction, ExtractError>,
) -> Result<(Vec<TakenTable>, usize, Vec<Table>)> {
    let (tables, unreadable) = match extraction {
        Ok(found) => {
            registry::keep_models(tx, actor, read.document, &found.models, read.at).await?;
            (found.tables, None)
        }
        Err(e) => {
            let names = read.document.tables.iter().filter_map(|t| empty_table(read.document, &t.benchmark));
            (names.collect(), Some(e.to_string()))
        }
    };
    let mut taken = Vec::with_capacity(tables.len());
    let mut raised = 0;
    for table in &tables {
        let before = signals::standing_step(tx, &table.spec.benchmark, read.at).await?;
        let mut state = gate_state(tx, table).await?;
        let judgement = match &unreadable {
            None => state.arrive(table, read.at),
            Some(reason) => state.unreadable(reason),
        };
        remember(tx, table, read.document, &state, read.at).await?;
        write_table(tx, read, table, &judgement).await?;
        questions::ask(tx, read.document, table, read.at).await?;
        raised +=
            signals::of_table(tx, actor, read.document, table, &judgement, before.as_ref(), read.at).await?;
        taken.push(TakenTable {
            benchmark: table.spec.benchmark.clone(),
            word: word(&judgement.standing),
            reason: judgement.standing.quarantined(),
            rows: table.rows.len(),
            held: judgement.holds.iter().map(|hold| hold.key.clone()).collect(),
        });
    }
    record(tx, actor, read, &taken).await?;
    Ok((taken, raised, tables))
}

async fn gate_state(tx: &mut Tx, table: &Table) -> Result<GateState> {
    match tx.gate_memory(&table.spec.benchmark).await? {
        Some(memory) => Ok(memory.state.read()?),
        None => Ok(GateState::default()),
    }
}

/// Keeps what the gate remembers of a benchmark.
pub(super) async fn remember(
    tx: &mut Tx,
    table: &Table,
    document: &SourceDocument,
    state: &GateState,
    at: DateTime<Utc>,
) -> Result<()> {
    tx.save_gate_memory(&GateMemory {
        benchmark: table.spec.benchmark.clone(),
        source: document.id.clone(),
        state: JsonText::of(state)?,
        next_change_at: state.next_change(),
        updated_at: at,
    })
    .await?;
    Ok(())
}

async fn write_table(tx: &mut Tx, read: &Read<'_>, table: &Table, judgement: &Judgement) -> Result<()> {
    let Some(content) = read.content else { return Ok(()) };
    let benchmark = &table.spec.benchmark;
    let trusted = judgement.standing == Standing::Trusted;
    let figures = Figures {
        scored: table.rows.iter().filter(|row| row.score.is_some()).count(),
        missing_columns: table.missing_columns.clone(),
        duplicate_rows: table.duplicate_rows,
        unreadable: table.unreadable.iter().take(MAX_LISTED).cloned().collect(),
        unreadable_count: table.unreadable.len(),
        new_version: judgement.new_version,
        step: trusted.then(|| Step::of(&signals::without_held(table.clone(), &judgement.holds), read.at)),
    };
    tx.insert_snapshot_table(&SnapshotTable {
        fetch_id: read.fetch,
        benchmark: benchmark.clone(),
        source: read.document.id.clone(),
        content,
        observed_at: read.at,
        version: table.version.clone(),
        verdict: Word::of(&word(&judgement.standing)),
        reason: judgement.standing.quarantined(),
        trusted_at: trusted.then_some(read.at),
        rows: i64::try_from(table.rows.len()).unwrap_or(i64::MAX),
        spec: JsonText::of(&table.spec)?,
        figures: JsonText::of(&figures)?,
        released_by: None,
        released_at: None,
        release_reason: None,
        updated_at: read.at,
    })
    .await?;
    let flags = JsonText::of(&table.spec.flags)?;
    let rows = table.rows.iter().enumerate().map(|(position, row)| {
        Ok(Observation {
            fetch_id: read.fetch,
            benchmark: benchmark.clone(),
            position: i64::try_from(position).unwrap_or(i64::MAX),
            row_key: row.key.clone(),
            model: row.model.clone(),
            score: row.score.map(|score| score.to_string()),
            score_real: row.score.map(to_f64),
            as_of: row.as_of,
            openness: row.openness,
            registry_model: row.registry_model.clone(),
            flags: flags.clone(),
            row_json: JsonText::of(row)?,
        })
    });
    let rows: Vec<Observation> = rows.collect::<Result<_>>()?;
    tx.insert_observations(&rows).await?;
    let holds: Vec<RowHold> = judgement.holds.iter().map(|hold| held(read, table, hold)).collect();
    tx.hold_rows(&holds).await?;
    Ok(())
}

fn held(read: &Read<'_>, table: &Table, hold: &Hold) -> RowHold {
    let unit = table.spec.unit.difference();
    let reason = match hold.was {
        Some(was) => format!("moved from {was} to {} ({} {unit})", hold.is, (hold.is - was).abs()),
        None => format!("new at {}, far above the best so far", hold.is),
    };
    RowHold {
        fetch_id: read.fetch,
        benchmark: table.spec.benchmark.clone(),
        row_key: hold.key.clone(),
        reason,
        was: hold.was.map(|was| was.to_string()),
        score: Some(hold.is.to_string()),
        held_at: hold.since,
        released_at: None,
        released_by: None,
        release_reason: None,
    }
}

/// One event for what may be used, one for each table that may not.
async fn record(tx: &mut Tx, actor: &Actor, read: &Read<'_>, taken: &[TakenTable]) -> Result<()> {
    let trusted: Vec<_> = taken
        .iter()
        .filter(|t| t.word == GateWord::Trusted)
        .map(|t| json!({ "benchmark": t.benchmark, "rows": t.rows, "held": t.held }))
        .collect();
    let source = &read.document.id;
    if !trusted.is_empty() {
        let body =
            json!({ "source": source, "fetch": read.fetch, "content": read.content, "tables": trusted });
        let change = Change {
            at: read.at,
            actor,
            kind: "snapshot.trusted",
            claim: None,
            subject: source.to_string(),
            body,
        };
        tx.record(&change).await?;
    }
    for table in taken.iter().filter(|t| t.reason.is_some()) {
        let body = json!({
            "source": source, "fetch": read.fetch, "content": read.content, "benchmark": table.benchmark,
            "verdict": table.word, "reason": table.reason,
        });
        let subject = table.benchmark.to_string();
        tx.record(&Change { at: read.at, actor, kind: "snapshot.held_back", claim: None, subject, body })
            .await?;
    }
    Ok(())
}
