//! Validation of the fields of an action's arguments, collecting all errors.
//!
//! The error messages are those of pydantic, with which Zou validates.

mod lists;
mod numbers;
mod schema;

use chrono::{NaiveDateTime, NaiveTime};
use serde_json::{Map, Value, json};
use tanuki_core::resource::is_hyphenated_id;
use tanuki_core::{Error, FieldError};
use tanuki_domain::dates;
use uuid::Uuid;

use super::{Arguments, lax};

pub(crate) use schema::id as id_schema;
use schema::{Necessity, Schema};

/// The maximum number of errors in a response: a list of a hundred thousand
/// invalid ids does not get as many messages.
const MAX_ERRORS: usize = 1000;

/// The maximum number of items of a list.
const MAX_ITEMS: usize = 50_000;

/// The arguments of an action while they are validated. Reading a field removes
/// it; errors are collected and returned by [`finish`](Self::finish).
#[derive(Debug)]
pub(crate) struct Fields {
    values: Map<String, Value>,
    errors: Vec<FieldError>,
    /// Set while the fields are described instead of validated.
    schema: Option<Schema>,
}

/// The constraints on a string field; lengths are in characters.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TextRule {
    pub min: usize,
    pub max: Option<usize>,
    pub pattern: Option<Pattern>,
}

/// A pattern that a string must match.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pattern {
    /// The pattern as it appears in the error message.
    pub shown: &'static str,
    pub has: fn(&str) -> bool,
}

impl TextRule {
    /// Any string.
    pub const ANY: Self = Self {
        min: 0,
        max: None,
        pattern: None,
    };
    /// A string that is not empty.
    pub const FILLED: Self = Self {
        min: 1,
        ..Self::ANY
    };
}

impl Fields {
    /// Starts the validation of an object. `schema` is Zou's name of these
    /// arguments, for the error message.
    ///
    /// # Errors
    ///
    /// `Fields` if the arguments are not an object.
    pub fn of(Arguments(arguments): Arguments, schema: &str) -> Result<Self, Error> {
        match arguments {
            Value::Object(values) => Ok(Self {
                values,
                errors: Vec::new(),
                schema: None,
            }),
            _ => Err(Error::Fields(vec![FieldError {
                field: String::new(),
                message: no_object(schema),
            }])),
        }
    }

    /// Reads and validates an object with `read`; fields that it does not ask
    /// for are ignored.
    ///
    /// # Errors
    ///
    /// `Fields` if the arguments are not an object, or with the errors of all
    /// fields.
    pub fn validated<T>(
        arguments: Arguments,
        schema: &str,
        read: impl FnOnce(&mut Self) -> T,
    ) -> Result<T, Error> {
        let mut fields = Self::of(arguments, schema)?;
        let body = read(&mut fields);
        fields.finish()?;
        Ok(body)
    }

    /// Whether a field is present and was not read yet; always true while the
    /// fields are described.
    pub fn has(&self, field: &str) -> bool {
        self.schema.is_some() || self.values.contains_key(field)
    }

    /// Whether the field has a value other than null.
    pub fn is_given(&self, field: &str) -> bool {
        self.values.get(field).is_some_and(|value| !value.is_null())
    }

    /// Reads a required string.
    pub fn text(&mut self, field: &str, rule: TextRule) -> String {
        self.describe(field, Necessity::Required, || rule.schema());
        match self.values.remove(field) {
            None => self.wrong(field, "Field required"),
            Some(value) => self.check(field, value, rule),
        }
    }

    /// Reads a string; `default` if the field is missing.
    pub fn text_or(&mut self, field: &str, default: &str) -> String {
        self.text_within(field, TextRule::ANY, default)
    }

    /// Reads a string that is not empty; `default` if the field is missing.
    pub fn filled_or(&mut self, field: &str, default: &str) -> String {
        self.text_within(field, TextRule::FILLED, default)
    }

    /// Reads a string under a rule; `default` if the field is missing.
    pub fn text_within(&mut self, field: &str, rule: TextRule, default: &str) -> String {
        self.describe(field, Necessity::Optional, || {
            let mut schema = rule.schema();
            schema["default"] = default.into();
            schema
        });
        match self.values.remove(field) {
            None => default.to_owned(),
            Some(value) => self.check(field, value, rule),
        }
    }

    /// Reads an optional string; `None` if the field is missing or null.
    pub fn optional_text(&mut self, field: &str) -> Option<String> {
        self.describe(field, Necessity::Nullable, || json!({"type": "string"}));
        match self.values.remove(field) {
            None | Some(Value::Null) => None,
            Some(value) => Some(self.check(field, value, TextRule::ANY)),
        }
    }

    /// Reads an optional time without offset, or a day, of which the time is
    /// midnight; `None` if the field is missing or null.
    pub fn optional_time(&mut self, field: &str) -> Option<NaiveDateTime> {
        self.describe(field, Necessity::Nullable, || json!({"type": "string"}));
        let value = self.given(field)?;
        let text = value.as_str().unwrap_or_default();
        let day = || dates::parse_day(text).map(|day| day.and_time(NaiveTime::MIN));
        let time = dates::parse_time(text, "%Y-%m-%dT%H:%M:%S").or_else(day);
        match time {
            None if value == "" => self.wrong(
                field,
                "Input should be a valid datetime or date, input is too short",
            ),
            None => self.wrong(
                field,
                "Value error, Wrong date format. Expected: 2020-01-05T13:23:10 or 2020-01-05",
            ),
            Some(_) => String::new(),
        };
        time
    }

    /// Reads a required object; an empty one if it is invalid.
    pub fn object(&mut self, field: &str) -> Map<String, Value> {
        self.describe(field, Necessity::Required, || json!({"type": "object"}));
        match self.values.remove(field) {
            Some(Value::Object(object)) => return object,
            Some(_) => self.wrong(field, "Input should be a valid dictionary"),
            None => self.wrong(field, "Field required"),
        };
        Map::new()
    }

    /// Reads an optional object; `None` if the field is missing or null.
    pub fn optional_object(&mut self, field: &str) -> Option<Map<String, Value>> {
        self.describe(field, Necessity::Nullable, || json!({"type": "object"}));
        match self.values.remove(field) {
            None | Some(Value::Null) => None,
            Some(Value::Object(object)) => Some(object),
            Some(_) => {
                self.wrong(field, "Input should be a valid dictionary");
                None
            }
        }
    }

    /// Reads an optional string, which must not be empty; `None` if the field
    /// is missing or null.
    pub fn optional_filled(&mut self, field: &str) -> Option<String> {
        self.describe(field, Necessity::Nullable, || TextRule::FILLED.schema());
        let value = self.given(field)?;
        Some(self.check(field, value, TextRule::FILLED))
    }

    /// Reads a required id; nil if it is invalid.
    pub fn required_id(&mut self, field: &str) -> Uuid {
        self.describe(field, Necessity::Required, schema::id);
        let id = match self.values.remove(field) {
            None => {
                self.wrong(field, "Field required");
                None
            }
            Some(value) => self.id(field, &value),
        };
        id.unwrap_or_default()
    }

    /// Reads an optional id, which must be a hyphenated string; `None` if the
    /// field is missing or null.
    pub fn optional_text_id(&mut self, field: &str) -> Option<Uuid> {
        self.describe(field, Necessity::Nullable, schema::id);
        let value = self.given(field)?;
        self.check_text_id(field, value)
    }

    fn check_text_id(&mut self, field: &str, value: Value) -> Option<Uuid> {
        let before = self.errors.len();
        let text = self.check(field, value, TextRule::ANY);
        if self.errors.len() > before {
            return None;
        }
        if !is_hyphenated_id(&text) {
            self.wrong(field, "Value error, must be a valid UUID");
            return None;
        }
        Uuid::try_parse(&text).ok()
    }

    /// Reads a required boolean.
    pub fn flag(&mut self, field: &str) -> bool {
        self.describe(field, Necessity::Required, || json!({"type": "boolean"}));
        if !self.has(field) {
            self.wrong(field, "Field required");
        }
        self.flag_or(field, false)
    }

    /// Reads a boolean; `default` if the field is missing.
    pub fn flag_or(&mut self, field: &str, default: bool) -> bool {
        self.describe(
            field,
            Necessity::Optional,
            || json!({"type": "boolean", "default": default}),
        );
        match self.values.remove(field) {
            None => default,
            Some(value) => self.read(field, lax::flag(&value)).unwrap_or(default),
        }
    }

    /// Reads an optional boolean; `None` if the field is missing or null.
    pub fn optional_flag(&mut self, field: &str) -> Option<bool> {
        self.describe(field, Necessity::Nullable, || json!({"type": "boolean"}));
        let value = self.given(field)?;
        self.read(field, lax::flag(&value))
    }

    /// Reads a boolean or null; the field is required.
    pub fn flag_or_null(&mut self, field: &str) -> Option<bool> {
        self.describe(
            field,
            Necessity::RequiredNullable,
            || json!({"type": "boolean"}),
        );
        if !self.has(field) {
            self.wrong(field, "Field required");
        }
        self.optional_flag(field)
    }

    /// Reads an optional string that is one of `choices`; `None` if the field
    /// is missing or null.
    pub fn optional_choice(
        &mut self,
        field: &str,
        choices: &[&'static str],
    ) -> Option<&'static str> {
        self.describe(
            field,
            Necessity::Nullable,
            || json!({"type": "string", "enum": choices}),
        );
        let value = self.given(field)?;
        let chosen = choices.iter().find(|choice| value == **choice);
        if chosen.is_none() {
            self.wrong(field, &format!("Input should be {}", either(choices)));
        }
        chosen.copied()
    }

    /// Reads an optional id; `None` if the field is missing or null.
    pub fn optional_id(&mut self, field: &str) -> Option<Uuid> {
        self.describe(field, Necessity::Nullable, schema::id);
        let value = self.given(field)?;
        self.id(field, &value)
    }

    /// Like [`optional_id`](Self::optional_id), where an empty string is no id
    /// either.
    pub fn optional_id_or_empty(&mut self, field: &str) -> Option<Uuid> {
        if self.values.get(field).is_some_and(|value| value == "") {
            self.values.remove(field);
        }
        self.optional_id(field)
    }

    /// Parses an id in any format that [`Uuid`] accepts.
    fn id(&mut self, field: &str, value: &Value) -> Option<Uuid> {
        let Some(text) = value.as_str() else {
            self.wrong(field, "UUID input should be a string, bytes or UUID object");
            return None;
        };
        Uuid::try_parse(text)
            .map_err(|_| {
                let why = no_id(text);
                self.wrong(field, &format!("Input should be a valid UUID, {why}"));
            })
            .ok()
    }

    /// Removes and returns a field; `None` if it is missing or null.
    fn given(&mut self, field: &str) -> Option<Value> {
        self.values.remove(field).filter(|value| !value.is_null())
    }

    /// Adds an error if a field is missing or null.
    fn require(&mut self, field: &str, not_null: &str) {
        match self.values.get(field) {
            None => self.wrong(field, "Field required"),
            Some(Value::Null) => self.wrong(field, not_null),
            Some(_) => String::new(),
        };
    }

    /// Converts a result to an option, adding its error.
    fn read<T>(&mut self, field: &str, value: Result<T, &'static str>) -> Option<T> {
        value
            .inspect_err(|message| {
                self.wrong(field, message);
            })
            .ok()
    }

    /// Checks a rule about several fields, which counts only if each of them is
    /// valid by itself. Its error belongs to no field.
    pub fn check_all(&mut self, holds: bool, message: &str) {
        if !holds && self.errors.is_empty() {
            self.wrong("", message);
        }
    }

    /// Ends the validation.
    ///
    /// # Errors
    ///
    /// `Fields` with the errors of all fields that were read, if there are any.
    pub fn finish(self) -> Result<(), Error> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Error::Fields(self.errors))
        }
    }

    /// Returns the fields that were not read.
    ///
    /// # Errors
    ///
    /// As [`finish`](Self::finish).
    pub fn rest(mut self) -> Result<Map<String, Value>, Error> {
        let rest = std::mem::take(&mut self.values);
        self.finish().map(|()| rest)
    }

    /// Checks a string against a rule; empty if it violates the rule.
    fn check(&mut self, field: &str, value: Value, rule: TextRule) -> String {
        let Value::String(text) = value else {
            return self.wrong(field, "Input should be a valid string");
        };
        let length = text.chars().count();
        if length < rule.min {
            let plural = if rule.min == 1 { "" } else { "s" };
            return self.wrong(
                field,
                &format!("String should have at least {} character{plural}", rule.min),
            );
        }
        if let Some(max) = rule.max.filter(|max| length > *max) {
            return self.wrong(
                field,
                &format!("String should have at most {max} characters"),
            );
        }
        match rule.pattern {
            Some(Pattern { shown, has }) if !has(&text) => {
                self.wrong(field, &format!("String should match pattern '{shown}'"))
            }
            _ => text,
        }
    }

    /// Adds an error, up to [`MAX_ERRORS`]. Returns an empty string, as the
    /// value of a field that is invalid.
    fn wrong(&mut self, field: &str, message: &str) -> String {
        if self.errors.len() >= MAX_ERRORS {
            return String::new();
        }
        self.errors.push(FieldError {
            field: field.to_owned(),
            message: message.to_owned(),
        });
        String::new()
    }
}

/// Says why a string is not a UUID, in the words of pydantic.
fn no_id(text: &str) -> String {
    let strange = |letter: &char| !letter.is_ascii_hexdigit() && *letter != '-';
    let length = text.chars().count();
    match text.chars().position(|letter| strange(&letter)) {
        Some(place) => {
            let letter: String = text.chars().skip(place).take(1).collect();
            format!("invalid character: found `{letter}` at {}", place + 1)
        }
        None if text.contains('-') => match Uuid::parse_str(text) {
            Err(error) => error.to_string(),
            Ok(_) => String::new(),
        },
        None => {
            format!("invalid length: expected length 32 for simple format, found {length}")
        }
    }
}

fn no_object(schema: &str) -> String {
    format!("Input should be a valid dictionary or instance of {schema}")
}

/// `'a', 'b' or 'c'`.
fn either(choices: &[&str]) -> String {
    let quoted: Vec<String> = choices.iter().map(|choice| format!("'{choice}'")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}
