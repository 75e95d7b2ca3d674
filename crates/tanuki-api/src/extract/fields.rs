//! Reading the fields of an action's arguments, all errors at once.
//!
//! The words are those of pydantic, which the reference checks with.

use serde_json::{Map, Value};
use tanuki_core::{Error, FieldError};

use super::Arguments;

/// The arguments of an action while they are read.
#[derive(Debug)]
pub(crate) struct Fields {
    values: Map<String, Value>,
    errors: Vec<FieldError>,
}

/// What a text argument must be like.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TextRule {
    pub min: usize,
    pub max: Option<usize>,
    pub pattern: Option<Pattern>,
}

/// A pattern that a text must have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pattern {
    /// The pattern as it is shown.
    pub shown: &'static str,
    pub has: fn(&str) -> bool,
}

impl TextRule {
    pub const ANY: Self = Self {
        min: 0,
        max: None,
        pattern: None,
    };
    pub const FILLED: Self = Self {
        min: 1,
        ..Self::ANY
    };
}

impl Fields {
    /// `schema` is the name by which the reference calls these arguments.
    pub fn of(Arguments(arguments): Arguments, schema: &str) -> Result<Self, Error> {
        match arguments {
            Value::Object(values) => Ok(Self {
                values,
                errors: Vec::new(),
            }),
            _ => Err(Error::Fields(vec![FieldError {
                field: String::new(),
                message: format!("Input should be a valid dictionary or instance of {schema}"),
            }])),
        }
    }

    /// A text that must be given.
    pub fn text(&mut self, field: &str, rule: TextRule) -> String {
        match self.values.remove(field) {
            None => self.wrong(field, "Field required"),
            Some(value) => self.check(field, value, rule),
        }
    }

    /// A text, or `default` where none is given.
    pub fn text_or(&mut self, field: &str, default: &str) -> String {
        match self.values.remove(field) {
            None => default.to_owned(),
            Some(value) => self.check(field, value, TextRule::ANY),
        }
    }

    /// A text or nothing; null is nothing.
    pub fn optional_text(&mut self, field: &str) -> Option<String> {
        match self.values.remove(field) {
            None | Some(Value::Null) => None,
            Some(value) => Some(self.check(field, value, TextRule::ANY)),
        }
    }

    /// An object or nothing; null is nothing.
    pub fn optional_object(&mut self, field: &str) -> Option<Map<String, Value>> {
        match self.values.remove(field) {
            None | Some(Value::Null) => None,
            Some(Value::Object(object)) => Some(object),
            Some(_) => {
                self.wrong(field, "Input should be a valid dictionary");
                None
            }
        }
    }

    /// The errors of all fields that were read, if there are any.
    pub fn finish(self) -> Result<(), Error> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Error::Fields(self.errors))
        }
    }

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

    fn wrong(&mut self, field: &str, message: &str) -> String {
        self.errors.push(FieldError {
            field: field.to_owned(),
            message: message.to_owned(),
        });
        String::new()
    }
}
