//! A proof bundle: one JSON file with everything that an outcome rests on.

use bellwether_core::{
    ids::{ResolutionId, Sha256, SourceId},
    registry::{ModelEntry, Overrule},
    resolution::ResolutionRecord,
};
use bellwether_store::{Fetch, Tx};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Engine, EngineError, Result};

/// The words that a bundle begins with.
pub(super) const FORMAT: &str = "bellwether-proof-1";

/// Everything needed to recompute an outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// `bellwether-proof-1`.
    pub format: String,
    /// The resolution.
    pub resolution: ResolutionId,
    /// The hash of the resolution before it; 64 zeros for the first.
    pub previous: Sha256,
    /// Its own hash.
    pub hash: Sha256,
    /// The record, as it was hashed.
    pub record: Value,
    /// The claim document of the version that decided.
    pub document: Value,
    /// The source documents that the files were read with.
    pub sources: Vec<BundledSource>,
    /// The registry's models that are asked about openness.
    pub models: Vec<ModelEntry>,
    /// What persons said of openness.
    #[serde(default)]
    pub overrules: Vec<Overrule>,
    /// The files.
    pub snapshots: Vec<BundledSnapshot>,
}

/// A source document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundledSource {
    /// The source.
    pub id: SourceId,
    /// The version of its document.
    pub n: i64,
    /// The document, as its author wrote it.
    pub document: String,
}

/// What was fetched at one instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundledSnapshot {
    /// From where.
    pub source: SourceId,
    /// The version of the source document it is read with.
    pub source_n: i64,
    /// When.
    pub observed_at: DateTime<Utc>,
    /// Its files.
    pub files: Vec<BundledFile>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundledFile {
    /// Its name within the snapshot: `main`, `companions/NAME`.
    pub name: String,
    /// The digest of its bytes.
    pub sha256: Sha256,
    /// Its bytes.
    #[serde(flatten)]
    pub content: Content,
}

/// Bytes in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// Bytes that are UTF-8.
    Text(String),
    /// Other bytes, in hexadecimal.
    Hex(String),
}

impl Content {
    /// Bytes as JSON can carry them.
    pub fn of(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self::Text(text),
            Err(e) => Self::Hex(hex::encode(e.as_bytes())),
        }
    }

    /// The bytes; `None` where the hexadecimal is none.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Self::Text(text) => Some(text.clone().into_bytes()),
            Self::Hex(hex) => hex::decode(hex).ok(),
        }
    }
}

/// Why a text is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It does not read.
    #[error("this is no proof bundle: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// It is of another kind.
    #[error("this bundle says `{0}`, this program reads {FORMAT}")]
    Format(String),
}

impl Bundle {
    /// Reads a bundle.
    pub fn read(text: &str) -> Result<Self, BundleError> {
        let bundle: Self = serde_json::from_str(text)?;
        if bundle.format == FORMAT { Ok(bundle) } else { Err(BundleError::Format(bundle.format)) }
    }
}

/// A file of a fetch, as far as a bundle needs it.
#[derive(Deserialize)]
struct FetchedFile {
    name: String,
    sha256: Sha256,
}

impl Engine {
    /// The proof of a resolution, to be checked anywhere.
    pub async fn proof_bundle(&self, id: ResolutionId) -> Result<Bundle> {
        let mut tx = self.read().await?;
        let resolution = tx.resolution(id).await.map_err(|e| match e {
            bellwether_store::StoreError::NotFound => EngineError::NotFound("resolution"),
            e => e.into(),
        })?;
        let record: ResolutionRecord = resolution.record.read()?;
        let criteria = tx.criteria_version(record.claim, record.criteria_n).await?;
        let mut sources: Vec<BundledSource> = Vec::new();
        let mut snapshots: Vec<BundledSnapshot> = Vec::new();
        for proof in &record.snapshots {
            if snapshots.iter().any(|s| s.source == proof.source && s.observed_at == proof.observed_at) {
                continue;
            }
            if !sources.iter().any(|s| s.id == proof.source && s.n == proof.source_n) {
                let version = tx.source_version(&proof.source, proof.source_n).await?;
                sources.push(BundledSource {
                    id: proof.source.clone(),
                    n: proof.source_n,
                    document: version.document,
                });
            }
            let fetches = tx.polls(&proof.source, proof.observed_at, proof.observed_at).await?;
            let fetch = fetches.into_iter().next().ok_or(EngineError::NotFound("fetch"))?;
            let files = files(&mut tx, &fetch).await?;
            snapshots.push(BundledSnapshot {
                source: proof.source.clone(),
                source_n: proof.source_n,
                observed_at: proof.observed_at,
                files,
            });
        }
        let models = crate::ingest::registry::load(&mut tx).await?.entries().to_vec();
        let overrules = tx.openness_overrides().await?.into_iter().map(|word| Overrule {
            source: word.source,
            model: word.model,
            openness: word.openness,
            reason: word.reason,
            from: word.at,
        });
        Ok(Bundle {
            format: FORMAT.to_owned(),
            resolution: id,
            previous: resolution.prev_hash,
            hash: resolution.hash,
            record: resolution.record.read()?,
            document: criteria.document.read()?,
            sources,
            models,
            overrules: overrules.collect(),
            snapshots,
        })
    }
}

async fn files(tx: &mut Tx, fetch: &Fetch) -> Result<Vec<BundledFile>> {
    let files = fetched_files(tx, fetch).await?.into_iter();
    Ok(files.map(|(name, sha256, bytes)| BundledFile { name, sha256, content: Content::of(bytes) }).collect())
}

/// The files of a fetch: their names, what their digests should be, and their bytes.
pub(crate) async fn fetched_files(tx: &mut Tx, fetch: &Fetch) -> Result<Vec<(String, Sha256, Vec<u8>)>> {
    let mut files = Vec::new();
    for FetchedFile { name, sha256 } in fetch.files.read::<Vec<FetchedFile>>()? {
        let stored = tx.snapshot(sha256).await?;
        files.push((name, sha256, zstd::decode_all(stored.zstd.as_slice()).map_err(EngineError::internal)?));
    }
    Ok(files)
}
