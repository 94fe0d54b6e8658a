//! Sources: polite bounded fetching, the address guard, extraction of rows, and the snapshot gate.
//!
//! Data in, data out: nothing here reads or writes a database.
#![forbid(unsafe_code)]
