//! News feeds: RSS, Atom and JSON Feed, bytes in, plain texts out.
//!
//! - `read`: what a feed says, item by item, bounded in every direction;
//! - `text`: HTML to text;
//! - `fetch`: asking for it through the guarded fetcher.
//!
//! A feed is an opponent: what comes out of here is short plain text and web addresses, for pages to escape.

pub mod fetch;
pub mod read;
pub mod text;

pub use fetch::{FeedError, Pulled};
pub use read::{BadFeed, Item, News, read};
