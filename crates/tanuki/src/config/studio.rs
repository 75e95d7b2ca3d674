//! The studio as a whole.

use anyhow::Result;
use tanuki_core::settings::StudioSettings;
use tanuki_domain::timezone;

use super::Vars;

/// `listen` is where browsers find a studio of which no domain is set.
pub(super) fn from_vars(vars: &Vars, listen: &str) -> Result<StudioSettings> {
    let default_timezone = vars.text("DEFAULT_TIMEZONE", "Europe/Paris");
    let Some(default_timezone) = timezone::canonical(&default_timezone) else {
        let expected = "the IANA name of a time zone, as Europe/Paris";
        return Err(vars.wrong("DEFAULT_TIMEZONE", &default_timezone, expected));
    };
    let default_locale = vars.text("DEFAULT_LOCALE", "en_US");
    if !tanuki_core::is_locale(&default_locale) {
        return Err(vars.wrong("DEFAULT_LOCALE", &default_locale, "a locale, as en_US"));
    }
    let public_url = match vars.get("DOMAIN_NAME") {
        Some(domain) => format!("{}://{domain}", vars.text("DOMAIN_PROTOCOL", "https")),
        None => format!("http://{listen}"),
    };
    Ok(StudioSettings {
        user_limit: vars.number("USER_LIMIT", 100)?,
        default_timezone: default_timezone.to_owned(),
        default_locale,
        public_url,
        page_size: vars.number("NB_RECORDS_PER_PAGE", 100)?,
        highdef_bitrate: vars.number("MOVIE_HIGHDEF_BITRATE", 28)?,
    })
}
