//! Links that let someone in once.

use bellwether_core::{
    actor::Actor,
    ids::{AccountId, Sha256, TicketId},
    people::Role,
};
use chrono::{DateTime, Utc};

use crate::{
    Result, Tx, Word,
    sql::{many, maybe, run},
    table::table,
};

table! {
    /// A link that lets someone in once. Its secret was shown once; the digest is here.
    "ticket" => pub struct Ticket {
        /// Its id.
        pub id: TicketId,
        /// Digest of the secret.
        pub hash: Sha256,
        /// `setup`, `invite` or `reset`.
        pub purpose: Word,
        /// Of an invitation: the role of whoever joins.
        pub role: Option<Role>,
        /// Of a reset: whose password.
        pub account: Option<AccountId>,
        /// Whom it is meant for, in the words of whoever made it.
        pub note: String,
        /// When it was made.
        pub created_at: DateTime<Utc>,
        /// Who made it.
        pub created_by: Actor,
        /// When it runs out.
        pub ends_at: DateTime<Utc>,
        /// When it was used.
        pub used_at: Option<DateTime<Utc>>,
        /// When it was withdrawn.
        pub withdrawn_at: Option<DateTime<Utc>>,
    }
}

impl Ticket {
    /// Whether it still lets someone in.
    pub fn stands(&self, now: DateTime<Utc>) -> bool {
        self.used_at.is_none() && self.withdrawn_at.is_none() && now < self.ends_at
    }
}

impl Tx {
    /// Adds a ticket.
    pub async fn insert_ticket(&mut self, ticket: &Ticket) -> Result<()> {
        self.insert(ticket).await
    }

    /// The ticket of a secret's digest, whether it still stands or not.
    pub async fn ticket_of_hash(&mut self, hash: Sha256) -> Result<Option<Ticket>> {
        maybe!(self, Ticket, "SELECT * FROM ticket WHERE hash = $1", &hash)
    }

    /// The tickets of a purpose, newest first.
    pub async fn tickets(&mut self, purpose: &Word) -> Result<Vec<Ticket>> {
        const SQL: &str = "SELECT * FROM ticket WHERE purpose = $1 ORDER BY created_at DESC, id DESC";
        many!(self, Ticket, SQL, purpose)
    }

    /// Uses a ticket up; whether it was there to use.
    pub async fn use_ticket(&mut self, id: TicketId, at: DateTime<Utc>) -> Result<bool> {
        const SQL: &str = "UPDATE ticket SET used_at = $2
            WHERE id = $1 AND used_at IS NULL AND withdrawn_at IS NULL AND ends_at > $2";
        Ok(run!(self, SQL, id, at)? == 1)
    }

    /// Withdraws a ticket; whether it stood.
    pub async fn withdraw_ticket(&mut self, id: TicketId, at: DateTime<Utc>) -> Result<bool> {
        const SQL: &str = "UPDATE ticket SET withdrawn_at = $2
            WHERE id = $1 AND used_at IS NULL AND withdrawn_at IS NULL";
        Ok(run!(self, SQL, id, at)? == 1)
    }

    /// Withdraws all standing tickets of a purpose, or those for one account; how many.
    pub async fn withdraw_tickets(
        &mut self,
        purpose: &Word,
        account: Option<AccountId>,
        at: DateTime<Utc>,
    ) -> Result<u64> {
        const ALL: &str = "UPDATE ticket SET withdrawn_at = $2
            WHERE purpose = $1 AND used_at IS NULL AND withdrawn_at IS NULL";
        const OF_ACCOUNT: &str = "UPDATE ticket SET withdrawn_at = $2
            WHERE purpose = $1 AND account = $3 AND used_at IS NULL AND withdrawn_at IS NULL";
        match account {
            None => run!(self, ALL, purpose, at),
            Some(account) => run!(self, OF_ACCOUNT, purpose, at, account),
        }
    }
}
