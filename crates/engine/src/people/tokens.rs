//! Tokens by which programs act for an account.

use bellwether_core::{
    ids::{AccountId, TokenId},
    people::{Handle, Scope},
    text,
};
use bellwether_store::{Account, Token, Tx};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{Secret, Signed, accounts::record};
use crate::{Engine, EngineError, FieldError, Result, ids::new_uuid};

/// A use is noted at most this often.
const NOTED: TimeDelta = TimeDelta::minutes(1);
/// An account has at most so many tokens that stand.
const MOST: usize = 50;
/// A token lasts at most so many days, if it runs out at all.
const LONGEST: i64 = 3650;

/// A token to make.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// What its holder calls it.
    pub name: String,
    /// What it may be used for; at least one.
    pub scopes: Vec<Scope>,
    /// In how many days it runs out; never when absent.
    pub days: Option<i64>,
    /// The bot that will use it; the account itself when absent.
    pub bot: Option<Handle>,
}

/// A token as its account sees it. The secret is not among this: it was shown once.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenView {
    /// Its id.
    pub id: TokenId,
    /// What its holder calls it.
    pub name: String,
    /// The bot that uses it; none where the account itself does.
    pub bot: Option<Handle>,
    /// The first characters of its secret.
    pub prefix: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it runs out.
    pub ends_at: Option<DateTime<Utc>>,
    /// When it was last used, to within a minute.
    pub used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Someone who is known to a request by a token.
#[derive(Clone, Debug, PartialEq)]
pub struct Bearer {
    /// Whose token it is; the role is never above that of a bot's owner.
    pub signed: Signed,
    /// What the token may be used for.
    pub scopes: Vec<Scope>,
    /// Which token.
    pub token: TokenId,
}

impl Engine {
    /// Makes a token for an account, or for one of its bots. Its secret is in the answer and nowhere else.
    ///
    /// # Errors
    /// Field errors; a conflict when the account has very many tokens.
    pub async fn create_token(&self, account: AccountId, new: &NewToken) -> Result<(Secret, TokenId)> {
        let mut wrong = Vec::new();
        let name = text::line(&new.name, 1, 80)
            .map_err(|e| wrong.push(FieldError::new("name", "unreadable", e.to_string())))
            .ok();
        let mut scopes = new.scopes.clone();
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.is_empty() {
            wrong.push(FieldError::new("scopes", "required", "choose what the token may be used for"));
        }
        if new.days.is_some_and(|days| !(1..=LONGEST).contains(&days)) {
            let message =
                format!("use 1 to {LONGEST} days, or leave it empty for a token that does not run out");
            wrong.push(FieldError::new("days", "out_of_range", message));
        }
        let Some(name) = name.filter(|_| wrong.is_empty()) else { return Err(EngineError::Invalid(wrong)) };

        let now = self.now();
        let mut tx = self.write().await?;
        let owner = tx.account(account).await?;
        let user = user_of_token(&mut tx, &owner, new.bot.as_ref()).await?;
        let standing = tx.tokens(user.id).await?.iter().filter(|t| stands(t, now)).count();
        if standing >= MOST {
            return Err(EngineError::Conflict(format!("{MOST} tokens stand already: revoke some first")));
        }
        let secret = Secret::new("bwt")?;
        let token = Token {
            id: TokenId(new_uuid(now)),
            account: user.id,
            name,
            prefix: secret.prefix(),
            hash: secret.digest(),
            scopes: bellwether_store::JsonText::of(&scopes)?,
            created_at: now,
            ends_at: new.days.map(|days| now + TimeDelta::days(days)),
            used_at: None,
            revoked_at: None,
        };
        tx.insert_token(&token).await?;
        let body = json!({ "name": token.name, "prefix": token.prefix, "scopes": scopes });
        record(&mut tx, &owner.actor(), "token.created", &user, body, now).await?;
        tx.commit().await?;
        Ok((secret, token.id))
    }

    /// The tokens of an account and of its bots, newest first.
    pub async fn tokens(&self, account: AccountId) -> Result<Vec<TokenView>> {
        let mut tx = self.read().await?;
        let mut all = Vec::new();
        for user in tx.accounts().await?.into_iter().filter(|a| a.id == account || a.owner == Some(account)) {
            let bot = user.is_bot().then_some(user.handle);
            for token in tx.tokens(user.id).await? {
                all.push(view(token, bot.clone())?);
            }
        }
        all.sort_by_key(|token| std::cmp::Reverse((token.created_at, token.id)));
        Ok(all)
    }

    /// Revokes a token of an account or of one of its bots; it fails from the next request on.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], for another's token too.
    pub async fn revoke_token(&self, account: AccountId, id: TokenId) -> Result<()> {
        let missing = || EngineError::NotFound("token");
        let now = self.now();
        let mut tx = self.write().await?;
        let token = tx.token(id).await.map_err(|_| missing())?;
        let user = tx.account(token.account).await?;
        if user.id != account && user.owner != Some(account) {
            return Err(missing());
        }
        if tx.revoke_token(id, now).await? {
            let actor = tx.account(account).await?.actor();
            let body = json!({ "name": token.name, "prefix": token.prefix });
            record(&mut tx, &actor, "token.revoked", &user, body, now).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Who acts by a token's secret, and what for; nobody once it was revoked, ran out, or its account is disabled.
    pub async fn bearer(&self, secret: &Secret) -> Result<Option<Bearer>> {
        let now = self.now();
        let mut tx = self.read().await?;
        let Some(token) = tx.token_of_hash(secret.digest()).await?.filter(|t| stands(t, now)) else {
            return Ok(None);
        };
        let account = tx.account(token.account).await?;
        // A bot may never do more than whoever answers for it may do now.
        let owner = match account.owner {
            Some(owner) => Some(tx.account(owner).await?),
            None => None,
        };
        drop(tx);
        if account.disabled_at.is_some() || owner.as_ref().is_some_and(|o| o.disabled_at.is_some()) {
            return Ok(None);
        }
        if token.used_at.is_none_or(|used| now >= used + NOTED) {
            let mut tx = self.write().await?;
            tx.touch_token(token.id, now).await?;
            tx.commit().await?;
        }
        let mut signed = Signed::from(account);
        signed.role = owner.map_or(signed.role, |owner| signed.role.min(owner.role));
        Ok(Some(Bearer { signed, scopes: token.scopes.read()?, token: token.id }))
    }
}

fn stands(token: &Token, now: DateTime<Utc>) -> bool {
    token.revoked_at.is_none() && token.ends_at.is_none_or(|ends| now < ends)
}

fn view(token: Token, bot: Option<Handle>) -> Result<TokenView> {
    Ok(TokenView {
        id: token.id,
        name: token.name,
        bot,
        prefix: token.prefix,
        scopes: token.scopes.read()?,
        created_at: token.created_at,
        ends_at: token.ends_at,
        used_at: token.used_at,
        revoked_at: token.revoked_at,
    })
}

/// The account that will use a token: one's own, or that of one's bot.
async fn user_of_token(tx: &mut Tx, owner: &Account, bot: Option<&Handle>) -> Result<Account> {
    let Some(handle) = bot else { return Ok(owner.clone()) };
    let found = tx.account_of_handle(handle).await?;
    found
        .filter(|a| a.owner == Some(owner.id) && a.disabled_at.is_none())
        .ok_or_else(|| EngineError::invalid("bot", "unknown", format!("you have no bot called `{handle}`")))
}
