//! Lists of claims: the words, tags and states they are filtered by, and their orders.
//!
//! A search finds claims that contain every word of the query anywhere, ignoring case and accents, also within a word:
//! `eval` finds HumanEval. The engines' own full-text indexes would not, and differ from each other.

use bellwether_core::{ids::ClaimId, status::ClaimStatus};
use chrono::{DateTime, Utc};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use crate::{
    Result, Tx,
    sql::{many_in, on, run},
    table::reading,
    value::Fit as _,
};

reading! {
    /// The words by which a claim is found.
    struct Words {
        pub claim: ClaimId,
        pub words: String,
    }
}

/// Whether folded words hold every word of a query, as a search finds it.
pub fn holds_words(words: &str, query: &str) -> bool {
    fold(query).split_whitespace().take(WORDS).all(|word| words.contains(word))
}

/// The order of a list of claims.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sort {
    /// Largest change of the headline since the instant first.
    Moved,
    /// Fewest missing conditions, then the smallest distance, then the deadline; unknown ones last.
    Closest,
    /// Next deadline first.
    Deadline,
    /// Newest first.
    Newest,
    /// Settled last, first; unsettled claims are left out.
    Settled,
}

/// Where a list goes on: the last row's place in its order.
#[derive(Clone, Debug, PartialEq)]
pub enum FeedCursor {
    /// After an amount of movement.
    Moved(f64, ClaimId),
    /// After a number of missing conditions, a distance and a deadline.
    Closest(Option<i64>, Option<f64>, DateTime<Utc>, ClaimId),
    /// After an instant: a deadline, a creation or a settlement.
    Time(DateTime<Utc>, ClaimId),
}

/// Which claims, in which order.
#[derive(Clone, Debug)]
pub struct Feed {
    /// Words that all must be found.
    pub text: Option<String>,
    /// Tags that all must be carried.
    pub tags: Vec<String>,
    /// States of which one must stand; empty: any.
    pub statuses: Vec<ClaimStatus>,
    /// The order.
    pub sort: Sort,
    /// Since when movement is counted.
    pub moved_since: DateTime<Utc>,
    /// Where the page begins; must be of the same sort.
    pub after: Option<FeedCursor>,
    /// How many at most.
    pub limit: i64,
}

reading! {
    /// A claim in a list.
    pub struct FeedRow {
        /// The claim; read them at once by [`Tx::claims`].
        pub id: ClaimId,
        /// Change of the headline's probability since [`Feed::moved_since`], or since the start of a younger claim.
        pub moved: Option<f64>,
        /// The size of that change, 0 where there is none.
        pub amount: f64,
        /// The deadline.
        pub window_by: DateTime<Utc>,
        /// When it was written first.
        pub created_at: DateTime<Utc>,
        /// When its outcome became final.
        pub resolved_at: Option<DateTime<Utc>>,
        /// How many conditions do not hold.
        pub missing_legs: Option<i64>,
        /// The largest remaining distance.
        pub distance: Option<f64>,
    }
}

impl FeedRow {
    /// The cursor that goes on after this row.
    pub fn cursor(&self, sort: Sort) -> FeedCursor {
        match sort {
            Sort::Moved => FeedCursor::Moved(self.amount, self.id),
            Sort::Closest => FeedCursor::Closest(self.missing_legs, self.distance, self.window_by, self.id),
            Sort::Deadline => FeedCursor::Time(self.window_by, self.id),
            Sort::Newest => FeedCursor::Time(self.created_at, self.id),
            Sort::Settled => FeedCursor::Time(self.resolved_at.unwrap_or(self.created_at), self.id),
        }
    }
}

/// A text without case and accents, as searches compare it.
pub fn fold(text: &str) -> String {
    text.nfkd().filter(|c| !is_combining_mark(*c) && *c != '\0').flat_map(char::to_lowercase).collect()
}

/// Words that are looked for at most; further ones are ignored.
const WORDS: usize = 10;

fn patterns(query: &str) -> Vec<String> {
    fold(query)
        .split_whitespace()
        .take(WORDS)
        .map(|word| {
            let mut pattern = String::from("%");
            for c in word.chars().take(100) {
                if matches!(c, '\\' | '%' | '_') {
                    pattern.push('\\');
                }
                pattern.push(c);
            }
            pattern.push('%');
            pattern
        })
        .collect()
}

/// The conditions of a list, on claims `listed`; one text for both databases.
macro_rules! filters {
    ($q:ident, $feed:ident) => {
        if !$feed.statuses.is_empty() {
            $q.push(" AND status IN (");
            let mut list = $q.separated(", ");
            for status in &$feed.statuses {
                list.push_bind(status.fit()?);
            }
            $q.push(")");
        }
        for tag in &$feed.tags {
            $q.push(" AND EXISTS (SELECT 1 FROM claim_tag t WHERE t.claim = listed.id AND t.tag = ")
                .push_bind(tag.fit()?)
                .push(")");
        }
        for pattern in $feed.text.as_deref().map(patterns).unwrap_or_default() {
            $q.push(" AND EXISTS (SELECT 1 FROM claim_search s WHERE s.claim = listed.id AND s.words LIKE ")
                .push_bind(pattern)
                .push(" ESCAPE '\\')");
        }
        if $feed.sort == Sort::Settled {
            $q.push(" AND resolved_at IS NOT NULL");
        }
    };
}

impl Tx {
    /// Sets what a search finds a claim by.
    pub async fn set_claim_words(&mut self, claim: ClaimId, text: &str) -> Result<()> {
        const SQL: &str = "INSERT INTO claim_search (claim, words) VALUES ($1, $2)
            ON CONFLICT (claim) DO UPDATE SET words = excluded.words";
        run!(self, SQL, claim, &fold(text))?;
        Ok(())
    }

    /// A page of claims.
    pub async fn search(&mut self, feed: &Feed) -> Result<Vec<FeedRow>> {
        on!(self, c => {
            let mut q = sqlx::QueryBuilder::new(
                "SELECT id, moved, coalesce(abs(moved), 0.0) AS amount, window_by, created_at, resolved_at,
                    missing_legs, distance
                FROM (SELECT c.*, c.headline_p - coalesce(
                        (SELECT m.p_after FROM move m WHERE m.claim = c.id AND m.at <= ",
            );
            q.push_bind(feed.moved_since.fit()?).push(
                " ORDER BY m.at DESC, m.seq DESC LIMIT 1),
                        (SELECT m.p_after FROM move m WHERE m.claim = c.id AND m.seq = 1)) AS moved
                    FROM claim c) AS listed WHERE 1 = 1",
            );
            filters!(q, feed);
            match (feed.sort, &feed.after) {
                (Sort::Moved, Some(FeedCursor::Moved(amount, id))) => {
                    q.push(" AND (coalesce(abs(moved), 0.0), id) < (").push_bind(amount.fit()?)
                        .push(", ").push_bind(id.fit()?).push(")");
                }
                (Sort::Closest, Some(FeedCursor::Closest(missing, distance, by, id))) => {
                    q.push(" AND (coalesce(missing_legs, 1000000), coalesce(distance, 1e299), window_by, id) > (")
                        .push_bind(missing.unwrap_or(1_000_000))
                        .push(", ").push_bind(distance.unwrap_or(1e299))
                        .push(", ").push_bind(by.fit()?)
                        .push(", ").push_bind(id.fit()?)
                        .push(")");
                }
                (sort, Some(FeedCursor::Time(at, id))) => {
                    q.push(match sort {
                        Sort::Deadline => " AND (window_by, id) > (",
                        Sort::Settled => " AND (resolved_at, id) < (",
                        _ => " AND (created_at, id) < (",
                    });
                    q.push_bind(at.fit()?).push(", ").push_bind(id.fit()?).push(")");
                }
                _ => {}
            }
            q.push(match feed.sort {
                Sort::Moved => " ORDER BY coalesce(abs(moved), 0.0) DESC, id DESC",
                Sort::Closest => {
                    " ORDER BY coalesce(missing_legs, 1000000), coalesce(distance, 1e299), window_by, id"
                }
                Sort::Deadline => " ORDER BY window_by, id",
                Sort::Newest => " ORDER BY created_at DESC, id DESC",
                Sort::Settled => " ORDER BY resolved_at DESC, id DESC",
            });
            q.push(" LIMIT ").push_bind(feed.limit);
            q.build_query_as::<FeedRow>().fetch_all(c).await
        })
        .map_err(crate::StoreError::reading("claim"))
    }

    /// The words by which some claims are found, folded.
    pub async fn words_of_claims(&mut self, claims: &[ClaimId]) -> Result<Vec<(ClaimId, String)>> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        let head = "SELECT claim, words FROM claim_search WHERE claim IN (";
        let found = many_in!(self, Words, head, claims, ") ORDER BY claim")?;
        Ok(found.into_iter().map(|row| (row.claim, row.words)).collect())
    }

    /// How many claims fit, on whatever page.
    pub async fn search_count(&mut self, feed: &Feed) -> Result<u64> {
        let found: i64 = on!(self, c => {
            let mut q = sqlx::QueryBuilder::new("SELECT count(*) FROM claim AS listed WHERE 1 = 1");
            filters!(q, feed);
            q.build_query_scalar().fetch_one(c).await
        })
        .map_err(crate::StoreError::reading("claim"))?;
        Ok(found.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_ignores_case_accents_and_widths() {
        assert_eq!(fold("Ａçaí HumanEval"), "acai humaneval");
    }

    #[test]
    fn wild_cards_stand_for_themselves() {
        assert_eq!(patterns("100% a_b\\"), [r"%100\%%", r"%a\_b\\%"]);
    }
}
