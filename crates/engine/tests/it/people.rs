//! Accounts, invitations, sessions, tokens, and who may decide what.

use std::collections::BTreeSet;

use bellwether_core::{
    actor::Actor,
    evidence::Side,
    people::{Handle, Role, Scope},
    status::Outcome,
};
use bellwether_engine::{
    EngineError,
    claims::ClaimKey,
    people::{Bearer, NewAccount, NewToken, Password, Secret, Signed, SignedIn},
    resolve::Ruling,
};
use bellwether_store::{Db, JsonText, LinkSnapshot};
use chrono::TimeDelta;
use uuid::Uuid;

use crate::support::{Kit, result};

bellwether_testkit::both!(
    s16_the_link_for_setting_up_works_once_and_for_an_hour,
    s16_of_fifty_setups_one_makes_an_admin,
    an_invitation_gives_its_role_once,
    s1_a_session_ends_by_signing_out_by_time_and_by_a_new_password,
    s4_a_wrong_name_and_a_wrong_password_get_one_answer,
    s3_a_token_has_scopes_runs_out_and_is_revoked_at_once,
    s3_secrets_are_kept_as_digests_only,
    a_bot_may_not_do_more_than_its_owner,
    a_disabled_account_has_no_way_in,
    someone_who_forgot_their_password_chooses_another,
    there_is_always_an_admin,
    an_arbiter_with_an_interest_decides_only_where_nobody_else_can,
    a_person_sees_what_they_did,
);

const PASSWORD: &str = "correct horse battery staple";

fn newcomer(handle: &str) -> NewAccount {
    NewAccount { handle: handle.to_owned(), name: String::new(), password: Password::new(PASSWORD) }
}

async fn set_up(kit: &Kit) -> SignedIn {
    let link = kit.engine.setup_link().await.unwrap().unwrap();
    kit.engine.set_up(&link, newcomer("ada")).await.unwrap()
}

async fn invited(kit: &Kit, role: Role, handle: &str) -> SignedIn {
    let link = kit.engine.invite(&Actor::Operator, role, "").await.unwrap();
    kit.engine.join(&link, newcomer(handle)).await.unwrap()
}

async fn who(kit: &Kit, secret: &Secret) -> Option<Signed> {
    kit.engine.session(secret).await.unwrap()
}

fn handle(text: &str) -> Handle {
    Handle::new(text).unwrap()
}

/// The names of the fields that a refusal names.
fn fields(error: &EngineError) -> Vec<&str> {
    match error {
        EngineError::Invalid(wrong) => wrong.iter().map(|w| w.field.as_str()).collect(),
        other => panic!("{other:?}"),
    }
}

async fn s16_the_link_for_setting_up_works_once_and_for_an_hour(db: Db) {
    let kit = Kit::new(db);
    assert!(!kit.engine.is_set_up().await.unwrap());
    let first = kit.engine.setup_link().await.unwrap().unwrap();
    let second = kit.engine.setup_link().await.unwrap().unwrap();
    assert!(!kit.engine.setup_stands(&first).await.unwrap(), "a later link replaces it");
    let weak = NewAccount { password: Password::new("password"), ..newcomer("a") };
    let refused = kit.engine.set_up(&second, weak).await.unwrap_err();
    assert_eq!(fields(&refused), ["handle", "password"]);
    kit.wait(TimeDelta::minutes(60));
    assert!(!kit.engine.setup_stands(&second).await.unwrap(), "an hour has passed");
    assert!(matches!(kit.engine.set_up(&second, newcomer("ada")).await, Err(EngineError::NotFound(_))));

    let third = kit.engine.setup_link().await.unwrap().unwrap();
    let signed = kit.engine.set_up(&third, newcomer("Ada")).await.unwrap().signed;
    assert_eq!((signed.handle, signed.role), (handle("ada"), Role::Admin));
    assert!(matches!(kit.engine.set_up(&third, newcomer("eve")).await, Err(EngineError::NotFound(_))));
    assert_eq!(kit.engine.setup_link().await.unwrap(), None);
}

async fn s16_of_fifty_setups_one_makes_an_admin(db: Db) {
    let kit = Kit::new(db);
    let link = kit.engine.setup_link().await.unwrap().unwrap();
    let tries = (0..50).map(|n| {
        let (engine, link) = (kit.engine.clone(), link.clone());
        tokio::spawn(async move { engine.set_up(&link, newcomer(&format!("admin-{n}"))).await.is_ok() })
    });
    let mut succeeded = 0;
    for one in tries.collect::<Vec<_>>() {
        succeeded += usize::from(one.await.unwrap());
    }
    assert_eq!((succeeded, kit.engine.accounts().await.unwrap().len()), (1, 1));
}

async fn an_invitation_gives_its_role_once(db: Db) {
    let kit = Kit::new(db);
    set_up(&kit).await;
    let link = kit.engine.invite(&Actor::Operator, Role::Curator, "for Grace").await.unwrap();
    assert_eq!(kit.engine.invitation_of(&link).await.unwrap(), Some(Role::Curator));
    assert_eq!(kit.engine.invitations().await.unwrap()[0].note, "for Grace");
    let taken = kit.engine.join(&link, newcomer("ada")).await.unwrap_err();
    assert_eq!(fields(&taken), ["handle"]);
    let grace = kit.engine.join(&link, newcomer("grace")).await.unwrap().signed;
    assert_eq!(grace.role, Role::Curator);
    assert!(matches!(kit.engine.join(&link, newcomer("eve")).await, Err(EngineError::NotFound(_))));
    assert_eq!(kit.engine.invitations().await.unwrap(), []);

    let other = kit.engine.invite(&Actor::Operator, Role::Admin, "").await.unwrap();
    let standing = kit.engine.invitations().await.unwrap()[0].id;
    kit.engine.withdraw_invitation(&Actor::Operator, standing).await.unwrap();
    assert!(kit.engine.join(&other, newcomer("eve")).await.is_err());
    let late = kit.engine.invite(&Actor::Operator, Role::Admin, "").await.unwrap();
    kit.wait(TimeDelta::days(7));
    assert!(kit.engine.join(&late, newcomer("eve")).await.is_err());
}

async fn s1_a_session_ends_by_signing_out_by_time_and_by_a_new_password(db: Db) {
    let kit = Kit::new(db);
    let first = set_up(&kit).await;
    let again = || kit.engine.sign_in("ADA", Password::new(PASSWORD));
    let second = again().await.unwrap();
    assert_ne!(first.secret, second.secret, "each sign-in has a secret of its own");
    assert!(who(&kit, &first.secret).await.is_some());
    kit.engine.sign_out(&first.secret).await.unwrap();
    assert_eq!(who(&kit, &first.secret).await, None);

    for day in 1..=29 {
        kit.wait(TimeDelta::days(1));
        assert!(who(&kit, &second.secret).await.is_some(), "used on day {day}");
    }
    kit.wait(TimeDelta::days(1));
    assert_eq!(who(&kit, &second.secret).await, None, "however much it is used");
    let idle = again().await.unwrap();
    kit.wait(TimeDelta::days(7));
    assert_eq!(who(&kit, &idle.secret).await, None, "not used for a week");

    let (here, there) = (again().await.unwrap(), again().await.unwrap());
    let account = here.signed.account;
    let change = |current: &str, new: &str| {
        kit.engine.change_password(account, Password::new(current), Password::new(new))
    };
    let wrong = change("not my password", "plain words that belong nowhere").await.unwrap_err();
    assert_eq!(fields(&wrong), ["current"]);
    assert_eq!(fields(&change(PASSWORD, "password1").await.unwrap_err()), ["password"]);
    let new = change(PASSWORD, "plain words that belong nowhere").await.unwrap();
    for ended in [&here.secret, &there.secret] {
        assert_eq!(who(&kit, ended).await, None);
    }
    assert!(who(&kit, &new.secret).await.is_some());
    assert!(again().await.is_err(), "the old password is gone");
}

async fn s4_a_wrong_name_and_a_wrong_password_get_one_answer(db: Db) {
    let kit = Kit::new(db);
    set_up(&kit).await;
    let answers = [
        kit.engine.sign_in("ada", Password::new("something else")).await,
        kit.engine.sign_in("eve", Password::new(PASSWORD)).await,
        kit.engine.sign_in("no such\0name", Password::new(PASSWORD)).await,
        kit.engine.sign_in("ada", Password::new("x".repeat(1_000_000))).await,
    ];
    let said: BTreeSet<_> = answers.map(|a| a.unwrap_err().to_string()).into();
    assert_eq!(said.len(), 1, "{said:?}");
}

fn token(scopes: &[Scope]) -> NewToken {
    NewToken { name: "a script".to_owned(), scopes: scopes.to_vec(), days: None, bot: None }
}

async fn s3_a_token_has_scopes_runs_out_and_is_revoked_at_once(db: Db) {
    let kit = Kit::new(db);
    let ada = set_up(&kit).await.signed;
    let bearer = async |secret: &Secret| kit.engine.bearer(secret).await.unwrap();
    let (secret, id) =
        kit.engine.create_token(ada.account, &token(&[Scope::Curate, Scope::Read])).await.unwrap();
    let Bearer { signed, scopes, .. } = bearer(&secret).await.unwrap();
    assert_eq!((signed.handle, scopes), (handle("ada"), vec![Scope::Read, Scope::Curate]));
    assert!(who(&kit, &secret).await.is_none(), "a token is no session");
    let seen = kit.engine.tokens(ada.account).await.unwrap();
    assert_eq!(seen[0].used_at, Some(kit.engine.now()));
    assert!(secret.reveal().starts_with(&seen[0].prefix));

    let grace = invited(&kit, Role::Admin, "grace").await.signed;
    assert!(matches!(kit.engine.revoke_token(grace.account, id).await, Err(EngineError::NotFound(_))));
    assert!(bearer(&secret).await.is_some());
    kit.engine.revoke_token(ada.account, id).await.unwrap();
    assert!(bearer(&secret).await.is_none());

    let short = NewToken { days: Some(1), ..token(&[Scope::Read]) };
    let (secret, _) = kit.engine.create_token(ada.account, &short).await.unwrap();
    kit.wait(TimeDelta::days(1));
    assert!(bearer(&secret).await.is_none());
    let bad = NewToken { name: "  ".into(), days: Some(0), ..token(&[]) };
    let refused = kit.engine.create_token(ada.account, &bad).await.unwrap_err();
    assert_eq!(fields(&refused), ["name", "scopes", "days"]);
}

async fn s3_secrets_are_kept_as_digests_only(db: Db) {
    let kit = Kit::new(db);
    let link = kit.engine.setup_link().await.unwrap().unwrap();
    let ada = kit.engine.set_up(&link, newcomer("ada")).await.unwrap();
    let invitation = kit.engine.invite(&ada.signed.actor, Role::Admin, "").await.unwrap();
    let (token, _) = kit.engine.create_token(ada.signed.account, &token(&[Scope::Read])).await.unwrap();
    let mut tx = kit.engine.db().read().await.unwrap();
    let account = tx.account(ada.signed.account).await.unwrap();
    let kept = format!(
        "{account:?} {:?} {:?} {:?} {:?} {:?}",
        tx.sessions(account.id).await.unwrap(),
        tx.tokens(account.id).await.unwrap(),
        tx.tickets(&"setup".into()).await.unwrap(),
        tx.tickets(&"invite".into()).await.unwrap(),
        tx.events_after(0, 1000).await.unwrap(),
    );
    assert!(kept.contains("$argon2id$"));
    for secret in [link.reveal(), invitation.reveal(), ada.secret.reveal(), token.reveal(), PASSWORD] {
        assert!(!kept.contains(secret) && !kept.contains(&secret[12..]), "{kept}");
    }
}

async fn a_bot_may_not_do_more_than_its_owner(db: Db) {
    let kit = Kit::new(db);
    let ada = set_up(&kit).await.signed;
    let create = |name: &'static str, role| kit.engine.create_bot(ada.account, name, "", role);
    assert_eq!(fields(&create("gpt", Role::Arbiter).await.unwrap_err()), ["role"]);
    assert_eq!(fields(&create("ada", Role::Curator).await.unwrap_err()), ["handle"]);
    let bot = create("gpt", Role::Curator).await.unwrap();
    let asked = NewToken { bot: Some(bot.clone()), ..token(&Scope::ALL) };
    let (secret, _) = kit.engine.create_token(ada.account, &asked).await.unwrap();
    let Bearer { signed, .. } = kit.engine.bearer(&secret).await.unwrap().unwrap();
    assert_eq!((signed.actor, signed.role), (Actor::Bot(bot.clone()), Role::Curator));
    assert!(kit.engine.sign_in("gpt", Password::new(PASSWORD)).await.is_err());

    let grace = invited(&kit, Role::Admin, "grace").await.signed;
    let stolen = NewToken { bot: Some(bot.clone()), ..token(&[Scope::Read]) };
    assert_eq!(fields(&kit.engine.create_token(grace.account, &stolen).await.unwrap_err()), ["bot"]);
    kit.engine.set_role(&grace.actor, &ada.handle, Role::Forecaster).await.unwrap();
    assert_eq!(kit.engine.bearer(&secret).await.unwrap().unwrap().signed.role, Role::Forecaster);
    kit.engine.disable_account(&grace.actor, &ada.handle).await.unwrap();
    assert_eq!(kit.engine.bearer(&secret).await.unwrap(), None);
}

async fn a_disabled_account_has_no_way_in(db: Db) {
    let kit = Kit::new(db);
    let ada = set_up(&kit).await.signed;
    let grace = invited(&kit, Role::Curator, "grace").await;
    let (secret, _) = kit.engine.create_token(grace.signed.account, &token(&[Scope::Read])).await.unwrap();
    kit.engine.disable_account(&ada.actor, &handle("grace")).await.unwrap();
    assert_eq!(who(&kit, &grace.secret).await, None);
    assert_eq!(kit.engine.bearer(&secret).await.unwrap(), None);
    assert!(kit.engine.sign_in("grace", Password::new(PASSWORD)).await.is_err());
    assert!(matches!(
        kit.engine.reset_link(&ada.actor, &handle("grace")).await,
        Err(EngineError::Conflict(_))
    ));
    kit.engine.enable_account(&ada.actor, &handle("grace")).await.unwrap();
    assert_eq!(who(&kit, &grace.secret).await, None, "what was ended stays ended");
    assert_eq!(kit.engine.bearer(&secret).await.unwrap(), None);
    assert!(kit.engine.sign_in("grace", Password::new(PASSWORD)).await.is_ok());
}

async fn someone_who_forgot_their_password_chooses_another(db: Db) {
    let kit = Kit::new(db);
    let ada = set_up(&kit).await;
    let old = kit.engine.reset_link(&ada.signed.actor, &handle("ada")).await.unwrap();
    let link = kit.engine.reset_link(&ada.signed.actor, &handle("ada")).await.unwrap();
    assert_eq!(kit.engine.reset_of(&old).await.unwrap(), None);
    assert_eq!(kit.engine.reset_of(&link).await.unwrap(), Some(handle("ada")));
    assert!(kit.engine.invitation_of(&link).await.unwrap().is_none(), "a link is for one purpose");
    let new = "plain words that belong nowhere";
    let signed = kit.engine.reset_password(&link, Password::new(new)).await.unwrap();
    assert_eq!(who(&kit, &ada.secret).await, None);
    assert!(who(&kit, &signed.secret).await.is_some());
    assert!(kit.engine.reset_password(&link, Password::new(new)).await.is_err());
    assert!(kit.engine.sign_in("ada", Password::new(new)).await.is_ok());
}

async fn there_is_always_an_admin(db: Db) {
    let kit = Kit::new(db);
    let ada = set_up(&kit).await.signed;
    let refused = [
        kit.engine.set_role(&ada.actor, &ada.handle, Role::Arbiter).await,
        kit.engine.disable_account(&ada.actor, &ada.handle).await,
    ];
    for one in refused {
        assert!(matches!(one, Err(EngineError::Conflict(_))), "{one:?}");
    }
    let grace = invited(&kit, Role::Admin, "grace").await.signed;
    kit.engine.set_role(&grace.actor, &ada.handle, Role::Forecaster).await.unwrap();
    assert_eq!(kit.engine.accounts().await.unwrap()[0].role, Role::Forecaster);
}

/// A page that shows an outcome, as the link reader keeps it.
async fn kept_page(kit: &Kit) -> Uuid {
    let id = Uuid::from_u128(77);
    let mut tx = kit.engine.db().write().await.unwrap();
    let at = kit.engine.now();
    tx.insert_link_snapshot(&LinkSnapshot {
        id,
        url: "https://example.org/outcome".to_owned(),
        final_url: "https://example.org/outcome".to_owned(),
        status: 200,
        sha256: None,
        mime: None,
        reading: JsonText::empty(),
        actor: Actor::Operator,
        at,
    })
    .await
    .unwrap();
    tx.commit().await.unwrap();
    id
}

async fn an_arbiter_with_an_interest_decides_only_where_nobody_else_can(db: Db) {
    let mut kit = Kit::new(db);
    let ada = set_up(&kit).await.signed;
    let curator = invited(&kit, Role::Curator, "curie").await.signed;
    kit.actor = curator.actor.clone();
    let claim = kit.plain(0.5).await;
    kit.actor = ada.actor.clone();
    kit.add(&claim, result(Side::For, 6.0, "Ada's own item")).await;
    let id = kit.page(&claim).await.id;
    let link = kept_page(&kit).await;
    let propose = async || {
        kit.engine.propose(&curator.actor, id, Outcome::Yes, "it happened", Some(link)).await.unwrap();
        kit.engine.object(&curator.actor, id, "let someone look", None).await.unwrap();
    };
    let decide = |actor: Actor, ruling| {
        let engine = kit.engine.clone();
        async move { engine.decide(&actor, id, ruling, "looked at it").await }
    };
    propose().await;
    let grace = invited(&kit, Role::Arbiter, "grace").await.signed;
    let refused = decide(ada.actor.clone(), Ruling::Refuse).await.unwrap_err();
    assert!(matches!(refused, EngineError::Forbidden(_)));
    let said = refused.to_string();
    assert!(said.contains("you added evidence to this claim") && said.contains("grace can"), "{said}");
    kit.actor = grace.actor.clone();
    kit.add(&claim, result(Side::Against, 3.0, "Grace's own item")).await;
    let refused = decide(ada.actor.clone(), Ruling::Refuse).await.unwrap_err().to_string();
    assert!(refused.contains("make someone else an arbiter"), "{refused}");
    let hopper = invited(&kit, Role::Arbiter, "hopper").await.signed;
    decide(hopper.actor.clone(), Ruling::Refuse).await.unwrap();
    kit.engine.disable_account(&ada.actor, &hopper.handle).await.unwrap();

    kit.wait(TimeDelta::minutes(1));
    propose().await;
    kit.engine.disable_account(&ada.actor, &grace.handle).await.unwrap();
    decide(ada.actor.clone(), Ruling::Uphold(Outcome::Yes)).await.unwrap();
    let mut tx = kit.engine.db().read().await.unwrap();
    let interested: Vec<_> = tx.decisions(id).await.unwrap().into_iter().map(|d| d.interested).collect();
    assert_eq!(interested, [false, true], "the second is marked for good");
}

async fn a_person_sees_what_they_did(db: Db) {
    let mut kit = Kit::new(db);
    let ada = set_up(&kit).await.signed;
    kit.actor = ada.actor.clone();
    let claim: ClaimKey = kit.plain(0.5).await;
    kit.add(&claim, result(Side::For, 6.0, "Ada's own item")).await;
    kit.actor = Actor::Operator;
    kit.add(&claim, result(Side::For, 6.0, "Someone else's item")).await;
    let page = kit.engine.person(&ada.handle).await.unwrap();
    let added: Vec<_> = page.deeds.iter().filter(|d| d.kind == "evidence.added").collect();
    assert_eq!(added.len(), 1);
    assert_eq!(added[0].title.as_deref(), Some("A claim that starts at 0.5"));
    assert!(page.deeds.iter().all(|d| d.claim.is_some()), "accounts are nobody's business");
    let own = kit.engine.own_data(ada.account).await.unwrap();
    assert!(own.deeds.len() >= page.deeds.len() && own.sessions.len() == 1);
    let json = serde_json::to_string(&own).unwrap();
    assert!(json.contains("Ada's own item") && !json.contains("$argon2id$"), "{json}");
    assert!(matches!(kit.engine.person(&handle("nemo")).await, Err(EngineError::NotFound(_))));
}
