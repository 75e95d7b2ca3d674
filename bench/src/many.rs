//! `--many`: the web clients of 500 artists who begin their day within a minute,
//! and a restart under load. Writes `docs/benchmarks-many.md`.
//!
//! What a client asks for is what the web client asks for when an artist opens
//! it, looks at their tasks, opens the board of their production and comments
//! on a task.

mod report;
mod restart;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use indicatif::ProgressBar;
use serde_json::json;
use tanuki_testkit::postgres::Cluster;
use tokio::task::JoinSet;

use crate::Bench;
use crate::client::{Connection, Request, Upload};
use crate::fanout;
use crate::files;
use crate::servers::{Kind, Server, log_in};
use crate::studio::{PASSWORD, Studio};
use restart::Restart;

/// Artists, and how long it takes until the last of them has arrived.
const ARTISTS: usize = 500;
const ARRIVING: Duration = Duration::from_secs(60);

/// Who works in the studio: artists, and those who lead them.
pub const PEOPLE: u32 = 600;

/// Pictures of tasks that each client shows.
const PICTURES: usize = 20;

/// How often the memory of a server is looked at.
const LOOKING: Duration = Duration::from_millis(250);

/// What the clients of one server came to.
#[derive(Debug)]
struct Morning {
    kind: Kind,
    /// How long each answer took, shortest first.
    answers: Vec<Duration>,
    /// How long each client took from its first request to its last answer.
    clients: Vec<Duration>,
    /// Answers with a status of 400 or more.
    refused: usize,
    /// Requests whose connection broke off, or that were not answered in time.
    lost: usize,
    /// Events that all clients have heard.
    events: usize,
    /// The most memory of the server's processes, in bytes.
    memory: u64,
    restart: Restart,
    /// After the restart under load: from its start to the first answer.
    first_answer: Duration,
}

/// Somebody who works on a task.
#[derive(Debug, Clone)]
struct Artist {
    id: String,
    email: String,
    task: String,
}

/// What is counted while clients run.
#[derive(Debug, Default)]
struct Counts {
    refused: AtomicUsize,
    lost: AtomicUsize,
    events: AtomicUsize,
}

/// What the clients of one server have in common.
#[derive(Debug)]
struct Site {
    address: SocketAddr,
    events: SocketAddr,
    project: String,
    status: String,
    /// Ids of previews with thumbnails.
    previews: Vec<String>,
    counts: Counts,
}

/// Measures each server after the other, and writes the report.
pub async fn measure(mut bench: Bench) -> Result<()> {
    let artists = artists(&bench.cluster, &bench.studio)?;
    let picture = picture(&bench.tanuki.folder)?;
    let machine = bench.machine()?;
    let mut mornings = Vec::with_capacity(bench.servers.len());
    for server in &mut bench.servers {
        let kind = server.kind;
        eprintln!("{}: {ARTISTS} web clients …", kind.name());
        let morning = morning(server, &bench.studio, &artists, &picture);
        mornings.push(morning.await.with_context(|| kind.name())?);
    }
    let report = report::markdown(&machine, &mornings);
    print!("{report}");
    std::fs::write(bench.docs.join("benchmarks-many.md"), report)?;
    Ok(())
}

/// Artists of the large production, with a task each.
fn artists(cluster: &Cluster, studio: &Studio) -> Result<Vec<Artist>> {
    let listed = cluster.psql(
        &studio.database,
        &format!(
            "select p.id, p.email, min(t.id::text) from person p \
             join task_person_link l on l.person_id = p.id join task t on t.id = l.task_id \
             where p.role = 'user' and not p.is_bot and t.project_id = '{}' \
             group by p.id, p.email order by p.email limit {ARTISTS}",
            studio.facts.project
        ),
    )?;
    let artist = |line: &str| {
        let mut parts = line.split('|').map(str::to_owned);
        Some(Artist {
            id: parts.next()?,
            email: parts.next()?,
            task: parts.next()?,
        })
    };
    let artists: Vec<Artist> = listed.lines().filter_map(artist).collect();
    ensure!(artists.len() == ARTISTS, "{} artists", artists.len());
    Ok(artists)
}

/// Makes a picture of a frame.
fn picture(folder: &Path) -> Result<PathBuf> {
    let file = folder.join("frame.png");
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-y", "-f", "lavfi", "-i"]);
    command.args(["mandelbrot=s=1280x720", "-frames:v", "1"]);
    files::run(command.arg(&file))?;
    Ok(file)
}

async fn morning(
    server: &mut Server,
    studio: &Studio,
    artists: &[Artist],
    picture: &Path,
) -> Result<Morning> {
    let mut previews = Vec::with_capacity(PICTURES);
    for _ in 0..PICTURES {
        let id = files::new_preview(server, studio).await?;
        let path = format!("/pictures/preview-files/{id}?no_job=true");
        let upload = Upload::form(&path, &server.token, picture)?;
        let mut connection = Connection::open(server.address()).await?;
        let answer = connection.upload(&upload).await?;
        ensure!(answer.status < 300, "an upload: {}", answer.status);
        previews.push(id);
    }
    let mut tokens = Vec::with_capacity(artists.len());
    for artist in artists {
        tokens.push(log_in(server.address(), &artist.email, PASSWORD).await?);
    }
    // The server remembers nothing of what came before.
    server.restart().await?;
    let site = Arc::new(Site {
        address: server.address(),
        events: server.events,
        project: studio.facts.project.clone(),
        status: studio.facts.status.clone(),
        previews,
        counts: Counts::default(),
    });
    let mut running = JoinSet::new();
    for ((number, artist), token) in (0..).zip(artists).zip(tokens) {
        let (site, artist) = (Arc::clone(&site), artist.clone());
        let after = ARRIVING * number / u32::try_from(ARTISTS)?;
        running.spawn(async move {
            tokio::time::sleep(after).await;
            begin_day(&site, &artist, &token).await
        });
    }
    let (answers, clients, memory) = finish(server, running).await?;
    let restart = restart::measure(server, studio).await?;
    let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
    Ok(Morning {
        kind: server.kind,
        answers,
        clients,
        refused: count(&site.counts.refused),
        lost: count(&site.counts.lost),
        events: count(&site.counts.events),
        memory,
        restart,
        first_answer: server.process.first_answer,
    })
}

/// What one client came to.
struct Day {
    answers: Vec<Duration>,
    whole: Duration,
    /// The connection to the event stream, which stays open meanwhile.
    listening: Option<tokio::task::JoinHandle<()>>,
}

/// Waits for all clients; returns how long their answers and they themselves
/// took, shortest first, and the most memory that the server had.
async fn finish(
    server: &Server,
    mut running: JoinSet<Day>,
) -> Result<(Vec<Duration>, Vec<Duration>, u64)> {
    let progress = ProgressBar::new(u64::try_from(running.len())?);
    let (mut answers, mut clients, mut memory) = (Vec::new(), Vec::new(), 0);
    let mut days = Vec::with_capacity(running.len());
    let mut looking = tokio::time::interval(LOOKING);
    loop {
        tokio::select! {
            ended = running.join_next() => {
                let Some(day) = ended else { break };
                days.push(day?);
                progress.inc(1);
            }
            _ = looking.tick() => memory = memory.max(server.memory()),
        }
    }
    progress.finish_and_clear();
    for day in &days {
        answers.extend_from_slice(&day.answers);
        clients.push(day.whole);
        if let Some(listening) = &day.listening {
            listening.abort();
        }
    }
    answers.sort_unstable();
    clients.sort_unstable();
    Ok((answers, clients, memory))
}

/// Asks for what a web client asks for, one after the other.
async fn begin_day(site: &Arc<Site>, artist: &Artist, token: &str) -> Day {
    let begun = Instant::now();
    let mut answers = Vec::with_capacity(64);
    let mut connection = None;
    for request in first_page(token) {
        answers.extend(site.ask(&mut connection, &request).await);
    }
    let counting = Arc::clone(site);
    let count = move |_: &str| {
        counting.counts.events.fetch_add(1, Ordering::Relaxed);
    };
    let listening = fanout::listen(site.events, token, count).await;
    if listening.is_err() {
        site.counts.lost.fetch_add(1, Ordering::Relaxed);
    }
    for request in site.pages(artist, token) {
        answers.extend(site.ask(&mut connection, &request).await);
    }
    Day {
        answers,
        whole: begun.elapsed(),
        listening: listening.ok(),
    }
}

/// What the web client asks for before it shows anything.
fn first_page(token: &str) -> [Request; 4] {
    [
        "/config",
        "/auth/authenticated",
        "/data/user/context",
        "/data/organisations",
    ]
    .map(|path| Request::get(path, token))
}

impl Site {
    /// What the pages of an artist ask for.
    fn pages(&self, artist: &Artist, token: &str) -> Vec<Request> {
        let Artist { id, task, .. } = artist;
        let project = &self.project;
        let mut paths = vec![
            "/data/user/tasks".to_owned(),
            "/data/user/time-spents/2025-11-26".to_owned(),
            format!("/data/persons/{id}/day-offs"),
            "/data/user/done-tasks".to_owned(),
        ];
        let thumbnails = self.previews.iter();
        paths.extend(thumbnails.map(|id| format!("/pictures/thumbnails/preview-files/{id}.png")));
        paths.extend([
            format!("/data/tasks/{task}/full"),
            format!("/data/tasks/{task}/comments"),
            format!("/data/sequences/with-tasks?project_id={project}"),
            format!("/data/shots/with-tasks?project_id={project}"),
        ]);
        let mut requests: Vec<Request> =
            paths.iter().map(|path| Request::get(path, token)).collect();
        let comment = json!({"task_status_id": self.status, "comment": "Begun."});
        let path = format!("/actions/tasks/{task}/comment");
        requests.push(Request::new("POST", &path, token, Some(&comment)));
        requests
    }

    /// Sends a request over a connection, which is opened if there is none.
    /// Returns how long the answer took; `None` if it was an error or there was none.
    async fn ask(
        &self,
        connection: &mut Option<Connection>,
        request: &Request,
    ) -> Option<Duration> {
        let begun = Instant::now();
        let sent = async {
            let open = match connection.take() {
                Some(open) => open,
                None => Connection::open(self.address).await?,
            };
            let answer = connection.insert(open).send(request).await?;
            anyhow::Ok(answer.status)
        };
        match sent.await {
            Ok(status) if status < 400 => Some(begun.elapsed()),
            Ok(_) => {
                self.counts.refused.fetch_add(1, Ordering::Relaxed);
                None
            }
            Err(_) => {
                *connection = None;
                self.counts.lost.fetch_add(1, Ordering::Relaxed);
                None
            }
        }
    }
}
