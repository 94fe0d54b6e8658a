//! Sources without new content: said once, and once again when they recover.

use bellwether_core::actor::Actor;
use bellwether_sources::SourceDocument;
use bellwether_store::{Change, SourceState, Tx};
use chrono::{DateTime, Utc};
use serde_json::json;

use crate::{Engine, EngineError, Result, signals};

impl Engine {
    /// Marks the sources whose content has not changed for their `stale_after`. A retired one is marked too, because a
    /// claim cannot lean on it, and raises no alarm. How many were marked.
    pub async fn mark_stale(&self, actor: &Actor) -> Result<usize> {
        let now = self.now();
        let mut tx = self.write().await?;
        let documents = tx.source_documents().await?;
        let mut marked = 0;
        for version in documents {
            let mut state = tx.source_state(&version.source).await?;
            let document = SourceDocument::parse(&version.document).map_err(EngineError::internal)?;
            let Some(since) = stale_since(&document, &state, now) else { continue };
            if state.stale_since.is_some() {
                continue;
            }
            state.stale_since = Some(since);
            state.updated_at = now;
            tx.save_source_state(&state).await?;
            marked += 1;
            if !document.retired {
                let body = json!({ "source": document.id, "since": since, "last_new_content_at": state.last_new_content_at });
                let subject = document.id.to_string();
                tx.record(&Change { at: now, actor, kind: "source.stale", claim: None, subject, body })
                    .await?;
                signals::of_source(&mut tx, actor, &document, "source_stale", now).await?;
            }
        }
        tx.commit().await?;
        Ok(marked)
    }
}

/// Since when a source is stale: `stale_after` after its last new content. One that never had any is not stale yet.
pub(crate) fn stale_since(
    document: &SourceDocument,
    state: &SourceState,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let since = state.last_new_content_at? + document.stale_after;
    (since <= now).then_some(since)
}

/// New content has come: a source that was stale has recovered. How many signals that raised.
pub(super) async fn recovered(
    tx: &mut Tx,
    actor: &Actor,
    document: &SourceDocument,
    state: &mut SourceState,
    at: DateTime<Utc>,
) -> Result<usize> {
    let Some(since) = state.stale_since.take() else { return Ok(0) };
    let body = json!({ "source": document.id, "stale_since": since });
    let subject = document.id.to_string();
    tx.record(&Change { at, actor, kind: "source.recovered", claim: None, subject, body }).await?;
    signals::of_source(tx, actor, document, "source_recovered", at).await
}
