//! Settings that the web client gets from `/config`.

use anyhow::Result;
use tanuki_core::settings::ClientSettings;

use super::Vars;

pub(super) fn from_vars(vars: &Vars) -> Result<ClientSettings> {
    Ok(ClientSettings {
        is_self_hosted: vars.flag("IS_SELF_HOSTED", true)?,
        crisp_token: vars.text("CRISP_TOKEN", ""),
        movie_highdef_bitrate: vars.number("MOVIE_HIGHDEF_BITRATE", 28)?,
        movie_lowdef_bitrate: vars.number("MOVIE_LOWDEF_BITRATE", 6)?,
    })
}

/// Returns warnings about settings of features that this version does not have.
pub(super) fn warnings(vars: &Vars) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    if let Some(strategy) = vars.get("AUTH_STRATEGY")
        && !matches!(
            strategy,
            "auth_local_classic" | "auth_local_no_password" | "auth_remote_ldap"
        )
    {
        warnings.push(format!(
            "AUTH_STRATEGY {strategy} is not part of this version: nobody can log in with a \
             password, bots work"
        ));
    }
    Ok(warnings)
}
