//! What stands around every page.

use chrono::{DateTime, Utc};

use super::{
    assets::{ASSETS, Assets},
    parts::When,
};

/// The place in the bar that a page belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Place {
    /// Feed and claims.
    Claims,
    /// The resolution dashboard.
    Resolution,
    /// Open against closed.
    Benchmarks,
    /// Making a claim.
    NewClaim,
    /// Sources.
    Sources,
    /// What waits for a person's answer.
    Review,
    /// About this installation.
    About,
    /// None of these.
    #[default]
    Nowhere,
}

/// The demo's strip above every page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DemoStrip {
    /// What the demo's clock shows.
    pub now: DateTime<Utc>,
    /// Whether a further update is held back.
    pub more: bool,
}

impl DemoStrip {
    /// The clock's day.
    pub(crate) fn clock(&self) -> When {
        When::day(self.now)
    }
}

/// One entry of the bar.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NavItem {
    /// The word.
    pub label: &'static str,
    /// The address.
    pub href: &'static str,
    /// Whether the page belongs to it.
    pub current: bool,
}

/// The frame of a page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shell {
    /// The page's title, without the product's name.
    pub title: String,
    /// Where in the bar.
    pub place: Place,
    /// The page's own path and query, for coming back.
    pub path: String,
    /// The instant of the engine's clock.
    pub now: DateTime<Utc>,
    /// The demo's strip, in the demo.
    pub demo: Option<DemoStrip>,
    /// What was searched for.
    pub search: String,
    /// The page shows what was known then.
    pub frozen: Option<DateTime<Utc>>,
    /// `light` or `dark` where the reader chose one.
    pub theme: Option<&'static str>,
    /// The address that others reach this installation at, without a slash at the end.
    pub origin: String,
}

impl Shell {
    /// The instant that the page is told as of.
    pub(crate) fn instant(&self) -> DateTime<Utc> {
        self.frozen.unwrap_or(self.now)
    }

    /// The addresses of style, script, font and icon.
    #[expect(clippy::unused_self, reason = "templates reach everything through the page")]
    pub(crate) fn assets(&self) -> &'static Assets {
        &ASSETS
    }

    fn item(&self, label: &'static str, href: &'static str, place: Place) -> NavItem {
        NavItem { label, href, current: self.place == place }
    }

    /// The entries of the bar.
    pub(crate) fn nav(&self) -> [NavItem; 3] {
        [
            self.item("Claims", "/", Place::Claims),
            self.item("Resolution", "/resolution", Place::Resolution),
            self.item("Open vs closed", "/benchmarks", Place::Benchmarks),
        ]
    }

    /// The entries under "More".
    pub(crate) fn more(&self) -> [NavItem; 3] {
        [
            self.item("Sources", "/sources", Place::Sources),
            self.item("Review queue", "/review", Place::Review),
            self.item("About", "/about", Place::About),
        ]
    }

    /// Whether "New claim" is the current page.
    pub(crate) fn is_new_claim(&self) -> bool {
        self.place == Place::NewClaim
    }
}
