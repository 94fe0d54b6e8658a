//! The server from outside, over real sockets.

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
mod support;
mod walk;
