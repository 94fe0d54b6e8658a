//! Accounts of people and of their bots.

use bellwether_core::{
    actor::Actor,
    ids::AccountId,
    people::{Handle, Role},
};
use chrono::{DateTime, Utc};

use crate::{
    Result, StoreError, Tx, Word,
    sql::{many, maybe, run, scalar},
    table::table,
};

table! {
    /// An account.
    "account" => pub struct Account {
        /// Its id.
        pub id: AccountId,
        /// Its name in the ledger; never changes.
        pub handle: Handle,
        /// How its holder wants to be called.
        pub name: String,
        /// `person` or `bot`.
        pub kind: Word,
        /// Of a bot: who answers for it.
        pub owner: Option<AccountId>,
        /// What it may do.
        pub role: Role,
        /// The password's argon2id hash in the PHC form; a bot has none.
        pub password: Option<String>,
        /// When it was made.
        pub created_at: DateTime<Utc>,
        /// Who made it.
        pub created_by: Actor,
        /// Since when nobody can act through it.
        pub disabled_at: Option<DateTime<Utc>>,
    }
}

impl Account {
    /// Whether it belongs to a program.
    pub fn is_bot(&self) -> bool {
        self.kind == "bot"
    }

    /// The account as it stands in the ledger.
    pub fn actor(&self) -> Actor {
        if self.is_bot() { Actor::Bot(self.handle.clone()) } else { Actor::Person(self.handle.clone()) }
    }
}

impl Tx {
    /// Adds an account. [`StoreError::Duplicate`] when its handle is taken.
    pub async fn insert_account(&mut self, account: &Account) -> Result<()> {
        self.insert(account).await
    }

    /// An account.
    pub async fn account(&mut self, id: AccountId) -> Result<Account> {
        maybe!(self, Account, "SELECT * FROM account WHERE id = $1", id)?.ok_or(StoreError::NotFound)
    }

    /// The account of a handle.
    pub async fn account_of_handle(&mut self, handle: &Handle) -> Result<Option<Account>> {
        maybe!(self, Account, "SELECT * FROM account WHERE handle = $1", handle)
    }

    /// All accounts, by handle.
    pub async fn accounts(&mut self) -> Result<Vec<Account>> {
        many!(self, Account, "SELECT * FROM account ORDER BY handle")
    }

    /// Whether there is any account.
    pub async fn has_accounts(&mut self) -> Result<bool> {
        Ok(scalar!(self, i64, "SELECT COUNT(*) FROM account")?.unwrap_or(0) > 0)
    }

    /// Keeps what can change of an account: its holder's name, role, password, and whether it is disabled.
    pub async fn save_account(&mut self, account: &Account) -> Result<()> {
        const SQL: &str =
            "UPDATE account SET name = $2, role = $3, password = $4, disabled_at = $5 WHERE id = $1";
        let done = run!(
            self,
            SQL,
            account.id,
            &account.name,
            &account.role,
            &account.password,
            account.disabled_at
        )?;
        if done == 1 { Ok(()) } else { Err(StoreError::NotFound) }
    }
}
