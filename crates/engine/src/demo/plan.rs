//! The demo's story as a file tells it: which claims are opened when, what is said about them, what is held back.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use bellwether_core::{
    document::ClaimDocument,
    evidence::Side,
    ids::{Slug, SourceId},
};
use bellwether_sources::{Dated, SourceDocument, builtin::built_in, read_archive};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, de::DeserializeOwned};

use crate::evidence::{EvidenceInput, StrengthInput};

/// Why the demo's files cannot be used. They come with the program, so this is a fault of whoever changed them.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A file is missing or cannot be read.
    #[error("{path}: {cause}", path = .0.display(), cause = .1)]
    File(PathBuf, io::Error),
    /// A file is there but not as it should be.
    #[error("{path}: {cause}", path = .0.display(), cause = .1)]
    Content(PathBuf, String),
}

/// `plan.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    /// What the demo's clock shows when it starts.
    pub(super) clock: DateTime<Utc>,
    /// The sources, in the order of their first appearance.
    pub(super) sources: Vec<PlannedSource>,
    /// The file of the claim that the front page leads with.
    lead: PathBuf,
    /// The claims; once read, the leading one stands first.
    pub(super) claims: Vec<PlannedClaim>,
    /// What "Next update" brings, in order.
    pub(super) updates: Vec<Update>,
}

/// A source and how long the replay asks it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlannedSource {
    pub(super) id: SourceId,
    /// The last day on which it is asked; without one it is registered and never asked.
    #[serde(default)]
    pub(super) until: Option<NaiveDate>,
}

/// A claim and what is said about it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlannedClaim {
    /// Path of its document.
    pub(super) document: PathBuf,
    pub(super) opened: DateTime<Utc>,
    #[serde(default)]
    pub(super) evidence: Vec<Said>,
}

/// An item of evidence and when it was added.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Said {
    pub(super) at: DateTime<Utc>,
    pub(super) item: EvidenceInput,
    #[serde(default)]
    pub(super) retracted: Option<Retracted>,
}

/// When and why an item was taken back.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Retracted {
    pub(super) at: DateTime<Utc>,
    pub(super) reason: String,
}

/// One press of "Next update".
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Update {
    /// What the clock shows afterwards.
    pub(super) at: DateTime<Utc>,
    /// What it is about, for the strip.
    pub(super) title: String,
    /// Signals that are counted as evidence.
    #[serde(default)]
    pub(super) counted: Vec<Counted>,
}

/// A signal that an update counts as evidence of a claim.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counted {
    pub(super) claim: Slug,
    /// Words of the signal's title; the newest such signal that waits beside the claim is meant.
    pub(super) signal: String,
    pub(super) side: Side,
    pub(super) strength: StrengthInput,
    /// What the item says.
    pub(super) text: String,
}

/// The plan with the documents and snapshots it names.
pub(super) struct Story {
    pub(super) plan: Plan,
    pub(super) sources: Vec<Figures>,
    pub(super) claims: Vec<ClaimDocument>,
    /// The registry file.
    pub(super) registry: Vec<u8>,
}

/// A source with what it published.
pub(super) struct Figures {
    pub(super) document: SourceDocument,
    /// The document's text, as it is kept.
    pub(super) text: String,
    pub(super) until: Option<NaiveDate>,
    pub(super) snapshots: Vec<Dated>,
}

impl Story {
    /// Reads the story and its figures from the fixtures' folder.
    pub(super) fn read(fixtures: &Path) -> Result<Self, PlanError> {
        let demo = fixtures.join("demo");
        let path = demo.join("plan.yaml");
        let mut plan: Plan = parse(path)?;
        plan.claims.insert(0, parse(demo.join(&plan.lead))?);
        let sources = plan.sources.iter().map(|s| Figures::read(fixtures, s)).collect::<Result<_, _>>()?;
        let claims = plan
            .claims
            .iter()
            .map(|c| {
                let path = demo.join(&c.document);
                ClaimDocument::from_yaml(&text(&path)?).map_err(|e| PlanError::Content(path, e.to_string()))
            })
            .collect::<Result<_, _>>()?;
        let path = fixtures.join("registry.csv");
        let registry = fs::read(&path).map_err(|e| PlanError::File(path, e))?;
        Ok(Self { plan, sources, claims, registry })
    }
}

impl Story {
    /// What the update after so many is about.
    pub(super) fn next(&self, updates: usize) -> Option<String> {
        self.plan.updates.get(updates).map(|u| u.title.clone())
    }
}

impl Figures {
    fn read(fixtures: &Path, source: &PlannedSource) -> Result<Self, PlanError> {
        let id = source.id.as_str();
        let own = fixtures.join("sources").join(format!("{id}.yaml"));
        let text = match built_in(id) {
            _ if own.exists() => text(&own)?,
            Some(text) => text.to_owned(),
            None => return Err(PlanError::Content(own, "no such document, and none is built in".to_owned())),
        };
        let document = SourceDocument::parse(&text).map_err(|e| PlanError::Content(own, e.to_string()))?;
        let folder = fixtures.join(id);
        let snapshots = if folder.is_dir() {
            read_archive(&document, &folder).map_err(|e| PlanError::File(folder, e))?.snapshots
        } else {
            Vec::new()
        };
        Ok(Self { document, text, until: source.until, snapshots })
    }
}

fn parse<T: DeserializeOwned>(path: PathBuf) -> Result<T, PlanError> {
    serde_saphyr::from_str(&text(&path)?).map_err(|e| PlanError::Content(path, e.to_string()))
}

fn text(path: &Path) -> Result<String, PlanError> {
    fs::read_to_string(path).map_err(|e| PlanError::File(path.to_owned(), e))
}
