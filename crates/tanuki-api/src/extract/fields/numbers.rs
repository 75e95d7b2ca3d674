//! Number fields.

use serde_json::json;

use super::schema::{self, Necessity};
use super::{Fields, lax};

impl Fields {
    /// Reads a required integer, of at least `least`.
    pub fn integer(&mut self, field: &str, least: Option<i64>) -> i64 {
        self.describe(field, Necessity::Required, || schema::integer(least));
        self.require(field, "Input should be a valid integer");
        self.optional_integer(field, least).unwrap_or_default()
    }

    /// Reads an integer of at least `least`; `default` if the field is missing.
    pub fn integer_or(&mut self, field: &str, least: i64, default: i64) -> i64 {
        self.describe(
            field,
            Necessity::Optional,
            || json!({"type": "integer", "minimum": least, "default": default}),
        );
        if self.values.contains_key(field) {
            self.integer(field, Some(least))
        } else {
            default
        }
    }

    /// Reads an integer within bounds; `default` if the field is missing.
    pub fn integer_between(&mut self, field: &str, (least, most): (i64, i64), default: i64) -> i64 {
        let schema =
            || json!({"type": "integer", "minimum": least, "maximum": most, "default": default});
        self.describe(field, Necessity::Optional, schema);
        let number = self.integer_or(field, least, default);
        if number > most {
            let message = format!("Input should be less than or equal to {most}");
            self.wrong(field, &message);
        }
        number
    }

    /// Reads a required number, which must be greater than 0.
    pub fn positive(&mut self, field: &str) -> f64 {
        self.describe(
            field,
            Necessity::Required,
            || json!({"type": "number", "exclusiveMinimum": 0}),
        );
        self.require(field, "Input should be a valid number");
        let number = self.optional_number(field);
        if number.is_some_and(|number| number <= 0.0) {
            self.wrong(field, "Input should be greater than 0");
        }
        number.unwrap_or_default()
    }

    /// Reads an optional integer, of at least `least`; `None` if the field is
    /// missing or null.
    pub fn optional_integer(&mut self, field: &str, least: Option<i64>) -> Option<i64> {
        self.describe(field, Necessity::Nullable, || schema::integer(least));
        let value = self.given(field)?;
        let number = self.read(field, lax::integer(&value))?;
        if let Some(least) = least.filter(|least| number < *least) {
            let message = format!("Input should be greater than or equal to {least}");
            self.wrong(field, &message);
            return None;
        }
        Some(number)
    }

    /// Reads an optional number; `None` if the field is missing or null.
    pub fn optional_number(&mut self, field: &str) -> Option<f64> {
        self.describe(field, Necessity::Nullable, || json!({"type": "number"}));
        let value = self.given(field)?;
        self.read(field, lax::number(&value))
    }
}
