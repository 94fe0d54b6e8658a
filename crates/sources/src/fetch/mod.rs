//! Polite, bounded, guarded fetching. Every outgoing request of Bellwether goes through here.
//!
//! - [`guard`]: which addresses may be asked; checked on the address really dialled, at every hop.
//! - [`dns`]: name look-ups, bounded in time and in threads, filtered by the guard.
//! - [`robots`]: robots.txt (RFC 9309), read once a day per host.
//! - [`pace`]: one connection per host, a pause between requests, a circuit for hosts that keep failing.
//! - [`body`]: reading an answer within limits, undoing gzip with its checksum.
//! - [`content`]: is this what was expected, and in which character set.
//! - [`retry`]: what `Retry-After`, `Cache-Control` and repeated failure say about the next time.
//! - [`client`]: one request through all of these; [`snapshot`]: pages and companions as one snapshot.
//! - [`link`]: title, publisher and date of a page somebody pastes as evidence.
//!
//! Nothing here reads the wall clock: `now` is an argument where it decides something.

pub mod body;
pub mod client;
pub mod content;
pub mod dns;
mod error;
pub mod guard;
pub mod limits;
pub mod link;
pub mod pace;
mod request;
pub mod retry;
pub mod robots;
pub mod snapshot;

pub use client::{FetchSettings, Fetcher};
pub use error::FetchError;
pub use guard::AddressPolicy;
pub use limits::Limits;
pub use link::Link;
pub use request::{
    Auth, Companion, Expect, Fetched, Meta, Pages, Part, Redirected, Request, Secret, Validators, snapshot_of,
};
