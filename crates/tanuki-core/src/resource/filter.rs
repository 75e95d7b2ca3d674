//! Filters of lists: query parameters named like a column or link.

use std::collections::HashSet;

use serde_json::Value as Json;
use tanuki_domain::timezone;
use tanuki_store::query::list_filters;
use tanuki_store::schema::{Column, ColumnType, Table};
use tanuki_store::{Filter, ListQuery, Value};
use uuid::Uuid;

use super::{Resource, is_hyphenated_id};
use crate::fields::column_value;
use crate::parameters::refused_filter;
use crate::parameters::{Parameters, first};
use crate::{Caller, ConstraintViolation, Error, Result, json_input};

/// Query parameters that are never filters.
const RESERVED: &[&str] = &["page", "relations", "fields"];

/// Maximum number of values in a list filter (`?name=["a","b"]`).
const MAX_VALUES: usize = 10_000;

/// Returns the filters in a query string. If a parameter is
/// repeated the first counts; unknown ones are ignored, because resources have
/// parameters of their own.
///
/// # Errors
/// [`Error::Invalid`] for a filter that the caller may not use, or a list with
/// too many values; [`Error::InvalidFilter`] for a value that is not of the
/// column's type.
pub(crate) fn condition(
    resource: &Resource,
    caller: &Caller,
    parameters: &Parameters,
) -> Result<Filter> {
    let table = resource.table;
    let mut filter = Filter::all();
    let mut seen = HashSet::new();
    for (name, value) in parameters {
        if !seen.insert(name) || RESERVED.contains(&name.as_str()) {
            continue;
        }
        let column = table.column(name);
        let link = table.link(name);
        let full_name = name == "full_name" && table.column("first_name").is_some();
        if column.is_none() && link.is_none() && !full_name {
            continue;
        }
        if !(resource.may_filter)(caller, name) {
            return Err(refused_filter(name));
        }
        if let Some(column) = column {
            filter = filter.and(by_column(table, column, value)?);
        } else if let Some(link) = link {
            let Ok(id) = Uuid::try_parse(value) else {
                return Err(malformed_filter());
            };
            filter = filter.and(list_filters::is_linked_to(table, link, id));
        } else {
            filter = filter.and(list_filters::has_full_name(table, value));
        }
    }
    Ok(filter)
}

/// Orders the rows that a `name` filter matches: the exact spelling before
/// others in upper or lower case.
pub(crate) fn sorted_by_name_match(
    list: ListQuery,
    table: &'static Table,
    asked: &Parameters,
) -> ListQuery {
    match first(asked, "name") {
        Some(name) if table.column("name").is_some() => list.exact_name_first(name),
        _ => list,
    }
}

fn by_column(table: &'static Table, column: &'static Column, value: &str) -> Result<Filter> {
    if column.name == "name" {
        if value.contains('\0') {
            return Err(malformed_filter());
        }
        return Ok(list_filters::is_called(table, column, value));
    }
    if value.starts_with('[') {
        let malformed = || {
            let message = format!("Malformed list filter for field {}.", column.name);
            Error::invalid(message)
        };
        let Ok(Json::Array(items)) = json_input::parse(value.as_bytes()) else {
            return Err(malformed());
        };
        if items.len() > MAX_VALUES {
            return Err(Error::invalid(format!(
                "The list filter for field {} has at most {MAX_VALUES} values.",
                column.name
            )));
        }
        let values: Vec<Value> = items
            .iter()
            .map(|item| filter_value(column, item))
            .collect::<Result<_>>()?;
        return Ok(list_filters::is_one_of(table, column, values));
    }
    let value = filter_value(column, &Json::String(value.to_owned()))?;
    if column.name == "email" {
        // Addresses are compared case-insensitively.
        return Ok(match value {
            Value::String(Some(text)) => list_filters::is_called(table, column, &text),
            other => list_filters::is(table, column, other),
        });
    }
    Ok(list_filters::is(table, column, value))
}

fn filter_value(column: &'static Column, item: &Json) -> Result<Value> {
    match (column.kind, item) {
        (_, Json::String(text)) if text.contains('\0') => Err(malformed_filter()),
        (_, Json::Null) => Ok(tanuki_store::write::null(column.kind)),
        (ColumnType::Boolean, Json::String(text)) => boolean(text).map(Value::from),
        (ColumnType::Uuid, Json::String(text)) if !text.is_empty() && !is_hyphenated_id(text) => {
            Err(Error::invalid(format!("Invalid UUID value: {text}")))
        }
        (ColumnType::Uuid, Json::Number(_)) => {
            Err(Error::invalid(format!("Invalid UUID value: {item}")))
        }
        (_, Json::String(text))
            if column.name == "timezone" && timezone::canonical(text).is_none() =>
        {
            Err(malformed_filter())
        }
        // A value of another JSON type matches no row; it is not refused.
        (ColumnType::Json, item) => Ok(Value::Json(Some(Box::new(item.clone())))),
        // A string longer than the column matches no row; it is not refused.
        (ColumnType::Varchar(_) | ColumnType::Locale | ColumnType::Text, Json::String(text)) => {
            Ok(text.as_str().into())
        }
        _ => column_value(column, item).map_err(|_| malformed_filter()),
    }
}

fn boolean(text: &str) -> Result<bool> {
    match text.to_ascii_lowercase().as_str() {
        "y" | "yes" | "t" | "true" | "on" | "1" => Ok(true),
        "n" | "no" | "f" | "false" | "off" | "0" => Ok(false),
        _ => Err(Error::invalid(format!("Invalid boolean value: {text}"))),
    }
}

fn malformed_filter() -> Error {
    Error::InvalidFilter(ConstraintViolation::Format)
}
