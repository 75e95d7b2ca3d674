//! Comparison of the responses of two servers.

use std::collections::BTreeMap;

use anyhow::Result;
use regex_lite::Regex;
use serde_json::{Map, Number, Value};

use super::Recorded;

/// The label that matches any id: in lists without order, and in the `instead`
/// of a scenario.
const ANY: &str = "<id>";

/// The prefix of the labels of ids.
const LABEL: &str = "<id";

/// Objects whose keys are values of rows.
const BY_ROWS: [&str; 2] = [".search_filters", ".search_filter_groups"];

/// Whether a key is a value: an id, a date, a number.
fn is_value(key: &str) -> bool {
    key.starts_with(LABEL) || key.starts_with(|first: char| first.is_ascii_digit())
}

/// Returns the differences between the responses of two servers, one per line.
/// The numbers of labels may differ, as long as each label always corresponds
/// to the same one of the other server.
pub fn differences(expected: &[Recorded], got: &[Recorded]) -> Result<Vec<String>> {
    Ok(compared(expected, got)?.found)
}

/// Returns the objects whose keys are in a different order on the two servers,
/// one per line: scripts turn the keys into columns.
pub fn key_orders(expected: &[Recorded], got: &[Recorded]) -> Result<Vec<String>> {
    Ok(compared(expected, got)?.orders)
}

fn compared(expected: &[Recorded], got: &[Recorded]) -> Result<Comparison> {
    let mut comparison = Comparison {
        label: Regex::new(r"<id\d*>")?,
        there: BTreeMap::new(),
        back: BTreeMap::new(),
        found: Vec::new(),
        orders: Vec::new(),
    };
    for (expected, got) in expected.iter().zip(got) {
        let at = |part: &str| format!("line {}: {part}", expected.line);
        comparison.compare(&expected.status.into(), &got.status.into(), &at("status"));
        let types = [&expected.content_type, &got.content_type];
        let [ours, theirs] = types.map(|name| Value::from(name.as_str()));
        comparison.compare(&ours, &theirs, &at("type"));
        comparison.compare(&expected.answer, &got.answer, &at("answer"));
        let headers = [&expected.headers, &got.headers].map(|headers| serde_json::json!(headers));
        comparison.compare(&headers[0], &headers[1], &at("headers"));
    }
    if expected.len() != got.len() {
        let counts = format!("{} answers / {}", expected.len(), got.len());
        comparison.found.push(counts);
    }
    Ok(comparison)
}

struct Comparison {
    label: Regex,
    /// The other server's label for each of ours, and the inverse.
    there: BTreeMap<String, String>,
    back: BTreeMap<String, String>,
    found: Vec<String>,
    /// Objects whose keys are in a different order.
    orders: Vec<String>,
}

impl Comparison {
    fn compare(&mut self, a: &Value, b: &Value, at: &str) {
        match (a, b) {
            (Value::Object(a), Value::Object(b)) => {
                self.pair_keys(a, b);
                for (key, value) in a {
                    let other = self.renamed(key);
                    match b.get(&other) {
                        Some(other) => self.compare(value, other, &format!("{at}.{key}")),
                        None => self.report(at, key, &short(value), "nothing"),
                    }
                }
                self.compare_order(a, b, at);
                for (key, value) in b {
                    let is_known = a.keys().any(|other| self.renamed(other) == *key);
                    if !is_known {
                        self.report(at, key, "nothing", &short(value));
                    }
                }
            }
            (Value::Array(a), Value::Array(b)) => {
                if a.len() != b.len() {
                    let counts = format!("{at}: {} items / {} items", a.len(), b.len());
                    self.found.push(counts);
                }
                for (place, (x, y)) in a.iter().zip(b).enumerate() {
                    self.compare(x, y, &format!("{at}[{place}]"));
                }
            }
            // Clients distinguish `0` from `0.0`.
            (Value::Number(x), Value::Number(y)) if are_equal(x, y) && x.is_f64() == y.is_f64() => {
            }
            (Value::String(x), Value::String(y)) if self.are_same(x, y) => {}
            (a, b) if a == b && !a.is_string() => {}
            (a, b) => {
                let line = format!("{at}: {} / {}", short(a), short(b));
                self.found.push(line);
            }
        }
    }

    /// Compares the order of the keys that both objects have: clients turn them
    /// into columns. Keys that are ids or dates, and those of [`BY_ROWS`], are
    /// in the order of their rows and ignored.
    fn compare_order(&mut self, a: &Map<String, Value>, b: &Map<String, Value>, at: &str) {
        let common = |one: &Map<String, Value>, other: &Map<String, Value>| {
            let keys = one.keys().filter(|key| !is_value(key));
            let shared = keys.filter(|key| other.contains_key(*key)).cloned();
            shared.collect::<Vec<String>>()
        };
        if BY_ROWS.iter().any(|key| at.ends_with(key)) {
            return;
        }
        let (ours, theirs) = (common(a, b), common(b, a));
        if ours != theirs {
            let places = ours.iter().zip(&theirs);
            let from = places.take_while(|(a, b)| a == b).count();
            let lists = [ours, theirs].map(|keys| keys[from..].join(","));
            let [ours, theirs] = lists;
            self.orders
                .push(format!("{at}: keys in order {ours} / {theirs}"));
        }
    }

    fn report(&mut self, at: &str, key: &str, a: &str, b: &str) {
        self.found.push(format!("{at}.{key}: {a} / {b}"));
    }

    /// Maps labels that are keys to each other, in their order.
    fn pair_keys(&mut self, a: &Map<String, Value>, b: &Map<String, Value>) {
        let new_labels = |object: &Map<String, Value>, known: &BTreeMap<String, String>| {
            let keys = object.keys().filter(|key| key.starts_with(LABEL));
            let new = keys.filter(|key| !known.contains_key(*key)).cloned();
            new.collect::<Vec<String>>()
        };
        let ours = new_labels(a, &self.there);
        let theirs = new_labels(b, &self.back);
        for (a, b) in ours.into_iter().zip(theirs) {
            self.there.insert(a.clone(), b.clone());
            self.back.insert(b, a);
        }
    }

    /// Returns the key of an object on the other server.
    fn renamed(&self, key: &str) -> String {
        self.there
            .get(key)
            .cloned()
            .unwrap_or_else(|| key.to_owned())
    }

    /// Whether two strings are equal apart from their labels, and the labels
    /// correspond to each other.
    fn are_same(&mut self, a: &str, b: &str) -> bool {
        let labels = |text: &str| -> Vec<String> {
            let found = self.label.find_iter(text);
            found.map(|found| found.as_str().to_owned()).collect()
        };
        let (of_a, of_b) = (labels(a), labels(b));
        let plain = |text: &str| self.label.replace_all(text, "<id>").into_owned();
        if plain(a) != plain(b) {
            return false;
        }
        of_a.into_iter().zip(of_b).all(|(a, b)| {
            a == ANY
                || match (self.there.get(&a), self.back.get(&b)) {
                    (None, None) => {
                        self.there.insert(a.clone(), b.clone());
                        self.back.insert(b, a);
                        true
                    }
                    (Some(there), Some(back)) => *there == b && *back == a,
                    _ => false,
                }
        })
    }
}

/// Whether two numbers are equal up to the last digit of a double: the
/// responses were recorded with a parser that rounded it incorrectly.
fn are_equal(x: &Number, y: &Number) -> bool {
    match (x.as_f64(), y.as_f64()) {
        (Some(a), Some(b)) => a == b || (a - b).abs() <= f64::EPSILON * a.abs(),
        _ => x == y,
    }
}

fn short(value: &Value) -> String {
    let mut text = value.to_string();
    if text.len() > 200 {
        let end = (0..=200).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or_default());
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(answer: Value) -> Recorded {
        Recorded {
            line: 1,
            status: 200,
            content_type: String::new(),
            answer,
            headers: None,
        }
    }

    #[test]
    fn labels_stand_for_each_other_whatever_their_numbers() {
        let ours = [answer(json!(["<id1>", "<id2>", "<id1>"]))];
        let same = [answer(json!(["<id7>", "<id1>", "<id7>"]))];
        let other = [answer(json!(["<id7>", "<id1>", "<id1>"]))];
        assert!(differences(&ours, &same).unwrap().is_empty());
        assert_eq!(differences(&ours, &other).unwrap().len(), 1);
    }

    #[test]
    fn keys_come_in_the_same_order() {
        let ours = [answer(
            json!([{"name": 1, "id": 2, "<id1>": 3, "<id2>": 4}]),
        )];
        let same = [answer(
            json!([{"name": 1, "<id7>": 3, "id": 2, "<id8>": 4}]),
        )];
        let other = [answer(
            json!([{"id": 2, "name": 1, "<id1>": 3, "<id2>": 4}]),
        )];
        assert!(key_orders(&ours, &same).unwrap().is_empty());
        assert_eq!(
            key_orders(&ours, &other).unwrap(),
            ["line 1: answer[0]: keys in order name,id / id,name"]
        );
    }
}
