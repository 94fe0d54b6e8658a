//! Every store function on both engines.

mod claims;
mod made;
mod opening;
mod records;
mod schema;
