//! Mail: addresses, letters, and handing them to a mail server.

mod address;
mod letter;
mod server;

pub use address::{BadAddress, EmailAddress};
pub use letter::{Confirmation, confirmation, letter};
pub use server::{BadMailServer, Mailer, Posted};
