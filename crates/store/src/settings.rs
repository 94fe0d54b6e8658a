//! Facts about the installation, such as the clock offset of a demo.

use bellwether_core::actor::Actor;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;

use crate::{
    Result, Tx,
    sql::{maybe, run},
};

impl Tx {
    /// The value of a setting, if it was ever set.
    pub async fn setting(&mut self, key: &str) -> Result<Option<Value>> {
        type Row = (Json<Value>,);
        Ok(maybe!(self, Row, "SELECT value FROM setting WHERE key = $1", key)?.map(|row| row.0.0))
    }

    /// Sets a setting, whatever it was.
    pub async fn set_setting(
        &mut self,
        key: &str,
        value: &Value,
        actor: &Actor,
        at: DateTime<Utc>,
    ) -> Result<()> {
        const SQL: &str = "INSERT INTO setting (key, value, updated_at, actor) VALUES ($1, $2, $3, $4)
            ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at,
                actor = excluded.actor";
        run!(self, SQL, key, Json(value), at, actor.to_string())?;
        Ok(())
    }
}
