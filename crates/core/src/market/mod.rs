//! The market of a claim: a market maker that always quotes a price, and money that is counted exactly.
//!
//! [`lmsr`] is the mathematics in floating point. Everything that touches money is in integers ([`money`]): quotes are
//! rounded in the house's favour ([`order`]), the state of a market and what its traders hold are what the trades add
//! up to ([`state`], [`position`]), and settling is a list of postings that sum to zero ([`settlement`], [`postings`],
//! [`transfers`]).

pub mod lmsr;
pub mod money;
pub mod order;
pub mod position;
pub mod postings;
pub mod settlement;
pub mod state;
pub mod transfers;

pub use self::{
    lmsr::Side,
    money::{BadAmount, Credits, Shares, TooLarge},
    order::{Action, Bound, Expected, Order, Quote, Refusal, Spend},
    position::{Position, positions},
    postings::{Account, Posting, Postings, Purse, Purses, Unbalanced},
    settlement::{CannotSettle, Ending, Settled, Unsettled, reopen, settle},
    state::{BadTerms, Market, Terms, Trade},
};

/// What everyone starts with, in credits, unless an installation says otherwise.
pub const GRANT: i64 = 1_000;
/// The liquidity of a market that names none, in credits.
pub const LIQUIDITY: i64 = 100;
