//! What every handler can reach.

use std::sync::Arc;

use bellwether_engine::Engine;
use url::Url;

use crate::{api::UnderWay, cache::Cache, limits::Limits};

/// Shared by all handlers; cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Inner>);

struct Inner {
    engine: Engine,
    under_way: UnderWay,
    cache: Cache,
    settings: Settings,
}

/// How this server presents itself.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where people reach this server; absolute links begin with it. A request's `Host` never enters a link.
    pub base_url: Url,
    /// The demo's strip stands above every page, and its clock can be moved.
    pub demo: bool,
    /// Bounds on a single request.
    pub limits: Limits,
}

impl Settings {
    /// The settings of a server that is reached at `base_url`.
    pub fn new(base_url: Url) -> Self {
        Self { base_url, demo: false, limits: Limits::default() }
    }
}

impl AppState {
    /// State for [`crate::app`].
    pub fn new(engine: Engine, settings: Settings) -> Self {
        Self(Arc::new(Inner { engine, under_way: UnderWay::default(), cache: Cache::default(), settings }))
    }

    /// The use cases.
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// Requests that carry an idempotency key and have not ended.
    pub(crate) fn under_way(&self) -> &UnderWay {
        &self.0.under_way
    }

    /// Answers that were rendered already.
    pub(crate) fn cache(&self) -> &Cache {
        &self.0.cache
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
