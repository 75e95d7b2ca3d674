//! Normalization: labels replace the parts of responses that differ in each
//! run.

use std::collections::BTreeMap;

use anyhow::Result;
use regex_lite::{Captures, Regex};
use serde_json::{Map, Value};

use crate::http::Response;

/// Replaces ids, times, tokens and dates by labels.
pub(super) struct Labels {
    host: String,
    ids: BTreeMap<String, String>,
    uuid: Regex,
    time: Regex,
    jwt: Regex,
    http_date: Regex,
}

impl Labels {
    pub fn new(url: &str) -> Result<Self> {
        Ok(Self {
            host: url.trim_end_matches('/').to_owned(),
            ids: BTreeMap::new(),
            uuid: Regex::new(r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")?,
            time: Regex::new(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?")?,
            jwt: Regex::new(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")?,
            http_date: Regex::new(
                r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT",
            )?,
        })
    }

    /// Returns the normalized values of a header.
    pub fn headers(&self, answer: &Response, name: &str) -> Vec<String> {
        answer
            .headers
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| {
                let value = self.jwt.replace_all(value, "<jwt>");
                let value = value.replace(&self.host, "<host>");
                // The date of a deleted cookie is always the same.
                if value.contains("1970") {
                    return value;
                }
                self.http_date.replace_all(&value, "<date>").into_owned()
            })
            .collect()
    }

    /// Returns a value with labels; `unordered` sorts lists and gives all ids
    /// the same label.
    pub fn normalized(&mut self, value: &Value, unordered: bool) -> Value {
        match value {
            Value::Object(fields) => {
                let mut plain = Map::new();
                let mut by_id = Vec::new();
                for (key, value) in fields {
                    let value = self.normalized(value, unordered);
                    if self.is_id(key) {
                        by_id.push((key.clone(), value));
                    } else {
                        plain.insert(key.clone(), value);
                    }
                }
                if unordered && !by_id.is_empty() {
                    let values = by_id.into_iter().map(|(_, value)| value).collect();
                    plain.insert("<ids>".into(), sorted(values).into());
                } else {
                    for (key, value) in by_id {
                        plain.insert(self.label(&key), value);
                    }
                }
                plain.into()
            }
            Value::Array(items) => {
                let items = items
                    .iter()
                    .map(|item| self.normalized(item, unordered))
                    .collect();
                if unordered { sorted(items) } else { items }.into()
            }
            Value::String(text) => self.normalized_text(text, unordered).into(),
            other => other.clone(),
        }
    }

    fn normalized_text(&mut self, text: &str, unordered: bool) -> String {
        let text = self.jwt.replace_all(text, "<jwt>");
        let text = self.time.replace_all(&text, "<time>");
        let text = text
            .replace(&day(0), "<today>")
            .replace(&day(1), "<tomorrow>")
            .replace(&self.host, "<host>");
        // Tokens of password resets and app logins: at least 40 random
        // characters.
        let is_random = text.len() >= 40
            && !text.contains(['<', ' '])
            && text.bytes().any(|byte| byte.is_ascii_digit())
            && text.bytes().any(|byte| byte.is_ascii_uppercase())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if is_random {
            return "<random>".into();
        }
        let uuid = self.uuid.clone();
        uuid.replace_all(&text, |found: &Captures<'_>| {
            if unordered {
                "<id>".to_owned()
            } else {
                self.label(&found[0])
            }
        })
        .into_owned()
    }

    fn is_id(&self, text: &str) -> bool {
        self.uuid
            .find(text)
            .is_some_and(|found| found.len() == text.len())
    }

    fn label(&mut self, id: &str) -> String {
        let next = format!("<id{}>", self.ids.len());
        self.ids.entry(id.to_lowercase()).or_insert(next).clone()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "answers hold the day on which the scenario is played"
)]
fn day(from_now: i64) -> String {
    let then = chrono::Utc::now() + chrono::TimeDelta::days(from_now);
    then.date_naive().to_string()
}

/// Sorts items by their content, independent of the order in the response.
fn sorted(mut items: Vec<Value>) -> Vec<Value> {
    items.sort_by_cached_key(canonical);
    items
}

/// Serializes JSON with sorted keys.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<&String, String> = fields
                .iter()
                .map(|(key, value)| (key, canonical(value)))
                .collect();
            format!("{fields:?}")
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(canonical).collect();
            format!("{items:?}")
        }
        other => other.to_string(),
    }
}
