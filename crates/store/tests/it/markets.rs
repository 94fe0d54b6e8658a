//! Credits, markets, trades, settlements.

use bellwether_core::{
    actor::Actor,
    ids::{ClaimId, TradeId, TransactionId},
    market::{Account, Action, Credits, Posting, Shares, Side},
    people::Handle,
    status::Outcome,
};
use bellwether_store::{CreditTransaction, Db, JsonText, Market, MarketSettlement, StoreError, Trade, Tx};
use serde_json::json;

use crate::made::{at, id, json_of, with_claims};

bellwether_testkit::both!(
    a_transaction_moves_balances,
    what_does_not_add_up_is_refused,
    nobody_falls_below_zero,
    a_market_keeps_its_trades,
    a_market_ends_and_is_opened_again
);

fn ada() -> Actor {
    Actor::Person(Handle::new("ada").unwrap())
}

fn transaction(n: u128, kind: &str, claim: Option<ClaimId>) -> CreditTransaction {
    CreditTransaction {
        id: TransactionId(id(n)),
        seq: 0,
        kind: kind.into(),
        claim,
        reverses: None,
        actor: ada(),
        at: at(i64::try_from(n).unwrap()),
    }
}

fn line(account: Account, amount: i64, debt: i64) -> Posting {
    Posting { account, amount: Credits::from_micro(amount), debt: Credits::from_micro(debt) }
}

async fn granted(tx: &mut Tx, n: u128, micro: i64) -> CreditTransaction {
    let lines = [line(Account::Treasury, -micro, 0), line(Account::Holder(ada()), micro, 0)];
    tx.post(transaction(n, "grant", None), &lines).await.unwrap()
}

async fn a_transaction_moves_balances(db: Db) {
    let claim = with_claims(&db, 1).await.remove(0).id;
    let mut tx = db.write().await.unwrap();
    assert_eq!(tx.credit_account(&Account::Treasury).await.unwrap(), None);
    assert_eq!(granted(&mut tx, 1, 1_000).await.seq, 1);
    let bought = [line(Account::Holder(ada()), -300, 20), line(Account::Market(claim), 300, 0)];
    assert_eq!(tx.post(transaction(2, "trade", Some(claim)), &bought).await.unwrap().seq, 2);
    let names =
        [Account::Treasury, Account::Holder(ada()), Account::Market(claim), Account::Holder(Actor::Operator)];
    let purses = tx.purses(&names).await.unwrap();
    let of = |a: &Account| purses.get(a).map(|p| (p.balance.micro(), p.debt.micro()));
    assert_eq!(names.each_ref().map(of), [Some((-1_000, 0)), Some((700, 20)), Some((300, 0)), None]);
    assert_eq!(tx.all_purses().await.unwrap(), purses);
    assert!(tx.purses(&[]).await.unwrap().is_empty());
    assert_eq!(tx.postings(TransactionId(id(2))).await.unwrap().len(), 2);
    let lines = tx.credit_lines(&Account::Holder(ada()), i64::MAX, 9).await.unwrap();
    let short: Vec<_> = lines.iter().map(|l| (l.seq, l.amount.micro(), l.debt.micro(), l.claim)).collect();
    assert_eq!(short, [(2, -300, 20, Some(claim)), (1, 1_000, 0, None)]);
    assert_eq!(tx.credit_lines(&Account::Holder(ada()), 2, 9).await.unwrap(), lines[1..]);
    let sheet = tx.balance_sheet().await.unwrap();
    assert_eq!(
        (sheet.balances, sheet.postings, sheet.unbalanced, sheet.wrong, sheet.negative),
        (0, 0, 0, 0, 0)
    );
    tx.commit().await.unwrap();
}

async fn what_does_not_add_up_is_refused(db: Db) {
    let mut tx = db.write().await.unwrap();
    let lines = [line(Account::Treasury, -5, 0), line(Account::Holder(ada()), 4, 0)];
    let refused = tx.post(transaction(1, "grant", None), &lines).await;
    assert!(matches!(refused, Err(StoreError::Inconsistent { .. })), "{refused:?}");
    assert!(tx.all_purses().await.unwrap().is_empty());
}

async fn nobody_falls_below_zero(db: Db) {
    for (balance, debt) in [(-1, 0), (0, -1)] {
        let mut tx = db.write().await.unwrap();
        granted(&mut tx, 1, 1_000).await;
        let lines = [
            line(Account::Holder(ada()), -1_000 + balance, debt),
            line(Account::Treasury, 1_000 - balance, 0),
        ];
        let refused = tx.post(transaction(2, "trade", None), &lines).await;
        assert!(matches!(refused, Err(StoreError::Database(_))), "{refused:?}");
    }
    assert!(db.read().await.unwrap().all_purses().await.unwrap().is_empty(), "nothing is half-written");
}

fn market(claim: ClaimId) -> Market {
    Market {
        claim,
        b: Credits::from_micro(100_000_000),
        opening: json_of(&json!({"how": "start", "prices": [0.5, 0.5]})),
        subsidy: Credits::from_micro(69_314_719),
        opened_by: ada(),
        opened_at: at(1),
        state: "open".into(),
        outstanding: json_of(&json!(["0", "0"])),
        trades: 0,
        traders: 0,
        updated_at: at(1),
    }
}

async fn a_market_keeps_its_trades(db: Db) {
    let claims = with_claims(&db, 2).await;
    let claim = claims[0].id;
    let mut tx = db.write().await.unwrap();
    assert_eq!(tx.market(claim).await.unwrap(), None);
    tx.insert_market(&market(claim)).await.unwrap();
    let grant = granted(&mut tx, 1, 1_000).await;
    let trade = |n: i64, holder: Actor| Trade {
        id: TradeId(id(u128::try_from(n).unwrap())),
        claim,
        seq: n,
        holder,
        at: at(n),
        option: 1,
        side: Side::No,
        action: Action::Sell,
        shares: Shares::from_micro(5 * n),
        cash: Credits::from_micro(3),
        price_before: 0.5,
        price_after: 0.25,
        txn: grant.id,
    };
    let all = [trade(1, ada()), trade(2, Actor::Operator), trade(3, ada())];
    for one in &all {
        tx.append_trade(one).await.unwrap();
    }
    assert_eq!(tx.trades(claim).await.unwrap(), all);
    assert_eq!(tx.trades_before(claim, 3, 1).await.unwrap(), all[1..2]);
    assert_eq!(tx.trades_of(claim, &ada()).await.unwrap(), [all[0].clone(), all[2].clone()]);
    assert_eq!(tx.all_trades_of(&Actor::Operator).await.unwrap(), all[1..2]);
    let changed = Market {
        outstanding: json_of(&json!(["5", "0"])),
        trades: 3,
        traders: 2,
        state: "settled".into(),
        updated_at: at(9),
        ..market(claim)
    };
    tx.save_market(&changed).await.unwrap();
    assert_eq!(tx.market(claim).await.unwrap(), Some(changed.clone()));
    assert_eq!(tx.markets(&[claim, claims[1].id]).await.unwrap(), [changed]);
    assert!(tx.markets(&[]).await.unwrap().is_empty());
    assert!(matches!(tx.save_market(&market(claims[1].id)).await, Err(StoreError::NotFound)));
    // Last, for a refused statement ends a transaction on PostgreSQL.
    assert!(matches!(tx.append_trade(&trade(3, ada())).await, Err(StoreError::Duplicate(_))));
}

async fn a_market_ends_and_is_opened_again(db: Db) {
    let claim = with_claims(&db, 1).await.remove(0).id;
    let mut tx = db.write().await.unwrap();
    tx.insert_market(&market(claim)).await.unwrap();
    for (n, kind) in [(1, "settled"), (2, "reopened")] {
        let txn = granted(&mut tx, n, 10).await.id;
        let row = MarketSettlement {
            claim,
            n: 0,
            kind: kind.into(),
            outcome: (n == 1).then_some(Outcome::Yes),
            event_at: Some(at(1)),
            body: JsonText::empty(),
            txn,
            actor: ada(),
            at: at(5),
        };
        assert_eq!(tx.append_settlement(row).await.unwrap().n, i64::try_from(n).unwrap());
    }
    let all = tx.settlements(claim).await.unwrap();
    assert_eq!(all.iter().map(|s| s.kind.as_str()).collect::<Vec<_>>(), ["settled", "reopened"]);
    assert_eq!(all[0].outcome, Some(Outcome::Yes));
    // A transaction is taken back once.
    let taken_back =
        |n| CreditTransaction { reverses: Some(all[0].txn), ..transaction(n, "reopening", Some(claim)) };
    tx.post(taken_back(8), &[]).await.unwrap();
    assert!(matches!(tx.post(taken_back(9), &[]).await, Err(StoreError::Duplicate(_))));
}
