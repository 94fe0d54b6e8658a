//! How much one asker may do in how much time, from where they ask, and how much is done at the same time.

use std::{
    hash::Hash,
    net::IpAddr,
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use bellwether_core::ids::{AccountId, TokenId};
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use ipnet::IpNet;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{
    problem::{Kind, Problem},
    state::AppState,
    visitor::Visitor,
};

/// Requests a minute; 0 sets no bound. A burst of a quarter of it passes at once.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// Changes, for an account in a browser, for a token, or without either for an address. All tokens of an account
    /// together may do four times as many.
    pub changes: u32,
    /// Answers that cost much (images, exports, searches, previews), for an address.
    pub heavy: u32,
    /// Tries at a door (sign-in, set-up, joining, a new password), for an address.
    pub doors: u32,
    /// Tries at one account's password, from all addresses together.
    pub passwords: u32,
}

impl Default for Rates {
    fn default() -> Self {
        Self { changes: 300, heavy: 240, doors: 20, passwords: 5 }
    }
}

/// Where a connection comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// The counters of all askers.
pub(crate) struct Throttle {
    accounts: Option<Counter<AccountId>>,
    tokens: Option<Counter<TokenId>>,
    programs: Option<Counter<AccountId>>,
    addresses: Option<Counter<IpAddr>>,
    heavy: Option<Counter<IpAddr>>,
    doors: Option<Counter<IpAddr>>,
    passwords: Option<Counter<String>>,
    places: Semaphore,
}

struct Counter<K: Clone + Eq + Hash> {
    limiter: DefaultKeyedRateLimiter<K>,
    quota: u32,
    asked: AtomicU32,
}

/// How many answers that cost much are made at the same time; more wait, reading goes on beside them.
const PLACES: usize = 4;
/// How long one of them waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);
/// Askers that were quiet for long are forgotten each time so many requests were counted.
const SWEEP: u32 = 1024;
const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

impl<K: Clone + Eq + Hash> Counter<K> {
    fn new(per_minute: u32, burst: u32) -> Option<Self> {
        let quota =
            Quota::per_minute(NonZeroU32::new(per_minute)?).allow_burst(NonZeroU32::new(burst.max(1))?);
        Some(Self { limiter: RateLimiter::keyed(quota), quota: per_minute, asked: AtomicU32::new(0) })
    }

    fn count(&self, key: &K) -> Result<(), Problem> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(key).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
            let problem =
                Problem::new(Kind::TooMany, format!("too much in too short a time: try again in {wait} s"));
            problem
                .with_header(header::RETRY_AFTER, HeaderValue::from(wait))
                .with_header(LIMIT, HeaderValue::from(self.quota))
                .with_header(REMAINING, HeaderValue::from(0))
                .with_header(RESET, HeaderValue::from(wait))
        })
    }
}

/// Counts, where there is a bound.
fn count<K: Clone + Eq + Hash>(counter: Option<&Counter<K>>, key: &K) -> Result<(), Problem> {
    counter.map_or(Ok(()), |counter| counter.count(key))
}

impl Throttle {
    pub(crate) fn new(rates: Rates) -> Self {
        Self {
            accounts: Counter::new(rates.changes, rates.changes / 4),
            tokens: Counter::new(rates.changes, rates.changes / 4),
            programs: Counter::new(rates.changes.saturating_mul(4), rates.changes),
            addresses: Counter::new(rates.changes, rates.changes / 4),
            heavy: Counter::new(rates.heavy, rates.heavy / 4),
            doors: Counter::new(rates.doors, rates.doors),
            passwords: Counter::new(rates.passwords, rates.passwords),
            places: Semaphore::new(PLACES),
        }
    }

    /// Counts a try at an account's password, whoever tries.
    pub(crate) fn password(&self, handle: &str) -> Result<(), Problem> {
        let handle: String = handle.trim().to_lowercase().chars().take(32).collect();
        count(self.passwords.as_ref(), &handle)
    }

    /// A place among the few answers that cost much and are made at the same time.
    async fn place(&self) -> Result<SemaphorePermit<'_>, Problem> {
        let busy = || {
            Problem::new(Kind::Busy, "much is asked for at the moment: try again")
                .with_header(header::RETRY_AFTER, HeaderValue::from(PATIENCE.as_secs()))
        };
        let place = tokio::time::timeout(PATIENCE, self.places.acquire()).await.map_err(|_| busy())?;
        place.map_err(|_| busy())
    }

    fn request(&self, visitor: &Visitor, from: IpAddr, method: &Method, path: &str) -> Result<(), Problem> {
        match cost(method, path) {
            Cost::Little => Ok(()),
            Cost::Much => count(self.heavy.as_ref(), &from),
            Cost::Door => count(self.doors.as_ref(), &from),
            Cost::Change => match (&visitor.signed, &visitor.token) {
                // A program that runs wild must not keep its owner from their browser.
                (Some(signed), Some(token)) => {
                    count(self.tokens.as_ref(), token)?;
                    count(self.programs.as_ref(), &signed.account)
                }
                (Some(signed), None) => count(self.accounts.as_ref(), &signed.account),
                (None, _) => count(self.addresses.as_ref(), &from),
            },
        }
    }
}

/// What a request costs this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cost {
    Little,
    Much,
    Change,
    Door,
}

fn cost(method: &Method, path: &str) -> Cost {
    let doors = ["/sign-in", "/setup/", "/join/", "/reset/"];
    let heavy =
        [".png", ".csv", "/export.json", "/proof.json", "/preview", "/dry-run", "/backtest", "/data.json"];
    if doors.iter().any(|door| path.starts_with(door)) && method == Method::POST {
        Cost::Door
    } else if heavy.iter().any(|end| path.ends_with(end)) {
        Cost::Much
    } else if method.is_safe() {
        Cost::Little
    } else {
        Cost::Change
    }
}

/// Counts a request and refuses it when there were too many. The local operator is not counted: who reaches their
/// server is on their machine.
pub(crate) async fn throttle(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if let Some(visitor) = request.extensions().get::<Visitor>()
        && !visitor.is_operator()
        && let Some(Peer(peer)) = request.extensions().get::<Peer>()
    {
        let from = asker(*peer, request.headers(), &state.settings().proxies);
        state.throttle().request(visitor, from, request.method(), request.uri().path())?;
    }
    let _place = match cost(request.method(), request.uri().path()) {
        Cost::Much => Some(state.throttle().place().await?),
        _ => None,
    };
    Ok(next.run(request).await)
}

/// The address that asks: the peer's, or what the last proxy of ours says. A header from anyone else is not believed.
pub(crate) fn asker(peer: IpAddr, headers: &HeaderMap, proxies: &[IpNet]) -> IpAddr {
    let ours = |ip: &IpAddr| proxies.iter().any(|net| net.contains(ip));
    if !ours(&peer) {
        return peer;
    }
    let told =
        headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok()).collect::<Vec<_>>();
    let told = told.join(",");
    told.rsplit(',').map_while(|part| part.trim().parse().ok()).find(|ip| !ours(ip)).unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s5_a_forwarded_address_is_believed_from_our_proxies_only() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let proxies = ["10.0.0.0/8".parse().unwrap()];
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static("6.6.6.6, 9.9.9.9, 10.0.0.2"));
        assert_eq!(asker(ip("10.0.0.1"), &headers, &proxies), ip("9.9.9.9"), "the last that is not ours");
        assert_eq!(asker(ip("8.8.8.8"), &headers, &proxies), ip("8.8.8.8"));
        assert_eq!(asker(ip("10.0.0.1"), &headers, &[]), ip("10.0.0.1"));
        headers.insert("x-forwarded-for", HeaderValue::from_static("6.6.6.6, unknown"));
        assert_eq!(asker(ip("10.0.0.1"), &headers, &proxies), ip("10.0.0.1"));
    }

    #[test]
    fn s5_a_burst_passes_and_then_there_is_a_time_to_wait() {
        let counter = Counter::new(60, 3).unwrap();
        for _ in 0..3 {
            counter.count(&1).unwrap();
        }
        let problem = counter.count(&1).unwrap_err();
        assert_eq!(problem.kind, Kind::TooMany);
        assert!(problem.headers.contains_key(header::RETRY_AFTER) && problem.headers.contains_key(RESET));
        counter.count(&2).unwrap();
        assert!(Counter::<u8>::new(0, 0).is_none(), "0 sets no bound");
    }

    #[test]
    fn s5_doors_changes_and_heavy_answers_are_told_apart() {
        for (method, path, costs) in [
            (Method::GET, "/claims/x", Cost::Little),
            (Method::GET, "/sign-in", Cost::Little),
            (Method::POST, "/sign-in", Cost::Door),
            (Method::POST, "/join/bwl_1", Cost::Door),
            (Method::GET, "/claims/x/chart.png", Cost::Much),
            (Method::POST, "/api/v1/claims/x/evidence/preview", Cost::Much),
            (Method::POST, "/claims/x/evidence", Cost::Change),
            (Method::DELETE, "/api/v1/evidence/1", Cost::Change),
        ] {
            assert_eq!(cost(&method, path), costs, "{method} {path}");
        }
    }
}
