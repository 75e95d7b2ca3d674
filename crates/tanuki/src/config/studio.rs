//! Settings of the studio as a whole.

use anyhow::Result;
use tanuki_core::settings::StudioSettings;
use tanuki_domain::timezone;

use super::Vars;

/// `listen` is the address in the studio's URL if `DOMAIN_NAME` is not set.
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
        None => format!("{}://{listen}", vars.text("DOMAIN_PROTOCOL", "http")),
    };
    Ok(StudioSettings {
        user_limit: vars.number("USER_LIMIT", 100)?,
        default_timezone: default_timezone.to_owned(),
        default_locale,
        public_url,
        allowed_origins: cors_origins(vars)?,
        page_size: vars.number("NB_RECORDS_PER_PAGE", 100)?,
        highdef_bitrate: vars.number("MOVIE_HIGHDEF_BITRATE", 28)?,
    })
}

/// Returns `CORS_ALLOWED_ORIGINS`; an entry that is not an origin is an error.
fn cors_origins(vars: &Vars) -> Result<Vec<String>> {
    let origins = vars.list("CORS_ALLOWED_ORIGINS");
    for origin in &origins {
        let is_origin = ["http://", "https://"].iter().any(|scheme| {
            origin
                .strip_prefix(scheme)
                .is_some_and(|host| !host.is_empty() && !host.contains(['/', ' ', '*']))
        });
        if !is_origin {
            let expected = "origins, as https://kitsu.studio.com, with semicolons between them";
            return Err(vars.wrong("CORS_ALLOWED_ORIGINS", origin, expected));
        }
    }
    Ok(origins)
}
