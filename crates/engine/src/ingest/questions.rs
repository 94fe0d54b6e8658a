//! Questions that only a person can answer: is this model open, what does this cell say.

use bellwether_core::{
    actor::Actor,
    benchmark::BenchmarkId,
    ids::SourceId,
    openness::{Openness, Provenance, SourceSays},
    table::Table,
};
use bellwether_sources::SourceDocument;
use bellwether_store::{JsonText, ReviewItem, Tx};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Engine, Result, ids::new_uuid};

/// So many questions of each kind are put by one snapshot; a source that raises more has another trouble.
const MAX_QUESTIONS: usize = 300;
/// So many questions are read at once.
const MAX_READ: i64 = 2_000;

/// A question of the queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "asks", rename_all = "snake_case")]
pub enum Question {
    /// Is this model open?
    Openness {
        /// Where it stands.
        benchmark: BenchmarkId,
        /// The row that raised the question.
        row: String,
        /// The model as the source writes it.
        model: String,
        /// Who made it.
        organisation: Option<String>,
        /// What the source's cell says.
        source_says: SourceSays,
        /// Why it is unknown.
        provenance: Provenance,
    },
    /// What does this cell say?
    Cell {
        /// Where it stands.
        benchmark: BenchmarkId,
        /// The row.
        row: String,
        /// The field of the source document.
        field: String,
        /// The text as it stands.
        text: String,
    },
}

impl Question {
    /// Where the question came up.
    pub fn benchmark(&self) -> &BenchmarkId {
        match self {
            Self::Openness { benchmark, .. } | Self::Cell { benchmark, .. } => benchmark,
        }
    }
}

/// What waits for a person.
#[derive(Clone, Debug, Default)]
pub struct ReviewQueue {
    /// The questions, oldest first, each with its id and when it came up.
    pub questions: Vec<(Uuid, DateTime<Utc>, Question)>,
}

/// Puts the questions that a table raises; one that stands or was answered is not put again.
pub(super) async fn ask(
    tx: &mut Tx,
    document: &SourceDocument,
    table: &Table,
    at: DateTime<Utc>,
) -> Result<()> {
    let benchmark = &table.spec.benchmark;
    let unknown = table.rows.iter().filter(|row| row.openness == Openness::Unknown && row.score.is_some());
    for row in unknown.take(MAX_QUESTIONS) {
        // The queue is for what is open, not for what a person has called unknown for good.
        if matches!(row.provenance, Provenance::Person(_)) {
            continue;
        }
        let question = Question::Openness {
            benchmark: benchmark.clone(),
            row: row.key.clone(),
            model: row.model.clone(),
            organisation: row.organisation.clone(),
            source_says: row.source_says.clone(),
            provenance: row.provenance.clone(),
        };
        put(tx, "openness", subject(&document.id, &row.model), document, &question, at).await?;
    }
    for cell in table.unreadable.iter().take(MAX_QUESTIONS) {
        let question = Question::Cell {
            benchmark: benchmark.clone(),
            row: cell.key.clone(),
            field: cell.field.clone(),
            text: cell.text.clone(),
        };
        let subject = format!("{benchmark} {} {}: {}", cell.key, cell.field, cell.text);
        put(tx, "cell", subject, document, &question, at).await?;
    }
    Ok(())
}

fn subject(source: &SourceId, model: &str) -> String {
    format!("{source}: {model}")
}

async fn put(
    tx: &mut Tx,
    kind: &str,
    subject: String,
    document: &SourceDocument,
    question: &Question,
    at: DateTime<Utc>,
) -> Result<()> {
    tx.open_review(&ReviewItem {
        id: new_uuid(at),
        kind: kind.into(),
        subject,
        claim: None,
        source: Some(document.id.clone()),
        detail: JsonText::of(question)?,
        opened_at: at,
        closed_at: None,
        closed_by: None,
        answer: None,
    })
    .await?;
    Ok(())
}

/// A person has said whether a model is open: the questions about it are answered.
pub(super) async fn answered(
    tx: &mut Tx,
    actor: &Actor,
    source: Option<&SourceId>,
    model: &str,
    openness: Openness,
    reason: &str,
    at: DateTime<Utc>,
) -> Result<()> {
    let answer = JsonText::of(&serde_json::json!({ "openness": openness, "reason": reason }))?;
    for item in tx.open_reviews(MAX_READ).await? {
        let about = match (source, &item.source) {
            (Some(source), _) => item.subject == subject(source, model),
            (None, Some(asked)) => item.subject == subject(asked, model),
            (None, None) => false,
        };
        if item.kind == "openness" && about {
            tx.close_review(item.id, &answer, actor, at).await?;
        }
    }
    Ok(())
}

impl Engine {
    /// The questions that wait for a person.
    pub async fn review_queue(&self) -> Result<ReviewQueue> {
        let mut tx = self.read().await?;
        let mut queue = ReviewQueue::default();
        for item in tx.open_reviews(MAX_READ).await? {
            if item.kind == "openness" || item.kind == "cell" {
                queue.questions.push((item.id, item.opened_at, item.detail.read()?));
            }
        }
        Ok(queue)
    }
}
