//! Who there is: set-up, invitations, accounts, sessions, tokens, and what someone did.
//!
//! Secrets (of sessions, tokens and links) are made in one place, shown once, and kept as digests only.

mod accounts;
mod bots;
mod done;
mod invitations;
mod password;
mod privacy;
mod secret;
mod sessions;
mod setup;
mod tokens;

pub use accounts::{AccountView, NewAccount};
pub use done::{Deed, OwnData, PersonPage};
pub use invitations::Invitation;
pub use password::Password;
pub use secret::Secret;
pub use sessions::{Signed, SignedIn};
pub use tokens::{Bearer, NewToken, TokenView};
