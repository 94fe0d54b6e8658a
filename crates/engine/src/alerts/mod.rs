//! Alerts: who wants to be told of what, and the way from an event to every inbox, webhook and mailbox.
//!
//! ```text
//! event ──fan out──▶ notice ──at once, or together when due──▶ message ──▶ inbox
//!                                                                 └──▶ delivery ──▶ attempts
//! ```
//!
//! Every arrow is one transaction, and what it reads and what it writes are in the same database: nothing is told twice
//! and nothing is passed over, wherever the process dies.

mod audience;
mod fan_out;
mod inbox;
mod outgoing;
mod setup;
mod subscriptions;

pub use self::{
    inbox::{Inbox, InboxMessage},
    setup::Setup,
    subscriptions::{NewSubscription, SubscriptionView},
};
