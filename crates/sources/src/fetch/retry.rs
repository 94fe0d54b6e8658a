//! When to ask again: what the answer says, and what repeated failure says. Pure functions of `now`.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

/// Nobody can make us wait longer than this.
pub const LONGEST_WAIT: TimeDelta = TimeDelta::days(1);

/// Reads a `Retry-After` header: seconds or a date. Negative and past values mean now, distant ones a day.
pub fn retry_after(value: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let value = value.trim();
    let until = match value.parse::<i64>() {
        Ok(seconds) => now + TimeDelta::seconds(seconds.clamp(0, LONGEST_WAIT.num_seconds())),
        Err(_) if is_integer(value) => {
            now + if value.starts_with('-') { TimeDelta::zero() } else { LONGEST_WAIT }
        }
        Err(_) => http_date(value)?,
    };
    Some(until.clamp(now, now + LONGEST_WAIT))
}

/// Until when an answer declares itself fresh: `max-age` before `Expires`, a day at most. `None` where it says
/// nothing, or asks not to be kept.
pub fn fresh_until(
    cache_control: Option<&str>,
    expires: Option<&str>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let mut max_age = None;
    for directive in cache_control.unwrap_or_default().split(',') {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-cache" | "no-store" => return None,
            "max-age" => max_age = value.trim().trim_matches('"').parse::<u64>().ok(),
            _ => {}
        }
    }
    let until = match max_age {
        Some(seconds) => {
            let seconds = i64::try_from(seconds).unwrap_or(i64::MAX).min(LONGEST_WAIT.num_seconds());
            now + TimeDelta::seconds(seconds)
        }
        None => http_date(expires?.trim())?,
    };
    (until > now).then(|| until.min(now + LONGEST_WAIT))
}

/// The three date forms of RFC 9110.
fn http_date(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(date) = DateTime::parse_from_rfc2822(text) {
        return Some(date.to_utc());
    }
    ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .map(|date| date.and_utc())
}

fn is_integer(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '+']);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// How failures are spread out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The longest wait after the first failure.
    pub base: Duration,
    /// The longest wait ever.
    pub cap: Duration,
    /// So many failures in a row open the circuit.
    pub circuit_after: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { base: Duration::from_mins(1), cap: Duration::from_hours(24), circuit_after: 5 }
    }
}

impl Backoff {
    /// How long to wait after the `failures`-th failure in a row: anything up to `base * 2^(failures-1)`, capped
    /// ("full jitter"). `unit` is a random number in [0, 1). The upper half is used once the circuit is open, so that
    /// an unlucky draw cannot make a host that keeps failing be asked at once.
    pub fn delay(&self, failures: u32, unit: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let most = self.base.saturating_mul(1 << doublings).min(self.cap);
        let unit = unit.clamp(0.0, 1.0);
        most.mul_f64(if failures >= self.circuit_after { f64::midpoint(1.0, unit) } else { unit })
    }
}

/// A random number in [0, 1) for jitter; nothing depends on its quality.
pub fn jitter() -> f64 {
    use std::hash::{BuildHasher as _, RandomState};
    let bits = RandomState::new().hash_one(0_u8);
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn p4_retry_after_both_forms_clamped() {
        let now = at("2026-01-01T12:00:00Z");
        let after = |value| retry_after(value, now).map(|t| (t - now).num_seconds());
        assert_eq!(after("3600"), Some(3600));
        assert_eq!(after(" 0 "), Some(0));
        assert_eq!(after("-5"), Some(0));
        assert_eq!(after("999999999"), Some(86_400));
        assert_eq!(after("99999999999999999999999"), Some(86_400));
        assert_eq!(after("-99999999999999999999999"), Some(0));
        assert_eq!(after("Thu, 01 Jan 2026 13:00:00 GMT"), Some(3600));
        assert_eq!(after("Thursday, 01-Jan-26 13:00:00 GMT"), Some(3600));
        assert_eq!(after("Thu Jan  1 13:00:00 2026"), Some(3600));
        assert_eq!(after("Thu, 01 Jan 2015 13:00:00 GMT"), Some(0));
        assert_eq!(after("Fri, 01 Jan 2027 13:00:00 GMT"), Some(86_400));
        assert_eq!(after("soon"), None);
        assert_eq!(after(""), None);
    }

    #[test]
    fn p3_never_faster_than_max_age_or_expires() {
        let now = at("2026-01-01T12:00:00Z");
        let fresh = |cc, expires| fresh_until(cc, expires, now).map(|t| (t - now).num_seconds());
        assert_eq!(fresh(Some("public, max-age=300"), None), Some(300));
        assert_eq!(fresh(Some("Max-Age=\"300\""), Some("Thu, 01 Jan 2026 13:00:00 GMT")), Some(300));
        assert_eq!(fresh(None, Some("Thu, 01 Jan 2026 13:00:00 GMT")), Some(3600));
        assert_eq!(fresh(Some("max-age=31536000"), None), Some(86_400));
        assert_eq!(fresh(Some("max-age=18446744073709551615"), None), Some(86_400));
        assert_eq!(fresh(Some("no-cache, max-age=300"), None), None);
        assert_eq!(fresh(Some("max-age=0"), None), None);
        assert_eq!(fresh(Some("max-age=-1"), None), None);
        assert_eq!(fresh(None, Some("0")), None);
        assert_eq!(fresh(None, None), None);
    }

    #[test]
    fn p4_backoff_has_full_jitter_and_a_cap() {
        let backoff = Backoff::default();
        assert_eq!(backoff.delay(1, 0.5), Duration::from_secs(30));
        assert_eq!(backoff.delay(4, 0.5), Duration::from_mins(4));
        assert_eq!(backoff.delay(4, 0.0), Duration::ZERO);
        assert_eq!(backoff.delay(5, 0.0), Duration::from_mins(8), "the circuit is open: no lucky draw");
        assert_eq!(backoff.delay(60, 1.0), Duration::from_hours(24));
        assert_eq!(backoff.delay(0, 1.0), Duration::from_mins(1));
    }

    #[test]
    fn jitter_is_a_fraction() {
        let drawn: Vec<f64> = (0..100).map(|_| jitter()).collect();
        assert!(drawn.iter().all(|u| (0.0..1.0).contains(u)));
        assert!(drawn.iter().any(|u| (u - drawn[0]).abs() > 1e-6), "it varies");
    }
}
