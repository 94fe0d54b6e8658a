//! Every store function on both engines.

mod claims;
mod made;
mod opening;
mod pulled;
mod records;
mod schema;
mod settled;
