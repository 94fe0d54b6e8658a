//! A claim in a file: CSV for spreadsheets, JSON with a README inside.

use std::borrow::Cow;

use bellwether_core::figures;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::{
    ClaimKey, ClaimPage,
    history::{MoveView, Texts, without_crowd},
    page::EvidenceView,
};
use crate::{Engine, EngineError, Result};

impl Engine {
    /// The ledger of a claim as CSV, oldest move first.
    pub async fn export_moves_csv(&self, claim: &ClaimKey, at: Option<DateTime<Utc>>) -> Result<String> {
        let page = self.claim_page(claim, at).await?;
        let names = page.options.names().into_iter().map(str::to_owned).collect::<Vec<_>>();
        let head =
            ["seq", "at", "actor", "cause", "reason", "stream", "option", "points", "p_before", "p_after"];
        let rows = self.all_moves(&page).await?.into_iter().map(|m| {
            [
                m.seq.to_string(),
                time(m.at),
                m.actor.to_string(),
                word(&m.cause),
                m.reason,
                m.stream.to_string(),
                names.get(m.option).cloned().unwrap_or_default(),
                m.points.value().to_string(),
                m.before.value().to_string(),
                m.after.value().to_string(),
            ]
        });
        table(&head, rows)
    }

    /// The evidence of a claim as CSV: every item with the factors that make what it counts.
    pub async fn export_evidence_csv(&self, claim: &ClaimKey, at: Option<DateTime<Utc>>) -> Result<String> {
        let page = self.claim_page(claim, at).await?;
        let head = [
            "id",
            "status",
            "side",
            "option",
            "text",
            "kind",
            "tier",
            "points",
            "credibility",
            "relevance",
            "independence",
            "freshness",
            "dispute",
            "counts",
            "observed_at",
            "added_at",
            "actor",
            "publisher",
            "title",
            "url",
        ];
        let rows = all_items(&page).map(|e| {
            let source = &e.item.source;
            [
                e.id.to_string(),
                word(&e.status),
                e.item.side.word().to_owned(),
                e.item.option.clone().unwrap_or_default(),
                e.item.text.clone(),
                word(&e.item.kind),
                word(&e.item.weighed_tier()),
                e.factors.points.to_string(),
                e.factors.credibility.to_string(),
                e.factors.relevance.to_string(),
                e.factors.independence.to_string(),
                e.factors.freshness.to_string(),
                e.factors.dispute.to_string(),
                e.counts.to_string(),
                time(e.item.observed_at),
                time(e.added_at),
                e.actor.to_string(),
                source.publisher.clone().unwrap_or_default(),
                source.title.clone().unwrap_or_default(),
                source.url.as_ref().map(ToString::to_string).unwrap_or_default(),
            ]
        });
        table(&head, rows)
    }

    /// Everything of a claim as JSON, with a README inside that says what the fields mean.
    pub async fn export_json(&self, claim: &ClaimKey, at: Option<DateTime<Utc>>) -> Result<Value> {
        let page = self.claim_page(claim, at).await?;
        let moves: Vec<Value> = self
            .all_moves(&page)
            .await?
            .into_iter()
            .map(|m| {
                json!({
                    "seq": m.seq, "at": m.at, "actor": m.actor, "cause": m.cause, "reason": m.reason,
                    "evidence": m.evidence, "stream": m.stream, "option": m.option, "points": m.points,
                    "p_before": m.before, "p_after": m.after,
                })
            })
            .collect();
        let evidence: Vec<Value> = all_items(&page)
            .map(|e| {
                let f = &e.factors;
                json!({
                    "id": e.id, "revision": e.revision, "status": e.status, "item": e.item, "counts": e.counts,
                    "factors": {
                        "points": f.points, "credibility": f.credibility, "relevance": f.relevance,
                        "independence": f.independence, "freshness": f.freshness, "dispute": f.dispute,
                        "cluster": f.cluster, "cluster_size": f.cluster_size,
                    },
                    "actor": e.actor, "added_at": e.added_at,
                })
            })
            .collect();
        let criteria: Vec<Value> = page
            .criteria
            .iter()
            .map(|c| json!({ "version": c.n, "at": c.at, "actor": c.actor, "reason": c.reason, "sha256": c.sha256, "document": c.document }))
            .collect();
        let options: Vec<Value> =
            page.probabilities.iter().map(|o| json!({ "name": o.name, "p": o.p })).collect();
        Ok(json!({
            "README": README,
            "id": page.id,
            "slug": page.slug,
            "as_of": page.at,
            "status": page.status,
            "outcome": page.outcome,
            "resolved_at": page.resolved_at,
            "options": options,
            "headline": page.made_of,
            "confidence": page.confidence,
            "document": page.document,
            "criteria": criteria,
            "evidence": evidence,
            "moves": moves,
        }))
    }

    /// All moves that a page knows of, oldest first.
    async fn all_moves(&self, page: &ClaimPage) -> Result<Vec<MoveView>> {
        let mut tx = self.read().await?;
        let row = tx.claim(page.id).await?;
        let moves = self.ledgers().moves(&mut tx, &row, page.at).await?;
        let texts = Texts::of(&mut tx, page.id).await?;
        let seen = if page.crowd_hidden { Cow::Owned(without_crowd(&moves)) } else { Cow::Borrowed(&*moves) };
        Ok(seen.iter().map(|m| texts.view(m)).collect())
    }
}

const README: &str = "One claim of a Bellwether installation. `document` is the claim as its author wrote it, under the \
criteria in force; `criteria` has every version. `options` are the probabilities shown at `as_of`. `moves` is the \
ledger, oldest first, gapless: each row took the shown probability of its option from p_before to p_after; points are \
its impact on the log-odds, 25 to a nat. `evidence` lists every item, retracted ones too; what an item counts is \
sign x points x credibility x relevance x independence x freshness x dispute. Times are UTC, probabilities from 0 to 1.";

fn all_items(page: &ClaimPage) -> impl Iterator<Item = &EvidenceView> {
    page.items_for.iter().chain(&page.items_against).chain(&page.retracted)
}

pub(crate) fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn word<T: serde::Serialize>(variant: &T) -> String {
    bellwether_store::Word::of(variant).as_str().to_owned()
}

/// A table as RFC 4180, in UTF-8, with lines that end in CR LF.
pub(crate) fn table<const N: usize>(
    head: &[&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Result<String> {
    let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    out.write_record(head).map_err(EngineError::internal)?;
    for row in rows {
        out.write_record(row.iter().map(|cell| neutral(cell))).map_err(EngineError::internal)?;
    }
    let bytes = out.into_inner().map_err(|e| EngineError::internal(e.to_string()))?;
    String::from_utf8(bytes).map_err(EngineError::internal)
}

/// A cell that no spreadsheet takes for a formula: what begins like one gets an apostrophe in front, unless it is a
/// plain number. The same behind a separator or a quote, because a program that takes `;` for the separator sees more
/// cells than were written.
pub(crate) fn neutral(cell: &str) -> String {
    if cell.parse::<f64>().is_ok() {
        return cell.to_owned();
    }
    let mut safe = String::with_capacity(cell.len() + 1);
    let mut begins = true;
    for c in cell.chars() {
        let first = safe.is_empty() && matches!(c, '\t' | '\r' | '\n');
        if first || begins && BEGINS.contains(&c) {
            safe.push('\'');
        }
        safe.push(c);
        begins = matches!(c, ';' | ',' | '\t' | '|') || begins && matches!(c, '"' | '\'');
    }
    safe
}

/// What a formula begins with, in the wide letters of East Asia too.
const BEGINS: [char; 9] =
    ['=', '+', '-', '@', figures::MINUS, '\u{FF1D}', '\u{FF0B}', '\u{FF0D}', '\u{FF20}'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b23_cells_are_never_formulas() {
        for risky in ["=HYPERLINK(\"x\")", "+1+1", "-2+3", "@SUM(A1)", "\tx", "\rx", "−3", "\u{FF1D}1"] {
            assert!(neutral(risky).starts_with('\''), "{risky}");
        }
        for (hidden, safe) in
            [("a;=1+1", "a;'=1+1"), ("a,\"=1", "a,\"'=1"), ("\"=1", "\"'=1"), ("a|@SUM(A1)", "a|'@SUM(A1)")]
        {
            assert_eq!(neutral(hidden), safe);
        }
        for plain in ["-2.5", "+3", "text", "", "1=1", "a - b", "a; b, c", "'so'", "2+2=4", "semi-open"] {
            assert_eq!(neutral(plain), plain);
        }
        let text = table(&["a", "b"], [["=1;2".to_owned(), "say \"no\",\nthen".to_owned()]].into_iter())
            .expect("writes");
        assert_eq!(text, "a,b\r\n'=1;2,\"say \"\"no\"\",\nthen\"\r\n");
    }
}
