//! Accounts of programs. Someone answers for each, and it may never do more than they.

use bellwether_core::{
    actor::Actor,
    ids::AccountId,
    people::{Handle, Role},
};
use bellwether_store::Account;

use super::accounts::{add, read_name};
use crate::{Engine, EngineError, Result, ids::new_uuid};

impl Engine {
    /// Makes the account of a program. It has no password: it acts by tokens only.
    ///
    /// # Errors
    /// Field errors for its name; a conflict where its role would be above its owner's, or its owner is a bot.
    pub async fn create_bot(&self, owner: AccountId, handle: &str, name: &str, role: Role) -> Result<Handle> {
        let handle =
            Handle::new(handle).map_err(|e| EngineError::invalid("handle", "unreadable", e.to_string()))?;
        let name = read_name(name, &handle)?;
        let now = self.now();
        let mut tx = self.write().await?;
        let owner = tx.account(owner).await?;
        if owner.is_bot() {
            return Err(EngineError::Conflict("a bot cannot have bots".to_owned()));
        }
        if role > owner.role || role > Role::Curator {
            return Err(EngineError::invalid(
                "role",
                "too_high",
                "a bot is a forecaster or a curator, and may not do more than you",
            ));
        }
        let bot = Account {
            id: AccountId(new_uuid(now)),
            handle,
            name,
            kind: "bot".into(),
            owner: Some(owner.id),
            role,
            password: None,
            created_at: now,
            created_by: Actor::Person(owner.handle),
            disabled_at: None,
        };
        add(&mut tx, &bot).await?;
        tx.commit().await?;
        Ok(bot.handle)
    }
}
