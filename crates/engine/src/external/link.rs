//! Linking a question of another site to a claim, after a look at it; and taking it away.

use std::collections::BTreeMap;

use bellwether_core::{
    actor::Actor,
    forecast::Probabilities,
    ids::SourceId,
    ledger::{By, Cause, CauseKind},
    options::Options,
    stream::Stream,
};
use bellwether_sources::{
    external::{Address, Answer, Asked, ExternalError, Reading, Values},
    fetch::{Meta, Validators},
};
use bellwether_store::{Change, Claim, ExternalQuestion, JsonText};
use serde_json::json;
use uuid::Uuid;

use super::{
    ExternalView, MOST_QUESTIONS, Mapping, OverThere,
    follow::{Taking, next_due},
    mapping::{Choice, matching},
};
use crate::{
    Engine, EngineError, Result,
    claims::{Book, ClaimKey},
    ids::new_uuid,
};

/// What a person asks to be followed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkInput {
    /// The address, as it was pasted.
    pub address: String,
    /// The name of the stream; by default the site's.
    pub name: Option<String>,
    /// Which answer is which option.
    pub choice: Choice,
}

/// A question as it was read, before anything is saved.
#[derive(Clone, Debug)]
pub struct Look {
    /// Which question.
    pub address: Address,
    /// What it says.
    pub reading: Reading,
    /// Which answer is which option, by what was said and by names; else why that is not clear yet.
    pub mapping: Result<Mapping, String>,
    /// What it would say of the claim's options; absent while that is not clear, or the site gives no number.
    pub probabilities: Option<Probabilities>,
    /// The options of the claim.
    pub options: Options,
    /// For each option of a claim with named ones the answer of its name, if there is one.
    pub suggested: BTreeMap<String, Option<String>>,
    /// Whether it is over at its site.
    pub state: OverThere,
}

impl Look {
    /// The named answers of the question; none of a yes/no question.
    pub fn answers(&self) -> &[Answer] {
        match &self.reading.values {
            Values::Several { answers, .. } => answers,
            Values::YesNo(_) => &[],
        }
    }
}

/// A question that was just read.
struct Fresh {
    address: Address,
    api: String,
    meta: Meta,
    bytes: Vec<u8>,
    reading: Reading,
}

impl Engine {
    /// Reads a question and says what linking it would mean. Nothing is written.
    pub async fn look_at_external(&self, claim: &ClaimKey, input: &LinkInput) -> Result<Look> {
        let options = self.options_of(claim).await?;
        let fresh = self.ask_pasted(&input.address).await?;
        let mapping = Mapping::choose(&options, &fresh.reading.values, &input.choice);
        let values = &fresh.reading.values;
        let suggested = match (&options, values) {
            (Options::Named(names), Values::Several { answers, .. }) => names
                .iter()
                .map(|name| (name.clone(), matching(answers, name).map(|a| a.name.clone())))
                .collect(),
            _ => BTreeMap::new(),
        };
        let state = match &mapping {
            Ok(mapping) => mapping.state(&fresh.reading),
            Err(_) => OverThere::from(&fresh.reading.state),
        };
        Ok(Look {
            probabilities: mapping.as_ref().ok().and_then(|m| m.probabilities(&options, values).ok()),
            mapping: mapping.map_err(|e| e.to_string()),
            address: fresh.address,
            reading: fresh.reading,
            options,
            suggested,
            state,
        })
    }

    /// Links a question: it is read, its first value is the first of its stream, and from now on it is followed.
    pub async fn link_external(
        &self,
        actor: &Actor,
        claim: &ClaimKey,
        input: &LinkInput,
    ) -> Result<ExternalView> {
        let wanted = input.name.as_deref().map(str::trim).filter(|n| !n.is_empty());
        let wanted = wanted.map(SourceId::new).transpose().map_err(|_| {
            let why = "use 1 to 80 lower-case letters, digits and hyphens, beginning with a letter or digit";
            EngineError::invalid("name", "unacceptable", why)
        })?;
        // What can be refused without asking the site is refused first.
        let options = self.options_of(claim).await?;
        let fresh = self.ask_pasted(&input.address).await?;
        let mapping = Mapping::choose(&options, &fresh.reading.values, &input.choice)?;
        let site = fresh.address.site();
        let state = mapping.state(&fresh.reading);
        if let OverThere::Resolved { how, .. } = &state {
            let why =
                format!("{site} has resolved this question already ({how}): there is nothing left to follow");
            return Err(EngineError::invalid("address", "resolved", why));
        }
        let p = mapping
            .probabilities(&options, &fresh.reading.values)
            .map_err(|e| EngineError::invalid("address", "no_probability", e.to_string()))?;

        let at = self.now();
        let by = By { actor: Actor::system(super::ACTOR), at };
        let mut tx = self.write().await?;
        let row = claim.find(&mut tx).await?;
        takes_questions(&row)?;
        let address = fresh.address.to_string();
        let standing: Vec<ExternalQuestion> =
            tx.externals_of_claim(row.id).await?.into_iter().filter(|q| q.removed_at.is_none()).collect();
        if let Some(same) = standing.iter().find(|q| q.address == address) {
            let why = format!("this claim follows that question already, as `{}`", same.name);
            return Err(EngineError::Conflict(why));
        }
        if standing.len() >= MOST_QUESTIONS {
            let why = format!("a claim follows at most {MOST_QUESTIONS} questions: take one away first");
            return Err(EngineError::Conflict(why));
        }
        let taken = |name: &SourceId| standing.iter().any(|q| q.name == *name);
        let name = match wanted {
            Some(name) if taken(&name) => {
                let why = format!("`{name}` is the name of another question of this claim");
                return Err(EngineError::invalid("name", "taken", why));
            }
            Some(name) => name,
            None => (1..=MOST_QUESTIONS + 1)
                .map(|n| if n == 1 { site.word().to_owned() } else { format!("{}-{n}", site.word()) })
                .filter_map(|name| SourceId::new(&name).ok())
                .find(|name| !taken(name))
                .ok_or_else(|| EngineError::internal("no name is free"))?,
        };
        let mut question = ExternalQuestion {
            id: new_uuid(at),
            claim: row.id,
            name,
            site: site.word().into(),
            address,
            api: fresh.api,
            mapping: JsonText::of(&mapping)?,
            title: fresh.reading.title.clone(),
            state: JsonText::of(&state)?,
            next_due_at: Some(next_due(&state, fresh.meta.fresh_until, at)),
            etag: fresh.meta.validators.etag.clone(),
            last_modified: fresh.meta.validators.last_modified.clone(),
            last_read_at: at,
            failures: 0,
            wait_until: None,
            last_error: None,
            linked_by: actor.clone(),
            linked_at: at,
            removed_by: None,
            removed_at: None,
            updated_at: at,
        };
        let mut book = Book::load(&mut tx, row).await?;
        tx.insert_external(&question).await?;
        tx.record(&Change {
            at,
            actor,
            kind: "external.linked",
            claim: Some(book.row.id),
            subject: Stream::External(question.name.clone()).to_string(),
            body: json!({
                "claim": book.row.slug, "title": book.row.title, "name": question.name, "site": question.site,
                "address": question.address, "question": question.title, "mapping": mapping,
            }),
        })
        .await?;
        let taking = Taking { p: Some(p), as_of: fresh.reading.as_of, state, bytes: &fresh.bytes, by: &by };
        taking.take(&mut tx, &mut book, &mut question).await?;
        tx.commit().await?;
        self.external(question.id).await
    }

    /// Takes a question away: its stream ends, what it said stays.
    pub async fn unlink_external(&self, actor: &Actor, claim: &ClaimKey, name: &str) -> Result<()> {
        let name = SourceId::new(name).map_err(|_| EngineError::NotFound("linked question"))?;
        let by = By { actor: actor.clone(), at: self.now() };
        let mut tx = self.write().await?;
        let row = claim.find(&mut tx).await?;
        let found = tx.external_of_claim(row.id, &name).await?;
        let mut question = found.ok_or(EngineError::NotFound("linked question"))?;
        takes_questions(&row)?;
        let mut book = Book::load(&mut tx, row).await?;
        question.removed_by = Some(actor.clone());
        question.removed_at = Some(by.at);
        question.next_due_at = None;
        question.updated_at = by.at;
        tx.save_external(&question).await?;
        let cause = Cause { kind: CauseKind::StreamMoved, subject: Some(question.id) };
        let stream = Stream::External(name);
        let moved = book.ledger.set_stream(stream.clone(), None, cause, &by);
        let moved = moved.map(|m| bellwether_core::ledger::Move {
            note: Some(format!("{} is no longer followed", stream.title())),
            ..m
        });
        book.save(&mut tx, moved.as_slice(), &by).await?;
        tx.record(&Change {
            at: by.at,
            actor,
            kind: "external.unlinked",
            claim: Some(book.row.id),
            subject: stream.to_string(),
            body: json!({
                "claim": book.row.slug, "title": book.row.title, "name": question.name, "site": question.site,
                "address": question.address, "question": question.title,
                "moves": moved.iter().map(|m| m.seq).collect::<Vec<_>>(),
            }),
        })
        .await?;
        tx.commit().await?;
        Ok(())
    }

    async fn options_of(&self, claim: &ClaimKey) -> Result<Options> {
        let mut tx = self.read().await?;
        let row = claim.find(&mut tx).await?;
        takes_questions(&row)?;
        Ok(Options::of(&row.document.read()?))
    }

    /// Reads the question behind an address that somebody pasted.
    async fn ask_pasted(&self, pasted: &str) -> Result<Fresh> {
        let bad = |e: bellwether_sources::external::BadAddress| {
            EngineError::invalid("address", "unacceptable", e.to_string())
        };
        let address: Address = pasted.parse().map_err(bad)?;
        let outside = self.outside()?;
        let site = address.site();
        let api = address.api(outside.sites()).to_string();
        let token = site.secret().and_then(|name| outside.secret(name));
        let asked =
            outside.fetcher().ask_question(site, &api, Validators::default(), token, self.now()).await;
        match asked {
            Ok(Asked::Read { meta, bytes, reading }) => Ok(Fresh { address, api, meta, bytes, reading }),
            Ok(Asked::Unchanged(_)) => Err(EngineError::Upstream(format!("{site} gave no answer"))),
            // What is wrong with the question can be mended in the field; what is wrong with the site cannot.
            Err(ExternalError::Unreadable(e)) => {
                Err(EngineError::invalid("address", e.code(), e.to_string()))
            }
            Err(error) => Err(EngineError::Upstream(format!("the question could not be read: {error}"))),
        }
    }

    /// A linked question as readers are shown it.
    pub(crate) async fn external(&self, id: Uuid) -> Result<ExternalView> {
        let mut tx = self.read().await?;
        let question = tx.external(id).await?;
        let last = tx.last_external_value(id).await?;
        ExternalView::of(question, last, self.now())
    }
}

fn takes_questions(row: &Claim) -> Result<()> {
    if row.status.takes_evidence() {
        Ok(())
    } else {
        let status = row.status;
        Err(EngineError::Conflict(format!("this claim is {status}: what it follows stays as it is")))
    }
}
