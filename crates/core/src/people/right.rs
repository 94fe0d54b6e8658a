//! What a request needs, and whether whoever asks has it.

use super::{Role, Scope};

/// What a request needs. Every route names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// What a stranger needs to come in: sign-in, assets, health.
    Enter,
    /// Read claims, evidence, sources and outcomes.
    Read,
    /// Keep one's own account: password, sessions, tokens. Never by a token.
    Own,
    /// Forecast, and trade.
    Forecast,
    /// Follow what happens: subscriptions, channels, one's own inbox.
    Follow,
    /// Object to a proposal or an outcome.
    Object,
    /// Keep claims, evidence, signals and sources.
    Curate,
    /// Decide disputes, take back outcomes, pause proposals.
    Decide,
    /// Keep accounts and settings.
    Administer,
}

impl Right {
    /// All rights.
    pub const ALL: [Self; 9] = [
        Self::Enter,
        Self::Read,
        Self::Own,
        Self::Forecast,
        Self::Follow,
        Self::Object,
        Self::Curate,
        Self::Decide,
        Self::Administer,
    ];

    /// The lowest role that has it; none where nobody needs an account.
    pub fn role(self) -> Option<Role> {
        match self {
            Self::Enter | Self::Read => None,
            Self::Own | Self::Forecast | Self::Follow | Self::Object => Some(Role::Forecaster),
            Self::Curate => Some(Role::Curator),
            Self::Decide => Some(Role::Arbiter),
            Self::Administer => Some(Role::Admin),
        }
    }
}

/// Who asks, as far as rights go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Someone who is not signed in. `shut`: the installation is private, strangers read nothing.
    Stranger {
        /// Whether the installation is private.
        shut: bool,
    },
    /// Someone who signed in.
    Account(Role),
    /// A program with a token.
    Token {
        /// The role of the token's account now.
        role: Role,
        /// What the token may be used for.
        scopes: Vec<Scope>,
    },
    /// The one local operator of an installation without accounts: everything but an account of their own.
    Operator,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody is signed in.
    #[error("sign in first")]
    SignIn,
    /// The account's role is too low.
    #[error("this needs the role {}; ask an admin of this installation", .0.title())]
    Role(Role),
    /// The token was not made for this.
    #[error("this needs a token with the scope {}", .0.title())]
    Scope(Scope),
    /// Only a person who signed in may do this.
    #[error("no token can do this: sign in in a browser")]
    Person,
    /// There are no accounts here.
    #[error("this installation has no accounts: whoever reaches it is its operator")]
    NoAccounts,
}

impl Holder {
    /// Whether the holder has a right; denied unless something grants it.
    pub fn may(&self, right: Right) -> Result<(), Refusal> {
        match self {
            _ if right == Right::Enter => Ok(()),
            Self::Stranger { shut: false } if right == Right::Read => Ok(()),
            Self::Stranger { .. } => Err(Refusal::SignIn),
            Self::Operator if right == Right::Own => Err(Refusal::NoAccounts),
            Self::Operator => Ok(()),
            Self::Account(role) => reaches(*role, right),
            Self::Token { role, scopes } => {
                let scope = Scope::for_right(right).ok_or(Refusal::Person)?;
                if !scopes.contains(&scope) {
                    return Err(Refusal::Scope(scope));
                }
                reaches(*role, right)
            }
        }
    }
}

fn reaches(role: Role, right: Right) -> Result<(), Refusal> {
    match right.role() {
        Some(needed) if role < needed => Err(Refusal::Role(needed)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which rights each holder has, in the order of [`Right::ALL`].
    #[test]
    fn each_role_may_what_it_should_and_nothing_else() {
        let stranger = |shut| Holder::Stranger { shut };
        let token = |role, scopes: &[Scope]| Holder::Token { role, scopes: scopes.to_vec() };
        for (holder, rights) in [
            (stranger(true), "x--------"),
            (stranger(false), "xx-------"),
            (Holder::Account(Role::Forecaster), "xxxxxx---"),
            (Holder::Account(Role::Curator), "xxxxxxx--"),
            (Holder::Account(Role::Arbiter), "xxxxxxxx-"),
            (Holder::Account(Role::Admin), "xxxxxxxxx"),
            (Holder::Operator, "xx-xxxxxx"),
            (token(Role::Admin, &[]), "x--------"),
            (token(Role::Admin, &[Scope::Read]), "xx-------"),
            (token(Role::Admin, &Scope::ALL), "xx-xxxxxx"),
            (token(Role::Forecaster, &Scope::ALL), "xx-xxx---"),
            (token(Role::Curator, &[Scope::Curate]), "x-----x--"),
        ] {
            let has: String =
                Right::ALL.iter().map(|r| if holder.may(*r).is_ok() { 'x' } else { '-' }).collect();
            assert_eq!(has, rights, "{holder:?}");
        }
    }

    #[test]
    fn a_refusal_says_what_is_missing() {
        assert_eq!(Holder::Stranger { shut: false }.may(Right::Curate), Err(Refusal::SignIn));
        assert_eq!(Holder::Account(Role::Curator).may(Right::Decide), Err(Refusal::Role(Role::Arbiter)));
        let token = Holder::Token { role: Role::Admin, scopes: vec![Scope::Read] };
        assert_eq!(token.may(Right::Curate), Err(Refusal::Scope(Scope::Curate)));
        assert_eq!(token.may(Right::Own), Err(Refusal::Person));
    }
}
