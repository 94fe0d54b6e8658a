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
mod replay;
mod setup;
mod subscriptions;
mod worker;

pub use self::{
    inbox::{Inbox, InboxMessage},
    replay::{Replay, WouldHave},
    setup::Setup,
    subscriptions::{NewSubscription, SubscriptionView},
    worker::Worker,
};
