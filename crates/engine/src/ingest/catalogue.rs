//! Adding sources and changing their documents; a change is a new version.

use bellwether_core::{
    actor::Actor,
    ids::{Sha256, SourceId},
};
use bellwether_sources::{
    DocumentError, SourceDocument,
    builtin::{BUILT_IN, built_in},
};
use bellwether_store::{Change, Source, SourceState, SourceVersion, Tx};
use chrono::{DateTime, Utc};
use serde_json::json;

use crate::{Engine, EngineError, FieldError, Result};

/// What an installation of built-in sources did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InstallReport {
    /// Sources that were not there.
    pub added: usize,
    /// Sources whose built-in document has changed with the program.
    pub revised: usize,
}

/// The problems of a document as fields of a form.
pub(crate) fn bad_document(error: DocumentError) -> EngineError {
    match error {
        DocumentError::Syntax(message) => EngineError::invalid("document", "unreadable", message),
        DocumentError::Invalid(problems) => EngineError::Invalid(
            problems
                .into_iter()
                .map(|p| FieldError::new(format!("document.{}", p.path), "out_of_range", p.message))
                .collect(),
        ),
    }
}

/// The setting that says which catalogue was installed last: nothing of an unchanged one needs to be read again.
const INSTALLED: &str = "built_in_catalogue";

/// Names the catalogue of this program.
fn catalogue_digest() -> Sha256 {
    let mut all = Vec::new();
    for (id, text) in BUILT_IN {
        all.extend_from_slice(id.as_bytes());
        all.push(0);
        all.extend_from_slice(text.as_bytes());
        all.push(0);
    }
    Sha256::of(&all)
}

impl Engine {
    /// Adds the built-in sources that are not there, and brings those that nobody changed up to date. Only those named,
    /// or all.
    pub async fn install_built_in(&self, actor: &Actor, only: Option<&[&str]>) -> Result<InstallReport> {
        let at = self.now();
        let mut report = InstallReport::default();
        let catalogue = catalogue_digest().to_string();
        if only.is_none()
            && self.read().await?.setting::<String>(INSTALLED).await?.as_ref() == Some(&catalogue)
        {
            return Ok(report);
        }
        let mut tx = self.write().await?;
        for (id, text) in BUILT_IN.iter().filter(|(id, _)| only.is_none_or(|only| only.contains(id))) {
            let document = SourceDocument::parse(text).map_err(EngineError::internal)?;
            match tx.source(&document.id).await {
                Ok(source) => {
                    let versions = tx.source_versions(&source.id).await?;
                    let untouched = versions.iter().all(|v| matches!(v.actor, Actor::System(_)));
                    let changed = versions.last().is_some_and(|v| v.document != *text);
                    if source.built_in && untouched && changed {
                        let why = Some("the program brought a new version".to_owned());
                        revise(&mut tx, actor, &source, &document, text, why, at).await?;
                        report.revised += 1;
                    }
                }
                Err(bellwether_store::StoreError::NotFound) => {
                    debug_assert_eq!(built_in(id), Some(*text));
                    insert(&mut tx, actor, &document, text, true, at).await?;
                    report.added += 1;
                }
                Err(e) => return Err(e.into()),
            }
        }
        if only.is_none() {
            tx.set_setting(INSTALLED, &catalogue, actor, at).await?;
        }
        tx.commit().await?;
        Ok(report)
    }

    /// Adds a source, or gives the one of that id a new version of its document, with a reason. The id.
    pub async fn save_source(&self, actor: &Actor, text: &str, reason: Option<&str>) -> Result<SourceId> {
        let document = SourceDocument::parse(text).map_err(bad_document)?;
        let at = self.now();
        let mut tx = self.write().await?;
        match tx.source(&document.id).await {
            Ok(source) => {
                let why = reason.map(str::trim).filter(|why| !why.is_empty()).ok_or_else(|| {
                    EngineError::invalid("reason", "required", "say what changed in the document, and why")
                })?;
                revise(&mut tx, actor, &source, &document, text, Some(why.to_owned()), at).await?;
            }
            Err(bellwether_store::StoreError::NotFound) => {
                insert(&mut tx, actor, &document, text, false, at).await?;
            }
            Err(e) => return Err(e.into()),
        }
        tx.commit().await?;
        Ok(document.id)
    }

    /// Accepts that a source has moved to where its redirect leads: a new version with that address.
    pub async fn accept_move(&self, actor: &Actor, source: &SourceId, why: &str) -> Result<()> {
        let at = self.now();
        let mut tx = self.write().await?;
        let mut state = tx.source_state(source).await.map_err(|_| EngineError::NotFound("source"))?;
        let Some(to) = state.moved_to.take() else {
            return Err(EngineError::Conflict("this source has not moved".into()));
        };
        let row = tx.source(source).await?;
        let version = tx.source_version(source, row.n).await?;
        let old = SourceDocument::parse(&version.document).map_err(EngineError::internal)?;
        // The address is one scalar of the document; comments and order stay as they are.
        let text = version.document.replacen(old.url.as_str(), &to, 1);
        let document = SourceDocument::parse(&text).map_err(bad_document)?;
        if document.url.as_str() != to {
            return Err(EngineError::Conflict(format!("put the address {to} into the document by hand")));
        }
        state.updated_at = at;
        tx.save_source_state(&state).await?;
        revise(&mut tx, actor, &row, &document, &text, Some(why.to_owned()), at).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Stops or resumes the pulling of a source.
    pub async fn pause_source(&self, actor: &Actor, source: &SourceId, why: Option<&str>) -> Result<()> {
        let at = self.now();
        let mut tx = self.write().await?;
        let mut state = tx.source_state(source).await.map_err(|_| EngineError::NotFound("source"))?;
        state.paused = why.is_some();
        state.pause_reason = why.map(str::to_owned);
        state.updated_at = at;
        tx.save_source_state(&state).await?;
        let kind = if why.is_some() { "source.paused" } else { "source.resumed" };
        let body = json!({ "source": source, "reason": why });
        tx.record(&Change { at, actor, kind, claim: None, subject: source.to_string(), body }).await?;
        tx.commit().await?;
        Ok(())
    }
}

fn version(
    document: &SourceDocument,
    n: i64,
    text: &str,
    why: Option<String>,
    actor: &Actor,
    at: DateTime<Utc>,
) -> SourceVersion {
    SourceVersion {
        source: document.id.clone(),
        n,
        document: text.to_owned(),
        sha256: Sha256::of(text.as_bytes()),
        reason: why,
        actor: actor.clone(),
        at,
    }
}

fn due(document: &SourceDocument, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if document.retired { None } else { document.schedule.as_ref().and_then(|s| s.next_after(at)) }
}

async fn insert(
    tx: &mut Tx,
    actor: &Actor,
    document: &SourceDocument,
    text: &str,
    built_in: bool,
    at: DateTime<Utc>,
) -> Result<()> {
    let id = document.id.clone();
    let source = Source {
        id: id.clone(),
        title: document.title.clone(),
        n: 1,
        built_in,
        retired: document.retired,
        created_at: at,
        updated_at: at,
    };
    let state = SourceState {
        source: id.clone(),
        next_due_at: due(document, at),
        paused: false,
        pause_reason: None,
        last_fetch_at: None,
        last_poll_at: None,
        last_new_content_at: None,
        last_content: None,
        standing_fetch: None,
        etag: None,
        last_modified: None,
        failures: 0,
        wait_until: None,
        last_error: None,
        stale_since: None,
        moved_to: None,
        updated_at: at,
    };
    tx.insert_source(&source, &version(document, 1, text, None, actor, at), &state).await?;
    let body = json!({ "source": id, "title": document.title, "url": document.url, "built_in": built_in });
    tx.record(&Change { at, actor, kind: "source.added", claim: None, subject: id.to_string(), body })
        .await?;
    Ok(())
}

async fn revise(
    tx: &mut Tx,
    actor: &Actor,
    source: &Source,
    document: &SourceDocument,
    text: &str,
    why: Option<String>,
    at: DateTime<Utc>,
) -> Result<()> {
    let n = source.n + 1;
    let row = Source {
        title: document.title.clone(),
        n,
        retired: document.retired,
        updated_at: at,
        ..source.clone()
    };
    let body = json!({ "source": source.id, "version": n, "reason": why });
    tx.revise_source(&row, &version(document, n, text, why, actor, at)).await?;
    let mut state = tx.source_state(&source.id).await?;
    state.next_due_at = due(document, at);
    // What stood was read by another document: the same bytes are read again by the new one.
    state.last_content = None;
    state.etag = None;
    state.last_modified = None;
    state.updated_at = at;
    tx.save_source_state(&state).await?;
    tx.record(&Change {
        at,
        actor,
        kind: "source.revised",
        claim: None,
        subject: source.id.to_string(),
        body,
    })
    .await?;
    Ok(())
}
