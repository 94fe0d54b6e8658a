//! What pages show that belongs to no single use case: the news, and stored files. Reads only.

mod evaluations;
mod files;
mod names;
mod news;

pub use self::news::{News, NewsAbout};
