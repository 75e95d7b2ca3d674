//! The server's configuration, from all sources.

mod auth;
mod chat;
mod client;
mod connections;
mod database;
mod files;
mod films;
mod ldap;
mod mail;
mod secret;
mod single_sign_on;
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

/// The configuration of a command.
#[derive(Debug)]
pub struct Config {
    pub target: Target,
    /// Whether the secret key was generated and is stored in the data folder,
    /// rather than set by `SECRET_KEY`.
    pub key_is_own: bool,
    pub pool: Options,
    pub connections: Connections,
    pub settings: Settings,
    pub files: Files,
    /// `WEB_DIR`: the folder of a built Kitsu that is served at `/`.
    pub web_dir: Option<PathBuf>,
    /// `MAX_CONTENT_LENGTH`: the maximum size of a request body, in bytes.
    pub max_body: u64,
    /// `MAX_UPLOADS_PER_PERSON` and `MAX_UPLOADS`: the maximum number of bytes
    /// that are being uploaded at once.
    pub uploads: Bound,
    /// Warnings for the administrator, a sentence each.
    pub warnings: Vec<String>,
}

const DEFAULT_DATA: &str = "data";
const DEFAULT_LISTEN: &str = "127.0.0.1:8000";

impl Config {
    /// Loads the configuration, and creates the data folder if it does not
    /// exist.
    pub fn load(place: &GlobalArgs) -> Result<Self> {
        let vars = Vars::load(place)?;
        let data = data_folder(&vars, place);
        let target = database::target(&vars, place, &data)?;
        secret::prepare_folder(&data)?;
        let secret_key = secret::key(&vars, &data)?;
        let mut warnings = secret::warnings(&secret_key);
        warnings.extend(client::warnings(&vars)?);
        let listen = vars.text("TANUKI_LISTEN", DEFAULT_LISTEN);
        let max_body = vars.number("MAX_CONTENT_LENGTH", 10 * 1024 * 1024 * 1024)?;
        let config = Self {
            target,
            key_is_own: vars.get("SECRET_KEY").is_none(),
            pool: database::pool(&vars)?,
            connections: connections::from_vars(&vars)?,
            settings: Settings {
                auth: auth::from_vars(&vars, secret_key)?,
                oidc: single_sign_on::oidc(&vars)?,
                saml: single_sign_on::saml(&vars)?,
                ldap: ldap::from_vars(&vars)?,
                studio: studio::from_vars(&vars, &listen)?,
                mail: mail::from_vars(&vars)?,
                chat: chat::from_vars(&vars),
                client: client::from_vars(&vars)?,
                files: files::from_vars(&vars)?,
                films: films::from_vars(&vars)?,
            },
            files: files::storage(&vars, &data)?,
            web_dir: vars.get("WEB_DIR").map(PathBuf::from),
            max_body,
            uploads: uploads(&vars, max_body)?,
            warnings,
        };
        let more = ldap::warnings(&config.settings).into_iter();
        let more = more.chain(vars.unknown());
        Ok(Self {
            warnings: config.warnings.into_iter().chain(more).collect(),
            ..config
        })
    }

    /// Returns the location of the database, for a command that needs nothing
    /// else; creates nothing.
    pub fn database(place: &GlobalArgs) -> Result<Target> {
        let vars = Vars::load(place)?;
        database::target(&vars, place, &data_folder(&vars, place))
    }
}

/// Returns the storage that an argument of the command line names: `folder:PATH`,
/// `s3`, or `env:FILE`.
pub fn named_storage(place: &GlobalArgs, name: &str) -> Result<Files> {
    let vars = Vars::load(place)?;
    let data = data_folder(&vars, place);
    if let Some(path) = name.strip_prefix("folder:") {
        return Ok(Files::in_folder(
            path.into(),
            vars.text("FS_BUCKET_PREFIX", ""),
        ));
    }
    if name == "s3" {
        return files::in_s3(&vars, &files::folder(&vars, &data));
    }
    if let Some(path) = name.strip_prefix("env:") {
        return files::storage(&Vars::of_env_file(path.as_ref())?, &data);
    }
    anyhow::bail!("`{name}` is no store: it must be folder:PATH, s3 or env:FILE")
}

/// Returns the limits on uploads. By default one person may upload one file of
/// the maximum size at a time, and four people at once.
fn uploads(vars: &Vars, max_body: u64) -> Result<Bound> {
    let per_person = vars.number("MAX_UPLOADS_PER_PERSON", max_body)?;
    let in_all = vars.number("MAX_UPLOADS", max_body.saturating_mul(4))?;
    Ok(Bound { per_person, in_all })
}

/// Returns the data folder: `--data`, `TANUKI_DATA`, or `./data`.
fn data_folder(vars: &Vars, place: &GlobalArgs) -> PathBuf {
    match &place.data {
        Some(data) => data.clone(),
        None => PathBuf::from(vars.text("TANUKI_DATA", DEFAULT_DATA)),
    }
}

/// Returns the address to listen on: the flag, `TANUKI_LISTEN`, or port 8000 of
/// localhost.
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
