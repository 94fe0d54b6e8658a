//! Alerts: who wants to be told of what, when, and in which words. Pure; what is due is decided from what is passed in.

mod message;
mod topic;

pub use message::{About, Figures, Message, Notice, WaysOut};
pub use topic::Topic;
