//! Settings of outgoing mail.

use std::time::Duration;

use anyhow::Result;
use tanuki_core::settings::MailSettings;

use super::Vars;

pub(super) fn from_vars(vars: &Vars) -> Result<MailSettings> {
    Ok(MailSettings {
        enabled: vars.flag("MAIL_ENABLED", true)?,
        server: vars.text("MAIL_SERVER", "localhost"),
        port: vars.number("MAIL_PORT", 25)?,
        username: vars.text("MAIL_USERNAME", ""),
        password: vars.text("MAIL_PASSWORD", ""),
        tls: vars.flag("MAIL_USE_SSL", false)?,
        starttls: vars.flag("MAIL_USE_TLS", false)?,
        sender: vars.text("MAIL_DEFAULT_SENDER", "no-reply@your-studio.com"),
        timeout: Duration::from_secs(vars.number("MAIL_TIMEOUT", 30)?),
        check_deliverability: vars.flag("MAIL_CHECK_DELIVERABILITY", true)?,
    })
}
