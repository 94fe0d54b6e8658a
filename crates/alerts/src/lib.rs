//! How alerts leave the house: signed webhooks, chat messages, mail and feeds.
//!
//! Nothing here decides who is told what; that is done by the time a message exists. Here it is put into words for one
//! channel, sent once, and the answer read. When to try again is arithmetic ([`Schedule`]), and keeping count is the
//! caller's.

mod feed;
mod mail;
mod schedule;
mod seal;
mod secret;
mod shape;
mod sign;
#[cfg(test)]
mod testing;
mod text;
mod webhook;

pub use feed::{FeedDocument, FeedEntry, atom, rss};
pub use mail::{BadAddress, BadMailServer, Confirmation, EmailAddress, Mailer, Posted, confirmation, letter};
pub use schedule::{Disable, Schedule};
pub use seal::{BadKey, SealError, SealKey, open, seal};
pub use secret::{BadSecret, SigningSecret};
pub use shape::{BadShape, Rendered, Shape, ntfy_topic, render};
pub use sign::headers;
pub use webhook::{AddressCheck, Courier, CourierSettings, Denied, Outcome, Post, SetupFailed, Tried};
