//! A person lets go what the gate holds back, accepts an address, or says whether a model is open.

use bellwether_core::{actor::Actor, benchmark::BenchmarkId, ids::SourceId, openness::Openness};
use bellwether_sources::{SourceDocument, gate::GateState};
use bellwether_store::{Change, OpennessOverride, Tx};
use chrono::DateTime;
use serde_json::json;

use super::{poll, questions, stored};
use crate::{Engine, EngineError, Result, ids::new_uuid, resolve, standing::Fresh};

/// A reason that says something.
fn reason(text: &str) -> Result<&str> {
    let text = text.trim();
    if text.is_empty() {
        return Err(EngineError::invalid(
            "reason",
            "required",
            "say why, for those who will read this later",
        ));
    }
    if text.chars().count() > 2_000 {
        return Err(EngineError::invalid("reason", "too_long", "at most 2,000 characters"));
    }
    Ok(text)
}

async fn document(tx: &mut Tx, source: &SourceId) -> Result<SourceDocument> {
    let n = tx.source(source).await?.n;
    let version = tx.source_version(source, n).await?;
    SourceDocument::parse(&version.document).map_err(EngineError::internal)
}

impl Engine {
    /// Trusts the table of a benchmark as it is now, shrunk or changed; every rule on it is evaluated again.
    pub async fn release_table(&self, actor: &Actor, benchmark: &BenchmarkId, why: &str) -> Result<()> {
        let why = reason(why)?;
        let at = self.now();
        let mut tx = self.write().await?;
        let memory = tx.gate_memory(benchmark).await?.ok_or(EngineError::NotFound("benchmark"))?;
        let gate: GateState = memory.state.read()?;
        let held_back = gate.current().standing.quarantined();
        if !gate.clone().release() {
            return Err(EngineError::Conflict(match held_back {
                Some(found) => {
                    format!("{found}: such a snapshot cannot be trusted; the next clean one will be")
                }
                None => "nothing is held back here".into(),
            }));
        }
        let Some(mut table) = tx.tables_of_benchmark(benchmark, DateTime::UNIX_EPOCH, at).await?.pop() else {
            return Err(EngineError::NotFound("snapshot"));
        };
        table.released_by = Some(actor.clone());
        table.released_at = Some(at);
        table.release_reason = Some(why.to_owned());
        tx.judge_table(&table).await?;
        let source = memory.source.clone();
        let document = document(&mut tx, &source).await?;
        poll::step(&mut tx, actor, Some(&document), memory, at, |gate| {
            gate.release();
            gate.current()
        })
        .await?;
        let body = json!({ "source": source, "benchmark": benchmark, "fetch": table.fetch_id, "reason": why, "was": held_back });
        let subject = benchmark.to_string();
        tx.record(&Change { at, actor, kind: "snapshot.released", claim: None, subject, body }).await?;
        resolve::after_poll(&mut tx, &source, Fresh::default(), at).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Trusts a held row as it is; every rule on the benchmark is evaluated again.
    pub async fn release_row(
        &self,
        actor: &Actor,
        benchmark: &BenchmarkId,
        key: &str,
        why: &str,
    ) -> Result<()> {
        let why = reason(why)?;
        let at = self.now();
        let mut tx = self.write().await?;
        let memory = tx.gate_memory(benchmark).await?.ok_or(EngineError::NotFound("benchmark"))?;
        let mut gate: GateState = memory.state.read()?;
        if !gate.release_row(key) {
            return Err(EngineError::NotFound("held row"));
        }
        tx.release_row(benchmark, key, actor, why, at).await?;
        let source = memory.source.clone();
        let document = document(&mut tx, &source).await?;
        poll::step(&mut tx, actor, Some(&document), memory, at, |gate| {
            gate.release_row(key);
            gate.current()
        })
        .await?;
        let body = json!({ "source": source, "benchmark": benchmark, "row": key, "reason": why });
        let subject = benchmark.to_string();
        tx.record(&Change { at, actor, kind: "snapshot.released", claim: None, subject, body }).await?;
        resolve::after_poll(&mut tx, &source, Fresh::default(), at).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Says whether a model is open, over source and registry, from now on.
    pub async fn overrule_openness(
        &self,
        actor: &Actor,
        source: Option<&SourceId>,
        model: &str,
        openness: Openness,
        why: &str,
    ) -> Result<()> {
        let why = reason(why)?;
        if model.trim().is_empty() {
            return Err(EngineError::invalid("model", "required", "name the model as the source writes it"));
        }
        let at = self.now();
        let mut tx = self.write().await?;
        let word = OpennessOverride {
            id: new_uuid(at),
            source: source.cloned(),
            model: model.to_owned(),
            openness,
            reason: why.to_owned(),
            actor: actor.clone(),
            at,
        };
        tx.insert_openness_override(&word).await?;
        questions::answered(&mut tx, actor, source, model, openness, why, at).await?;
        let body = json!({ "source": source, "model": model, "openness": openness, "reason": why });
        let subject = model.to_owned();
        tx.record(&Change { at, actor, kind: "openness.overruled", claim: None, subject, body }).await?;
        let sources = match source {
            Some(source) => vec![source.clone()],
            None => tx.sources().await?.into_iter().map(|s| s.id).collect(),
        };
        for source in sources {
            for memory in tx.gate_memories(&source).await? {
                stored::refresh(&mut tx, &memory.benchmark, at).await?;
            }
            resolve::after_poll(&mut tx, &source, Fresh::default(), at).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
