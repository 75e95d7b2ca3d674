//! Parameters of an action from the query string, a form or a JSON object; the
//! query string takes precedence.

use axum::extract::{FromRequest, FromRequestParts as _, Request};
use serde_json::{Map, Value};
use tanuki_core::{Error, MaybeId};

use super::{Arguments, Query};
use crate::Api;
use crate::error::Failure;

/// The parameters of a request, from any source.
#[derive(Debug)]
pub(crate) struct Parameters {
    query: Vec<(String, String)>,
    body: Map<String, Value>,
}

impl FromRequest<Api> for Parameters {
    type Rejection = Failure;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let Query(query) = Query::from_request_parts(&mut parts, api).await?;
        let request = Request::from_parts(parts, body);
        let Arguments(body) = Arguments::from_request(request, api).await?;
        let body = match body {
            Value::Object(body) => body,
            _ => Map::new(),
        };
        Ok(Self { query, body })
    }
}

impl Parameters {
    /// Returns the first value of a parameter.
    fn first(&self, name: &str) -> Option<Value> {
        let in_query = self.query.iter().find(|(key, _)| key == name);
        match in_query {
            Some((_, text)) => Some(text.as_str().into()),
            None => self.body.get(name).cloned(),
        }
    }

    /// Returns a required string; `None` if it is null.
    ///
    /// # Errors
    ///
    /// `Invalid` if the parameter is missing.
    pub fn required_text(&self, name: &str) -> Result<Option<String>, Error> {
        match self.first(name) {
            None => Err(Error::invalid(format!(
                "Missing required parameter: {name}"
            ))),
            Some(value) => Ok(text(value)),
        }
    }

    /// Returns a string; `None` if the parameter is missing or null.
    pub fn text(&self, name: &str) -> Option<String> {
        self.first(name).and_then(text)
    }

    /// Returns an id; `None` if the parameter is missing or null.
    pub fn id(&self, name: &str) -> Option<MaybeId> {
        self.text(name).map(MaybeId::from)
    }

    /// Returns an integer: `default` if the parameter is missing, `None` if it
    /// is null. Fractions are truncated.
    ///
    /// # Errors
    ///
    /// `Invalid` if the value is not a number.
    pub fn integer(&self, name: &str, default: i64) -> Result<Option<i64>, Error> {
        let wrong = || Error::invalid(format!("Wrong value for parameter {name}."));
        match self.first(name) {
            None => Ok(Some(default)),
            Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag.into())),
            Some(Value::Number(number)) => {
                let cut = || number.as_f64().map(|number| number.trunc() as i64);
                number.as_i64().or_else(cut).map(Some).ok_or_else(wrong)
            }
            Some(Value::String(text)) => text.trim().parse().map(Some).map_err(|_| wrong()),
            Some(_) => Err(wrong()),
        }
    }

    /// Returns an integer; `None` if the parameter is missing or null.
    /// Fractions are truncated.
    ///
    /// # Errors
    ///
    /// `Invalid` if the value is not a number.
    pub fn optional_integer(&self, name: &str) -> Result<Option<i64>, Error> {
        match self.first(name) {
            None => Ok(None),
            Some(_) => self.integer(name, 0),
        }
    }

    /// Returns a boolean: `true`, `1` or `on`, `false` or `0`, in any case of
    /// letters. `default` if the parameter is missing.
    ///
    /// # Errors
    ///
    /// `Invalid` for everything else.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, Error> {
        let text = match self.first(name) {
            None => return Ok(default),
            Some(Value::Bool(flag)) => return Ok(flag),
            Some(value) => text(value).unwrap_or_default().to_lowercase(),
        };
        match text.as_str() {
            "true" | "1" | "on" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(Error::invalid(format!("Wrong value for parameter {name}."))),
        }
    }

    /// Returns all values of that name in the query string, or else the items
    /// of the list in the body.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let given: Vec<String> = self
            .query
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, text)| text.clone())
            .collect();
        if !given.is_empty() {
            return given;
        }
        match self.body.get(name) {
            None => Vec::new(),
            Some(Value::Array(items)) => items.iter().cloned().filter_map(text).collect(),
            Some(value) => text(value.clone()).into_iter().collect(),
        }
    }

    /// Like [`texts`](Self::texts), for ids.
    pub fn ids(&self, name: &str) -> Vec<MaybeId> {
        self.texts(name).into_iter().map(MaybeId::from).collect()
    }
}

/// Converts a value to a string, other types as JSON; `None` if it is null.
fn text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}
