//! Accounts, sessions, tokens and tickets.

use bellwether_core::{
    actor::Actor,
    ids::{AccountId, Sha256, TicketId, TokenId},
    people::{Handle, Role},
};
use bellwether_store::{Account, Db, Location, Session, StoreError, Ticket, Token};
use serde_json::json;
use sqlx::{Connection as _, Executor as _, SqliteConnection};

use crate::made::{at, change, id, json_of};

bellwether_testkit::both!(
    an_account_keeps_its_name,
    a_handle_is_taken_once,
    a_bot_has_an_owner,
    a_session_ends_once,
    a_token_is_found_by_its_digest,
    a_ticket_is_used_once,
    tickets_of_a_purpose_are_withdrawn,
    what_someone_did_is_found
);

pub(crate) fn account(n: u128, handle: &str) -> Account {
    Account {
        id: AccountId(id(n)),
        handle: Handle::new(handle).unwrap(),
        name: handle.to_uppercase(),
        kind: "person".into(),
        owner: None,
        role: Role::Curator,
        password: Some("$argon2id$".to_owned()),
        created_at: at(0),
        created_by: Actor::system("setup"),
        disabled_at: None,
    }
}

fn digest(text: &str) -> Sha256 {
    Sha256::of(text.as_bytes())
}

async fn an_account_keeps_its_name(db: Db) {
    let mut tx = db.write().await.unwrap();
    assert!(!tx.has_accounts().await.unwrap());
    let mut ada = account(1, "ada");
    tx.insert_account(&ada).await.unwrap();
    assert!(tx.has_accounts().await.unwrap());
    assert_eq!(ada.actor(), Actor::Person(Handle::new("ada").unwrap()));
    ada.role = Role::Admin;
    ada.password = None;
    ada.disabled_at = Some(at(9));
    tx.save_account(&ada).await.unwrap();
    assert_eq!(tx.account(ada.id).await.unwrap(), ada);
    assert_eq!(tx.account_of_handle(&ada.handle).await.unwrap(), Some(ada.clone()));
    let other = account(2, "grace");
    assert!(matches!(tx.save_account(&other).await, Err(StoreError::NotFound)));
    assert!(matches!(tx.account(other.id).await, Err(StoreError::NotFound)));
    tx.insert_account(&other).await.unwrap();
    assert_eq!(tx.accounts().await.unwrap(), [ada, other]);
}

async fn a_handle_is_taken_once(db: Db) {
    let mut tx = db.write().await.unwrap();
    tx.insert_account(&account(1, "ada")).await.unwrap();
    let again = tx.insert_account(&account(2, "ada")).await;
    assert!(matches!(again, Err(StoreError::Duplicate(_))), "{again:?}");
}

async fn a_bot_has_an_owner(db: Db) {
    let mut tx = db.write().await.unwrap();
    let ada = account(1, "ada");
    tx.insert_account(&ada).await.unwrap();
    let bot = Account { kind: "bot".into(), owner: Some(ada.id), password: None, ..account(2, "gpt") };
    tx.insert_account(&bot).await.unwrap();
    assert_eq!(bot.actor(), Actor::Bot(bot.handle.clone()));
    let orphan = Account { kind: "bot".into(), password: None, ..account(3, "orphan") };
    assert!(tx.insert_account(&orphan).await.is_err());
}

async fn a_session_ends_once(db: Db) {
    let mut tx = db.write().await.unwrap();
    let ada = account(1, "ada");
    tx.insert_account(&ada).await.unwrap();
    let session = |secret: &str, minutes| Session {
        hash: digest(secret),
        account: ada.id,
        created_at: at(minutes),
        seen_at: at(minutes),
        ends_at: at(1000),
        ended_at: None,
    };
    for (secret, minutes) in [("a", 1), ("b", 2), ("c", 3)] {
        tx.insert_session(&session(secret, minutes)).await.unwrap();
    }
    tx.touch_session(digest("a"), at(5)).await.unwrap();
    assert_eq!(tx.session(digest("a")).await.unwrap().unwrap().seen_at, at(5));
    assert_eq!(tx.session(digest("z")).await.unwrap(), None);
    tx.end_session(digest("a"), at(6)).await.unwrap();
    tx.end_session(digest("a"), at(7)).await.unwrap();
    assert_eq!(tx.session(digest("a")).await.unwrap().unwrap().ended_at, Some(at(6)));
    let standing: Vec<_> = tx.sessions(ada.id).await.unwrap().into_iter().map(|s| s.hash).collect();
    assert_eq!(standing, [digest("c"), digest("b")]);
    assert_eq!(tx.end_sessions(ada.id, at(8)).await.unwrap(), 2);
    assert_eq!(tx.forget_sessions(at(7)).await.unwrap(), 1);
    assert_eq!(tx.forget_sessions(at(2000)).await.unwrap(), 2);
}

async fn a_token_is_found_by_its_digest(db: Db) {
    let mut tx = db.write().await.unwrap();
    let ada = account(1, "ada");
    tx.insert_account(&ada).await.unwrap();
    let token = |n, secret: &str| Token {
        id: TokenId(id(n)),
        account: ada.id,
        name: format!("token {n}"),
        prefix: "bwt_12345678".to_owned(),
        hash: digest(secret),
        scopes: json_of(&json!(["read"])),
        created_at: at(i64::try_from(n).unwrap()),
        ends_at: None,
        used_at: None,
        revoked_at: None,
    };
    tx.insert_token(&token(1, "a")).await.unwrap();
    tx.insert_token(&token(2, "b")).await.unwrap();
    tx.touch_token(TokenId(id(1)), at(4)).await.unwrap();
    let first = tx.token_of_hash(digest("a")).await.unwrap().unwrap();
    assert_eq!((first.id, first.used_at), (TokenId(id(1)), Some(at(4))));
    assert_eq!(tx.token(TokenId(id(1))).await.unwrap(), first);
    assert!(tx.revoke_token(first.id, at(5)).await.unwrap());
    assert!(!tx.revoke_token(first.id, at(6)).await.unwrap());
    assert_eq!(tx.token_of_hash(digest("a")).await.unwrap().unwrap().revoked_at, Some(at(5)));
    assert_eq!(tx.revoke_tokens(ada.id, at(7)).await.unwrap(), 1);
    assert_eq!(tx.tokens(ada.id).await.unwrap().len(), 2);
}

fn ticket(n: u128, purpose: &str) -> Ticket {
    Ticket {
        id: TicketId(id(n)),
        hash: digest(&n.to_string()),
        purpose: purpose.into(),
        role: (purpose == "invite").then_some(Role::Forecaster),
        account: None,
        note: String::new(),
        created_at: at(0),
        created_by: Actor::system("setup"),
        ends_at: at(60),
        used_at: None,
        withdrawn_at: None,
    }
}

async fn a_ticket_is_used_once(db: Db) {
    let mut tx = db.write().await.unwrap();
    tx.insert_ticket(&ticket(1, "setup")).await.unwrap();
    tx.insert_ticket(&ticket(2, "setup")).await.unwrap();
    let found = tx.ticket_of_hash(digest("1")).await.unwrap().unwrap();
    assert!(found.stands(at(59)) && !found.stands(at(60)));
    assert!(tx.use_ticket(found.id, at(1)).await.unwrap());
    assert!(!tx.use_ticket(found.id, at(2)).await.unwrap());
    assert!(!tx.use_ticket(TicketId(id(2)), at(60)).await.unwrap(), "it ran out");
    assert!(!tx.ticket_of_hash(digest("1")).await.unwrap().unwrap().stands(at(3)));
}

async fn tickets_of_a_purpose_are_withdrawn(db: Db) {
    let mut tx = db.write().await.unwrap();
    let ada = account(1, "ada");
    tx.insert_account(&ada).await.unwrap();
    tx.insert_ticket(&ticket(1, "setup")).await.unwrap();
    tx.insert_ticket(&ticket(2, "invite")).await.unwrap();
    tx.insert_ticket(&Ticket { account: Some(ada.id), ..ticket(3, "reset") }).await.unwrap();
    assert_eq!(tx.withdraw_tickets(&"reset".into(), Some(AccountId(id(9))), at(1)).await.unwrap(), 0);
    assert_eq!(tx.withdraw_tickets(&"reset".into(), Some(ada.id), at(1)).await.unwrap(), 1);
    assert_eq!(tx.withdraw_tickets(&"setup".into(), None, at(1)).await.unwrap(), 1);
    assert!(!tx.use_ticket(TicketId(id(1)), at(2)).await.unwrap());
    assert!(tx.withdraw_ticket(TicketId(id(2)), at(2)).await.unwrap());
    assert!(!tx.withdraw_ticket(TicketId(id(2)), at(3)).await.unwrap());
    assert_eq!(tx.tickets(&"invite".into()).await.unwrap().len(), 1);
}

async fn what_someone_did_is_found(db: Db) {
    let mut tx = db.write().await.unwrap();
    let ada = Actor::Person(Handle::new("ada").unwrap());
    for minutes in 0..3 {
        tx.record(&change(&ada, None, minutes)).await.unwrap();
        tx.record(&change(&Actor::Operator, None, minutes)).await.unwrap();
    }
    let hers: Vec<_> =
        tx.events_of_actor(&ada, i64::MAX, 2).await.unwrap().into_iter().map(|e| e.seq).collect();
    assert_eq!(hers, [5, 3]);
    assert!(tx.deeds_of_actor(&ada, 9).await.unwrap().is_empty(), "none was done to a claim");
    assert!(tx.deed_counts(&ada).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_name_cannot_be_changed_behind_the_store() {
    let kit = bellwether_testkit::sqlite().await;
    let mut tx = kit.db().write().await.unwrap();
    tx.insert_account(&account(1, "ada")).await.unwrap();
    tx.commit().await.unwrap();
    let Location::Folder(folder) = kit.location() else { unreachable!() };
    let url = format!("sqlite:{}", Location::database_file(folder).display());
    let mut c = SqliteConnection::connect(&url).await.unwrap();
    for sql in ["UPDATE account SET handle = 'eve'", "UPDATE account SET kind = 'bot'", "DELETE FROM account"]
    {
        assert!(c.execute(sql).await.is_err(), "{sql}");
    }
}
