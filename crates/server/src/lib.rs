//! The JSON API and the web pages: parse, authorise, call the engine, render.
//!
//! [`app`] puts both behind one frame: a request id, bounded bodies and times, a same-origin check on every change,
//! security headers, and one place where a refusal becomes a problem document (`/api`) or a page (everything else).
#![forbid(unsafe_code)]

pub mod api;
mod cache;
mod cookies;
mod error;
pub mod extract;
mod frame;
mod gate;
mod headers;
mod limits;
mod live;
mod log;
mod ops;
mod origin;
mod problem;
mod serve;
mod state;
mod throttle;
mod visitor;
pub mod web;

pub use frame::{app, guards};
pub use gate::Guard;
pub use headers::embeddable;
pub use limits::Limits;
pub use problem::{Kind, Problem};
pub use serve::serve;
pub use state::{Acting, AppState, Settings};
pub use throttle::Rates;
