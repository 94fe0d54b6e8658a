//! The resolution dashboard: what needs a person, what is open and how far, what is settled.

use std::collections::BTreeMap;

use bellwether_core::{
    benchmark::BenchmarkId,
    document::ClaimDocument,
    ids::{ClaimId, FetchId, Slug, SourceId},
    resolution::{Basis, ResolutionRecord},
    status::{ClaimStatus, Outcome},
};
use bellwether_store::{Claim, Tx};
use chrono::{DateTime, TimeDelta, Utc};

use super::{
    distance::HowFar,
    pause::{self, Pause, Scope},
    proposal::word,
    then::Freshness,
};
use crate::{Engine, Result};

/// How many settled claims the dashboard shows.
const SETTLED: i64 = 50;
/// How many of each kind of trouble it names.
const TROUBLES: i64 = 20;

/// A claim as the dashboard names it.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimName {
    /// Identity.
    pub id: ClaimId,
    /// The readable part of its address.
    pub slug: Slug,
    /// The statement.
    pub title: String,
    /// Its tags.
    pub tags: Vec<String>,
}

/// Something that waits for a person.
#[derive(Clone, Debug, PartialEq)]
pub enum Need {
    /// A table is held back.
    HeldBack {
        /// The source.
        source: SourceId,
        /// The table.
        benchmark: BenchmarkId,
        /// The fetch.
        fetch: FetchId,
        /// Which check failed, in a sentence.
        reason: String,
        /// Since when.
        at: DateTime<Utc>,
    },
    /// Rows of a table are held.
    HeldRows {
        /// The source.
        source: SourceId,
        /// The table.
        benchmark: BenchmarkId,
        /// The rows' keys.
        keys: Vec<String>,
        /// Since when.
        at: DateTime<Utc>,
    },
    /// A proposal was objected to.
    Objected {
        /// The claim.
        claim: ClaimName,
        /// What was proposed.
        outcome: Outcome,
        /// The objection.
        reason: String,
        /// When.
        at: DateTime<Utc>,
    },
    /// A source corrected itself under a settled claim.
    UnderReview {
        /// The claim.
        claim: ClaimName,
        /// The outcome that is in question.
        outcome: Option<Outcome>,
        /// When its state changed last.
        at: DateTime<Utc>,
    },
    /// The deadline passed and the rule cannot say.
    AwaitingData {
        /// The claim.
        claim: ClaimName,
        /// The deadline.
        deadline: DateTime<Utc>,
    },
    /// Proposals wait until somebody looks.
    Paused {
        /// The source; `None`: all.
        source: Option<SourceId>,
        /// Why and since when.
        pause: Pause,
    },
    /// Names whose openness nobody knows, contradictions, redirects.
    Reviews {
        /// How many.
        count: usize,
    },
}

/// A proposal within its window.
#[derive(Clone, Debug, PartialEq)]
pub struct Deciding {
    /// The claim.
    pub claim: ClaimName,
    /// What is proposed.
    pub outcome: Outcome,
    /// What it rests on.
    pub basis: Basis,
    /// Why.
    pub why: String,
    /// Until when objections are taken.
    pub until: DateTime<Utc>,
    /// Since when it is proposed.
    pub at: DateTime<Utc>,
}

/// An open claim.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenClaim {
    /// The claim.
    pub claim: ClaimName,
    /// Its state.
    pub status: ClaimStatus,
    /// The shown probability of yes or of the leading option.
    pub p: Option<f64>,
    /// Movement over seven days in percentage points.
    pub moved: Option<f64>,
    /// How far it is; `None`: not evaluated yet, or a person decides.
    pub far: Option<HowFar>,
    /// Whether it has a rule.
    pub has_rule: bool,
    /// The deadline.
    pub deadline: DateTime<Utc>,
    /// The deadline's words.
    pub deadline_text: String,
    /// Its last change.
    pub updated_at: DateTime<Utc>,
}

/// A settled claim.
#[derive(Clone, Debug, PartialEq)]
pub struct SettledClaim {
    /// The claim.
    pub claim: ClaimName,
    /// Its outcome; `None`: void.
    pub outcome: Option<Outcome>,
    /// When it became final.
    pub at: DateTime<Utc>,
    /// What it stands on.
    pub record: ResolutionRecord,
}

/// What happened since the last visit.
#[derive(Clone, Debug, PartialEq)]
pub struct Since {
    /// The last visit.
    pub at: DateTime<Utc>,
    /// How often what happened: `proposal.opened` 1, `source.stale` 1.
    pub counts: BTreeMap<String, usize>,
    /// The claims it happened to.
    pub claims: Vec<ClaimId>,
}

/// The dashboard.
#[derive(Clone, Debug, PartialEq)]
pub struct Dashboard {
    /// What waits for a person.
    pub needs: Vec<Need>,
    /// What becomes final by itself.
    pub deciding: Vec<Deciding>,
    /// Open claims, the closest first.
    pub open: Vec<OpenClaim>,
    /// Settled claims, the newest first.
    pub settled: Vec<SettledClaim>,
    /// What happened since the visitor's last visit.
    pub since: Option<Since>,
    /// All tags of published claims.
    pub tags: Vec<String>,
    /// When a source was last read.
    pub last_read: Option<DateTime<Utc>>,
    /// When the next reading is due.
    pub next_read: Option<DateTime<Utc>>,
    /// The instant of all this.
    pub now: DateTime<Utc>,
}

/// Kinds of events that a returning visitor is told of.
const TOLD: [&str; 9] = [
    "proposal.opened",
    "proposal.objected",
    "claim.resolved",
    "claim.annulled",
    "claim.unresolved",
    "review.opened",
    "verdict.changed",
    "source.stale",
    "snapshot.held_back",
];

impl Engine {
    /// The dashboard, of all claims or of those with a tag. `visitor` names the reader for "since your last visit".
    pub async fn dashboard(&self, tag: Option<&str>, visitor: Option<&str>) -> Result<Dashboard> {
        let now = self.now();
        let mut tx = self.read().await?;
        let statuses = [
            ClaimStatus::Open,
            ClaimStatus::AwaitingData,
            ClaimStatus::Proposed,
            ClaimStatus::Disputed,
            ClaimStatus::UnderReview,
            ClaimStatus::Resolved,
            ClaimStatus::Annulled,
        ];
        let claims = tx.claims_with_status(&statuses).await?;
        let names = names(&mut tx, &claims).await?;
        let tagged = |claim: &&Claim| {
            tag.is_none_or(|tag| names.get(&claim.id).is_some_and(|n| n.tags.iter().any(|t| t == tag)))
        };
        let claims: Vec<&Claim> = claims.iter().filter(tagged).collect();
        let states = tx.source_states().await?;
        Ok(Dashboard {
            needs: needs(&mut tx, &claims, &names, now).await?,
            deciding: deciding(&mut tx, &names, tag).await?,
            open: open(&mut tx, &claims, &names, now).await?,
            settled: settled(&mut tx, &claims, &names).await?,
            since: since(&mut tx, visitor).await?,
            tags: tx.tag_counts().await?.into_iter().map(|t| t.tag).collect(),
            last_read: states.iter().filter_map(|s| s.last_poll_at).max(),
            next_read: states.iter().filter(|s| !s.paused).filter_map(|s| s.next_due_at).min(),
            now,
        })
    }

    /// Notes that a visitor has seen everything there is.
    pub async fn note_visit(&self, visitor: &str) -> Result<()> {
        let now = self.now();
        let mut tx = self.write().await?;
        let seq = tx.last_event().await?;
        tx.set_visit(visitor, now, seq).await?;
        Ok(tx.commit().await?)
    }
}

async fn names(tx: &mut Tx, claims: &[Claim]) -> Result<BTreeMap<ClaimId, ClaimName>> {
    let ids: Vec<ClaimId> = claims.iter().map(|c| c.id).collect();
    let mut tags: BTreeMap<ClaimId, Vec<String>> = BTreeMap::new();
    for tag in tx.tags_of(&ids).await? {
        tags.entry(tag.claim).or_default().push(tag.tag);
    }
    let name = |claim: &Claim| ClaimName {
        id: claim.id,
        slug: claim.slug.clone(),
        title: claim.title.clone(),
        tags: tags.get(&claim.id).cloned().unwrap_or_default(),
    };
    Ok(claims.iter().map(|claim| (claim.id, name(claim))).collect())
}

async fn needs(
    tx: &mut Tx,
    claims: &[&Claim],
    names: &BTreeMap<ClaimId, ClaimName>,
    now: DateTime<Utc>,
) -> Result<Vec<Need>> {
    let mut needs = Vec::new();
    if let Some(pause) = pause::pause_of(tx, &Scope::All).await? {
        needs.push(Need::Paused { source: None, pause });
    }
    for source in tx.sources().await? {
        if let Some(pause) = pause::pause_of(tx, &Scope::Source(source.id.clone())).await? {
            needs.push(Need::Paused { source: Some(source.id), pause });
        }
    }
    for claim in claims {
        let Some(name) = names.get(&claim.id).cloned() else { continue };
        match claim.status {
            ClaimStatus::Disputed => {
                let (Some(proposal), Some(objection)) =
                    (tx.standing_proposal(claim.id).await?, tx.objections(claim.id).await?.pop())
                else {
                    continue;
                };
                let (outcome, reason, at) = (proposal.outcome, objection.reason, objection.at);
                needs.push(Need::Objected { claim: name, outcome, reason, at });
            }
            ClaimStatus::UnderReview => needs.push(Need::UnderReview {
                claim: name,
                outcome: claim.outcome.clone(),
                at: claim.updated_at,
            }),
            ClaimStatus::AwaitingData => {
                needs.push(Need::AwaitingData { claim: name, deadline: claim.window_by });
            }
            _ => {}
        }
    }
    needs.extend(held_back(tx, now).await?);
    let reviews = tx.open_reviews(1000).await?.len();
    if reviews > 0 {
        needs.push(Need::Reviews { count: reviews });
    }
    Ok(needs)
}

/// The newest table of a benchmark, where it is held back, and rows that are held in it.
async fn held_back(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<Need>> {
    let mut needs = Vec::new();
    for table in tx.newest_tables(now).await? {
        if let Some(reason) = table.reason.filter(|_| table.trusted_at.is_none()) {
            needs.push(Need::HeldBack {
                source: table.source,
                benchmark: table.benchmark,
                fetch: table.fetch_id,
                reason,
                at: table.observed_at,
            });
        }
    }
    let mut rows: BTreeMap<BenchmarkId, (Vec<String>, DateTime<Utc>)> = BTreeMap::new();
    for row in tx.held_rows(None).await? {
        let (keys, at) = rows.entry(row.benchmark).or_insert_with(|| (Vec::new(), row.held_at));
        keys.push(row.row_key);
        *at = (*at).min(row.held_at);
    }
    let limit = usize::try_from(TROUBLES).unwrap_or_default();
    needs.extend(rows.into_iter().take(limit).map(|(benchmark, (keys, at))| Need::HeldRows {
        source: benchmark.source.clone(),
        benchmark,
        keys,
        at,
    }));
    Ok(needs)
}

async fn deciding(
    tx: &mut Tx,
    names: &BTreeMap<ClaimId, ClaimName>,
    tag: Option<&str>,
) -> Result<Vec<Deciding>> {
    let mut all = Vec::new();
    for proposal in tx.standing_proposals().await? {
        let Some(name) = names.get(&proposal.claim) else { continue };
        if proposal.status != word::STANDING || tag.is_some_and(|tag| !name.tags.iter().any(|t| t == tag)) {
            continue;
        }
        let record: ResolutionRecord = proposal.record.read()?;
        all.push(Deciding {
            claim: name.clone(),
            outcome: proposal.outcome,
            basis: record.basis,
            why: record.why,
            until: proposal.challenge_until,
            at: proposal.at,
        });
    }
    Ok(all)
}

async fn open(
    tx: &mut Tx,
    claims: &[&Claim],
    names: &BTreeMap<ClaimId, ClaimName>,
    now: DateTime<Utc>,
) -> Result<Vec<OpenClaim>> {
    let open: Vec<&&Claim> = claims.iter().filter(|c| c.status == ClaimStatus::Open).collect();
    let ids: Vec<ClaimId> = open.iter().map(|c| c.id).collect();
    let before: BTreeMap<ClaimId, Option<f64>> = tx
        .headlines_at(&ids, now - TimeDelta::days(7))
        .await?
        .into_iter()
        .map(|p| (p.claim, p.p_after))
        .collect();
    let freshness = Freshness::load(tx).await?;
    let mut all = Vec::new();
    for claim in open {
        let Some(name) = names.get(&claim.id).cloned() else { continue };
        let document: ClaimDocument = claim.document.read()?;
        let before = before.get(&claim.id).copied().flatten();
        all.push(OpenClaim {
            claim: name,
            status: claim.status,
            p: claim.headline_p,
            moved: claim.headline_p.zip(before).map(|(p, before)| 100.0 * (p - before)),
            far: match &claim.distance_json {
                Some(far) => Some(freshness.tell(far.read()?)),
                None => None,
            },
            has_rule: document.rule.is_some() || !document.outcomes.is_empty(),
            deadline: claim.window_by,
            deadline_text: document.window.text.by.clone(),
            updated_at: claim.updated_at,
        });
    }
    all.sort_by(|a, b| closeness(a).partial_cmp(&closeness(b)).unwrap_or(std::cmp::Ordering::Equal));
    Ok(all)
}

/// Fewest missing conditions, then the least usual changes to go (unknown last), then the deadline; what a person
/// decides comes after what a rule does.
fn closeness(open: &OpenClaim) -> (usize, usize, f64, DateTime<Utc>) {
    match &open.far {
        None => (1, 0, 0.0, open.deadline),
        Some(far) => {
            let missing = far.conditions.len() - far.holding();
            (0, missing, far.remaining().unwrap_or(f64::INFINITY), open.deadline)
        }
    }
}

async fn settled(
    tx: &mut Tx,
    claims: &[&Claim],
    names: &BTreeMap<ClaimId, ClaimName>,
) -> Result<Vec<SettledClaim>> {
    let ids: Vec<ClaimId> = claims
        .iter()
        .filter(|c| matches!(c.status, ClaimStatus::Resolved | ClaimStatus::Annulled))
        .map(|c| c.id)
        .collect();
    let mut all = Vec::new();
    for resolution in tx.last_resolutions(&ids).await? {
        let Some(name) = names.get(&resolution.claim).cloned() else { continue };
        let record = resolution.record.read()?;
        all.push(SettledClaim { claim: name, outcome: resolution.outcome, at: resolution.at, record });
    }
    all.sort_by_key(|settled| std::cmp::Reverse(settled.at));
    all.truncate(usize::try_from(SETTLED).unwrap_or_default());
    Ok(all)
}

async fn since(tx: &mut Tx, visitor: Option<&str>) -> Result<Option<Since>> {
    let Some(visitor) = visitor else { return Ok(None) };
    let Some(visit) = tx.visit(visitor).await? else { return Ok(None) };
    let mut since = Since { at: visit.at, counts: BTreeMap::new(), claims: Vec::new() };
    for event in tx.events_after(visit.seq, 1000).await? {
        if TOLD.iter().any(|kind| event.kind == *kind) {
            *since.counts.entry(event.kind.as_str().to_owned()).or_default() += 1;
            since.claims.extend(event.claim);
        }
    }
    since.claims.sort_unstable();
    since.claims.dedup();
    Ok(Some(since))
}
