//! The shape of an answer: its keys, and the types of its values.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Keys whose value is an object with keys of the studio's own.
const FREE: [&str; 2] = [".data", ".entity_data"];

/// Keys that some rows of a kind have and others have not, as in Zou: a
/// sequence of an episode, a comment that was edited; and the secret of a guest,
/// which Zou has not.
const OF_SOME_ROWS: [&str; 4] = ["editor", "episode_id", "episode_name", "guest_token"];

/// Compares answers with recorded shapes: the same keys, and values of the same
/// types, where either may be null. Notes which lists had items.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    empty: BTreeSet<(String, String)>,
    filled: BTreeSet<(String, String)>,
}

impl Comparison {
    /// Returns the first difference.
    pub(super) fn difference(
        &mut self,
        call: &str,
        shape: &Value,
        answer: &Value,
    ) -> Option<String> {
        self.compare(call, shape, answer, "")
    }

    /// Returns the calls and places of lists that were recorded with items and
    /// had none in any answer.
    pub(super) fn never_filled(&self) -> impl Iterator<Item = &(String, String)> {
        self.empty.difference(&self.filled)
    }

    fn compare(&mut self, call: &str, shape: &Value, answer: &Value, at: &str) -> Option<String> {
        match (shape, answer) {
            (Value::Object(shape), Value::Object(answer)) => {
                self.compare_objects(call, shape, answer, at)
            }
            (Value::Array(shape), Value::Array(answer)) => {
                let shape = shape.first()?;
                let place = (call.to_owned(), at.to_owned());
                let lists = if answer.is_empty() {
                    &mut self.empty
                } else {
                    &mut self.filled
                };
                lists.insert(place);
                answer
                    .iter()
                    .find_map(|item| self.compare(call, shape, item, &format!("{at}[]")))
            }
            _ => {
                let (expected, got) = (type_of_shape(shape), type_of(answer));
                let agree = expected == got || expected == "null" || got == "null";
                (!agree).then(|| format!("{at} is of type {got}, and {expected} in the recording"))
            }
        }
    }

    fn compare_objects(
        &mut self,
        call: &str,
        shape: &Map<String, Value>,
        answer: &Map<String, Value>,
        at: &str,
    ) -> Option<String> {
        // An object that was empty in the recording says nothing of its keys;
        // one that is empty here is that of a row without one.
        let is_of_a_row = !at.is_empty() && answer.is_empty();
        if shape.is_empty() || is_of_a_row || FREE.iter().any(|key| at.ends_with(key)) {
            return None;
        }
        let is_missing =
            |key: &&String| kind_of_key(key) == key.as_str() && !answer.contains_key(*key);
        let mut named = shape.keys().filter(|key| !key.starts_with('{'));
        if let Some(key) = named.find(is_missing) {
            return Some(format!("{at} lacks {key}"));
        }
        answer.iter().find_map(|(key, value)| {
            let kind = kind_of_key(key);
            let expected = shape.iter().find(|(name, _)| kind_of_key(name) == kind);
            match expected {
                Some((_, expected)) => self.compare(call, expected, value, &format!("{at}.{kind}")),
                None if OF_SOME_ROWS.contains(&kind) => None,
                None => Some(format!("{at} has {key}, which the recording has not")),
            }
        })
    }
}

/// Returns the key of an object, or `{id}` or another placeholder for keys that
/// are ids or parts of a date.
fn kind_of_key(key: &str) -> &str {
    let is_id = key.len() == 36 && key.bytes().filter(|byte| *byte == b'-').count() == 4;
    if is_id || key == "{id}" {
        return "{id}";
    }
    let is_date = key
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-');
    if is_date { "{date}" } else { key }
}

/// Returns the JSON type of a recorded shape. Deep in an answer the recording
/// has the name of the type instead of a shape.
fn type_of_shape(shape: &Value) -> &str {
    shape.as_str().unwrap_or_else(|| type_of(shape))
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[test]
fn shapes_are_compared() {
    use serde_json::json;
    let shape = json!({
        "name": "string", "data": "null", "tasks": [{"id": "string"}],
        "2026": {"{id}": "number"}, "last": {"text": "string"},
    });
    let id = "00000000-0000-4000-8000-000000000000";
    let answer = json!({
        "name": null, "data": {"x": 1}, "tasks": [{"id": "a"}], "2027": {id: 1}, "last": {},
    });
    let difference = |answer: &Value| Comparison::default().difference("GET", &shape, answer);
    assert_eq!(difference(&answer), None);
    for (key, value) in [
        ("name", json!(1)),
        ("tasks", json!([{"id": 1}])),
        ("tasks", json!([{"name": "a"}])),
        ("2027", json!({id: "1"})),
        ("more", json!(null)),
        ("last", json!({"words": "x"})),
    ] {
        let mut other = answer.clone();
        other[key] = value;
        assert!(difference(&other).is_some(), "{other}");
    }
    assert!(difference(&json!({"name": "x", "data": null})).is_some());
    let mut empty = answer.clone();
    empty["tasks"] = json!([]);
    let mut comparison = Comparison::default();
    assert_eq!(comparison.difference("GET", &shape, &empty), None);
    assert_eq!(comparison.never_filled().count(), 1);
    comparison.difference("GET", &shape, &answer);
    assert_eq!(comparison.never_filled().count(), 0);
}
