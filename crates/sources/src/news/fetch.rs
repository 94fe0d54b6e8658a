//! Asking for a feed through the guarded fetcher.

use chrono::{DateTime, Utc};

use super::{BadFeed, News, read};
use crate::fetch::{Expect, FetchError, Fetched, Fetcher, Meta, Redirected, Request, Validators};

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub enum Pulled {
    /// 304: nothing is new.
    Unchanged(Meta),
    /// A feed that could be read.
    Read {
        /// The facts of the exchange.
        meta: Meta,
        /// What it says.
        news: News,
    },
}

/// Why a feed could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// Nothing usable came back.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// What came back is no feed.
    #[error(transparent)]
    Unreadable(#[from] BadFeed),
    /// Another host answered.
    #[error("the feed answered from another host ({0}): if it has moved, follow it at its new address")]
    Moved(String),
}

impl FeedError {
    /// The error's name: stable, for rows, JSON and tests.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Fetch(error) => error.code(),
            Self::Unreadable(error) => error.code(),
            Self::Moved(_) => "moved",
        }
    }

    /// Until when the other side asked to be left alone.
    pub fn wait_until(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Fetch(error) => error.wait_until(),
            _ => None,
        }
    }
}

impl Fetcher {
    /// Asks for a feed.
    pub async fn pull_feed(
        &self,
        address: &str,
        validators: Validators,
        now: DateTime<Utc>,
    ) -> Result<Pulled, FeedError> {
        let request = Request { validators, ..Request::get(address, Expect::Feed) };
        let fetched = self.fetch(&request, now).await?;
        let meta = fetched.meta();
        if meta.redirected == Redirected::ToOtherHost {
            return Err(FeedError::Moved(meta.final_url.host_str().unwrap_or_default().to_owned()));
        }
        let (meta, parts) = match fetched {
            Fetched::Unchanged(meta) => return Ok(Pulled::Unchanged(meta)),
            Fetched::Body { meta, parts } => (meta, parts),
        };
        let part = parts.into_iter().next().ok_or(FetchError::EmptyBody)?;
        let base = meta.final_url.clone();
        // Parsing is work for a processor, not for the threads that wait for sockets.
        let news = tokio::task::spawn_blocking(move || read(&part.bytes, part.content_type(), &base))
            .await
            .map_err(|e| FetchError::Setup { reason: e.to_string() })??;
        Ok(Pulled::Read { meta, news })
    }
}
