//! What every handler can reach.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

use bellwether_engine::Engine;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use url::Url;

use crate::{
    api::UnderWay,
    cache::Cache,
    limits::Limits,
    live::Live,
    ops::Metrics,
    throttle::{Rates, Throttle},
    visitor::Visitor,
};

/// Shared by all handlers; cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Inner>);

struct Inner {
    engine: Engine,
    under_way: UnderWay,
    cache: Cache,
    live: Arc<Live>,
    throttle: Throttle,
    metrics: Metrics,
    settings: Settings,
}

/// This machine itself.
const LOOPBACK_V4: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8);
const LOOPBACK_V6: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128);

/// In whose name requests act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acting {
    /// There are no accounts: whoever reaches this server is its operator.
    Operator,
    /// People sign in, programs bring tokens; everyone else reads.
    Accounts,
}

/// How this server presents itself.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where people reach this server; absolute links begin with it. A request's `Host` never enters a link.
    pub base_url: Url,
    /// The demo's strip stands above every page, and its clock can be moved.
    pub demo: bool,
    /// In whose name requests act.
    pub acting: Acting,
    /// Bounds on a single request.
    pub limits: Limits,
    /// How much one asker may do in a minute.
    pub rates: Rates,
    /// Proxies in front of this server, whose word on where a request comes from is believed.
    pub proxies: Vec<IpNet>,
    /// Who may read `/metrics`.
    pub metrics_for: Vec<IpNet>,
}

impl Settings {
    /// The settings of a server that is reached at `base_url`.
    pub fn new(base_url: Url) -> Self {
        Self {
            base_url,
            demo: false,
            acting: Acting::Accounts,
            limits: Limits::default(),
            rates: Rates::default(),
            proxies: Vec::new(),
            metrics_for: vec![IpNet::V4(LOOPBACK_V4), IpNet::V6(LOOPBACK_V6)],
        }
    }
}

impl AppState {
    /// State for [`crate::app`].
    pub fn new(engine: Engine, settings: Settings) -> Self {
        let throttle = Throttle::new(settings.rates);
        let metrics = Metrics::new(engine.now());
        Self(Arc::new(Inner {
            engine,
            under_way: UnderWay::default(),
            cache: Cache::default(),
            live: Arc::new(Live::new(settings.limits.streams)),
            throttle,
            metrics,
            settings,
        }))
    }

    /// The use cases.
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// The use cases as whoever asks sees them: the crowd of a claim may be hidden until one has forecast.
    pub(crate) fn engine_for(&self, visitor: &Visitor) -> Engine {
        self.0.engine.seen_by(visitor.actor().ok())
    }

    /// Requests that carry an idempotency key and have not ended.
    pub(crate) fn under_way(&self) -> &UnderWay {
        &self.0.under_way
    }

    /// Answers that were rendered already.
    pub(crate) fn cache(&self) -> &Cache {
        &self.0.cache
    }

    /// What streams of live events share.
    pub(crate) fn live(&self) -> &Arc<Live> {
        &self.0.live
    }

    /// The figures of this process.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// The counters of all askers.
    pub(crate) fn throttle(&self) -> &Throttle {
        &self.0.throttle
    }

    /// How this server presents itself.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Where people reach this server.
    pub fn base_url(&self) -> &Url {
        &self.0.settings.base_url
    }

    /// Whether this is the demo.
    pub fn is_demo(&self) -> bool {
        self.0.settings.demo
    }

    /// Bounds on a single request.
    pub fn limits(&self) -> Limits {
        self.0.settings.limits
    }
}
