//! `tanuki serve`.

use std::io::{ErrorKind, IsTerminal as _};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::http::{HeaderName, HeaderValue, Method, header};
use tanuki_api::{Api, InFlight};
use tanuki_core::Core;
use tanuki_store::database::Target;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tower_http::cors::CorsLayer;
use tracing_subscriber::EnvFilter;

use crate::app::App;
use crate::cli::{GlobalArgs, Serve};
use crate::config::{self, Config};
use crate::web_client::WebClient;
use crate::{http, open, output};

/// Serves until SIGTERM or SIGINT, then shuts down gracefully.
pub async fn serve(place: &GlobalArgs, flags: &Serve) -> Result<()> {
    start_log();
    let address = config::listen(place, flags.listen.as_deref())?;
    let config = Config::load(place)?;
    let bounds = bounds(&config);
    let web_dir = flags.web_dir.as_deref().or(config.web_dir.as_deref());
    let web_client = web_dir.map(WebClient::open).transpose()?;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))?;
    let address = listener.local_addr()?;
    prepare_storage(&config).await?;
    let core = open::studio(&config, config.pool.clone()).await?;
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let (server, live) = tanuki_api::listen(application(&core, &config), core.clone());
    let app = App {
        server,
        web_client: web_client.map(|client| tanuki_api::finish(client.into_router(), core.clone())),
    };
    let sending = tokio::spawn(live.clone().run());
    let sweeping = tokio::spawn(keep_swept(core.clone()));
    let stop_jobs = CancellationToken::new();
    let jobs = tokio::spawn(run_jobs(core.clone(), stop_jobs.clone()));
    greet(&core, &config, (address, web_dir)).await?;
    let stop = async {
        told_to_stop().await;
        live.stop();
    };
    let limits = (bounds, config.connections.timeouts);
    http::serve(listener, app, limits, stop).await;
    stop_jobs.cancel();
    finish_background(&core).await;
    if let Err(error) = jobs.await {
        tracing::error!(%error, "the workers of the job queue failed");
    }
    sending.abort();
    sweeping.abort();
    core.database().close().await;
    Ok(())
}

/// Looks for ffmpeg, which takes half a second, then runs the job queue. Nobody
/// waits for it: the server answers meanwhile.
async fn run_jobs(core: Core, stop: CancellationToken) {
    let prepared = stop.run_until_cancelled(core.files().prepare_films());
    if let Some(Err(error)) = prepared.await {
        tracing::error!(%error, "films that waited for ffmpeg are not encoded at once");
    }
    core.run_jobs(stop).await;
}

/// Checks the storage of files. One that cannot be reached may be back soon: the
/// rest of the studio can work meanwhile.
async fn prepare_storage(config: &Config) -> Result<()> {
    match config.files.prepare().await {
        Err(error) if matches!(error.kind(), ErrorKind::NotConnected | ErrorKind::TimedOut) => {
            tracing::error!(%error, "the storage of files cannot be reached");
            Ok(())
        }
        outcome => outcome.context("the storage of files cannot be used"),
    }
}

/// Returns the limits on connections, for the number of file descriptors that
/// the process may have.
fn bounds(config: &Config) -> http::Bounds {
    let limit = http::raise_limit();
    let room = http::room_for_connections(limit, config.pool.connections);
    http::Bounds {
        connections: config.connections.most.map_or(room, |most| most.min(room)),
        waiting_per_address: config.connections.waiting_per_address,
    }
}

/// How long background tasks (writes whose client disconnected) may take after the server has stopped listening.
const BACKGROUND_TIMEOUT: Duration = Duration::from_secs(30);

async fn finish_background(core: &Core) {
    let tasks = core.background();
    tasks.close();
    if tokio::time::timeout(BACKGROUND_TIMEOUT, tasks.wait())
        .await
        .is_err()
    {
        tracing::warn!(left = tasks.len(), "stopped with writes still running");
    }
}

/// The interval at which files of deleted rows are removed.
const SWEEPING: Duration = Duration::from_secs(5 * 60);

async fn keep_swept(core: Core) {
    let mut again = tokio::time::interval(SWEEPING);
    loop {
        again.tick().await;
        if let Err(error) = core.shares().sweep_films().await {
            tracing::warn!(%error, "copies of films for links cannot be looked after");
        }
        if let Err(error) = core.files().sweep_files().await {
            tracing::warn!(%error, "files of what was deleted cannot be looked after");
        }
    }
}

fn application(core: &Core, config: &Config) -> Router {
    let api = Api {
        core: core.clone(),
        max_body: config.max_body,
        in_flight: InFlight::new(config.uploads),
    };
    let console = tanuki_console::router(core.clone());
    let mut app = tanuki_api::finish(tanuki_api::router(api).merge(console), core.clone());
    let origins = &config.settings.studio.allowed_origins;
    if !origins.is_empty() {
        app = app.layer(cors(origins));
    }
    app
}

/// CORS: allows pages of these origins to use the API with cookies.
fn cors(origins: &[String]) -> CorsLayer {
    let origins: Vec<HeaderValue> = origins
        .iter()
        .filter_map(|origin| HeaderValue::from_str(origin).ok())
        .collect();
    let usual = [header::AUTHORIZATION, header::CONTENT_TYPE, header::ACCEPT];
    let headers = usual.into_iter().chain(tanuki_api::UPLOAD_REQUEST_HEADERS);
    let headers: Vec<HeaderName> = headers.collect();
    CorsLayer::new()
        .allow_origin(origins)
        .allow_credentials(true)
        .allow_headers(headers)
        .expose_headers(tanuki_api::UPLOAD_RESPONSE_HEADERS)
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
}

/// Prints the server's address, the location of its data, and the next step.
async fn greet(
    core: &Core,
    config: &Config,
    (address, web_dir): (SocketAddr, Option<&Path>),
) -> Result<()> {
    let place = match &config.target {
        Target::Sqlite(path) => format!("{} (SQLite)", path.display()),
        Target::Postgres(_) => config.target.to_string(),
    };
    output::line(format_args!(
        "Tanuki {} listens on http://{address}",
        env!("CARGO_PKG_VERSION")
    ));
    output::line(format_args!("  data:  {place}"));
    if let Some(folder) = web_dir {
        output::line(format_args!("  web:   {}", folder.display()));
    }
    if core.setup().needs_setup().await? {
        let secret = core.setup().issue_link().await?;
        output::line("  next:  create the first admin at");
        output::line(format_args!(
            "         http://{address}/console/setup?token={secret}"
        ));
        output::line("         (the link works once, for a day), or with");
        output::line("         tanuki create-admin EMAIL --password PASSWORD");
    } else {
        let page = if web_dir.is_some() { "" } else { "/console" };
        output::line(format_args!(
            "  next:  open http://{address}{page}, or point gazu at http://{address}/api"
        ));
    }
    Ok(())
}

fn start_log() {
    let filter = EnvFilter::try_from_env("TANUKI_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
}

async fn told_to_stop() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::warn!(%error, "SIGTERM cannot be listened to");
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        () = terminated => {}
        interrupted = tokio::signal::ctrl_c() => {
            if let Err(error) = interrupted {
                tracing::warn!(%error, "SIGINT cannot be listened to");
            }
        }
    }
}
