//! A claim's own views came apart: told once, and again only after they came together.

use bellwether_core::{
    figures,
    ids::SignalId,
    ledger::By as Who,
    options::Options,
    probability::Probability,
    signal::{
        apart::Spread,
        matching::{By, Reason},
    },
};
use bellwether_store::{JsonText, Signal, Tx};
use serde_json::json;

use super::{LIVE, Suggestion, VIEWS_APART, put};
use crate::{Result, claims::Book, ids::new_uuid};

/// Raises the signal of views that came apart just now. `spread` is of the views that anybody sees: a hidden crowd is
/// not in it.
pub(crate) async fn came_apart(tx: &mut Tx, book: &Book, spread: &Spread, who: &Who) -> Result<()> {
    if !LIVE.contains(&book.row.status) {
        return Ok(());
    }
    let percent = |p: f64| Probability::new(p).map(figures::percent).unwrap_or_default();
    let of = match &book.ledger.options() {
        Options::YesNo => String::new(),
        Options::Named(names) => {
            names.get(book.ledger.leading()).map(|name| format!(" on {name}")).unwrap_or_default()
        }
    };
    let ((high, high_p), (low, low_p)) = (&spread.high, &spread.low);
    let signal = Signal {
        id: SignalId(new_uuid(who.at)),
        kind: VIEWS_APART.into(),
        key: format!("{VIEWS_APART} {} {}", book.row.id, book.row.move_seq),
        source: None,
        benchmark: None,
        title: format!(
            "The views{of} are {:.0} pts apart: {} {}, {} {}",
            spread.pts(),
            high.title(),
            percent(*high_p),
            low.title(),
            percent(*low_p),
        ),
        url: None,
        detail: JsonText::of(&json!({
            "pts": spread.pts(), "high": { "view": high.to_string(), "p": high_p },
            "low": { "view": low.to_string(), "p": low_p },
        }))?,
        observed_at: who.at,
        at: who.at,
    };
    let because = vec![Reason { by: By::Claim, name: book.row.title.clone() }];
    let beside = [(book.row.id, Suggestion { because, ..Suggestion::default() })];
    put(tx, &who.actor, &signal, &beside, &format!("claim:{}", book.row.slug), false).await?;
    Ok(())
}
