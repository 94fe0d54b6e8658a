//! `GET /about`, and the choice between light and dark.

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use bellwether_core::{actor::Actor, people::Role};
use http::{HeaderValue, header};

use super::{
    page,
    parts::Who,
    request::Reader,
    shell::Place,
    small_views::{AboutPage, Acts},
};
use crate::{
    extract::Form,
    problem::Problem,
    state::{Acting, AppState},
};

/// `GET /about`
pub(super) async fn show(State(state): State<AppState>, reader: Reader) -> Result<Response, Problem> {
    let changes = state.engine().last_event().await?;
    let shell = reader.shell(&state, "About this installation", Place::About).await;
    let acts = match state.settings().acting {
        Acting::Operator if state.is_demo() => Acts::Demo,
        Acting::Operator => Acts::Operator,
        Acting::Accounts => {
            let accounts = state.engine().accounts().await?;
            let admins = accounts.iter().filter(|a| a.role == Role::Admin && a.disabled_at.is_none());
            Acts::Accounts {
                private: state.engine().is_private().await?,
                admins: admins.map(|a| Who(Actor::Person(a.handle.clone()))).collect(),
            }
        }
    };
    Ok(page(&AboutPage {
        shell,
        acts,
        version: env!("CARGO_PKG_VERSION"),
        figures: vec![("changes recorded".to_owned(), super::figures::count(changes.max(0).unsigned_abs()))],
    }))
}

/// `POST /about/theme`
pub(super) async fn theme(form: Form) -> Response {
    let cookie = match form.value("theme") {
        Some("light") => "theme=light; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly",
        Some("dark") => "theme=dark; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly",
        _ => "theme=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly",
    };
    let mut answer = Redirect::to("/about").into_response();
    answer.headers_mut().insert(header::SET_COOKIE, HeaderValue::from_static(cookie));
    answer
}
