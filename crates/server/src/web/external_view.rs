//! What the pages show of questions of other sites.

use askama::Template;

use super::{
    evidence_view::Errors,
    figures,
    parts::{Mark, When},
    shell::Shell,
};

/// A question that the claim follows.
#[derive(Clone, Debug)]
pub(crate) struct Followed {
    /// The name of its stream.
    pub name: String,
    /// `Manifold`.
    pub site: &'static str,
    /// The address of its page.
    pub address: String,
    /// Its title.
    pub title: String,
    /// Which answer is which option, in words; empty where yes is yes.
    pub mapping: String,
    /// What it says: of the option that the claim's number is about, in `[0, 1]`.
    pub p: Option<f64>,
    /// How fresh that is.
    pub read: When,
    /// What it says is so old that it may have changed since.
    pub stale: bool,
    /// What is wrong, in a sentence.
    pub trouble: Option<String>,
    /// That it is over there, in a sentence.
    pub over: Option<String>,
    /// When it was linked.
    pub linked: When,
    /// When it was taken away.
    pub removed: Option<When>,
}

/// A named answer to choose from.
#[derive(Clone, Debug)]
pub(crate) struct AnswerChoice {
    /// What the site calls it by.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its probability, in percent.
    pub p: Option<String>,
}

/// An option of the claim that takes an answer.
#[derive(Clone, Debug)]
pub(crate) struct OptionField {
    /// The option.
    pub option: String,
    /// The name of the field.
    pub field: String,
    /// The answer chosen, by id; `*` for the rest.
    pub chosen: String,
    /// What is wrong with it.
    pub wrong: Option<String>,
}

/// A question as it was read, before it is followed.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// `Manifold`.
    pub site: &'static str,
    /// The address of its page.
    pub address: String,
    /// Its title.
    pub title: String,
    /// Each option of the claim with what it would get; empty while that is not clear.
    pub shares: Vec<(String, f64)>,
    /// What is still to be said before it can be followed.
    pub unclear: Option<String>,
    /// That it is over there, in a sentence.
    pub over: Option<String>,
    /// Its answers.
    pub answers: Vec<AnswerChoice>,
    /// Names what was looked at and chosen: what was changed since is looked at again.
    pub hash: String,
}

/// Everything typed, as typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExternalFields {
    /// The address.
    pub address: String,
    /// The name of the stream.
    pub name: String,
    /// The answer that is yes, by id or name.
    pub answer: String,
    /// The question is the opposite.
    pub inverted: bool,
}

/// The questions that a claim follows, and the form for a new one.
#[derive(Clone, Debug, Template)]
#[template(path = "externals.html")]
pub(crate) struct ExternalsPage {
    /// The frame.
    pub shell: Shell,
    /// The claim's address.
    pub slug: String,
    /// The claim's title.
    pub title: String,
    /// Whether the claim is between yes and no.
    pub yes_no: bool,
    /// Whether the claim is settled, and nothing is followed any more.
    pub settled: bool,
    /// What it follows, what was taken away last.
    pub followed: Vec<Followed>,
    /// Everything typed.
    pub fields: ExternalFields,
    /// For claims with named options, once a question was looked at: which takes which answer.
    pub options: Vec<OptionField>,
    /// The question that was looked at.
    pub seen: Option<Seen>,
    /// What is wrong.
    pub errors: Errors,
}

impl ExternalsPage {
    fn can_follow(&self) -> bool {
        self.seen.as_ref().is_some_and(|seen| !seen.shares.is_empty() && !seen.over_there())
    }

    /// What it is called when it is taken away.
    fn standing(&self) -> impl Iterator<Item = &Followed> {
        self.followed.iter().filter(|f| f.removed.is_none())
    }

    fn gone(&self) -> impl Iterator<Item = &Followed> {
        self.followed.iter().filter(|f| f.removed.is_some())
    }
}

impl Seen {
    /// Whether the site has stated an outcome, so that there is nothing to follow.
    fn over_there(&self) -> bool {
        self.over.as_ref().is_some_and(|over| over.contains(" resolved "))
    }
}
