//! Claims that hang on another one: naming it, and telling of it.

use bellwether_core::{
    document::{ClaimDocument, Given},
    ids::{ClaimId, Slug},
    status::{ClaimStatus, Outcome},
};
use bellwether_store::{Claim, Tx};

use crate::{EngineError, Result, resolve::check_outcome};

/// A claim on which another one hangs, or one that hangs on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenView {
    /// The other claim's address.
    pub slug: Slug,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub status: ClaimStatus,
    /// How it came out.
    pub outcome: Option<Outcome>,
    /// How the one on which something hangs must come out.
    pub wanted: Outcome,
}

/// Notes which claim a document makes this one hang on.
///
/// # Errors
/// A field error where there is no such claim, it is a draft, cannot come out so, or has come out otherwise.
pub(super) async fn index(tx: &mut Tx, id: ClaimId, document: &ClaimDocument) -> Result<()> {
    let on = match &document.given {
        Some(given) => Some(check(tx, given).await?),
        None => None,
    };
    Ok(tx.set_given(id, on).await?)
}

/// The claim that is named, if one can hang on it. Only published claims can be hung on and what one hangs on never
/// changes after that, so there are no circles.
pub(super) async fn check(tx: &mut Tx, given: &Given) -> Result<ClaimId> {
    let slug = &given.claim;
    let bad = |field: &str, code: &'static str, why: String| Err(EngineError::invalid(field, code, why));
    let Some(on) = tx.claim_by_slug(slug).await? else {
        return bad("given.claim", "unknown", format!("there is no claim at the address `{slug}`"));
    };
    if on.status == ClaimStatus::Draft {
        return bad("given.claim", "draft", format!("`{slug}` is a draft: publish it first"));
    }
    check_outcome(&on.document.read()?, &given.outcome).map_err(|e| match e {
        EngineError::Invalid(errors) => EngineError::Invalid(
            errors
                .into_iter()
                .map(|e| crate::FieldError { field: "given.outcome".to_owned(), ..e })
                .collect(),
        ),
        other => other,
    })?;
    if on.status.is_settled() && !given.holds(on.outcome.as_ref()) {
        let came_out = on.outcome.as_ref().map_or_else(|| "void".to_owned(), Outcome::to_string);
        let why = format!(
            "“{}” has come out {came_out}: a claim that hangs on {} would be void",
            on.title, given.outcome
        );
        return bad("given.outcome", "came_out", why);
    }
    Ok(on.id)
}

/// What a claim hangs on.
pub(super) async fn of(tx: &mut Tx, document: &ClaimDocument) -> Result<Option<GivenView>> {
    let Some(given) = &document.given else { return Ok(None) };
    Ok(tx.claim_by_slug(&given.claim).await?.map(|on| view(on, given.outcome.clone())))
}

/// What hangs on a claim; drafts are not told of.
pub(super) async fn hanging_on(tx: &mut Tx, claim: ClaimId) -> Result<Vec<GivenView>> {
    let mut all = Vec::new();
    for row in tx.claims_given(claim).await?.into_iter().filter(|row| row.status != ClaimStatus::Draft) {
        let document: ClaimDocument = row.document.read()?;
        all.extend(document.given.map(|given| view(row, given.outcome)));
    }
    Ok(all)
}

fn view(row: Claim, wanted: Outcome) -> GivenView {
    GivenView { slug: row.slug, title: row.title, status: row.status, outcome: row.outcome, wanted }
}
