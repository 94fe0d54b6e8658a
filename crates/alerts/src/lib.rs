//! How alerts leave the house: signed webhooks, chat messages, mail and feeds.
//!
//! Nothing here decides who is told what; that is done by the time a message exists. Here it is put into words for one
//! channel, sent once, and the answer read. When to try again is arithmetic ([`Schedule`]), and keeping count is the
//! caller's.

mod secret;
mod sign;

pub use secret::{BadSecret, SigningSecret};
pub use sign::headers;
