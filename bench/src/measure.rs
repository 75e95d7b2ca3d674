//! One case on one server.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use tanuki_testkit::{ADMIN_EMAIL, ADMIN_PASSWORD};

use crate::cases::{Case, Work};
use crate::client::{Connection, Request, Run, load};
use crate::servers::Server;
use crate::studio::Facts;

/// Clients at once, of light requests and of the busier writes.
pub const CLIENTS: usize = 16;

/// How often a heavy answer is asked for in one turn.
const HEAVY: usize = 5;

/// What came out.
#[derive(Debug, Clone)]
pub enum Outcome {
    Rate(Rate),
    Heavy {
        median: Duration,
        bytes: usize,
    },
    /// With one writer and with sixteen.
    Writes {
        alone: Rate,
        many: Rate,
    },
    /// The server does not have the route yet.
    Missing,
    /// It answered something else than it should.
    Failed(u16),
}

/// Requests over a while.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    pub per_second: f64,
    pub p50: Duration,
    pub p99: Duration,
}

impl From<Run> for Rate {
    fn from(run: Run) -> Self {
        Self {
            per_second: run.per_second(),
            p50: run.quantile(0.5),
            p99: run.quantile(0.99),
        }
    }
}

impl Outcome {
    /// Larger is faster; of several turns the one in the middle counts.
    pub fn speed(&self) -> f64 {
        match self {
            Self::Rate(rate) => rate.per_second,
            Self::Heavy { median, .. } => 1.0 / median.as_secs_f64().max(1e-9),
            Self::Writes { many, .. } => many.per_second,
            Self::Missing | Self::Failed(_) => 0.0,
        }
    }
}

/// Measures a case for about so long. `turn` tells one round from another, so
/// that each writes something else.
pub async fn measure(
    case: &Case,
    server: &Server,
    its: &Facts,
    (turn, duration): (usize, Duration),
) -> Result<Outcome> {
    let mut connection = Connection::open(server.address()).await?;
    let token = server.token.clone();
    let first = match case.work {
        Work::Light(path) | Work::Heavy { path, .. } => Request::get(&path(its), &token),
        Work::Turns(paths) => Request::get(&paths(its).swap_remove(0), &token),
        Work::Write(request) => request(its, &token, turn * 100_000),
        Work::Search(texts) => search(texts, 0, &token),
        Work::Login => login(),
    };
    // Sixteen times over, so that every worker and connection is warm.
    for _ in 0..CLIENTS {
        match connection.send(&first).await?.status {
            200..=299 => {}
            404 => return Ok(Outcome::Missing),
            status => return Ok(Outcome::Failed(status)),
        }
        if matches!(case.work, Work::Heavy { .. } | Work::Login) {
            break;
        }
    }
    let address = server.address();
    Ok(match case.work {
        Work::Light(_) => {
            let run = load(address, CLIENTS, duration, move |_| first.clone());
            Outcome::Rate(run.await?.into())
        }
        Work::Turns(paths) => {
            let paths = paths(its);
            let requests: Vec<Request> = paths
                .iter()
                .map(|path| Request::get(path, &token))
                .collect();
            for request in &requests {
                connection.send(request).await?;
            }
            let next = move |number: usize| requests[number % requests.len()].clone();
            Outcome::Rate(load(address, CLIENTS, duration, next).await?.into())
        }
        Work::Search(texts) => {
            let next = move |number| search(texts, number, &token);
            Outcome::Rate(load(address, 1, duration, next).await?.into())
        }
        Work::Login => Outcome::Rate(load(address, 1, duration, |_| login()).await?.into()),
        Work::Write(request) => {
            let its = its.clone();
            let start = turn * 100_000 + 1;
            let next = move |number| request(&its, &token, start + number);
            let alone: Rate = load(address, 1, duration / 2, next.clone()).await?.into();
            let next = move |number| next(20_000 + number);
            let many = load(address, CLIENTS, duration, next).await?.into();
            Outcome::Writes { alone, many }
        }
        Work::Heavy { .. } => {
            let mut answers = Vec::with_capacity(HEAVY);
            for _ in 0..HEAVY {
                answers.push(connection.send(&first).await?);
            }
            answers.sort_by_key(|answer| answer.time);
            let middle = answers[HEAVY / 2];
            Outcome::Heavy {
                median: middle.time,
                bytes: middle.bytes,
            }
        }
    })
}

/// A search as the web client sends it, for one text after the other.
fn search(texts: &[&str], number: usize, token: &str) -> Request {
    let text = texts.get(number % texts.len().max(1)).unwrap_or(&"");
    let indexes = ["assets", "shots", "persons"];
    let body = json!({"query": text, "limit": 6, "offset": 0, "index_names": indexes});
    Request::new("POST", "/data/search", token, Some(&body))
}

fn login() -> Request {
    let body = json!({"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD});
    Request::new("POST", "/auth/login", "", Some(&body))
}

/// Asks for every heavy answer over sixteen connections, for a while each.
pub async fn heavy_load(
    cases: &[&Case],
    server: &Server,
    its: &Facts,
    duration: Duration,
) -> Result<()> {
    for case in cases {
        if let Work::Heavy { path, .. } = case.work {
            let request = Request::get(&path(its), &server.token);
            let answer = Connection::open(server.address())
                .await?
                .send(&request)
                .await?;
            if answer.status == 200 {
                load(server.address(), CLIENTS, duration, move |_| {
                    request.clone()
                })
                .await?;
            }
        }
    }
    Ok(())
}
