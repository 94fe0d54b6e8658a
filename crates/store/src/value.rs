//! How values travel to and from columns, the same on both engines.
//!
//! PostgreSQL refuses a NUL in a text and keeps a NaN; SQLite keeps the NUL and turns the NaN into NULL. So neither
//! gets that far: [`Fit`] refuses both. PostgreSQL keeps microseconds, so times are cut to them here.

use std::str::FromStr;

use bellwether_core::{
    actor::Actor,
    alert::{Target, Topic},
    benchmark::BenchmarkId,
    forecast::Forecaster,
    ids::{
        AccountId, BenchmarkName, ChannelId, ClaimId, CriteriaId, EventId, EvidenceId, FetchId, ForecastId,
        MessageId, MoveId, ObjectionId, ProposalId, ResolutionId, Sha256, SignalId, Slug, SourceId,
        SubscriptionId, TicketId, TokenId, TradeId, TransactionId,
    },
    market::{Account, Action, Credits, Shares, Side},
    openness::Openness,
    people::{Handle, Role},
    status::{ClaimStatus, Outcome},
};
use chrono::{DateTime, Datelike as _, NaiveDate, SubsecRound as _, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{Result, StoreError};

/// A value as it can be bound to a parameter on both engines.
pub(crate) trait Fit {
    /// What is bound.
    type Out;
    /// Refuses what one of the engines would refuse or change.
    fn fit(self) -> Result<Self::Out>;
}

/// A value as it is read from a column on both engines.
pub(crate) trait Column: Sized {
    /// What the engines give.
    type Raw;
    /// Reads it; the error says what is wrong with the value.
    fn read(raw: Self::Raw) -> Result<Self, String>;
}

/// A word of the domain in a text column: a status, a verdict, a kind. The enum it stands for reads it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Word(String);

impl Word {
    /// The word of an enum's variant, as serde writes it.
    ///
    /// # Panics
    /// When `T` is no enum of plain variants, which is a mistake in the program.
    pub fn of<T: Serialize>(variant: &T) -> Self {
        match serde_json::to_value(variant) {
            Ok(serde_json::Value::String(word)) => Self(word),
            other => panic!("only plain variants are words: {other:?}"),
        }
    }

    /// The variant that the word stands for.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        let from = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(&self.0);
        T::deserialize(from).map_err(|e| StoreError::Inconsistent {
            table: std::any::type_name::<T>(),
            reason: e.to_string(),
        })
    }

    /// The word itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Word {
    fn from(word: &str) -> Self {
        Self(word.to_owned())
    }
}

impl PartialEq<&str> for Word {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

/// A rich value kept as JSON text. Text, not a JSON type of an engine: the order of members and the writing of numbers
/// stay as they were, so that a hash over it can be checked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JsonText(String);

impl JsonText {
    /// Writes a value.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self> {
        serde_json::to_string(value)
            .map(Self)
            .map_err(|e| StoreError::Unstorable(format!("no JSON can be made of it: {e}")))
    }

    /// Takes text that is JSON already, as it stands.
    pub fn from_text(text: String) -> Result<Self> {
        serde_json::from_str::<serde::de::IgnoredAny>(&text)
            .map_err(|e| StoreError::Unstorable(format!("not JSON: {e}")))?;
        Ok(Self(text))
    }

    /// Reads the value.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.0).map_err(|e| StoreError::Inconsistent {
            table: std::any::type_name::<T>(),
            reason: e.to_string(),
        })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An empty object.
    pub fn empty() -> Self {
        Self("{}".to_owned())
    }
}

impl Serialize for JsonText {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let value: serde_json::Value = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        value.serialize(to)
    }
}

fn text_fits(text: &str) -> Result<&str> {
    if text.contains('\0') {
        return Err(StoreError::Unstorable(format!(
            "the text beginning `{}` holds a NUL",
            text.chars().take(40).filter(|c| *c != '\0').collect::<String>()
        )));
    }
    Ok(text)
}

impl<'a> Fit for &'a str {
    type Out = &'a str;
    fn fit(self) -> Result<Self::Out> {
        text_fits(self)
    }
}

impl<'a> Fit for &'a String {
    type Out = &'a str;
    fn fit(self) -> Result<Self::Out> {
        text_fits(self)
    }
}

impl Fit for String {
    type Out = Self;
    fn fit(self) -> Result<Self> {
        text_fits(&self)?;
        Ok(self)
    }
}

impl Fit for f64 {
    type Out = Self;
    fn fit(self) -> Result<Self> {
        // Beyond this the columns' own check refuses, and sums would overflow.
        if self.abs() <= 1e300 {
            Ok(self)
        } else {
            Err(StoreError::Unstorable(format!("{self} is no number to keep")))
        }
    }
}

impl Fit for DateTime<Utc> {
    type Out = Self;
    fn fit(self) -> Result<Self> {
        // SQLite compares instants as texts, which is right only while years have four digits.
        if !(1..=9999).contains(&self.year()) {
            return Err(StoreError::Unstorable(format!("{self} is outside the years 1 to 9999")));
        }
        Ok(self.trunc_subsecs(6))
    }
}

impl<T: Fit> Fit for Option<T> {
    type Out = Option<T::Out>;
    fn fit(self) -> Result<Self::Out> {
        self.map(T::fit).transpose()
    }
}

macro_rules! fit_as_is {
    ($($t:ty),* $(,)?) => {$(
        impl Fit for $t {
            type Out = Self;
            fn fit(self) -> Result<Self> {
                Ok(self)
            }
        }
    )*};
}
fit_as_is!(i64, bool, Uuid, NaiveDate, Vec<u8>);

impl<'a> Fit for &'a [u8] {
    type Out = &'a [u8];
    fn fit(self) -> Result<Self::Out> {
        Ok(self)
    }
}

macro_rules! fit_by_reference {
    ($($t:ty),* $(,)?) => {$(
        impl Fit for &$t {
            type Out = $t;
            fn fit(self) -> Result<$t> {
                (*self).fit()
            }
        }
    )*};
}
fit_by_reference!(i64, bool, Uuid, NaiveDate, f64, DateTime<Utc>);

impl<'a> Fit for &'a Vec<u8> {
    type Out = &'a [u8];
    fn fit(self) -> Result<Self::Out> {
        Ok(self)
    }
}

impl<'a, T> Fit for &'a Option<T>
where
    &'a T: Fit,
{
    type Out = Option<<&'a T as Fit>::Out>;
    fn fit(self) -> Result<Self::Out> {
        self.as_ref().fit()
    }
}

macro_rules! ids {
    ($($t:ident),* $(,)?) => {$(
        impl Fit for $t {
            type Out = Uuid;
            fn fit(self) -> Result<Uuid> {
                Ok(self.0)
            }
        }
        impl Fit for &$t {
            type Out = Uuid;
            fn fit(self) -> Result<Uuid> {
                Ok(self.0)
            }
        }
        impl Column for $t {
            type Raw = Uuid;
            fn read(raw: Uuid) -> Result<Self, String> {
                Ok(Self(raw))
            }
        }
    )*};
}
ids!(
    ClaimId,
    CriteriaId,
    EvidenceId,
    MoveId,
    FetchId,
    ForecastId,
    ProposalId,
    ResolutionId,
    ObjectionId,
    SignalId,
    EventId,
    AccountId,
    TokenId,
    TicketId,
    TradeId,
    TransactionId,
    ChannelId,
    SubscriptionId,
    MessageId
);

macro_rules! texts {
    ($($t:ident),* $(,)?) => {$(
        impl Fit for &$t {
            type Out = String;
            fn fit(self) -> Result<String> {
                Ok(self.to_string())
            }
        }
        impl Column for $t {
            type Raw = String;
            fn read(raw: String) -> Result<Self, String> {
                Self::from_str(&raw).map_err(|e| e.to_string())
            }
        }
    )*};
}
texts!(Slug, SourceId, BenchmarkName, BenchmarkId, Sha256, Handle, Forecaster, Target);

impl Fit for &Actor {
    type Out = String;
    fn fit(self) -> Result<String> {
        self.to_string().fit()
    }
}

impl Column for Actor {
    type Raw = String;
    fn read(raw: String) -> Result<Self, String> {
        Self::try_from(raw)
    }
}

impl Fit for &Account {
    type Out = String;
    fn fit(self) -> Result<String> {
        self.to_string().fit()
    }
}

impl Column for Account {
    type Raw = String;
    fn read(raw: String) -> Result<Self, String> {
        Self::try_from(raw)
    }
}

macro_rules! micro {
    ($($t:ident),* $(,)?) => {$(
        impl Fit for &$t {
            type Out = i64;
            fn fit(self) -> Result<i64> {
                Ok(self.micro())
            }
        }
        impl Column for $t {
            type Raw = i64;
            fn read(raw: i64) -> Result<Self, String> {
                Ok(Self::from_micro(raw))
            }
        }
    )*};
}
micro!(Credits, Shares);

impl<'a> Fit for &'a Word {
    type Out = &'a str;
    fn fit(self) -> Result<Self::Out> {
        text_fits(&self.0)
    }
}

impl Column for Word {
    type Raw = String;
    fn read(raw: String) -> Result<Self, String> {
        Ok(Self(raw))
    }
}

macro_rules! words {
    ($($t:ident),* $(,)?) => {$(
        impl Fit for &$t {
            type Out = String;
            fn fit(self) -> Result<String> {
                Ok(Word::of(self).0)
            }
        }
        impl Column for $t {
            type Raw = String;
            fn read(raw: String) -> Result<Self, String> {
                Word(raw).read().map_err(|e| e.to_string())
            }
        }
    )*};
}
words!(ClaimStatus, Outcome, Openness, Role, Action, Side, Topic);

impl<'a> Fit for &'a JsonText {
    type Out = &'a str;
    fn fit(self) -> Result<Self::Out> {
        Ok(&self.0)
    }
}

impl Column for JsonText {
    type Raw = String;
    fn read(raw: String) -> Result<Self, String> {
        Ok(Self(raw))
    }
}

macro_rules! columns_as_is {
    ($($t:ty),* $(,)?) => {$(
        impl Column for $t {
            type Raw = Self;
            fn read(raw: Self) -> Result<Self, String> {
                Ok(raw)
            }
        }
    )*};
}
columns_as_is!(i64, f64, bool, String, Uuid, NaiveDate, DateTime<Utc>, Vec<u8>);

impl<T: Column> Column for Option<T> {
    type Raw = Option<T::Raw>;
    fn read(raw: Self::Raw) -> Result<Self, String> {
        raw.map(T::read).transpose()
    }
}

/// Reads one column of a row.
pub(crate) fn column<'r, T, R>(row: &'r R, name: &'static str) -> Result<T, sqlx::Error>
where
    T: Column,
    R: sqlx::Row,
    T::Raw: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    &'static str: sqlx::ColumnIndex<R>,
{
    T::read(row.try_get::<T::Raw, _>(name)?)
        .map_err(|e| sqlx::Error::ColumnDecode { index: name.to_owned(), source: e.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_engine_would_refuse_or_change_is_refused() {
        assert!(matches!("a\0b".fit(), Err(StoreError::Unstorable(_))));
        assert!(matches!(Some("a\0b".to_owned()).fit(), Err(StoreError::Unstorable(_))));
        for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(matches!(x.fit(), Err(StoreError::Unstorable(_))), "{x}");
        }
    }

    #[test]
    fn times_are_cut_to_microseconds() {
        let at = DateTime::from_timestamp(1_700_000_000, 123_456_789).unwrap();
        assert_eq!(at.fit().unwrap().timestamp_subsec_nanos(), 123_456_000);
    }

    #[test]
    fn instants_that_do_not_sort_as_texts_are_refused() {
        assert!(matches!(DateTime::<Utc>::MAX_UTC.fit(), Err(StoreError::Unstorable(_))));
        assert!(matches!(DateTime::<Utc>::MIN_UTC.fit(), Err(StoreError::Unstorable(_))));
    }

    #[test]
    fn words_are_what_serde_writes() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Verdict {
            NotYet,
        }
        assert_eq!(Word::of(&Verdict::NotYet), Word::from("not_yet"));
        assert_eq!(Word::from("not_yet").read::<Verdict>().unwrap(), Verdict::NotYet);
        assert!(matches!(Word::from("other").read::<Verdict>(), Err(StoreError::Inconsistent { .. })));
    }

    #[test]
    fn json_text_keeps_the_order_of_members() {
        let text = JsonText::from_text(r#"{"b": 1.0, "a": 1e2}"#.to_owned()).unwrap();
        assert_eq!(text.as_str(), r#"{"b": 1.0, "a": 1e2}"#);
        assert!(JsonText::from_text("{".to_owned()).is_err());
    }
}
