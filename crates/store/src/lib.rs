//! Bellwether's tables on SQLite and PostgreSQL, one SQL text for both.
//!
//! A [`Db`] gives transactions, [`Tx`]; everything that reads or writes rows is a method of `Tx`, in the file named
//! after its table. Rows come back as domain types, and a row that does not read as one is an error: the database is
//! untrusted input.
#![forbid(unsafe_code)]

mod accounts;
mod audit;
mod channels;
mod claims;
mod credits;
mod db;
mod deliveries;
mod error;
mod evaluations;
mod events;
mod evidence;
mod externals;
mod feeds;
mod forecasts;
mod givens;
mod integrity;
mod jobs;
mod location;
mod markets;
mod messages;
mod moves;
mod observations;
mod proposals;
mod registry;
mod resolutions;
mod scores;
mod search;
mod sessions;
mod settings;
mod signals;
mod snapshots;
mod sources;
mod sql;
mod subscriptions;
mod table;
mod tickets;
mod tokens;
mod value;
mod visits;
mod watches;

pub use accounts::Account;
pub use audit::{AuditReport, AuditRow};
pub use channels::Channel;
pub use claims::{Claim, ClaimTag, Criteria, StatusCount, TagCount};
pub use credits::{BalanceSheet, CreditAccount, CreditLine, CreditPosting, CreditTransaction};
pub use db::{Db, Engine, Opener, Tx};
pub use deliveries::{Attempt, Delivery, NextTry};
pub use error::{Result, StoreError};
pub use evaluations::Evaluation;
pub use events::{Change, Event};
pub use evidence::{Evidence, EvidenceRevision};
pub use externals::{ExternalQuestion, ExternalValue};
pub use feeds::{FeedItem, NewsFeed};
pub use forecasts::{CrowdPoint, Forecast, ForecastMark, StandingForecast};
pub use givens::ClaimGiven;
pub use jobs::JobRun;
pub use location::Location;
pub use markets::{Market, MarketSettlement, Trade};
pub use messages::{Message, Notice};
pub use moves::{HeadlinePoint, Move};
pub use observations::{Observation, RowHold, RowPoint};
pub use proposals::{Decision, Objection, Proposal};
pub use registry::{OpennessOverride, RegistryFile, RegistryModel, ReviewItem};
pub use resolutions::{NO_RESOLUTION, Resolution, resolution_hash};
pub use scores::Score;
pub use search::{Feed, FeedCursor, FeedRow, Sort, fold, holds_words};
pub use sessions::Session;
pub use signals::{Signal, SignalClaim, SignalCount, SignalsOf};
pub use snapshots::{LinkSnapshot, Snapshot, SnapshotInfo, SnapshotTable};
pub use sources::{Fetch, GateMemory, Source, SourceState, SourceVersion};
pub use subscriptions::{Subscription, SubscriptionWatch};
pub use tickets::Ticket;
pub use tokens::Token;
pub use value::{JsonText, Word};
pub use visits::{KeptReply, Visit};
pub use watches::Watch;
