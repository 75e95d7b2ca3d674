//! Settings of the database.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use tanuki_store::database::{Options, PostgresParts, Target};

use super::Vars;
use crate::cli::GlobalArgs;

/// The file name of the SQLite database in the data folder.
const FILE: &str = "tanuki.sqlite";

/// Any of these variables selects PostgreSQL, as in Zou.
const DB_VARIABLES: [&str; 5] = [
    "DB_HOST",
    "DB_PORT",
    "DB_USERNAME",
    "DB_PASSWORD",
    "DB_DATABASE",
];

/// The default time-outs of a request's statements, and of waiting for a lock.
const STATEMENT: Duration = Duration::from_secs(60);
const LOCK: Duration = Duration::from_secs(5);

/// The default time for which a server that is starting retries to connect to
/// PostgreSQL.
const START: Duration = Duration::from_secs(30);

/// The minimum for time-outs that cannot be turned off.
const SHORTEST: Duration = Duration::from_secs(1);

/// Returns the database: `--database-url`, `DATABASE_URL`, the `DB_*`
/// variables, or else SQLite in the data folder.
pub(super) fn target(vars: &Vars, place: &GlobalArgs, data: &Path) -> Result<Target> {
    if let Some(url) = place.database_url.as_deref().or(vars.get("DATABASE_URL")) {
        return Ok(url.parse()?);
    }
    if DB_VARIABLES.iter().any(|name| vars.get(name).is_some()) {
        return Ok(Target::postgres(&PostgresParts {
            host: &vars.text("DB_HOST", "localhost"),
            port: vars.number("DB_PORT", 5432)?,
            username: &vars.text("DB_USERNAME", "postgres"),
            password: &vars.text("DB_PASSWORD", "mysecretpassword"),
            database: &vars.text("DB_DATABASE", "zoudb"),
        }));
    }
    Ok(Target::Sqlite(data.join(FILE)))
}

/// Returns the settings of the connection pool. `DB_STATEMENT_TIMEOUT=0` turns
/// off the limit on statements.
pub(super) fn pool(vars: &Vars) -> Result<Options> {
    let default = Options::default();
    let connections: u32 = vars.number("DB_POOL_SIZE", default.connections)?;
    let seconds = |name, default: Duration| {
        let seconds = vars.number(name, default.as_secs())?;
        anyhow::Ok(Duration::from_secs(seconds))
    };
    Ok(Options {
        connections: connections.max(1),
        wait: seconds("DB_POOL_TIMEOUT", default.wait)?.max(SHORTEST),
        connect: seconds("DB_CONNECT_TIMEOUT", default.connect)?.max(SHORTEST),
        start: seconds("DB_START_TIMEOUT", START)?,
        statement: Some(seconds("DB_STATEMENT_TIMEOUT", STATEMENT)?)
            .filter(|limit| !limit.is_zero()),
        lock: Some(seconds("DB_LOCK_TIMEOUT", LOCK)?.max(SHORTEST)),
        spool: (
            vars.get("TMP_DIR").map_or(default.spool.0, |folder| {
                Path::new(folder).join("tanuki-spool")
            }),
            vars.number("TANUKI_SPOOL_SIZE", default.spool.1)?,
        ),
    })
}
