//! Who is told of an event: the subscriptions whose target it falls under.

use std::collections::{BTreeMap, BTreeSet};

use bellwether_core::{
    actor::Actor,
    alert::{Settings, Target},
    ids::{ClaimId, SourceId, SubscriptionId},
};
use bellwether_store::{Claim, Subscription, Tx, holds_words};

use crate::Result;

/// A subscription with its settings read.
pub(super) struct Follower {
    pub(super) row: Subscription,
    pub(super) settings: Settings,
}

/// The subscriptions that may be told of the events of some claims and sources.
pub(super) struct Audience {
    followers: Vec<Follower>,
    by_target: BTreeMap<Target, Vec<usize>>,
    searches: Vec<(usize, String)>,
    claims: BTreeMap<ClaimId, Subject>,
    /// The claims that hang on a source.
    hanging: BTreeMap<SourceId, Vec<ClaimId>>,
}

/// By what a claim is found.
struct Subject {
    tags: Vec<String>,
    words: String,
}

impl Audience {
    /// Reads who follows what these claims and sources are part of.
    /// `only` is asked as the one there would be, on trial.
    pub(super) async fn of(
        tx: &mut Tx,
        claims: &[Claim],
        sources: &BTreeSet<SourceId>,
        only: Option<&Subscription>,
    ) -> Result<Self> {
        let mut hanging = BTreeMap::new();
        let mut ids: BTreeSet<ClaimId> = claims.iter().map(|claim| claim.id).collect();
        for source in sources {
            let on_it = tx.claims_on_source(source).await?;
            ids.extend(&on_it);
            hanging.insert(source.clone(), on_it);
        }
        let ids: Vec<ClaimId> = ids.into_iter().collect();
        let mut subjects: BTreeMap<ClaimId, Subject> =
            ids.iter().map(|id| (*id, Subject { tags: Vec::new(), words: String::new() })).collect();
        for tag in tx.tags_of(&ids).await? {
            if let Some(subject) = subjects.get_mut(&tag.claim) {
                subject.tags.push(tag.tag);
            }
        }
        let mut rows = match only {
            Some(only) => vec![only.clone()],
            None => candidates(tx, &subjects, sources).await?,
        };
        if rows.iter().any(|row| matches!(row.target, Target::Search(_))) {
            for (claim, words) in tx.words_of_claims(&ids).await? {
                if let Some(subject) = subjects.get_mut(&claim) {
                    subject.words = words;
                }
            }
        }
        rows.sort_by_key(|row| (row.created_at, row.id));
        let away = away(tx, &rows).await?;
        let mut audience = Self {
            followers: Vec::new(),
            by_target: BTreeMap::new(),
            searches: Vec::new(),
            claims: subjects,
            hanging,
        };
        for row in rows {
            if row.owner.as_ref().is_some_and(|owner| away.contains(owner)) {
                continue;
            }
            let n = audience.followers.len();
            match &row.target {
                Target::Search(words) => audience.searches.push((n, words.clone())),
                target => audience.by_target.entry(target.clone()).or_default().push(n),
            }
            let settings = row.settings.read()?;
            audience.followers.push(Follower { row, settings });
        }
        Ok(audience)
    }

    /// Whether nobody follows any of it.
    pub(super) fn is_empty(&self) -> bool {
        self.followers.is_empty()
    }

    /// A subscription by its place.
    pub(super) fn follower(&self, n: usize) -> &Follower {
        &self.followers[n]
    }

    /// A subscription's place.
    pub(super) fn place_of(&self, id: SubscriptionId) -> Option<usize> {
        self.followers.iter().position(|f| f.row.id == id)
    }

    /// The places of those who are told of an event of this claim, or of this source.
    pub(super) fn of_event(&self, claim: Option<ClaimId>, source: Option<&SourceId>) -> BTreeSet<usize> {
        let mut places = self.to(&Target::All);
        if let Some(source) = source {
            places.extend(self.to(&Target::Source(source.clone())));
        }
        match (claim, source) {
            (Some(claim), _) => self.add_of_claim(claim, &mut places),
            (None, Some(source)) => {
                for claim in self.hanging.get(source).into_iter().flatten() {
                    self.add_of_claim(*claim, &mut places);
                }
            }
            (None, None) => {}
        }
        places
    }

    fn add_of_claim(&self, claim: ClaimId, places: &mut BTreeSet<usize>) {
        places.extend(self.to(&Target::Claim(claim)));
        let Some(subject) = self.claims.get(&claim) else { return };
        for tag in &subject.tags {
            places.extend(self.to(&Target::Tag(tag.clone())));
        }
        places.extend(
            self.searches.iter().filter(|(_, query)| holds_words(&subject.words, query)).map(|(n, _)| *n),
        );
    }

    fn to(&self, target: &Target) -> BTreeSet<usize> {
        self.by_target.get(target).into_iter().flatten().copied().collect()
    }
}

/// The subscriptions whose target may be met.
async fn candidates(
    tx: &mut Tx,
    subjects: &BTreeMap<ClaimId, Subject>,
    sources: &BTreeSet<SourceId>,
) -> Result<Vec<Subscription>> {
    let mut targets = BTreeSet::from([Target::All]);
    targets.extend(subjects.keys().map(|id| Target::Claim(*id)));
    targets.extend(subjects.values().flat_map(|s| &s.tags).map(|tag| Target::Tag(tag.clone())));
    targets.extend(sources.iter().cloned().map(Target::Source));
    let targets: Vec<Target> = targets.into_iter().collect();
    let mut rows = tx.subscriptions_to_searches().await?;
    for part in targets.chunks(1_000) {
        rows.extend(tx.subscriptions_to(part).await?);
    }
    Ok(rows)
}

/// The owners whose accounts are disabled: nothing is sent in their name.
async fn away(tx: &mut Tx, rows: &[Subscription]) -> Result<BTreeSet<Actor>> {
    let owners: BTreeSet<&Actor> = rows.iter().filter_map(|row| row.owner.as_ref()).collect();
    let mut away = BTreeSet::new();
    for owner in owners {
        let (Actor::Person(handle) | Actor::Bot(handle)) = owner else { continue };
        if tx.account_of_handle(handle).await?.is_some_and(|account| account.disabled_at.is_some()) {
            away.insert(owner.clone());
        }
    }
    Ok(away)
}
