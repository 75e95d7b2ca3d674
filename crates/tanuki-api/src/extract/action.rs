//! Bodies of actions: one function per body reads it, and describes it for
//! OpenAPI.

use std::marker::PhantomData;

use axum::extract::{FromRequest, Request};
use serde_json::{Map, Value};
use tanuki_core::{Error, is_truthy};

use super::{Arguments, Fields, JsonValue};
use crate::Api;
use crate::error::Failure;

/// The body of an action: a JSON object, or the pairs of a form or of the query
/// string.
pub(crate) trait ActionBody: Sized {
    /// Zou's name of the body, which error messages and the API's description
    /// show.
    const SCHEMA: &'static str;

    /// Reads the fields, in the order in which their errors are reported. Must
    /// ask for the same fields whatever their values are: the description is
    /// made by calling it without any.
    fn read(fields: &mut Fields) -> Self;
}

/// The body of an action before its validation, so that a handler can check
/// permissions first.
#[derive(Debug)]
pub(crate) struct Body<T> {
    arguments: Arguments,
    read: PhantomData<fn() -> T>,
}

impl<T: ActionBody> FromRequest<Api> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Failure> {
        let arguments = Arguments::from_request(request, api).await?;
        Ok(arguments.into())
    }
}

impl<T> From<Arguments> for Body<T> {
    fn from(arguments: Arguments) -> Self {
        Self {
            arguments,
            read: PhantomData,
        }
    }
}

impl<T> Body<T> {
    /// Returns the arguments as they were sent.
    pub(super) fn unvalidated(&self) -> &Value {
        &self.arguments.0
    }

    /// Returns the arguments, for a handler that parses them itself.
    pub fn into_unvalidated(self) -> Arguments {
        self.arguments
    }
}

impl<T: ActionBody> Body<T> {
    /// Reads and validates the fields; others are ignored.
    ///
    /// # Errors
    ///
    /// [`Error::Fields`] (400) with the errors of all fields.
    pub fn validate(self) -> Result<T, Error> {
        Fields::validated(self.arguments, T::SCHEMA, T::read)
    }
}

/// A [`Body`] that may be missing: one that is no JSON, null, false, 0 or empty
/// counts as one without fields.
#[derive(Debug)]
pub(crate) struct LenientBody<T>(pub Body<T>);

impl<T: ActionBody> FromRequest<Api> for LenientBody<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Failure> {
        let arguments = match Arguments::from_request(request, api).await {
            Ok(Arguments(value)) if is_truthy(Some(&value)) => Arguments(value),
            Ok(_) => Arguments(Value::Object(Map::new())),
            Err(failure) if failure.is_bad_request() => Arguments(Value::Object(Map::new())),
            Err(failure) => return Err(failure),
        };
        Ok(Self(arguments.into()))
    }
}

/// A body that is a JSON list of objects, before its validation.
#[derive(Debug)]
pub(crate) struct BodyList<T> {
    body: Result<Value, Failure>,
    read: PhantomData<fn() -> T>,
}

impl<T: ActionBody> FromRequest<Api> for BodyList<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Failure> {
        let JsonValue(body) = JsonValue::from_request(request, api).await?;
        Ok(Self {
            body,
            read: PhantomData,
        })
    }
}

impl<T: ActionBody> BodyList<T> {
    /// Reads and validates the objects of the list.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] (400) if the body is not a list or is too long,
    /// [`Error::Fields`] with the errors of all items.
    pub fn validate(self) -> Result<Vec<T>, Error> {
        match self.body {
            Ok(Value::Array(items)) => Fields::list_of(items, T::SCHEMA, T::read),
            _ => Err(Error::invalid("Request body must be a JSON array.")),
        }
    }
}
