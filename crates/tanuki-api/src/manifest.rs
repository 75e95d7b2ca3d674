//! The table of routes: each line mounts an endpoint and describes it for
//! OpenAPI.

use axum::Router;
use axum::handler::Handler;
use axum::http::{Method, StatusCode};
use axum::routing::{MethodFilter, on};
use serde_json::Value;
use tanuki_core::Shape;
use tanuki_core::resource::Resource;

use crate::Api;
use crate::answer::{Answer, DescribeAnswer};
use crate::extract::{BodySchema, Describe, DescribeInput, Fields, Input, QueryParameter};
use crate::resources::shown_columns;
use crate::routes::resources;

/// One operation of the API: a method of a path.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub method: Method,
    pub path: String,
    pub tag: &'static str,
    pub summary: String,
    /// Whether a token is required.
    pub needs_token: bool,
    /// Describe what its handler reads from a request.
    pub input: Vec<DescribeInput>,
    /// Describe its answers; empty for the operations of a resource.
    pub answers: Vec<DescribeAnswer>,
    /// The resource of a `/data/…` route, and the action on its rows.
    pub resource: Option<(&'static Resource, Act)>,
}

/// The action of an operation on the rows of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    List,
    Create,
    Read,
    Update,
    Delete,
}

/// Returns the path for the router: axum's parameters are whole segments, so a
/// suffix (`{id}.png`) is dropped here and checked by the handler's extractor.
fn mounted(path: &str) -> &str {
    let last = path.rfind('/').map_or(0, |slash| slash + 1);
    match path[last..].find('}') {
        Some(end) => &path[..=last + end],
        None => path,
    }
}

/// A builder of the API's routes.
#[derive(Debug)]
pub(crate) struct Routes {
    router: Router<Api>,
    operations: Vec<Operation>,
    tag: &'static str,
    needs_token: bool,
}

impl Routes {
    /// Starts an empty table.
    pub fn new() -> Self {
        Self {
            router: Router::new(),
            operations: Vec::new(),
            tag: "",
            needs_token: true,
        }
    }

    /// Sets the OpenAPI tag of the routes that follow.
    pub fn tag(mut self, tag: &'static str) -> Self {
        self.tag = tag;
        self
    }

    /// The routes that follow are public: they require no token.
    pub fn open_to_everybody(mut self) -> Self {
        self.needs_token = false;
        self
    }

    /// The routes that follow require a token.
    pub fn with_token(mut self) -> Self {
        self.needs_token = true;
        self
    }

    /// Describes a `GET` that is mounted outside of this table.
    pub fn elsewhere(mut self, path: &str, summary: &str) -> Self {
        self.describe(Method::GET, path, summary.to_owned(), None);
        self
    }

    /// The handler of the previous route takes this path as well: it differs in
    /// its extension only.
    pub fn also_at(mut self, path: &str) -> Self {
        if let Some(operation) = self.operations.last() {
            let operation = Operation {
                path: path.to_owned(),
                ..operation.clone()
            };
            self.operations.push(operation);
        }
        self
    }

    /// Mounts a `GET` endpoint; `summary` is for its description.
    pub fn get<H: Handler<T, Api>, T: Describe + 'static>(
        self,
        path: &str,
        summary: &str,
        handler: H,
    ) -> Self {
        self.on(Method::GET, MethodFilter::GET, (path, summary), handler)
    }

    /// Mounts a `POST` endpoint.
    pub fn post<H: Handler<T, Api>, T: Describe + 'static>(
        self,
        path: &str,
        summary: &str,
        handler: H,
    ) -> Self {
        self.on(Method::POST, MethodFilter::POST, (path, summary), handler)
    }

    /// Mounts a `PUT` endpoint.
    pub fn put<H: Handler<T, Api>, T: Describe + 'static>(
        self,
        path: &str,
        summary: &str,
        handler: H,
    ) -> Self {
        self.on(Method::PUT, MethodFilter::PUT, (path, summary), handler)
    }

    /// Mounts a `DELETE` endpoint.
    pub fn delete<H: Handler<T, Api>, T: Describe + 'static>(
        self,
        path: &str,
        summary: &str,
        handler: H,
    ) -> Self {
        let filter = MethodFilter::DELETE;
        self.on(Method::DELETE, filter, (path, summary), handler)
    }

    /// Describes the parameters that the previous route reads from the query
    /// string.
    pub fn query(self, parameters: &'static [QueryParameter]) -> Self {
        self.input(move |input| input.query.extend(parameters))
    }

    /// The previous route filters its list by the columns of a resource, as the
    /// list of the resource does.
    pub fn filters(self, resource: &'static Resource) -> Self {
        self.input(move |input| {
            let names = shown_columns(resource).map(|column| column.name);
            input.query.extend(names.map(QueryParameter::Filter));
        })
    }

    /// Describes the JSON body of the previous route, whose handler parses it
    /// without [`Fields`].
    pub fn json(self, schema: impl Fn() -> Value + Send + Sync + 'static) -> Self {
        self.input(move |input| input.body = Some(BodySchema::Inline(schema())))
    }

    /// Describes the body of the previous route, whose handler does not name it
    /// in its signature, by the function that reads it.
    pub fn body<T>(
        self,
        schema: &'static str,
        read: impl Fn(&mut Fields) -> T + Send + Sync + 'static,
    ) -> Self {
        self.input(move |input| {
            input.body = Some(BodySchema::Named(schema, Fields::described(&read)));
        })
    }

    /// The previous route answers 200 with JSON of that shape.
    pub fn answers(self, shape: impl Fn() -> Shape + Send + Sync + 'static) -> Self {
        self.answer(move || Answer::json(StatusCode::OK, shape()))
    }

    /// The previous route answers 201 with JSON of that shape.
    pub fn creates(self, shape: impl Fn() -> Shape + Send + Sync + 'static) -> Self {
        self.answer(move || Answer::json(StatusCode::CREATED, shape()))
    }

    /// The previous route answers 204, without a body.
    pub fn answers_nothing(self) -> Self {
        self.answer(|| Answer::empty(StatusCode::NO_CONTENT))
    }

    /// The previous route answers 200 with a file of that media type, or 206
    /// with a range of it.
    pub fn answers_file(self, media_type: &'static str) -> Self {
        self.answer(move || Answer::file(StatusCode::OK, media_type))
            .answer(move || Answer::file(StatusCode::PARTIAL_CONTENT, media_type))
    }

    /// Adds an answer of the previous route when it succeeds.
    pub fn answer(mut self, describe: impl Fn() -> Answer + Send + Sync + 'static) -> Self {
        if let Some(operation) = self.operations.last_mut() {
            operation.answers.push(DescribeAnswer::new(describe));
        }
        self
    }

    /// Adds to the description of what the previous route reads.
    fn input(mut self, describe: impl Fn(&mut Input) + Send + Sync + 'static) -> Self {
        if let Some(operation) = self.operations.last_mut() {
            operation.input.push(DescribeInput::new(describe));
        }
        self
    }

    /// Mounts an endpoint of another method.
    pub fn other<H: Handler<T, Api>, T: Describe + 'static>(
        self,
        (method, filter): (Method, MethodFilter),
        path: &str,
        summary: &str,
        handler: H,
    ) -> Self {
        self.on(method, filter, (path, summary), handler)
    }

    fn on<H: Handler<T, Api>, T: Describe + 'static>(
        mut self,
        method: Method,
        filter: MethodFilter,
        (path, summary): (&str, &str),
        handler: H,
    ) -> Self {
        self.router = self.router.route(mounted(path), on(filter, handler));
        self.describe(method, path, summary.to_owned(), None);
        self.input(T::describe)
    }

    /// Mounts the five operations of a resource: list and create, and read,
    /// update and delete at `path/{instance_id}`.
    pub fn resource(mut self, path: &str, resource: &'static Resource) -> Self {
        let row = format!("{path}/{{instance_id}}");
        self.router = self
            .router
            .route(path, resources::rows(resource))
            .route(&row, resources::row(resource));
        let object = resource.table.object;
        self.tag = "Crud";
        self.needs_token = true;
        for (method, path, act, what) in [
            (Method::GET, path, Act::List, "List rows of type"),
            (Method::POST, path, Act::Create, "Create a row of type"),
            (Method::GET, &*row, Act::Read, "Read a row of type"),
            (Method::PUT, &*row, Act::Update, "Update a row of type"),
            (Method::DELETE, &*row, Act::Delete, "Delete a row of type"),
        ] {
            let summary = format!("{what} {object}");
            self.describe(method, path, summary, Some((resource, act)));
        }
        self
    }

    fn describe(
        &mut self,
        method: Method,
        path: &str,
        summary: String,
        resource: Option<(&'static Resource, Act)>,
    ) {
        self.operations.push(Operation {
            method,
            path: path.to_owned(),
            tag: self.tag,
            summary,
            needs_token: self.needs_token,
            input: Vec::new(),
            answers: Vec::new(),
            resource,
        });
    }

    /// Returns the router, and the operations for its description.
    pub fn into_parts(self) -> (Router<Api>, Vec<Operation>) {
        (self.router, self.operations)
    }
}
