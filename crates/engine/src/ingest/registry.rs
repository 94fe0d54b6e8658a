//! The model registry as it is kept: files in their order, registries that are sources themselves after them, and
//! persons' words over all.

use bellwether_core::{
    actor::Actor,
    ids::Sha256,
    registry::{ModelEntry, Overrule, Registry},
};
use bellwether_sources::{SourceDocument, read_registry};
use bellwether_store::{Change, JsonText, OpennessOverride, RegistryFile, RegistryModel, Tx};
use chrono::{DateTime, Utc};
use serde_json::json;

use crate::{Engine, EngineError, Result};

/// Registries that are sources are asked after the files a person gave.
const SOURCES_FROM: i64 = 1_000;
/// A registry file longer than this is none.
const MAX_FILE_BYTES: usize = 16 << 20;

/// Everything that is known about models now.
pub(crate) async fn load(tx: &mut Tx) -> Result<Registry> {
    let mut registry = Registry::default();
    for file in tx.registry_files().await? {
        registry.extend(entries(&file.content)?);
    }
    words(tx).await?.into_iter().for_each(|word| registry.overrule(word));
    Ok(registry)
}

/// What persons have said of openness, oldest first.
pub(crate) async fn words(tx: &mut Tx) -> Result<Vec<Overrule>> {
    let word = |word: OpennessOverride| Overrule {
        source: word.source,
        model: word.model,
        openness: word.openness,
        reason: word.reason,
        from: word.at,
    };
    Ok(tx.openness_overrides().await?.into_iter().map(word).collect())
}

/// A person's file is CSV; what a source said is kept as JSON.
fn entries(content: &str) -> Result<Vec<ModelEntry>> {
    if content.starts_with('[') {
        serde_json::from_str(content).map_err(EngineError::internal)
    } else {
        read_registry(content.as_bytes())
            .map_err(|e| EngineError::invalid("file", "unreadable", e.to_string()))
    }
}

/// Keeps the models that a registry source describes, in the place of what it said before.
pub(super) async fn keep_models(
    tx: &mut Tx,
    actor: &Actor,
    document: &SourceDocument,
    models: &[ModelEntry],
    at: DateTime<Utc>,
) -> Result<()> {
    if models.is_empty() {
        return Ok(());
    }
    let content = serde_json::to_string(models).map_err(EngineError::internal)?;
    replace(tx, actor, &format!("source:{}", document.id), SOURCES_FROM, content, models, at).await
}

async fn replace(
    tx: &mut Tx,
    actor: &Actor,
    name: &str,
    position: i64,
    content: String,
    models: &[ModelEntry],
    at: DateTime<Utc>,
) -> Result<()> {
    let file = RegistryFile {
        name: name.to_owned(),
        position,
        sha256: Sha256::of(content.as_bytes()),
        content,
        actor: actor.clone(),
        at,
    };
    let rows: Vec<RegistryModel> = models
        .iter()
        .enumerate()
        .map(|(position, model)| {
            Ok(RegistryModel {
                file: name.to_owned(),
                position: i64::try_from(position).unwrap_or(i64::MAX),
                model_id: model.id.clone(),
                display_name: model.display_name.clone().unwrap_or_else(|| model.id.clone()),
                organisation: model.organisation.clone(),
                open_weights: model.open_weights,
                release_date: model.release_date.map(|d| d.first.to_string()),
                entry: JsonText::of(model)?,
            })
        })
        .collect::<Result<_>>()?;
    tx.replace_registry_file(&file, &rows).await?;
    let body = json!({ "file": name, "models": models.len(), "sha256": file.sha256 });
    let subject = name.to_owned();
    tx.record(&Change { at, actor, kind: "registry.replaced", claim: None, subject, body }).await?;
    Ok(())
}

impl Engine {
    /// Puts a registry file (CSV) in the place of the one of its name; files of lower position are asked first.
    /// How many models it describes.
    pub async fn put_registry(&self, actor: &Actor, name: &str, position: i64, csv: &str) -> Result<usize> {
        if name.is_empty() || name.len() > 200 || name.starts_with("source:") {
            return Err(EngineError::invalid(
                "name",
                "out_of_range",
                "a name of 1 to 200 characters, such as models.csv",
            ));
        }
        if csv.len() > MAX_FILE_BYTES {
            return Err(EngineError::invalid("file", "too_long", "larger than 16 MB"));
        }
        let models = read_registry(csv.as_bytes())
            .map_err(|e| EngineError::invalid("file", "unreadable", e.to_string()))?;
        let at = self.now();
        let mut tx = self.write().await?;
        let position = position.clamp(0, SOURCES_FROM - 1);
        replace(&mut tx, actor, name, position, csv.to_owned(), &models, at).await?;
        tx.commit().await?;
        Ok(models.len())
    }
}
