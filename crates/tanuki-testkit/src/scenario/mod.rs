//! Scenarios: requests in JSON lines, and the responses that Zou gave.
//!
//! A step has these keys:
//!
//! | key | meaning |
//! |---|---|
//! | `do` | method and path; `{name}` is a saved value, here and in all below |
//! | `as` | `admin` (default), `nobody`, `mail:ADDRESS` (password `mypassword`), or `{token}` |
//! | `body` | JSON body |
//! | `raw`, `type` | literal body and its content type |
//! | `form` | multipart form: strings, and files as `{"file": NAME, "text": BYTES, "type": TYPE}` |
//! | `headers`, `cookies` | sent as they are |
//! | `save` | name → dotted path into the response, or `header:` and its name in lower case |
//! | `unordered` | lists of the response are compared as sets |
//! | `only` | dotted paths that are compared instead of the whole response |
//! | `keep` | headers that are compared |
//! | `forge` | signs a token and saves it; nothing is sent, whatever `do` says |
//! | `instead` | where Tanuki differs intentionally; documented in `docs/differences.md` |
//! | `besides` | names of rows, or keys, that only Tanuki's lists have, intentionally |
//! | `sql` | SQL that adds the rows that only Zou has after a step, intentionally |
//! | `sets` | name → value, saved when `sql` is run |
//! | `note` | why the step is there |
//!
//! Responses are compared after ids, times, tokens, today and tomorrow have
//! been replaced by labels, in the order in which they appear.

mod compare;
mod labels;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use regex_lite::{Captures, Regex};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::Sha256;

use crate::http::{Request, Response};

use crate::{ADMIN_EMAIL, ADMIN_PASSWORD};
pub use compare::{differences, key_orders};
use labels::Labels;

/// The normalized response to a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// The line of the scenario, from 1.
    pub line: usize,
    pub status: u16,
    #[serde(rename = "type")]
    pub content_type: String,
    pub answer: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headers: Option<BTreeMap<String, Vec<String>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Step {
    #[serde(rename = "do")]
    action: Option<String>,
    #[serde(rename = "as")]
    who: Option<String>,
    body: Option<Value>,
    raw: Option<String>,
    #[serde(rename = "type")]
    content_type: Option<String>,
    form: Option<BTreeMap<String, Part>>,
    headers: BTreeMap<String, String>,
    cookies: BTreeMap<String, String>,
    save: BTreeMap<String, String>,
    unordered: bool,
    only: Option<Vec<String>>,
    keep: Option<Vec<String>>,
    forge: Option<Forge>,
    #[serde(rename = "instead")]
    _instead: Option<Value>,
    besides: Vec<String>,
    sql: Option<String>,
    sets: BTreeMap<String, Value>,
    /// For readers of the scenario.
    #[serde(rename = "note")]
    _note: Option<String>,
}

/// A part of a multipart form.
#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Part {
    Text(String),
    File {
        file: String,
        text: String,
        #[serde(rename = "type")]
        content_type: Option<String>,
    },
}

#[derive(Debug, Deserialize)]
struct Forge {
    name: String,
    secret: String,
    header: Option<Value>,
    claims: Value,
}

/// Sends every step of a scenario to a server and returns the responses.
pub fn play(url: &str, scenario: &str) -> Result<Vec<Recorded>> {
    play_on(url, scenario, None)
}

/// Runs SQL on the database of the server under test.
pub type RunSql<'a> = &'a dyn Fn(&str) -> Result<()>;

/// Like [`play`], and runs the SQL of the steps, which is only meant for
/// Tanuki's database.
pub fn play_on(url: &str, scenario: &str, run: Option<RunSql<'_>>) -> Result<Vec<Recorded>> {
    let mut player = Player::new(url)?;
    let mut answers = Vec::new();
    for (line, text) in (1..).zip(scenario.lines()) {
        if text.trim().is_empty() || text.starts_with('#') {
            continue;
        }
        let step: Step =
            serde_json::from_str(text).with_context(|| format!("line {line} of the scenario"))?;
        if let Some(recorded) = player
            .step(line, &step)
            .with_context(|| format!("line {line}: {text}"))?
        {
            answers.push(recorded);
        }
        if let (Some(run), Some(sql)) = (run, &step.sql) {
            run(&player.filled_text(sql)).with_context(|| format!("line {line}: {sql}"))?;
            player.saved.extend(step.sets);
        }
    }
    Ok(answers)
}

/// Reads the recorded responses of a scenario, from `*.answers.jsonl`.
pub fn recorded(path: &Path) -> Result<Vec<Recorded>> {
    let path = path.with_extension("answers.jsonl");
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    text.lines()
        .map(|line| Ok(serde_json::from_str(line)?))
        .collect()
}

/// Returns the expected responses of Tanuki: the recorded ones, with the
/// `instead` of each step.
pub fn expected(path: &Path) -> Result<Vec<Recorded>> {
    let scenario = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let lines: Vec<&str> = scenario.lines().collect();
    let mut answers = recorded(path)?;
    for answer in &mut answers {
        let step: Value = serde_json::from_str(lines[answer.line - 1])?;
        let Some(instead) = step.get("instead").and_then(Value::as_object) else {
            continue;
        };
        let mut whole = serde_json::to_value(&*answer)?;
        if let Some(whole) = whole.as_object_mut() {
            whole.extend(instead.clone());
        }
        *answer = serde_json::from_value(whole)?;
    }
    Ok(answers)
}

struct Player {
    url: String,
    saved: BTreeMap<String, Value>,
    tokens: BTreeMap<String, String>,
    labels: Labels,
    name: Regex,
    now: Regex,
}

impl Player {
    fn new(url: &str) -> Result<Self> {
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            saved: BTreeMap::new(),
            tokens: BTreeMap::new(),
            labels: Labels::new(url)?,
            name: Regex::new(r"\{(\w+)\}")?,
            now: Regex::new(r"^\{now([+-]\d+)\}$")?,
        })
    }

    fn step(&mut self, line: usize, step: &Step) -> Result<Option<Recorded>> {
        if let Some(forge) = &step.forge {
            let token = self.forge(forge)?;
            self.saved.insert(forge.name.clone(), token.into());
            return Ok(None);
        }
        let request = self.request(step)?;
        let answer = request.send(&self.url)?;
        let content_type = answer
            .header("content-type")
            .and_then(|value| value.split(';').next())
            .unwrap_or_default()
            .to_owned();
        let mut body = body(&answer, &content_type);
        for (name, path) in &step.save {
            let value = match path.strip_prefix("header:") {
                Some(header) => answer.header(header).into(),
                None => dig(&body, path).cloned().unwrap_or_default(),
            };
            self.saved.insert(name.clone(), value);
        }
        let besides: Vec<String> = step
            .besides
            .iter()
            .map(|name| self.filled_text(name))
            .collect();
        leave_out(&mut body, &besides);
        if let Some(paths) = &step.only {
            let picked: Option<Map<String, Value>> = paths
                .iter()
                .map(|path| Some((path.clone(), dig(&body, path)?.clone())))
                .collect();
            body = picked.map_or_else(|| serde_json::json!({"ONLY-FAILED": body}), Value::Object);
        }
        let headers = step.keep.as_ref().map(|names| {
            names
                .iter()
                .map(|name| (name.clone(), self.labels.headers(&answer, name)))
                .collect()
        });
        Ok(Some(Recorded {
            line,
            status: answer.status,
            content_type,
            answer: self.labels.normalized(&body, step.unordered),
            headers,
        }))
    }

    fn request(&mut self, step: &Step) -> Result<Request> {
        let action = step.action.as_deref().context("a step needs `do`")?;
        let action = self.filled_text(action);
        let (method, path) = action.split_once(' ').context("`do` is METHOD PATH")?;
        let mut request = Request::new(method, path)
            .header("Accept", "application/json")
            .header("User-Agent", "Python-urllib/3.11");
        if let Some(body) = &step.body {
            request = request.json(&self.filled(body));
        }
        if let Some(raw) = &step.raw {
            request = request.body(self.filled_text(raw).into_bytes());
            if let Some(content_type) = &step.content_type {
                request = request.header("Content-Type", content_type);
            }
        }
        if let Some(form) = &step.form {
            request = request
                .header("Content-Type", "multipart/form-data; boundary=scenario")
                .body(self.multipart(form).into_bytes());
        }
        if !step.cookies.is_empty() {
            let pairs: Vec<String> = step
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={}", self.filled_text(value)))
                .collect();
            request = request.header("Cookie", &pairs.join("; "));
        }
        if let Some(token) = self.token(step.who.as_deref().unwrap_or("admin"))? {
            request = request.bearer(&token);
        }
        for (name, value) in &step.headers {
            request = request.header(name, &self.filled_text(value));
        }
        Ok(request)
    }

    fn multipart(&self, form: &BTreeMap<String, Part>) -> String {
        let mut text = String::new();
        for (name, part) in form {
            text.push_str("--scenario\r\nContent-Disposition: form-data; name=\"");
            text.push_str(name);
            let value = match part {
                Part::Text(value) => {
                    text.push_str("\"\r\n\r\n");
                    value
                }
                Part::File {
                    file,
                    text: value,
                    content_type,
                } => {
                    text.push_str(&format!("\"; filename=\"{file}\"\r\n"));
                    if let Some(content_type) = content_type {
                        text.push_str(&format!("Content-Type: {content_type}\r\n"));
                    }
                    text.push_str("\r\n");
                    value
                }
            };
            text.push_str(&self.filled_text(value));
            text.push_str("\r\n");
        }
        text.push_str("--scenario--\r\n");
        text
    }

    fn token(&mut self, who: &str) -> Result<Option<String>> {
        let (email, password) = match who {
            "nobody" => return Ok(None),
            "admin" => (ADMIN_EMAIL, ADMIN_PASSWORD),
            _ => match who.strip_prefix("mail:") {
                Some(email) => (email, "mypassword"),
                None => return Ok(Some(self.filled_text(who))),
            },
        };
        if let Some(token) = self.tokens.get(who) {
            return Ok(Some(token.clone()));
        }
        let login = serde_json::json!({"email": email, "password": password});
        let answer = Request::post("/auth/login").json(&login).send(&self.url)?;
        let body = answer.json();
        let Some(token) = body["access_token"].as_str() else {
            bail!("login of {who}: {} {}", answer.status, answer.text());
        };
        self.tokens.insert(who.to_owned(), token.to_owned());
        Ok(Some(token.to_owned()))
    }

    fn forge(&self, forge: &Forge) -> Result<String> {
        let header = forge
            .header
            .clone()
            .unwrap_or_else(|| serde_json::json!({"alg": "HS256", "typ": "JWT"}));
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(self.filled(&forge.claims).to_string())
        );
        if header["alg"] == "none" {
            return Ok(format!("{signed}."));
        }
        let mut mac = Hmac::<Sha256>::new_from_slice(forge.secret.as_bytes())?;
        mac.update(signed.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        Ok(format!("{signed}.{signature}"))
    }

    /// Replaces the names in a value by the saved values.
    fn filled(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => {
                if let Some(offset) = self.now.captures(text) {
                    return (now() + offset[1].parse::<i64>().unwrap_or_default()).into();
                }
                let whole = text
                    .strip_prefix('{')
                    .and_then(|text| text.strip_suffix('}'));
                match whole.and_then(|name| self.saved.get(name)) {
                    Some(saved) => saved.clone(),
                    None => self.filled_text(text).into(),
                }
            }
            Value::Array(items) => items.iter().map(|item| self.filled(item)).collect(),
            Value::Object(fields) => fields
                .iter()
                .map(|(key, value)| (key.clone(), self.filled(value)))
                .collect::<Map<_, _>>()
                .into(),
            other => other.clone(),
        }
    }

    fn filled_text(&self, text: &str) -> String {
        self.name
            .replace_all(text, |found: &Captures<'_>| {
                match self.saved.get(&found[1]) {
                    Some(Value::String(text)) => text.clone(),
                    Some(Value::Null) => "None".to_owned(),
                    Some(value) => value.to_string(),
                    None => found[0].to_owned(),
                }
            })
            .into_owned()
    }
}

/// Removes rows of these names from a list, a page or the rows of a board, and
/// these keys from an object.
fn leave_out(body: &mut Value, names: &[String]) {
    let is_left_out = |value: &Value| {
        value
            .as_str()
            .is_some_and(|text| names.iter().any(|name| name == text))
    };
    match body {
        Value::Array(rows) => rows.retain(|row| match row {
            Value::Object(row) => !row.get("name").is_some_and(is_left_out),
            Value::Array(cells) => !cells.iter().any(is_left_out),
            _ => true,
        }),
        Value::Object(fields) => {
            fields.retain(|key, _| !names.contains(key));
            for list in ["data", "rows"] {
                if let Some(rows @ Value::Array(_)) = fields.get_mut(list) {
                    leave_out(rows, names);
                }
            }
        }
        _ => {}
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a scenario's tokens are forged for the server's own time"
)]
fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

fn body(answer: &Response, content_type: &str) -> Value {
    if content_type == "application/x-ndjson" {
        let lines = answer.body.split_inclusive(|byte| *byte == b'\n');
        return lines
            .map(|line| serde_json::from_slice::<Value>(line).unwrap_or_default())
            .collect();
    }
    match serde_json::from_slice(&answer.body) {
        Ok(json) => json,
        Err(_) if content_type.starts_with("text/") => answer.text().into(),
        Err(_) => format!("<{} bytes>", answer.body.len()).into(),
    }
}

fn dig<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, key| match value {
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        Value::Object(fields) => fields.get(key),
        _ => None,
    })
}
