//! Claims: found, written down, opened, read as they stand or stood.

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse, Response},
};
use bellwether_core::{
    document::ClaimDocument,
    ids::{ClaimId, EvidenceId, Slug},
};
use bellwether_core::{
    ledger::{Bar, Breakdown},
    points::Points,
    status::ClaimStatus,
};
use bellwether_engine::{
    EngineError,
    claims::{
        ClaimKey, ClaimPage, Created, CriteriaChange, EvidenceView, FeedCard, FeedQuery, FeedSort, MoveView,
        NewClaim,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    page::{Limit, Listing},
    words::{OPERATOR, json, values},
};
use crate::{
    cache::cacheable,
    extract::{Document, Json, Path, Query, document_fault},
    problem::{Problem, ProblemDocument},
    state::AppState,
};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get))
        .routes(routes!(publish))
        .routes(routes!(criteria))
        .routes(routes!(evidence))
        .routes(routes!(item))
        .routes(routes!(moves))
        .routes(routes!(history))
        .routes(routes!(export_json))
        .routes(routes!(export_moves))
        .routes(routes!(export_evidence))
}

/// What a list of claims is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Words that must all be found in a claim; at most 10 count.
    #[param(max_length = 500)]
    q: Option<String>,
    /// Tags that must all be carried, with commas between.
    #[param(max_length = 500)]
    tag: Option<String>,
    /// States of which one must stand, with commas between: draft, open, awaiting_data, proposed, disputed, resolved,
    /// annulled, under_review. All but drafts where absent.
    status: Option<String>,
    /// The order: moved, closest, deadline, new or settled.
    #[serde(default)]
    #[param(value_type = Option<String>, pattern = "^(moved|closest|deadline|new|settled)$")]
    sort: FeedSort,
    /// Over how many days movement is told and sorted by.
    #[param(minimum = 1, maximum = 3660)]
    days: Option<u32>,
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// How many claims a page has, 1 to 200; 50 where absent.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Limit,
}

impl ListQuery {
    fn read(self) -> Result<FeedQuery, Problem> {
        let bad = |field, message: &str| Problem::malformed_field(field, "unknown_value", message);
        if self.q.as_deref().is_some_and(|q| q.chars().count() > 500 || q.contains('\0')) {
            return Err(bad("q", "at most 500 characters, none of them NUL"));
        }
        let parts = |text: Option<String>| -> Vec<String> {
            text.iter()
                .flat_map(|t| t.split(','))
                .map(|t| t.trim().to_owned())
                .filter(|t| !t.is_empty())
                .collect()
        };
        let tags = parts(self.tag);
        if tags.len() > 30 || tags.iter().any(|tag| tag.chars().count() > 60 || tag.contains('\0')) {
            return Err(bad("tag", "at most 30 tags of at most 60 characters"));
        }
        let statuses = parts(self.status)
            .iter()
            .map(|word| ClaimStatus::read(word))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| {
                let known: Vec<_> =
                    ClaimStatus::ALL.iter().map(json).filter_map(|s| s.as_str().map(str::to_owned)).collect();
                bad("status", &format!("write some of {}", known.join(", ")))
            })?;
        let days = self.days.unwrap_or(7);
        if !(1..=3660).contains(&days) {
            return Err(bad("days", "from 1 to 3660"));
        }
        Ok(FeedQuery {
            text: self.q,
            tags,
            statuses,
            sort: self.sort,
            window: TimeDelta::days(days.into()),
            after: self.cursor,
            limit: self.limit.0,
        })
    }
}

/// As of when a claim is told.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AsOf {
    /// Tell what was known at this instant.
    pub at: Option<DateTime<Utc>>,
}

/// A claim in a list.
#[derive(Debug, Serialize, ToSchema)]
struct ClaimCard {
    #[schema(value_type = Uuid)]
    id: ClaimId,
    /// The readable part of its address.
    #[schema(value_type = String)]
    slug: Slug,
    title: String,
    context: String,
    tags: Vec<String>,
    /// draft, open, awaiting_data, proposed, disputed, resolved, annulled or under_review.
    #[schema(value_type = String)]
    status: ClaimStatus,
    /// How it ended: yes, no, annulled or the option.
    #[schema(value_type = Option<String>)]
    outcome: Value,
    resolved_at: Option<DateTime<Utc>>,
    /// Shown probability of yes, or of the leading option; 0 to 1.
    p: Option<f64>,
    /// The leading option, where the claim names options.
    option: Option<String>,
    movement: Movement,
    /// What the number is made of.
    #[schema(value_type = Object)]
    headline: Value,
    /// How many items of evidence count.
    evidence_count: i64,
    /// high, moderate or low.
    #[schema(value_type = String)]
    confidence: Value,
    /// The deadline: the first instant that is too late.
    deadline: DateTime<Utc>,
    /// As its author wrote it.
    deadline_text: String,
    /// What the rule said at the last evaluation: holds, fails or unknown.
    verdict: Option<String>,
    /// How many of its conditions do not hold.
    missing_legs: Option<i64>,
    /// Whether a rule decides it; else a person does.
    has_rule: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A realised change of a claim's number.
#[derive(Debug, Serialize, ToSchema)]
struct Movement {
    /// Percentage points, signed.
    pts: f64,
    /// Over how many days.
    days: i64,
    /// Of how many moves it is made.
    moves: usize,
}

impl From<bellwether_engine::claims::Movement> for Movement {
    fn from(m: bellwether_engine::claims::Movement) -> Self {
        Self { pts: m.pts, days: m.window.num_days(), moves: m.moves }
    }
}

impl From<FeedCard> for ClaimCard {
    fn from(card: FeedCard) -> Self {
        Self {
            id: card.id,
            slug: card.slug,
            title: card.title,
            context: card.context,
            tags: card.tags,
            status: card.status,
            outcome: json(&card.outcome),
            resolved_at: card.resolved_at,
            p: card.p.map(bellwether_core::probability::Probability::value),
            option: card.option,
            movement: card.movement.into(),
            headline: json(&card.made_of),
            evidence_count: card.evidence_count,
            confidence: json(&card.confidence),
            deadline: card.deadline,
            deadline_text: card.deadline_text,
            verdict: card.verdict,
            missing_legs: card.missing_legs,
            has_rule: card.has_rule,
            created_at: card.created_at,
            updated_at: card.updated_at,
        }
    }
}

/// A claim with everything that its page shows.
#[derive(Debug, Serialize, ToSchema)]
struct Claim {
    #[schema(value_type = Uuid)]
    id: ClaimId,
    /// The readable part of its address.
    #[schema(value_type = String)]
    slug: Slug,
    /// As of when this is told.
    at: DateTime<Utc>,
    /// draft, open, awaiting_data, proposed, disputed, resolved, annulled or under_review.
    #[schema(value_type = String)]
    status: ClaimStatus,
    /// How it ended: yes, no, annulled or the option.
    #[schema(value_type = Option<String>)]
    outcome: Value,
    resolved_at: Option<DateTime<Utc>>,
    /// The claim document, under the criteria in force.
    #[schema(value_type = Object)]
    document: ClaimDocument,
    /// Every option with its shown probability.
    options: Vec<OptionShare>,
    /// The option that the claim's number is about: its place in `options`.
    leading: usize,
    /// What the headline is made of.
    #[schema(value_type = Object)]
    headline: Value,
    movement: Movement,
    /// Every stream with what it shows.
    streams: Vec<StreamShare>,
    /// How far the evidence can be leaned on, and why.
    #[schema(value_type = Object)]
    confidence: Value,
    /// What the number is made of, from the start through for, against and ageing.
    why: Why,
    /// What a reader should know of the number.
    warnings: Vec<String>,
    /// How many items count for.
    evidence_for: usize,
    /// How many items count against.
    evidence_against: usize,
    /// How many rows the ledger has.
    moves: u64,
    /// The number of the criteria in force; give it as `seen` when you change them.
    criteria_version: i64,
    /// What the rule said at the last evaluation: holds, fails or unknown.
    verdict: Option<String>,
    /// How many of its conditions do not hold.
    missing_legs: Option<i64>,
    /// Counts the writes to this claim.
    version: i64,
    created_at: DateTime<Utc>,
    created_by: String,
    published_at: Option<DateTime<Utc>>,
    updated_at: DateTime<Utc>,
}

/// Why the number is what it is.
#[derive(Debug, Serialize, ToSchema)]
struct Why {
    /// The option it explains; 0 for yes.
    option: usize,
    /// Where the claim started, 0 to 1.
    start: f64,
    /// What led away from there; in log-odds they sum to the number exactly.
    bars: Vec<WhyBar>,
    /// The probability shown, 0 to 1.
    shown: f64,
}

/// One step from the start to the number.
#[derive(Debug, Serialize, ToSchema)]
struct WhyBar {
    /// for, against, ageing, or the name of another stream.
    of: String,
    /// How many items it is made of.
    items: Option<usize>,
    /// Signed impact points.
    points: f64,
}

impl From<&Breakdown> for Why {
    fn from(why: &Breakdown) -> Self {
        let bar = |(bar, points): &(Bar, Points)| {
            let (of, items) = match bar {
                Bar::For(n) => ("for".to_owned(), Some(*n)),
                Bar::Against(n) => ("against".to_owned(), Some(*n)),
                Bar::Ageing => ("ageing".to_owned(), None),
                Bar::Stream(stream) => (stream.to_string(), None),
            };
            WhyBar { of, items, points: points.value() }
        };
        Self {
            option: why.option,
            start: why.start.value(),
            bars: why.bars.iter().map(bar).collect(),
            shown: why.shown.value(),
        }
    }
}

/// An option and its share.
#[derive(Debug, Serialize, ToSchema)]
struct OptionShare {
    name: String,
    /// Shown probability, 0 to 1.
    p: f64,
}

/// A stream and what it shows.
#[derive(Debug, Serialize, ToSchema)]
struct StreamShare {
    /// evidence, crowd, market, trend, panel or an external site.
    stream: String,
    /// Shown probability of each option, 0 to 1.
    p: Vec<f64>,
    /// Its share of the headline, 0 to 1.
    share: f64,
    /// How many items or forecasts it is made of.
    n: Option<usize>,
}

impl From<ClaimPage> for Claim {
    fn from(page: ClaimPage) -> Self {
        Self {
            id: page.id,
            slug: page.slug,
            at: page.at,
            status: page.status,
            outcome: json(&page.outcome),
            resolved_at: page.resolved_at,
            options: page
                .probabilities
                .iter()
                .map(|o| OptionShare { name: o.name.clone(), p: o.p.value() })
                .collect(),
            leading: page.leading,
            headline: json(&page.made_of),
            movement: page.movement.into(),
            streams: page
                .streams
                .iter()
                .map(|s| StreamShare {
                    stream: s.stream.to_string(),
                    p: values(&s.p),
                    share: s.share,
                    n: s.n,
                })
                .collect(),
            confidence: json(&page.confidence),
            why: Why::from(&page.why),
            warnings: page.warnings.iter().map(ToString::to_string).collect(),
            evidence_for: page.items_for.len(),
            evidence_against: page.items_against.len(),
            moves: page.moves_total,
            criteria_version: page.criteria.last().map_or(1, |c| c.n),
            verdict: page.verdict,
            missing_legs: page.missing_legs,
            version: page.version,
            created_at: page.created_at,
            created_by: page.created_by.to_string(),
            published_at: page.published_at,
            updated_at: page.updated_at,
            document: page.document,
        }
    }
}

/// A claim that was written down.
#[derive(Debug, Serialize, ToSchema)]
struct CreatedClaim {
    #[schema(value_type = Uuid)]
    id: ClaimId,
    /// The readable part of its address.
    #[schema(value_type = String)]
    slug: Slug,
    /// draft or open.
    #[schema(value_type = String)]
    status: ClaimStatus,
}

impl From<Created> for CreatedClaim {
    fn from(created: Created) -> Self {
        Self { id: created.id, slug: created.slug, status: created.status }
    }
}

/// An item of evidence with everything that decides what it counts.
#[derive(Debug, Serialize, ToSchema)]
struct EvidenceItem {
    #[schema(value_type = Uuid)]
    id: EvidenceId,
    /// Counts its corrections; give it as `seen` when you correct it.
    revision: u32,
    /// active, superseded or retracted.
    #[schema(value_type = String)]
    status: Value,
    /// What it says, whence, how strong.
    #[schema(value_type = Object)]
    item: Value,
    /// What it is multiplied by, and why.
    #[schema(value_type = Object)]
    factors: Value,
    /// What it counts, signed points.
    counts: f64,
    /// Shown probability of its option without it.
    p_without: Option<f64>,
    /// Items that it contradicts.
    #[schema(value_type = Vec<Uuid>)]
    contradicts: Vec<EvidenceId>,
    added_by: String,
    added_at: DateTime<Utc>,
    /// The page kept as proof.
    snapshot: Option<Uuid>,
    /// Until when its addition can be undone.
    undo_until: Option<DateTime<Utc>>,
}

impl From<EvidenceView> for EvidenceItem {
    fn from(e: EvidenceView) -> Self {
        Self {
            id: e.id,
            revision: e.revision,
            status: json(&e.status),
            item: json(&e.item),
            factors: json(&e.factors),
            counts: e.counts,
            p_without: e.without.map(bellwether_core::probability::Probability::value),
            contradicts: e.contradicts,
            added_by: e.actor.to_string(),
            added_at: e.added_at,
            snapshot: e.snapshot,
            undo_until: e.undo_until,
        }
    }
}

/// A row of a claim's ledger with its reason.
#[derive(Debug, Serialize, ToSchema)]
struct LedgerRow {
    /// Its place in the ledger, gapless from 1.
    seq: u64,
    at: DateTime<Utc>,
    actor: String,
    /// start, evidence_added, evidence_revised, evidence_retracted, ageing...
    #[schema(value_type = String)]
    cause: Value,
    /// The item it is about.
    #[schema(value_type = Option<Uuid>)]
    evidence: Option<EvidenceId>,
    /// Why, in a line.
    reason: String,
    /// The stream that moved.
    stream: String,
    /// The option it is chiefly about; 0 for yes.
    option: usize,
    /// Impact on the headline, signed points.
    points: f64,
    /// Shown probability before, 0 to 1.
    p_before: f64,
    /// And after.
    p_after: f64,
}

impl From<MoveView> for LedgerRow {
    fn from(m: MoveView) -> Self {
        Self {
            seq: m.seq,
            at: m.at,
            actor: m.actor.to_string(),
            cause: json(&m.cause),
            evidence: m.evidence,
            reason: m.reason,
            stream: m.stream.to_string(),
            option: m.option,
            points: m.points.value(),
            p_before: m.before.value(),
            p_after: m.after.value(),
        }
    }
}

/// A claim's lines over time.
#[derive(Debug, Serialize, ToSchema)]
struct ClaimHistory {
    #[schema(value_type = Uuid)]
    claim: ClaimId,
    /// The options, in the order of every `p`.
    options: Vec<String>,
    /// The headline: a step at every instant at which it moved, oldest first.
    headline: Vec<Step>,
    /// Every stream likewise.
    streams: Vec<StreamSteps>,
    /// The last instant that is told of.
    at: DateTime<Utc>,
}

/// The shown probabilities from an instant on.
#[derive(Debug, Serialize, ToSchema)]
struct Step {
    at: DateTime<Utc>,
    /// One per option, 0 to 1.
    p: Vec<f64>,
}

/// A stream over time.
#[derive(Debug, Serialize, ToSchema)]
struct StreamSteps {
    stream: String,
    steps: Vec<Step>,
}

/// List claims
#[utoipa::path(
    get, path = "/api/v1/claims", tag = "claims", operation_id = "list_claims", params(ListQuery),
    responses((status = 200, body = Listing<ClaimCard>), (status = 400, body = ProblemDocument)),
)]
async fn list(State(state): State<AppState>, Query(query): Query<ListQuery>) -> Result<Response, Problem> {
    let page = state.engine().feed(&query.read()?).await.map_err(in_query)?;
    let items = page.cards.into_iter().map(ClaimCard::from).collect();
    Ok(cacheable(Answer(Listing { items, next: page.next }).into_response()))
}

/// What is wrong with a query is 400, not 422.
fn in_query(error: EngineError) -> Problem {
    match error {
        EngineError::Invalid(errors) => match errors.into_iter().next() {
            Some(e) => Problem::malformed_field(&e.field, e.code, e.message),
            None => Problem::malformed("the query cannot be read"),
        },
        other => other.into(),
    }
}

/// Whether a new claim is opened at once.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CreateQuery {
    /// Open it to readers at once; else it is a draft.
    #[serde(default)]
    publish: bool,
}

/// Write a claim down
///
/// The body is a claim document, in JSON or YAML.
#[utoipa::path(
    post, path = "/api/v1/claims", tag = "claims", operation_id = "create_claim",
    params(CreateQuery, ("Idempotency-Key" = Option<String>, Header)),
    request_body(content((Object = "application/json"), (String = "application/yaml"))),
    responses(
        (status = 201, body = CreatedClaim), (status = 400, body = ProblemDocument),
        (status = 415, body = ProblemDocument), (status = 422, body = ProblemDocument),
    ),
)]
async fn create(
    State(state): State<AppState>,
    Query(query): Query<CreateQuery>,
    Document(document): Document,
) -> Result<Response, Problem> {
    let new = NewClaim { document, publish: query.publish };
    let created = state.engine().create_claim(&OPERATOR, new).await?;
    let location = format!("/api/v1/claims/{}", created.slug);
    let answer = Answer(CreatedClaim::from(created));
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], answer).into_response())
}

/// Read a claim
#[utoipa::path(
    get, path = "/api/v1/claims/{id}", tag = "claims", operation_id = "get_claim",
    params(("id" = String, Path, description = "Id or slug"), AsOf),
    responses((status = 200, body = Claim), (status = 400, body = ProblemDocument), (status = 404, body = ProblemDocument)),
)]
async fn get(
    State(state): State<AppState>,
    Path(claim): Path<ClaimKey>,
    Query(as_of): Query<AsOf>,
) -> Result<Response, Problem> {
    let page = state.engine().claim_page(&claim, as_of.at).await?;
    Ok(cacheable(Answer(Claim::from(page)).into_response()))
}

/// Open a draft to readers
#[utoipa::path(
    post, path = "/api/v1/claims/{id}/publish", tag = "claims", operation_id = "publish_claim",
    params(("id" = String, Path, description = "Id or slug")),
    responses(
        (status = 200, body = CreatedClaim), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument),
    ),
)]
async fn publish(
    State(state): State<AppState>,
    Path(claim): Path<ClaimKey>,
) -> Result<Answer<CreatedClaim>, Problem> {
    Ok(Answer(state.engine().publish_claim(&OPERATOR, &claim).await?.into()))
}

/// A new version of the criteria.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCriteria {
    /// The claim document with its new criteria; title, options, start and headline stay as they were.
    #[schema(value_type = Object)]
    document: ClaimDocument,
    /// Why.
    reason: String,
    /// The version its author saw; another one in force refuses the change with 409.
    #[serde(default)]
    seen: Option<i64>,
}

/// The number of a version.
#[derive(Debug, Serialize, ToSchema)]
struct CriteriaVersion {
    /// Counts from 1.
    version: i64,
}

/// Change what decides a claim
///
/// The earlier version stays readable; what settled before stays settled by it.
#[utoipa::path(
    post, path = "/api/v1/claims/{id}/criteria", tag = "claims", operation_id = "change_criteria",
    params(("id" = String, Path, description = "Id or slug")), request_body = NewCriteria,
    responses(
        (status = 200, body = CriteriaVersion), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument),
    ),
)]
async fn criteria(
    State(state): State<AppState>,
    Path(claim): Path<ClaimKey>,
    Json(new): Json<NewCriteria>,
) -> Result<Answer<CriteriaVersion>, Problem> {
    let document = new.document.checked().map_err(|e| Problem::invalid(vec![document_fault(e)]))?;
    let change = CriteriaChange { document, reason: new.reason, seen: new.seen };
    let version = state.engine().change_criteria(&OPERATOR, &claim, change).await?;
    Ok(Answer(CriteriaVersion { version }))
}

/// List the evidence of a claim
///
/// Those that count most come first; retracted ones last.
#[utoipa::path(
    get, path = "/api/v1/claims/{id}/evidence", tag = "evidence", operation_id = "list_evidence",
    params(("id" = String, Path, description = "Id or slug"), AsOf),
    responses((status = 200, body = Listing<EvidenceItem>), (status = 404, body = ProblemDocument)),
)]
async fn evidence(
    State(state): State<AppState>,
    Path(claim): Path<ClaimKey>,
    Query(as_of): Query<AsOf>,
) -> Result<Response, Problem> {
    let page = state.engine().claim_page(&claim, as_of.at).await?;
    let mut counted: Vec<EvidenceView> = page.items_for.into_iter().chain(page.items_against).collect();
    counted.sort_by(|a, b| b.counts.abs().total_cmp(&a.counts.abs()).then(a.id.cmp(&b.id)));
    let items = counted.into_iter().chain(page.retracted);
    Ok(cacheable(Answer(Listing::<EvidenceItem>::whole(items)).into_response()))
}

/// Read one item of evidence, with what it counts now
#[utoipa::path(
    get, path = "/api/v1/evidence/{id}", tag = "evidence", operation_id = "get_evidence",
    params(("id" = Uuid, Path), AsOf),
    responses((status = 200, body = EvidenceItem), (status = 404, body = ProblemDocument)),
)]
async fn item(
    State(state): State<AppState>,
    Path(id): Path<EvidenceId>,
    Query(as_of): Query<AsOf>,
) -> Result<Response, Problem> {
    let slug = state.engine().claim_of_evidence(id).await?;
    let page = state.engine().claim_page(&ClaimKey::from(slug.to_string()), as_of.at).await?;
    let mut all = page.items_for.into_iter().chain(page.items_against).chain(page.retracted);
    let found = all.find(|item| item.id == id).ok_or_else(|| Problem::not_found("item of evidence"))?;
    Ok(cacheable(Answer(EvidenceItem::from(found)).into_response()))
}

/// What some rows of a ledger are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct MovesQuery {
    /// Where the page begins: `next` of the page before.
    cursor: Option<u64>,
    /// How many rows, 1 to 200; 50 where absent.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// Tell what was known at this instant.
    at: Option<DateTime<Utc>>,
}

/// Read a claim's ledger, newest row first
#[utoipa::path(
    get, path = "/api/v1/claims/{id}/moves", tag = "claims", operation_id = "list_moves",
    params(("id" = String, Path, description = "Id or slug"), MovesQuery),
    responses(
        (status = 200, body = Listing<LedgerRow>), (status = 400, body = ProblemDocument),
        (status = 404, body = ProblemDocument),
    ),
)]
async fn moves(
    State(state): State<AppState>,
    Path(claim): Path<ClaimKey>,
    Query(query): Query<MovesQuery>,
) -> Result<Response, Problem> {
    let page = state.engine().moves(&claim, query.cursor, query.limit.0, query.at).await?;
    let items = page.moves.into_iter().map(LedgerRow::from).collect();
    Ok(cacheable(Answer(Listing { items, next: page.next.map(|n| n.to_string()) }).into_response()))
}

/// Read a claim's lines over time
#[utoipa::path(
    get, path = "/api/v1/claims/{id}/history", tag = "claims", operation_id = "get_history",
    params(("id" = String, Path, description = "Id or slug"), AsOf),
    responses((status = 200, body = ClaimHistory), (status = 404, body = ProblemDocument)),
)]
async fn history(
    State(state): State<AppState>,
    Path(claim): Path<ClaimKey>,
    Query(as_of): Query<AsOf>,
) -> Result<Response, Problem> {
    let history = state.engine().history(&claim, as_of.at).await?;
    let steps = |points: &[bellwether_engine::claims::Point]| {
        points.iter().map(|point| Step { at: point.at, p: values(&point.p) }).collect()
    };
    let answer = ClaimHistory {
        claim: history.claim,
        options: history.options.names().into_iter().map(ToString::to_string).collect(),
        headline: steps(&history.headline),
        streams: history
            .streams
            .iter()
            .map(|line| StreamSteps { stream: line.stream.to_string(), steps: steps(&line.points) })
            .collect(),
        at: history.at,
    };
    Ok(cacheable(Answer(answer).into_response()))
}

/// Take a claim away as JSON, with a README inside
#[utoipa::path(
    get, path = "/api/v1/claims/{id}/export.json", tag = "claims", operation_id = "export_claim",
    params(("id" = String, Path, description = "Id or slug"), AsOf),
    responses((status = 200, body = Object), (status = 404, body = ProblemDocument)),
)]
async fn export_json(
    State(state): State<AppState>,
    Path(claim): Path<ClaimKey>,
    Query(as_of): Query<AsOf>,
) -> Result<Answer<Value>, Problem> {
    Ok(Answer(state.engine().export_json(&claim, as_of.at).await?))
}

/// Take a claim's ledger away as CSV
#[utoipa::path(
    get, path = "/api/v1/claims/{id}/moves.csv", tag = "claims", operation_id = "export_moves",
    params(("id" = String, Path, description = "Id or slug"), AsOf),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 404, body = ProblemDocument)),
)]
async fn export_moves(
    State(state): State<AppState>,
    Path(claim): Path<ClaimKey>,
    Query(as_of): Query<AsOf>,
) -> Result<Response, Problem> {
    Ok(csv(state.engine().export_moves_csv(&claim, as_of.at).await?, "moves"))
}

/// Take a claim's evidence away as CSV
#[utoipa::path(
    get, path = "/api/v1/claims/{id}/evidence.csv", tag = "evidence", operation_id = "export_evidence",
    params(("id" = String, Path, description = "Id or slug"), AsOf),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 404, body = ProblemDocument)),
)]
async fn export_evidence(
    State(state): State<AppState>,
    Path(claim): Path<ClaimKey>,
    Query(as_of): Query<AsOf>,
) -> Result<Response, Problem> {
    Ok(csv(state.engine().export_evidence_csv(&claim, as_of.at).await?, "evidence"))
}

fn csv(text: String, name: &str) -> Response {
    let disposition = format!("attachment; filename=\"{name}.csv\"");
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, text).into_response()
}
