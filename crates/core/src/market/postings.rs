//! Double-entry bookkeeping: what a transaction takes from which account and gives to which. Every transaction sums to
//! zero, and nobody's balance falls below it.
//!
//! The treasury issues all credits; its balance is minus what is in circulation, so it alone may be below zero. Where
//! something already paid out must come back and was spent meanwhile, the treasury pays for the holder and the holder
//! owes it: a debt, which whatever settling pays the holder next goes to first.

use std::{collections::BTreeMap, fmt};

use super::money::{Credits, TooLarge};
use crate::{actor::Actor, ids::ClaimId};

/// Whose credits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// The issuer.
    Treasury,
    /// A claim's market: what it holds to pay its traders with.
    Market(ClaimId),
    /// A person, a bot, or the operator.
    Holder(Actor),
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Treasury => f.write_str("treasury"),
            Self::Market(claim) => write!(f, "market:{claim}"),
            Self::Holder(actor) => actor.fmt(f),
        }
    }
}

impl From<Account> for String {
    fn from(account: Account) -> Self {
        account.to_string()
    }
}

impl TryFrom<String> for Account {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text == "treasury" {
            return Ok(Self::Treasury);
        }
        match text.strip_prefix("market:") {
            Some(claim) => claim.parse().map(Self::Market).map_err(|_| format!("unknown account `{text}`")),
            None => Actor::try_from(text).map(Self::Holder),
        }
    }
}

/// One line of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// Whose balance.
    pub account: Account,
    /// By how much it changes.
    pub amount: Credits,
    /// By how much the account's debt to the treasury changes.
    pub debt: Credits,
}

/// What an account holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purse {
    /// Credits; never below 0, save the treasury's.
    pub balance: Credits,
    /// What is owed to the treasury; never below 0.
    pub debt: Credits,
}

impl Purse {
    /// The purse after a posting.
    pub fn after(self, posting: &Posting) -> Result<Self, TooLarge> {
        Ok(Self { balance: self.balance.plus(posting.amount)?, debt: self.debt.plus(posting.debt)? })
    }
}

/// What the accounts hold that a transaction touches; one that is not named holds nothing.
pub type Purses = BTreeMap<Account, Purse>;

/// Postings that do not sum to zero: a fault of whoever made them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unbalanced {
    /// The sum is not zero.
    #[error("the postings sum to {0}, not to 0")]
    Sum(Credits),
    /// An account would fall below zero.
    #[error("{account} has {balance} credits and would be {short} short")]
    Short {
        /// Whose.
        account: Account,
        /// What it holds.
        balance: Credits,
        /// What is missing.
        short: Credits,
    },
    /// A number outside what can be counted.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

/// A transaction being made: one line for each account.
#[derive(Clone, Debug, Default)]
pub struct Postings {
    purses: Purses,
    lines: BTreeMap<Account, (Credits, Credits)>,
}

impl Postings {
    /// An empty transaction over accounts that hold so much.
    pub fn over(purses: Purses) -> Self {
        Self { purses, lines: BTreeMap::new() }
    }

    /// What an account holds with the lines so far.
    pub fn purse(&self, account: &Account) -> Purse {
        self.purses.get(account).copied().unwrap_or_default()
    }

    /// Changes an account's balance and its debt.
    pub fn add(&mut self, account: &Account, amount: Credits, debt: Credits) -> Result<(), TooLarge> {
        let line = self.lines.entry(account.clone()).or_default();
        *line = (line.0.plus(amount)?, line.1.plus(debt)?);
        let posting = Posting { account: account.clone(), amount, debt };
        let purse = self.purse(account).after(&posting)?;
        self.purses.insert(account.clone(), purse);
        Ok(())
    }

    /// Gives credits to an account; what it owes is paid back first.
    pub fn give(&mut self, to: &Account, amount: Credits) -> Result<(), TooLarge> {
        let repaid = self.purse(to).debt.min(amount);
        self.add(to, amount.minus(repaid)?, repaid.opposite()?)?;
        self.add(&Account::Treasury, repaid, Credits::ZERO)
    }

    /// Takes credits from an account; what it does not have the treasury pays, and the account owes it.
    pub fn take(&mut self, from: &Account, amount: Credits) -> Result<(), TooLarge> {
        let has = self.purse(from).balance.min(amount).max(Credits::ZERO);
        let lent = amount.minus(has)?;
        self.add(from, has.opposite()?, lent)?;
        self.add(&Account::Treasury, lent.opposite()?, Credits::ZERO)
    }

    /// The lines, when they sum to zero and nobody falls below it. Lines that change nothing are left out.
    pub fn balanced(self) -> Result<Vec<Posting>, Unbalanced> {
        let sum = Credits::sum(self.lines.values().map(|(amount, _)| *amount))?;
        if sum != Credits::ZERO {
            return Err(Unbalanced::Sum(sum));
        }
        for (account, (amount, _)) in &self.lines {
            let after = self.purse(account);
            if *account != Account::Treasury && after.balance < Credits::ZERO {
                return Err(Unbalanced::Short {
                    account: account.clone(),
                    balance: after.balance.minus(*amount)?,
                    short: after.balance.opposite()?,
                });
            }
        }
        let changes = self.lines.into_iter().filter(|(_, line)| *line != (Credits::ZERO, Credits::ZERO));
        Ok(changes.map(|(account, (amount, debt))| Posting { account, amount, debt }).collect())
    }
}
