//! Setting up the core for a command.

use std::sync::Arc;

use anyhow::Result;
use tanuki_core::Core;
use tanuki_domain::{Clock, SystemClock};
use tanuki_store::database::Options;
use tanuki_store::{Database, migrate};

use crate::cli::GlobalArgs;
use crate::config::Config;
use crate::output;

/// Returns the system clock, which every command uses.
pub fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// Connects to the database, runs migrations, and creates the core.
pub async fn studio(config: &Config, options: Options) -> Result<Core> {
    let clock = clock();
    let database = Database::connect_when_up(&config.target, options).await?;
    migrate::prepare(&database, clock.as_ref()).await?;
    let files = config.files.clone();
    Ok(Core::new(database, files, config.settings.clone(), clock)?)
}

/// Runs a command with the core, without time limits on statements, and closes
/// the database afterwards.
pub async fn with_studio(
    place: &GlobalArgs,
    command: impl AsyncFnOnce(&Config, &Core) -> Result<()>,
) -> Result<()> {
    let config = Config::load(place)?;
    for warning in &config.warnings {
        output::aside(format_args!("warning: {warning}"));
    }
    let core = studio(&config, config.pool.clone().without_limits()).await?;
    let outcome = command(&config, &core).await;
    core.database().close().await;
    outcome
}
