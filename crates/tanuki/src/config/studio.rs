//! The studio as a whole.

use anyhow::Result;
use tanuki_core::settings::StudioSettings;
use tanuki_domain::timezone;

use super::Vars;

pub(super) fn from_vars(vars: &Vars) -> Result<StudioSettings> {
    let default_timezone = vars.text("DEFAULT_TIMEZONE", "Europe/Paris");
    let Some(default_timezone) = timezone::canonical(&default_timezone) else {
        let expected = "the IANA name of a time zone, as Europe/Paris";
        return Err(vars.wrong("DEFAULT_TIMEZONE", &default_timezone, expected));
    };
    let default_locale = vars.text("DEFAULT_LOCALE", "en_US");
    if !tanuki_core::is_locale(&default_locale) {
        return Err(vars.wrong("DEFAULT_LOCALE", &default_locale, "a locale, as en_US"));
    }
    let protocol = vars.text("DOMAIN_PROTOCOL", "https");
    let domain = vars.text("DOMAIN_NAME", "localhost:8080");
    Ok(StudioSettings {
        user_limit: vars.number("USER_LIMIT", 100)?,
        default_timezone: default_timezone.to_owned(),
        default_locale,
        public_url: format!("{protocol}://{domain}"),
        page_size: vars.number("NB_RECORDS_PER_PAGE", 100)?,
    })
}
