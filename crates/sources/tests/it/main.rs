//! Tests of the sources room from the outside.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should fail loudly")]

mod corpus;
mod external;
mod faulty;
mod fetch;
