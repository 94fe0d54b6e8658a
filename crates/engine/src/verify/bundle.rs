//! A proof bundle: one JSON file with everything that an outcome rests on.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::{
    benchmark::BenchmarkId,
    canonical,
    document::ClaimDocument,
    ids::{FetchId, ResolutionId, Sha256, SourceId},
    openness::{Openness, Provenance},
    registry::{ModelEntry, Overrule, Registry},
    resolution::{Basis, ResolutionRecord},
    table::Row,
};
use bellwether_sources::{Snapshot, SourceDocument, extract};
use bellwether_store::{Fetch, Tx};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Engine, EngineError, Result, resolve::watched::sources_of};

/// The words that a bundle begins with.
pub(super) const FORMAT: &str = "bellwether-proof-2";
/// Releases are few; more than this many are not read.
const MAX_RELEASES: i64 = 100_000;

/// Everything needed to recompute an outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// `bellwether-proof-2`.
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
    /// From when on that version was evaluated.
    pub watched_from: DateTime<Utc>,
    /// Until when polls counted: when the outcome was proposed.
    pub until: DateTime<Utc>,
    /// The source documents that the files were read with.
    pub sources: Vec<BundledSource>,
    /// The registry's models that are asked about openness.
    pub models: Vec<ModelEntry>,
    /// What persons said of openness.
    #[serde(default)]
    pub overrules: Vec<Overrule>,
    /// Rows that the registry judged otherwise on their day than it would today.
    #[serde(default)]
    pub judged: Vec<JudgedThen>,
    /// Every poll of the rule's sources from their first to `until`, in order.
    pub polls: Vec<BundledPoll>,
    /// What persons let go of what the gate held back, in order.
    #[serde(default)]
    pub releases: Vec<Release>,
    /// The files of the polls, each once.
    pub files: Vec<BundledFile>,
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

/// One trusted answer of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundledPoll {
    /// Its identity.
    pub id: FetchId,
    /// From where.
    pub source: SourceId,
    /// The version of the source document it was read with.
    pub source_n: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// The files it brought; none: the content was the same as before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<NamedFile>,
}

/// A file of a poll.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedFile {
    /// Its name within the snapshot: `main`, `companions/NAME`.
    pub name: String,
    /// The digest of its bytes.
    pub sha256: Sha256,
}

/// A row's openness as it was judged when the row came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgedThen {
    /// The poll that brought it.
    pub poll: FetchId,
    /// The benchmark.
    pub benchmark: BenchmarkId,
    /// The row's key.
    pub row: String,
    /// The judgement.
    pub openness: Openness,
    /// Why.
    pub provenance: Provenance,
    /// The registry's id of the model.
    pub registry_model: Option<String>,
}

/// A person let something go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// When.
    pub at: DateTime<Utc>,
    /// The benchmark.
    pub benchmark: BenchmarkId,
    /// A row that was held; `None`: the whole table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundledFile {
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

/// The digest of a list of polls: which source was asked when, by which version of its document, and what it brought.
/// A record carries it, so that no poll can be added, left out or moved.
pub(crate) fn history(polls: &[BundledPoll]) -> Result<Sha256, serde_json::Error> {
    canonical::digest(&polls)
}

/// The polls of a claim's sources up to an instant, in order.
pub(crate) async fn polls_of(
    tx: &mut Tx,
    document: &ClaimDocument,
    until: DateTime<Utc>,
) -> Result<Vec<BundledPoll>> {
    let mut polls = Vec::new();
    for source in sources_of(document) {
        for fetch in tx.polls(&source, DateTime::UNIX_EPOCH, until).await? {
            let files: Vec<FetchedFile> = fetch.files.read()?;
            polls.push(BundledPoll {
                id: fetch.id,
                source: fetch.source,
                source_n: fetch.source_n,
                at: fetch.at,
                files: files.into_iter().map(|f| NamedFile { name: f.name, sha256: f.sha256 }).collect(),
            });
        }
    }
    polls.sort_by_key(|poll| (poll.at, poll.id));
    Ok(polls)
}

impl Engine {
    /// The proof of a resolution, to be checked anywhere. One that a rule decided carries every poll of the rule's
    /// sources with its bytes, so that all of it can be taken in again.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] for an unknown resolution.
    pub async fn proof_bundle(&self, id: ResolutionId) -> Result<Bundle> {
        let mut tx = self.read().await?;
        let resolution = tx.resolution(id).await.map_err(|e| match e {
            bellwether_store::StoreError::NotFound => EngineError::NotFound("resolution"),
            e => e.into(),
        })?;
        let record: ResolutionRecord = resolution.record.read()?;
        let criteria = tx.criteria_version(record.claim, record.criteria_n).await?;
        let document: ClaimDocument = criteria.document.read()?;
        let mut bundle = Bundle {
            format: FORMAT.to_owned(),
            resolution: id,
            previous: resolution.prev_hash,
            hash: resolution.hash,
            record: resolution.record.read()?,
            document: criteria.document.read()?,
            watched_from: record.at,
            until: record.at,
            sources: Vec::new(),
            models: Vec::new(),
            overrules: Vec::new(),
            judged: Vec::new(),
            polls: Vec::new(),
            releases: Vec::new(),
            files: Vec::new(),
        };
        if record.basis == Basis::Rule {
            let published = tx.claim(record.claim).await?.published_at;
            bundle.watched_from = published.map_or(criteria.at, |at| at.max(criteria.at));
            let proposals = tx.proposals(record.claim).await?;
            if let Some(proposal) = proposals.iter().find(|p| Some(p.id) == resolution.proposal) {
                bundle.until = proposal.at;
            }
            bundle.polls = polls_of(&mut tx, &document, bundle.until).await?;
            let registry = crate::ingest::registry::load(&mut tx).await?;
            bundle.models = registry.entries().to_vec();
            bundle.overrules = crate::ingest::registry::words(&mut tx).await?;
            bundle.releases = releases(&mut tx, &document, bundle.until).await?;
            carry(&mut tx, &registry, &mut bundle).await?;
        }
        Ok(bundle)
    }
}

/// Puts in the source documents and files of a bundle's polls, and what is judged otherwise today.
async fn carry(tx: &mut Tx, registry: &Registry, bundle: &mut Bundle) -> Result<()> {
    let mut documents: BTreeMap<(SourceId, i64), SourceDocument> = BTreeMap::new();
    let mut carried = BTreeSet::new();
    for poll in &bundle.polls {
        let key = (poll.source.clone(), poll.source_n);
        if !documents.contains_key(&key) {
            let version = tx.source_version(&poll.source, poll.source_n).await?;
            let parsed = SourceDocument::parse(&version.document).map_err(EngineError::internal)?;
            documents.insert(key.clone(), parsed);
            bundle.sources.push(BundledSource {
                id: poll.source.clone(),
                n: poll.source_n,
                document: version.document,
            });
        }
        if poll.files.is_empty() {
            continue;
        }
        let mut parts = Vec::with_capacity(poll.files.len());
        for file in &poll.files {
            let stored = tx.snapshot(file.sha256).await?;
            let bytes = zstd::decode_all(stored.zstd.as_slice()).map_err(EngineError::internal)?;
            if carried.insert(file.sha256) {
                bundle.files.push(BundledFile { sha256: file.sha256, content: Content::of(bytes.clone()) });
            }
            parts.push((file.name.clone(), bytes));
        }
        let Some(document) = documents.get(&key) else { continue };
        let Ok(found) = extract(document, &Snapshot::from_files(parts), registry, poll.at) else { continue };
        for table in found.tables {
            let stored = tx.observations(poll.id, &table.spec.benchmark).await?;
            for (row, stored) in table.rows.iter().zip(stored) {
                let then: Row = stored.row_json.read()?;
                if then.key == row.key
                    && (then.openness != row.openness || then.registry_model != row.registry_model)
                {
                    bundle.judged.push(JudgedThen {
                        poll: poll.id,
                        benchmark: table.spec.benchmark.clone(),
                        row: then.key,
                        openness: then.openness,
                        provenance: then.provenance,
                        registry_model: then.registry_model,
                    });
                }
            }
        }
    }
    Ok(())
}

/// What persons let go on the sources of a claim up to an instant, oldest first.
async fn releases(tx: &mut Tx, document: &ClaimDocument, until: DateTime<Utc>) -> Result<Vec<Release>> {
    #[derive(Deserialize)]
    struct Body {
        benchmark: BenchmarkId,
        row: Option<String>,
    }
    let sources = sources_of(document);
    let mut releases = Vec::new();
    for event in tx.newest_events(&["snapshot.released"], MAX_RELEASES).await?.into_iter().rev() {
        let Body { benchmark, row } = event.body.read()?;
        if event.at <= until && sources.contains(&benchmark.source) {
            releases.push(Release { at: event.at, benchmark, row });
        }
    }
    Ok(releases)
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
