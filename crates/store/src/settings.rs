//! Facts about the installation, such as the clock offset of a demo.

use bellwether_core::actor::Actor;
use chrono::{DateTime, Utc};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    JsonText, Result, Tx,
    sql::{run, scalar},
};

impl Tx {
    /// The value of a setting, if it was ever set.
    pub async fn setting<T: DeserializeOwned>(&mut self, key: &str) -> Result<Option<T>> {
        let found = scalar!(self, String, "SELECT value FROM setting WHERE key = $1", key)?;
        found.map(|text| JsonText::from_text(text)?.read()).transpose()
    }

    /// Sets a setting, whatever it was.
    pub async fn set_setting<T: Serialize + ?Sized>(
        &mut self,
        key: &str,
        value: &T,
        actor: &Actor,
        at: DateTime<Utc>,
    ) -> Result<()> {
        const SQL: &str = "INSERT INTO setting (key, value, updated_at, actor) VALUES ($1, $2, $3, $4)
            ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at,
                actor = excluded.actor";
        run!(self, SQL, key, &JsonText::of(value)?, at, actor)?;
        Ok(())
    }
}
