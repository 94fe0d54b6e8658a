//! What was taken in, read back: rows with persons' words applied, and the frontiers that follow from them.

use bellwether_core::{
    benchmark::BenchmarkId,
    frontier::Step,
    ids::{FetchId, SourceId},
    openness::Provenance,
    registry::Overrule,
    table::{Row, Table},
};
use bellwether_sources::gate::GateState;
use bellwether_store::{JsonText, SnapshotTable, Tx};
use chrono::{DateTime, Utc};

use super::{Figures, registry};
use crate::{Result, signals};

/// Puts persons' words over what was judged when the row came: the latest that counts by `at`.
pub(crate) fn apply_words(words: &[Overrule], source: &SourceId, rows: &mut [Row], at: DateTime<Utc>) {
    for word in words {
        if word.from > at || word.source.as_ref().is_some_and(|of| of != source) {
            continue;
        }
        for row in rows.iter_mut().filter(|row| row.model == word.model) {
            row.openness = word.openness;
            row.provenance = Provenance::Person(word.reason.clone());
        }
    }
}

/// A table's rows as they count at `at`, in the file's order.
pub(crate) async fn stored_rows(
    tx: &mut Tx,
    fetch: FetchId,
    benchmark: &BenchmarkId,
    at: DateTime<Utc>,
) -> Result<Vec<Row>> {
    let stored = tx.observations(fetch, benchmark).await?;
    let mut rows = stored.iter().map(|o| Ok(o.row_json.read()?)).collect::<Result<Vec<Row>>>()?;
    apply_words(&registry::words(tx).await?, &benchmark.source, &mut rows, at);
    Ok(rows)
}

/// The frontiers of a stored table as they count at `at`, without rows that are held now.
pub(crate) async fn step_of(tx: &mut Tx, table: &SnapshotTable, at: DateTime<Utc>) -> Result<Step> {
    let holds = match tx.gate_memory(&table.benchmark).await? {
        Some(memory) => memory.state.read::<GateState>()?.current().holds,
        None => Vec::new(),
    };
    let whole = Table {
        spec: table.spec.read()?,
        version: table.version.clone(),
        rows: stored_rows(tx, table.fetch_id, &table.benchmark, at).await?,
        missing_columns: Vec::new(),
        duplicate_rows: 0,
        unreadable: Vec::new(),
    };
    Ok(Step::of(&signals::without_held(whole, &holds), table.observed_at))
}

/// Writes the frontiers of the table that stands for a benchmark anew: a row was let go, or a person has spoken.
pub(super) async fn refresh(tx: &mut Tx, benchmark: &BenchmarkId, at: DateTime<Utc>) -> Result<()> {
    for mut table in tx.standing_tables(std::slice::from_ref(benchmark), at).await? {
        let mut figures: Figures = table.figures.read()?;
        figures.step = Some(step_of(tx, &table, at).await?);
        table.figures = JsonText::of(&figures)?;
        table.updated_at = at;
        tx.judge_table(&table).await?;
    }
    Ok(())
}
