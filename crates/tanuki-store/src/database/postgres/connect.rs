//! The address of a PostgreSQL database, and connecting to it.

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{
    ClientWrapper, Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime,
};
use tokio_postgres::Config;
use tokio_postgres::config::Host;

use super::health::Health;
use super::tls::{self, Trust};
use super::{Postgres, Shared};
use crate::database::limiter::Limiter;
use crate::database::options::{Options, PostgresParts};
use crate::{Error, Result};

/// Maximum number of connections shared by short statements.
const SHARED: usize = 4;

/// How much longer than the server's statement time-out a result is awaited.
const GRACE: Duration = Duration::from_secs(5);

/// TCP keep-alive: idle time before the first probe, time between probes, and
/// how many may stay unanswered.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(15);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
const KEEPALIVE_RETRIES: u32 = 3;

/// The address of a PostgreSQL database, its login, and its TLS settings.
#[derive(Debug, Clone)]
pub struct Endpoint {
    config: Config,
    trust: Trust,
}

impl Endpoint {
    /// Parses what follows `postgresql://` in a URL.
    ///
    /// # Errors
    ///
    /// The reason, if the URL is malformed or its `sslmode` is not supported.
    pub fn parse(rest: &str) -> Result<Self, String> {
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut trust = Trust::Anybody;
        let mut kept = Vec::new();
        let mut certificates = None;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", "verify-full")) => {
                    trust = Trust::Authorities;
                    kept.push("sslmode=require");
                }
                Some(("sslmode", "allow" | "verify-ca")) => {
                    return Err("sslmode is disable, prefer, require or verify-full".into());
                }
                Some(("sslrootcert", path)) => certificates = Some(path.into()),
                _ => kept.push(pair),
            }
        }
        if let (Trust::Authorities, Some(path)) = (&trust, certificates) {
            trust = Trust::File(path);
        }
        let url = format!("postgresql://{place}?{}", kept.join("&"));
        let config = Config::from_str(&url).map_err(|error| match error.into_source() {
            Some(source) => source.to_string(),
            None => "it cannot be read".into(),
        })?;
        Ok(Self::new(config, trust))
    }

    pub fn of(parts: &PostgresParts<'_>) -> Self {
        let mut config = Config::new();
        config
            .host(parts.host)
            .port(parts.port)
            .user(parts.username)
            .password(parts.password)
            .dbname(parts.database);
        Self::new(config, Trust::Anybody)
    }

    fn new(mut config: Config, trust: Trust) -> Self {
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            config.host("localhost");
        }
        config
            .application_name("tanuki")
            .keepalives_idle(KEEPALIVE_IDLE)
            .keepalives_interval(KEEPALIVE_INTERVAL)
            .keepalives_retries(KEEPALIVE_RETRIES);
        Self { config, trust }
    }
}

impl std::fmt::Display for Endpoint {
    /// The address without user and password, safe to log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("postgresql://")?;
        match self.config.get_hosts().first() {
            Some(Host::Tcp(host)) => f.write_str(host)?,
            #[cfg(unix)]
            Some(Host::Unix(path)) => write!(f, "{}", path.display())?,
            None => {
                if let Some(address) = self.config.get_hostaddrs().first() {
                    write!(f, "{address}")?;
                }
            }
        }
        let port = self.config.get_ports().first().copied().unwrap_or(5432);
        write!(
            f,
            ":{port}/{}",
            self.config.get_dbname().unwrap_or_default()
        )
    }
}

impl Postgres {
    /// Opens one connection, to check that the database can be used; others are
    /// opened on demand.
    pub async fn connect(place: &Endpoint, options: &Options) -> Result<Self> {
        let most = usize::try_from(options.connections).unwrap_or(1).max(2);
        let shared = SHARED.min(most / 2);
        let settings: Arc<str> = settings(options).into();
        let pool = |size: usize| -> Result<Pool> {
            let how = ManagerConfig {
                recycling_method: RecyclingMethod::Fast,
            };
            let tls = tls::connector(&place.trust)?;
            let settings = Arc::clone(&settings);
            let settle = Hook::async_fn(move |client: &mut ClientWrapper, _| {
                let settings = Arc::clone(&settings);
                Box::pin(async move { settle(client, &settings).await })
            });
            Pool::builder(Manager::from_config(place.config.clone(), tls, how))
                .max_size(size)
                .wait_timeout(Some(options.connect))
                .create_timeout(Some(options.connect))
                .post_create(settle)
                .runtime(Runtime::Tokio1)
                .build()
                .map_err(|error| Error::Unavailable(error.to_string()))
        };
        let own = u32::try_from(most - shared).unwrap_or(u32::MAX);
        let postgres = Self {
            // Twice the size, because a lost connection may still be held by a
            // statement while its replacement is opened.
            opened: pool(shared * 2)?,
            shared: (0..shared).map(|_| Shared::default()).collect(),
            pool: pool(most - shared)?,
            limiter: Limiter::new(own, options.wait),
            health: Health::new(pool(1)?, options.connect),
            limit: options.statement.map(|statement| statement + GRACE),
        };
        postgres.client().await?;
        Ok(postgres)
    }
}

/// Settings of a new connection. JIT is off because PostgreSQL overestimates
/// queries for long lists, and compiling them takes longer than running them. A
/// prepared statement is planned once, not anew for the first five values:
/// planning a list of tasks with names takes as long as running it. Tables below
/// 64 MB are read by one process: starting workers for them, as PostgreSQL does
/// from 8 MB, costs more of the machine than it saves one request.
fn settings(options: &Options) -> String {
    let milliseconds = |limit: Option<Duration>| limit.unwrap_or_default().as_millis();
    format!(
        "SET jit = off; SET plan_cache_mode = force_generic_plan; SET min_parallel_table_scan_size = '64MB'; SET statement_timeout = {}; SET lock_timeout = {}",
        milliseconds(options.statement),
        milliseconds(options.lock)
    )
}

async fn settle(client: &ClientWrapper, settings: &str) -> Result<(), HookError> {
    let told = client.batch_execute(settings).await;
    told.map_err(HookError::Backend)
}
