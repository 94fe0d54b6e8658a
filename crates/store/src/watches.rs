//! What the rules of claims have said so far, and which claims hang on which source.

use bellwether_core::ids::{ClaimId, SourceId};
use chrono::{DateTime, Utc};

use crate::{
    JsonText, Result, Tx,
    sql::{many, many_in, run},
    table::{reading, table},
};

table! {
    /// A claim's rule under watch.
    "watch" => pub struct Watch {
        /// The claim.
        pub claim: ClaimId,
        /// The criteria version that is watched; another one starts anew.
        pub criteria_n: i64,
        /// The fold of its evaluations.
        pub watched: JsonText,
        /// The last evaluation.
        pub updated_at: DateTime<Utc>,
    }
}

reading! {
    /// A claim that hangs on a source.
    pub(crate) struct Hanging {
        /// The claim.
        pub claim: ClaimId,
    }
}

reading! {
    /// A source that a claim hangs on.
    pub(crate) struct Leaning {
        /// The source.
        pub source: SourceId,
    }
}

impl Tx {
    /// What is watched of some claims, in no particular order.
    pub async fn watches(&mut self, claims: &[ClaimId]) -> Result<Vec<Watch>> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        many_in!(self, Watch, "SELECT * FROM watch WHERE claim IN (", claims, ")")
    }

    /// Keeps what is watched of claims, each of them once.
    pub async fn save_watches(&mut self, watches: &[Watch]) -> Result<()> {
        const AGAIN: &str = "ON CONFLICT (claim) DO UPDATE SET criteria_n = excluded.criteria_n,
            watched = excluded.watched, updated_at = excluded.updated_at";
        self.put_all(watches, AGAIN).await
    }

    /// Says which sources a claim hangs on, whatever was said before.
    pub async fn set_sources_of_claim<'a>(
        &mut self,
        claim: ClaimId,
        sources: impl IntoIterator<Item = &'a SourceId>,
    ) -> Result<()> {
        run!(self, "DELETE FROM watch_source WHERE claim = $1", claim)?;
        for source in sources {
            run!(self, "INSERT INTO watch_source (source, claim) VALUES ($1, $2)", source, claim)?;
        }
        Ok(())
    }

    /// The claims that hang on a source, oldest first.
    pub async fn claims_on_source(&mut self, source: &SourceId) -> Result<Vec<ClaimId>> {
        const SQL: &str = "SELECT claim FROM watch_source WHERE source = $1 ORDER BY claim";
        Ok(many!(self, Hanging, SQL, source)?.into_iter().map(|row| row.claim).collect())
    }

    /// The sources a claim hangs on, by name.
    pub async fn sources_of_claim(&mut self, claim: ClaimId) -> Result<Vec<SourceId>> {
        const SQL: &str = "SELECT source FROM watch_source WHERE claim = $1 ORDER BY source";
        Ok(many!(self, Leaning, SQL, claim)?.into_iter().map(|row| row.source).collect())
    }
}
