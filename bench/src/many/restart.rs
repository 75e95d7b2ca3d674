//! A restart while clients ask.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::client::{Connection, Request};
use crate::servers::Server;
use crate::studio::Studio;

/// Clients that ask, and how long before and after the restart.
pub const CLIENTS: usize = 50;
const BEFORE: Duration = Duration::from_secs(3);
const AFTER: Duration = Duration::from_secs(3);

/// When a client whose request failed asks again.
const AGAIN: Duration = Duration::from_millis(20);

/// What clients notice of a restart.
#[derive(Debug)]
pub struct Restart {
    /// Answers that were an error or broke off. Requests on a connection that
    /// the server closes without an answer are sent again, as browsers do.
    pub failed: usize,
    /// The longest time in which nobody was answered.
    pub silence: Duration,
}

/// What clients have noticed until now.
#[derive(Debug)]
struct Noticed {
    last_answer: Mutex<Instant>,
    silence: Mutex<Duration>,
    failed: AtomicUsize,
    ends: AtomicBool,
}

/// Restarts a server that answers [`CLIENTS`] clients, who ask again when they
/// are not answered.
pub async fn measure(server: &mut Server, studio: &Studio) -> Result<Restart> {
    let path = format!("/data/tasks/{}", studio.facts.task);
    let request = Request::get(&path, &server.token);
    let noticed = Arc::new(Noticed {
        last_answer: Mutex::new(Instant::now()),
        silence: Mutex::new(Duration::ZERO),
        failed: AtomicUsize::new(0),
        ends: AtomicBool::new(false),
    });
    let mut running = JoinSet::new();
    for _ in 0..CLIENTS {
        let (noticed, request) = (Arc::clone(&noticed), request.clone());
        let address = server.address();
        running.spawn(async move {
            while !noticed.ends.load(Ordering::Relaxed) {
                if let Ok(mut connection) = Connection::open(address).await {
                    noticed.ask_until_it_fails(&mut connection, &request).await;
                }
                tokio::time::sleep(AGAIN).await;
            }
        });
    }
    tokio::time::sleep(BEFORE).await;
    server.process.restart().await?;
    tokio::time::sleep(AFTER).await;
    noticed.ends.store(true, Ordering::Relaxed);
    while let Some(ended) = running.join_next().await {
        ended?;
    }
    let silence = *noticed.silence.lock().await;
    Ok(Restart {
        failed: noticed.failed.load(Ordering::Relaxed),
        silence,
    })
}

impl Noticed {
    /// Asks over a connection until a request fails or all clients end.
    async fn ask_until_it_fails(&self, connection: &mut Connection, request: &Request) {
        while !self.ends.load(Ordering::Relaxed) {
            match connection.send(request).await {
                Ok(answer) if answer.status < 400 => self.answered().await,
                Ok(_) => {
                    self.failed.fetch_add(1, Ordering::Relaxed);
                    return;
                }
                Err(_) => {
                    if connection.broke_off() {
                        self.failed.fetch_add(1, Ordering::Relaxed);
                    }
                    return;
                }
            }
        }
    }

    async fn answered(&self) {
        let now = Instant::now();
        let mut last = self.last_answer.lock().await;
        let mut silence = self.silence.lock().await;
        *silence = silence.max(now.duration_since(*last));
        *last = now;
    }
}
