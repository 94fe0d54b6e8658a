//! Questions of other sites that claims follow, and what they said.

use bellwether_core::{
    actor::Actor,
    ids::{ClaimId, Sha256, SourceId},
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    JsonText, Result, StoreError, Tx, Word,
    sql::{many, maybe, run},
    table::table,
};

table! {
    /// A question of another site that a claim follows: one stream of the claim.
    "external_question" => pub struct ExternalQuestion {
        /// Identity.
        pub id: Uuid,
        /// The claim.
        pub claim: ClaimId,
        /// The name of its stream, `external:NAME`. Of a claim's questions that are not removed only one has it.
        pub name: SourceId,
        /// The site.
        pub site: Word,
        /// The address of its page.
        pub address: String,
        /// The address of its data.
        pub api: String,
        /// Which answer is which option; never changed.
        pub mapping: JsonText,
        /// Its title as read last.
        pub title: String,
        /// Whether it is over there, as read last.
        pub state: JsonText,
        /// When to read it next; absent once removed.
        pub next_due_at: Option<DateTime<Utc>>,
        /// To ask "changed since?" with.
        pub etag: Option<String>,
        /// To ask "changed since?" with.
        pub last_modified: Option<String>,
        /// The last answer that could be read, unchanged ones included.
        pub last_read_at: DateTime<Utc>,
        /// Failures in a row.
        pub failures: i64,
        /// Not before: the site asked us to wait.
        pub wait_until: Option<DateTime<Utc>>,
        /// What went wrong last; absent after a success.
        pub last_error: Option<String>,
        /// Who linked it.
        pub linked_by: Actor,
        /// When.
        pub linked_at: DateTime<Utc>,
        /// Who took it away.
        pub removed_by: Option<Actor>,
        /// When; its stream ended then.
        pub removed_at: Option<DateTime<Utc>>,
        /// The last write.
        pub updated_at: DateTime<Utc>,
    }
}

table! {
    /// What a question said from an instant on, until its next value or its removal.
    "external_value" => pub struct ExternalValue {
        /// The question.
        pub question: Uuid,
        /// Its place among the question's values, from 1.
        pub n: i64,
        /// When it was observed: from then on it stands.
        pub at: DateTime<Utc>,
        /// The time the site gives for it.
        pub as_of: Option<DateTime<Utc>>,
        /// Whether the question was over there.
        pub state: JsonText,
        /// Probabilities, one per option of the claim in their order, each in 0.001..=0.999.
        pub probabilities: JsonText,
        /// The bytes it was read from.
        pub sha256: Sha256,
    }
}

impl Tx {
    /// Writes a new question. A second one of the claim under the same name is refused by the caller, who looks first.
    pub async fn insert_external(&mut self, question: &ExternalQuestion) -> Result<()> {
        self.insert(question).await
    }

    /// Writes how a question does. Its claim, name, addresses and mapping stay as they are.
    pub async fn save_external(&mut self, question: &ExternalQuestion) -> Result<()> {
        const SQL: &str = "UPDATE external_question SET title = $2, state = $3, next_due_at = $4, etag = $5,
                last_modified = $6, last_read_at = $7, failures = $8, wait_until = $9, last_error = $10,
                removed_by = $11, removed_at = $12, updated_at = $13
            WHERE id = $1";
        let q = question;
        let written = run!(
            self,
            SQL,
            q.id,
            &q.title,
            &q.state,
            q.next_due_at,
            &q.etag,
            &q.last_modified,
            q.last_read_at,
            q.failures,
            q.wait_until,
            &q.last_error,
            &q.removed_by,
            q.removed_at,
            q.updated_at
        )?;
        if written == 1 { Ok(()) } else { Err(StoreError::NotFound) }
    }

    /// A question.
    pub async fn external(&mut self, id: Uuid) -> Result<ExternalQuestion> {
        maybe!(self, ExternalQuestion, "SELECT * FROM external_question WHERE id = $1", id)?
            .ok_or(StoreError::NotFound)
    }

    /// The question of a claim that stands under a name.
    pub async fn external_of_claim(
        &mut self,
        claim: ClaimId,
        name: &SourceId,
    ) -> Result<Option<ExternalQuestion>> {
        const SQL: &str =
            "SELECT * FROM external_question WHERE claim = $1 AND name = $2 AND removed_at IS NULL";
        maybe!(self, ExternalQuestion, SQL, claim, name)
    }

    /// The questions of a claim, removed ones included, oldest first.
    pub async fn externals_of_claim(&mut self, claim: ClaimId) -> Result<Vec<ExternalQuestion>> {
        const SQL: &str = "SELECT * FROM external_question WHERE claim = $1 ORDER BY linked_at, id";
        many!(self, ExternalQuestion, SQL, claim)
    }

    /// Questions that are due, the longest waiting first. Those of settled claims and drafts rest.
    pub async fn due_externals(&mut self, now: DateTime<Utc>, limit: i64) -> Result<Vec<ExternalQuestion>> {
        const SQL: &str = "SELECT q.* FROM external_question q JOIN claim c ON c.id = q.claim
            WHERE q.next_due_at <= $1 AND c.status NOT IN ('draft', 'resolved', 'annulled', 'under_review')
            ORDER BY q.next_due_at, q.id LIMIT $2";
        many!(self, ExternalQuestion, SQL, now, limit)
    }

    /// Appends a value.
    pub async fn append_external_value(&mut self, value: &ExternalValue) -> Result<()> {
        self.insert(value).await
    }

    /// A question's newest value.
    pub async fn last_external_value(&mut self, question: Uuid) -> Result<Option<ExternalValue>> {
        const SQL: &str = "SELECT * FROM external_value WHERE question = $1 ORDER BY n DESC LIMIT 1";
        maybe!(self, ExternalValue, SQL, question)
    }

    /// The values of all questions of a claim, by question and place. With the questions' names and removals this is
    /// each stream as a series.
    pub async fn external_values_of_claim(&mut self, claim: ClaimId) -> Result<Vec<ExternalValue>> {
        const SQL: &str = "SELECT v.* FROM external_question q JOIN external_value v ON v.question = q.id
            WHERE q.claim = $1 ORDER BY q.linked_at, q.id, v.n";
        many!(self, ExternalValue, SQL, claim)
    }
}
