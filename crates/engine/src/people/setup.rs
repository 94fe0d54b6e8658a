//! The first account: made through a link that is printed where only the one who installs can read it.

use bellwether_core::{actor::Actor, ids::TicketId, people::Role};
use bellwether_store::{Ticket, Tx};
use chrono::{DateTime, TimeDelta, Utc};

use super::{NewAccount, Secret, SignedIn, sessions::begin};
use crate::{Engine, EngineError, Result, ids::new_uuid};

/// How long the link can be used.
const HOUR: TimeDelta = TimeDelta::hours(1);

impl Engine {
    /// Whether anyone has an account.
    pub async fn is_set_up(&self) -> Result<bool> {
        Ok(self.read().await?.has_accounts().await?)
    }

    /// The secret of a new link for setting up; those made before no longer work. None once there is an account.
    pub async fn setup_link(&self) -> Result<Option<Secret>> {
        let now = self.now();
        let mut tx = self.write().await?;
        if tx.has_accounts().await? {
            return Ok(None);
        }
        tx.withdraw_tickets(&"setup".into(), None, now).await?;
        let secret = Secret::new("bwl")?;
        tx.insert_ticket(&Ticket {
            id: TicketId(new_uuid(now)),
            hash: secret.digest(),
            purpose: "setup".into(),
            role: None,
            account: None,
            note: String::new(),
            created_at: now,
            created_by: Actor::system("setup"),
            ends_at: now + HOUR,
            used_at: None,
            withdrawn_at: None,
        })
        .await?;
        tx.commit().await?;
        Ok(Some(secret))
    }

    /// Whether a link for setting up can still be used.
    pub async fn setup_stands(&self, secret: &Secret) -> Result<bool> {
        let mut tx = self.read().await?;
        Ok(!tx.has_accounts().await? && standing(&mut tx, secret, "setup", self.now()).await?.is_some())
    }

    /// Makes the first account, an admin, and signs it in. Of many at once, one succeeds.
    ///
    /// # Errors
    /// Field errors; [`EngineError::NotFound`] when the link cannot be used, or there is an account.
    pub async fn set_up(&self, secret: &Secret, new: NewAccount) -> Result<SignedIn> {
        if !self.setup_stands(secret).await? {
            return Err(used_up());
        }
        let newcomer = new.read().await?;
        let now = self.now();
        let mut tx = self.write().await?;
        let ticket = standing(&mut tx, secret, "setup", now).await?.ok_or_else(used_up)?;
        if tx.has_accounts().await? || !tx.use_ticket(ticket.id, now).await? {
            return Err(used_up());
        }
        let account = newcomer.join(&mut tx, Role::Admin, Actor::system("setup"), now).await?;
        let signed = begin(&mut tx, account, now).await?;
        tx.commit().await?;
        Ok(signed)
    }
}

fn used_up() -> EngineError {
    EngineError::NotFound(
        "link for setting up: it was used, or an hour has passed; start the server anew for another",
    )
}

/// The ticket of a secret, if it can still be used for this.
pub(super) async fn standing(
    tx: &mut Tx,
    secret: &Secret,
    purpose: &str,
    now: DateTime<Utc>,
) -> Result<Option<Ticket>> {
    let ticket = tx.ticket_of_hash(secret.digest()).await?;
    Ok(ticket.filter(|t| t.purpose == purpose && t.stands(now)))
}
