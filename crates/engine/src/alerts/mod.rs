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
mod channels;
mod deliver;
mod fan_out;
mod inbox;
mod outgoing;
mod replay;
mod setup;
mod subscriptions;
mod worker;

pub use self::{
    channels::{ChannelView, DeliveryView, Keyed, Proof},
    inbox::{Inbox, InboxMessage},
    replay::{Replay, WouldHave},
    setup::{Sending, Setup},
    subscriptions::{NewSubscription, SubscriptionView},
    worker::Worker,
};

pub use bellwether_alerts::{Disable, Schedule, SealKey, Shape, SigningSecret};
