//! A poll that brought nothing new: time passes for what the gate holds back.

use bellwether_core::{actor::Actor, benchmark::BenchmarkId, ids::SourceId};
use bellwether_sources::{
    SourceDocument,
    gate::{GateState, Judgement, Standing},
};
use bellwether_store::{Change, GateMemory, JsonText, SourceState, Tx, Word};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::{stored, write::word};
use crate::{Result, signals};

/// Counts a poll for every benchmark of the source; how many signals that raised.
pub(super) async fn passed(
    tx: &mut Tx,
    actor: &Actor,
    document: &SourceDocument,
    state: &SourceState,
    at: DateTime<Utc>,
) -> Result<usize> {
    let mut raised = 0;
    for memory in tx.gate_memories(&state.source).await? {
        raised += step(tx, actor, Some(document), memory, at, |gate| gate.poll(at, 1)).await?;
    }
    Ok(raised)
}

/// Lets the gate think again about one benchmark, and writes what changed: a quarantine that ended, rows let go.
pub(super) async fn step(
    tx: &mut Tx,
    actor: &Actor,
    document: Option<&SourceDocument>,
    memory: GateMemory,
    at: DateTime<Utc>,
    think: impl FnOnce(&mut GateState) -> Judgement,
) -> Result<usize> {
    let mut gate: GateState = memory.state.read()?;
    let before = gate.current();
    let after = think(&mut gate);
    tx.save_gate_memory(&GateMemory {
        state: JsonText::of(&gate)?,
        next_change_at: gate.next_change(),
        updated_at: at,
        ..memory.clone()
    })
    .await?;
    for hold in before.holds.iter().filter(|hold| !after.holds.iter().any(|h| h.key == hold.key)) {
        tx.release_row(&memory.benchmark, &hold.key, actor, "stood long enough", at).await?;
    }
    if before.standing == after.standing {
        if before.holds != after.holds {
            stored::refresh(tx, &memory.benchmark, at).await?;
        }
        return Ok(0);
    }
    standing_changed(tx, actor, document, &memory.source, &memory.benchmark, &after, at).await
}

/// Writes that the newest table of a benchmark may be used by now.
async fn standing_changed(
    tx: &mut Tx,
    actor: &Actor,
    document: Option<&SourceDocument>,
    source: &SourceId,
    benchmark: &BenchmarkId,
    after: &Judgement,
    at: DateTime<Utc>,
) -> Result<usize> {
    let Some(mut table) = tx.tables_of_benchmark(benchmark, DateTime::UNIX_EPOCH, at).await?.pop() else {
        return Ok(0);
    };
    let before = signals::standing_step(tx, benchmark, at).await?;
    table.verdict = Word::of(&word(&after.standing));
    table.reason = after.standing.quarantined();
    table.updated_at = at;
    if after.standing == Standing::Trusted && table.trusted_at.is_none() {
        table.trusted_at = Some(at);
    }
    tx.judge_table(&table).await?;
    if after.standing != Standing::Trusted {
        return Ok(0);
    }
    stored::refresh(tx, benchmark, at).await?;
    let body = json!({ "source": source, "benchmark": benchmark, "fetch": table.fetch_id, "because": "stood long enough" });
    let subject = benchmark.to_string();
    tx.record(&Change { at, actor, kind: "snapshot.trusted", claim: None, subject, body }).await?;
    match document {
        Some(document) => signals::after_release(tx, actor, document, benchmark, before.as_ref(), at).await,
        None => Ok(0),
    }
}
