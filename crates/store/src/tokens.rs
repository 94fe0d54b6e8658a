//! Tokens by which programs act for an account.

use bellwether_core::ids::{AccountId, Sha256, TokenId};
use chrono::{DateTime, Utc};

use crate::{
    JsonText, Result, StoreError, Tx,
    sql::{many, maybe, run},
    table::table,
};

table! {
    /// A token. Its secret was shown once; the digest is here.
    "api_token" => pub struct Token {
        /// Its id.
        pub id: TokenId,
        /// Whose.
        pub account: AccountId,
        /// What its holder calls it.
        pub name: String,
        /// The part of the secret that is shown, to tell tokens apart.
        pub prefix: String,
        /// Digest of the secret.
        pub hash: Sha256,
        /// What it may be used for.
        pub scopes: JsonText,
        /// When it was made.
        pub created_at: DateTime<Utc>,
        /// When it runs out.
        pub ends_at: Option<DateTime<Utc>>,
        /// When it was last used, to within a minute.
        pub used_at: Option<DateTime<Utc>>,
        /// When it was revoked.
        pub revoked_at: Option<DateTime<Utc>>,
    }
}

impl Tx {
    /// Adds a token.
    pub async fn insert_token(&mut self, token: &Token) -> Result<()> {
        self.insert(token).await
    }

    /// A token.
    pub async fn token(&mut self, id: TokenId) -> Result<Token> {
        maybe!(self, Token, "SELECT * FROM api_token WHERE id = $1", id)?.ok_or(StoreError::NotFound)
    }

    /// The token of a secret's digest, whether it still stands or not.
    pub async fn token_of_hash(&mut self, hash: Sha256) -> Result<Option<Token>> {
        maybe!(self, Token, "SELECT * FROM api_token WHERE hash = $1", &hash)
    }

    /// An account's tokens, newest first.
    pub async fn tokens(&mut self, account: AccountId) -> Result<Vec<Token>> {
        const SQL: &str = "SELECT * FROM api_token WHERE account = $1 ORDER BY created_at DESC, id DESC";
        many!(self, Token, SQL, account)
    }

    /// Notes that a token was used.
    pub async fn touch_token(&mut self, id: TokenId, at: DateTime<Utc>) -> Result<()> {
        run!(self, "UPDATE api_token SET used_at = $2 WHERE id = $1", id, at)?;
        Ok(())
    }

    /// Revokes a token; whether it stood.
    pub async fn revoke_token(&mut self, id: TokenId, at: DateTime<Utc>) -> Result<bool> {
        const SQL: &str = "UPDATE api_token SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
        Ok(run!(self, SQL, id, at)? == 1)
    }

    /// Revokes all tokens of an account; how many.
    pub async fn revoke_tokens(&mut self, account: AccountId, at: DateTime<Utc>) -> Result<u64> {
        const SQL: &str = "UPDATE api_token SET revoked_at = $2 WHERE account = $1 AND revoked_at IS NULL";
        run!(self, SQL, account, at)
    }
}
