//! One's own account: name, password, sessions, tokens, bots, and all that is kept of one.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use bellwether_core::{
    ids::TokenId,
    people::{Handle, Role, Scope},
};
use bellwether_engine::{
    EngineError,
    people::{NewToken, Password, Secret, Signed, TokenView},
};
use chrono::{DateTime, Utc};
use http::{HeaderValue, StatusCode, header};

use super::{
    doors::let_in,
    evidence_view::Errors,
    page,
    parts::When,
    request::Reader,
    shell::{Place, Shell},
    unkept,
};
use crate::{
    extract::{Form, Path},
    problem::Problem,
    state::AppState,
    visitor::Visitor,
};

#[derive(Clone, Debug, Template)]
#[template(path = "account.html")]
struct AccountPage {
    shell: Shell,
    errors: Errors,
    me: Signed,
    tokens: Vec<TokenView>,
    bots: Vec<Handle>,
    /// The secret of a token that was just made: shown now and never again.
    fresh: Option<Secret>,
    /// Everything typed into the form that was refused, but for passwords.
    typed: Vec<(String, String)>,
}

impl AccountPage {
    fn now(&self) -> DateTime<Utc> {
        self.shell.now
    }

    fn value(&self, name: &str) -> &str {
        self.typed.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str())
    }

    fn chose(&self, name: &str, value: &str) -> bool {
        self.typed.iter().any(|(n, v)| n == name && v == value)
    }

    /// The scopes that one's role can use.
    fn scopes(&self) -> Vec<(Scope, &'static str)> {
        let says = |scope| match scope {
            Scope::Read => "read what you may read",
            Scope::Forecast => "forecast, and object to proposals",
            Scope::Follow => "follow what happens, and read your inbox",
            Scope::Curate => "keep claims, evidence, signals and sources",
            Scope::Decide => "decide disputes",
            Scope::Admin => "keep accounts and settings",
        };
        let needs = |scope| match scope {
            Scope::Read | Scope::Forecast | Scope::Follow => Role::Forecaster,
            Scope::Curate => Role::Curator,
            Scope::Decide => Role::Arbiter,
            Scope::Admin => Role::Admin,
        };
        Scope::ALL.into_iter().filter(|s| self.me.role >= needs(*s)).map(|s| (s, says(s))).collect()
    }

    /// The roles that one's bots can have.
    fn bot_roles(&self) -> Vec<Role> {
        [Role::Forecaster, Role::Curator].into_iter().filter(|role| *role <= self.me.role).collect()
    }

    fn stands(&self, token: &TokenView) -> bool {
        token.revoked_at.is_none() && token.ends_at.is_none_or(|ends| self.shell.now < ends)
    }

    /// Whether something is wrong with one of these fields: then their form stands open.
    fn wrong(&self, fields: &[&str]) -> bool {
        fields.iter().any(|field| self.errors.of(field).is_some())
    }

    #[expect(clippy::unused_self, reason = "templates reach everything through the page")]
    fn scopes_of(&self, token: &TokenView) -> String {
        token.scopes.iter().map(|s| s.title()).collect::<Vec<_>>().join(", ")
    }
}

async fn account_page(state: &AppState, reader: &Reader, me: &Signed) -> Result<AccountPage, Problem> {
    let person = state.engine().person(&me.handle).await?;
    Ok(AccountPage {
        shell: reader.shell(state, "Your account", Place::Account).await,
        errors: Errors::default(),
        me: me.clone(),
        tokens: state.engine().tokens(me.account).await?,
        bots: person.bots,
        fresh: None,
        typed: Vec::new(),
    })
}

/// The page again, with what was wrong and what was typed.
async fn again(
    state: &AppState,
    reader: &Reader,
    me: &Signed,
    form: &Form,
    error: EngineError,
) -> Result<Response, Problem> {
    let EngineError::Invalid(wrong) = error else { return Err(error.into()) };
    let mut shown = account_page(state, reader, me).await?;
    shown.errors.refuse(wrong);
    for name in ["name", "token_name", "days", "bot", "handle", "bot_name", "role", "scopes"] {
        shown.typed.extend(form.values(name).map(|v| (name.to_owned(), super::request::cut(v, 200))));
    }
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response())
}

fn back() -> Response {
    Redirect::to("/account").into_response()
}

/// `GET /account`
pub(super) async fn show(
    State(state): State<AppState>,
    reader: Reader,
    visitor: Visitor,
) -> Result<Response, Problem> {
    Ok(page(&account_page(&state, &reader, visitor.account()?).await?))
}

/// `POST /account/name`
pub(super) async fn rename(
    State(state): State<AppState>,
    reader: Reader,
    visitor: Visitor,
    form: Form,
) -> Result<Response, Problem> {
    let me = visitor.account()?;
    form.only(&["name"])?;
    match state.engine().rename(me.account, form.value("name").unwrap_or_default()).await {
        Ok(()) => Ok(back()),
        Err(error) => again(&state, &reader, me, &form, error).await,
    }
}

/// `POST /account/password`
pub(super) async fn change_password(
    State(state): State<AppState>,
    reader: Reader,
    visitor: Visitor,
    form: Form,
) -> Result<Response, Problem> {
    let me = visitor.account()?;
    form.only(&["username", "current", "password"])?;
    state.throttle().password(me.handle.as_str())?;
    let password = |name: &str| Password::new(form.value(name).unwrap_or_default());
    match state.engine().change_password(me.account, password("current"), password("password")).await {
        Ok(signed) => Ok(let_in(&state, &signed, Some("/account"))),
        Err(error) => again(&state, &reader, me, &form, error).await,
    }
}

/// `POST /account/sessions/end`: all but this one.
pub(super) async fn end_sessions(
    State(state): State<AppState>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let me = visitor.account()?;
    if let Some(here) = &visitor.session {
        state.engine().sign_out_elsewhere(me.account, here).await?;
    }
    Ok(back())
}

/// `POST /account/tokens`: the secret is in this answer and in no other.
pub(super) async fn create_token(
    State(state): State<AppState>,
    reader: Reader,
    visitor: Visitor,
    form: Form,
) -> Result<Response, Problem> {
    let me = visitor.account()?;
    form.only(&["token_name", "scopes", "days", "bot"])?;
    match read_token(&form) {
        Ok(new) => match state.engine().create_token(me.account, &new).await {
            Ok((secret, _)) => {
                let mut shown = account_page(&state, &reader, me).await?;
                shown.fresh = Some(secret);
                Ok(unkept(page(&shown)))
            }
            Err(error) => again(&state, &reader, me, &form, named("token_name", error)).await,
        },
        Err(error) => again(&state, &reader, me, &form, error).await,
    }
}

/// What the engine calls `name` is one's own name on this page; those of tokens and bots have fields of their own.
fn named(ours: &str, error: EngineError) -> EngineError {
    match error {
        EngineError::Invalid(mut wrong) => {
            for field in &mut wrong {
                if field.field == "name" {
                    ours.clone_into(&mut field.field);
                }
            }
            EngineError::Invalid(wrong)
        }
        other => other,
    }
}

fn read_token(form: &Form) -> Result<NewToken, EngineError> {
    let text = |name: &str| form.value(name).unwrap_or_default().trim();
    let days = match text("days") {
        "" => None,
        days => Some(days.parse().map_err(|_| {
            EngineError::invalid("days", "unreadable", "write a number of days, or leave it empty")
        })?),
    };
    let mut scopes = Vec::new();
    for scope in form.values("scopes") {
        scopes.push(Scope::named(scope).ok_or_else(|| {
            let told = super::request::cut(scope, 40);
            EngineError::invalid("scopes", "unknown", format!("there is no scope `{told}`"))
        })?);
    }
    let bot = match text("bot") {
        "" => None,
        bot => Some(Handle::new(bot).map_err(|e| EngineError::invalid("bot", "unreadable", e.to_string()))?),
    };
    Ok(NewToken { name: text("token_name").to_owned(), scopes, days, bot })
}

/// `POST /account/tokens/{id}/revoke`
pub(super) async fn revoke_token(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id: TokenId = id.parse().map_err(|_| Problem::not_found("token"))?;
    state.engine().revoke_token(visitor.account()?.account, id).await?;
    Ok(back())
}

/// `POST /account/bots`
pub(super) async fn create_bot(
    State(state): State<AppState>,
    reader: Reader,
    visitor: Visitor,
    form: Form,
) -> Result<Response, Problem> {
    let me = visitor.account()?;
    form.only(&["handle", "bot_name", "role"])?;
    let text = |name: &str| form.value(name).unwrap_or_default();
    let Some(role) = Role::named(text("role")) else {
        let error = EngineError::invalid("role", "unknown", "choose what the bot may do");
        return again(&state, &reader, me, &form, error).await;
    };
    match state.engine().create_bot(me.account, text("handle"), text("bot_name"), role).await {
        Ok(_) => Ok(back()),
        Err(error) => again(&state, &reader, me, &form, named("bot_name", error)).await,
    }
}

/// `GET /account/data.json`: all that is kept of one.
pub(super) async fn own_data(State(state): State<AppState>, visitor: Visitor) -> Result<Response, Problem> {
    let me = visitor.account()?;
    let data = state.engine().own_data(me.account).await?;
    let json = serde_json::to_vec_pretty(&data).map_err(EngineError::internal)?;
    let name = format!("attachment; filename=\"bellwether-{}.json\"", me.handle);
    let kind = HeaderValue::from_static("application/json");
    let mut answer = json.into_response();
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    if let Ok(name) = HeaderValue::from_str(&name) {
        answer.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(unkept(answer))
}
