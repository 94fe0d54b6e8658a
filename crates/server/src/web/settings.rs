//! For admins: accounts and their roles, invitations, and whether strangers may read.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use bellwether_core::{ids::TicketId, people::Role};
use bellwether_engine::{
    EngineError,
    people::{AccountView, Invitation, Secret},
};
use chrono::{DateTime, Utc};
use http::StatusCode;

use super::{
    evidence_view::Errors,
    page,
    parts::When,
    request::{self, Reader},
    shell::{Place, Shell},
    unkept,
};
use crate::{
    extract::{Form, Path, read_handle},
    problem::{Kind, Problem},
    state::{Acting, AppState},
    visitor::Visitor,
};

#[derive(Clone, Debug, Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    shell: Shell,
    errors: Errors,
    accounts: Vec<AccountView>,
    invitations: Vec<Invitation>,
    private: bool,
    /// A link that was just made: what it is for, and its address. Shown now and never again.
    fresh: Option<(String, String)>,
    note: String,
    /// The role that was chosen, as typed.
    role: String,
}

impl SettingsPage {
    #[expect(clippy::unused_self, reason = "templates reach everything through the page")]
    fn roles(&self) -> [Role; 4] {
        Role::ALL
    }

    fn now(&self) -> DateTime<Utc> {
        self.shell.now
    }
}

async fn settings_page(state: &AppState, reader: &Reader) -> Result<SettingsPage, Problem> {
    if state.settings().acting == Acting::Operator {
        return Err(Problem::new(
            Kind::Forbidden,
            "this installation has no accounts: whoever reaches it is its operator",
        ));
    }
    let engine = state.engine();
    Ok(SettingsPage {
        shell: reader.shell(state, "Settings", Place::Settings).await,
        errors: Errors::default(),
        accounts: engine.accounts().await?,
        invitations: engine.invitations().await?,
        private: engine.is_private().await?,
        fresh: None,
        note: String::new(),
        role: String::new(),
    })
}

fn back() -> Response {
    Redirect::to("/settings").into_response()
}

/// The page with a link that is shown this once.
async fn with_link(
    state: &AppState,
    reader: &Reader,
    what: String,
    door: &str,
    secret: &Secret,
) -> Result<Response, Problem> {
    let mut shown = settings_page(state, reader).await?;
    shown.fresh = Some((what, format!("{}/{door}/{}", request::origin(state), secret.reveal())));
    Ok(unkept(page(&shown)))
}

/// `GET /settings`
pub(super) async fn show(State(state): State<AppState>, reader: Reader) -> Result<Response, Problem> {
    Ok(page(&settings_page(&state, &reader).await?))
}

/// `POST /settings/private`
pub(super) async fn privacy(
    State(state): State<AppState>,
    visitor: Visitor,
    form: Form,
) -> Result<Response, Problem> {
    form.only(&["private"])?;
    let private = form.value("private") == Some("yes");
    state.engine().set_private(visitor.actor()?, private).await?;
    Ok(back())
}

/// `POST /settings/invitations`
pub(super) async fn invite(
    State(state): State<AppState>,
    reader: Reader,
    visitor: Visitor,
    form: Form,
) -> Result<Response, Problem> {
    form.only(&["note", "role"])?;
    let note = form.value("note").unwrap_or_default();
    let made = match form.value("role").and_then(Role::named) {
        Some(role) => state.engine().invite(visitor.actor()?, role, note).await.map(|link| (role, link)),
        None => Err(EngineError::invalid("role", "unknown", "choose a role")),
    };
    match made {
        Ok((role, link)) => {
            let what = format!("Invitation as {}", role.title());
            with_link(&state, &reader, what, "join", &link).await
        }
        Err(EngineError::Invalid(wrong)) => {
            let mut shown = settings_page(&state, &reader).await?;
            shown.note = request::cut(note, 200);
            shown.role = request::cut(form.value("role").unwrap_or_default(), 40);
            shown.errors.refuse(wrong);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&shown)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /settings/invitations/{id}/withdraw`
pub(super) async fn withdraw(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id: TicketId = id.parse().map_err(|_| Problem::not_found("invitation"))?;
    state.engine().withdraw_invitation(visitor.actor()?, id).await?;
    Ok(back())
}

/// `POST /settings/accounts/{handle}/role`
pub(super) async fn role(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(handle): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    form.only(&["role"])?;
    let role = form.value("role").and_then(Role::named);
    let role = role.ok_or_else(|| EngineError::invalid("role", "unknown", "choose a role"))?;
    state.engine().set_role(visitor.actor()?, &read_handle(&handle)?, role).await?;
    Ok(back())
}

/// `POST /settings/accounts/{handle}/disable`
pub(super) async fn disable(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(handle): Path<String>,
) -> Result<Response, Problem> {
    state.engine().disable_account(visitor.actor()?, &read_handle(&handle)?).await?;
    Ok(back())
}

/// `POST /settings/accounts/{handle}/enable`
pub(super) async fn enable(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(handle): Path<String>,
) -> Result<Response, Problem> {
    state.engine().enable_account(visitor.actor()?, &read_handle(&handle)?).await?;
    Ok(back())
}

/// `POST /settings/accounts/{handle}/reset`
pub(super) async fn reset(
    State(state): State<AppState>,
    reader: Reader,
    visitor: Visitor,
    Path(handle): Path<String>,
) -> Result<Response, Problem> {
    let handle = read_handle(&handle)?;
    let link = state.engine().reset_link(visitor.actor()?, &handle).await?;
    with_link(&state, &reader, format!("New password for {handle}"), "reset", &link).await
}
