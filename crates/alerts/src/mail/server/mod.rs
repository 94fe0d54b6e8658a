//! Handing letters to a mail server: encrypted unless it stands on this machine, within a time-out, one at a time.

use std::{fmt, net::IpAddr, time::Duration};

use lettre::transport::smtp::{
    Error,
    authentication::{Credentials, Mechanism},
    client::{AsyncSmtpConnection, TlsParameters},
    extension::ClientId,
};
use percent_encoding::percent_decode_str;
use tokio::time::timeout;
use url::Url;

use crate::text::line;

/// How long handing over a letter may take.
const TOTAL: Duration = Duration::from_secs(30);
/// How long saying goodbye may take, once the letter is the server's.
const GOODBYE: Duration = Duration::from_secs(2);

/// What became of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// The server took it.
    Sent,
    /// Not this time: the server is away, busy or does not let us in.
    Later(String),
    /// Never: the server refuses this letter or its recipient.
    Never(String),
}

/// Why an address is no mail server's. Never repeats it: it may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMailServer {
    /// It cannot be read.
    #[error("write the mail server as smtp://user:password@mail.example.org:587 or smtps://…: {0}")]
    Form(&'static str),
    /// A password would travel unencrypted.
    #[error("a user name and password are only sent encrypted; leave out tls=none or the password")]
    PlainPassword,
}

/// Hands letters to one mail server, each over a connection of its own.
#[derive(Clone)]
pub struct Mailer {
    host: String,
    port: u16,
    tls: Tls,
    login: Option<Credentials>,
    hello: ClientId,
    total: Duration,
}

#[derive(Clone)]
enum Tls {
    None,
    /// Upgraded before anything else is said; never carried on without.
    Start(TlsParameters),
    /// From the first byte.
    Wrapped(TlsParameters),
}

impl Mailer {
    /// A mailer for `smtp://user:password@host:port` or `smtps://…`; user and password are percent-encoded.
    ///
    /// Without a port it is 465 for smtps, 587 for smtp with encryption and 25 without. Over smtp the connection is
    /// encrypted by STARTTLS, except to this machine without a password, or with `?tls=none`.
    pub fn new(server: &str) -> Result<Self, BadMailServer> {
        let url = Url::parse(server).map_err(|_| BadMailServer::Form("this is no address"))?;
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        if host.is_empty() {
            return Err(BadMailServer::Form("it names no host"));
        }
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(BadMailServer::Form("nothing but ?tls=none may follow the host"));
        }
        let login = login(&url)?;
        let wanted = match url.query() {
            None => None,
            Some("tls=none") => Some(false),
            Some("tls=required") => Some(true),
            Some(_) => return Err(BadMailServer::Form("the only setting is tls=none or tls=required")),
        };
        let encryption = || {
            TlsParameters::new(host.clone())
                .map_err(|_| BadMailServer::Form("its host has no certificate's name"))
        };
        let (tls, port) = match (url.scheme(), wanted) {
            ("smtps", None | Some(true)) => (Tls::Wrapped(encryption()?), 465),
            ("smtp", Some(false)) if login.is_some() => return Err(BadMailServer::PlainPassword),
            ("smtp", Some(false)) => (Tls::None, 25),
            ("smtp", None) if is_loopback(&host) && login.is_none() => (Tls::None, 25),
            ("smtp", _) => (Tls::Start(encryption()?), 587),
            _ => return Err(BadMailServer::Form("it begins with smtp:// or smtps://")),
        };
        let port = url.port().unwrap_or(port);
        Ok(Self { host, port, tls, login, hello: ClientId::default(), total: TOTAL })
    }

    /// Another time-out than 30 seconds.
    #[must_use]
    pub fn within(mut self, total: Duration) -> Self {
        self.total = total;
        self
    }

    /// Hands over one letter and says what became of it.
    pub async fn post(&self, letter: &lettre::Message) -> Posted {
        let late = || Posted::Later(format!("not taken within {} s", self.total.as_secs_f64()));
        let handing_over = async {
            // Before the letter was shown nothing is wrong with it, whatever the server says.
            let mut connection = self.connect().await.map_err(|e| Posted::Later(reason(&e)))?;
            let sent = connection.send(letter.envelope(), &letter.formatted()).await;
            sent.map(|_| connection).map_err(|e| refusal(&e))
        };
        match timeout(self.total, handing_over).await {
            Err(_) => late(),
            Ok(Err(posted)) => posted,
            Ok(Ok(mut connection)) => {
                // The letter is the server's; whether it also says goodbye changes nothing.
                drop(timeout(GOODBYE, connection.abort()).await);
                Posted::Sent
            }
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let server = (self.host.as_str(), self.port);
        let wrapped = match &self.tls {
            Tls::Wrapped(parameters) => Some(parameters.clone()),
            _ => None,
        };
        let connecting =
            AsyncSmtpConnection::connect_tokio1(server, Some(self.total), &self.hello, wrapped, None);
        let mut connection = connecting.await?;
        if let Tls::Start(parameters) = &self.tls {
            connection.starttls(parameters.clone(), &self.hello).await?;
        }
        // Where there is a login there is encryption: `new` lets no other mailer exist.
        if let Some(login) = self.login.as_ref().filter(|_| connection.is_encrypted()) {
            connection.auth(&[Mechanism::Plain, Mechanism::Login], login).await?;
        }
        Ok(connection)
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

fn login(url: &Url) -> Result<Option<Credentials>, BadMailServer> {
    let decode = |text: &str| {
        let text = percent_decode_str(text).decode_utf8();
        text.map(String::from).map_err(|_| BadMailServer::Form("its user or password is no text"))
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) | (_, None) => {
            Err(BadMailServer::Form("a user needs a password and the other way round"))
        }
        (user, Some(password)) => Ok(Some(Credentials::new(decode(user)?, decode(password)?))),
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A server that wants a login first (530) has nothing against the letter.
fn refusal(error: &Error) -> Posted {
    let wants_login = error.status().is_some_and(|code| code.to_string() == "530");
    if error.is_permanent() && !wants_login {
        Posted::Never(reason(error))
    } else {
        Posted::Later(reason(error))
    }
}

fn reason(error: &Error) -> String {
    line(&error.to_string(), 300)
}

#[cfg(test)]
mod tests;
