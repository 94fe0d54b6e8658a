//! Mail addresses, read strictly: one address, and nothing a header or a server could read as something else.

use std::{fmt, str::FromStr};

use lettre::{Address, message::Mailbox};
use serde::{Deserialize, Serialize};

/// What RFC 3696 allows: 64 characters, an `@`, 255 characters.
const LONGEST: usize = 320;

/// One ASCII mail address with a domain of the public name system. Equal as typed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct EmailAddress(Address);

/// Why something is no mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// More than 320 characters.
    #[error("a mail address has at most {LONGEST} characters")]
    TooLong,
    /// Blanks, control characters, letters beyond ASCII, or punctuation that separates or quotes addresses.
    #[error("write one plain address such as ada@example.org, without a name, quotes or blanks")]
    Character,
    /// Not something, one `@` and a domain.
    #[error("a mail address is a name, an @ and a domain")]
    Form,
    /// The domain has no top level.
    #[error("the domain of a mail address ends in a top level such as .org")]
    NoTopLevel,
}

impl EmailAddress {
    /// The address as text.
    pub fn as_str(&self) -> &str {
        self.0.as_ref()
    }

    /// What follows the `@`.
    pub fn domain(&self) -> &str {
        self.0.domain()
    }

    pub(super) fn mailbox(&self, name: Option<&str>) -> Mailbox {
        Mailbox::new(name.map(str::to_owned), self.0.clone())
    }
}

impl FromStr for EmailAddress {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > LONGEST {
            return Err(BadAddress::TooLong);
        }
        // RFC 5322 allows much of this inside quotes; nobody has such an address, and every reader disagrees about it.
        if !text.bytes().all(|b| b.is_ascii_graphic() && !b"\"(),:;<>[]\\".contains(&b)) {
            return Err(BadAddress::Character);
        }
        let (_, domain) = text.split_once('@').ok_or(BadAddress::Form)?;
        if domain.contains('@') {
            return Err(BadAddress::Form);
        }
        let address: Address = text.parse().map_err(|_| BadAddress::Form)?;
        let top = domain.rsplit_once('.').map_or("", |(_, top)| top);
        // A number is the end of an IP address, not a top level.
        if top.len() < 2 || top.bytes().all(|b| b.is_ascii_digit()) {
            return Err(BadAddress::NoTopLevel);
        }
        Ok(Self(address))
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = BadAddress;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_addresses_are_read() {
        for good in ["ada@example.org", "a.b+c=d@sub.example.co.uk", "o'hara@xn--bcher-kva.example"] {
            let address: EmailAddress = good.parse().unwrap();
            assert_eq!((address.as_str(), address.to_string().as_str()), (good, good));
            assert_eq!(serde_json::to_string(&address).unwrap(), format!("\"{good}\""));
        }
        assert_eq!("ada@example.org".parse::<EmailAddress>().unwrap().domain(), "example.org");
        assert!(serde_json::from_str::<EmailAddress>("\"ada\"").is_err());
    }

    #[test]
    fn anything_else_is_refused() {
        let read = |text: &str| text.parse::<EmailAddress>().map(|_| ()).unwrap_err();
        for text in [
            "ada@example.org\r\nBcc: eve@example.org",
            "ada@example.org\n",
            " ada@example.org",
            "ada\0@example.org",
            "a\u{7f}da@example.org",
            "ada@example.org,eve@example.org",
            "Ada <ada@example.org>",
            "\"a b\"@example.org",
            "ada@[127.0.0.1]",
            "ada@bücher.example",
            "ädä@example.org",
        ] {
            assert_eq!(read(text), BadAddress::Character, "{text:?}");
        }
        for text in
            ["", "ada", "@example.org", "ada@", "a@b@example.org", "ada@exa_mple..org", ".ada@example.org"]
        {
            assert_eq!(read(text), BadAddress::Form, "{text:?}");
        }
        for text in ["ada@localhost", "ada@127.0.0.1", "ada@example.o"] {
            assert_eq!(read(text), BadAddress::NoTopLevel, "{text:?}");
        }
        assert_eq!(read(&format!("a@{}.org", "b.".repeat(200))), BadAddress::TooLong);
        assert_eq!(read(&format!("{}@example.org", "a".repeat(65))), BadAddress::Form);
    }

    proptest! {
        #[test]
        fn what_is_read_is_one_token(text in "[ -~\\r\\n\\x00é]{0,20}@[ -~\\r\\n]{0,20}") {
            if let Ok(address) = text.parse::<EmailAddress>() {
                prop_assert_eq!(address.as_str(), &text);
                prop_assert!(text.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b','));
            }
        }
    }
}
