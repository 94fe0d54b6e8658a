//! How much and how long one request may take.

use std::time::Duration;

/// Bounds on a single request. The defaults suit people and scripts; tests make them shorter.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a request's body.
    pub body: usize,
    /// Time for a request's head to arrive; an idle connection is closed after it.
    pub head_time: Duration,
    /// Time for a whole body to arrive.
    pub body_time: Duration,
    /// Time for a request's answer, the body's arrival included.
    pub answer_time: Duration,
    /// Time for requests under way when the server is asked to stop.
    pub stop_time: Duration,
    /// Between signs of life of a stream in which nothing happens.
    pub heartbeat: Duration,
    /// How long the reader of a stream may take nothing of what waits for it.
    pub patience: Duration,
    /// Streams at the same time: well under the connections, so that listeners never shut readers out.
    pub streams: usize,
    /// Connections at the same time; more wait.
    pub connections: usize,
    /// How deeply JSON may be nested.
    pub json_depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1024 * 1024,
            head_time: Duration::from_secs(30),
            body_time: Duration::from_secs(10),
            answer_time: Duration::from_mins(1),
            stop_time: Duration::from_secs(10),
            heartbeat: Duration::from_secs(15),
            patience: Duration::from_secs(30),
            streams: 1_500,
            connections: 2048,
            json_depth: 32,
        }
    }
}
