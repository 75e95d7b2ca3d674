//! A client of LDAP directories, OpenLDAP and others like it, and Active
//! Directory: checks passwords, and reads people. Knows no accounts and no
//! database.
//!
//! The protocol is written here, since it needs few of its messages: no answer
//! of a server decides how much is kept, how long is waited or how deep a call
//! goes.

mod active_directory;
mod ber;
mod connection;
mod dn;
mod groups;
mod message;
mod people;
mod search;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use tanuki_https::{Authorities, client_config, is_own_name};
use tokio::sync::Semaphore;

use connection::{Connection, refusal, within};
use message::code;

pub use people::{DirectoryPerson, Photo, Photos};

/// How many passwords are checked at the same time; others wait.
const MAX_LOGINS: usize = 16;

/// The longest password that is sent, in bytes.
const MAX_PASSWORD: usize = 1024;

/// How a directory is asked. The field comments give the names of the
/// variables.
#[derive(Clone)]
pub struct Settings {
    /// `LDAP_HOST`, a name or an IP address.
    pub host: String,
    /// `LDAP_PORT`.
    pub port: u16,
    /// `LDAP_SSL`, `LDAP_STARTTLS`.
    pub security: Security,
    /// `LDAP_CA_FILE`: a PEM file of authorities to trust besides those that
    /// browsers trust.
    pub ca_file: Option<PathBuf>,
    /// `LDAP_ALLOW_PLAIN`: passwords may go to Active Directory in clear.
    pub allows_plain: bool,
    /// `LDAP_TIMEOUT`: how long an answer may take.
    pub timeout: Duration,
    /// `LDAP_IS_AD`, `LDAP_IS_AD_SIMPLE`.
    pub kind: Kind,
    /// `LDAP_BASE_DN`: the entry below which people are.
    pub base_dn: String,
    /// `LDAP_DOMAIN`: the domain that logins to Active Directory are of.
    pub domain: String,
    /// `LDAP_GROUP`: only its members are read; empty: everybody.
    pub group: String,
    /// `LDAP_USER` and `LDAP_PASSWORD`: who reads people.
    pub user: String,
    pub password: String,
    /// `EMAIL_DOMAIN`: the domain of preferred addresses, and of people without
    /// one.
    pub email_domain: String,
    /// `LDAP_REQUIRE_STATUS`: people without `organizationalStatus` are not
    /// active.
    pub requires_status: bool,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("security", &self.security)
            .field("kind", &self.kind)
            .field("base_dn", &self.base_dn)
            .finish_non_exhaustive()
    }
}

impl Default for Settings {
    /// Zou's defaults.
    fn default() -> Self {
        Self {
            host: "127.0.0.1".into(),
            port: 389,
            security: Security::Plain,
            ca_file: None,
            allows_plain: false,
            timeout: Duration::from_secs(10),
            kind: Kind::Standard,
            base_dn: "cn=Users,dc=zou,dc=local".into(),
            domain: "zou.local".into(),
            group: String::new(),
            user: String::new(),
            password: String::new(),
            email_domain: "studio.local".into(),
            requires_status: false,
        }
    }
}

/// How a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Not at all.
    Plain,
    /// From a request of the client on; nothing else is sent before.
    StartTls,
    /// From the beginning.
    Tls,
}

/// What people are called in a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// OpenLDAP and others like it: `uid`.
    Standard,
    /// Active Directory: `sAMAccountName` of a domain.
    ActiveDirectory,
    /// Active Directory: `cn` below the base.
    ActiveDirectoryNames,
}

impl Kind {
    fn is_active_directory(self) -> bool {
        self != Self::Standard
    }
}

/// What a directory says of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Right,
    Wrong,
    /// The account is not let in, for a reason that is no secret to administrators.
    /// Whether the password is right is not known.
    Refused(&'static str),
}

/// Why a directory could not be asked. The reason holds no passwords.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    reason: String,
}

impl Failure {
    fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Failure {}

/// A directory.
#[derive(Debug)]
pub struct Directory {
    settings: Settings,
    tls: Arc<ClientConfig>,
    logins: Semaphore,
}

impl Directory {
    /// Configures the client; connects to nothing yet.
    ///
    /// # Errors
    /// A message for the administrator if the file of authorities cannot be
    /// read, or passwords would go to Active Directory in clear and nobody has
    /// allowed that.
    pub fn new(settings: Settings) -> Result<Self, String> {
        let is_refused = settings.kind.is_active_directory() && !settings.allows_plain;
        if is_refused && settings.sends_passwords_in_clear() {
            return Err(
                "passwords would go to Active Directory in clear: set LDAP_SSL or \
                        LDAP_STARTTLS, or allow it with LDAP_ALLOW_PLAIN"
                    .into(),
            );
        }
        let authorities = settings.ca_file.as_deref().map(|path| Authorities {
            setting: "LDAP_CA_FILE",
            path,
        });
        Ok(Self {
            tls: Arc::new(client_config(authorities)?),
            settings,
            logins: Semaphore::new(MAX_LOGINS),
        })
    }

    /// Asks the directory whether a password is somebody's. An empty one is wrong,
    /// and never sent.
    ///
    /// # Errors
    /// [`Failure`] if the directory cannot be reached, is not who its certificate
    /// says, or answers neither yes nor no in time.
    pub async fn check_password(&self, login: &str, password: &str) -> Result<Verdict, Failure> {
        let Some(name) = self.settings.name_of(login) else {
            return Ok(Verdict::Wrong);
        };
        if password.is_empty() || password.len() > MAX_PASSWORD {
            return Ok(Verdict::Wrong);
        }
        let checking = async {
            let _turn = self.logins.acquire().await;
            let mut connection = Connection::open(&self.settings, &self.tls).await?;
            let outcome = connection.bind(&name, password).await?;
            connection.close().await;
            match outcome.code {
                code::SUCCESS => Ok(Verdict::Right),
                // The last three: an unknown name, or an account that is locked.
                code::INVALID_CREDENTIALS
                | code::NO_SUCH_OBJECT
                | code::CONSTRAINT_VIOLATION
                | code::UNWILLING_TO_PERFORM => {
                    let reason = active_directory::reason(&outcome.message);
                    Ok(reason.map_or(Verdict::Wrong, Verdict::Refused))
                }
                _ => Err(refusal("a login", &outcome)),
            }
        };
        let checked = within(self.settings.timeout, checking).await;
        checked.map_err(|failure| self.named(&failure))
    }

    /// Connects as the user who reads people.
    async fn connect(&self) -> Result<Connection, Failure> {
        let Settings { user, password, .. } = &self.settings;
        if user.is_empty() || password.is_empty() {
            return Err(Failure::new("LDAP_USER and LDAP_PASSWORD have to be set"));
        }
        let name = self.settings.name_of_reader();
        let mut connection = Connection::open(&self.settings, &self.tls).await?;
        let outcome = connection.bind(&name, password).await?;
        match outcome.code {
            code::SUCCESS => Ok(connection),
            _ => Err(refusal(&format!("the login of {name}"), &outcome)),
        }
    }

    /// Adds the address of the directory to a failure.
    fn named(&self, failure: &Failure) -> Failure {
        let Settings { host, port, .. } = &self.settings;
        Failure::new(format!("{host}:{port}: {failure}"))
    }
}

impl Settings {
    /// Whether passwords leave this machine without encryption.
    pub fn sends_passwords_in_clear(&self) -> bool {
        self.security == Security::Plain && !is_own_name(&self.host)
    }

    /// Returns the name that somebody logs in with; `None` if nobody can be
    /// called so.
    fn name_of(&self, login: &str) -> Option<String> {
        if login.is_empty() {
            return None;
        }
        let escaped = dn::escape(login);
        match self.kind {
            Kind::Standard => Some(format!("uid={escaped},{}", self.base_dn)),
            Kind::ActiveDirectoryNames => Some(format!("cn={escaped},{}", self.base_dn)),
            Kind::ActiveDirectory => self.name_in_domain(login),
        }
    }

    /// Returns `login@domain.local` or `DOMAIN\login`. What Active Directory allows
    /// in no `sAMAccountName` would make it another name.
    fn name_in_domain(&self, login: &str) -> Option<String> {
        let is_reserved =
            |letter: char| letter.is_control() || "\"/\\[]:;|=,+*?<>@".contains(letter);
        if login.contains(is_reserved) {
            return None;
        }
        let domain = &self.domain;
        Some(match domain.contains('.') {
            true => format!("{login}@{domain}"),
            false => format!("{domain}\\{login}"),
        })
    }

    /// Returns the name of `LDAP_USER`, which may be a whole name already.
    fn name_of_reader(&self) -> String {
        let user = &self.user;
        let is_whole = match self.kind {
            Kind::Standard => user.contains('='),
            Kind::ActiveDirectory => user.contains(['=', '@', '\\']),
            Kind::ActiveDirectoryNames => true,
        };
        match is_whole {
            true => user.clone(),
            false => self.name_of(user).unwrap_or_else(|| user.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(kind: Kind, domain: &str, login: &str) -> Option<String> {
        let settings = Settings {
            kind,
            domain: domain.into(),
            base_dn: "dc=studio".into(),
            ..Settings::default()
        };
        settings.name_of(login)
    }

    #[test]
    fn a_login_is_one_name_whatever_is_in_it() {
        for (kind, domain, login, name) in [
            (Kind::Standard, "", "ada", Some("uid=ada,dc=studio")),
            (
                Kind::Standard,
                "",
                "ada,ou=admins",
                Some("uid=ada\\,ou\\=admins,dc=studio"),
            ),
            (Kind::Standard, "", "", None),
            (
                Kind::ActiveDirectoryNames,
                "",
                "Ada+uid=b",
                Some("cn=Ada\\+uid\\=b,dc=studio"),
            ),
            (Kind::ActiveDirectory, "STUDIO", "ada", Some("STUDIO\\ada")),
            (
                Kind::ActiveDirectory,
                "studio.local",
                "ada",
                Some("ada@studio.local"),
            ),
            (Kind::ActiveDirectory, "STUDIO", "OTHER\\ada", None),
            (Kind::ActiveDirectory, "STUDIO", "ada@other.local", None),
            (Kind::ActiveDirectory, "STUDIO", "cn=ada,dc=studio", None),
        ] {
            assert_eq!(named(kind, domain, login).as_deref(), name, "{login}");
        }
    }

    #[test]
    fn who_reads_people_may_have_a_whole_name() {
        for (kind, user, name) in [
            (Kind::Standard, "reader", "uid=reader,dc=studio"),
            (Kind::Standard, "cn=admin,dc=studio", "cn=admin,dc=studio"),
            (Kind::ActiveDirectory, "reader", "STUDIO\\reader"),
            (
                Kind::ActiveDirectory,
                "reader@studio.local",
                "reader@studio.local",
            ),
            (
                Kind::ActiveDirectoryNames,
                "cn=r,dc=studio",
                "cn=r,dc=studio",
            ),
        ] {
            let settings = Settings {
                kind,
                user: user.into(),
                domain: "STUDIO".into(),
                base_dn: "dc=studio".into(),
                ..Settings::default()
            };
            assert_eq!(settings.name_of_reader(), name);
        }
    }
}
