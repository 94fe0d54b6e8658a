//! Manifold: `GET /v0/slug/SLUG` and `GET /v0/market/ID` give a full market. Times are milliseconds of Unix time.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{
    Answer, Reading, Site, State, Unreadable, Values,
    json::{maybe_probability, millis, parse, percent, text},
    reading::MOST_ANSWERS,
};

const SITE: Site = Site::Manifold;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Market {
    question: Option<String>,
    outcome_type: Option<String>,
    probability: Option<f64>,
    answers: Option<Vec<MarketAnswer>>,
    should_answers_sum_to_one: Option<bool>,
    close_time: Option<f64>,
    #[serde(default)]
    is_resolved: bool,
    resolution: Option<String>,
    resolution_time: Option<f64>,
    resolution_probability: Option<f64>,
    last_updated_time: Option<f64>,
    last_bet_time: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MarketAnswer {
    id: String,
    text: Option<String>,
    probability: Option<f64>,
    resolution: Option<String>,
    resolution_time: Option<f64>,
    resolution_probability: Option<f64>,
}

pub(super) fn read(bytes: &[u8], now: DateTime<Utc>) -> Result<Reading, Unreadable> {
    let market: Market = parse(SITE, bytes)?;
    let title = text(SITE, market.question.as_deref(), "`question` is missing")?;
    let kind = market.outcome_type.as_deref();
    let values = match kind.ok_or(Unreadable::Part { site: SITE, what: "`outcomeType` is missing" })? {
        "BINARY" => Values::YesNo(maybe_probability(SITE, market.probability)?),
        // Free response is the older form of multiple choice.
        "MULTIPLE_CHOICE" | "FREE_RESPONSE" => several(&market)?,
        other => return Err(Unreadable::Kind { site: SITE, kind: words_of(other) }),
    };
    let closed_at = millis(market.close_time);
    let state = if market.is_resolved {
        State::Resolved { how: how(&market, &values), at: millis(market.resolution_time) }
    } else if closed_at.is_some_and(|closed| closed <= now) {
        State::Closed { at: closed_at }
    } else {
        State::Open
    };
    let as_of = millis(market.last_bet_time).or_else(|| millis(market.last_updated_time));
    Ok(Reading { title, values, as_of, state })
}

fn several(market: &Market) -> Result<Values, Unreadable> {
    let answers = market.answers.as_deref().unwrap_or_default();
    if answers.is_empty() || answers.len() > MOST_ANSWERS {
        return Err(Unreadable::Part { site: SITE, what: "it has no answers, or more than 500" });
    }
    let answers = answers
        .iter()
        .map(|answer| {
            let state = match answer.resolution.as_deref() {
                None => State::Open,
                Some(resolution) => State::Resolved {
                    how: outcome(resolution, answer.resolution_probability),
                    at: millis(answer.resolution_time),
                },
            };
            Ok(Answer {
                id: text(SITE, Some(&answer.id), "an answer has no `id`")?,
                name: text(SITE, answer.text.as_deref(), "an answer has no `text`")?,
                p: maybe_probability(SITE, answer.probability)?,
                state,
            })
        })
        .collect::<Result<_, _>>()?;
    // Left out, it is the older kind, whose answers always share one whole.
    Ok(Values::Several { answers, exclusive: market.should_answers_sum_to_one.unwrap_or(true) })
}

/// How the whole question was resolved: for named answers the resolution is an answer's id.
fn how(market: &Market, values: &Values) -> String {
    let resolution = market.resolution.as_deref().unwrap_or_default();
    if let Values::Several { answers, .. } = values
        && let Some(answer) = answers.iter().find(|a| a.id == resolution)
    {
        return answer.name.clone();
    }
    outcome(resolution, market.resolution_probability)
}

fn outcome(resolution: &str, probability: Option<f64>) -> String {
    match resolution {
        "YES" => "Yes".to_owned(),
        "NO" => "No".to_owned(),
        "CANCEL" => "void".to_owned(),
        "MKT" => match probability.filter(|p| (0.0..=1.0).contains(p)) {
            Some(p) => percent(p),
            None => "a mix".to_owned(),
        },
        "CHOOSE_MULTIPLE" => "several answers".to_owned(),
        _ => "an outcome it does not name".to_owned(),
    }
}

fn words_of(outcome_type: &str) -> &'static str {
    match outcome_type {
        "PSEUDO_NUMERIC" | "NUMERIC" | "NUMBER" | "MULTI_NUMERIC" => "a numeric question",
        "DATE" => "a question about a date",
        "POLL" => "a poll",
        "BOUNTIED_QUESTION" => "a question with a bounty",
        "STONK" => "a stock",
        _ => "another kind of question",
    }
}
