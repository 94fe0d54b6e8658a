//! Polymarket: the Gamma API gives a market (`/markets/slug/SLUG`) or an event with its markets (`/events/slug/SLUG`).
//!
//! `outcomes` and `outcomePrices` are lists written as JSON inside a JSON text; prices are decimal texts, and a price is
//! the probability. An event with several markets has one market for each answer, each between Yes and No.

use serde::Deserialize;
use serde_json::Value;

use super::{
    Answer, Reading, Site, State, Unreadable, Values,
    json::{instant, parse, probability, text},
    reading::MOST_ANSWERS,
};

const SITE: Site = Site::Polymarket;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Thing {
    id: Option<Value>,
    /// Of an event.
    title: Option<String>,
    /// Of an event.
    markets: Option<Vec<Thing>>,
    /// Of a market.
    question: Option<String>,
    group_item_title: Option<String>,
    outcomes: Option<Value>,
    outcome_prices: Option<Value>,
    active: Option<bool>,
    closed: Option<bool>,
    closed_time: Option<Value>,
    neg_risk: Option<bool>,
    uma_resolution_status: Option<String>,
    updated_at: Option<Value>,
}

pub(super) fn read(bytes: &[u8]) -> Result<Reading, Unreadable> {
    // A look-up by slug gives the thing itself, a search by slug a list of at most one.
    let first = bytes.iter().find(|b| !b.is_ascii_whitespace());
    let thing = if first == Some(&b'[') {
        let things: Vec<Thing> = parse(SITE, bytes)?;
        things.into_iter().next().ok_or(Unreadable::NotFound { site: SITE })?
    } else {
        parse(SITE, bytes)?
    };
    match &thing.markets {
        Some(markets) if thing.outcomes.is_none() => event(&thing, markets),
        _ => market(&thing),
    }
}

fn event(event: &Thing, markets: &[Thing]) -> Result<Reading, Unreadable> {
    if markets.len() > MOST_ANSWERS {
        return Err(Unreadable::Part { site: SITE, what: "the event has more than 500 markets" });
    }
    // Places kept free for answers to come are neither active nor over.
    let real = |m: &&Thing| m.active != Some(false) || m.closed == Some(true);
    let markets: Vec<&Thing> = markets.iter().filter(real).collect();
    let title = event.title.as_deref();
    match markets[..] {
        [] => Err(Unreadable::Kind { site: SITE, kind: "an event without a market" }),
        [only] => {
            let reading = market(only)?;
            Ok(Reading { title: text(SITE, title, "").unwrap_or(reading.title), ..reading })
        }
        _ => {
            let answers = markets.iter().map(|m| answer(m)).collect::<Result<Vec<_>, _>>()?;
            let state = if answers.iter().all(|a| a.state.is_resolved()) {
                let yes = |a: &&Answer| matches!(&a.state, State::Resolved { how, .. } if how == "Yes");
                let how =
                    answers.iter().find(yes).map_or("none of its answers".to_owned(), |a| a.name.clone());
                State::Resolved { how, at: instant(event.closed_time.as_ref()) }
            } else if event.closed == Some(true) {
                State::Closed { at: instant(event.closed_time.as_ref()) }
            } else {
                State::Open
            };
            Ok(Reading {
                title: text(SITE, title, "`title` is missing")?,
                values: Values::Several { answers, exclusive: event.neg_risk == Some(true) },
                as_of: markets.iter().filter_map(|m| instant(m.updated_at.as_ref())).max(),
                state,
            })
        }
    }
}

/// A market of an event as one of its answers.
fn answer(market: &Thing) -> Result<Answer, Unreadable> {
    let outcomes = list(market.outcomes.as_ref(), "`outcomes`")?;
    if !is_yes_no(&outcomes) {
        return Err(Unreadable::Kind { site: SITE, kind: "an event whose markets are not yes/no" });
    }
    let name = market.group_item_title.as_deref().filter(|t| !t.trim().is_empty());
    let name = text(SITE, name.or(market.question.as_deref()), "a market of the event has no name")?;
    Ok(Answer {
        id: id_of(market).unwrap_or_else(|| name.clone()),
        name,
        p: prices(market, outcomes.len())?.map(|p| p[0]),
        state: state_of(market, &outcomes)?,
    })
}

fn market(market: &Thing) -> Result<Reading, Unreadable> {
    let title = text(SITE, market.question.as_deref(), "`question` is missing")?;
    let outcomes = list(market.outcomes.as_ref(), "`outcomes`")?;
    let prices = prices(market, outcomes.len())?;
    let values = if is_yes_no(&outcomes) {
        Values::YesNo(prices.map(|p| p[0]))
    } else if outcomes.len() >= 2 {
        let name = |o: &String| text(SITE, Some(o), "an outcome has no name");
        let answers = outcomes.iter().enumerate().map(|(i, outcome)| {
            let name = name(outcome)?;
            Ok(Answer { id: name.clone(), name, p: prices.as_ref().map(|p| p[i]), state: State::Open })
        });
        Values::Several { answers: answers.collect::<Result<_, _>>()?, exclusive: true }
    } else {
        return Err(Unreadable::Part { site: SITE, what: "`outcomes` names fewer than two" });
    };
    Ok(Reading {
        title,
        values,
        as_of: instant(market.updated_at.as_ref()),
        state: state_of(market, &outcomes)?,
    })
}

fn state_of(market: &Thing, outcomes: &[String]) -> Result<State, Unreadable> {
    let at = instant(market.closed_time.as_ref());
    if market.closed != Some(true) {
        return Ok(State::Open);
    }
    if market.uma_resolution_status.as_deref() != Some("resolved") {
        return Ok(State::Closed { at });
    }
    let prices = prices(market, outcomes.len())?.unwrap_or_default();
    let won = prices.iter().position(|p| *p >= 0.99).and_then(|i| outcomes.get(i));
    let how = match won {
        Some(outcome) => text(SITE, Some(outcome), "an outcome has no name")?,
        None => "a mix".to_owned(),
    };
    Ok(State::Resolved { how, at })
}

/// The prices of the outcomes in their order; absent before the first offer.
fn prices(market: &Thing, outcomes: usize) -> Result<Option<Vec<f64>>, Unreadable> {
    if market.outcome_prices.as_ref().is_none_or(Value::is_null) {
        return Ok(None);
    }
    let texts = list(market.outcome_prices.as_ref(), "`outcomePrices`")?;
    if texts.len() != outcomes || texts.is_empty() {
        return Err(Unreadable::Part { site: SITE, what: "there are not as many prices as outcomes" });
    }
    let price = |text: &String| {
        let number = text.trim().parse::<f64>().map_err(|_| Unreadable::Probability {
            site: SITE,
            text: "a text that is no number".to_owned(),
        })?;
        probability(SITE, number)
    };
    texts.iter().map(price).collect::<Result<Vec<_>, _>>().map(Some)
}

/// A list of texts: written as JSON inside a text, or plainly. Numbers count as texts.
fn list(value: Option<&Value>, name: &'static str) -> Result<Vec<String>, Unreadable> {
    let bad = || Unreadable::Part {
        site: SITE,
        what: if name == "`outcomes`" { "`outcomes` is no list" } else { "`outcomePrices` is no list" },
    };
    let inner;
    let items = match value.ok_or_else(bad)? {
        Value::Array(items) => items,
        Value::String(text) => {
            inner = serde_json::from_str::<Vec<Value>>(text).map_err(|_| bad())?;
            &inner
        }
        _ => return Err(bad()),
    };
    if items.len() > MOST_ANSWERS {
        return Err(bad());
    }
    let texts = items.iter().map(|item| match item {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(bad()),
    });
    texts.collect()
}

fn is_yes_no(outcomes: &[String]) -> bool {
    matches!(outcomes, [yes, no] if yes.eq_ignore_ascii_case("yes") && no.eq_ignore_ascii_case("no"))
}

fn id_of(market: &Thing) -> Option<String> {
    match market.id.as_ref()? {
        Value::String(id) => text(SITE, Some(id), "").ok(),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}
