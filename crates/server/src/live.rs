//! Server-sent events: what happens, as it happens, to everyone who listens.
//!
//! One look per process keeps the last happenings in a ring; every stream goes through it with a cursor of its own, and
//! through the database where the ring does not reach back that far. A stream holds its place, one page and a few lines
//! on their way, so what it costs does not grow with how slowly it is read.

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
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use crate::{api::Event, serve::Connection};

/// How often it is looked whether something happened.
const LOOK: Duration = Duration::from_millis(500);
/// Happenings kept for streams that are nearly current. A stream that is further behind reads the database.
const RING: u16 = 1_000;
/// Events taken at a time, from the ring and from the database. What a stream holds is this and [`BUFFER`], which
/// together stay under 1,000.
const PAGE: u16 = 500;
/// Lines on their way to one reader. When they stand still for too long, the reader is let go: it may come back with the
/// last number it saw.
const BUFFER: usize = 64;
/// What a browser waits before it connects again.
const RETRY: Duration = Duration::from_secs(2);
/// How long readers may take the rest when the server stops.
const FAREWELL: Duration = Duration::from_secs(1);

/// Nothing was looked at yet.
const NOWHERE: i64 = -1;

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
    /// Nobody listens yet, and so many may at the same time.
    pub(crate) fn new(streams: usize) -> Self {
        Self {
            ring: Mutex::default(),
            reached: watch::channel(NOWHERE).0,
            places: Arc::new(Semaphore::new(streams)),
            looking: AtomicBool::new(false),
        }
    }

    /// A place for one more stream, if there is one.
    pub(crate) fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().try_acquire_owned().ok()
    }

    /// Looks what happened, as long as somebody listens. The first who listens starts it.
    async fn look(self: Arc<Self>, engine: Engine) {
        loop {
            if self.reached.receiver_count() == 0 {
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
        let mut reached = *self.reached.borrow();
        let last = engine.last_event().await?;
        if reached == NOWHERE || last - reached > i64::from(RING) {
            // The ring begins a page before the end: after a restart all come back at once, each with a number near it.
            reached = (last - i64::from(PAGE)).max(0);
            *self.ring.lock().unwrap_or_else(PoisonError::into_inner) =
                Ring { after: reached, lines: VecDeque::new() };
            self.reached.send_replace(reached);
        }
        if last <= reached {
            return Ok(false);
        }
        let (told, read) = engine.happenings_after(reached, i64::from(PAGE)).await?;
        {
            let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
            ring.lines.extend(told.iter().map(line));
            while ring.lines.len() > usize::from(RING) {
                if let Some(old) = ring.lines.pop_front() {
                    ring.after = old.seq;
                }
            }
        }
        self.reached.send_replace(read);
        Ok(true)
    }

    /// A page of what the ring holds after a number, and up to which; nothing where it does not reach back that far.
    fn after(&self, seq: i64, reached: i64) -> Option<(Vec<Told>, i64)> {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        if seq < ring.after {
            return None;
        }
        let from = ring.lines.partition_point(|told| told.seq <= seq);
        let later = ring.lines.range(from..).take_while(|told| told.seq <= reached);
        let lines: Vec<Told> = later.take(usize::from(PAGE)).cloned().collect();
        let read = lines.last().filter(|_| lines.len() == usize::from(PAGE)).map_or(reached, |told| told.seq);
        Some((lines, read))
    }
}

/// One event as it goes over the wire.
fn line(told: &Happening) -> Told {
    // JSON has no line breaks of its own, so an event is one line of data.
    let data = serde_json::to_string(&Event::from(told)).unwrap_or_default();
    let bytes = Bytes::from(format!("id: {}\ndata: {data}\n\n", told.seq));
    Told { seq: told.seq, claim: told.claim.as_ref().map(|about| about.id), bytes }
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
    /// How long the reader may take nothing.
    pub(crate) patience: Duration,
    /// The connection it goes over.
    pub(crate) connection: Connection,
}

/// Starts a stream; what it says comes out of the receiver until it ends: its reader goes or takes nothing, the server
/// stops, or `shut_out` is done.
pub(crate) fn stream(
    live: &Arc<Live>,
    engine: &Engine,
    listener: Listener,
    place: OwnedSemaphorePermit,
    shut_out: impl Future<Output = ()> + Send + 'static,
) -> mpsc::Receiver<Bytes> {
    let (out, lines) = mpsc::channel(BUFFER);
    let reached = live.reached.subscribe();
    if !live.looking.swap(true, Ordering::SeqCst) {
        tokio::spawn(live.clone().look(engine.clone()));
    }
    let teller = Teller { live: live.clone(), engine: engine.clone(), listener, out };
    tokio::spawn(async move {
        let connection = teller.listener.connection.clone();
        tokio::select! {
            () = teller.tell(reached) => {}
            // A reader who went must not keep its place until the next sign of life.
            () = teller.out.closed() => {}
            () = shut_out => {}
            () = connection.stopping.cancelled() => {}
        }
        drop((teller, place));
        if connection.stopping.is_cancelled() {
            // A reader who takes nothing must not hold the stop up.
            tokio::time::sleep(FAREWELL).await;
            connection.hang_up();
        }
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
        let mut cursor = match begin {
            Begin::After(seq) => *seq,
            Begin::Now | Begin::Reset => *last,
        };
        let reset = match begin {
            Begin::Reset => format!("event: reset\nid: {last}\ndata: {{\"seq\":{last}}}\n\n"),
            Begin::Now | Begin::After(_) => String::new(),
        };
        // An id without data is no event, but a browser keeps it: cut off before its first event it misses none.
        let opening = format!("retry: {}\nid: {cursor}\n\n{reset}", RETRY.as_millis());
        if !self.send(Bytes::from(opening)).await {
            return;
        }
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
                    // With the number: who listens to a quiet claim does not come back from far behind.
                    if !self.send(Bytes::from(format!(": still here\nid: {cursor}\n\n"))).await {
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
        match self.engine.happenings_after(cursor, i64::from(PAGE)).await {
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
        match self.out.send_timeout(bytes, self.listener.patience).await {
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
