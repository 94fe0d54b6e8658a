//! The model registry, persons' words on openness, and questions that only a person can answer.

use bellwether_core::{
    actor::Actor,
    ids::{ClaimId, Sha256, SourceId},
    openness::Openness,
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    JsonText, Result, StoreError, Tx, Word,
    sql::{many, maybe, run},
    table::table,
};

table! {
    /// A registry file.
    "registry_file" => pub struct RegistryFile {
        /// Its name.
        pub name: String,
        /// Files of lower position are asked first.
        pub position: i64,
        /// Digest of its text.
        pub sha256: Sha256,
        /// Its text.
        pub content: String,
        /// Who gave it.
        pub actor: Actor,
        /// When.
        pub at: DateTime<Utc>,
    }
}

table! {
    /// An entry of a registry file.
    "registry_model" => pub struct RegistryModel {
        /// The file.
        pub file: String,
        /// Its place in the file, from 0.
        pub position: i64,
        /// The model.
        pub model_id: String,
        /// Its name on pages.
        pub display_name: String,
        /// Who made it.
        pub organisation: Option<String>,
        /// Whether its weights are open, where the entry says so.
        pub open_weights: Option<bool>,
        /// Its release, as written.
        pub release_date: Option<String>,
        /// The whole entry.
        pub entry: JsonText,
    }
}

table! {
    /// A person's word on whether a model is open.
    "openness_override" => pub struct OpennessOverride {
        /// Identity.
        pub id: Uuid,
        /// In which source; absent: in all.
        pub source: Option<SourceId>,
        /// The model, as the source or the registry calls it.
        pub model: String,
        /// The word.
        pub openness: Openness,
        /// Why.
        pub reason: String,
        /// Who.
        pub actor: Actor,
        /// From when on.
        pub at: DateTime<Utc>,
    }
}

table! {
    /// A question that only a person can answer.
    "review_item" => pub struct ReviewItem {
        /// Identity.
        pub id: Uuid,
        /// What kind of question: openness, an unreadable cell, a contradiction.
        pub kind: Word,
        /// What it is about; one question per kind and subject.
        pub subject: String,
        /// The claim it hangs on.
        pub claim: Option<ClaimId>,
        /// The source it comes from.
        pub source: Option<SourceId>,
        /// What a person needs to answer it.
        pub detail: JsonText,
        /// When it came up.
        pub opened_at: DateTime<Utc>,
        /// When it was answered.
        pub closed_at: Option<DateTime<Utc>>,
        /// By whom.
        pub closed_by: Option<Actor>,
        /// The answer.
        pub answer: Option<JsonText>,
    }
}

impl Tx {
    /// Puts a registry file in the place of the one of its name.
    pub async fn replace_registry_file(
        &mut self,
        file: &RegistryFile,
        models: &[RegistryModel],
    ) -> Result<()> {
        run!(self, "DELETE FROM registry_model WHERE file = $1", &file.name)?;
        run!(self, "DELETE FROM registry_file WHERE name = $1", &file.name)?;
        self.insert(file).await?;
        self.insert_all(models).await
    }

    /// All registry files, in the order in which they are asked.
    pub async fn registry_files(&mut self) -> Result<Vec<RegistryFile>> {
        many!(self, RegistryFile, "SELECT * FROM registry_file ORDER BY position, name")
    }

    /// All entries on a model, in the order in which they are asked.
    pub async fn registry_model(&mut self, model_id: &str) -> Result<Vec<RegistryModel>> {
        const SQL: &str = "SELECT m.* FROM registry_model m JOIN registry_file f ON f.name = m.file
            WHERE m.model_id = $1 ORDER BY f.position, f.name, m.position";
        many!(self, RegistryModel, SQL, model_id)
    }

    /// Appends a person's word.
    pub async fn insert_openness_override(&mut self, word: &OpennessOverride) -> Result<()> {
        self.insert(word).await
    }

    /// All persons' words, oldest first; a later one on the same model counts.
    pub async fn openness_overrides(&mut self) -> Result<Vec<OpennessOverride>> {
        many!(self, OpennessOverride, "SELECT * FROM openness_override ORDER BY at, id")
    }

    /// Puts a question to people; whether it is new. One that was answered stays answered.
    pub async fn open_review(&mut self, item: &ReviewItem) -> Result<bool> {
        const SQL: &str = "INSERT INTO review_item (id, kind, subject, claim, source, detail, opened_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (kind, subject) DO NOTHING";
        let i = item;
        let new = run!(self, SQL, i.id, &i.kind, &i.subject, i.claim, &i.source, &i.detail, i.opened_at)?;
        Ok(new == 1)
    }

    /// Answers a question.
    pub async fn close_review(
        &mut self,
        id: Uuid,
        answer: &JsonText,
        actor: &Actor,
        at: DateTime<Utc>,
    ) -> Result<()> {
        const SQL: &str = "UPDATE review_item SET closed_at = $2, closed_by = $3, answer = $4
            WHERE id = $1 AND closed_at IS NULL";
        if run!(self, SQL, id, at, actor, answer)? == 1 {
            return Ok(());
        }
        self.review_item(id).await?;
        Err(StoreError::Conflict)
    }

    /// A question.
    pub async fn review_item(&mut self, id: Uuid) -> Result<ReviewItem> {
        maybe!(self, ReviewItem, "SELECT * FROM review_item WHERE id = $1", id)?.ok_or(StoreError::NotFound)
    }

    /// Questions that wait for an answer, oldest first.
    pub async fn open_reviews(&mut self, limit: i64) -> Result<Vec<ReviewItem>> {
        const SQL: &str = "SELECT * FROM review_item WHERE closed_at IS NULL ORDER BY opened_at, id LIMIT $1";
        many!(self, ReviewItem, SQL, limit)
    }
}
