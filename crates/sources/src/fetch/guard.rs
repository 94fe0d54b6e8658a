//! The address guard: which addresses may be asked at all.
//!
//! Two checks, because one is not enough: [`AddressPolicy::check_url`] reads every address as written, the first
//! one and that of each redirect, and refuses IP literals that are not allowed (the HTTP client does not ask the
//! resolver about literals); [`AddressPolicy::allows`] is asked by the resolver about every address a name has,
//! and the addresses it lets pass are the ones dialled, so a name cannot change between check and use.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv6Addr},
    sync::LazyLock,
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use url::{Host, Url};

use super::FetchError;

/// Which addresses may be asked. The default allows the public internet on the usual ports and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressPolicy {
    /// Networks that are allowed although they are private, local or reserved. Empty unless configured.
    pub allow: Vec<IpNet>,
    /// Ports that may be asked; `None` means any.
    pub ports: Option<BTreeSet<u16>>,
}

impl Default for AddressPolicy {
    fn default() -> Self {
        Self { allow: Vec::new(), ports: Some(BTreeSet::from([80, 443, 8080, 8443])) }
    }
}

impl AddressPolicy {
    /// A policy for test servers and fixtures on this machine: loopback on any port, and the public internet.
    pub fn with_loopback() -> Self {
        let nets = ["127.0.0.0/8", "::1/128"];
        Self { allow: nets.iter().filter_map(|n| n.parse().ok()).collect(), ports: None }
    }

    /// The default policy and these networks (`10.1.0.0/16`, `::1`), which may be asked on any port: what stands in an
    /// own network rarely stands on port 80. The error names the network that is none.
    pub fn allowing(networks: &[String]) -> Result<Self, String> {
        let read = |text: &String| {
            let text = text.trim();
            let net = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
            net.ok_or_else(|| format!("`{text}` is no network; write for example 10.1.0.0/16 or 127.0.0.1"))
        };
        let allow = networks.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let ports = if allow.is_empty() { Self::default().ports } else { None };
        Ok(Self { allow, ports })
    }

    /// Reads an address as people or documents write it.
    pub fn check_url(&self, text: &str) -> Result<Url, FetchError> {
        let bad = |reason: &str| FetchError::BadUrl {
            url: text.chars().filter(|c| !c.is_control()).take(200).collect(),
            reason: reason.to_owned(),
        };
        if text.len() > 4096 {
            return Err(bad("it is longer than 4096 characters"));
        }
        // The URL standard would silently drop or turn these; two readers disagreeing is how guards are passed.
        if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err(bad("it contains a blank, a control character or a backslash"));
        }
        let url = Url::parse(text).map_err(|e| bad(&e.to_string()))?;
        self.check(url).map_err(|e| match e {
            FetchError::BadUrl { reason, .. } => bad(&reason),
            other => other,
        })
    }

    /// Reads the target of a redirect, relative to where it came from.
    pub fn check_redirect(&self, from: &Url, location: &str) -> Result<Url, FetchError> {
        if location.len() > 4096 || location.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\')
        {
            return Err(FetchError::BadRedirect);
        }
        let to = from.join(location).map_err(|_| FetchError::BadRedirect)?;
        if from.scheme() == "https" && to.scheme() == "http" {
            return Err(FetchError::InsecureRedirect);
        }
        self.check(to)
    }

    fn check(&self, mut url: Url) -> Result<Url, FetchError> {
        let bad = |reason: &str| {
            Err(FetchError::BadUrl {
                url: url.as_str().chars().take(200).collect(),
                reason: reason.to_owned(),
            })
        };
        if !matches!(url.scheme(), "http" | "https") {
            return bad("only http and https addresses are fetched");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return bad("it contains a user name or password; use a secret instead");
        }
        let Some(host) = url.host() else { return bad("it has no host") };
        let literal = match host {
            Host::Ipv4(ip) => Some(IpAddr::V4(ip)),
            Host::Ipv6(ip) => Some(IpAddr::V6(ip)),
            Host::Domain(name) if name.len() > 253 => return bad("its host is longer than 253 characters"),
            Host::Domain(_) => None,
        };
        if literal.is_some_and(|ip| !self.allows(ip)) {
            return Err(FetchError::AddressNotAllowed { host: host.to_string() });
        }
        let port = url.port_or_known_default().unwrap_or(0);
        if self.ports.as_ref().is_some_and(|ports| !ports.contains(&port)) {
            return bad(&format!("port {port} is not among the allowed ports"));
        }
        url.set_fragment(None);
        Ok(url)
    }

    /// Whether a connection to this address may be opened.
    pub fn allows(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.allow.iter().any(|net| net.contains(&ip)) || is_public(ip)
    }
}

/// Networks that are not the public internet (the IANA special-purpose registries), and cloud metadata services
/// that hide behind a public address.
static RESERVED_V4: LazyLock<Vec<Ipv4Net>> = LazyLock::new(|| {
    parse(&[
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    ])
});

/// Of IPv6 only 2000::/3 is public; these parts of it are not: IETF protocols with Teredo (2001::/23), 6to4 and
/// documentation.
static RESERVED_V6: LazyLock<Vec<Ipv6Net>> =
    LazyLock::new(|| parse(&["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"]));

fn parse<N: std::str::FromStr>(texts: &[&str]) -> Vec<N> {
    texts.iter().filter_map(|t| t.parse().ok()).collect()
}

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !RESERVED_V4.iter().any(|net| net.contains(&ip)),
        IpAddr::V6(ip) => is_global_unicast(ip) && !RESERVED_V6.iter().any(|net| net.contains(&ip)),
    }
}

/// 2000::/3: leaves out loopback, link-local, unique local, multicast, NAT64 (64:ff9b::/96, 64:ff9b:1::/48),
/// discard-only 100::/64, SRv6 5f00::/16 and everything unassigned.
fn is_global_unicast(ip: Ipv6Addr) -> bool {
    ip.segments()[0] & 0xe000 == 0x2000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x1_url_rules() {
        let policy = AddressPolicy::default();
        for good in [
            "https://example.org/a?b=c",
            "http://example.org:8080/",
            "https://[2606:4700::1]/",
            "http://8.8.8.8/",
        ] {
            assert!(policy.check_url(good).is_ok(), "{good}");
        }
        assert_eq!(policy.check_url("https://example.org/a#b").unwrap().as_str(), "https://example.org/a");
        let long_host = format!("http://{}/", "a.".repeat(130));
        for bad in [
            "",
            "example.org",
            "//example.org",
            "ftp://example.org/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "data:text/html,x",
            "unix:/run/docker.sock",
            "http://",
            "http://user@example.org/",
            "http://user:pw@example.org/",
            "http://example.org:22/",
            "http://example.org:8081/",
            "http://a\\@example.org/",
            "http://exa mple.org/",
            " http://example.org/",
            "http://example.org/\n",
            "http://exam\tple.org/",
            "http://[fe80::1%25eth0]/",
            long_host.as_str(),
        ] {
            assert_eq!(policy.check_url(bad).map_err(|e| e.code()), Err("bad_url"), "{bad:?}");
        }
        assert_eq!(
            policy.check_url("https://bücher.example/").unwrap().host_str(),
            Some("xn--bcher-kva.example")
        );
    }

    /// B28: every spelling of an inward address.
    #[test]
    fn b28_spellings_of_inward_addresses() {
        let policy = AddressPolicy::default();
        for inward in [
            "http://127.0.0.1/",
            "http://0/",
            "http://0.0.0.0/",
            "http://127.1/",
            "http://0x7f.1/",
            "http://2130706433/",
            "http://017700000001/",
            "http://１２７.０.０.１/",
            "http://[::1]/",
            "http://[::]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::127.0.0.1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[64:ff9b:1::7f00:1]/",
            "http://[2002:7f00:1::]/",
            "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
            "http://[fe80::1]/",
            "http://[fec0::1]/",
            "http://[fd00:ec2::254]/",
            "http://[ff02::1]/",
            "http://[2001:db8::1]/",
            "http://[3fff::1]/",
            "http://[100::1]/",
            "http://[5f00::1]/",
            "http://169.254.169.254/latest/meta-data/",
            "http://168.63.129.16/",
            "http://100.64.0.1/",
            "http://100.100.100.200/",
            "http://10.0.0.1/",
            "http://172.16.0.1/",
            "http://172.31.255.255/",
            "http://192.168.1.1/",
            "http://192.0.0.1/",
            "http://192.88.99.1/",
            "http://198.18.0.1/",
            "http://224.0.0.1/",
            "http://255.255.255.255/",
        ] {
            assert_eq!(
                policy.check_url(inward).map_err(|e| e.code()),
                Err("address_not_allowed"),
                "{inward}"
            );
        }
    }

    #[test]
    fn x3_neighbours_of_reserved_networks_are_public() {
        let policy = AddressPolicy::default();
        for public in
            ["172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "11.0.0.1", "2001:200::1", "2003::1"]
        {
            assert!(policy.allows(public.parse().unwrap()), "{public}");
        }
        assert_eq!((RESERVED_V4.len(), RESERVED_V6.len()), (16, 4), "every entry was readable");
    }

    #[test]
    fn x4_only_configured_networks_open_up() {
        let policy =
            AddressPolicy { allow: vec!["10.1.0.0/16".parse().unwrap()], ..AddressPolicy::default() };
        assert!(policy.allows("10.1.2.3".parse().unwrap()));
        assert!(policy.allows("::ffff:10.1.2.3".parse().unwrap()));
        assert!(!policy.allows("10.2.0.1".parse().unwrap()));
        assert!(!policy.allows("127.0.0.1".parse().unwrap()));
        let read = AddressPolicy::allowing(&["127.0.0.1".to_owned(), " 10.1.0.0/16".to_owned()]).unwrap();
        assert!(read.check_url("http://127.0.0.1:12345/").is_ok());
        assert!(read.check_url("http://127.0.0.2/").is_err());
        assert_eq!(AddressPolicy::allowing(&[]), Ok(AddressPolicy::default()));
        assert!(AddressPolicy::allowing(&["loopback".to_owned()]).unwrap_err().contains("`loopback`"));
    }

    #[test]
    fn b30_redirects_are_checked_like_first_addresses() {
        let policy = AddressPolicy::default();
        let from = Url::parse("https://example.org/a/b").unwrap();
        assert_eq!(policy.check_redirect(&from, "../c").unwrap().as_str(), "https://example.org/c");
        let code = |to| policy.check_redirect(&from, to).map_err(|e| e.code());
        assert_eq!(code("http://example.org/"), Err("insecure_redirect"));
        assert_eq!(code("https://127.0.0.1/"), Err("address_not_allowed"));
        assert_eq!(code("//10.0.0.1/"), Err("address_not_allowed"));
        assert_eq!(code("https://user@example.org/"), Err("bad_url"));
        assert_eq!(code("https://example.org/\\@x"), Err("bad_redirect"));
        assert_eq!(code("file:///etc/passwd"), Err("bad_url"));
    }
}
