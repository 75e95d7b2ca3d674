//! Settings of authentication.

use anyhow::Result;
use tanuki_core::settings::{AuthSettings, Strategy};

use super::Vars;

pub(super) fn from_vars(vars: &Vars, secret_key: String) -> Result<AuthSettings> {
    let strategy = match vars.get("AUTH_STRATEGY") {
        None | Some("auth_local_classic") => Strategy::Password,
        Some("auth_local_no_password") => Strategy::NoPassword,
        Some("auth_remote_ldap") => Strategy::Directory,
        Some(_) => Strategy::Unsupported,
    };
    let bcrypt_rounds = vars.number("BCRYPT_LOG_ROUNDS", 12)?;
    if !(4..=31).contains(&bcrypt_rounds) {
        let text = bcrypt_rounds.to_string();
        return Err(vars.wrong("BCRYPT_LOG_ROUNDS", &text, "a number from 4 to 31"));
    }
    Ok(AuthSettings {
        secret_key,
        strategy,
        bcrypt_rounds,
        min_password_length: vars.number("MIN_PASSWORD_LENGTH", 8)?,
        protected_accounts: vars.list("PROTECTED_ACCOUNTS"),
        enforce_two_factor: vars.flag("ENFORCE_2FA", false)?,
        two_factor_exempt: vars
            .text("2FA_EXEMPT_USERS", "")
            .split([',', ';'])
            .map(|address| address.trim().to_owned())
            .filter(|address| !address.is_empty())
            .collect(),
    })
}
