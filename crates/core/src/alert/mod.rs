//! Alerts: who wants to be told of what, when, and in which words. Pure; what is due is decided from what is passed in.

mod message;
mod moves;
mod pace;
mod settings;
mod span;
mod target;
mod topic;

pub use message::{About, Figures, Message, Notice, WaysOut};
pub use moves::{Baseline, Fired, MoveRule, Watched};
pub use pace::{Clock, Due, Pace, QuietHours, Zone};
pub use settings::{BadSetting, Settings};
pub use span::Span;
pub use target::Target;
pub use topic::Topic;
