//! Manners towards hosts: one connection at a time, a pause in between, and rest for a host that keeps failing.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{sync::OwnedMutexGuard, time::Instant};

use super::retry::Backoff;

/// More hosts than this are not remembered; those nobody waits for are forgotten first.
const MOST_HOSTS: usize = 4096;

/// How a host is treated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manners {
    /// The least time between the end of one exchange with a host and the beginning of the next.
    pub pause: Duration,
    /// When a host that fails is tried again.
    pub backoff: Backoff,
}

impl Default for Manners {
    fn default() -> Self {
        Self { pause: Duration::from_secs(5), backoff: Backoff::default() }
    }
}

/// What is remembered about a host. Pure: instants and random numbers come in as arguments.
#[derive(Debug, Default)]
pub(crate) struct Host {
    rested: Option<Instant>,
    failures: u32,
    open_until: Option<DateTime<Utc>>,
}

impl Host {
    /// How long to wait before the next request.
    pub(crate) fn wait(&self, now: Instant) -> Duration {
        self.rested.map_or(Duration::ZERO, |at| at.saturating_duration_since(now))
    }

    /// Notes the end of an exchange; the pause is up to half as long again, so that clients do not march in step.
    pub(crate) fn finished(&mut self, at: Instant, pause: Duration, unit: f64) {
        self.rested = Some(at + pause.mul_f64(1.0 + unit / 2.0));
    }

    /// Whether the circuit lets a request through; the error says when it will. Once that time has come, the next
    /// request is the one probe: others wait for the host's turn meanwhile.
    pub(crate) fn admit(&self, now: DateTime<Utc>) -> Result<(), DateTime<Utc>> {
        match self.open_until {
            Some(until) if now < until => Err(until),
            _ => Ok(()),
        }
    }

    /// Notes how an exchange ended.
    pub(crate) fn report(&mut self, failed: bool, now: DateTime<Utc>, backoff: &Backoff, unit: f64) {
        if failed {
            self.failures = self.failures.saturating_add(1);
            if self.failures >= backoff.circuit_after {
                let rest = backoff.delay(self.failures, unit);
                self.open_until = Some(now + TimeDelta::from_std(rest).unwrap_or(TimeDelta::days(1)));
            }
        } else {
            self.failures = 0;
            self.open_until = None;
        }
    }
}

/// All hosts; each has one turn, and whoever holds it may talk to the host.
#[derive(Debug, Default)]
pub(crate) struct Hosts(Mutex<HashMap<String, Arc<tokio::sync::Mutex<Host>>>>);

impl Hosts {
    /// Waits for the host's turn.
    pub(crate) async fn turn(&self, host: &str) -> OwnedMutexGuard<Host> {
        let entry = {
            let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if hosts.len() >= MOST_HOSTS {
                hosts.retain(|_, entry| Arc::strong_count(entry) > 1);
            }
            hosts.entry(host.to_owned()).or_default().clone()
        };
        entry.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p3_pause_per_host_with_jitter() {
        let (start, pause) = (Instant::now(), Duration::from_secs(5));
        let mut host = Host::default();
        assert_eq!(host.wait(start), Duration::ZERO);
        host.finished(start, pause, 0.0);
        assert_eq!(host.wait(start), pause);
        assert_eq!(host.wait(start + Duration::from_secs(4)), Duration::from_secs(1));
        assert_eq!(host.wait(start + Duration::from_secs(9)), Duration::ZERO);
        host.finished(start, pause, 1.0);
        assert_eq!(host.wait(start), Duration::from_millis(7500));
    }

    #[test]
    fn p4_circuit_opens_after_five_and_half_opens_with_one_probe() {
        let backoff = Backoff::default();
        let now: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut host = Host::default();
        for _ in 0..4 {
            host.report(true, now, &backoff, 1.0);
            assert_eq!(host.admit(now), Ok(()));
        }
        host.report(true, now, &backoff, 1.0);
        let until = now + TimeDelta::minutes(16);
        assert_eq!(host.admit(now), Err(until));
        assert_eq!(host.admit(until), Ok(()), "the probe");
        host.report(true, until, &backoff, 1.0);
        assert_eq!(host.admit(until), Err(until + TimeDelta::minutes(32)), "a failed probe opens it again");
        host.report(false, until, &backoff, 1.0);
        assert_eq!(host.admit(until), Ok(()));
    }

    #[tokio::test]
    async fn p3_one_turn_per_host() {
        let hosts = Arc::new(Hosts::default());
        let turn = hosts.turn("a.example").await;
        drop(hosts.turn("b.example").await);
        let second = tokio::spawn({
            let hosts = hosts.clone();
            async move { drop(hosts.turn("a.example").await) }
        });
        tokio::task::yield_now().await;
        assert!(!second.is_finished(), "the turn is taken");
        drop(turn);
        second.await.unwrap();
    }
}
