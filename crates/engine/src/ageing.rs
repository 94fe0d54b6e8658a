//! The daily drift: evidence grows old, and the ledger says so in one row a day at most.

use bellwether_core::{
    actor::Actor,
    figures,
    ids::ClaimId,
    ledger::{By, CauseKind},
    status::ClaimStatus,
};
use bellwether_store::{Change, Word};
use serde_json::json;

use crate::{Engine, Result, claims::Book};

impl Engine {
    /// Lets the evidence of every claim that still takes some age to now. Returns how many claims drifted.
    ///
    /// Each claim is a transaction of its own, so that people do not wait; run twice a day it does nothing the second
    /// time.
    pub async fn age_claims(&self) -> Result<usize> {
        let statuses: Vec<ClaimStatus> =
            ClaimStatus::ALL.into_iter().filter(|s| s.takes_evidence() && *s != ClaimStatus::Draft).collect();
        let mut tx = self.read().await?;
        let claims: Vec<ClaimId> =
            tx.claims_with_status(&statuses).await?.into_iter().map(|c| c.id).collect();
        drop(tx);
        let mut drifted = 0;
        for claim in claims {
            drifted += usize::from(self.age_claim(claim).await?);
        }
        Ok(drifted)
    }

    /// Lets one claim's evidence age to now; whether that was worth a row.
    async fn age_claim(&self, claim: ClaimId) -> Result<bool> {
        let by = By { actor: Actor::system("ageing"), at: self.now() };
        let mut tx = self.write().await?;
        let row = tx.claim(claim).await?;
        if !row.status.takes_evidence() {
            return Ok(false);
        }
        let last = tx.last_move_of_kind(claim, &Word::of(&CauseKind::Ageing)).await?;
        if last.is_some_and(|m| m.at.date_naive() >= by.at.date_naive()) {
            return Ok(false);
        }
        let mut book = Book::load(&mut tx, row).await?;
        let Some(drift) = book.ledger.age(&by) else { return Ok(false) };
        book.save(&mut tx, std::slice::from_ref(&drift), &by).await?;
        tx.record(&Change {
            at: by.at,
            actor: &by.actor,
            kind: "headline.moved",
            claim: Some(claim),
            subject: book.row.slug.to_string(),
            body: json!({
                "title": book.row.title,
                "cause": drift.cause.kind,
                "points": drift.points,
                "items": drift.parts.len(),
                "p_before": drift.p_before,
                "p_after": drift.p_after,
                "said": format!(
                    "{} → {}",
                    figures::percent_exact(drift.p_before),
                    figures::percent_exact(drift.p_after)
                ),
            }),
        })
        .await?;
        tx.commit().await?;
        Ok(true)
    }
}
