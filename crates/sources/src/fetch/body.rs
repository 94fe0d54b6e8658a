//! Reading an answer within limits: bytes as sent, bytes unpacked, ratio, speed, completeness.
//!
//! Content encodings are undone here and not by the HTTP client, so that the bounds hold while unpacking and a wrong
//! checksum is an error instead of a shorter text.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;
use reqwest::Response;
use tokio::time::{Instant, timeout_at};

use super::{FetchError, Limits};

/// A body that is complete and within limits.
#[derive(Debug, PartialEq, Eq)]
pub struct Body {
    /// The content, unpacked.
    pub bytes: Vec<u8>,
    /// Bytes as sent.
    pub wire_bytes: u64,
}

/// What to do with a body that goes on beyond the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overflow {
    /// Refuse it.
    Fail,
    /// Keep what fits and hang up.
    Cut,
}

/// Reads the body of an answer.
pub(crate) async fn read(
    mut response: Response,
    limits: &Limits,
    overflow: Overflow,
) -> Result<Body, FetchError> {
    let announced = response
        .headers()
        .get("content-length")
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.trim().parse::<u64>().ok());
    if overflow == Overflow::Fail && announced.is_some_and(|n| n > limits.wire_bytes) {
        return Err(FetchError::TooLarge { limit: limits.wire_bytes });
    }
    let mut decoder = Decoder::new(encoding_of(&response)?, limits);
    let mut speed = Speed::new(limits, Instant::now());
    let mut wire = 0;
    loop {
        let Ok(chunk) = timeout_at(speed.until, response.chunk()).await else {
            speed.next_window(Instant::now())?;
            continue;
        };
        // Whatever broke the connection, what we hold is not whole.
        let Some(chunk) = chunk.map_err(|_| FetchError::Truncated { received: wire, expected: announced })?
        else {
            break;
        };
        wire += chunk.len() as u64;
        speed.bytes += chunk.len() as u64;
        if Instant::now() >= speed.until {
            speed.next_window(Instant::now())?;
        }
        let fed = if wire > limits.wire_bytes {
            Err(FetchError::TooLarge { limit: limits.wire_bytes })
        } else {
            decoder.feed(&chunk, wire)
        };
        match fed {
            Err(FetchError::TooLarge { .. }) if overflow == Overflow::Cut => {
                return Ok(Body { bytes: decoder.cut(), wire_bytes: wire });
            }
            other => other?,
        }
    }
    if announced.is_some_and(|n| n != wire) {
        return Err(FetchError::Truncated { received: wire, expected: announced });
    }
    Ok(Body { bytes: decoder.finish(wire, announced)?, wire_bytes: wire })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Identity,
    Gzip,
}

fn encoding_of(response: &Response) -> Result<Encoding, FetchError> {
    let mut found = Encoding::Identity;
    for value in response.headers().get_all("content-encoding") {
        for name in value.to_str().unwrap_or("?").split(',') {
            match name.trim().to_ascii_lowercase().as_str() {
                "" | "identity" => {}
                "gzip" | "x-gzip" if found == Encoding::Identity => found = Encoding::Gzip,
                other => {
                    return Err(FetchError::UnsupportedEncoding {
                        encoding: other.chars().take(40).collect(),
                    });
                }
            }
        }
    }
    Ok(found)
}

/// Averages the speed over windows; a window below the least speed ends the exchange.
struct Speed {
    window: std::time::Duration,
    least: u64,
    rate: u64,
    bytes: u64,
    until: Instant,
}

impl Speed {
    fn new(limits: &Limits, now: Instant) -> Self {
        let millis = u64::try_from(limits.speed_window.as_millis()).unwrap_or(u64::MAX);
        Self {
            window: limits.speed_window,
            least: limits.min_bytes_per_second.saturating_mul(millis) / 1000,
            rate: limits.min_bytes_per_second,
            bytes: 0,
            until: now + limits.speed_window,
        }
    }

    fn next_window(&mut self, now: Instant) -> Result<(), FetchError> {
        if self.bytes < self.least {
            return Err(FetchError::TooSlow { bytes_per_second: self.rate });
        }
        self.bytes = 0;
        self.until = now + self.window;
        Ok(())
    }
}

enum Decoder {
    Identity(Sink),
    Gzip(Box<MultiGzDecoder<Sink>>),
}

impl Decoder {
    fn new(encoding: Encoding, limits: &Limits) -> Self {
        let sink = Sink {
            bytes: Vec::new(),
            wire: 0,
            limit: limits.decoded_bytes,
            ratio: limits.bomb_ratio,
            floor: limits.bomb_floor,
            refused: None,
        };
        match encoding {
            Encoding::Identity => Self::Identity(sink),
            Encoding::Gzip => Self::Gzip(Box::new(MultiGzDecoder::new(sink))),
        }
    }

    fn sink(&mut self) -> &mut Sink {
        match self {
            Self::Identity(sink) => sink,
            Self::Gzip(decoder) => decoder.get_mut(),
        }
    }

    fn feed(&mut self, chunk: &[u8], wire: u64) -> Result<(), FetchError> {
        self.sink().wire = wire;
        let fed = match self {
            Self::Identity(sink) => sink.write_all(chunk),
            Self::Gzip(decoder) => decoder.write_all(chunk),
        };
        fed.map_err(|_| self.sink().refused.take().unwrap_or(FetchError::CorruptEncoding))
    }

    fn finish(mut self, wire: u64, announced: Option<u64>) -> Result<Vec<u8>, FetchError> {
        if let Self::Gzip(decoder) = &mut self
            && wire > 0
            && let Err(e) = decoder.try_finish()
        {
            let refused = decoder.get_mut().refused.take();
            return Err(refused.unwrap_or_else(|| match e.kind() {
                io::ErrorKind::UnexpectedEof => FetchError::Truncated { received: wire, expected: announced },
                _ => FetchError::CorruptEncoding,
            }));
        }
        Ok(std::mem::take(&mut self.sink().bytes))
    }

    fn cut(mut self) -> Vec<u8> {
        std::mem::take(&mut self.sink().bytes)
    }
}

/// Where decoded bytes gather; refuses the first byte too many.
struct Sink {
    bytes: Vec<u8>,
    wire: u64,
    limit: u64,
    ratio: u64,
    floor: u64,
    refused: Option<FetchError>,
}

impl Write for Sink {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let after = (self.bytes.len() + buf.len()) as u64;
        if after > self.limit {
            let room = usize::try_from(self.limit).unwrap_or(usize::MAX).saturating_sub(self.bytes.len());
            self.bytes.extend_from_slice(&buf[..room.min(buf.len())]);
            self.refused = Some(FetchError::TooLarge { limit: self.limit });
        } else if after > self.floor && after / self.ratio.max(1) > self.wire {
            self.refused = Some(FetchError::CompressionBomb { ratio: self.ratio });
        }
        if self.refused.is_some() {
            return Err(io::Error::other("over the limit"));
        }
        self.bytes.extend_from_slice(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn unpack(packed: &[u8], limits: &Limits) -> Result<Vec<u8>, FetchError> {
        let mut decoder = Decoder::new(Encoding::Gzip, limits);
        let mut wire = 0;
        for chunk in packed.chunks(1000) {
            wire += chunk.len() as u64;
            decoder.feed(chunk, wire)?;
        }
        decoder.finish(wire, None)
    }

    #[test]
    fn p8_gzip_must_be_whole_and_its_checksum_right() {
        let text: Vec<u8> = (0..20_000_u32).flat_map(u32::to_le_bytes).collect();
        let packed = gzip(&text);
        let limits = Limits::default();
        assert_eq!(unpack(&packed, &limits).unwrap(), text);
        for cut in [1, 4, 8, 9, packed.len() / 2, packed.len() - 5] {
            let error = unpack(&packed[..packed.len() - cut], &limits).unwrap_err();
            assert!(["truncated", "corrupt_encoding"].contains(&error.code()), "{cut}: {error}");
        }
        let mut wrong = packed.clone();
        let crc = wrong.len() - 8;
        wrong[crc] ^= 1;
        assert_eq!(unpack(&wrong, &limits), Err(FetchError::CorruptEncoding));
        assert_eq!(unpack(b"plain text", &limits).map_err(|e| e.code()), Err("corrupt_encoding"));
        let two = [gzip(b"one "), gzip(b"two")].concat();
        assert_eq!(unpack(&two, &limits).unwrap(), b"one two", "members follow each other");
    }

    #[test]
    fn p5_bombs_stop_at_the_floor() {
        let packed = gzip(&vec![0; 8 << 20]);
        let limits = Limits::default();
        let mut decoder = Decoder::new(Encoding::Gzip, &limits);
        let error = decoder.feed(&packed, packed.len() as u64).unwrap_err();
        assert_eq!(error, FetchError::CompressionBomb { ratio: 100 });
        assert!(decoder.sink().bytes.capacity() < 4 << 20, "memory stays near the floor");
    }

    #[test]
    fn p5_limit_holds_for_decoded_bytes() {
        let limits = Limits { decoded_bytes: 1000, ..Limits::default() };
        let noise: Vec<u8> = (0..1001_u32).map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()[2]).collect();
        assert_eq!(unpack(&gzip(&noise), &limits), Err(FetchError::TooLarge { limit: 1000 }));
        assert_eq!(unpack(&gzip(&noise[..1000]), &limits).unwrap().len(), 1000);
    }
}
