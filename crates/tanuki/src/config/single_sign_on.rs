//! Settings of single sign-on.

use anyhow::Result;
use tanuki_core::settings::{OidcSettings, ProviderSettings, SamlProviderSettings, SamlSettings};
use tanuki_core::single_sign_on::{check_discovery_url, check_metadata_url};
use tanuki_domain::RoleMap;

use super::Vars;

/// Reads the settings of OpenID Connect.
pub(super) fn oidc(vars: &Vars) -> Result<OidcSettings> {
    let default = OidcSettings::default();
    let text = |name: &str, default: &str| vars.text(name, default).trim().to_owned();
    let settings = OidcSettings {
        enabled: vars.flag("OIDC_ENABLED", false)?,
        provider_name: vars.text("OIDC_IDP_NAME", ""),
        provider: ProviderSettings {
            discovery_url: text("OIDC_DISCOVERY_URL", ""),
            client_id: vars.text("OIDC_CLIENT_ID", ""),
            client_secret: vars.text("OIDC_CLIENT_SECRET", ""),
            scopes: text("OIDC_SCOPES", &default.provider.scopes),
            ca_file: vars.get("OIDC_CA_FILE").map(Into::into),
        },
        email_claim: text("OIDC_EMAIL_CLAIM", &default.email_claim),
        first_name_claim: text("OIDC_GIVEN_NAME_CLAIM", &default.first_name_claim),
        last_name_claim: text("OIDC_FAMILY_NAME_CLAIM", &default.last_name_claim),
        require_verified_email: vars.flag("OIDC_REQUIRE_EMAIL_VERIFIED", true)?,
        skip_two_factor: vars.flag("OIDC_SKIP_2FA", false)?,
        role_claim: text("OIDC_ROLE_CLAIM", &default.role_claim),
        role_map: role_map(vars, "OIDC_ROLE_MAP")?,
    };
    if settings.enabled {
        check(vars, &settings.provider)?;
    }
    Ok(settings)
}

/// Reads the settings of SAML.
pub(super) fn saml(vars: &Vars) -> Result<SamlSettings> {
    let default = SamlSettings::default();
    let settings = SamlSettings {
        enabled: vars.flag("SAML_ENABLED", false)?,
        provider_name: vars.text("SAML_IDP_NAME", ""),
        provider: SamlProviderSettings {
            metadata_url: vars.text("SAML_METADATA_URL", "").trim().to_owned(),
            metadata_file: vars.get("SAML_METADATA_FILE").map(Into::into),
            ca_file: vars.get("SAML_CA_FILE").map(Into::into),
        },
        subject_attribute: vars.get("SAML_SUBJECT_ATTRIBUTE").map(str::to_owned),
        skip_two_factor: vars.flag("SAML_SKIP_2FA", false)?,
        accept_unsolicited: vars.flag("SAML_ACCEPT_UNSOLICITED", default.accept_unsolicited)?,
        role_attribute: vars.text("SAML_ROLE_ATTRIBUTE", &default.role_attribute),
        role_map: role_map(vars, "SAML_ROLE_MAP")?,
    };
    let SamlProviderSettings {
        metadata_url,
        metadata_file,
        ..
    } = &settings.provider;
    if settings.enabled && metadata_file.is_none() {
        check_metadata_url(metadata_url)
            .map_err(|expected| vars.wrong("SAML_METADATA_URL", metadata_url, &expected))?;
    }
    Ok(settings)
}

fn role_map(vars: &Vars, name: &str) -> Result<RoleMap> {
    let text = vars.text(name, "");
    RoleMap::parse(&text).map_err(|why| {
        let expected = format!("GROUP=ROLE, department:NAME; …: {why}");
        vars.wrong(name, &text, &expected)
    })
}

fn check(vars: &Vars, provider: &ProviderSettings) -> Result<()> {
    if let Err(expected) = check_discovery_url(&provider.discovery_url) {
        return Err(vars.wrong("OIDC_DISCOVERY_URL", &provider.discovery_url, &expected));
    }
    if provider.client_id.is_empty() {
        return Err(vars.wrong(
            "OIDC_CLIENT_ID",
            "",
            "the id that the provider has for Tanuki",
        ));
    }
    Ok(())
}
