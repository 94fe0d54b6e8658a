//! Asking a site for a question through the guarded fetcher.

use chrono::{DateTime, Utc};

use super::{Reading, Site, Unreadable};
use crate::fetch::{
    Auth, Expect, FetchError, Fetched, Fetcher, Meta, Redirected, Request, Secret, Validators,
};

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// 304: what was read before still stands.
    Unchanged(Meta),
    /// An answer that could be read.
    Read {
        /// The facts of the exchange.
        meta: Meta,
        /// The bytes, for the snapshot.
        bytes: Vec<u8>,
        /// What they say.
        reading: Reading,
    },
}

/// Why a question could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExternalError {
    /// Nothing usable came back.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The answer says nothing that can be followed.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The site gives its data to people who are logged in only.
    #[error("{site} wants to know who asks{}", .site.secret().map(|name|
        format!(": an administrator sets BELLWETHER_SECRET_{name} to a token of a {site} account")).unwrap_or_default())]
    LoginNeeded {
        /// The site.
        site: Site,
    },
    /// Another host answered.
    #[error("{site} answered from another host; if it has moved, link the question at its new address")]
    Moved {
        /// The site.
        site: Site,
    },
}

impl ExternalError {
    /// The error's name: stable, for rows, JSON and tests.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Fetch(error) => error.code(),
            Self::Unreadable(error) => error.code(),
            Self::LoginNeeded { .. } => "login_needed",
            Self::Moved { .. } => "moved",
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
    /// Asks a site for a question at the address of its data. `token` is the value of [`Site::secret`], if there is one.
    pub async fn ask_question(
        &self,
        site: Site,
        api: &str,
        validators: Validators,
        token: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<Asked, ExternalError> {
        let auth =
            token.map(|t| Auth { header: "authorization".to_owned(), value: Secret(format!("Token {t}")) });
        let request = Request { validators, auth, ..Request::get(api, Expect::Json) };
        let fetched = self.fetch(&request, now).await.map_err(|e| refused(site, e))?;
        if fetched.meta().redirected == Redirected::ToOtherHost {
            return Err(ExternalError::Moved { site });
        }
        let (meta, parts) = match fetched {
            Fetched::Unchanged(meta) => return Ok(Asked::Unchanged(meta)),
            Fetched::Body { meta, parts } => (meta, parts),
        };
        let bytes = parts.into_iter().next().ok_or(FetchError::EmptyBody)?.bytes;
        // Parsing is work for a processor, not for the threads that wait for sockets.
        let (read, bytes) = tokio::task::spawn_blocking(move || (site.read(&bytes, now), bytes))
            .await
            .map_err(|e| FetchError::Setup { reason: e.to_string() })?;
        Ok(Asked::Read { meta, bytes, reading: read? })
    }
}

/// What the sites mean by their refusals.
fn refused(site: Site, error: FetchError) -> ExternalError {
    match error {
        FetchError::Status { status: 404 | 410 } => Unreadable::NotFound { site }.into(),
        FetchError::Status { status: 401 | 403 } if site.secret().is_some() => {
            ExternalError::LoginNeeded { site }
        }
        other => other.into(),
    }
}
