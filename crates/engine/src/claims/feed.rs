//! Lists of claims: searched, filtered, sorted, a page at a time.

use std::{collections::BTreeMap, fmt, str::FromStr};

use bellwether_core::{
    confidence::Level,
    figures,
    ids::{ClaimId, Slug},
    options::Options,
    points::Points,
    probability::Probability,
    status::{ClaimStatus, Outcome},
    stream::Headline,
};
use bellwether_store::{Claim, Feed, FeedCursor, Sort, StatusCount, TagCount};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{
    book::{Standing, move_of},
    history::Texts,
    page::Movement,
};
use crate::{
    Engine, EngineError, Result,
    resolve::{HowFar, then::Freshness},
};

/// The order of a list of claims.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedSort {
    /// Largest change within the window first.
    #[default]
    Moved,
    /// Closest to deciding first.
    Closest,
    /// Next deadline first.
    Deadline,
    /// Newest first.
    New,
    /// Settled last, first; unsettled ones are left out.
    Settled,
}

impl FeedSort {
    fn stored(self) -> Sort {
        match self {
            Self::Moved => Sort::Moved,
            Self::Closest => Sort::Closest,
            Self::Deadline => Sort::Deadline,
            Self::New => Sort::Newest,
            Self::Settled => Sort::Settled,
        }
    }
}

/// Which claims, in which order.
#[derive(Clone, Debug)]
pub struct FeedQuery {
    /// Words that must all be found; at most 10 count.
    pub text: Option<String>,
    /// Tags that must all be carried.
    pub tags: Vec<String>,
    /// States of which one must stand; empty: all but drafts.
    pub statuses: Vec<ClaimStatus>,
    /// The order.
    pub sort: FeedSort,
    /// Over which time movement is told and sorted by, 1 hour to 10 years.
    pub window: TimeDelta,
    /// Where the page begins, from the page before.
    pub after: Option<String>,
    /// How many, 1 to 200.
    pub limit: u32,
}

impl Default for FeedQuery {
    fn default() -> Self {
        Self {
            text: None,
            tags: Vec::new(),
            statuses: Vec::new(),
            sort: FeedSort::default(),
            window: Engine::USUAL_WINDOW,
            after: None,
            limit: 25,
        }
    }
}

/// A page of claims.
#[derive(Clone, Debug)]
pub struct FeedPage {
    /// The claims.
    pub cards: Vec<FeedCard>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// How many claims fit, on all pages together.
    pub total: u64,
    /// Every tag and how many published claims carry it.
    pub tags: Vec<TagCount>,
    /// Every state and how many claims have it.
    pub statuses: Vec<StatusCount>,
    /// The instant it is told as of.
    pub at: DateTime<Utc>,
}

/// A claim in a list.
#[derive(Clone, Debug)]
pub struct FeedCard {
    /// Identity.
    pub id: ClaimId,
    /// The readable part of its address.
    pub slug: Slug,
    /// The statement.
    pub title: String,
    /// A line of background, may be empty.
    pub context: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Where it stands.
    pub status: ClaimStatus,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// What is proposed and not decided yet.
    pub proposed: Option<Outcome>,
    /// When that became final.
    pub resolved_at: Option<DateTime<Utc>>,
    /// The shown probability of yes, or of the leading option.
    pub p: Option<Probability>,
    /// The leading option's name, where the claim names options.
    pub option: Option<String>,
    /// How it moved.
    pub movement: Movement,
    /// What the number is made of.
    pub made_of: Headline,
    /// How many items are active.
    pub evidence_count: i64,
    /// How far the evidence can be leaned on.
    pub confidence: Level,
    /// The last move that changed something, with its reason.
    pub last_move: Option<LastMove>,
    /// The headline over the last 90 days, oldest first; from the state at its beginning.
    pub spark: Vec<(DateTime<Utc>, f64)>,
    /// The deadline.
    pub deadline: DateTime<Utc>,
    /// The deadline's words.
    pub deadline_text: String,
    /// What the rule said at the last evaluation.
    pub verdict: Option<String>,
    /// How many conditions do not hold.
    pub missing_legs: Option<i64>,
    /// The distances of all conditions, as the last evaluation left them.
    pub distance: Option<HowFar>,
    /// Whether the claim has a rule; else a person decides.
    pub has_rule: bool,
    /// When it was written first.
    pub created_at: DateTime<Utc>,
    /// Its last change.
    pub updated_at: DateTime<Utc>,
}

/// The last move of a claim.
#[derive(Clone, Debug)]
pub struct LastMove {
    /// When.
    pub at: DateTime<Utc>,
    /// The reason in a line.
    pub reason: String,
    /// Impact on the headline, signed points.
    pub points: Points,
}

/// Why a text is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no cursor of this list: begin without one")]
pub struct BadCursor;

/// How far back the small chart of a card goes.
const SPARK: TimeDelta = TimeDelta::days(90);

impl Engine {
    /// A page of claims.
    pub async fn feed(&self, query: &FeedQuery) -> Result<FeedPage> {
        let now = self.now();
        if query.window < TimeDelta::hours(1) || query.window > TimeDelta::days(3660) {
            return Err(EngineError::invalid("window", "out_of_range", "from 1 hour to 10 years"));
        }
        if query.limit == 0 || query.limit > 200 {
            return Err(EngineError::invalid("limit", "out_of_range", "from 1 to 200"));
        }
        let after = query.after.as_deref().map(str::parse::<Cursor>).transpose();
        let after = after.map_err(|e| EngineError::invalid("cursor", "unreadable", e.to_string()))?;
        if after.as_ref().is_some_and(|c| c.sort != query.sort) {
            return Err(EngineError::invalid("cursor", "unreadable", BadCursor.to_string()));
        }
        let statuses: Vec<ClaimStatus> = match query.statuses.as_slice() {
            [] => ClaimStatus::ALL.into_iter().filter(|s| *s != ClaimStatus::Draft).collect(),
            some => some.to_vec(),
        };
        // A filter is folded like the texts it is held against; what the database cannot hold finds nothing.
        let text = query.text.as_deref().map(|t| t.replace('\0', " ")).filter(|t| !t.trim().is_empty());
        let feed = Feed {
            text,
            tags: query.tags.iter().map(|t| t.trim().to_lowercase().replace('\0', " ")).collect(),
            statuses,
            sort: query.sort.stored(),
            moved_since: now - query.window,
            after: after.map(|c| c.place),
            limit: i64::from(query.limit) + 1,
        };
        let mut tx = self.read().await?;
        let mut rows = tx.search(&feed).await?;
        let total = tx.search_count(&feed).await?;
        let more = rows.len() > query.limit as usize;
        rows.truncate(query.limit as usize);
        let next = rows
            .last()
            .filter(|_| more)
            .map(|row| Cursor { sort: query.sort, place: row.cursor(query.sort.stored()) }.to_string());
        let ids: Vec<ClaimId> = rows.iter().map(|r| r.id).collect();
        let mut claims: BTreeMap<ClaimId, Claim> =
            tx.claims(&ids).await?.into_iter().map(|c| (c.id, c)).collect();
        let mut tags: BTreeMap<ClaimId, Vec<String>> = BTreeMap::new();
        for tag in tx.tags_of(&ids).await? {
            tags.entry(tag.claim).or_default().push(tag.tag);
        }
        let texts = Texts::from_rows(&tx.evidence_of_claims(&ids).await?)?;
        let mut last = BTreeMap::new();
        for row in tx.last_moves(&ids).await? {
            let view = texts.view(&move_of(&row)?);
            last.insert(row.claim, LastMove { at: view.at, reason: view.reason, points: view.points });
        }
        let mut sparks: BTreeMap<ClaimId, Vec<(DateTime<Utc>, f64)>> = BTreeMap::new();
        for point in tx.headlines_since(&ids, now - SPARK).await? {
            if let Some(p) = point.p_after {
                sparks.entry(point.claim).or_default().push((point.at, p));
            }
        }
        let mut proposed: BTreeMap<ClaimId, Outcome> =
            tx.standing_proposals().await?.into_iter().map(|p| (p.claim, p.outcome)).collect();
        let freshness = Freshness::load(&mut tx).await?;
        let moves_in =
            |spark: &[(DateTime<Utc>, f64)]| spark.iter().filter(|(at, _)| *at > now - query.window).count();
        let mut cards = Vec::with_capacity(rows.len());
        for row in &rows {
            let Some(claim) = claims.remove(&row.id) else { continue };
            let spark = sparks.remove(&row.id).unwrap_or_default();
            let movement = Movement {
                pts: 100.0 * row.moved.unwrap_or(0.0),
                window: query.window,
                moves: moves_in(&spark),
            };
            let tags = tags.remove(&row.id).unwrap_or_default();
            let mut card = card(claim, tags, movement, last.remove(&row.id), spark)?;
            card.proposed = proposed.remove(&row.id);
            card.distance = card.distance.map(|far| freshness.tell(far));
            cards.push(card);
        }
        let (tags, statuses) = (tx.tag_counts().await?, tx.status_counts().await?);
        Ok(FeedPage { cards, next, total, tags, statuses, at: now })
    }
}

fn card(
    claim: Claim,
    tags: Vec<String>,
    movement: Movement,
    last_move: Option<LastMove>,
    spark: Vec<(DateTime<Utc>, f64)>,
) -> Result<FeedCard> {
    let document: bellwether_core::document::ClaimDocument = claim.document.read()?;
    let standing: Standing = claim.standing.read()?;
    let option = match Options::of(&document) {
        Options::YesNo => None,
        Options::Named(names) => names.get(standing.leading).cloned(),
    };
    Ok(FeedCard {
        id: claim.id,
        slug: claim.slug,
        title: claim.title,
        context: claim.context,
        tags,
        status: claim.status,
        outcome: claim.outcome,
        proposed: None,
        resolved_at: claim.resolved_at,
        p: claim.headline_p.and_then(|p| Probability::new(p).ok()),
        option,
        movement,
        made_of: standing.made_of,
        evidence_count: claim.evidence_count,
        confidence: claim.confidence.read()?,
        last_move,
        spark,
        deadline: claim.window_by,
        deadline_text: document.window.text.by.clone(),
        verdict: claim.verdict.as_ref().map(|v| v.as_str().to_owned()),
        missing_legs: claim.missing_legs,
        distance: claim.distance_json.as_ref().map(bellwether_store::JsonText::read).transpose()?,
        has_rule: document.rule.is_some() || !document.outcomes.is_empty(),
        created_at: claim.created_at,
        updated_at: claim.updated_at,
    })
}

/// A place in a list, as it travels in an address: the sort's letter, its values, the claim's id.
struct Cursor {
    sort: FeedSort,
    place: FeedCursor,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Numbers travel as their bits, so that the place is met exactly.
        match (&self.place, self.sort) {
            (FeedCursor::Moved(amount, id), _) => write!(f, "m.{:x}.{id}", amount.to_bits()),
            (FeedCursor::Closest(missing, distance, by, id), _) => write!(
                f,
                "c.{}.{}.{}.{id}",
                missing.map_or("-".to_owned(), |n| n.to_string()),
                distance.map_or("-".to_owned(), |d| format!("{:x}", d.to_bits())),
                by.timestamp_micros(),
            ),
            (FeedCursor::Time(at, id), sort) => {
                let letter = match sort {
                    FeedSort::Deadline => 'd',
                    FeedSort::Settled => 's',
                    _ => 'n',
                };
                write!(f, "{letter}.{}.{id}", at.timestamp_micros())
            }
        }
    }
}

impl FromStr for Cursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Self, BadCursor> {
        let bits = |t: &str| u64::from_str_radix(t, 16).ok().map(f64::from_bits).filter(|x| x.is_finite());
        let time = |t: &str| t.parse().ok().and_then(DateTime::from_timestamp_micros);
        let absent = |t: &str| t == "-";
        let read = || {
            let parts: Vec<&str> = text.split('.').take(6).collect();
            Some(match parts[..] {
                ["m", amount, id] => {
                    Self { sort: FeedSort::Moved, place: FeedCursor::Moved(bits(amount)?, id.parse().ok()?) }
                }
                ["c", missing, distance, by, id] => {
                    let missing = if absent(missing) { None } else { Some(missing.parse().ok()?) };
                    let distance = if absent(distance) { None } else { Some(bits(distance)?) };
                    let place = FeedCursor::Closest(missing, distance, time(by)?, id.parse().ok()?);
                    Self { sort: FeedSort::Closest, place }
                }
                [letter, at, id] => {
                    let sort = match letter {
                        "d" => FeedSort::Deadline,
                        "s" => FeedSort::Settled,
                        "n" => FeedSort::New,
                        _ => return None,
                    };
                    Self { sort, place: FeedCursor::Time(time(at)?, id.parse().ok()?) }
                }
                _ => return None,
            })
        };
        read().ok_or(BadCursor)
    }
}

impl FeedCard {
    /// The reason of the last move with what it counted: `Added: Compute costs fell (+3.6)`.
    pub fn said(&self) -> Option<String> {
        self.last_move.as_ref().map(|m| format!("{} ({})", m.reason, figures::points(m.points.value())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b15_forged_cursors_are_refused() {
        let long = "9".repeat(10_000);
        for bad in [
            "",
            "x",
            "m..",
            "m.zz.1",
            "d.1.1",
            "c.1.2.3",
            "n.99999999999999999999.x",
            "m.7ff8000000000000.0",
            &long,
        ] {
            assert!(bad.parse::<Cursor>().is_err(), "{bad}");
        }
    }

    #[test]
    fn cursors_come_back_to_the_last_bit() {
        let id = ClaimId(uuid::Uuid::from_u128(7));
        let at = DateTime::from_timestamp_micros(1_775_000_000_123_456).expect("an instant");
        for (sort, place) in [
            (FeedSort::Moved, FeedCursor::Moved(0.1 + 0.2, id)),
            (FeedSort::Closest, FeedCursor::Closest(Some(2), Some(1.0 / 3.0), at, id)),
            (FeedSort::Closest, FeedCursor::Closest(None, None, at, id)),
            (FeedSort::Deadline, FeedCursor::Time(at, id)),
            (FeedSort::New, FeedCursor::Time(at, id)),
            (FeedSort::Settled, FeedCursor::Time(at, id)),
        ] {
            let text = Cursor { sort, place: place.clone() }.to_string();
            let back: Cursor = text.parse().expect(&text);
            assert_eq!((back.sort, back.place), (sort, place));
        }
    }
}
