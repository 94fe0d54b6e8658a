//! The ways in and out: signing in, setting up, joining, choosing a new password, signing out.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use bellwether_core::people::Role;
use bellwether_engine::{
    EngineError,
    people::{NewAccount, Password, Secret, SignedIn},
};
use http::{StatusCode, header};
use serde::Deserialize;

use super::{
    evidence_view::Errors,
    page,
    request::Reader,
    shell::{Place, Shell},
};
use crate::{
    cookies,
    extract::{Form, Path, Query},
    problem::Problem,
    state::{Acting, AppState},
    visitor::Visitor,
};

/// A form at a door.
#[derive(Clone, Debug, Template)]
#[template(path = "door.html")]
struct DoorPage {
    shell: Shell,
    errors: Errors,
    door: Door,
    /// The name, as typed.
    handle: String,
    /// How they want to be called, as typed.
    name: String,
    /// Where they wanted to go.
    next: String,
    /// Nobody has an account yet.
    bare: bool,
}

/// Which door.
#[derive(Clone, Debug)]
enum Door {
    /// For those who have an account.
    SignIn,
    /// For the first one.
    SetUp { action: String },
    /// For whoever was invited.
    Join { action: String, role: Role },
    /// For whoever forgot their password.
    Reset { action: String, handle: String },
}

impl DoorPage {
    fn asks_name(&self) -> bool {
        !matches!(self.door, Door::Reset { .. })
    }

    /// Whether whoever comes has a password already.
    fn knows(&self) -> bool {
        matches!(self.door, Door::SignIn)
    }

    /// What the role does that someone is invited to.
    fn duties(&self) -> &'static str {
        let Door::Join { role, .. } = &self.door else { return "" };
        match role {
            Role::Forecaster => "read, forecast, and object to outcomes",
            Role::Curator => "keep claims, evidence, signals and sources, and do what forecasters do",
            Role::Arbiter => {
                "decide disputes on claims in which they have no interest, and do what curators do"
            }
            Role::Admin => "keep accounts and settings, and do what arbiters do",
        }
    }

    fn is_new(&self) -> bool {
        matches!(self.door, Door::SetUp { .. } | Door::Join { .. })
    }

    fn action(&self) -> &str {
        match &self.door {
            Door::SignIn => "/sign-in",
            Door::SetUp { action } | Door::Join { action, .. } | Door::Reset { action, .. } => action,
        }
    }

    /// Who signs in here, for a password's keeper: the form itself does not ask.
    fn known(&self) -> Option<&str> {
        if let Door::Reset { handle, .. } = &self.door { Some(handle) } else { None }
    }

    fn button(&self) -> &'static str {
        match self.door {
            Door::SignIn => "Sign in",
            Door::SetUp { .. } => "Create the first account",
            Door::Join { .. } => "Join",
            Door::Reset { .. } => "Save password",
        }
    }
}

async fn door(state: &AppState, reader: &Reader, door: Door) -> Result<DoorPage, Problem> {
    let title = match &door {
        Door::SignIn => "Sign in",
        Door::SetUp { .. } => "Set up",
        Door::Join { .. } => "Join",
        Door::Reset { .. } => "Choose a new password",
    };
    Ok(DoorPage {
        shell: reader.shell(state, title, Place::Nowhere).await,
        errors: Errors::default(),
        bare: !state.engine().is_set_up().await?,
        door,
        handle: String::new(),
        name: String::new(),
        next: String::new(),
    })
}

/// The form again, with what was wrong; never with the password.
fn again(mut form: DoorPage, typed: &Form, error: EngineError) -> Result<Response, Problem> {
    let EngineError::Invalid(wrong) = error else { return Err(error.into()) };
    let value = |name: &str| super::request::cut(typed.value(name).unwrap_or_default(), 100);
    form.handle = value("handle");
    form.name = value("name");
    form.next = value("next");
    form.errors.refuse(wrong);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&form)).into_response())
}

/// Leads someone in: their cookie, and the page they wanted.
pub(super) fn let_in(state: &AppState, signed: &SignedIn, next: Option<&str>) -> Response {
    let mut answer = Redirect::to(&local(next)).into_response();
    if let Some(cookie) = cookies::begin(signed, state.base_url(), state.engine().now()) {
        answer.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    answer
}

/// Leads someone in who came through a door, or shows them its form again.
async fn through(
    state: &AppState,
    reader: &Reader,
    shown: Door,
    form: &Form,
    came: Result<SignedIn, EngineError>,
    next: Option<&str>,
) -> Result<Response, Problem> {
    match came {
        Ok(signed) => Ok(let_in(state, &signed, next)),
        Err(error) => again(door(state, reader, shown).await?, form, error),
    }
}

/// A path of this server, whatever was asked for.
pub(super) fn local(next: Option<&str>) -> String {
    let plain = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && !path.starts_with("/sign-")
            && path.len() <= 2000
            && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
    };
    next.filter(plain).unwrap_or("/").to_owned()
}

/// A secret of an address; one that cannot be one leads nowhere.
fn secret(text: &str) -> Result<Secret, Problem> {
    Secret::read(text).ok_or_else(gone)
}

fn gone() -> Problem {
    Problem::not_found("link: it was used, withdrawn, or its time is over; ask for another")
}

/// What the form for someone new asks.
const NEWCOMER: [&str; 4] = ["handle", "name", "password", "next"];

fn newcomer(form: &Form) -> NewAccount {
    let value = |name: &str| form.value(name).unwrap_or_default().to_owned();
    NewAccount { handle: value("handle"), name: value("name"), password: Password::new(value("password")) }
}

/// Where someone wants to go after signing in.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Back {
    next: Option<String>,
}

/// `GET /sign-in`
pub(super) async fn sign_in(
    State(state): State<AppState>,
    reader: Reader,
    visitor: Visitor,
    Query(back): Query<Back>,
) -> Result<Response, Problem> {
    if state.settings().acting == Acting::Operator || visitor.signed.is_some() {
        return Ok(Redirect::to(&local(back.next.as_deref())).into_response());
    }
    let mut form = door(&state, &reader, Door::SignIn).await?;
    form.next = local(back.next.as_deref());
    Ok(page(&form))
}

/// `POST /sign-in`
pub(super) async fn save_sign_in(
    State(state): State<AppState>,
    reader: Reader,
    form: Form,
) -> Result<Response, Problem> {
    form.only(&["handle", "password", "next"])?;
    let handle = form.value("handle").unwrap_or_default();
    state.throttle().password(handle)?;
    let password = Password::new(form.value("password").unwrap_or_default());
    let came = state.engine().sign_in(handle, password).await;
    // The browser forgets the session it had; so does this server.
    if let (Ok(_), Some(before)) = (&came, &reader.visitor.session) {
        state.engine().sign_out(before).await?;
    }
    through(&state, &reader, Door::SignIn, &form, came, form.value("next")).await
}

/// `POST /sign-out`
pub(super) async fn sign_out(State(state): State<AppState>, visitor: Visitor) -> Result<Response, Problem> {
    if let Some(secret) = &visitor.session {
        state.engine().sign_out(secret).await?;
    }
    let mut answer = Redirect::to("/").into_response();
    if let Some(cookie) = cookies::end(state.base_url()) {
        answer.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(answer)
}

/// `GET /setup/{secret}`
pub(super) async fn setup(
    State(state): State<AppState>,
    reader: Reader,
    Path(link): Path<String>,
) -> Result<Response, Problem> {
    if !state.engine().setup_stands(&secret(&link)?).await? {
        return Err(gone());
    }
    Ok(page(&door(&state, &reader, Door::SetUp { action: format!("/setup/{link}") }).await?))
}

/// `POST /setup/{secret}`
pub(super) async fn save_setup(
    State(state): State<AppState>,
    reader: Reader,
    Path(link): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    form.only(&NEWCOMER)?;
    let came = state.engine().set_up(&secret(&link)?, newcomer(&form)).await;
    let shown = Door::SetUp { action: format!("/setup/{link}") };
    through(&state, &reader, shown, &form, came, Some("/settings")).await
}

/// `GET /join/{secret}`
pub(super) async fn join(
    State(state): State<AppState>,
    reader: Reader,
    Path(link): Path<String>,
) -> Result<Response, Problem> {
    let role = state.engine().invitation_of(&secret(&link)?).await?.ok_or_else(gone)?;
    Ok(page(&door(&state, &reader, Door::Join { action: format!("/join/{link}"), role }).await?))
}

/// `POST /join/{secret}`
pub(super) async fn save_join(
    State(state): State<AppState>,
    reader: Reader,
    Path(link): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let secret = secret(&link)?;
    let role = state.engine().invitation_of(&secret).await?.ok_or_else(gone)?;
    form.only(&NEWCOMER)?;
    let came = state.engine().join(&secret, newcomer(&form)).await;
    let shown = Door::Join { action: format!("/join/{link}"), role };
    through(&state, &reader, shown, &form, came, None).await
}

/// `GET /reset/{secret}`
pub(super) async fn reset(
    State(state): State<AppState>,
    reader: Reader,
    Path(link): Path<String>,
) -> Result<Response, Problem> {
    let handle = state.engine().reset_of(&secret(&link)?).await?.ok_or_else(gone)?;
    let shown = Door::Reset { action: format!("/reset/{link}"), handle: handle.to_string() };
    Ok(page(&door(&state, &reader, shown).await?))
}

/// `POST /reset/{secret}`
pub(super) async fn save_reset(
    State(state): State<AppState>,
    reader: Reader,
    Path(link): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let secret = secret(&link)?;
    let handle = state.engine().reset_of(&secret).await?.ok_or_else(gone)?;
    form.only(&["username", "handle", "password"])?;
    let password = Password::new(form.value("password").unwrap_or_default());
    let came = state.engine().reset_password(&secret, password).await;
    let shown = Door::Reset { action: format!("/reset/{link}"), handle: handle.to_string() };
    through(&state, &reader, shown, &form, came, None).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b27_only_paths_of_this_server_are_led_to() {
        assert_eq!(local(Some("/claims/x?at=2026-04-06")), "/claims/x?at=2026-04-06");
        for bad in [
            "//evil",
            "/\\evil",
            "https:evil",
            "https://evil",
            "evil",
            "/a\r\nSet-Cookie: x",
            "/ä",
            "",
            "/sign-out",
        ] {
            assert_eq!(local(Some(bad)), "/", "{bad:?}");
        }
        assert_eq!(local(None), "/");
    }
}
