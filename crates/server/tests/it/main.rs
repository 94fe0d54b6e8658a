//! The server from outside, over real sockets.

mod alerts;
mod bad_input;
mod browser;
mod external;
mod filled;
mod forecasts;
mod forms;
mod frame;
mod live;
mod market;
mod openapi;
mod pages;
mod people;
mod promises;
mod signals;
mod support;
mod walk;
