//! What pages show that belongs to no single use case: the news, and stored files. Reads only.

mod evaluations;
mod files;
pub(crate) mod happening;
mod names;
mod news;
mod review;

pub use self::{
    happening::Happening,
    names::ClaimName,
    news::{News, NewsAbout},
    review::OpenQuestion,
};
