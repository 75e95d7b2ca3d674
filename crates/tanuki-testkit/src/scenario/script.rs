//! The file of a scenario: steps, and what was answered to each beside it.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How the line of a response begins.
const RESPONSE: &str = "= ";

/// A response in the form that is compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Line of the step in the scenario.
    pub line: usize,
    /// Who sent it, of a step that several callers send.
    pub caller: Option<String>,
    pub status: u16,
    pub content_type: String,
    pub answer: Value,
    pub headers: Option<BTreeMap<String, Vec<String>>>,
}

/// A response as it is serialized in the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    /// Those of several callers who got it.
    #[serde(rename = "as", default, skip_serializing_if = "Vec::is_empty")]
    callers: Vec<String>,
    status: u16,
    #[serde(rename = "type")]
    content_type: String,
    answer: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    headers: Option<BTreeMap<String, Vec<String>>>,
}

/// What Tanuki answers on purpose, as far as it is not what was recorded.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Instead {
    status: Option<u16>,
    #[serde(rename = "type")]
    content_type: Option<String>,
    answer: Option<Value>,
    headers: Option<BTreeMap<String, Vec<String>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Step {
    #[serde(rename = "do")]
    pub action: Option<String>,
    #[serde(rename = "as")]
    caller: Option<Callers>,
    pub body: Option<Value>,
    pub raw: Option<String>,
    #[serde(rename = "type")]
    pub content_type: Option<String>,
    pub form: Option<BTreeMap<String, Part>>,
    pub headers: BTreeMap<String, String>,
    pub cookies: BTreeMap<String, String>,
    pub save: BTreeMap<String, String>,
    pub unordered: bool,
    pub only: Option<Vec<String>>,
    pub keep: Option<Vec<String>>,
    pub forge: Option<Forge>,
    instead: Option<Instead>,
    pub besides: Vec<String>,
    pub sql: Option<String>,
    pub sets: BTreeMap<String, Value>,
    /// For readers of the scenario.
    #[serde(rename = "note")]
    _note: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Callers {
    One(String),
    Each(Vec<String>),
}

/// A part of a form.
#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(super) enum Part {
    Text(String),
    File {
        file: String,
        text: String,
        #[serde(rename = "type")]
        content_type: Option<String>,
    },
    Bytes {
        file: String,
        base64: String,
        #[serde(rename = "type")]
        content_type: Option<String>,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Forge {
    pub name: String,
    pub secret: String,
    pub header: Option<Value>,
    pub claims: Value,
}

impl Step {
    /// Returns who sends the step, one after the other.
    pub fn callers(&self) -> Vec<&str> {
        match &self.caller {
            None => vec!["admin"],
            Some(Callers::One(caller)) => vec![caller],
            Some(Callers::Each(callers)) => callers.iter().map(String::as_str).collect(),
        }
    }

    /// Whether several callers send the step.
    pub fn is_matrix(&self) -> bool {
        matches!(self.caller, Some(Callers::Each(_)))
    }

    fn check(&self) -> Result<()> {
        let is_single = self.save.is_empty() && self.instead.is_none() && self.sql.is_none();
        ensure!(
            !self.is_matrix() || is_single,
            "`save`, `instead` and `sql` belong to a step of one caller"
        );
        Ok(())
    }
}

/// A request and the response that is expected.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// `METHOD path?query`, with saved values as `{name}`.
    pub action: String,
    pub body: Option<Value>,
    pub response: Recorded,
    /// Whether the response was recorded as a whole.
    pub is_whole: bool,
}

#[derive(Debug)]
enum Line {
    /// A comment, or nothing.
    Comment(String),
    Step {
        text: String,
        step: Box<Step>,
        /// None where nothing was recorded.
        responses: Vec<Stored>,
    },
}

/// The parsed file of a scenario.
#[derive(Debug)]
pub struct Script {
    lines: Vec<Line>,
}

impl Script {
    /// Reads the file of a scenario.
    ///
    /// # Errors
    ///
    /// If it cannot be read or is malformed; the message has the line.
    pub fn open(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        Self::parse(&text).with_context(|| path.display().to_string())
    }

    fn parse(text: &str) -> Result<Self> {
        let mut lines = Vec::new();
        for (number, text) in (1..).zip(text.lines()) {
            let line = || format!("line {number}");
            if let Some(response) = text.strip_prefix(RESPONSE) {
                let stored = serde_json::from_str(response).with_context(line)?;
                match lines.last_mut() {
                    Some(Line::Step { responses, .. }) => responses.push(stored),
                    _ => anyhow::bail!("line {number}: a response follows a step"),
                }
            } else if text.trim().is_empty() || text.starts_with('#') {
                lines.push(Line::Comment(text.to_owned()));
            } else {
                let step: Step = serde_json::from_str(text).with_context(line)?;
                step.check().with_context(line)?;
                lines.push(Line::Step {
                    text: text.to_owned(),
                    step: Box::new(step),
                    responses: Vec::new(),
                });
            }
        }
        Ok(Self { lines })
    }

    /// Returns the name of the scenario whose rows this one uses: its comment
    /// `# rows: NAME`.
    pub fn shared_rows(&self) -> Option<&str> {
        self.lines.iter().find_map(|line| match line {
            Line::Comment(text) => text.strip_prefix("# rows: "),
            Line::Step { .. } => None,
        })
    }

    /// The lines of the file with the numbers that they have.
    fn numbered(&self) -> impl Iterator<Item = (usize, &Line)> {
        let mut next = 1;
        self.lines.iter().map(move |line| {
            let number = next;
            next += 1;
            if let Line::Step { responses, .. } = line {
                next += responses.len();
            }
            (number, line)
        })
    }

    pub(super) fn steps(&self) -> impl Iterator<Item = (usize, &Step)> {
        self.numbered().filter_map(|(number, line)| match line {
            Line::Step { step, .. } => Some((number, &**step)),
            Line::Comment(_) => None,
        })
    }

    /// Returns the recorded responses, in the order of steps and callers.
    pub fn recorded(&self) -> Vec<Recorded> {
        let mut recorded = Vec::new();
        for (number, line) in self.numbered() {
            let Line::Step {
                step, responses, ..
            } = line
            else {
                continue;
            };
            for caller in step.callers() {
                let of_caller = |stored: &&Stored| {
                    stored.callers.is_empty() || stored.callers.iter().any(|one| one == caller)
                };
                let Some(stored) = responses.iter().find(of_caller).cloned() else {
                    continue;
                };
                recorded.push(Recorded {
                    line: number,
                    caller: step.is_matrix().then(|| caller.to_owned()),
                    status: stored.status,
                    content_type: stored.content_type,
                    answer: stored.answer,
                    headers: stored.headers,
                });
            }
        }
        recorded
    }

    /// Returns the requests with the responses that Tanuki should give.
    pub fn exchanges(&self) -> Vec<Exchange> {
        let expected = self.expected();
        let mut exchanges = Vec::new();
        for (line, step) in self.steps() {
            let responses = expected.iter().filter(|response| response.line == line);
            for response in responses {
                exchanges.push(Exchange {
                    action: step.action.clone().unwrap_or_default(),
                    body: step.body.clone(),
                    response: response.clone(),
                    is_whole: step.only.is_none() && step.keep.is_none(),
                });
            }
        }
        exchanges
    }

    /// Returns the responses that Tanuki should give: the recorded ones, but
    /// where a step says `instead`, which stands alone for a step that only
    /// Tanuki knows.
    pub fn expected(&self) -> Vec<Recorded> {
        let mut recorded = self.recorded().into_iter().peekable();
        let mut expected = Vec::new();
        for (line, step) in self.steps() {
            let Some(instead) = step.instead.clone() else {
                while let Some(next) = recorded.next_if(|next| next.line == line) {
                    expected.push(next);
                }
                continue;
            };
            let before = recorded.next_if(|next| next.line == line);
            let before = before.unwrap_or_else(|| Recorded {
                line,
                caller: None,
                status: 200,
                content_type: "application/json".to_owned(),
                answer: Value::Null,
                headers: None,
            });
            expected.push(Recorded {
                status: instead.status.unwrap_or(before.status),
                content_type: instead.content_type.unwrap_or(before.content_type),
                answer: instead.answer.unwrap_or(before.answer),
                headers: instead.headers.or(before.headers),
                ..before
            });
        }
        expected
    }

    /// Puts responses beside their steps, in place of those that were there, or
    /// only to steps that have none. Returns how many steps got them.
    pub fn record(&mut self, responses: Vec<Recorded>, only_missing: bool) -> usize {
        let mut by_line: HashMap<usize, Vec<Recorded>> = HashMap::new();
        for response in responses {
            by_line.entry(response.line).or_default().push(response);
        }
        let numbers: Vec<usize> = self.numbered().map(|(number, _)| number).collect();
        let mut recorded = 0;
        for (line, number) in self.lines.iter_mut().zip(numbers) {
            let Line::Step {
                responses, step, ..
            } = line
            else {
                continue;
            };
            let is_own = step.instead.is_some();
            if only_missing && (!responses.is_empty() || is_own) {
                continue;
            }
            let Some(new) = by_line.remove(&number) else {
                continue;
            };
            *responses = grouped(new);
            recorded += 1;
        }
        recorded
    }

    /// Returns the text of the file.
    ///
    /// # Errors
    ///
    /// If a response cannot be serialized.
    pub fn to_text(&self) -> Result<String> {
        let mut out = String::new();
        for line in &self.lines {
            let (Line::Comment(text) | Line::Step { text, .. }) = line;
            writeln!(out, "{text}")?;
            if let Line::Step { responses, .. } = line {
                for response in responses {
                    writeln!(out, "{RESPONSE}{}", serde_json::to_string(response)?)?;
                }
            }
        }
        Ok(out)
    }
}

/// Responses of one step, with those that are the same once.
fn grouped(responses: Vec<Recorded>) -> Vec<Stored> {
    let mut grouped: Vec<(Vec<String>, Stored)> = Vec::new();
    for response in responses {
        let stored = Stored {
            callers: Vec::new(),
            status: response.status,
            content_type: response.content_type,
            answer: response.answer,
            headers: response.headers,
        };
        match grouped.iter_mut().find(|(_, known)| *known == stored) {
            Some((callers, _)) => callers.extend(response.caller),
            None => grouped.push((response.caller.into_iter().collect(), stored)),
        }
    }
    if let [(callers, _)] = &mut grouped[..] {
        callers.clear();
    }
    let with_callers = |(callers, stored)| Stored { callers, ..stored };
    grouped.into_iter().map(with_callers).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# rows: tasks\n\
        {\"do\": \"GET /a\", \"as\": [\"admin\", \"nobody\", \"{bot}\"]}\n\
        = {\"as\":[\"admin\",\"{bot}\"],\"status\":200,\"type\":\"text/html\",\"answer\":1}\n\
        = {\"as\":[\"nobody\"],\"status\":401,\"type\":\"text/html\",\"answer\":2}\n\
        {\"do\": \"GET /b\", \"instead\": {\"status\": 404}}\n\
        = {\"status\":200,\"type\":\"text/html\",\"answer\":3}\n\
        {\"do\": \"GET /c\"}\n";

    #[test]
    fn a_script_is_written_as_it_was_read() {
        let script = Script::parse(TEXT).unwrap();
        assert_eq!(script.to_text().unwrap(), TEXT);
        assert_eq!(script.shared_rows(), Some("tasks"));
    }

    #[test]
    fn each_caller_has_its_response() {
        let script = Script::parse(TEXT).unwrap();
        let of = |list: Vec<Recorded>| -> Vec<(usize, Option<String>, u16)> {
            let parts = list.into_iter();
            parts
                .map(|one| (one.line, one.caller, one.status))
                .collect()
        };
        let matrix = [
            (2, Some("admin".to_owned()), 200),
            (2, Some("nobody".to_owned()), 401),
            (2, Some("{bot}".to_owned()), 200),
        ];
        let recorded = [&matrix[..], &[(5, None, 200)]].concat();
        assert_eq!(of(script.recorded()), recorded);
        let expected = [&matrix[..], &[(5, None, 404)]].concat();
        assert_eq!(of(script.expected()), expected);
    }

    #[test]
    fn only_what_is_missing_is_recorded() {
        let mut script = Script::parse(TEXT).unwrap();
        let response = |line, caller: Option<&str>| Recorded {
            line,
            caller: caller.map(str::to_owned),
            status: 500,
            content_type: "text/html".to_owned(),
            answer: Value::Null,
            headers: None,
        };
        let played = [
            response(2, Some("admin")),
            response(2, Some("nobody")),
            response(2, Some("{bot}")),
            response(5, None),
            response(7, None),
        ];
        assert_eq!(script.record(played.to_vec(), true), 1);
        let added = "= {\"status\":500,\"type\":\"text/html\",\"answer\":null}\n";
        assert_eq!(script.to_text().unwrap(), format!("{TEXT}{added}"));
    }
}
