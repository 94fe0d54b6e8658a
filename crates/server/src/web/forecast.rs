//! Forecasting on the claim's page, and the list of a claim's forecasts.

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use bellwether_core::{forecast::Probabilities, ids::ForecastId, options::Options, probability::Probability};
use bellwether_engine::{
    EngineError,
    claims::{ClaimKey, ClaimPage as Full},
    forecasts::{ClaimForecasts, CrowdView, ForecastInput, ForecastView, Stated},
};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use http::StatusCode;
use serde::Deserialize;

use super::{
    claim::{self, Asked},
    deciding_view::Typed,
    evidence::decimal,
    evidence_view::Errors,
    forecast_view::{CrowdLine, ForecastBox, ForecastRow, ForecastsPage, JustForecast, Mine, Slider},
    markdown::Prose,
    page,
    parts::Who,
    request::{self, Reader},
    shell::Place,
};
use crate::{
    extract::{Form, Path, Query},
    problem::Problem,
    state::AppState,
};

/// What someone typed into the box, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub(super) struct TypedForecast {
    form: Option<Form>,
    errors: Errors,
}

/// The box on the claim's page.
pub(super) fn forecast_box(
    full: &Full,
    told: &ClaimForecasts,
    typed: &TypedForecast,
    just: Option<JustForecast>,
) -> ForecastBox {
    let named = full.options != Options::YesNo;
    let typed_value = |name: &str| typed.form.as_ref().and_then(|form| form.value(name)).map(str::to_owned);
    let standing =
        |option: usize| told.mine.as_ref().and_then(|mine| mine.p.get(option)).map(Probability::value);
    let slider = |option: usize, label: &str| {
        let name = if named { format!("option.{label}") } else { "probability".to_owned() };
        Slider {
            value: typed_value(&name).or_else(|| standing(option).map(percent_typed)).unwrap_or_default(),
            id: format!("forecast-{option}"),
            label: if named { label.to_owned() } else { "Yes".to_owned() },
            name,
        }
    };
    let names = full.options.names();
    let inputs = if named {
        names.iter().enumerate().map(|(i, name)| slider(i, name)).collect()
    } else {
        vec![slider(0, "Yes")]
    };
    ForecastBox {
        n: told.n as u64,
        made: told.made as u64,
        crowd: told.crowd.as_ref().and_then(|crowd| line(crowd, full.leading)),
        hidden: told.hidden,
        mine: told.mine.as_ref().map(|mine| Mine {
            said: said(&full.options, &mine.p),
            at: mine.at,
            expires: mine.expires_at,
        }),
        closed: told.closed.as_deref().map(request::sentence),
        inputs,
        named,
        rationale: typed_value("rationale")
            .or_else(|| told.mine.as_ref().and_then(|mine| mine.rationale.clone()))
            .unwrap_or_default(),
        expires: typed_value("expires").unwrap_or_default(),
        errors: typed.errors.clone(),
        just,
    }
}

/// A probability as it is typed: percent, one decimal where it has one.
fn percent_typed(p: f64) -> String {
    let tenths = (p * 1000.0).round() / 10.0;
    tenths.to_string()
}

/// What the crowd says of one option.
fn line(crowd: &CrowdView, option: usize) -> Option<CrowdLine> {
    let of = |values: &[Option<f64>]| values.get(option).copied().flatten();
    let aggregate = &crowd.aggregate;
    Some(CrowdLine {
        center: of(&aggregate.centers)?,
        lower: of(&aggregate.lower)?,
        upper: of(&aggregate.upper)?,
    })
}

/// Every option with its probability, the likeliest first; of yes/no claims yes alone.
pub(super) fn said(options: &Options, p: &Probabilities) -> Vec<(String, f64)> {
    let all = options.names().into_iter().map(str::to_owned).zip(p.as_slice().iter().copied());
    if *options == Options::YesNo {
        return all.take(1).collect();
    }
    let mut all: Vec<_> = all.collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all
}

/// What was just kept, from the address that the saved form leads to.
pub(super) async fn just(state: &AppState, reader: &Reader, asked: &Asked) -> Option<JustForecast> {
    let (id, done) = match (&asked.forecast, &asked.withdrawn) {
        (Some(id), _) => (id, "Your forecast is kept"),
        (_, Some(id)) => (id, "Your forecast is withdrawn"),
        _ => return None,
    };
    let id: ForecastId = id.parse().ok()?;
    let effect = state.engine_for(&reader.visitor).forecast_effect(id).await.ok()??;
    Some(JustForecast { done, crowd: effect.crowd })
}

/// `POST /claims/{slug}/forecast`
pub(super) async fn save(
    State(state): State<AppState>,
    reader: Reader,
    Path(key): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    form.only(&["probability", "option.", "rationale", "expires"])?;
    let claim = ClaimKey::from(key.clone());
    let options = state.engine().claim_forecasts(&claim).await?.options;
    let mut errors = Errors::default();
    if let Some(input) = read(&form, &options, &mut errors) {
        match state.engine().forecast(reader.visitor.actor()?, &claim, input, "page").await {
            Ok(made) => {
                let to = format!("/claims/{}?forecast={}#forecast", made.slug, made.id);
                return Ok(Redirect::to(&to).into_response());
            }
            Err(EngineError::Invalid(wrong)) => errors.refuse(wrong),
            Err(EngineError::Conflict(why)) => errors.add("probability", request::sentence(&why)),
            Err(other) => return Err(other.into()),
        }
    }
    let typed = TypedForecast { form: Some(form), errors };
    let shown = claim::build(&state, &reader, &key, &Asked::default(), &Typed::default(), &typed).await?;
    let mut answer = page(&shown);
    *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(answer)
}

/// `POST /claims/{slug}/forecast/withdraw`
pub(super) async fn withdraw(
    State(state): State<AppState>,
    reader: Reader,
    Path(key): Path<String>,
) -> Result<Response, Problem> {
    let claim = ClaimKey::from(key);
    let made = state.engine().withdraw_forecast(reader.visitor.actor()?, &claim, "page").await?;
    let to = format!("/claims/{}?withdrawn={}#forecast", made.slug, made.id);
    Ok(Redirect::to(&to).into_response())
}

/// The forecast, where the whole form reads. Numbers are percent.
fn read(form: &Form, options: &Options, errors: &mut Errors) -> Option<ForecastInput> {
    let mut number = |name: &str, typed: Option<&str>| {
        let typed = typed.unwrap_or_default().trim();
        let plain = typed.strip_suffix('%').unwrap_or(typed);
        match decimal(plain) {
            Ok(percent) if (0.0..=100.0).contains(&percent) => Some(percent / 100.0),
            Ok(percent) => {
                errors.add(name, format!("{percent} is no percentage: write a number from 0 to 100."));
                None
            }
            Err(_) if plain.is_empty() => {
                errors.add(name, "Write how likely it is, in percent, such as 70.");
                None
            }
            Err(why) => {
                errors.add(name, why);
                None
            }
        }
    };
    let stated = match options {
        Options::YesNo => number("probability", form.value("probability")).map(Stated::Yes),
        Options::Named(names) => {
            let all: Vec<_> = names
                .iter()
                .map(|name| {
                    let field = format!("option.{name}");
                    Some((name.clone(), number(&field, form.value(&field))?))
                })
                .collect();
            all.into_iter().collect::<Option<_>>().map(Stated::Options)
        }
    };
    let expires_at = match form.value("expires").map(str::trim).filter(|day| !day.is_empty()) {
        None => None,
        Some(day) => {
            let read = day.parse::<NaiveDate>();
            if read.is_err() {
                let told = request::cut(day, 40);
                errors.add("expires", format!("“{told}” is no date: write 2026-12-31."));
            }
            read.ok().map(|day| day.and_time(NaiveTime::MIN).and_utc())
        }
    };
    let rationale = form.value("rationale").map(str::to_owned);
    let input = ForecastInput { stated: stated?, rationale, expires_at };
    errors.none().then_some(input)
}

/// Which page of the list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Before {
    before: Option<String>,
}

/// `GET /claims/{slug}/forecasts`
pub(super) async fn list(
    State(state): State<AppState>,
    reader: Reader,
    Path(key): Path<String>,
    Query(asked): Query<Before>,
) -> Result<Response, Problem> {
    let engine = state.engine_for(&reader.visitor);
    let key = ClaimKey::from(key);
    let full = engine.claim_page(&key, None).await?;
    let told = engine.claim_forecasts(&key).await?;
    let found = engine.forecasts_of_claim(&key, place(asked.before.as_deref())?, 100).await?;
    let ways = told.crowd.as_ref().map(|crowd| ways(crowd, full.leading)).unwrap_or_default();
    let mut shell = reader.shell(&state, format!("Forecasts: {}", full.document.title), Place::Claims).await;
    shell.path = format!("/claims/{}/forecasts", full.slug);
    Ok(page(&ForecastsPage {
        older: found.next.map(|next| format!("/claims/{}/forecasts?before={}", full.slug, cursor(next))),
        slug: full.slug.to_string(),
        title: full.document.title.clone(),
        ways,
        n: told.n as u64,
        crowd: told.crowd.as_ref().and_then(|crowd| line(crowd, full.leading)),
        hidden: told.hidden,
        rows: found.forecasts.iter().map(row).collect(),
        shell,
    }))
}

/// Where the next page of a list begins, as its address says it.
pub(super) fn cursor((at, id): (DateTime<Utc>, ForecastId)) -> String {
    format!("{}-{id}", at.timestamp_micros())
}

/// Reads where a page of a list begins.
pub(super) fn place(text: Option<&str>) -> Result<Option<(DateTime<Utc>, ForecastId)>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let read = || {
        let (at, id) = text.split_once('-')?;
        Some((DateTime::from_timestamp_micros(at.parse().ok()?)?, id.parse().ok()?))
    };
    let bad =
        || Problem::malformed_field("before", "unreadable", "follow the link “Older” of the page before");
    read().map(Some).ok_or_else(bad)
}

/// A row of a list of one claim's forecasts.
pub(super) fn row(view: &ForecastView) -> ForecastRow {
    ForecastRow {
        who: Who(view.forecaster.clone()),
        at: view.at,
        said: view.p.as_ref().map(|p| said(&view.options, p)).unwrap_or_default(),
        stands: view.stands,
        expires: view.expires_at,
        rationale: view.rationale.as_deref().map(Prose::of),
        claim: None,
    }
}

/// The crowd by every way of counting it.
fn ways(crowd: &CrowdView, option: usize) -> Vec<(&'static str, f64)> {
    let of = |values: &[Option<f64>]| values.get(option).copied().flatten();
    [
        ("Recency-weighted median (the crowd)", of(&crowd.aggregate.centers)),
        ("Median", of(&crowd.median)),
        ("Mean", of(&crowd.mean)),
        ("Geometric mean of odds", of(&crowd.geometric_mean_of_odds)),
    ]
    .into_iter()
    .filter_map(|(name, p)| Some((name, p?)))
    .collect()
}
