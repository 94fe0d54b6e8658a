//! How much and how long one request may take.

use std::time::Duration;

/// Bounds on a single request. The defaults suit people and scripts; tests make them shorter.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a request's body.
    pub body: usize,
    /// Time for a whole body to arrive.
    pub body_time: Duration,
    /// Time for a request's answer, the body's arrival included.
    pub answer_time: Duration,
    /// How deeply JSON may be nested.
    pub json_depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1024 * 1024,
            body_time: Duration::from_secs(10),
            answer_time: Duration::from_secs(60),
            json_depth: 32,
        }
    }
}
