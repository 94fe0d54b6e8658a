//! How long and how much: the bounds of one exchange. All are configuration, down to milliseconds and bytes.

use std::time::Duration;

/// The bounds of one exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For one name look-up.
    pub dns: Duration,
    /// For the connection with TLS, its look-up included.
    pub connect: Duration,
    /// From sending the request to the first byte of the answer.
    pub first_byte: Duration,
    /// For one request with all its redirects and its body.
    pub total: Duration,
    /// The least number of bytes a second, averaged over `speed_window`.
    pub min_bytes_per_second: u64,
    /// The time over which the speed is averaged.
    pub speed_window: Duration,
    /// Bytes of a body as sent.
    pub wire_bytes: u64,
    /// Bytes of a body after undoing the content encoding.
    pub decoded_bytes: u64,
    /// How many times larger than the wire a decoded body may be...
    pub bomb_ratio: u64,
    /// ...once it is larger than this.
    pub bomb_floor: u64,
    /// Bytes of all header names and values together.
    pub header_bytes: u64,
    /// Redirects that are followed.
    pub redirects: usize,
    /// Pages of one snapshot.
    pub pages: usize,
    /// Bytes of all parts of one snapshot together.
    pub snapshot_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            dns: Duration::from_secs(5),
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(15),
            total: Duration::from_mins(1),
            min_bytes_per_second: 1024,
            speed_window: Duration::from_secs(10),
            wire_bytes: 15 << 20,
            decoded_bytes: 15 << 20,
            bomb_ratio: 100,
            bomb_floor: 1 << 20,
            header_bytes: 64 << 10,
            redirects: 5,
            pages: 200,
            snapshot_bytes: 60 << 20,
        }
    }
}
