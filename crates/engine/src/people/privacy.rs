//! Whether strangers may read.

use bellwether_core::actor::Actor;
use bellwether_store::Change;
use serde_json::json;

use crate::{Engine, Result};

const SETTING: &str = "private";

impl Engine {
    /// Whether nothing can be read without signing in.
    pub async fn is_private(&self) -> Result<bool> {
        Ok(self.read().await?.setting(SETTING).await?.unwrap_or(false))
    }

    /// Shuts strangers out, or lets them read.
    pub async fn set_private(&self, actor: &Actor, private: bool) -> Result<()> {
        let now = self.now();
        let mut tx = self.write().await?;
        tx.set_setting(SETTING, &private, actor, now).await?;
        let kind = if private { "installation.made_private" } else { "installation.made_public" };
        tx.record(&Change {
            at: now,
            actor,
            kind,
            claim: None,
            subject: SETTING.to_owned(),
            body: json!({}),
        })
        .await?;
        Ok(tx.commit().await?)
    }
}
