//! The ladder of roles, and the scopes that narrow a token.

use serde::{Deserialize, Serialize};

use super::Right;

/// What an account may do; each role may also do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Forecasts, and objects to proposals.
    Forecaster,
    /// Keeps claims, evidence, signals and sources.
    Curator,
    /// Decides disputes and takes back outcomes, on claims in which they have no interest.
    Arbiter,
    /// Keeps accounts and the installation's settings.
    Admin,
}

impl Role {
    /// All roles, from the one that may least.
    pub const ALL: [Self; 4] = [Self::Forecaster, Self::Curator, Self::Arbiter, Self::Admin];

    /// The role as pages write it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Forecaster => "forecaster",
            Self::Curator => "curator",
            Self::Arbiter => "arbiter",
            Self::Admin => "admin",
        }
    }

    /// What the role adds to the one before it, for the page where roles are given.
    pub fn duty(self) -> &'static str {
        match self {
            Self::Forecaster => "reads, forecasts, and objects to proposals",
            Self::Curator => "also keeps claims, evidence, signals and sources",
            Self::Arbiter => "also decides disputes, on claims in which they have no interest",
            Self::Admin => "also keeps accounts and settings",
        }
    }

    /// Reads a role as forms and programs write it.
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.title() == text)
    }
}

/// What a token may be used for. It never allows more than its account's role does at the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Read what the account may read.
    Read,
    /// Forecast, and object to proposals.
    Forecast,
    /// Follow what happens, and read one's own inbox.
    Follow,
    /// Keep claims, evidence, signals and sources.
    Curate,
    /// Decide disputes.
    Decide,
    /// Keep accounts and settings.
    Admin,
}

impl Scope {
    /// All scopes, from the one that allows least.
    pub const ALL: [Self; 6] =
        [Self::Read, Self::Forecast, Self::Follow, Self::Curate, Self::Decide, Self::Admin];

    /// The scope as pages and programs write it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Forecast => "forecast",
            Self::Follow => "follow",
            Self::Curate => "curate",
            Self::Decide => "decide",
            Self::Admin => "admin",
        }
    }

    /// Reads a scope as forms and programs write it.
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.title() == text)
    }

    /// The scope that a right needs; none where a token can never have the right.
    pub fn for_right(right: Right) -> Option<Self> {
        match right {
            Right::Enter | Right::Read => Some(Self::Read),
            Right::Forecast | Right::Object => Some(Self::Forecast),
            Right::Follow => Some(Self::Follow),
            Right::Curate => Some(Self::Curate),
            Right::Decide => Some(Self::Decide),
            Right::Administer => Some(Self::Admin),
            Right::Own => None,
        }
    }
}
