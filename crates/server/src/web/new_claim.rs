//! A new claim: by fields or as YAML, checked before it is published.

use std::collections::BTreeMap;

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use bellwether_core::{
    benchmark::Unit,
    document::ClaimDocument,
    ids::Slug,
    lint::{Lint, Severity},
    status::Outcome,
    window::{Window, WindowText},
};
use bellwether_engine::{EngineError, claims::NewClaim};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    dry_run,
    evidence::decimal,
    evidence_view::{Choice, Errors},
    figures,
    new_claim_view::{ClaimFields, ConditionFields, NewClaimPage},
    page,
    request::Reader,
    shell::Place,
};
use crate::{
    extract::{Form, Query, typed, yaml},
    problem::Problem,
    state::AppState,
};

/// How many conditions the form has room for; more go as YAML.
const CONDITIONS: usize = 5;

const EXAMPLE: &str =
    "title: An open-weights model within 5 percentage points of the leading closed model on GPQA diamond
context: One line of background.
tags: [ai, open-weights]
start: { p: 0.5, basis: no view }
window: { by: Q1 2027 }
criteria: True if ...
rule:
  gap: { benchmark: epoch/gpqa-diamond, of: open, to: closed, within: 5, unit: pp }
confirm: { for: 7d, polls: 3 }
challenge: 24h
";

/// What the address says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    #[serde(rename = "as")]
    form: Option<String>,
}

/// `GET /claims/new`
pub(super) async fn show(
    State(state): State<AppState>,
    reader: Reader,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let fields = ClaimFields {
        conditions: vec![ConditionFields::default(); CONDITIONS],
        yaml: EXAMPLE.to_owned(),
        ..ClaimFields::default()
    };
    Ok(page(&form(&state, &reader, asked.form.as_deref() == Some("yaml"), fields).await?))
}

async fn form(
    state: &AppState,
    reader: &Reader,
    as_yaml: bool,
    fields: ClaimFields,
) -> Result<NewClaimPage, Problem> {
    Ok(NewClaimPage {
        shell: reader.shell(state, "New claim", Place::NewClaim).await,
        as_yaml,
        fields,
        errors: Errors::default(),
        benchmarks: benchmarks(state).await?,
        warnings: Vec::new(),
        sentence: None,
        window: None,
        runs: Vec::new(),
        trouble: None,
    })
}

async fn benchmarks(state: &AppState) -> Result<Vec<Choice>, Problem> {
    let found = state.engine().benchmark_names().await?;
    Ok(found.into_iter().map(|(id, title)| Choice::new(id.to_string(), format!("{title} ({id})"))).collect())
}

/// What the form asks and what its buttons send.
const FIELDS: [&str; 22] = [
    "as",
    "yaml",
    "title",
    "slug",
    "context",
    "tags",
    "keywords",
    "by",
    "start",
    "basis",
    "market",
    "hide",
    "bots",
    "given",
    "comes",
    "criteria",
    "join",
    "benchmark",
    "kind",
    "of",
    "value",
    "do",
];

fn read_fields(form: &Form) -> ClaimFields {
    let value = |name: &str| form.value(name).unwrap_or_default().to_owned();
    let column = |name: &'static str| form.values(name).map(str::to_owned).collect::<Vec<_>>();
    let (benchmark, kind, of, figure) = (column("benchmark"), column("kind"), column("of"), column("value"));
    let at = |column: &[String], i: usize| column.get(i).cloned().unwrap_or_default();
    ClaimFields {
        title: value("title"),
        slug: value("slug"),
        context: value("context"),
        tags: value("tags"),
        keywords: value("keywords"),
        by: value("by"),
        start: value("start"),
        basis: value("basis"),
        market: value("market"),
        hide: !value("hide").is_empty(),
        bots: !value("bots").is_empty(),
        given: value("given"),
        comes: value("comes"),
        criteria: value("criteria"),
        join: value("join"),
        conditions: (0..CONDITIONS)
            .map(|i| ConditionFields {
                kind: at(&kind, i),
                benchmark: at(&benchmark, i),
                of: at(&of, i),
                value: at(&figure, i),
            })
            .collect(),
        yaml: value("yaml"),
    }
}

/// How another claim must come out, as the form has it: Yes where nothing is said, No, or an option by its name.
fn wanted(typed: &str) -> Outcome {
    match typed.trim() {
        "" => Outcome::Yes,
        yes if yes.eq_ignore_ascii_case("yes") => Outcome::Yes,
        no if no.eq_ignore_ascii_case("no") => Outcome::No,
        option => Outcome::Option(option.to_owned()),
    }
}

/// What a gap on each benchmark is counted in: the benchmark's own unit, so that nobody has to guess.
type Units = BTreeMap<String, &'static str>;

async fn units(state: &AppState) -> Result<Units, Problem> {
    let sources = state.engine().known_sources().await?;
    let word = |unit: Unit| match unit {
        Unit::Percent | Unit::Fraction => "pp",
        Unit::Elo => "elo",
        Unit::Index => "index",
        Unit::Minutes => "minutes",
    };
    let all = sources.into_values().flat_map(|source| source.benchmarks);
    Ok(all.map(|(id, unit)| (id.to_string(), word(unit))).collect())
}

/// One condition as the claim document writes it.
fn condition(c: &ConditionFields, units: &Units, errors: &mut Errors) -> Option<Value> {
    if c.kind.is_empty() && c.benchmark.is_empty() && c.value.is_empty() {
        return None;
    }
    if c.kind.is_empty() || c.benchmark.is_empty() {
        errors.add("rule", "A condition needs both a benchmark and what is asked of it.");
        return None;
    }
    let number = match decimal(&c.value) {
        Ok(_) => c.value.trim().to_owned(),
        Err(e) => {
            errors.add("rule", e);
            return None;
        }
    };
    let of = if c.of.is_empty() { "open" } else { c.of.as_str() };
    let other = if of == "closed" { "open" } else { "closed" };
    // Figures go as text of a number, so that 2.10 stays 2.10.
    let number: Value = serde_json::from_str(&number).unwrap_or(Value::String(number));
    Some(match c.kind.as_str() {
        "gap" => {
            let mut gap = json!({ "benchmark": c.benchmark, "of": of, "to": other, "within": number });
            if let Some(unit) = units.get(&c.benchmark) {
                gap["unit"] = json!(unit);
            }
            json!({ "gap": gap })
        }
        "lead" => json!({ "lead": { "benchmark": c.benchmark, "of": of, "over": other, "by": number } }),
        "rank" => json!({ "rank": { "benchmark": c.benchmark, "of": of, "top": number } }),
        _ => json!({ "score": { "benchmark": c.benchmark, "of": of, "at_least": number } }),
    })
}

fn document(fields: &ClaimFields, units: &Units, errors: &mut Errors) -> Option<ClaimDocument> {
    let mut doc = Map::new();
    let mut put = |key: &str, value: Value| {
        doc.insert(key.to_owned(), value);
    };
    if fields.title.trim().is_empty() {
        errors.add("title", "Write what is claimed.");
    }
    if fields.by.trim().is_empty() {
        errors.add("by", "Write by when: Q1 2027, or 2027-04-01.");
    } else if let Err(e) = Window::read(WindowText { from: None, by: fields.by.trim().into(), zone: None }) {
        refuse(errors, false, "window.by", e.to_string());
    }
    put("title", json!(fields.title.trim()));
    put("window", json!({ "by": fields.by.trim() }));
    let p = if fields.start.trim().is_empty() { Ok(0.5) } else { decimal(&fields.start) };
    match p {
        Ok(p) => {
            let basis = if fields.basis.trim().is_empty() { "no view" } else { fields.basis.trim() };
            put("start", json!({ "p": p, "basis": basis }));
        }
        Err(e) => errors.add("start", e),
    }
    if !fields.market.trim().is_empty() {
        match decimal(&fields.market) {
            Ok(b) => put("market", json!({ "b": b })),
            Err(e) => errors.add("market", e),
        }
    }
    if fields.hide || fields.bots {
        put("forecasts", json!({ "hide_crowd": fields.hide, "count_bots": fields.bots }));
    }
    let given = fields.given.trim();
    if !given.is_empty() {
        // A pasted address will do.
        let slug = given.rsplit('/').next().unwrap_or(given);
        match Slug::new(slug) {
            Ok(slug) => put("given", json!({ "claim": slug, "outcome": wanted(&fields.comes) })),
            Err(e) => errors.add("given", e.to_string()),
        }
    }
    let criteria = fields.criteria.trim();
    put("criteria", json!(criteria));
    if criteria.is_empty() {
        errors.add("criteria", "Write the words that decide: “True if …”.");
    }
    if !fields.slug.trim().is_empty() {
        put("slug", json!(fields.slug.trim()));
    }
    if !fields.context.trim().is_empty() {
        put("context", json!(fields.context.trim()));
    }
    let tags: Vec<_> = fields.tags.split(',').map(str::trim).filter(|t| !t.is_empty()).collect();
    put("tags", json!(tags));
    let keywords: Vec<_> = fields.keywords.split(',').map(str::trim).filter(|k| !k.is_empty()).collect();
    put("keywords", json!(keywords));
    let conditions: Vec<Value> =
        fields.conditions.iter().filter_map(|c| condition(c, units, errors)).collect();
    match conditions.len() {
        0 => {}
        1 => put("rule", conditions[0].clone()),
        _ => put("rule", json!({ if fields.join == "any" { "any" } else { "all" }: conditions })),
    }
    if !errors.none() {
        return None;
    }
    typed(Value::Object(doc)).map_err(|e| errors.add(field(&e.field), e.message)).ok()
}

/// A document's key as the form calls it.
fn field(key: &str) -> &str {
    let first = key.split(['.', '[']).next().unwrap_or(key);
    match first {
        "window" => "by",
        "confirm" | "challenge" | "outcomes" | "same_model" | "body" | "" | "document" => "rule",
        other => other,
    }
}

/// Notes a fault of the document beside the field of the form, or above the text.
fn refuse(errors: &mut Errors, as_yaml: bool, key: &str, message: String) {
    // Some messages name their key themselves.
    let message = message.strip_prefix(&format!("{key}: ")).map(str::to_owned).unwrap_or(message);
    if as_yaml {
        errors.add("yaml", format!("{key}: {message}"));
    } else {
        errors.add(field(key), message);
    }
}

impl NewClaimPage {
    /// Fills in what "Check it" shows.
    async fn check(
        &mut self,
        state: &AppState,
        document: &ClaimDocument,
        doubts: Vec<Lint>,
    ) -> Result<(), Problem> {
        let by = &document.window;
        self.window = Some(format!("By {}: before {}.", by.text.by, figures::instant(by.by)));
        let has_rule = document.rule.is_some() || !document.outcomes.is_empty();
        self.sentence = Some(if has_rule {
            "A computer proposes the outcome from the figures it reads; people can object.".to_owned()
        } else {
            "A person proposes the outcome by the words, with a link as proof; people can object.".to_owned()
        });
        self.warnings = doubts.into_iter().map(|doubt| doubt.message).collect();
        if has_rule {
            (self.runs, self.trouble) = dry_run::told(dry_run::runs(state, document).await)?;
        }
        Ok(())
    }
}

/// `POST /claims/new`
pub(super) async fn save(
    State(state): State<AppState>,
    reader: Reader,
    form_data: Form,
) -> Result<Response, Problem> {
    form_data.only(&FIELDS)?;
    let as_yaml = form_data.value("as") == Some("yaml");
    let mut shown = form(&state, &reader, as_yaml, read_fields(&form_data)).await?;
    let mut errors = Errors::default();
    let read = if as_yaml {
        yaml(&shown.fields.yaml).map_err(|e| refuse(&mut errors, true, &e.field, e.message)).ok()
    } else {
        document(&shown.fields, &units(&state).await?, &mut errors)
    };
    if let Some(document) = read {
        // What cannot be meant is told beside its field, whether it is checked or published.
        let (faults, doubts): (Vec<_>, Vec<_>) =
            state.engine().lint(&document).await?.into_iter().partition(|l| l.severity == Severity::Error);
        for fault in faults {
            refuse(&mut errors, as_yaml, fault.field, fault.message);
        }
        if form_data.value("do") == Some("preview") {
            shown.check(&state, &document, doubts).await?;
        } else if errors.none() {
            match state
                .engine()
                .create_claim(reader.visitor.actor()?, NewClaim { document, publish: true })
                .await
            {
                Ok(created) => return Ok(Redirect::to(&format!("/claims/{}", created.slug)).into_response()),
                Err(EngineError::Invalid(bad)) => {
                    for e in bad {
                        refuse(&mut errors, as_yaml, &e.field, e.message);
                    }
                }
                // Only a market can stand in the way of a claim that nobody knows yet: its subsidy.
                Err(EngineError::Conflict(why)) => refuse(&mut errors, as_yaml, "market", why),
                Err(other) => return Err(other.into()),
            }
        }
    }
    let wrong = !errors.none();
    shown.errors = errors;
    let mut answer = page(&shown);
    if wrong {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}
