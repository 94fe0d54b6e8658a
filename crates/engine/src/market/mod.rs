//! Markets: switching one on for a claim, quotes and trades, what someone holds, and how it is settled.
//!
//! All arithmetic is [`bellwether_core::market`]'s; here rows become its values and its postings become rows.

mod accounts;
mod books;
mod open;
mod settle;
mod trading;
mod view;

pub use accounts::{Holding, Statement, StatementLine};
pub use open::OpenMarket;
pub(crate) use open::open_as_written;
pub(crate) use settle::{reopen, settle, void};
pub use trading::{OrderInput, QuoteView, Traded, Wanted};
pub use view::{House, MarketState, MarketView, Mine, SettlementView, SharesView, TradeView};
