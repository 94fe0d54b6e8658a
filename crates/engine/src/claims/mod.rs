//! Claims: writing them, finding them, reading them as they stand or stood, taking them away in a file.

mod book;
mod cite;
mod create;
mod criteria;
mod draft;
pub(crate) mod export;
mod feed;
mod given;
mod history;
mod key;
mod ledgers;
mod page;

pub(crate) use self::{
    book::{Book, leading_of},
    history::all_moves,
    ledgers::KeptLedgers,
};
pub use self::{
    cite::Citation,
    create::{Created, NewClaim},
    criteria::{CriteriaChange, digest as criteria_digest},
    feed::{BadCursor, FeedCard, FeedPage, FeedQuery, FeedSort, LastMove},
    given::GivenView,
    history::{History, Mark, MarkKind, MovePage, MoveView, Point, Spread, StreamLine},
    key::ClaimKey,
    page::{ClaimPage, ContradictionView, CriteriaView, EvidenceView, Movement, OptionView, StreamView},
};
