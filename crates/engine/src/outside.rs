//! The world outside: how this installation fetches, and the secrets it opens doors with.

use std::sync::Arc;

use bellwether_sources::{
    external::Sites,
    fetch::{FetchError, FetchSettings, Fetcher},
};

/// How an engine reaches other machines. Cheap to clone.
#[derive(Clone)]
pub struct Outside {
    fetcher: Fetcher,
    secret: Arc<SecretByName>,
    sites: Arc<Sites>,
}

type SecretByName = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Outside {
    /// Fetches by these settings; `secret` gives the value of a secret by the name a source document calls it.
    pub fn new(
        settings: FetchSettings,
        secret: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Result<Self, FetchError> {
        Ok(Self { fetcher: Fetcher::new(settings)?, secret: Arc::new(secret), sites: Arc::default() })
    }

    /// Secrets come from the environment: the secret `AA_KEY` from the variable `BELLWETHER_SECRET_AA_KEY`.
    pub fn with_secrets_of_environment(settings: FetchSettings) -> Result<Self, FetchError> {
        Self::new(settings, |name| {
            std::env::var(secret_variable(name)).ok().filter(|value| !value.is_empty())
        })
    }

    /// Asks for questions of other sites at these addresses instead of the sites' own.
    #[must_use]
    pub fn with_sites(self, sites: Sites) -> Self {
        Self { sites: Arc::new(sites), ..self }
    }

    /// Where the data of other sites is.
    pub fn sites(&self) -> &Sites {
        &self.sites
    }

    /// The guarded fetcher.
    pub fn fetcher(&self) -> &Fetcher {
        &self.fetcher
    }

    /// The value of a secret, if it is configured.
    pub fn secret(&self, name: &str) -> Option<String> {
        (self.secret)(name)
    }
}

/// The environment variable that holds a secret.
pub fn secret_variable(name: &str) -> String {
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    format!("BELLWETHER_SECRET_{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_name() {
        assert_eq!(secret_variable("aa-key"), "BELLWETHER_SECRET_AA_KEY");
        let outside =
            Outside::new(FetchSettings::default(), |name| (name == "A").then(|| "x".to_owned())).unwrap();
        assert_eq!((outside.secret("A").as_deref(), outside.secret("B")), (Some("x"), None));
    }
}
