//! Sends the steps of a scenario.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac as _};
use regex_lite::{Captures, Regex};
use serde_json::{Map, Value};
use sha2::Sha256;

use super::labels::Labels;
use super::script::{Forge, Part, Recorded, Step};
use super::{Played, RunSql, Script};
use crate::http::{Request, Response};
use crate::{ADMIN_EMAIL, ADMIN_PASSWORD};

/// Sends every step of a scenario to a server, in its order.
///
/// # Errors
///
/// If a step cannot be sent, or its SQL fails.
pub fn play(script: &Script, url: &str, run: Option<RunSql<'_>>) -> Result<Vec<Played>> {
    let mut player = Player::new(url)?;
    let mut played = Vec::new();
    for (line, step) in script.steps() {
        for caller in step.callers() {
            let sent = player.step(line, step, caller);
            let sent = sent.with_context(|| format!("line {line}, as {caller}"))?;
            played.extend(sent);
        }
        if let (Some(run), Some(sql)) = (run, &step.sql) {
            run(&player.filled_text(sql)).with_context(|| format!("line {line}: {sql}"))?;
            player.saved.extend(step.sets.clone());
        }
    }
    Ok(played)
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

    fn step(&mut self, line: usize, step: &Step, caller: &str) -> Result<Option<Played>> {
        if let Some(forge) = &step.forge {
            let token = self.forge(forge)?;
            self.saved.insert(forge.name.clone(), token.into());
            return Ok(None);
        }
        let request = self.request(step, caller)?;
        let answer = request.send(&self.url)?;
        let content_type = answer
            .header("content-type")
            .and_then(|value| value.split(';').next())
            .unwrap_or_default()
            .to_owned();
        let mut body = body(&answer, &content_type);
        let mut unsaved = Vec::new();
        for (name, path) in &step.save {
            let value = match path.strip_prefix("header:") {
                Some(header) => answer.header(header).map(Value::from),
                None => dig(&body, path).cloned(),
            };
            if value.is_none() {
                unsaved.push(name.clone());
            }
            self.saved.insert(name.clone(), value.unwrap_or_default());
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
        Ok(Some(Played {
            recorded: Recorded {
                line,
                caller: step.is_matrix().then(|| caller.to_owned()),
                status: answer.status,
                content_type,
                answer: self.labels.normalized(&body, step.unordered),
                headers,
            },
            request: request.to_string(),
            unsaved,
        }))
    }

    fn request(&mut self, step: &Step, caller: &str) -> Result<Request> {
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
                .body(self.multipart(form)?);
        }
        if !step.cookies.is_empty() {
            let pairs: Vec<String> = step
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={}", self.filled_text(value)))
                .collect();
            request = request.header("Cookie", &pairs.join("; "));
        }
        if let Some(token) = self.token(caller)? {
            request = request.bearer(&token);
        }
        for (name, value) in &step.headers {
            request = request.header(name, &self.filled_text(value));
        }
        Ok(request)
    }

    fn multipart(&self, form: &BTreeMap<String, Part>) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        for (name, part) in form {
            let mut head = format!("--scenario\r\nContent-Disposition: form-data; name=\"{name}\"");
            let (file, content_type, value) = match part {
                Part::Text(text) => (None, &None, self.filled_text(text).into_bytes()),
                Part::File {
                    file,
                    text,
                    content_type,
                } => (
                    Some(file),
                    content_type,
                    self.filled_text(text).into_bytes(),
                ),
                Part::Bytes {
                    file,
                    base64,
                    content_type,
                } => (Some(file), content_type, STANDARD.decode(base64)?),
            };
            if let Some(file) = file {
                head.push_str(&format!("; filename=\"{file}\""));
            }
            head.push_str("\r\n");
            if let Some(content_type) = content_type {
                head.push_str(&format!("Content-Type: {content_type}\r\n"));
            }
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(b"\r\n");
            body.extend_from_slice(&value);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--scenario--\r\n");
        Ok(body)
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

    /// A value with saved ones in place of their names.
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

/// Takes rows of these names out of a list, out of a page or out of the rows of
/// a board, and these keys out of an object.
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
