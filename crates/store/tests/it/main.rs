//! Every store function on both engines.
#![expect(clippy::unwrap_used, reason = "a test says by panicking that something is wrong")]

mod claims;
mod external;
mod made;
mod markets;
mod opening;
mod people;
mod pulled;
mod records;
mod schema;
mod settled;
