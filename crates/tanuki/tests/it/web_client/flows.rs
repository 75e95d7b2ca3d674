//! Every request that an unmodified Kitsu made in 64 flows of a studio's day,
//! sent in its order with ids of rows that the test makes.
//!
//! `flows.txt` has the requests as they were recorded with Zou: method, path,
//! status, and the keys and types of the body; a file comes before the request
//! for it that the client sent at the same moment. `answers.jsonl` has the keys and
//! types of the answer to each call, as an admin got it or, with `"as"`, an
//! artist. Zou answered the search with 500, without its index; we have 200.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};
use tanuki_testkit::http::{Request, Response};
use tanuki_testkit::{ADMIN_EMAIL, Backend};

use super::bodies;
use super::day::{Day, Ids};
use super::shape::Comparison;
use crate::on_both;
use crate::second_factors::App;
use crate::studio::id;

on_both! { the_web_client_gets_the_recorded_answers }

const FLOWS: &str = include_str!("flows.txt");
const ANSWERS: &str = include_str!("answers.jsonl");

/// The flows that an artist goes through; the others are an admin's.
const OF_AN_ARTIST: [&str; 5] = [
    "my tasks, as an artist",
    "timesheets: log time, see it",
    "a day off",
    "profile: name, language, avatar, password",
    "two factors (TOTP)",
];

/// The flows that would take something away from the others.
const WITH_A_PRODUCTION_OF_THEIR_OWN: [&str; 4] = [
    "team",
    "production settings",
    "comment: reply, edit, acknowledge, pin, delete",
    DELETION,
];

/// The flow whose person chooses a film.
const WITH_A_FILM: &str = "publish a movie, play it";

/// Only a closed production can be deleted.
const DELETION: &str = "delete a production";

pub(super) const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0";

/// A recorded request.
#[derive(Debug)]
pub(super) struct Call {
    pub method: &'static str,
    /// With `{id}` in place of ids.
    pub path: &'static str,
    pub query: Option<&'static str>,
    pub status: u16,
    /// Keys and types, or `multipart`.
    pub body: Option<&'static str>,
}

impl Call {
    fn parse(line: &'static str) -> Self {
        let mut parts = line.splitn(4, ' ');
        let mut next = || parts.next().unwrap();
        let (method, target, status) = (next(), next(), next());
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        Self {
            method,
            path,
            query,
            status: status.parse().unwrap(),
            body: parts.next(),
        }
    }

    /// The call in `answers.jsonl`.
    fn name(&self) -> String {
        format!("{} {} {}", self.method, self.path, self.status)
    }
}

/// The recorded answer to a call.
struct Answer {
    content_type: String,
    /// Null if it is no JSON.
    shape: Value,
    is_an_artists: bool,
}

fn answers() -> HashMap<String, Answer> {
    let parse = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let name = format!("{} {}", line["call"].as_str().unwrap(), line["status"]);
        let answer = Answer {
            content_type: line["type"].as_str().unwrap().to_owned(),
            shape: line["answer"].clone(),
            is_an_artists: line["as"] == "artist",
        };
        (name, answer)
    };
    ANSWERS.lines().map(parse).collect()
}

fn flows() -> Vec<(&'static str, Vec<Call>)> {
    let mut flows: Vec<(&str, Vec<Call>)> = Vec::new();
    for line in FLOWS.lines() {
        match line.strip_prefix("# ") {
            Some(name) => flows.push((name, Vec::new())),
            None => flows.last_mut().unwrap().1.push(Call::parse(line)),
        }
    }
    flows
}

fn the_web_client_gets_the_recorded_answers(backend: Backend) {
    let Some(mut day) = Day::begin(backend) else {
        return;
    };
    let answers = answers();
    let mut comparison = Comparison::default();
    let mut faults: BTreeMap<String, String> = BTreeMap::new();
    for (flow, calls) in flows() {
        let ids = day.ids.clone();
        if WITH_A_PRODUCTION_OF_THEIR_OWN.contains(&flow) {
            day.make_production();
        }
        if flow == DELETION {
            day.close_production();
        }
        let mut page = Page::open(&day, OF_AN_ARTIST.contains(&flow));
        if flow == WITH_A_FILM {
            page.file = bodies::FILM;
        }
        for call in calls {
            let answer = page.send(&call);
            if let Some(fault) = page.fault(&answers, &mut comparison, (&call, &answer)) {
                let told = faults.entry(call.name());
                told.or_insert_with(|| format!("{flow}: {fault}"));
            }
            page.note(&call, &answer);
        }
        day.ids = ids;
    }
    for (call, at) in comparison.never_filled() {
        let told = faults.entry(call.clone());
        told.or_insert_with(|| format!("the list at `{at}` never had an item"));
    }
    let faults: Vec<String> = faults
        .iter()
        .map(|(name, fault)| format!("{name}: {fault}"))
        .collect();
    assert!(faults.is_empty(), "not as recorded:\n{}", faults.join("\n"));
}

/// A browser with the web client open, during one flow.
struct Page<'a> {
    day: &'a Day,
    is_an_artists: bool,
    /// The person who is logged in.
    person: Value,
    cookies: BTreeMap<String, String>,
    ids: Ids,
    /// What is chosen where a file is wanted.
    file: bodies::File,
    /// The person's authenticator app, and the code that it shows.
    app: Option<App>,
    code: String,
}

impl<'a> Page<'a> {
    /// A page of an artist or the admin, who is logged in.
    fn open(day: &'a Day, is_an_artists: bool) -> Self {
        let mut page = Self {
            day,
            is_an_artists,
            person: json!({"email": if is_an_artists { &day.artist } else { ADMIN_EMAIL }}),
            cookies: BTreeMap::new(),
            ids: day.ids.clone(),
            file: bodies::PICTURE,
            app: None,
            code: String::new(),
        };
        let login = Call::parse(r#"POST /auth/login 200 {"email":"string","password":"string"}"#);
        let answer = page.send(&login);
        assert_eq!(answer.status, 200, "{}", answer.text());
        page.note(&login, &answer);
        page.person = body_of(&answer)["user"].clone();
        if is_an_artists {
            page.ids.set("persons", id(&page.person));
        }
        page
    }

    fn send(&self, call: &Call) -> Response {
        let mut path = format!("/api{}", self.ids.fill_path(call.path));
        if let Some(query) = call.query {
            path = format!("{path}?{}", self.ids.fill_query(call.path, query));
        }
        let mut request = Request::new(call.method, &path)
            .header("User-Agent", BROWSER)
            .header("Accept-Encoding", "gzip, deflate, br, zstd")
            .header("Origin", &self.day.server().url)
            .header("Sec-Fetch-Site", "same-origin");
        // A player asks for parts.
        if call.status == 206 {
            request = request.header("Range", "bytes=0-");
        }
        // Who is not logged in gets 401.
        if call.status != 401 {
            let cookies: Vec<String> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            request = request.header("Cookie", &cookies.join("; "));
        }
        let request = match call.body {
            None => request,
            Some("multipart") => bodies::form(request, call, &self.ids, self.file),
            Some(body) => {
                let keys: Value = serde_json::from_str(body).unwrap();
                let mut body = bodies::fill(call, &keys, &self.ids, &self.person);
                if let Some(code) = body.get_mut("totp") {
                    *code = self.code.as_str().into();
                }
                request.json(&body)
            }
        };
        self.day.server().send(&request)
    }

    /// Compares an answer with what is recorded of the call.
    fn fault(
        &self,
        answers: &HashMap<String, Answer>,
        comparison: &mut Comparison,
        (call, answer): (&Call, &Response),
    ) -> Option<String> {
        if answer.status != call.status {
            let text = answer.text();
            let begin: String = text.chars().take(300).collect();
            return Some(format!("{} {begin}", answer.status));
        }
        let recorded = answers.get(&call.name())?;
        let content_type = answer.header("content-type").unwrap_or_default();
        if !content_type.starts_with(&recorded.content_type) {
            return Some(format!("is {content_type}, not {}", recorded.content_type));
        }
        if recorded.shape.is_null() || recorded.is_an_artists != self.is_an_artists {
            return None;
        }
        comparison.difference(&call.name(), &recorded.shape, &body_of(answer))
    }

    /// Keeps cookies, codes, and the ids of rows that were made.
    fn note(&mut self, call: &Call, answer: &Response) {
        for (name, value) in &answer.headers {
            if name == "set-cookie"
                && let Some((name, rest)) = value.split_once('=')
            {
                let value = rest.split(';').next().unwrap_or_default();
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        self.cookies.retain(|_, value| !value.is_empty());
        if let Some(secret) = body_of(answer)["otp_secret"].as_str() {
            self.app = Some(App::new(secret));
        }
        // Each code works once; after the deletion there is no app.
        let body = call.body.unwrap_or_default();
        let is_used = self.code.is_empty() || body.contains("totp");
        if call.method == "DELETE" {
            self.app = None;
        }
        if let Some(app) = self.app.as_mut().filter(|_| is_used) {
            self.code = app.next_code();
        }
        match call.method {
            "POST" if answer.status < 300 => self.ids.note(&body_of(answer)),
            "DELETE" => self.ids.forget(call.path, &self.day.ids),
            _ => {}
        }
    }
}

/// The JSON of an answer; null if it has none.
fn body_of(answer: &Response) -> Value {
    let plain = crate::compression::decompressed(answer);
    serde_json::from_slice(&plain).unwrap_or_default()
}
