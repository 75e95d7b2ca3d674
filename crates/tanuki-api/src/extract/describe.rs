//! What handlers read from a request, for the API's description: the route
//! table asks each extractor in a handler's signature.

use std::fmt;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, Method, Uri};
use serde_json::{Value, json};

use crate::error::Failure;

use super::{
    ActionBody, Arguments, Authenticated, Body, BodyList, ClientAddress, Fields, FileName,
    FormRequest, Ids, IfNoneMatch, JsonValue, LenientBody, Mp4, Parameters, PathIds, Person, Png,
    Query, RefreshToken, ResourceBody, Shared, SignatureChecked, WithCurrentUser, id_schema,
};

/// The body of an operation, as described.
#[derive(Debug, Clone)]
pub(crate) enum BodySchema {
    /// A schema without a name.
    Inline(Value),
    /// The object that an [`ActionBody`] reads.
    Named(&'static str, Value),
    /// A list of such objects.
    List(&'static str, Value),
}

/// A parameter of the query string.
#[derive(Debug, Clone, Copy)]
pub(crate) enum QueryParameter {
    Text(&'static str),
    Id(&'static str),
    Integer(&'static str),
    /// May be repeated.
    Texts(&'static str),
    /// `YYYY-MM-DD`.
    Date(&'static str),
    /// `true` or `false`.
    Flag(&'static str),
    /// Rows whose column is this, or one of a JSON list.
    Filter(&'static str),
}

impl QueryParameter {
    /// Returns its name and the schema of its value.
    pub fn schema(self) -> (&'static str, Value) {
        match self {
            Self::Text(name) => (name, json!({"type": "string"})),
            Self::Id(name) => (name, id_schema()),
            Self::Integer(name) => (name, json!({"type": "integer"})),
            Self::Texts(name) => {
                let items = json!({"type": "string"});
                (name, json!({"type": "array", "items": items}))
            }
            Self::Date(name) => (name, json!({"type": "string", "format": "date"})),
            Self::Flag(name) => (name, json!({"type": "boolean"})),
            Self::Filter(name) => (name, json!({"type": "string"})),
        }
    }
}

/// What a handler reads from a request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Input {
    pub query: Vec<QueryParameter>,
    /// Whether the handler reads the query string; its route says what.
    pub reads_query: bool,
    pub body: Option<BodySchema>,
    /// Whether the body may be a form with files.
    pub files: bool,
}

/// Adds to the description of what a handler reads. Called when the
/// description is requested, not when the route is mounted.
#[derive(Clone)]
pub(crate) struct DescribeInput(Arc<dyn Fn(&mut Input) + Send + Sync>);

impl DescribeInput {
    /// Wraps a function that adds to the description.
    pub fn new(describe: impl Fn(&mut Input) + Send + Sync + 'static) -> Self {
        Self(Arc::new(describe))
    }

    /// Returns the input that several describe, one after the other.
    pub fn all(describe: &[Self]) -> Input {
        let mut input = Input::default();
        for Self(describe) in describe {
            describe(&mut input);
        }
        input
    }
}

impl fmt::Debug for DescribeInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DescribeInput")
    }
}

/// An extractor that says what it reads, or the tuple of a handler's
/// extractors.
pub(crate) trait Describe {
    fn describe(_input: &mut Input) {}
}

/// An extractor whose refusal the handler decides about.
impl<T: Describe> Describe for Result<T, Failure> {
    fn describe(input: &mut Input) {
        T::describe(input);
    }
}

impl<T: ActionBody> Describe for Body<T> {
    fn describe(input: &mut Input) {
        input.body = Some(BodySchema::Named(T::SCHEMA, Fields::described(T::read)));
    }
}

impl<T: ActionBody> Describe for LenientBody<T> {
    fn describe(input: &mut Input) {
        Body::<T>::describe(input);
    }
}

impl<T: ActionBody> Describe for BodyList<T> {
    fn describe(input: &mut Input) {
        input.body = Some(BodySchema::List(T::SCHEMA, Fields::described(T::read)));
    }
}

impl<T: ActionBody> Describe for FormRequest<T> {
    fn describe(input: &mut Input) {
        Body::<T>::describe(input);
        input.files = true;
    }
}

impl Describe for Ids {
    fn describe(input: &mut Input) {
        let ids = json!({"type": "array", "items": id_schema()});
        input.body = Some(BodySchema::Inline(ids));
    }
}

impl Describe for Arguments {
    fn describe(input: &mut Input) {
        input.body = Some(BodySchema::Inline(json!({"type": "object"})));
    }
}

impl Describe for JsonValue {
    fn describe(input: &mut Input) {
        input.body = Some(BodySchema::Inline(json!({})));
    }
}

impl Describe for Query {
    fn describe(input: &mut Input) {
        input.reads_query = true;
    }
}

impl Describe for Parameters {
    fn describe(input: &mut Input) {
        input.reads_query = true;
    }
}

impl Describe for Shared {
    fn describe(input: &mut Input) {
        input.query.push(QueryParameter::Text("password"));
    }
}

/// Extractors that read no body.
macro_rules! read_no_body {
    ($($extractor:ty),* $(,)?) => {
        $(impl Describe for $extractor {})*
    };
}

read_no_body![
    Authenticated,
    ClientAddress,
    FileName,
    HeaderMap,
    IfNoneMatch,
    Method,
    Mp4,
    Person,
    Png,
    RefreshToken,
    Request,
    ResourceBody,
    SignatureChecked,
    Uri,
    WithCurrentUser,
];

impl<S> Describe for State<S> {}
impl<T> Describe for Path<T> {}
impl<T> Describe for PathIds<T> {}
impl<T> Describe for Extension<T> {}
impl<T: Describe> Describe for Option<T> {
    fn describe(input: &mut Input) {
        T::describe(input);
    }
}

/// The types that axum gives a handler: a marker, then its extractors.
macro_rules! describe_handlers {
    ($(($($extractor:ident),*)),* $(,)?) => {
        $(impl<M, $($extractor: Describe),*> Describe for (M, $($extractor,)*) {
            fn describe(_input: &mut Input) {
                $($extractor::describe(_input);)*
            }
        })*
    };
}

describe_handlers![
    (),
    (A),
    (A, B),
    (A, B, C),
    (A, B, C, D),
    (A, B, C, D, E),
    (A, B, C, D, E, F),
];
