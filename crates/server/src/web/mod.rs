//! The pages: one file each for what a page shows, one template each for how.

mod about;
mod account;
mod alerts;
mod alerts_view;
mod assets;
mod benchmark_view;
mod catalogue;
mod channels;
mod charting;
mod claim;
mod claim_files;
mod claim_read;
mod claim_view;
mod deciding;
mod deciding_view;
mod doors;
mod dry_run;
mod evidence;
mod evidence_view;
mod external;
mod external_view;
mod far;
mod feed;
mod feed_view;
mod figures;
mod forecast;
mod forecast_files;
mod forecast_view;
mod forecasters;
mod held;
mod inbox;
mod markdown;
mod market;
mod market_view;
mod new_claim;
mod new_claim_view;
mod parts;
mod people;
mod request;
mod resolution;
mod resolution_view;
mod review;
mod review_view;
mod settings;
mod shell;
mod signal_list;
mod signal_view;
mod signals;
mod small_views;
mod source_new;
mod source_new_view;
mod source_view;
mod sources;

use askama::Template;
use axum::response::{Html, IntoResponse as _, Response};
use bellwether_core::people::Right;
use http::{HeaderValue, header};

use crate::{
    gate::Guarded,
    problem::{Kind, Problem},
    state::AppState,
};

pub(crate) use self::{
    claim_files::{drawn_png, drawn_svg},
    request::{Reader, theme},
    resolution::snapshot,
};
use self::{shell::Shell, small_views::ErrorPage};

/// All pages and their assets, each behind the right it needs.
pub(crate) fn router() -> Guarded {
    Guarded::default()
        .get("/", Right::Read, feed::show)
        .get("/claims/new", Right::Curate, new_claim::show)
        .post("/claims/new", Right::Curate, new_claim::save)
        .get("/claims/{slug}", Right::Read, claim::show)
        .get("/claims/{slug}/moves", Right::Read, claim::moves)
        .get("/claims/{slug}/chart.svg", Right::Read, claim_files::chart_svg)
        .get("/claims/{slug}/chart.png", Right::Read, claim_files::chart_png)
        .get("/claims/{slug}/export.csv", Right::Read, claim_files::export_csv)
        .get("/claims/{slug}/export.json", Right::Read, claim_files::export_json)
        .get("/claims/{slug}/card", Right::Read, claim_files::card)
        .post("/claims/{slug}/evidence", Right::Curate, evidence::add_to)
        .get("/claims/{slug}/externals", Right::Read, external::show)
        .post("/claims/{slug}/externals", Right::Curate, external::follow)
        .post("/claims/{slug}/externals/{name}/remove", Right::Curate, external::remove)
        .get("/forecasts/import", Right::Forecast, forecast_files::show)
        .post("/forecasts/import", Right::Forecast, forecast_files::take)
        .get("/forecasts/mine.csv", Right::Forecast, forecast_files::mine)
        .get("/claims/{slug}/forecasts.csv", Right::Read, forecast_files::csv)
        .get("/claims/{slug}/forecasts.json", Right::Read, forecast_files::json)
        .get("/forecasters", Right::Read, forecasters::list)
        .get("/forecasters/{name}", Right::Read, forecasters::show)
        .get("/claims/{slug}/scores", Right::Read, forecasters::of_claim)
        .get("/claims/{slug}/forecasts", Right::Read, forecast::list)
        .post("/claims/{slug}/forecast", Right::Forecast, forecast::save)
        .post("/claims/{slug}/forecast/withdraw", Right::Forecast, forecast::withdraw)
        .merge(of_signals())
        .get("/claims/{slug}/dry-run", Right::Read, dry_run::show)
        .get("/claims/{slug}/proof", Right::Read, resolution::proof)
        .get("/claims/{slug}/proof.json", Right::Read, resolution::bundle)
        .post("/claims/{slug}/object", Right::Object, deciding::object)
        .post("/claims/{slug}/propose", Right::Curate, deciding::propose)
        .post("/claims/{slug}/decide", Right::Decide, deciding::decide)
        .get("/evidence/new", Right::Curate, evidence::new)
        .post("/evidence/new", Right::Curate, evidence::add)
        .get("/evidence/{id}/revise", Right::Curate, evidence::revise)
        .post("/evidence/{id}/revise", Right::Curate, evidence::save_revision)
        .get("/evidence/{id}/retract", Right::Curate, evidence::retract)
        .post("/evidence/{id}/retract", Right::Curate, evidence::save_retraction)
        .post("/evidence/{id}/undo", Right::Curate, evidence::undo)
        .merge(of_markets())
        .get("/resolution", Right::Read, resolution::dashboard)
        .get("/review", Right::Read, review::show)
        .post("/review/{id}", Right::Curate, review::answer)
        .get("/sources", Right::Read, sources::list)
        .get("/sources/new", Right::Curate, source_new::show)
        .post("/sources/new", Right::Curate, source_new::save)
        .get("/sources/{id}", Right::Read, sources::show)
        .get("/sources/{id}/snapshots/{fetch}", Right::Read, held::show)
        .post("/sources/{id}/snapshots/{fetch}/release", Right::Curate, held::release)
        .get("/benchmarks", Right::Read, catalogue::benchmarks)
        .get("/benchmarks/{source}/{name}", Right::Read, catalogue::benchmark)
        .post("/demo/next", Right::Curate, catalogue::next_update)
        .get("/snapshots/{sha256}", Right::Read, resolution::snapshot)
        .get("/about", Right::Read, about::show)
        .post("/about/theme", Right::Enter, about::theme)
        .get("/assets/{file}", Right::Enter, assets::serve)
        .merge(of_alerts())
        .merge(of_people())
}

/// What one follows, and what one is told.
fn of_alerts() -> Guarded {
    Guarded::default()
        .get("/alerts", Right::Follow, alerts::list)
        .post("/alerts", Right::Follow, alerts::begin)
        .get("/alerts/{id}", Right::Follow, alerts::show)
        .post("/alerts/{id}", Right::Follow, alerts::save)
        .get("/alerts/{id}/{what}", Right::Follow, alerts::ask)
        .post("/alerts/{id}/{what}", Right::Follow, alerts::answer)
        .get("/alerts/channels", Right::Follow, channels::list)
        .post("/alerts/channels", Right::Follow, channels::add)
        .get("/alerts/channels/{id}", Right::Follow, channels::show)
        .post("/alerts/channels/{id}/{what}", Right::Follow, channels::act)
        .get("/inbox", Right::Follow, inbox::show)
        .post("/inbox/read", Right::Follow, inbox::read)
}

/// Signals, beside a claim and all of them, and the feeds that bring news.
fn of_signals() -> Guarded {
    Guarded::default()
        .get("/signals", Right::Read, signal_list::show)
        .post("/signals/feeds", Right::Curate, signal_list::follow)
        .post("/signals/feeds/{id}/remove", Right::Curate, signal_list::remove)
        .get("/claims/{slug}/signals", Right::Read, signals::show)
        .post("/claims/{slug}/signals/{signal}/count", Right::Curate, signals::count)
        .post("/claims/{slug}/signals/{signal}/not-relevant", Right::Curate, signals::not_relevant)
        .post("/claims/{slug}/signals/{signal}/later", Right::Curate, signals::later)
        .post("/claims/{slug}/signals/{signal}/undo", Right::Curate, signals::undo)
}

/// Markets of claims, and one's own credits.
fn of_markets() -> Guarded {
    Guarded::default()
        .get("/claims/{slug}/bet", Right::Forecast, market::bet)
        .post("/claims/{slug}/bet", Right::Forecast, market::place)
        .get("/claims/{slug}/trades", Right::Read, market::trades)
        .get("/claims/{slug}/market/new", Right::Curate, market::open)
        .post("/claims/{slug}/market/new", Right::Curate, market::save_open)
        .get("/credits", Right::Forecast, market::credits)
}

/// The doors, one's own account, everyone's page, and what admins keep.
fn of_people() -> Guarded {
    Guarded::default()
        .get("/sign-in", Right::Enter, doors::sign_in)
        .post("/sign-in", Right::Enter, doors::save_sign_in)
        .post("/sign-out", Right::Enter, doors::sign_out)
        .get("/setup/{secret}", Right::Enter, doors::setup)
        .post("/setup/{secret}", Right::Enter, doors::save_setup)
        .get("/join/{secret}", Right::Enter, doors::join)
        .post("/join/{secret}", Right::Enter, doors::save_join)
        .get("/reset/{secret}", Right::Enter, doors::reset)
        .post("/reset/{secret}", Right::Enter, doors::save_reset)
        .get("/account", Right::Own, account::show)
        .post("/account/name", Right::Own, account::rename)
        .post("/account/password", Right::Own, account::change_password)
        .post("/account/sessions/end", Right::Own, account::end_sessions)
        .post("/account/tokens", Right::Own, account::create_token)
        .post("/account/tokens/{id}/revoke", Right::Own, account::revoke_token)
        .post("/account/bots", Right::Own, account::create_bot)
        .get("/account/data.json", Right::Own, account::own_data)
        .get("/people", Right::Read, people::list)
        .get("/people/{handle}", Right::Read, people::show)
        .get("/settings", Right::Administer, settings::show)
        .post("/settings/private", Right::Administer, settings::privacy)
        .post("/settings/invitations", Right::Administer, settings::invite)
        .post("/settings/invitations/{id}/withdraw", Right::Administer, settings::withdraw)
        .post("/settings/accounts/{handle}/role", Right::Administer, settings::role)
        .post("/settings/accounts/{handle}/disable", Right::Administer, settings::disable)
        .post("/settings/accounts/{handle}/enable", Right::Administer, settings::enable)
        .post("/settings/accounts/{handle}/reset", Right::Administer, settings::reset)
}

/// A page as an answer. A template that fails to render is a fault of ours.
fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "a template failed");
            Problem::new(Kind::Internal, "the server's log has the cause under this request's id")
                .into_response()
        }
    }
}

/// An answer for this reader alone, kept by nobody: it shows a secret, or what only they may see.
fn unkept(mut answer: Response) -> Response {
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// The page of a refusal. The caller sets the status; the request's id helps to find it in the log.
pub(crate) fn error_page(state: &AppState, reader: Reader, problem: &Problem, request_id: &str) -> Response {
    let advice = match problem.kind {
        Kind::NotFound => "Check the address, or go on from here.",
        Kind::Busy | Kind::Slow => "Try again in a moment.",
        Kind::Internal => "Try again; if it stays so, tell whoever runs this installation.",
        Kind::Unknown => "Sign in and try again.",
        Kind::Forbidden | Kind::TooMany => "Nothing was changed.",
        Kind::CrossSite => "Open the page here and try again from its own form.",
        _ => "Go back, change what was asked, and try again.",
    };
    let shell = Shell {
        title: problem.kind.title().to_owned(),
        path: reader.path,
        theme: reader.theme,
        visitor: reader.visitor,
        origin: state.base_url().as_str().trim_end_matches('/').to_owned(),
        ..Shell::default()
    };
    page(&ErrorPage {
        shell,
        status: problem.kind.status().as_u16(),
        what: problem.kind.title().to_owned(),
        detail: request::sentence(&problem.detail),
        advice,
        id: request_id.to_owned(),
    })
}
