//! `application/x-www-form-urlencoded` bodies.

use axum::extract::{FromRequest, Request};
use bellwether_engine::{EngineError, FieldError};
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use super::{
    body,
    typed::{Blank, typed_pairs},
};
use crate::{
    problem::{Kind, Problem},
    state::AppState,
};

/// A form as its pairs in order; [`Form::read`] makes a type of them. The pairs stay at hand, so that a refused form
/// can be shown again with what the person wrote.
#[derive(Clone, Debug)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// The fields as `T`. A number is read as `0.5`, never as `0,5` or `50%`; an empty field is `None` for an option.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, FieldError> {
        typed_pairs(self.0.clone(), Blank::IsAbsent)
    }

    /// Refuses a field that the form does not have, as programs are refused: whoever sends one means something by it.
    /// A name that ends in a dot stands for all that begin so.
    ///
    /// # Errors
    /// [`EngineError::Invalid`], naming the first such field.
    pub fn only(&self, names: &[&str]) -> Result<(), EngineError> {
        let known =
            |field: &str| names.iter().any(|n| *n == field || n.ends_with('.') && field.starts_with(n));
        match self.0.iter().find(|(field, _)| !known(field)) {
            None => Ok(()),
            Some((field, _)) => {
                let field: String = field.chars().take(60).collect();
                let told = format!("this form has no field `{field}`");
                Err(EngineError::invalid(&field, "unknown_field", told))
            }
        }
    }

    /// The first value of a field.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// The same form with a field that it had not.
    #[must_use]
    pub fn with_missing(mut self, name: &str, value: &str) -> Self {
        if self.value(name).is_none() {
            self.0.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Every field with its value, in order.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// All values of a field, in order: check boxes of one name.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

impl FromRequest<AppState> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &AppState) -> Result<Self, Problem> {
        if body::media_type(request.headers()).as_deref() != Some("application/x-www-form-urlencoded") {
            return Err(Problem::new(Kind::UnsupportedMediaType, "send application/x-www-form-urlencoded"));
        }
        let bytes = body::read(request).await?;
        Ok(Self(form_urlencoded::parse(&bytes).into_owned().collect()))
    }
}
