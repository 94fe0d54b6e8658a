//! Which claim counts only if which other comes out a certain way.

use bellwether_core::ids::ClaimId;

use crate::{
    Claim, Result, Tx,
    sql::{many, run},
    table::table,
};

table! {
    /// A claim that hangs on another one; how that must come out stands in its document.
    "claim_given" => pub struct ClaimGiven {
        /// The claim that counts only if.
        pub claim: ClaimId,
        /// The claim that it hangs on.
        pub given: ClaimId,
    }
}

impl Tx {
    /// Sets the claim that another one hangs on, or that it hangs on none.
    pub async fn set_given(&mut self, claim: ClaimId, given: Option<ClaimId>) -> Result<()> {
        run!(self, "DELETE FROM claim_given WHERE claim = $1", claim)?;
        match given {
            Some(given) => self.insert(&ClaimGiven { claim, given }).await,
            None => Ok(()),
        }
    }

    /// The claims that hang on one, the earliest first.
    pub async fn claims_given(&mut self, given: ClaimId) -> Result<Vec<Claim>> {
        const SQL: &str = "SELECT c.* FROM claim_given g JOIN claim c ON c.id = g.claim WHERE g.given = $1
            ORDER BY c.created_at, c.id";
        many!(self, Claim, SQL, given)
    }
}
