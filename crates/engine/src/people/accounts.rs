//! Accounts: made, listed, changed, disabled.

use bellwether_core::{
    actor::Actor,
    ids::AccountId,
    people::{Handle, Role},
    text,
};
use bellwether_store::{Account, Change, StoreError, Tx};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::Password;
use crate::{Engine, EngineError, FieldError, Result, ids::new_uuid};

/// What someone who joins says of themselves.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The name that will stand in the ledger.
    pub handle: String,
    /// How they want to be called; the handle when empty.
    pub name: String,
    /// The password.
    pub password: Password,
}

/// An account as others see it.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountView {
    /// Its name in the ledger.
    pub handle: Handle,
    /// How its holder wants to be called.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Of a bot: who answers for it.
    pub owner: Option<Handle>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Since when nobody can act through it.
    pub disabled_at: Option<DateTime<Utc>>,
}

impl AccountView {
    /// An account among all there are, of which its owner may be one.
    pub(super) fn of(account: Account, everyone: &[Account]) -> Self {
        let owner = account.owner.and_then(|id| everyone.iter().find(|a| a.id == id));
        Self {
            owner: owner.map(|owner| owner.handle.clone()),
            handle: account.handle,
            name: account.name,
            role: account.role,
            created_at: account.created_at,
            disabled_at: account.disabled_at,
        }
    }
}

impl Engine {
    /// All accounts, by handle.
    pub async fn accounts(&self) -> Result<Vec<AccountView>> {
        let accounts = self.read().await?.accounts().await?;
        Ok(accounts.iter().map(|account| AccountView::of(account.clone(), &accounts)).collect())
    }

    /// The account of a name.
    pub async fn account_named(&self, handle: &Handle) -> Result<Option<AccountId>> {
        Ok(self.read().await?.account_of_handle(handle).await?.map(|account| account.id))
    }

    /// Gives an account another role. It holds from the next request on.
    ///
    /// # Errors
    /// [`EngineError::NotFound`]; a conflict where nobody would be left who can keep accounts.
    pub async fn set_role(&self, actor: &Actor, handle: &Handle, role: Role) -> Result<()> {
        let mut tx = self.write().await?;
        let mut account = find(&mut tx, handle).await?;
        let was = std::mem::replace(&mut account.role, role);
        tx.save_account(&account).await?;
        keep_an_admin(&mut tx).await?;
        let body = json!({ "from": was, "to": role });
        record(&mut tx, actor, "account.role_changed", &account, body, self.now()).await?;
        Ok(tx.commit().await?)
    }

    /// Disables an account: its sessions end, its tokens and those of its bots are revoked.
    ///
    /// # Errors
    /// [`EngineError::NotFound`]; a conflict where nobody would be left who can keep accounts.
    pub async fn disable_account(&self, actor: &Actor, handle: &Handle) -> Result<()> {
        let now = self.now();
        let mut tx = self.write().await?;
        let mut account = find(&mut tx, handle).await?;
        if account.disabled_at.is_some() {
            return Ok(());
        }
        account.disabled_at = Some(now);
        tx.save_account(&account).await?;
        keep_an_admin(&mut tx).await?;
        shut_out(&mut tx, account.id, now).await?;
        for mut bot in tx.accounts().await?.into_iter().filter(|a| a.owner == Some(account.id)) {
            shut_out(&mut tx, bot.id, now).await?;
            if bot.disabled_at.is_none() {
                bot.disabled_at = Some(now);
                tx.save_account(&bot).await?;
                record(&mut tx, actor, "account.disabled", &bot, json!({}), now).await?;
            }
        }
        record(&mut tx, actor, "account.disabled", &account, json!({}), now).await?;
        Ok(tx.commit().await?)
    }

    /// Lets a disabled account act again. Its sessions and tokens stay ended.
    pub async fn enable_account(&self, actor: &Actor, handle: &Handle) -> Result<()> {
        let mut tx = self.write().await?;
        let mut account = find(&mut tx, handle).await?;
        if account.disabled_at.take().is_none() {
            return Ok(());
        }
        tx.save_account(&account).await?;
        record(&mut tx, actor, "account.enabled", &account, json!({}), self.now()).await?;
        Ok(tx.commit().await?)
    }

    /// Changes how an account's holder wants to be called.
    pub async fn rename(&self, account: AccountId, name: &str) -> Result<()> {
        let mut tx = self.write().await?;
        let mut account = tx.account(account).await?;
        account.name = read_name(name, &account.handle)?;
        tx.save_account(&account).await?;
        let body = json!({ "name": account.name });
        record(&mut tx, &account.actor(), "account.renamed", &account, body, self.now()).await?;
        Ok(tx.commit().await?)
    }
}

/// What was read of a newcomer, all of it checked.
pub(super) struct Newcomer {
    pub handle: Handle,
    pub name: String,
    pub password: String,
}

impl NewAccount {
    /// Checks every field, then hashes the password: outside any transaction, for it takes a while.
    pub(super) async fn read(self) -> Result<Newcomer> {
        let mut wrong = Vec::new();
        let handle = Handle::new(&self.handle)
            .map_err(|e| wrong.push(FieldError::new("handle", "unreadable", e.to_string())))
            .ok();
        let name = match &handle {
            Some(handle) => read_name(&self.name, handle),
            None => Ok(String::new()),
        };
        if let Err(EngineError::Invalid(more)) = &name {
            wrong.extend(more.iter().cloned());
        }
        if let Err(EngineError::Invalid(more)) = self.password.judge("password", &[&self.handle, &self.name])
        {
            wrong.extend(more);
        }
        match (handle, name) {
            (Some(handle), Ok(name)) if wrong.is_empty() => {
                Ok(Newcomer { handle, name, password: self.password.hash().await? })
            }
            _ => Err(EngineError::Invalid(wrong)),
        }
    }
}

impl Newcomer {
    /// Makes the account of a person.
    pub(super) async fn join(
        self,
        tx: &mut Tx,
        role: Role,
        created_by: Actor,
        now: DateTime<Utc>,
    ) -> Result<Account> {
        let account = Account {
            id: AccountId(new_uuid(now)),
            handle: self.handle,
            name: self.name,
            kind: "person".into(),
            owner: None,
            role,
            password: Some(self.password),
            created_at: now,
            created_by,
            disabled_at: None,
        };
        add(tx, &account).await?;
        Ok(account)
    }
}

/// Adds an account and says so.
pub(super) async fn add(tx: &mut Tx, account: &Account) -> Result<()> {
    tx.insert_account(account).await.map_err(|e| match e {
        StoreError::Duplicate(_) => EngineError::invalid(
            "handle",
            "taken",
            format!("`{}` is taken: choose another name", account.handle),
        ),
        other => other.into(),
    })?;
    let body = json!({ "kind": account.kind, "role": account.role, "name": account.name });
    record(tx, &account.created_by.clone(), "account.created", account, body, account.created_at).await
}

pub(super) async fn find(tx: &mut Tx, handle: &Handle) -> Result<Account> {
    tx.account_of_handle(handle).await?.ok_or(EngineError::NotFound("account"))
}

pub(super) async fn record(
    tx: &mut Tx,
    actor: &Actor,
    kind: &str,
    account: &Account,
    body: serde_json::Value,
    at: DateTime<Utc>,
) -> Result<()> {
    let subject = account.handle.to_string();
    tx.record(&Change { at, actor, kind, claim: None, subject, body }).await?;
    Ok(())
}

/// Ends every way in that an account has.
pub(super) async fn shut_out(tx: &mut Tx, account: AccountId, now: DateTime<Utc>) -> Result<()> {
    tx.end_sessions(account, now).await?;
    tx.revoke_tokens(account, now).await?;
    tx.withdraw_tickets(&"reset".into(), Some(account), now).await?;
    Ok(())
}

/// An installation without an admin could not be helped from inside.
async fn keep_an_admin(tx: &mut Tx) -> Result<()> {
    let accounts = tx.accounts().await?;
    if accounts.iter().any(|a| a.role == Role::Admin && a.disabled_at.is_none() && !a.is_bot()) {
        Ok(())
    } else {
        Err(EngineError::Conflict("this is the only admin: make someone else an admin first".to_owned()))
    }
}

pub(super) fn read_name(name: &str, handle: &Handle) -> Result<String> {
    if name.trim().is_empty() {
        return Ok(handle.to_string());
    }
    text::line(name, 1, 80).map_err(|e| EngineError::invalid("name", "unreadable", e.to_string()))
}
