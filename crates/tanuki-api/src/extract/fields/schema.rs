//! The JSON schema of an action's arguments, made by the function that reads
//! them: in this mode each field that it asks for is noted instead of read, so
//! that validation and description cannot differ.

use serde_json::{Map, Value, json};

use super::{Fields, MAX_ITEMS, TextRule};

/// Whether a field may be left out or null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Necessity {
    Required,
    /// Required, but may be null.
    RequiredNullable,
    /// May be left out, but is not null.
    Optional,
    /// May be left out or null.
    Nullable,
}

/// The properties of an object, in the order in which they are read.
#[derive(Debug, Default)]
pub(super) struct Schema {
    properties: Map<String, Value>,
    required: Vec<String>,
}

impl Fields {
    /// Returns the JSON schema of the object that `read` reads. `read` is
    /// called without any values: what it returns is dropped.
    pub fn described<T>(read: impl FnOnce(&mut Self) -> T) -> Value {
        let mut fields = Self {
            values: Map::new(),
            errors: Vec::new(),
            schema: Some(Schema::default()),
        };
        read(&mut fields);
        let Schema {
            properties,
            required,
        } = fields.schema.unwrap_or_default();
        let mut schema = json!({"type": "object", "properties": properties});
        if !required.is_empty() {
            schema["required"] = required.into();
        }
        schema
    }

    /// Notes a field with its schema, unless values are being read. The first
    /// note of a field counts: accessors are built on one another.
    pub(super) fn describe(
        &mut self,
        field: &str,
        necessity: Necessity,
        schema: impl FnOnce() -> Value,
    ) {
        let Some(described) = &mut self.schema else {
            return;
        };
        if described.properties.contains_key(field) {
            return;
        }
        let mut schema = schema();
        if matches!(necessity, Necessity::Nullable | Necessity::RequiredNullable) {
            make_nullable(&mut schema);
        }
        if matches!(necessity, Necessity::Required | Necessity::RequiredNullable) {
            described.required.push(field.to_owned());
        }
        described.properties.insert(field.to_owned(), schema);
    }
}

/// Allows null in a schema. One without a type allows it already.
fn make_nullable(schema: &mut Value) {
    if let Some(kind) = schema.get("type").cloned() {
        schema["type"] = json!([kind, "null"]);
        if let Some(choices) = schema.get_mut("enum").and_then(Value::as_array_mut) {
            choices.push(Value::Null);
        }
    }
}

impl TextRule {
    /// Returns the schema of a string under this rule.
    pub(super) fn schema(self) -> Value {
        let mut schema = json!({"type": "string"});
        if self.min > 0 {
            schema["minLength"] = self.min.into();
        }
        if let Some(max) = self.max {
            schema["maxLength"] = max.into();
        }
        if let Some(pattern) = self.pattern {
            schema["pattern"] = pattern.shown.into();
        }
        schema
    }
}

/// Returns the schema of an id.
pub(crate) fn id() -> Value {
    json!({"type": "string", "format": "uuid"})
}

/// Returns the schema of an integer of at least `least`.
pub(super) fn integer(least: Option<i64>) -> Value {
    let mut schema = json!({"type": "integer"});
    if let Some(least) = least {
        schema["minimum"] = least.into();
    }
    schema
}

/// Returns the schema of a list of at least `least` items.
pub(super) fn list(items: Value, least: u32) -> Value {
    let mut schema = json!({"type": "array", "items": items, "maxItems": MAX_ITEMS});
    if least > 0 {
        schema["minItems"] = least.into();
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_described_by_the_function_that_reads_it() {
        let schema = Fields::described(|fields| {
            fields.text("name", TextRule::FILLED);
            fields.integer("priority", Some(0));
            fields.optional_choice("role", &["user", "client"]);
            fields.flag_or("for_client", false);
            fields.some_ids("task_ids");
            if fields.has("nb_frames") {
                fields.optional_integer("nb_frames", None);
            }
            fields.objects("items", "ItemSchema", |item| item.required_id("id"))
        });
        assert_eq!(
            schema,
            json!({
                "type": "object",
                "properties": {
                    "name": {"type": "string", "minLength": 1},
                    "priority": {"type": "integer", "minimum": 0},
                    "role": {"type": ["string", "null"], "enum": ["user", "client", null]},
                    "for_client": {"type": "boolean", "default": false},
                    "task_ids": {
                        "type": "array",
                        "items": {"type": "string", "format": "uuid"},
                        "maxItems": MAX_ITEMS,
                        "minItems": 1,
                    },
                    "nb_frames": {"type": ["integer", "null"]},
                    "items": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {"id": {"type": "string", "format": "uuid"}},
                            "required": ["id"],
                        },
                        "maxItems": MAX_ITEMS,
                    },
                },
                "required": ["name", "priority", "task_ids"],
            })
        );
    }
}
