//! A claim's market on pages: looking at a bet before it is made, making it, all trades, one's own credits, opening one.

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use bellwether_core::{
    document::{Market, NamedOpening, Opening},
    market::{Credits, Expected, Shares, Side},
    status::ClaimStatus,
};
use bellwether_engine::{
    EngineError,
    claims::{ClaimKey, ClaimPage as Full},
    market::{MarketState, OpenMarket, OrderInput, Wanted},
};
use http::StatusCode;
use serde::Deserialize;

use super::{
    evidence_view::{Choice, Errors},
    market_view::{Bet, BetPage, CreditsPage, MarketBox, OpenPage, TradesPage},
    page,
    request::{self, Reader},
    shell::{Place, Shell},
    unkept,
};
use crate::{
    extract::{Form, Path, Query},
    problem::Problem,
    state::AppState,
    visitor::Visitor,
};

/// How much worse than shown a bet's average price may be.
const SLIPPAGE: f64 = 0.01;
/// So many rows a page of trades or of lines has.
const ROWS: i64 = 100;

/// The market's part of a claim page; nothing where there is none and nobody here can open one.
pub(super) async fn part(
    state: &AppState,
    reader: &Reader,
    full: &Full,
    shell: &Shell,
) -> Result<Option<MarketBox>, Problem> {
    if !full.is_now {
        return Ok(None);
    }
    let viewer = reader.visitor.actor().ok();
    let market = state.engine().market_if_any(&ClaimKey::from(full.id), viewer).await?;
    let may_open =
        full.status == ClaimStatus::Open && full.document.window.by > shell.now && shell.may_curate();
    if market.is_none() && !may_open {
        return Ok(None);
    }
    let instead = shell.no_bettor(&format!("/claims/{}#market", full.slug));
    let halted = match market.as_ref().map(|m| &m.state) {
        Some(MarketState::Halted(why)) => Some(request::sentence(why)),
        _ => None,
    };
    Ok(Some(MarketBox { market, halted, instead }))
}

/// What the address of a bet may say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    what: Option<String>,
    side: Option<String>,
    option: Option<String>,
    credits: Option<String>,
    percent: Option<String>,
    shares: Option<String>,
    theme: Option<String>,
}

/// `GET /claims/{slug}/bet`: what a bet would do.
pub(super) async fn bet(
    State(state): State<AppState>,
    reader: Reader,
    Path(key): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let _ = asked.theme;
    let word = |text: Option<String>| text.unwrap_or_default().chars().take(200).collect::<String>();
    // "Sell No" of yes and no: the same shares under the name of the other option.
    let what = match (asked.what.as_deref(), asked.side.as_deref()) {
        (Some("sell yes"), Some("no")) => "sell no".to_owned(),
        _ => word(asked.what),
    };
    let bet = Bet {
        what,
        option: word(asked.option),
        credits: word(asked.credits),
        percent: word(asked.percent),
        shares: word(asked.shares),
    };
    Ok(unkept(page(&bet_page(&state, &reader, key, bet, Errors::default()).await?)))
}

/// `POST /claims/{slug}/bet`: makes it.
pub(super) async fn place(
    State(state): State<AppState>,
    visitor: Visitor,
    reader: Reader,
    Path(key): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    form.only(&["what", "option", "credits", "percent", "shares", "average"])?;
    let value = |name: &str| form.value(name).unwrap_or_default().to_owned();
    let bet = Bet {
        what: value("what"),
        option: value("option"),
        credits: value("credits"),
        percent: value("percent"),
        shares: value("shares"),
    };
    let mut errors = Errors::default();
    let expected = match value("average").parse::<f64>() {
        Ok(average) if (0.0..=1.0).contains(&average) => Some(Expected { average, slippage: SLIPPAGE }),
        _ => {
            errors.add("what", "Look at the preview first, then confirm it.");
            None
        }
    };
    let status = match (read(&bet, &mut errors), expected) {
        (Some(order), Some(expected)) => {
            let claim = ClaimKey::from(key.clone());
            match state.engine().trade(visitor.actor()?, &claim, &order, Some(expected)).await {
                Ok(_) => return Ok(Redirect::to(&format!("/claims/{key}#market")).into_response()),
                Err(EngineError::Invalid(wrong)) => {
                    note(&mut errors, wrong);
                    StatusCode::UNPROCESSABLE_ENTITY
                }
                Err(EngineError::Conflict(why)) => {
                    errors.add("what", request::sentence(&why));
                    StatusCode::CONFLICT
                }
                Err(other) => return Err(other.into()),
            }
        }
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let mut answer = unkept(page(&bet_page(&state, &reader, key, bet, errors).await?));
    *answer.status_mut() = status;
    Ok(answer)
}

/// What the engine refused, at the fields of this form.
fn note(errors: &mut Errors, wrong: Vec<bellwether_engine::FieldError>) {
    for field in wrong {
        let at = match field.field.as_str() {
            "stake" | "budget" => "credits",
            "probability" => "percent",
            "shares" => "shares",
            "option" => "option",
            _ => "what",
        };
        errors.add(at, request::sentence(&field.message));
    }
}

/// The order that was typed; what is wrong with it is noted.
fn read(bet: &Bet, errors: &mut Errors) -> Option<OrderInput> {
    let option = Some(bet.option.clone()).filter(|o| !o.is_empty());
    let side = match bet.what.as_str() {
        "yes" | "sell yes" | "to" => Side::Yes,
        "no" | "sell no" => Side::No,
        _ => {
            errors.add("what", "Choose what to bet on.");
            return None;
        }
    };
    if bet.what.starts_with("sell") {
        let shares = match bet.shares.trim() {
            "" => None,
            typed => match typed.parse::<Shares>() {
                Ok(shares) => Some(shares),
                Err(e) => {
                    errors.add("shares", request::sentence(&e.to_string()));
                    return None;
                }
            },
        };
        return Some(OrderInput { option, wanted: Wanted::Sell { side, shares } });
    }
    let credits = bet.credits.parse::<Credits>().ok().filter(|c| *c > Credits::ZERO);
    let Some(credits) = credits else {
        errors.add("credits", "Write how many credits at most: a number above 0, such as 20.");
        return None;
    };
    if bet.what != "to" {
        return Some(OrderInput { option, wanted: Wanted::Buy { side, stake: credits } });
    }
    let percent = bet.percent.trim().trim_end_matches('%').trim().parse::<f64>().ok();
    let Some(percent) = percent.filter(|p| (0.1..=99.9).contains(p)) else {
        errors.add("percent", "Write what you believe in percent, from 0.1 to 99.9.");
        return None;
    };
    Some(OrderInput { option, wanted: Wanted::ToProbability { p: percent / 100.0, budget: credits } })
}

async fn bet_page(
    state: &AppState,
    reader: &Reader,
    key: String,
    bet: Bet,
    mut errors: Errors,
) -> Result<BetPage, Problem> {
    let claim = ClaimKey::from(key);
    let actor = reader.visitor.actor()?;
    let market = state.engine().market(&claim, Some(actor)).await?;
    let mut quote = None;
    // Without anything typed there is nothing wrong yet.
    let begun = !bet.credits.is_empty() || bet.what.starts_with("sell");
    let mut wrong = Errors::default();
    if begun && let Some(order) = read(&bet, &mut wrong) {
        match state.engine().quote(actor, &claim, &order).await {
            Ok(found) => quote = Some(found),
            Err(EngineError::Invalid(fields)) => note(&mut wrong, fields),
            Err(EngineError::Conflict(why)) => wrong.add("what", request::sentence(&why)),
            Err(other) => return Err(other.into()),
        }
    }
    if errors.none() && begun {
        errors = wrong;
    }
    let shell = reader.shell(state, "Bet", Place::Claims).await;
    let claim = Choice::new(format!("/claims/{}", market.slug), market.title.clone());
    Ok(BetPage { shell, claim, market, bet, quote, errors })
}

/// Where a list's page begins.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Before {
    before: Option<i64>,
    theme: Option<String>,
}

/// `GET /claims/{slug}/trades`
pub(super) async fn trades(
    State(state): State<AppState>,
    reader: Reader,
    Path(key): Path<String>,
    Query(asked): Query<Before>,
) -> Result<Response, Problem> {
    let _ = asked.theme;
    let claim = ClaimKey::from(key);
    let market = state.engine().market(&claim, None).await?;
    let (trades, next) = state.engine().market_trades(&claim, asked.before, ROWS).await?;
    let shell = reader.shell(&state, "Trades", Place::Claims).await;
    let address = format!("/claims/{}", market.slug);
    Ok(page(&TradesPage {
        shell,
        yes_no: market.yes_no,
        trades,
        next: next.map(|seq| format!("{address}/trades?before={seq}")),
        claim: Choice::new(address, market.title),
    }))
}

/// `GET /credits`
pub(super) async fn credits(
    State(state): State<AppState>,
    reader: Reader,
    Query(asked): Query<Before>,
) -> Result<Response, Problem> {
    let _ = asked.theme;
    let statement = state.engine().statement(reader.visitor.actor()?, asked.before, ROWS).await?;
    let shell = reader.shell(&state, "Your credits", Place::Account).await;
    let next = statement.next.map(|seq| format!("/credits?before={seq}"));
    Ok(unkept(page(&CreditsPage { shell, statement, next })))
}

/// What the address of a market to be opened may say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Opened {
    b: Option<String>,
    opening: Option<String>,
    theme: Option<String>,
}

/// `GET /claims/{slug}/market/new`: what a market would cost.
pub(super) async fn open(
    State(state): State<AppState>,
    reader: Reader,
    Path(key): Path<String>,
    Query(asked): Query<Opened>,
) -> Result<Response, Problem> {
    let _ = asked.theme;
    let typed = (asked.b.unwrap_or_else(|| "100".to_owned()), asked.opening.unwrap_or_default());
    Ok(unkept(page(&open_page(&state, &reader, &key, typed, Errors::default()).await?)))
}

/// `POST /claims/{slug}/market/new`
pub(super) async fn save_open(
    State(state): State<AppState>,
    visitor: Visitor,
    reader: Reader,
    Path(key): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    form.only(&["b", "opening"])?;
    let value = |name: &str| form.value(name).unwrap_or_default().to_owned();
    let typed = (value("b"), value("opening"));
    let mut errors = Errors::default();
    let status = match wanted(&typed, &mut errors) {
        None => StatusCode::UNPROCESSABLE_ENTITY,
        Some(market) => {
            let claim = ClaimKey::from(key.clone());
            match state.engine().open_market(visitor.actor()?, &claim, OpenMarket { market }).await {
                Ok(()) => return Ok(Redirect::to(&format!("/claims/{key}#market")).into_response()),
                Err(EngineError::Invalid(wrong)) => {
                    for e in wrong {
                        errors.add("b", request::sentence(&e.message));
                    }
                    StatusCode::UNPROCESSABLE_ENTITY
                }
                Err(EngineError::Conflict(why)) => {
                    errors.add("b", request::sentence(&why));
                    StatusCode::CONFLICT
                }
                Err(other) => return Err(other.into()),
            }
        }
    };
    let mut answer = unkept(page(&open_page(&state, &reader, &key, typed, errors).await?));
    *answer.status_mut() = status;
    Ok(answer)
}

fn wanted((b, opening): &(String, String), errors: &mut Errors) -> Option<Market> {
    let Ok(b) = b.trim().parse::<f64>() else {
        errors.add("b", "Write how many credits: a number from 1 to 1000000, such as 100.");
        return None;
    };
    let opening = match opening.as_str() {
        "uniform" => NamedOpening::Uniform,
        _ => NamedOpening::Start,
    };
    Some(Market { b, opening: Opening::Named(opening) })
}

async fn open_page(
    state: &AppState,
    reader: &Reader,
    key: &str,
    typed: (String, String),
    mut errors: Errors,
) -> Result<OpenPage, Problem> {
    let full = state.engine().claim_page(&ClaimKey::from(key.to_owned()), None).await?;
    let mut wrong = Errors::default();
    let terms = wanted(&typed, &mut wrong).map(|market| market.terms(&full.document.starting()));
    let subsidy = match terms {
        Some(Ok(terms)) => terms.subsidy().ok(),
        Some(Err(e)) => {
            wrong.add("b", request::sentence(&e.to_string()));
            None
        }
        None => None,
    };
    if errors.none() {
        errors = wrong;
    }
    let balance = state.engine().statement(reader.visitor.actor()?, None, 1).await?.balance;
    let shell = reader.shell(state, "Open a market", Place::Claims).await;
    let claim = Choice::new(format!("/claims/{}", full.slug), full.document.title.clone());
    Ok(OpenPage { shell, claim, b: typed.0, opening: typed.1, subsidy, balance, errors })
}
