//! Opening the studio for a command.

use std::sync::Arc;

use anyhow::Result;
use tanuki_core::Core;
use tanuki_domain::{Clock, SystemClock};
use tanuki_store::{Database, migrate};

use crate::cli::Place;
use crate::config::Config;

/// The clock of every command.
pub fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// Connects to the database, makes it ready, and opens the studio on it.
pub async fn studio(config: &Config) -> Result<Core> {
    let clock = clock();
    let database = Database::connect(&config.target, config.pool).await?;
    migrate::prepare(&database, clock.as_ref()).await?;
    Ok(Core::new(database, config.settings.clone(), clock)?)
}

/// Like [`studio`], for a command that reads its configuration itself.
pub async fn studio_at(place: &Place) -> Result<(Config, Core)> {
    let config = Config::load(place)?;
    let core = studio(&config).await?;
    Ok((config, core))
}
