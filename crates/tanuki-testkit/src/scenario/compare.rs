//! What differs between the answers of two servers.

use std::collections::BTreeMap;

use anyhow::Result;
use regex_lite::Regex;
use serde_json::{Map, Number, Value};

use super::{Played, Recorded};

/// A label that stands for any id: in lists without order, and where a scenario
/// says what is answered instead.
const ANY: &str = "<id>";

/// How labels of ids begin.
const LABEL: &str = "<id";

/// Objects whose keys are values of rows.
const BY_ROWS: [&str; 2] = [".search_filters", ".search_filter_groups"];

/// Whether a key is a value: an id, a date, a number.
fn is_value(key: &str) -> bool {
    key.starts_with(LABEL) || key.starts_with(|first: char| first.is_ascii_digit())
}

/// Whether an object has rows by list type and project, as saved searches
/// have: its keys come in the order of the rows.
fn is_by_list_type(object: &Map<String, Value>) -> bool {
    let is_project = |key: &String| key == "all" || key.starts_with(LABEL);
    let mut projects = object.values().map(|value| match value {
        Value::Object(projects) => projects.keys().all(is_project),
        _ => false,
    });
    object.len() > 1 && projects.all(|are_projects| are_projects)
}

/// A part of a response that is not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Line of the step.
    pub line: usize,
    pub caller: Option<String>,
    /// Where it is, and the two values.
    pub text: String,
}

/// Returns what differs between expected responses and those that came. Labels
/// of ids may be numbered differently, as long as the mapping between both is
/// one to one.
pub fn differences(expected: &[Recorded], got: &[Played]) -> Result<Vec<Difference>> {
    Ok(compared(expected, got)?.0)
}

/// Returns where the keys of an object come in another order: scripts make
/// columns of them.
pub fn key_orders(expected: &[Recorded], got: &[Played]) -> Result<Vec<Difference>> {
    Ok(compared(expected, got)?.1)
}

fn compared(expected: &[Recorded], got: &[Played]) -> Result<(Vec<Difference>, Vec<Difference>)> {
    let mut comparison = Comparison {
        label: Regex::new(r"<id\d*>")?,
        there: BTreeMap::new(),
        back: BTreeMap::new(),
        found: Vec::new(),
        orders: Vec::new(),
    };
    let (mut found, mut orders) = (Vec::new(), Vec::new());
    let mut expected = expected.iter().peekable();
    for got in got.iter().map(|played| &played.recorded) {
        while let Some(unsent) = expected.next_if(|one| one.line < got.line) {
            found.push(not_sent(unsent));
        }
        let is_step = |one: &&Recorded| one.line == got.line && one.caller == got.caller;
        match expected.next_if(is_step) {
            Some(expected) => comparison.compare_responses(expected, got),
            None => comparison.found.push("no response is recorded".to_owned()),
        }
        let difference = |text| Difference {
            line: got.line,
            caller: got.caller.clone(),
            text,
        };
        found.extend(comparison.found.drain(..).map(difference));
        orders.extend(comparison.orders.drain(..).map(difference));
    }
    found.extend(expected.map(not_sent));
    Ok((found, orders))
}

fn not_sent(expected: &Recorded) -> Difference {
    Difference {
        line: expected.line,
        caller: expected.caller.clone(),
        text: "the step was not sent".to_owned(),
    }
}

/// A response in a line, cut off where it is long.
pub(super) fn shown(response: &Recorded) -> String {
    let Recorded { status, answer, .. } = response;
    format!("{status} {}", short(answer))
}

struct Comparison {
    label: Regex,
    /// The other server's label for each of this one's, and back.
    there: BTreeMap<String, String>,
    back: BTreeMap<String, String>,
    found: Vec<String>,
    /// Objects whose keys come in another order.
    orders: Vec<String>,
}

impl Comparison {
    fn compare_responses(&mut self, expected: &Recorded, got: &Recorded) {
        self.compare(&expected.status.into(), &got.status.into(), "status");
        let types = [&expected.content_type, &got.content_type];
        let [ours, theirs] = types.map(|name| Value::from(name.as_str()));
        self.compare(&ours, &theirs, "type");
        self.compare(&expected.answer, &got.answer, "answer");
        let headers = [&expected.headers, &got.headers].map(|headers| serde_json::json!(headers));
        self.compare(&headers[0], &headers[1], "headers");
    }

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
            // Clients tell `0` from `0.0`.
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

    /// The keys that both have come in the same order: clients make columns of
    /// them. Keys that are ids or dates, and those of [`BY_ROWS`], come as their
    /// rows do.
    fn compare_order(&mut self, a: &Map<String, Value>, b: &Map<String, Value>, at: &str) {
        let common = |one: &Map<String, Value>, other: &Map<String, Value>| {
            let keys = one.keys().filter(|key| !is_value(key));
            let shared = keys.filter(|key| other.contains_key(*key)).cloned();
            shared.collect::<Vec<String>>()
        };
        if BY_ROWS.iter().any(|key| at.ends_with(key)) || is_by_list_type(a) {
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

    /// Keys that are labels stand for each other in their order.
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

    /// A key of an object as the other server has it.
    fn renamed(&self, key: &str) -> String {
        self.there
            .get(key)
            .cloned()
            .unwrap_or_else(|| key.to_owned())
    }

    /// Whether two texts are the same but for their labels, and these stand
    /// for each other.
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

/// Whether two numbers are equal but for the last digit of a double: answers
/// were recorded with a parser that did not get it right.
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

    fn expected(answer: Value) -> Recorded {
        Recorded {
            line: 1,
            caller: None,
            status: 200,
            content_type: String::new(),
            answer,
            headers: None,
        }
    }

    fn got(answer: Value) -> Played {
        Played {
            recorded: expected(answer),
            request: String::new(),
            unsaved: Vec::new(),
        }
    }

    #[test]
    fn labels_stand_for_each_other_whatever_their_numbers() {
        let ours = [expected(json!(["<id1>", "<id2>", "<id1>"]))];
        let same = [got(json!(["<id7>", "<id1>", "<id7>"]))];
        let other = [got(json!(["<id7>", "<id1>", "<id1>"]))];
        assert!(differences(&ours, &same).unwrap().is_empty());
        assert_eq!(differences(&ours, &other).unwrap().len(), 1);
    }

    #[test]
    fn steps_without_a_response_are_found() {
        let found = differences(&[], &[got(json!(1))]).unwrap();
        assert_eq!(found[0].text, "no response is recorded");
        let found = differences(&[expected(json!(1))], &[]).unwrap();
        assert_eq!(found[0].text, "the step was not sent");
    }

    #[test]
    fn keys_come_in_the_same_order() {
        let ours = [expected(
            json!([{"name": 1, "id": 2, "<id1>": 3, "<id2>": 4}]),
        )];
        let same = [got(json!([{"name": 1, "<id7>": 3, "id": 2, "<id8>": 4}]))];
        let other = [got(json!([{"id": 2, "name": 1, "<id1>": 3, "<id2>": 4}]))];
        assert!(key_orders(&ours, &same).unwrap().is_empty());
        assert_eq!(
            key_orders(&ours, &other).unwrap()[0].text,
            "answer[0]: keys in order name,id / id,name"
        );
    }
}
