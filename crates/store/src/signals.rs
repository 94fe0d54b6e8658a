//! Signals: dated observations that may bear on claims, and what became of them there.

use bellwether_core::{
    actor::Actor,
    benchmark::BenchmarkId,
    ids::{ClaimId, EvidenceId, SignalId, SourceId},
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    JsonText, Result, StoreError, Tx, Word,
    sql::{many, many_in, maybe, run},
    table::{reading, table},
};

table! {
    /// A dated observation that may bear on claims.
    "signal" => pub struct Signal {
        /// Identity.
        pub id: SignalId,
        /// What kind of happening: a new leader, a gap that crossed, a model added.
        pub kind: Word,
        /// Names the happening; the same one is one signal.
        pub key: String,
        /// The source it comes from.
        pub source: Option<SourceId>,
        /// The benchmark it is about.
        pub benchmark: Option<BenchmarkId>,
        /// What happened, in a line.
        pub title: String,
        /// Where to read more.
        pub url: Option<String>,
        /// Figures and witnesses.
        pub detail: JsonText,
        /// When it was observed.
        pub observed_at: DateTime<Utc>,
        /// When it was noticed here.
        pub at: DateTime<Utc>,
    }
}

table! {
    /// A signal beside a claim.
    "signal_claim" => pub struct SignalClaim {
        /// The claim.
        pub claim: ClaimId,
        /// The signal.
        pub signal: SignalId,
        /// When they were matched.
        pub at: DateTime<Utc>,
        /// Waiting, counted as evidence, or set aside.
        pub status: Word,
        /// Side, strength and text that are suggested.
        pub suggestion: JsonText,
        /// The item it became.
        pub evidence: Option<EvidenceId>,
        /// Who decided.
        pub decided_by: Option<Actor>,
        /// When.
        pub decided_at: Option<DateTime<Utc>>,
        /// When it comes back, of one that was put off.
        pub until: Option<DateTime<Utc>>,
    }
}

/// Which signals are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignalsOf {
    /// All.
    All,
    /// Those that wait beside a claim at an instant.
    Waiting(DateTime<Utc>),
    /// Those that a feed is a source of.
    Feed(Uuid),
    /// Those of a benchmark.
    Benchmark(BenchmarkId),
}

/// The end of the year 9999.
const DAY_OF_DAYS: DateTime<Utc> =
    DateTime::from_timestamp_secs(253_402_300_799).expect("within chrono's range");

reading! {
    /// How many signals of one status a claim has.
    pub struct SignalCount {
        /// The claim.
        pub claim: ClaimId,
        /// The status.
        pub status: Word,
        /// How many.
        pub signals: i64,
    }
}

impl Tx {
    /// Writes a signal; whether it is new. One of the same key is left as it is.
    pub async fn insert_signal(&mut self, signal: &Signal) -> Result<bool> {
        if maybe!(self, Signal, "SELECT * FROM signal WHERE key = $1", &signal.key)?.is_some() {
            return Ok(false);
        }
        self.insert(signal).await?;
        Ok(true)
    }

    /// Puts a signal beside claims; where it stands already it is left as it is.
    pub async fn match_signal(&mut self, matches: &[SignalClaim]) -> Result<()> {
        const SQL: &str = "INSERT INTO signal_claim (claim, signal, at, status, suggestion)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (claim, signal) DO NOTHING";
        for m in matches {
            run!(self, SQL, m.claim, m.signal, m.at, &m.status, &m.suggestion)?;
        }
        Ok(())
    }

    /// Writes what became of a signal beside a claim; who expected another status is refused.
    pub async fn decide_signal(&mut self, decided: &SignalClaim, from: &Word) -> Result<()> {
        const SQL: &str =
            "UPDATE signal_claim SET status = $3, evidence = $4, decided_by = $5, decided_at = $6,
                until = $7 WHERE claim = $1 AND signal = $2 AND status = $8";
        let d = decided;
        let written = run!(
            self,
            SQL,
            d.claim,
            d.signal,
            &d.status,
            d.evidence,
            &d.decided_by,
            d.decided_at,
            d.until,
            from
        )?;
        if written == 1 {
            return Ok(());
        }
        self.signal_claim(d.claim, d.signal).await?.ok_or(StoreError::NotFound)?;
        Err(StoreError::Conflict)
    }

    /// A signal.
    pub async fn signal(&mut self, id: SignalId) -> Result<Signal> {
        maybe!(self, Signal, "SELECT * FROM signal WHERE id = $1", id)?.ok_or(StoreError::NotFound)
    }

    /// Some signals.
    pub async fn signals(&mut self, ids: &[SignalId]) -> Result<Vec<Signal>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        many_in!(self, Signal, "SELECT * FROM signal WHERE id IN (", ids, ")")
    }

    /// A signal beside a claim.
    pub async fn signal_claim(&mut self, claim: ClaimId, signal: SignalId) -> Result<Option<SignalClaim>> {
        const SQL: &str = "SELECT * FROM signal_claim WHERE claim = $1 AND signal = $2";
        maybe!(self, SignalClaim, SQL, claim, signal)
    }

    /// The signals beside a claim, newest first.
    pub async fn signals_of_claim(&mut self, claim: ClaimId, limit: i64) -> Result<Vec<Signal>> {
        const SQL: &str = "SELECT s.* FROM signal_claim c JOIN signal s ON s.id = c.signal
            WHERE c.claim = $1 ORDER BY s.at DESC, s.id DESC LIMIT $2";
        many!(self, Signal, SQL, claim, limit)
    }

    /// What became of the signals beside a claim.
    pub async fn signal_claims(&mut self, claim: ClaimId) -> Result<Vec<SignalClaim>> {
        many!(
            self,
            SignalClaim,
            "SELECT * FROM signal_claim WHERE claim = $1 ORDER BY at DESC, signal",
            claim
        )
    }

    /// The claims beside some signals.
    pub async fn claims_of_signals(&mut self, signals: &[SignalId]) -> Result<Vec<SignalClaim>> {
        if signals.is_empty() {
            return Ok(Vec::new());
        }
        many_in!(
            self,
            SignalClaim,
            "SELECT * FROM signal_claim WHERE signal IN (",
            signals,
            ") ORDER BY signal, claim"
        )
    }

    /// How many signals some claims have, per status.
    pub async fn signal_counts(&mut self, claims: &[ClaimId]) -> Result<Vec<SignalCount>> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        let head = "SELECT claim, status, count(*) AS signals FROM signal_claim WHERE claim IN (";
        many_in!(self, SignalCount, head, claims, ") GROUP BY claim, status ORDER BY claim, status")
    }

    /// Some of all signals, newest first, after a cursor of instant and id.
    pub async fn newest_signals(
        &mut self,
        of: &SignalsOf,
        after: Option<(DateTime<Utc>, SignalId)>,
        limit: i64,
    ) -> Result<Vec<Signal>> {
        const FIRST: &str = "SELECT * FROM signal ORDER BY at DESC, id DESC LIMIT $1";
        const NEXT: &str =
            "SELECT * FROM signal WHERE (at, id) < ($2, $3) ORDER BY at DESC, id DESC LIMIT $1";
        const WAITING: &str = "SELECT * FROM signal WHERE (at, id) < ($2, $3) AND EXISTS (
                SELECT 1 FROM signal_claim c WHERE c.signal = signal.id
                    AND (c.status = 'waiting' OR (c.status = 'later' AND c.until <= $4)))
            ORDER BY at DESC, id DESC LIMIT $1";
        const FEED: &str = "SELECT * FROM signal WHERE (at, id) < ($2, $3) AND EXISTS (
                SELECT 1 FROM feed_item i WHERE i.signal = signal.id AND i.feed = $4)
            ORDER BY at DESC, id DESC LIMIT $1";
        const BENCHMARK: &str = "SELECT * FROM signal WHERE benchmark = $4 AND (at, id) < ($2, $3)
            ORDER BY at DESC, id DESC LIMIT $1";
        if let (SignalsOf::All, None) = (of, after) {
            return many!(self, Signal, FIRST, limit);
        }
        // Nothing was noticed later than that.
        let (at, id) = after.unwrap_or((DAY_OF_DAYS, SignalId(Uuid::max())));
        match of {
            SignalsOf::All => many!(self, Signal, NEXT, limit, at, id),
            SignalsOf::Waiting(now) => many!(self, Signal, WAITING, limit, at, id, *now),
            SignalsOf::Feed(feed) => many!(self, Signal, FEED, limit, at, id, *feed),
            SignalsOf::Benchmark(benchmark) => many!(self, Signal, BENCHMARK, limit, at, id, benchmark),
        }
    }

    /// A source's signals, newest first.
    pub async fn signals_of_source(&mut self, source: &SourceId, limit: i64) -> Result<Vec<Signal>> {
        const SQL: &str = "SELECT * FROM signal WHERE source = $1 ORDER BY at DESC, id DESC LIMIT $2";
        many!(self, Signal, SQL, source, limit)
    }

    /// A benchmark's signals, newest first.
    pub async fn signals_of_benchmark(&mut self, benchmark: &BenchmarkId, limit: i64) -> Result<Vec<Signal>> {
        const SQL: &str = "SELECT * FROM signal WHERE benchmark = $1 ORDER BY at DESC, id DESC LIMIT $2";
        many!(self, Signal, SQL, benchmark, limit)
    }
}
