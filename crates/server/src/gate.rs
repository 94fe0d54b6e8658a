//! Who may come to which route. A route can only be added together with the right it needs, so none is open by oversight.

use axum::{
    Router,
    extract::{Extension, Request},
    handler::Handler,
    middleware::{self, Next},
    response::Response,
    routing::{MethodRouter, get, post},
};
use bellwether_core::people::Right;
use http::Method;
use utoipa::openapi::{
    ContentBuilder, OpenApi, Ref, ResponseBuilder,
    path::{Operation, PathItem},
    security::SecurityRequirement,
};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::{problem::Problem, state::AppState, visitor::Visitor};

/// A route and what it needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Guard {
    /// The address, with its variable parts in braces.
    pub path: String,
    /// The method.
    pub method: String,
    /// What it needs.
    pub right: Right,
}

/// Routes of pages, each behind the right it needs.
#[derive(Default)]
pub(crate) struct Guarded {
    router: Router<AppState>,
    guards: Vec<Guard>,
}

impl Guarded {
    /// An address that is read.
    pub(crate) fn get<H, T>(self, path: &str, right: Right, handler: H) -> Self
    where
        H: Handler<T, AppState>,
        T: 'static,
    {
        self.add(path, &Method::GET, right, get(handler))
    }

    /// An address that changes something.
    pub(crate) fn post<H, T>(self, path: &str, right: Right, handler: H) -> Self
    where
        H: Handler<T, AppState>,
        T: 'static,
    {
        self.add(path, &Method::POST, right, post(handler))
    }

    fn add(mut self, path: &str, method: &Method, right: Right, routes: MethodRouter<AppState>) -> Self {
        self.guards.push(Guard { path: path.to_owned(), method: method.to_string(), right });
        self.router = self.router.route(path, behind(right, routes));
        self
    }

    /// The routes of both.
    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.guards.extend(other.guards);
        self
    }

    /// The router, and what stands before its doors.
    pub(crate) fn open(self) -> (Router<AppState>, Vec<Guard>) {
        (self.router, self.guards)
    }
}

/// Routes of the API with their description, each behind the right it needs.
pub(crate) struct Described {
    router: OpenApiRouter<AppState>,
    guards: Vec<Guard>,
}

/// The name of the way in for programs, in the description.
pub(crate) const BEARER: &str = "bearer";

impl Described {
    /// No routes yet.
    pub(crate) fn new() -> Self {
        Self { router: OpenApiRouter::new(), guards: Vec::new() }
    }

    /// No routes yet, with what stands above them in the description.
    pub(crate) fn with_openapi(description: OpenApi) -> Self {
        Self { router: OpenApiRouter::with_openapi(description), guards: Vec::new() }
    }

    /// A route as `routes!` makes it.
    pub(crate) fn route(mut self, right: Right, routes: UtoipaMethodRouter<AppState>) -> Self {
        let (schemas, mut paths, routes) = routes;
        for (path, item) in &mut paths.paths {
            for (method, operation) in operations(item) {
                describe(operation, right);
                self.guards.push(Guard { path: path.clone(), method: method.to_string(), right });
            }
        }
        self.router = self.router.routes((schemas, paths, behind(right, routes)));
        self
    }

    /// The routes of both.
    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.guards.extend(other.guards);
        self
    }

    /// The router with its description, and what stands before its doors.
    pub(crate) fn open(self) -> (OpenApiRouter<AppState>, Vec<Guard>) {
        (self.router, self.guards)
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    [
        (Method::GET, &mut item.get),
        (Method::POST, &mut item.post),
        (Method::PUT, &mut item.put),
        (Method::PATCH, &mut item.patch),
        (Method::DELETE, &mut item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
}

/// Says in the description who may use an operation, and how it answers others.
fn describe(operation: &mut Operation, right: Right) {
    let bearer = SecurityRequirement::new::<_, [&str; 0], &str>(BEARER, []);
    operation.security = Some(match right.role() {
        Some(_) => vec![bearer],
        None => vec![SecurityRequirement::default(), bearer],
    });
    let problem = Ref::from_schema_name("Problem");
    for (status, says) in [
        ("401", "nobody is known by this request, and it needs somebody"),
        ("403", "whoever asks may not do this"),
        ("429", "too much in too short a time; `Retry-After` says when to try again"),
    ] {
        let content = ContentBuilder::new().schema(Some(problem.clone())).build();
        let response =
            ResponseBuilder::new().description(says).content("application/problem+json", content).build();
        operation.responses.responses.entry(status.to_owned()).or_insert(response.into());
    }
}

/// Puts a right before routes: it is asked for before anything of the request is read.
fn behind(right: Right, routes: MethodRouter<AppState>) -> MethodRouter<AppState> {
    routes.route_layer(middleware::from_fn(
        move |Extension(visitor): Extension<Visitor>, request: Request, next: Next| async move {
            visitor.may(right, &request)?;
            Ok::<Response, Problem>(next.run(request).await)
        },
    ))
}
