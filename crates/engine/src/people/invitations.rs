//! Links by which an admin lets others in, and by which someone who forgot their password chooses another.

use bellwether_core::{
    actor::Actor,
    ids::TicketId,
    people::{Handle, Role},
    text,
};
use bellwether_store::{Change, Ticket};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{
    NewAccount, Password, Secret, SignedIn,
    accounts::{find, record, shut_out},
    sessions::begin,
    setup::standing,
};
use crate::{Engine, EngineError, Result, ids::new_uuid};

/// How long an invitation can be used.
const WEEK: TimeDelta = TimeDelta::days(7);
/// How long a link for a new password can be used.
const DAY: TimeDelta = TimeDelta::days(1);

/// An invitation that stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Invitation {
    /// Its id.
    pub id: TicketId,
    /// The role of whoever joins by it.
    pub role: Role,
    /// Whom it is meant for, in the words of whoever made it.
    pub note: String,
    /// Who made it.
    pub created_by: Actor,
    /// When it runs out.
    pub ends_at: DateTime<Utc>,
}

impl Engine {
    /// Invites someone: the secret of a link that can be used once, within a week.
    ///
    /// # Errors
    /// A field error for the note.
    pub async fn invite(&self, actor: &Actor, role: Role, note: &str) -> Result<Secret> {
        let note = if note.trim().is_empty() {
            String::new()
        } else {
            text::line(note, 1, 120).map_err(|e| EngineError::invalid("note", "unreadable", e.to_string()))?
        };
        let now = self.now();
        let secret = Secret::new("bwl")?;
        let ticket = Ticket {
            id: TicketId(new_uuid(now)),
            hash: secret.digest(),
            purpose: "invite".into(),
            role: Some(role),
            account: None,
            note,
            created_at: now,
            created_by: actor.clone(),
            ends_at: now + WEEK,
            used_at: None,
            withdrawn_at: None,
        };
        let mut tx = self.write().await?;
        tx.insert_ticket(&ticket).await?;
        let body = json!({ "role": role, "note": ticket.note });
        let subject = ticket.id.to_string();
        tx.record(&Change { at: now, actor, kind: "invitation.made", claim: None, subject, body }).await?;
        tx.commit().await?;
        Ok(secret)
    }

    /// The invitations that stand, newest first.
    pub async fn invitations(&self) -> Result<Vec<Invitation>> {
        let now = self.now();
        let tickets = self.read().await?.tickets(&"invite".into()).await?;
        let standing = tickets.into_iter().filter(|t| t.stands(now));
        Ok(standing
            .filter_map(|t| {
                t.role.map(|role| Invitation {
                    id: t.id,
                    role,
                    note: t.note,
                    created_by: t.created_by,
                    ends_at: t.ends_at,
                })
            })
            .collect())
    }

    /// Withdraws an invitation.
    pub async fn withdraw_invitation(&self, actor: &Actor, id: TicketId) -> Result<()> {
        let now = self.now();
        let mut tx = self.write().await?;
        if !tx.withdraw_ticket(id, now).await? {
            return Err(EngineError::NotFound("invitation"));
        }
        let kind = "invitation.withdrawn";
        let subject = id.to_string();
        tx.record(&Change { at: now, actor, kind, claim: None, subject, body: json!({}) }).await?;
        Ok(tx.commit().await?)
    }

    /// What a link offers: the role of whoever joins by it. None when it cannot be used.
    pub async fn invitation_of(&self, secret: &Secret) -> Result<Option<Role>> {
        let mut tx = self.read().await?;
        Ok(standing(&mut tx, secret, "invite", self.now()).await?.and_then(|t| t.role))
    }

    /// Joins by an invitation, and signs in.
    ///
    /// # Errors
    /// Field errors; [`EngineError::NotFound`] when the link cannot be used.
    pub async fn join(&self, secret: &Secret, new: NewAccount) -> Result<SignedIn> {
        if self.invitation_of(secret).await?.is_none() {
            return Err(used_up());
        }
        let newcomer = new.read().await?;
        let now = self.now();
        let mut tx = self.write().await?;
        let ticket = standing(&mut tx, secret, "invite", now).await?.ok_or_else(used_up)?;
        let role = ticket.role.ok_or_else(used_up)?;
        if !tx.use_ticket(ticket.id, now).await? {
            return Err(used_up());
        }
        let account = newcomer.join(&mut tx, role, ticket.created_by, now).await?;
        let signed = begin(&mut tx, account, now).await?;
        tx.commit().await?;
        Ok(signed)
    }

    /// A link by which someone chooses a new password, once, within a day; those made before no longer work.
    ///
    /// # Errors
    /// [`EngineError::NotFound`]; a conflict for a bot or a disabled account.
    pub async fn reset_link(&self, actor: &Actor, handle: &Handle) -> Result<Secret> {
        let now = self.now();
        let mut tx = self.write().await?;
        let account = find(&mut tx, handle).await?;
        if account.is_bot() || account.disabled_at.is_some() {
            let what = if account.is_bot() { "a bot has no password" } else { "the account is disabled" };
            return Err(EngineError::Conflict(what.to_owned()));
        }
        tx.withdraw_tickets(&"reset".into(), Some(account.id), now).await?;
        let secret = Secret::new("bwl")?;
        tx.insert_ticket(&Ticket {
            id: TicketId(new_uuid(now)),
            hash: secret.digest(),
            purpose: "reset".into(),
            role: None,
            account: Some(account.id),
            note: String::new(),
            created_at: now,
            created_by: actor.clone(),
            ends_at: now + DAY,
            used_at: None,
            withdrawn_at: None,
        })
        .await?;
        record(&mut tx, actor, "account.reset_offered", &account, json!({}), now).await?;
        tx.commit().await?;
        Ok(secret)
    }

    /// Whose password a link changes. None when it cannot be used.
    pub async fn reset_of(&self, secret: &Secret) -> Result<Option<Handle>> {
        let mut tx = self.read().await?;
        match standing(&mut tx, secret, "reset", self.now()).await?.and_then(|t| t.account) {
            Some(account) => Ok(Some(tx.account(account).await?.handle)),
            None => Ok(None),
        }
    }

    /// Chooses a new password through a link; every session and token of the account ends, and a new session begins.
    ///
    /// # Errors
    /// A field error for the password; [`EngineError::NotFound`] when the link cannot be used.
    pub async fn reset_password(&self, secret: &Secret, password: Password) -> Result<SignedIn> {
        let handle = self.reset_of(secret).await?.ok_or_else(used_up)?;
        password.judge("password", &[handle.as_str()])?;
        let hash = password.hash().await?;
        let now = self.now();
        let mut tx = self.write().await?;
        let ticket = standing(&mut tx, secret, "reset", now).await?.ok_or_else(used_up)?;
        let account = ticket.account.ok_or_else(used_up)?;
        if !tx.use_ticket(ticket.id, now).await? {
            return Err(used_up());
        }
        let mut account = tx.account(account).await?;
        account.password = Some(hash);
        tx.save_account(&account).await?;
        shut_out(&mut tx, account.id, now).await?;
        record(&mut tx, &account.actor(), "account.password_changed", &account, json!({ "by": "link" }), now)
            .await?;
        let signed = begin(&mut tx, account, now).await?;
        tx.commit().await?;
        Ok(signed)
    }
}

fn used_up() -> EngineError {
    EngineError::NotFound("link: it was used, withdrawn, or its time is over; ask for another")
}
