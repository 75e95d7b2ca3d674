//! The server's configuration, from all the places where it can stand.

mod auth;
mod client;
mod connections;
mod database;
mod files;
mod mail;
mod secret;
mod studio;
mod vars;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use tanuki_api::Bound;
use tanuki_core::Settings;
use tanuki_files::Files;
use tanuki_store::database::{Options, Target};

use crate::cli::GlobalArgs;
pub use connections::Connections;
pub use vars::Vars;

/// Everything that a command needs to know to start.
#[derive(Debug)]
pub struct Config {
    pub target: Target,
    /// The secret key is not set but made and kept in the data folder.
    pub key_is_own: bool,
    pub pool: Options,
    pub connections: Connections,
    pub settings: Settings,
    pub files: Files,
    /// `MAX_CONTENT_LENGTH`, bytes.
    pub max_body: u64,
    /// `MAX_UPLOADS_PER_PERSON` and `MAX_UPLOADS`, bytes that are coming in at
    /// once.
    pub uploads: Bound,
    /// Things that the administrator should know, a sentence each.
    pub warnings: Vec<String>,
}

const DEFAULT_DATA: &str = "data";
const DEFAULT_LISTEN: &str = "127.0.0.1:8000";

impl Config {
    /// Reads the configuration and makes the data folder ready.
    pub fn load(place: &GlobalArgs) -> Result<Self> {
        let vars = Vars::load(place)?;
        let data = data_folder(&vars, place);
        let target = database::target(&vars, place, &data)?;
        secret::prepare_folder(&data)?;
        let secret_key = secret::key(&vars, &data)?;
        let mut warnings = secret::warnings(&secret_key);
        warnings.extend(client::warnings(&vars)?);
        warnings.extend(files::warnings(&vars));
        let listen = vars.text("TANUKI_LISTEN", DEFAULT_LISTEN);
        let max_body = vars.number("MAX_CONTENT_LENGTH", 10 * 1024 * 1024 * 1024)?;
        let config = Self {
            target,
            key_is_own: vars.get("SECRET_KEY").is_none(),
            pool: database::pool(&vars)?,
            connections: connections::from_vars(&vars)?,
            settings: Settings {
                auth: auth::from_vars(&vars, secret_key)?,
                studio: studio::from_vars(&vars, &listen)?,
                mail: mail::from_vars(&vars)?,
                client: client::from_vars(&vars)?,
                files: files::from_vars(&vars)?,
            },
            files: files::folder(&vars, &data),
            max_body,
            uploads: uploads(&vars, max_body)?,
            warnings,
        };
        let unknown = vars.unknown();
        Ok(Self {
            warnings: config.warnings.into_iter().chain(unknown).collect(),
            ..config
        })
    }

    /// Where the database is, for a command that needs nothing else and
    /// creates nothing.
    pub fn database(place: &GlobalArgs) -> Result<Target> {
        let vars = Vars::load(place)?;
        database::target(&vars, place, &data_folder(&vars, place))
    }
}

/// By default one person may send one file of the largest size at a time, and
/// four people at once.
fn uploads(vars: &Vars, max_body: u64) -> Result<Bound> {
    let per_person = vars.number("MAX_UPLOADS_PER_PERSON", max_body)?;
    let in_all = vars.number("MAX_UPLOADS", max_body.saturating_mul(4))?;
    Ok(Bound { per_person, in_all })
}

fn data_folder(vars: &Vars, place: &GlobalArgs) -> PathBuf {
    match &place.data {
        Some(data) => data.clone(),
        None => PathBuf::from(vars.text("TANUKI_DATA", DEFAULT_DATA)),
    }
}

/// Where to listen: the flag, `TANUKI_LISTEN`, or port 8000 of this machine.
pub fn listen(place: &GlobalArgs, flag: Option<&str>) -> Result<SocketAddr> {
    let vars = Vars::load(place)?;
    let text = match flag {
        Some(text) => text.to_owned(),
        None => vars.text("TANUKI_LISTEN", DEFAULT_LISTEN),
    };
    text.parse().with_context(|| {
        format!("cannot listen on `{text}`: it must be an address and a port, as 127.0.0.1:8000")
    })
}
