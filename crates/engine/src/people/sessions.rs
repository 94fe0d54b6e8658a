//! Signing in and out.

use bellwether_core::{
    actor::Actor,
    ids::{AccountId, Sha256},
    people::{Handle, Role},
};
use bellwether_store::{Account, Session, Tx};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{Password, Secret, accounts::record};
use crate::{Engine, EngineError, Result};

/// A session that is not used for so long ends.
const IDLE: TimeDelta = TimeDelta::days(7);
/// However much it is used, a session ends after so long.
const LONGEST: TimeDelta = TimeDelta::days(30);
/// A use is noted at most this often: a reader's page should not cost a write.
const NOTED: TimeDelta = TimeDelta::minutes(5);

/// Someone who is known to a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Signed {
    /// Their account.
    pub account: AccountId,
    /// Its name in the ledger.
    pub handle: Handle,
    /// How they want to be called.
    pub name: String,
    /// What they may do now.
    pub role: Role,
    /// As they stand in the ledger.
    pub actor: Actor,
}

/// A session that has just begun.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The secret, for the browser's cookie.
    pub secret: Secret,
    /// Who.
    pub signed: Signed,
    /// When the session ends however much it is used.
    pub ends_at: DateTime<Utc>,
}

impl Engine {
    /// Signs someone in. A wrong name and a wrong password get one answer, and take one time.
    ///
    /// # Errors
    /// A field error of `password` that does not say which of the two was wrong.
    pub async fn sign_in(&self, handle: &str, password: Password) -> Result<SignedIn> {
        let handle = Handle::new(handle).ok();
        let account = match &handle {
            Some(handle) => self.read().await?.account_of_handle(handle).await?,
            None => None,
        };
        let account = account.filter(|a| a.disabled_at.is_none());
        let hash = account.as_ref().and_then(|a| a.password.clone());
        let fits = password.fits(hash.clone()).await?;
        let Some(account) = account.filter(|_| fits) else {
            return Err(EngineError::invalid("password", "wrong", "the name or the password is not right"));
        };
        let now = self.now();
        let mut tx = self.write().await?;
        // The account may have been disabled, or its password changed, while the password was compared.
        let account = tx.account(account.id).await?;
        if account.disabled_at.is_some() || account.password != hash {
            return Err(EngineError::invalid("password", "wrong", "the name or the password is not right"));
        }
        tx.forget_sessions(now - LONGEST).await?;
        let signed = begin(&mut tx, account, now).await?;
        tx.commit().await?;
        Ok(signed)
    }

    /// Who a session's secret belongs to; nobody once it has ended, or its account is disabled.
    pub async fn session(&self, secret: &Secret) -> Result<Option<Signed>> {
        let now = self.now();
        let hash = secret.digest();
        let mut tx = self.read().await?;
        let Some(session) = tx.session(hash).await? else { return Ok(None) };
        if session.ended_at.is_some() || now >= session.ends_at || now >= session.seen_at + IDLE {
            return Ok(None);
        }
        let account = tx.account(session.account).await?;
        drop(tx);
        if account.disabled_at.is_some() {
            return Ok(None);
        }
        if now >= session.seen_at + NOTED {
            let mut tx = self.write().await?;
            tx.touch_session(hash, now).await?;
            tx.commit().await?;
        }
        Ok(Some(Signed::from(account)))
    }

    /// Ends a session.
    pub async fn sign_out(&self, secret: &Secret) -> Result<()> {
        let mut tx = self.write().await?;
        tx.end_session(secret.digest(), self.now()).await?;
        Ok(tx.commit().await?)
    }

    /// Ends all sessions of an account but one.
    pub async fn sign_out_elsewhere(&self, account: AccountId, but: &Secret) -> Result<()> {
        let mut tx = self.write().await?;
        end_others(&mut tx, account, Some(but.digest()), self.now()).await?;
        Ok(tx.commit().await?)
    }

    /// Changes a password: the one that stood is asked for, every session ends, and a new one begins.
    ///
    /// # Errors
    /// Field errors of `current` and `password`.
    pub async fn change_password(
        &self,
        account: AccountId,
        current: Password,
        password: Password,
    ) -> Result<SignedIn> {
        let known = self.read().await?.account(account).await?;
        if !current.fits(known.password.clone()).await? {
            return Err(EngineError::invalid("current", "wrong", "this is not your password"));
        }
        password.judge("password", &[known.handle.as_str(), &known.name])?;
        let hash = password.hash().await?;
        let now = self.now();
        let mut tx = self.write().await?;
        let mut account = tx.account(account).await?;
        if account.password != known.password || account.disabled_at.is_some() {
            return Err(EngineError::Conflict(
                "the password was changed meanwhile: sign in again".to_owned(),
            ));
        }
        account.password = Some(hash);
        tx.save_account(&account).await?;
        end_others(&mut tx, account.id, None, now).await?;
        record(&mut tx, &account.actor(), "account.password_changed", &account, json!({}), now).await?;
        let signed = begin(&mut tx, account, now).await?;
        tx.commit().await?;
        Ok(signed)
    }
}

impl From<Account> for Signed {
    fn from(account: Account) -> Self {
        let actor = account.actor();
        Self { account: account.id, handle: account.handle, name: account.name, role: account.role, actor }
    }
}

/// Begins a session with a secret of its own.
pub(super) async fn begin(tx: &mut Tx, account: Account, now: DateTime<Utc>) -> Result<SignedIn> {
    let secret = Secret::new("bws")?;
    let ends_at = now + LONGEST;
    tx.insert_session(&Session {
        hash: secret.digest(),
        account: account.id,
        created_at: now,
        seen_at: now,
        ends_at,
        ended_at: None,
    })
    .await?;
    Ok(SignedIn { secret, signed: Signed::from(account), ends_at })
}

async fn end_others(tx: &mut Tx, account: AccountId, but: Option<Sha256>, now: DateTime<Utc>) -> Result<()> {
    for session in tx.sessions(account).await? {
        if Some(session.hash) != but {
            tx.end_session(session.hash, now).await?;
        }
    }
    Ok(())
}
