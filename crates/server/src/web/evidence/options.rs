//! The claims that an item is added to, and which of their options it is about.

use bellwether_engine::{EngineError, claims::ClaimKey, evidence::Target, reading::ClaimName};

use super::super::{
    evidence_view::{ClaimOptions, Errors, EvidenceFields, EvidencePage},
    request,
};
use crate::state::AppState;

/// The chosen claims. One that is not there is an error of the form, which then offers all claims.
pub(super) async fn chosen(
    state: &AppState,
    fields: &mut EvidenceFields,
    errors: &mut Errors,
) -> Result<Vec<ClaimName>, EngineError> {
    let mut found: Vec<ClaimName> = Vec::new();
    for slug in std::mem::take(&mut fields.claims) {
        match state.engine().claim_name(&ClaimKey::from(slug.clone())).await {
            // The same claim by its id and by its slug is one claim.
            Ok(claim) if found.iter().any(|known| known.slug == claim.slug) => {}
            Ok(claim) => {
                fields.claims.push(claim.slug.to_string());
                found.push(claim);
            }
            Err(EngineError::NotFound(_)) => {
                errors.add("claim", format!("There is no claim “{}”.", request::cut(&slug, 60)));
            }
            Err(other) => return Err(other),
        }
    }
    Ok(found)
}

/// The choice that each of them asks for.
pub(super) fn choices(claims: &[ClaimName], fields: &EvidenceFields) -> Vec<ClaimOptions> {
    let one = claims.len() == 1;
    let named = claims.iter().filter(|claim| !claim.options.is_empty());
    named
        .map(|claim| {
            let slug = claim.slug.to_string();
            let own = fields.options.get(&slug).cloned();
            ClaimOptions {
                chosen: own.unwrap_or_else(|| if one { fields.option.clone() } else { String::new() }),
                field: if one { "option".to_owned() } else { format!("option.{slug}") },
                title: claim.title.clone(),
                names: claim.options.clone(),
            }
        })
        .collect()
}

/// Every claim with named options needs one of them.
pub(super) fn check(shown: &EvidencePage, errors: &mut Errors) {
    for asked in &shown.options {
        if !asked.names.contains(&asked.chosen) {
            let of =
                if asked.field == "option" { String::new() } else { format!(" of “{}”", asked.title) };
            errors.add(&asked.field, format!("Say which option{of} it is about."));
        }
    }
}

/// The claims as the engine takes them.
pub(super) fn targets(shown: &EvidencePage) -> Vec<Target> {
    let chosen = |slug: &str| {
        let field = format!("option.{slug}");
        let asked = shown.options.iter().find(|o| o.field == "option" || o.field == field);
        asked.map(|o| o.chosen.clone())
    };
    let target =
        |slug: &String| Target { option: chosen(slug), ..Target::plain(ClaimKey::from(slug.clone())) };
    shown.fields.claims.iter().map(target).collect()
}
