//! Shapes of JSON: which keys and types a response has, for the description of
//! the API.

use serde_json::{Map, Value, json};

/// The shape of a JSON value, as a JSON schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape(Value);

impl Shape {
    fn of_type(name: &str) -> Self {
        Self(json!({"type": name}))
    }

    /// Any JSON: metadata, and what a client stored.
    pub fn any() -> Self {
        Self(json!({}))
    }

    pub fn text() -> Self {
        Self::of_type("string")
    }

    /// A UUID.
    pub fn id() -> Self {
        Self(json!({"type": "string", "format": "uuid"}))
    }

    /// A day, `YYYY-MM-DD`.
    pub fn date() -> Self {
        Self(json!({"type": "string", "format": "date"}))
    }

    pub fn integer() -> Self {
        Self::of_type("integer")
    }

    pub fn number() -> Self {
        Self::of_type("number")
    }

    pub fn boolean() -> Self {
        Self::of_type("boolean")
    }

    pub fn null() -> Self {
        Self::of_type("null")
    }

    /// An object with these keys.
    pub fn object<const N: usize>(keys: [(&str, Self); N]) -> Self {
        let keys = keys.into_iter();
        let properties = keys.map(|(key, Self(schema))| (key.to_owned(), schema));
        Self(json!({"type": "object", "properties": properties.collect::<Map<_, _>>()}))
    }

    /// An array of such values.
    pub fn list(self) -> Self {
        Self(json!({"type": "array", "items": self.0}))
    }

    /// An object with such a value under each key: an id, a date, a name.
    pub fn by_key(self) -> Self {
        Self(json!({"type": "object", "additionalProperties": self.0}))
    }

    /// A page of such rows.
    pub fn page(self) -> Self {
        Self::object([
            ("data", self.list()),
            ("total", Self::integer()),
            ("nb_pages", Self::integer()),
            ("limit", Self::integer()),
            ("offset", Self::integer()),
            ("page", Self::integer()),
        ])
    }

    /// An array of such rows, or a page of them if the request has `?page=`.
    pub fn list_or_page(self) -> Self {
        self.clone().list().or(self.page())
    }

    /// One of two shapes.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(json!({"anyOf": [self.0, other.0]}))
    }

    /// Allows null as well.
    pub fn or_null(mut self) -> Self {
        match self.0.get("type").cloned() {
            Some(Value::String(name)) => {
                self.0["type"] = json!([name, "null"]);
                if let Some(choices) = self.0.get_mut("enum").and_then(Value::as_array_mut) {
                    choices.push(Value::Null);
                }
                self
            }
            // Several types, of which one is null, or any.
            Some(_) => self,
            None if self.0.as_object().is_some_and(Map::is_empty) => self,
            None => self.or(Self::null()),
        }
    }

    /// Adds a key to an object, or replaces it.
    #[must_use]
    pub fn with(mut self, key: &str, shape: Self) -> Self {
        self.0["properties"][key] = shape.0;
        self
    }

    /// Removes a key of an object.
    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        if let Some(properties) = self.0["properties"].as_object_mut() {
            properties.shift_remove(key);
        }
        self
    }

    /// Names what an object is.
    #[must_use]
    pub fn titled(mut self, title: &str) -> Self {
        self.0["title"] = title.into();
        self
    }

    /// Limits a string.
    pub(crate) fn at_most(mut self, length: u16) -> Self {
        self.0["maxLength"] = length.into();
        self
    }

    /// Limits a string to these.
    pub(crate) fn one_of(mut self, choices: &[&str]) -> Self {
        self.0["enum"] = choices.into();
        self
    }

    /// Also allows the type of this JSON value, which is written where there is no
    /// value: an empty string in place of an id or a date.
    pub(crate) fn or_json(mut self, json: &str) -> Self {
        let Some(kind) = self.0.get("type").cloned() else {
            return self;
        };
        let name = match serde_json::from_str(json) {
            Ok(Value::Null) => return self.or_null(),
            Ok(value) => type_name(&value),
            Err(_) => return Self::any(),
        };
        if let Some(schema) = self.0.as_object_mut()
            && name == "string"
        {
            schema.shift_remove("format");
        }
        let mut names = match kind {
            Value::Array(names) => names,
            name => vec![name],
        };
        if !names.contains(&name.into()) {
            names.push(name.into());
            self.0["type"] = names.into();
        }
        self
    }

    /// Returns the shape of a JSON text that is always the same.
    pub(crate) fn of_json(json: &str) -> Self {
        serde_json::from_str::<Value>(json)
            .map_or_else(|_| Self::any(), |value| Self::of_type(type_name(&value)))
    }

    /// Returns the JSON schema.
    pub fn into_schema(self) -> Value {
        self.0
    }
}

/// Returns the name of a value's type in a JSON schema.
fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
