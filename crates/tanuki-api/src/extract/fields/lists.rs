//! List fields. Each item that is wrong is an error of `FIELD.INDEX`.

use serde_json::{Map, Value, json};
use tanuki_core::json_input::{self, JsonError};
use tanuki_core::{Error, FieldError};
use uuid::Uuid;

use super::schema::{self, Necessity};
use super::{Fields, MAX_ERRORS, MAX_ITEMS, TextRule, no_object};

impl Fields {
    /// Reads a required list of ids, which must be hyphenated strings.
    pub fn text_ids(&mut self, field: &str) -> Vec<Uuid> {
        self.describe(field, Necessity::Required, || schema::list(schema::id(), 0));
        if !self.has(field) {
            self.wrong(field, "Field required");
        }
        let items = self.list(field).into_iter().enumerate();
        items
            .filter_map(|(place, item)| self.check_text_id(&format!("{field}.{place}"), item))
            .collect()
    }

    /// Reads a list of objects with arbitrary keys; empty if it is missing.
    pub fn dictionaries(&mut self, field: &str) -> Vec<Map<String, Value>> {
        self.describe(field, Necessity::Optional, || {
            schema::list(json!({"type": "object"}), 0)
        });
        let items = self.list(field).into_iter().enumerate();
        items
            .filter_map(|(place, item)| match item {
                Value::Object(object) => Some(object),
                _ => {
                    let message = "Input should be a valid dictionary";
                    self.wrong(&format!("{field}.{place}"), message);
                    None
                }
            })
            .collect()
    }

    /// Like [`dictionaries`](Self::dictionaries); empty if it is null as well.
    pub fn optional_dictionaries(&mut self, field: &str) -> Vec<Map<String, Value>> {
        if self.values.get(field).is_some_and(Value::is_null) {
            self.values.remove(field);
        }
        self.dictionaries(field)
    }

    /// Reads a list with items of any type, as JSON or, as in forms, as a
    /// string of JSON; empty if it is missing, null or an empty string.
    pub fn json_list(&mut self, field: &str) -> Vec<Value> {
        self.describe(field, Necessity::Nullable, || schema::list(json!({}), 0));
        let value = match self.given(field) {
            Some(Value::String(text)) if text.is_empty() => None,
            Some(Value::String(text)) => match json_input::parse(text.as_bytes()) {
                Ok(value) => Some(value),
                Err(JsonError::Malformed) => {
                    let message = "Value error, unexpected character: line 1 column 1 (char 0)";
                    self.wrong(field, message);
                    None
                }
                Err(error) => {
                    self.wrong(field, &error.to_string());
                    None
                }
            },
            value => value,
        };
        match value {
            None => Vec::new(),
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.wrong(field, "Input should be a valid list");
                Vec::new()
            }
        }
    }

    /// Reads a required list of ids, which must not be empty.
    pub fn some_ids(&mut self, field: &str) -> Vec<Uuid> {
        self.describe(field, Necessity::Required, || schema::list(schema::id(), 1));
        self.require_some(field);
        self.items_as_ids(field)
    }

    /// Reads a list of ids; empty if it is missing or null.
    pub fn ids(&mut self, field: &str) -> Vec<Uuid> {
        self.describe(field, Necessity::Nullable, || schema::list(schema::id(), 0));
        match self.values.get(field) {
            None | Some(Value::Null) => Vec::new(),
            Some(_) => self.items_as_ids(field),
        }
    }

    /// Reads a list of ids; empty if it is missing. Null is an error.
    pub fn ids_if_sent(&mut self, field: &str) -> Vec<Uuid> {
        self.describe(field, Necessity::Optional, || schema::list(schema::id(), 0));
        self.items_as_ids(field)
    }

    fn items_as_ids(&mut self, field: &str) -> Vec<Uuid> {
        let items = self.list(field).into_iter().enumerate();
        items
            .filter_map(|(place, item)| self.id(&format!("{field}.{place}"), &item))
            .collect()
    }

    /// Reads a list of strings; empty if it is missing.
    pub fn texts(&mut self, field: &str) -> Vec<String> {
        self.describe(field, Necessity::Optional, || {
            schema::list(json!({"type": "string"}), 0)
        });
        let items = self.list(field);
        let mut texts = Vec::with_capacity(items.len());
        for (place, item) in items.into_iter().enumerate() {
            texts.push(self.check(&format!("{field}.{place}"), item, TextRule::ANY));
        }
        texts
    }

    /// Reads a list of strings; empty if it is missing or null.
    pub fn optional_texts(&mut self, field: &str) -> Vec<String> {
        self.describe(field, Necessity::Nullable, || {
            schema::list(json!({"type": "string"}), 0)
        });
        match self.values.get(field) {
            Some(Value::Null) => Vec::new(),
            _ => self.texts(field),
        }
    }

    /// Reads a required list of strings.
    pub fn required_texts(&mut self, field: &str) -> Vec<String> {
        self.describe(field, Necessity::Required, || {
            schema::list(json!({"type": "string"}), 0)
        });
        if !self.has(field) {
            self.wrong(field, "Field required");
        }
        self.texts(field)
    }

    /// Reads a list with items of any type; empty if it is missing or null.
    pub fn optional_list(&mut self, field: &str) -> Vec<Value> {
        self.describe(field, Necessity::Nullable, || schema::list(json!({}), 0));
        match self.values.get(field) {
            Some(Value::Null) => Vec::new(),
            _ => self.list(field),
        }
    }

    /// Reads a required list of strings, which must not be empty.
    pub fn some_texts(&mut self, field: &str) -> Vec<String> {
        self.describe(field, Necessity::Required, || {
            schema::list(json!({"type": "string"}), 1)
        });
        self.require_some(field);
        self.texts(field)
    }

    fn require_some(&mut self, field: &str) {
        match self.values.get(field) {
            None => {
                self.wrong(field, "Field required");
            }
            Some(Value::Array(items)) if items.is_empty() => {
                self.wrong(
                    field,
                    "List should have at least 1 item after validation, not 0",
                );
            }
            Some(_) => {}
        }
    }

    /// Reads a list of objects, each with `read`; empty if it is missing.
    /// `schema` is Zou's name of the item type, for error messages.
    pub fn objects<T>(
        &mut self,
        field: &str,
        schema: &str,
        read: impl Fn(&mut Self) -> T,
    ) -> Vec<T> {
        self.describe(field, Necessity::Optional, || {
            schema::list(Fields::described(&read), 0)
        });
        self.items_as_objects(field, schema, read)
    }

    /// Like [`objects`](Self::objects), for a required list, which must not be
    /// empty.
    pub fn some_objects<T>(
        &mut self,
        field: &str,
        schema: &str,
        read: impl Fn(&mut Self) -> T,
    ) -> Vec<T> {
        self.describe(field, Necessity::Required, || {
            schema::list(Fields::described(&read), 1)
        });
        self.require_some(field);
        self.items_as_objects(field, schema, read)
    }

    fn items_as_objects<T>(
        &mut self,
        field: &str,
        schema: &str,
        read: impl Fn(&mut Self) -> T,
    ) -> Vec<T> {
        let items = self.list(field);
        let (objects, errors) = each(items, schema, read);
        for error in errors {
            self.wrong(&format!("{field}.{}", error.field), &error.message);
        }
        objects
    }

    /// Like [`objects`](Self::objects), for a body that is itself a list.
    ///
    /// # Errors
    ///
    /// `Invalid` if the list is too long, `Fields` with the errors of its
    /// items.
    pub fn list_of<T>(
        items: Vec<Value>,
        schema: &str,
        read: impl Fn(&mut Self) -> T,
    ) -> Result<Vec<T>, Error> {
        if items.len() > MAX_ITEMS {
            return Err(Error::invalid(too_long(items.len())));
        }
        let (objects, errors) = each(items, schema, read);
        if errors.is_empty() {
            Ok(objects)
        } else {
            Err(Error::Fields(errors))
        }
    }

    fn list(&mut self, field: &str) -> Vec<Value> {
        match self.values.remove(field) {
            None => Vec::new(),
            Some(Value::Array(items)) if items.len() > MAX_ITEMS => {
                self.wrong(field, &too_long(items.len()));
                Vec::new()
            }
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.wrong(field, "Input should be a valid list");
                Vec::new()
            }
        }
    }
}

/// The error message for a list of `length` items.
fn too_long(length: usize) -> String {
    format!("List should have at most {MAX_ITEMS} items after validation, not {length}")
}

/// Reads the objects of a list, with errors by their index in it.
fn each<T>(
    items: Vec<Value>,
    schema: &str,
    read: impl Fn(&mut Fields) -> T,
) -> (Vec<T>, Vec<FieldError>) {
    let mut objects = Vec::with_capacity(items.len());
    let mut wrong = Vec::new();
    for (place, item) in items.into_iter().enumerate() {
        if wrong.len() >= MAX_ERRORS {
            break;
        }
        let Value::Object(values) = item else {
            wrong.push(FieldError {
                field: place.to_string(),
                message: no_object(schema),
            });
            continue;
        };
        let errors = Vec::new();
        let mut fields = Fields {
            values,
            errors,
            schema: None,
        };
        objects.push(read(&mut fields));
        wrong.extend(fields.errors.into_iter().map(|error| FieldError {
            field: format!("{place}.{}", error.field),
            message: error.message,
        }));
    }
    (objects, wrong)
}
