//! The changes: rows of `surface/changes.jsonl` are made, changed and removed
//! again, so that they can be repeated.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::Value;

use super::ids::Ids;
use super::{Caller, Line, Sample};
use crate::client::{Connection, Request};
use crate::servers::Server;

const CHANGES: &str = include_str!("../../surface/changes.jsonl");

/// How often each change is made after once that is not measured.
const TURNS: u32 = 4;

/// Method, path and body.
#[derive(Debug, Deserialize)]
struct Step(String, String, #[serde(default)] Value);

/// What is done to one row. `<made>` is its id, `<n>` a number that no other
/// has, `<d>` a day of a month.
#[derive(Debug, Deserialize)]
pub struct Change {
    make: Option<Step>,
    change: Option<Step>,
    remove: Option<Step>,
}

impl Change {
    fn steps(&self) -> impl Iterator<Item = &Step> {
        [&self.make, &self.change, &self.remove]
            .into_iter()
            .flatten()
    }

    /// Whether `text` is in a path of it.
    pub fn names(&self, text: &str) -> bool {
        self.steps().any(|Step(_, path, _)| path.contains(text))
    }
}

/// Returns all changes: as the file has them, and with ids of rows.
///
/// # Errors
///
/// A name in braces that no row has.
pub fn all(ids: &mut Ids<'_>) -> Result<Vec<(Change, Change)>> {
    let read = |line: &str| serde_json::from_str(line).with_context(|| line.to_owned());
    CHANGES
        .lines()
        .map(|line| Ok((read(line)?, read(&ids.fill(line)?)?)))
        .collect()
}

/// Makes a change on every server; returns a line for each of its requests.
pub async fn measure(
    (named, change): &(Change, Change),
    clients: &[(&Server, String)],
) -> Result<Vec<Line>> {
    let mut lines: Vec<Line> = named
        .steps()
        .map(|Step(method, path, _)| Line::new(Caller::Admin, format!("{method} {path}")))
        .collect();
    for (place, (server, token)) in clients.iter().enumerate() {
        for turn in 0..=TURNS {
            let number = place as u32 * (TURNS + 1) + turn;
            let mut made = String::new();
            for (Step(method, path, body), line) in change.steps().zip(&mut lines) {
                let number_in = |text: &str| {
                    text.replace("<made>", &made)
                        .replace("<n>", &format!("{number:02}"))
                        .replace("<d>", &format!("{:02}", number + 1))
                };
                let body: Value = serde_json::from_str(&number_in(&body.to_string()))?;
                let request = Request::new(method, &number_in(path), token, Some(&body));
                // One that is new: the reference closes connections after an error.
                let mut connection = Connection::open(server.address()).await?;
                let (answer, json) = connection.full(&request).await?;
                let id = json["id"].as_str().or(json[0]["id"].as_str());
                if let Some(id) = id.filter(|_| made.is_empty()) {
                    id.clone_into(&mut made);
                }
                let time = if turn == 0 {
                    Duration::MAX
                } else {
                    answer.time
                };
                line.add(Sample {
                    kind: server.kind,
                    status: answer.status,
                    bytes: answer.bytes,
                    time,
                });
            }
        }
    }
    Ok(lines)
}
