//! What stands around every page.

use chrono::{DateTime, Utc};

use crate::visitor::{Visitor, sign_in_path};
use bellwether_core::people::Right;

use super::{
    assets::{ASSETS, Assets},
    parts::{Instead, When},
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
    /// What was read that may bear on claims.
    Signals,
    /// Everyone with an opinion.
    Forecasters,
    /// Making a claim.
    NewClaim,
    /// Sources.
    Sources,
    /// What waits for a person's answer.
    Review,
    /// About this installation.
    About,
    /// Everyone who has an account.
    People,
    /// What one is told.
    Inbox,
    /// What one follows.
    Alerts,
    /// One's own account.
    Account,
    /// What admins keep.
    Settings,
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
    /// The number of the last event that this page shows, where it listens for later ones.
    pub known: Option<i64>,
    /// `light` or `dark` where the reader chose one.
    pub theme: Option<&'static str>,
    /// Who reads.
    pub visitor: Visitor,
    /// How many messages they have not read; none where they have no inbox.
    pub unread: Option<u64>,
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
    pub(crate) fn nav(&self) -> [NavItem; 5] {
        [
            self.item("Claims", "/", Place::Claims),
            self.item("Resolution", "/resolution", Place::Resolution),
            self.item("Open vs closed", "/benchmarks", Place::Benchmarks),
            self.item("Signals", "/signals", Place::Signals),
            self.item("Forecasters", "/forecasters", Place::Forecasters),
        ]
    }

    /// The entries under "More".
    pub(crate) fn more(&self) -> Vec<NavItem> {
        if !self.may_read() {
            return Vec::new();
        }
        let mut items = vec![
            self.item("Sources", "/sources", Place::Sources),
            self.item("Review queue", "/review", Place::Review),
        ];
        if !self.visitor.is_operator() {
            items.push(self.item("People", "/people", Place::People));
            if self.visitor.has(Right::Administer) {
                items.push(self.item("Settings", "/settings", Place::Settings));
            }
        }
        if self.visitor.has(Right::Follow) {
            items.push(self.item("Alerts", "/alerts", Place::Alerts));
        }
        items.push(self.item("About", "/about", Place::About));
        items
    }

    /// The way to one's account, or to the door; nothing where there are no accounts.
    pub(crate) fn own(&self) -> Option<(String, String, bool)> {
        if let Some(signed) = &self.visitor.signed {
            return Some((signed.handle.to_string(), "/account".to_owned(), self.place == Place::Account));
        }
        if self.path.starts_with("/sign-in") {
            return None;
        }
        let back = if self.path.is_empty() { "/" } else { &self.path };
        (!self.visitor.is_operator()).then(|| ("Sign in".to_owned(), sign_in_path(back), false))
    }

    /// Whether the reader reads more than the door: nobody else at a private installation.
    pub(crate) fn may_read(&self) -> bool {
        self.visitor.has(Right::Read)
    }

    /// What stands in the place of something for those who may not do it; nothing for those who may. `back` is where
    /// they are led after signing in, `to` what they come in for, `others` who does it.
    fn instead(&self, right: Right, back: &str, to: &'static str, others: &'static str) -> Option<Instead> {
        if self.visitor.has(right) {
            return None;
        }
        let stranger = self.visitor.signed.is_none();
        Some(if stranger {
            Instead::SignIn { href: sign_in_path(back), to }
        } else {
            Instead::Others(others)
        })
    }

    /// In the place of what curators do.
    pub(crate) fn no_curator(&self, back: &str, to: &'static str, others: &'static str) -> Option<Instead> {
        self.instead(Right::Curate, back, to, others)
    }

    /// In the place of a forecast.
    pub(crate) fn no_forecaster(&self, back: &str) -> Option<Instead> {
        self.instead(Right::Forecast, back, "forecast", "This token cannot forecast.")
    }

    /// In the place of a bet.
    pub(crate) fn no_bettor(&self, back: &str) -> Option<Instead> {
        self.instead(Right::Forecast, back, "bet", "This token cannot bet.")
    }

    /// In the place of what one follows.
    pub(crate) fn no_follower(&self, back: &str) -> Option<Instead> {
        self.instead(Right::Follow, back, "get alerts", "This token cannot follow anything.")
    }

    /// The word of the way to the inbox, and whether one is there; nothing without an inbox.
    pub(crate) fn inbox(&self) -> Option<(String, bool)> {
        let label = match self.unread? {
            0 => "Inbox".to_owned(),
            n => format!("Inbox ({n})"),
        };
        Some((label, self.place == Place::Inbox))
    }

    /// In the place of an objection.
    pub(crate) fn no_objector(&self, back: &str) -> Option<Instead> {
        self.instead(Right::Object, back, "object", "This token cannot object.")
    }

    /// Whether the reader keeps accounts and settings, or is the operator of an installation without accounts.
    pub(crate) fn may_administer(&self) -> bool {
        self.visitor.has(Right::Administer)
    }

    /// Whether the reader keeps claims, evidence and sources.
    pub(crate) fn may_curate(&self) -> bool {
        self.visitor.has(Right::Curate)
    }

    /// Whether the reader may object.
    pub(crate) fn may_object(&self) -> bool {
        self.visitor.has(Right::Object)
    }

    /// Whether the reader may decide disputes.
    pub(crate) fn may_decide(&self) -> bool {
        self.visitor.has(Right::Decide)
    }

    /// Whether "New claim" is the current page.
    pub(crate) fn is_new_claim(&self) -> bool {
        self.place == Place::NewClaim
    }
}
