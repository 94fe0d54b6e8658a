//! `GET /about`, and the choice between light and dark.

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use http::{HeaderValue, header};

use super::{page, request::Reader, shell::Place, small_views::AboutPage};
use crate::{extract::Form, problem::Problem, state::AppState};

/// `GET /about`
pub(super) async fn show(State(state): State<AppState>, reader: Reader) -> Result<Response, Problem> {
    let changes = state.engine().last_event().await?;
    let shell = reader.shell(&state, "About this installation", Place::About).await;
    Ok(page(&AboutPage {
        shell,
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
