//! The questions that wait for a person, with what hangs on them.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    Engine, Result,
    benchmarks::{Leaning, catalogue, leanings},
    ingest::Question,
};

/// A question that waits for a person.
#[derive(Clone, Debug)]
pub struct OpenQuestion {
    /// Names it.
    pub id: Uuid,
    /// Since when it waits.
    pub at: DateTime<Utc>,
    /// What is asked.
    pub question: Question,
    /// The title of the source that raised it.
    pub source_title: String,
    /// The claims that lean on the benchmark it was raised on.
    pub claims: Vec<Leaning>,
}

impl Engine {
    /// All questions, those that claims lean on first, then the oldest first.
    pub async fn open_questions(&self) -> Result<Vec<OpenQuestion>> {
        let queue = self.review_queue().await?;
        let mut tx = self.read().await?;
        let leanings = leanings(&mut tx).await?;
        let sources = catalogue(&mut tx).await?;
        let open = queue.questions.into_iter().map(|(id, at, question)| {
            let benchmark = question.benchmark();
            let source_title = sources
                .get(&benchmark.source)
                .map_or_else(|| benchmark.source.to_string(), |(document, _)| document.title.clone());
            let claims = leanings.get(benchmark).cloned().unwrap_or_default();
            OpenQuestion { id, at, question, source_title, claims }
        });
        let mut open: Vec<OpenQuestion> = open.collect();
        open.sort_by_key(|q| (q.claims.is_empty(), q.at, q.id));
        Ok(open)
    }
}
