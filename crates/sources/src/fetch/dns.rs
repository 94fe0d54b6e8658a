//! Name look-ups: bounded in time and in threads, and only addresses the guard allows come out.

use std::{
    io,
    net::{IpAddr, SocketAddr, ToSocketAddrs as _},
    sync::Arc,
    time::Duration,
};

use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::{Semaphore, oneshot};

use super::{AddressPolicy, FetchError};

/// Finds the addresses of a name. Tests bring their own.
pub trait Lookup: Send + Sync + 'static {
    /// All addresses of `host`; an error or an empty list where it has none.
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The operating system's look-up. It blocks a thread for as long as the name server pleases, so it gets threads of
/// its own, few of them: when all hang, further look-ups time out and nothing else is held up.
#[derive(Clone)]
pub struct SystemLookup {
    slots: Arc<Semaphore>,
    ask: Arc<Blocking>,
}

type Blocking = dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync;

impl Default for SystemLookup {
    fn default() -> Self {
        Self::new(8, |host| Ok((host, 0).to_socket_addrs()?.map(|a| a.ip()).collect()))
    }
}

impl SystemLookup {
    /// A look-up by a blocking function on at most `threads` threads.
    pub fn new(
        threads: usize,
        ask: impl Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync + 'static,
    ) -> Self {
        Self { slots: Arc::new(Semaphore::new(threads)), ask: Arc::new(ask) }
    }
}

impl Lookup for SystemLookup {
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let this = self.clone();
        Box::pin(async move {
            let slot = this.slots.acquire_owned().await.map_err(io::Error::other)?;
            let (answer, answered) = oneshot::channel();
            // Not the runtime's pool of blocking threads: its shutdown would wait for a hanging name server.
            std::thread::Builder::new().name("dns".to_owned()).spawn(move || {
                let addresses = (this.ask)(&host);
                drop(slot);
                // Nobody may be waiting any more; that is what the time-out is for.
                drop(answer.send(addresses));
            })?;
            answered.await.map_err(io::Error::other)?
        })
    }
}

/// The resolver of the HTTP client: what it lets pass is what is dialled.
pub(crate) struct GuardedResolver {
    pub(crate) policy: Arc<AddressPolicy>,
    pub(crate) lookup: Arc<dyn Lookup>,
    pub(crate) timeout: Duration,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let (policy, lookup, timeout) = (self.policy.clone(), self.lookup.clone(), self.timeout);
        Box::pin(async move {
            let found = tokio::time::timeout(timeout, lookup.lookup(host.clone())).await;
            let found = found.map_err(|_| FetchError::DnsTimeout { host: host.clone() })?;
            let found = found.map_err(|_| FetchError::Dns { host: host.clone() })?;
            if found.is_empty() {
                return Err(FetchError::Dns { host }.into());
            }
            let allowed: Vec<_> =
                found.into_iter().filter(|ip| policy.allows(*ip)).map(|ip| SocketAddr::new(ip, 0)).collect();
            if allowed.is_empty() {
                return Err(FetchError::AddressNotAllowed { host }.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    };

    use super::*;

    struct Fixed(Vec<IpAddr>);

    impl Lookup for Fixed {
        fn lookup(&self, _: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
            let found = self.0.clone();
            Box::pin(async { Ok(found) })
        }
    }

    fn guarded(lookup: impl Lookup) -> GuardedResolver {
        GuardedResolver {
            policy: Arc::default(),
            lookup: Arc::new(lookup),
            timeout: Duration::from_millis(20),
        }
    }

    async fn resolve(resolver: &GuardedResolver, host: &str) -> Result<Vec<IpAddr>, &'static str> {
        match resolver.resolve(host.parse().unwrap()).await {
            Ok(found) => Ok(found.map(|a| a.ip()).collect()),
            Err(e) => Err(e.downcast_ref::<FetchError>().map_or("?", FetchError::code)),
        }
    }

    /// B29: a name with a public and a private address only ever leads to the public one.
    #[tokio::test]
    async fn x2_only_allowed_addresses_leave_the_resolver() {
        let mixed = ["8.8.8.8", "10.0.0.1", "::1", "2606:4700::1"].map(|a| a.parse().unwrap());
        let found = resolve(&guarded(Fixed(mixed.to_vec())), "mixed.example").await.unwrap();
        assert_eq!(found, [mixed[0], mixed[3]]);
        let inward = guarded(Fixed(vec!["127.0.0.1".parse().unwrap()]));
        assert_eq!(resolve(&inward, "localhost.").await, Err("address_not_allowed"));
    }

    #[tokio::test]
    async fn f20_no_such_name() {
        let refused = SystemLookup::new(1, |_| Err(io::Error::other("NXDOMAIN")));
        assert_eq!(resolve(&guarded(refused), "nowhere.example").await, Err("dns_failed"));
        assert_eq!(resolve(&guarded(Fixed(vec![])), "empty.example").await, Err("dns_failed"));
    }

    #[tokio::test]
    async fn f20_hanging_name_servers_are_bounded_and_starve_nobody() {
        let (release, held) = mpsc::channel::<()>();
        let (held, running, peak) =
            (Mutex::new(held), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (running2, peak2) = (running.clone(), peak.clone());
        let hanging = SystemLookup::new(2, move |_| {
            let now = running2.fetch_add(1, Ordering::SeqCst) + 1;
            peak2.fetch_max(now, Ordering::SeqCst);
            // Hangs until the test lets go of the sender.
            let _ = held.lock().unwrap().recv();
            running2.fetch_sub(1, Ordering::SeqCst);
            Ok(vec!["8.8.8.8".parse().unwrap()])
        });
        let resolver = guarded(hanging);
        let all = futures::future::join_all((0..50).map(|_| resolve(&resolver, "slow.example"))).await;
        assert!(all.iter().all(|r| r == &Err("dns_timeout")), "{all:?}");
        assert!(peak.load(Ordering::SeqCst) <= 2, "two threads at most hang");
        assert_eq!(tokio::task::spawn_blocking(|| 7).await.unwrap(), 7, "the blocking pool is free");
        drop(release);
    }
}
