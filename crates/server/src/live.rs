//! Server-sent events: what happens, as it happens, to everyone who listens.
//!
//! One look per process keeps the last happenings in a ring; every stream goes through it with a cursor of its own, and
//! through the database where the ring does not reach back that far. A stream holds nothing but its place and a few
//! lines on their way, so what it costs does not grow with how slowly it is read.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::body::Bytes;
use bellwether_core::ids::ClaimId;
use bellwether_engine::{Engine, EngineError, reading::Happening};
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use crate::serve::Connection;

/// How often it is looked whether something happened.
const LOOK: Duration = Duration::from_millis(250);
/// Happenings kept for streams that are nearly current. A stream that is further behind reads the database.
const RING: usize = 1_000;
/// Events read from the database at a time.
const PAGE: i64 = 500;
/// Lines on their way to one reader. When they stand still for [`PATIENCE`], the reader is let go: it may come back with
/// the last number it saw.
const BUFFER: usize = 64;
/// How long a reader may take nothing.
const PATIENCE: Duration = Duration::from_secs(30);
/// Streams at the same time, so that they never take all connections.
const STREAMS: usize = 1_500;
/// What a browser waits before it connects again.
const RETRY: Duration = Duration::from_secs(2);

/// What all streams share.
pub(crate) struct Live {
    ring: Mutex<Ring>,
    reached: watch::Sender<i64>,
    places: Arc<Semaphore>,
    looking: AtomicBool,
}

/// The last happenings. Events that are nobody's business have no entry, but count as read.
#[derive(Default)]
struct Ring {
    /// Everything after this number and up to what was reached is in the ring.
    after: i64,
    lines: VecDeque<Told>,
}

#[derive(Clone)]
struct Told {
    seq: i64,
    claim: Option<ClaimId>,
    bytes: Bytes,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            ring: Mutex::default(),
            reached: watch::channel(-1).0,
            places: Arc::new(Semaphore::new(STREAMS)),
            looking: AtomicBool::new(false),
        }
    }
}

/// Where a stream begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begin {
    /// With what comes next.
    Now,
    /// After an event that was seen.
    After(i64),
    /// With a word that what was asked for cannot be given, and then with what comes next.
    Reset,
}

impl Begin {
    /// Reads the number that a reader saw last. One that is no number of an event of ours is no error: a browser that is
    /// told of one would never come back.
    pub(crate) fn read(text: Option<&str>, last: i64) -> Self {
        match text.map(str::trim) {
            None | Some("") => Self::Now,
            Some(text) => match text.parse::<i64>() {
                Ok(seq) if (0..=last).contains(&seq) => Self::After(seq),
                _ => Self::Reset,
            },
        }
    }
}

impl Live {
    /// A place for one more stream, if there is one.
    pub(crate) fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().try_acquire_owned().ok()
    }

    /// Looks what happened, as long as somebody listens. The first who listens starts it.
    async fn look(self: Arc<Self>, engine: Engine) {
        loop {
            if self.reached.receiver_count() == 0 {
                self.reached.send_replace(-1);
                self.looking.store(false, Ordering::SeqCst);
                // Whoever came in between found somebody looking.
                if self.reached.receiver_count() == 0 || self.looking.swap(true, Ordering::SeqCst) {
                    return;
                }
            }
            match self.take(&engine).await {
                Ok(true) => {}
                Ok(false) => tokio::time::sleep(LOOK).await,
                Err(error) => {
                    tracing::warn!(%error, "live events wait");
                    tokio::time::sleep(Duration::from_secs(2)).await;
                }
            }
        }
    }

    /// Takes the next events into the ring; whether there may be more.
    async fn take(&self, engine: &Engine) -> Result<bool, EngineError> {
        let reached = *self.reached.borrow();
        let last = engine.last_event().await?;
        if reached < 0 {
            let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
            *ring = Ring { after: last, lines: VecDeque::new() };
            drop(ring);
            self.reached.send_replace(last);
            return Ok(false);
        }
        if last <= reached {
            return Ok(false);
        }
        let (told, read) = engine.happenings_after(reached, PAGE).await?;
        {
            let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
            ring.lines.extend(told.iter().map(line));
            while ring.lines.len() > RING {
                if let Some(old) = ring.lines.pop_front() {
                    ring.after = old.seq;
                }
            }
        }
        self.reached.send_replace(read);
        Ok(true)
    }

    /// What the ring holds after a number, and up to which; nothing where it does not reach back that far.
    fn after(&self, seq: i64, reached: i64) -> Option<(Vec<Told>, i64)> {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        if seq < ring.after {
            return None;
        }
        let from = ring.lines.partition_point(|told| told.seq <= seq);
        let lines: Vec<Told> = ring.lines.range(from..).filter(|told| told.seq <= reached).cloned().collect();
        Some((lines, reached))
    }
}

/// One event as it goes over the wire.
fn line(told: &Happening) -> Told {
    let about = told.claim.as_ref();
    let data = json!({
        "seq": told.seq,
        "kind": told.kind,
        "at": told.at,
        "claim": about.map(|a| json!({ "id": a.id, "seq": a.seq, "slug": a.slug, "title": a.title })),
        "source": told.source,
        "headline": told.headline,
        "because": told.because,
        "path": told.path,
        "figures": told.figures,
        "undoes": told.undoes,
    });
    let bytes = Bytes::from(format!("id: {}\ndata: {data}\n\n", told.seq));
    Told { seq: told.seq, claim: about.map(|a| a.id), bytes }
}

/// Who listens, and to what.
pub(crate) struct Listener {
    /// Where the stream begins.
    pub(crate) begin: Begin,
    /// The number of the last event there was when it was asked for.
    pub(crate) last: i64,
    /// Only what happens to this claim.
    pub(crate) claim: Option<ClaimId>,
    /// Between signs of life.
    pub(crate) heartbeat: Duration,
    /// The connection it goes over.
    pub(crate) connection: Connection,
}

/// Starts a stream; what it says comes out of the receiver until it ends.
pub(crate) fn stream(
    live: &Arc<Live>,
    engine: &Engine,
    listener: Listener,
    place: OwnedSemaphorePermit,
) -> mpsc::Receiver<Bytes> {
    let (out, lines) = mpsc::channel(BUFFER);
    let reached = live.reached.subscribe();
    if !live.looking.swap(true, Ordering::SeqCst) {
        tokio::spawn(live.clone().look(engine.clone()));
    }
    let teller = Teller { live: live.clone(), engine: engine.clone(), listener, out };
    tokio::spawn(async move {
        let stopping = teller.listener.connection.stopping.clone();
        tokio::select! {
            () = teller.tell(reached) => {}
            () = stopping.cancelled() => {}
        }
        drop(place);
    });
    lines
}

struct Teller {
    live: Arc<Live>,
    engine: Engine,
    listener: Listener,
    out: mpsc::Sender<Bytes>,
}

impl Teller {
    async fn tell(&self, mut listening: watch::Receiver<i64>) {
        let Listener { begin, last, claim, heartbeat, .. } = &self.listener;
        let retry = format!("retry: {}\n\n", RETRY.as_millis());
        if !self.send(Bytes::from(retry)).await {
            return;
        }
        let mut cursor = match begin {
            Begin::After(seq) => *seq,
            Begin::Now => *last,
            Begin::Reset => {
                let reset = format!("event: reset\nid: {last}\ndata: {{\"seq\":{last}}}\n\n");
                if !self.send(Bytes::from(reset)).await {
                    return;
                }
                *last
            }
        };
        loop {
            let reached = *listening.borrow_and_update();
            while cursor < reached {
                let Some((lines, read)) = self.next(cursor, reached).await else { return };
                for told in lines {
                    let wanted = claim.is_none_or(|claim| told.claim == Some(claim));
                    if wanted && !self.send(told.bytes).await {
                        return;
                    }
                }
                cursor = read;
            }
            match tokio::time::timeout(*heartbeat, listening.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return,
                Err(_) => {
                    if !self.send(Bytes::from_static(b": still here\n\n")).await {
                        return;
                    }
                }
            }
        }
    }

    async fn next(&self, cursor: i64, reached: i64) -> Option<(Vec<Told>, i64)> {
        if let Some(found) = self.live.after(cursor, reached) {
            return Some(found);
        }
        match self.engine.happenings_after(cursor, PAGE).await {
            Ok((told, read)) => Some((told.iter().map(line).collect(), read)),
            Err(error) => {
                // The reader comes back with the last number it saw.
                tracing::warn!(%error, "a live stream ends: its events could not be read");
                None
            }
        }
    }

    /// Whether the reader took it in time. One that does not is let go, with its connection.
    async fn send(&self, bytes: Bytes) -> bool {
        match self.out.send_timeout(bytes, PATIENCE).await {
            Ok(()) => true,
            Err(mpsc::error::SendTimeoutError::Closed(_)) => false,
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => {
                self.listener.connection.hang_up();
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b34_a_number_that_is_none_of_ours_begins_anew_and_is_no_error() {
        for (text, from) in [
            (None, Begin::Now),
            (Some(""), Begin::Now),
            (Some("7"), Begin::After(7)),
            (Some("0"), Begin::After(0)),
            (Some("abc"), Begin::Reset),
            (Some("-1"), Begin::Reset),
            (Some("1180591620717411303424"), Begin::Reset),
            (Some("8"), Begin::Reset),
        ] {
            assert_eq!(Begin::read(text, 7), from, "{text:?}");
        }
    }
}
