//! Credits in double-entry: accounts, transactions, postings. Append-only, save the balances, which are what the postings
//! sum to.

use bellwether_core::{
    actor::Actor,
    ids::{ClaimId, TransactionId},
    market::{Account, Credits, Posting, Purse, Purses},
};
use chrono::{DateTime, Utc};

use crate::{
    Result, StoreError, Tx, Word,
    sql::{many, many_in, maybe, run, scalar},
    table::{reading, table},
};

table! {
    /// Whose credits, and how many.
    "credit_account" => pub struct CreditAccount {
        /// The treasury, a claim's market, or a holder.
        pub name: Account,
        /// What its postings sum to; only the treasury's may be below zero.
        pub balance: Credits,
        /// What is owed to the treasury.
        pub debt: Credits,
        /// When it came to be; of a holder, when the grant was given.
        pub created_at: DateTime<Utc>,
    }
}

table! {
    /// A transaction; its postings sum to zero.
    "credit_transaction" => pub struct CreditTransaction {
        /// Identity.
        pub id: TransactionId,
        /// Its place, gapless from 1; set by [`Tx::post`].
        pub seq: i64,
        /// `grant`, `subsidy`, `trade`, `settlement`, `refund` or `reopening`.
        pub kind: Word,
        /// The claim whose market it is about.
        pub claim: Option<ClaimId>,
        /// The transaction it takes back.
        pub reverses: Option<TransactionId>,
        /// Who.
        pub actor: Actor,
        /// When.
        pub at: DateTime<Utc>,
    }
}

table! {
    /// One line of a transaction.
    "credit_posting" => pub struct CreditPosting {
        /// The transaction.
        pub txn: TransactionId,
        /// Its place.
        pub seq: i64,
        /// Whose balance.
        pub account: Account,
        /// By how much it changes.
        pub amount: Credits,
        /// By how much the debt changes.
        pub debt: Credits,
    }
}

reading! {
    /// A line of an account's statement.
    pub struct CreditLine {
        /// The transaction's place.
        pub seq: i64,
        /// Its kind.
        pub kind: Word,
        /// The claim whose market it is about.
        pub claim: Option<ClaimId>,
        /// By how much the balance changed.
        pub amount: Credits,
        /// By how much the debt changed.
        pub debt: Credits,
        /// When.
        pub at: DateTime<Utc>,
    }
}

reading! {
    /// What must be zero, and what must not be there.
    pub struct BalanceSheet {
        /// The sum of all balances.
        pub balances: i64,
        /// The sum of all postings.
        pub postings: i64,
        /// Transactions whose postings do not sum to zero.
        pub unbalanced: i64,
        /// Accounts whose balance or debt is not what their postings sum to.
        pub wrong: i64,
        /// Accounts below zero, the treasury aside.
        pub negative: i64,
    }
}

impl Tx {
    /// An account, where there is one.
    pub async fn credit_account(&mut self, name: &Account) -> Result<Option<CreditAccount>> {
        maybe!(self, CreditAccount, "SELECT * FROM credit_account WHERE name = $1", name)
    }

    /// What some accounts hold; one that is not there holds nothing.
    pub async fn purses(&mut self, names: &[Account]) -> Result<Purses> {
        if names.is_empty() {
            return Ok(Purses::new());
        }
        let head = "SELECT * FROM credit_account WHERE name IN (";
        let rows = many_in!(self, CreditAccount, head, names, ")")?;
        Ok(rows.into_iter().map(|r| (r.name, Purse { balance: r.balance, debt: r.debt })).collect())
    }

    /// Appends a transaction with its postings and brings the balances up to it; sets its number. Refused with
    /// [`StoreError::Inconsistent`] when the postings do not sum to zero, and by the table when a balance would fall below
    /// zero.
    pub async fn post(
        &mut self,
        mut transaction: CreditTransaction,
        postings: &[Posting],
    ) -> Result<CreditTransaction> {
        const LAST: &str = "SELECT seq FROM credit_transaction ORDER BY seq DESC LIMIT 1";
        const ADD: &str =
            "UPDATE credit_account SET balance = balance + $2, debt = debt + $3 WHERE name = $1";
        let bad = |reason: String| StoreError::Inconsistent { table: "credit_posting", reason };
        let sum = Credits::sum(postings.iter().map(|p| p.amount)).map_err(|e| bad(e.to_string()))?;
        if sum != Credits::ZERO {
            return Err(bad(format!("postings that sum to {sum}")));
        }
        transaction.seq = scalar!(self, i64, LAST)?.unwrap_or(0) + 1;
        self.insert(&transaction).await?;
        for posting in postings {
            if run!(self, ADD, &posting.account, &posting.amount, &posting.debt)? == 0 {
                self.insert(&CreditAccount {
                    name: posting.account.clone(),
                    balance: posting.amount,
                    debt: posting.debt,
                    created_at: transaction.at,
                })
                .await?;
            }
        }
        let rows: Vec<CreditPosting> = postings
            .iter()
            .map(|p| CreditPosting {
                txn: transaction.id,
                seq: transaction.seq,
                account: p.account.clone(),
                amount: p.amount,
                debt: p.debt,
            })
            .collect();
        self.insert_all(&rows).await?;
        Ok(transaction)
    }

    /// The postings of a transaction.
    pub async fn postings(&mut self, transaction: TransactionId) -> Result<Vec<Posting>> {
        const SQL: &str = "SELECT * FROM credit_posting WHERE txn = $1 ORDER BY account";
        let rows = many!(self, CreditPosting, SQL, transaction)?;
        Ok(rows.into_iter().map(|r| Posting { account: r.account, amount: r.amount, debt: r.debt }).collect())
    }

    /// An account's statement before a transaction's number, newest first; `i64::MAX` begins with the newest.
    pub async fn credit_lines(
        &mut self,
        account: &Account,
        before: i64,
        limit: i64,
    ) -> Result<Vec<CreditLine>> {
        const SQL: &str = "SELECT t.seq, t.kind, t.claim, p.amount, p.debt, t.at
            FROM credit_posting p JOIN credit_transaction t ON t.id = p.txn
            WHERE p.account = $1 AND p.seq < $2 ORDER BY p.seq DESC LIMIT $3";
        many!(self, CreditLine, SQL, account, before, limit)
    }

    /// Whether the books add up.
    pub async fn balance_sheet(&mut self) -> Result<BalanceSheet> {
        const SQL: &str = "SELECT
            (SELECT CAST(coalesce(sum(balance), 0) AS BIGINT) FROM credit_account) AS balances,
            (SELECT CAST(coalesce(sum(amount), 0) AS BIGINT) FROM credit_posting) AS postings,
            (SELECT count(*) FROM (SELECT txn FROM credit_posting GROUP BY txn HAVING sum(amount) <> 0) u) AS unbalanced,
            (SELECT count(*) FROM credit_account a WHERE
                a.balance <> (SELECT coalesce(sum(p.amount), 0) FROM credit_posting p WHERE p.account = a.name)
                OR a.debt <> (SELECT coalesce(sum(p.debt), 0) FROM credit_posting p WHERE p.account = a.name)) AS wrong,
            (SELECT count(*) FROM credit_account WHERE balance < 0 AND name <> 'treasury') AS negative";
        maybe!(self, BalanceSheet, SQL)?.ok_or(StoreError::NotFound)
    }

    /// What every account holds.
    pub async fn all_purses(&mut self) -> Result<Purses> {
        let rows = many!(self, CreditAccount, "SELECT * FROM credit_account")?;
        Ok(rows.into_iter().map(|r| (r.name, Purse { balance: r.balance, debt: r.debt })).collect())
    }
}
