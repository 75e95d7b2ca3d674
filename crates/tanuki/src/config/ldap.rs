//! Settings of the directory (LDAP).

use std::time::Duration;

use anyhow::Result;
use tanuki_core::Settings;
use tanuki_core::settings::{
    DirectoryKind, DirectorySecurity, DirectorySettings, LdapSettings, Strategy,
};

use super::Vars;

/// The longest time-out, in seconds.
const MAX_TIMEOUT: u64 = 120;

pub(super) fn from_vars(vars: &Vars) -> Result<LdapSettings> {
    let default = DirectorySettings::default();
    let text = |name: &str, default: &str| vars.text(name, default).trim().to_owned();
    let security = security(vars)?;
    let port = match security {
        DirectorySecurity::Tls => 636,
        DirectorySecurity::Plain | DirectorySecurity::StartTls => default.port,
    };
    Ok(LdapSettings {
        directory: DirectorySettings {
            host: text("LDAP_HOST", &default.host),
            port: vars.number("LDAP_PORT", port)?,
            security,
            ca_file: vars.get("LDAP_CA_FILE").map(Into::into),
            allows_plain: vars.flag("LDAP_ALLOW_PLAIN", false)?,
            timeout: timeout(vars, default.timeout)?,
            kind: kind(vars)?,
            base_dn: text("LDAP_BASE_DN", &default.base_dn),
            domain: text("LDAP_DOMAIN", &default.domain),
            group: text("LDAP_GROUP", ""),
            user: text("LDAP_USER", ""),
            password: vars.text("LDAP_PASSWORD", ""),
            email_domain: text("EMAIL_DOMAIN", &default.email_domain),
            requires_status: vars.flag("LDAP_REQUIRE_STATUS", false)?,
        },
        has_fallback: vars.flag("LDAP_FALLBACK", false)?,
        excluded: vars
            .text("LDAP_EXCLUDED_ACCOUNTS", "")
            .split([',', ';'])
            .map(|login| login.trim().to_owned())
            .filter(|login| !login.is_empty())
            .collect(),
    })
}

/// Returns a warning if passwords leave the machine without encryption.
pub(super) fn warnings(settings: &Settings) -> Option<String> {
    let directory = &settings.ldap.directory;
    // Otherwise the server does not start.
    let is_allowed = directory.kind == DirectoryKind::Standard || directory.allows_plain;
    let is_used = settings.auth.strategy == Strategy::Directory && is_allowed;
    (is_used && directory.sends_passwords_in_clear()).then(|| {
        format!(
            "passwords go to the directory {} in clear: set LDAP_SSL or LDAP_STARTTLS",
            directory.host
        )
    })
}

fn security(vars: &Vars) -> Result<DirectorySecurity> {
    let (tls, starttls) = (
        vars.flag("LDAP_SSL", false)?,
        vars.flag("LDAP_STARTTLS", false)?,
    );
    match (tls, starttls) {
        (true, true) => Err(vars.wrong("LDAP_STARTTLS", "true", "false where LDAP_SSL is true")),
        (true, false) => Ok(DirectorySecurity::Tls),
        (false, true) => Ok(DirectorySecurity::StartTls),
        (false, false) => Ok(DirectorySecurity::Plain),
    }
}

/// `LDAP_IS_AD_SIMPLE` counts before `LDAP_IS_AD`, as with Zou.
fn kind(vars: &Vars) -> Result<DirectoryKind> {
    let is_active_directory = vars.flag("LDAP_IS_AD", false)?;
    if vars.flag("LDAP_IS_AD_SIMPLE", false)? {
        return Ok(DirectoryKind::ActiveDirectoryNames);
    }
    Ok(match is_active_directory {
        true => DirectoryKind::ActiveDirectory,
        false => DirectoryKind::Standard,
    })
}

fn timeout(vars: &Vars, default: Duration) -> Result<Duration> {
    let seconds = vars.number("LDAP_TIMEOUT", default.as_secs())?;
    if !(1..=MAX_TIMEOUT).contains(&seconds) {
        let expected = format!("a number of seconds from 1 to {MAX_TIMEOUT}");
        return Err(vars.wrong("LDAP_TIMEOUT", &seconds.to_string(), &expected));
    }
    Ok(Duration::from_secs(seconds))
}
