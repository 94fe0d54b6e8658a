//! What people type into the evidence form, and what is wrong with it.

use bellwether_core::evidence::{Kind, Side, Tier};
use bellwether_engine::{
    EngineError, FieldError,
    evidence::{EvidenceInput, StrengthInput},
};
use chrono::NaiveDate;

use super::super::{
    evidence_view::{Choice, Errors, EvidenceFields},
    request,
};
use crate::{extract::Form, problem::Problem};

pub(super) const TIERS: [(Tier, &str, &str); 7] = [
    (Tier::Primary, "primary", "benchmark publisher or primary ×1"),
    (Tier::Replication, "replication", "independent replication ×1"),
    (Tier::PeerReviewed, "peer_reviewed", "peer-reviewed ×.9"),
    (Tier::Vendor, "vendor", "a vendor about itself ×.6"),
    (Tier::Press, "press", "press ×.4"),
    (Tier::Social, "social", "social media ×.2"),
    (Tier::Unsourced, "unsourced", "unsourced ×.2"),
];

pub(super) fn typed(form: &Form) -> EvidenceFields {
    let value = |name: &str| form.value(name).unwrap_or_default().to_owned();
    let points = match form.value("points") {
        Some("own") | None => value("own_points"),
        Some(points) => points.to_owned(),
    };
    EvidenceFields {
        claims: form.values("claim").map(str::to_owned).collect(),
        url: value("url"),
        text: value("text"),
        publisher: value("publisher"),
        observed: value("observed"),
        side: value("side"),
        option: value("option"),
        points,
        kind: value("kind"),
        relevance: value("relevance"),
        reason: value("reason"),
        options: form
            .fields()
            .filter_map(|(name, value)| Some((name.strip_prefix("option.")?.to_owned(), value.to_owned())))
            .collect(),
        kept: value("kept"),
        signal: value("signal"),
        revision: value("revision"),
    }
}

/// A decimal as people type it, with a hint where it is written otherwise.
pub(in super::super) fn decimal(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let told = request::cut(text, 40);
    if let Some(number) = text.strip_suffix('%') {
        return Err(match number.trim().parse::<f64>() {
            Ok(n) => format!("“{told}” is written with a percent sign: write {}.", n / 100.0),
            Err(_) => format!("“{told}” is no number: write 0.5."),
        });
    }
    if text.contains(',') {
        return Err(format!("“{told}” has a comma: write {}.", request::cut(&text.replace(',', "."), 40)));
    }
    match text.parse::<f64>() {
        Ok(n) if n.is_finite() => Ok(n),
        _ if text.is_empty() => Err("Write a number, such as 3.".to_owned()),
        _ => Err(format!("“{told}” is no number: write 0.5.")),
    }
}

/// The item, where everything reads.
pub(super) fn read(fields: &EvidenceFields, errors: &mut Errors) -> Option<EvidenceInput> {
    let side = match fields.side.as_str() {
        "for" => Some(Side::For),
        "against" => Some(Side::Against),
        _ => {
            errors.add("side", "Say whether it makes Yes more or less likely.");
            None
        }
    };
    let points = decimal(&fields.points).map_err(|e| errors.add("points", e)).ok();
    if fields.text.trim().is_empty() {
        errors.add("text", "Write what it says.");
    }
    let relevance = if fields.relevance.is_empty() {
        Some(1.0)
    } else {
        decimal(&fields.relevance).map_err(|e| errors.add("relevance", e)).ok()
    };
    let observed = match fields.observed.trim() {
        "" => None,
        day => day
            .parse::<NaiveDate>()
            .map_err(|_| {
                errors.add("observed", format!("“{}” is no date: write 2026-03-12.", request::cut(day, 40)));
            })
            .ok(),
    };
    let tier = TIERS.iter().find(|(_, key, _)| *key == fields.kind).map(|(tier, ..)| *tier);
    if !errors.none() {
        return None;
    }
    let mut input = EvidenceInput::new(side?, fields.text.clone(), StrengthInput::Points(points?));
    let given = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
    input.url = given(&fields.url);
    input.publisher = given(&fields.publisher);
    input.published_on = observed;
    input.tier = tier;
    input.relevance = relevance;
    if matches!(tier, Some(Tier::Primary | Tier::Replication)) {
        input.kind = Kind::Benchmark;
    }
    Some(input)
}

/// The engine's names of fields, as the form calls them.
fn field(name: &str) -> &str {
    match name {
        "strength" => "points",
        "observed_at" | "published_on" => "observed",
        "tier" => "kind",
        "targets" | "claims" | "signal" => "claim",
        "snapshot" => "url",
        other => other,
    }
}

/// Puts refused fields beside their inputs. Another refusal stands beside the field that it is told of.
pub(super) fn refused(error: EngineError, beside: &str, errors: &mut Errors) -> Result<(), Problem> {
    match error {
        EngineError::Invalid(bad) => {
            for FieldError { field: name, message, .. } in bad {
                errors.add(field(&name), message);
            }
            Ok(())
        }
        EngineError::Conflict(why) | EngineError::Upstream(why) => {
            errors.add(beside, why);
            Ok(())
        }
        other => Err(other.into()),
    }
}

/// A name that stands hidden in the form. One that does not read was not put there by us.
pub(super) fn hidden<T: std::str::FromStr>(text: &str, beside: &str, errors: &mut Errors) -> Option<T> {
    if text.is_empty() {
        return None;
    }
    text.parse().map_err(|_| errors.add(beside, "The form was damaged on its way: send it once more.")).ok()
}

/// Kinds of source, to choose from.
pub(super) fn kinds() -> Vec<Choice> {
    TIERS.iter().map(|(_, key, label)| Choice::new(*key, *label)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b3_commas_and_percent_signs_get_a_hint() {
        assert_eq!(decimal("0,5").unwrap_err(), "“0,5” has a comma: write 0.5.");
        assert_eq!(decimal("50%").unwrap_err(), "“50%” is written with a percent sign: write 0.5.");
        assert_eq!(decimal(" 12 "), Ok(12.0));
        assert!(decimal("NaN").is_err() && decimal("").is_err() && decimal("abc").is_err());
    }
}
