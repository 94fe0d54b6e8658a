//! Who asks: a session's cookie, a token, the local operator, or a stranger.

use std::{convert::Infallible, future};

use axum::{
    extract::{FromRequestParts, Request, State},
    middleware::Next,
    response::Response,
};
use bellwether_core::{
    actor::Actor,
    ids::TokenId,
    people::{Holder, Refusal, Right},
};
use bellwether_engine::people::{Bearer, Secret, Signed};
use http::{HeaderMap, HeaderValue, Method, header, request::Parts};
use url::form_urlencoded;

use crate::{
    cookies,
    log::note_who,
    problem::{Kind, Problem},
    state::{Acting, AppState},
};

/// Who asks, and what they may do.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    holder: Holder,
    actor: Option<Actor>,
    /// Their account, where they have one.
    pub(crate) signed: Option<Signed>,
    /// The secret of their session, where they signed in in a browser.
    pub(crate) session: Option<Secret>,
    /// The token they brought.
    pub(crate) token: Option<TokenId>,
}

impl Default for Visitor {
    /// Someone of whom nothing is known, at an installation of which nothing is known.
    fn default() -> Self {
        Self::stranger(true)
    }
}

impl Visitor {
    fn stranger(shut: bool) -> Self {
        Self { holder: Holder::Stranger { shut }, actor: None, signed: None, session: None, token: None }
    }

    /// Who acts, for the ledger.
    ///
    /// # Errors
    /// 401 where nobody is signed in; the gate refuses such requests before.
    pub(crate) fn actor(&self) -> Result<&Actor, Problem> {
        self.actor.as_ref().ok_or_else(sign_in)
    }

    /// The account of whoever is signed in.
    ///
    /// # Errors
    /// 401 for strangers, 403 for the operator of an installation without accounts.
    pub(crate) fn account(&self) -> Result<&Signed, Problem> {
        match (&self.signed, &self.holder) {
            (Some(signed), _) => Ok(signed),
            (None, Holder::Operator) => Err(refused(Refusal::NoAccounts)),
            (None, _) => Err(sign_in()),
        }
    }

    /// Whether they have a right: for showing what they can do.
    pub(crate) fn has(&self, right: Right) -> bool {
        self.holder.may(right).is_ok()
    }

    /// Lets a request pass, or says why not.
    pub(crate) fn may(&self, right: Right, request: &Request) -> Result<(), Problem> {
        self.holder.may(right).map_err(|refusal| {
            let api = request.uri().path().starts_with("/api/");
            if refusal == Refusal::SignIn && !api && request.method() == Method::GET {
                let here = request.uri().path_and_query().map_or("/", |p| p.as_str());
                return Problem::new(Kind::Unknown, "sign in first").leading_to(&sign_in_path(here));
            }
            refused(refusal)
        })
    }

    /// Whether they are the operator of an installation without accounts.
    pub(crate) fn is_operator(&self) -> bool {
        self.holder == Holder::Operator
    }

    /// Whether the answer to them may be kept and given to others.
    pub(crate) fn is_anyone(&self) -> bool {
        matches!(self.holder, Holder::Stranger { .. } | Holder::Operator)
    }
}

/// The address of the sign-in page that leads back.
pub(crate) fn sign_in_path(back: &str) -> String {
    // The address of a one-time link is a secret, and nobody needs to come back to one that is used.
    if ["/setup/", "/join/", "/reset/"].iter().any(|door| back.starts_with(door)) {
        return "/sign-in".to_owned();
    }
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", back).finish();
    format!("/sign-in?{query}")
}

fn sign_in() -> Problem {
    refused(Refusal::SignIn)
}

fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::SignIn => Problem::new(
            Kind::Unknown,
            "sign in, or send a token: Authorization: Bearer bwt_…",
        )
        .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"bellwether\"")),
        other => Problem::new(Kind::Forbidden, other.to_string()),
    }
}

/// Finds out who asks, before anything else is done for them.
pub(crate) async fn know(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let visitor = match state.settings().acting {
        Acting::Operator => Visitor {
            holder: Holder::Operator,
            actor: Some(Actor::Operator),
            signed: None,
            session: None,
            token: None,
        },
        Acting::Accounts => find(&state, request.headers()).await?,
    };
    if let Some(actor) = &visitor.actor {
        note_who(actor);
    }
    request.extensions_mut().insert(visitor.clone());
    let mut response = next.run(request).await;
    // The page of a refusal is written further out, and greets them by name too.
    response.extensions_mut().insert(visitor);
    Ok(response)
}

/// Comes back when whoever asked may read no longer: a token was revoked, a session ended, the installation was shut.
/// An answer that goes on for hours is looked after by this; the gate saw only its beginning.
pub(crate) async fn shut_out(state: &AppState, headers: &HeaderMap) {
    if state.settings().acting == Acting::Operator {
        return future::pending().await;
    }
    loop {
        tokio::time::sleep(2 * state.limits().heartbeat).await;
        if !find(state, headers).await.is_ok_and(|visitor| visitor.has(Right::Read)) {
            return;
        }
    }
}

async fn find(state: &AppState, headers: &HeaderMap) -> Result<Visitor, Problem> {
    if let Some(authorization) = headers.get(header::AUTHORIZATION) {
        return bearer(state, authorization).await;
    }
    if let Some(secret) = cookies::session(headers, state.base_url()).and_then(Secret::read)
        && let Some(signed) = state.engine().session(&secret).await?
    {
        return Ok(Visitor {
            holder: Holder::Account(signed.role),
            actor: Some(signed.actor.clone()),
            signed: Some(signed),
            session: Some(secret),
            token: None,
        });
    }
    Ok(Visitor::stranger(state.cache().is_private(state).await?))
}

/// A token that is wrong is an error, not a stranger: a program should not learn by silence that it may do less.
async fn bearer(state: &AppState, authorization: &HeaderValue) -> Result<Visitor, Problem> {
    let wrong = || {
        let challenge = HeaderValue::from_static("Bearer realm=\"bellwether\", error=\"invalid_token\"");
        Problem::new(Kind::Unknown, "this token is not known, was revoked, or has run out")
            .with_header(header::WWW_AUTHENTICATE, challenge)
    };
    let text = authorization.to_str().map_err(|_| wrong())?;
    let (scheme, secret) = text.split_once(' ').ok_or_else(wrong)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(wrong());
    }
    let secret = Secret::read(secret.trim()).ok_or_else(wrong)?;
    let Bearer { signed, scopes, token } = state.engine().bearer(&secret).await?.ok_or_else(wrong)?;
    Ok(Visitor {
        holder: Holder::Token { role: signed.role, scopes },
        actor: Some(signed.actor.clone()),
        signed: Some(signed),
        session: None,
        token: Some(token),
    })
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Infallible> {
        // The frame puts one into every request.
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}
