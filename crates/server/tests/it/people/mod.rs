//! Accounts, seen from outside: doors, guards, tokens, and who may do what.

mod doors;
mod guards;
mod offers;
mod secrets;
mod words;

use bellwether_core::{
    actor::Actor,
    ids::{AccountId, ClaimId},
    people::{Role, Scope},
    status::Outcome,
};
use bellwether_engine::{
    claims::ClaimKey,
    people::{NewAccount, NewToken, Password},
};
use bellwether_store::{JsonText, LinkSnapshot};
use uuid::Uuid;

use crate::support::{Reply, Server};

pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// Someone with an account of a role, in a browser and with a token that may do all their role may.
pub(crate) struct Someone {
    pub account: AccountId,
    pub cookie: String,
    pub bearer: String,
}

impl Someone {
    /// The first is set up, later ones are invited.
    pub(crate) async fn new(server: &Server, handle: &str, role: Role) -> Self {
        let engine = &server.engine;
        let new =
            NewAccount { handle: handle.into(), name: String::new(), password: Password::new(PASSWORD) };
        let signed = if let Some(link) = engine.setup_link().await.expect("it can be asked") {
            engine.set_up(&link, new).await.expect("the first account")
        } else {
            let link = engine.invite(&Actor::Operator, role, "").await.expect("an invitation");
            engine.join(&link, new).await.expect("an account")
        };
        assert_eq!(signed.signed.role, role, "the first is an admin");
        let token = NewToken { name: "all".into(), scopes: Scope::ALL.to_vec(), days: None, bot: None };
        let (token, _) = engine.create_token(signed.signed.account, &token).await.expect("a token");
        Self {
            account: signed.signed.account,
            cookie: format!("session={}", signed.secret.reveal()),
            bearer: format!("Bearer {}", token.reveal()),
        }
    }

    /// A request of theirs from a browser.
    pub(crate) async fn page(&self, server: &Server, method: &str, path: &str, body: &str) -> Reply {
        let form = ("Content-Type", "application/x-www-form-urlencoded");
        server.send(method, path, &[("Cookie", &self.cookie), form], body.as_bytes()).await
    }

    /// A request of their program.
    pub(crate) async fn api(&self, server: &Server, method: &str, path: &str, body: &str) -> Reply {
        let json = ("Content-Type", "application/json");
        server.send(method, path, &[("Authorization", &self.bearer), json], body.as_bytes()).await
    }
}

/// A claim without a rule, written by one person, and an item of evidence, added by another or the same.
pub(crate) async fn claim(server: &Server, author: &Someone, by: &Someone) {
    let yaml = "title: An open model leads by spring\nslug: spring\nstart: { p: 0.5, basis: no view }\n\
                window: { by: Q1 2027 }\ncriteria: True if it leads.\n";
    let form = |fields: &[(&str, &str)]| {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
    };
    let written = form(&[("as", "yaml"), ("yaml", yaml), ("do", "save")]);
    assert_eq!(author.page(server, "POST", "/claims/new", &written).await.status, 303);
    let item =
        [("claim", "spring"), ("text", "Costs fell"), ("side", "for"), ("points", "3"), ("do", "save")];
    assert_eq!(by.page(server, "POST", "/evidence/new", &form(&item)).await.status, 303);
}

/// Proposes Yes for a claim without a rule, in the name of the operator, with a page as proof.
pub(crate) async fn propose(server: &Server, claim: &str) -> ClaimId {
    let engine = &server.engine;
    let claim = engine.claim_id(&ClaimKey::from(claim.to_owned())).await.expect("the claim");
    let id = Uuid::now_v7();
    let url = "https://example.org/outcome".to_owned();
    let mut tx = engine.db().write().await.expect("a transaction");
    tx.insert_link_snapshot(&LinkSnapshot {
        id,
        final_url: url.clone(),
        url,
        status: 200,
        sha256: None,
        mime: None,
        reading: JsonText::empty(),
        actor: Actor::Operator,
        at: engine.now(),
    })
    .await
    .expect("a page that was kept");
    tx.commit().await.expect("stored");
    engine.propose(&Actor::Operator, claim, Outcome::Yes, "it leads", Some(id)).await.expect("proposed");
    // What did not come through the server it may see a moment later, unless something else does.
    server.form("/about/theme", &[]).await;
    claim
}
