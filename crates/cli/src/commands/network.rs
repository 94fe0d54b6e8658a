//! Options of every command that asks other machines.

use anyhow::Context as _;
use bellwether_engine::outside::Outside;
use bellwether_sources::fetch::{AddressPolicy, FetchSettings, client::user_agent};
use clap::Args;

use crate::usage::Usage;

#[derive(Debug, Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct Network {
    /// Also fetch from this private or local network, on any port; may be repeated. Without it only the public
    /// internet is asked
    #[arg(long, value_name = "CIDR", env = "BELLWETHER_ALLOW_NETWORK", value_delimiter = ',')]
    allow_network: Vec<String>,

    /// Where publishers can reach you about these requests; told to them with the program's name and version
    #[arg(long, value_name = "URL or e-mail", env = "BELLWETHER_CONTACT", value_parser = contact)]
    contact: Option<String>,
}

impl Network {
    /// The way to other machines; secrets come from the environment.
    pub(crate) fn outside(&self) -> anyhow::Result<Outside> {
        let policy =
            AddressPolicy::allowing(&self.allow_network).map_err(|e| Usage::of("--allow-network", e))?;
        let user_agent = user_agent(self.contact.as_deref());
        let settings = FetchSettings { policy, user_agent, ..FetchSettings::default() };
        Outside::with_secrets_of_environment(settings).context("cannot fetch")
    }
}

fn contact(text: &str) -> Result<String, String> {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() && !"()".contains(c));
    if plain { Ok(text.to_owned()) } else { Err("write an address or an e-mail without blanks".to_owned()) }
}
